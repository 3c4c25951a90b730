/* ipmiassert.c
 * Judges captures of IPMI by rules, for continuous integration: the command
 * line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "judge.h"
#include "live.h"
#include "report.h"
#include "rule-sets.h"
#include "rules.h"
#include "tool.h"

static const char summary[] =
    "Judges a capture by rules: which packets there must be, must not be, how\n"
    "many, in which order, how soon one after another. Prints a line for each\n"
    "rule (TAP), with the packets that are wrong, decoded. It runs tshark,\n"
    "with the plugin of ipmiscope.\n"
    "\n"
    "RULES is the name of a set, the path of a file, or a rule; any number of\n"
    "them. Sets:\n"
    "  protocol-clean  nothing is against the wire format or the protocols of\n"
    "                  KCS and BT, and the capture is complete\n"
    "  answered        every request has its response\n"
    "  prompt          no response takes longer than a second, nobody waits\n"
    "                  at registers in vain\n"
    "  linux-ipmi-si   Linux's ipmi_si finds its BMC and sets it up, in order";

static const char description[] =
    "Rules, with Wireshark's display filters in them:\n"
    "  never FILTER                         no packet matches\n"
    "  at least N FILTER                    so many packets match;\n"
    "                                       also: at most, exactly\n"
    "  every FILTER has FILTER              it matches the other as well\n"
    "  every FILTER then FILTER [within T]  it is followed by the other\n"
    "  order FILTER then FILTER ...         they come in this order\n"
    "  never FILTER then FILTER [within T]  the first forbids the other\n"
    "  never FILTER before FILTER           the first needs the other\n"
    "  for each FIELD: RULE                 each value of a field by itself\n"
    "  \"NAME\": RULE                         what the rule is called\n"
    "\n"
    "A live capture ends when all that rules wait for has come, when its\n"
    "deadline has passed, or with its source; then it is judged like a file.\n"
    "SOURCE - is the standard input.\n"
    "\n"
    "Examples:\n"
    "  ipmiassert run.pcapng protocol-clean answered\n"
    "  ipmiassert --junit=ipmi.xml run.pcapng boot.rules\n"
    "  ipmiassert run.pcapng 'never ipmi_extern.time > 0.5' \\\n"
    "      'at least 1 ipmi_extern.cmd.name == \"Get Device ID\"'\n"
    "  ipmiassert --live=lo -f 'tcp port 9002' --deadline=2min linux-ipmi-si\n"
    "\n"
    "Exit status: 0 the capture is as the rules say, 1 it is not, 2 wrong\n"
    "usage, also of a rule, 3 the capture cannot be read, or tshark or its\n"
    "plugin is missing.\n"
    "\n"
    "See also ipmiassert(1), and docs/assert-rules.md.";

static char *live_source, *deadline_text, *capture_filter, *write_path;
static char *junit_path;
static char **preferences;

static const GOptionEntry entries[] = {
    { "live", 'l', 0, G_OPTION_ARG_FILENAME, &live_source,
      "Capture from an interface or a FIFO",
      "SOURCE" },
    { "deadline", 't', 0, G_OPTION_ARG_STRING, &deadline_text,
      "Live: how long at most, such as 5min", "TIME" },
    { "filter", 'f', 0, G_OPTION_ARG_STRING, &capture_filter,
      "Live: what to capture, see pcap-filter(7)", "FILTER" },
    { "write", 'w', 0, G_OPTION_ARG_FILENAME, &write_path,
      "Live: keep the capture in this file", "FILE" },
    { "junit", 'j', 0, G_OPTION_ARG_FILENAME, &junit_path,
      "Write JUnit's XML to this file as well", "FILE" },
    { "preference", 'o', 0, G_OPTION_ARG_STRING_ARRAY, &preferences,
      "A preference, as of tshark -o",
      "NAME:VALUE" },
    G_OPTION_ENTRY_NULL
};

/* A directory for the capture, if it is not to be kept. */
static char *temporary_directory;

static void
remove_temporary(const char *path)
{
    if (temporary_directory) {
        g_unlink(path);
        g_rmdir(temporary_directory);
        g_clear_pointer(&temporary_directory, g_free);
    }
}

/* What is the user's to put right, and what is not. */
static void G_GNUC_NORETURN
fail_by(const GError *error)
{
    if (error->domain == G_OPTION_ERROR || error->domain == JUDGE_ERROR) {
        tool_usage_error("%s", error->message);
    }
    tool_fail("%s", error->message);
}

/* arguments: those from number on. All that is wrong with any is told. */
static GPtrArray *
load_rules(char **arguments, unsigned number)
{
    GPtrArray *rules = rules_new();
    GString *wrong = g_string_new(NULL);
    GError *error = NULL;

    if (!*arguments) {
        tool_usage_error("no rules: name a set, such as protocol-clean, or a "
                         "file, or write a rule");
    }
    for (; *arguments; arguments++, number++) {
        if (!rule_sets_load(rules, *arguments, number, &error)) {
            g_string_append_printf(wrong, "%s%s", wrong->len ? "\n" : "",
                                   error->message);
            g_clear_error(&error);
        }
    }
    if (wrong->len) {
        tool_usage_error("%s", wrong->str);
    }
    g_string_free(wrong, TRUE);
    return rules;
}

