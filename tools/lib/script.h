/* script.h
 * Host scripts, docs/host-script.md: reads one and says what is in it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef SCRIPT_H
#define SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

/* How long a response may take if the script does not say it, in ns. */
#define SCRIPT_RESPONSE_TIME    UINT64_C(5000000000)

/* The time of a statement that sets none. */
#define SCRIPT_NO_LIMIT         UINT64_MAX

enum script_verb {
    SCRIPT_SEND,
    SCRIPT_DELAY,
    SCRIPT_WAIT_ATTN,
    SCRIPT_WAIT_NOATTN,
    SCRIPT_WAIT_READY,
    SCRIPT_REPEAT,          /* times */
    SCRIPT_REPEAT_FOR,
    SCRIPT_REPEAT_FOREVER,
    SCRIPT_END,
    SCRIPT_RATE
};

enum script_expectation {
    SCRIPT_EXPECT_ANY,      /* no expect follows */
    SCRIPT_EXPECT_PATTERN,
    SCRIPT_EXPECT_NONE
};

/* What a message must be: a byte matches that has value in the bits of mask. */
struct script_pattern {
    char    *text;          /* as it was written */
    uint8_t *value;
    uint8_t *mask;
    size_t   len;
    bool     more;          /* "...": any bytes may follow */
};

struct script_statement {
    enum script_verb verb;
    unsigned line;
    unsigned check_line;    /* where a failed check is: that of the expect, if
                             * it has one */
    uint64_t time;          /* ns: delay, within, for */
    uint64_t number;        /* of repeat, rate; rate max: 0 */
    size_t   partner;       /* repeat: index of its end; end: of its repeat */
    uint8_t *request;       /* netFn/LUN, command, data */
    size_t   request_len;
    enum script_expectation expectation;
    struct script_pattern pattern;
};

struct script {
    char *name;             /* for messages */
    struct script_statement *statements;
    size_t len;
};

/* text has len bytes. What is wrong with it is said as "NAME:LINE: what is
 * wrong: what would be right", with G_OPTION_ERROR_BAD_VALUE. */
struct script *script_parse(const char *name, const char *text, size_t len,
                            GError **error);
void script_free(struct script *script);

bool script_pattern_matches(const struct script_pattern *pattern,
                            const uint8_t *message, size_t len);

/* A time in words, in the greatest unit of the language in which it is whole:
 * "500 ms". To be freed. */
char *script_time_text(uint64_t ns);

#endif /* SCRIPT_H */
