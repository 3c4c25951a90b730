/* packet-ipmi-extern.c
 * Dissection of the IPMI extern wire format.
 *
 * This is what QEMU's ipmi-bmc-extern and OpenIPMI's ipmi_sim (where it is
 * called the "VM" protocol) speak with each other: IPMI messages between a
 * host and its BMC, and control commands for what a BMC does to a host besides
 * (attention, interrupt, reset, power). It is a byte stream over a character
 * device, as a rule a TCP connection or a Unix domain socket; a capture of the
 * latter has LINKTYPE_WIRESHARK_UPPER_PDU packets that name this dissector.
 *
 * docs/ipmi-extern.md describes the format. References are to the
 * Intelligent Platform Management Interface Specification v2.0 rev. 1.1.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <epan/expert.h>
#include <epan/packet.h>
#include <epan/prefs.h>
#include <epan/tfs.h>
#include <wiretap/wtap.h>
#include <wsutil/str_util.h>

#include "ipmi-body.h"
#include "ipmi-extern-frame.h"
#include "ipmi-extern-stats.h"
#include "ipmi-extern-transport.h"
#include "ipmi-extern-unit.h"
#include "ipmi-message.h"
#include "ipmi-trans.h"
#include "packet-ipmi-extern.h"

/* Frames of one packet that have their bodies decoded and a tab of their own
 * beside the packet's bytes. Nobody looks at more, and Wireshark is not made
 * for it: it counts through the tabs for each that is added, and takes every
 * body for another layer, of which it has no more than 500. */
#define MAX_DETAILED 256

int proto_ipmi_extern = -1;

static ws_bool decode_body = 1;

static int hf_wire = -1;
static int hf_dir = -1;
static int hf_type = -1;
static int hf_link = -1;
static int hf_channel = -1;
static int hf_connection = -1;
static int hf_dropped = -1;

static int hf_checksum = -1;
static int hf_checksum_status = -1;
static int hf_checksum_calculated = -1;

static int hf_control = -1;
static int hf_version = -1;
static int hf_capabilities = -1;
static int hf_capabilities_power = -1;
static int hf_capabilities_reset = -1;
static int hf_capabilities_irq = -1;
static int hf_capabilities_nmi = -1;
static int hf_capabilities_attn = -1;
static int hf_capabilities_graceful_shutdown = -1;
static int hf_capabilities_enable = -1;

static ipmi_message_fields *message_fields;

static expert_field ei_checksum_bad = EI_INIT;
static expert_field ei_too_short = EI_INIT;
static expert_field ei_too_long_bt = EI_INIT;
static expert_field ei_too_long_openipmi = EI_INIT;
static expert_field ei_too_long_qemu = EI_INIT;
static expert_field ei_escape_at_end = EI_INIT;
static expert_field ei_escape_needless = EI_INIT;
static expert_field ei_escape_missing = EI_INIT;
static expert_field ei_empty = EI_INIT;
static expert_field ei_resync = EI_INIT;
static expert_field ei_no_terminator = EI_INIT;
static expert_field ei_truncated = EI_INIT;
static expert_field ei_control_unknown = EI_INIT;
static expert_field ei_control_length = EI_INIT;
static expert_field ei_control_direction = EI_INIT;
static expert_field ei_control_not_announced = EI_INIT;
static expert_field ei_version_unknown = EI_INIT;
static expert_field ei_direction = EI_INIT;
static expert_field ei_dropped = EI_INIT;

static int ett_ipmi_extern = -1;
static int ett_capabilities = -1;

static const value_string direction_vals[] = {
    { HOST_TO_BMC, "Host to BMC" },
    { BMC_TO_HOST, "BMC to host" },
    { 0, NULL }
};

static const value_string type_vals[] = {
    { UNIT_REQUEST, "Request" },
    { UNIT_RESPONSE, "Response" },
    { UNIT_CONTROL, "Control" },
    { 0, NULL }
};

/* Taken from ipmi-extern-frame.c when the fields are registered. */
static value_string control_vals[256 + 1];

static const value_string connection_vals[] = {
    { CONNECTION_CLOSED, "Disconnected" },
    { CONNECTION_OPENED, "Connected" },
    { CONNECTION_CHANGED, "Connection changed" },
    { 0, NULL }
};

