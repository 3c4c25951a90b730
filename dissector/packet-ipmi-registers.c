/* packet-ipmi-registers.c
 * What the dissectors of KCS and BT register traffic share: a record, and what
 * the first pass has found out about it. docs/capture-format.md describes the
 * records.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <epan/expert.h>
#include <epan/packet.h>
#include <epan/proto_data.h>
#include <epan/tap.h>
#include <wsutil/str_util.h>

#include "ipmi-registers.h"

/* Key of p_add_proto_data(): ipmi_event. */
#define KEY_EVENT 0

static const char *
side_of(wmem_allocator_t *scope, const struct ipmi_record *record)
{
    switch (record->side) {
    case IPMI_SIDE_HOST:
        return "Host";
    case IPMI_SIDE_BMC:
        return "BMC";
    default:
        return wmem_strdup_printf(scope, "Side 0x%02x", record->side);
    }
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

    wmem_strbuf_append_printf(text, "%s %c ", side_of(scope, record),
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

/* The number stands for itself if it has no name. */
static const char *
name_of(wmem_allocator_t *scope, const char *name, guint8 number)
{
    return name ? name : wmem_strdup_printf(scope, "0x%02x", number);
}

static void
append_event(wmem_strbuf_t *text, wmem_allocator_t *scope,
             const struct ipmi_record *record)
{
    switch (record->op) {
    case IPMI_OP_IRQ:
        if (record->side != IPMI_SIDE_HOST) {
            wmem_strbuf_append_printf(text, "%s ", side_of(scope, record));
        }
        wmem_strbuf_append(text, "IRQ ");
        if (record->what) {
            wmem_strbuf_append_printf(text, "%u ", record->what);
        }
        wmem_strbuf_append(text, record->value ? "up" : "down");
        break;
    case IPMI_OP_RESET:
        wmem_strbuf_append_printf(text, "Reset by the %s",
            name_of(scope, ipmi_record_side_name(record->side), record->side));
        break;
    case IPMI_OP_LINE:
        wmem_strbuf_append_printf(text, "%s line %s %s",
            side_of(scope, record),
            name_of(scope, ipmi_record_line_name(record->what), record->what),
            record->value ? "on" : "off");
        break;
    case IPMI_OP_HARDWARE:
        wmem_strbuf_append_printf(text, "%s %s", side_of(scope, record),
            name_of(scope, ipmi_record_hardware_name(record->what),
                    record->what));
        if (record->value) {
            wmem_strbuf_append_printf(text, ", refused: %02Xh",
                                      record->value);
        }
        break;
    default:
        wmem_strbuf_append_printf(text, "%s operation 0x%02x",
                                  side_of(scope, record), record->op);
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
        append_event(text, scope, &packet->record);
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

    for (guint32 faults = event->faults; faults;) {
        expert_add_info(packet->pinfo, packet->item,
                        &registers->ei_fault[ipmi_take_bit(&faults)]);
    }
    for (guint32 conditions = event->conditions; conditions;) {
        add_condition_expert(packet, ipmi_take_bit(&conditions));
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
        expert_add_info_format(packet->pinfo, ti,
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
    if (registers_packet_completes(packet)) {
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

int
ipmi_registers_dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
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
        ipmi_registers_dissect_transfer(&packet);
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
