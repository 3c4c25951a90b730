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

#include <epan/dissectors/packet-tcp.h>
#include <epan/expert.h>
#include <epan/packet.h>
#include <epan/prefs.h>
#include <epan/proto_data.h>
#include <epan/tfs.h>
#include <wsutil/str_util.h>

#include "ipmi-body.h"
#include "ipmi-extern-frame.h"
#include "ipmi-extern-stats.h"
#include "ipmi-names.h"
#include "packet-ipmi-extern.h"

/* No assignment by IANA; the port of OpenIPMI's examples. */
#define IPMI_EXTERN_TCP_PORTS "9002"

/* Bits of tcp.completeness; Wireshark keeps their names to itself. */
#define COMPLETENESS_SYN        0x01
#define COMPLETENESS_SYN_ACK    0x02

/* Keys of p_add_proto_data(). */
#define KEY_UNITS       0   /* file scope: packet_units */
#define KEY_UNIT_COUNT  0   /* packet scope: how many were dissected so far */

int proto_ipmi_extern = -1;

static dissector_handle_t ipmi_extern_tcp_handle;

static ws_bool decode_body = 1;

static int hf_wire = -1;
static int hf_dir = -1;
static int hf_type = -1;
static int hf_link = -1;

static int hf_seq = -1;
static int hf_netfn = -1;
static int hf_netfn_name = -1;
static int hf_lun = -1;
static int hf_cmd = -1;
static int hf_cmd_name = -1;
static int hf_ccode = -1;
static int hf_ccode_name = -1;
static int hf_group = -1;
static int hf_oem = -1;
static int hf_data = -1;
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

static int hf_response_in = -1;
static int hf_response_to = -1;
static int hf_time = -1;
static int hf_retransmission_of = -1;
static int hf_duplicate_of = -1;
static int hf_cutoff_by = -1;

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
static expert_field ei_control_unknown = EI_INIT;
static expert_field ei_control_length = EI_INIT;
static expert_field ei_control_direction = EI_INIT;
static expert_field ei_control_not_announced = EI_INIT;
static expert_field ei_version_unknown = EI_INIT;
static expert_field ei_direction = EI_INIT;
static expert_field ei_ccode_error = EI_INIT;
static expert_field ei_data_length = EI_INIT;
static expert_field ei_data_undecoded = EI_INIT;
static expert_field ei_retransmission = EI_INIT;
static expert_field ei_duplicate = EI_INIT;
static expert_field ei_no_response = EI_INIT;
static expert_field ei_unsolicited = EI_INIT;
static expert_field ei_late = EI_INIT;
static expert_field ei_cutoff = EI_INIT;
static expert_field ei_seq_reused = EI_INIT;

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

static const value_string type_short_vals[] = {
    { UNIT_REQUEST, "Req" },
    { UNIT_RESPONSE, "Rsp" },
    { 0, NULL }
};

/* Taken from ipmi-names.c and ipmi-extern-frame.c when the fields are
 * registered. */
static value_string netfn_vals[64 + 1];
static value_string group_vals[256 + 1];
static value_string control_vals[256 + 1];

static const value_string cutoff_vals[] = {
    { CUTOFF_RESET, "the host was reset" },
    { CUTOFF_POWEROFF, "the host was powered off" },
    { CUTOFF_RECONNECT, "the link was connected anew" },
    { CUTOFF_DISCONNECT, "the connection was closed" },
    { 0, NULL }
};

/* One frame of the wire format, on its way through the functions below. */
typedef struct {
    tvbuff_t   *wire_tvb;
    tvbuff_t   *tvb;            /* unescaped, a data source of its own */
    const guint8 *bytes;        /* the same */
    struct ipmi_extern_frame frame;
    ipmi_extern_link *link;
    ipmi_extern_unit *unit;
    ws_bool     cut;            /* the message goes on in the next frame */
    ws_bool     good;           /* its receiver takes it */
    ipmi_extern_tap_info info;
} dissected_unit;

/* How much of a frame there is to dissect. */
typedef enum {
    SHAPE_REST,             /* of a frame that began before the capture */
    SHAPE_INCOMPLETE,
    SHAPE_EMPTY,
    SHAPE_TOO_SHORT,
    SHAPE_MESSAGE,
    SHAPE_CONTROL
} unit_shape;

/* How long a command took, the way people say it. */
static const char *
time_to_str(wmem_allocator_t *scope, const nstime_t *time)
{
    double ms = nstime_to_msec(time);

    return ms < 1000 ? wmem_strdup_printf(scope, "%.3g ms", ms)
                     : wmem_strdup_printf(scope, "%.1f s", ms / 1000);
}

static void
add_size_experts(packet_info *pinfo, proto_item *item, size_t len)
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

    for (guint i = 0; i < array_length(limits); i++) {
        if (len > limits[i].max) {
            expert_add_info_format(pinfo, item, limits[i].ei,
                "Message of %zu bytes is longer than the %u that %s takes",
                len, limits[i].max, limits[i].who);
        }
    }
}

