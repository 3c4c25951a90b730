/* ipmi-stats.c
 * What the statistics of all IPMI protocols share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include "ipmi-stats.h"

/* A table a link or channel would be nicer, but Wireshark's window shows several
 * tables more than once. */
void
ipmi_stats_srt_init(struct register_srt *srt _U_, GArray *tables)
{
    init_srt_table("IPMI commands", NULL, tables, 0, "Command", NULL, NULL);
}

static int
srt_row(srt_stat_table *table, const char *name)
{
    for (int i = 0; i < table->num_procs; i++) {
        if (strcmp(table->procedures[i].procedure, name) == 0) {
            return i;
        }
    }
    init_srt_table_row(table, table->num_procs, name);
    return table->num_procs - 1;
}

void
ipmi_stats_srt_add(srt_data_t *srt, packet_info *pinfo, const char *command,
                   const ipmi_point *point,
                   const ipmi_transaction *transaction)
{
    srt_stat_table *table = g_array_index(srt->srt_array, srt_stat_table *, 0);
    const char *name = command;

    if (point) {
        name = wmem_strdup_printf(pinfo->pool, "%s, %s", command,
                                  point->label);
    }
    add_srt_table_data(table, srt_row(table, name),
                       &transaction->request_time, pinfo);
}

/* The ends are names, for which there is no display filter. */

static const char *
no_conversation_filter(conv_item_t *item _U_, conv_filter_type_e type _U_)
{
    return CONV_FILTER_INVALID;
}

static const char *
no_endpoint_filter(endpoint_item_t *item _U_, conv_filter_type_e type _U_)
{
    return CONV_FILTER_INVALID;
}

static void
set_end(address *end, const char *name)
{
    set_address(end, AT_STRINGZ, (int)strlen(name) + 1, name);
}

void
ipmi_stats_conversation(conv_hash_t *hash, packet_info *pinfo,
                        const ipmi_stats_ends *ends, ws_bool from_host,
                        int frames, int bytes)
{
    static ct_dissector_info_t dissector_info = { no_conversation_filter };
    address source, destination;

    set_end(&source, from_host ? ends->host : ends->bmc);
    set_end(&destination, from_host ? ends->bmc : ends->host);
    add_conversation_table_data_with_conv_id(
        hash, &source, &destination, 0, 0, ends->number, frames, bytes,
        &pinfo->rel_ts, &pinfo->abs_ts, &dissector_info, CONVERSATION_NONE);
}

void
ipmi_stats_endpoints(conv_hash_t *hash, const ipmi_stats_ends *ends,
                     ws_bool from_host, int frames, int bytes)
{
    static et_dissector_info_t dissector_info = { no_endpoint_filter };
    address end;

    set_end(&end, ends->host);
    add_endpoint_table_data(hash, &end, 0, from_host, frames, bytes,
                            &dissector_info, ENDPOINT_NONE);
    set_end(&end, ends->bmc);
    add_endpoint_table_data(hash, &end, 0, !from_host, frames, bytes,
                            &dissector_info, ENDPOINT_NONE);
}