/* How much of a frame there is to dissect. */
typedef enum {
    SHAPE_REST,             /* of a frame that began before the capture */
    SHAPE_INCOMPLETE,
    SHAPE_BEGINNING,        /* all that the capture has */
    SHAPE_EMPTY,            /* once escapes are undone */
    SHAPE_TOO_SHORT,
    SHAPE_MESSAGE,
    SHAPE_CONTROL
} unit_shape;

static void
add_size_experts(packet_info *pinfo, proto_item *item,
                 const ipmi_extern_decoded *decoded)
{
    static const struct {
        guint         max;
        expert_field *ei;
        const char   *who;
    } limits[] = {
        { IPMI_EXTERN_MAX_BT, &ei_too_long_bt, "a BT interface" },
        { IPMI_EXTERN_MAX_OPENIPMI, &ei_too_long_openipmi, "OpenIPMI" },
        { IPMI_EXTERN_MAX_QEMU, &ei_too_long_qemu, "QEMU" },
    };

    for (guint i = 0; i < array_length(limits) &&
                      decoded->frame.len > limits[i].max; i++) {
        expert_add_info_format(pinfo, item, limits[i].ei,
            "Message of %s%zu bytes is longer than the %u that %s takes",
            decoded->truncated ? "more than " : "", decoded->frame.len,
            limits[i].max, limits[i].who);
    }
}

/* Faults that any frame can have. */
static void
add_frame_experts(packet_info *pinfo, proto_item *item,
                  const ipmi_extern_decoded *decoded)
{
    const struct ipmi_extern_frame *frame = &decoded->frame;

    if (decoded->unit->resync) {
        expert_add_info(pinfo, item, &ei_resync);
        return;
    }
    if (decoded->truncated) {
        expert_add_info(pinfo, item, &ei_truncated);
    } else if (!frame->terminator) {
        expert_add_info(pinfo, item, &ei_no_terminator);
    } else if (frame->wire_len == 1) {
        expert_add_info(pinfo, item, &ei_empty);
    }

    switch (frame->escape_fault) {
    case IPMI_EXTERN_ESCAPE_GOOD:
        break;
    case IPMI_EXTERN_ESCAPE_AT_END:
        if (!decoded->truncated) {
            expert_add_info(pinfo, item, &ei_escape_at_end);
        }
        break;
    case IPMI_EXTERN_ESCAPE_NEEDLESS:
        expert_add_info_format(pinfo, item, &ei_escape_needless,
            "Needless escape at wire offset %zu", frame->escape_offset);
        break;
    case IPMI_EXTERN_ESCAPE_MISSING:
        expert_add_info_format(pinfo, item, &ei_escape_missing,
            "AAh at wire offset %zu is not escaped: the checksum is right if "
            "it stands for itself", frame->escape_offset);
        break;
    }
    if (decoded->cut) {
        expert_add_info_format(pinfo, item, &ei_escape_missing,
            "%02Xh at wire offset %zu is not escaped: the checksum is right "
            "if it is data and the next frame belongs to this one",
            frame->terminator, frame->wire_len - 1);
    }
}

static const char *
control_summary(packet_info *pinfo, const ipmi_extern_decoded *decoded)
{
    const char *text = wmem_strdup_printf(pinfo->pool, "Control %s",
                                          decoded->control);

    if (!ipmi_extern_control_find(decoded->bytes[0])) {
        return wmem_strdup_printf(pinfo->pool, "Control 0x%02x (unknown)",
                                  decoded->bytes[0]);
    }
    switch (decoded->bytes[0]) {
    case IPMI_EXTERN_VERSION:
        return decoded->frame.len < 2 ? text
            : wmem_strdup_printf(pinfo->pool, "%s %u", text, decoded->bytes[1]);
    case IPMI_EXTERN_CAPABILITIES:
        return decoded->frame.len < 2 ? text
            : wmem_strdup_printf(pinfo->pool, "%s 0x%02x", text,
                                 decoded->bytes[1]);
    default:
        return text;
    }
}

