/* ipmi-extern-stats.c
 * What Wireshark's Statistics, Analyze and Export menus offer for the IPMI
 * extern wire format: service response times, a stats tree, conversations,
 * Follow and Export PDUs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <epan/epan_dissect.h>
#include <epan/exported_pdu.h>
#include <epan/follow.h>
#include <epan/packet.h>
#include <epan/srt_table.h>
#include <epan/stats_tree.h>
#include <epan/tap.h>
#include <epan/to_str.h>

#include "ipmi-extern-stats.h"
#include "ipmi-point.h"
#include "ipmi-stats.h"
#include "packet-ipmi-extern.h"

static int frame_tap = -1;
static int follow_tap = -1;
static int export_tap = -1;

static ws_bool
is_first_response(const ipmi_extern_decoded *info)
{
    return info->good && info->type == UNIT_RESPONSE &&
           info->unit->match.transaction && !info->unit->match.repeats;
}

static tap_packet_status
srt_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt _U_,
           const void *data, tap_flags_t flags _U_)
{
    const ipmi_extern_decoded *info = (const ipmi_extern_decoded *)data;

    if (!is_first_response(info)) {
        return TAP_PACKET_DONT_REDRAW;
    }
    ipmi_stats_srt_add((srt_data_t *)tapdata, pinfo, info->message.name,
                       info->link->point, info->unit->match.transaction);
    return TAP_PACKET_REDRAW;
}

/* The stats tree. */

#ifdef STATS_TREE_MENU_SEPARATOR
#define STATS_TREE_NAME "IPMI" STATS_TREE_MENU_SEPARATOR "Extern wire format"
#else
#define STATS_TREE_NAME "IPMI/Extern wire format"
#endif

static const char st_requests[] = "Requests";
static const char st_answered[] = "Answered";
static const char st_unanswered[] = "Not answered";
static const char st_commands[] = "Commands";
static const char st_ccodes[] = "Completion codes";
static const char st_controls[] = "Control commands";
static const char st_errors[] = "Errors";

static int node_requests, node_commands, node_ccodes, node_controls;
static int node_errors;

static void
tree_init(stats_tree *st)
{
    node_requests = stats_tree_create_node(st, st_requests, 0, STAT_DT_INT, 1);
    node_commands = stats_tree_create_pivot(st, st_commands, 0);
    node_ccodes = stats_tree_create_pivot(st, st_ccodes, 0);
    node_controls = stats_tree_create_pivot(st, st_controls, 0);
    node_errors = stats_tree_create_node(st, st_errors, 0, STAT_DT_INT, 1);
}

static void
tree_error(stats_tree *st, const char *name)
{
    tick_stat_node(st, st_errors, 0, 1);
    tick_stat_node(st, name, node_errors, 0);
}

static void
tree_request(stats_tree *st, const ipmi_extern_decoded *info)
{
    if (info->unit->match.repeats) {
        tree_error(st, "Retransmissions");
        return;
    }
    if (info->unit->match.seq_reused) {
        tree_error(st, "Sequence numbers reused");
    }
    tick_stat_node(st, st_requests, 0, 1);
    tick_stat_node(st, st_unanswered, node_requests, 0);
    stats_tree_tick_pivot(st, node_commands, info->message.name);
}

static void
tree_response(stats_tree *st, packet_info *pinfo,
              const ipmi_extern_decoded *info)
{
    nstime_t time;

    stats_tree_tick_pivot(st, node_ccodes, info->message.ccode_name);
    if (info->unit->match.repeats) {
        tree_error(st, "Duplicate responses");
    } else if (!info->unit->match.transaction) {
        tree_error(st, "Unsolicited responses");
    } else {
        tick_stat_node(st, st_answered, node_requests, 0);
        increase_stat_node(st, st_unanswered, node_requests, 0, -1);
        nstime_delta(&time, &pinfo->abs_ts,
                     &info->unit->match.transaction->request_time);
        if (nstime_to_msec(&time) > IPMI_TIMEOUT_MS) {
            tree_error(st, "Responses after more than 4 s");
        }
    }
}

