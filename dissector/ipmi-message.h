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

/* One protocol's fields: PREFIX.seq .netfn .netfn.name .lun .cmd .cmd.name
 * .ccode .ccode.name .group .oem .data, at registers also .type; and what a
 * message has to do with others, .response_in .response_to .time
 * .retransmission_of .duplicate_of .cutoff_by, with the expert infos
 * PREFIX.ccode.error .data.length .retransmission .duplicate .no_response
 * .unsolicited .late .cutoff .seq_reused. */
typedef struct ipmi_message_fields ipmi_message_fields;

/* To be called from a register routine, one after the other. with_seq: the
 * messages have sequence numbers. registers: they are carried by registers, not
 * by a wire. */
ipmi_message_fields *ipmi_message_register(int proto, const char *prefix,
                                           ws_bool with_seq,
                                           ws_bool registers);
void ipmi_message_register_matching(ipmi_message_fields *fields,
                                    expert_module_t *expert);

/* A message and where its parts are. */
typedef struct {
    tvbuff_t     *tvb;
    const guint8 *bytes;        /* of tvb */
    int           seq;          /* offset, or -1 */
    int           netfn;        /* offset */
    int           cmd;          /* offset; (response: completion code and)
                                 * data follow it */
    int           end;          /* offset after the data */
    ws_bool       truncated;    /* the capture has but its beginning */
    const ipmi_matcher *matcher;
    const ipmi_match   *match;
    ipmi_cutoff   cutoff;       /* why a lost request has no response, if its
                                 * transaction does not know */

    /* From ipmi_message_add() on: */
    const struct ipmi_command *command;     /* NULL: not known */
    guint32       body;         /* ipmi_body() of the request */
    const char   *name;         /* of the command */
    guint8        ccode;        /* of a response */
    const char   *ccode_name;   /* NULL: not a response */
    proto_item   *ccode_item, *data_item;
} ipmi_message;

static inline ws_bool
ipmi_message_is_response(const ipmi_message *message)
{
    return message->bytes[message->netfn] >> 2 & 1;
}

/* Where the data begin: after the command, or the completion code. */
static inline int
ipmi_message_data(const ipmi_message *message)
{
    return message->cmd + 1 + ipmi_message_is_response(message);
}

/* A message is long enough for its kind: its data begin nowhere after its end.
 * Any tree and item may be NULL; experts are added all the same.
 *
 * The first adds its parts to the tree, and names them. The second is for a
 * message that its receiver takes: what is wrong with it, and what other
 * messages it has to do with; experts of the whole go to item. The third has
 * the body decoded. */
void ipmi_message_add(proto_tree *tree, ipmi_message_fields *fields,
                      ipmi_message *message);
void ipmi_message_check(packet_info *pinfo, proto_tree *tree, proto_item *item,
                        ipmi_message_fields *fields,
                        const ipmi_message *message);
void ipmi_message_add_body(packet_info *pinfo, proto_tree *tree,
                           const ipmi_message *message);

/* Adds bytes that are not, or not yet, a message. */
void ipmi_message_add_data(proto_tree *tree, ipmi_message_fields *fields,
                           tvbuff_t *tvb, int offset, int len);

/* What the Info column says of it: "Req seq 0x12 Get Device ID", "Rsp Get
 * Device ID OK, 3.2 ms". In the packet's memory. */
const char *ipmi_message_summary(packet_info *pinfo,
                                 const ipmi_message *message);

/* How long something took, the way people say it: "3.2 ms". */
const char *ipmi_time_to_str(wmem_allocator_t *scope, const nstime_t *time);

#endif /* IPMI_MESSAGE_H */
