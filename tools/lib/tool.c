/* tool.c
 * What the command lines of all tools have in common.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tool.h"

#include <fcntl.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static gboolean show_version;

static const GOptionEntry common_entries[] = {
    { "version", 0, 0, G_OPTION_ARG_NONE, &show_version,
      "Print the version and exit", NULL },
    G_OPTION_ENTRY_NULL
};

struct unit {
    const char *name;
    uint64_t    factor;
};

static const struct unit time_units[] = {
    { "ns", 1 },
    { "us", 1000 },
    { "ms", 1000000 },
    { "s", 1000000000 },
    { "min", 60 * UINT64_C(1000000000) },
    { "h", 3600 * UINT64_C(1000000000) },
};

static const struct unit size_units[] = {
    { "", 1 },
    { "kB", 1000 },
    { "MB", 1000000 },
    { "GB", 1000000000 },
};

static void
say(const char *format, va_list arguments)
{
    char *message = g_strdup_vprintf(format, arguments);

    fprintf(stderr, "%s: %s\n", g_get_prgname(), message);
    g_free(message);
}

void
tool_say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

void
tool_usage_error(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    fprintf(stderr, "Try '%s --help'.\n", g_get_prgname());
    exit(TOOL_USAGE);
}

void
tool_fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    exit(TOOL_ENVIRONMENT);
}

/* Whoever starts a program with one of its standard streams closed must not
 * find there what the program opens first: a socket with its messages, say. A
 * stream that cannot be written says so. */
static void
occupy_standard_streams(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDONLY);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) {
        close(fd);
    }
}

void
tool_check_output(void)
{
    if (fflush(stdout) == EOF || ferror(stdout)) {
        tool_fail("the standard output takes no more: free some space, or "
                  "write elsewhere");
    }
}

void
tool_parse(GOptionContext *context, int *argc, char ***argv)
{
    char *name = g_path_get_basename((*argv)[0]);
    GError *error = NULL;

    occupy_standard_streams();
    /* What is printed may have any letters, but is English, and numbers in it
     * are for programs too. */
    setlocale(LC_CTYPE, "");
    g_set_prgname(name);
    g_free(name);
    g_option_context_add_main_entries(context, common_entries, NULL);
    if (!g_option_context_parse(context, argc, argv, &error)) {
        tool_usage_error("%s", error->message);
    }
    g_option_context_free(context);
    if (show_version) {
        printf("%s %s\n", g_get_prgname(), TOOL_VERSION);
        exit(TOOL_OK);
    }
}

uint64_t
tool_clock(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Reads a whole number and one of the units that follows it at once. */
static bool
number_with_unit(const char *text, const struct unit *units, size_t count,
                 uint64_t *value)
{
    uint64_t number = 0;
    const char *unit = text;

    for (; g_ascii_isdigit(*unit); unit++) {
        if (!g_uint64_checked_mul(&number, number, 10)
                || !g_uint64_checked_add(&number, number, *unit - '0')) {
            return false;
        }
    }
    if (unit == text) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (g_str_equal(unit, units[i].name)) {
            return g_uint64_checked_mul(value, number, units[i].factor);
        }
    }
    return false;
}

bool
tool_time(const char *text, uint64_t *ns, GError **error)
{
    if (number_with_unit(text, time_units, G_N_ELEMENTS(time_units), ns)) {
        return true;
    }
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "'%s' is not a time: write a whole number with a unit, such as "
                "100us, 500ms, 2s, 5min or 1h", text);
    return false;
}

bool
tool_size(const char *text, uint64_t *bytes, GError **error)
{
    if (number_with_unit(text, size_units, G_N_ELEMENTS(size_units), bytes)) {
        return true;
    }
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "'%s' is not a size: write a whole number of bytes, or one "
                "with kB, MB or GB, such as 10MB", text);
    return false;
}
