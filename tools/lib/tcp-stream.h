/* tcp-stream.h
 * One direction of a TCP connection: the bytes that its segments carry, each
 * once and in order, however the segments come.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TCP_STREAM_H
#define TCP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

/* Where bytes were captured. */
struct tcp_origin {
    uint64_t time;              /* ns */
    uint64_t number;            /* of the packet */
};

/* To be zeroed. */
struct tcp_stream {
    bool     begun;
    bool     acked_known;
    bool     gap;               /* before what comes next */
    uint32_t next;              /* sequence number of what is due */
    uint32_t acked;             /* the other end has all before */
    GList   *held;              /* segments ahead of what is due, in order */
    size_t   held_bytes;
};

/* Is told what has come. gap: something before it is missing for good. */
typedef void (*tcp_stream_func)(const uint8_t *bytes, size_t len, bool gap,
                                const struct tcp_origin *origin, void *data);

/* The stream begins with this number. */
void tcp_stream_begin(struct tcp_stream *stream, uint32_t seq);

/* A segment: missing is how many bytes the capture has cut off of it. */
void tcp_stream_feed(struct tcp_stream *stream, uint32_t seq,
                     const uint8_t *bytes, size_t len, size_t missing,
                     const struct tcp_origin *origin, tcp_stream_func func,
                     void *data);

/* The other end says that it has everything before ack: what of that has not
 * come was not captured. */
void tcp_stream_acked(struct tcp_stream *stream, uint32_t ack,
                      tcp_stream_func func, void *data);

/* Nothing that is missing will come any more. */
void tcp_stream_flush(struct tcp_stream *stream, tcp_stream_func func,
                      void *data);

/* When the first of what is held because something is missing before it was
 * captured, ns; UINT64_MAX if nothing is. */
uint64_t tcp_stream_held_since(const struct tcp_stream *stream);

void tcp_stream_clear(struct tcp_stream *stream);

#endif /* TCP_STREAM_H */
