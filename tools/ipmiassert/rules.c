/* rules.c
 * Reads rules, docs/assert-rules.md: a text is cut into rules, a rule into
 * keywords and the display filters between them, which are left as they are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "rules.h"

#include <stdarg.h>
#include <string.h>

#include "tool.h"

/* The words that end a filter, where they stand alone outside of quotes and
 * brackets. */
static const char *const separators[] = { "has", "then", "before", "within" };

/* What is being read. */
struct parser {
    const char *source;
    const char *at;
    unsigned    line;       /* of at */
};

static bool
fail(const struct parser *parser, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* Adds a line to what is wrong already. Returns false. */
static bool
fail(const struct parser *parser, GError **error, const char *format, ...)
{
    GError *before = g_steal_pointer(error);
    va_list arguments;
    char *message;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_strdelimit(g_strchomp(message), "\n", ' ');
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "%s%s%s:%u: %s", before ? before->message : "",
                before ? "\n" : "", parser->source, parser->line, message);
    g_free(message);
    g_clear_error(&before);
    return false;
}

static void
filter_clear(gpointer data)
{
    g_free(((struct rule_filter *)data)->text);
}

static void
rule_free(gpointer data)
{
    struct rule *rule = data;

    g_free(rule->name);
    g_free(rule->text);
    g_free(rule->source);
    g_free(rule->each);
    g_array_unref(rule->filters);
    g_free(rule);
}

GPtrArray *
rules_new(void)
{
    return g_ptr_array_new_with_free_func(rule_free);
}

const struct rule_filter *
rule_filter(const struct rule *rule, unsigned index)
{
    return &g_array_index(rule->filters, struct rule_filter, index);
}

const char *
rule_title(const struct rule *rule)
{
    return rule->name ? rule->name : rule->text;
}

/* The character after a string or character constant that begins at text, or
 * NULL if it has no end. */
static const char *
after_quotes(const char *text)
{
    char quote = *text++;

    for (; *text && *text != quote; text++) {
        if (*text == '\\' && text[1]) {
            text++;
        }
    }
    return *text ? text + 1 : NULL;
}

static void
skip_space(struct parser *parser)
{
    for (; g_ascii_isspace(*parser->at); parser->at++) {
        parser->line += *parser->at == '\n';
    }
}

/* Whether word stands at text, alone. */
static bool
is_word(const char *text, const char *word)
{
    size_t len = strlen(word);

    return strncmp(text, word, len) == 0
           && (!text[len] || g_ascii_isspace(text[len]));
}

/* Takes a word, if it is the next. */
static bool
take_word(struct parser *parser, const char *word)
{
    skip_space(parser);
    if (!is_word(parser->at, word)) {
        return false;
    }
    parser->at += strlen(word);
    return true;
}

/* Takes what there is up to the next space. */
static char *
take_any_word(struct parser *parser)
{
    const char *begin;

    skip_space(parser);
    begin = parser->at;
    while (*parser->at && !g_ascii_isspace(*parser->at)) {
        parser->at++;
    }
    return g_strndup(begin, parser->at - begin);
}

static bool
at_separator(const char *text)
{
    for (size_t i = 0; i < G_N_ELEMENTS(separators); i++) {
        if (is_word(text, separators[i])) {
            return true;
        }
    }
    return false;
}

/* text without space at its ends, and with one for each stretch of it outside
 * of quotes: lines become one. */
static char *
on_one_line(const char *text, size_t len)
{
    GString *line = g_string_sized_new(len);
    const char *end = text + len;

    while (text < end) {
        if (g_ascii_isspace(*text)) {
            if (line->len && line->str[line->len - 1] != ' ') {
                g_string_append_c(line, ' ');
            }
            text++;
        } else {
            const char *next = *text == '"' || *text == '\''
                ? after_quotes(text) : NULL;

            next = next && next <= end ? next : text + 1;
            g_string_append_len(line, text, next - text);
            text = next;
        }
    }
    if (line->len && line->str[line->len - 1] == ' ') {
        g_string_truncate(line, line->len - 1);
    }
    return g_string_free(line, FALSE);
}

/* Takes a filter: what there is up to a separator or the end. after: what it
 * follows, for messages. */