/* Faults that any frame can have. */
static void
add_frame_experts(packet_info *pinfo, proto_item *item,
                  const dissected_unit *du)
{
    const struct ipmi_extern_frame *frame = &du->frame;

    if (du->unit->resync) {
        expert_add_info(pinfo, item, &ei_resync);
        return;
    }
    if (!frame->terminator) {
        expert_add_info(pinfo, item, &ei_no_terminator);
    } else if (frame->len == 0) {
        expert_add_info(pinfo, item, &ei_empty);
    }

    switch (frame->escape_fault) {
    case IPMI_EXTERN_ESCAPE_GOOD:
        break;
    case IPMI_EXTERN_ESCAPE_AT_END:
        expert_add_info(pinfo, item, &ei_escape_at_end);
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
    if (du->cut) {
        expert_add_info_format(pinfo, item, &ei_escape_missing,
            "%02Xh at wire offset %zu is not escaped: the checksum is right "
            "if it is data and the next frame belongs to this one",
            frame->terminator, frame->wire_len - 1);
    }
}

/* The fields that tell of the other messages of a transaction. */
static void
add_transaction(packet_info *pinfo, proto_tree *tree, proto_item *item,
                const dissected_unit *du)
{
    const ipmi_extern_unit *unit = du->unit;
    const ipmi_extern_transaction *transaction = unit->transaction;
    proto_item *ti = NULL;
    nstime_t time;

    if (unit->seq_reused) {
        expert_add_info_format(pinfo, item, &ei_seq_reused,
            "Sequence number of the request in frame %u, which waits for its "
            "response", unit->original_frame);
    }
    if (unit->unsolicited) {
        expert_add_info(pinfo, item, &ei_unsolicited);
    }
    if (!transaction) {
        return;
    }

    if (du->info.type == UNIT_REQUEST) {
        if (unit->repeats) {
            ti = proto_tree_add_uint(tree, hf_retransmission_of, du->tvb, 0, 0,
                                     unit->original_frame);
            proto_item_set_generated(ti);
            expert_add_info(pinfo, ti, &ei_retransmission);
        }
        if (transaction->response_frame) {
            ti = proto_tree_add_uint(tree, hf_response_in, du->tvb, 0, 0,
                                     transaction->response_frame);
            proto_item_set_generated(ti);
        } else if (PINFO_FD_VISITED(pinfo)) {
            ipmi_extern_cutoff cutoff = ipmi_extern_cutoff_of(
                du->link, pinfo, transaction, du->bytes[0]);

            if (transaction->cutoff_frame) {
                ti = proto_tree_add_uint(tree, hf_cutoff_by, du->tvb, 0, 0,
                                         transaction->cutoff_frame);
                proto_item_set_generated(ti);
            }
            if (cutoff) {
                expert_add_info_format(pinfo, item, &ei_cutoff,
                    "Request never answered: %s",
                    val_to_str_const(cutoff, cutoff_vals, ""));
            } else {
                expert_add_info(pinfo, item, &ei_no_response);
            }
        }
        return;
    }

    if (tree) {
        ti = proto_tree_add_uint(tree, hf_response_to, du->tvb, 0, 0,
                                 transaction->request_frame);
        proto_item_set_generated(ti);
    }
    if (unit->repeats) {
        ti = proto_tree_add_uint(tree, hf_duplicate_of, du->tvb, 0, 0,
                                 unit->original_frame);
        proto_item_set_generated(ti);
        expert_add_info(pinfo, ti, &ei_duplicate);
        return;
    }
    nstime_delta(&time, &pinfo->abs_ts, &transaction->request_time);
    if (tree) {
        ti = proto_tree_add_time(tree, hf_time, du->tvb, 0, 0, &time);
        proto_item_set_generated(ti);
    }
    if (nstime_to_msec(&time) > IPMI_EXTERN_TIMEOUT_MS) {
        expert_add_info(pinfo, ti, &ei_late);
    }
}

/* What the Info column and the tree's first line say of a message. */
static const char *
message_summary(packet_info *pinfo, const dissected_unit *du)
{
    const ipmi_extern_unit *unit = du->unit;
    wmem_strbuf_t *text = wmem_strbuf_new(pinfo->pool, "");
    nstime_t time;

    if (du->frame.sum != 0) {
        wmem_strbuf_append(text, "Bad checksum: ");
    } else if (unit->repeats) {
        wmem_strbuf_append(text, du->info.type == UNIT_REQUEST
                                     ? "Retransmission: " : "Duplicate: ");
    } else if (unit->unsolicited) {
        wmem_strbuf_append(text, "Unsolicited: ");
    }
    wmem_strbuf_append_printf(text, "%s seq 0x%02x %s",
        val_to_str_const(du->info.type, type_short_vals, ""),
        du->bytes[0], du->info.name);

    if (du->info.type == UNIT_RESPONSE) {
        if (du->info.ccode == 0) {
            wmem_strbuf_append(text, " OK");
        } else {
            wmem_strbuf_append_printf(text, ": %s (%02Xh)",
                                      du->info.ccode_name, du->info.ccode);
        }
        if (unit->transaction && !unit->repeats) {
            nstime_delta(&time, &pinfo->abs_ts,
                         &unit->transaction->request_time);
            wmem_strbuf_append_printf(text, ", %s",
                                      time_to_str(pinfo->pool, &time));
        }
    }
    return wmem_strbuf_finalize(text);
}

static const char *
control_summary(packet_info *pinfo, const dissected_unit *du)
{
    const char *text = wmem_strdup_printf(pinfo->pool, "Control %s",
                                          du->info.name);

    if (!ipmi_extern_control_find(du->bytes[0])) {
        return wmem_strdup_printf(pinfo->pool, "Control 0x%02x (unknown)",
                                  du->bytes[0]);
    }
    switch (du->bytes[0]) {
    case IPMI_EXTERN_VERSION:
        return du->frame.len < 2 ? text
            : wmem_strdup_printf(pinfo->pool, "%s %u", text, du->bytes[1]);
    case IPMI_EXTERN_CAPABILITIES:
        return du->frame.len < 2 ? text
            : wmem_strdup_printf(pinfo->pool, "%s 0x%02x", text, du->bytes[1]);
    default:
        return text;
    }
}

/* What the specification says of a body's size. */
static void
add_data_length_expert(packet_info *pinfo, proto_item *item,
                       const struct ipmi_command *command, ws_bool is_response,
                       guint len)
{
    guint min = is_response ? command->rsp_min : command->req_min;
    guint max = is_response ? command->rsp_max : command->req_max;

    if (len < min || len > max) {
        expert_add_info_format(pinfo, item, &ei_data_length,
            "%s %s has %u byte%s of data, the specification gives it %s %u",
            command->name, is_response ? "response" : "request", len,
            plurality(len, "", "s"),
            min == max ? "exactly" : len < min ? "at least" : "at most",
            len < min ? min : max);
    }
}

/* A message is long enough for its kind but its checksum may be wrong. The
 * tree is NULL if nobody looks at it; experts are added all the same. */
static void
dissect_message(packet_info *pinfo, proto_tree *tree, proto_tree *body_tree,
                proto_item *item, dissected_unit *du)
{
    const guint8 *bytes = du->bytes;
    const ipmi_extern_transaction *transaction = du->unit->transaction;
    tvbuff_t *tvb = du->tvb;
    ws_bool is_response = du->info.type == UNIT_RESPONSE;
    guint8 netfn = bytes[1] >> 2, cmd = bytes[2];
    int data_offset = is_response ? 4 : 3;
    int checksum_offset = (int)du->frame.len - 1;
    int data_len = checksum_offset - data_offset;
    guint32 own_body = ipmi_body(netfn, bytes + data_offset, data_len);
    /* Many an error response leaves the identifier out. */
    guint32 body = transaction ? transaction->body : own_body;
    const struct ipmi_command *command = ipmi_command_find(netfn, body, cmd);
    guint8 checksum = ipmi_extern_checksum(&du->frame, bytes[checksum_offset]);
    proto_item *ti, *ccode_item = NULL, *data_item = item;

    du->info.name = ipmi_command_name(command, netfn);
    if (is_response) {
        du->info.ccode = bytes[3];
        du->info.ccode_name = ipmi_ccode_name(command, bytes[3]);
    }

    if (tree) {
        proto_tree_add_item(tree, hf_seq, tvb, 0, 1, ENC_NA);
        proto_tree_add_item(tree, hf_netfn, tvb, 1, 1, ENC_NA);
        ti = proto_tree_add_string(tree, hf_netfn_name, tvb, 1, 1,
                                   ipmi_netfn_name(netfn));
        proto_item_set_generated(ti);
        proto_tree_add_item(tree, hf_lun, tvb, 1, 1, ENC_NA);
        ti = proto_tree_add_item(tree, hf_cmd, tvb, 2, 1, ENC_NA);
        proto_item_append_text(ti, " (%s)", du->info.name);
        ti = proto_tree_add_string(tree, hf_cmd_name, tvb, 2, 1,
                                   du->info.name);
        proto_item_set_generated(ti);
    }
    if (tree && is_response) {
        ccode_item = proto_tree_add_item(tree, hf_ccode, tvb, 3, 1, ENC_NA);
        proto_item_append_text(ccode_item, " (%s)", du->info.ccode_name);
        ti = proto_tree_add_string(tree, hf_ccode_name, tvb, 3, 1,
                                   du->info.ccode_name);
        proto_item_set_generated(ti);
    }
    if (tree && own_body != IPMI_BODY_NONE) {
        if ((netfn & ~1) == IPMI_NETFN_GROUP) {
            proto_tree_add_item(tree, hf_group, tvb, data_offset, 1, ENC_NA);
        } else {
            proto_tree_add_item(tree, hf_oem, tvb, data_offset, 3,
                                ENC_LITTLE_ENDIAN);
        }
    }
    if (tree && data_len > 0) {
        data_item = proto_tree_add_item(tree, hf_data, tvb, data_offset,
                                        data_len, ENC_NA);
    }
    if (tree || du->frame.sum != 0) {
        proto_tree_add_checksum(tree, tvb, checksum_offset, hf_checksum,
            hf_checksum_status, &ei_checksum_bad, pinfo, checksum, ENC_NA,
            PROTO_CHECKSUM_VERIFY);
    }
    if (tree && du->frame.sum != 0) {
        ti = proto_tree_add_uint(tree, hf_checksum_calculated, tvb,
                                 checksum_offset, 1, checksum);
        proto_item_set_generated(ti);
    }

    add_size_experts(pinfo, item, du->frame.len);
    if (!du->good) {
        return;
    }
    if (is_response && du->info.ccode != 0) {
        expert_add_info_format(pinfo, ccode_item, &ei_ccode_error,
            "Completion code %02Xh: %s", du->info.ccode, du->info.ccode_name);
    } else if (command) {
        add_data_length_expert(pinfo, data_item, command, is_response,
                               data_len);
    }
    if ((du->info.direction == HOST_TO_BMC && is_response) ||
        (du->info.direction == BMC_TO_HOST && !is_response)) {
        expert_add_info(pinfo, item, &ei_direction);
    }
    add_transaction(pinfo, tree, item, du);

    if (decode_body && ipmi_body_is_decoded(netfn, body, cmd) &&
        !ipmi_body_dissect(tvb_new_subset_length(tvb, 1, checksum_offset - 1),
                           pinfo, body_tree, du->unit->body_key,
                           du->unit->body_channel)) {
        expert_add_info(pinfo, data_item, &ei_data_undecoded);
    }
}

static void
dissect_control(packet_info *pinfo, proto_tree *tree, dissected_unit *du)
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
        ipmi_extern_control_find(du->bytes[0]);
    int operands = (int)du->frame.len - 1;
    proto_item *ti;

    du->info.name = info ? info->name : "unknown";
    ti = proto_tree_add_item(tree, hf_control, du->tvb, 0, 1, ENC_NA);
    if (!info) {
        if (operands > 0) {
            proto_tree_add_item(tree, hf_data, du->tvb, 1, operands, ENC_NA);
        }
        expert_add_info(pinfo, ti, &ei_control_unknown);
        return;
    }
    if (operands != info->operands) {
        expert_add_info_format(pinfo, ti, &ei_control_length,
            "%s has %d operand byte%s instead of %u", info->name, operands,
            plurality(operands, "", "s"), info->operands);
    }
    if ((du->info.direction == HOST_TO_BMC &&
         !(info->senders & IPMI_EXTERN_FROM_HOST)) ||
        (du->info.direction == BMC_TO_HOST &&
         !(info->senders & IPMI_EXTERN_FROM_BMC))) {
        expert_add_info_format(pinfo, ti, &ei_control_direction,
            "The %s never sends %s",
            du->info.direction == HOST_TO_BMC ? "host" : "BMC", info->name);
    }
    if (du->unit->not_announced) {
        expert_add_info_format(pinfo, ti, &ei_control_not_announced,
            "%s needs a capability that the host has not announced",
            info->name);
    }

    if (operands > 0 && info->code == IPMI_EXTERN_VERSION) {
        ti = proto_tree_add_item(tree, hf_version, du->tvb, 1, 1, ENC_NA);
        if (du->bytes[1] != IPMI_EXTERN_VERSION_1) {
            expert_add_info(pinfo, ti, &ei_version_unknown);
        }
    } else if (operands > 0 && info->code == IPMI_EXTERN_CAPABILITIES) {
        proto_tree_add_bitmask(tree, du->tvb, 1, hf_capabilities,
                               ett_capabilities, capabilities, ENC_NA);
    }
    if (operands > info->operands) {
        proto_tree_add_item(tree, hf_data, du->tvb, 1 + info->operands,
                            operands - info->operands, ENC_NA);
    }
}

