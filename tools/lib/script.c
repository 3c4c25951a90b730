/* script.c
 * Host scripts, docs/host-script.md: a line becomes a statement, or the whole
 * script is refused with the line and the remedy.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "script.h"

#include <inttypes.h>
#include <string.h>

#define MIN_REQUEST     2       /* netFn/LUN, command */
#define MIN_RESPONSE    3       /* and completion code */
#define MAX_MESSAGE     300
#define MAX_SECONDS     1000000
#define MAX_REPEAT      1000000000
#define MAX_RATE        1000000

#define NETFN_RESPONSE  0x04    /* of netFn/LUN: an odd netFn */

#define NS_PER_SECOND   UINT64_C(1000000000)

static const struct {
    const char *name;
    uint64_t    ns;
} units[] = {
    { "s", NS_PER_SECOND },
    { "ms", 1000000 },
    { "us", 1000 },
};

struct parser {
    const char *name;
    unsigned    line;
    GArray     *statements;
    GArray     *open;           /* indices of repeats that have no end yet */
    bool        after_send;     /* the statement before is a send alone */
};

struct verb {
    const char *name;
    const char *usage;

    /* Takes the words after the verb, NULL at the end. If they are not what
     * usage says, it may return false without an error. */
    bool (*parse)(struct parser *parser, char **words, GError **error);
};

static bool
refuse(const struct parser *parser, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static bool
refuse(const struct parser *parser, GError **error, const char *format, ...)
{
    va_list arguments;
    char *what;

    va_start(arguments, format);
    what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s:%u: %s",
                parser->name, parser->line, what);
    g_free(what);
    return false;
}

/* --- words ------------------------------------------------------------- */

static bool
is_word(const char *word, const char *expected)
{
    return word && strcmp(word, expected) == 0;
}

static bool
is_only_word(char **words)
{
    return words[0] && !words[1];
}

/* Two digits, each hexadecimal or "?". */
static bool
read_element(const char *word, uint8_t *value, uint8_t *mask)
{
    unsigned digits = 0, known = 0;

    if (strlen(word) != 2) {
        return false;
    }
    for (unsigned i = 0; i < 2; i++) {
        const int digit = g_ascii_xdigit_value(word[i]);

        if (digit < 0 && word[i] != '?') {
            return false;
        }
        digits = digits << 4 | (digit < 0 ? 0 : (unsigned)digit);
        known = known << 4 | (digit < 0 ? 0 : 0xf);
    }
    *value = (uint8_t)digits;
    *mask = (uint8_t)known;
    return true;
}

static bool
read_count(const struct parser *parser, const char *word, uint64_t max,
           uint64_t *number, GError **error)
{
    char *end;

    *number = g_ascii_strtoull(word, &end, 10);
    if (*end) {
        return refuse(parser, error, "'%s' is not a number", word);
    }
    if (*number < 1 || *number > max) {
        return refuse(parser, error, "%s is out of range: write a number from "
                      "1 to %" PRIu64, word, max);
    }
    return true;
}

static bool
read_time(const struct parser *parser, const char *word, uint64_t *ns,
          GError **error)
{
    char *unit = NULL;
    uint64_t number = 0;

    if (g_ascii_isdigit(*word)) {
        number = g_ascii_strtoull(word, &unit, 10);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(units); i++) {
        if (!is_word(unit, units[i].name)) {
            continue;
        }
        if (number < 1
                || number > MAX_SECONDS * (NS_PER_SECOND / units[i].ns)) {
            return refuse(parser, error, "'%s' is out of range: write a time "
                          "from 1us to %ds", word, MAX_SECONDS);
        }
        *ns = number * units[i].ns;
        return true;
    }
    return refuse(parser, error, "'%s' is not a time: write a number with a "
                  "unit, such as 100us, 500ms or 2s", word);
}

/* Nothing, or "within TIME". */
static bool
read_within(const struct parser *parser, char **words, uint64_t *ns,
            GError **error)
{
    if (!words[0]) {
        return true;
    }
    return is_word(words[0], "within") && is_only_word(words + 1) &&
           read_time(parser, words[1], ns, error);
}

/* --- statements -------------------------------------------------------- */

