/* ipmiplay.c
 * Plays one side of an IPMI link against a live peer: the command line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "address.h"
#include "peer.h"
#include "players.h"
#include "script.h"
#include "tool.h"

#define NS_PER_SECOND   UINT64_C(1000000000)

static const char summary[] =
    "Plays one side of an IPMI link, the host or the BMC, against whatever is "
    "at the\nother end, and says whether that behaves as it should.";

static const char description[] =
    "FILE is a host script (docs/host-script.md).\n"
    "As the host, ipmiplay sends what it sends and checks what it expects. As "
    "the BMC,\nit waits for what the script sends and answers what the script "
    "expects.\n"
    "\n"
    "ADDRESS is unix:PATH, tcp:HOST:PORT or fd:N. Without HOST, as in tcp::9002,"
    " it is\nthis machine alone.\n"
    "\n"
    "Examples:\n"
    "  ipmiplay host smoke.ipmi --connect tcp:localhost:9002\n"
    "        Tests a BMC that listens, such as ipmi_sim.\n"
    "  ipmiplay host smoke.ipmi --listen unix:/run/bmc.sock\n"
    "        Tests a BMC that connects, such as QEMU's ipmi-host-extern.\n"
    "  ipmiplay bmc stub.ipmi --listen unix:/run/bmc.sock\n"
    "        Stands for the BMC of a host, such as QEMU's ipmi-bmc-extern.\n"
    "\n"
    "Exit status: 0 all as it should be, 1 not so, 2 used wrongly or a bad "
    "script,\n3 no connection or a file that cannot be read.\n";

struct options {
    gboolean host;          /* played; otherwise the BMC is */
    char    *file;
    char    *listen;
    char    *connect;
    uint64_t within;        /* ns */
    bool     has_within;
};

static struct options options;

static gboolean
take_within(const char *name, const char *value, void *data, GError **error)
{
    (void)name;
    (void)data;
    options.has_within = true;
    return tool_time(value, &options.within, error);
}

static const GOptionEntry entries[] = {
    { "connect", 'c', 0, G_OPTION_ARG_STRING, &options.connect,
      "Connect to the peer", "ADDRESS" },
    { "listen", 'l', 0, G_OPTION_ARG_STRING, &options.listen,
      "Let the peer connect", "ADDRESS" },
    { "within", 'w', 0, G_OPTION_ARG_CALLBACK, take_within,
      "How long the peer may take to be there and, if it is a host, for its "
      "next request. The default is 10s, for hosts 60s", "TIME" },
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
    if (!options.has_within) {
        options.within = (options.host ? 10 : 60) * NS_PER_SECOND;
    }
}

static struct script *
load_script(void)
{
    GError *error = NULL;
    struct script *script;
    char *text;
    gsize len;

    if (!g_file_get_contents(options.file, &text, &len, &error)) {
        tool_fail("%s", error->message);
    }
    script = script_parse(options.file, text, len, &error);
    g_free(text);
    if (!script) {
        tool_usage_error("%s", error->message);
    }
    return script;
}

static struct peer *
make_peer(void)
{
    const char *text = options.listen ? options.listen : options.connect;
    GError *error = NULL;
    struct address *address = address_parse(text, &error);
    struct peer *peer;

    if (!address) {
        tool_usage_error("%s", error->message);
    }
    peer = peer_new(address, options.listen,
                    options.host ? IPMI_EXTERN_FROM_HOST
                                 : IPMI_EXTERN_FROM_BMC, &error);
    if (!peer) {
        tool_fail("%s", error->message);
    }
    return peer;
}

/* A script that begins with "wait ready" says itself how long that may take. */
static uint64_t
patience_for(const struct script *script)
{
    const struct script_statement *first = &script->statements[0];

    return options.host && first->verb == SCRIPT_WAIT_READY
           ? MAX(first->time, options.within) : options.within;
}

/* Ends the program if the peer is not there in time. */
static void
open_peer(struct peer *peer, uint64_t patience)
{
    GError *error = NULL;
    const enum peer_event event =
        peer_open(peer, peer_later(peer_now(), patience), &error);

    if (event == PEER_CONNECTED) {
        return;
    }
    peer_free(peer);
    tool_fail("%s", event == PEER_STOPPED ? "stopped before the peer was there"
                                          : error->message);
}

int
main(int argc, char **argv)
{
    struct script *script;
    struct peer *peer;
    bool good;

    parse_arguments(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    script = load_script();
    peer = make_peer();
    open_peer(peer, patience_for(script));
    good = options.host
           ? play_script_as_host(script, peer)
           : play_script_as_bmc(script, peer, options.within);
    peer_free(peer);
    script_free(script);
    return good ? TOOL_OK : TOOL_NO;
}
