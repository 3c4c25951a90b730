/* extcap-attach.c
 * Captures that other programs make, put into one. Each is read from a stream
 * that is opened again and again, for as long as it takes; what comes from one
 * begins with a section of its own each time, whose capture points are those
 * of the last time if they are called the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "extcap-attach.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib-unix.h>

#include "address.h"
#include "capture-reader.h"
#include "extcap-merge.h"
#include "talk.h"

/* How long after a failure the next try is: doubled from one to the next. */
#define FIRST_DELAY_MS  100
#define LAST_DELAY_MS   3000

/* Other streams have their turn after so many packets. */
#define PACKETS_AT_ONCE 256

/* How long nothing is read while Wireshark reads too slowly. */
#define NO_ROOM_MS      5

struct attach;

struct stream {
    struct attach *attach;
    unsigned number;
    char *name;
    struct address *address;    /* NULL: name is a FIFO's path */
    GCancellable *cancellable;  /* of the attempt to connect */
    int fd;                     /* a FIFO without a writer so far, or -1 */
    struct capture_reader *reader;
    guint source;               /* what the stream waits for */
    unsigned delay_ms;
    GArray *points;             /* unsigned: the reader's to the writer's */
    char *trouble;              /* why there is no reader, or NULL */
    uint64_t packets;
};

struct attach {
    struct extcap_session *session;
    struct capture_writer *writer;
    GPtrArray *streams;
    struct merge *merge;
    GArray *paused;             /* uint64_t: packets not written, by point */
    bool is_paused;
};

static void open_stream(struct stream *stream);
static gboolean read_stream(gpointer data);

static gboolean
try_again(gpointer data)
{
    struct stream *stream = data;

    stream->source = 0;
    open_stream(stream);
    return G_SOURCE_REMOVE;
}

static void
close_reader(struct stream *stream)
{
    capture_reader_close(stream->reader);
    stream->reader = NULL;
    merge_set_open(stream->attach->merge, stream->number, false);
    g_array_set_size(stream->points, 0);
}

/* The stream is not there, or not any more: tries again later. */
static void
retry(struct stream *stream, const char *trouble)
{
    if (g_strcmp0(trouble, stream->trouble) != 0) {
        g_free(stream->trouble);
        stream->trouble = g_strdup(trouble);
        talk("%s: %s; trying again",
                           stream->name, trouble);
    }
    stream->source = g_timeout_add(stream->delay_ms, try_again, stream);
    stream->delay_ms = MIN(2 * stream->delay_ms, LAST_DELAY_MS);
}

/* A virtual machine without a name goes by its address, if there may be more
 * than one: their devices have the same names. */
static char *
description_of(const struct stream *stream, const struct capture_point *point)
{
    if (stream->attach->streams->len > 1 && point->description
            && g_str_has_suffix(point->description, "'s side")) {
        return g_strdup_printf("%s, VM %s", point->description, stream->name);
    }
    return g_strdup(point->description);
}

/* Returns the writer's number of a capture point of the reader's. */
static unsigned
point_of(struct stream *stream, unsigned number)
{
    struct attach *attach = stream->attach;

    while (stream->points->len <= number) {
        const struct capture_point *point =
            capture_reader_point(stream->reader, stream->points->len);
        char *description = description_of(stream, point);
        unsigned mine = capture_writer_point(attach->writer, point->name,
                                             description);

        g_array_append_val(stream->points, mine);
        if (attach->paused->len <= mine) {
            g_array_set_size(attach->paused, mine + 1);
        }
        g_free(description);
    }
    return g_array_index(stream->points, unsigned, number);
}

static void
pass_on(struct stream *stream, struct capture_packet *packet)
{
    struct attach *attach = stream->attach;
    uint64_t *paused;

    /* Of another link type than the rest: Wireshark reads it by itself. */
    if (packet->kind == CAPTURE_TRACE) {
        return;
    }
    stream->packets++;
    packet->point = point_of(stream, packet->point);
    paused = &g_array_index(attach->paused, uint64_t, packet->point);
    packet->lost += *paused;
    if (attach->is_paused) {
        *paused = packet->lost + 1;
    } else {
        *paused = 0;
        merge_put(attach->merge, stream->number, packet);
    }
}

static void
end_of_stream(struct stream *stream, const GError *error)
{
    uint64_t lost = capture_reader_lost_at_end(stream->reader);

    if (lost > 0) {
        talk("%s: %" G_GUINT64_FORMAT " events were lost in the end",
             stream->name, lost);
    }
    if (error && stream->packets == 0) {
        GError *failure = g_error_copy(error);

        g_prefix_error(&failure, "%s: ", stream->name);
        extcap_session_fail(stream->attach->session, failure);
    } else if (stream->address) {
        retry(stream, error ? error->message : "the connection was closed");
    } else {
        /* The next writer is waited for, so there is no need to retry. It may
         * be there already, and never finds the FIFO without a reader. */
        talk("%s: %s", stream->name,
             error ? error->message : "its writer has gone");
        open_stream(stream);
    }
    close_reader(stream);
}

