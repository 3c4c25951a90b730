/* traffic.h
 * The messages in a capture, wherever they were captured: frames of the wire,
 * and accesses to KCS and BT registers put together.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TRAFFIC_H
#define TRAFFIC_H

#include <stdbool.h>

#include "capture.h"
#include "ipmi-names.h"

enum traffic_kind {
    TRAFFIC_REQUEST,
    TRAFFIC_RESPONSE,
    TRAFFIC_CONTROL,        /* of the wire: bytes are code and operand */
    TRAFFIC_CONNECTED,
    TRAFFIC_DISCONNECTED,
    TRAFFIC_ACCESS,         /* to a register, or what it caused: a record */
    TRAFFIC_BAD             /* a frame that its receiver drops; bytes are as
                             * far as they could be unescaped */
};

/* One thing that happened. */
struct traffic {
    enum traffic_kind kind;
    enum capture_kind where;
    enum capture_direction direction;
    unsigned point;
    uint64_t number;        /* of the packet, from 1 */
    uint64_t time;          /* ns since 1970-01-01 UTC; of a message that is
                             * put together, of its last access */
    uint64_t lost;          /* events just before it */
    const char *fault;      /* what is wrong with it, or NULL */

    /* A message: sequence number (0 for KCS, which has none), netFn/LUN,
     * command, completion code of a response, data, no checksum. */
    const uint8_t *bytes;
    size_t len;

    /* Of a message: NULL if no specification has it. A failed command's
     * response does not say which group's or OEM's it is: its request does. */
    const struct ipmi_command *command;

    bool     matched;       /* a response: its request is known */
    uint64_t request_number;
    uint64_t request_time;
};

struct traffic_follower;

struct traffic_follower *traffic_follower_new(void);

/* A capture point must be announced before its packets. */
void traffic_follower_point(struct traffic_follower *follower, unsigned number,
                            const struct capture_point *point);

typedef void (*traffic_func)(const struct traffic *traffic, void *data);

/* Is told what is in a packet: nothing, one thing, or several. An access that
 * completes a message is reported before the message. */
void traffic_follower_packet(struct traffic_follower *follower,
                             const struct capture_packet *packet,
                             traffic_func func, void *data);

/* Requests that have got no response, and will not. */
uint64_t traffic_follower_unanswered(const struct traffic_follower *follower);

void traffic_follower_free(struct traffic_follower *follower);

/* Names for programs to read: "request", "bad"; "wire", "kcs". */
const char *traffic_kind_name(enum traffic_kind kind);
const char *traffic_place_name(enum capture_kind where);

/* One line of words, without its end: "Get Device ID" and what is in it. Cut at
 * size bytes. Returns its length. */
size_t traffic_describe(const struct traffic *traffic, char *line, size_t size);

#endif /* TRAFFIC_H */
