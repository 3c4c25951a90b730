/* test-trace-log.c
 * Lines of QEMU's trace against the records that docs/capture-format.md has for
 * the same events.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include <glib.h>

#include "check.h"
#include "trace-log.h"

unsigned checks, failures;

#define HOST    "/machine/peripheral/kcs"
#define BMC     "/machine/soc/kcs/kcs1"

struct event {
    const char *line;
    struct capture_packet packet;
    const char *bytes;
};

#define NO_TIME     .time = 0
#define TIME        .time = 1795409468633152000

static const struct event events[] = {
    { "6098@1795409468.633152:ipmi_reset " HOST ": KCS host reset, "
      "state 0x0000",
      { TIME, .kind = CAPTURE_KCS, .len = 12, .original_len = 12 },
      "\1\1\4\0" "\0\0\0\0" "\0\0\0\0" },
    { "ipmi_access " HOST ": KCS host R ST width 1 lane 0 value 0x4, "
      "state 0x0004",
      { NO_TIME, .kind = CAPTURE_KCS, .direction = CAPTURE_TO_BMC, .len = 12,
        .original_len = 12 },
      "\1\1\1\4" "\1\0\4\0" "\0\0\0\4" },
    { "ipmi_access " HOST ": KCS BMC W DO width 1 lane 0 value 0xff lost, "
      "state 0x0083",
      { NO_TIME, .kind = CAPTURE_KCS, .direction = CAPTURE_TO_HOST, .len = 12,
        .original_len = 12 },
      "\1\2\2\2" "\1\1\x83\0" "\0\0\0\xff" },
    { "ipmi_access /machine/soc/ibt: BT BMC W CR0 width 4 lane 3 "
      "value 0xcafe0001, state 0x0380",
      { NO_TIME, .kind = CAPTURE_BT, .direction = CAPTURE_TO_HOST, .point = 1,
        .len = 12, .original_len = 12 },
      "\1\2\2\x20" "\4\6\x80\3" "\xca\xfe\0\1" },
    { "ipmi_irq " HOST ": KCS host IRQ 5 level 1, state 0x0083",
      { NO_TIME, .kind = CAPTURE_KCS, .direction = CAPTURE_TO_HOST, .len = 12,
        .original_len = 12 },
      "\1\1\3\5" "\0\0\x83\0" "\0\0\0\1" },
    { "ipmi_line " HOST ": KCS BMC line IRQ enable level 1, state 0x0000",
      { NO_TIME, .kind = CAPTURE_KCS, .direction = CAPTURE_TO_HOST, .len = 12,
        .original_len = 12 },
      "\1\2\5\2" "\0\0\0\0" "\0\0\0\1" },
    { "ipmi_line " HOST ": KCS BMC line SMS_ATN level 0, state 0x0000\r",
      { NO_TIME, .kind = CAPTURE_KCS, .direction = CAPTURE_TO_HOST, .len = 12,
        .original_len = 12 },
      "\1\2\5\1" "\0\0\0\0" "\0\0\0\0" },
    { "ipmi_hw_op " HOST ": KCS hardware operation graceful shutdown "
      "ccode 0xcc, state 0x0000",
      { NO_TIME, .kind = CAPTURE_KCS, .direction = CAPTURE_TO_HOST, .len = 12,
        .original_len = 12 },
      "\1\2\6\6" "\0\0\0\0" "\0\0\0\xcc" },
    { "7@1795409468.633152:ipmi_frame /machine/peripheral/bmc: "
      "host sends 5 bytes: 00 18 01 e7 a0",
      { TIME, .kind = CAPTURE_EXTERN, .direction = CAPTURE_TO_BMC, .point = 2,
        .len = 5, .original_len = 5 },
      "\0\x18\1\xe7\xa0" },
    { "ipmi_frame /machine/peripheral/bmc: BMC sends 700 bytes: ff 01",
      { NO_TIME, .kind = CAPTURE_EXTERN, .direction = CAPTURE_TO_HOST,
        .point = 2, .len = 2, .original_len = 700 },
      "\xff\1" },
    { "ipmi_link /machine/peripheral/bmc: connected",
      { NO_TIME, .kind = CAPTURE_EXTERN, .point = 2,
        .connection = CAPTURE_CONNECTED },
      "" },
    { "ipmi_link /machine/peripheral/bmc: disconnected",
      { NO_TIME, .kind = CAPTURE_EXTERN, .point = 2,
        .connection = CAPTURE_DISCONNECTED },
      "" },
};

/* What is no event, though nearly. */
static const char *const others[] = {
    "",
    "qemu-system-arm: warning: nic ftgmac100.1 has no peer",
    "6105@1795409468.718678:ipmi_host_start " HOST ": id 0x01 netfn/lun 0x18 "
        "cmd 0x01, 2 bytes",
    "ipmi_access",
    "ipmi_access " HOST,
    "ipmi_access " HOST ": ",
    "ipmi_access " HOST ": KCS host R ST width 1 lane 0 value 0x4, state",
    "ipmi_access " HOST ": KCS host R ST width 1 lane 0 value 0x4, state 0x",
    "ipmi_access " HOST ": KCS host R ST width 5 lane 0 value 0x4, state 0x0",
    "ipmi_access " HOST ": KCS host R ST width 1 lane 4 value 0x4, state 0x0",
    "ipmi_access " HOST ": KCS host R FIFO width 1 lane 0 value 0, state 0x0",
    "ipmi_access " HOST ": BT host R ST width 1 lane 0 value 0x4, state 0x0",
    "ipmi_access " HOST ": KCS host X ST width 1 lane 0 value 0x4, state 0x0",
    "ipmi_access " HOST ": KCS host R ST width 1 lane 0 value 0x1ffffffff, "
        "state 0x0004",
    "ipmi_access " HOST ": KCS host R ST width 1 lane 0 value 0x4, "
        "state 0x10000",
    "ipmi_access " HOST ": KCS host R ST width 1 lane 0 value 0x4, "
        "state 0x0004 and more",
    "ipmi_irq " HOST ": KCS host IRQ 256 level 1, state 0x0083",
    "ipmi_irq " HOST ": KCS host IRQ 5 level 2, state 0x0083",
    "ipmi_line " HOST ": KCS BMC line RTS level 1, state 0x0000",
    "ipmi_hw_op " HOST ": KCS hardware operation dance ccode 0x00, state 0x0",
    "ipmi_frame " HOST ": host sends 0 bytes:",
    "ipmi_frame " HOST ": host sends 2 bytes: 00 100",
    "ipmi_frame " HOST ": host sends 2 bytes: 00 18 ...",
    "ipmi_frame " HOST ": nobody sends 2 bytes: 00 18",
    "ipmi_link " HOST ": lost",
    "ipmi_link : connected",
    "ipmi_link /machine/\xff: connected",
    "7@1795409468:ipmi_link " HOST ": connected",
    "7@1795409468.1000000:ipmi_link " HOST ": connected",
    "99999999999999999999@1.1:ipmi_link " HOST ": connected",
};

