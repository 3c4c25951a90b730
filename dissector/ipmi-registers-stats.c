/* ipmi-registers-stats.c
 * What Wireshark's Statistics menu offers for KCS and BT register traffic: two
 * tables that say where the time goes and how often a side looks at its
 * registers in vain, by message and by phase; service response times; a stats
 * tree; conversations and endpoints. All of them keep capture points apart.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <epan/packet.h>
#include <epan/stat_tap_ui.h>
#include <epan/stats_tree.h>
#include <epan/tap.h>

#include "ipmi-registers-channel.h"
#include "ipmi-registers-stats.h"
#include "ipmi-stats.h"

#define NS_PER_MS 1e6

/* Whose access it was: index of ipmi_transfer.accesses, .polls. */
static int
side_index(const struct ipmi_record *record)
{
    return record->side == IPMI_SIDE_BMC;
}

static ws_bool
is_raised(const struct ipmi_record *record)
{
    return record->op == IPMI_OP_IRQ && record->value;
}

/* What is counted of a number of records. */
typedef struct {
    guint64 accesses[2];
    guint64 polls[2];
    guint64 interrupts;
} counts;

static void
counts_add(counts *sum, const ipmi_registers_tap *info)
{
    if (ipmi_record_is_access(info->record)) {
        int side = side_index(info->record);

        sum->accesses[side]++;
        sum->polls[side] += info->event->poll;
    } else if (is_raised(info->record)) {
        sum->interrupts++;
    }
}

/* Durations of which there may be many. */
typedef struct {
    guint64 count;
    gint64  total;              /* ns */
    gint64  longest;            /* ns */
    guint32 longest_frame;      /* the packet that ended it */
} durations;

static void
durations_add(durations *sum, gint64 ns, guint32 frame)
{
    if (!sum->count || ns > sum->longest) {
        sum->longest = ns;
        sum->longest_frame = frame;
    }
    sum->count++;
    sum->total += ns;
}

static double
quotient(double dividend, double divisor)
{
    return divisor ? dividend / divisor : 0;
}

/* A cell of a row: the next column in turn. */

static void
put_count(stat_tap_table_item_type **cell, guint64 value)
{
    (*cell)->type = TABLE_ITEM_UINT;
    (*cell)++->value.uint_value = (guint)value;
}

static void
put_number(stat_tap_table_item_type **cell, double value)
{
    (*cell)->type = TABLE_ITEM_FLOAT;
    (*cell)++->value.float_value = value;
}

static void
put_durations(stat_tap_table_item_type **cell, const durations *sum)
{
    put_number(cell, quotient((double)sum->total, (double)sum->count) /
                         NS_PER_MS);
    put_number(cell, (double)sum->longest / NS_PER_MS);
    put_count(cell, sum->longest_frame);
}

/* Both tables have one of these behind each row, and are drawn anew from it.
 * The rows of a capture point are a table of its own. */
typedef struct {
    counts    traffic;
    durations durations;
    guint64   bytes;
    counts    since;            /* the row of all responses: what belongs to
                                 * the next message */
} row_sums;

#define MAX_COLUMNS 16

/* Names outlive the file: a window that shows them may. There are as many as
 * there are channels and commands in use. */
static const char *
lasting(const char *name)
{
    return g_intern_string(name);
}

static row_sums *
row_get(stat_tap_table *table, guint row)
{
    return (row_sums *)
        stat_tap_get_field_data(table, row, 0)->user_data.ptr_value;
}

static guint
row_add(stat_tap_table *table, const char *name)
{
    stat_tap_table_item_type cells[MAX_COLUMNS] = { { TABLE_ITEM_NONE } };

    cells[0].type = TABLE_ITEM_STRING;
    cells[0].value.string_value = lasting(name);
    cells[0].user_data.ptr_value = g_new0(row_sums, 1);
    stat_tap_init_table_row(table, table->num_elements, table->num_fields,
                            cells);
    return table->num_elements - 1;
}

