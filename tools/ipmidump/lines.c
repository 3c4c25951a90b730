/* lines.c
 * What is in a capture as lines for people, in colour on a terminal.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <glib.h>

#include "ipmi-record.h"
#include "output.h"
#include "sink.h"

/* Names of capture points are aligned up to this many characters. */
#define MAX_LABEL   24

/* What is printed of a name, in bytes. */
#define MAX_NAME    1024

#define RED         "\033[31m"
#define GREEN       "\033[32m"
#define YELLOW      "\033[33m"
#define BLUE        "\033[34m"
#define MAGENTA     "\033[35m"
#define CYAN        "\033[36m"
#define DIM         "\033[2m"
#define NORMAL      "\033[0m"

struct lines {
    struct sink sink;
    struct output output;
    struct output_clock clock;
    bool registers;
    bool colour;
    GPtrArray *labels;          /* char *: of capture points, by number */
    GHashTable *taken;          /* all labels */
    size_t width;               /* of the longest label */
};

/* What a terminal would take for a command has no place in a name, and a line
 * has no place for a name of any length. */
static char *
printable(const char *text)
{
    char *valid = g_utf8_make_valid(text, strnlen(text, MAX_NAME));

    for (char *at = valid; *at; at = g_utf8_next_char(at)) {
        if (g_unichar_iscntrl(g_utf8_get_char(at))) {
            /* One character or two: U+0080 to U+009F are C2h and a byte. */
            if ((unsigned char)*at >= 0x80) {
                at[1] = '?';
            }
            *at = '?';
        }
    }
    return valid;
}

/* The name of the virtual machine, which is what a description ends with: "...,
 * host's side, VM web1". NULL if there is none. */
static const char *
machine_of(const struct capture_point *point)
{
    static const char *const sides[] = {
        ", host's side, VM ", ", BMC's side, VM "
    };

    for (size_t i = 0; point->description && i < G_N_ELEMENTS(sides); i++) {
        const char *found = strstr(point->description, sides[i]);

        if (found) {
            return found + strlen(sides[i]);
        }
    }
    return NULL;
}

/* "web1:kcs0". The last part of a path is enough where no other point has the
 * same. */
static char *
label_of(const struct lines *lines, unsigned number,
         const struct capture_point *point)
{
    const char *machine = machine_of(point);
    const char *slash = strrchr(point->name, '/');
    const char *const names[] = {
        slash && slash[1] ? slash + 1 : point->name, point->name
    };
    char *whole, *label = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_free(label);
        whole = machine ? g_strdup_printf("%s:%s", machine, names[i])
                        : g_strdup(names[i]);
        label = printable(whole);
        g_free(whole);
        if (!g_hash_table_contains(lines->taken, label)) {
            return label;
        }
    }
    /* Machines without names, of which captures were merged. */
    whole = label;
    label = g_strdup_printf("%s (%u)", whole, number + 1);
    g_free(whole);
    return label;
}

static void
lines_point(struct sink *sink, unsigned number,
            const struct capture_point *point)
{
    struct lines *lines = (struct lines *)sink;
    char *label = label_of(lines, number, point);
    size_t len = (size_t)g_utf8_strlen(label, -1);

    g_ptr_array_add(lines->labels, label);
    g_hash_table_add(lines->taken, label);
    lines->width = MAX(lines->width, MIN(len, MAX_LABEL));
}

static void
add_colour(struct lines *lines, const char *colour)
{
    if (lines->colour) {
        output_text(&lines->output, colour);
    }
}

/* "15:04:05.123456 kcs1  " */
static void
begin_line(struct lines *lines, const struct traffic *traffic)
{
    struct output *output = &lines->output;
    const char *label = g_ptr_array_index(lines->labels, traffic->point);
    size_t len = (size_t)g_utf8_strlen(label, -1);

    output_begin(output);
    add_colour(lines, DIM);
    output_seconds(output, &lines->clock, traffic->time, "%H:%M:%S.", false);
    output_number(output, traffic->time % 1000000000 / 1000, 6);
    output_char(output, ' ');
    add_colour(lines, NORMAL CYAN);
    output_text(output, label);
    for (; len < lines->width; len++) {
        output_char(output, ' ');
    }
    output_char(output, ' ');
}

