/* test-script.c
 * Tests the reading of host scripts: statements, patterns, limits, and that no
 * text does harm. What is said about bad ones is in test-errors.py.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../check.h"
#include "script.h"

#define MS  UINT64_C(1000000)
#define S   (1000 * MS)

unsigned checks;
unsigned failures;

static struct script *
parse(const char *text)
{
    GError *error = NULL;
    struct script *script = script_parse("s", text, strlen(text), &error);

    CHECK(script, "%s", error ? error->message : "no reason");
    g_clear_error(&error);
    return script;
}

/* Every statement and every form of it. */
static void
test_statements(void)
{
    static const struct script_statement expected[] = {
        { .verb = SCRIPT_RATE, .line = 2, .time = SCRIPT_NO_LIMIT,
          .number = 20 },
        { .verb = SCRIPT_WAIT_READY, .line = 3, .time = 120 * S },
        { .verb = SCRIPT_WAIT_ATTN, .line = 4, .time = SCRIPT_NO_LIMIT },
        { .verb = SCRIPT_WAIT_NOATTN, .line = 5, .time = MS / 10 },
        { .verb = SCRIPT_REPEAT, .line = 6, .time = SCRIPT_NO_LIMIT,
          .number = 3, .partner = 11 },
        { .verb = SCRIPT_REPEAT_FOR, .line = 7, .time = 1500 * MS,
          .partner = 7 },
        { .verb = SCRIPT_SEND, .line = 8, .time = 5 * S },
        { .verb = SCRIPT_END, .line = 9, .time = SCRIPT_NO_LIMIT,
          .partner = 5 },
        { .verb = SCRIPT_REPEAT_FOREVER, .line = 10, .time = SCRIPT_NO_LIMIT,
          .partner = 10 },
        { .verb = SCRIPT_DELAY, .line = 11, .time = 250 * MS },
        { .verb = SCRIPT_END, .line = 12, .time = SCRIPT_NO_LIMIT,
          .partner = 8 },
        { .verb = SCRIPT_END, .line = 13, .time = SCRIPT_NO_LIMIT,
          .partner = 4 },
        { .verb = SCRIPT_RATE, .line = 14, .time = SCRIPT_NO_LIMIT },
        { .verb = SCRIPT_SEND, .line = 15, .time = 2 * S },
    };
    static const uint8_t request[] = { 0x18, 0xab, 0xcd };
    struct script *script = parse(
        "# all there is\r\n"
        "rate 20\r\n"
        "\twait  ready\twithin 120s#comment\r\n"
        "wait attn\r\n"
        "wait noattn within 100us\r\n"
        "repeat 3\r\n"
        "  repeat for 1500ms\r\n"
        "    send 18 aB Cd\r\n"
        "  end\r\n"
        "  repeat forever\r\n"
        "    delay 250ms\r\n"
        "  end\r\n"
        "end\r\n"
        "rate max\r\n"
        "send 18 02\r\n"
        "\r\n"
        "expect none for 2s");

    CHECK(script->len == G_N_ELEMENTS(expected), "%zu", script->len);
    for (size_t i = 0; i < script->len; i++) {
        const struct script_statement *is = &script->statements[i];
        const struct script_statement *want = &expected[i];

        CHECK(is->verb == want->verb, "%zu: %d", i, is->verb);
        CHECK(is->line == want->line, "%zu: %u", i, is->line);
        CHECK(is->time == want->time, "%zu: %" PRIu64, i, is->time);
        CHECK(is->number == want->number, "%zu: %" PRIu64, i, is->number);
        CHECK(is->partner == want->partner, "%zu: %zu", i, is->partner);
    }
    CHECK(strcmp(script->name, "s") == 0, "%s", script->name);
    CHECK(script->statements[6].request_len == sizeof request &&
          memcmp(script->statements[6].request, request, sizeof request) == 0,
          "request");
    CHECK(script->statements[6].expectation == SCRIPT_EXPECT_ANY, "any");
    CHECK(script->statements[6].check_line == 8, "any");
    CHECK(script->statements[13].expectation == SCRIPT_EXPECT_NONE, "none");
    CHECK(script->statements[13].check_line == 17, "none");
    script_free(script);
}

static void
test_expect(void)
{
    struct script *script = parse("send 18 01\n"
                                  "# Get Device ID\n"
                                  "  expect  1C 01\t?? ... within 10s");
    const struct script_statement *send = script->statements;

    CHECK(script->len == 1, "%zu", script->len);
    CHECK(send->line == 1 && send->check_line == 3, "%u", send->check_line);
    CHECK(send->time == 10 * S, "%" PRIu64, send->time);
    CHECK(send->expectation == SCRIPT_EXPECT_PATTERN, "pattern");
    CHECK(strcmp(send->pattern.text, "1C 01 ?\? ...") == 0, "%s",
          send->pattern.text);
    script_free(script);
}

