/* ipmi-trans-stats.c
 * What Wireshark's Statistics menu offers for the way of commands across
 * machines: a table of how long each command took on each part of it, and a stats
 * tree.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <epan/packet.h>
#include <epan/stat_tap_ui.h>
#include <epan/stats_tree.h>
#include <epan/tap.h>

#include "packet-ipmi-trans.h"

/* Below how many of a hundred times the percentile is that the table has. */
#define PERCENTILE 95

/* A heap of times, the largest one first. */
typedef struct {
    float *times;
    guint  count;
    guint  size;
} heap;

/* All times of one command in one hop. The percentile takes them all, and
 * Wireshark does not say when it draws the table: so they are kept in two parts,
 * between which the percentile is at any time. Those above it are negated. */
typedef struct {
    heap    below;          /* the percentile is the first of them */
    heap    above;
    double  sum, min, max;
} distribution;

static void
heap_push(heap *to, float time)
{
    guint child = to->count++;

    if (child == to->size) {
        to->size = to->size ? to->size * 2 : 16;
        to->times = g_renew(float, to->times, to->size);
    }
    while (child > 0 && to->times[(child - 1) / 2] < time) {
        to->times[child] = to->times[(child - 1) / 2];
        child = (child - 1) / 2;
    }
    to->times[child] = time;
}

static float
heap_pop(heap *from)
{
    float first = from->times[0];
    float last = from->times[--from->count];
    guint hole = 0, child;

    while ((child = hole * 2 + 1) < from->count) {
        if (child + 1 < from->count &&
            from->times[child + 1] > from->times[child]) {
            child++;
        }
        if (from->times[child] <= last) {
            break;
        }
        from->times[hole] = from->times[child];
        hole = child;
    }
    from->times[hole] = last;
    return first;
}

static guint
distribution_count(const distribution *of)
{
    return of->below.count + of->above.count;
}

static void
distribution_add(distribution *to, double time)
{
    ws_bool first = distribution_count(to) == 0;
    guint above;

    to->sum += time;
    to->min = first ? time : MIN(to->min, time);
    to->max = first ? time : MAX(to->max, time);

    if (first || (float)time <= to->below.times[0]) {
        heap_push(&to->below, (float)time);
    } else {
        heap_push(&to->above, -(float)time);
    }
    above = (guint)((guint64)distribution_count(to) * (100 - PERCENTILE) / 100);
    while (to->above.count < above) {
        heap_push(&to->above, -heap_pop(&to->below));
    }
    while (to->above.count > above) {
        heap_push(&to->below, -heap_pop(&to->above));
    }
}

static void
distribution_clear(distribution *of)
{
    g_free(of->below.times);
    g_free(of->above.times);
    memset(of, 0, sizeof *of);
}

/* The table: a row for each hop of each command. */

enum {
    COLUMN_COMMAND,
    COLUMN_HOP,
    COLUMN_COUNT,
    COLUMN_MIN,
    COLUMN_MEAN,
    COLUMN_PERCENTILE,
    COLUMN_MAX,
    COLUMNS
};

