/* firmware.h
 * What the BMC firmware in firmware/ does beyond the IPMI specification, and
 * its fixed answers, for itself and for the host that checks them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef FIRMWARE_H
#define FIRMWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Commands of netFn 30h. */

/* Request: data as echo_byte() makes it; response: the same, or CCh when a byte
 * differs. */
#define OEM_ECHO            0x01

/* Request: the completion code of the response. */
#define OEM_ERROR           0x02

/* Sets SMS_ATN a moment after the host has taken the response. Get Message Flags tells
 * FLAG_OEM_0 then, until Clear Message Flags. */
#define OEM_ATTENTION       0x03

/* Request: an enum oem_line and when: 0 before the response, 1 a moment
 * after the host has taken it. Pulses that line. */
#define OEM_PULL_LINE       0x04

enum oem_line {
    LINE_RESET, LINE_NMI, LINE_POWER_OFF, LINE_GRACEFUL_SHUTDOWN, OEM_LINES
};

/* Response: how many echoes there were through any interface since the
 * firmware started and how many of them were wrong, each as four bytes, least
 * significant first. */
#define OEM_COUNTS          0x05

/* Request: an enum oem_failure. Is not answered, or not as it should be. */
#define OEM_FAIL            0x06

enum oem_failure {
    FAILURE_NONE,
    FAILURE_SILENCE,        /* nothing, ever */
    FAILURE_ERROR,          /* KCS: the ERROR state; BT: nothing, and B_BUSY */
    OEM_FAILURES
};

/* The bytes of an echo say by themselves whether they are right: those after
 * the first follow from it, their place and the length. All values occur, so
 * those too that the wire has to escape. */
static inline uint8_t echo_byte(uint8_t first, size_t length, size_t place)
{
    return (uint8_t) (place == 0 ? first : first + 37 * place + length);
}

static inline bool echo_right(const uint8_t *data, size_t length)
{
    size_t i;

    for (i = 1; i < length; i++) {
        if (data[i] != echo_byte(data[0], length, i)) {
            return false;
        }
    }
    return true;
}

/* Responses from the completion code on. The IDs have the bytes a0, a1 and aa,
 * which the wire must escape. */
#define DEVICE_ID                                                           \
    0x00,                                                                   \
    0x20, 0x01,                     /* device ID and revision */            \
    0x01, 0x00,                     /* firmware 1.00 */                     \
    0x02,                           /* IPMI 2.0 */                          \
    0x01,                           /* a sensor device */                   \
    0xaa, 0xa1, 0x00,               /* manufacturer */                      \
    0xa0, 0x00                      /* product */

/* Channel Fh; protocol: IPMI 2.0, table 6-2. */
#define CHANNEL_INFO(protocol)                                              \
    0x00,                                                                   \
    0x0f, 0x0c, (protocol),         /* system interface */                  \
    0x00,                           /* without sessions */                  \
    0xf2, 0x1b, 0x00,               /* the protocol is IPMI's */            \
    0x00, 0x00
#define PROTOCOL_KCS    0x05
#define PROTOCOL_BT     0x08

#define SELF_TEST_PASSED    0x00, 0x55, 0x00

#endif
