/* watch.c
 * What goes by on a link. Which end is the host is not in the bytes: the first
 * frame of a connection that only one side sends tells (docs/ipmi-extern.md),
 * and frames before it are held back for so long. What was learnt holds for
 * later connections until they tell otherwise.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "watch.h"

#include <string.h>
#include <time.h>

#include "exchange.h"
#include "frames.h"
#include "tool.h"

/* How long, how many and how much is held back while nothing tells which end is
 * the host: the greeting of a connection needs less. */
#define HELD_TIME       1000000000  /* ns */
#define HELD_FRAMES     64
#define HELD_BYTES      16384

/* One frame held back; its bytes are in watch.held_bytes. */
struct held {
    uint64_t time;
    unsigned end;
    size_t   offset;
    size_t   len;
    size_t   original_len;
};

struct watch {
    struct captures *captures;  /* whose lock is that of all this, too */
    unsigned    point;
    bool        connected;
    bool        host_settled;   /* nothing is held back any more */
    bool        told;           /* by a frame of this connection */
    struct watch_counts counts;
    struct frame_splitter splitters[ENDS];
    struct exchange exchange;
    uint64_t    frames;

    GArray     *held;           /* struct held */
    GByteArray *held_bytes;
};

/* What frame_splitter hands on to watch_frame(). */
struct source {
    struct watch *watch;
    unsigned end;
    uint64_t time;
};

static void
put(struct watch *watch, struct capture_packet *packet)
{
    packet->kind = CAPTURE_EXTERN;
    packet->point = watch->point;
    captures_put(watch->captures, packet);
}

static void
put_frame(struct watch *watch, const struct held *frame, const uint8_t *wire)
{
    struct capture_packet packet = {
        .time = frame->time,
        .direction = frame->end == watch->counts.host ? CAPTURE_TO_BMC
                                                      : CAPTURE_TO_HOST,
        .bytes = wire,
        .len = frame->len,
        .original_len = frame->original_len,
    };

    put(watch, &packet);
}

static void
put_connection(struct watch *watch, enum capture_connection connection)
{
    struct capture_packet packet = {
        .time = tool_clock(CLOCK_REALTIME),
        .connection = connection,
    };

    put(watch, &packet);
}

/* Writes what is held back: it is known which way it went, or will not be. */
static void
settle_host(struct watch *watch)
{
    watch->host_settled = true;
    for (guint i = 0; i < watch->held->len; i++) {
        const struct held *held = &g_array_index(watch->held, struct held, i);

        put_frame(watch, held, watch->held_bytes->data + held->offset);
    }
    g_array_set_size(watch->held, 0);
    g_byte_array_set_size(watch->held_bytes, 0);
}

static void
hold(struct watch *watch, struct held *frame, const uint8_t *wire)
{
    if (watch->held->len == HELD_FRAMES ||
        watch->held_bytes->len + frame->len > HELD_BYTES) {
        settle_host(watch);
        put_frame(watch, frame, wire);
        return;
    }
    frame->offset = watch->held_bytes->len;
    g_byte_array_append(watch->held_bytes, wire, (guint)frame->len);
    g_array_append_val(watch->held, *frame);
}

/* Counts a frame and returns who sends such a one, as ipmi_extern_senders()
 * does. */
static unsigned
count(struct watch *watch, const uint8_t *wire, size_t len, uint64_t time)
{
    uint8_t bytes[IPMI_EXTERN_MAX_WIRE];
    struct ipmi_extern_frame frame;
    unsigned senders;

    watch->frames++;
    ipmi_extern_frame_decode(wire, len, bytes, &frame);
    senders = ipmi_extern_senders(&frame, bytes);
    if (senders == 0) {
        watch->counts.bad++;
    } else if (frame.terminator == IPMI_EXTERN_CMD_END) {
        watch->counts.controls++;
    } else if (ipmi_extern_is_response(bytes)) {
        watch->counts.responses++;
        exchange_response(&watch->exchange, bytes);
    } else {
        watch->counts.requests++;
        exchange_request(&watch->exchange, bytes, time, watch->frames);
    }
    return senders;
}

static void
learn_host(struct watch *watch, unsigned host)
{
    watch->told = true;
    watch->counts.host_learnt = true;
    watch->counts.host = host;
    settle_host(watch);
}

static void
watch_frame(const uint8_t *wire, size_t len, size_t original_len, void *data)
{
    struct source *source = data;
    struct watch *watch = source->watch;
    struct held frame = {
        .time = source->time,
        .end = source->end,
        .len = len,
        .original_len = original_len,
    };
    unsigned sender = count(watch, wire, len, source->time);

    if (!watch->told && sender == IPMI_EXTERN_FROM_HOST) {
        learn_host(watch, source->end);
    } else if (!watch->told && sender == IPMI_EXTERN_FROM_BMC) {
        learn_host(watch, !source->end);
    }
    if (watch->host_settled) {
        put_frame(watch, &frame, wire);
    } else {
        hold(watch, &frame, wire);
    }
}

struct watch *
watch_new(const char *name, const char *description, struct captures *captures)
{
    struct watch *watch = g_new0(struct watch, 1);

    watch->captures = captures;
    watch->point = captures_point(captures, name, description);
    watch->held = g_array_new(FALSE, FALSE, sizeof(struct held));
    watch->held_bytes = g_byte_array_new();
    return watch;
}

void
watch_free(struct watch *watch)
{
    g_byte_array_unref(watch->held_bytes);
    g_array_unref(watch->held);
    g_free(watch);
}

void
watch_connected(struct watch *watch)
{
    captures_lock(watch->captures);
    watch->connected = true;
    watch->told = false;
    watch->host_settled = watch->counts.host_learnt;
    memset(watch->splitters, 0, sizeof watch->splitters);
    exchange_reset(&watch->exchange);
    put_connection(watch, CAPTURE_CONNECTED);
    captures_unlock(watch->captures);
}

void
watch_disconnected(struct watch *watch)
{
    captures_lock(watch->captures);
    if (watch->connected) {
        for (unsigned end = 0; end < ENDS; end++) {
            struct source source = { watch, end, tool_clock(CLOCK_REALTIME) };

            frame_splitter_end(&watch->splitters[end], watch_frame, &source);
        }
        settle_host(watch);
        exchange_reset(&watch->exchange);
        put_connection(watch, CAPTURE_DISCONNECTED);
        watch->connected = false;
    }
    captures_unlock(watch->captures);
}

void
watch_bytes(struct watch *watch, unsigned end, const uint8_t *bytes, size_t len,
            uint64_t time)
{
    struct source source = { watch, end, time };

    captures_lock(watch->captures);
    frame_splitter_feed(&watch->splitters[end], bytes, len, watch_frame,
                        &source);
    captures_unlock(watch->captures);
}

void
watch_tick(struct watch *watch)
{
    uint64_t now = tool_clock(CLOCK_REALTIME);

    captures_lock(watch->captures);
    if (watch->held->len > 0 &&
        now - g_array_index(watch->held, struct held, 0).time > HELD_TIME) {
        settle_host(watch);
    }
    exchange_give_up(&watch->exchange, now);
    captures_unlock(watch->captures);
}

void
watch_get_counts(struct watch *watch, struct watch_counts *counts)
{
    captures_lock(watch->captures);
    *counts = watch->counts;
    counts->unanswered = watch->exchange.unanswered;
    counts->outstanding = watch->exchange.outstanding;
    captures_unlock(watch->captures);
}
