/* track.h
 * What one rule remembers of the packets so far, of all of them or of those
 * with one value of its field, and what that comes to.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TRACK_H
#define TRACK_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "evaluation.h"
#include "rules.h"

/* What a packet matches: the rule's filter of this index, or this: what every A
 * is to have is not there. */
#define ROLE_LACKS      (-1)

struct moment {
    uint32_t packet;        /* 0: none */
    int64_t  time;          /* ns since 1970 */
};

/* The latest packet that matched, and the latest one before that packet. */
struct latest {
    struct moment at, before;
};

/* A packet that is wrong. */
struct finding {
    struct moment at;
    struct moment other;    /* every A then B: the B that is too late; never A
                             * then B: the A; or none */
};

struct track {
    char    *value;         /* of the rule's field, or NULL */
    uint64_t count;         /* packets that match the first filter */
    uint64_t wrong;         /* packets; from track_end() on also 1 if
                             * something has not come */
    GArray  *findings;      /* struct finding: the first EVALUATION_SHOWN */
    GQueue   open;          /* every A then B: As that no B has followed */
    struct moment pending;  /* never A before B: an A in a packet that may have
                             * a B as well */
    struct latest *steps;   /* order: where a part of it ended, by its length;
                             * never A then B: the A */
    struct moment *firsts;  /* order: where one did first */
    bool     done;          /* order: was there; never A before B: B was */
};

struct track *track_new(const struct rule *rule, const char *value);
void track_free(struct track *track);

/* A packet matches. Packets come in order; what one matches in any order, and
 * each once. */
void track_match(struct track *track, const struct rule *rule, int role,
                 struct moment at);

/* Whether something that the rule wants has not come yet. */
bool track_waits(const struct track *track, const struct rule *rule);

/* The capture is over: what has not come is wrong. */
void track_end(struct track *track, const struct rule *rule);

/* Appends what is wrong, in words. */
void track_tell(const struct track *track, const struct rule *rule,
                GString *message);

/* Appends the numbers of packets, uint32_t, that show what is wrong. */
void track_show(const struct track *track, const struct rule *rule,
                GArray *packets);

#endif /* TRACK_H */