/* Who must have sent a good frame: enum ipmi_extern_sender, or'ed. */
static guint
senders_of(const dissected_unit *du)
{
    if (du->info.type == UNIT_CONTROL) {
        return ipmi_extern_control_find(du->bytes[0])->senders;
    }
    return du->info.type == UNIT_RESPONSE ? IPMI_EXTERN_FROM_BMC
                                          : IPMI_EXTERN_FROM_HOST;
}

/* Which way a packet of a connection goes is not in it: the first frame that
 * only one side sends tells who is who. */
static void
learn_host(packet_info *pinfo, const dissected_unit *du)
{
    ipmi_extern_link *link = du->link;
    guint senders = du->good ? senders_of(du) : 0;

    if (senders == IPMI_EXTERN_FROM_HOST) {
        copy_address_wmem(wmem_file_scope(), &link->host_address, &pinfo->src);
        link->host_port = pinfo->srcport;
        link->host_known = 1;
    } else if (senders == IPMI_EXTERN_FROM_BMC) {
        copy_address_wmem(wmem_file_scope(), &link->host_address, &pinfo->dst);
        link->host_port = pinfo->destport;
        link->host_known = 1;
    }
}

static ipmi_extern_direction
connection_direction(packet_info *pinfo, const dissected_unit *du)
{
    const ipmi_extern_link *link = du->link;
    guint32 server_port = 0;

    if (link->host_known) {
        return pinfo->srcport == link->host_port &&
               addresses_equal(&pinfo->src, &link->host_address)
                   ? HOST_TO_BMC : BMC_TO_HOST;
    }
    /* The end that listens passes for the BMC, as that of ipmi_sim does. */
    if (link->over_tcp) {
        server_port = get_tcp_conversation_data(NULL, pinfo)->server_port;
    }
    if (!server_port) {
        server_port = pinfo->match_uint;
    }
    return pinfo->srcport == server_port ? BMC_TO_HOST : HOST_TO_BMC;
}

