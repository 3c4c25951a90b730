/* evaluation.c
 * Whether a capture is as rules say. Each rule has a track, or one for each
 * value of its field: what it has to remember of the packets so far.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "evaluation.h"

#include <string.h>

/* What a query is to a rule: its filter of this index, or one of these. */
enum {
    ROLE_LACKS = -2,        /* what every A is to have is not there */
    ROLE_VALUE = -1         /* a value of the rule's field */
};

/* Tracks of a rule that are told of, if they fail. */
#define TRACKS_TOLD 3

struct moment {
    uint32_t packet;        /* 0: none */
    int64_t  time;
};

/* The latest packet that matched, and the latest one before that packet. */
struct latest {
    struct moment at, before;
};

/* A packet that is wrong, and what is to be said of it, or NULL. */
struct finding {
    struct moment at;
    char *note;
};

struct track {
    char    *value;         /* of the rule's field, or NULL */
    uint64_t count;         /* packets that match the first filter */
    uint64_t wrong;         /* packets */
    GArray  *findings;      /* struct finding: the first of them */
    GQueue   open;          /* every A then B: As that no B has followed, those
                             * that are wrong already left out */
    struct moment pending;  /* never A before B: an A in a packet that may have
                             * a B as well */
    struct latest *steps;   /* order: where a part of it ended, by its length;
                             * never A then B: the A */
    struct moment *firsts;  /* order: where one did first */
    bool     done;          /* order: was there; never A before B: B was */
};

struct rule_state {
    const struct rule *rule;
    bool        ahead;      /* see rule_looks_ahead() */
    GPtrArray  *tracks;     /* in the order of their values */
    GHashTable *by_value;   /* NULL without a field */
};

/* A rule that asks a query. */
struct asker {
    struct rule_state *state;
    int role;
};

struct evaluation {
    GPtrArray *states;
    GArray    *queries;
    GPtrArray *askers;      /* of each query: GArray of struct asker */
};

static void
finding_clear(gpointer data)
{
    g_free(((struct finding *)data)->note);
}

static void
track_free(gpointer data)
{
    struct track *track = data;

    g_free(track->value);
    g_array_unref(track->findings);
    g_queue_clear_full(&track->open, g_free);
    g_free(track->steps);
    g_free(track->firsts);
    g_free(track);
}

static struct track *
track_of(struct rule_state *state, const char *value)
{
    struct track *track = state->by_value
        ? g_hash_table_lookup(state->by_value, value)
        : g_ptr_array_index(state->tracks, 0);

    return track;
}

static void
add_track(struct rule_state *state, const char *value)
{
    struct track *track = g_new0(struct track, 1);

    track->value = g_strdup(value);
    track->findings = g_array_new(FALSE, FALSE, sizeof(struct finding));
    g_array_set_clear_func(track->findings, finding_clear);
    g_queue_init(&track->open);
    track->steps = g_new0(struct latest, state->rule->filters->len);
    track->firsts = g_new0(struct moment, state->rule->filters->len);
    g_ptr_array_add(state->tracks, track);
    if (state->by_value) {
        g_hash_table_insert(state->by_value, track->value, track);
    }
}

static void
state_free(gpointer data)
{
    struct rule_state *state = data;

    if (state->by_value) {
        g_hash_table_unref(state->by_value);
    }
    g_ptr_array_unref(state->tracks);
    g_free(state);
}

static void
query_clear(gpointer data)
{
    struct query *query = data;

    g_free(query->filter);
    g_free(query->field);
}

/* Has a query asked for a rule; those that are the same are one. */
static void
ask(struct evaluation *evaluation, struct rule_state *state, int role,
    const char *filter, unsigned line)
{
    const struct rule *rule = state->rule;
    struct asker asker = { state, role };
    struct query query;
    unsigned i;

    for (i = 0; i < evaluation->queries->len; i++) {
        const struct query *other = &g_array_index(evaluation->queries,
                                                   struct query, i);

        if (strcmp(other->filter, filter) == 0
                && g_strcmp0(other->field, rule->each) == 0) {
            break;
        }
    }
    if (i == evaluation->queries->len) {
        query = (struct query) {
            g_strdup(filter), g_strdup(rule->each), rule, line
        };
        g_array_append_val(evaluation->queries, query);
        g_ptr_array_add(evaluation->askers,
                        g_array_new(FALSE, FALSE, sizeof asker));
    }
    g_array_append_val((GArray *)g_ptr_array_index(evaluation->askers, i),
                       asker);
}