static struct script_statement *
statement_at(const struct parser *parser, size_t index)
{
    return &g_array_index(parser->statements, struct script_statement, index);
}

/* What it returns holds until the next is added. */
static struct script_statement *
add_statement(struct parser *parser, enum script_verb verb)
{
    const struct script_statement statement = {
        .verb = verb,
        .line = parser->line,
        .check_line = parser->line,
        .time = SCRIPT_NO_LIMIT,
    };

    g_array_append_val(parser->statements, statement);
    return statement_at(parser, parser->statements->len - 1);
}

static bool
parse_send(struct parser *parser, char **words, GError **error)
{
    struct script_statement *send = add_statement(parser, SCRIPT_SEND);
    const size_t count = g_strv_length(words);
    uint8_t mask;

    send->time = SCRIPT_RESPONSE_TIME;
    send->request = g_malloc(count + 1);
    send->request_len = count;
    for (size_t i = 0; i < count; i++) {
        if (!read_element(words[i], &send->request[i], &mask) || mask != 0xff) {
            return refuse(parser, error, "'%s' is not a byte: write two "
                          "hexadecimal digits, such as 01", words[i]);
        }
    }
    if (count < MIN_REQUEST) {
        return refuse(parser, error, "a request has netFn/LUN and command at "
                      "least: write two bytes or more, such as 18 01");
    }
    if (count > MAX_MESSAGE) {
        return refuse(parser, error, "a request of %zu bytes is too long: "
                      "write %d at most", count, MAX_MESSAGE);
    }
    if (send->request[0] & NETFN_RESPONSE) {
        return refuse(parser, error, "netFn/LUN %02x is that of a response: "
                      "requests have an even netFn; netFn/LUN is netFn << 2 | "
                      "LUN, 18 for netFn 06", send->request[0]);
    }
    return true;
}

static bool
parse_pattern(const struct parser *parser, char **words, size_t count,
              struct script_pattern *pattern, GError **error)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < count; i++) {
        g_string_append_printf(text, "%s%s", i ? " " : "", words[i]);
    }
    pattern->text = g_string_free(text, FALSE);
    pattern->more = is_word(words[count - 1], "...");
    pattern->len = count - pattern->more;
    pattern->value = g_malloc(count);
    pattern->mask = g_malloc(count);
    for (size_t i = 0; i < pattern->len; i++) {
        if (is_word(words[i], "...")) {
            return refuse(parser, error, "'...' is not the last of the "
                          "pattern: write ?\? for a byte");
        }
        if (!read_element(words[i], &pattern->value[i], &pattern->mask[i])) {
            return refuse(parser, error, "'%s' is not an element of a pattern: "
                          "write a byte such as 1c, 2? or ?\? or, at the end, "
                          "...", words[i]);
        }
    }
    if (pattern->len < MIN_RESPONSE && !pattern->more) {
        return refuse(parser, error, "no response is so short: it has "
                      "netFn/LUN, command and completion code; write ... at "
                      "the end if more may follow");
    }
    if (pattern->len > MAX_MESSAGE) {
        return refuse(parser, error, "a pattern of %zu bytes is too long: "
                      "write %d at most", pattern->len, MAX_MESSAGE);
    }
    return true;
}

static bool
parse_expect(struct parser *parser, char **words, GError **error)
{
    struct script_statement *send;
    size_t count = 0;

    if (!parser->after_send) {
        return refuse(parser, error,
                      "'expect' must directly follow a 'send'");
    }
    send = statement_at(parser, parser->statements->len - 1);
    send->check_line = parser->line;
    if (is_word(words[0], "none")) {
        send->expectation = SCRIPT_EXPECT_NONE;
        return is_word(words[1], "for") && is_only_word(words + 2) &&
               read_time(parser, words[2], &send->time, error);
    }
    send->expectation = SCRIPT_EXPECT_PATTERN;
    while (words[count] && !is_word(words[count], "within")) {
        count++;
    }
    return count > 0 &&
           parse_pattern(parser, words, count, &send->pattern, error) &&
           read_within(parser, words + count, &send->time, error);
}

static bool
parse_delay(struct parser *parser, char **words, GError **error)
{
    struct script_statement *delay = add_statement(parser, SCRIPT_DELAY);

    return is_only_word(words) &&
           read_time(parser, words[0], &delay->time, error);
}