static void
end_line(struct lines *lines)
{
    add_colour(lines, NORMAL);
    output_char(&lines->output, '\n');
}

/* Three digits and more: 92.3 us, 1.234 ms, 2.345 s. */
static void
add_duration(struct output *output, uint64_t ns)
{
    const uint64_t us = ns / 1000;

    output_text(output, " (");
    if (us < 1000) {
        output_number(output, us, 1);
        output_char(output, '.');
        output_number(output, ns % 1000 / 100, 1);
        output_text(output, " us)");
    } else if (us < 1000000) {
        output_number(output, us / 1000, 1);
        output_char(output, '.');
        output_number(output, us % 1000, 3);
        output_text(output, " ms)");
    } else {
        output_number(output, us / 1000000, 1);
        output_char(output, '.');
        output_number(output, us % 1000000 / 1000, 3);
        output_text(output, " s)");
    }
}

static const char *
colour_of(const struct traffic *traffic)
{
    switch (traffic->kind) {
    case TRAFFIC_REQUEST:
        return NORMAL;
    case TRAFFIC_RESPONSE:
        return traffic->len > 3 && traffic->bytes[3] == 0 ? GREEN : YELLOW;
    case TRAFFIC_CONTROL:
        return MAGENTA;
    case TRAFFIC_CONNECTED:
    case TRAFFIC_DISCONNECTED:
        return BLUE;
    case TRAFFIC_ACCESS:
        return DIM;
    case TRAFFIC_BAD:
        break;
    }
    return RED;
}

static bool
is_message(const struct traffic *traffic)
{
    return traffic->kind == TRAFFIC_REQUEST
           || traffic->kind == TRAFFIC_RESPONSE;
}

static void
lines_traffic(struct sink *sink, const struct traffic *traffic)
{
    static const char *const directions[] = {
        [CAPTURE_NEITHER] = "         ",
        [CAPTURE_TO_HOST] = " -> host ",
        [CAPTURE_TO_BMC] = " -> BMC  ",
    };
    struct lines *lines = (struct lines *)sink;
    struct output *output = &lines->output;

    if (!sink_shows(traffic, lines->registers)) {
        return;
    }
    if (traffic->lost) {
        begin_line(lines, traffic);
        add_colour(lines, RED);
        output_text(output, directions[CAPTURE_NEITHER]);
        output_text(output, "   lost: ");
        output_number(output, traffic->lost, 1);
        output_text(output, traffic->lost == 1 ? " event is missing here"
                                               : " events are missing here");
        end_line(lines);
    }
    begin_line(lines, traffic);
    add_colour(lines, colour_of(traffic));
    output_text(output, directions[traffic->direction]);
    if (is_message(traffic) && traffic->where != CAPTURE_KCS) {
        output_hex(output, traffic->bytes, 1);
        output_char(output, ' ');
    } else {
        output_text(output, "   ");
    }
    output->len += traffic_describe(traffic, output->buffer + output->len,
                                    OUTPUT_MAX_LINE / 2);
    if (traffic->matched && traffic->time >= traffic->request_time) {
        add_duration(output, traffic->time - traffic->request_time);
    }
    if (traffic->fault) {
        add_colour(lines, RED);
        output_text(output, " ! ");
        output_text(output, traffic->fault);
    }
    end_line(lines);
}

static void
lines_pause(struct sink *sink)
{
    output_flush(&((struct lines *)sink)->output);
}

static void
lines_close(struct sink *sink)
{
    struct lines *lines = (struct lines *)sink;

    output_flush(&lines->output);
    g_hash_table_destroy(lines->taken);
    g_ptr_array_unref(lines->labels);
    g_free(lines);
}

struct sink *
lines_new(bool registers, bool colour)
{
    static const struct sink_class class = {
        .point = lines_point,
        .traffic = lines_traffic,
        .pause = lines_pause,
        .close = lines_close,
    };
    struct lines *lines = g_new0(struct lines, 1);

    lines->sink.class = &class;
    lines->labels = g_ptr_array_new_with_free_func(g_free);
    lines->taken = g_hash_table_new(g_str_hash, g_str_equal);
    lines->registers = registers;
    lines->colour = colour;
    return &lines->sink;
}