/* Whether a rule wants something to come. */
static bool
is_goal(const struct rule *rule)
{
    return rule->kind == RULE_AT_LEAST || rule->kind == RULE_ORDER
           || (rule->kind == RULE_EXACTLY && rule->number > 0);
}

static void
add_rule(struct evaluation *evaluation, const struct rule *rule)
{
    struct rule_state *state = g_new0(struct rule_state, 1);
    unsigned filters = rule->filters->len;

    state->rule = rule;
    state->ahead = rule_looks_ahead(rule);
    state->tracks = g_ptr_array_new_with_free_func(track_free);
    if (rule->each) {
        state->by_value = g_hash_table_new(g_str_hash, g_str_equal);
    } else {
        add_track(state, NULL);
    }
    g_ptr_array_add(evaluation->states, state);

    /* Of "every A has B" the As are counted, and those without B told: both
     * are of one packet, so no packet has to be waited for. */
    if (rule->kind == RULE_EVERY_HAS) {
        const struct rule_filter *a = rule_filter(rule, 0);
        const struct rule_filter *b = rule_filter(rule, 1);
        char *lacks = g_strdup_printf("(%s) && !(%s)", a->text, b->text);

        ask(evaluation, state, 0, a->text, a->line);
        ask(evaluation, state, ROLE_LACKS, lacks, b->line);
        g_free(lacks);
        filters = 0;
    }
    for (unsigned i = 0; i < filters; i++) {
        const struct rule_filter *filter = rule_filter(rule, i);

        ask(evaluation, state, (int)i, filter->text, filter->line);
    }
    if (rule->each && is_goal(rule)) {
        ask(evaluation, state, ROLE_VALUE, rule->each, rule->line);
    }
}

struct evaluation *
evaluation_new(const GPtrArray *rules)
{
    struct evaluation *evaluation = g_new0(struct evaluation, 1);

    evaluation->states = g_ptr_array_new_with_free_func(state_free);
    evaluation->queries = g_array_new(FALSE, FALSE, sizeof(struct query));
    g_array_set_clear_func(evaluation->queries, query_clear);
    evaluation->askers = g_ptr_array_new_with_free_func(
        (GDestroyNotify)g_array_unref);
    for (unsigned i = 0; i < rules->len; i++) {
        add_rule(evaluation, g_ptr_array_index(rules, i));
    }
    return evaluation;
}

void
evaluation_free(struct evaluation *evaluation)
{
    g_ptr_array_unref(evaluation->askers);
    g_array_unref(evaluation->queries);
    g_ptr_array_unref(evaluation->states);
    g_free(evaluation);
}

const GArray *
evaluation_queries(const struct evaluation *evaluation)
{
    return evaluation->queries;
}

/* A time in words, three digits of it or what takes less. */
static char *
time_in_words(int64_t ns)
{
    if (ns >= 1000000000) {
        return g_strdup_printf("%.3g s", (double)ns / 1e9);
    }
    if (ns >= 1000000) {
        return g_strdup_printf("%.3g ms", (double)ns / 1e6);
    }
    return g_strdup_printf("%.3g us", (double)ns / 1e3);
}

/* A packet is wrong. Takes note. */
static void
find(struct track *track, struct moment at, char *note)
{
    struct finding finding = { at, note };

    track->wrong++;
    if (track->findings->len < EVALUATION_SHOWN) {
        g_array_append_val(track->findings, finding);
    } else {
        g_free(note);
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
    if (latest->at.packet != at.packet) {
        latest->before = latest->at;
        latest->at = at;
    }
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
            char *time = time_in_words(at.time - from.time);

            find(track, at, g_strdup_printf("%s after packet %u", time,
                                            from.packet));
            g_free(time);
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
        find(track, track->pending, NULL);
        track->pending.packet = 0;
    }
    if (role == 0) {
        track->pending = at;
    } else {
        track->pending.packet = 0;
        track->done = true;
    }
}

/* What the B of a packet means for an A: it follows in time, or too late. */
static void
close_open(struct track *track, const struct rule_filter *b,
           const struct moment *a, struct moment at)
{
    if (!is_within(b, *a, at)) {
        char *time = time_in_words(at.time - a->time);

        find(track, *a, g_strdup_printf("followed by packet %u after %s",
                                        at.packet, time));
        g_free(time);
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
        close_open(track, b, a, at);
        g_free(g_queue_pop_head(&track->open));
    }
}

/* A packet may be what a part of the order ends in, or what goes on with one.
 * The latest end of a part is the one to go on with: any other leaves less time.
 */
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
        find(track, at, NULL);
    }
}