static tap_packet_status
tree_packet(stats_tree *st, packet_info *pinfo, epan_dissect_t *edt _U_,
            const void *data, tap_flags_t flags _U_)
{
    const ipmi_extern_decoded *info = (const ipmi_extern_decoded *)data;

    if (info->truncated && !ipmi_extern_has_header(info)) {
        tree_error(st, "Frames that the capture has too little of");
        return TAP_PACKET_REDRAW;
    }
    if (!info->good) {
        tree_error(st, "Frames that the receiver drops");
        return TAP_PACKET_REDRAW;
    }
    switch (info->type) {
    case UNIT_REQUEST:
        tree_request(st, info);
        break;
    case UNIT_RESPONSE:
        tree_response(st, pinfo, info);
        break;
    case UNIT_CONTROL:
        stats_tree_tick_pivot(st, node_controls, info->control);
        if (info->unit->not_announced) {
            tree_error(st, "Control commands not announced");
        }
        break;
    }
    return TAP_PACKET_REDRAW;
}

/* Conversations and endpoints. */

static const char *
end_name(packet_info *pinfo, const char *role, const address *end, guint port)
{
    if (pinfo->net_src.type != AT_NONE) {
        return wmem_strdup_printf(pinfo->pool, "%s %s:%u", role,
                                  address_to_str(pinfo->pool, end), port);
    }
    return wmem_strdup_printf(pinfo->pool, "%s %s", role,
                              ipmi_point_get(pinfo)->label);
}

/* Who the ends are, and of which link: "Host 127.0.0.1:40000", "BMC kcs0".
 * Returns whether it is known which end is which. */
static ws_bool
set_ends(packet_info *pinfo, const ipmi_extern_decoded *info,
         ipmi_stats_ends *ends)
{
    if (info->direction == DIRECTION_UNKNOWN) {
        return 0;
    }
    if (info->direction == HOST_TO_BMC) {
        ends->host = end_name(pinfo, "Host", &pinfo->src, pinfo->srcport);
        ends->bmc = end_name(pinfo, "BMC", &pinfo->dst, pinfo->destport);
    } else {
        ends->host = end_name(pinfo, "Host", &pinfo->dst, pinfo->destport);
        ends->bmc = end_name(pinfo, "BMC", &pinfo->src, pinfo->srcport);
    }
    ends->number = info->link->number;
    return 1;
}

static tap_packet_status
conversation_packet(void *tapdata, packet_info *pinfo,
                    epan_dissect_t *edt _U_, const void *data,
                    tap_flags_t flags)
{
    conv_hash_t *hash = (conv_hash_t *)tapdata;
    const ipmi_extern_decoded *info = (const ipmi_extern_decoded *)data;
    ipmi_stats_ends ends;

    hash->flags = flags;
    if (!set_ends(pinfo, info, &ends)) {
        return TAP_PACKET_DONT_REDRAW;
    }
    ipmi_stats_conversation(hash, pinfo, &ends,
                            info->direction == HOST_TO_BMC, 1,
                            info->wire_len);
    return TAP_PACKET_REDRAW;
}

static tap_packet_status
endpoint_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt _U_,
                const void *data, tap_flags_t flags)
{
    conv_hash_t *hash = (conv_hash_t *)tapdata;
    const ipmi_extern_decoded *info = (const ipmi_extern_decoded *)data;
    ipmi_stats_ends ends;

    hash->flags = flags;
    if (!set_ends(pinfo, info, &ends)) {
        return TAP_PACKET_DONT_REDRAW;
    }
    ipmi_stats_endpoints(hash, &ends, info->direction == HOST_TO_BMC, 1,
                         info->wire_len);
    return TAP_PACKET_REDRAW;
}

