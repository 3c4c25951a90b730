/* tcp-segment.h
 * Finds the TCP segment in a packet that was captured on a network interface.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TCP_SEGMENT_H
#define TCP_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connection.h"

enum tcp_flag {
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_ACK = 0x10
};

struct tcp_segment {
    struct connection_ends ends;
    uint32_t seq, ack;
    uint8_t  flags;             /* enum tcp_flag, or'ed */
    const uint8_t *payload;
    size_t   len;               /* of it, as far as it was captured */
    size_t   missing;           /* what was cut off of it */
};

/* linktype: LINKTYPE_ of pcap-linktype(7). Returns false if there is none. A
 * segment in fragments is not put together. */
bool tcp_segment_parse(uint16_t linktype, const uint8_t *bytes, size_t len,
                       struct tcp_segment *segment);

#endif /* TCP_SEGMENT_H */
