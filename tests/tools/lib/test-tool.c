/* test-tool.c
 * Tests what the command lines of all tools have in common.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../check.h"
#include "tool.h"

unsigned checks;
unsigned failures;

struct number_case {
    const char *text;
    bool good;
    uint64_t value;
};

static void
check_numbers(const struct number_case *cases, size_t count,
              bool (*parse)(const char *, uint64_t *, GError **),
              const char *words)
{
    for (size_t i = 0; i < count; i++) {
        GError *error = NULL;
        uint64_t value = 0;
        bool good = parse(cases[i].text, &value, &error);

        CHECK(good == cases[i].good, "'%s'", cases[i].text);
        if (good) {
            CHECK(value == cases[i].value, "'%s' is %" PRIu64, cases[i].text,
                  value);
            continue;
        }
        CHECK(g_error_matches(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE)
              && strstr(error->message, words)
              && strstr(error->message, cases[i].text), "'%s': %s",
              cases[i].text, error ? error->message : "no error");
        g_clear_error(&error);
    }
}

static void
test_time(void)
{
    static const struct number_case cases[] = {
        { "0ns", true, 0 },
        { "7ns", true, 7 },
        { "100us", true, 100000 },
        { "500ms", true, 500000000 },
        { "2s", true, 2000000000 },
        { "5min", true, UINT64_C(300000000000) },
        { "1h", true, UINT64_C(3600000000000) },
        { "5124095h", true, UINT64_C(18446742000000000000) },
        { "5124096h", false, 0 },
        { "18446744073709551615ns", true, UINT64_MAX },
        { "18446744073709551616ns", false, 0 },
        { "99999999999999999999999ns", false, 0 },
        { "", false, 0 },
        { "1", false, 0 },
        { "s", false, 0 },
        { "1 s", false, 0 },
        { " 1s", false, 0 },
        { "1s ", false, 0 },
        { "1.5s", false, 0 },
        { "-1s", false, 0 },
        { "+1s", false, 0 },
        { "1S", false, 0 },
        { "1m", false, 0 },
        { "1d", false, 0 },
    };

    check_numbers(cases, G_N_ELEMENTS(cases), tool_time, "such as 100us");
}

static void
test_size(void)
{
    static const struct number_case cases[] = {
        { "0", true, 0 },
        { "4096", true, 4096 },
        { "1kB", true, 1000 },
        { "10MB", true, 10000000 },
        { "2GB", true, 2000000000 },
        { "18446744073GB", true, UINT64_C(18446744073000000000) },
        { "18446744074GB", false, 0 },
        { "", false, 0 },
        { "MB", false, 0 },
        { "10M", false, 0 },
        { "10 MB", false, 0 },
        { "10mb", false, 0 },
        { "1.5MB", false, 0 },
        { "-1", false, 0 },
        { "0x10", false, 0 },
    };

    check_numbers(cases, G_N_ELEMENTS(cases), tool_size, "such as 10MB");
}

static void
test_clock(void)
{
    uint64_t before = (uint64_t)g_get_monotonic_time();
    uint64_t now = tool_clock(CLOCK_MONOTONIC) / 1000;
    uint64_t after = (uint64_t)g_get_monotonic_time();

    CHECK(before <= now && now <= after, "%" PRIu64 " us", now);
}

/* What a program says on one of its outputs, and its exit status. */
struct outcome {
    char said[4096];
    int  status;
};

/* Runs a program of this command line in another process. */
static struct outcome
run(void (*program)(int, char **), int output, int argc, char **argv)
{
    struct outcome outcome = { "", -1 };
    int fds[2], status;
    size_t len = 0;
    ssize_t more;
    pid_t child;

    g_assert_cmpint(pipe(fds), ==, 0);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        dup2(fds[1], output);
        close(fds[0]);
        close(fds[1]);
        program(argc, argv);
        _exit(99);
    }
    close(fds[1]);
    while ((more = read(fds[0], outcome.said + len,
                        sizeof outcome.said - 1 - len)) > 0) {
        len += (size_t)more;
    }
    close(fds[0]);
    waitpid(child, &status, 0);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return outcome;
}

