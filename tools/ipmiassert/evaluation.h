/* evaluation.h
 * Whether a capture is as rules say: is told which packets match which filters,
 * in the order of the packets, and keeps no more of them than it takes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef EVALUATION_H
#define EVALUATION_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "rules.h"

/* Packets of a rule that are told by their numbers, and shown. */
#define EVALUATION_SHOWN    5

struct evaluation;

/* What has to be known of each packet: whether it matches a filter and, with a
 * field, which of its values the packet has. */
struct query {
    char *filter;
    char *field;                /* or NULL */
    const struct rule *rule;    /* the first that asks */
    unsigned line;              /* of the filter, in the rule's source */
};

/* What a rule has come to. */
struct verdict {
    const struct rule *rule;
    bool    passed;
    char   *message;        /* why not; or, if it passed, NULL or a remark */
    GArray *packets;        /* uint32_t: the first EVALUATION_SHOWN of those
                             * that are wrong, in order */
};

/* rules: struct rule *, which must outlive it. */
struct evaluation *evaluation_new(const GPtrArray *rules);
void evaluation_free(struct evaluation *evaluation);

/* struct query; a query's number is its index. */
const GArray *evaluation_queries(const struct evaluation *evaluation);

/* A packet matches a query. time: ns since 1970. value: of the query's field,
 * a call for each; or NULL. Packets come in order, the queries of one in any
 * order. */
void evaluation_match(struct evaluation *evaluation, unsigned query,
                      uint32_t packet, int64_t time, const char *value);

/* Whether a rule waits for something that has not come. Rules that look ahead,
 * which take two passes over a capture, do not count here and below. */
bool evaluation_waits(const struct evaluation *evaluation);

/* Whether any rule waits from the start: for something that is to come at least
 * so often, or in an order. */
bool evaluation_has_goals(const struct evaluation *evaluation);

/* The capture is over: struct verdict, one for each rule. Once only. */
GArray *evaluation_end(struct evaluation *evaluation);

#endif /* EVALUATION_H */
