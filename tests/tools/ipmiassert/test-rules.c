/* test-rules.c
 * The language of rules: what is read as what, and what is refused where.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "check.h"
#include "rules.h"

unsigned checks;
unsigned failures;

#define SECOND  UINT64_C(1000000000)

static GPtrArray *
parse(const char *text)
{
    GPtrArray *rules = rules_new();
    GError *error = NULL;

    CHECK(rules_parse(rules, "test", text, &error), "%s: %s", text,
          error->message);
    g_clear_error(&error);
    return rules;
}

/* A text of one rule, and what it is. */
static void
check_rule(const char *text, enum rule_kind kind, const char *first,
           const char *second)
{
    GPtrArray *rules = parse(text);
    const struct rule *rule;

    CHECK(rules->len == 1, "%s: %u rules", text, rules->len);
    if (rules->len == 1) {
        rule = g_ptr_array_index(rules, 0);
        CHECK(rule->kind == kind, "%s: kind %d", text, (int)rule->kind);
        CHECK(strcmp(rule_filter(rule, 0)->text, first) == 0, "%s: '%s'",
              text, rule_filter(rule, 0)->text);
        CHECK(rule->filters->len == (second ? 2 : 1), "%s: %u filters", text,
              rule->filters->len);
        CHECK(!second || strcmp(rule_filter(rule, 1)->text, second) == 0,
              "%s: '%s'", text, rule_filter(rule, 1)->text);
    }
    g_ptr_array_unref(rules);
}

/* What is wrong with a text: the error begins with "test:", so. */
static void
check_refused(const char *text, const char *begin)
{
    GPtrArray *rules = rules_new();
    GError *error = NULL;
    char *whole = g_strconcat("test:", begin, NULL);

    CHECK(!rules_parse(rules, "test", text, &error), "%s", text);
    CHECK(error && g_str_has_prefix(error->message, whole),
          "%s: '%s', not '%s'", text, error ? error->message : "", whole);
    g_clear_error(&error);
    g_free(whole);
    g_ptr_array_unref(rules);
}

static void
test_kinds(void)
{
    check_rule("never a", RULE_NEVER, "a", NULL);
    check_rule("never a then b", RULE_NEVER_THEN, "a", "b");
    check_rule("never a before b", RULE_NEVER_BEFORE, "a", "b");
    check_rule("at least 3 a", RULE_AT_LEAST, "a", NULL);
    check_rule("at most 3 a", RULE_AT_MOST, "a", NULL);
    check_rule("exactly 0 a", RULE_EXACTLY, "a", NULL);
    check_rule("every a has b", RULE_EVERY_HAS, "a", "b");
    check_rule("every a then b within 5ms", RULE_EVERY_THEN, "a", "b");
    check_rule("order a then b", RULE_ORDER, "a", "b");
}

/* Filters are left as they are. */
static void
test_filters(void)
{
    check_rule("never ipmi_extern.cmd.name == \"what has it\"", RULE_NEVER,
               "ipmi_extern.cmd.name == \"what has it\"", NULL);
    check_rule("every a == \"x \\\" has \" has b", RULE_EVERY_HAS,
               "a == \"x \\\" has \"", "b");
    check_rule("every a == ' ' has b == '\\''", RULE_EVERY_HAS, "a == ' '",
               "b == '\\''");
    check_rule("every (a then b) has c in {1, 2 then}", RULE_EVERY_HAS,
               "(a then b)", "c in {1, 2 then}");
    check_rule("never a[0:2] == 01:02", RULE_NEVER, "a[0:2] == 01:02", NULL);
    check_rule("never ip.addr#2 == 1.2.3.4", RULE_NEVER,
               "ip.addr#2 == 1.2.3.4", NULL);
    check_rule("every hash then.b then thenb", RULE_EVERY_THEN,
               "hash then.b", "thenb");
    check_rule("every ahas has b", RULE_EVERY_HAS, "ahas", "b");
    check_rule("at most 4294967295 a", RULE_AT_MOST, "a", NULL);
    check_rule("never a == \"two  spaces\"  &&\tb", RULE_NEVER,
               "a == \"two  spaces\" && b", NULL);
}

