/* step-words.c
 * What a state machine says of a record, in words.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>
#include <string.h>

#include "step-words.h"

static const char *const event_names[] = {
    [IPMI_TRANSFER_NONE] = "",
    [IPMI_TRANSFER_BYTE] = "byte",
    [IPMI_TRANSFER_END] = "end",
    [IPMI_TRANSFER_LAST] = "last",
    [IPMI_TRANSFER_ABORT] = "abort",
};

static void append(char *text, size_t size, const char *mark, const char *word)
{
    const size_t len = strlen(text);

    snprintf(text + len, size - len, "%s%s%s", len ? " " : "", mark, word);
}

static void append_bits(char *text, size_t size, const char *mark,
                        uint32_t bits, const char *const *names,
                        unsigned count)
{
    for (unsigned n = 0; n < count; n++)
        if (bits >> n & 1)
            append(text, size, mark, names[n]);
}

void step_in_words(const struct ipmi_step *step,
                   const struct step_names *names, char *text, size_t size)
{
    char byte[3];

    text[0] = '\0';
    append(text, size, "", names->phases[step->after]);
    if (step->begins)
        append(text, size, "", "begin");
    if (step->event != IPMI_TRANSFER_NONE)
        append(text, size, "", event_names[step->event]);
    if (step->event == IPMI_TRANSFER_BYTE ||
            step->event == IPMI_TRANSFER_LAST) {
        snprintf(byte, sizeof byte, "%02x", step->byte);
        append(text, size, "", byte);
    }
    if (step->begins || step->event != IPMI_TRANSFER_NONE)
        append(text, size, "", step->from_bmc ? "response" : "request");
    if (step->poll)
        append(text, size, "", "poll");
    if (step->raised)
        append(text, size, "", "raised");
    if (step->resync)
        append(text, size, "", "resync");
    append_bits(text, size, "!", step->faults, names->faults,
                names->fault_count);
    append_bits(text, size, "?", step->conditions, names->conditions,
                names->condition_count);
}
