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
};

/* What became of it so far. Numbers are those of packets. */
struct capture_writer_state {
    uint64_t written;
    uint64_t lost;
    char    *trouble;           /* why nothing is being written now, or NULL */
};

/* A path that cannot be opened is an error here; a FIFO without a reader is
 * not, and may get one, and another one, at any time. With more than one file,
 * names are PATH's with a number and the time before the last dot. */
struct capture_writer *
capture_writer_new(const struct capture_writer_options *options,
                   GError **error);

/* Adds a capture point and returns its number. At any time. */
unsigned capture_writer_point(struct capture_writer *writer, const char *name,
                              const char *description);

/* packet->kind must not be CAPTURE_OTHER. packet->lost is added to what the
 * writer itself has lost. */
void capture_writer_put(struct capture_writer *writer,
                        const struct capture_packet *packet);

/* To be freed with capture_writer_state_clear(). */
void capture_writer_get_state(struct capture_writer *writer,
                              struct capture_writer_state *state);
void capture_writer_state_clear(struct capture_writer_state *state);

/* Writes what is queued, then the statistics, and closes. A reader that does
 * not read is waited for a second at most. Returns false, and why, if anything
 * was lost for good. */
bool capture_writer_close(struct capture_writer *writer, GError **error);

#endif /* CAPTURE_WRITER_H */
