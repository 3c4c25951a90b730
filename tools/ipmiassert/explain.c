/* explain.c
 * What is wrong with filters of rules, in words of the rules: tshark is the one
 * that knows, and tells it of one filter at a time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "judge.h"

#include <string.h>

#include "tshark.h"

/* A filter that tshark does not take. */
struct refusal {
    unsigned    number;         /* of the query */
    const struct query *query;
    const char *why;            /* a part of its messages, len bytes */
    size_t      len;
};

/* Finds one in tshark's messages. */
static bool
find_refusal(const GArray *queries, const char *messages,
             struct refusal *refusal)
{
    static const char before_reason[] = " is invalid - ";
    const char *said = strstr(messages, "ipmi_match ");
    const char *reason;
    char *why;

    if (!said) {
        return false;
    }
    refusal->number = (unsigned)g_ascii_strtoull(said + strlen("ipmi_match "),
                                                 &why, 10);
    if (!g_str_has_prefix(why, ": ") || refusal->number >= queries->len) {
        return false;
    }
    refusal->query = &g_array_index(queries, struct query, refusal->number);
    refusal->why = why + strlen(": ");
    refusal->len = strcspn(refusal->why, "\n");
    /* Wireshark has the filter before that, which may not be the rule's. */
    reason = g_strstr_len(refusal->why, (gssize)refusal->len, before_reason);
    if (reason) {
        reason += strlen(before_reason);
        refusal->len -= reason - refusal->why;
        refusal->why = reason;
    }
    refusal->len -= refusal->len && refusal->why[refusal->len - 1] == '.';
    return true;
}

static void
ignore_line(char *line G_GNUC_UNUSED, void *data G_GNUC_UNUSED)
{
}

/* What tshark says with these arguments, one of which it does not take. */
static char *
messages_of_refusal(const GPtrArray *arguments)
{
    struct tshark *tshark = tshark_start(
        (const char *const *)arguments->pdata, false, ignore_line, NULL, NULL);
    char *messages;

    if (!tshark) {
        return g_strdup("");
    }
    tshark_finish(tshark, NULL);
    messages = g_strdup(tshark_messages(tshark));
    tshark_free(tshark);
    return messages;
}

/* Moves what asks for a query, "-z" and its argument, back to where the
 * argument has this index; what is in between comes forward. */
static void
move_query(GPtrArray *arguments, unsigned number, unsigned place)
{
    char *begin = g_strdup_printf("ipmi_match,%u", number);
    size_t len = strlen(begin);

    for (unsigned i = 1; i < place; i++) {
        char *argument = arguments->pdata[i];

        if (g_str_has_prefix(argument, begin) && strchr("=,", argument[len])) {
            char *option = arguments->pdata[i - 1];

            memmove(&arguments->pdata[i - 1], &arguments->pdata[i + 1],
                    (place - i) * sizeof *arguments->pdata);
            arguments->pdata[place - 1] = option;
            arguments->pdata[place] = argument;
            break;
        }
    }
    g_free(begin);
}

/* Once more for a rule that has its filter in several queries says nothing. */
static void
tell_refusal(GString *told, const struct refusal *refusal)
{
    const struct query *query = refusal->query;
    char *words = g_strdup_printf(": %.*s, in: %s\n", (int)refusal->len,
                                  refusal->why, query->rule->text);

    if (!strstr(told->str, words)) {
        g_string_append_printf(told, "%s:%u%s", query->rule->source,
                               query->line, words);
    }
    g_free(words);
}

/* tshark ends at the first filter that it does not take, before it reads
 * anything. So that it tells the next one, the first goes behind all that may
 * still be wrong; there it is told again when there is no other one. */
GError *
judge_explain(const struct evaluation *evaluation, GPtrArray *arguments,
              const char *messages, GError *error)
{
    const GArray *queries = evaluation_queries(evaluation);
    unsigned place = arguments->len - 2;    /* the last is NULL */
    unsigned latest = G_MAXUINT;
    GString *told = g_string_new(NULL);
    char *said = g_strdup(messages);
    struct refusal refusal;

    while (error && find_refusal(queries, said, &refusal)
           && refusal.number != latest) {
        tell_refusal(told, &refusal);
        latest = refusal.number;
        move_query(arguments, latest, place);
        place -= 2;
        g_free(said);
        said = messages_of_refusal(arguments);
    }
    g_free(said);
    if (told->len) {
        g_string_truncate(told, told->len - 1);
        g_error_free(error);
        error = g_error_new_literal(JUDGE_ERROR, JUDGE_BAD_FILTER, told->str);
    }
    g_string_free(told, TRUE);
    return error;
}
