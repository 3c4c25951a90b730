/* tally.c
 * The checks of a script, counted and told.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tally.h"

#include <inttypes.h>
#include <stdio.h>

#include "peer.h"

void
tally_fail(struct tally *tally, unsigned line, const char *format, ...)
{
    va_list arguments;

    tally->failed++;
    printf("%s:%u: ", tally->script->name, line);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

bool
tally_is_forever(const struct script *script, size_t position)
{
    for (size_t i = 0; i < position; i++) {
        const struct script_statement *statement = &script->statements[i];

        if (statement->verb == SCRIPT_REPEAT_FOREVER
                && statement->partner >= position) {
            return true;
        }
    }
    return false;
}

bool
tally_finish(const struct tally *tally, size_t position, const char *what)
{
    const struct script *script = tally->script;
    const bool ended = position == script->len;
    const double seconds = (double)(peer_now() - tally->start) / 1e9;

    printf("%s:", script->name);
    if (!ended) {
        printf(" stopped at line %u:", script->statements[position].line);
    }
    printf(" %" PRIu64 " %s, %" PRIu64 " passed, %" PRIu64 " failed in %.3f s "
           "(%.1f requests/s)\n", tally->messages, what, tally->passed,
           tally->failed, seconds,
           seconds > 0 ? (double)tally->messages / seconds : 0.0);
    return tally->failed == 0 && (ended || tally_is_forever(script, position));
}
