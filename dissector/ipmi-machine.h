/* ipmi-machine.h
 * State machines that follow an interface by its register accesses, and find
 * the messages and the faults in them: KCS as of IPMI 2.0, section 9, and BT as
 * of section 11.
 *
 * A machine is fed the records of one channel of one capture point, in order.
 * It keeps no more than it needs for the next one: whoever feeds it stores what
 * it says. Depends on the C library alone, so that programs without Wireshark
 * can link it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_MACHINE_H
#define IPMI_MACHINE_H

#include "ipmi-record.h"

/* Whose machine it is that was captured: the same interface is recorded
 * differently there (docs/capture-format.md, "what is captured where"). */
enum ipmi_machine_point {
    IPMI_POINT_UNKNOWN,
    IPMI_POINT_HOST,
    IPMI_POINT_BMC
};

/* What an event does to the message under way. */
enum ipmi_transfer_event {
    IPMI_TRANSFER_NONE,
    IPMI_TRANSFER_BYTE,     /* carries a byte of it */
    IPMI_TRANSFER_END,      /* completes it, without a byte */
    IPMI_TRANSFER_LAST,     /* carries its last byte */
    IPMI_TRANSFER_ABORT     /* what there is of it will not be completed */
};

/* Longest message: BT has an 8-bit length, and nobody's KCS takes more than
 * 1000 bytes. What is longer is counted but not kept. */
#define IPMI_MESSAGE_MAX    1000

/* What a machine says of one record. */
struct ipmi_step {
    uint8_t  before, after;     /* phase: enum ipmi_kcs_phase, ipmi_bt_phase */
    uint8_t  event;             /* enum ipmi_transfer_event */
    bool     from_bmc;          /* of event: the message is a response */
    bool     begins;            /* a message: what came before event is none of
                                 * it; also with IPMI_TRANSFER_NONE */
    bool     poll;              /* the read found nothing that it waited for */
    bool     raised;            /* the interrupt to the host was asserted */
    bool     resync;            /* the state has changed without a record: what
                                 * was known before holds no longer */
    uint8_t  byte;              /* of the message, with _BYTE and _LAST */
    uint32_t faults;            /* bit n: fault n of the interface's list */
    uint32_t conditions;        /* bit n: condition n of the interface's list
                                 * holds from this event on */
};

#endif /* IPMI_MACHINE_H */
