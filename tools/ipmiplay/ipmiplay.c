/* ipmiplay.c
 * Plays one side of an IPMI link against a live peer: the command line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE     /* memfd_create() */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <glib.h>

#include "address.h"
#include "masks.h"
#include "pcap-parser.h"
#include "pcapng-parser.h"
#include "peer.h"
#include "players.h"
#include "recording.h"
#include "replay.h"
#include "script.h"
#include "tool.h"
#include "trace-log.h"

#define NS_PER_SECOND   UINT64_C(1000000000)

#define MAX_SCRIPT      100000000   /* bytes */

static const char summary[] =
    "Plays one side of an IPMI link, the host or the BMC, against whatever is "
    "at the\nother end, and says whether that behaves as it should.";

static const char description[] =
    "FILE is a capture or a host script; - is the standard input.\n"
    "Of a capture (docs/capture-format.md, or pcap and pcapng of TCP), one side"
    " is\nplayed and the other one compared with the peer: what differs, but "
    "for time\nstamps and their like, is printed decoded.\n"
    "Of a script (docs/host-script.md), the host sends what it sends and "
    "checks what\nit expects; the BMC waits for what it sends and answers "
    "what it expects.\n"
    "\n"
    "ADDRESS is unix:PATH, tcp:HOST:PORT or fd:N. Without HOST, as in "
    "tcp::9002, it\nis this machine alone.\n"
    "TIME is how long the peer may take to be there, and how much longer than\n"
    "captured for what it does.\n"
    "MASK is NETFN/COMMAND=BYTES, such as 0b/48=2-5: bytes are numbered as in "
    "the\nIPMI specification, and an odd netFn is that of a response.\n"
    "\n"
    "Examples:\n"
    "  ipmiplay host smoke.ipmi --connect tcp:localhost:9002\n"
    "        Tests a BMC that listens, such as ipmi_sim.\n"
    "  ipmiplay bmc stub.ipmi --listen unix:bmc.sock\n"
    "        Stands for the BMC of a host, such as QEMU's ipmi-bmc-extern.\n"
    "  ipmiplay host boot.pcapng --listen unix:bmc.sock --timing=fast\n"
    "        Asks a BMC what a host asked when boot.pcapng was captured, and "
    "tells\n        what it answers otherwise.\n"
    "  ipmiplay bmc boot.pcapng --listen unix:bmc.sock --mask=06/24=1-\n"
    "        Stands for the BMC in boot.pcapng, to a host that may set its "
    "watchdog\n        otherwise.\n"
    "\n"
    "Exit status: 0 all as it should be, 1 not so, 2 used wrongly or a bad "
    "script,\n3 no connection or a file that cannot be read.\n";

struct options {
    gboolean host;          /* played; otherwise the BMC is */
    const char *file;
    char    *listen;
    char    *connect;
    uint64_t within;        /* ns; PEER_NO_DEADLINE: the default */
    char    *timing;
    char    *point;
    char   **masks;
    gboolean exact;
};

static struct options options = { .within = PEER_NO_DEADLINE };

static gboolean
take_within(const char *name, const char *value, void *data, GError **error)
{
    (void)name;
    (void)data;
    return tool_time(value, &options.within, error);
}

static const GOptionEntry entries[] = {
    { "connect", 'c', 0, G_OPTION_ARG_STRING, &options.connect,
      "Connect to the peer", "ADDRESS" },
    { "listen", 'l', 0, G_OPTION_ARG_STRING, &options.listen,
      "Let the peer connect", "ADDRESS" },
    { "within", 'w', 0, G_OPTION_ARG_CALLBACK, take_within,
      "How patient to be; default 10s, as the BMC 60s", "TIME" },
    { "timing", 't', 0, G_OPTION_ARG_STRING, &options.timing,
      "Of a capture: original, fast or step, at each Enter", "HOW" },
    { "point", 'p', 0, G_OPTION_ARG_STRING, &options.point,
      "Of a capture: play this capture point", "NAME" },
    { "mask", 'm', 0, G_OPTION_ARG_STRING_ARRAY, &options.masks,
      "Of a capture: bytes that may differ; can be repeated", "MASK" },
    { "exact", 'e', 0, G_OPTION_ARG_NONE, &options.exact,
      "Of a capture: not even time stamps may differ", NULL },
    G_OPTION_ENTRY_NULL
};

