/* packet-ipmi-registers.h
 * What the dissectors of KCS and BT register traffic share: a channel's state
 * from one packet to the next, messages reassembled from single accesses, and
 * everything of a record that does not depend on which of the two it is.
 *
 * The first pass feeds a channel's machine (ipmi-machine.h) and stores with
 * each packet what it said; later passes only read that, in any order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef PACKET_IPMI_REGISTERS_H
#define PACKET_IPMI_REGISTERS_H

#include "ws-compat.h"

#include <epan/expert.h>
#include <epan/packet.h>

#include "ipmi-machine.h"
#include "ipmi-match.h"
#include "ipmi-message.h"
#include "ipmi-point.h"
#include "ipmi-trans.h"

/* A fault that a machine finds: an expert info PREFIX.SUFFIX. */
typedef struct {
    const char *suffix;
    int         group;          /* PI_PROTOCOL, ... */
    int         severity;       /* PI_WARN, ... */
    const char *text;
} ipmi_fault;

/* Something that must not last: B_BUSY set, attention not taken. If it holds
 * for longer than its limit, the packet that ends it has the expert info, and
 * from the second pass on the one that began it; if the capture ends first,
 * that one alone. */
typedef struct {
    ipmi_fault  fault;
    guint       limit_ms;       /* default of the preference SUFFIX_ms, with
                                 * '.' as '_' */
} ipmi_condition;

/* Where in a message, as the interface carries it, the parts of the IPMI
 * message are: the others follow the command. */
typedef struct {
    int length;                 /* of the byte that counts what follows it;
                                 * -1: none */
    int seq;                    /* -1: none */
    int netfn;
    int cmd;
} ipmi_layout;

#define IPMI_MAX_FAULTS     32
#define IPMI_MAX_CONDITIONS 32
#define IPMI_MAX_PHASES     16

/* One message at the registers of a channel. */
typedef struct ipmi_transfer {
    guint32   first_frame;
    guint32   last_frame;       /* that completed or aborted it, or 0 */
    nstime_t  first_time;
    nstime_t  last_time;
    ws_bool   from_bmc;
    ws_bool   complete;
    guint32   len;              /* bytes carried */
    guint8   *bytes;            /* as the interface carries them: BT with its
                                 * length; at most IPMI_MESSAGE_MAX are kept */
    guint32  *frames;           /* the packet of each byte kept */
    guint32   accesses[2];      /* from begin to end, [0] host, [1] BMC */
    guint32   polls[2];         /* of them, in vain */
    guint32   interrupts;       /* assertions */
    ipmi_match match;           /* once complete */
} ipmi_transfer;

/* What the first pass found out about one packet. Packets that differ in
 * nothing of it, as those of a host that polls, may share it. */
typedef struct {
    ipmi_transfer *transfer;    /* the message under way, or the request whose
                                 * response has not begun, or NULL */
    gint64  phase_time;         /* ns spent in the phase that ends here, or -1
                                 * if none ends whose beginning was seen */
    guint32 faults;
    guint32 conditions;         /* exceeded, of those that end or begin here */
    guint16 offset;             /* in the message, with a byte of it */
    guint8  before, after;      /* phase */
    guint8  event;              /* enum ipmi_transfer_event */
    guint8  resync;             /* something is missing before it, and this is
                                 * the first whose phase is known again */
    guint8  unknown;            /* the record says what has no meaning */
    guint8  poll;               /* the read found nothing that it waited for */
} ipmi_event;

/* KCS or BT. */
typedef struct {
    const char *name, *short_name, *filter;     /* of the protocol */
    const char *message_name;           /* "KCS message", "BT frame" */
    const char *(*register_name)(uint8_t reg);
    const value_string *phases;         /* 0 is the phase that is not known */
    guint32 busy_phases;        /* bit n: somebody waits for phase n to end */
    const ipmi_fault *faults;           /* ends with a NULL suffix */
    const ipmi_condition *conditions;   /* in the same way */
    ipmi_layout layout;
    ws_bool half_duplex;        /* one message or command at a time: the next
                                 * one means that the last was given up */

    size_t machine_size;
    /* Of a machine of zeros, or of one that has missed something. */
    void (*start)(void *machine, const ipmi_point *point);
    /* Of whatever a record may say; step is all zeros. An event is about the
     * message that begins with it, if one does: what was under way before, in
     * the same direction or, half-duplex, in any, is aborted by that. */
    void (*feed)(void *machine, const struct ipmi_record *record,
                 struct ipmi_step *step);

    /* Fields of its own, of which tvb has the record: the bits of value and
     * state. What a value means may depend on the phase: event is what the
     * first pass found out, or NULL. */
    void (*add_value)(proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo,
                      const struct ipmi_record *record,
                      const ipmi_event *event);
    void (*add_state)(proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo,
                      const struct ipmi_record *record);
    /* What Info says of a value ("WRITE_START", "B_BUSY off"), or NULL. */
    const char *(*value_words)(wmem_allocator_t *scope,
                               const struct ipmi_record *record,
                               const ipmi_event *event);
} ipmi_interface;

/* What the "ipmi_kcs" and "ipmi_bt" taps hand to those who listen. */
typedef struct {
    const ipmi_interface *interface;
    const ipmi_point *point;
    const struct ipmi_record *record;
    const ipmi_event *event;
    guint64 dropped;            /* events lost before this one */
    const ipmi_transfer *completed;     /* by this packet, or NULL */
    const ipmi_message *message;        /* the same, decoded, or NULL */
} ipmi_registers_tap;

/* A protocol of this kind: registered once. */
typedef struct ipmi_registers ipmi_registers;

/* Registers protocol, fields, expert infos, preferences, tap and dissector. */
ipmi_registers *ipmi_registers_register(const ipmi_interface *interface);

/* Its protocol, for fields of its own. */
int ipmi_registers_proto(const ipmi_registers *registers);

#endif /* PACKET_IPMI_REGISTERS_H */
