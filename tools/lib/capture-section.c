/* capture-section.c
 * The blocks of a capture that are not written yet, from a header to the
 * statistics in the end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "capture-section.h"

#include "pcapng-blocks.h"
#include "tool.h"

struct section_point {
    const struct capture_point *words;
    uint64_t lost;              /* events, in no block yet */
    uint64_t packets, dropped;  /* in the blocks of this section */
};

static struct section_point *
point_of(const struct capture_section *section, unsigned number)
{
    return &g_array_index(section->points, struct section_point, number);
}

void
capture_section_init(struct capture_section *section, const char *application,
                     unsigned linktype)
{
    *section = (struct capture_section){
        .blocks = g_byte_array_new(),
        .application = g_strdup(application),
        .linktype = linktype,
        .points = g_array_new(FALSE, TRUE, sizeof(struct section_point)),
    };
}

void
capture_section_clear(struct capture_section *section)
{
    g_byte_array_free(section->blocks, TRUE);
    g_free(section->application);
    g_array_free(section->points, TRUE);
}

unsigned
capture_section_points(const struct capture_section *section)
{
    return section->points->len;
}

/* All that adds a block is between these two. */

static guint
begin_block(const struct capture_section *section)
{
    return section->blocks->len;
}

static void
end_block(struct capture_section *section, guint start)
{
    section->size += section->blocks->len - start;
}

static void
announce(struct capture_section *section, const struct capture_point *point)
{
    guint start = begin_block(section);

    pcapng_add_interface(section->blocks, section->linktype, point);
    end_block(section, start);
}

void
capture_section_add_point(struct capture_section *section,
                          const struct capture_point *point, bool announced)
{
    const struct section_point new_point = { .words = point };

    g_array_append_val(section->points, new_point);
    if (announced) {
        announce(section, point);
    }
}

static void
add_blocks(struct capture_section *section, const uint8_t *blocks, size_t len)
{
    guint start = begin_block(section);

    g_byte_array_append(section->blocks, blocks, (guint)len);
    end_block(section, start);
}

/* lost: events of its point that its block does not have. */
static void
count_packet(struct capture_section *section, const uint8_t *block,
             uint64_t lost)
{
    struct section_point *point = point_of(section, pcapng_packet_point(block));

    point->packets++;
    point->dropped += lost + pcapng_packet_lost(block);
    section->packets++;
    section->has_packets = true;
}

/* Takes over the packets from these blocks. */
static void
keep_packets(struct capture_section *section, const GByteArray *blocks,
             size_t at)
{
    while (at < blocks->len) {
        const uint8_t *block = blocks->data + at;
        size_t size = pcapng_block_size(block);

        if (pcapng_block_is_packet(block)) {
            add_blocks(section, block, size);
            count_packet(section, block, 0);
        }
        at += size;
    }
}

void
capture_section_begin(struct capture_section *section)
{
    GByteArray *before = section->blocks;
    size_t done = section->done;

    section->blocks = g_byte_array_new();
    section->done = section->part = 0;
    section->packets = 0;
    section->has_packets = section->at_end = false;
    pcapng_add_section(section->blocks, section->application);
    section->size = section->blocks->len;
    for (unsigned i = 0; i < section->points->len; i++) {
        struct section_point *point = point_of(section, i);

        point->packets = point->dropped = 0;
        announce(section, point->words);
    }
    keep_packets(section, before, done);
    g_byte_array_free(before, TRUE);
}

static void
add_packet_after_losses(struct capture_section *section, const uint8_t *block,
                        uint64_t lost)
{
    guint start = begin_block(section);

    pcapng_add_packet(section->blocks, block, lost);
    end_block(section, start);
}

void
capture_section_add_packets(struct capture_section *section,
                            const uint8_t *blocks, size_t len)
{
    size_t added = 0, size;

    for (size_t at = 0; at < len; at += size) {
        const uint8_t *block = blocks + at;
        struct section_point *point =
            point_of(section, pcapng_packet_point(block));

        size = pcapng_block_size(block);
        count_packet(section, block, point->lost);
        if (point->lost > 0) {
            add_blocks(section, blocks + added, at - added);
            add_packet_after_losses(section, block, point->lost);
            added = at + size;
            point->lost = 0;
        }
    }
    add_blocks(section, blocks + added, len - added);
}

void
capture_section_lose(struct capture_section *section, unsigned point,
                     uint64_t events)
{
    point_of(section, point)->lost += events;
}

void
capture_section_end(struct capture_section *section, bool last)
{
    guint start = begin_block(section);
    uint64_t now = tool_clock(CLOCK_REALTIME);

    for (unsigned i = 0; i < section->points->len; i++) {
        struct section_point *point = point_of(section, i);

        if (last) {
            point->dropped += point->lost;
            point->lost = 0;
        }
        pcapng_add_statistics(section->blocks, i, now,
                              point->packets + point->dropped, point->dropped);
    }
    end_block(section, start);
    section->at_end = true;
}

uint64_t
capture_section_room(const struct capture_section *section, uint64_t size)
{
    uint64_t needed = section->size
                      + (uint64_t)section->points->len
                            * (PCAPNG_LOSS_SIZE + PCAPNG_STATISTICS_SIZE);

    return size > needed ? size - needed : 0;
}

const uint8_t *
capture_section_unwritten(const struct capture_section *section, size_t *len)
{
    size_t from = section->done + section->part;

    *len = section->blocks->len - from;
    return section->blocks->data + from;
}

unsigned
capture_section_written(struct capture_section *section, size_t len)
{
    unsigned packets = 0;

    section->part += len;
    if (section->done + section->part == section->blocks->len) {
        packets = section->packets;
        g_byte_array_set_size(section->blocks, 0);
        section->packets = 0;
        section->done = section->part = 0;
        return packets;
    }
    while (section->part > 0) {
        const uint8_t *block = section->blocks->data + section->done;
        size_t size = pcapng_block_size(block);

        if (section->part < size) {
            break;
        }
        packets += pcapng_block_is_packet(block);
        section->part -= size;
        section->done += size;
    }
    section->packets -= packets;
    return packets;
}
