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

#include "ipmi-match.h"
#include "ipmi-point.h"

typedef enum {
    HOST_TO_BMC,
    BMC_TO_HOST,
    DIRECTION_UNKNOWN
} ipmi_extern_direction;

/* What a connection record says. */
typedef enum {
    CONNECTION_CLOSED,
    CONNECTION_OPENED,
    CONNECTION_CHANGED      /* one or the other */
} ipmi_extern_connection;

/* Both directions between one host and one BMC. */
typedef struct {
    guint32  number;            /* counted from 0 in the file */
    ws_bool  over_tcp;
    const ipmi_point *point;    /* where it was captured; NULL if packets have
                                 * the addresses of a connection instead */

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
    ipmi_matcher matcher;
} ipmi_extern_link;

/* What the first pass found out about one frame of the wire format. Wireshark
 * says "frame" for a packet of the capture, so such a frame is a "unit"
 * wherever both are about. */
typedef struct {
    ipmi_match match;           /* of a message */
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

/* Takes note that the capture has lost frames: also those with which the sides
 * may have greeted each other anew. First pass only. */
void ipmi_extern_track_loss(ipmi_extern_link *link, packet_info *pinfo);

/* Why a request that is lost has no response, if nothing in the capture cut it
 * off: the end of its TCP connection, or nothing. */
ipmi_cutoff ipmi_extern_connection_cutoff(const ipmi_extern_link *link,
                                          packet_info *pinfo,
                                          const ipmi_transaction *transaction);

#endif /* IPMI_EXTERN_TRANS_H */
