/* tool.h
 * What the command lines of all tools have in common: exit statuses, messages,
 * --version, and the arguments that are a time or a size.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TOOL_H
#define TOOL_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <glib.h>

enum tool_exit {
    TOOL_OK = 0,
    TOOL_NO = 1,            /* the answer is no: an assertion, a comparison */
    TOOL_USAGE = 2,         /* the command line, or a file of the user's */
    TOOL_ENVIRONMENT = 3    /* a file, a socket, another program */
};

/* Parses the command line, with --version besides context's options, and frees
 * context. What is wrong with it ends the program with TOOL_USAGE. */
void tool_parse(GOptionContext *context, int *argc, char ***argv);

/* Ends the program: "NAME: message", and where the help is. */
void tool_usage_error(const char *format, ...)
    G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;

/* Ends the program with TOOL_ENVIRONMENT. */
void tool_fail(const char *format, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;

/* "NAME: message" on the standard error output. */
void tool_say(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Ends the program with TOOL_ENVIRONMENT if not all that was printed has been
 * written: to be called last. */
void tool_check_output(void);

/* The time by CLOCK_REALTIME or CLOCK_MONOTONIC, in ns. */
uint64_t tool_clock(clockid_t clock);

/* A number with a unit, ns, us, ms, s, min or h, without a space, in ns. */
bool tool_time(const char *text, uint64_t *ns, GError **error);

/* A number of bytes, with kB, MB or GB (powers of 1000), or without. */
bool tool_size(const char *text, uint64_t *bytes, GError **error);

#endif /* TOOL_H */
