/* tally.h
 * The checks of a script: each failed one is told at once, all are counted, and
 * the last line says how many, as docs/host-script.md has it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TALLY_H
#define TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "script.h"

struct tally {
    const struct script *script;
    uint64_t start;         /* peer_now() */
    uint64_t messages;      /* requests sent, or answered */
    uint64_t passed;
    uint64_t failed;
};

/* "NAME:LINE: ..." */
void tally_fail(struct tally *tally, unsigned line, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* position: the statement at which the player was stopped, or the script's len
 * at its end. what: became of the messages, "sent". Returns whether all is
 * well: no check failed, and the script ran to its end if it has one to run
 * to. */
bool tally_finish(const struct tally *tally, size_t position, const char *what);

/* Whether a position is in a repeat that has no end. */
bool tally_is_forever(const struct script *script, size_t position);

#endif /* TALLY_H */
