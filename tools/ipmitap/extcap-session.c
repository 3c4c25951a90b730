/* extcap-session.c
 * A capture that Wireshark has started: has a source write to Wireshark's FIFO,
 * keeps the toolbar, and ends when Wireshark says so, or has gone.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "extcap-session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib-unix.h>

#include "extcap-control.h"
#include "talk.h"
#include "tool.h"

/* How often the toolbar shows how it stands, and it is seen whether Wireshark
 * is there. */
#define TICK_MS     500

/* Wireshark and dumpcap open their ends of the FIFOs after this program has
 * been started, and each waits until there is another end, dumpcap for
 * something in it as well, and Wireshark with its window standing still. So
 * even who fails at once has to wait for them first, but not for ever. */
#define MEETING_S   10

struct extcap_session {
    const struct extcap_source *source;
    void *started;              /* the source */
    bool paused;
    bool ended;                 /* or is to end */
    GError *failure;
};

/* Whoever talks does not know of it. */
static struct extcap_control *control;

static void
log_line(const char *message)
{
    extcap_control_log(control, message);
}

void
extcap_session_fail(struct extcap_session *session, GError *failure)
{
    if (session->failure) {
        g_error_free(failure);
    } else {
        session->failure = failure;
    }
    session->ended = true;
}

static gboolean
on_signal(gpointer data)
{
    struct extcap_session *session = data;

    session->ended = true;
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
        session->ended = true;
    }
    return G_SOURCE_CONTINUE;
}

static void
run(struct extcap_session *session, const struct extcap_values *values,
    struct capture_writer *writer)
{
    GError *error = NULL;

    session->started = session->source->start(session, values, writer, &error);
    if (!session->started) {
        extcap_session_fail(session, error);
        return;
    }
    g_timeout_add(TICK_MS, on_tick, session);
    while (!session->ended) {
        g_main_context_iteration(NULL, TRUE);
    }
    session->source->stop(session->started);
    extcap_control_state(control, "stopped");
}

static void
on_alarm(int number)
{
    (void)number;
}

/* Waits until dumpcap is at the other end of the FIFO, which has no end then
 * before this program's. Returns false if it is no FIFO: nobody reads it. */
static bool
meet_dumpcap(const char *fifo)
{
    const struct sigaction interrupt = { .sa_handler = on_alarm };
    struct stat status;

    if (stat(fifo, &status) < 0 || !S_ISFIFO(status.st_mode)) {
        return false;
    }
    sigaction(SIGALRM, &interrupt, NULL);
    alarm(MEETING_S);
    if (open(fifo, O_WRONLY | O_CLOEXEC) < 0) {
        tool_fail("%s: %s", fifo,
                  errno == EINTR ? "nobody reads it" : g_strerror(errno));
    }
    alarm(0);
    return true;
}

static gboolean
on_too_late(gpointer data)
{
    bool *too_late = data;

    *too_late = true;
    return G_SOURCE_REMOVE;
}

/* Says it as soon as Wireshark can hear it. Returns the exit status. */
static int
fail(const GError *failure)
{
    bool too_late = false;

    g_timeout_add_seconds(MEETING_S, on_too_late, &too_late);
    while (!extcap_control_is_met(control) && !too_late) {
        g_main_context_iteration(NULL, TRUE);
    }
    tool_say("%s", failure->message);
    return failure->domain == G_OPTION_ERROR ? TOOL_USAGE : TOOL_ENVIRONMENT;
}

int
extcap_session_run(const struct extcap_session_options *options,
                   const struct extcap_source *source,
                   const struct extcap_values *values, const GError *problem)
{
    static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
    const struct capture_writer_options file = { .path = options->fifo };
    struct extcap_session session = { .source = source };
    bool live = meet_dumpcap(options->fifo);
    struct capture_writer *writer;
    GError *error = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++) {
        g_unix_signal_add(signals[i], on_signal, &session);
    }
    control = extcap_control_new(options->control_in, options->control_out,
                                 on_pause, &session, &error);
    if (!control) {
        tool_fail("%s", error->message);
    }
    if (problem && !live) {
        return fail(problem);
    }
    writer = capture_writer_new(&file, &error);
    if (!writer) {
        return fail(error);
    }
    if (problem) {
        capture_writer_close(writer, NULL);
        return fail(problem);
    }
    talk_to(log_line);
    run(&session, values, writer);
    if (session.failure) {
        return fail(session.failure);
    }
    extcap_control_free(control);
    return TOOL_OK;
}