static void
check_event(const struct event *event, const struct capture_packet *got)
{
    const struct capture_packet *want = &event->packet;

    CHECK(got->time == want->time && got->point == want->point &&
          got->kind == want->kind && got->direction == want->direction &&
          got->connection == want->connection && got->lost == 0,
          "%s: time %" G_GUINT64_FORMAT " point %u kind %d direction %d "
          "connection %d", event->line, got->time, got->point, got->kind,
          got->direction, got->connection);
    CHECK(got->len == want->len && got->original_len == want->original_len &&
          memcmp(got->bytes, event->bytes, want->len) == 0,
          "%s: %zu of %zu bytes", event->line, got->len, got->original_len);
}

/* All events, with others between, in pieces of step bytes. */
static void
check_pieces(size_t step)
{
    struct trace_log *log = trace_log_new();
    GString *text = g_string_new(NULL);
    size_t at = 0, there = 0, count = 0;

    for (size_t i = 0; i < MAX(G_N_ELEMENTS(events), G_N_ELEMENTS(others));
         i++) {
        if (i < G_N_ELEMENTS(others)) {
            g_string_append_printf(text, "%s\n", others[i]);
        }
        if (i < G_N_ELEMENTS(events)) {
            g_string_append_printf(text, "%s\n", events[i].line);
        }
    }
    while (at < text->len) {
        struct capture_packet packet;
        bool found;

        at += trace_log_read(log, (uint8_t *)text->str + at, there - at,
                             &packet, &found);
        if (found && count < G_N_ELEMENTS(events)) {
            check_event(&events[count], &packet);
        }
        count += found;
        if (!found && there == text->len) {
            break;
        }
        if (!found) {
            there = MIN(there + step, text->len);
        }
    }
    CHECK(count == G_N_ELEMENTS(events), "%zu events in pieces of %zu", count,
          step);
    CHECK(at == text->len, "%zu of %zu bytes", at, text->len);
    g_string_free(text, TRUE);
    trace_log_free(log);
}

