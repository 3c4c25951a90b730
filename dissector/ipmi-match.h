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

struct ipmi_station;
struct ipmi_trans;

/* Milliseconds after which QEMU's ipmi-bmc-extern answers the guest itself. */
#define IPMI_TIMEOUT_MS  4000

/* Why a request has had no response. */
typedef enum {
    CUTOFF_NONE,
    CUTOFF_RESET,           /* on the wire, either side sent RESET */
    CUTOFF_POWEROFF,
    CUTOFF_RECONNECT,       /* one side greeted anew */
    CUTOFF_DISCONNECT,      /* the connection was closed */
    CUTOFF_REGISTERS,       /* the registers were reset */
    CUTOFF_ABORT,           /* the host gave up, or began another one */
    CUTOFF_DROPPED          /* the capture has lost what came next */
} ipmi_cutoff;

/* When the first accesses to the two messages of a command were. */
typedef struct {
    nstime_t request;
    nstime_t response;
} ipmi_begins;

/* One IPMI command at one place: its request and, once there is one, its
 * response. */
typedef struct {
    guint32  request_frame;     /* that has the last byte of it */
    guint32  response_frame;    /* in the same way; 0: none */
    nstime_t request_time;
    nstime_t response_time;
    ipmi_begins *begins;        /* NULL on the wire, where a message is there
                                 * all at once */
    struct ipmi_trans *trans;   /* across places; see ipmi-trans.h */
    guint32  serial;            /* how many requests went before it */
    guint32  cutoff_frame;      /* what cut it off, 0 if nothing did */
    guint32  body;              /* ipmi_body() of the request */
    guint32  body_key;          /* for ipmi_body_dissect() */
    guint32  hash;              /* of the request from netFn/LUN on */
    guint8   cutoff;            /* ipmi_cutoff */
    guint8   netfn_lun;         /* of the request */
    guint8   cmd;
    guint8   seq;
} ipmi_transaction;

static inline const nstime_t *
ipmi_transaction_request_begin(const ipmi_transaction *transaction)
{
    return transaction->begins ? &transaction->begins->request
                               : &transaction->request_time;
}

static inline const nstime_t *
ipmi_transaction_response_begin(const ipmi_transaction *transaction)
{
    return transaction->begins ? &transaction->begins->response
                               : &transaction->response_time;
}

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
    guint32  requests;          /* seen so far */
    guint32  pending;           /* of them, not answered and not cut off */
    ws_bool  from_start;        /* the capture has the first messages */
    ws_bool  heard;             /* a request, since messages were lost */
    nstime_t last_time;         /* of the latest message or event */
    struct ipmi_station *station;   /* the place, for what else the capture has
                                     * of its commands; or NULL */

    /* The latest transaction under each sequence number. KCS has none, and so
     * has but one. */
    ipmi_transaction *by_seq[256];

    /* For ipmi_body_dissect(): the first key of the present run of requests,
     * and that of bridged commands. */
    guint32  run_key;
    guint32  bridged_key;
    guint32  bridged_requests;  /* seen so far */
} ipmi_matcher;

/* To be called once, from a register routine. */
void ipmi_match_init(void);

/* Takes note of a message that its receiver takes, and has the matcher's
 * station take note of new requests and their responses: message is netFn/LUN,
 * command, (response: completion code,) data, len bytes of them, at least 2
 * (response: 3). It has the time of the packet; begin is that of the first
 * access to it, NULL on the wire. seq is -1 where there is none, and so no more
 * than one request at a time: the next one cuts it off, and a response is to
 * the one that waits. First pass only. */
void ipmi_match_message(ipmi_matcher *matcher, packet_info *pinfo,
                        ipmi_match *match, int seq, const guint8 *message,
                        size_t len, const nstime_t *begin);

/* Nothing that waits will be answered. First pass only. */
void ipmi_match_cut_off(ipmi_matcher *matcher, packet_info *pinfo,
                        ipmi_cutoff cutoff);

/* The capture has lost something: nobody knows what was asked or answered
 * meanwhile, but what waits may still be answered. First pass only. */
void ipmi_match_lose(ipmi_matcher *matcher, packet_info *pinfo);

/* Nothing that waits will be answered, and sequence numbers begin anew. First
 * pass only. */
void ipmi_match_restart(ipmi_matcher *matcher, packet_info *pinfo,
                        ipmi_cutoff cutoff);

/* Whether a request that waits may still have been answered in time when the
 * latest message came: less of the capture followed it than a host waits
 * for. */
ws_bool ipmi_match_has_time(const ipmi_matcher *matcher,
                            const ipmi_transaction *transaction);

/* Whether a request without a response is not going to have one: all of the
 * capture has been seen, or more of it than a host waits for. A packet of a
 * live capture is looked at before its response has come. */
ws_bool ipmi_match_is_lost(const ipmi_matcher *matcher,
                           const ipmi_transaction *transaction);

#endif /* IPMI_MATCH_H */