static void
add_checksum(packet_info *pinfo, proto_tree *tree,
             const ipmi_extern_decoded *decoded)
{
    int offset = (int)decoded->frame.len - 1;
    guint8 checksum = ipmi_extern_checksum(&decoded->frame,
                                           decoded->bytes[offset]);
    proto_item *ti;

    if (!tree && decoded->frame.sum == 0) {
        return;
    }
    proto_tree_add_checksum(tree, decoded->tvb, offset, hf_checksum,
        hf_checksum_status, &ei_checksum_bad, pinfo, checksum, ENC_NA,
        PROTO_CHECKSUM_VERIFY);
    if (tree && decoded->frame.sum != 0) {
        ti = proto_tree_add_uint(tree, hf_checksum_calculated, decoded->tvb,
                                 offset, 1, checksum);
        proto_item_set_generated(ti);
    }
}

/* What the Info column and the tree's first line say of a message. */
static const char *
message_summary(packet_info *pinfo, const ipmi_extern_decoded *decoded)
{
    const char *fault = decoded->truncated ? "Truncated: "
                            : decoded->frame.sum != 0 ? "Bad checksum: " : NULL;
    const char *summary = ipmi_message_summary(pinfo, &decoded->message);

    return fault ? wmem_strdup_printf(pinfo->pool, "%s%s", fault, summary)
                 : summary;
}

/* A message is long enough for its kind but its checksum may be wrong, or not
 * in the capture, nor some of its data. The tree is NULL if nobody looks at it;
 * experts are added all the same. */
static void
dissect_message(packet_info *pinfo, proto_tree *tree, proto_tree *body_tree,
                proto_item *item, ipmi_extern_decoded *decoded,
                ws_bool with_body)
{
    const ipmi_match *match = &decoded->unit->match;
    const ws_bool is_response = decoded->type == UNIT_RESPONSE;
    ipmi_message *message = &decoded->message;

    message->tvb = decoded->tvb;
    message->bytes = decoded->bytes;
    message->seq = 0;
    message->netfn = 1;
    message->cmd = 2;
    message->end = (int)ipmi_extern_data_end(decoded);
    message->truncated = decoded->truncated;
    message->matcher = &decoded->link->matcher;
    message->match = match;
    message->cutoff = CUTOFF_NONE;
    if (PINFO_FD_VISITED(pinfo) && match->transaction &&
        !match->transaction->response_frame) {
        message->cutoff = ipmi_extern_connection_cutoff(decoded->link, pinfo,
                                                        match->transaction);
    }

    ipmi_message_add(tree, message_fields, message);
    if (!decoded->truncated) {
        add_checksum(pinfo, tree, decoded);
    }
    add_size_experts(pinfo, item, decoded);
    if (!decoded->good) {
        return;
    }
    if ((decoded->direction == HOST_TO_BMC && is_response) ||
        (decoded->direction == BMC_TO_HOST && !is_response)) {
        expert_add_info(pinfo, item, &ei_direction);
    }
    ipmi_message_check(pinfo, tree, item, message_fields, message);
    if (with_body) {
        ipmi_message_add_body(pinfo, body_tree, message);
    }
}

static void
dissect_control(packet_info *pinfo, proto_tree *tree,
                ipmi_extern_decoded *decoded)
{
    static int *const capabilities[] = {
        &hf_capabilities_power,
        &hf_capabilities_reset,
        &hf_capabilities_irq,
        &hf_capabilities_nmi,
        &hf_capabilities_attn,
        &hf_capabilities_graceful_shutdown,
        &hf_capabilities_enable,
        NULL
    };
    const struct ipmi_extern_control_info *info =
        ipmi_extern_control_find(decoded->bytes[0]);
    int operands = (int)decoded->frame.len - 1;
    proto_item *ti;

    decoded->control = info ? info->name : "unknown";
    ti = proto_tree_add_item(tree, hf_control, decoded->tvb, 0, 1, ENC_NA);
    if (!info) {
        if (operands > 0) {
            ipmi_message_add_data(tree, message_fields, decoded->tvb, 1,
                                  operands);
        }
        expert_add_info(pinfo, ti, &ei_control_unknown);
        return;
    }
    if (operands != info->operands) {
        expert_add_info_format(pinfo, ti, &ei_control_length,
            "%s has %d operand byte%s instead of %u", info->name, operands,
            plurality(operands, "", "s"), info->operands);
    }
    if ((decoded->direction == HOST_TO_BMC &&
         !(info->senders & IPMI_EXTERN_FROM_HOST)) ||
        (decoded->direction == BMC_TO_HOST &&
         !(info->senders & IPMI_EXTERN_FROM_BMC))) {
        expert_add_info_format(pinfo, ti, &ei_control_direction,
            "The %s never sends %s",
            decoded->direction == HOST_TO_BMC ? "host" : "BMC", info->name);
    }
    if (decoded->unit->not_announced) {
        expert_add_info_format(pinfo, ti, &ei_control_not_announced,
            "%s needs a capability that the host has not announced",
            info->name);
    }

    if (operands > 0 && info->code == IPMI_EXTERN_VERSION) {
        ti = proto_tree_add_item(tree, hf_version, decoded->tvb, 1, 1, ENC_NA);
        if (decoded->bytes[1] != IPMI_EXTERN_VERSION_1) {
            expert_add_info(pinfo, ti, &ei_version_unknown);
        }
    } else if (operands > 0 && info->code == IPMI_EXTERN_CAPABILITIES) {
        proto_tree_add_bitmask(tree, decoded->tvb, 1, hf_capabilities,
                               ett_capabilities, capabilities, ENC_NA);
    }
    if (operands > info->operands) {
        ipmi_message_add_data(tree, message_fields, decoded->tvb,
                              1 + info->operands, operands - info->operands);
    }
}

