/* capture-input.h
 * The bytes of a capture as they come from a file descriptor: so many of them
 * in a row as whoever parses them needs.
 *
 * Nothing here waits: what comes from a FIFO or a socket may pause, and whoever
 * reads has other things to do then, whether or not the file descriptor itself
 * blocks. (That of the standard input is shared with other programs, which must
 * not find it changed.)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef CAPTURE_INPUT_H
#define CAPTURE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

struct capture_input {
    int      fd;
    bool     is_file;       /* it has no pauses */
    bool     ended;
    uint8_t *buffer;
    size_t   room;
    size_t   begin, end;    /* of what is there, in buffer */
    uint64_t offset;        /* of begin, in the stream */
};

enum capture_input_state {
    CAPTURE_INPUT_READY,
    CAPTURE_INPUT_AGAIN,    /* not there yet */
    CAPTURE_INPUT_END,      /* the stream has no more than what is there */
    CAPTURE_INPUT_ERROR
};

void capture_input_init(struct capture_input *input, int fd);

/* Has at least len bytes ready from input->begin on. They hold until the next
 * call. */
enum capture_input_state capture_input_need(struct capture_input *input,
                                            size_t len, GError **error);

/* What is there, and how much of it. */
static inline const uint8_t *
capture_input_bytes(const struct capture_input *input)
{
    return input->buffer + input->begin;
}

static inline size_t
capture_input_len(const struct capture_input *input)
{
    return input->end - input->begin;
}

/* The first len bytes, which are there, have been used. They hold until the
 * next capture_input_need(). */
static inline void
capture_input_take(struct capture_input *input, size_t len)
{
    input->begin += len;
    input->offset += len;
}

/* Closes the file descriptor. */
void capture_input_clear(struct capture_input *input);

#endif /* CAPTURE_INPUT_H */
