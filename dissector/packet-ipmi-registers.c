/* packet-ipmi-registers.c
 * What the dissectors of KCS and BT register traffic share: fields of a record,
 * messages put together from single accesses, and where a packet stands in the
 * order of things. docs/capture-format.md describes the records.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <epan/expert.h>
#include <epan/packet.h>
#include <epan/prefs.h>
#include <epan/proto_data.h>
#include <epan/tap.h>
#include <epan/tfs.h>
#include <wsutil/str_util.h>

#include "ipmi-registers-channel.h"
#include "ipmi-registers-stats.h"
#include "packet-ipmi-registers.h"

/* Key of p_add_proto_data(): ipmi_event. */
#define KEY_EVENT 0

/* Milliseconds after which somebody who waits has waited for long. The
 * specification lets a BMC take 5 s; what is well takes microseconds. */
#define PHASE_LIMIT_MS 1000

/* Room for the registers of an interface in a value_string. */
#define MAX_REGISTERS 256

struct ipmi_registers {
    const ipmi_interface *interface;
    int proto;
    int tap;
    ipmi_channels channels;
    value_string register_vals[MAX_REGISTERS + 1];

    /* Preferences. */
    ws_bool decode_body;
    guint phase_limit_ms;

    int hf_channel;
    int hf_version;
    int hf_side;
    int hf_op;
    int hf_reg;
    int hf_irq;
    int hf_irq_asserted;
    int hf_line;
    int hf_line_on;
    int hf_hw_op;
    int hf_hw_op_ccode;
    int hf_width;
    int hf_lost;
    int hf_lane;
    int hf_value;
    int hf_poll;
    int hf_unknown;
    int hf_dropped;
    int hf_phase_before;
    int hf_phase;
    int hf_phase_time;
    int hf_length;
    int hf_fragments;
    int hf_fragment;
    int hf_fragment_count;
    int hf_reassembled_in;
    int hf_reassembled_length;
    int hf_reassembled_data;
    int hf_aborted_in;
    int hf_transfer_accesses_host;
    int hf_transfer_accesses_bmc;
    int hf_transfer_polls_host;
    int hf_transfer_polls_bmc;
    int hf_transfer_interrupts;
    int hf_transfer_time;

    expert_field ei_lost;
    expert_field ei_dropped;
    expert_field ei_resync;
    expert_field ei_short;
    expert_field ei_unknown;
    expert_field ei_phase_slow;
    expert_field ei_direction;
    expert_field ei_fault[IPMI_MAX_FAULTS];
    expert_field ei_condition[IPMI_MAX_CONDITIONS];

    int ett_record;
    int ett_fragments;
    int ett_transfer;
    int ett_message;

    ipmi_message_fields *message_fields;
};

static const value_string side_vals[] = {
    { IPMI_SIDE_HOST, "Host" },
    { IPMI_SIDE_BMC, "BMC" },
    { 0, NULL }
};

/* Taken from ipmi-record.c when the first protocol is registered. */
static value_string op_vals[256 + 1];
static value_string line_vals[256 + 1];
static value_string hardware_vals[256 + 1];

/* One packet, while it is dissected. */
typedef struct {
    ipmi_registers *registers;
    tvbuff_t *tvb;
    packet_info *pinfo;
    proto_tree *tree;           /* ours, or NULL if nobody looks at it */
    proto_tree *outer_tree;     /* where ours is */
    proto_item *item;           /* of ours, or NULL */
    const ipmi_point *point;
    ipmi_channel *channel;
    struct ipmi_record record;
    const ipmi_event *event;
    guint64 dropped;
    ipmi_message *message;      /* completed by this packet, or NULL */
} registers_packet;

static ws_bool
completes_message(const registers_packet *packet)
{
    const ipmi_event *event = packet->event;

    return event && (event->event == IPMI_TRANSFER_END ||
                     event->event == IPMI_TRANSFER_LAST);
}

static const char *
side_of(const struct ipmi_record *record)
{
    return val_to_str_const(record->side, side_vals, "Unknown side");
}

/* What the Info column and the tree's first line say of an access. */
static void
append_access(wmem_strbuf_t *text, wmem_allocator_t *scope,
              const registers_packet *packet)
{
    const struct ipmi_record *record = &packet->record;
    const ipmi_interface *interface = packet->registers->interface;
    const char *name = interface->register_name(record->what);
    const char *words = interface->value_words(scope, record,
                                               packet->event);

    wmem_strbuf_append_printf(text, "%s %c ", side_of(record),
                              record->op == IPMI_OP_READ ? 'R' : 'W');
    if (name) {
        wmem_strbuf_append(text, name);
    } else {
        wmem_strbuf_append_printf(text, "register 0x%02x", record->what);
    }
    if (words) {
        wmem_strbuf_append_printf(text, "  %s", words);
    } else {
        wmem_strbuf_append_printf(text, " 0x%02x", record->value);
    }
}