/* Follow: the unescaped frames of one link, in which the host is the client. */

static gchar *
follow_index_filter(guint stream, guint sub_stream _U_)
{
    return g_strdup_printf("ipmi_extern.link == %u", stream);
}

static gchar *
follow_conversation_filter(epan_dissect_t *edt _U_, packet_info *pinfo,
                           guint *stream, guint *sub_stream)
{
    ws_bool over_tcp = proto_is_frame_protocol(pinfo->layers, "tcp");

    if (!ipmi_extern_packet_has_units(pinfo)) {
        return NULL;
    }
    *stream = ipmi_extern_link_get(pinfo, over_tcp)->number;
    *sub_stream = 0;
    return follow_index_filter(*stream, 0);
}

/* Asked for with two addresses instead of a number. */
static gchar *
follow_address_filter(address *src, address *dst, int src_port, int dst_port)
{
    const char *family = src->type == AT_IPv6 ? "ipv6" : "ip";
    gchar *src_name = address_to_str(NULL, src);
    gchar *dst_name = address_to_str(NULL, dst);
    gchar *filter = g_strdup_printf(
        "ipmi_extern and ((%1$s.src == %2$s and tcp.srcport == %3$d and "
        "%1$s.dst == %4$s and tcp.dstport == %5$d) or "
        "(%1$s.src == %4$s and tcp.srcport == %5$d and "
        "%1$s.dst == %2$s and tcp.dstport == %3$d))",
        family, src_name, src_port, dst_name, dst_port);

    wmem_free(NULL, src_name);
    wmem_free(NULL, dst_name);
    return filter;
}

static gchar *
follow_port_to_display(wmem_allocator_t *scope, guint port)
{
    return wmem_strdup_printf(scope, "%u", port);
}

static tap_packet_status
follow_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt _U_,
              const void *data, tap_flags_t flags _U_)
{
    follow_info_t *follow = (follow_info_t *)tapdata;
    const ipmi_extern_decoded *info = (const ipmi_extern_decoded *)data;
    ws_bool from_bmc = info->direction == BMC_TO_HOST;
    guint len = tvb_captured_length(info->tvb);
    follow_record_t *record;

    if (follow->client_ip.type == AT_NONE) {
        copy_address(&follow->client_ip, from_bmc ? &pinfo->dst : &pinfo->src);
        copy_address(&follow->server_ip, from_bmc ? &pinfo->src : &pinfo->dst);
        follow->client_port = from_bmc ? pinfo->destport : pinfo->srcport;
        follow->server_port = from_bmc ? pinfo->srcport : pinfo->destport;
    }

    record = g_new0(follow_record_t, 1);
    record->is_server = from_bmc;
    record->packet_num = pinfo->num;
    record->abs_ts = pinfo->abs_ts;
    record->data = g_byte_array_append(g_byte_array_sized_new(len),
                                       tvb_get_ptr(info->tvb, 0, len), len);
    follow->bytes_written[from_bmc] += len;
    follow->payload = g_list_prepend(follow->payload, record);
    return TAP_PACKET_DONT_REDRAW;
}

/* Export PDUs. Frames of a connection keep its addresses; those of other links
 * get the number of the link for a source port, as all exported frames are of
 * one interface. */

/* A tag that Wireshark has no item for: type, length and value, big-endian. */
typedef struct {
    guint16 type;
    guint32 value;
} u32_tag;

#define U32_TAG_SIZE 8  /* bytes */

static int
u32_tag_size(packet_info *pinfo _U_, void *data _U_)
{
    return U32_TAG_SIZE;
}

static int
u32_tag_fill(packet_info *pinfo _U_, void *data, guint8 *buffer,
             guint32 size _U_)
{
    const u32_tag *tag = (const u32_tag *)data;
    const guint8 bytes[U32_TAG_SIZE] = {
        (guint8)(tag->type >> 8), (guint8)tag->type, 0, 4,
        (guint8)(tag->value >> 24), (guint8)(tag->value >> 16),
        (guint8)(tag->value >> 8), (guint8)tag->value
    };

    memcpy(buffer, bytes, sizeof bytes);
    return U32_TAG_SIZE;
}

