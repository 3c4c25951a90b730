/* capture-writer.c
 * Writes captures, docs/capture-format.md. The thread that captures puts
 * packets into a queue, as blocks; the one here writes those, many at a time.
 *
 * What was written always ends with a whole block, as far as this is possible:
 * a file from which the last write is missing, since the disk is full, is cut
 * to that, and a reader that comes in the middle of it all gets a header first.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "capture-writer.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>

#include <gio/gio.h>

#include "capture-output.h"
#include "capture-section.h"
#include "packet-queue.h"
#include "pcapng-blocks.h"

/* Blocks are written when there are so many bytes of them, or nothing is queued
 * any more. Not more, for this to be done in the processor's caches, and in a
 * time that nobody on the link notices. */
#define MUCH    (64 * 1024)

/* Packets are left in the queue to become many: for so long, or until there are
 * so many bytes. */
#define LINGER_MS       50
#define LINGER_LEVEL    (64 * 1024)

/* How much is kept for a reader that may come. */
#define KEEP_LEVEL      (PACKET_QUEUE_MAX / 2)

/* How often to look for a reader, and whether there is room on the disk. */
#define READER_MS       100
#define TROUBLE_MS      500

/* How long a reader is waited for when closing: to come, or to take more. */
#define PATIENCE_MS     2000

#define NEVER   G_MAXINT64

struct point {
    struct capture_point words;
    uint64_t lost;              /* since the last packet that found room */
};

struct capture_writer {
    struct capture_writer_options options;
    struct capture_output *output;
    struct packet_queue *queue;
    GThread *thread;

    GPtrArray *points;          /* struct point; under the lock, but only one
                                 * thread changes it */
    GMutex   lock;
    GCond    room;              /* for options.wait */
    char    *trouble;           /* under the lock */

    _Atomic unsigned point_count;
    _Atomic uint64_t written, lost;
    _Atomic bool reader_gone, closing, hopeless, waiting;

    /* Of the thread that writes. */
    struct capture_section section;
    bool     finished;          /* the section is the last one */
    bool     failed;            /* in the end */
    int64_t  try_at;            /* us: to open or write again */
    int64_t  rotate_at;         /* us: to begin the next file */
    int64_t  give_up_at;        /* us: on a reader, when closing */
    char    *reason;            /* the last trouble that packets were lost by */
    int      code;              /* errno of the last failure */
};

/* --- Trouble -------------------------------------------------------------- */

static void
set_trouble(struct capture_writer *writer, const char *why)
{
    g_mutex_lock(&writer->lock);
    g_free(writer->trouble);
    writer->trouble = NULL;
    if (why) {
        writer->trouble = g_strdup_printf(
            "%s: %s", capture_output_name(writer->output), why);
        g_free(writer->reason);
        writer->reason = g_strdup(why);
    } else if (atomic_load(&writer->lost) == 0) {
        g_clear_pointer(&writer->reason, g_free);
    }
    g_mutex_unlock(&writer->lock);
}

/* Whoever waits for room, waits no longer. */
static void
lose_hope(struct capture_writer *writer)
{
    atomic_store(&writer->hopeless, true);
    g_mutex_lock(&writer->lock);
    g_cond_signal(&writer->room);
    g_mutex_unlock(&writer->lock);
}

static void
has_failed(struct capture_writer *writer)
{
    set_trouble(writer, g_strerror(writer->code));
    writer->try_at = g_get_monotonic_time() + TROUBLE_MS * 1000;
    if (writer->options.wait) {
        lose_hope(writer);
    }
}

static void
has_no_reader(struct capture_writer *writer)
{
    set_trouble(writer, "nobody reads it");
    writer->try_at = capture_output_is_fifo(writer->output)
                         ? g_get_monotonic_time() + READER_MS * 1000 : NEVER;
    if (writer->options.wait && atomic_load(&writer->reader_gone)) {
        lose_hope(writer);
    }
}

/* --- Packets -------------------------------------------------------------- */

static void
add_new_points(struct capture_writer *writer)
{
    unsigned known = capture_section_points(&writer->section);

    if (atomic_load(&writer->point_count) == known) {
        return;
    }
    g_mutex_lock(&writer->lock);
    while (known < writer->points->len) {
        const struct point *point = g_ptr_array_index(writer->points, known++);

        capture_section_add_point(&writer->section, &point->words,
                                  capture_output_is_open(writer->output));
    }
    g_mutex_unlock(&writer->lock);
}