static bool
read_line(struct trace_log *log, const char *line)
{
    struct capture_packet packet;
    bool found;

    trace_log_read(log, (const uint8_t *)line, strlen(line), &packet, &found);
    return found;
}

/* Whose device each point is. */
static void
check_points(void)
{
    static const char *const lines[][3] = {
        { "ipmi_link /machine/peripheral/early: connected\n",
          "/machine/peripheral/early", "trace: messages" },
        { "ipmi_reset " BMC ": KCS BMC reset, state 0x0000\n",
          BMC, "trace: KCS registers, BMC's side" },
        { "ipmi_reset /machine/soc/ibt: BT BMC reset, state 0x0000\n",
          "/machine/soc/ibt", "trace: BT registers, BMC's side" },
        { "ipmi_link /machine/peripheral/late: connected\n",
          "/machine/peripheral/late", "trace: messages, BMC's side" },
    };
    struct trace_log *log = trace_log_new();

    for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++) {
        const struct capture_point *point;

        CHECK(read_line(log, lines[i][0]), "%s", lines[i][0]);
        CHECK(trace_log_points(log) == i + 1, "%u", trace_log_points(log));
        point = trace_log_point(log, i);
        CHECK(g_str_equal(point->name, lines[i][1]), "%s", point->name);
        CHECK(g_str_equal(point->description, lines[i][2]), "%s",
              point->description);
    }
    trace_log_free(log);
}

/* However much is in a log, it is not kept. */
static void
check_bounds(void)
{
    static const char link[] = "ipmi_link /machine/a: connected\n";
    struct trace_log *log = trace_log_new();
    char *line = g_strnfill(TRACE_LOG_MAX_LINE + 1, 'x');
    struct capture_packet packet;
    bool found;
    size_t taken;

    taken = trace_log_read(log, (uint8_t *)line, TRACE_LOG_MAX_LINE, &packet,
                           &found);
    CHECK(taken == 0 && !found, "%zu", taken);
    taken = trace_log_read(log, (uint8_t *)line, TRACE_LOG_MAX_LINE + 1,
                           &packet, &found);
    CHECK(taken == TRACE_LOG_MAX_LINE + 1 && !found, "%zu", taken);
    CHECK(!read_line(log, link), "the end of a line that is too long");
    CHECK(read_line(log, link), "the line after it");
    g_free(line);

    for (unsigned i = 0; i < 5000; i++) {
        line = g_strdup_printf("ipmi_link /machine/%u: connected\n", i);
        read_line(log, line);
        g_free(line);
    }
    CHECK(trace_log_points(log) == 1024, "%u points", trace_log_points(log));
    trace_log_free(log);
}

int
main(void)
{
    static const size_t steps[] = { 1, 7, 100, 100000 };

    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        check_pieces(steps[i]);
    }
    check_points();
    check_bounds();
    CHECK(trace_log_begins((const uint8_t *)"6098@1795\n\tx", 12), "a log");
    CHECK(!trace_log_begins((const uint8_t *)"\x0a\x0d\x0d\x0a\0\0", 6),
          "a capture");
    printf("%u checks, %u failures\n", checks, failures);
    return failures > 0;
}
