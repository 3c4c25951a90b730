/* evaluation.c
 * Whether a capture is as rules say. Each rule has a track, or one for each
 * value of its field: what it has to remember of the packets so far.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "evaluation.h"

#include <string.h>

#include "track.h"

/* What a query is to a rule besides: a value of the rule's field. */
#define ROLE_VALUE  (-2)

/* Tracks of a rule that are told of, if they fail. */
#define TRACKS_TOLD 3

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

static struct track *
add_track(struct rule_state *state, const char *value)
{
    struct track *track = track_new(state->rule, value);

    g_ptr_array_add(state->tracks, track);
    if (state->by_value) {
        g_hash_table_insert(state->by_value, track->value, track);
    }
    return track;
}

/* The track of a value, a new one if it is the first time. */
static struct track *
track_of(struct rule_state *state, const char *value)
{
    struct track *track = state->by_value
        ? g_hash_table_lookup(state->by_value, value)
        : g_ptr_array_index(state->tracks, 0);

    return track ? track : add_track(state, value);
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
    state->tracks = g_ptr_array_new_with_free_func(
        (GDestroyNotify)track_free);
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

void
evaluation_match(struct evaluation *evaluation, unsigned query,
                 uint32_t packet, int64_t time, const char *value)
{
    const GArray *askers = g_ptr_array_index(evaluation->askers, query);
    struct moment at = { packet, time };

    for (unsigned i = 0; i < askers->len; i++) {
        const struct asker *asker = &g_array_index(askers, struct asker, i);
        struct track *track = track_of(asker->state, value);

        if (asker->role != ROLE_VALUE) {
            track_match(track, asker->state->rule, asker->role, at);
        }
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

static int
compare_packets(gconstpointer a, gconstpointer b)
{
    uint32_t packet_a = *(const uint32_t *)a;
    uint32_t packet_b = *(const uint32_t *)b;

    return (packet_a > packet_b) - (packet_a < packet_b);
}

static void
tell_each(GString *message, const struct track *track,
          const struct rule *rule)
{
    if (message->len) {
        g_string_append(message, "; ");
    }
    if (rule->each) {
        g_string_append_printf(message, "%s%s%s: ", rule->each,
                               *track->value ? " " : "", track->value);
    }
    track_tell(track, rule, message);
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

        track_end(track, rule);
        if (!track->wrong) {
            continue;
        }
        if (wrong++ < TRACKS_TOLD) {
            tell_each(message, track, rule);
        }
        track_show(track, rule, verdict.packets);
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
