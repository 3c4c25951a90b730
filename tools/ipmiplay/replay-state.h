/* replay-state.h
 * A replay under way: what replay.c, which plays, and replay-receive.c, which
 * compares, have in common.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef REPLAY_STATE_H
#define REPLAY_STATE_H

#include "differences.h"
#include "exchange.h"
#include "replay.h"
#include "reservations.h"

/* What has become of a recorded event. */
struct progress {
    bool    done;           /* sent; come; or given up */
    bool    came;
    uint8_t seq;            /* today's, of a request that came */
};

struct replay {
    const struct recording *recording;
    const struct replay_options *options;
    struct peer *peer;
    struct differences differences;
    struct reservations reservations;
    struct progress *progress;
    size_t   first_open;    /* no event of the peer before it is not done */
    size_t   start;         /* of the present connection, */
    size_t   end;           /* its end, */
    size_t   greetings_end; /* and of what comes in it before any message */
    size_t   last;          /* the event that was done last, */
    uint64_t last_time;     /* and when */
    struct exchange exchange;   /* as the host: what is outstanding, by index */
    uint8_t  next_seq;
    bool     greeted;       /* the recording has what we say first, so it has
                             * what the peer says, too */
    bool     over;
};

/* Whether the side that is played did that. */
bool replay_is_ours(const struct replay *replay, const struct recorded *event);

/* Whether the peer has to do that. */
bool replay_is_expected(const struct replay *replay,
                        const struct recorded *event);

/* The first that the peer has still to do, before a limit; or the limit. */
size_t replay_find_open(struct replay *replay, size_t limit);

/* It has just happened. */
void replay_note(struct replay *replay, size_t index);

static inline const struct recorded *
replay_event(const struct replay *replay, size_t index)
{
    return &replay->recording->events[index];
}

/* What the peer does: frame is from peer_wait(). */
void replay_take_message(struct replay *replay, const struct peer_frame *live);
void replay_take_control(struct replay *replay, const struct peer_frame *live);
void replay_take_end(struct replay *replay);

#endif /* REPLAY_STATE_H */