static void
append_event(wmem_strbuf_t *text, const struct ipmi_record *record)
{
    const char *name;

    switch (record->op) {
    case IPMI_OP_IRQ:
        if (record->what) {
            wmem_strbuf_append_printf(text, "IRQ %u %s", record->what,
                                      record->value ? "up" : "down");
        } else {
            wmem_strbuf_append_printf(text, "IRQ %s",
                                      record->value ? "up" : "down");
        }
        break;
    case IPMI_OP_RESET:
        wmem_strbuf_append_printf(text, "Reset by the %s",
            record->side == IPMI_SIDE_HOST ? "host" : side_of(record));
        break;
    case IPMI_OP_LINE:
        name = ipmi_record_line_name(record->what);
        wmem_strbuf_append_printf(text, "%s line ", side_of(record));
        if (name) {
            wmem_strbuf_append(text, name);
        } else {
            wmem_strbuf_append_printf(text, "0x%02x", record->what);
        }
        wmem_strbuf_append(text, record->value ? " on" : " off");
        break;
    case IPMI_OP_HARDWARE:
        name = ipmi_record_hardware_name(record->what);
        wmem_strbuf_append_printf(text, "%s ", side_of(record));
        if (name) {
            wmem_strbuf_append(text, name);
        } else {
            wmem_strbuf_append_printf(text, "hardware operation 0x%02x",
                                      record->what);
        }
        if (record->value) {
            wmem_strbuf_append_printf(text, ", refused: %02Xh",
                                      record->value);
        }
        break;
    default:
        wmem_strbuf_append_printf(text, "%s operation 0x%02x",
                                  side_of(record), record->op);
        break;
    }
}

static const char *
record_summary(const registers_packet *packet)
{
    wmem_allocator_t *scope = packet->pinfo->pool;
    wmem_strbuf_t *text = wmem_strbuf_new(scope, "");

    if (packet->record.lost) {
        wmem_strbuf_append(text, "Lost: ");
    }
    if (ipmi_record_is_access(&packet->record)) {
        append_access(text, scope, packet);
    } else {
        append_event(text, &packet->record);
    }
    return wmem_strbuf_finalize(text);
}

static void
show_summary(const registers_packet *packet)
{
    ws_bool in_tree = packet->tree && PTREE_DATA(packet->tree)->visible;
    const char *summary;

    if (!in_tree && !col_get_writable(packet->pinfo->cinfo, COL_INFO)) {
        return;
    }
    summary = record_summary(packet);
    col_add_str(packet->pinfo->cinfo, COL_INFO, summary);
    if (packet->message) {
        col_append_fstr(packet->pinfo->cinfo, COL_INFO, "; %s",
            ipmi_message_summary(packet->pinfo, packet->message));
    }
    if (in_tree) {
        proto_item_append_text(packet->item, ", %s", summary);
    }
}

