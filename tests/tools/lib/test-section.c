/* test-section.c
 * Tests the blocks of a capture: losses that become known after a packet's block
 * was made, what of them is written, and what of that the next section gets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "../../check.h"
#include "capture-section.h"
#include "pcapng-blocks.h"

unsigned checks;
unsigned failures;

#define POINTS  2

static const struct capture_point points[POINTS] = { { "a", NULL },
                                                     { "b", NULL } };

static void
add_packet(GByteArray *blocks, unsigned point, uint64_t lost,
           enum capture_connection connection)
{
    const struct capture_packet packet = {
        .time = 5,
        .lost = lost,
        .point = point,
        .kind = CAPTURE_EXTERN,
        .connection = connection,
        .bytes = (const uint8_t *)"12345",
        .len = connection == CAPTURE_NO_CONNECTION_RECORD ? 5 : 0,
    };
    guint start = blocks->len;

    g_byte_array_set_size(blocks, start + (guint)pcapng_packet_size(&packet));
    pcapng_put_packet(blocks->data + start, &packet);
}

static struct capture_section
begin(void)
{
    struct capture_section section;
    size_t len;

    capture_section_init(&section, "test", CAPTURE_LINKTYPE_UPPER_PDU);
    for (unsigned i = 0; i < POINTS; i++) {
        capture_section_add_point(&section, &points[i], false);
    }
    capture_section_begin(&section);
    capture_section_unwritten(&section, &len);
    CHECK(section.size == len, "%zu bytes", len);
    CHECK(capture_section_written(&section, len) == 0, "no packets");
    return section;
}

/* The blocks that are not written, which have to be the expected ones. */
static void
check_unwritten(const struct capture_section *section,
                const GByteArray *expected)
{
    size_t len;
    const uint8_t *blocks = capture_section_unwritten(section, &len);

    CHECK(len == expected->len && memcmp(blocks, expected->data, len) == 0,
          "%zu bytes instead of %u", len, expected->len);
}

/* Losses are those before the next packet of their point. */
static void
test_losses(void)
{
    struct capture_section section = begin();
    GByteArray *blocks = g_byte_array_new(), *expected = g_byte_array_new();
    uint64_t size = section.size;

    add_packet(blocks, 0, 0, CAPTURE_NO_CONNECTION_RECORD);
    add_packet(blocks, 1, 0, CAPTURE_CONNECTED);
    add_packet(blocks, 0, 7, CAPTURE_NO_CONNECTION_RECORD);
    add_packet(blocks, 0, 2, CAPTURE_DISCONNECTED);
    add_packet(blocks, 1, 0, CAPTURE_NO_CONNECTION_RECORD);
    add_packet(expected, 0, 3, CAPTURE_NO_CONNECTION_RECORD);
    add_packet(expected, 1, 4, CAPTURE_CONNECTED);
    add_packet(expected, 0, 7, CAPTURE_NO_CONNECTION_RECORD);
    add_packet(expected, 0, 2, CAPTURE_DISCONNECTED);
    add_packet(expected, 1, 0, CAPTURE_NO_CONNECTION_RECORD);
    capture_section_lose(&section, 0, 3);
    capture_section_lose(&section, 1, 4);
    capture_section_add_packets(&section, blocks->data, blocks->len);
    check_unwritten(&section, expected);
    CHECK(section.size == size + expected->len, "%u bytes",
          (unsigned)section.size);

    /* One that knows of losses itself. */
    CHECK(capture_section_written(&section, expected->len) == 5, "packets");
    g_byte_array_set_size(blocks, 0);
    g_byte_array_set_size(expected, 0);
    add_packet(blocks, 1, 6, CAPTURE_CONNECTED);
    add_packet(expected, 1, 15, CAPTURE_CONNECTED);
    capture_section_lose(&section, 1, 9);
    capture_section_add_packets(&section, blocks->data, blocks->len);
    check_unwritten(&section, expected);

    g_byte_array_set_size(expected, 0);
    pcapng_add_statistics(expected, 0, 0, 3 + 12, 12);
    pcapng_add_statistics(expected, 1, 0, 3 + 19, 19);
    capture_section_written(&section, section.blocks->len);
    capture_section_end(&section, true);
    for (size_t at = 0; at < expected->len; at += PCAPNG_STATISTICS_SIZE) {
        size_t len;
        const uint8_t *block = capture_section_unwritten(&section, &len);

        /* All but the time. */
        CHECK(len == expected->len, "%zu", len);
        CHECK(memcmp(block + at + 20, expected->data + at + 20,
                     PCAPNG_STATISTICS_SIZE - 20) == 0, "statistics");
    }
    g_byte_array_unref(blocks);
    g_byte_array_unref(expected);
    capture_section_clear(&section);
}

/* However much is written at once, each packet counts once, and those that are
 * not written whole are for the next section. */
static void
test_written(void)
{
    GByteArray *blocks = g_byte_array_new();
    size_t size;

    for (unsigned i = 0; i < 3; i++) {
        add_packet(blocks, i % POINTS, i, CAPTURE_NO_CONNECTION_RECORD);
    }
    size = pcapng_block_size(blocks->data);
    for (size_t len = 0; len <= blocks->len; len++) {
        struct capture_section section = begin();
        uint64_t before = section.size;
        size_t left;
        unsigned packets, whole = len < size                    ? 0
                                  : len < blocks->len - size
                                            - PCAPNG_LOSS_SIZE ? 1
                                  : len < blocks->len           ? 2
                                                                : 3;

        capture_section_add_packets(&section, blocks->data, blocks->len);
        packets = capture_section_written(&section, len);
        CHECK(packets == whole, "%u of %zu bytes", packets, len);
        if (len % 2 > 0) {
            packets += capture_section_written(&section, blocks->len - len);
            CHECK(packets == 3, "%u after %zu bytes", packets, len);
            capture_section_clear(&section);
            continue;
        }
        capture_section_begin(&section);
        CHECK(section.has_packets == (whole < 3), "%zu", len);
        capture_section_unwritten(&section, &left);
        CHECK(left == section.size, "%zu of %u", left, (unsigned)section.size);
        packets += capture_section_written(&section, left);
        CHECK(packets == 3, "%u after %zu bytes", packets, len);
        CHECK(whole < 3 || section.size == before, "%u",
              (unsigned)section.size);
        capture_section_clear(&section);
    }
    g_byte_array_unref(blocks);
}

/* A packet for which there is just room, also with what was lost before it. */
static void
test_room(void)
{
    struct capture_section section = begin();
    GByteArray *block = g_byte_array_new();
    uint64_t total;

    CHECK(capture_section_room(&section, 0) == 0, "it has more than that");
    add_packet(block, 0, 0, CAPTURE_NO_CONNECTION_RECORD);
    total = 10000 - capture_section_room(&section, 10000) + block->len;
    CHECK(capture_section_room(&section, total) == block->len, "%u",
          (unsigned)total);
    capture_section_lose(&section, 0, 1);
    capture_section_add_packets(&section, block->data, block->len);
    capture_section_end(&section, true);
    CHECK(section.size <= total, "%u", (unsigned)section.size);
    g_byte_array_unref(block);
    capture_section_clear(&section);
}

int
main(void)
{
    test_losses();
    test_written();
    test_room();
    printf("%u checks, %u failures\n", checks, failures);
    return failures > 0;
}
