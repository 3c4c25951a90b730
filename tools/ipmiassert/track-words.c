/* track-words.c
 * What is wrong, in words.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "track.h"

/* A time in words, exact enough to tell it from the time that a rule allows. */
static char *
time_in_words(int64_t ns)
{
    if (ns >= 1000000000) {
        return g_strdup_printf("%.12g s", (double)ns / 1e9);
    }
    if (ns >= 1000000) {
        return g_strdup_printf("%.12g ms", (double)ns / 1e6);
    }
    return g_strdup_printf("%.12g us", (double)ns / 1e3);
}

/* " within 2 s", if the filter has a time. */
static void
tell_within(GString *message, const struct rule_filter *filter)
{
    if (filter->within != RULE_ANY_TIME) {
        char *time = time_in_words((int64_t)MIN(filter->within, INT64_MAX));

        g_string_append_printf(message, " within %s", time);
        g_free(time);
    }
}

/* How a packet goes with the other one that makes it wrong. */
static void
tell_other(GString *message, const struct finding *finding,
           const struct rule *rule)
{
    int64_t ns = finding->at.time - finding->other.time;
    char *time = time_in_words(ns < 0 ? -ns : ns);

    if (rule->kind == RULE_NEVER_THEN) {
        g_string_append_printf(message, " (%s after packet %u)", time,
                               finding->other.packet);
    } else if (rule->kind == RULE_EVERY_THEN && finding->other.packet) {
        g_string_append_printf(message, " (packet %u came after %s)",
                               finding->other.packet, time);
    } else if (rule->kind == RULE_EVERY_THEN) {
        g_string_append(message, " (none came)");
    }
    g_free(time);
}

/* "12, 17 (3.2 s after packet 9) and 4 more" */
static void
tell_findings(GString *message, const struct track *track,
              const struct rule *rule)
{
    for (unsigned i = 0; i < track->findings->len; i++) {
        const struct finding *finding = &g_array_index(track->findings,
                                                       struct finding, i);

        g_string_append_printf(message, "%s%u", i ? ", " : "",
                               finding->at.packet);
        tell_other(message, finding, rule);
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
    tell_within(message, missing);
}

/* "1 packet matches", "2 packets match" */
static void
tell_count(GString *message, uint64_t number)
{
    g_string_append_printf(message, "%" G_GUINT64_FORMAT " packet%s", number,
                           number == 1 ? " matches" : "s match");
}

/* "1 packet matches, at least 2 should" */
static void
tell_number(GString *message, const struct track *track,
            const struct rule *rule)
{
    tell_count(message, track->count);
    g_string_append_printf(message, ", %s %" G_GUINT64_FORMAT " should",
                           rule->kind == RULE_AT_LEAST ? "at least"
                           : rule->kind == RULE_AT_MOST ? "at most"
                           : "exactly", rule->number);
    if (track->findings->len) {
        g_string_append(message, "; too many are");
    }
}

/* "2 of 3 packets do not match B", "1 of 3 packets is not followed by B" */
static void
tell_every(GString *message, const struct track *track,
           const struct rule *rule)
{
    const struct rule_filter *b = rule_filter(rule, 1);
    const char *how = rule->kind == RULE_EVERY_HAS
        ? track->wrong == 1 ? "does not match" : "do not match"
        : track->wrong == 1 ? "is not followed by" : "are not followed by";

    g_string_append_printf(message, "%" G_GUINT64_FORMAT " of %"
                           G_GUINT64_FORMAT " packets %s %s", track->wrong,
                           track->count, how, b->text);
    tell_within(message, b);
}

/* "2 packets match A after B" */
static void
tell_pair(GString *message, const struct track *track,
          const struct rule_filter *wrong, const char *how,
          const struct rule_filter *other)
{
    tell_count(message, track->wrong);
    g_string_append_printf(message, " %s %s %s", wrong->text, how,
                           other->text);
}

void
track_tell(const struct track *track, const struct rule *rule,
           GString *message)
{
    switch (rule->kind) {
    case RULE_NEVER:
        tell_count(message, track->wrong);
        break;
    case RULE_NEVER_THEN:
        tell_pair(message, track, rule_filter(rule, 1), "after",
                  rule_filter(rule, 0));
        break;
    case RULE_NEVER_BEFORE:
        tell_pair(message, track, rule_filter(rule, 0), "before any",
                  rule_filter(rule, 1));
        break;
    case RULE_AT_LEAST:
    case RULE_AT_MOST:
    case RULE_EXACTLY:
        tell_number(message, track, rule);
        break;
    case RULE_EVERY_HAS:
    case RULE_EVERY_THEN:
        tell_every(message, track, rule);
        break;
    case RULE_ORDER:
        tell_order(message, track, rule);
        return;
    }
    if (track->findings->len) {
        g_string_append(message, ": ");
        tell_findings(message, track, rule);
    }
}

void
track_show(const struct track *track, const struct rule *rule,
           GArray *packets)
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