static gboolean
readable(int fd, GIOCondition condition, gpointer data)
{
    (void)fd;
    (void)condition;
    return read_stream(data);
}

static void
wait_for_bytes(struct stream *stream)
{
    stream->source = g_unix_fd_add(capture_reader_fd(stream->reader),
                                   G_IO_IN | G_IO_HUP | G_IO_ERR, readable,
                                   stream);
}

/* Whatever called this is over: what comes next is waited for anew. */
static gboolean
read_stream(gpointer data)
{
    struct stream *stream = data;

    stream->source = 0;
    if (!capture_writer_has_room(stream->attach->writer)) {
        stream->source = g_timeout_add(NO_ROOM_MS, read_stream, stream);
        return G_SOURCE_REMOVE;
    }
    for (unsigned count = 0; count < PACKETS_AT_ONCE; count++) {
        struct capture_packet packet;
        GError *error = NULL;

        switch (capture_reader_next(stream->reader, &packet, &error)) {
        case CAPTURE_READ_PACKET:
            stream->delay_ms = FIRST_DELAY_MS;
            pass_on(stream, &packet);
            break;
        case CAPTURE_READ_AGAIN:
            wait_for_bytes(stream);
            return G_SOURCE_REMOVE;
        case CAPTURE_READ_END:
            end_of_stream(stream, NULL);
            return G_SOURCE_REMOVE;
        case CAPTURE_READ_ERROR:
            end_of_stream(stream, error);
            g_clear_error(&error);
            return G_SOURCE_REMOVE;
        }
    }
    /* The reader may have packets that its file descriptor has not any more. */
    stream->source = g_idle_add(read_stream, stream);
    return G_SOURCE_REMOVE;
}

/* fd is the stream's from now on. */
static void
begin_reading(struct stream *stream, int fd)
{
    stream->reader = capture_reader_open_fd(fd, stream->name);
    g_clear_pointer(&stream->trouble, g_free);
    talk("attached to %s", stream->name);
    merge_set_open(stream->attach->merge, stream->number, true);
    wait_for_bytes(stream);
}

static void
connected(GObject *object, GAsyncResult *result, gpointer data)
{
    struct stream *stream = data;
    GError *error = NULL;
    GSocket *connection = address_connect_finish(result, &error);

    (void)object;
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        /* There is no stream any more. */
        g_error_free(error);
        return;
    }
    g_clear_object(&stream->cancellable);
    if (connection) {
        begin_reading(stream, fcntl(g_socket_get_fd(connection),
                                    F_DUPFD_CLOEXEC, 0));
        g_object_unref(connection);
    } else {
        retry(stream, error->message);
        g_error_free(error);
    }
}

static gboolean
fifo_has_writer(int fd, GIOCondition condition, gpointer data)
{
    struct stream *stream = data;

    (void)condition;
    stream->source = 0;
    stream->fd = -1;
    begin_reading(stream, fd);
    return G_SOURCE_REMOVE;
}