/* What is in a record whatever its operation, and its operand. */
static void
add_record(const registers_packet *packet)
{
    ipmi_registers *registers = packet->registers;
    const struct ipmi_record *record = &packet->record;
    proto_tree *tree = packet->tree;
    tvbuff_t *tvb = packet->tvb;
    proto_item *ti;

    ti = proto_tree_add_string(tree, registers->hf_channel, tvb, 0, 0,
                               packet->point->label);
    proto_item_set_generated(ti);
    proto_tree_add_item(tree, registers->hf_version, tvb, 0, 1, ENC_NA);
    proto_tree_add_item(tree, registers->hf_side, tvb, 1, 1, ENC_NA);
    proto_tree_add_item(tree, registers->hf_op, tvb, 2, 1, ENC_NA);

    switch (record->op) {
    case IPMI_OP_READ:
    case IPMI_OP_WRITE:
        proto_tree_add_item(tree, registers->hf_reg, tvb, 3, 1, ENC_NA);
        proto_tree_add_item(tree, registers->hf_width, tvb, 4, 1, ENC_NA);
        proto_tree_add_item(tree, registers->hf_lost, tvb, 5, 1, ENC_NA);
        proto_tree_add_item(tree, registers->hf_lane, tvb, 5, 1, ENC_NA);
        proto_tree_add_uint_format_value(tree, registers->hf_value, tvb, 8, 4,
            record->value, "0x%02x", record->value);
        registers->interface->add_value(tree, tvb, packet->pinfo, record,
                                        packet->event);
        break;
    case IPMI_OP_IRQ:
        proto_tree_add_item(tree, registers->hf_irq, tvb, 3, 1, ENC_NA);
        proto_tree_add_boolean(tree, registers->hf_irq_asserted, tvb, 8, 4,
                               record->value != 0);
        break;
    case IPMI_OP_LINE:
        proto_tree_add_item(tree, registers->hf_line, tvb, 3, 1, ENC_NA);
        proto_tree_add_boolean(tree, registers->hf_line_on, tvb, 8, 4,
                               record->value != 0);
        break;
    case IPMI_OP_HARDWARE:
        proto_tree_add_item(tree, registers->hf_hw_op, tvb, 3, 1, ENC_NA);
        proto_tree_add_item(tree, registers->hf_hw_op_ccode, tvb, 8, 4,
                            ENC_BIG_ENDIAN);
        break;
    case IPMI_OP_RESET:
        break;
    default:
        proto_tree_add_item(tree, registers->hf_unknown, tvb, 3, -1, ENC_NA);
        break;
    }
    registers->interface->add_state(tree, tvb, packet->pinfo, record);
}

static nstime_t
nstime_of(gint64 ns)
{
    nstime_t time = NSTIME_INIT_ZERO;

    time.secs = ns / 1000000000;
    time.nsecs = (int)(ns % 1000000000);
    return time;
}

/* Where the packet stands. */
static void
add_phase(const registers_packet *packet)
{
    ipmi_registers *registers = packet->registers;
    const ipmi_event *event = packet->event;
    proto_tree *tree = packet->tree;
    proto_item *ti;

    ti = proto_tree_add_uint(tree, registers->hf_phase_before, packet->tvb,
                             0, 0, event->before);
    proto_item_set_generated(ti);
    ti = proto_tree_add_uint(tree, registers->hf_phase, packet->tvb, 0, 0,
                             event->after);
    proto_item_set_generated(ti);
    if (packet->record.op == IPMI_OP_READ) {
        ti = proto_tree_add_boolean(tree, registers->hf_poll, packet->tvb, 0,
                                    0, event->poll);
        proto_item_set_generated(ti);
    }
    if (event->phase_time >= 0) {
        const nstime_t time = nstime_of(event->phase_time);

        ti = proto_tree_add_time(tree, registers->hf_phase_time, packet->tvb,
                                 0, 0, &time);
        proto_item_set_generated(ti);
    }
}

static void
add_condition_expert(const registers_packet *packet, guint condition)
{
    ipmi_registers *registers = packet->registers;
    const ipmi_exceeded *exceeded = ipmi_channel_exceeded(packet->pinfo,
                                                          condition);
    const nstime_t time = nstime_of(exceeded->time);
    const char *text = registers->interface->conditions[condition].fault.text;
    expert_field *field = &registers->ei_condition[condition];

    if (packet->pinfo->num == exceeded->end_frame) {
        expert_add_info_format(packet->pinfo, packet->item, field,
            "%s: for %s, since frame %u", text,
            ipmi_time_to_str(packet->pinfo->pool, &time),
            exceeded->begin_frame);
    } else if (exceeded->end_frame) {
        expert_add_info_format(packet->pinfo, packet->item, field,
            "%s: for %s, until frame %u", text,
            ipmi_time_to_str(packet->pinfo->pool, &time),
            exceeded->end_frame);
    } else {
        expert_add_info_format(packet->pinfo, packet->item, field,
            "%s: to the end of the capture, for %s", text,
            ipmi_time_to_str(packet->pinfo->pool, &time));
    }
}

static void
add_phase_expert(const registers_packet *packet)
{
    ipmi_registers *registers = packet->registers;
    const ipmi_event *event = packet->event;
    nstime_t time;

    if (event->phase_time <= (gint64)registers->phase_limit_ms * 1000000 ||
        event->before >= 32 ||
        !(registers->interface->busy_phases & 1u << event->before)) {
        return;
    }
    time = nstime_of(event->phase_time);
    expert_add_info_format(packet->pinfo, packet->item,
        &registers->ei_phase_slow, "%s took %s",
        val_to_str_const(event->before, registers->interface->phases,
                         "Unknown phase"),
        ipmi_time_to_str(packet->pinfo->pool, &time));
}