static guint
row_find(stat_tap_table *table, const char *name)
{
    for (guint row = 0; row < table->num_elements; row++) {
        if (strcmp(stat_tap_get_field_data(table, row, 0)->value.string_value,
                   name) == 0) {
            return row;
        }
    }
    return row_add(table, name);
}

/* The table of the packet's channel, or NULL. */
static stat_tap_table *
table_find(stat_tap_table_ui *ui, const ipmi_registers_tap *info)
{
    return stat_tap_find_table(ui, info->point->label);
}

static stat_tap_table *
table_add(stat_tap_table_ui *ui, const ipmi_registers_tap *info)
{
    stat_tap_table *table = stat_tap_init_table(lasting(info->point->label),
                                                (int)ui->nfields, 0, NULL);

    stat_tap_add_table(ui, table);
    return table;
}

/* Tables are made as channels come up, but there has to be a list of them. */
static void
tables_init(stat_tap_table_ui *ui)
{
    if (!ui->tables) {
        ui->tables = g_array_new(FALSE, TRUE, sizeof(stat_tap_table *));
    }
}

static void
row_free(stat_tap_table *table _U_, guint row _U_, guint column,
         stat_tap_table_item_type *cell)
{
    if (column == 0) {
        g_free(cell->user_data.ptr_value);
    }
}

static void
table_register(const stat_tap_table_ui *ui, const ipmi_interface *interface,
               const char *what, const char *command)
{
    stat_tap_table_ui *copy = wmem_new(wmem_epan_scope(), stat_tap_table_ui);

    *copy = *ui;
    copy->title = wmem_strdup_printf(wmem_epan_scope(), "%s %s",
                                     interface->short_name, what);
    copy->tap_name = interface->filter;
    copy->cli_string = wmem_strdup_printf(wmem_epan_scope(), "%s,%s",
                                          interface->filter, command);
    register_stat_tap_table_ui(copy);
}

static tap_param table_params[] = {
    { PARAM_FILTER, "filter", "Filter", NULL, TRUE }
};

/* By message: what it takes to get one across. What is done to get a request
 * across counts from its first access on; a response takes all that is done
 * since the message before it, the wait for it as well. */

enum { ALL_REQUESTS, ALL_RESPONSES };

