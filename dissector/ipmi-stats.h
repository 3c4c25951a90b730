/* ipmi-stats.h
 * What the statistics of all IPMI protocols share: service response times, and
 * the two ends that conversations and endpoints are about.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_STATS_H
#define IPMI_STATS_H

#include "ws-compat.h"

#include <epan/conversation_table.h>
#include <epan/packet.h>
#include <epan/srt_table.h>

#include "ipmi-match.h"
#include "ipmi-point.h"

/* Service response times, a row a command of a link or channel: makes the
 * table, and counts a response. point is NULL where there are addresses. */
void ipmi_stats_srt_init(struct register_srt *srt, GArray *tables);
void ipmi_stats_srt_add(srt_data_t *srt, packet_info *pinfo,
                        const char *command, const ipmi_point *point,
                        const ipmi_transaction *transaction);

/* Who talks: a host and its BMC, at one place of the capture. */
typedef struct {
    const char *host, *bmc;     /* names, each of that one end */
    guint32     number;         /* of the link or channel */
} ipmi_stats_ends;

/* Adds frames and bytes that went from one end to the other. */
void ipmi_stats_conversation(conv_hash_t *hash, packet_info *pinfo,
                             const ipmi_stats_ends *ends, ws_bool from_host,
                             int frames, int bytes);
void ipmi_stats_endpoints(conv_hash_t *hash, const ipmi_stats_ends *ends,
                          ws_bool from_host, int frames, int bytes);

#endif /* IPMI_STATS_H */
