/* judge.h
 * Judges captures by rules, with the help of tshark: asks it which packets
 * match the rules' filters, and has it decode those that are wrong.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef JUDGE_H
#define JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "evaluation.h"

/* A capture's judgement. */
struct judgement {
    GArray     *verdicts;   /* struct verdict */
    GHashTable *decoded;    /* packets that are wrong, as text, by number */
    GHashTable *values;     /* see judgement_values() */
    uint64_t    packets;    /* in the capture */
    bool        cut_off;    /* the capture ends in the middle of a packet */
};

/* What went wrong is the user's fault, not the environment's: a filter. */
#define JUDGE_ERROR     (judge_error_quark())
enum judge_error { JUDGE_BAD_FILTER };
GQuark judge_error_quark(void);

/* Appends to arguments what has tshark answer queries, in lines for
 * judge_hear(). To be freed by the caller, who appended NULL. */
void judge_ask(GPtrArray *arguments, const struct evaluation *evaluation);

/* One line of tshark's: whether it was a match, which is taken note of. */
bool judge_hear(struct evaluation *evaluation, const char *line);

/* The error that tshark came to with arguments, in words that name the filters
 * that are wrong, all of them, if it is that. Takes error, which may be NULL,
 * and changes the order of arguments. */
GError *judge_explain(const struct evaluation *evaluation,
                      GPtrArray *arguments, const char *messages,
                      GError *error);

/* rules: struct rule *. options: more options for tshark. packets: how many of
 * the capture are judged, 0 for all. */
bool judge_capture(const char *path, const GPtrArray *rules,
                   const GPtrArray *options, uint64_t packets,
                   struct judgement *judgement, GError **error);
void judgement_clear(struct judgement *judgement);

/* What the fields that a rule names are in the packets of its verdict: a line
 * for each packet with any, to be freed. */
char *judgement_values(const struct judgement *judgement,
                       const struct verdict *verdict);

#endif /* JUDGE_H */
