/* extcap-session.c
 * A capture that Wireshark has started: has a source write to Wireshark's FIFO,
 * keeps the toolbar, and ends when Wireshark says so, or has gone.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "extcap-session.h"

#include <signal.h>

#include <glib-unix.h>

#include "extcap-control.h"
#include "talk.h"
#include "tool.h"

/* How often the toolbar shows how it stands, and it is seen whether Wireshark
 * is there. */
#define TICK_MS     500

struct extcap_session {
    GMainLoop *loop;
    const struct extcap_source *source;
    void *started;              /* the source */
    bool paused;
    char *failure;
};

/* Whoever talks does not know of it. */
static struct extcap_control *control;

static void
log_line(const char *message)
{
    extcap_control_log(control, message);
}

void
extcap_session_fail(struct extcap_session *session, const char *format, ...)
{
    va_list arguments;

    if (!session->failure) {
        va_start(arguments, format);
        session->failure = g_strdup_vprintf(format, arguments);
        va_end(arguments);
    }
    g_main_loop_quit(session->loop);
}

static gboolean
on_signal(gpointer data)
{
    struct extcap_session *session = data;

    g_main_loop_quit(session->loop);
    return G_SOURCE_CONTINUE;
}

static void
on_pause(bool paused, void *data)
{
    struct extcap_session *session = data;

    if (paused != session->paused) {
        session->paused = paused;
        session->source->pause(session->started, paused);
        talk(paused ? "paused" : "going on");
    }
}

static gboolean
on_tick(gpointer data)
{
    struct extcap_session *session = data;
    struct extcap_writing writing;
    GString *text = g_string_new(session->paused ? "paused; " : "");

    session->source->describe(session->started, text);
    session->source->get_writing(session->started, &writing);
    if (writing.lost > 0) {
        g_string_append_printf(text, "; Wireshark was too slow for %"
                               G_GUINT64_FORMAT, writing.lost);
    }
    extcap_control_state(control, text->str);
    g_string_free(text, TRUE);
    if (writing.reader_gone) {
        g_main_loop_quit(session->loop);
    }
    return G_SOURCE_CONTINUE;
}

/* Runs until the loop is quit. */
static void
run(struct extcap_session *session, const struct extcap_values *values,
    struct capture_writer *writer)
{
    GError *error = NULL;

    session->started = session->source->start(session, values, writer, &error);
    if (!session->started) {
        extcap_session_fail(session, "%s", error->message);
        g_clear_error(&error);
        return;
    }
    g_timeout_add(TICK_MS, on_tick, session);
    if (!session->failure) {
        g_main_loop_run(session->loop);
    }
    session->source->stop(session->started);
}

int
extcap_session_run(const struct extcap_session_options *options,
                   const struct extcap_source *source,
                   const struct extcap_values *values)
{
    static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
    const struct capture_writer_options file = { .path = options->fifo };
    struct extcap_session session = { .source = source };
    struct capture_writer *writer;
    GError *error = NULL;

    session.loop = g_main_loop_new(NULL, FALSE);
    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++) {
        g_unix_signal_add(signals[i], on_signal, &session);
    }
    control = extcap_control_new(options->control_in, options->control_out,
                                 on_pause, &session, &error);
    if (!control) {
        tool_fail("%s", error->message);
    }
    writer = capture_writer_new(&file, &error);
    if (!writer) {
        tool_fail("%s", error->message);
    }
    talk_to(log_line);
    run(&session, values, writer);
    extcap_control_free(control);
    g_main_loop_unref(session.loop);
    if (session.failure) {
        tool_fail("%s", session.failure);
    }
    return TOOL_OK;
}
