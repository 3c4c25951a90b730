/* report-junit.c
 * What was judged, as JUnit's XML: a test case for each rule.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "report.h"

#include <string.h>

/* Text for XML 1.0, which has no control characters but three. */
static char *
xml_text(const char *text)
{
    char *valid = g_utf8_make_valid(text, -1);
    char *escaped;

    for (char *at = valid; *at; at++) {
        if ((guchar)*at < ' ' && !strchr("\t\n\r", *at)) {
            *at = '?';
        }
    }
    escaped = g_markup_escape_text(valid, -1);
    g_free(valid);
    return escaped;
}

static void
append_attribute(GString *xml, const char *name, const char *value)
{
    char *text = xml_text(value);

    g_string_append_printf(xml, " %s=\"%s\"", name, text);
    g_free(text);
}

/* The file of a rule, without its directory and ending, is its class. */
static void
append_class(GString *xml, const struct rule *rule)
{
    char *name = g_path_get_basename(rule->source);

    if (g_str_has_suffix(name, ".rules")) {
        name[strlen(name) - strlen(".rules")] = '\0';
    }
    append_attribute(xml, "classname", name);
    g_free(name);
}

static void
append_failure(GString *xml, const struct judgement *judgement,
               const struct verdict *verdict)
{
    GString *body = g_string_new(NULL);
    char *values = judgement_values(judgement, verdict);
    char *text;

    g_string_append(xml, "      <failure");
    append_attribute(xml, "type", "rule");
    append_attribute(xml, "message", verdict->message);
    g_string_append_printf(body, "%s:%u: %s\n%s\n%s", verdict->rule->source,
                           verdict->rule->line, verdict->rule->text,
                           verdict->message, values);
    g_free(values);
    for (unsigned i = 0; i < verdict->packets->len; i++) {
        const GString *packet = g_hash_table_lookup(
            judgement->decoded,
            GUINT_TO_POINTER(g_array_index(verdict->packets, uint32_t, i)));

        if (packet) {
            g_string_append_printf(body, "\n%s", packet->str);
        }
    }
    text = xml_text(body->str);
    g_string_append_printf(xml, ">%s</failure>\n", text);
    g_free(text);
    g_string_free(body, TRUE);
}

static void
append_case(GString *xml, const struct judgement *judgement,
            const struct verdict *verdict)
{
    g_string_append(xml, "    <testcase");
    append_attribute(xml, "name", rule_title(verdict->rule));
    append_class(xml, verdict->rule);
    append_attribute(xml, "time", "0");
    if (verdict->passed) {
        g_string_append(xml, "/>\n");
    } else {
        g_string_append(xml, ">\n");
        append_failure(xml, judgement, verdict);
        g_string_append(xml, "    </testcase>\n");
    }
}

char *
report_junit(const struct judgement *judgement, const char *capture,
             double seconds)
{
    GString *xml = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                "<testsuites>\n  <testsuite");
    GDateTime *now = g_date_time_new_now_utc();
    char *timestamp = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S");
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    const GArray *verdicts = judgement->verdicts;

    append_attribute(xml, "name", capture);
    append_attribute(xml, "timestamp", timestamp);
    append_attribute(xml, "time", g_ascii_formatd(number, sizeof number,
                                                  "%.3f", seconds));
    g_string_append_printf(xml, " tests=\"%u\" failures=\"%u\" errors=\"0\" "
                           "skipped=\"0\">\n", verdicts->len,
                           report_failures(judgement));
    for (unsigned i = 0; i < verdicts->len; i++) {
        append_case(xml, judgement,
                    &g_array_index(verdicts, struct verdict, i));
    }
    g_string_append(xml, "  </testsuite>\n</testsuites>\n");
    g_free(timestamp);
    g_date_time_unref(now);
    return g_string_free(xml, FALSE);
}
