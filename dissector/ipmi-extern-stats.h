/* ipmi-extern-stats.h
 * What Wireshark's Statistics, Analyze and Export menus offer for the IPMI
 * extern wire format.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_EXTERN_STATS_H
#define IPMI_EXTERN_STATS_H

#include "ipmi-extern-unit.h"

/* To be called once, when the protocol and its fields are registered. */
void ipmi_extern_stats_register(void);

/* Hands one frame of the wire format, the bytes of wire as captured, to
 * whoever listens. */
void ipmi_extern_stats_frame(packet_info *pinfo, tvbuff_t *wire,
                             const ipmi_extern_decoded *info);

/* Hands on a connection record: exported frames need it as much as these. */
void ipmi_extern_stats_connection(packet_info *pinfo, tvbuff_t *wire,
                                  const ipmi_extern_link *link);

#endif /* IPMI_EXTERN_STATS_H */