static void
open_stream(struct stream *stream)
{
    struct stat status;

    if (stream->address) {
        stream->cancellable = g_cancellable_new();
        address_connect_async(stream->address, stream->cancellable, connected,
                              stream);
        return;
    }
    /* Without a writer there is nothing to read, and no end either until there
     * was one. */
    stream->fd = open(stream->name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (stream->fd < 0) {
        retry(stream, g_strerror(errno));
        return;
    }
    if (fstat(stream->fd, &status) < 0 || !S_ISFIFO(status.st_mode)) {
        close(stream->fd);
        stream->fd = -1;
        retry(stream, "is no FIFO any more");
        return;
    }
    stream->delay_ms = FIRST_DELAY_MS;
    stream->source = g_unix_fd_add(stream->fd, G_IO_IN | G_IO_HUP | G_IO_ERR,
                                   fifo_has_writer, stream);
}

static void
stream_free(gpointer data)
{
    struct stream *stream = data;

    if (stream->source != 0) {
        g_source_remove(stream->source);
    }
    if (stream->cancellable) {
        g_cancellable_cancel(stream->cancellable);
        g_object_unref(stream->cancellable);
    }
    if (stream->reader) {
        close_reader(stream);
    }
    if (stream->fd >= 0) {
        close(stream->fd);
    }
    g_clear_pointer(&stream->address, address_free);
    g_array_free(stream->points, TRUE);
    g_free(stream->trouble);
    g_free(stream->name);
    g_free(stream);
}

static void
add_stream(struct attach *attach, const char *name, struct address *address)
{
    struct stream *stream = g_new0(struct stream, 1);

    stream->attach = attach;
    stream->number = attach->streams->len;
    stream->name = g_strdup(name);
    stream->address = address;
    stream->fd = -1;
    stream->delay_ms = FIRST_DELAY_MS;
    stream->points = g_array_new(FALSE, FALSE, sizeof(unsigned));
    g_ptr_array_add(attach->streams, stream);
}

static struct attach *
attach_new(struct extcap_session *session, struct capture_writer *writer)
{
    struct attach *attach = g_new0(struct attach, 1);

    attach->session = session;
    attach->writer = writer;
    attach->streams = g_ptr_array_new_with_free_func(stream_free);
    attach->paused = g_array_new(FALSE, TRUE, sizeof(uint64_t));
    return attach;
}

static void
attach_stop(void *source)
{
    struct attach *attach = source;

    g_ptr_array_free(attach->streams, TRUE);
    if (attach->merge) {
        merge_free(attach->merge);
    }
    /* What Wireshark did not want any more is not missing to anybody. */
    capture_writer_close(attach->writer, NULL);
    g_array_free(attach->paused, TRUE);
    g_free(attach);
}

static void
write_packet(const struct capture_packet *packet, void *data)
{
    struct attach *attach = data;

    capture_writer_put(attach->writer, packet);
}

static void
open_all(struct attach *attach)
{
    attach->merge = merge_new(attach->streams->len, write_packet, attach);
    for (guint i = 0; i < attach->streams->len; i++) {
        open_stream(g_ptr_array_index(attach->streams, i));
    }
}

static void *
attach_start(struct extcap_session *session, const struct extcap_values *values,
             struct capture_writer *writer, GError **error)
{
    struct attach *attach = attach_new(session, writer);
    char **texts = g_strsplit(values->attach, ",", 0);

    for (char **text = texts; *text; text++) {
        struct address *address = address_parse(g_strstrip(*text), error);

        if (!address) {
            attach_stop(attach);
            g_strfreev(texts);
            return NULL;
        }
        add_stream(attach, *text, address);
    }
    g_strfreev(texts);
    open_all(attach);
    return attach;
}

static void *
fifo_start(struct extcap_session *session, const struct extcap_values *values,
           struct capture_writer *writer, GError **error)
{
    struct attach *attach = attach_new(session, writer);
    struct stat status;

    if (stat(values->read, &status) < 0) {
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
                    "%s: %s; if there is none yet, make it with mkfifo",
                    values->read, g_strerror(errno));
    } else if (!S_ISFIFO(status.st_mode)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "%s is no FIFO: Wireshark opens files itself",
                    values->read);
    } else {
        add_stream(attach, values->read, NULL);
        open_all(attach);
        return attach;
    }
    attach_stop(attach);
    return NULL;
}

static void
attach_pause(void *source, bool paused)
{
    struct attach *attach = source;

    attach->is_paused = paused;
}

static void
attach_describe(void *source, GString *text)
{
    const struct attach *attach = source;

    for (guint i = 0; i < attach->streams->len; i++) {
        const struct stream *stream = g_ptr_array_index(attach->streams, i);

        g_string_append_printf(text, "%s%s: ", i > 0 ? "; " : "", stream->name);
        if (stream->trouble) {
            g_string_append_printf(text, "waiting, %s", stream->trouble);
        } else if (!stream->reader) {
            g_string_append(text, stream->address ? "connecting"
                                                  : "waiting for a writer");
        } else if (capture_reader_points(stream->reader) == 0) {
            /* QEMU serves one reader at a time, the next one has to wait. */
            g_string_append(text, "connected, but nothing has come; is another "
                            "program reading it?");
        } else {
            g_string_append(text, "attached");
        }
        if (stream->packets > 0) {
            g_string_append_printf(text, ", %" G_GUINT64_FORMAT " packets",
                                   stream->packets);
        }
    }
}

static void
attach_get_writing(void *source, struct extcap_writing *writing)
{
    const struct attach *attach = source;
    struct capture_writer_state state;

    capture_writer_get_state(attach->writer, &state);
    writing->lost = state.lost;
    writing->reader_gone = state.reader_gone;
    capture_writer_state_clear(&state);
}

const struct extcap_source extcap_attach_source = {
    .start = attach_start,
    .pause = attach_pause,
    .describe = attach_describe,
    .get_writing = attach_get_writing,
    .stop = attach_stop,
};

const struct extcap_source extcap_fifo_source = {
    .start = fifo_start,
    .pause = attach_pause,
    .describe = attach_describe,
    .get_writing = attach_get_writing,
    .stop = attach_stop,
};