/* What the first pass found out. */
static void
add_event_experts(const registers_packet *packet)
{
    ipmi_registers *registers = packet->registers;
    const ipmi_event *event = packet->event;
    gint bit = -1;

    while ((bit = g_bit_nth_lsf(event->faults, bit)) >= 0) {
        expert_add_info(packet->pinfo, packet->item,
                        &registers->ei_fault[bit]);
    }
    bit = -1;
    while ((bit = g_bit_nth_lsf(event->conditions, bit)) >= 0) {
        add_condition_expert(packet, (guint)bit);
    }
    add_phase_expert(packet);
    if (event->unknown) {
        expert_add_info(packet->pinfo, packet->item, &registers->ei_unknown);
    }
    if (event->resync) {
        expert_add_info(packet->pinfo, packet->item,
                        &registers->ei_resync);
    }
}

static void
add_experts(const registers_packet *packet)
{
    ipmi_registers *registers = packet->registers;
    proto_item *ti;

    if (packet->dropped) {
        ti = proto_tree_add_uint64(packet->tree, registers->hf_dropped,
                                   packet->tvb, 0, 0, packet->dropped);
        proto_item_set_generated(ti);
        expert_add_info_format(packet->pinfo, packet->tree ? ti : NULL,
            &registers->ei_dropped,
            "The capture has lost %" PRIu64 " record%s before this one",
            packet->dropped, plurality(packet->dropped, "", "s"));
    }
    if (packet->event) {
        add_event_experts(packet);
    }
    /* The machine may know better why. */
    if (packet->record.lost && !(packet->event && packet->event->faults)) {
        expert_add_info(packet->pinfo, packet->item,
                        &registers->ei_lost);
    }
}

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
add_transfer(const registers_packet *packet)
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
add_transfer_links(const registers_packet *packet)
{
    const ipmi_registers *registers = packet->registers;
    const ipmi_transfer *transfer = packet->event->transfer;
    proto_item *ti;

    if (transfer->last_frame == packet->pinfo->num) {
        add_transfer(packet);
    } else if (transfer->last_frame) {
        ti = proto_tree_add_uint(packet->tree,
            transfer->complete ? registers->hf_reassembled_in
                               : registers->hf_aborted_in,
            packet->tvb, 0, 0, transfer->last_frame);
        proto_item_set_generated(ti);
    }
}

/* To be saved with the packet that completes it. */
static void
mark_fragments(const registers_packet *packet)
{
    const ipmi_transfer *transfer = packet->event->transfer;
    guint kept = ipmi_transfer_kept(transfer);

    for (guint i = 0; i < kept; i++) {
#if WS_VERSION_AT_LEAST(4, 2)
        mark_frame_as_depended_upon(packet->pinfo->fd, transfer->frames[i]);
#else
        mark_frame_as_depended_upon(packet->pinfo, transfer->frames[i]);
#endif
    }
}

/* The message that this packet completes. */
static void
dissect_transfer(registers_packet *packet)
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

    if (!PINFO_FD_VISITED(packet->pinfo)) {
        mark_fragments(packet);
    }
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

static void
queue_tap(const registers_packet *packet)
{
    const ipmi_event *event = packet->event;
    packet_info *pinfo = packet->pinfo;
    ipmi_registers_tap *tap;

    if (!event || !have_tap_listener(packet->registers->tap)) {
        return;
    }
    tap = wmem_new0(pinfo->pool, ipmi_registers_tap);
    tap->interface = packet->registers->interface;
    tap->point = packet->point;
    tap->record = (const struct ipmi_record *)wmem_memdup(
        pinfo->pool, &packet->record, sizeof packet->record);
    tap->event = event;
    tap->dropped = packet->dropped;
    if (completes_message(packet)) {
        tap->completed = event->transfer;
        tap->message = packet->message;
    }
    tap_queue_packet(packet->registers->tap, pinfo, tap);
}

static int
dissect_short(const registers_packet *packet)
{
    proto_item *item = proto_tree_add_item(packet->outer_tree,
                                           packet->registers->proto,
                                           packet->tvb, 0, -1, ENC_NA);

    col_set_str(packet->pinfo->cinfo, COL_INFO, "Record too short");
    expert_add_info(packet->pinfo, item,
                    &packet->registers->ei_short);
    return MAX(tvb_captured_length(packet->tvb), 1);    /* 0: not ours */
}