static bool
parse_wait(struct parser *parser, char **words, GError **error)
{
    static const struct {
        const char *name;
        enum script_verb verb;
    } events[] = {
        { "attn", SCRIPT_WAIT_ATTN },
        { "noattn", SCRIPT_WAIT_NOATTN },
        { "ready", SCRIPT_WAIT_READY },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(events); i++) {
        if (is_word(words[0], events[i].name)) {
            struct script_statement *statement =
                add_statement(parser, events[i].verb);

            return read_within(parser, words + 1, &statement->time, error);
        }
    }
    return false;
}

static bool
parse_repeat(struct parser *parser, char **words, GError **error)
{
    const size_t index = parser->statements->len;
    struct script_statement *repeat = add_statement(parser, SCRIPT_REPEAT);

    g_array_append_val(parser->open, index);
    if (is_word(words[0], "for")) {
        repeat->verb = SCRIPT_REPEAT_FOR;
        return is_only_word(words + 1) &&
               read_time(parser, words[1], &repeat->time, error);
    }
    if (!is_only_word(words)) {
        return false;
    }
    if (is_word(words[0], "forever")) {
        repeat->verb = SCRIPT_REPEAT_FOREVER;
        return true;
    }
    return g_ascii_isdigit(*words[0]) &&
           read_count(parser, words[0], MAX_REPEAT, &repeat->number, error);
}

static bool
takes_time(enum script_verb verb)
{
    return verb == SCRIPT_SEND || verb == SCRIPT_DELAY ||
           verb == SCRIPT_WAIT_ATTN || verb == SCRIPT_WAIT_NOATTN ||
           verb == SCRIPT_WAIT_READY;
}

static bool
parse_end(struct parser *parser, char **words, GError **error)
{
    const size_t index = parser->statements->len;
    bool empty = true;
    size_t repeat;

    if (words[0]) {
        return false;
    }
    if (parser->open->len == 0) {
        return refuse(parser, error,
                      "there is no 'repeat' that this 'end' could end");
    }
    repeat = g_array_index(parser->open, size_t, parser->open->len - 1);
    g_array_set_size(parser->open, parser->open->len - 1);
    for (size_t i = repeat + 1; i < index && empty; i++) {
        empty = !takes_time(statement_at(parser, i)->verb);
    }
    if (empty) {
        return refuse(parser, error, "there is nothing to repeat: write a "
                      "'send', 'delay' or 'wait' between 'repeat' and 'end'");
    }
    add_statement(parser, SCRIPT_END)->partner = repeat;
    statement_at(parser, repeat)->partner = index;
    return true;
}

static bool
parse_rate(struct parser *parser, char **words, GError **error)
{
    struct script_statement *rate = add_statement(parser, SCRIPT_RATE);

    if (!is_only_word(words)) {
        return false;
    }
    return is_word(words[0], "max") ||
           (g_ascii_isdigit(*words[0]) &&
            read_count(parser, words[0], MAX_RATE, &rate->number, error));
}

static const struct verb verbs[] = {
    { "send", "send BYTES, such as send 18 01", parse_send },
    { "expect", "expect PATTERN, such as expect 1c 01 00 ..., or expect "
      "PATTERN within TIME, or expect none for TIME", parse_expect },
    { "delay", "delay TIME, such as delay 250ms", parse_delay },
    { "wait", "wait attn, wait noattn or wait ready, or one of these and "
      "within TIME", parse_wait },
    { "repeat", "repeat N, repeat for TIME or repeat forever", parse_repeat },
    { "end", "end alone", parse_end },
    { "rate", "rate N, in requests a second, or rate max", parse_rate },
};

/* --- lines ------------------------------------------------------------- */

/* The words before the comment, to be freed by g_strfreev(). */
static char **
split_line(const char *line, size_t len)
{
    const char *comment = memchr(line, '#', len);
    char *text = g_strndup(line, comment ? (size_t)(comment - line) : len);
    char **words = g_strsplit_set(text, " \t\r", -1);
    size_t kept = 0;

    for (size_t i = 0; words[i]; i++) {
        if (*words[i]) {
            words[kept++] = words[i];
        } else {
            g_free(words[i]);
        }
    }
    words[kept] = NULL;
    g_free(text);
    return words;
}

