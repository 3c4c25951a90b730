/* live.h
 * Captures for as long as it takes to judge, or until a deadline.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef LIVE_H
#define LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

/* What to capture. */
struct live {
    const char *source;     /* as of tshark -i: an interface, a FIFO, "-" */
    const char *filter;     /* of what to capture there, or NULL */
    uint64_t    deadline;   /* ns from now */
    const char *path;       /* where to keep it */
};

/* Captures until no rule that begins by waiting waits any more, the deadline
 * has passed, the source ends, or SIGINT or SIGTERM comes; then, for 5 s at
 * most, until requests on their way have their responses. *packets: how many of
 * the capture are up to then, 0 for all of it. rules, options: as of
 * judge_capture(). */
bool live_capture(const struct live *live, const GPtrArray *rules,
                  const GPtrArray *options, uint64_t *packets,
                  GError **error);

#endif /* LIVE_H */