static ipmi_extern_direction
unit_direction(packet_info *pinfo, const dissected_unit *du)
{
    if (pinfo->p2p_dir == P2P_DIR_SENT) {
        return HOST_TO_BMC;
    }
    if (pinfo->p2p_dir == P2P_DIR_RECV) {
        return BMC_TO_HOST;
    }
    if (pinfo->net_src.type != AT_NONE) {
        if (!du->link->host_known && !PINFO_FD_VISITED(pinfo)) {
            learn_host(pinfo, du);
        }
        return connection_direction(pinfo, du);
    }
    switch (du->good ? senders_of(du) : 0) {
    case IPMI_EXTERN_FROM_HOST:
        return HOST_TO_BMC;
    case IPMI_EXTERN_FROM_BMC:
        return BMC_TO_HOST;
    default:
        return DIRECTION_UNKNOWN;
    }
}

/* Whether a bad frame is bad because the capture has only its end. */
static ws_bool
is_cut_by_start(packet_info *pinfo, const dissected_unit *du, ws_bool *in_step)
{
    return du->link->over_tcp && !du->good && !*in_step &&
           !(get_tcp_conversation_data(NULL, pinfo)->conversation_completeness &
             (COMPLETENESS_SYN | COMPLETENESS_SYN_ACK));
}

/* What the first pass has to find out. */
static void
track_unit(packet_info *pinfo, dissected_unit *du)
{
    ws_bool *in_step = &du->link->in_step[pinfo->srcport > pinfo->destport];

    du->unit->resync = is_cut_by_start(pinfo, du, in_step);
    *in_step = 1;

    if (!du->good) {
        return;
    }
    if (du->info.type == UNIT_CONTROL) {
        ipmi_extern_track_control(du->link, pinfo, du->unit, du->bytes,
                                  du->frame.len,
                                  du->info.direction);
    } else {
        ipmi_extern_track_message(du->link, pinfo, du->unit, du->bytes,
                                  du->frame.len);
    }
}

static ws_bool
control_good(const dissected_unit *du)
{
    const struct ipmi_extern_control_info *info;

    if (du->frame.len == 0) {
        return 0;
    }
    info = ipmi_extern_control_find(du->bytes[0]);
    return info && du->frame.len == 1 + (size_t)info->operands;
}

/* Decodes the first frame of len bytes of wire, and says what it is. */
static void
decode_unit(packet_info *pinfo, const guint8 *wire, size_t len,
            size_t frame_len, dissected_unit *du)
{
    guint8 *bytes = (guint8 *)wmem_alloc(pinfo->pool, frame_len);

    ipmi_extern_frame_decode(wire, frame_len, bytes, &du->frame);
    du->bytes = bytes;

    if (du->frame.terminator == IPMI_EXTERN_CMD_END) {
        du->info.type = UNIT_CONTROL;
        du->good = control_good(du);
    } else {
        du->info.type = du->frame.len > 1 && ipmi_extern_is_response(bytes)
                            ? UNIT_RESPONSE : UNIT_REQUEST;
        du->good = ipmi_extern_message_good(&du->frame, bytes);
    }
    du->cut = !du->good && ipmi_extern_message_cut(wire, len);
}

