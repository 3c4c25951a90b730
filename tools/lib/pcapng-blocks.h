/* pcapng-blocks.h
 * The blocks of a capture as docs/capture-format.md has them: how they are
 * written.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef PCAPNG_BLOCKS_H
#define PCAPNG_BLOCKS_H

#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "capture.h"

/* Each pcapng_add_...() appends a block to what is in blocks. */

/* application: the program and its version. */
void pcapng_add_section(GByteArray *blocks, const char *application);

void pcapng_add_interface(GByteArray *blocks, unsigned linktype,
                          const struct capture_point *point);

/* received: events of the point, those that were lost included. */
void pcapng_add_statistics(GByteArray *blocks, unsigned point, uint64_t time,
                           uint64_t received, uint64_t lost);

#define PCAPNG_STATISTICS_SIZE      52

/* The block of a packet, packet->lost in it, which has to be of an interface
 * that the section has: its size, and how it is written at block. */
size_t pcapng_packet_size(const struct capture_packet *packet);
void pcapng_put_packet(uint8_t *block, const struct capture_packet *packet);

/* A copy of a packet's block, before which so many more events were lost. */
void pcapng_add_packet(GByteArray *blocks, const uint8_t *block,
                       uint64_t lost);

/* Most bytes that it is longer than the block. */
#define PCAPNG_LOSS_SIZE            12

/* What there is to know of a block that was made here. */

enum { PCAPNG_PACKET = 6 };     /* the type of a packet's block */

static inline uint32_t
pcapng_word(const uint8_t *block, size_t offset)
{
    uint32_t word;

    memcpy(&word, block + offset, sizeof word);
    return word;
}

static inline size_t
pcapng_block_size(const uint8_t *block)
{
    return pcapng_word(block, 4);
}

static inline bool
pcapng_block_is_packet(const uint8_t *block)
{
    return pcapng_word(block, 0) == PCAPNG_PACKET;
}

static inline unsigned
pcapng_packet_point(const uint8_t *block)
{
    return pcapng_word(block, 8);
}

uint64_t pcapng_packet_lost(const uint8_t *block);

#endif /* PCAPNG_BLOCKS_H */
