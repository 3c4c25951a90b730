/* ipmi-trans.h
 * A command's whole way: what the places of one capture have of the same
 * command, joined. A host's request goes through the host's registers, leaves
 * its emulator on the wire, arrives at the BMC's, and is read from the BMC's
 * registers by its firmware; the response comes back the same way. A capture has
 * some of these places, or all, for any number of hosts and BMCs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_TRANS_H
#define IPMI_TRANS_H

#include "ws-compat.h"

#include <epan/packet.h>

#include "ipmi-match.h"
#include "ipmi-point.h"

/* From the host to the BMC. */
typedef enum {
    IPMI_HOST_REGISTERS,
    IPMI_HOST_WIRE,         /* where the host's emulator sends and receives */
    IPMI_TAP,               /* the wire, captured anywhere else */
    IPMI_BMC_WIRE,
    IPMI_BMC_REGISTERS,
    IPMI_PLACES
} ipmi_place;

/* A link of the wire format or a channel of registers. */
typedef struct ipmi_station ipmi_station;

/* One command, wherever the capture has it. */
struct ipmi_trans {
    guint32  id;                /* counted from 0 in the file */
    guint8   numbered;          /* bit n: at[n] has the wire's number */
    ws_bool  guessed;           /* another join is as likely */
    ipmi_transaction *at[IPMI_PLACES];  /* or NULL */
};

void ipmi_trans_init(void);

/* point is NULL for what has none, such as a TCP connection. with_seq: its
 * messages have sequence numbers. */
ipmi_station *ipmi_station_new(const ipmi_point *point, ws_bool registers,
                               ws_bool with_seq);

/* Takes note of a request that was completed, not one that repeats another, or
 * of the first response to one. After ipmi_match_message(); first pass only. */
void ipmi_trans_request(ipmi_station *station, ipmi_transaction *transaction);
void ipmi_trans_response(ipmi_station *station, ipmi_transaction *transaction);

/* Shows the transaction that a packet is part of, if the capture has more
 * places than this one. tvb may be any that the packet has. Also without a tree,
 * for the sake of taps. */
void ipmi_trans_dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                        const ipmi_transaction *transaction);

void proto_register_ipmi_trans(void);

#endif /* IPMI_TRANS_H */