static const ipmi_event *
event_of(const registers_packet *packet)
{
    packet_info *pinfo = packet->pinfo;
    int proto = packet->registers->proto;
    const ipmi_event *event = (const ipmi_event *)p_get_proto_data(
        wmem_file_scope(), pinfo, proto, KEY_EVENT);

    if (!event && !PINFO_FD_VISITED(pinfo)) {
        event = ipmi_channel_feed(packet->channel, pinfo, &packet->record,
                                  packet->dropped);
        p_add_proto_data(wmem_file_scope(), pinfo, proto, KEY_EVENT,
                         (void *)event);
    }
    return event;
}

static int
dissect_registers(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                  void *data _U_, void *cb_data)
{
    static const char host[] = "Host", bmc[] = "BMC";
    ipmi_registers *registers = (ipmi_registers *)cb_data;
    registers_packet packet = { 0 };

    col_set_str(pinfo->cinfo, COL_PROTOCOL, registers->interface->short_name);
    if (pinfo->src.type == AT_NONE && pinfo->p2p_dir == P2P_DIR_SENT) {
        set_address(&pinfo->src, AT_STRINGZ, sizeof host, host);
        set_address(&pinfo->dst, AT_STRINGZ, sizeof bmc, bmc);
    } else if (pinfo->src.type == AT_NONE && pinfo->p2p_dir == P2P_DIR_RECV) {
        set_address(&pinfo->src, AT_STRINGZ, sizeof bmc, bmc);
        set_address(&pinfo->dst, AT_STRINGZ, sizeof host, host);
    }

    packet.registers = registers;
    packet.tvb = tvb;
    packet.pinfo = pinfo;
    packet.outer_tree = tree;
    packet.point = ipmi_point_get(pinfo);
    packet.channel = ipmi_channel_get(&registers->channels, packet.point);
    if (tvb_captured_length(tvb) < IPMI_RECORD_SIZE) {
        if (!PINFO_FD_VISITED(pinfo)) {
            ipmi_channel_lose(packet.channel, pinfo);
        }
        return dissect_short(&packet);
    }

    ipmi_record_decode(tvb_get_ptr(tvb, 0, IPMI_RECORD_SIZE), &packet.record);
    packet.dropped = ipmi_point_dropped(pinfo);
    packet.event = event_of(&packet);

    if (proto_field_is_referenced(tree, registers->proto) ||
        proto_field_is_referenced(tree, proto_expert)) {
        packet.item = proto_tree_add_item(tree, registers->proto, tvb, 0, -1,
                                          ENC_NA);
        packet.tree = proto_item_add_subtree(packet.item,
                                             registers->ett_record);
        add_record(&packet);
        if (packet.event) {
            add_phase(&packet);
        }
    }
    add_experts(&packet);
    if (packet.event && packet.event->transfer) {
        if (packet.tree) {
            add_transfer_links(&packet);
        }
        if (completes_message(&packet)) {
            dissect_transfer(&packet);
        }
    }
    show_summary(&packet);
    if (packet.event && packet.event->transfer &&
        packet.event->transfer->match.transaction) {
        ipmi_trans_dissect(tvb, pinfo, tree,
                           packet.event->transfer->match.transaction);
    }
    queue_tap(&packet);
    return tvb_captured_length(tvb);
}

static void
fill_names(value_string *vals, const char *(*name)(uint8_t))
{
    guint n = 0;

    for (guint number = 0; number < 256; number++) {
        const char *string = name((uint8_t)number);

        if (string) {
            vals[n].value = number;
            vals[n].strptr = string;
            n++;
        }
    }
}

/* A field, but for its prefix and what its interface has of its own. */
typedef struct {
    size_t offset;              /* in ipmi_registers */
    header_field_info info;
} field_template;

#define FIELD(member) offsetof(ipmi_registers, member)

