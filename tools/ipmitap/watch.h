/* watch.h
 * What goes by on a link: frames are put into the captures, their direction
 * found, and the messages counted. May be called from any thread.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef WATCH_H
#define WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "captures.h"

/* The two ends of a link. The near end is where its connections begin. */
enum {
    NEAR,
    FAR,
    ENDS
};

struct watch;

struct watch_counts {
    uint64_t requests;
    uint64_t responses;
    uint64_t controls;      /* control commands */
    uint64_t bad;           /* frames that their receiver drops */
    uint64_t unanswered;    /* requests that got no response, and will not */
    unsigned outstanding;   /* requests that wait for theirs */
    bool     host_learnt;   /* from a frame that only one side sends */
    unsigned host;          /* the end that is the host, or passes for it */
};

/* A capture point of that name. The near end passes for the host until frames
 * tell. captures has to outlast the watch. */
struct watch *watch_new(const char *name, const char *description,
                        struct captures *captures);
void watch_free(struct watch *watch);

/* The two ends are connected, or not any more. */
void watch_connected(struct watch *watch);
void watch_disconnected(struct watch *watch);

/* These bytes came from an end at this time, in ns since 1970-01-01 UTC. */
void watch_bytes(struct watch *watch, unsigned end, const uint8_t *bytes,
                 size_t len, uint64_t time);

/* What becomes due without a frame; to be called about every second. */
void watch_tick(struct watch *watch);

void watch_get_counts(struct watch *watch, struct watch_counts *counts);

#endif /* WATCH_H */