/* The next packets' blocks, whose points the section knows. */
static const uint8_t *
next_packets(struct capture_writer *writer, size_t *len)
{
    const uint8_t *blocks = packet_queue_peek(writer->queue, len);

    add_new_points(writer);
    return blocks;
}

static void
drop_from_queue(struct capture_writer *writer, size_t len)
{
    packet_queue_drop(writer->queue, len);
    if (!writer->options.wait) {
        return;
    }
    /* Either this thread sees that the other one waits, or that one sees that
     * there is room. */
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load(&writer->waiting)
            && packet_queue_level(writer->queue) < PACKET_QUEUE_MAX / 2) {
        g_mutex_lock(&writer->lock);
        g_cond_signal(&writer->room);
        g_mutex_unlock(&writer->lock);
    }
}

/* Bytes of those of these blocks for which there is room in the file: all that
 * come before one for which there is none. Of one packet at least there is
 * room in any. */
static size_t
fitting(const struct capture_writer *writer, const uint8_t *blocks, size_t len)
{
    uint64_t room = writer->options.file_size > 0
                        ? capture_section_room(&writer->section,
                                               writer->options.file_size)
                        : UINT64_MAX;
    size_t fit = 0;

    if (len <= room) {
        return len;
    }
    while (fit + pcapng_block_size(blocks + fit) <= room) {
        fit += pcapng_block_size(blocks + fit);
    }
    return fit > 0 || writer->section.has_packets ? fit
                                                  : pcapng_block_size(blocks);
}

static void
add_packets(struct capture_writer *writer, const uint8_t *blocks, size_t len)
{
    if (!writer->section.has_packets && writer->options.file_time > 0) {
        writer->rotate_at = g_get_monotonic_time()
                            + (int64_t)(writer->options.file_time / 1000);
    }
    capture_section_add_packets(&writer->section, blocks, len);
}

/* Takes what is queued, up to the end of a file. Returns whether there was
 * anything. */
static bool
take_packets(struct capture_writer *writer)
{
    const uint8_t *blocks;
    size_t len;
    bool any = false;

    while (!writer->section.at_end && writer->section.blocks->len < MUCH
           && (blocks = next_packets(writer, &len))) {
        len = fitting(writer, blocks, len);
        if (len == 0) {
            capture_section_end(&writer->section, false);
            break;
        }
        add_packets(writer, blocks, len);
        drop_from_queue(writer, len);
        any = true;
    }
    return any;
}

/* Without a reader only the latest packets are kept. */
static void
forget_oldest(struct capture_writer *writer, size_t level)
{
    const uint8_t *block;
    size_t len;

    while (packet_queue_level(writer->queue) > level
           && (block = next_packets(writer, &len))) {
        capture_section_lose(&writer->section, pcapng_packet_point(block),
                             pcapng_packet_lost(block) + 1);
        atomic_fetch_add(&writer->lost, 1);
        drop_from_queue(writer, pcapng_block_size(block));
    }
}

/* --- Writing -------------------------------------------------------------- */

/* There was room for a part of a block only. */
static void
end_with_whole_block(struct capture_writer *writer)
{
    if (writer->section.part > 0
            && capture_output_take_back(writer->output, writer->section.part)) {
        writer->section.part = 0;
    }
}

/* A reader is waited for from now on. */
static void
be_patient(struct capture_writer *writer)
{
    if (!writer->options.wait) {
        writer->give_up_at = g_get_monotonic_time() + PATIENCE_MS * 1000;
    }
}

static enum output_result
write_blocks(struct capture_writer *writer)
{
    const uint8_t *bytes;
    size_t len;

    while (bytes = capture_section_unwritten(&writer->section, &len), len > 0) {
        size_t written;
        enum output_result result =
            capture_output_write(writer->output, bytes, len, &written);

        if (result == OUTPUT_FAILED) {
            writer->code = errno;
            end_with_whole_block(writer);
        }
        if (result != OUTPUT_DONE) {
            return result;
        }
        if (atomic_load(&writer->closing)) {
            be_patient(writer);
        }
        atomic_fetch_add(&writer->written,
                         capture_section_written(&writer->section, written));
    }
    return OUTPUT_DONE;
}

static void
reader_has_gone(struct capture_writer *writer)
{
    atomic_store(&writer->reader_gone, true);
    capture_output_close(writer->output);
    has_no_reader(writer);
}