static const field_template field_templates[] = {
    { FIELD(hf_channel),
      { "Channel", "channel", FT_STRING, BASE_NONE, NULL, 0x0,
        "Where this was captured: virtual machine and device", HFILL } },
    { FIELD(hf_version),
      { "Version", "version", FT_UINT8, BASE_DEC, NULL, 0x0,
        "What the writer of the record knew", HFILL } },
    { FIELD(hf_side),
      { "Side", "side", FT_UINT8, BASE_DEC, VALS(side_vals), 0x0,
        "Who did it; of an interrupt, whom it interrupts", HFILL } },
    { FIELD(hf_op),
      { "Operation", "op", FT_UINT8, BASE_DEC, VALS(op_vals), 0x0,
        NULL, HFILL } },
    { FIELD(hf_irq),
      { "Interrupt", "irq", FT_UINT8, BASE_DEC, NULL, 0x0,
        "Its number, 0 if the device does not know", HFILL } },
    { FIELD(hf_irq_asserted),
      { "Asserted", "irq.asserted", FT_BOOLEAN, BASE_NONE, TFS(&tfs_yes_no),
        0x0, NULL, HFILL } },
    { FIELD(hf_line),
      { "Line", "line", FT_UINT8, BASE_DEC, VALS(line_vals), 0x0,
        NULL, HFILL } },
    { FIELD(hf_line_on),
      { "On", "line.on", FT_BOOLEAN, BASE_NONE, TFS(&tfs_yes_no), 0x0,
        NULL, HFILL } },
    { FIELD(hf_hw_op),
      { "Hardware operation", "hw_op", FT_UINT8, BASE_DEC,
        VALS(hardware_vals), 0x0, "What the BMC did to the host", HFILL } },
    { FIELD(hf_hw_op_ccode),
      { "Completion code", "hw_op.ccode", FT_UINT32, BASE_HEX, NULL, 0x0,
        "With which it was refused, 0 if it was not", HFILL } },
    { FIELD(hf_width),
      { "Width", "width", FT_UINT8, BASE_DEC, NULL, 0x0,
        "Of the access, in bytes", HFILL } },
    { FIELD(hf_lost),
      { "Lost", "lost", FT_BOOLEAN, 8, TFS(&tfs_yes_no), 0x01,
        "The access had no effect", HFILL } },
    { FIELD(hf_lane),
      { "Lane", "lane", FT_UINT8, BASE_DEC, NULL, 0x06,
        "Byte of the register at which the access begins", HFILL } },
    { FIELD(hf_value),
      { "Value", "value", FT_UINT32, BASE_HEX, NULL, 0x0,
        "What was read or written", HFILL } },
    { FIELD(hf_poll),
      { "Poll", "poll", FT_BOOLEAN, BASE_NONE, TFS(&tfs_yes_no), 0x0,
        "The read found nothing that it waited for", HFILL } },
    { FIELD(hf_unknown),
      { "Unknown content", "unknown", FT_BYTES, BASE_NONE, NULL, 0x0,
        "Of a record with an unknown operation", HFILL } },
    { FIELD(hf_dropped),
      { "Dropped records", "dropped", FT_UINT64, BASE_DEC, NULL, 0x0,
        "Lost immediately before this one", HFILL } },
    { FIELD(hf_phase_time),
      { "Time in the phase before", "phase.time", FT_RELATIVE_TIME, BASE_NONE,
        NULL, 0x0, "Spent in the phase that ends here", HFILL } },
    { FIELD(hf_fragments),
      { "Accesses that carry the message", "fragments", FT_NONE, BASE_NONE,
        NULL, 0x0, NULL, HFILL } },
    { FIELD(hf_fragment),
      { "Access", "fragment", FT_FRAMENUM, BASE_NONE, NULL, 0x0,
        "It carries a byte of the message", HFILL } },
    { FIELD(hf_fragment_count),
      { "Accesses", "fragment.count", FT_UINT32, BASE_DEC, NULL, 0x0,
        "That carry a byte of the message", HFILL } },
    { FIELD(hf_reassembled_in),
      { "Reassembled in", "reassembled_in", FT_FRAMENUM, BASE_NONE, NULL, 0x0,
        "The access that completes the message", HFILL } },
    { FIELD(hf_reassembled_length),
      { "Reassembled length", "reassembled.length", FT_UINT32, BASE_DEC, NULL,
        0x0, "Of the message as the interface carries it", HFILL } },
    { FIELD(hf_reassembled_data),
      { "Reassembled bytes", "reassembled.data", FT_BYTES, BASE_NONE, NULL,
        0x0, "The message as the interface carries it", HFILL } },
    { FIELD(hf_aborted_in),
      { "Aborted in", "aborted_in", FT_FRAMENUM, BASE_NONE, NULL, 0x0,
        "Where the message was given up", HFILL } },
    { FIELD(hf_transfer_accesses_host),
      { "Accesses by the host", "transfer.accesses.host", FT_UINT32, BASE_DEC,
        NULL, 0x0, "From the first of the message to the last", HFILL } },
    { FIELD(hf_transfer_accesses_bmc),
      { "Accesses by the BMC", "transfer.accesses.bmc", FT_UINT32, BASE_DEC,
        NULL, 0x0, "From the first of the message to the last", HFILL } },
    { FIELD(hf_transfer_polls_host),
      { "Polls by the host", "transfer.polls.host", FT_UINT32, BASE_DEC, NULL,
        0x0, "Reads that did not find what they waited for", HFILL } },
    { FIELD(hf_transfer_polls_bmc),
      { "Polls by the BMC", "transfer.polls.bmc", FT_UINT32, BASE_DEC, NULL,
        0x0, "Reads that did not find what they waited for", HFILL } },
    { FIELD(hf_transfer_interrupts),
      { "Interrupts", "transfer.interrupts", FT_UINT32, BASE_DEC, NULL, 0x0,
        "Asserted from the first access of the message to the last", HFILL } },
    { FIELD(hf_transfer_time),
      { "Transfer time", "transfer.time", FT_RELATIVE_TIME, BASE_NONE, NULL,
        0x0, "From the first access of the message to the last", HFILL } },
};