/* What the first pass has found out about one packet. Nearly all packets have
 * one frame; but a segment may have thousands, so that each is found by its
 * index. */
typedef struct {
    ipmi_extern_unit first;
    wmem_array_t    *others;    /* of ipmi_extern_unit pointers, or NULL */
} packet_units;

static ipmi_extern_unit *
unit_get(packet_info *pinfo, guint32 index)
{
    packet_units *units = (packet_units *)p_get_proto_data(
        wmem_file_scope(), pinfo, proto_ipmi_extern, KEY_UNITS);

    if (index == 0) {
        return units ? &units->first : NULL;
    }
    if (!units || !units->others ||
        index > wmem_array_get_count(units->others)) {
        return NULL;
    }
    return *(ipmi_extern_unit **)wmem_array_index(units->others, index - 1);
}

/* Indices come one after the other. */
static ipmi_extern_unit *
unit_new(packet_info *pinfo, guint32 index)
{
    packet_units *units;
    ipmi_extern_unit *unit;

    if (index == 0) {
        units = wmem_new0(wmem_file_scope(), packet_units);
        p_add_proto_data(wmem_file_scope(), pinfo, proto_ipmi_extern,
                         KEY_UNITS, units);
        return &units->first;
    }

    units = (packet_units *)p_get_proto_data(
        wmem_file_scope(), pinfo, proto_ipmi_extern, KEY_UNITS);
    if (!units->others) {
        units->others = wmem_array_new(wmem_file_scope(),
                                       sizeof(ipmi_extern_unit *));
    }
    unit = wmem_new0(wmem_file_scope(), ipmi_extern_unit);
    wmem_array_append_one(units->others, unit);
    return unit;
}

static unit_shape
shape_of(const dissected_unit *du)
{
    if (du->unit->resync) {
        return SHAPE_REST;
    }
    if (!du->frame.terminator) {
        return SHAPE_INCOMPLETE;
    }
    if (du->frame.len == 0) {
        return SHAPE_EMPTY;
    }
    if (du->info.type == UNIT_CONTROL) {
        return SHAPE_CONTROL;
    }
    return du->frame.len < (du->info.type == UNIT_RESPONSE
                                ? IPMI_EXTERN_MIN_RESPONSE
                                : IPMI_EXTERN_MIN_REQUEST)
               ? SHAPE_TOO_SHORT : SHAPE_MESSAGE;
}

/* What the Info column and the tree's first line say. */
static const char *
unit_summary(packet_info *pinfo, const dissected_unit *du, unit_shape shape)
{
    switch (shape) {
    case SHAPE_REST:
        return "Rest of a frame that began before the capture";
    case SHAPE_INCOMPLETE:
        return "Frame without terminator";
    case SHAPE_EMPTY:
        return "Empty frame";
    case SHAPE_TOO_SHORT:
        return "Message too short";
    case SHAPE_CONTROL:
        return control_summary(pinfo, du);
    case SHAPE_MESSAGE:
        break;
    }
    return message_summary(pinfo, du);
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
             const dissected_unit *du, unit_shape shape, guint32 index)
{
    ws_bool in_tree = tree && PTREE_DATA(tree)->visible;
    const char *summary;

    if (!in_tree && !col_get_writable(pinfo->cinfo, COL_INFO)) {
        return;
    }
    summary = unit_summary(pinfo, du, shape);
    if (index > 0) {
        col_append_str(pinfo->cinfo, COL_INFO, "; ");
    }
    col_append_str(pinfo->cinfo, COL_INFO, summary);
    if (in_tree) {
        proto_item_append_text(item, ", %s%s%s",
            du->info.direction == DIRECTION_UNKNOWN ? ""
                : val_to_str_const(du->info.direction, direction_vals, ""),
            du->info.direction == DIRECTION_UNKNOWN ? "" : ", ", summary);
    }
}

/* Dissects the frame that takes frame_len bytes of tvb from offset on; index
 * is the frame's in its packet. */
static void
dissect_unit(tvbuff_t *tvb, int offset, int frame_len, packet_info *pinfo,
             proto_tree *tree, ipmi_extern_link *link, guint32 index)
{
    int len = tvb_captured_length_remaining(tvb, offset);
    dissected_unit du = { 0 };
    unit_shape shape;
    proto_tree *body_tree = tree, *unit_tree = NULL;
    proto_item *item = NULL, *ti;

    du.wire_tvb = tvb_new_subset_length(tvb, offset, frame_len);
    du.link = link;
    decode_unit(pinfo, tvb_get_ptr(tvb, offset, len), len, frame_len, &du);
    du.info.direction = unit_direction(pinfo, &du);
    du.unit = unit_get(pinfo, index);
    if (!du.unit) {
        du.unit = unit_new(pinfo, index);
        track_unit(pinfo, &du);
    }
    du.tvb = tvb_new_child_real_data(tvb, du.bytes, (guint)du.frame.len,
                                     (gint)du.frame.len);
    add_new_data_source(pinfo, du.tvb, "IPMI extern frame");
    shape = shape_of(&du);

    if (is_wanted(tree)) {
        item = proto_tree_add_item(tree, proto_ipmi_extern, du.wire_tvb, 0, -1,
                                   ENC_NA);
        unit_tree = proto_item_add_subtree(item, ett_ipmi_extern);
        body_tree = unit_tree;

        proto_tree_add_item(unit_tree, hf_wire, du.wire_tvb, 0, -1, ENC_NA);
        ti = proto_tree_add_uint(unit_tree, hf_link, du.wire_tvb, 0, 0,
                                 link->number);
        proto_item_set_generated(ti);
        if (du.info.direction != DIRECTION_UNKNOWN) {
            ti = proto_tree_add_uint(unit_tree, hf_dir, du.wire_tvb, 0, 0,
                                     du.info.direction);
            proto_item_set_generated(ti);
        }
    }
    add_frame_experts(pinfo, item, &du);

    if (unit_tree && (shape == SHAPE_MESSAGE || shape == SHAPE_CONTROL)) {
        ti = proto_tree_add_uint(unit_tree, hf_type, du.tvb, 0, 0,
                                 du.info.type);
        proto_item_set_generated(ti);
    }
    switch (shape) {
    case SHAPE_MESSAGE:
        dissect_message(pinfo, unit_tree, body_tree, item, &du);
        break;
    case SHAPE_CONTROL:
        dissect_control(pinfo, unit_tree, &du);
        break;
    case SHAPE_TOO_SHORT:
        expert_add_info_format(pinfo, item, &ei_too_short,
            "Message of %zu byte%s; a request has at least %u, a response %u",
            du.frame.len, plurality(du.frame.len, "", "s"),
            IPMI_EXTERN_MIN_REQUEST,
            IPMI_EXTERN_MIN_RESPONSE);
        /* fall through */
    default:
        if (du.frame.len > 0) {
            proto_tree_add_item(unit_tree, hf_data, du.tvb, 0, -1, ENC_NA);
        }
        break;
    }
    show_summary(pinfo, unit_tree, item, &du, shape, index);

    du.info.link = link;
    du.info.unit = du.unit;
    du.info.wire_len = frame_len;
    du.info.tvb = du.tvb;
    if (!du.good) {
        du.info.type = UNIT_BROKEN;
    }
    ipmi_extern_stats_frame(pinfo, du.wire_tvb, &du.info);
}