static stat_tap_table_item columns[COLUMNS] = {
    { TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Command                            ",
      "%-35s" },
    { TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Hop       ", "%-10s" },
    { TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "  Count", "%7u" },
    { TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "    Min ms", "%10.3f" },
    { TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "   Mean ms", "%10.3f" },
    { TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "    p95 ms", "%10.3f" },
    { TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "    Max ms", "%10.3f" },
};

static void
show_row(stat_tap_table_item_type *row)
{
    const distribution *of =
        (const distribution *)row[COLUMN_COMMAND].user_data.ptr_value;
    guint count = distribution_count(of);

    row[COLUMN_COUNT].value.uint_value = count;
    row[COLUMN_MIN].value.float_value = of->min;
    row[COLUMN_MEAN].value.float_value = count ? of->sum / count : 0;
    row[COLUMN_PERCENTILE].value.float_value =
        count ? CLAMP(of->below.times[0], of->min, of->max) : 0;
    row[COLUMN_MAX].value.float_value = of->max;
}

static ws_bool
is_row_of(const stat_tap_table_item_type *row, const char *command,
          const char *hop)
{
    return strcmp(row[COLUMN_COMMAND].value.string_value, command) == 0 &&
           row[COLUMN_HOP].value.string_value == hop;
}

/* The row of a hop. The hops of a command follow each other, so the one to look
 * at first is that which follows the row that was used last. */
static stat_tap_table_item_type *
row_of(stat_tap_table *table, const char *command, const char *hop,
       guint *next)
{
    stat_tap_table_item_type row[COLUMNS];
    guint rows = table->num_elements;

    for (guint i = 0; i < rows; i++) {
        guint at = (*next + i) % rows;

        if (is_row_of(table->elements[at], command, hop)) {
            *next = at + 1;
            return table->elements[at];
        }
    }

    memset(row, 0, sizeof row);
    for (guint i = 0; i < COLUMNS; i++) {
        row[i].type = columns[i].type;
    }
    row[COLUMN_COMMAND].value.string_value = command;
    row[COLUMN_COMMAND].user_data.ptr_value = g_new0(distribution, 1);
    row[COLUMN_HOP].value.string_value = hop;
    stat_tap_init_table_row(table, rows, COLUMNS, row);
    *next = 0;
    return table->elements[rows];
}

static tap_packet_status
table_packet(void *tapdata, packet_info *pinfo _U_, epan_dissect_t *edt _U_,
             const void *data, tap_flags_t flags _U_)
{
    const stat_data_t *stat = (const stat_data_t *)tapdata;
    const ipmi_trans_end *end = (const ipmi_trans_end *)data;
    stat_tap_table *table = g_array_index(stat->stat_tap_data->tables,
                                          stat_tap_table *, 0);
    guint next = 0;

    for (guint i = 0; i < IPMI_HOPS; i++) {
        stat_tap_table_item_type *row;

        if (end->hops & 1 << i) {
            row = row_of(table, end->command, ipmi_hop_names[i], &next);
            distribution_add(
                (distribution *)row[COLUMN_COMMAND].user_data.ptr_value,
                nstime_to_msec(&end->time[i]));
            show_row(row);
        }
    }
    return TAP_PACKET_REDRAW;
}

static void
table_reset(stat_tap_table *table)
{
    for (guint i = 0; i < table->num_elements; i++) {
        stat_tap_table_item_type *row = table->elements[i];

        distribution_clear(
            (distribution *)row[COLUMN_COMMAND].user_data.ptr_value);
        show_row(row);
    }
}

static void
table_init(stat_tap_table_ui *ui)
{
    stat_tap_table *table = stat_tap_find_table(ui, ui->title);

    if (table) {
        table_reset(table);
    } else {
        stat_tap_add_table(ui, stat_tap_init_table(ui->title, COLUMNS, 0,
                                                   NULL));
    }
}

static void
table_free_item(stat_tap_table *table _U_, guint row _U_, guint column,
                stat_tap_table_item_type *item)
{
    if (column == COLUMN_COMMAND) {
        distribution_clear((distribution *)item->user_data.ptr_value);
        g_free(item->user_data.ptr_value);
        item->user_data.ptr_value = NULL;
    }
}

static stat_tap_table_ui table_ui = {
    .group = REGISTER_PACKET_STAT_GROUP_UNSORTED,
    .title = "IPMI transactions",
    .tap_name = "ipmi_trans",
    .cli_string = "ipmi_trans,stat",
    .stat_tap_init_cb = table_init,
    .packet_func = table_packet,
    .stat_tap_reset_table_cb = table_reset,
    .stat_tap_free_table_item_cb = table_free_item,
    .nfields = COLUMNS,
    .fields = columns,
};

/* The stats tree. */

#ifdef STATS_TREE_MENU_SEPARATOR
#define STATS_TREE_NAME "IPMI" STATS_TREE_MENU_SEPARATOR "Transactions"
#else
#define STATS_TREE_NAME "IPMI/Transactions"
#endif

static const char st_transactions[] = "Transactions";
static const char st_hops[] = "Time in each hop (ms)";
static const char st_commands[] = "Time of each command (ms)";

static int node_transactions, node_hops, node_commands;

static void
tree_init(stats_tree *st)
{
    node_transactions = stats_tree_create_node(st, st_transactions, 0,
                                               STAT_DT_INT, 1);
    node_hops = stats_tree_create_node(st, st_hops, 0, STAT_DT_FLOAT, 1);
    node_commands = stats_tree_create_node(st, st_commands, 0, STAT_DT_FLOAT,
                                           1);
}

static tap_packet_status
tree_packet(stats_tree *st, packet_info *pinfo _U_, epan_dissect_t *edt _U_,
            const void *data, tap_flags_t flags _U_)
{
    const ipmi_trans_end *end = (const ipmi_trans_end *)data;

    tick_stat_node(st, st_transactions, 0, 1);
    tick_stat_node(st, end->by_emulator ? "Answered by the host's emulator"
                                        : "Answered by the BMC",
                   node_transactions, 0);
    for (guint i = 0; i < IPMI_HOPS; i++) {
        if (end->hops & 1 << i) {
            avg_stat_node_add_value_float(
                st, ipmi_hop_names[i], node_hops, 0,
                (float)nstime_to_msec(&end->time[i]));
        }
    }
    avg_stat_node_add_value_float(
        st, end->command, node_commands, 0,
        (float)nstime_to_msec(&end->time[IPMI_HOP_TOTAL]));
    return TAP_PACKET_REDRAW;
}

void
ipmi_trans_stats_register(void)
{
    register_stat_tap_table_ui(&table_ui);
    stats_tree_register_plugin("ipmi_trans", "ipmi_trans", STATS_TREE_NAME, 0,
                               tree_packet, tree_init, NULL);
}
