/* status.c
 * Tells the user how the tap does. There is one terminal, so what is on it is
 * static.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "status.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "talk.h"
#include "tool.h"

/* Returns to the line's start and clears it. */
#define CLEAR_LINE  "\r\033[K"

#define NUMBER      "%" G_GUINT64_FORMAT

struct status {
    struct tap *tap;
    bool     terminal;
    guint    tick;          /* a source's number */
    gint64   since;         /* us, monotonic: when messages were counted */
    uint64_t messages;
    double   rate;          /* messages a second */
};

static void
clear_and_say(const char *message)
{
    fputs(CLEAR_LINE, stderr);
    tool_say("%s", message);
}

static uint64_t
messages_of(const struct watch_counts *counts)
{
    return counts->requests + counts->responses + counts->controls;
}

static char *
describe_counts(const struct status *status)
{
    struct watch_counts counts;
    guint links = tap_links(status->tap), up = 0;

    for (guint i = 0; i < links; i++) {
        up += link_is_up(tap_link(status->tap, i));
    }
    tap_get_counts(status->tap, &counts);
    return g_strdup_printf("%u of %u %s up, " NUMBER " messages, %.0f/s, "
                           NUMBER " bad, " NUMBER " unanswered, " NUMBER
                           " lost", up, links, links == 1 ? "link" : "links",
                           messages_of(&counts), status->rate, counts.bad,
                           counts.unanswered,
                           captures_lost(tap_captures(status->tap)));
}

static int
terminal_width(void)
{
    struct winsize size;

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
               ? size.ws_col : 80;
}

static gboolean
on_tick(gpointer data)
{
    struct status *status = data;
    gint64 now = g_get_monotonic_time();
    struct watch_counts counts;
    char *line;

    tap_get_counts(status->tap, &counts);
    status->rate = (double)(messages_of(&counts) - status->messages) *
                   G_USEC_PER_SEC / (double)MAX(now - status->since, 1);
    status->messages = messages_of(&counts);
    status->since = now;
    if (status->terminal) {
        line = describe_counts(status);
        fprintf(stderr, CLEAR_LINE "%.*s", terminal_width() - 1, line);
        g_free(line);
    }
    return G_SOURCE_CONTINUE;
}

struct status *
status_new(struct tap *tap)
{
    struct status *status = g_new0(struct status, 1);

    status->tap = tap;
    status->terminal = isatty(STDERR_FILENO);
    status->since = g_get_monotonic_time();
    status->tick = g_timeout_add_seconds(1, on_tick, status);
    if (status->terminal) {
        talk_to(clear_and_say);
    }
    return status;
}

void
status_free(struct status *status)
{
    if (status->terminal) {
        fputs(CLEAR_LINE, stderr);
        talk_to(NULL);
    }
    g_source_remove(status->tick);
    g_free(status);
}

static void
print_link(struct link *link)
{
    static const char *const hosts[ENDS] = { "near", "far" };
    struct watch_counts counts;
    char *state = link_state(link);

    watch_get_counts(link_watch(link), &counts);
    talk("%s: %s; the host is the %s end%s; " NUMBER " requests, " NUMBER
         " responses, " NUMBER " control commands, " NUMBER " bad frames, "
         NUMBER " unanswered, %u outstanding", link_name(link), state,
         hosts[counts.host], counts.host_learnt ? "" : " as far as is known",
         counts.requests, counts.responses, counts.controls, counts.bad,
         counts.unanswered, counts.outstanding);
    g_free(state);
}

void
status_print(struct status *status)
{
    char *line = describe_counts(status);

    for (guint i = 0; i < tap_links(status->tap); i++) {
        print_link(tap_link(status->tap, i));
    }
    talk("%s", line);
    g_free(line);
}
