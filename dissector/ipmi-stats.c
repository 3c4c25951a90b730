/* ipmi-stats.c
 * What the statistics of all IPMI protocols share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include "ipmi-stats.h"

int
ipmi_stats_srt_row(srt_stat_table *table, const char *command)
{
    for (int i = 0; i < table->num_procs; i++) {
        if (strcmp(table->procedures[i].procedure, command) == 0) {
            return i;
        }
    }
    init_srt_table_row(table, table->num_procs, command);
    return table->num_procs - 1;
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
