/* ipmi-extern-trans.h
 * Links of the IPMI extern wire format, and the transactions on them.
 *
 * The first pass over a capture is where everything here is found out; later
 * passes only read it. Nothing is kept that a later pass can compute.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_EXTERN_TRANS_H
#define IPMI_EXTERN_TRANS_H

#include <epan/conversation.h>
#include <epan/packet.h>

/* Milliseconds after which QEMU's ipmi-bmc-extern answers the guest itself. */
#define IPMI_EXTERN_TIMEOUT_MS  4000

typedef enum {
    HOST_TO_BMC,
    BMC_TO_HOST,
    DIRECTION_UNKNOWN
} ipmi_extern_direction;

/* Why a request has had no response. */
typedef enum {
    CUTOFF_NONE,
    CUTOFF_RESET,           /* either side sent RESET */
    CUTOFF_POWEROFF,
    CUTOFF_RECONNECT,       /* one side greeted anew */
    CUTOFF_DISCONNECT       /* the connection was closed */
} ipmi_extern_cutoff;

/* What a connection record says. */
typedef enum {
    CONNECTION_CLOSED,
    CONNECTION_OPENED,
    CONNECTION_CHANGED      /* one or the other */
} ipmi_extern_connection;

/* One IPMI command: its request and, once there is one, its response. */
typedef struct {
    guint32  request_frame;
    guint32  response_frame;    /* 0: none */
    nstime_t request_time;
    guint32  serial;            /* how many requests went before it */
    guint32  cutoff_frame;      /* what cut it off, 0 if nothing did */
    guint32  body;              /* ipmi_body() of the request */
    guint32  body_key;          /* for ipmi_body_dissect() */
    guint32  hash;              /* of the request's bytes, unescaped */
    guint8   cutoff;            /* ipmi_extern_cutoff */
    guint8   netfn_lun;         /* of the request */
    guint8   cmd;
} ipmi_extern_transaction;

/* Both directions between one host and one BMC. */
typedef struct {
    guint32  number;            /* counted from 0 in the file */
    ws_bool  over_tcp;

    /* The end that is the host, once a frame has told. */
    ws_bool  host_known;
    address  host_address;
    guint32  host_port;

    /* Who has sent VERSION on the present connection, by
     * ipmi_extern_direction, and what the host announced after it. */
    ws_bool  greeted[3];
    ws_bool  capabilities_known;
    guint8   capabilities;

    ws_bool  in_step[2];        /* a frame has ended this way */
    ws_bool  from_start;        /* the capture has the link's first frames */
    guint32  requests;          /* seen so far */
    guint32  pending;           /* of them, not answered and not cut off */
    nstime_t last_time;         /* of the latest frame */

    /* The latest transaction under each sequence number. */
    ipmi_extern_transaction *by_seq[256];

    /* For ipmi_body_dissect(): the first key of the present run of requests,
     * and that of bridged commands. */
    guint32  run_key;
    guint32  bridged_key;
    guint32  bridged_requests;  /* seen so far */
} ipmi_extern_link;

/* What the first pass found out about one frame of the wire format. Wireshark
 * says "frame" for a packet of the capture, so such a frame is a "unit"
 * wherever both are about. */
typedef struct {
    ipmi_extern_transaction *transaction;   /* NULL: not part of any */
    guint32  original_frame;    /* the packet that has what this one repeats */
    guint32  body_key;          /* for ipmi_body_dissect() */
    guint8   body_channel;
    guint8   repeats;           /* a retransmission, or a duplicate */
    guint8   seq_reused;        /* while original_frame's request waited */
    guint8   unsolicited;
    guint8   not_announced;     /* the host never said that it can do this */
    guint8   resync;            /* the rest of what began before the capture */
} ipmi_extern_unit;

void ipmi_extern_trans_init(void);

/* The link of a packet: of its TCP connection or, if it is not over TCP, of
 * its interface and, where the packet has them, its addresses. Never NULL. */
ipmi_extern_link *ipmi_extern_link_get(packet_info *pinfo, ws_bool over_tcp);

/* How many links the file has so far. */
guint32 ipmi_extern_link_count(void);

/* Takes note of a message, unescaped, that its receiver takes: its first len
 * bytes, up to the checksum. First pass only. */
void ipmi_extern_track_message(ipmi_extern_link *link, packet_info *pinfo,
                               ipmi_extern_unit *unit, const guint8 *message,
                               size_t len);

/* Takes note of a control command that is known and has its operand. First
 * pass only. */
void ipmi_extern_track_control(ipmi_extern_link *link, packet_info *pinfo,
                               ipmi_extern_unit *unit, const guint8 *command,
                               ipmi_extern_direction direction);

/* Takes note that the connection was opened or closed: what was asked on the
 * one before has no answer on the next. First pass only. */
void ipmi_extern_track_connection(ipmi_extern_link *link, packet_info *pinfo,
                                  ipmi_extern_connection connection);

/* Whether a request without a response is not going to have one: all of the
 * capture has been seen, or more of it than a host waits for. A packet of a
 * live capture is looked at before its response has come. */
ws_bool ipmi_extern_is_lost(const ipmi_extern_link *link,
                            const ipmi_extern_transaction *transaction);

/* Why such a request has no response. */
ipmi_extern_cutoff
ipmi_extern_cutoff_of(const ipmi_extern_link *link, packet_info *pinfo,
                      const ipmi_extern_transaction *transaction,
                      guint8 seq);

#endif /* IPMI_EXTERN_TRANS_H */
