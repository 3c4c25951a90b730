/* packet-ipmi-extern.h
 * Dissection of the IPMI extern wire format.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef PACKET_IPMI_EXTERN_H
#define PACKET_IPMI_EXTERN_H

#include <epan/packet.h>

#include "ipmi-extern-trans.h"

extern int proto_ipmi_extern;

/* Dissects the frame that takes frame_len bytes of tvb from offset on, or so
 * many that the capture does not have them all; index is the frame's in its
 * packet, counted from 0. */
void ipmi_extern_dissect_unit(tvbuff_t *tvb, int offset, int frame_len,
                              packet_info *pinfo, proto_tree *tree,
                              ipmi_extern_link *link, guint32 index);

/* Dissects a connection record, a packet with no byte of a frame: the
 * connection was opened or closed. */
void ipmi_extern_dissect_connection(tvbuff_t *tvb, packet_info *pinfo,
                                    proto_tree *tree, ipmi_extern_link *link);

void proto_register_ipmi_extern(void);
void proto_reg_handoff_ipmi_extern(void);

#endif /* PACKET_IPMI_EXTERN_H */