/* Those whose names are the interface's. */
static const field_template register_template =
    { FIELD(hf_reg),
      { "Register", "reg", FT_UINT8, BASE_HEX, NULL, 0x0, NULL, HFILL } };
static const field_template phase_before_template =
    { FIELD(hf_phase_before),
      { "Phase before", "phase.before", FT_UINT8, BASE_DEC, NULL, 0x0,
        "Of the exchange, when this happened", HFILL } };
static const field_template phase_template =
    { FIELD(hf_phase),
      { "Phase", "phase", FT_UINT8, BASE_DEC, NULL, 0x0,
        "Of the exchange, after this", HFILL } };

/* Only where messages have it. */
static const field_template length_template =
    { FIELD(hf_length),
      { "Length", "length", FT_UINT8, BASE_DEC, NULL, 0x0,
        "How many bytes follow it", HFILL } };

/* An expert info, but for its prefix. */
typedef struct {
    size_t offset;              /* in ipmi_registers */
    ipmi_fault fault;
} expert_template;

static const expert_template expert_templates[] = {
    { FIELD(ei_lost),
      { "access.lost", PI_PROTOCOL, PI_WARN,
        "Access without effect: the register cannot be read or written so, or the interface is not enabled" } },
    { FIELD(ei_dropped),
      { "record.dropped", PI_SEQUENCE, PI_WARN,
        "The capture has lost records before this one" } },
    { FIELD(ei_resync),
      { "resync", PI_SEQUENCE, PI_NOTE,
        "Something is missing before this; followed again from here on" } },
    { FIELD(ei_short),
      { "record.short", PI_MALFORMED, PI_ERROR, "Record too short" } },
    { FIELD(ei_unknown),
      { "record.unknown", PI_UNDECODED, PI_NOTE,
        "Record of something unknown" } },
    { FIELD(ei_phase_slow),
      { "phase.slow", PI_SEQUENCE, PI_WARN,
        "A phase in which somebody waits took long" } },
    { FIELD(ei_direction),
      { "direction", PI_PROTOCOL, PI_WARN,
        "Request from the BMC, or response from the host" } },
};

static void
register_field(ipmi_registers *registers, const field_template *template,
               const void *strings)
{
    const ipmi_interface *interface = registers->interface;
    hf_register_info *hf = wmem_new0(wmem_epan_scope(), hf_register_info);

    hf->p_id = (int *)((char *)registers + template->offset);
    hf->hfinfo = template->info;
    hf->hfinfo.abbrev = wmem_strdup_printf(wmem_epan_scope(), "%s.%s",
                                           interface->filter,
                                           template->info.abbrev);
    if (strings) {
        hf->hfinfo.strings = strings;
    }
    *hf->p_id = -1;
    proto_register_field_array(registers->proto, hf, 1);
}

static void
register_fields(ipmi_registers *registers)
{
    for (guint i = 0; i < array_length(field_templates); i++) {
        register_field(registers, &field_templates[i], NULL);
    }
    register_field(registers, &register_template,
                   VALS(registers->register_vals));
    register_field(registers, &phase_before_template,
                   VALS(registers->interface->phases));
    register_field(registers, &phase_template,
                   VALS(registers->interface->phases));
    if (registers->interface->layout.length >= 0) {
        register_field(registers, &length_template, NULL);
    }
}

