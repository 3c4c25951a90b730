/* track.c
 * What one rule remembers of the packets so far, kind by kind. No more of them
 * is kept than it takes to go on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "track.h"

static const struct moment none;

struct track *
track_new(const struct rule *rule, const char *value)
{
    struct track *track = g_new0(struct track, 1);

    track->value = g_strdup(value);
    track->findings = g_array_new(FALSE, FALSE, sizeof(struct finding));
    g_queue_init(&track->open);
    track->steps = g_new0(struct latest, rule->filters->len);
    track->firsts = g_new0(struct moment, rule->filters->len);
    return track;
}

void
track_free(struct track *track)
{
    g_free(track->value);
    g_array_unref(track->findings);
    g_queue_clear_full(&track->open, g_free);
    g_free(track->steps);
    g_free(track->firsts);
    g_free(track);
}

/* A packet is wrong. */
static void
find(struct track *track, struct moment at, struct moment other)
{
    struct finding finding = { at, other };

    track->wrong++;
    if (track->findings->len < EVALUATION_SHOWN) {
        g_array_append_val(track->findings, finding);
    }
}

static bool
is_within(const struct rule_filter *filter, struct moment from,
          struct moment to)
{
    return filter->within == RULE_ANY_TIME
           || to.time - from.time <= (int64_t)MIN(filter->within, INT64_MAX);
}

static void
latest_set(struct latest *latest, struct moment at)
{
    latest->before = latest->at;
    latest->at = at;
}

/* The latest that is in another packet, which is an earlier one. */
static struct moment
latest_before(const struct latest *latest, struct moment at)
{
    return latest->at.packet != at.packet ? latest->at : latest->before;
}

static void
never_then(struct track *track, const struct rule *rule, int role,
           struct moment at)
{
    if (role == 0) {
        latest_set(&track->steps[0], at);
    } else {
        struct moment from = latest_before(&track->steps[0], at);

        if (from.packet && is_within(rule_filter(rule, 1), from, at)) {
            find(track, at, from);
        }
    }
}

/* An A before any B is wrong, unless its packet turns out to have a B. */
static void
never_before(struct track *track, int role, struct moment at)
{
    if (track->done) {
        return;
    }
    if (track->pending.packet && track->pending.packet != at.packet) {
        find(track, track->pending, none);
        track->pending.packet = 0;
    }
    if (role == 0) {
        track->pending = at;
    } else {
        track->pending.packet = 0;
        track->done = true;
    }
}

static void
every_then(struct track *track, const struct rule *rule, int role,
           struct moment at)
{
    const struct rule_filter *b = rule_filter(rule, 1);
    struct moment *a;

    if (role == 0) {
        track->count++;
        g_queue_push_tail(&track->open, g_memdup2(&at, sizeof at));
        return;
    }
    while ((a = g_queue_peek_head(&track->open)) && a->packet != at.packet) {
        if (!is_within(b, *a, at)) {
            find(track, *a, at);
        }
        g_free(g_queue_pop_head(&track->open));
    }
}

/* A packet may be what a part of the order ends in, or what goes on with one.
 * The latest end of a part is the one to go on with: any other leaves less
 * time. */
static void
order(struct track *track, const struct rule *rule, int role,
      struct moment at)
{
    if (role > 0) {
        struct moment from = latest_before(&track->steps[role - 1], at);

        if (!from.packet || !is_within(rule_filter(rule, role), from, at)) {
            return;
        }
    }
    latest_set(&track->steps[role], at);
    if (!track->firsts[role].packet) {
        track->firsts[role] = at;
    }
    track->done |= role + 1 == (int)rule->filters->len;
}

static void
count(struct track *track, const struct rule *rule, struct moment at)
{
    track->count++;
    if ((rule->kind == RULE_AT_MOST || rule->kind == RULE_EXACTLY)
            && track->count > rule->number) {
        find(track, at, none);
    }
}

void
track_match(struct track *track, const struct rule *rule, int role,
            struct moment at)
{
    switch (rule->kind) {
    case RULE_NEVER:
        find(track, at, none);
        break;
    case RULE_NEVER_THEN:
        never_then(track, rule, role, at);
        break;
    case RULE_NEVER_BEFORE:
        never_before(track, role, at);
        break;
    case RULE_AT_LEAST:
    case RULE_AT_MOST:
    case RULE_EXACTLY:
        count(track, rule, at);
        break;
    case RULE_EVERY_HAS:
        if (role == ROLE_LACKS) {
            find(track, at, none);
        } else {
            track->count++;
        }
        break;
    case RULE_EVERY_THEN:
        every_then(track, rule, role, at);
        break;
    case RULE_ORDER:
        order(track, rule, role, at);
        break;
    }
}

bool
track_waits(const struct track *track, const struct rule *rule)
{
    switch (rule->kind) {
    case RULE_AT_LEAST:
    case RULE_EXACTLY:
        return track->count < rule->number;
    case RULE_ORDER:
        return !track->done;
    case RULE_EVERY_THEN:
        return !g_queue_is_empty((GQueue *)&track->open);
    default:
        return false;
    }
}

void
track_end(struct track *track, const struct rule *rule)
{
    struct moment *a;

    if (track->pending.packet) {
        find(track, track->pending, none);
    }
    while ((a = g_queue_pop_head(&track->open))) {
        find(track, *a, none);
        g_free(a);
    }
    if (rule->kind == RULE_ORDER && !track->done) {
        track->wrong = 1;
    }
    if (rule->kind == RULE_AT_LEAST || rule->kind == RULE_EXACTLY) {
        track->wrong += track->count < rule->number;
    }
}