static unit_shape
shape_of(const ipmi_extern_decoded *decoded)
{
    if (decoded->unit->resync) {
        return SHAPE_REST;
    }
    if (decoded->truncated) {
        return ipmi_extern_has_header(decoded) ? SHAPE_MESSAGE
                                               : SHAPE_BEGINNING;
    }
    if (!decoded->frame.terminator) {
        return SHAPE_INCOMPLETE;
    }
    if (decoded->frame.len == 0) {
        return SHAPE_EMPTY;
    }
    if (decoded->type == UNIT_CONTROL) {
        return SHAPE_CONTROL;
    }
    return decoded->frame.len < (decoded->type == UNIT_RESPONSE
                                ? IPMI_EXTERN_MIN_RESPONSE
                                : IPMI_EXTERN_MIN_REQUEST)
               ? SHAPE_TOO_SHORT : SHAPE_MESSAGE;
}

/* What the Info column and the tree's first line say. */
static const char *
unit_summary(packet_info *pinfo, const ipmi_extern_decoded *decoded,
             unit_shape shape)
{
    switch (shape) {
    case SHAPE_REST:
        return "Rest of a frame that began before the capture";
    case SHAPE_INCOMPLETE:
        return "Frame without terminator";
    case SHAPE_BEGINNING:
        return "Truncated frame";
    case SHAPE_EMPTY:
        return decoded->frame.wire_len == 1 ? "Empty frame"
                                            : "Escape with nothing after it";
    case SHAPE_TOO_SHORT:
        return "Message too short";
    case SHAPE_CONTROL:
        return control_summary(pinfo, decoded);
    case SHAPE_MESSAGE:
        break;
    }
    return message_summary(pinfo, decoded);
}

/* Whether anyone looks at our part of the tree. */
static ws_bool
is_wanted(proto_tree *tree)
{
    return proto_field_is_referenced(tree, proto_ipmi_extern) ||
           proto_field_is_referenced(tree, proto_expert);
}

static void
show_summary(packet_info *pinfo, proto_tree *tree, proto_item *item,
             const ipmi_extern_decoded *decoded, unit_shape shape,
             guint32 index)
{
    ws_bool in_tree = tree && PTREE_DATA(tree)->visible;
    const char *summary;

    if (!in_tree && !col_get_writable(pinfo->cinfo, COL_INFO)) {
        return;
    }
    summary = unit_summary(pinfo, decoded, shape);
    if (index > 0) {
        col_append_str(pinfo->cinfo, COL_INFO, "; ");
    }
    col_append_str(pinfo->cinfo, COL_INFO, summary);
    if (in_tree) {
        proto_item_append_text(item, ", %s%s%s",
            decoded->direction == DIRECTION_UNKNOWN ? ""
                : val_to_str_const(decoded->direction, direction_vals, ""),
            decoded->direction == DIRECTION_UNKNOWN ? "" : ", ", summary);
    }
}

static void
add_link(proto_tree *tree, tvbuff_t *tvb, const ipmi_extern_link *link)
{
    proto_item *ti = proto_tree_add_uint(tree, hf_link, tvb, 0, 0,
                                         link->number);

    proto_item_set_generated(ti);
    if (link->point) {
        ti = proto_tree_add_string(tree, hf_channel, tvb, 0, 0,
                                   link->point->label);
        proto_item_set_generated(ti);
    }
}