static void
register_expert(const ipmi_registers *registers, expert_module_t *experts,
                expert_field *field, const ipmi_fault *fault)
{
    ei_register_info *ei = wmem_new0(wmem_epan_scope(), ei_register_info);

    ei->ids = field;
    ei->eiinfo.name = wmem_strdup_printf(wmem_epan_scope(), "%s.%s",
                                         registers->interface->filter,
                                         fault->suffix);
    ei->eiinfo.group = fault->group;
    ei->eiinfo.severity = fault->severity;
    ei->eiinfo.summary = fault->text;
    *field = (expert_field)EI_INIT;
    expert_register_field_array(experts, ei, 1);
}

static void
register_experts(ipmi_registers *registers, expert_module_t *experts)
{
    const ipmi_interface *interface = registers->interface;

    for (guint i = 0; i < array_length(expert_templates); i++) {
        const expert_template *template = &expert_templates[i];

        register_expert(registers, experts,
            (expert_field *)((char *)registers + template->offset),
            &template->fault);
    }
    for (guint i = 0; interface->faults[i].suffix; i++) {
        register_expert(registers, experts, &registers->ei_fault[i],
                        &interface->faults[i]);
    }
    for (guint i = 0; interface->conditions[i].fault.suffix; i++) {
        register_expert(registers, experts, &registers->ei_condition[i],
                        &interface->conditions[i].fault);
    }
}

static void
register_preferences(ipmi_registers *registers)
{
    const ipmi_interface *interface = registers->interface;
    module_t *module = prefs_register_protocol(registers->proto, NULL);

    registers->decode_body = 1;
    prefs_register_bool_preference(module, "decode_body",
        "Decode bodies",
        "Have Wireshark's own IPMI dissectors decode the bodies of requests "
        "and responses.",
        &registers->decode_body);
    registers->phase_limit_ms = PHASE_LIMIT_MS;
    prefs_register_uint_preference(module, "phase_limit_ms",
        "Longest phase (ms)",
        "A phase in which somebody waits gets an expert info if it takes "
        "longer than this.",
        10, &registers->phase_limit_ms);

    for (guint i = 0; interface->conditions[i].fault.suffix; i++) {
        const ipmi_condition *condition = &interface->conditions[i];
        char *name = wmem_strdup_printf(wmem_epan_scope(), "%s_ms",
                                        condition->fault.suffix);

        g_strdelimit(name, ".", '_');
        registers->channels.limit_ms[i] = condition->limit_ms;
        prefs_register_uint_preference(module, name,
            wmem_strdup_printf(wmem_epan_scope(), "%s (ms)",
                               condition->fault.text),
            "An expert info tells of it if it lasts longer than this.",
            10, &registers->channels.limit_ms[i]);
    }
}

ipmi_registers *
ipmi_registers_register(const ipmi_interface *interface)
{
    ipmi_registers *registers = wmem_new0(wmem_epan_scope(), ipmi_registers);
    int *const etts[] = {
        &registers->ett_record,
        &registers->ett_fragments,
        &registers->ett_transfer,
        &registers->ett_message,
    };
    expert_module_t *experts;

    if (!op_vals[0].strptr) {
        fill_names(op_vals, ipmi_record_op_name);
        fill_names(line_vals, ipmi_record_line_name);
        fill_names(hardware_vals, ipmi_record_hardware_name);
    }
    registers->interface = interface;
    fill_names(registers->register_vals, interface->register_name);
    for (guint reg = 0; reg < 256; reg++) {
        registers->channels.register_known[reg] =
            interface->register_name((uint8_t)reg) != NULL;
    }

    registers->proto = proto_register_protocol(
        interface->name, interface->short_name, interface->filter);
    register_fields(registers);
    registers->message_fields = ipmi_message_register(
        registers->proto, interface->filter, interface->layout.seq >= 0, 1);
    for (guint i = 0; i < array_length(etts); i++) {
        *etts[i] = -1;
    }
    proto_register_subtree_array(etts, array_length(etts));
    experts = expert_register_protocol(registers->proto);
    register_experts(registers, experts);
    ipmi_message_register_matching(registers->message_fields, experts);
    register_preferences(registers);

    registers->channels.interface = interface;
    ipmi_channels_init(&registers->channels);
    registers->tap = register_tap(interface->filter);
    register_dissector_with_data(interface->filter, dissect_registers,
                                 registers->proto, registers);
    ipmi_registers_stats_register(interface, registers->proto);
    return registers;
}

int
ipmi_registers_proto(const ipmi_registers *registers)
{
    return registers->proto;
}
