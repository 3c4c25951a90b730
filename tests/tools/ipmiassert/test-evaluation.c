/* test-evaluation.c
 * What rules come to: each kind of them on made up packets, a letter for each
 * filter that a packet matches.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "check.h"
#include "evaluation.h"

unsigned checks;
unsigned failures;

/* What a packet matches: the filter's letter, or, for "(a) && !(b)", a without
 * b. */
static bool
has_letters(const char *letters, const char *filter)
{
    if (g_str_has_prefix(filter, "(")) {
        return strchr(letters, filter[1])
               && !strchr(letters, filter[strlen(filter) - 2]);
    }
    return strchr(letters, *filter) != NULL;
}

/* Packets are words, with a second between them or, after a "+", a millisecond:
 * "a b+c ab" are four. A digit is the value of the field f, which "f" asks
 * for. */
static void
play(struct evaluation *evaluation, const char *packets)
{
    const GArray *queries = evaluation_queries(evaluation);
    char **words = g_strsplit_set(packets, " +", -1);
    int64_t time = 0;
    size_t at = 0;

    for (unsigned i = 0; words[i]; i++) {
        const char *digit = strpbrk(words[i], "0123456789");
        char *letters = g_strconcat(words[i], digit ? "f" : "", NULL);
        char value[] = { digit ? *digit : '\0', '\0' };

        for (unsigned j = 0; j < queries->len; j++) {
            const struct query *query = &g_array_index(queries, struct query,
                                                       j);

            if (has_letters(letters, query->filter)
                    && (digit || !query->field)) {
                evaluation_match(evaluation, j, i + 1, time,
                                 query->field ? value : NULL);
            }
        }
        at += strlen(words[i]);
        time += packets[at++] == '+' ? 1000000 : 1000000000;
        g_free(letters);
    }
    g_strfreev(words);
}

/* Rules that have been played packets. */
struct played {
    GPtrArray *rules;
    struct evaluation *evaluation;
};

static struct played
played_rules(const char *text, const char *packets)
{
    struct played played = { .rules = rules_new() };
    GError *error = NULL;

    CHECK(rules_parse(played.rules, "test", text, &error), "%s: %s", text,
          error->message);
    g_clear_error(&error);
    played.evaluation = evaluation_new(played.rules);
    play(played.evaluation, packets);
    return played;
}

static void
played_clear(struct played *played)
{
    evaluation_free(played->evaluation);
    g_ptr_array_unref(played->rules);
}

/* text: a rule; message: how the verdict's begins, NULL if it passes without
 * one, "" if it passes and says something. */
static void
check_verdict(const char *text, const char *packets, const char *message)
{
    struct played played = played_rules(text, packets);
    GArray *verdicts = evaluation_end(played.evaluation);
    const struct verdict *verdict;

    verdict = &g_array_index(verdicts, struct verdict, 0);
    CHECK(verdict->passed == (!message || !*message), "'%s' of '%s': %s",
          text, packets, verdict->message ? verdict->message : "passed");
    CHECK(message ? verdict->message
                    && (*message ? strcmp(verdict->message, message) == 0
                                 : *verdict->message)
                  : !verdict->message,
          "'%s' of '%s': '%s', not '%s'", text, packets, verdict->message,
          message);
    g_array_unref(verdicts);
    played_clear(&played);
}

static void
test_counts(void)
{
    check_verdict("never a", "b b", NULL);
    check_verdict("never a", "b a", "1 packet matches: 2");
    check_verdict("never a", "a a a a a a a",
                  "7 packets match: 1, 2, 3, 4, 5 and 2 more");
    check_verdict("at least 2 a", "a b a", NULL);
    check_verdict("at least 2 a", "a a a", NULL);
    check_verdict("at least 2 a", "a b",
                  "1 packet matches, at least 2 should");
    check_verdict("at most 2 a", "b", NULL);
    check_verdict("at most 2 a", "a a", NULL);
    check_verdict("at most 2 a", "a b a a a",
                  "4 packets match, at most 2 should; too many are: 4, 5");
    check_verdict("exactly 2 a", "a a", NULL);
    check_verdict("exactly 2 a", "a",
                  "1 packet matches, exactly 2 should");
    check_verdict("exactly 2 a", "a a a",
                  "3 packets match, exactly 2 should; too many are: 3");
    check_verdict("exactly 0 a", "b", NULL);
    check_verdict("exactly 0 a", "a",
                  "1 packet matches, exactly 0 should; too many are: 1");
}