/* How many frames the capture has lost before this packet. */
static guint64
frames_dropped(packet_info *pinfo, const ipmi_extern_link *link)
{
    return link->point ? ipmi_point_dropped(pinfo) : 0;
}

static void
add_dropped(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb,
            guint64 dropped)
{
    proto_item *ti = proto_tree_add_uint64(tree, hf_dropped, tvb, 0, 0,
                                           dropped);

    proto_item_set_generated(ti);
    expert_add_info_format(pinfo, ti, &ei_dropped,
        "The capture has lost %" PRIu64 " frame%s before this one", dropped,
        plurality(dropped, "", "s"));
}

void
ipmi_extern_dissect_unit(tvbuff_t *tvb, int offset, int frame_len,
                         packet_info *pinfo, proto_tree *tree,
                         ipmi_extern_link *link, guint32 index)
{
    int len = tvb_captured_length_remaining(tvb, offset);
    int captured_len = MIN(frame_len, len);
    tvbuff_t *wire = tvb_new_subset_length_caplen(tvb, offset, captured_len,
                                                  frame_len);
    const guint64 dropped = index == 0 ? frames_dropped(pinfo, link) : 0;
    ipmi_extern_decoded decoded;
    unit_shape shape;
    proto_tree *body_tree = tree, *unit_tree = NULL;
    proto_item *item = NULL, *ti;

    ipmi_extern_unit_decode(pinfo, tvb_get_ptr(tvb, offset, len), len,
                            captured_len, captured_len < frame_len, &decoded);
    if (dropped && !PINFO_FD_VISITED(pinfo)) {
        ipmi_extern_track_loss(link, pinfo);
    }
    ipmi_extern_unit_track(pinfo, link, index, &decoded);
    decoded.control = NULL;
    decoded.message.name = NULL;
    decoded.wire_len = (guint)frame_len;
    decoded.tvb = tvb_new_child_real_data(tvb, decoded.bytes,
                                          (guint)decoded.frame.len,
                                          (gint)decoded.frame.len);
    if (decoded.frame.len > 0 && index < MAX_DETAILED) {
        add_new_data_source(pinfo, decoded.tvb, "IPMI extern frame");
    }
    shape = shape_of(&decoded);

    if (is_wanted(tree)) {
        item = proto_tree_add_item(tree, proto_ipmi_extern, wire, 0, -1,
                                   ENC_NA);
        unit_tree = proto_item_add_subtree(item, ett_ipmi_extern);
        body_tree = unit_tree;

        if (captured_len > 0) {
            proto_tree_add_item(unit_tree, hf_wire, wire, 0, -1, ENC_NA);
        }
        add_link(unit_tree, wire, link);
        if (decoded.direction != DIRECTION_UNKNOWN) {
            ti = proto_tree_add_uint(unit_tree, hf_dir, wire, 0, 0,
                                     decoded.direction);
            proto_item_set_generated(ti);
        }
    }
    if (dropped) {
        add_dropped(pinfo, unit_tree, wire, dropped);
    }
    add_frame_experts(pinfo, item, &decoded);

    if (unit_tree && (shape == SHAPE_MESSAGE || shape == SHAPE_CONTROL)) {
        ti = proto_tree_add_uint(unit_tree, hf_type, decoded.tvb, 0, 0,
                                 decoded.type);
        proto_item_set_generated(ti);
    }
    switch (shape) {
    case SHAPE_MESSAGE:
        dissect_message(pinfo, unit_tree, body_tree, item, &decoded,
                        decode_body && index < MAX_DETAILED);
        break;
    case SHAPE_CONTROL:
        dissect_control(pinfo, unit_tree, &decoded);
        break;
    case SHAPE_TOO_SHORT:
        expert_add_info_format(pinfo, item, &ei_too_short,
            "Message of %zu byte%s; a request has at least %u, a response %u",
            decoded.frame.len, plurality(decoded.frame.len, "", "s"),
            IPMI_EXTERN_MIN_REQUEST, IPMI_EXTERN_MIN_RESPONSE);
        /* fall through */
    default:
        if (decoded.frame.len > 0) {
            ipmi_message_add_data(unit_tree, message_fields, decoded.tvb, 0,
                                  -1);
        }
        break;
    }
    show_summary(pinfo, unit_tree, item, &decoded, shape, index);
    if (decoded.unit->match.transaction &&
        decoded.unit->match.transaction->trans) {
        ipmi_trans_dissect(wire, pinfo, tree, decoded.unit->match.transaction);
    }

    ipmi_extern_stats_frame(pinfo, wire, &decoded);
}

