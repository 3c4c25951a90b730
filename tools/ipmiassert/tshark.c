/* tshark.c
 * Runs tshark with the plugin of this project, and hears what it prints.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tshark.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <gio/gio.h>

/* How much is read at once, which is more than a line has, and about how much
 * of the messages is kept. */
#define READ_SIZE       65536
#define MESSAGES_SIZE   65536

/* How long it may take to end a capture. */
#define STOP_SECONDS    20

/* One of its outputs. */
struct output {
    struct tshark *tshark;
    GInputStream *stream;
    tshark_line_func func;
    void        *data;
    char         buffer[READ_SIZE];
    size_t       len;           /* of a line that is not complete */
};

struct tshark {
    GSubprocess *process;
    struct output standard, error_output;
    GString     *messages;
    unsigned     running;       /* outputs and the process */
    GCancellable *ended;        /* the process has: no output is waited for */
    guint        kill_source;
    GError      *error;
};

/* Hands out the complete lines in the buffer, and keeps what has no end. */
static void
split_lines(struct output *output)
{
    char *line = output->buffer;
    char *end = output->buffer + output->len;
    char *newline;

    while ((newline = memchr(line, '\n', end - line))) {
        *newline = '\0';
        output->func(line, output->data);
        line = newline + 1;
    }
    output->len = end - line;
    memmove(output->buffer, line, output->len);
    if (output->len == sizeof output->buffer) {
        output->len = 0;    /* nothing that is looked at is so long */
    }
}

static void
part_ended(struct tshark *tshark, GError *error)
{
    tshark->running--;
    if (error && !tshark->error) {
        tshark->error = error;
    } else {
        g_clear_error(&error);
    }
}

static void read_more(struct output *output);

static void
output_read(GObject *source, GAsyncResult *result, gpointer data)
{
    struct output *output = data;
    GError *error = NULL;
    gssize got = g_input_stream_read_finish(G_INPUT_STREAM(source), result,
                                            &error);

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_clear_error(&error);
        got = g_pollable_input_stream_read_nonblocking(
            G_POLLABLE_INPUT_STREAM(source), output->buffer + output->len,
            sizeof output->buffer - output->len, NULL, &error);
        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
            g_clear_error(&error);
        }
    }
    if (got <= 0) {
        if (output->len) {
            output->buffer[output->len] = '\0';
            output->func(output->buffer, output->data);
        }
        part_ended(output->tshark, error);
        return;
    }
    output->len += got;
    split_lines(output);
    read_more(output);
}

static void
read_more(struct output *output)
{
    g_input_stream_read_async(output->stream, output->buffer + output->len,
                              sizeof output->buffer - output->len,
                              G_PRIORITY_DEFAULT, output->tshark->ended,
                              output_read, output);
}

static void
begin_to_read(struct tshark *tshark, struct output *output,
              GInputStream *stream, tshark_line_func func, void *data)
{
    output->tshark = tshark;
    output->stream = stream;
    output->func = func;
    output->data = data;
    read_more(output);
}

static void
hear_message(char *line, void *data)
{
    struct tshark *tshark = data;

    if (tshark->messages->len < MESSAGES_SIZE) {
        g_string_append_printf(tshark->messages, "%s\n", line);
    }
}

/* All that it has said can be read by now. The outputs need not end: programs of
 * Wireshark that it has started, to list interfaces, may live on with them. */
static void
process_ended(GObject *source, GAsyncResult *result, gpointer data)
{
    struct tshark *tshark = data;
    GError *error = NULL;

    g_subprocess_wait_finish(G_SUBPROCESS(source), result, &error);
    part_ended(tshark, error);
    g_cancellable_cancel(tshark->ended);
}

/* In the child: a signal for this program's whole group, as from a terminal, is
 * not for tshark, which is told when to end. But whatever becomes of this
 * program, tshark does not go on. */
static void
end_with_parent(gpointer parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != GPOINTER_TO_INT(parent)) {
        _exit(1);   /* it has ended before that */
    }
}

