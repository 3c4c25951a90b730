/* capture-output.c
 * Where a capture goes: a file or a ring of them, a FIFO, the standard output.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "capture-output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>

enum output_kind {
    OUTPUT_FILE,        /* or a device: writing does not wait for a reader */
    OUTPUT_FIFO,
    OUTPUT_PIPE         /* or a socket; somebody else's, so it may block */
};

struct capture_output {
    enum output_kind kind;
    char *path;             /* NULL: the standard output */
    char *name;             /* of the present file */
    int   fd;
    bool  several;
    unsigned keep;
    unsigned number;        /* of the present file */
    GQueue files;           /* names of those that are kept, oldest first */
};

static void
set_error(GError **error, const char *name, int code, const char *why)
{
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code),
                "cannot write %s: %s", name, why);
}

/* Whether status is of something where the reader matters. */
static bool
has_reader(const struct stat *status)
{
    return S_ISFIFO(status->st_mode) || S_ISSOCK(status->st_mode);
}

static bool
use_standard_output(struct capture_output *output, GError **error)
{
    struct stat status;

    if (fstat(STDOUT_FILENO, &status) != 0) {
        set_error(error, output->name, errno, g_strerror(errno));
        return false;
    }
    if (isatty(STDOUT_FILENO)) {
        set_error(error, output->name, EINVAL, "a capture is nothing for a "
                  "terminal; pipe it to a program, or name a file");
        return false;
    }
    output->kind = has_reader(&status) ? OUTPUT_PIPE : OUTPUT_FILE;
    return true;
}

static bool
use_path(struct capture_output *output, GError **error)
{
    struct stat status;

    if (stat(output->path, &status) != 0) {
        return true;
    }
    if (output->several && !S_ISREG(status.st_mode)) {
        set_error(error, output->path, EINVAL, "it is no regular file, so "
                  "there cannot be several of it");
        return false;
    }
    if (S_ISFIFO(status.st_mode)) {
        output->kind = OUTPUT_FIFO;
    }
    return true;
}

struct capture_output *
capture_output_new(const char *path, bool several, unsigned keep,
                   GError **error)
{
    struct capture_output *output = g_new0(struct capture_output, 1);
    bool good;

    output->fd = -1;
    output->several = several;
    output->keep = keep;
    g_queue_init(&output->files);
    if (g_str_equal(path, "-")) {
        output->name = g_strdup("the standard output");
        good = use_standard_output(output, error);
        if (good && several) {
            set_error(error, output->name, EINVAL, "there cannot be several of "
                      "it; name a file");
            good = false;
        }
    } else {
        output->path = g_strdup(path);
        output->name = g_strdup(path);
        good = use_path(output, error);
    }
    if (!good) {
        capture_output_free(output);
        return NULL;
    }
    return output;
}

/* The path with a number and the time before the last dot of its last part. */
static char *
numbered_name(const struct capture_output *output)
{
    const char *slash = strrchr(output->path, '/');
    const char *base = slash ? slash + 1 : output->path;
    const char *dot = strrchr(base, '.');
    GDateTime *now = g_date_time_new_now_local();
    char *time = g_date_time_format(now, "%Y%m%d%H%M%S");
    char *name;

    if (!dot || dot == base) {
        dot = base + strlen(base);
    }
    name = g_strdup_printf("%.*s_%05u_%s%s", (int)(dot - output->path),
                           output->path, output->number + 1, time, dot);
    g_free(time);
    g_date_time_unref(now);
    return name;
}

/* The room that it takes may be what the next one needs. */
static void
remove_oldest(struct capture_output *output)
{
    while (output->keep > 0
           && g_queue_get_length(&output->files) >= output->keep) {
        char *oldest = g_queue_pop_head(&output->files);

        unlink(oldest);
        g_free(oldest);
    }
}

static enum output_result
open_file(struct capture_output *output)
{
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;

    if (output->several) {
        remove_oldest(output);
        g_free(output->name);
        output->name = numbered_name(output);
    }
    output->fd = open(output->name, flags, 0666);
    if (output->fd < 0) {
        return OUTPUT_FAILED;
    }
    if (output->several) {
        output->number++;
        g_queue_push_tail(&output->files, g_strdup(output->name));
    }
    return OUTPUT_DONE;
}

enum output_result
capture_output_open(struct capture_output *output)
{
    if (!output->path) {
        output->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
        return output->fd < 0 ? OUTPUT_FAILED : OUTPUT_DONE;
    }
    if (output->kind == OUTPUT_FILE) {
        return open_file(output);
    }
    output->fd = open(output->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (output->fd >= 0) {
        return OUTPUT_DONE;
    }
    return errno == ENXIO ? OUTPUT_NO_READER : OUTPUT_FAILED;
}

void
capture_output_close(struct capture_output *output)
{
    if (output->fd >= 0) {
        close(output->fd);
        output->fd = -1;
    }
}

void
capture_output_free(struct capture_output *output)
{
    capture_output_close(output);
    g_queue_clear_full(&output->files, g_free);
    g_free(output->path);
    g_free(output->name);
    g_free(output);
}

bool
capture_output_is_open(const struct capture_output *output)
{
    return output->fd >= 0;
}

bool
capture_output_is_fifo(const struct capture_output *output)
{
    return output->kind == OUTPUT_FIFO;
}

const char *
capture_output_name(const struct capture_output *output)
{
    return output->name;
}

/* A pipe that can be written to at all takes that much without blocking. */
static enum output_result
limit_to_pipe(struct capture_output *output, size_t *len)
{
    struct pollfd ready = { .fd = output->fd, .events = POLLOUT };

    if (poll(&ready, 1, 0) < 0) {
        return OUTPUT_FAILED;
    }
    *len = MIN(*len, PIPE_BUF);
    return ready.revents ? OUTPUT_DONE : OUTPUT_LATER;
}

enum output_result
capture_output_write(struct capture_output *output, const uint8_t *bytes,
                     size_t len, size_t *written)
{
    ssize_t done;

    *written = 0;
    if (output->kind == OUTPUT_PIPE) {
        enum output_result result = limit_to_pipe(output, &len);

        if (result != OUTPUT_DONE) {
            return result;
        }
    }
    do {
        done = write(output->fd, bytes, len);
    } while (done < 0 && errno == EINTR);
    if (done >= 0) {
        *written = (size_t)done;
        return OUTPUT_DONE;
    }
    switch (errno) {
    case EAGAIN:
        return OUTPUT_LATER;
    case EPIPE:
    case ECONNRESET:
        return OUTPUT_NO_READER;
    default:
        return OUTPUT_FAILED;
    }
}

bool
capture_output_take_back(struct capture_output *output, size_t len)
{
    off_t end;

    if (output->kind != OUTPUT_FILE) {
        return false;
    }
    end = lseek(output->fd, 0, SEEK_CUR) - (off_t)len;
    return end >= 0 && ftruncate(output->fd, end) == 0
           && lseek(output->fd, end, SEEK_SET) == end;
}

int
capture_output_fd(const struct capture_output *output)
{
    return output->kind == OUTPUT_FILE ? -1 : output->fd;
}
