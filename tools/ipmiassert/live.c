/* live.c
 * Captures for as long as it takes to judge: tshark writes a capture, and says
 * meanwhile what matches. The judgement is not made here, but of what was
 * written.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "live.h"

#include <signal.h>
#include <string.h>

#include <gio/gio.h>
#include <glib-unix.h>

#include "evaluation.h"
#include "judge.h"
#include "tool.h"
#include "tshark.h"

/* Whoever waits longer than this for a response gives up. */
#define GIVE_UP_SECONDS 5

/* How often to see whether it is time to end. */
#define LOOK_MS         200

/* Tags of what is asked besides the rules' filters. */
#define REQUESTS        "requests"
#define RESPONSES       "responses"

struct capturing {
    struct evaluation *evaluation;
    struct tshark *tshark;
    bool        has_goals;
    gint64      ending;         /* since when, monotonic, us, to end as soon as
                                 * nothing is on its way; or 0 */
    guint64     packet;         /* the latest one heard of */
    guint64     first_end;      /* the same when ending began */
    guint64     settled;        /* the latest after which nothing was on its
                                 * way */
    GHashTable *on_their_way;   /* numbers of packets with requests: when they
                                 * came, monotonic, us */
    guint       deadline_source;
};

static void
ask_for_messages(GPtrArray *arguments)
{
    static const char *const protocols[] = {
        "ipmi_extern", "ipmi_kcs", "ipmi_bt"
    };

    for (size_t i = 0; i < G_N_ELEMENTS(protocols); i++) {
        g_ptr_array_add(arguments, g_strdup("-z"));
        g_ptr_array_add(arguments, g_strdup_printf(
            "ipmi_match," REQUESTS ",%s.type == 0", protocols[i]));
        g_ptr_array_add(arguments, g_strdup("-z"));
        g_ptr_array_add(arguments, g_strdup_printf(
            "ipmi_match," RESPONSES "=%1$s.response_to,%1$s", protocols[i]));
    }
}

/* Takes note of a request, or of one that got its response. */
static void
hear_message(struct capturing *capturing, const char *line)
{
    char **words = g_strsplit(line, " ", -1);
    unsigned count = g_strv_length(words);

    if (count == 4 && strcmp(words[1], REQUESTS) == 0) {
        guint64 packet = g_ascii_strtoull(words[2], NULL, 10);

        g_hash_table_insert(capturing->on_their_way,
                            GUINT_TO_POINTER((guint)packet),
                            g_memdup2(&(gint64) { g_get_monotonic_time() },
                                      sizeof(gint64)));
    } else if (count == 5 && strcmp(words[1], RESPONSES) == 0) {
        guint64 packet = g_ascii_strtoull(words[4], NULL, 10);

        g_hash_table_remove(capturing->on_their_way,
                            GUINT_TO_POINTER((guint)packet));
    }
    g_strfreev(words);
}

static gboolean
is_given_up(gpointer packet G_GNUC_UNUSED, gpointer came, gpointer now)
{
    return *(gint64 *)now - *(gint64 *)came > GIVE_UP_SECONDS * G_USEC_PER_SEC;
}

static void
begin_to_end(struct capturing *capturing)
{
    if (!capturing->ending) {
        capturing->ending = g_get_monotonic_time();
        capturing->first_end = capturing->packet;
    }
}

static bool
is_settled(const struct capturing *capturing)
{
    return g_hash_table_size(capturing->on_their_way) == 0;
}

static gboolean
end_in_time(gpointer data)
{
    struct capturing *capturing = data;
    gint64 now = g_get_monotonic_time();

    g_hash_table_foreach_remove(capturing->on_their_way, is_given_up, &now);
    if (capturing->has_goals && !evaluation_waits(capturing->evaluation)) {
        begin_to_end(capturing);
    }
    if (capturing->ending && (is_settled(capturing)
            || now - capturing->ending > GIVE_UP_SECONDS * G_USEC_PER_SEC)) {
        tshark_stop(capturing->tshark);
    }
    return G_SOURCE_CONTINUE;
}

/* What is heard of a packet is complete when the next one is heard of. */
static void
hear_line(char *line, void *data)
{
    struct capturing *capturing = data;
    const char *number = g_str_has_prefix(line, "match ")
        ? strchr(line + strlen("match "), ' ') : NULL;
    guint64 packet;

    if (!number) {
        return;
    }
    packet = g_ascii_strtoull(number, NULL, 10);
    if (packet != capturing->packet) {
        if (is_settled(capturing)) {
            capturing->settled = packet - 1;
        }
        if (capturing->ending && is_settled(capturing)) {
            tshark_stop(capturing->tshark);
        }
        capturing->packet = packet;
    }
    if (!judge_hear(capturing->evaluation, line)) {
        hear_message(capturing, line);
    }
}