/* A comment of the packet says which of the two happened. There may be others,
 * such as the user's. */
static ipmi_extern_connection
connection_of(packet_info *pinfo)
{
    wtap_block_t block = pinfo->rec->block;
    char *comment;

    for (guint i = 0; block &&
             wtap_block_get_nth_string_option_value(block, OPT_COMMENT, i,
                 &comment) == WTAP_OPTTYPE_SUCCESS; i++) {
        if (strcmp(comment, "connected") == 0) {
            return CONNECTION_OPENED;
        }
        if (strcmp(comment, "disconnected") == 0) {
            return CONNECTION_CLOSED;
        }
    }
    return CONNECTION_CHANGED;
}

void
ipmi_extern_dissect_connection(tvbuff_t *tvb, packet_info *pinfo,
                               proto_tree *tree, ipmi_extern_link *link)
{
    ipmi_extern_connection connection = connection_of(pinfo);
    const char *summary = val_to_str_const(connection, connection_vals, "");
    const guint64 dropped = frames_dropped(pinfo, link);
    proto_tree *connection_tree;
    proto_item *item, *ti;

    if (dropped && !PINFO_FD_VISITED(pinfo)) {
        ipmi_extern_track_loss(link, pinfo);
    }
    if (!PINFO_FD_VISITED(pinfo)) {
        ipmi_extern_track_connection(link, pinfo, connection);
    }
    col_set_str(pinfo->cinfo, COL_INFO, summary);

    item = proto_tree_add_item(tree, proto_ipmi_extern, tvb, 0, 0, ENC_NA);
    connection_tree = proto_item_add_subtree(item, ett_ipmi_extern);
    proto_item_append_text(item, ", %s", summary);
    add_link(connection_tree, tvb, link);
    ti = proto_tree_add_uint(connection_tree, hf_connection, tvb, 0, 0,
                             connection);
    proto_item_set_generated(ti);
    if (dropped) {
        add_dropped(pinfo, connection_tree, tvb, dropped);
    }

    ipmi_extern_stats_connection(pinfo, tvb, link);
}

static void
fill_value_strings(void)
{
    guint controls = 0;

    for (guint code = 0; code < 256; code++) {
        const struct ipmi_extern_control_info *control =
            ipmi_extern_control_find((guint8)code);

        if (control) {
            control_vals[controls].value = code;
            control_vals[controls].strptr = control->name;
            controls++;
        }
    }
}

