/* traffic-trace.c
 * Messages in HPM.2 traces (LINKTYPE_IPMI_HPM_2): what a BMC has seen on the
 * channels of its system interface, each in the format of the channel's
 * protocol.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "traffic-follower.h"

/* A block of trace data: channel and type, seconds, milliseconds, protocol,
 * flags, one more byte, length; then the data. */
enum layout {
    BLOCK_CHANNEL = 0,
    BLOCK_PROTOCOL = 7,
    BLOCK_FLAGS = 8,
    BLOCK_DATA = 11
};

#define CHANNEL         0x0f
#define IS_NO_MESSAGE   0x30
#define TO_BMC          0x80    /* of the flags */

/* Channel protocols (IPMI 2.0, table 6-2). */
enum protocol {
    PROTOCOL_KCS = 0x05,
    PROTOCOL_BT_10 = 0x07,
    PROTOCOL_BT_15 = 0x08
};

void
traffic_trace(struct traffic_packet *packet)
{
    const uint8_t *block = packet->packet->bytes;
    size_t len = packet->packet->len;
    struct traffic_matcher *matcher;
    uint8_t protocol;

    if (len < BLOCK_DATA || block[BLOCK_CHANNEL] & IS_NO_MESSAGE) {
        return;
    }
    protocol = block[BLOCK_PROTOCOL];
    if (protocol != PROTOCOL_KCS && protocol != PROTOCOL_BT_10
            && protocol != PROTOCOL_BT_15) {
        return;
    }
    if (!packet->point->traced) {
        packet->point->traced = g_new0(struct traffic_matcher, CHANNEL + 1);
    }
    matcher = &packet->point->traced[block[BLOCK_CHANNEL] & CHANNEL];
    if (packet->packet->lost) {
        traffic_matcher_lose(matcher);
    }
    traffic_transfer(packet, matcher, protocol != PROTOCOL_KCS,
                     !(block[BLOCK_FLAGS] & TO_BMC), block + BLOCK_DATA,
                     len - BLOCK_DATA);
}

uint64_t
traffic_trace_unanswered(const struct traffic_point *point)
{
    uint64_t unanswered = 0;

    for (unsigned i = 0; point->traced && i <= CHANNEL; i++) {
        unanswered += point->traced[i].exchange.unanswered;
    }
    return unanswered;
}

void
traffic_trace_clear(struct traffic_point *point)
{
    g_free(point->traced);
}