static enum output_result
try_open(struct capture_writer *writer)
{
    bool fifo = capture_output_is_fifo(writer->output);
    enum output_result result;

    if (writer->try_at > g_get_monotonic_time()
            && (writer->try_at == NEVER || !atomic_load(&writer->closing))) {
        return fifo || writer->try_at == NEVER ? OUTPUT_NO_READER
                                               : OUTPUT_FAILED;
    }
    result = capture_output_open(writer->output);
    if (result == OUTPUT_DONE) {
        atomic_store(&writer->reader_gone, false);
        set_trouble(writer, NULL);
        writer->try_at = 0;
        writer->finished = false;
        writer->rotate_at = NEVER;
        capture_section_begin(&writer->section);
    } else if (result == OUTPUT_FAILED) {
        writer->code = errno;
        has_failed(writer);
    } else {
        has_no_reader(writer);
    }
    return result;
}

/* Writes what blocks there are. Returns OUTPUT_DONE if that is all done. */
static enum output_result
try_write(struct capture_writer *writer)
{
    enum output_result result;

    if (writer->try_at > g_get_monotonic_time()
            && !atomic_load(&writer->closing)) {
        return OUTPUT_FAILED;
    }
    result = write_blocks(writer);
    if (result == OUTPUT_FAILED) {
        has_failed(writer);
    } else if (result == OUTPUT_NO_READER) {
        reader_has_gone(writer);
    } else if (writer->try_at > 0) {
        writer->try_at = 0;
        set_trouble(writer, NULL);
    }
    return result;
}

/* --- The thread ----------------------------------------------------------- */

static int
timeout_until(int64_t at)
{
    int64_t left = at - g_get_monotonic_time();

    return at == NEVER ? -1 : (int)CLAMP((left + 999) / 1000, 0, G_MAXINT);
}

/* Waits until the queue has level bytes, the time has come, the reader takes
 * more if that is waited for, or has gone. */
static void
wait_for(struct capture_writer *writer, size_t level, int64_t until,
         enum output_result result)
{
    struct pollfd fds[] = {
        { .fd = packet_queue_fd(writer->queue), .events = POLLIN },
        { .fd = capture_output_fd(writer->output),
          .events = result == OUTPUT_LATER ? POLLOUT : 0 },
    };

    until = MIN(until, writer->rotate_at);
    if (atomic_load(&writer->closing)) {
        until = MIN(until, writer->give_up_at);
    }
    if (packet_queue_sleep(writer->queue, level)) {
        poll(fds, G_N_ELEMENTS(fds), timeout_until(until));
    }
    packet_queue_slept(writer->queue);
    if (fds[1].revents & (POLLERR | POLLHUP)) {
        reader_has_gone(writer);
    }
}

/* All is in blocks. What was lost at last is known now that nothing more
 * comes. */
static void
finish(struct capture_writer *writer)
{
    for (unsigned i = 0; i < writer->points->len; i++) {
        struct point *point = g_ptr_array_index(writer->points, i);

        capture_section_lose(&writer->section, i, point->lost);
        point->lost = 0;
    }
    capture_section_end(&writer->section, true);
    writer->finished = true;
}

/* What will not be written any more. */
static void
count_rest(struct capture_writer *writer)
{
    size_t len;

    forget_oldest(writer, 0);
    capture_section_unwritten(&writer->section, &len);
    atomic_fetch_add(&writer->lost,
                     capture_section_written(&writer->section, len));
}

static void
wait_without_reader(struct capture_writer *writer)
{
    bool fifo = capture_output_is_fifo(writer->output);

    if (!writer->options.wait || atomic_load(&writer->hopeless)) {
        forget_oldest(writer, fifo ? KEEP_LEVEL : 0);
    }
    wait_for(writer, KEEP_LEVEL + PACKET_QUEUE_MAX / 4, writer->try_at,
             OUTPUT_NO_READER);
}

static void
wait_after(struct capture_writer *writer, enum output_result result, bool any)
{
    switch (result) {
    case OUTPUT_DONE:
        if (any) {
            wait_for(writer, LINGER_LEVEL,
                     g_get_monotonic_time() + LINGER_MS * 1000, result);
        } else {
            wait_for(writer, 1, NEVER, result);
        }
        break;
    case OUTPUT_LATER:
        wait_for(writer, SIZE_MAX, NEVER, result);
        break;
    case OUTPUT_NO_READER:
        wait_without_reader(writer);
        break;
    case OUTPUT_FAILED:
        wait_for(writer, SIZE_MAX, writer->try_at, result);
        break;
    }
}

/* Opens what is to be opened, and writes what is to be written. Returns how far
 * it came, and whether there was anything. */
