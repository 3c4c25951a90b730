/* capture-output.h
 * Where a capture goes: a file or a ring of them, a FIFO, the standard output.
 * Opens them and writes to them, as far as that is possible without waiting.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef CAPTURE_OUTPUT_H
#define CAPTURE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

struct capture_output;

enum output_result {
    OUTPUT_DONE,
    OUTPUT_LATER,       /* the reader takes no more now: wait on the file
                         * descriptor */
    OUTPUT_NO_READER,
    OUTPUT_FAILED       /* errno says why */
};

/* path: "-" is the standard output. several: numbered files, of which the
 * latest keep ones are kept, or with 0 all. Opens nothing yet; fails if that
 * makes no sense. */
struct capture_output *capture_output_new(const char *path, bool several,
                                          unsigned keep, GError **error);

/* Opens it; of several files the next one, for which the oldest goes. */
enum output_result capture_output_open(struct capture_output *output);

void capture_output_close(struct capture_output *output);
void capture_output_free(struct capture_output *output);

bool capture_output_is_open(const struct capture_output *output);

/* Whether another reader may come when the one there was has gone. */
bool capture_output_is_fifo(const struct capture_output *output);

/* What is open, for messages. */
const char *capture_output_name(const struct capture_output *output);

/* Writes the beginning of bytes, and says in written how much. */
enum output_result capture_output_write(struct capture_output *output,
                                        const uint8_t *bytes, size_t len,
                                        size_t *written);

/* Takes back the last len bytes that were written. Returns false where that is
 * not possible. */
bool capture_output_take_back(struct capture_output *output, size_t len);

/* To wait on; -1 if there never is anything to wait for. */
int capture_output_fd(const struct capture_output *output);

#endif /* CAPTURE_OUTPUT_H */
