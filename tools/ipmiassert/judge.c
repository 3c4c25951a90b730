/* judge.c
 * Judges captures by rules, with the help of tshark. One run of it says which
 * packets match; a second one, if any are wrong, decodes those.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "judge.h"

#include <string.h>

#include "tshark.h"

/* What is decoded to the last bit; of other protocols there is a line each. */
#define DECODED \
    "ipmi_extern,ipmi_kcs,ipmi_bt,ipmi_trans,ipmi,kcs,tmode,pkt_comment"

G_DEFINE_QUARK(ipmiscope-judge, judge_error)

void
judge_ask(GPtrArray *arguments, const struct evaluation *evaluation)
{
    const GArray *queries = evaluation_queries(evaluation);

    for (unsigned i = 0; i < queries->len; i++) {
        const struct query *query = &g_array_index(queries, struct query, i);

        g_ptr_array_add(arguments, g_strdup("-z"));
        g_ptr_array_add(arguments, g_strdup_printf(
            "ipmi_match,%u%s%s,%s", i, query->field ? "=" : "",
            query->field ? query->field : "", query->filter));
    }
}

bool
judge_hear(struct evaluation *evaluation, const char *line)
{
    guint64 query, packet, nanoseconds;
    gint64 seconds;
    char *at;

    if (!g_str_has_prefix(line, "match ")) {
        return false;
    }
    query = g_ascii_strtoull(line + strlen("match "), &at, 10);
    if (*at != ' ' || query >= evaluation_queries(evaluation)->len) {
        return false;
    }
    packet = g_ascii_strtoull(at + 1, &at, 10);
    if (*at != ' ') {
        return false;
    }
    seconds = g_ascii_strtoll(at + 1, &at, 10);
    if (*at != '.') {
        return false;
    }
    nanoseconds = g_ascii_strtoull(at + 1, &at, 10);
    /* Times of which 64 bits do not have the difference are nobody's. */
    seconds = CLAMP(seconds, 0, G_MAXINT64 / 1000000000 - 1);
    evaluation_match(evaluation, (unsigned)query, (uint32_t)packet,
                     seconds * 1000000000 + (gint64)nanoseconds,
                     *at == ' ' ? at + 1 : NULL);
    return true;
}

static void
append_strings(GPtrArray *to, const GPtrArray *from)
{
    for (unsigned i = 0; i < from->len; i++) {
        g_ptr_array_add(to, g_strdup(g_ptr_array_index(from, i)));
    }
}

/* What each reading of a capture begins with. */
static GPtrArray *
reading_arguments(const char *path, const GPtrArray *rules,
                  const GPtrArray *options, uint64_t packets)
{
    GPtrArray *arguments = g_ptr_array_new_with_free_func(g_free);
    bool two_passes = false;

    for (unsigned i = 0; i < rules->len; i++) {
        two_passes |= rule_looks_ahead(g_ptr_array_index(rules, i));
    }
    g_ptr_array_add(arguments, g_strdup("-r"));
    g_ptr_array_add(arguments, g_strdup(path));
    if (two_passes) {
        g_ptr_array_add(arguments, g_strdup("-2"));
    }
    if (packets) {
        g_ptr_array_add(arguments, g_strdup("-c"));
        g_ptr_array_add(arguments, g_strdup_printf("%" G_GUINT64_FORMAT,
                                                   packets));
    }
    append_strings(arguments, options);
    return arguments;
}

/* What one reading comes to. */
struct reading {
    struct evaluation *evaluation;
    struct judgement  *judgement;
    bool               complete;
};

static void
hear_line(char *line, void *data)
{
    struct reading *reading = data;

    if (!judge_hear(reading->evaluation, line)
            && g_str_has_prefix(line, "end ")) {
        reading->judgement->packets =
            g_ascii_strtoull(line + strlen("end "), NULL, 10);
        reading->complete = true;
    }
}