static enum output_result
work(struct capture_writer *writer, bool *any)
{
    enum output_result result = OUTPUT_DONE;

    *any = false;
    add_new_points(writer);
    if (!capture_output_is_open(writer->output)) {
        result = try_open(writer);
    }
    if (result == OUTPUT_DONE) {
        if (!writer->section.at_end
                && g_get_monotonic_time() >= writer->rotate_at) {
            capture_section_end(&writer->section, false);
        }
        *any = take_packets(writer);
        result = try_write(writer);
    }
    return result;
}

/* Whether the first reader may be on its way, when closing, and finds
 * something. */
static bool
may_still_come(struct capture_writer *writer)
{
    return capture_output_is_fifo(writer->output)
           && !atomic_load(&writer->reader_gone)
           && packet_queue_level(writer->queue) > 0
           && g_get_monotonic_time() < writer->give_up_at;
}

/* Whether there is anything to wait for when closing. */
static bool
goes_on(struct capture_writer *writer, enum output_result result)
{
    switch (result) {
    case OUTPUT_DONE:
        return true;
    case OUTPUT_LATER:
        return g_get_monotonic_time() < writer->give_up_at;
    case OUTPUT_NO_READER:
        return writer->options.wait ? !atomic_load(&writer->hopeless)
                                    : may_still_come(writer);
    case OUTPUT_FAILED:
        break;
    }
    return false;
}

static gpointer
write_packets(gpointer data)
{
    struct capture_writer *writer = data;

    for (;;) {
        bool closing = atomic_load(&writer->closing), any;
        enum output_result result = work(writer, &any);

        if (result == OUTPUT_DONE && writer->section.at_end) {
            if (writer->finished) {
                break;
            }
            /* The next file, at once. */
            capture_output_close(writer->output);
        } else if (closing && !goes_on(writer, result)) {
            writer->failed = result == OUTPUT_FAILED;
            break;
        } else if (result != OUTPUT_DONE
                   || packet_queue_level(writer->queue) == 0) {
            if (closing && result == OUTPUT_DONE) {
                finish(writer);
            } else {
                wait_after(writer, result, any);
            }
        }
    }
    count_rest(writer);
    capture_output_close(writer->output);
    return NULL;
}

/* --- For others ----------------------------------------------------------- */

static void
free_point(gpointer data)
{
    struct point *point = data;

    g_free((char *)point->words.name);
    g_free((char *)point->words.description);
    g_free(point);
}

static void
free_writer(struct capture_writer *writer)
{
    if (writer->output) {
        capture_output_free(writer->output);
    }
    if (writer->queue) {
        packet_queue_free(writer->queue);
    }
    capture_section_clear(&writer->section);
    g_ptr_array_free(writer->points, TRUE);
    g_mutex_clear(&writer->lock);
    g_cond_clear(&writer->room);
    g_free(writer->trouble);
    g_free(writer->reason);
    g_free(writer);
}

/* The thread gets no signals: they are the program's, and a reader that has
 * gone or a limit of the size are errors like others. */
static bool
start_thread(struct capture_writer *writer, GError **error)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    writer->thread = g_thread_try_new("capture", write_packets, writer, error);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return writer->thread != NULL;
}

static void
set_open_error(GError **error, const char *path, int code)
{
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code),
                "cannot write %s: %s", path, g_strerror(code));
}

/* Opens it for the first time, when it must not fail. */
static bool
start(struct capture_writer *writer, GError **error)
{
    const char *path = writer->options.path;

    writer->queue = packet_queue_new();
    if (!writer->queue) {
        set_open_error(error, path, errno);
        return false;
    }
    if (try_open(writer) == OUTPUT_FAILED) {
        set_open_error(error, path, writer->code);
        return false;
    }
    return start_thread(writer, error);
}

struct capture_writer *
capture_writer_new(const struct capture_writer_options *options,
                   GError **error)
{
    struct capture_writer *writer = g_new0(struct capture_writer, 1);
    bool several = options->file_size > 0 || options->file_time > 0;
    char *application = g_strdup_printf("%s " TOOL_VERSION, g_get_prgname());

    writer->options = *options;
    writer->points = g_ptr_array_new_with_free_func(free_point);
    writer->rotate_at = NEVER;
    capture_section_init(&writer->section, application,
                         options->linktype ? options->linktype
                                           : CAPTURE_LINKTYPE_UPPER_PDU);
    g_free(application);
    g_mutex_init(&writer->lock);
    g_cond_init(&writer->room);
    writer->output = capture_output_new(options->path, several, options->files,
                                        error);
    if (!writer->output || !start(writer, error)) {
        free_writer(writer);
        return NULL;
    }
    return writer;
}

