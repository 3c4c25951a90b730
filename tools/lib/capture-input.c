/* capture-input.c
 * The bytes of a capture as they come from a file descriptor.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "capture-input.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>

/* What is read at once: enough that system calls do not matter, and little
 * enough to stay in the processor's cache. */
#define FIRST_ROOM  (256 * 1024)

void
capture_input_init(struct capture_input *input, int fd)
{
    struct stat status;

    *input = (struct capture_input){ .fd = fd, .room = FIRST_ROOM };
    input->buffer = g_malloc(input->room);
    input->is_file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

/* Whether a read would wait. A FIFO that nobody has opened for writing yet has
 * no end either: poll() knows, read() does not. */
static bool
would_wait(const struct capture_input *input)
{
    struct pollfd pollfd = { .fd = input->fd, .events = POLLIN };

    return !input->is_file && poll(&pollfd, 1, 0) == 0;
}

static enum capture_input_state
fill(struct capture_input *input, GError **error)
{
    ssize_t len;

    if (would_wait(input)) {
        return CAPTURE_INPUT_AGAIN;
    }
    do {
        len = read(input->fd, input->buffer + input->end,
                   input->room - input->end);
    } while (len < 0 && errno == EINTR);
    if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        return CAPTURE_INPUT_AGAIN;
    }
    if (len < 0) {
        g_set_error_literal(error, G_IO_ERROR, g_io_error_from_errno(errno),
                            g_strerror(errno));
        return CAPTURE_INPUT_ERROR;
    }
    input->ended = len == 0;
    input->end += (size_t)len;
    return CAPTURE_INPUT_READY;
}

/* Room for len bytes from the beginning of what is there. */
static void
make_room(struct capture_input *input, size_t len)
{
    if (input->begin + len <= input->room) {
        return;
    }
    memmove(input->buffer, capture_input_bytes(input),
            capture_input_len(input));
    input->end -= input->begin;
    input->begin = 0;
    if (len > input->room) {
        input->room = MAX(len, 2 * input->room);
        input->buffer = g_realloc(input->buffer, input->room);
    }
}

enum capture_input_state
capture_input_need(struct capture_input *input, size_t len, GError **error)
{
    if (capture_input_len(input) >= len) {
        return CAPTURE_INPUT_READY;
    }
    make_room(input, len);
    while (capture_input_len(input) < len) {
        enum capture_input_state state;

        if (input->ended) {
            return CAPTURE_INPUT_END;
        }
        state = fill(input, error);
        if (state != CAPTURE_INPUT_READY) {
            return state;
        }
    }
    return CAPTURE_INPUT_READY;
}

void
capture_input_clear(struct capture_input *input)
{
    if (input->fd >= 0) {
        close(input->fd);
    }
    g_free(input->buffer);
}