static void
parse_only(int argc, char **argv)
{
    gint number = 0;
    const GOptionEntry entries[] = {
        { "number", 'n', 0, G_OPTION_ARG_INT, &number, "A number", "N" },
        G_OPTION_ENTRY_NULL
    };
    GOptionContext *context = g_option_context_new("FILE");

    g_option_context_add_main_entries(context, entries, NULL);
    tool_parse(context, &argc, &argv);
    printf("%d words left, number %d\n", argc, number);
    fflush(stdout);
}

static void
fail(int argc, char **argv)
{
    parse_only(argc, argv);
    tool_fail("cannot read %s", "x");
}

static void
use_wrongly(int argc, char **argv)
{
    parse_only(argc, argv);
    tool_usage_error("%d files", 2);
}

static void
say(int argc, char **argv)
{
    parse_only(argc, argv);
    tool_say("%s", "100% of it");
}

static void
test_command_line(void)
{
    static const struct {
        void (*program)(int, char **);
        int   output;
        const char *words[4];       /* after the program's path */
        int   status;
        const char *said;           /* all of it, or how it begins */
    } cases[] = {
        { parse_only, STDOUT_FILENO, { "-n", "5", "x" }, 99,
          "2 words left, number 5\n" },
        { parse_only, STDOUT_FILENO, { "--version" }, TOOL_OK, "tool " },
        { parse_only, STDOUT_FILENO, { "--help" }, TOOL_OK, "Usage:\n  tool " },
        { parse_only, STDOUT_FILENO, { "--nonsense" }, TOOL_USAGE, "" },
        { parse_only, STDERR_FILENO, { "--nonsense" }, TOOL_USAGE,
          "tool: Unknown option --nonsense\nTry 'tool --help'.\n" },
        { parse_only, STDERR_FILENO, { "-n", "x" }, TOOL_USAGE, "tool: " },
        { fail, STDERR_FILENO, { NULL }, TOOL_ENVIRONMENT,
          "tool: cannot read x\n" },
        { use_wrongly, STDERR_FILENO, { NULL }, TOOL_USAGE,
          "tool: 2 files\nTry 'tool --help'.\n" },
        { say, STDERR_FILENO, { NULL }, 99, "tool: 100% of it\n" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *argv[6] = { (char *)"/usr/bin/tool" };
        struct outcome outcome;
        int argc = 1;

        for (; cases[i].words[argc - 1]; argc++) {
            argv[argc] = (char *)cases[i].words[argc - 1];
        }
        outcome = run(cases[i].program, cases[i].output, argc, argv);
        CHECK(outcome.status == cases[i].status, "case %zu: %d", i,
              outcome.status);
        CHECK(*cases[i].said ? g_str_has_prefix(outcome.said, cases[i].said)
                             : *outcome.said == '\0',
              "case %zu: %s", i, outcome.said);
    }
}

/* A program without standard streams does not open files in their place. */
static void
test_closed_streams(void)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        char name[] = "tool", *words[] = { name, NULL }, **argv = words;
        int argc = 1;

        close(STDIN_FILENO);
        close(STDOUT_FILENO);
        close(STDERR_FILENO);
        tool_parse(g_option_context_new(NULL), &argc, &argv);
        _exit(dup(STDOUT_FILENO) > STDERR_FILENO
              && write(STDOUT_FILENO, "", 1) < 0 ? 0 : 1);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    CHECK(status == 0, "status %d", status);
}

int
main(void)
{
    test_time();
    test_size();
    test_clock();
    test_command_line();
    test_closed_streams();
    printf("%u checks, %u failures\n", checks, failures);
    return failures > 0;
}
