/* write-capture.c
 * Does with a capture writer what the lines of the standard input say, and
 * answers each with a line on the standard error output: for test-writer.py.
 *
 *   point NAME [DESCRIPTION]       point NUMBER
 *   put POINT COUNT [LENGTH]       put NS, how long that took. Each packet is a
 *                                  frame that begins with eight digits: how
 *                                  many the point got before
 *   packet POINT KIND DIRECTION CONNECTION TIME ORIGINAL-LENGTH LOST BYTES
 *                                  packet. All but BYTES are decimal numbers
 *   room                           room yes, or: room no
 *   state                          state WRITTEN LOST READER-GONE TROUBLE
 *   close                          closed, or: closed badly: REASON
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture-writer.h"
#include "tool.h"

#define MAX_POINTS  16
#define MAX_BYTES   70000

static struct capture_writer *writer;
static uint64_t counts[MAX_POINTS];

static void
add_point(char **words)
{
    fprintf(stderr, "point %u\n",
            capture_writer_point(writer, words[1], words[2]));
}

static void
put(char **words)
{
    static uint8_t bytes[MAX_BYTES];
    unsigned point = (unsigned)atoi(words[1]);
    struct capture_packet packet = {
        .point = point,
        .kind = CAPTURE_EXTERN,
        .direction = CAPTURE_TO_BMC,
        .bytes = bytes,
        .len = words[3] ? strtoul(words[3], NULL, 10) : 24,
    };
    int64_t began = g_get_monotonic_time();

    memset(bytes, 'x', packet.len);
    bytes[packet.len - 1] = 0xa0;
    for (unsigned long count = strtoul(words[2], NULL, 10); count > 0;
         count--) {
        uint64_t serial = counts[point]++;

        for (unsigned digit = 8; digit-- > 0;) {
            bytes[digit] = (uint8_t)('0' + serial % 10);
            serial /= 10;
        }
        packet.time = (uint64_t)g_get_real_time() * 1000;
        capture_writer_put(writer, &packet);
    }
    fprintf(stderr, "put %" PRId64 "\n",
            (g_get_monotonic_time() - began) * 1000);
}

static void
put_packet(char **words)
{
    static uint8_t bytes[MAX_BYTES];
    const char *digits = words[8] ? words[8] : "";
    struct capture_packet packet = {
        .point = (unsigned)atoi(words[1]),
        .kind = atoi(words[2]),
        .direction = atoi(words[3]),
        .connection = atoi(words[4]),
        .time = g_ascii_strtoull(words[5], NULL, 10),
        .original_len = g_ascii_strtoull(words[6], NULL, 10),
        .lost = g_ascii_strtoull(words[7], NULL, 10),
        .bytes = bytes,
        .len = strlen(digits) / 2,
    };

    for (size_t i = 0; i < packet.len; i++) {
        bytes[i] = (uint8_t)(g_ascii_xdigit_value(digits[2 * i]) << 4
                             | g_ascii_xdigit_value(digits[2 * i + 1]));
    }
    capture_writer_put(writer, &packet);
    fputs("packet\n", stderr);
}

static void
print_state(void)
{
    struct capture_writer_state state;

    capture_writer_get_state(writer, &state);
    fprintf(stderr, "state %" PRIu64 " %" PRIu64 " %d %s\n", state.written,
            state.lost, state.reader_gone, state.trouble ? state.trouble : "");
    capture_writer_state_clear(&state);
}

static void
close_writer(void)
{
    GError *error = NULL;

    if (capture_writer_close(writer, &error)) {
        fputs("closed\n", stderr);
    } else {
        fprintf(stderr, "closed badly: %s\n", error->message);
        g_error_free(error);
    }
    writer = NULL;
}

static void
obey(char *line)
{
    char **words = g_strsplit(g_strchomp(line), " ", -1);

    if (g_str_equal(words[0], "point")) {
        add_point(words);
    } else if (g_str_equal(words[0], "put")) {
        put(words);
    } else if (g_str_equal(words[0], "packet")) {
        put_packet(words);
    } else if (g_str_equal(words[0], "room")) {
        fprintf(stderr, "room %s\n",
                capture_writer_has_room(writer) ? "yes" : "no");
    } else if (g_str_equal(words[0], "state")) {
        print_state();
    } else if (g_str_equal(words[0], "close")) {
        close_writer();
    } else {
        tool_fail("'%s'?", line);
    }
    g_strfreev(words);
}

int
main(int argc, char **argv)
{
    static char line[2 * MAX_BYTES + 1000];
    struct capture_writer_options options = { 0 };
    gint64 file_size = 0, file_time = 0;
    gint files = 0, linktype = 0;
    gboolean wait = FALSE;
    const GOptionEntry entries[] = {
        { "file-size", 0, 0, G_OPTION_ARG_INT64, &file_size, "Bytes", "N" },
        { "file-time", 0, 0, G_OPTION_ARG_INT64, &file_time, "ns", "N" },
        { "files", 0, 0, G_OPTION_ARG_INT, &files, "Files to keep", "N" },
        { "linktype", 0, 0, G_OPTION_ARG_INT, &linktype, "Link type", "N" },
        { "wait", 0, 0, G_OPTION_ARG_NONE, &wait, "Wait for room", NULL },
        G_OPTION_ENTRY_NULL
    };
    GOptionContext *context = g_option_context_new("PATH");
    GError *error = NULL;

    g_option_context_add_main_entries(context, entries, NULL);
    tool_parse(context, &argc, &argv);
    if (argc != 2) {
        tool_usage_error("one path");
    }
    options.path = argv[1];
    options.file_size = (uint64_t)file_size;
    options.file_time = (uint64_t)file_time;
    options.files = (unsigned)files;
    options.linktype = (unsigned)linktype;
    options.wait = wait;
    writer = capture_writer_new(&options, &error);
    if (!writer) {
        tool_fail("%s", error->message);
    }
    fputs("ready\n", stderr);
    while (writer && fgets(line, sizeof line, stdin)) {
        obey(line);
    }
    return TOOL_OK;
}
