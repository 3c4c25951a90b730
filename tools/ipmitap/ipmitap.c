/* ipmitap.c
 * Sits between the two ends of a link and captures what goes by: the command
 * line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib-unix.h>

#include "extcap.h"
#include "status.h"
#include "tap.h"
#include "tool.h"

static const char summary[] =
    "Sits between the two ends of an IPMI link, a host and its BMC, passes on\n"
    "every byte, and writes a capture that Wireshark reads.\n"
    "\n"
    "An end is unix:PATH, tcp:HOST:PORT (without HOST: this machine alone)\n"
    "or fd:N, a socket that the program was started with.";

static const char description[] =
    "The tap listens at the first end of a --link and connects to the second\n"
    "one; listen: or connect: before an end says otherwise. --write is a\n"
    "file, a FIFO or -, the standard output; several at once if given more\n"
    "than once.\n"
    "\n"
    "The end to be connected to is retried until it is there; what the other\n"
    "one sends waits. What cannot be written is lost and counted; the links\n"
    "go on. SIGUSR1 prints how the links are, SIGINT and SIGTERM end the tap.\n"
    "\n"
    "Examples:\n"
    "  QEMU's ipmi-bmc-extern connects to port 9002, and ipmi_sim was moved\n"
    "  to port 9003:\n"
    "    ipmitap --listen tcp::9002 --connect tcp::9003 -w link.pcapng\n"
    "\n"
    "  The same, seen at once:\n"
    "    ipmitap --listen tcp::9002 --connect tcp::9003 -w - | "
    "wireshark -k -i -\n"
    "\n"
    "  Two links for weeks, the last 10 files of 100 MB each:\n"
    "    ipmitap --link web1=unix:/run/web1-tap.sock,unix:/run/web1-bmc.sock "
    "\\\n"
    "            --link web2=unix:/run/web2-tap.sock,unix:/run/web2-bmc.sock "
    "\\\n"
    "            --file-size 100MB --files 10 -w links.pcapng\n"
    "\n"
    "  Both ends listen:\n"
    "    ipmitap --link web1=connect:unix:/run/host.sock,unix:/run/bmc.sock "
    "\\\n"
    "            -w web1.pcapng\n"
    "\n"
    "Exit status: 0 ended in good order, 2 used wrongly, 3 something failed,\n"
    "or packets are missing from a capture.";

/* Of options whose values may have paths in them, which have bytes rather than
 * letters. */
#define PATHS   G_OPTION_FLAG_FILENAME

struct options {
    GPtrArray *links;       /* struct link_spec */
    GArray    *ends;        /* struct link_end_spec, of --listen, --connect */
    char     **files;
    uint64_t   file_size;
    uint64_t   file_time;
    int        file_count;
    gboolean   keep;
};

static gboolean
take_end(struct options *options, const char *text, bool listens,
         GError **error)
{
    struct link_end_spec end = {
        .address = address_parse(text, error),
        .listens = listens,
    };

    if (!end.address) {
        return FALSE;
    }
    g_array_append_val(options->ends, end);
    return TRUE;
}

static gboolean
take_listen(const char *option, const char *value, gpointer data,
            GError **error)
{
    (void)option;
    return take_end(data, value, true, error);
}

static gboolean
take_connect(const char *option, const char *value, gpointer data,
             GError **error)
{
    (void)option;
    return take_end(data, value, false, error);
}

static gboolean
take_link(const char *option, const char *value, gpointer data, GError **error)
{
    struct options *options = data;
    struct link_spec *spec = link_spec_parse(value, error);

    (void)option;
    if (spec) {
        g_ptr_array_add(options->links, spec);
    }
    return spec != NULL;
}

/* Nothing of this size, or time, could be written. */
static gboolean
refuse_nothing(uint64_t limit, const char *option, GError **error)
{
    if (limit > 0) {
        return TRUE;
    }
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "%s of 0 would be files of nothing", option);
    return FALSE;
}