/* Dissects all frames of a packet.
 *
 * more: ask TCP for the rest of a frame that has no terminator. */
static int
dissect_units(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
              ipmi_extern_link *link, guint32 *index, ws_bool more)
{
    int offset = 0, len = tvb_captured_length(tvb);

    col_set_str(pinfo->cinfo, COL_PROTOCOL, "IPMI-EXT");
    col_clear(pinfo->cinfo, COL_INFO);

    while (offset < len) {
        int frame_len = (int)ipmi_extern_frame_length(
            tvb_get_ptr(tvb, offset, len - offset), len - offset);

        if (!frame_len) {
            /* Nobody takes frames without end, so neither do we wait for
             * one's end. */
            if (more && len - offset < IPMI_EXTERN_MAX_WIRE) {
                pinfo->desegment_offset = offset;
                pinfo->desegment_len = DESEGMENT_ONE_MORE_SEGMENT;
                break;
            }
            frame_len = len - offset;
        }
        dissect_unit(tvb, offset, frame_len, pinfo, tree, link, (*index)++);
        offset += frame_len;
    }
    return len;
}

/* LINKTYPE_WIRESHARK_UPPER_PDU: whole frames, and the direction with them. */
static int
dissect_ipmi_extern(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                    void *data _U_)
{
    static const char host[] = "Host", bmc[] = "BMC";
    guint32 index = 0;

    if (pinfo->src.type == AT_NONE && pinfo->p2p_dir == P2P_DIR_SENT) {
        set_address(&pinfo->src, AT_STRINGZ, sizeof host, host);
        set_address(&pinfo->dst, AT_STRINGZ, sizeof bmc, bmc);
    } else if (pinfo->src.type == AT_NONE && pinfo->p2p_dir == P2P_DIR_RECV) {
        set_address(&pinfo->src, AT_STRINGZ, sizeof bmc, bmc);
        set_address(&pinfo->dst, AT_STRINGZ, sizeof host, host);
    }
    return dissect_units(tvb, pinfo, tree, ipmi_extern_link_get(pinfo, 0),
                         &index, 0);
}

static int
dissect_ipmi_extern_tcp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                        void *data _U_)
{
    ipmi_extern_link *link = ipmi_extern_link_get(pinfo, 1);
    guint32 *count;
    int consumed;

    /* TCP calls twice for a segment that ends one message and has more. */
    count = (guint32 *)p_get_proto_data(pinfo->pool, pinfo, proto_ipmi_extern,
                                        KEY_UNIT_COUNT);
    if (!count) {
        count = wmem_new0(pinfo->pool, guint32);
        p_add_proto_data(pinfo->pool, pinfo, proto_ipmi_extern, KEY_UNIT_COUNT,
                         count);
    }
    consumed = dissect_units(tvb, pinfo, tree, link, count,
                             pinfo->can_desegment > 0);
    col_set_fence(pinfo->cinfo, COL_INFO);
    return consumed;
}

/* Whether the specification knows a message's command and gives it a body of
 * this size. */
static ws_bool
is_known_command(const dissected_unit *du)
{
    ws_bool is_response = du->info.type == UNIT_RESPONSE;
    const guint8 *data = du->bytes + (is_response ? 4 : 3);
    size_t data_len = du->frame.len - (is_response ? 5 : 4);
    guint8 netfn = du->bytes[1] >> 2;
    const struct ipmi_command *command = ipmi_command_find(
        netfn, ipmi_body(netfn, data, data_len), du->bytes[2]);

    if (!command) {
        return 0;
    }
    if (is_response) {
        return du->bytes[3] != 0 ||
               (data_len >= command->rsp_min && data_len <= command->rsp_max);
    }
    return data_len >= command->req_min && data_len <= command->req_max;
}

/* Whether a segment has nothing but good frames, among them what other
 * protocols are not going to have: the greeting that opens every connection,
 * or a command that the specification knows with a body of the right size. */