static void
test_files(void)
{
    GPtrArray *rules = parse(
        "# a comment\r\n"
        "\n"
        "\"first, and\n"
        "  on\": never a   # another one\n"
        "\n"
        "  || b\n"
        "for each x.y: order a == \"#\"\n"
        "\tthen b within 2s\n"
        "    # in between\n"
        "\tthen c\n"
        "at least 12 d\r\n");
    const struct rule *rule;

    CHECK(rules->len == 3, "%u rules", rules->len);
    if (rules->len == 3) {
        rule = g_ptr_array_index(rules, 0);
        CHECK(strcmp(rule_title(rule), "first, and on") == 0, "'%s'",
              rule_title(rule));
        CHECK(strcmp(rule->text, "never a || b") == 0, "'%s'", rule->text);
        CHECK(rule->line == 3, "line %u", rule->line);
        CHECK(rule_filter(rule, 0)->line == 4, "line %u",
              rule_filter(rule, 0)->line);
        CHECK(!rule->each, "'%s'", rule->each);

        rule = g_ptr_array_index(rules, 1);
        CHECK(strcmp(rule_title(rule), "for each x.y: order a == \"#\" then b "
                     "within 2s then c") == 0, "'%s'", rule_title(rule));
        CHECK(g_strcmp0(rule->each, "x.y") == 0, "'%s'", rule->each);
        CHECK(rule->filters->len == 3, "%u filters", rule->filters->len);
        CHECK(rule_filter(rule, 0)->within == RULE_ANY_TIME, "the first");
        CHECK(rule_filter(rule, 1)->within == 2 * SECOND, "the second");
        CHECK(rule_filter(rule, 2)->within == RULE_ANY_TIME, "the third");
        CHECK(rule_filter(rule, 2)->line == 10, "line %u",
              rule_filter(rule, 2)->line);

        rule = g_ptr_array_index(rules, 2);
        CHECK(rule->number == 12, "%u", (unsigned)rule->number);
        CHECK(rule->line == 11, "line %u", rule->line);
    }
    g_ptr_array_unref(rules);

    rules = parse("\r\n# nothing\n \n");
    CHECK(rules->len == 0, "%u rules", rules->len);
    g_ptr_array_unref(rules);
}

static void
test_refused(void)
{
    check_refused("nevr a", "1: a rule begins with never");
    check_refused("never", "1: a display filter is missing after 'never'");
    check_refused("never a\nnever then b",
                  "2: a display filter is missing after 'never'");
    check_refused("never a then\n", "1: a display filter is missing after "
                  "'then'");
    check_refused("never a within 2s", "1: this belongs to nothing");
    check_refused("never a has b", "1: this belongs to nothing");
    check_refused("at least a", "1: 'a' is not a number of packets");
    check_refused("at most -1 a", "1: '-1' is not a number of packets");
    check_refused("exactly 4294967296 a", "1: '4294967296' is not a number");
    check_refused("at least 0 a", "1: 'at least 0' is always so");
    check_refused("at last 3 a", "1: write 'at least' or 'at most'");
    check_refused("exactly 3", "1: a display filter is missing");
    check_refused("every a", "1: say what every one is to have");
    check_refused("every a before b", "1: say what every one is to have");
    check_refused("order a", "1: an order takes two");
    check_refused("every a then b within 2", "1: '2' is not a time");
    check_refused("every a then b within 2s c", "1: this belongs to nothing");
    check_refused("never (a", "1: ')' is missing: (a");
    check_refused("never (a\n  b", "1: ')' is missing: (a b");
    check_refused("never a\n  )", "2: nothing that this ')' closes");
    check_refused("never (a]", "1: nothing that this ']' closes");
    check_refused("never a == \"b", "1: a \" without another one");
    check_refused("\"name\" never a", "1: write a rule's name as");
    check_refused("\"name: never a", "1: write a rule's name as");
    check_refused("\"\": never a", "1: write a rule's name as");
    check_refused("\"name\":", "1: a rule begins with never");
    check_refused("for each never a", "1: write 'for each FIELD: '");
    check_refused("for each : never a", "1: write 'for each FIELD: '");
    check_refused("for ipmi: never a", "1: write 'for each FIELD: '");
    check_refused("\n  never a", "2: a line that begins with space");

    /* All mistakes are told; what is right between them is read. */
    check_refused("nevr a\n  b\nnever c\nat least 0 d\n",
                  "1: a rule begins with never, at least, at most, exactly, "
                  "every or order, not with: nevr a   b\n"
                  "test:4: 'at least 0' is always so");
}