void
proto_register_ipmi_extern(void)
{
    static hf_register_info hf[] = {
        { &hf_wire,
          { "Wire bytes", "ipmi_extern.wire",
            FT_BYTES, BASE_NONE, NULL, 0x0,
            "The frame as it was on the wire, escapes and terminator included",
            HFILL }
        },
        { &hf_link,
          { "Link", "ipmi_extern.link",
            FT_UINT32, BASE_DEC, NULL, 0x0,
            "Number of the link in this file, counted from 0", HFILL }
        },
        { &hf_channel,
          { "Channel", "ipmi_extern.channel",
            FT_STRING, BASE_NONE, NULL, 0x0,
            "Where this was captured: virtual machine and device", HFILL }
        },
        { &hf_connection,
          { "Connection", "ipmi_extern.connection",
            FT_UINT8, BASE_DEC, VALS(connection_vals), 0x0,
            "What happened to the connection, where that is all that the packet says",
            HFILL }
        },
        { &hf_dropped,
          { "Dropped frames", "ipmi_extern.dropped",
            FT_UINT64, BASE_DEC, NULL, 0x0,
            "Lost by the capture immediately before this packet", HFILL }
        },
        { &hf_dir,
          { "Direction", "ipmi_extern.dir",
            FT_UINT8, BASE_DEC, VALS(direction_vals), 0x0,
            NULL, HFILL }
        },
        { &hf_type,
          { "Type", "ipmi_extern.type",
            FT_UINT8, BASE_DEC, VALS(type_vals), 0x0,
            NULL, HFILL }
        },
    };
    static hf_register_info hf_rest[] = {
        { &hf_checksum,
          { "Checksum", "ipmi_extern.checksum",
            FT_UINT8, BASE_HEX, NULL, 0x0,
            "Makes the sum of all unescaped bytes 0", HFILL }
        },
        { &hf_checksum_status,
          { "Checksum status", "ipmi_extern.checksum.status",
            FT_UINT8, BASE_NONE, VALS(proto_checksum_vals), 0x0,
            NULL, HFILL }
        },
        { &hf_checksum_calculated,
          { "Calculated checksum", "ipmi_extern.checksum.calculated",
            FT_UINT8, BASE_HEX, NULL, 0x0,
            "The right one, where it is not the one sent", HFILL }
        },
        { &hf_control,
          { "Control command", "ipmi_extern.control",
            FT_UINT8, BASE_HEX, VALS(control_vals), 0x0,
            NULL, HFILL }
        },
        { &hf_version,
          { "Version", "ipmi_extern.version",
            FT_UINT8, BASE_DEC, NULL, 0x0,
            "Protocol version the sender speaks", HFILL }
        },
        { &hf_capabilities,
          { "Capabilities", "ipmi_extern.capabilities",
            FT_UINT8, BASE_HEX, NULL, 0x0,
            "What the host does when the BMC tells it to", HFILL }
        },
        { &hf_capabilities_power,
          { "Power off", "ipmi_extern.capabilities.power",
            FT_BOOLEAN, 8, TFS(&tfs_yes_no), IPMI_EXTERN_CAP_POWER,
            "Obeys POWEROFF", HFILL }
        },
        { &hf_capabilities_reset,
          { "Reset", "ipmi_extern.capabilities.reset",
            FT_BOOLEAN, 8, TFS(&tfs_yes_no), IPMI_EXTERN_CAP_RESET,
            "Obeys RESET", HFILL }
        },
        { &hf_capabilities_irq,
          { "Interrupt enable", "ipmi_extern.capabilities.irq",
            FT_BOOLEAN, 8, TFS(&tfs_yes_no), IPMI_EXTERN_CAP_IRQ,
            "Obeys ENABLE_IRQ and DISABLE_IRQ", HFILL }
        },
        { &hf_capabilities_nmi,
          { "NMI", "ipmi_extern.capabilities.nmi",
            FT_BOOLEAN, 8, TFS(&tfs_yes_no), IPMI_EXTERN_CAP_NMI,
            "Obeys SEND_NMI", HFILL }
        },
        { &hf_capabilities_attn,
          { "Attention", "ipmi_extern.capabilities.attn",
            FT_BOOLEAN, 8, TFS(&tfs_yes_no), IPMI_EXTERN_CAP_ATTN,
            "Obeys ATTN, ATTN_IRQ and NOATTN", HFILL }
        },
        { &hf_capabilities_graceful_shutdown,
          { "Graceful shutdown", "ipmi_extern.capabilities.graceful_shutdown",
            FT_BOOLEAN, 8, TFS(&tfs_yes_no), IPMI_EXTERN_CAP_GRACEFUL_SHUTDOWN,
            "Obeys GRACEFUL_SHUTDOWN", HFILL }
        },
        { &hf_capabilities_enable,
          { "Interface enable", "ipmi_extern.capabilities.enable",
            FT_BOOLEAN, 8, TFS(&tfs_yes_no), IPMI_EXTERN_CAP_ENABLE,
            "Obeys ENABLE and DISABLE", HFILL }
        },
    };
    static ei_register_info ei[] = {
        { &ei_checksum_bad,
          { "ipmi_extern.checksum.bad", PI_CHECKSUM, PI_ERROR,
            "Bad checksum: the receiver drops the message", EXPFILL }
        },
        { &ei_too_short,
          { "ipmi_extern.too_short", PI_MALFORMED, PI_ERROR,
            "Message too short", EXPFILL }
        },
        { &ei_too_long_bt,
          { "ipmi_extern.too_long.bt", PI_PROTOCOL, PI_NOTE,
            "Message longer than a BT interface takes", EXPFILL }
        },
        { &ei_too_long_openipmi,
          { "ipmi_extern.too_long.openipmi", PI_PROTOCOL, PI_WARN,
            "Message longer than OpenIPMI takes", EXPFILL }
        },
        { &ei_too_long_qemu,
          { "ipmi_extern.too_long.qemu", PI_PROTOCOL, PI_ERROR,
            "Message longer than QEMU takes", EXPFILL }
        },
        { &ei_escape_at_end,
          { "ipmi_extern.escape.at_end", PI_MALFORMED, PI_ERROR,
            "Escape with nothing after it: the receiver drops the frame",
            EXPFILL }
        },
        { &ei_escape_needless,
          { "ipmi_extern.escape.needless", PI_PROTOCOL, PI_WARN,
            "Needless escape", EXPFILL }
        },
        { &ei_escape_missing,
          { "ipmi_extern.escape.missing", PI_MALFORMED, PI_ERROR,
            "Escape missing", EXPFILL }
        },
        { &ei_empty,
          { "ipmi_extern.empty", PI_PROTOCOL, PI_NOTE,
            "Empty frame", EXPFILL }
        },
        { &ei_resync,
          { "ipmi_extern.resync", PI_SEQUENCE, PI_NOTE,
            "The capture begins in the middle of a frame; resynchronised at its terminator",
            EXPFILL }
        },
        { &ei_no_terminator,
          { "ipmi_extern.no_terminator", PI_MALFORMED, PI_WARN,
            "Frame without terminator", EXPFILL }
        },
        { &ei_truncated,
          { "ipmi_extern.truncated", PI_UNDECODED, PI_NOTE,
            "The capture has only the beginning of the frame", EXPFILL }
        },
        { &ei_control_unknown,
          { "ipmi_extern.control.unknown", PI_UNDECODED, PI_WARN,
            "Unknown control command: receivers ignore it", EXPFILL }
        },
        { &ei_control_length,
          { "ipmi_extern.control.length", PI_MALFORMED, PI_WARN,
            "Control command with a wrong number of operand bytes", EXPFILL }
        },
        { &ei_control_direction,
          { "ipmi_extern.control.direction", PI_PROTOCOL, PI_WARN,
            "Control command from the side that never sends it", EXPFILL }
        },
        { &ei_control_not_announced,
          { "ipmi_extern.control.not_announced", PI_PROTOCOL, PI_WARN,
            "Control command that the host has not announced a capability for",
            EXPFILL }
        },
        { &ei_version_unknown,
          { "ipmi_extern.version.unknown", PI_PROTOCOL, PI_WARN,
            "Unknown protocol version", EXPFILL }
        },
        { &ei_direction,
          { "ipmi_extern.direction", PI_PROTOCOL, PI_WARN,
            "Request from the BMC, or response from the host", EXPFILL }
        },
        { &ei_dropped,
          { "ipmi_extern.frames.dropped", PI_SEQUENCE, PI_WARN,
            "The capture has lost frames before this one", EXPFILL }
        },
    };
    static gint *ett[] = {
        &ett_ipmi_extern,
        &ett_capabilities,
    };
    expert_module_t *expert;
    module_t *module;

    fill_value_strings();

    proto_ipmi_extern = proto_register_protocol("IPMI extern wire format",
                                                "IPMI-EXT", "ipmi_extern");
    proto_register_field_array(proto_ipmi_extern, hf, array_length(hf));
    message_fields = ipmi_message_register(proto_ipmi_extern, "ipmi_extern", 1,
                                           0);
    proto_register_field_array(proto_ipmi_extern, hf_rest,
                               array_length(hf_rest));
    proto_register_subtree_array(ett, array_length(ett));
    expert = expert_register_protocol(proto_ipmi_extern);
    expert_register_field_array(expert, ei, array_length(ei));
    ipmi_message_register_matching(message_fields, expert);

    module = prefs_register_protocol(proto_ipmi_extern, NULL);
    prefs_register_bool_preference(module, "decode_body",
        "Decode bodies",
        "Have Wireshark's own IPMI dissectors decode the bodies of requests "
        "and responses.",
        &decode_body);

    ipmi_extern_transport_register();
    ipmi_match_init();
    ipmi_extern_trans_init();
    ipmi_extern_stats_register();
}

void
proto_reg_handoff_ipmi_extern(void)
{
    ipmi_extern_transport_handoff();
    ipmi_body_handoff();
}