static bool
take_filter(struct parser *parser, struct rule *rule, const char *after,
            GError **error)
{
    struct rule_filter filter = { .within = RULE_ANY_TIME };
    GString *open = g_string_new(NULL);     /* the brackets that close them */
    const char *begin;
    bool good = true;

    skip_space(parser);
    filter.line = parser->line;
    begin = parser->at;
    while (good && *parser->at) {
        char c = *parser->at;
        const char *next = parser->at + 1;

        if (c == '"' || c == '\'') {
            next = after_quotes(parser->at);
            if (!next) {
                good = fail(parser, error, "a %c without another one to end "
                            "it: %s", c, parser->at);
                break;
            }
        } else if (strchr("([{", c)) {
            g_string_append_c(open, c == '(' ? ')' : c == '[' ? ']' : '}');
        } else if (strchr(")]}", c)) {
            if (!open->len || open->str[open->len - 1] != c) {
                good = fail(parser, error, "nothing that this '%c' closes: %s",
                            c, parser->at);
                break;
            }
            g_string_truncate(open, open->len - 1);
        } else if (!open->len && at_separator(parser->at)
                   && (parser->at == begin
                       || g_ascii_isspace(parser->at[-1]))) {
            break;
        }
        parser->line += c == '\n';
        parser->at = next;
    }
    if (good && open->len) {
        char *text = on_one_line(begin, parser->at - begin);

        parser->line = filter.line;
        good = fail(parser, error, "'%c' is missing: %s",
                    open->str[open->len - 1], text);
        g_free(text);
    }
    if (good && parser->at == begin) {
        good = fail(parser, error, "a display filter is missing after '%s'",
                    after);
    }
    g_string_free(open, TRUE);
    if (good) {
        filter.text = on_one_line(begin, parser->at - begin);
        g_array_append_val(rule->filters, filter);
    }
    return good;
}

/* Takes "within TIME", if it is next, for the last filter. */
static bool
take_within(struct parser *parser, struct rule *rule, GError **error)
{
    struct rule_filter *filter = &g_array_index(
        rule->filters, struct rule_filter, rule->filters->len - 1);
    GError *wrong = NULL;
    char *time;

    if (!take_word(parser, "within")) {
        return true;
    }
    time = take_any_word(parser);
    if (!tool_time(time, &filter->within, &wrong)) {
        fail(parser, error, "%s", wrong->message);
        g_error_free(wrong);
    }
    g_free(time);
    return !wrong;
}

/* Takes "then FILTER [within TIME]"; then is next. */
static bool
take_then(struct parser *parser, struct rule *rule, GError **error)
{
    return take_word(parser, "then")
           && take_filter(parser, rule, "then", error)
           && take_within(parser, rule, error);
}

static bool
take_never(struct parser *parser, struct rule *rule, GError **error)
{
    rule->kind = RULE_NEVER;
    if (!take_filter(parser, rule, "never", error)) {
        return false;
    }
    if (is_word(parser->at, "then")) {
        rule->kind = RULE_NEVER_THEN;
        return take_then(parser, rule, error);
    }
    if (take_word(parser, "before")) {
        rule->kind = RULE_NEVER_BEFORE;
        return take_filter(parser, rule, "before", error);
    }
    return true;
}

static bool
take_every(struct parser *parser, struct rule *rule, GError **error)
{
    if (!take_filter(parser, rule, "every", error)) {
        return false;
    }
    if (take_word(parser, "has")) {
        rule->kind = RULE_EVERY_HAS;
        return take_filter(parser, rule, "has", error);
    }
    if (is_word(parser->at, "then")) {
        rule->kind = RULE_EVERY_THEN;
        return take_then(parser, rule, error);
    }
    return fail(parser, error, "say what every one is to have or to be "
                "followed by: every FILTER has FILTER, or every FILTER then "
                "FILTER [within TIME]");
}

static bool
take_order(struct parser *parser, struct rule *rule, GError **error)
{
    rule->kind = RULE_ORDER;
    if (!take_filter(parser, rule, "order", error)) {
        return false;
    }
    if (!is_word(parser->at, "then")) {
        return fail(parser, error, "an order takes two at least: order FILTER "
                    "then FILTER");
    }
    while (is_word(parser->at, "then")) {
        if (!take_then(parser, rule, error)) {
            return false;
        }
        skip_space(parser);
    }
    return true;
}