static void
test_looking_ahead(void)
{
    static const char *const ahead[] = {
        "ipmi_extern.response_in", "!ipmi_kcs.no_response", "ipmi_trans",
        "ipmi_bt.reassembled_in == 3", "_ws.expert.severity >= \"Warning\"",
        "a && (ipmi_extern.cutoff_by)", "ipmi_bt.h_busy.stuck",
        "ipmi_trans.time.firmware > 0.5"
    };
    static const char *const not_ahead[] = {
        "ipmi_extern.response_to", "ipmi_extern.time > 0.5", "frame",
        "x == \"ipmi_extern.response_in\"", "ipmi_transport",
        "ipmi_extern.ccode == 0"
    };

    GPtrArray *rules = parse("for each ipmi_trans.id: never a\n"
                             "for each ipmi_x.id: never a then b_in\n"
                             "for each ipmi_x.id: never a");

    CHECK(rule_looks_ahead(g_ptr_array_index(rules, 0)), "the field");
    CHECK(rule_looks_ahead(g_ptr_array_index(rules, 1)), "a filter");
    CHECK(!rule_looks_ahead(g_ptr_array_index(rules, 2)), "neither");
    g_ptr_array_unref(rules);
    for (size_t i = 0; i < G_N_ELEMENTS(ahead); i++) {
        CHECK(rule_filter_looks_ahead(ahead[i]), "%s", ahead[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(not_ahead); i++) {
        CHECK(!rule_filter_looks_ahead(not_ahead[i]), "%s", not_ahead[i]);
    }
}

static void
test_fields(void)
{
    GPtrArray *rules = parse("every ipmi_x.a == \"ipmi_x.b\" && ipmi_y\n"
                             "  has tcp.port == 1 || !ipmi_x.c[1:2]"
                             " && (ipmi_x.a)");
    GPtrArray *fields = rule_fields(g_ptr_array_index(rules, 0));

    CHECK(fields->len == 2, "%u", fields->len);
    CHECK(fields->len == 2 && g_str_equal(fields->pdata[0], "ipmi_x.a")
          && g_str_equal(fields->pdata[1], "ipmi_x.c"), "other fields");
    g_ptr_array_unref(fields);
    g_ptr_array_unref(rules);
}

/* Texts of words and characters that mean something, in any order: each is read
 * or refused, with its place. */
static void
test_any_text(void)
{
    static const char *const pieces[] = {
        "never ", "every ", "has ", "then ", "within ", "2s ", "order ", "a ",
        "at least ", "1 ", "for each ", "f: ", "\"n\": ", "before ", "\n",
        "\n  ", "#", "\"", "'", "(", ")", "[", "]", "{", "}", "\\", "\t",
        "\r", "\xc3\xbc", "exactly ", "at most "
    };
    GRand *random = g_rand_new_with_seed(6);
    unsigned read = 0;

    for (unsigned i = 0; i < 200000; i++) {
        GString *text = g_string_new(NULL);
        GPtrArray *rules = rules_new();
        GError *error = NULL;

        for (int left = g_rand_int_range(random, 1, 12); left; left--) {
            g_string_append(text, pieces[g_rand_int_range(
                random, 0, G_N_ELEMENTS(pieces))]);
        }
        if (rules_parse(rules, "test", text->str, &error)) {
            read += rules->len > 0;
        } else {
            CHECK(error && g_str_has_prefix(error->message, "test:"), "%s",
                  text->str);
            g_clear_error(&error);
        }
        for (unsigned j = 0; j < rules->len; j++) {
            rule_looks_ahead(g_ptr_array_index(rules, j));
        }
        g_ptr_array_unref(rules);
        g_string_free(text, TRUE);
    }
    CHECK(read > 1000, "only %u were rules", read);
    g_rand_free(random);
}

int
main(void)
{
    test_any_text();
    test_kinds();
    test_filters();
    test_files();
    test_refused();
    test_looking_ahead();
    test_fields();
    printf("%u checks, %u failures\n", checks, failures);
    return failures != 0;
}
