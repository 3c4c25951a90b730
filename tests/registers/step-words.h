/* step-words.h
 * What a state machine says of a record, in words.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef STEP_WORDS_H
#define STEP_WORDS_H

#include <stddef.h>

#include "ipmi-machine.h"

/* Names of what an interface has. */
struct step_names {
    const char *const *phases;
    const char *const *faults;
    unsigned           fault_count;
    const char *const *conditions;
    unsigned           condition_count;
};

/* The phase after it; "begin", and what it does to a message, with the byte and
 * whose message it is; "poll", "raised", "resync"; "!" and a fault; "?" and a
 * condition. */
void step_in_words(const struct ipmi_step *step,
                   const struct step_names *names, char *text, size_t size);

#endif /* STEP_WORDS_H */