static bool
take_count(struct parser *parser, struct rule *rule, GError **error)
{
    char *number = take_any_word(parser);
    bool good = g_ascii_string_to_unsigned(number, 10, 0, G_MAXUINT32,
                                           &rule->number, NULL);

    if (!good) {
        fail(parser, error, "'%s' is not a number of packets", number);
    } else if (rule->kind == RULE_AT_LEAST && rule->number == 0) {
        good = fail(parser, error, "'at least 0' is always so");
    }
    g_free(number);
    return good && take_filter(parser, rule, "the number", error);
}

/* Takes what follows name and field. */
static bool
take_body(struct parser *parser, struct rule *rule, GError **error)
{
    if (take_word(parser, "never")) {
        return take_never(parser, rule, error);
    }
    if (take_word(parser, "every")) {
        return take_every(parser, rule, error);
    }
    if (take_word(parser, "order")) {
        return take_order(parser, rule, error);
    }
    if (take_word(parser, "exactly")) {
        rule->kind = RULE_EXACTLY;
        return take_count(parser, rule, error);
    }
    if (take_word(parser, "at")) {
        if (take_word(parser, "least")) {
            rule->kind = RULE_AT_LEAST;
            return take_count(parser, rule, error);
        }
        if (take_word(parser, "most")) {
            rule->kind = RULE_AT_MOST;
            return take_count(parser, rule, error);
        }
        return fail(parser, error, "write 'at least' or 'at most'");
    }
    return fail(parser, error, "a rule begins with never, at least, at most, "
                "exactly, every or order, not with: %s", parser->at);
}

/* Takes '"NAME":', if it is next. */
static bool
take_name(struct parser *parser, struct rule *rule, GError **error)
{
    const char *begin = parser->at;
    const char *end;

    if (*begin != '"') {
        return true;
    }
    end = strchr(begin + 1, '"');
    if (!end || end[1] != ':' || end == begin + 1) {
        return fail(parser, error, "write a rule's name as \"NAME\":, before "
                    "the rule, not: %s", begin);
    }
    rule->name = on_one_line(begin + 1, end - begin - 1);
    for (; parser->at < end + 2; parser->at++) {
        parser->line += *parser->at == '\n';
    }
    skip_space(parser);
    return true;
}

/* Takes 'for each FIELD:', if it is next. */
static bool
take_each(struct parser *parser, struct rule *rule, GError **error)
{
    size_t len;

    if (!take_word(parser, "for")) {
        return true;
    }
    if (take_word(parser, "each")) {
        rule->each = take_any_word(parser);
        len = strlen(rule->each);
        if (len > 1 && rule->each[len - 1] == ':') {
            rule->each[len - 1] = '\0';
            skip_space(parser);
            return true;
        }
    }
    return fail(parser, error, "write 'for each FIELD: ', such as "
                "'for each ipmi_extern.link: ', before the rule");
}

/* Reads one rule; text ends where it ends, but for space, which it loses. */
static bool
parse_rule(GPtrArray *rules, const char *source, unsigned line, char *text,
           GError **error)
{
    struct parser parser = { source, g_strchomp(text), line };
    struct rule *rule = g_new0(struct rule, 1);

    rule->filters = g_array_new(FALSE, TRUE, sizeof(struct rule_filter));
    g_array_set_clear_func(rule->filters, filter_clear);
    rule->source = g_strdup(source);
    rule->line = line;

    if (g_ascii_isspace(*parser.at)) {
        fail(&parser, error, "a line that begins with space goes on with the "
             "rule before it, and there is none");
    } else if (take_name(&parser, rule, error)) {
        rule->text = on_one_line(parser.at, strlen(parser.at));
        if (take_each(&parser, rule, error)
                && take_body(&parser, rule, error)) {
            skip_space(&parser);
            if (!*parser.at) {
                g_ptr_array_add(rules, rule);
                return true;
            }
            fail(&parser, error, "this belongs to nothing before it: %s",
                 parser.at);
        }
    }
    rule_free(rule);
    return false;
}

/* How much of a line is before its comment: a # at its beginning or after a
 * space, outside of quotes. */