static stat_tap_table_item message_columns[] = {
    { TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Message                            ",
      "%-35s" },
    { TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "  Count", "%7u" },
    { TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "  Bytes", "%7u" },
    { TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Accesses/msg", "%12.1f" },
    { TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Accesses/byte", "%13.1f" },
    { TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Host polls/byte", "%15.1f" },
    { TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "BMC polls/byte", "%14.1f" },
    { TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Polls %", "%7.1f" },
    { TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "IRQs/msg", "%8.1f" },
    { TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "   Mean ms", "%10.3f" },
    { TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "    Max ms", "%10.3f" },
    { TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "in packet", "%9u" }
};

static void
message_row_draw(stat_tap_table *table, guint row)
{
    stat_tap_table_item_type *cell = stat_tap_get_field_data(table, row, 1);
    const row_sums *sums = row_get(table, row);
    const counts *traffic = &sums->traffic;
    double messages = (double)sums->durations.count;
    double bytes = (double)sums->bytes;
    double accesses = (double)(traffic->accesses[0] + traffic->accesses[1]);
    double polls = (double)(traffic->polls[0] + traffic->polls[1]);

    put_count(&cell, sums->durations.count);
    put_count(&cell, sums->bytes);
    put_number(&cell, quotient(accesses, messages));
    put_number(&cell, quotient(accesses, bytes));
    put_number(&cell, quotient((double)traffic->polls[0], bytes));
    put_number(&cell, quotient((double)traffic->polls[1], bytes));
    put_number(&cell, quotient(100 * polls, accesses));
    put_number(&cell, quotient((double)traffic->interrupts, messages));
    put_durations(&cell, &sums->durations);
}

static void
message_row_count(stat_tap_table *table, guint row, packet_info *pinfo,
                  const ipmi_transfer *transfer, const counts *since)
{
    row_sums *sums = row_get(table, row);
    const ipmi_transaction *transaction = transfer->match.transaction;
    nstime_t time;

    for (int side = 0; side < 2; side++) {
        sums->traffic.accesses[side] += since->accesses[side];
        sums->traffic.polls[side] += since->polls[side];
    }
    sums->traffic.interrupts += since->interrupts;
    sums->bytes += transfer->len;
    nstime_delta(&time, &pinfo->abs_ts,
                 transfer->from_bmc && transaction ? &transaction->request_time
                                                   : &transfer->first_time);
    durations_add(&sums->durations, time.secs * G_GINT64_CONSTANT(1000000000) +
                                        time.nsecs, pinfo->num);
    message_row_draw(table, row);
}

static tap_packet_status
message_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt _U_,
               const void *data, tap_flags_t flags _U_)
{
    stat_tap_table_ui *ui = ((stat_data_t *)tapdata)->stat_tap_data;
    const ipmi_registers_tap *info = (const ipmi_registers_tap *)data;
    const ipmi_transfer *transfer = info->event->transfer;
    stat_tap_table *table = table_find(ui, info);
    counts *since;

    if (!table) {
        if (!transfer) {
            return TAP_PACKET_DONT_REDRAW;
        }
        table = table_add(ui, info);
        message_row_draw(table, row_add(table, "All requests"));
        message_row_draw(table, row_add(table, "All responses"));
    }
    since = &row_get(table, ALL_RESPONSES)->since;
    if (transfer && !transfer->from_bmc && transfer->first_frame == pinfo->num) {
        memset(since, 0, sizeof *since);
    }
    counts_add(since, info);

    if (info->completed) {
        message_row_count(table, info->completed->from_bmc ? ALL_RESPONSES
                                                           : ALL_REQUESTS,
                          pinfo, info->completed, since);
        if (info->message) {
            const char *name = wmem_strdup_printf(
                pinfo->pool, "%s %s", info->message->name,
                info->completed->from_bmc ? "response" : "request");

            message_row_count(table, row_find(table, name), pinfo,
                              info->completed, since);
        }
    } else if (info->event->event != IPMI_TRANSFER_ABORT) {
        return TAP_PACKET_DONT_REDRAW;
    }
    memset(since, 0, sizeof *since);
    return TAP_PACKET_REDRAW;
}

static void
message_table_reset(stat_tap_table *table)
{
    for (guint row = 0; row < table->num_elements; row++) {
        memset(row_get(table, row), 0, sizeof(row_sums));
        message_row_draw(table, row);
    }
}

static const stat_tap_table_ui message_table = {
    REGISTER_PACKET_STAT_GROUP_UNSORTED, NULL, NULL, NULL, tables_init,
    message_packet, message_table_reset, row_free, NULL,
    array_length(message_columns), message_columns, array_length(table_params),
    table_params, NULL, 0
};

/* By phase: an access counts in the phase that it finds. */

static stat_tap_table_item phase_columns[] = {
    { TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Phase                    ",
      "%-25s" },
    { TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "  Count", "%7u" },
    { TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Host accesses", "%13u" },
    { TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Host polls", "%10u" },
    { TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "BMC accesses", "%12u" },
    { TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "BMC polls", "%9u" },
    { TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Polls %", "%7.1f" },
    { TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "   IRQs", "%7u" },
    { TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "   Total ms", "%11.3f" },
    { TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "   Mean ms", "%10.3f" },
    { TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "    Max ms", "%10.3f" },
    { TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "in packet", "%9u" }
};

static void
phase_row_draw(stat_tap_table *table, guint row)
{
    stat_tap_table_item_type *cell = stat_tap_get_field_data(table, row, 1);
    const row_sums *sums = row_get(table, row);
    const counts *traffic = &sums->traffic;

    put_count(&cell, sums->durations.count);
    for (int side = 0; side < 2; side++) {
        put_count(&cell, traffic->accesses[side]);
        put_count(&cell, traffic->polls[side]);
    }
    put_number(&cell, quotient(
        100.0 * (double)(traffic->polls[0] + traffic->polls[1]),
        (double)(traffic->accesses[0] + traffic->accesses[1])));
    put_count(&cell, traffic->interrupts);
    put_number(&cell, (double)sums->durations.total / NS_PER_MS);
    put_durations(&cell, &sums->durations);
}

static tap_packet_status
phase_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt _U_,
             const void *data, tap_flags_t flags _U_)
{
    stat_tap_table_ui *ui = ((stat_data_t *)tapdata)->stat_tap_data;
    const ipmi_registers_tap *info = (const ipmi_registers_tap *)data;
    const ipmi_event *event = info->event;
    stat_tap_table *table = table_find(ui, info);
    row_sums *sums;
    guint row;

    if (!table) {
        table = table_add(ui, info);
    }
    row = row_find(table, val_to_str_const(event->before,
                                           info->interface->phases,
                                           "Unknown"));
    sums = row_get(table, row);
    counts_add(&sums->traffic, info);
    if (event->phase_time >= 0) {
        durations_add(&sums->durations, event->phase_time, pinfo->num);
    }
    phase_row_draw(table, row);
    return TAP_PACKET_REDRAW;
}

static void
phase_table_reset(stat_tap_table *table)
{
    for (guint row = 0; row < table->num_elements; row++) {
        memset(row_get(table, row), 0, sizeof(row_sums));
        phase_row_draw(table, row);
    }
}

static const stat_tap_table_ui phase_table = {
    REGISTER_PACKET_STAT_GROUP_UNSORTED, NULL, NULL, NULL, tables_init,
    phase_packet, phase_table_reset, row_free, NULL,
    array_length(phase_columns), phase_columns, array_length(table_params),
    table_params, NULL, 0
};

static tap_packet_status
srt_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt _U_,
           const void *data, tap_flags_t flags _U_)
{
    const ipmi_registers_tap *info = (const ipmi_registers_tap *)data;
    const ipmi_transfer *transfer = info->completed;

    if (!transfer || !transfer->from_bmc || !transfer->match.transaction ||
        transfer->match.repeats || !info->message) {
        return TAP_PACKET_DONT_REDRAW;
    }
    ipmi_stats_srt_add((srt_data_t *)tapdata, pinfo, info->message->name,
                       info->point, transfer->match.transaction);
    return TAP_PACKET_REDRAW;
}

/* The stats tree: below each channel what it consists of. */

#ifdef STATS_TREE_MENU_SEPARATOR
#define STATS_TREE_MENU "IPMI" STATS_TREE_MENU_SEPARATOR
#else
#define STATS_TREE_MENU "IPMI/"
#endif

/* Branches of a channel, made at once: a node's number counts from that of the
 * channel on. */
enum {
    BRANCH_HOST = 1,
    BRANCH_BMC,
    BRANCH_POLLS,
    BRANCH_EVENTS,
    BRANCH_PHASES,
    BRANCH_REQUESTS,
    BRANCH_CCODES,
    BRANCH_FAULTS,
    BRANCHES
};

static const char *const branch_names[BRANCHES] = {
    [BRANCH_HOST] = "Host's accesses",
    [BRANCH_BMC] = "BMC's accesses",
    [BRANCH_POLLS] = "Polls",
    [BRANCH_EVENTS] = "Other events",
    [BRANCH_PHASES] = "Phases entered",
    [BRANCH_REQUESTS] = "Requests",
    [BRANCH_CCODES] = "Responses",
    [BRANCH_FAULTS] = "Faults"
};

/* A single slash would be the end of a menu's name. */
static const char *
tree_name(packet_info *pinfo, const char *label)
{
    wmem_strbuf_t *name = wmem_strbuf_new(pinfo->pool, NULL);

    for (; *label; label++) {
        wmem_strbuf_append_c(name, *label);
        if (*label == '/') {
            wmem_strbuf_append_c(name, '/');
        }
    }
    return wmem_strbuf_get_str(name);
}

/* Wireshark's window takes for granted that there is such a function; but which
 * channels there are is not known yet. */
static void
tree_init(stats_tree *st _U_)
{
}

static int
tree_channel(stats_tree *st, packet_info *pinfo, const char *label)
{
    const char *name = tree_name(pinfo, label);
    int channel = stats_tree_parent_id_by_name(st, name);

    if (channel == 0) {
        channel = stats_tree_create_node(st, name, 0, STAT_DT_INT, 1);
        for (int branch = 1; branch < BRANCHES; branch++) {
            stats_tree_create_pivot(st, branch_names[branch], channel);
        }
    }
    tick_stat_node(st, name, 0, 1);
    return channel;
}

static const char *
event_name(packet_info *pinfo, const struct ipmi_record *record)
{
    const char *name = NULL, *end = "";

    switch (record->op) {
    case IPMI_OP_IRQ:
        name = record->side == IPMI_SIDE_BMC ? "Interrupt to the BMC"
                                             : "Interrupt to the host";
        end = record->value ? " up" : " down";
        break;
    case IPMI_OP_RESET:
        name = record->side == IPMI_SIDE_BMC ? "Reset by the BMC"
                                             : "Reset by the host";
        break;
    case IPMI_OP_LINE:
        name = ipmi_record_line_name(record->what);
        end = record->value ? " on" : " off";
        break;
    case IPMI_OP_HARDWARE:
        name = ipmi_record_hardware_name(record->what);
        break;
    }
    return name ? wmem_strdup_printf(pinfo->pool, "%s%s", name, end)
                : "Unknown";
}

/* A condition counts where it ends. The packet that began it has it too, once
 * that is known; the only one if the capture ends first. */
static void
tree_faults(stats_tree *st, packet_info *pinfo, int branch,
            const ipmi_registers_tap *info)
{
    for (guint32 faults = info->event->faults; faults;) {
        stats_tree_tick_pivot(
            st, branch, info->interface->faults[ipmi_take_bit(&faults)].text);
    }
    for (guint32 conditions = info->event->conditions; conditions;) {
        guint condition = ipmi_take_bit(&conditions);
        guint32 end_frame = ipmi_channel_exceeded(pinfo, condition)->end_frame;

        if (!end_frame || end_frame == pinfo->num) {
            stats_tree_tick_pivot(
                st, branch, info->interface->conditions[condition].fault.text);
        }
    }
}

static tap_packet_status
tree_packet(stats_tree *st, packet_info *pinfo, epan_dissect_t *edt _U_,
            const void *data, tap_flags_t flags _U_)
{
    const ipmi_registers_tap *info = (const ipmi_registers_tap *)data;
    const struct ipmi_record *record = info->record;
    const ipmi_event *event = info->event;
    int channel = tree_channel(st, pinfo, info->point->label);

    if (ipmi_record_is_access(record)) {
        const char *reg = info->interface->register_name(record->what);

        stats_tree_tick_pivot(
            st, channel + BRANCH_HOST + side_index(record),
            wmem_strdup_printf(pinfo->pool, "%s %s",
                               record->op == IPMI_OP_READ ? "Read" : "Write",
                               reg ? reg : "of an unknown register"));
        if (event->poll) {
            stats_tree_tick_pivot(st, channel + BRANCH_POLLS,
                                  side_index(record) ? "BMC" : "Host");
        }
    } else {
        stats_tree_tick_pivot(st, channel + BRANCH_EVENTS,
                              event_name(pinfo, record));
    }
    if (event->before != event->after) {
        stats_tree_tick_pivot(st, channel + BRANCH_PHASES,
                              val_to_str_const(event->after,
                                               info->interface->phases,
                                               "Unknown"));
    }
    if (info->message) {
        if (info->message->ccode_name) {
            stats_tree_tick_pivot(st, channel + BRANCH_CCODES,
                                  info->message->ccode_name);
        } else {
            stats_tree_tick_pivot(st, channel + BRANCH_REQUESTS,
                                  info->message->name);
        }
    }
    if (event->event == IPMI_TRANSFER_ABORT) {
        tick_stat_node(st, "Messages given up", channel, 0);
    }
    if (info->dropped) {
        increase_stat_node(st, "Events that the capture has lost", channel, 0,
                           (int)info->dropped);
    }
    tree_faults(st, pinfo, channel + BRANCH_FAULTS, info);
    return TAP_PACKET_REDRAW;
}

/* Conversations and endpoints. A frame is what one side does; bytes are those
 * of messages, whichever side's access it is that shows them. */

static void
set_ends(packet_info *pinfo, const ipmi_registers_tap *info,
         ipmi_stats_ends *ends)
{
    ends->host = wmem_strdup_printf(pinfo->pool, "Host %s", info->point->label);
    ends->bmc = wmem_strdup_printf(pinfo->pool, "BMC %s", info->point->label);
    ends->number = info->point->number;
}

static ws_bool
has_byte(const ipmi_event *event)
{
    return event->event == IPMI_TRANSFER_BYTE ||
           event->event == IPMI_TRANSFER_LAST;
}

static ws_bool
is_from_host(const struct ipmi_record *record)
{
    /* An interrupt goes to the side that it names. */
    return (record->side == IPMI_SIDE_HOST) != (record->op == IPMI_OP_IRQ);
}

static tap_packet_status
conversation_packet(void *tapdata, packet_info *pinfo,
                    epan_dissect_t *edt _U_, const void *data,
                    tap_flags_t flags)
{
    conv_hash_t *hash = (conv_hash_t *)tapdata;
    const ipmi_registers_tap *info = (const ipmi_registers_tap *)data;
    ipmi_stats_ends ends;

    hash->flags = flags;
    set_ends(pinfo, info, &ends);
    ipmi_stats_conversation(hash, pinfo, &ends, is_from_host(info->record), 1,
                            0);
    if (has_byte(info->event) && info->event->transfer) {
        ipmi_stats_conversation(hash, pinfo, &ends,
                                !info->event->transfer->from_bmc, 0, 1);
    }
    return TAP_PACKET_REDRAW;
}

static tap_packet_status
endpoint_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt _U_,
                const void *data, tap_flags_t flags)
{
    conv_hash_t *hash = (conv_hash_t *)tapdata;
    const ipmi_registers_tap *info = (const ipmi_registers_tap *)data;
    ipmi_stats_ends ends;

    hash->flags = flags;
    set_ends(pinfo, info, &ends);
    ipmi_stats_endpoints(hash, &ends, is_from_host(info->record), 1, 0);
    if (has_byte(info->event) && info->event->transfer) {
        ipmi_stats_endpoints(hash, &ends, !info->event->transfer->from_bmc, 0,
                             1);
    }
    return TAP_PACKET_REDRAW;
}

void
ipmi_registers_stats_register(const ipmi_interface *interface, int proto)
{
    table_register(&message_table, interface, "messages", "stat");
    table_register(&phase_table, interface, "phases", "phases");
    register_srt_table(proto, interface->filter, 1, srt_packet,
                       ipmi_stats_srt_init, NULL);
    stats_tree_register_plugin(
        interface->filter, interface->filter,
        wmem_strdup_printf(wmem_epan_scope(), STATS_TREE_MENU "%s",
                           interface->name),
        0, tree_packet, tree_init, NULL);
    register_conversation_table(proto, 1, conversation_packet,
                                endpoint_packet);
}
