/* report-tap.c
 * What was judged, as TAP: a line for each rule, and what is wrong below it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "report.h"

#include <stdio.h>
#include <string.h>

unsigned
report_failures(const struct judgement *judgement)
{
    unsigned failures = 0;

    for (unsigned i = 0; i < judgement->verdicts->len; i++) {
        failures += !g_array_index(judgement->verdicts, struct verdict,
                                   i).passed;
    }
    return failures;
}

/* A description ends where a # begins a directive. */
static void
print_description(const char *text)
{
    for (; *text; text++) {
        if (*text == '#' || *text == '\\') {
            putchar('\\');
        }
        putchar(*text);
    }
    putchar('\n');
}

/* A string of YAML, in single quotes, which are doubled within. */
static void
print_yaml(const char *key, const char *text)
{
    printf("  %s: '", key);
    for (; *text; text++) {
        if (*text == '\'') {
            putchar('\'');
        }
        putchar(*text);
    }
    puts("'");
}

/* Lines of a block, each of them indented. */
static void
print_block(const char *lines)
{
    while (*lines) {
        int len = (int)strcspn(lines, "\n");

        printf("    %.*s\n", len, lines);
        lines += len + (lines[len] == '\n');
    }
}

/* What a verdict's packets have. */
static void
print_packets(const struct judgement *judgement,
              const struct verdict *verdict)
{
    const GArray *packets = verdict->packets;
    char *values = judgement_values(judgement, verdict);

    if (*values) {
        puts("  values: |");
        print_block(values);
    }
    g_free(values);
    puts("  decoded: |");
    for (unsigned i = 0; i < packets->len; i++) {
        const GString *text = g_hash_table_lookup(
            judgement->decoded,
            GUINT_TO_POINTER(g_array_index(packets, uint32_t, i)));

        print_block(text ? text->str : "");
    }
}

static void
print_failure(const struct judgement *judgement,
              const struct verdict *verdict)
{
    const struct rule *rule = verdict->rule;
    const GArray *packets = verdict->packets;
    char *place = g_strdup_printf("%s:%u", rule->source, rule->line);

    puts("  ---");
    print_yaml("message", verdict->message);
    print_yaml("rule", rule->text);
    print_yaml("at", place);
    if (packets->len) {
        printf("  packets: [");
        for (unsigned i = 0; i < packets->len; i++) {
            printf("%s%u", i ? ", " : "", g_array_index(packets, uint32_t, i));
        }
        puts("]");
        print_packets(judgement, verdict);
    }
    puts("  ...");
    g_free(place);
}

void
report_tap(const struct judgement *judgement, const char *capture)
{
    const GArray *verdicts = judgement->verdicts;

    printf("TAP version 13\n1..%u\n# %s: %" G_GUINT64_FORMAT " packets\n",
           verdicts->len, capture, judgement->packets);
    for (unsigned i = 0; i < verdicts->len; i++) {
        const struct verdict *verdict = &g_array_index(verdicts,
                                                       struct verdict, i);

        printf("%s %u - ", verdict->passed ? "ok" : "not ok", i + 1);
        print_description(rule_title(verdict->rule));
        if (!verdict->passed) {
            print_failure(judgement, verdict);
        } else if (verdict->message) {
            printf("# %s\n", verdict->message);
        }
    }
}
