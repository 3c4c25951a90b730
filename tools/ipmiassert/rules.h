/* rules.h
 * What a capture has to be like: docs/assert-rules.md, read from files and from
 * the command line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef RULES_H
#define RULES_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

enum rule_kind {
    RULE_NEVER,             /* never A */
    RULE_NEVER_THEN,        /* never A then B */
    RULE_NEVER_BEFORE,      /* never A before B */
    RULE_AT_LEAST,          /* at least NUMBER A */
    RULE_AT_MOST,
    RULE_EXACTLY,
    RULE_EVERY_HAS,         /* every A has B */
    RULE_EVERY_THEN,        /* every A then B */
    RULE_ORDER              /* order A then B then C ... */
};

#define RULE_ANY_TIME   UINT64_MAX

/* A display filter of a rule, as Wireshark knows them. */
struct rule_filter {
    char    *text;
    unsigned line;          /* where it begins */
    uint64_t within;        /* ns after what matched the one before it, or
                             * RULE_ANY_TIME */
};

struct rule {
    enum rule_kind kind;
    char    *name;          /* or NULL */
    char    *text;          /* without name, on one line */
    char    *source;        /* the file, or what else it is from */
    unsigned line;
    char    *each;          /* a field: the rule is for each of its values;
                             * or NULL */
    uint64_t number;
    GArray  *filters;       /* struct rule_filter */
};

/* Appends the rules in a text, which is UTF-8, to an array of struct rule *,
 * which frees them if it was made by rules_new(). What is wrong is said in
 * lines "SOURCE:LINE: ...", one for each rule that is no good; the others are
 * appended. */
GPtrArray *rules_new(void);
bool rules_parse(GPtrArray *rules, const char *source, const char *text,
                 GError **error);

const struct rule_filter *rule_filter(const struct rule *rule, unsigned index);

/* The name, or the rule itself. */
const char *rule_title(const struct rule *rule);

/* Whether what a filter asks for takes more of the capture than the packet and
 * those before it: two passes. */
bool rule_filter_looks_ahead(const char *filter);
bool rule_looks_ahead(const struct rule *rule);

/* char *: the fields of this project that a rule's filters name, each once. */
GPtrArray *rule_fields(const struct rule *rule);

#endif /* RULES_H */
