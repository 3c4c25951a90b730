/* packet-ipmi-bt-frame.c
 * Dissects whole frames of the BT interface, where something other than its
 * registers was captured: Wireshark's "ipmi.protocol" table has a place for
 * each channel protocol of IPMI, which its dissector of HPM.2 traces
 * (LINKTYPE_IPMI_HPM_2) looks a channel's data up in. A trace has them in the
 * format of the channel's protocol; a BT frame is its length, netFn/LUN,
 * sequence number, command and so on (IPMI 2.0, sections 11.1 and 11.2).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <epan/expert.h>
#include <epan/packet.h>
#include <epan/proto_data.h>
#include <epan/dissectors/packet-ipmi.h>

#include "ipmi-bt-machine.h"
#include "ipmi-registers.h"
#include "packet-ipmi-bt.h"

/* Channel protocols (IPMI 2.0, table 6-2): BT as of IPMI 1.0, and as of 1.5 and
 * later. Their frames are the same. */
#define IPMI_PROTOCOL_BT_10 0x07
#define IPMI_PROTOCOL_BT_15 0x08

/* ipmi_dissect_arg_t.flags: to the BMC. */
#define TO_BMC 0x80

/* Key of p_add_proto_data(): ipmi_match. Register traffic has another. */
#define KEY_MATCH 1

static ipmi_registers *bt;
static wmem_map_t *matchers;    /* of point and channel */

static ipmi_matcher *
matcher_of(packet_info *pinfo, guint8 channel)
{
    void *key = GUINT_TO_POINTER(ipmi_point_get(pinfo)->number << 8 | channel);
    ipmi_matcher *matcher = (ipmi_matcher *)wmem_map_lookup(matchers, key);

    if (!matcher) {
        matcher = wmem_new0(wmem_file_scope(), ipmi_matcher);
        wmem_map_insert(matchers, key, matcher);
    }
    return matcher;
}

/* What the first pass found out about the frame. */
static const ipmi_match *
match_of(packet_info *pinfo, ipmi_matcher *matcher, const guint8 *frame,
         const ipmi_transfer_content *content)
{
    const ipmi_layout *layout = &bt->interface->layout;
    guint len = content->end - layout->cmd;
    ipmi_match *match = (ipmi_match *)p_get_proto_data(
        wmem_file_scope(), pinfo, bt->proto, KEY_MATCH);

    if (match) {
        return match;
    }
    match = wmem_new0(wmem_file_scope(), ipmi_match);
    if (content->good) {
        guint8 *message = (guint8 *)wmem_alloc(pinfo->pool, 1 + len);

        message[0] = frame[layout->netfn];
        memcpy(message + 1, frame + layout->cmd, len);
        ipmi_match_message(matcher, pinfo, match, frame[layout->seq], message,
                           1 + len, NULL);
    }
    p_add_proto_data(wmem_file_scope(), pinfo, bt->proto, KEY_MATCH, match);
    return match;
}

static void
check_length(packet_info *pinfo, proto_item *item, guint8 length, guint rest,
             ws_bool from_bmc)
{
    if (length < (from_bmc ? 4 : 3)) {
        expert_add_info(pinfo, item, &bt->ei_fault[IPMI_BT_LENGTH_SMALL]);
    }
    if (length > rest) {
        expert_add_info(pinfo, item, &bt->ei_fault[IPMI_BT_FRAME_SHORT]);
    } else if (length < rest) {
        expert_add_info(pinfo, item, &bt->ei_fault[IPMI_BT_FRAME_LONG]);
    }
}

static int
dissect_frame(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    const ipmi_dissect_arg_t *arg = (const ipmi_dissect_arg_t *)data;
    const ipmi_layout *layout = &bt->interface->layout;
    ipmi_transfer transfer = { .len = tvb_captured_length(tvb) };
    ipmi_transfer_content content;
    ipmi_message message = { .tvb = tvb };
    ipmi_matcher *matcher = matcher_of(pinfo, arg ? arg->channel : 0);
    proto_item *item;

    if (transfer.len == 0) {
        return 0;
    }
    transfer.bytes = (guint8 *)tvb_memdup(pinfo->pool, tvb, 0, transfer.len);
    if (arg) {
        transfer.from_bmc = !(arg->flags & TO_BMC);
    } else if (transfer.len > (guint)layout->netfn) {
        transfer.from_bmc = transfer.bytes[layout->netfn] >> 2 & 1;
    }
    content = ipmi_transfer_examine(bt->interface, &transfer);

    col_set_str(pinfo->cinfo, COL_PROTOCOL, bt->interface->short_name);
    col_set_str(pinfo->cinfo, COL_INFO, bt->interface->message_name);
    col_set_str(pinfo->cinfo, COL_DEF_SRC, transfer.from_bmc ? "BMC" : "Host");
    col_set_str(pinfo->cinfo, COL_DEF_DST, transfer.from_bmc ? "Host" : "BMC");

    item = proto_tree_add_protocol_format(tree, bt->proto, tvb, 0, -1, "IPMI %s",
                                          bt->interface->message_name);
    tree = proto_item_add_subtree(item, bt->ett_message);
    proto_tree_add_item(tree, bt->hf_length, tvb, layout->length, 1, ENC_NA);
    check_length(pinfo, item, transfer.bytes[layout->length],
                 tvb_reported_length(tvb) - 1, transfer.from_bmc);
    if (!content.is_message) {
        if (transfer.len > 1) {
            ipmi_message_add_data(tree, bt->message_fields, tvb, 1,
                                  (int)transfer.len - 1);
        }
        return (int)transfer.len;
    }

    message.bytes = transfer.bytes;
    message.seq = layout->seq;
    message.netfn = layout->netfn;
    message.cmd = layout->cmd;
    message.end = (int)content.end;
    message.truncated = content.truncated;
    message.matcher = matcher;
    message.match = match_of(pinfo, matcher, transfer.bytes, &content);
    ipmi_message_add(tree, bt->message_fields, &message);
    if (content.direction_wrong) {
        expert_add_info(pinfo, item, &bt->ei_direction);
    }
    if (content.good) {
        ipmi_message_check(pinfo, tree, item, bt->message_fields, &message);
        if (bt->decode_body) {
            ipmi_message_add_body(pinfo, tree, &message);
        }
    }
    col_set_str(pinfo->cinfo, COL_PROTOCOL, bt->interface->short_name);
    col_add_str(pinfo->cinfo, COL_INFO,
                ipmi_message_summary(pinfo, &message));
    return (int)transfer.len;
}

void
ipmi_bt_frame_register(ipmi_registers *registers)
{
    bt = registers;
    matchers = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(),
                                      g_direct_hash, g_direct_equal);
}

void
proto_reg_handoff_ipmi_bt(void)
{
    dissector_handle_t handle = create_dissector_handle(dissect_frame,
                                                        bt->proto);

    dissector_add_uint("ipmi.protocol", IPMI_PROTOCOL_BT_10, handle);
    dissector_add_uint("ipmi.protocol", IPMI_PROTOCOL_BT_15, handle);
}
