/* tcp-stream.c
 * One direction of a TCP connection: the bytes that its segments carry.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tcp-stream.h"

#include <string.h>

/* What is held while something before it is missing: more than any window of a
 * link that carries IPMI. */
#define MAX_HELD_BYTES      (64 * 1024)

/* A segment this far from what is due is not of the same stream: its ports are
 * used anew, and the capture has missed how that began. */
#define MAX_DISTANCE        (64 * 1024 * 1024)

struct held {
    uint32_t seq;
    size_t   len, missing;
    struct tcp_origin origin;
    uint8_t  bytes[];
};

/* How far b is after a, sequence numbers that wrap around. */
static int32_t
distance(uint32_t a, uint32_t b)
{
    return (int32_t)(b - a);
}

void
tcp_stream_begin(struct tcp_stream *stream, uint32_t seq)
{
    stream->begun = true;
    stream->next = seq;
}

/* A segment that begins with what is due, or before it. */
static void
deliver(struct tcp_stream *stream, uint32_t seq, const uint8_t *bytes,
        size_t len, size_t missing, const struct tcp_origin *origin,
        tcp_stream_func func, void *data)
{
    size_t old = (size_t)distance(seq, stream->next);

    if (old >= len + missing) {
        return;
    }
    stream->next = seq + (uint32_t)(len + missing);
    if (old < len) {
        bool gap = stream->gap;

        stream->gap = false;
        func(bytes + old, len - old, gap, origin, data);
    }
    stream->gap |= missing > 0;
}

/* Delivers what is held, up to what is still missing: that is where what was
 * missing has come, if it has. */
static void
deliver_held(struct tcp_stream *stream, const struct tcp_origin *filled,
             tcp_stream_func func, void *data)
{
    while (stream->held) {
        struct held *held = stream->held->data;

        if (distance(stream->next, held->seq) > 0) {
            return;
        }
        stream->held = g_list_delete_link(stream->held, stream->held);
        stream->held_bytes -= held->len + sizeof *held;
        deliver(stream, held->seq, held->bytes, held->len, held->missing,
                filled ? filled : &held->origin, func, data);
        g_free(held);
    }
}

static void
skip_gap(struct tcp_stream *stream, uint32_t to)
{
    stream->next = to;
    stream->gap = true;
}

static void
hold(struct tcp_stream *stream, uint32_t seq, const uint8_t *bytes, size_t len,
     size_t missing, const struct tcp_origin *origin)
{
    struct held *held = g_malloc(sizeof *held + len);
    GList *after = stream->held;

    *held = (struct held){ seq, len, missing, *origin };
    memcpy(held->bytes, bytes, len);
    while (after && distance(((struct held *)after->data)->seq, seq) > 0) {
        after = after->next;
    }
    stream->held = g_list_insert_before(stream->held, after, held);
    stream->held_bytes += len + sizeof *held;
}

/* Whether nothing before seq will come any more. */
static bool
is_lost_before(const struct tcp_stream *stream, uint32_t seq)
{
    return stream->acked_known && distance(seq, stream->acked) >= 0;
}

void
tcp_stream_feed(struct tcp_stream *stream, uint32_t seq, const uint8_t *bytes,
                size_t len, size_t missing, const struct tcp_origin *origin,
                tcp_stream_func func, void *data)
{
    int32_t ahead;

    if (!stream->begun) {
        tcp_stream_begin(stream, seq);
    }
    ahead = distance(stream->next, seq);
    if (ahead > MAX_DISTANCE || ahead < -MAX_DISTANCE) {
        tcp_stream_flush(stream, func, data);
        skip_gap(stream, seq);
        stream->acked_known = false;
        ahead = 0;
    }
    if (ahead > 0 && !is_lost_before(stream, seq)) {
        hold(stream, seq, bytes, len, missing, origin);
        if (stream->held_bytes > MAX_HELD_BYTES) {
            skip_gap(stream, ((struct held *)stream->held->data)->seq);
            deliver_held(stream, NULL, func, data);
        }
        return;
    }
    if (ahead > 0) {
        skip_gap(stream, seq);
    }
    deliver(stream, seq, bytes, len, missing, origin, func, data);
    deliver_held(stream, origin, func, data);
}

void
tcp_stream_acked(struct tcp_stream *stream, uint32_t ack,
                 tcp_stream_func func, void *data)
{
    if (stream->acked_known && distance(stream->acked, ack) <= 0) {
        return;
    }
    stream->acked_known = true;
    stream->acked = ack;
    while (stream->held
            && is_lost_before(stream,
                              ((struct held *)stream->held->data)->seq)) {
        skip_gap(stream, ((struct held *)stream->held->data)->seq);
        deliver_held(stream, NULL, func, data);
    }
}

void
tcp_stream_flush(struct tcp_stream *stream, tcp_stream_func func, void *data)
{
    while (stream->held) {
        skip_gap(stream, ((struct held *)stream->held->data)->seq);
        deliver_held(stream, NULL, func, data);
    }
}

uint64_t
tcp_stream_held_since(const struct tcp_stream *stream)
{
    return stream->held ? ((struct held *)stream->held->data)->origin.time
                        : UINT64_MAX;
}

void
tcp_stream_clear(struct tcp_stream *stream)
{
    g_list_free_full(stream->held, g_free);
    *stream = (struct tcp_stream){ 0 };
}