/* Has tshark tell the evaluation what matches. */
static bool
evaluate(GPtrArray *arguments, struct reading *reading, GError **error)
{
    struct tshark *tshark;
    GError *failure = NULL;

    g_ptr_array_add(arguments, g_strdup("-q"));
    judge_ask(arguments, reading->evaluation);
    g_ptr_array_add(arguments, NULL);

    tshark = tshark_start((const char *const *)arguments->pdata, false,
                          hear_line, reading, error);
    if (!tshark) {
        return false;
    }
    tshark_finish(tshark, &failure);
    failure = judge_explain(reading->evaluation, arguments,
                            tshark_messages(tshark), failure);
    if (!failure && !reading->complete) {
        failure = g_error_new(G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED,
                              "tshark has not read all of the capture: %s",
                              tshark_messages(tshark));
    }
    reading->judgement->cut_off =
        g_strstr_len(tshark_messages(tshark), -1, "cut short") != NULL;
    tshark_free(tshark);
    if (failure) {
        g_propagate_error(error, failure);
    }
    return !failure;
}

/* The packets, while tshark prints them. */
struct decoding {
    struct judgement *judgement;
    GString    *packet;     /* the current one's text so far */
    guint64     number;     /* and number, 0 if that is not known yet */
};

/* A value that the plugin tells: "match FIELD NUMBER TIME VALUE". Returns
 * whether it is that. */
static bool
hear_value(GHashTable *values, const char *line)
{
    char **words = g_strsplit(line, " ", 5);
    bool is_value = g_strv_length(words) == 5 && g_str_equal(words[0], "match")
                    && g_str_has_prefix(words[1], "ipmi_");

    if (is_value) {
        char *key = g_strdup_printf("%s %s", words[2], words[1]);
        const char *others = g_hash_table_lookup(values, key);

        g_hash_table_replace(values, key, others
                             ? g_strconcat(others, ", ", words[4], NULL)
                             : g_strdup(words[4]));
    }
    g_strfreev(words);
    return is_value;
}

/* A packet is a line of its columns, perhaps some for its comments, a line
 * "Frame NUMBER: " and so on, and an empty line. */
static void
hear_decoded_line(char *line, void *data)
{
    struct decoding *decoding = data;

    if (hear_value(decoding->judgement->values, line)) {
        return;
    }
    if (!*line) {
        if (decoding->number) {
            g_hash_table_insert(decoding->judgement->decoded,
                                GUINT_TO_POINTER((guint)decoding->number),
                                decoding->packet);
        } else {
            g_string_free(decoding->packet, TRUE);
        }
        decoding->packet = g_string_new(NULL);
        decoding->number = 0;
        return;
    }
    if (!decoding->number && g_str_has_prefix(line, "Frame ")) {
        decoding->number = g_ascii_strtoull(line + strlen("Frame "), NULL, 10);
    }
    /* Columns are aligned: the first line would begin with space. */
    g_string_append_printf(decoding->packet, "%s\n",
                           decoding->packet->len ? line : g_strchug(line));
}

/* "frame.number in {1, 2}": the packets of all verdicts; NULL if none are. */
static char *
wrong_packets_filter(const GArray *verdicts)
{
    GString *filter = g_string_new(NULL);

    for (unsigned i = 0; i < verdicts->len; i++) {
        const GArray *packets = g_array_index(verdicts, struct verdict,
                                              i).packets;

        for (unsigned j = 0; j < packets->len; j++) {
            g_string_append_printf(filter, "%s%u",
                                   filter->len ? ", " : "frame.number in {",
                                   g_array_index(packets, uint32_t, j));
        }
    }
    if (filter->len) {
        g_string_append_c(filter, '}');
    }
    return g_string_free(filter, filter->len == 0);
}

/* Has the plugin tell the fields of the rules that failed, in the packets of a
 * filter. */
static void
ask_for_values(GPtrArray *arguments, const GArray *verdicts,
               const char *packets)
{
    GHashTable *asked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                              NULL);

    for (unsigned i = 0; i < verdicts->len; i++) {
        const struct verdict *verdict = &g_array_index(verdicts,
                                                       struct verdict, i);
        GPtrArray *fields = rule_fields(verdict->rule);

        for (unsigned j = 0; !verdict->passed && j < fields->len; j++) {
            const char *field = g_ptr_array_index(fields, j);

            if (g_hash_table_add(asked, g_strdup(field))) {
                g_ptr_array_add(arguments, g_strdup("-z"));
                g_ptr_array_add(arguments, g_strdup_printf(
                    "ipmi_match,%1$s=%1$s,%2$s", field, packets));
            }
        }
        g_ptr_array_unref(fields);
    }
    g_hash_table_unref(asked);
}

