/* packet-queue.c
 * Packets on their way from the thread that captures them to the thread that
 * writes them.
 *
 * They are in chunks of memory, the latest of which is filled while the earlier
 * ones are read, so that a little traffic takes a little memory and a burst finds
 * room. Each thread changes what is its own and publishes it by an atomic store.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "packet-queue.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <glib.h>

#define CHUNK_SIZE  (64 * 1024)
#define ALIGNMENT   8

/* Chunks that are kept for use again. */
#define MAX_SPARE   8

/* Nobody wants to be woken. */
#define NEVER       SIZE_MAX

struct chunk {
    struct chunk *_Atomic next;     /* once this one is full */
    _Atomic size_t len;             /* of what is published */
    _Alignas(ALIGNMENT) uint8_t bytes[CHUNK_SIZE];
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

static size_t
size_in_queue(size_t len)
{
    return sizeof(struct capture_packet)
           + (len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

G_STATIC_ASSERT(sizeof(struct capture_packet) % ALIGNMENT == 0);

bool
packet_queue_put(struct packet_queue *queue,
                 const struct capture_packet *packet)
{
    size_t len = MIN(packet->len, PACKET_QUEUE_MAX_PACKET);
    size_t size = size_in_queue(len);
    size_t room = CHUNK_SIZE - queue->last_len;
    size_t gap = size > room ? room : 0;
    uint64_t level =
        queue->put + gap + size
        - atomic_load_explicit(&queue->freed, memory_order_acquire);
    struct capture_packet *copy;

    if (level > PACKET_QUEUE_MAX) {
        return false;
    }
    if (size > room) {
        struct chunk *chunk = next_chunk(queue);

        atomic_store_explicit(&queue->last->next, chunk, memory_order_release);
        queue->last = chunk;
        queue->last_len = 0;
    }
    copy = (void *)(queue->last->bytes + queue->last_len);
    *copy = *packet;
    copy->bytes = (uint8_t *)(copy + 1);
    copy->len = len;
    copy->original_len = MAX(packet->len, packet->original_len);
    if (len > 0) {
        memcpy(copy + 1, packet->bytes, len);
    }
    queue->last_len += size;
    queue->put += gap + size;
    atomic_store_explicit(&queue->last->len, queue->last_len,
                          memory_order_release);

    /* In the order of packet_queue_sleep(), turned round: one of the two sees
     * the other. */
    atomic_store(&queue->published, queue->put);
    if (level >= atomic_load(&queue->wake_level)) {
        packet_queue_wake(queue);
    }
    return true;
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

const struct capture_packet *
packet_queue_peek(struct packet_queue *queue)
{
    struct chunk *chunk = queue->first;
    /* The next one comes after the last packet of this one. */
    struct chunk *next = atomic_load_explicit(&chunk->next,
                                              memory_order_acquire);
    size_t len = atomic_load_explicit(&chunk->len, memory_order_acquire);

    if (queue->first_offset == len) {
        if (!next) {
            return NULL;
        }
        queue->taken += CHUNK_SIZE - len;
        queue->first = next;
        queue->first_offset = 0;
        give_back(queue, chunk);
        return packet_queue_peek(queue);
    }
    return (const void *)(chunk->bytes + queue->first_offset);
}

void
packet_queue_drop(struct packet_queue *queue)
{
    const struct capture_packet *packet =
        (const void *)(queue->first->bytes + queue->first_offset);
    size_t size = size_in_queue(packet->len);

    queue->first_offset += size;
    queue->taken += size;
    atomic_store_explicit(&queue->freed, queue->taken, memory_order_release);
}

size_t
packet_queue_level(struct packet_queue *queue)
{
    return (size_t)(atomic_load(&queue->published)
                    - atomic_load_explicit(&queue->freed,
                                           memory_order_acquire));
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
