/* ipmi-kcs-machine.h
 * The state machine of KCS (IPMI 2.0, section 9): follows a channel by the
 * accesses to its registers, whichever side of it was captured.
 *
 * Depends on the C library alone, so that programs without Wireshark can
 * link it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_KCS_MACHINE_H
#define IPMI_KCS_MACHINE_H

#include "ipmi-machine.h"

/* States of the interface, S1 and S0 of the status register (table 9-2). */
enum ipmi_kcs_state {
    IPMI_KCS_STATE_IDLE = 0x00,
    IPMI_KCS_STATE_READ = 0x40,
    IPMI_KCS_STATE_WRITE = 0x80,
    IPMI_KCS_STATE_ERROR = 0xc0
};

/* Control codes (table 9-3). */
enum ipmi_kcs_control {
    IPMI_KCS_GET_STATUS_ABORT = 0x60,
    IPMI_KCS_WRITE_START = 0x61,
    IPMI_KCS_WRITE_END = 0x62,
    IPMI_KCS_READ = 0x68        /* the only one that goes to DATA_IN */
};

/* How far a transfer is (figures 9-6, 9-7 and 9-8). */
enum ipmi_kcs_phase {
    IPMI_KCS_PHASE_UNKNOWN,
    IPMI_KCS_PHASE_IDLE,
    IPMI_KCS_PHASE_WRITE,       /* WRITE_START written */
    IPMI_KCS_PHASE_WRITE_END,   /* WRITE_END written: one byte is due */
    IPMI_KCS_PHASE_WAIT,        /* the BMC has the request to answer */
    IPMI_KCS_PHASE_READ,        /* the BMC has given a byte of the response */
    IPMI_KCS_PHASE_READ_END,    /* all read but the byte that means nothing */
    IPMI_KCS_PHASE_ERROR,       /* GET_STATUS/ABORT is due */
    IPMI_KCS_PHASE_ABORT,       /* GET_STATUS/ABORT written: one byte is due */
    IPMI_KCS_PHASE_STATUS,      /* the host waits for the error code */
    IPMI_KCS_PHASE_ABORT_END    /* all read but the byte that means nothing */
};

enum ipmi_kcs_fault {
    IPMI_KCS_FAULT_WRITE_IBF,       /* the host writes while IBF is set */
    IPMI_KCS_FAULT_READ_OBF,        /* it reads DO while OBF is clear */
    IPMI_KCS_FAULT_OVERRUN,         /* the BMC overwrites what is not read */
    IPMI_KCS_FAULT_READ_IBF,        /* it reads DI while IBF is clear */
    IPMI_KCS_FAULT_CD,              /* C/D is not what the host wrote to */
    IPMI_KCS_FAULT_CONTROL,         /* no such control code */
    IPMI_KCS_FAULT_STATE,           /* does not follow */
    IPMI_KCS_FAULT_STATE_LATE,      /* IBF cleared before the state was set */
    IPMI_KCS_FAULT_NO_WRITE_END,
    IPMI_KCS_FAULT_NO_LAST_BYTE,
    IPMI_KCS_FAULT_WRITE_END,       /* outside of a request */
    IPMI_KCS_FAULT_DATA,            /* where none are due */
    IPMI_KCS_FAULT_SHORT,
    IPMI_KCS_FAULT_LONG,
    IPMI_KCS_FAULT_READ_BYTE,       /* not READ */
    IPMI_KCS_FAULT_ABORT,           /* of a transfer under way */
    IPMI_KCS_FAULT_RESTART,         /* the next request before the response */
    IPMI_KCS_FAULT_RESPONSE,        /* nobody asked for */
    IPMI_KCS_FAULT_ERROR_LEFT,      /* without GET_STATUS/ABORT */
    IPMI_KCS_FAULT_STORM,           /* of interrupts */
    IPMI_KCS_FAULTS
};

enum ipmi_kcs_condition {
    IPMI_KCS_CONDITION_IBF,         /* the BMC does not take a byte */
    IPMI_KCS_CONDITION_OBF,         /* the host does not */
    IPMI_KCS_CONDITION_ATTENTION,   /* the host does not fetch messages */
    IPMI_KCS_CONDITION_HOST_IRQ,    /* enabled, OBF set, not raised */
    IPMI_KCS_CONDITION_BMC_IRQ,     /* enabled, IBF set, not raised */
    IPMI_KCS_CONDITIONS
};

/* An emulator has room for this many bytes of a message; nobody for more than
 * IPMI_MESSAGE_MAX. */
#define IPMI_KCS_EMULATOR_MAX   300

/* Assertions of an interrupt without an access that make a storm of it. */
#define IPMI_KCS_STORM          16

/* To be zeroed and started. */
struct ipmi_kcs_machine {
    uint8_t  point;             /* enum ipmi_machine_point */
    uint8_t  channel;           /* of an Aspeed, or 0 */
    uint8_t  phase;             /* enum ipmi_kcs_phase */
    uint8_t  status;            /* after the last record */
    bool     known;             /* there was one */

    bool     begun;             /* the message under way */
    bool     skip;              /* its beginning was not seen */
    bool     unasked;           /* a response, and there was no request */
    bool     owed;              /* the host has read a byte and not asked for
                                 * the next */
    bool     full;              /* DO has what the host must not miss */
    bool     excused;           /* what follows a fault is none */
    bool     unsure;            /* whether the error exit has begun */
    bool     cd_works;          /* C/D was seen set */
    uint8_t  header[2];         /* of the request: netFn/LUN, command */
    uint16_t length;            /* of the message under way */

    bool     fetched;           /* messages, since SMS_ATN is set */
    uint8_t  disabled;          /* channel: by which of its registers */
    bool     irq_on[2];         /* enabled, [0] host, [1] BMC */
    bool     irq_seen[2];       /* at all */
    bool     irq_low[2];        /* known not to be asserted */
    uint8_t  irq_count[2];      /* assertions since the last access */
};

/* channel: number of the channel among those of an Aspeed LPC controller, 0 if
 * it is none. */
void ipmi_kcs_start(struct ipmi_kcs_machine *machine,
                    enum ipmi_machine_point point, uint8_t channel);

/* step must be zeros. */
void ipmi_kcs_feed(struct ipmi_kcs_machine *machine,
                   const struct ipmi_record *record, struct ipmi_step *step);

#endif /* IPMI_KCS_MACHINE_H */
