/* tcp-segment.c
 * Finds the TCP segment in a packet that was captured on a network interface.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tcp-segment.h"

#include <string.h>

#include "capture-source.h"

enum linktype {
    LINKTYPE_NULL = 0,
    LINKTYPE_ETHERNET = 1,
    LINKTYPE_RAW = 101,
    LINKTYPE_LOOP = 108,
    LINKTYPE_LINUX_SLL = 113,
    LINKTYPE_IPV4 = 228,
    LINKTYPE_IPV6 = 229,
    LINKTYPE_LINUX_SLL2 = 276
};

enum ethertype {
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_QINQ = 0x88a8
};

enum ip_protocol {
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_TCP = 6,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_DESTINATION = 60
};

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define TCP_HEADER  20

/* What is left of a packet. */
struct rest {
    const uint8_t *bytes;
    size_t len;
};

static bool
skip(struct rest *rest, size_t len)
{
    if (rest->len < len) {
        return false;
    }
    rest->bytes += len;
    rest->len -= len;
    return true;
}

/* Behind a header in which the protocol's number is at an offset, and behind
 * the tags of virtual networks. */
static bool
skip_ethertype(struct rest *rest, size_t offset, size_t header)
{
    while (rest->len >= header) {
        unsigned type = capture_be16(rest->bytes + offset);

        skip(rest, header);
        if (type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6) {
            return true;
        }
        if (type != ETHERTYPE_VLAN && type != ETHERTYPE_QINQ) {
            return false;
        }
        offset = 2;
        header = 4;
    }
    return false;
}

static bool
skip_link_header(uint16_t linktype, struct rest *rest)
{
    switch (linktype) {
    case LINKTYPE_ETHERNET:
        return skip_ethertype(rest, 12, 14);
    case LINKTYPE_LINUX_SLL:
        return skip_ethertype(rest, 14, 16);
    case LINKTYPE_LINUX_SLL2:
        return skip_ethertype(rest, 0, 20);
    case LINKTYPE_NULL:
    case LINKTYPE_LOOP:
        return skip(rest, 4);
    case LINKTYPE_RAW:
    case LINKTYPE_IPV4:
    case LINKTYPE_IPV6:
        return true;
    default:
        return false;
    }
}

/* Both return how long what follows the header is said to be; 0 if that is no
 * TCP. */
static size_t
skip_ipv4(struct rest *rest, struct connection_ends *ends)
{
    const uint8_t *header = rest->bytes;
    size_t header_len, len;

    if (rest->len < IPV4_HEADER) {
        return 0;
    }
    header_len = (header[0] & 0xfU) * 4;
    len = capture_be16(header + 2);
    if (len == 0) {
        /* The network card was to cut it into segments. */
        len = rest->len;
    }
    if (header_len < IPV4_HEADER || len < header_len
            || header[9] != PROTOCOL_TCP
            || capture_be16(header + 6) & 0x3fff    /* fragment */
            || !skip(rest, header_len)) {
        return 0;
    }
    memcpy(ends->source.address, header + 12, 4);
    memcpy(ends->destination.address, header + 16, 4);
    return len - header_len;
}

static size_t
skip_ipv6(struct rest *rest, struct connection_ends *ends)
{
    const uint8_t *header = rest->bytes;
    unsigned next;
    size_t len;

    if (rest->len < IPV6_HEADER) {
        return 0;
    }
    len = capture_be16(header + 4);
    if (len == 0) {
        len = rest->len - IPV6_HEADER;
    }
    next = header[6];
    memcpy(ends->source.address, header + 8, 16);
    memcpy(ends->destination.address, header + 24, 16);
    ends->source.is_ipv6 = ends->destination.is_ipv6 = true;
    skip(rest, IPV6_HEADER);
    while (next == PROTOCOL_HOP_BY_HOP || next == PROTOCOL_ROUTING
            || next == PROTOCOL_DESTINATION) {
        size_t extension;

        if (rest->len < 8) {
            return 0;
        }
        next = rest->bytes[0];
        extension = 8 * (1U + rest->bytes[1]);
        if (extension > len || !skip(rest, extension)) {
            return 0;
        }
        len -= extension;
    }
    return next == PROTOCOL_TCP ? len : 0;
}

bool
tcp_segment_parse(uint16_t linktype, const uint8_t *bytes, size_t len,
                  struct tcp_segment *segment)
{
    struct rest rest = { bytes, len };
    size_t said, header_len;

    *segment = (struct tcp_segment){ 0 };
    if (!skip_link_header(linktype, &rest) || rest.len == 0) {
        return false;
    }
    said = rest.bytes[0] >> 4 == 6 ? skip_ipv6(&rest, &segment->ends)
                                   : skip_ipv4(&rest, &segment->ends);
    if (said < TCP_HEADER || rest.len < TCP_HEADER) {
        return false;
    }
    bytes = rest.bytes;
    header_len = (bytes[12] >> 4) * 4U;
    if (header_len < TCP_HEADER || header_len > said
            || !skip(&rest, header_len)) {
        return false;
    }
    segment->ends.source.port = capture_be16(bytes);
    segment->ends.destination.port = capture_be16(bytes + 2);
    segment->seq = capture_be32(bytes + 4);
    segment->ack = capture_be32(bytes + 8);
    segment->flags = bytes[13];
    segment->payload = rest.bytes;
    said -= header_len;
    /* Ethernet pads short packets. */
    segment->len = said < rest.len ? said : rest.len;
    segment->missing = said - segment->len;
    return true;
}
