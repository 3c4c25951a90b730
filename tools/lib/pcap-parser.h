/* pcap-parser.h
 * Parses pcap, the older capture format (pcap-savefile(5)), as it comes: either
 * byte order, micro- or nanoseconds. libpcap, which reads it too, has to wait
 * for what is not there yet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef PCAP_PARSER_H
#define PCAP_PARSER_H

#include "capture-input.h"
#include "capture-source.h"

/* To be zeroed. */
struct pcap_parser {
    bool     begun;             /* the header was there */
    bool     swapped;           /* numbers are in the other order than ours */
    bool     nanoseconds;
    uint64_t packets;
    struct capture_interface interface;     /* all that pcap has */
};

/* Whether the first 4 bytes of a capture are those of this format. */
bool pcap_parser_recognises(const uint8_t *bytes);

/* Goes on to the next packet. The interface is there from the first one on. */
enum capture_read pcap_parser_next(struct pcap_parser *parser,
                                   struct capture_input *input,
                                   struct capture_raw *raw, GError **error);

#endif /* PCAP_PARSER_H */
