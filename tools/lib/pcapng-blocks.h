/* pcapng-blocks.h
 * The blocks of a capture as docs/capture-format.md has them: how they are
 * written.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef PCAPNG_BLOCKS_H
#define PCAPNG_BLOCKS_H

#include <stdbool.h>

#include <glib.h>

#include "capture.h"

/* Each of these appends a block to what is in blocks. */

/* application: the program and its version. */
void pcapng_add_section(GByteArray *blocks, const char *application);

void pcapng_add_interface(GByteArray *blocks, unsigned linktype,
                          const struct capture_point *point);

/* lost: events of its point just before it, in the place of packet->lost. */
void pcapng_add_packet(GByteArray *blocks, const struct capture_packet *packet,
                       uint64_t lost);

/* received: events of the point, those that were lost included. */
void pcapng_add_statistics(GByteArray *blocks, unsigned point, uint64_t time,
                           uint64_t received, uint64_t lost);

/* Most bytes that the block of a packet of so many has, and size of a
 * statistics block. */
#define PCAPNG_PACKET_SIZE(len)     ((len) + 96)
#define PCAPNG_STATISTICS_SIZE      52

/* What there is to know of a block that was made here. */
size_t pcapng_block_size(const uint8_t *block);
bool pcapng_block_is_packet(const uint8_t *block);
unsigned pcapng_packet_point(const uint8_t *block);
uint64_t pcapng_packet_lost(const uint8_t *block);

#endif /* PCAPNG_BLOCKS_H */