static void
match(struct rule_state *state, int role, struct moment at, const char *value)
{
    const struct rule *rule = state->rule;
    struct track *track = track_of(state, value);

    if (!track) {
        add_track(state, value);
        track = track_of(state, value);
    }
    if (role == ROLE_VALUE) {
        return;
    }
    switch (rule->kind) {
    case RULE_NEVER:
        find(track, at, NULL);
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
            find(track, at, NULL);
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

void
evaluation_match(struct evaluation *evaluation, unsigned query,
                 uint32_t packet, int64_t time, const char *value)
{
    const GArray *askers = g_ptr_array_index(evaluation->askers, query);
    struct moment at = { packet, time };

    /* From the last to the first, for a filter that an order has more than
     * once: a packet is one step of it only. */
    for (unsigned i = askers->len; i > 0; i--) {
        const struct asker *asker = &g_array_index(askers, struct asker,
                                                   i - 1);

        match(asker->state, asker->role, at, value);
    }
}

static bool
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

bool
evaluation_waits(const struct evaluation *evaluation)
{
    for (unsigned i = 0; i < evaluation->states->len; i++) {
        const struct rule_state *state = g_ptr_array_index(
            evaluation->states, i);

        if (state->ahead) {
            continue;
        }
        if (!state->tracks->len && is_goal(state->rule)) {
            return true;
        }
        for (unsigned j = 0; j < state->tracks->len; j++) {
            if (track_waits(g_ptr_array_index(state->tracks, j),
                            state->rule)) {
                return true;
            }
        }
    }
    return false;
}

bool
evaluation_has_goals(const struct evaluation *evaluation)
{
    for (unsigned i = 0; i < evaluation->states->len; i++) {
        const struct rule_state *state = g_ptr_array_index(
            evaluation->states, i);

        if (is_goal(state->rule) && !state->ahead) {
            return true;
        }
    }
    return false;
}

/* What remains open when the capture ends. */
static void
end_track(struct track *track, const struct rule *rule)
{
    struct moment *a;

    if (track->pending.packet) {
        find(track, track->pending, NULL);
    }
    while ((a = g_queue_pop_head(&track->open))) {
        find(track, *a, g_strdup("not followed by any"));
        g_free(a);
    }
    if (rule->kind == RULE_ORDER && !track->done) {
        track->wrong = 1;
    }
    if (rule->kind == RULE_AT_LEAST || rule->kind == RULE_EXACTLY) {
        track->wrong += track->count < rule->number;
    }
}

/* "packets match: 12, 17 (3.2 s after packet 9) and 4 more" */
static void
tell_findings(GString *message, const struct track *track)
{
    for (unsigned i = 0; i < track->findings->len; i++) {
        const struct finding *finding = &g_array_index(track->findings,
                                                       struct finding, i);

        g_string_append_printf(message, "%s%u", i ? ", " : "",
                               finding->at.packet);
        if (finding->note) {
            g_string_append_printf(message, " (%s)", finding->note);
        }
    }
    if (track->wrong > track->findings->len) {
        g_string_append_printf(message, " and %" G_GUINT64_FORMAT " more",
                               track->wrong - track->findings->len);
    }
}

/* How far the order came, and what did not follow. */
static void
tell_order(GString *message, const struct track *track,
           const struct rule *rule)
{
    unsigned step = 0;
    const struct rule_filter *missing;

    while (track->firsts[step].packet) {
        step++;
    }
    missing = rule_filter(rule, step);
    if (step == 0) {
        g_string_append_printf(message, "no packet matches %s",
                               missing->text);
        return;
    }
    g_string_append_printf(message, "comes as far as %s, packet %u; after it "
                           "no packet matches %s",
                           rule_filter(rule, step - 1)->text,
                           track->firsts[step - 1].packet, missing->text);
    if (missing->within != RULE_ANY_TIME) {
        char *time = time_in_words((int64_t)missing->within);

        g_string_append_printf(message, " within %s", time);
        g_free(time);
    }
}

/* "1 packet matches", "2 packets match" */
static void
tell_count(GString *message, uint64_t number)
{
    g_string_append_printf(message, "%" G_GUINT64_FORMAT " packet%s", number,
                           number == 1 ? " matches" : "s match");
}

static void
tell_track(GString *message, const struct track *track,
           const struct rule *rule)
{
    switch (rule->kind) {
    case RULE_NEVER:
        tell_count(message, track->wrong);
        break;
    case RULE_NEVER_THEN:
        tell_count(message, track->wrong);
        g_string_append_printf(message, " %s after %s",
                               rule_filter(rule, 1)->text,
                               rule_filter(rule, 0)->text);
        break;
    case RULE_NEVER_BEFORE:
        tell_count(message, track->wrong);
        g_string_append_printf(message, " %s before any %s",
                               rule_filter(rule, 0)->text,
                               rule_filter(rule, 1)->text);
        break;
    case RULE_AT_LEAST:
    case RULE_AT_MOST:
    case RULE_EXACTLY:
        tell_count(message, track->count);
        if (track->findings->len) {
            g_string_append(message, ", too many are");
        }
        break;
    case RULE_EVERY_HAS:
    case RULE_EVERY_THEN:
        g_string_append_printf(message, "%" G_GUINT64_FORMAT " of %"
                               G_GUINT64_FORMAT " packets %s", track->wrong,
                               track->count, rule->kind == RULE_EVERY_HAS
                               ? track->wrong == 1 ? "has not" : "have not"
                               : track->wrong == 1 ? "is not followed"
                               : "are not followed");
        break;
    case RULE_ORDER:
        tell_order(message, track, rule);
        return;
    }
    if (track->findings->len) {
        g_string_append(message, ": ");
        tell_findings(message, track);
    }
}

static int
compare_packets(gconstpointer a, gconstpointer b)
{
    uint32_t packet_a = *(const uint32_t *)a;
    uint32_t packet_b = *(const uint32_t *)b;

    return (packet_a > packet_b) - (packet_a < packet_b);
}

/* The packets to show of a track that is wrong. */
static void
collect_packets(GArray *packets, const struct track *track,
                const struct rule *rule)
{
    for (unsigned i = 0; i < track->findings->len; i++) {
        g_array_append_val(packets, g_array_index(track->findings,
                                                  struct finding, i).at.packet);
    }
    for (unsigned i = 0; rule->kind == RULE_ORDER
                         && track->firsts[i].packet; i++) {
        g_array_append_val(packets, track->firsts[i].packet);
    }
}

static void
tell_each(GString *message, const struct track *track,
          const struct rule *rule)
{
    if (message->len) {
        g_string_append(message, "; ");
    }
    if (rule->each) {
        g_string_append_printf(message, "%s %s: ", rule->each, track->value);
    }
    tell_track(message, track, rule);
}

/* Whether an "every" had nothing to judge. */
static bool
is_vacuous(const struct rule_state *state)
{
    uint64_t number = 0;

    if (state->rule->kind != RULE_EVERY_HAS
            && state->rule->kind != RULE_EVERY_THEN) {
        return false;
    }
    for (unsigned i = 0; i < state->tracks->len; i++) {
        number += ((struct track *)g_ptr_array_index(state->tracks,
                                                     i))->count;
    }
    return number == 0;
}

static struct verdict
judge(const struct rule_state *state)
{
    const struct rule *rule = state->rule;
    struct verdict verdict = { .rule = rule };
    GString *message = g_string_new(NULL);
    unsigned wrong = 0;

    verdict.packets = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (unsigned i = 0; i < state->tracks->len; i++) {
        struct track *track = g_ptr_array_index(state->tracks, i);

        end_track(track, rule);
        if (!track->wrong) {
            continue;
        }
        if (wrong++ < TRACKS_TOLD) {
            tell_each(message, track, rule);
        }
        collect_packets(verdict.packets, track, rule);
    }
    if (wrong > TRACKS_TOLD) {
        g_string_append_printf(message, "; and so for %u more",
                               wrong - TRACKS_TOLD);
    }
    g_array_sort(verdict.packets, compare_packets);
    if (verdict.packets->len > EVALUATION_SHOWN) {
        g_array_set_size(verdict.packets, EVALUATION_SHOWN);
    }

    if (!state->tracks->len && is_goal(rule)) {
        wrong = 1;
        g_string_printf(message, "no packet has %s", rule->each);
    } else if (is_vacuous(state)) {
        g_string_printf(message, "no packet matches %s, so there was nothing "
                        "to judge", rule_filter(rule, 0)->text);
    }
    verdict.passed = wrong == 0;
    verdict.message = g_string_free(message, message->len == 0);
    return verdict;
}

static void
verdict_clear(gpointer data)
{
    struct verdict *verdict = data;

    g_free(verdict->message);
    g_array_unref(verdict->packets);
}

GArray *
evaluation_end(struct evaluation *evaluation)
{
    GArray *verdicts = g_array_new(FALSE, FALSE, sizeof(struct verdict));

    g_array_set_clear_func(verdicts, verdict_clear);
    for (unsigned i = 0; i < evaluation->states->len; i++) {
        struct verdict verdict = judge(g_ptr_array_index(evaluation->states,
                                                         i));

        g_array_append_val(verdicts, verdict);
    }
    return verdicts;
}
