/* ipmidump.c
 * Prints the IPMI messages of a capture, of a trace that QEMU has written, or
 * live, a line each; or converts them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE         /* ppoll() */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>

#include "address.h"
#include "capture-reader.h"
#include "sink.h"
#include "tool.h"

/* What the dissector takes for IPMI without being told. */
#define DEFAULT_FILTER  "tcp port 9002"

static const char summary[] =
    "Prints the IPMI messages in CAPTURE, each in a line: when, where, to\n"
    "whom, sequence number, what it is, and of a response how long it took.\n"
    "What is wrong with it follows an exclamation mark.\n"
    "\n"
    "CAPTURE is a file, a FIFO, or - for the standard input, with what\n"
    "ipmitap, QEMU's ipmi-pcap, tcpdump or Wireshark capture, or the log of\n"
    "QEMU's -trace 'ipmi_*' -msg timestamp=on. Or it is the address of an\n"
    "ipmi-pcap's chardev: unix:PATH, tcp:HOST:PORT.\n"
    "\n"
    "On a network interface it takes the connections that FILTER selects, as\n"
    "of pcap-filter(7); the default is '" DEFAULT_FILTER "'.";

static const char description[] =
    "Examples:\n"
    "  ipmidump run.pcapng\n"
    "      what was said\n"
    "  ipmitap --listen unix:a.sock --connect unix:b.sock -w - | ipmidump -\n"
    "      what is being said on a link\n"
    "  ipmidump tcp:127.0.0.1:19000\n"
    "      what a virtual machine with -object ipmi-pcap,chardev=... captures\n"
    "  ipmidump -i lo tcp port 9010\n"
    "      connections between virtual machines on the loopback interface\n"
    "  ipmidump --json run.pcapng | jq 'select(.ccode > 0)'\n"
    "      the responses that say no\n"
    "  ipmidump --hpm2 run.hpm2.pcapng run.pcapng\n"
    "      for a Wireshark without the plugin, which takes the messages apart\n"
    "      with -o ipmi.dissect_bus_commands:TRUE\n"
    "  ipmidump --pcapng run.pcapng qemu.log\n"
    "      a trace as a capture\n"
    "\n"
    "Exit status: 0 all is printed, 2 used wrongly, 3 the capture cannot be\n"
    "read or the output not be written. ipmidump(1) has the rest.";

struct options {
    char *interface;
    char *filter;               /* of the interface */
    gboolean registers;
    gboolean json;
    char *hpm2;
    char *pcapng;
};

static volatile sig_atomic_t stopped;

/* Whoever reads what is written may have stopped to: a second signal does not
 * wait for that. */
static void
stop(int number)
{
    (void)number;
    stopped = 1;
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}