static bool
parse_statement(struct parser *parser, char **words, GError **error)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(verbs); i++) {
        const struct verb *verb = &verbs[i];
        GError *wrong = NULL;

        if (!is_word(words[0], verb->name)) {
            continue;
        }
        if (verb->parse(parser, words + 1, &wrong)) {
            parser->after_send = verb->parse == parse_send;
            return true;
        }
        if (!wrong) {
            return refuse(parser, error, "malformed '%s': write %s",
                          verb->name, verb->usage);
        }
        g_propagate_error(error, wrong);
        return false;
    }
    return refuse(parser, error, "'%s' is not a statement: write send, expect, "
                  "delay, wait, repeat, end or rate", words[0]);
}

static bool
parse_line(struct parser *parser, const char *line, size_t len, GError **error)
{
    char **words;
    bool good;

    parser->line++;
    if (memchr(line, '\0', len)) {
        return refuse(parser, error,
                      "there is a zero byte: this is not a text file");
    }
    words = split_line(line, len);
    good = !words[0] || parse_statement(parser, words, error);
    g_strfreev(words);
    return good;
}

/* What no line is wrong by itself for. */
static bool
check_whole(struct parser *parser, GError **error)
{
    if (parser->open->len > 0) {
        const size_t repeat = g_array_index(parser->open, size_t,
                                            parser->open->len - 1);

        parser->line = statement_at(parser, repeat)->line;
        return refuse(parser, error, "'repeat' has no 'end'");
    }
    if (parser->statements->len == 0) {
        parser->line = MAX(parser->line, 1);
        return refuse(parser, error, "there is no statement up to here: write "
                      "one, such as send 18 01");
    }
    return true;
}

static bool
parse_text(struct parser *parser, const char *text, size_t len, GError **error)
{
    const char *end = text + len;

    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *line_end = newline ? newline : end;

        if (!parse_line(parser, text, (size_t)(line_end - text), error)) {
            return false;
        }
        text = newline ? newline + 1 : end;
    }
    return check_whole(parser, error);
}

/* --- the script -------------------------------------------------------- */

static void
clear_statement(void *data)
{
    struct script_statement *statement = data;

    g_free(statement->request);
    g_free(statement->pattern.text);
    g_free(statement->pattern.value);
    g_free(statement->pattern.mask);
}

struct script *
script_parse(const char *name, const char *text, size_t len, GError **error)
{
    struct parser parser = {
        .name = name,
        .statements = g_array_new(FALSE, FALSE,
                                  sizeof(struct script_statement)),
        .open = g_array_new(FALSE, FALSE, sizeof(size_t)),
    };
    struct script *script = NULL;
    gsize count;

    g_array_set_clear_func(parser.statements, clear_statement);
    if (parse_text(&parser, text, len, error)) {
        script = g_new(struct script, 1);
        script->name = g_strdup(name);
        script->statements = g_array_steal(parser.statements, &count);
        script->len = count;
    }
    g_array_free(parser.statements, TRUE);
    g_array_free(parser.open, TRUE);
    return script;
}

void
script_free(struct script *script)
{
    if (!script) {
        return;
    }
    for (size_t i = 0; i < script->len; i++) {
        clear_statement(&script->statements[i]);
    }
    g_free(script->statements);
    g_free(script->name);
    g_free(script);
}

bool
script_pattern_matches(const struct script_pattern *pattern,
                       const uint8_t *message, size_t len)
{
    if (len < pattern->len || (len > pattern->len && !pattern->more)) {
        return false;
    }
    for (size_t i = 0; i < pattern->len; i++) {
        if ((message[i] ^ pattern->value[i]) & pattern->mask[i]) {
            return false;
        }
    }
    return true;
}

char *
script_time_text(uint64_t ns)
{
    unsigned unit = 0;

    while (unit + 1 < G_N_ELEMENTS(units) && ns % units[unit].ns) {
        unit++;
    }
    return g_strdup_printf("%" PRIu64 " %s", ns / units[unit].ns,
                           units[unit].name);
}