static bool
matches(const char *pattern, const char *message, size_t len)
{
    char *text = g_strdup_printf("send 18 01\nexpect %s", pattern);
    struct script *script = parse(text);
    const bool match = script_pattern_matches(&script->statements[0].pattern,
                                              (const uint8_t *)message, len);

    script_free(script);
    g_free(text);
    return match;
}

static void
test_patterns(void)
{
    static const struct {
        const char *pattern;
        const char *message;
        size_t      len;
        bool        match;
    } cases[] = {
        { "1c 01 00", "\x1c\x01\x00", 3, true },
        { "1c 01 00", "\x1c\x01\xc1", 3, false },
        { "1c 01 00", "\x1c\x01\x00\x00", 4, false },
        { "1c 01 00 00", "\x1c\x01\x00", 3, false },
        { "1C 01 ?\? 2? ?a", "\x1c\x01\xc1\x2f\xfa", 5, true },
        { "1c 01 ?\? 2? ?a", "\x1c\x01\xc1\x3f\xfa", 5, false },
        { "1c 01 ?\? 2? ?a", "\x1c\x01\xc1\x2f\xff", 5, false },
        { "...", "", 0, true },
        { "1c 01 00 ...", "\x1c\x01\x00", 3, true },
        { "1c 01 00 ...", "\x1c\x01\x00\x55\xaa", 5, true },
        { "1c 01 00 ...", "\x1c\x01\xc1\x55\xaa", 5, false },
        { "1c 01 00 55 ...", "\x1c\x01\x00", 3, false },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        CHECK(matches(cases[i].pattern, cases[i].message, cases[i].len)
              == cases[i].match, "%zu: %s", i, cases[i].pattern);
    }
}

/* A line of start, and of word so many times, is good or not. */
static void
check_long(const char *start, const char *word, unsigned count, bool good)
{
    GString *text = g_string_new(start);
    struct script *script;

    for (unsigned i = 0; i < count; i++) {
        g_string_append(text, word);
    }
    script = script_parse("s", text->str, text->len, NULL);
    CHECK(!script == !good, "%s, %u times", start, count);
    script_free(script);
    g_string_free(text, TRUE);
}

static void
test_limits(void)
{
    check_long("send 18 01", " 00", 298, true);
    check_long("send 18 01", " 00", 299, false);
    check_long("send 18 01\nexpect", " ?\?", 300, true);
    check_long("send 18 01\nexpect", " ?\?", 301, false);
    check_long("", "repeat 2\n", 100000, false);
    check_long("", "delay 1000000s\n", 100000, true);
    check_long("delay 1000001s", "", 0, false);
    check_long("delay 1000000001ms", "", 0, false);
    check_long("delay 18446744073709551617us", "", 0, false);
}

static void
test_times(void)
{
    static const struct {
        uint64_t    ns;
        const char *text;
    } times[] = {
        { 2 * S, "2 s" },
        { 1500 * MS, "1500 ms" },
        { 500 * MS, "500 ms" },
        { MS / 10, "100 us" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
        char *text = script_time_text(times[i].ns);

        CHECK(strcmp(text, times[i].text) == 0, "%s", text);
        g_free(text);
    }
}

/* Words of the language and rubbish, at random but the same each time: none of
 * it may do harm, and all that is refused has a reason. */
static void
test_any_text(void)
{
    static const char *const words[] = {
        "send", "expect", "none", "for", "within", "delay", "wait", "attn",
        "noattn", "ready", "repeat", "forever", "end", "rate", "max", "...",
        "?\?", "2?", "18", "01", "1c", "00", "2", "250ms", "1us", "1000001s",
        "\n", "\n", "\n", "\n", "#", "\r\n", "\t", "\xff", "?", "12345678901"
    };
    GRand *random = g_rand_new_with_seed(6);
    unsigned good = 0;

    for (unsigned i = 0; i < 50000; i++) {
        GString *text = g_string_new(NULL);
        const int count = g_rand_int_range(random, 0, 12);
        GError *error = NULL;
        struct script *script;

        for (int j = 0; j < count; j++) {
            g_string_append(text, words[g_rand_int_range(
                random, 0, G_N_ELEMENTS(words))]);
            g_string_append_c(text, ' ');
        }
        if (i % 16 == 0 && text->len) {
            text->str[text->len / 2] = '\0';
        }
        script = script_parse("s", text->str, text->len, &error);
        CHECK(!script == !!error, "%s", text->str);
        CHECK(!error || g_str_has_prefix(error->message, "s:"), "%s",
              error->message);
        good += script != NULL;
        script_free(script);
        g_clear_error(&error);
        g_string_free(text, TRUE);
    }
    CHECK(good > 20, "%u", good);
    g_rand_free(random);
}

int
main(void)
{
    test_statements();
    test_expect();
    test_patterns();
    test_limits();
    test_times();
    test_any_text();
    printf("%u checks, %u failures\n", checks, failures);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
