/* ipmi-message.h
 * IPMI messages in the tree: the fields and expert infos that a message has
 * whatever it came by. Each protocol that carries messages has its own set of
 * them, with its own prefix: "ipmi_extern.cmd", "ipmi_kcs.cmd", "ipmi_bt.cmd".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_MESSAGE_H
#define IPMI_MESSAGE_H

#include "ws-compat.h"

#include <epan/expert.h>
#include <epan/packet.h>

#include "ipmi-match.h"

/* One protocol's fields: PREFIX.type .seq .netfn .netfn.name .lun .cmd
 * .cmd.name .ccode .ccode.name .group .oem .data .response_in .response_to
 * .time .retransmission_of .duplicate_of .cutoff_by, and expert infos
 * PREFIX.ccode.error .data.length .retransmission .duplicate .no_response
 * .unsolicited .late .cutoff .seq_reused. */
typedef struct ipmi_message_fields ipmi_message_fields;

/* To be called from a register routine. with_seq: its messages have sequence
 * numbers. */
ipmi_message_fields *ipmi_message_register(int proto, const char *prefix,
                                           expert_module_t *expert,
                                           ws_bool with_seq);

/* A message and where its parts are. */
typedef struct {
    tvbuff_t *tvb;
    int       seq;              /* offset, or -1 */
    int       netfn;            /* offset */
    int       cmd;              /* offset; data follow it */
    int       end;              /* offset after the data */
    tvbuff_t *body;             /* netFn/LUN, command, ... without a gap */
    ws_bool   truncated;        /* the capture has but its beginning */
    ws_bool   good;             /* its receiver takes it */
    ws_bool   with_body;        /* decode it */
    const ipmi_matcher *matcher;
    const ipmi_match *match;

    /* Set by ipmi_message_dissect(). */
    const char *name;           /* of the command */
    guint8      ccode;
    const char *ccode_name;     /* NULL: no response */
} ipmi_message;

static inline ws_bool
ipmi_message_is_response(const ipmi_message *message)
{
    return tvb_get_ptr(message->tvb, message->netfn, 1)[0] >> 2 & 1;
}

/* Adds the message to tree and its body to body_tree, experts to item and to
 * the fields. Trees may be NULL. */
void ipmi_message_dissect(packet_info *pinfo, proto_tree *tree,
                          proto_tree *body_tree, proto_item *item,
                          const ipmi_message_fields *fields,
                          ipmi_message *message);

/* What the Info column says of it: "Req seq 0x12 Get Device ID", "Rsp Get
 * Device ID OK, 3.2 ms". In the packet's memory. */
const char *ipmi_message_summary(packet_info *pinfo,
                                 const ipmi_message *message);

/* How long something took, the way people say it: "3.2 ms". */
const char *ipmi_time_to_str(wmem_allocator_t *scope, const nstime_t *time);

#endif /* IPMI_MESSAGE_H */
