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

void ipmi_trans_init(void);

/* point is NULL for what has none, such as a TCP connection. */
ipmi_station *ipmi_station_new(const ipmi_point *point, ws_bool registers);

/* Takes note of a request that was completed, or of a response to one.
 * message as for ipmi_match_message(); first pass only. */
void ipmi_trans_request(ipmi_station *station, packet_info *pinfo,
                        ipmi_transaction *transaction, const guint8 *message,
                        size_t len);
void ipmi_trans_response(ipmi_station *station, packet_info *pinfo,
                         ipmi_transaction *transaction);

/* Shows the transaction that a packet is part of, if there is more of it than
 * this place has. tvb may be any that the packet has. */
void ipmi_trans_dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                        const ipmi_transaction *transaction,
                        const char *command);

void proto_register_ipmi_trans(void);
void proto_reg_handoff_ipmi_trans(void);

#endif /* IPMI_TRANS_H */