static gboolean
take_size(const char *option, const char *value, gpointer data, GError **error)
{
    struct options *options = data;

    return tool_size(value, &options->file_size, error) &&
           refuse_nothing(options->file_size, option, error);
}

static gboolean
take_time(const char *option, const char *value, gpointer data, GError **error)
{
    struct options *options = data;

    return tool_time(value, &options->file_time, error) &&
           refuse_nothing(options->file_time, option, error);
}

static void
parse(int *argc, char ***argv, struct options *options)
{
    const GOptionEntry entries[] = {
        { "listen", 'l', PATHS, G_OPTION_ARG_CALLBACK, take_listen,
          "Listen for an end of the link, the near one", "END" },
        { "connect", 'c', PATHS, G_OPTION_ARG_CALLBACK, take_connect,
          "Connect to an end of the link, the far one", "END" },
        { "link", 'L', PATHS, G_OPTION_ARG_CALLBACK, take_link,
          "A link with a name, one of several", "NAME=END,END" },
        { "write", 'w', 0, G_OPTION_ARG_FILENAME_ARRAY, &options->files,
          "Write a capture", "FILE" },
        { "file-size", 0, 0, G_OPTION_ARG_CALLBACK, take_size,
          "Begin another file after such a size: 100MB", "SIZE" },
        { "file-time", 0, 0, G_OPTION_ARG_CALLBACK, take_time,
          "Begin another file after such a time: 1h", "TIME" },
        { "files", 0, 0, G_OPTION_ARG_INT, &options->file_count,
          "Keep so many of these files, the latest", "COUNT" },
        { "keep", 'k', 0, G_OPTION_ARG_NONE, &options->keep,
          "Keep the near end while the far end is away", NULL },
        G_OPTION_ENTRY_NULL
    };
    GOptionContext *context = g_option_context_new(NULL);
    GOptionGroup *group =
        g_option_group_new("ipmitap", NULL, NULL, options, NULL);

    g_option_group_add_entries(group, entries);
    g_option_context_set_main_group(context, group);
    g_option_context_set_summary(context, summary);
    g_option_context_set_description(context, description);
    tool_parse(context, argc, argv);
}

/* Makes a link of --listen and --connect. */
static void
complete_link(struct options *options)
{
    const struct link_end_spec *ends =
        (const struct link_end_spec *)(void *)options->ends->data;
    GError *error = NULL;

    if (options->ends->len == ENDS) {
        struct link_spec *spec =
            link_spec_new("link", &ends[0], &ends[1], &error);

        if (!spec) {
            tool_usage_error("%s", error->message);
        }
        g_ptr_array_insert(options->links, 0, spec);
    } else if (options->ends->len != 0) {
        tool_usage_error("a link has two ends: give --listen and --connect "
                         "together, and --link for each of several links");
    }
    if (options->links->len == 0) {
        tool_usage_error("say where the link is: --listen END --connect END, "
                         "or --link NAME=END,END");
    }
}

static void
check_names(const struct options *options)
{
    GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < options->links->len; i++) {
        const struct link_spec *spec = options->links->pdata[i];

        if (!g_hash_table_add(seen, spec->name)) {
            tool_usage_error("there are two links named '%s': give each a "
                             "name of its own", spec->name);
        }
    }
    g_hash_table_remove_all(seen);
    for (char **file = options->files; *file; file++) {
        if (!g_hash_table_add(seen, *file)) {
            tool_usage_error("'%s' cannot be written twice", *file);
        }
    }
    g_hash_table_unref(seen);
}

/* Whether a capture is read while it is written, and so has no size. */
static bool
is_stream(const char *path)
{
    struct stat status;

    return g_str_equal(path, "-") ||
           (stat(path, &status) == 0 && !S_ISREG(status.st_mode));
}

