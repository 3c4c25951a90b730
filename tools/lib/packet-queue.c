/* packet-queue.c
 * Packets on their way from the thread that captures them to the thread that
 * writes them.
 *
 * They are in chunks of memory, the latest of which is filled while the
 * earlier ones are read, so that a little traffic takes a little memory and a
 * burst finds room. Each thread changes what is its own and publishes it by an
 * atomic store.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "packet-queue.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <glib.h>

#include "pcapng-blocks.h"

#define CHUNK_SIZE  (64 * 1024)

/* Chunks that are kept for use again. */
#define MAX_SPARE   8

/* Nobody wants to be woken. */
#define NEVER       SIZE_MAX

struct chunk {
    struct chunk *_Atomic next;     /* once this one is full */
    _Atomic size_t len;             /* of what can be taken */
    uint8_t bytes[CHUNK_SIZE];
};

struct packet_queue {
    /* Of the thread that captures. */
    struct chunk *last;
    size_t last_len;
    struct chunk *spare;
    uint64_t put;               /* bytes, to the end of each full chunk */
    _Atomic uint64_t published; /* the same, for the other thread */

    /* Of the thread that writes. */
    _Alignas(64) struct chunk *first;
    size_t first_offset;
    uint64_t taken;
    _Atomic uint64_t freed;

    /* Of both. */
    _Alignas(64) struct chunk *_Atomic returned;    /* emptied chunks */
    _Atomic unsigned returned_count;
    _Atomic size_t wake_level;
    int fd;
};

static struct chunk *
chunk_new(void)
{
    struct chunk *chunk = g_malloc(sizeof *chunk);

    atomic_init(&chunk->next, NULL);
    atomic_init(&chunk->len, 0);
    return chunk;
}

struct packet_queue *
packet_queue_new(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct packet_queue *queue;

    if (fd < 0) {
        return NULL;
    }
    queue = g_aligned_alloc0(1, sizeof *queue, 64);
    queue->first = queue->last = chunk_new();
    atomic_init(&queue->wake_level, NEVER);
    queue->fd = fd;
    return queue;
}

static void
free_chunks(struct chunk *chunk)
{
    while (chunk) {
        struct chunk *next = atomic_load(&chunk->next);

        g_free(chunk);
        chunk = next;
    }
}

void
packet_queue_free(struct packet_queue *queue)
{
    free_chunks(queue->first);
    free_chunks(queue->spare);
    free_chunks(atomic_load(&queue->returned));
    close(queue->fd);
    g_aligned_free(queue);
}

/* An empty chunk: one that has come back, all of which are taken at once. */
static struct chunk *
next_chunk(struct packet_queue *queue)
{
    struct chunk *chunk;

    if (!queue->spare) {
        queue->spare = atomic_exchange(&queue->returned, NULL);
        atomic_store(&queue->returned_count, 0);
    }
    chunk = queue->spare;
    if (!chunk) {
        return chunk_new();
    }
    queue->spare = atomic_load_explicit(&chunk->next, memory_order_relaxed);
    atomic_store_explicit(&chunk->next, NULL, memory_order_relaxed);
    atomic_store_explicit(&chunk->len, 0, memory_order_relaxed);
    return chunk;
}

/* Room for a block of that size, or NULL if there is none. */
static uint8_t *
make_room(struct packet_queue *queue, size_t size)
{
    size_t room = CHUNK_SIZE - queue->last_len;
    size_t gap = size > room ? room : 0;
    struct chunk *chunk;

    if (queue->put + gap + size
            - atomic_load_explicit(&queue->freed, memory_order_acquire)
                > PACKET_QUEUE_MAX) {
        return NULL;
    }
    if (size > room) {
        chunk = next_chunk(queue);
        atomic_store_explicit(&queue->last->next, chunk, memory_order_release);
        queue->last = chunk;
        queue->last_len = 0;
        queue->put += gap;
    }
    return queue->last->bytes + queue->last_len;
}

bool
packet_queue_put(struct packet_queue *queue,
                 const struct capture_packet *packet)
{
    struct capture_packet cut;
    size_t size;
    uint8_t *block;

    if (packet->len > PACKET_QUEUE_MAX_PACKET) {
        cut = *packet;
        cut.original_len = MAX(packet->original_len, packet->len);
        cut.len = PACKET_QUEUE_MAX_PACKET;
        packet = &cut;
    }
    size = pcapng_packet_size(packet);
    block = make_room(queue, size);
    if (!block) {
        return false;
    }
    pcapng_put_packet(block, packet);
    queue->last_len += size;
    queue->put += size;
    atomic_store_explicit(&queue->last->len, queue->last_len,
                          memory_order_release);
    return true;
}

void
packet_queue_publish(struct packet_queue *queue)
{
    /* In the order of packet_queue_sleep(), turned round: one of the two sees
     * the other. */
    atomic_store(&queue->published, queue->put);
    if (packet_queue_level(queue) >= atomic_load(&queue->wake_level)) {
        packet_queue_wake(queue);
    }
}

void
packet_queue_wake(struct packet_queue *queue)
{
    const uint64_t one = 1;

    atomic_store(&queue->wake_level, NEVER);
    /* It fails only if it has been woken very often already. */
    if (write(queue->fd, &one, sizeof one) < 0) {
        return;
    }
}

static void
give_back(struct packet_queue *queue, struct chunk *chunk)
{
    struct chunk *others = atomic_load(&queue->returned);

    if (atomic_load(&queue->returned_count) >= MAX_SPARE) {
        g_free(chunk);
        return;
    }
    do {
        atomic_store(&chunk->next, others);
    } while (!atomic_compare_exchange_weak(&queue->returned, &others, chunk));
    atomic_fetch_add(&queue->returned_count, 1);
}

const uint8_t *
packet_queue_peek(struct packet_queue *queue, size_t *len)
{
    struct chunk *chunk = queue->first, *next;
    size_t chunk_len;

    /* The next one comes after the last packet of this one. */
    next = atomic_load_explicit(&chunk->next, memory_order_acquire);
    chunk_len = atomic_load_explicit(&chunk->len, memory_order_acquire);
    *len = chunk_len - queue->first_offset;
    if (*len > 0) {
        return chunk->bytes + queue->first_offset;
    }
    if (!next) {
        return NULL;
    }
    queue->taken += CHUNK_SIZE - chunk_len;
    queue->first = next;
    queue->first_offset = 0;
    give_back(queue, chunk);
    return packet_queue_peek(queue, len);
}

void
packet_queue_drop(struct packet_queue *queue, size_t len)
{
    queue->first_offset += len;
    queue->taken += len;
    atomic_store_explicit(&queue->freed, queue->taken, memory_order_release);
}

size_t
packet_queue_level(struct packet_queue *queue)
{
    uint64_t published = atomic_load(&queue->published);
    uint64_t freed = atomic_load_explicit(&queue->freed, memory_order_acquire);

    /* What is not published yet may have been taken. */
    return published > freed ? (size_t)(published - freed) : 0;
}

int
packet_queue_fd(const struct packet_queue *queue)
{
    return queue->fd;
}

bool
packet_queue_sleep(struct packet_queue *queue, size_t level)
{
    atomic_store(&queue->wake_level, level);
    if (packet_queue_level(queue) >= level) {
        atomic_store(&queue->wake_level, NEVER);
        return false;
    }
    return true;
}

void
packet_queue_slept(struct packet_queue *queue)
{
    uint64_t times;

    atomic_store(&queue->wake_level, NEVER);
    /* It fails if the thread was not woken. */
    if (read(queue->fd, &times, sizeof times) < 0) {
        return;
    }
}