/* For the thread that captures. */
static struct point *
point_of(const struct capture_writer *writer, unsigned number)
{
    return g_ptr_array_index(writer->points, number);
}

static bool
is_point(const struct point *point, const char *name, const char *description)
{
    return g_str_equal(point->words.name, name)
           && g_strcmp0(point->words.description, description) == 0;
}

unsigned
capture_writer_point(struct capture_writer *writer, const char *name,
                     const char *description)
{
    char *good_name = g_utf8_make_valid(name, -1);
    char *good_description =
        description && *description ? g_utf8_make_valid(description, -1) : NULL;
    struct point *point = NULL;
    unsigned number;

    for (number = 0; number < writer->points->len; number++) {
        if (is_point(point_of(writer, number), good_name, good_description)) {
            g_free(good_name);
            g_free(good_description);
            return number;
        }
    }
    point = g_new0(struct point, 1);
    point->words.name = good_name;
    point->words.description = good_description;
    g_mutex_lock(&writer->lock);
    g_ptr_array_add(writer->points, point);
    g_mutex_unlock(&writer->lock);
    atomic_store(&writer->point_count, writer->points->len);
    packet_queue_wake(writer->queue);
    return number;
}

static bool
put_when_there_is_room(struct capture_writer *writer,
                       const struct capture_packet *packet)
{
    bool put;

    packet_queue_publish(writer->queue);
    g_mutex_lock(&writer->lock);
    atomic_store(&writer->waiting, true);
    while (!(put = packet_queue_put(writer->queue, packet))
           && !atomic_load(&writer->hopeless)) {
        g_cond_wait(&writer->room, &writer->lock);
    }
    atomic_store(&writer->waiting, false);
    g_mutex_unlock(&writer->lock);
    return put;
}

void
capture_writer_add(struct capture_writer *writer,
                   const struct capture_packet *packet)
{
    struct point *point = point_of(writer, packet->point);
    struct capture_packet after_losses;

    if (point->lost > 0) {
        after_losses = *packet;
        after_losses.lost += point->lost;
        packet = &after_losses;
    }
    if (packet_queue_put(writer->queue, packet)
            || (writer->options.wait
                && put_when_there_is_room(writer, packet))) {
        point->lost = 0;
    } else {
        point->lost = packet->lost + 1;
        atomic_fetch_add_explicit(&writer->lost, 1, memory_order_relaxed);
    }
}

void
capture_writer_flush(struct capture_writer *writer)
{
    packet_queue_publish(writer->queue);
}

void
capture_writer_put(struct capture_writer *writer,
                   const struct capture_packet *packet)
{
    capture_writer_add(writer, packet);
    capture_writer_flush(writer);
}

bool
capture_writer_has_room(struct capture_writer *writer)
{
    return packet_queue_level(writer->queue) < PACKET_QUEUE_MAX / 2;
}

void
capture_writer_get_state(struct capture_writer *writer,
                         struct capture_writer_state *state)
{
    state->written = atomic_load(&writer->written);
    state->lost = atomic_load(&writer->lost);
    state->reader_gone = atomic_load(&writer->reader_gone);
    g_mutex_lock(&writer->lock);
    state->trouble = g_strdup(writer->trouble);
    g_mutex_unlock(&writer->lock);
}

void
capture_writer_state_clear(struct capture_writer_state *state)
{
    g_clear_pointer(&state->trouble, g_free);
}

bool
capture_writer_close(struct capture_writer *writer, GError **error)
{
    uint64_t lost, written;
    bool good;

    writer->give_up_at = NEVER;
    be_patient(writer);
    packet_queue_publish(writer->queue);
    atomic_store(&writer->closing, true);
    packet_queue_wake(writer->queue);
    g_thread_join(writer->thread);

    lost = atomic_load(&writer->lost);
    written = atomic_load(&writer->written);
    good = lost == 0 && !writer->failed;
    if (lost > 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "%s: %" PRIu64 " of %" PRIu64 " packets are lost: %s",
                    capture_output_name(writer->output), lost, written + lost,
                    writer->reason ? writer->reason
                                   : "they came faster than they could be "
                                     "written");
    } else if (!good) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot write %s: %s",
                    capture_output_name(writer->output), writer->reason);
    }
    free_writer(writer);
    return good;
}
