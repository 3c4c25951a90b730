/* ipmi.h
 * What a host and a BMC have in common, whatever interface is between them:
 * messages, commands, completion codes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_H
#define IPMI_H

#include <stddef.h>
#include <stdint.h>

/* The longest message QEMU carries (MAX_IPMI_MSG_SIZE of its ipmi.h). */
#define IPMI_MESSAGE_SIZE   300

/* Request: netFn/LUN, command, data. Response: netFn/LUN, command, completion
 * code, data. What an interface adds (a length, a sequence number) is not in
 * here. */
struct ipmi_message {
    size_t  length;
    uint8_t bytes[IPMI_MESSAGE_SIZE];
};

#define IPMI_REQUEST_HEADER     2
#define IPMI_RESPONSE_HEADER    3

/* The longest time a BMC may take for a response (IPMI 2.0, section 9). */
#define IPMI_RESPONSE_MS    5000

/* netFn and LUN of requests (IPMI 2.0, table 5-1); a response has the next
 * netFn. */
#define CHASSIS         0x00
#define SENSOR_EVENT    0x10
#define APP             0x18
#define STORAGE         0x28
#define OEM             0xc0        /* netFn 30h, of the maker's choice */
#define   RESPONSE        0x04

/* Commands of netFn App (IPMI 2.0, appendix G). */
#define GET_DEVICE_ID           0x01
#define GET_SELF_TEST_RESULTS   0x04
#define SET_BMC_GLOBAL_ENABLES  0x2e
#define   RECEIVE_QUEUE_INTERRUPT 0x01  /* section 22.1 */
#define GET_BMC_GLOBAL_ENABLES  0x2f
#define CLEAR_MESSAGE_FLAGS     0x30
#define GET_MESSAGE_FLAGS       0x31
#define   FLAG_OEM_0              0x20  /* section 22.4 */
#define GET_CHANNEL_INFO        0x42

/* Completion codes (IPMI 2.0, table 5-2). */
#define CCODE_OK                0x00
#define CCODE_NODE_BUSY         0xc0
#define CCODE_INVALID_COMMAND   0xc1
#define CCODE_TIMEOUT           0xc3
#define CCODE_LENGTH_INVALID    0xc7
#define CCODE_INVALID_FIELD     0xcc
#define CCODE_BMC_INITIALIZING  0xd2

#endif