static void
test_every(void)
{
    check_verdict("every a has b", "ab b ab", NULL);
    check_verdict("every a has b", "ab a b a",
                  "2 of 3 packets do not match b: 2, 4");
    check_verdict("every a has b", "b", "");

    check_verdict("every a then b", "a c b a b", NULL);
    check_verdict("every a then b", "a a b", NULL);
    check_verdict("every a then b", "b a",
                  "1 of 1 packets is not followed by b: 2 (none came)");
    check_verdict("every a then b", "ab",
                  "1 of 1 packets is not followed by b: 1 (none came)");
    check_verdict("every a then b", "ab ab b", NULL);
    check_verdict("every a then b within 1s", "a b", NULL);
    check_verdict("every a then b within 1s", "a+c b",
                  "1 of 1 packets is not followed by b within 1 s: 1 "
                  "(packet 3 came after 1.001 s)");
    check_verdict("every a then b within 999ms", "a b a+b",
                  "1 of 2 packets is not followed by b within 999 ms: 1 "
                  "(packet 2 came after 1 s)");
    check_verdict("every a then b within 5s", "c", "");
}

static void
test_never(void)
{
    check_verdict("never a then b", "b c a", NULL);
    check_verdict("never a then b", "ab", NULL);
    check_verdict("never a then b", "a ab",
                  "1 packet matches b after a: 2 (1 s after packet 1)");
    check_verdict("never a then b", "a c b b", "2 packets match b after a: "
                  "3 (2 s after packet 1), 4 (3 s after packet 1)");
    check_verdict("never a then b within 1s", "a c b", NULL);
    check_verdict("never a then b within 1s", "a c a+b",
                  "1 packet matches b after a: 4 (1 ms after packet 3)");

    check_verdict("never a before b", "b a", NULL);
    check_verdict("never a before b", "c c", NULL);
    check_verdict("never a before b", "ab a", NULL);
    check_verdict("never a before b", "a b", "1 packet matches a before any "
                  "b: 1");
    check_verdict("never a before b", "a ab", "1 packet matches a before any "
                  "b: 1");
    check_verdict("never a before b", "a a", "2 packets match a before any "
                  "b: 1, 2");
}

static void
test_order(void)
{
    check_verdict("order a then b then c", "a b c", NULL);
    check_verdict("order a then b then c", "c b a c b c", NULL);
    check_verdict("order a then b then c", "a c b", "comes as far as b, packet "
                  "3; after it no packet matches c");
    check_verdict("order a then b then c", "b c", "no packet matches a");
    check_verdict("order a then b", "ab", "comes as far as a, packet 1; after "
                  "it no packet matches b");
    check_verdict("order a then b", "ab ab", NULL);
    check_verdict("order a then a then a", "a a a", NULL);
    check_verdict("order a then a then a", "a a", "comes as far as a, packet "
                  "2; after it no packet matches a");
    check_verdict("order a then b within 1s", "a b", NULL);
    check_verdict("order a then b within 1s", "a c b", "comes as far as a, "
                  "packet 1; after it no packet matches b within 1 s");

    /* Not the first a, but another one goes with b. */
    check_verdict("order a then b within 1s", "a c a b", NULL);
    check_verdict("order a then b within 1s then c within 1s",
                  "a b c", NULL);
    check_verdict("order a then b within 1s then c within 1s",
                  "a b x b c", "comes as far as b, packet 2; after it no "
                  "packet matches c within 1 s");
    check_verdict("order a then b within 1s then c within 1s",
                  "a b a b c", NULL);
}

