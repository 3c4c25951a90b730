/* output.c
 * The standard output, in large pieces.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "output.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tool.h"

void
output_flush(struct output *output)
{
    size_t at = 0;

    while (at < output->len) {
        ssize_t written = write(STDOUT_FILENO, output->buffer + at,
                                output->len - at);

        if (written >= 0) {
            at += (size_t)written;
        } else if (errno != EINTR) {
            tool_fail("cannot write to the standard output: %s",
                      g_strerror(errno));
        }
    }
    output->len = 0;
}

void
output_seconds(struct output *output, struct output_clock *clock,
               uint64_t time, const char *format, int utc)
{
    uint64_t second = time / 1000000000;

    if (clock->len == 0 || clock->second != second) {
        const time_t value = (time_t)second;
        struct tm parts;

        clock->second = second;
        clock->len = strftime(clock->text, sizeof clock->text, format,
                              utc ? gmtime_r(&value, &parts)
                                  : localtime_r(&value, &parts));
    }
    output_bytes(output, clock->text, clock->len);
}