static void
export_packet(packet_info *pinfo, tvbuff_t *wire, const ipmi_extern_link *link,
              ipmi_extern_direction direction)
{
    u32_tag link_tag = { EXP_PDU_TAG_SRC_PORT, link->number };
    u32_tag direction_tag = {
        EXP_PDU_TAG_P2P_DIRECTION,
        direction == HOST_TO_BMC ? P2P_DIR_SENT : P2P_DIR_RECV
    };
    const exp_pdu_data_item_t link_item = {
        u32_tag_size, u32_tag_fill, &link_tag
    };
    const exp_pdu_data_item_t direction_item = {
        u32_tag_size, u32_tag_fill, &direction_tag
    };
    const exp_pdu_data_item_t *items[8];
    guint n = 0;
    exp_pdu_data_t *pdu;

    if (pinfo->net_src.type != AT_NONE) {
        items[n++] = &exp_pdu_data_src_ip;
        items[n++] = &exp_pdu_data_dst_ip;
        items[n++] = &exp_pdu_data_port_type;
        items[n++] = &exp_pdu_data_src_port;
        items[n++] = &exp_pdu_data_dst_port;
    } else {
        items[n++] = &link_item;
    }
    items[n++] = &exp_pdu_data_orig_frame_num;
    if (direction != DIRECTION_UNKNOWN) {
        items[n++] = &direction_item;
    }
    items[n] = NULL;

    pdu = export_pdu_create_tags(pinfo, "ipmi_extern",
                                 EXP_PDU_TAG_DISSECTOR_NAME, items);
    pdu->tvb_captured_length = tvb_captured_length(wire);
    pdu->tvb_reported_length = tvb_reported_length(wire);
    pdu->pdu_tvb = wire;
    tap_queue_packet(export_tap, pinfo, pdu);
}

void
ipmi_extern_stats_frame(packet_info *pinfo, tvbuff_t *wire,
                        const ipmi_extern_decoded *info)
{
    if (have_tap_listener(frame_tap) || have_tap_listener(follow_tap)) {
        void *copy = wmem_memdup(pinfo->pool, info, sizeof *info);

        tap_queue_packet(frame_tap, pinfo, copy);
        tap_queue_packet(follow_tap, pinfo, copy);
    }
    if (have_tap_listener(export_tap)) {
        export_packet(pinfo, wire, info->link, info->direction);
    }
}

void
ipmi_extern_stats_connection(packet_info *pinfo, tvbuff_t *wire,
                             const ipmi_extern_link *link)
{
    if (have_tap_listener(export_tap)) {
        export_packet(pinfo, wire, link, DIRECTION_UNKNOWN);
    }
}

void
ipmi_extern_stats_register(void)
{
    frame_tap = register_tap("ipmi_extern");
    follow_tap = register_tap("ipmi_extern_follow");
    export_tap = register_export_pdu_tap("IPMI extern");

    register_srt_table(proto_ipmi_extern, "ipmi_extern", 1, srt_packet,
                       ipmi_stats_srt_init, NULL);
    stats_tree_register_plugin("ipmi_extern", "ipmi_extern", STATS_TREE_NAME,
                               0, tree_packet, tree_init, NULL);
    register_conversation_table(proto_ipmi_extern, 1, conversation_packet,
                                endpoint_packet);
    register_follow_stream(proto_ipmi_extern, "ipmi_extern_follow",
                           follow_conversation_filter, follow_index_filter,
                           follow_address_filter, follow_port_to_display,
                           follow_packet
#if WS_VERSION_AT_LEAST(4, 4)
                           , ipmi_extern_link_count, NULL
#endif
                           );
}
