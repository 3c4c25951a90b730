/* ipmi-match.h
 * Requests and responses at one place, matched: on a link of the wire format,
 * or at the registers of one channel.
 *
 * The first pass over a capture is where everything here is found out; later
 * passes only read it. Nothing is kept that a later pass can compute.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_MATCH_H
#define IPMI_MATCH_H

#include "ws-compat.h"

#include <epan/packet.h>

struct ipmi_trans;

/* Milliseconds after which QEMU's ipmi-bmc-extern answers the guest itself. */
#define IPMI_TIMEOUT_MS  4000

/* Why a request has had no response. */
typedef enum {
    CUTOFF_NONE,
    CUTOFF_RESET,           /* of either side, or of the interface */
    CUTOFF_POWEROFF,
    CUTOFF_RECONNECT,       /* one side greeted anew */
    CUTOFF_DISCONNECT,      /* the connection was closed */
    CUTOFF_ABORT,           /* KCS: the host gave up or began another one */
    CUTOFF_DROPPED          /* the capture has lost what came next */
} ipmi_cutoff;

/* One IPMI command at one place: its request and, once there is one, its
 * response. */
typedef struct {
    guint32  request_frame;     /* that has the last byte of it */
    guint32  response_frame;    /* 0: none */
    nstime_t request_time;
    nstime_t response_time;
    guint32  serial;            /* how many requests went before it */
    guint32  cutoff_frame;      /* what cut it off, 0 if nothing did */
    guint32  body;              /* ipmi_body() of the request */
    guint32  body_key;          /* for ipmi_body_dissect() */
    guint32  hash;              /* of the request from netFn on, no checksum */
    guint8   cutoff;            /* ipmi_cutoff */
    guint8   netfn_lun;         /* of the request */
    guint8   cmd;
    guint8   seq;

    /* Registers: when the first access to each message was; wire: the same as
     * above. */
    nstime_t request_begin;
    nstime_t response_begin;

    struct ipmi_trans *trans;   /* across places; see ipmi-trans.h */
} ipmi_transaction;

/* What the first pass found out about one message. */
typedef struct {
    ipmi_transaction *transaction;  /* NULL: not part of any */
    guint32 original_frame;     /* the packet that has what this one repeats */
    guint32 body_key;           /* for ipmi_body_dissect() */
    guint8  body_channel;
    guint8  repeats;            /* a retransmission, or a duplicate */
    guint8  seq_reused;         /* while original_frame's request waited */
    guint8  unsolicited;
} ipmi_match;

/* The requests of one place. Zeroed is empty. */
typedef struct {
    guint32 requests;           /* seen so far */
    guint32 pending;            /* of them, not answered and not cut off */
    ws_bool from_start;         /* the capture has the first messages */
    nstime_t last_time;         /* of the latest message or event */

    /* The latest transaction under each sequence number. KCS has none, and so
     * has but one. */
    ipmi_transaction *by_seq[256];

    /* For ipmi_body_dissect(): the first key of the present run of requests,
     * and that of bridged commands. */
    guint32 run_key;
    guint32 bridged_key;
    guint32 bridged_requests;   /* seen so far */
} ipmi_matcher;

void ipmi_match_init(void);

/* Takes note of a message that its receiver takes: message is netFn/LUN,
 * command, (response: completion code,) data, len bytes of them, at least 2
 * (response: 3). The time is that of the packet. First pass only. */
void ipmi_match_message(ipmi_matcher *matcher, packet_info *pinfo,
                        ipmi_match *match, guint8 seq, const guint8 *message,
                        size_t len);

/* Nothing that waits will be answered. First pass only. */
void ipmi_match_cut_off(ipmi_matcher *matcher, packet_info *pinfo,
                        ipmi_cutoff cutoff);

/* The same, and sequence numbers begin anew. First pass only. */
void ipmi_match_restart(ipmi_matcher *matcher, packet_info *pinfo,
                        ipmi_cutoff cutoff);

/* Whether a request without a response is not going to have one: all of the
 * capture has been seen, or more of it than a host waits for. A packet of a
 * live capture is looked at before its response has come. */
ws_bool ipmi_match_is_lost(const ipmi_matcher *matcher,
                           const ipmi_transaction *transaction);

#endif /* IPMI_MATCH_H */