static void
free_text(gpointer text)
{
    g_string_free(text, TRUE);
}

/* Has tshark decode the packets of a filter. */
static bool
decode(GPtrArray *arguments, const char *filter, struct judgement *judgement,
       GError **error)
{
    struct decoding decoding = { judgement, NULL, 0 };
    struct tshark *tshark;
    bool good;

    g_ptr_array_add(arguments, g_strdup("-Y"));
    g_ptr_array_add(arguments, g_strdup(filter));
    g_ptr_array_add(arguments, g_strdup("-P"));
    g_ptr_array_add(arguments, g_strdup("-O"));
    g_ptr_array_add(arguments, g_strdup(DECODED));
    g_ptr_array_add(arguments, NULL);

    decoding.packet = g_string_new(NULL);
    tshark = tshark_start((const char *const *)arguments->pdata, false,
                          hear_decoded_line, &decoding, error);
    good = tshark && tshark_finish(tshark, error);
    if (tshark) {
        tshark_free(tshark);
    }
    g_string_free(decoding.packet, TRUE);
    return good;
}

bool
judge_capture(const char *path, const GPtrArray *rules,
              const GPtrArray *options, uint64_t packets,
              struct judgement *judgement, GError **error)
{
    GPtrArray *arguments = reading_arguments(path, rules, options, packets);
    struct evaluation *evaluation = evaluation_new(rules);
    struct reading reading = { evaluation, judgement, false };
    char *filter = NULL;
    bool good;

    *judgement = (struct judgement) {
        .decoded = g_hash_table_new_full(NULL, NULL, NULL, free_text),
        .values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                        g_free)
    };
    good = evaluate(arguments, &reading, error);
    g_ptr_array_unref(arguments);
    if (good) {
        judgement->verdicts = evaluation_end(evaluation);
        filter = wrong_packets_filter(judgement->verdicts);
    }
    /* What looks like a field in a filter may be none, but a string without
     * quotes: then there are no values. */
    for (bool with_values = true; filter; with_values = false) {
        arguments = reading_arguments(path, rules, options, packets);
        if (with_values) {
            ask_for_values(arguments, judgement->verdicts, filter);
        }
        good = decode(arguments, filter, judgement,
                      with_values ? NULL : error);
        g_ptr_array_unref(arguments);
        if (good || !with_values) {
            break;
        }
    }
    g_free(filter);
    evaluation_free(evaluation);
    if (!good) {
        judgement_clear(judgement);
    }
    return good;
}

void
judgement_clear(struct judgement *judgement)
{
    g_clear_pointer(&judgement->verdicts, g_array_unref);
    g_clear_pointer(&judgement->decoded, g_hash_table_unref);
    g_clear_pointer(&judgement->values, g_hash_table_unref);
}

char *
judgement_values(const struct judgement *judgement,
                 const struct verdict *verdict)
{
    GPtrArray *fields = rule_fields(verdict->rule);
    GString *lines = g_string_new(NULL);

    for (unsigned i = 0; i < verdict->packets->len; i++) {
        uint32_t packet = g_array_index(verdict->packets, uint32_t, i);
        bool any = false;

        for (unsigned j = 0; j < fields->len; j++) {
            const char *field = g_ptr_array_index(fields, j);
            char *key = g_strdup_printf("%u %s", packet, field);
            const char *value = g_hash_table_lookup(judgement->values, key);

            g_free(key);
            if (!value) {
                continue;
            }
            if (any) {
                g_string_append_printf(lines, ", %s", field);
            } else {
                g_string_append_printf(lines, "%u: %s", packet, field);
            }
            g_string_append_printf(lines, "%s%s", *value ? " " : "", value);
            any = true;
        }
        if (any) {
            g_string_append_c(lines, '\n');
        }
    }
    g_ptr_array_unref(fields);
    return g_string_free(lines, FALSE);
}
