/* capture-writer.h
 * Writes captures, docs/capture-format.md, to a file, a FIFO or the standard
 * output, and never makes its caller wait: a thread of its own writes what is
 * queued, and what finds no room in the queue is lost and counted.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef CAPTURE_WRITER_H
#define CAPTURE_WRITER_H

#include <stdbool.h>

#include <glib.h>

#include "capture.h"

struct capture_writer;

struct capture_writer_options {
    const char *path;           /* "-": the standard output */
    uint64_t file_size;         /* bytes after which to begin the next file */
    uint64_t file_time;         /* ns after which to; 0 each: one file */
    unsigned files;             /* how many to keep, the oldest go; 0: all */
    unsigned linktype;          /* CAPTURE_LINKTYPE_HPM_2 for CAPTURE_TRACE
                                 * alone; 0: CAPTURE_LINKTYPE_UPPER_PDU */
    bool     wait;              /* for room in the queue, to lose nothing: if
                                 * packets do not come from something live */
};

/* What became of it so far. Numbers are those of packets. */
struct capture_writer_state {
    uint64_t written;
    uint64_t lost;
    char    *trouble;           /* why nothing is being written now, or NULL */
    bool     reader_gone;       /* the FIFO or pipe had one and has none now */
};

/* Functions are for one thread, or one at a time.
 *
 * A path that cannot be opened is an error here; a FIFO without a reader is
 * not, and may get one, and another one, at any time: each gets a capture of
 * its own, which begins with the latest packets that nobody has read. With more
 * than one file, names are PATH's with a number and the time before the last
 * dot.
 *
 * While a disk is full it tries again, and what finds no room meanwhile is
 * lost. */
struct capture_writer *
capture_writer_new(const struct capture_writer_options *options,
                   GError **error);

/* Adds a capture point and returns its number. At any time. One of the same
 * name and description is the same one. */
unsigned capture_writer_point(struct capture_writer *writer, const char *name,
                              const char *description);

/* packet->kind must not be CAPTURE_OTHER. packet->lost is added to what the
 * writer itself has lost. Bytes after the first 32 KiB are cut off. */
void capture_writer_put(struct capture_writer *writer,
                        const struct capture_packet *packet);

/* The same in two steps, for several packets at once: what was added may stay
 * where it is until the flush. */
void capture_writer_add(struct capture_writer *writer,
                        const struct capture_packet *packet);
void capture_writer_flush(struct capture_writer *writer);

/* Whether the queue is less than half full: for those who can wait, but have
 * other things to do meanwhile. */
bool capture_writer_has_room(struct capture_writer *writer);

/* To be freed with capture_writer_state_clear(). */
void capture_writer_get_state(struct capture_writer *writer,
                              struct capture_writer_state *state);
void capture_writer_state_clear(struct capture_writer_state *state);

/* Writes what is queued, then the statistics, and closes. A reader that does
 * not read, or a FIFO's first one that has not come yet, is waited for two
 * seconds at most, each time that it stops, but with options->wait as long as
 * it takes. Returns false, and why, if anything was lost. */
bool capture_writer_close(struct capture_writer *writer, GError **error);

#endif /* CAPTURE_WRITER_H */
