/* extcap-tap.c
 * A link tapped by Wireshark.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "extcap-tap.h"

#include "captures.h"
#include "link.h"
#include "talk.h"
#include "tap.h"
#include "watch.h"

/* How often it is seen whether the ends are connected. */
#define TICK_MS     250

struct tap_source {
    struct extcap_session *session;
    struct tap *tap;
    guint tick;
    bool was_up;
};

static void
on_over(gpointer data)
{
    struct tap_source *source = data;

    extcap_session_fail(source->session,
                        g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CLOSED,
                                            "the link is over"));
}

/* The addresses as Wireshark's dialog has them, in the words of --link. */
static struct link_spec *
spec_of(const struct extcap_values *values, GError **error)
{
    char *text = g_strdup_printf("%s=%s,%s",
                                 values->name && *values->name ? values->name
                                                               : "link",
                                 values->listen, values->connect);
    struct link_spec *spec = link_spec_parse(text, error);

    g_free(text);
    return spec;
}

static gboolean
on_tick(gpointer data)
{
    struct tap_source *source = data;
    bool up = link_is_up(tap_link(source->tap, 0));

    if (up != source->was_up) {
        source->was_up = up;
        talk(up ? "both ends are connected"
                : "the ends are not connected any more");
    }
    return G_SOURCE_CONTINUE;
}

static void
tap_stop(void *data)
{
    struct tap_source *source = data;

    if (source->tick != 0) {
        g_source_remove(source->tick);
    }
    tap_close(source->tap);
    g_free(source);
}

static void *
tap_start(struct extcap_session *session, const struct extcap_values *values,
          struct capture_writer *writer, GError **error)
{
    struct tap_source *source = g_new0(struct tap_source, 1);
    struct link_spec *spec;

    source->session = session;
    source->tap = tap_new(on_over, source, error);
    if (!source->tap) {
        capture_writer_close(writer, NULL);
        g_free(source);
        return NULL;
    }
    tap_add_capture(source->tap, writer, "Wireshark");
    spec = spec_of(values, error);
    if (!spec || !tap_add_link(source->tap, spec, error)) {
        tap_stop(source);
        return NULL;
    }
    tap_begin(source->tap, values->keep);
    source->tick = g_timeout_add(TICK_MS, on_tick, source);
    return source;
}

static void
tap_pause(void *data, bool paused)
{
    struct tap_source *source = data;

    captures_pause(tap_captures(source->tap), paused);
}

static void
tap_describe(void *data, GString *text)
{
    struct tap_source *source = data;
    char *state = link_state(tap_link(source->tap, 0));
    struct watch_counts counts;

    tap_get_counts(source->tap, &counts);
    g_string_append_printf(text, "%s; %" G_GUINT64_FORMAT " messages", state,
                           counts.requests + counts.responses);
    if (counts.bad > 0) {
        g_string_append_printf(text, ", %" G_GUINT64_FORMAT " bad",
                               counts.bad);
    }
    if (counts.unanswered > 0) {
        g_string_append_printf(text, ", %" G_GUINT64_FORMAT " unanswered",
                               counts.unanswered);
    }
    g_free(state);
}

static void
tap_get_writing(void *data, struct extcap_writing *writing)
{
    struct tap_source *source = data;
    struct captures *captures = tap_captures(source->tap);

    writing->lost = captures_lost(captures);
    writing->reader_gone = captures_reader_gone(captures);
}

const struct extcap_source extcap_tap_source = {
    .start = tap_start,
    .pause = tap_pause,
    .describe = tap_describe,
    .get_writing = tap_get_writing,
    .stop = tap_stop,
};