static void
test_each(void)
{
    check_verdict("for each f: at least 1 a", "a1 a2", NULL);
    check_verdict("for each f: at least 1 a", "a1 b2 b3",
                  "f 2: 0 packets match, at least 1 should; "
                  "f 3: 0 packets match, at least 1 should");
    check_verdict("for each f: at least 1 a", "a b", "no packet has f");
    check_verdict("for each f: at least 1 a", "b1 b2 b3 b4 b5",
                  "f 1: 0 packets match, at least 1 should; "
                  "f 2: 0 packets match, at least 1 should; "
                  "f 3: 0 packets match, at least 1 should; "
                  "and so for 2 more");
    check_verdict("for each f: never a", "a b1", NULL);
    check_verdict("for each f: never a", "b2 a1", "f 1: 1 packet matches: 2");
    check_verdict("for each f: order a then b", "a1 b2 b1 a2 b2", NULL);
    check_verdict("for each f: order a then b", "a1 a2 b2",
                  "f 1: comes as far as a, packet 1; after it no packet "
                  "matches b");
    check_verdict("for each f: every a then b", "a1 a2 b2",
                  "f 1: 1 of 1 packets is not followed by b: 1 (none came)");
    check_verdict("for each f: every a has b", "ab1 a2",
                  "f 2: 1 of 1 packets does not match b: 2");
    check_verdict("for each f: exactly 1 a", "a1 a2 a1",
                  "f 1: 2 packets match, exactly 1 should; too many are: 3");
}

/* The packets to show of a rule that fails. */
static void
check_packets(const char *text, const char *packets, const char *wanted)
{
    struct played played = played_rules(text, packets);
    GArray *verdicts = evaluation_end(played.evaluation);
    const GArray *found = g_array_index(verdicts, struct verdict, 0).packets;
    GString *shown = g_string_new(NULL);

    for (unsigned i = 0; i < found->len; i++) {
        g_string_append_printf(shown, "%s%u", i ? " " : "",
                               g_array_index(found, uint32_t, i));
    }
    CHECK(g_str_equal(shown->str, wanted), "%s of '%s': %s", text, packets,
          shown->str);
    g_string_free(shown, TRUE);
    g_array_unref(verdicts);
    played_clear(&played);
}

static void
test_packets(void)
{
    /* Of all values, in order, five at most. */
    check_packets("for each f: never a", "a2 a1 b1 a2 a1 a1 a2 a2",
                  "1 2 4 5 6");
    check_packets("every a then b within 1s", "a a c b", "1 2");
    check_packets("order a then b then c", "c a b a b", "2 3");
    check_packets("at least 2 a", "a", "");
}

/* Whether a live capture goes on after these packets. */
static void
check_waits(const char *text, const char *packets, bool goals, bool waits)
{
    struct played played = played_rules(text, packets);

    CHECK(evaluation_has_goals(played.evaluation) == goals, "%s", text);
    CHECK(evaluation_waits(played.evaluation) == waits, "%s after '%s'", text,
          packets);
    played_clear(&played);
}

static void
test_waiting(void)
{
    check_waits("never a", "a", false, false);
    check_waits("at most 1 a", "a a", false, false);
    check_waits("exactly 0 a", "b", false, false);
    check_waits("at least 2 a", "a", true, true);
    check_waits("at least 2 a", "a a", true, false);
    check_waits("exactly 2 a", "a", true, true);
    check_waits("exactly 2 a", "a a a", true, false);
    check_waits("order a then b", "b a", true, true);
    check_waits("order a then b", "a b", true, false);
    check_waits("every a then b", "b", false, false);
    check_waits("every a then b", "a", false, true);
    check_waits("every a then b", "a b", false, false);
    check_waits("at least 1 a\nat least 1 b", "a", true, true);
    check_waits("at least 1 a\nevery b then c", "a b", true, true);
    check_waits("at least 1 a\nevery b then c", "a b c", true, false);
    check_waits("for each f: at least 1 a", "b", true, true);
    check_waits("for each f: at least 1 a", "a1 b2", true, true);
    check_waits("for each f: at least 1 a", "a1 a2", true, false);

    /* What takes two passes is not known yet. */
    check_waits("at least 1 ipmi_trans", "b", false, false);
}

/* Rules that ask the same ask once. */
static void
test_queries(void)
{
    struct played played = played_rules(
        "never a\nat least 1 a\nfor each f: never a\norder a then b then a",
        "");

    CHECK(evaluation_queries(played.evaluation)->len == 3, "%u",
          evaluation_queries(played.evaluation)->len);
    played_clear(&played);
}

int
main(void)
{
    test_counts();
    test_every();
    test_never();
    test_order();
    test_each();
    test_packets();
    test_waiting();
    test_queries();
    printf("%u checks, %u failures\n", checks, failures);
    return failures != 0;
}
