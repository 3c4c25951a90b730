/* pcapng-parser.h
 * Parses pcapng (draft-ietf-opsawg-pcapng) as it comes: any byte order, any
 * resolution of time stamps, several sections, and what docs/capture-format.md
 * says in options. libpcap reads pcapng too, but tells nothing of interfaces,
 * directions, comments and what was dropped, and has to wait for what is not
 * there yet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef PCAPNG_PARSER_H
#define PCAPNG_PARSER_H

#include "capture-input.h"
#include "capture-source.h"

/* First bytes of a capture of this format. */
#define PCAPNG_MAGIC    0x0a0d0d0a

/* To be zeroed. */
struct pcapng_parser {
    bool     in_section;
    bool     swapped;           /* bytes are in the other order than ours */
    unsigned section_begin;     /* number of its interface 0 */
    uint64_t packets;
    uint64_t lost_at_end;       /* events, after the last packets */
    GArray  *interfaces;        /* of struct capture_interface */
};

/* Goes on to the next packet; interfaces are there before the packets that
 * they have. */
enum capture_read pcapng_parser_next(struct pcapng_parser *parser,
                                     struct capture_input *input,
                                     struct capture_raw *raw, GError **error);

void pcapng_parser_clear(struct pcapng_parser *parser);

#endif /* PCAPNG_PARSER_H */