struct tshark *
tshark_start(const char *const *arguments, bool reads_stdin,
             tshark_line_func func, void *data, GError **error)
{
    GSubprocessLauncher *launcher = g_subprocess_launcher_new(
        G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE
        | (reads_stdin ? G_SUBPROCESS_FLAGS_STDIN_INHERIT : 0));
    GPtrArray *command = g_ptr_array_new();
    GError *failure = NULL;
    struct tshark *tshark;
    GSubprocess *process;

    g_ptr_array_add(command, (char *)"tshark");
    for (; *arguments; arguments++) {
        g_ptr_array_add(command, (char *)*arguments);
    }
    g_ptr_array_add(command, NULL);

    /* Its messages are looked at, and numbers have a decimal point. */
    g_subprocess_launcher_setenv(launcher, "LC_ALL", "C.UTF-8", TRUE);
    g_subprocess_launcher_set_child_setup(launcher, end_with_parent,
                                          GINT_TO_POINTER(getpid()), NULL);
    process = g_subprocess_launcher_spawnv(
        launcher, (const char *const *)command->pdata, &failure);
    g_ptr_array_unref(command);
    g_object_unref(launcher);
    if (!process) {
        bool missing = g_error_matches(failure, G_SPAWN_ERROR,
                                       G_SPAWN_ERROR_NOENT);

        g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED,
                    "cannot run tshark: %s%s", failure->message, missing
                    ? "\nInstall it (Debian: tshark), or put its directory "
                      "into PATH" : "");
        g_error_free(failure);
        return NULL;
    }

    tshark = g_new0(struct tshark, 1);
    tshark->process = process;
    tshark->messages = g_string_new(NULL);
    tshark->running = 3;
    tshark->ended = g_cancellable_new();
    begin_to_read(tshark, &tshark->standard,
                  g_subprocess_get_stdout_pipe(process), func, data);
    begin_to_read(tshark, &tshark->error_output,
                  g_subprocess_get_stderr_pipe(process), hear_message,
                  tshark);
    g_subprocess_wait_async(process, NULL, process_ended, tshark);
    return tshark;
}

/* Whether a line of its messages says nothing that the user does not know. */
static bool
is_no_news(const char *line)
{
    return !*line || strcmp(line, "tshark: ") == 0
           || g_str_has_prefix(line, "Running as user")
           || g_str_has_prefix(line, "Capturing on ")
           || g_str_has_suffix(line, " captured");
}

/* The other lines, without space at the end. */
static char *
own_words(const char *messages)
{
    char **lines = g_strsplit(messages, "\n", -1);
    GString *words = g_string_new(NULL);

    for (char **line = lines; *line; line++) {
        if (!is_no_news(*line)) {
            g_string_append_printf(words, "%s%s", words->len ? "\n" : "",
                                   *line);
        }
    }
    g_strfreev(lines);
    return g_string_free(words, FALSE);
}

static void
set_error_in_words(const struct tshark *tshark, GError **error)
{
    const char *messages = tshark->messages->str;
    char *words;

    if (strstr(messages, "Invalid -z argument \"ipmi_match")) {
        g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED,
                    "tshark has no ipmiscope plugin, or one that is older "
                    "than this program.\nInstall that of the same build: "
                    "'tshark -G plugins' has to list ipmiscope.so. Run by "
                    "root, tshark looks in the system's folder only, not in "
                    "the user's nor in WIRESHARK_PLUGIN_DIR");
        return;
    }
    words = own_words(messages);
    if (g_subprocess_get_if_signaled(tshark->process)) {
        g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED,
                    "tshark was ended by signal %d%s%s",
                    g_subprocess_get_term_sig(tshark->process),
                    *words ? ":\n" : "", words);
    } else {
        g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED, "%s%s",
                    *words ? "" : "tshark failed without a word", words);
    }
    g_free(words);
}

bool
tshark_finish(struct tshark *tshark, GError **error)
{
    while (tshark->running) {
        g_main_context_iteration(NULL, TRUE);
    }
    if (tshark->error) {
        g_propagate_prefixed_error(error, g_steal_pointer(&tshark->error),
                                   "tshark: ");
        return false;
    }
    /* Of a capture that ends in the middle of a packet it reads the others,
     * and fails then. */
    if (g_subprocess_get_successful(tshark->process)
            || strstr(tshark->messages->str, "cut short in the middle")) {
        return true;
    }
    set_error_in_words(tshark, error);
    return false;
}

static gboolean
kill_it(gpointer data)
{
    struct tshark *tshark = data;

    tshark->kill_source = 0;
    g_subprocess_force_exit(tshark->process);
    return G_SOURCE_REMOVE;
}

void
tshark_stop(struct tshark *tshark)
{
    if (!tshark->kill_source) {
        g_subprocess_send_signal(tshark->process, SIGINT);
        tshark->kill_source = g_timeout_add_seconds(STOP_SECONDS, kill_it,
                                                    tshark);
    }
}

const char *
tshark_messages(const struct tshark *tshark)
{
    return tshark->messages->str;
}

void
tshark_free(struct tshark *tshark)
{
    if (tshark->kill_source) {
        g_source_remove(tshark->kill_source);
    }
    g_object_unref(tshark->process);
    g_object_unref(tshark->ended);
    g_string_free(tshark->messages, TRUE);
    g_clear_error(&tshark->error);
    g_free(tshark);
}
