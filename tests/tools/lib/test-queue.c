/* test-queue.c
 * Tests the queue between two threads: order, room, waking, and that nothing is
 * lost or changed on the way.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <poll.h>
#include <stdatomic.h>
#include <string.h>

#include <glib.h>

#include "../../check.h"
#include "packet-queue.h"
#include "pcapng-blocks.h"

unsigned checks;
unsigned failures;

#define MANY 400000

/* The packet of this number: any of its bytes follows from it. */
static struct capture_packet
make(uint64_t number, uint8_t *bytes)
{
    struct capture_packet packet = {
        .time = number * 7,
        .lost = number % 3,
        .point = (unsigned)(number % 5),
        .kind = CAPTURE_EXTERN,
        .direction = CAPTURE_TO_BMC,
        .bytes = bytes,
        .len = number % 61,
    };

    if (number % 1000 == 999) {
        packet.len = 20000 + number % 10000;
    }
    memset(bytes, (int)(number % 251), packet.len);
    return packet;
}

#define MAX_BLOCK   (PACKET_QUEUE_MAX_PACKET + 128)

/* Whether a block is that of the packet of this number. Returns its size. */
static size_t
check_block(const uint8_t *block, uint64_t number)
{
    static uint8_t bytes[PACKET_QUEUE_MAX_PACKET], expected[MAX_BLOCK];
    struct capture_packet packet = make(number, bytes);
    size_t size = pcapng_packet_size(&packet);

    pcapng_put_packet(expected, &packet);
    CHECK(pcapng_block_size(block) == size
          && memcmp(block, expected, size) == 0, "packet %u",
          (unsigned)number);
    return size;
}

/* Checks blocks that begin with that of the packet of this number, and drops
 * them, at most so many bytes or one of them. Returns how many. */
static uint64_t
take(struct packet_queue *queue, const uint8_t *blocks, size_t len,
     uint64_t number)
{
    uint64_t first = number;
    size_t taken = 0;

    do {
        taken += check_block(blocks + taken, number++);
    } while (taken < len);
    packet_queue_drop(queue, taken);
    return number - first;
}

static void
test_in_turn(void)
{
    struct packet_queue *queue = packet_queue_new();
    static uint8_t bytes[PACKET_QUEUE_MAX_PACKET];
    size_t len;

    CHECK(!packet_queue_peek(queue, &len), "it is empty");
    CHECK(packet_queue_level(queue) == 0, "it is empty");
    for (uint64_t number = 0; number < 5000; number++) {
        struct capture_packet packet = make(number, bytes);

        CHECK(packet_queue_put(queue, &packet), "%u", (unsigned)number);
        packet_queue_publish(queue);
        CHECK(packet_queue_level(queue) >= pcapng_packet_size(&packet), "%u",
              (unsigned)number);
        CHECK(packet_queue_peek(queue, &len) == packet_queue_peek(queue, &len),
              "%u", (unsigned)number);
        CHECK(len == pcapng_packet_size(&packet), "%u", (unsigned)number);
        take(queue, packet_queue_peek(queue, &len), len, number);
        CHECK(!packet_queue_peek(queue, &len), "%u", (unsigned)number);
        CHECK(packet_queue_level(queue) == 0, "%u", (unsigned)number);
    }
    packet_queue_free(queue);
}

/* Puts packets until there is no room; returns how many. */
static uint64_t
fill(struct packet_queue *queue, uint64_t number)
{
    static uint8_t bytes[PACKET_QUEUE_MAX_PACKET];
    struct capture_packet packet = make(number, bytes);
    uint64_t first = number;

    while (packet_queue_put(queue, &packet)) {
        packet = make(++number, bytes);
    }
    packet_queue_publish(queue);
    return number - first;
}

static void
test_room(void)
{
    struct packet_queue *queue = packet_queue_new();
    uint64_t put = fill(queue, 0), taken = 0;
    const uint8_t *blocks;
    size_t len;

    CHECK(put > 30000, "%u packets", (unsigned)put);
    CHECK(packet_queue_level(queue) <= PACKET_QUEUE_MAX, "%zu",
          packet_queue_level(queue));
    CHECK(packet_queue_level(queue) > PACKET_QUEUE_MAX - 64 * 1024, "%zu",
          packet_queue_level(queue));

    /* Half of it goes, packet by packet, and as much comes: ten times round. */
    for (unsigned round = 0; round < 10; round++) {
        while (packet_queue_level(queue) > PACKET_QUEUE_MAX / 2) {
            taken += take(queue, packet_queue_peek(queue, &len), 1, taken);
        }
        put += fill(queue, put);
    }
    while ((blocks = packet_queue_peek(queue, &len))) {
        taken += take(queue, blocks, len, taken);
    }
    CHECK(taken == put, "%u put, %u taken", (unsigned)put, (unsigned)taken);
    CHECK(packet_queue_level(queue) == 0, "%zu are left",
          packet_queue_level(queue));
    fill(queue, put);
    packet_queue_free(queue);
}

