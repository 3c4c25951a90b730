/* kcs.h
 * The Keyboard Controller Style interface (IPMI 2.0, section 9): what its
 * bytes mean, the same for the host and for the BMC.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef KCS_H
#define KCS_H

/* The status register (section 9.7). */
#define KCS_STATE(status)       ((status) >> 6)
#define KCS_STATE_SHIFT         6
#define KCS_STATE_MASK          0xc0
#define KCS_CD                  0x08    /* the last byte was a command */
#define KCS_SMS_ATN             0x04
#define KCS_IBF                 0x02    /* a byte waits for the BMC */
#define KCS_OBF                 0x01    /* a byte waits for the host */

/* States of the interface (table 9-2). */
enum kcs_state { KCS_IDLE, KCS_READ, KCS_WRITE, KCS_ERROR };

/* Control codes (table 9-3). */
#define KCS_GET_STATUS_ABORT    0x60
#define KCS_WRITE_START         0x61
#define KCS_WRITE_END           0x62
#define KCS_READ_BYTE           0x68

/* Interface status codes (table 9-4). */
#define KCS_NO_ERROR            0x00
#define KCS_ABORTED             0x01
#define KCS_ILLEGAL_CONTROL     0x02
#define KCS_LENGTH_ERROR        0x06
#define KCS_UNSPECIFIED_ERROR   0xff

#endif