static ws_bool
looks_like_ipmi_extern(packet_info *pinfo, const guint8 *wire, size_t len,
                       ws_bool *greeting)
{
    static const guint8 version[] = {
        IPMI_EXTERN_VERSION, IPMI_EXTERN_VERSION_1, IPMI_EXTERN_CMD_END
    };
    ws_bool found = 0;

    *greeting = len >= sizeof version &&
                memcmp(wire, version, sizeof version) == 0;

    for (size_t offset = 0; offset < len;) {
        dissected_unit du = { 0 };
        size_t frame_len =
            ipmi_extern_frame_length(wire + offset, len - offset);

        if (!frame_len) {
            return 0;
        }
        decode_unit(pinfo, wire + offset, len - offset, frame_len, &du);
        offset += frame_len;
        if (!du.good || du.frame.escape_fault != IPMI_EXTERN_ESCAPE_GOOD) {
            return 0;
        }
        if (du.info.type != UNIT_CONTROL) {
            if (!is_known_command(&du)) {
                return 0;
            }
            found = 1;
        }
    }
    return found || *greeting;
}

static ws_bool
dissect_ipmi_extern_heur(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                         void *data)
{
    int len = tvb_captured_length(tvb);
    conversation_t *conversation;
    ws_bool greeting;

    if (len < 3 || len != (int)tvb_reported_length(tvb) ||
        !looks_like_ipmi_extern(pinfo, tvb_get_ptr(tvb, 0, len), len,
                                &greeting)) {
        return 0;
    }

    /* A command alone may be chance; two in a row on one connection are
     * not. */
    conversation = find_or_create_conversation(pinfo);
    if (!greeting &&
        !conversation_get_proto_data(conversation, proto_ipmi_extern)) {
        conversation_add_proto_data(conversation, proto_ipmi_extern,
                                    GUINT_TO_POINTER(pinfo->num));
        return 0;
    }

    conversation_set_dissector(conversation, ipmi_extern_tcp_handle);
    dissect_ipmi_extern_tcp(tvb, pinfo, tree, data);
    return 1;
}