/* More options for tshark. */
static GPtrArray *
tshark_options(void)
{
    GPtrArray *options = g_ptr_array_new();

    for (unsigned i = 0; preferences && preferences[i]; i++) {
        g_ptr_array_add(options, (char *)"-o");
        g_ptr_array_add(options, preferences[i]);
    }
    return options;
}

/* Captures, and returns where. *packets: as of live_capture(). */
static char *
capture(const GPtrArray *rules, const GPtrArray *options, uint64_t *packets)
{
    struct live live = { .source = live_source, .filter = capture_filter };
    GError *error = NULL;
    char *path = g_strdup(write_path);

    if (!deadline_text) {
        tool_usage_error("--live takes a --deadline, such as --deadline=60s");
    }
    if (!tool_time(deadline_text, &live.deadline, &error)) {
        tool_usage_error("--deadline: %s", error->message);
    }
    if (!path) {
        temporary_directory = g_dir_make_tmp("ipmiassert-XXXXXX", &error);
        if (!temporary_directory) {
            tool_fail("no directory for the capture: %s", error->message);
        }
        path = g_build_filename(temporary_directory, "capture.pcapng", NULL);
    }
    live.path = path;
    if (!live_capture(&live, rules, options, packets, &error)) {
        remove_temporary(path);
        fail_by(error);
    }
    return path;
}

static void
check_capture(const char *path)
{
    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
        tool_fail("%s: %s", path, g_strerror(EISDIR));
    }
    if (strcmp(path, "-") == 0 || (g_file_test(path, G_FILE_TEST_EXISTS)
            && !g_file_test(path, G_FILE_TEST_IS_REGULAR))) {
        tool_usage_error("%s is no file that can be read twice: use "
                         "--live=%s --deadline=TIME", path, path);
    }
    if (access(path, R_OK) < 0) {
        tool_fail("%s: %s", path, g_strerror(errno));
    }
}

/* Of a path tshark would say that it may not capture there, whatever it is. */
static void
check_source(const char *source)
{
    if (!strchr(source, '/')) {
        return;
    }
    if (access(source, R_OK) < 0) {
        tool_fail("%s: %s", source, g_strerror(errno));
    }
    if (g_file_test(source, G_FILE_TEST_IS_REGULAR)) {
        tool_usage_error("%s is a file: leave out --live and --deadline",
                         source);
    }
}

/* Before anything is judged, which may take long, and is lost if the file
 * cannot be written. */
static FILE *
open_junit(void)
{
    FILE *file = fopen(junit_path, "we");

    if (!file) {
        tool_fail("%s: %s", junit_path, g_strerror(errno));
    }
    return file;
}

static void
write_junit(FILE *file, const struct judgement *judgement, const char *name,
            double seconds)
{
    char *xml = report_junit(judgement, name, seconds);
    bool good = fputs(xml, file) != EOF;

    if (fclose(file) == EOF || !good) {
        tool_fail("%s: %s", junit_path, g_strerror(errno));
    }
    g_free(xml);
}

/* junit: NULL without. */
static void
report(const struct judgement *judgement, const char *name, FILE *junit,
       double seconds)
{
    if (judgement->cut_off) {
        tool_say("%s ends in the middle of a packet", name);
    }
    if (judgement->packets == 0) {
        tool_say("%s has no packets", name);
    }
    report_tap(judgement, name);
    if (junit) {
        write_junit(junit, judgement, name, seconds);
    }
    tool_check_output();
}

int
main(int argc, char **argv)
{
    GOptionContext *context = g_option_context_new("[CAPTURE] RULES...");
    GTimer *timer = g_timer_new();
    struct judgement judgement;
    GPtrArray *rules, *options;
    FILE *junit = NULL;
    const char *name;
    char *path;
    GError *error = NULL;
    uint64_t packets = 0;
    unsigned rules_at;
    bool failed;

    g_option_context_set_summary(context, summary);
    g_option_context_set_description(context, description);
    g_option_context_add_main_entries(context, entries, NULL);
    tool_parse(context, &argc, &argv);

    if (!live_source && (deadline_text || capture_filter || write_path)) {
        tool_usage_error("--deadline, --filter and --write go with --live");
    }
    if (!live_source && argc < 2) {
        tool_usage_error("no capture: name a file, or use --live=SOURCE");
    }
    name = live_source ? live_source : argv[1];
    if (live_source) {
        check_source(name);
    } else {
        check_capture(name);
    }
    rules_at = live_source ? 1 : 2;
    rules = load_rules(argv + rules_at, rules_at);
    options = tshark_options();
    if (junit_path) {
        junit = open_junit();
    }
    path = live_source ? capture(rules, options, &packets) : g_strdup(name);

    if (!judge_capture(path, rules, options, packets, &judgement, &error)) {
        remove_temporary(path);
        fail_by(error);
    }
    remove_temporary(path);
    report(&judgement, name, junit, g_timer_elapsed(timer, NULL));
    failed = report_failures(&judgement) > 0;

    judgement_clear(&judgement);
    g_ptr_array_unref(options);
    g_ptr_array_unref(rules);
    g_timer_destroy(timer);
    g_free(path);
    return failed ? TOOL_NO : TOOL_OK;
}
