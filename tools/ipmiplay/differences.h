/* differences.h
 * What a peer did otherwise than recorded: told decoded, as it comes, and
 * counted.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef DIFFERENCES_H
#define DIFFERENCES_H

#include <stdbool.h>
#include <stdint.h>

#include "masks.h"
#include "peer.h"
#include "recording.h"

struct differences {
    const char *name;           /* of the recording */
    const struct masks *masks;
    uint64_t start;             /* peer_now() */
    uint64_t sent;
    uint64_t same;
    uint64_t different;
    uint64_t missing;
    uint64_t unexpected;
};

/* Compares what came in place of a recorded event with it, and tells the
 * difference, if there is one. Returns whether there is none. */
bool differences_compare(struct differences *differences,
                         const struct recorded *event,
                         const struct peer_frame *live);

/* Whether they are the same, without a word. */
bool differences_are_none(const struct differences *differences,
                          const struct recorded *event,
                          const struct peer_frame *live);

/* why: printf() style, "no response within 5 s". */
void differences_missing(struct differences *differences,
                         const struct recorded *event, const char *why, ...)
    G_GNUC_PRINTF(3, 4);

/* after: the last of the recorded events that have happened. */
void differences_unexpected(struct differences *differences,
                            const struct recorded *after,
                            enum traffic_kind kind,
                            const struct peer_frame *live);

/* The last line. Returns whether there was no difference. */
bool differences_finish(const struct differences *differences,
                        const struct recorded *stopped_at);

/* An event in words. command: of a message, if it is known from its request. To
 * be freed. */
char *differences_describe(enum traffic_kind kind,
                           const struct ipmi_command *command,
                           const uint8_t *bytes, size_t len);

#endif /* DIFFERENCES_H */
