/* capture-section.h
 * The blocks of a capture that are not written yet, from a header to the
 * statistics in the end: each file is one section, and so is what each reader
 * of a FIFO gets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef CAPTURE_SECTION_H
#define CAPTURE_SECTION_H

#include <stdbool.h>

#include <glib.h>

#include "capture.h"

struct capture_section {
    GByteArray *blocks;     /* not all written yet */
    size_t   done;          /* bytes of them, in whole blocks */
    size_t   part;          /* bytes of the block after these */
    unsigned packets;       /* in the blocks after these */
    uint64_t size;          /* bytes of the section so far */
    bool     has_packets;
    bool     at_end;        /* its last block is made */

    char    *application;
    unsigned linktype;
    GArray  *points;
};

/* application: the program and its version. */
void capture_section_init(struct capture_section *section,
                          const char *application, unsigned linktype);
void capture_section_clear(struct capture_section *section);

/* A header, and all points. Packets that were not all written to the section
 * before follow. */
void capture_section_begin(struct capture_section *section);

/* point stays where it is as long as the section is used. announced: it is to
 * be in this section already, which has begun. */
void capture_section_add_point(struct capture_section *section,
                               const struct capture_point *point,
                               bool announced);
unsigned capture_section_points(const struct capture_section *section);

/* Packets' blocks (pcapng-blocks.h), len bytes in all, which are copied. */
void capture_section_add_packets(struct capture_section *section,
                                 const uint8_t *blocks, size_t len);

/* Events of a point are lost: the next packet of it says so. */
void capture_section_lose(struct capture_section *section, unsigned point,
                          uint64_t events);

/* The statistics. last: there is no other section to say what was lost after
 * the last packet. */
void capture_section_end(struct capture_section *section, bool last);

/* Bytes of packets' blocks that the section has room for, if it is to have so
 * many bytes in the end. */
uint64_t capture_section_room(const struct capture_section *section,
                              uint64_t size);

/* What is to be written. */
const uint8_t *capture_section_unwritten(const struct capture_section *section,
                                         size_t *len);

/* So much of it is. Returns how many packets that completes. */
unsigned capture_section_written(struct capture_section *section, size_t len);

#endif /* CAPTURE_SECTION_H */