static gboolean
deadline_passed(gpointer data)
{
    struct capturing *capturing = data;

    capturing->deadline_source = 0;
    begin_to_end(capturing);
    return G_SOURCE_REMOVE;
}

static gboolean
told_to_end(gpointer data)
{
    begin_to_end(data);
    return G_SOURCE_CONTINUE;
}

/* What has tshark capture, and tell. */
static GPtrArray *
capturing_arguments(const struct live *live, const GPtrArray *options,
                    const struct evaluation *evaluation)
{
    GPtrArray *arguments = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(arguments, g_strdup("-i"));
    g_ptr_array_add(arguments, g_strdup(live->source));
    if (live->filter) {
        g_ptr_array_add(arguments, g_strdup("-f"));
        g_ptr_array_add(arguments, g_strdup(live->filter));
    }
    g_ptr_array_add(arguments, g_strdup("-w"));
    g_ptr_array_add(arguments, g_strdup(live->path));
    g_ptr_array_add(arguments, g_strdup("-q"));
    for (unsigned i = 0; i < options->len; i++) {
        g_ptr_array_add(arguments, g_strdup(g_ptr_array_index(options, i)));
    }
    judge_ask(arguments, evaluation);
    ask_for_messages(arguments);
    g_ptr_array_add(arguments, NULL);
    return arguments;
}

/* Says so if the capture has less than there was: what tshark says of it ends
 * with where it was captured. */
static void
tell_losses(const char *messages)
{
    char **lines = g_strsplit(messages, "\n", -1);

    for (char **line = lines; *line; line++) {
        if (strstr(*line, " dropped from ")) {
            tool_say("the capture is not complete: %s", *line);
        }
    }
    g_strfreev(lines);
}

/* Why nothing was captured. Takes failure, which may be NULL. */
static GError *
explain(const struct capturing *capturing, const struct live *live,
        GPtrArray *arguments, GError *failure)
{
    if (failure && capturing->ending && !capturing->packet) {
        g_error_free(failure);
        return g_error_new(G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                           "%s: there was no capture to be read from it "
                           "before the deadline", live->source);
    }
    return judge_explain(capturing->evaluation, arguments,
                         tshark_messages(capturing->tshark), failure);
}

/* Until tshark has stopped, more packets come. If the last of them are requests
 * whose responses were not waited for, they are left out. */
static uint64_t
packets_to_judge(const struct capturing *capturing)
{
    return !capturing->ending || is_settled(capturing)
           || capturing->settled < capturing->first_end
        ? 0 : capturing->settled;
}

bool
live_capture(const struct live *live, const GPtrArray *rules,
             const GPtrArray *options, uint64_t *packets, GError **error)
{
    struct capturing capturing = {
        .evaluation = evaluation_new(rules),
        .on_their_way = g_hash_table_new_full(NULL, NULL, NULL, g_free),
    };
    GPtrArray *arguments = capturing_arguments(live, options,
                                               capturing.evaluation);
    guint interrupted = g_unix_signal_add(SIGINT, told_to_end, &capturing);
    guint terminated = g_unix_signal_add(SIGTERM, told_to_end, &capturing);
    GError *failure = NULL;

    capturing.has_goals = evaluation_has_goals(capturing.evaluation);
    capturing.tshark = tshark_start((const char *const *)arguments->pdata,
                                    strcmp(live->source, "-") == 0,
                                    hear_line, &capturing, &failure);
    if (capturing.tshark) {
        guint looking = g_timeout_add(LOOK_MS, end_in_time, &capturing);

        capturing.deadline_source = g_timeout_add(
            (guint)MIN(live->deadline / 1000000, G_MAXUINT), deadline_passed,
            &capturing);
        tshark_finish(capturing.tshark, &failure);
        failure = explain(&capturing, live, arguments, failure);
        tell_losses(tshark_messages(capturing.tshark));
        g_source_remove(looking);
        g_clear_handle_id(&capturing.deadline_source, g_source_remove);
        tshark_free(capturing.tshark);
    }
    g_source_remove(interrupted);
    g_source_remove(terminated);
    *packets = packets_to_judge(&capturing);
    g_ptr_array_unref(arguments);
    g_hash_table_unref(capturing.on_their_way);
    evaluation_free(capturing.evaluation);
    if (failure) {
        g_propagate_error(error, failure);
    }
    return !failure;
}
