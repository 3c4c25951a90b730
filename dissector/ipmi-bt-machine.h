/* ipmi-bt-machine.h
 * Follows a BT interface by its register accesses (IPMI 2.0, section 11).
 *
 * Depends on the C library alone, so that programs without Wireshark can
 * link it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_BT_MACHINE_H
#define IPMI_BT_MACHINE_H

#include "ipmi-machine.h"

/* Where the interface is. Requests and responses can be under way at once, as
 * the host may have several requests outstanding: then it is where something
 * has moved last. */
enum ipmi_bt_phase {
    IPMI_BT_UNKNOWN,
    IPMI_BT_DISABLED,           /* the BMC has taken it away from the host */
    IPMI_BT_NOT_READY,          /* B_BUSY, and not because of a request */
    IPMI_BT_IDLE,
    IPMI_BT_HOST_WRITES,
    IPMI_BT_REQUEST_WAITS,      /* H2B_ATN, the BMC has not taken it */
    IPMI_BT_BMC_READS,
    IPMI_BT_BMC_WORKS,          /* a request is outstanding */
    IPMI_BT_BMC_WRITES,
    IPMI_BT_RESPONSE_WAITS,     /* B2H_ATN, the host has not taken it */
    IPMI_BT_HOST_READS
};

enum ipmi_bt_fault {
    IPMI_BT_B_BUSY_IGNORED,     /* the host wrote although it was set */
    IPMI_BT_H_BUSY_IGNORED,     /* the same of the BMC */
    IPMI_BT_B_BUSY_NOT_SET,     /* the BMC read without it */
    IPMI_BT_H_BUSY_NOT_SET,     /* the same of the host */
    IPMI_BT_H2B_ATN_OVERRUN,    /* a frame that was not taken is replaced */
    IPMI_BT_B2H_ATN_OVERRUN,
    IPMI_BT_H2B_ATN_NOT_CLEARED, /* the reader is through, but it is set */
    IPMI_BT_B2H_ATN_NOT_CLEARED,
    IPMI_BT_WR_PTR_NOT_CLEARED,
    IPMI_BT_RD_PTR_NOT_CLEARED,
    IPMI_BT_LENGTH_SMALL,       /* it cannot be that of a message */
    IPMI_BT_FRAME_SHORT,        /* fewer bytes than its length says */
    IPMI_BT_FRAME_LONG,
    IPMI_BT_FRAME_EMPTY,        /* an ATN bit without one */
    IPMI_BT_FRAME_CUT,          /* begun again before its end */
    IPMI_BT_READ_SHORT,         /* the reader has left before the end */
    IPMI_BT_READ_BEYOND,
    IPMI_BT_READ_NO_ATN,
    IPMI_BT_BMC_RESET,          /* BMC_HWRST */
    IPMI_BT_IRQ_STORM,
    IPMI_BT_IRQ_NOT_RAISED,     /* until there was no more reason for it */
    IPMI_BT_FAULTS
};

enum ipmi_bt_condition {
    IPMI_BT_B_BUSY_STUCK,
    IPMI_BT_H_BUSY_STUCK,
    IPMI_BT_H2B_ATN_NOT_TAKEN,
    IPMI_BT_B2H_ATN_NOT_TAKEN,
    IPMI_BT_SMS_ATN_NOT_CLEARED,
    IPMI_BT_IRQ_MISSING,        /* there is a reason for it */
    IPMI_BT_CONDITIONS
};

/* Interrupts in a row, without anything that could be their reason, that are a
 * storm. */
#define IPMI_BT_STORM       16

/* Requests that the machine remembers as outstanding, and responses to later
 * requests after which it takes one for lost. */
#define IPMI_BT_OUTSTANDING 32
#define IPMI_BT_OVERTAKEN   8

/* One direction: what its writer and its reader have done. */
struct ipmi_bt_way {
    uint8_t  stage;
    bool     open;          /* known where the next byte belongs */
    bool     ready;         /* what a frame needs before it was seen, or not */
    bool     cleared;       /* the pointer, by the side whose bytes are seen */
    bool     waiting;       /* there is a frame that was not read */
    bool     begun;         /* a message is under way */
    bool     done;          /* all bytes of the frame were read */
    bool     attended;      /* the reader has cleared the ATN bit */
    bool     complained;    /* of how this frame was written, or read */
    uint8_t  length;        /* first byte of the frame */
    uint8_t  seq;           /* third byte */
    uint16_t count;         /* bytes of the frame, read or written */
};

struct ipmi_bt_machine {
    uint8_t  side;          /* whose FIFO accesses are seen, 0 if not known */
    bool     known;         /* state and intmask are the latest ones */
    bool     settled;       /* nothing can be under way that was not seen */
    bool     disabled;
    uint8_t  state;
    uint8_t  intmask;
    uint8_t  moved;         /* the way that has moved last */

    struct ipmi_bt_way ways[2];     /* requests, responses */

    /* Requests without a response, oldest first, and how many responses to
     * later ones there were. */
    uint8_t  outstanding;
    uint8_t  seqs[IPMI_BT_OUTSTANDING];
    uint8_t  overtaken[IPMI_BT_OUTSTANDING];

    /* Interrupts, of the host and of the BMC. */
    bool     irq_known;     /* whether they are asserted */
    bool     irq_on[2];
    uint8_t  irq_count[2];  /* without a reason */
    bool     irq_due;       /* of the side whose machine this is */
    uint8_t  cr0, cr1;      /* Aspeed: lowest bytes */
    bool     cr0_known;
};

/* Whatever went before is not known. */
void ipmi_bt_start(struct ipmi_bt_machine *machine,
                   enum ipmi_machine_point point);

/* step is all zeros. */
void ipmi_bt_feed(struct ipmi_bt_machine *machine,
                  const struct ipmi_record *record, struct ipmi_step *step);

#endif /* IPMI_BT_MACHINE_H */
