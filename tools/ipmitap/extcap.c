/* extcap.c
 * ipmitap as Wireshark starts it from its extcap folder: the command lines that
 * Wireshark's extcap interface prescribes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "extcap.h"

#include <signal.h>
#include <stdio.h>

#include <glib.h>

#include "extcap-interfaces.h"
#include "extcap-session.h"
#include "tool.h"

static const char summary[] =
    "What Wireshark calls ipmitap with once it is in its extcap folder, for\n"
    "the interfaces of the names ipmi-... in Wireshark's list. ADDRESS is\n"
    "unix:PATH or tcp:HOST:PORT.";

static const char description[] =
    "Examples:\n"
    "  ipmitap --extcap-interfaces\n"
    "  ipmitap --extcap-config --extcap-interface=ipmi-attach\n"
    "  ipmitap --capture --extcap-interface=ipmi-attach --fifo=FIFO\n"
    "      --attach=tcp:127.0.0.1:19000\n"
    "\n"
    "The same from the command line of tshark, which makes the FIFO:\n"
    "  tshark -i ipmi-attach -o extcap.ipmi_attach.attach:tcp:127.0.0.1:19000\n"
    "\n"
    "Exit status: 0 it went well, 2 the command line is wrong, 3 the capture\n"
    "could not be made.";

static struct command_line {
    gboolean interfaces, dlts, config, capture, cleanup;
    char *version, *interface, *filter, *reload, *option, *option_value;
    struct extcap_session_options session;
    struct extcap_values values;
} line;

static const GOptionEntry entries[] = {
    { "extcap-interfaces", 0, 0, G_OPTION_ARG_NONE, &line.interfaces,
      "Print the interfaces and their toolbar", NULL },
    { "extcap-version", 0, 0, G_OPTION_ARG_STRING, &line.version,
      "Which Wireshark asks", "VERSION" },
    { "extcap-interface", 0, 0, G_OPTION_ARG_STRING, &line.interface,
      "The interface that it is about", "NAME" },
    { "extcap-dlts", 0, 0, G_OPTION_ARG_NONE, &line.dlts,
      "Print its link types", NULL },
    { "extcap-config", 0, 0, G_OPTION_ARG_NONE, &line.config,
      "Print its options, the last ones here", NULL },
    { "extcap-reload-option", 0, 0, G_OPTION_ARG_STRING, &line.reload,
      "Print its values: none has any", "OPTION" },
    { "extcap-config-option-name", 0, 0, G_OPTION_ARG_STRING, &line.option,
      "The same, since Wireshark 4.6", "OPTION" },
    { "extcap-config-option-value", 0, 0, G_OPTION_ARG_STRING,
      &line.option_value, "And for this value of it", "VALUE" },
    { "extcap-capture-filter", 0, 0, G_OPTION_ARG_STRING, &line.filter,
      "Check a capture filter: there are none", "FILTER" },
    { "extcap-cleanup-postkill", 0, 0, G_OPTION_ARG_NONE, &line.cleanup,
      "Do nothing: it has left nothing behind", NULL },
    { "capture", 0, 0, G_OPTION_ARG_NONE, &line.capture,
      "Capture", NULL },
    { "fifo", 0, 0, G_OPTION_ARG_FILENAME, (void *)&line.session.fifo,
      "Where to", "PATH" },
    { "extcap-control-in", 0, 0, G_OPTION_ARG_FILENAME,
      (void *)&line.session.control_in, "From the toolbar", "FIFO" },
    { "extcap-control-out", 0, 0, G_OPTION_ARG_FILENAME,
      (void *)&line.session.control_out, "To the toolbar", "FIFO" },
    { "listen", 0, 0, G_OPTION_ARG_FILENAME, &line.values.listen,
      "ipmi-tap: where to listen for one end", "ADDRESS" },
    { "connect", 0, 0, G_OPTION_ARG_FILENAME, &line.values.connect,
      "ipmi-tap: where to connect to the other", "ADDRESS" },
    { "name", 0, 0, G_OPTION_ARG_STRING, &line.values.name,
      "ipmi-tap: what the link is called", "NAME" },
    { "keep", 0, 0, G_OPTION_ARG_NONE, &line.values.keep,
      "ipmi-tap: keep an end without the other", NULL },
    { "attach", 0, 0, G_OPTION_ARG_FILENAME, &line.values.attach,
      "ipmi-attach: where QEMU captures", "ADDRESS[,ADDRESS...]" },
    { "read", 0, 0, G_OPTION_ARG_FILENAME, &line.values.read,
      "ipmi-fifo: the FIFO to read", "PATH" },
    G_OPTION_ENTRY_NULL
};

bool
extcap_wanted(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (g_str_has_prefix(argv[i], "--extcap-")
                || g_str_equal(argv[i], "--capture")) {
            return true;
        }
    }
    return false;
}

static int
capture(const struct extcap_interface *interface)
{
    GError *problem = NULL;

    if (!line.session.fifo) {
        tool_usage_error("--capture needs --fifo=PATH");
    }
    if (line.filter && *line.filter != '\0') {
        g_set_error(&problem, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "there are no capture filters here: leave it empty, and "
                    "filter what Wireshark shows");
    } else {
        extcap_interface_check(interface, &line.values, &problem);
    }
    return extcap_session_run(&line.session, extcap_interface_source(interface),
                              &line.values, problem);
}

/* Does what is asked about an interface. */
static int
do_interface(const struct extcap_interface *interface)
{
    if (line.capture) {
        return capture(interface);
    }
    if (line.dlts) {
        extcap_interface_print_dlts(interface);
    } else if (line.config) {
        if (!line.reload && !line.option) {
            extcap_interface_print_config(interface);
        }
    } else if (line.filter) {
        /* Nothing printed would say that it is right. */
        if (*line.filter != '\0') {
            puts("There are no capture filters here.");
        }
    } else if (!line.cleanup) {
        tool_usage_error("what about %s? --extcap-dlts, --extcap-config or "
                         "--capture", line.interface);
    }
    return TOOL_OK;
}

int
extcap_main(int argc, char **argv)
{
    GOptionContext *context = g_option_context_new("- for Wireshark");
    const struct extcap_interface *interface;

    g_option_context_set_summary(context, summary);
    g_option_context_set_description(context, description);
    g_option_context_add_main_entries(context, entries, NULL);
    tool_parse(context, &argc, &argv);
    if (argc > 1) {
        tool_usage_error("unexpected argument: %s", argv[1]);
    }
    /* The reader of a FIFO may go at any time. */
    signal(SIGPIPE, SIG_IGN);
    if (line.interfaces) {
        extcap_interfaces_print(EXTCAP_VERSION);
        return TOOL_OK;
    }
    if (!line.interface) {
        tool_usage_error("--extcap-interface=NAME is missing; "
                         "--extcap-interfaces prints the names");
    }
    interface = extcap_interface_find(line.interface);
    if (!interface) {
        tool_usage_error("no interface is called '%s'; --extcap-interfaces "
                         "prints the names", line.interface);
    }
    return do_interface(interface);
}