static void
catch_signals(void)
{
    const struct sigaction action = { .sa_handler = stop };

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* Waits until there is more to read, or a signal. */
static void
wait_for(int fd)
{
    struct pollfd pollfd = { .fd = fd, .events = POLLIN };
    sigset_t signals, before;

    /* None may come between the look and the wait. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, &before);
    if (!stopped && ppoll(&pollfd, 1, NULL, &before) < 0 && errno != EINTR) {
        tool_fail("cannot wait for more: %s", g_strerror(errno));
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void
pass_on(const struct traffic *traffic, void *data)
{
    struct sink *sink = data;

    sink->class->traffic(sink, traffic);
}

static void
announce_points(struct capture_reader *reader,
                struct traffic_follower *follower, struct sink *sink,
                unsigned *points)
{
    for (; *points < capture_reader_points(reader); (*points)++) {
        const struct capture_point *point = capture_reader_point(reader,
                                                                 *points);

        traffic_follower_point(follower, *points, point);
        sink->class->point(sink, *points, point);
    }
}

/* What is to be said of a capture as a whole. */
static void
say_of_all(const struct capture_reader *reader, uint64_t unanswered,
           bool timeless)
{
    uint64_t lost = capture_reader_lost_at_end(reader);
    uint64_t dropped = capture_reader_dropped(reader);

    if (capture_reader_cut_off(reader)) {
        tool_say("the capture ends in the middle of a packet");
    }
    if (lost > 0) {
        tool_say("events that the capture has lost after its last packets: "
                 "%" G_GUINT64_FORMAT, lost);
    }
    if (dropped > 0) {
        tool_say("packets that the system has dropped, as they came too fast: "
                 "%" G_GUINT64_FORMAT, dropped);
    }
    if (timeless) {
        tool_say("some packets have no time: QEMU's -trace writes it with "
                 "-msg timestamp=on");
    }
    if (unanswered > 0) {
        tool_say("requests without a response: %" G_GUINT64_FORMAT,
                 unanswered);
    }
}

/* Returns whether the end was reached without an error. */
static bool
dump(struct capture_reader *reader, struct sink *sink)
{
    struct traffic_follower *follower = traffic_follower_new();
    enum capture_read result = CAPTURE_READ_AGAIN;
    struct capture_packet packet;
    GError *error = NULL;
    unsigned points = 0;
    bool timeless = false;

    while (result != CAPTURE_READ_END && result != CAPTURE_READ_ERROR
           && (!stopped || capture_reader_stop(reader))) {
        result = capture_reader_next(reader, &packet, &error);
        announce_points(reader, follower, sink, &points);
        switch (result) {
        case CAPTURE_READ_PACKET:
            timeless |= packet.time == 0;
            if (sink->class->packet) {
                sink->class->packet(sink, &packet);
            }
            traffic_follower_packet(follower, &packet, pass_on, sink);
            break;
        case CAPTURE_READ_AGAIN:
            if (sink->class->pause) {
                sink->class->pause(sink);
            }
            wait_for(capture_reader_fd(reader));
            break;
        default:
            break;
        }
    }
    sink->class->close(sink);
    if (error) {
        tool_say("%s", error->message);
    } else if (capture_reader_is_empty(reader)) {
        tool_say("the capture is empty: not even its beginning is there");
        result = CAPTURE_READ_ERROR;
    } else {
        say_of_all(reader, traffic_follower_unanswered(follower), timeless);
    }
    traffic_follower_free(follower);
    g_clear_error(&error);
    return result != CAPTURE_READ_ERROR;
}

static bool
is_address(const char *text)
{
    return g_str_has_prefix(text, "unix:") || g_str_has_prefix(text, "tcp:")
           || g_str_has_prefix(text, "fd:");
}

static struct capture_reader *
attach(const char *text, GError **error)
{
    struct address *address = address_parse(text, error);
    GSocket *socket;
    int fd;

    if (!address) {
        return NULL;
    }
    socket = address_connect(address, error);
    address_free(address);
    if (!socket) {
        return NULL;
    }
    fd = dup(g_socket_get_fd(socket));
    g_object_unref(socket);
    if (fd < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                    "%s: %s", text, g_strerror(errno));
        return NULL;
    }
    return capture_reader_open_fd(fd, text);
}

static struct capture_reader *
open_capture(const struct options *options, int argc, char **argv)
{
    struct capture_reader *reader;
    GError *error = NULL;

    if (options->interface) {
        reader = capture_reader_open_interface(options->interface,
                                               options->filter, &error);
    } else if (argc != 2) {
        tool_usage_error(argc < 2 ? "name a capture, - for the standard input, "
                                    "or an interface with -i"
                                  : "one capture at a time; mergecap(1) makes "
                                    "one of several");
    } else if (is_address(argv[1])) {
        reader = attach(argv[1], &error);
    } else {
        reader = capture_reader_open(argv[1], &error);
    }
    if (!reader && error->domain == G_OPTION_ERROR) {
        tool_usage_error("%s", error->message);
    }
    if (!reader) {
        tool_fail("%s", error->message);
    }
    return reader;
}

static bool
wants_colour(void)
{
    const char *terminal = g_getenv("TERM");
    const char *no = g_getenv("NO_COLOR");

    return isatty(STDOUT_FILENO) && !(no && *no)
           && terminal && !g_str_equal(terminal, "dumb");
}

/* Writing begins with making the file empty. */
static void
refuse_same_file(struct capture_reader *reader, const char *path)
{
    struct stat input, output;

    if (path && fstat(capture_reader_fd(reader), &input) == 0
            && stat(path, &output) == 0
            && input.st_dev == output.st_dev
            && input.st_ino == output.st_ino) {
        tool_usage_error("%s is the capture that is to be read: name another "
                         "file", path);
    }
}

static struct sink *
open_sink(const struct options *options, struct capture_reader *reader)
{
    refuse_same_file(reader, options->hpm2);
    refuse_same_file(reader, options->pcapng);
    if (options->hpm2) {
        return hpm2_new(options->hpm2);
    }
    if (options->pcapng) {
        return pcapng_new(options->pcapng);
    }
    if (options->json) {
        return json_new(options->registers);
    }
    return lines_new(options->registers, wants_colour());
}

static void
parse(int *argc, char ***argv, struct options *options)
{
    const GOptionEntry entries[] = {
        { "interface", 'i', 0, G_OPTION_ARG_STRING, &options->interface,
          "Capture on a network interface", "INTERFACE" },
        { "registers", 'r', 0, G_OPTION_ARG_NONE, &options->registers,
          "Print each access to a register, too", NULL },
        { "json", 0, 0, G_OPTION_ARG_NONE, &options->json,
          "Print a JSON object in each line", NULL },
        { "hpm2", 0, 0, G_OPTION_ARG_FILENAME, &options->hpm2,
          "Write an HPM.2 trace, for a plain Wireshark", "FILE" },
        { "pcapng", 0, 0, G_OPTION_ARG_FILENAME, &options->pcapng,
          "Write a capture as ipmitap and ipmi-pcap do", "FILE" },
        G_OPTION_ENTRY_NULL
    };
    GOptionContext *context = g_option_context_new(
        "CAPTURE | -i INTERFACE [FILTER...]");

    g_option_context_set_summary(context, summary);
    g_option_context_set_description(context, description);
    g_option_context_add_main_entries(context, entries, NULL);
    tool_parse(context, argc, argv);
    if (options->json + !!options->hpm2 + !!options->pcapng > 1) {
        tool_usage_error("--json, --hpm2 and --pcapng exclude each other");
    }
    if (options->registers && (options->hpm2 || options->pcapng)) {
        tool_usage_error("--registers is about what is printed: --hpm2 has no "
                         "registers, --pcapng always has them");
    }
    if (options->interface) {
        options->filter = *argc > 1 ? g_strjoinv(" ", *argv + 1)
                                    : g_strdup(DEFAULT_FILTER);
    }
}

int
main(int argc, char **argv)
{
    struct options options = { 0 };
    struct capture_reader *reader;
    bool good;

    parse(&argc, &argv, &options);
    reader = open_capture(&options, argc, argv);
    catch_signals();
    if (options.interface) {
        tool_say("capturing on %s: %s", options.interface, options.filter);
    }
    good = dump(reader, open_sink(&options, reader));
    capture_reader_close(reader);
    g_free(options.interface);
    g_free(options.filter);
    g_free(options.hpm2);
    g_free(options.pcapng);
    return good ? TOOL_OK : TOOL_ENVIRONMENT;
}