static void
parse_arguments(int argc, char **argv)
{
    GOptionContext *context = g_option_context_new("host|bmc FILE");

    g_option_context_set_summary(context, summary);
    g_option_context_set_description(context, description);
    g_option_context_add_main_entries(context, entries, NULL);
    tool_parse(context, &argc, &argv);

    if (argc != 3) {
        tool_usage_error("say what to play, host or bmc, and a file");
    }
    options.host = strcmp(argv[1], "host") == 0;
    if (!options.host && strcmp(argv[1], "bmc") != 0) {
        tool_usage_error("'%s' cannot be played: write host or bmc", argv[1]);
    }
    options.file = argv[2];
    if (!options.listen == !options.connect) {
        tool_usage_error("say where the peer is: either --connect or --listen");
    }
    if (options.timing && strcmp(options.timing, "step") == 0
            && strcmp(options.file, "-") == 0) {
        tool_usage_error("Enter is read from the standard input: write what "
                         "it has to a file first, for --timing=step");
    }
    if (options.within == PEER_NO_DEADLINE) {
        options.within = (options.host ? 10 : 60) * NS_PER_SECOND;
    }
}

/* --- the peer ---------------------------------------------------------- */

static enum ipmi_extern_sender
played(void)
{
    return options.host ? IPMI_EXTERN_FROM_HOST : IPMI_EXTERN_FROM_BMC;
}

/* Ends the program if the peer is not there in time. */
static struct peer *
open_peer(uint64_t patience)
{
    const char *text = options.listen ? options.listen : options.connect;
    GError *error = NULL;
    struct address *address = address_parse(text, &error);
    struct peer *peer;
    enum peer_event event;

    if (!address) {
        tool_usage_error("%s", error->message);
    }
    if (options.listen && address_is_exposed(address)) {
        tool_say("%s can be reached from other machines, and there are no "
                 "passwords", text);
    }
    peer = peer_new(address, options.listen, played(), &error);
    if (!peer) {
        tool_fail("%s", error->message);
    }
    event = peer_open(peer, peer_later(peer_now(), patience), &error);
    if (event != PEER_CONNECTED) {
        peer_free(peer);
        tool_fail("%s", event == PEER_STOPPED
                        ? "stopped before the peer was there"
                        : error->message);
    }
    return peer;
}

/* --- a script ---------------------------------------------------------- */

/* A script that begins with "wait ready" says itself how long that may take. */
static uint64_t
patience_for(const struct script *script)
{
    const struct script_statement *first = &script->statements[0];

    return options.host && first->verb == SCRIPT_WAIT_READY
           ? MAX(first->time, options.within) : options.within;
}

static bool
play_script(const char *text, size_t len)
{
    GError *error = NULL;
    struct script *script = script_parse(options.file, text, len, &error);
    struct peer *peer;
    bool good;

    if (!script) {
        tool_usage_error("%s", error->message);
    }
    if (options.timing || options.point || options.masks || options.exact) {
        tool_usage_error("%s is a script, and --timing, --point, --mask and "
                         "--exact are for captures", options.file);
    }
    peer = open_peer(patience_for(script));
    good = options.host
           ? play_script_as_host(script, peer)
           : play_script_as_bmc(script, peer, options.within);
    peer_free(peer);
    script_free(script);
    return good;
}

/* --- a capture --------------------------------------------------------- */

static enum replay_timing
read_timing(void)
{
    static const char *const names[] = {
        [REPLAY_ORIGINAL] = "original",
        [REPLAY_FAST] = "fast",
        [REPLAY_STEP] = "step",
    };

    if (!options.timing) {
        return REPLAY_ORIGINAL;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(options.timing, names[i]) == 0) {
            return (enum replay_timing)i;
        }
    }
    tool_usage_error("'%s' is no timing: write original, fast or step",
                     options.timing);
}