static void
test_cut(void)
{
    struct packet_queue *queue = packet_queue_new();
    static uint8_t bytes[PACKET_QUEUE_MAX_PACKET + 1], expected[MAX_BLOCK];
    struct capture_packet packet = { .bytes = bytes, .len = sizeof bytes };
    size_t len;

    packet_queue_put(queue, &packet);
    packet.len = PACKET_QUEUE_MAX_PACKET;
    packet.original_len = sizeof bytes;
    pcapng_put_packet(expected, &packet);
    CHECK(memcmp(packet_queue_peek(queue, &len), expected,
                 pcapng_packet_size(&packet)) == 0, "it is cut");
    CHECK(len == pcapng_packet_size(&packet), "%zu", len);
    packet_queue_free(queue);
}

static bool
is_woken(struct packet_queue *queue)
{
    struct pollfd fd = { .fd = packet_queue_fd(queue), .events = POLLIN };

    return poll(&fd, 1, 0) == 1;
}

static void
put_and_publish(struct packet_queue *queue,
                const struct capture_packet *packet)
{
    packet_queue_put(queue, packet);
    packet_queue_publish(queue);
}

static void
test_waking(void)
{
    struct packet_queue *queue = packet_queue_new();
    struct capture_packet packet = { .bytes = (const uint8_t *)"12", .len = 2 };
    size_t size;

    put_and_publish(queue, &packet);
    CHECK(!is_woken(queue), "nobody sleeps");
    size = packet_queue_level(queue);
    CHECK(!packet_queue_sleep(queue, size), "that is there already");
    put_and_publish(queue, &packet);
    CHECK(!is_woken(queue), "it did not sleep");

    CHECK(packet_queue_sleep(queue, 4 * size), "that is not there yet");
    put_and_publish(queue, &packet);
    CHECK(!is_woken(queue), "three of four");
    packet_queue_put(queue, &packet);
    CHECK(!is_woken(queue), "three of four, and one to be published");
    packet_queue_publish(queue);
    CHECK(is_woken(queue), "four of four");
    packet_queue_slept(queue);
    CHECK(!is_woken(queue), "it knows");
    put_and_publish(queue, &packet);
    CHECK(!is_woken(queue), "it was woken once");

    packet_queue_wake(queue);
    CHECK(is_woken(queue), "for another reason");
    packet_queue_slept(queue);
    packet_queue_slept(queue);
    packet_queue_free(queue);
}

/* What is not published yet can be taken all the same. */
static void
test_taken_early(void)
{
    struct packet_queue *queue = packet_queue_new();
    struct capture_packet packet = { .bytes = (const uint8_t *)"12", .len = 2 };
    size_t len;

    packet_queue_put(queue, &packet);
    CHECK(packet_queue_peek(queue, &len) != NULL, "it is there");
    packet_queue_drop(queue, len);
    CHECK(packet_queue_level(queue) == 0, "%zu", packet_queue_level(queue));
    CHECK(packet_queue_sleep(queue, 1), "there is nothing");
    packet_queue_publish(queue);
    CHECK(!is_woken(queue), "there is still nothing");
    put_and_publish(queue, &packet);
    CHECK(is_woken(queue), "there is something");
    packet_queue_free(queue);
}

static gpointer
take_all(gpointer data)
{
    struct packet_queue *queue = data;
    struct pollfd fd = { .fd = packet_queue_fd(queue), .events = POLLIN };
    uint64_t number = 0;

    while (number < MANY) {
        size_t len;
        const uint8_t *blocks = packet_queue_peek(queue, &len);

        if (blocks) {
            number += take(queue, blocks, number % 3 ? len : 1, number);
            continue;
        }
        if (packet_queue_sleep(queue, number % 2 ? 1 : 1000)
                && poll(&fd, 1, 120 * 1000) != 1) {
            CHECK(false, "nobody woke it at packet %u", (unsigned)number);
            return NULL;
        }
        packet_queue_slept(queue);
    }
    return NULL;
}

/* One thread puts and the other one takes, which sleeps whenever it has got
 * all. It is also a test for the thread sanitizer. */
static void
test_two_threads(void)
{
    struct packet_queue *queue = packet_queue_new();
    GThread *taker = g_thread_new("taker", take_all, queue);
    static uint8_t bytes[PACKET_QUEUE_MAX_PACKET];

    for (uint64_t number = 0; number < MANY; number++) {
        struct capture_packet packet = make(number, bytes);

        while (!packet_queue_put(queue, &packet)) {
            packet_queue_publish(queue);
            g_thread_yield();
        }
        if (number % 5 == 0) {
            packet_queue_publish(queue);
        }
    }
    packet_queue_publish(queue);
    /* Fewer than it waits for may be left. */
    packet_queue_wake(queue);
    while (packet_queue_level(queue) > 0) {
        packet_queue_wake(queue);
        g_thread_yield();
    }
    g_thread_join(taker);
    CHECK(packet_queue_level(queue) == 0, "%zu", packet_queue_level(queue));
    packet_queue_free(queue);
}

int
main(void)
{
    test_in_turn();
    test_room();
    test_cut();
    test_waking();
    test_taken_early();
    test_two_threads();
    printf("%u checks, %u failures\n", checks, failures);
    return failures > 0;
}
