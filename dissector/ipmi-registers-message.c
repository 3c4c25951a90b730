/* ipmi-registers-message.c
 * Messages put together from accesses to registers, in the packet that
 * completes them, and what the other packets say of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <epan/expert.h>
#include <epan/packet.h>

#include "ipmi-registers.h"

/* The packets that carry the message, each a link. */
static void
add_fragments(const registers_packet *packet, proto_tree *tree, tvbuff_t *tvb)
{
    const ipmi_registers *registers = packet->registers;
    const ipmi_transfer *transfer = packet->event->transfer;
    guint kept = ipmi_transfer_kept(transfer);
    proto_tree *fragments;
    proto_item *ti;

    ti = proto_tree_add_item(tree, registers->hf_fragments, tvb, 0, -1,
                             ENC_NA);
    proto_item_set_generated(ti);
    fragments = proto_item_add_subtree(ti, registers->ett_fragments);
    for (guint i = 0; i < kept; i++) {
        ti = proto_tree_add_uint_format(fragments, registers->hf_fragment, tvb,
            i, 1, transfer->frames[i], "Frame %u, byte %u: 0x%02x",
            transfer->frames[i], i, transfer->bytes[i]);
        proto_item_set_generated(ti);
    }
    ti = proto_tree_add_uint(fragments, registers->hf_fragment_count, tvb, 0,
                             0, kept);
    proto_item_set_generated(ti);
    ti = proto_tree_add_uint(tree, registers->hf_reassembled_length, tvb, 0, 0,
                             transfer->len);
    proto_item_set_generated(ti);
    ti = proto_tree_add_item(tree, registers->hf_reassembled_data, tvb, 0, -1,
                             ENC_NA);
    proto_item_set_generated(ti);
}

/* What the message took. */
static void
add_cost(const registers_packet *packet)
{
    const ipmi_registers *registers = packet->registers;
    const ipmi_transfer *transfer = packet->event->transfer;
    const struct {
        int     hf;
        guint32 count;
    } counts[] = {
        { registers->hf_transfer_accesses_host, transfer->accesses[0] },
        { registers->hf_transfer_accesses_bmc, transfer->accesses[1] },
        { registers->hf_transfer_polls_host, transfer->polls[0] },
        { registers->hf_transfer_polls_bmc, transfer->polls[1] },
        { registers->hf_transfer_interrupts, transfer->interrupts },
    };
    proto_tree *tree;
    proto_item *ti;
    nstime_t time;

    tree = proto_tree_add_subtree(packet->tree, packet->tvb, 0, 0,
                                  registers->ett_transfer, &ti,
                                  transfer->from_bmc ? "Transfer to the host"
                                                     : "Transfer to the BMC");
    proto_item_set_generated(ti);
    for (guint i = 0; i < array_length(counts); i++) {
        ti = proto_tree_add_uint(tree, counts[i].hf, packet->tvb, 0, 0,
                                 counts[i].count);
        proto_item_set_generated(ti);
    }
    nstime_delta(&time, &transfer->last_time, &transfer->first_time);
    ti = proto_tree_add_time(tree, registers->hf_transfer_time, packet->tvb, 0,
                             0, &time);
    proto_item_set_generated(ti);
}

/* Where the rest of the message is. */
static void
add_links(const registers_packet *packet)
{
    const ipmi_registers *registers = packet->registers;
    const ipmi_transfer *transfer = packet->event->transfer;
    proto_item *ti;

    if (transfer->last_frame == packet->pinfo->num) {
        add_cost(packet);
    } else if (transfer->last_frame > packet->pinfo->num) {
        ti = proto_tree_add_uint(packet->tree,
            transfer->complete ? registers->hf_reassembled_in
                               : registers->hf_aborted_in,
            packet->tvb, 0, 0, transfer->last_frame);
        proto_item_set_generated(ti);
    }
}

/* The message that this packet completes. */
static void
dissect_message(registers_packet *packet)
{
    ipmi_registers *registers = packet->registers;
    const ipmi_interface *interface = registers->interface;
    const ipmi_transfer *transfer = packet->event->transfer;
    const ipmi_transfer_content content = ipmi_transfer_examine(interface,
                                                                transfer);
    guint kept = ipmi_transfer_kept(transfer);
    proto_tree *tree = NULL;
    proto_item *item = NULL;
    ipmi_message *message;
    tvbuff_t *tvb;

    if (kept == 0) {
        return;
    }
    tvb = tvb_new_child_real_data(packet->tvb, transfer->bytes, kept,
                                  (gint)kept);
    add_new_data_source(packet->pinfo, tvb, interface->message_name);
    if (packet->tree) {
        tree = proto_tree_add_subtree(packet->tree, tvb, 0, -1,
                                      registers->ett_message, &item,
                                      interface->message_name);
        add_fragments(packet, tree, tvb);
        if (interface->layout.length >= 0 &&
            (guint)interface->layout.length < kept) {
            proto_tree_add_item(tree, registers->hf_length, tvb,
                                interface->layout.length, 1, ENC_NA);
        }
    }
    if (!content.is_message) {
        return;
    }

    message = wmem_new0(packet->pinfo->pool, ipmi_message);
    message->tvb = tvb;
    message->bytes = transfer->bytes;
    message->seq = interface->layout.seq;
    message->netfn = interface->layout.netfn;
    message->cmd = interface->layout.cmd;
    message->end = (int)content.end;
    message->truncated = content.truncated;
    message->matcher = ipmi_channel_matcher(packet->channel);
    message->match = &transfer->match;
    packet->message = message;

    ipmi_message_add(tree, registers->message_fields, message);
    if (content.direction_wrong) {
        expert_add_info(packet->pinfo, item, &registers->ei_direction);
    }
    if (content.good) {
        ipmi_message_check(packet->pinfo, tree, item,
                           registers->message_fields, message);
        if (registers->decode_body) {
            ipmi_message_add_body(packet->pinfo,
                                  tree ? tree : packet->outer_tree, message);
        }
    }
    if (tree && PTREE_DATA(tree)->visible) {
        proto_item_append_text(item, ", %s",
                               ipmi_message_summary(packet->pinfo, message));
    }
}

void
ipmi_registers_dissect_transfer(registers_packet *packet)
{
    if (packet->tree) {
        add_links(packet);
    }
    if (registers_packet_completes(packet)) {
        dissect_message(packet);
    }
}