static struct masks *
read_masks(void)
{
    struct masks *masks = masks_new(!options.exact);
    GError *error = NULL;

    for (char **text = options.masks; text && *text; text++) {
        if (!masks_add(masks, *text, &error)) {
            tool_usage_error("%s", error->message);
        }
    }
    return masks;
}

static bool
play_capture(int fd)
{
    struct masks *masks = read_masks();
    const struct replay_options how = {
        .played = played(),
        .timing = read_timing(),
        .patience = options.within,
        .masks = masks,
    };
    GError *error = NULL;
    struct recording *recording = recording_load(fd, options.file,
                                                 options.point, &error);
    struct peer *peer;
    bool good;

    if (g_error_matches(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE)) {
        tool_usage_error("%s", error->message);
    } else if (error) {
        tool_fail("%s", error->message);
    }
    if (recording->left_out > 0) {
        tool_say("%s: %" G_GUINT64_FORMAT " messages are left out: not whole, "
                 "or dropped by their receiver", options.file,
                 recording->left_out);
    }
    if (recording->cut_off) {
        tool_say("%s ends in the middle of a packet", options.file);
    }
    peer = open_peer(options.within);
    good = replay(recording, peer, &how);
    peer_free(peer);
    recording_free(recording);
    masks_free(masks);
    return good;
}

/* --- either ------------------------------------------------------------ */

G_NORETURN static void
fail_to_read(void)
{
    tool_fail("cannot read %s: %s", options.file, g_strerror(errno));
}

/* A copy of what comes from a pipe, which cannot be read twice. */
static int
copy_of(int pipe)
{
    const int copy = memfd_create("pipe", MFD_CLOEXEC);
    uint8_t bytes[65536];
    ssize_t len;

    while ((len = read(pipe, bytes, sizeof bytes)) > 0) {
        if (write(copy, bytes, (size_t)len) != len) {
            tool_fail("no memory for %s: write it to a file", options.file);
        }
    }
    if (len < 0) {
        fail_to_read();
    }
    close(pipe);
    lseek(copy, 0, SEEK_SET);
    return copy;
}

static int
open_file(void)
{
    int fd;

    if (strcmp(options.file, "-") == 0) {
        options.file = "standard input";
        fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    } else {
        fd = open(options.file, O_RDONLY | O_CLOEXEC);
    }
    if (fd < 0) {
        tool_fail("cannot open %s: %s", options.file, g_strerror(errno));
    }
    return lseek(fd, 0, SEEK_SET) < 0 ? copy_of(fd) : fd;
}

/* Also of what is no text, about which the reader of captures has more to
 * say. The beginning of a pcapng looks like empty lines. */
static bool
is_capture(const uint8_t *bytes, size_t len)
{
    return !trace_log_begins(bytes, len)
           || (len == 4 && (capture_be32(bytes) == PCAPNG_MAGIC
                            || pcap_parser_recognises(bytes)));
}

static GByteArray *
read_text(int fd)
{
    GByteArray *text = g_byte_array_new();
    uint8_t bytes[4096];
    ssize_t len;

    while ((len = read(fd, bytes, sizeof bytes)) > 0) {
        g_byte_array_append(text, bytes, (guint)len);
        if (text->len > MAX_SCRIPT) {
            tool_usage_error("%s is no capture, and too long for a script: "
                             "more than %d MB", options.file,
                             MAX_SCRIPT / 1000000);
        }
    }
    if (len < 0) {
        fail_to_read();
    }
    close(fd);
    return text;
}

static bool
play(void)
{
    const int fd = open_file();
    uint8_t begin[4];
    const ssize_t len = pread(fd, begin, sizeof begin, 0);
    GByteArray *text;
    bool good;

    if (len < 0) {
        fail_to_read();
    }
    if (is_capture(begin, (size_t)len)) {
        return play_capture(fd);
    }
    text = read_text(fd);
    good = play_script((const char *)text->data, text->len);
    g_byte_array_free(text, TRUE);
    return good;
}

int
main(int argc, char **argv)
{
    bool good;

    parse_arguments(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    good = play();
    tool_check_output();
    return good ? TOOL_OK : TOOL_NO;
}