static void
fill_value_strings(void)
{
    guint groups = 0, controls = 0;

    for (guint netfn = 0; netfn < 64; netfn++) {
        netfn_vals[netfn].value = netfn;
        netfn_vals[netfn].strptr = wmem_strdup_printf(
            wmem_epan_scope(), "%s%s", ipmi_netfn_name((guint8)netfn),
            netfn & 1 ? " response" : "");
    }
    for (guint code = 0; code < 256; code++) {
        const char *group = ipmi_group_name((guint8)code);
        const struct ipmi_extern_control_info *control =
            ipmi_extern_control_find((guint8)code);

        if (group) {
            group_vals[groups].value = code;
            group_vals[groups].strptr = group;
            groups++;
        }
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
            "The frame as it was on the wire, escapes and terminator included", HFILL }
        },
        { &hf_link,
          { "Link", "ipmi_extern.link",
            FT_UINT32, BASE_DEC, NULL, 0x0,
            "Number of the link in this file, counted from 0", HFILL }
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
        { &hf_seq,
          { "Sequence number", "ipmi_extern.seq",
            FT_UINT8, BASE_HEX, NULL, 0x0,
            "Chosen by the host, repeated in the response", HFILL }
        },
        { &hf_netfn,
          { "Network function", "ipmi_extern.netfn",
            FT_UINT8, BASE_HEX, VALS(netfn_vals), 0xfc,
            NULL, HFILL }
        },
        { &hf_netfn_name,
          { "Network function name", "ipmi_extern.netfn.name",
            FT_STRING, BASE_NONE, NULL, 0x0,
            NULL, HFILL }
        },
        { &hf_lun,
          { "LUN", "ipmi_extern.lun",
            FT_UINT8, BASE_DEC, NULL, 0x03,
            "Logical unit number of the responder", HFILL }
        },
        { &hf_cmd,
          { "Command", "ipmi_extern.cmd",
            FT_UINT8, BASE_HEX, NULL, 0x0,
            NULL, HFILL }
        },
        { &hf_cmd_name,
          { "Command name", "ipmi_extern.cmd.name",
            FT_STRING, BASE_NONE, NULL, 0x0,
            NULL, HFILL }
        },
        { &hf_ccode,
          { "Completion code", "ipmi_extern.ccode",
            FT_UINT8, BASE_HEX, NULL, 0x0,
            NULL, HFILL }
        },
        { &hf_ccode_name,
          { "Completion code name", "ipmi_extern.ccode.name",
            FT_STRING, BASE_NONE, NULL, 0x0,
            NULL, HFILL }
        },
        { &hf_group,
          { "Defining body", "ipmi_extern.group",
            FT_UINT8, BASE_HEX, VALS(group_vals), 0x0,
            "Of a group extension command", HFILL }
        },
        { &hf_oem,
          { "OEM", "ipmi_extern.oem",
            FT_UINT24, BASE_DEC, NULL, 0x0,
            "IANA enterprise number of who defined the command", HFILL }
        },
        { &hf_data,
          { "Data", "ipmi_extern.data",
            FT_BYTES, BASE_NONE, NULL, 0x0,
            "What follows the command or the completion code", HFILL }
        },
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
            "POWEROFF", HFILL }
        },
        { &hf_capabilities_reset,
          { "Reset", "ipmi_extern.capabilities.reset",
            FT_BOOLEAN, 8, TFS(&tfs_yes_no), IPMI_EXTERN_CAP_RESET,
            "RESET", HFILL }
        },
        { &hf_capabilities_irq,
          { "Interrupt enable", "ipmi_extern.capabilities.irq",
            FT_BOOLEAN, 8, TFS(&tfs_yes_no), IPMI_EXTERN_CAP_IRQ,
            "ENABLE_IRQ and DISABLE_IRQ", HFILL }
        },
        { &hf_capabilities_nmi,
          { "NMI", "ipmi_extern.capabilities.nmi",
            FT_BOOLEAN, 8, TFS(&tfs_yes_no), IPMI_EXTERN_CAP_NMI,
            "SEND_NMI", HFILL }
        },
        { &hf_capabilities_attn,
          { "Attention", "ipmi_extern.capabilities.attn",
            FT_BOOLEAN, 8, TFS(&tfs_yes_no), IPMI_EXTERN_CAP_ATTN,
            "ATTN, ATTN_IRQ and NOATTN", HFILL }
        },
        { &hf_capabilities_graceful_shutdown,
          { "Graceful shutdown", "ipmi_extern.capabilities.graceful_shutdown",
            FT_BOOLEAN, 8, TFS(&tfs_yes_no), IPMI_EXTERN_CAP_GRACEFUL_SHUTDOWN,
            "GRACEFUL_SHUTDOWN", HFILL }
        },
        { &hf_capabilities_enable,
          { "Interface enable", "ipmi_extern.capabilities.enable",
            FT_BOOLEAN, 8, TFS(&tfs_yes_no), IPMI_EXTERN_CAP_ENABLE,
            "ENABLE and DISABLE", HFILL }
        },
        { &hf_response_in,
          { "Response in", "ipmi_extern.response_in",
            FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0x0,
            NULL, HFILL }
        },
        { &hf_response_to,
          { "Response to", "ipmi_extern.response_to",
            FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0x0,
            NULL, HFILL }
        },
        { &hf_time,
          { "Time", "ipmi_extern.time",
            FT_RELATIVE_TIME, BASE_NONE, NULL, 0x0,
            "From the request to this response", HFILL }
        },
        { &hf_retransmission_of,
          { "Retransmission of", "ipmi_extern.retransmission_of",
            FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RETRANS_PREV), 0x0,
            "The request that this one repeats", HFILL }
        },
        { &hf_duplicate_of,
          { "Duplicate of", "ipmi_extern.duplicate_of",
            FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_NONE), 0x0,
            "The response that this one repeats", HFILL }
        },
        { &hf_cutoff_by,
          { "Cut off by", "ipmi_extern.cutoff_by",
            FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_NONE), 0x0,
            "The control command after which no response came", HFILL }
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
            "Escape with nothing after it: the receiver drops the frame", EXPFILL }
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
            "The capture begins in the middle of a frame; resynchronised at its terminator", EXPFILL }
        },
        { &ei_no_terminator,
          { "ipmi_extern.no_terminator", PI_MALFORMED, PI_WARN,
            "Frame without terminator", EXPFILL }
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
            "Control command that the host has not announced a capability for", EXPFILL }
        },
        { &ei_version_unknown,
          { "ipmi_extern.version.unknown", PI_PROTOCOL, PI_WARN,
            "Unknown protocol version", EXPFILL }
        },
        { &ei_direction,
          { "ipmi_extern.direction", PI_PROTOCOL, PI_WARN,
            "Request from the BMC, or response from the host", EXPFILL }
        },
        { &ei_ccode_error,
          { "ipmi_extern.ccode.error", PI_RESPONSE_CODE, PI_NOTE,
            "Completion code is not 00h", EXPFILL }
        },
        { &ei_data_length,
          { "ipmi_extern.data.length", PI_PROTOCOL, PI_WARN,
            "Body of a size that the specification does not give the command", EXPFILL }
        },
        { &ei_data_undecoded,
          { "ipmi_extern.data.undecoded", PI_UNDECODED, PI_NOTE,
            "Wireshark's IPMI dissectors expect more data", EXPFILL }
        },
        { &ei_retransmission,
          { "ipmi_extern.retransmission", PI_SEQUENCE, PI_NOTE,
            "Request retransmitted before its response came", EXPFILL }
        },
        { &ei_duplicate,
          { "ipmi_extern.duplicate", PI_SEQUENCE, PI_WARN,
            "Another response to a request that was answered", EXPFILL }
        },
        { &ei_no_response,
          { "ipmi_extern.no_response", PI_SEQUENCE, PI_WARN,
            "Request never answered", EXPFILL }
        },
        { &ei_unsolicited,
          { "ipmi_extern.unsolicited", PI_SEQUENCE, PI_WARN,
            "Response that no request asked for", EXPFILL }
        },
        { &ei_late,
          { "ipmi_extern.late", PI_SEQUENCE, PI_WARN,
            "Response after more than 4 s: QEMU has answered the host itself by then", EXPFILL }
        },
        { &ei_cutoff,
          { "ipmi_extern.cutoff", PI_SEQUENCE, PI_WARN,
            "Request cut off by a reset, power off, reconnect or disconnect", EXPFILL }
        },
        { &ei_seq_reused,
          { "ipmi_extern.seq_reused", PI_SEQUENCE, PI_WARN,
            "Sequence number of a request that waits for its response", EXPFILL }
        },
    };
    static gint *ett[] = {
        &ett_ipmi_extern,
        &ett_capabilities,
    };
    module_t *module;

    fill_value_strings();

    proto_ipmi_extern = proto_register_protocol("IPMI extern wire format",
                                                "IPMI-EXT", "ipmi_extern");
    proto_register_field_array(proto_ipmi_extern, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
    expert_register_field_array(expert_register_protocol(proto_ipmi_extern),
                                ei, array_length(ei));

    module = prefs_register_protocol(proto_ipmi_extern, NULL);
    prefs_register_bool_preference(module, "decode_body",
        "Decode bodies",
        "Have Wireshark's own IPMI dissectors decode the bodies of requests "
        "and responses.",
        &decode_body);

    register_dissector("ipmi_extern", dissect_ipmi_extern, proto_ipmi_extern);
    ipmi_extern_tcp_handle = create_dissector_handle(dissect_ipmi_extern_tcp,
                                                     proto_ipmi_extern);
    ipmi_extern_trans_init();
    ipmi_extern_stats_register();
}

void
proto_reg_handoff_ipmi_extern(void)
{
    /* As a range, so that the user can move it, add to it or clear it. */
    dissector_add_uint_range_with_preference("tcp.port", IPMI_EXTERN_TCP_PORTS,
                                             ipmi_extern_tcp_handle);
    heur_dissector_add("tcp", dissect_ipmi_extern_heur, "IPMI extern over TCP",
                       "ipmi_extern_tcp", proto_ipmi_extern, HEURISTIC_ENABLE);
    ipmi_body_handoff();
}