static size_t
without_comment(const char *line, size_t len)
{
    const char *end = line + len;

    for (const char *at = line; at < end;) {
        const char *next = NULL;

        if (*at == '#' && (at == line || g_ascii_isspace(at[-1]))) {
            return at - line;
        }
        if (*at == '"' || *at == '\'') {
            next = after_quotes(at);
        }
        at = next && next <= end ? next : at + 1;
    }
    return len;
}

bool
rules_parse(GPtrArray *rules, const char *source, const char *text,
            GError **error)
{
    GString *rule = g_string_new(NULL);
    unsigned rule_line = 1, line = 1;
    GError *wrong = NULL;

    for (; *text; line++) {
        size_t len = strcspn(text, "\n");
        size_t used = without_comment(text, len);
        bool empty = strspn(text, " \t\r") >= used;

        if (!empty && (!g_ascii_isspace(*text) || !rule->len)) {
            if (rule->len) {
                parse_rule(rules, source, rule_line, rule->str, &wrong);
            }
            g_string_truncate(rule, 0);
            rule_line = line;
        }
        if (!empty || rule->len) {
            g_string_append_len(rule, text, used);
            g_string_append_c(rule, '\n');
        }
        text += len + (text[len] == '\n');
    }
    if (rule->len) {
        parse_rule(rules, source, rule_line, rule->str, &wrong);
    }
    g_string_free(rule, TRUE);
    if (wrong) {
        g_propagate_error(error, wrong);
    }
    return !wrong;
}

/* Whether a field is known only later in the capture than its packet.
 * tests/tools/ipmiassert/looks-ahead.py finds them in the samples. */
static bool
field_looks_ahead(const char *field)
{
    static const char *const protocols[] = { "ipmi_trans", "_ws.expert" };
    static const char *const parts[] = {
        "bmc_missing", "completeness", "cutoff", "cutoff_by", "ignored",
        "missing", "no_response", "not_cleared", "not_taken", "stuck"
    };
    char **names;
    bool found = g_str_has_suffix(field, "_in");

    for (size_t i = 0; i < G_N_ELEMENTS(protocols); i++) {
        size_t len = strlen(protocols[i]);

        found |= strncmp(field, protocols[i], len) == 0
                 && (!field[len] || field[len] == '.');
    }
    names = g_strsplit(field, ".", -1);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        found |= g_strv_contains((const char *const *)names, parts[i]);
    }
    g_strfreev(names);
    return found;
}

/* Takes what may be the next field of a filter, outside of quotes; NULL at the
 * end. */
static char *
next_field(const char **filter)
{
    while (**filter) {
        size_t len = 0;

        if (**filter == '"' || **filter == '\'') {
            const char *next = after_quotes(*filter);

            *filter = next ? next : *filter + 1;
            continue;
        }
        while (g_ascii_isalnum((*filter)[len]) || (*filter)[len] == '_'
               || (*filter)[len] == '.') {
            len++;
        }
        *filter += MAX(len, 1);
        if (len) {
            return g_strndup(*filter - len, len);
        }
    }
    return NULL;
}

bool
rule_filter_looks_ahead(const char *filter)
{
    bool found = false;
    char *field;

    while (!found && (field = next_field(&filter))) {
        found = field_looks_ahead(field);
        g_free(field);
    }
    return found;
}

bool
rule_looks_ahead(const struct rule *rule)
{
    bool found = rule->each && field_looks_ahead(rule->each);

    for (unsigned i = 0; i < rule->filters->len; i++) {
        found |= rule_filter_looks_ahead(rule_filter(rule, i)->text);
    }
    return found;
}

GPtrArray *
rule_fields(const struct rule *rule)
{
    GPtrArray *fields = g_ptr_array_new_with_free_func(g_free);

    for (unsigned i = 0; i < rule->filters->len; i++) {
        const char *filter = rule_filter(rule, i)->text;
        char *field;

        while ((field = next_field(&filter))) {
            if (g_str_has_prefix(field, "ipmi_") && strchr(field, '.')
                    && !g_ptr_array_find_with_equal_func(fields, field,
                                                         g_str_equal, NULL)) {
                g_ptr_array_add(fields, field);
            } else {
                g_free(field);
            }
        }
    }
    return fields;
}
