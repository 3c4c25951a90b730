/* test-merge.c
 * Packets of several inputs in one order of time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include <glib.h>

#include "check.h"
#include "extcap-merge.h"

unsigned checks, failures;

/* The times of what was passed on, in words. */
static GString *passed;

static void
take(const struct capture_packet *packet, void *data)
{
    const char *expected = data;

    g_string_append_printf(passed, "%u:%u ", packet->point,
                           (unsigned)packet->time);
    CHECK(packet->len == 0 || memcmp(packet->bytes, expected, packet->len) == 0,
          "the bytes of %u are others", (unsigned)packet->time);
}

static void
put(struct merge *merge, unsigned input, uint64_t time, const char *bytes)
{
    struct capture_packet packet = {
        .time = time,
        .point = input,
        .bytes = (const uint8_t *)bytes,
        .len = bytes ? strlen(bytes) : 0,
    };

    merge_put(merge, input, &packet);
}

static void
check_passed(const char *expected)
{
    CHECK(g_str_equal(passed->str, expected), "got '%s' instead of '%s'",
          passed->str, expected);
    g_string_truncate(passed, 0);
}

static char bytes[] = "bytes";

static void
test_one_input(void)
{
    struct merge *merge = merge_new(1, take, bytes);

    merge_set_open(merge, 0, true);
    put(merge, 0, 2, bytes);
    put(merge, 0, 1, NULL);
    check_passed("0:2 0:1 ");
    merge_free(merge);
}

static void
test_order(void)
{
    struct merge *merge = merge_new(3, take, bytes);

    merge_set_open(merge, 0, true);
    put(merge, 0, 1, bytes);
    check_passed("0:1 ");

    merge_set_open(merge, 1, true);
    put(merge, 0, 3, bytes);
    put(merge, 0, 5, bytes);
    check_passed("");
    put(merge, 1, 4, NULL);
    check_passed("0:3 1:4 ");
    put(merge, 1, 5, bytes);
    check_passed("0:5 ");

    /* Nothing can come from there any more. */
    merge_set_open(merge, 0, false);
    check_passed("1:5 ");

    merge_set_open(merge, 2, true);
    put(merge, 1, 7, bytes);
    put(merge, 2, 6, bytes);
    check_passed("2:6 ");
    merge_free(merge);
    check_passed("1:7 ");
}

/* Nobody waits for an input for longer than that. */
static void
test_time(void)
{
    struct merge *merge = merge_new(2, take, bytes);
    gint64 begin = g_get_monotonic_time();
    gint64 took;

    merge_set_open(merge, 0, true);
    merge_set_open(merge, 1, true);
    put(merge, 0, 1, bytes);
    put(merge, 0, 2, bytes);
    check_passed("");
    while (!g_str_has_suffix(passed->str, "0:2 ")) {
        g_main_context_iteration(NULL, TRUE);
    }
    took = (g_get_monotonic_time() - begin) / G_TIME_SPAN_MILLISECOND;
    check_passed("0:1 0:2 ");
    CHECK(took >= MERGE_WAIT_MS, "it was %d ms", (int)took);

    /* The timer has ended, and begins again. */
    put(merge, 1, 3, bytes);
    while (passed->len == 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    check_passed("1:3 ");
    merge_free(merge);
}

static gboolean
put_at_last(gpointer data)
{
    put(data, 1, 1, bytes);
    return G_SOURCE_REMOVE;
}

/* A machine so busy that this program has its turn when the time is over: what
 * has come meanwhile is in order all the same. */
static void
test_late(void)
{
    struct merge *merge = merge_new(2, take, bytes);

    merge_set_open(merge, 0, true);
    merge_set_open(merge, 1, true);
    put(merge, 0, 2, bytes);
    g_usleep(2 * MERGE_WAIT_MS * G_TIME_SPAN_MILLISECOND);
    put(merge, 0, 3, bytes);
    check_passed("");
    g_idle_add(put_at_last, merge);
    while (passed->len == 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    check_passed("1:1 ");
    merge_free(merge);
    check_passed("0:2 0:3 ");
}

static void
test_bound(void)
{
    struct merge *merge = merge_new(2, take, bytes);
    char *large = g_strnfill(1024 * 1024, 'x');
    unsigned count = 0;

    merge_free(merge);
    merge = merge_new(2, take, large);
    merge_set_open(merge, 0, true);
    merge_set_open(merge, 1, true);
    while (passed->len == 0 && count < 2 * MERGE_MAX_BYTES / (1024 * 1024)) {
        put(merge, 0, ++count, large);
    }
    CHECK(count == MERGE_MAX_BYTES / (1024 * 1024), "it took %u MB", count);
    check_passed("0:1 ");
    merge_free(merge);
    g_string_truncate(passed, 0);
    g_free(large);
}

int
main(void)
{
    passed = g_string_new("");
    test_one_input();
    test_order();
    test_time();
    test_late();
    test_bound();
    g_string_free(passed, TRUE);
    printf("%u checks, %u failures\n", checks, failures);
    return failures > 0;
}