static void
check_files(const struct options *options)
{
    bool any_file = false;

    if (!options->files) {
        tool_usage_error("say where to write the capture: -w FILE, or -w - for "
                         "the standard output");
    }
    for (char **file = options->files; *file; file++) {
        any_file |= !is_stream(*file);
        if (g_str_equal(*file, "-") && isatty(STDOUT_FILENO)) {
            tool_usage_error("the standard output is a terminal: pipe it, such "
                             "as '| wireshark -k -i -', or give -w a file");
        }
    }
    if ((options->file_size || options->file_time) && !any_file) {
        tool_usage_error("only files are divided by size or time: give -w "
                         "the name of one");
    }
    if (options->file_count < 0 ||
        (options->file_count && !options->file_size && !options->file_time)) {
        tool_usage_error("--files says how many files of --file-size or "
                         "--file-time to keep");
    }
}

/* Each link takes three sockets, and so many may be more than a program is
 * allowed to begin with. */
static void
allow_many_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void
open_captures(struct tap *tap, const struct options *options)
{
    for (char **file = options->files; *file; file++) {
        struct capture_writer_options writer_options = { .path = *file };
        struct capture_writer *writer;
        GError *error = NULL;

        if (!is_stream(*file)) {
            writer_options.file_size = options->file_size;
            writer_options.file_time = options->file_time;
            writer_options.files = (unsigned)options->file_count;
        }
        writer = capture_writer_new(&writer_options, &error);
        if (!writer) {
            tap_close(tap);
            tool_fail("%s", error->message);
        }
        tap_add_capture(tap, writer, g_str_equal(*file, "-")
                                         ? "the standard output" : *file);
    }
}

static void
open_links(struct tap *tap, const struct options *options)
{
    for (guint i = 0; i < options->links->len; i++) {
        GError *error = NULL;

        if (!tap_add_link(tap, options->links->pdata[i], &error)) {
            tap_close(tap);
            tool_fail("%s", error->message);
        }
    }
}

static gboolean
on_end(gpointer data)
{
    g_main_loop_quit(data);
    return G_SOURCE_CONTINUE;
}

static void
on_over(gpointer data)
{
    g_main_loop_quit(data);
}

static gboolean
on_status(gpointer data)
{
    status_print(data);
    return G_SOURCE_CONTINUE;
}

static void
take_signals(GMainLoop *loop, struct status *status)
{
    struct sigaction hang_up;

    signal(SIGPIPE, SIG_IGN);
    g_unix_signal_add(SIGINT, on_end, loop);
    g_unix_signal_add(SIGTERM, on_end, loop);
    g_unix_signal_add(SIGUSR1, on_status, status);
    /* nohup(1) has it ignored. */
    if (sigaction(SIGHUP, NULL, &hang_up) == 0 &&
        hang_up.sa_handler != SIG_IGN) {
        g_unix_signal_add(SIGHUP, on_end, loop);
    }
}

static int
run(int argc, char **argv)
{
    struct options options = {
        .links = g_ptr_array_new(),
        .ends = g_array_new(FALSE, FALSE, sizeof(struct link_end_spec)),
    };
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);
    struct status *status;
    GError *error = NULL;
    struct tap *tap;
    bool complete;

    parse(&argc, &argv, &options);
    if (argc > 1) {
        tool_usage_error("'%s' is not expected", argv[1]);
    }
    complete_link(&options);
    check_files(&options);
    check_names(&options);
    allow_many_files();
    tap = tap_new(on_over, loop, &error);
    if (!tap) {
        tool_fail("%s", error->message);
    }
    status = status_new(tap);
    take_signals(loop, status);
    /* Whoever starts it twice is to learn so before the capture of the first
     * one is written over. */
    open_links(tap, &options);
    open_captures(tap, &options);
    tap_begin(tap, options.keep);

    g_main_loop_run(loop);

    status_free(status);
    complete = tap_close(tap);
    g_ptr_array_unref(options.links);
    g_array_unref(options.ends);
    g_strfreev(options.files);
    g_main_loop_unref(loop);
    return complete ? TOOL_OK : TOOL_ENVIRONMENT;
}

int
main(int argc, char **argv)
{
    if (extcap_wanted(argc, argv)) {
        return extcap_main(argc, argv);
    }
    return run(argc, argv);
}
