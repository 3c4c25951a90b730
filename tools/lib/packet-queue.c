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
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <glib.h>

#define CHUNK_SIZE  (64 * 1024)
#define ALIGNMENT   8

/* One packet, in as little memory as possible. Its bytes follow, before them a
 * struct rest if it has one. */
struct record {
    uint64_t time;
    uint32_t point;
    uint16_t len;
    uint8_t  kind;
    uint8_t  direction : 2;
    uint8_t  connection : 2;
    uint8_t  has_rest : 1;
};

struct rest {
    uint64_t lost;
    uint64_t original_len;
};

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
    struct capture_packet next; /* of next_size bytes, 0: not looked at yet */
    size_t next_size;
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

static bool
has_rest(const struct capture_packet *packet, size_t len)
{
    return packet->lost > 0 || packet->original_len > len || packet->len > len;
}

static size_t
size_of_record(size_t len, bool rest)
{
    return sizeof(struct record) + (rest ? sizeof(struct rest) : 0)
           + (len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

G_STATIC_ASSERT(sizeof(struct record) % ALIGNMENT == 0);
G_STATIC_ASSERT(PACKET_QUEUE_MAX_PACKET <= UINT16_MAX);

static void
write_record(void *out, const struct capture_packet *packet, size_t len,
             bool rest)
{
    struct record *record = out;
    uint8_t *bytes = (uint8_t *)(record + 1);

    *record = (struct record){
        .time = packet->time,
        .point = packet->point,
        .len = (uint16_t)len,
        .kind = (uint8_t)packet->kind,
        .direction = packet->direction & 3,
        .connection = packet->connection & 3,
        .has_rest = rest,
    };
    if (rest) {
        const struct rest numbers = {
            .lost = packet->lost,
            .original_len = MAX(packet->original_len, packet->len),
        };

        memcpy(bytes, &numbers, sizeof numbers);
        bytes += sizeof numbers;
    }
    if (len > 0) {
        memcpy(bytes, packet->bytes, len);
    }
}

/* Returns the size of the record. */
static size_t
read_record(const void *in, struct capture_packet *packet)
{
    const struct record *record = in;
    struct rest rest = { .lost = 0, .original_len = record->len };
    const uint8_t *bytes = (const uint8_t *)(record + 1);

    if (record->has_rest) {
        memcpy(&rest, bytes, sizeof rest);
        bytes += sizeof rest;
    }
    *packet = (struct capture_packet){
        .time = record->time,
        .lost = rest.lost,
        .point = record->point,
        .kind = record->kind,
        .direction = record->direction,
        .connection = record->connection,
        .bytes = bytes,
        .len = record->len,
        .original_len = (size_t)rest.original_len,
    };
    return size_of_record(record->len, record->has_rest);
}

bool
packet_queue_put(struct packet_queue *queue,
                 const struct capture_packet *packet)
{
    size_t len = MIN(packet->len, PACKET_QUEUE_MAX_PACKET);
    bool rest = has_rest(packet, len);
    size_t size = size_of_record(len, rest);
    size_t room = CHUNK_SIZE - queue->last_len;
    size_t gap = size > room ? room : 0;
    uint64_t level =
        queue->put + gap + size
        - atomic_load_explicit(&queue->freed, memory_order_acquire);

    if (level > PACKET_QUEUE_MAX) {
        return false;
    }
    if (size > room) {
        struct chunk *chunk = next_chunk(queue);

        atomic_store_explicit(&queue->last->next, chunk, memory_order_release);
        queue->last = chunk;
        queue->last_len = 0;
    }
    write_record(queue->last->bytes + queue->last_len, packet, len, rest);
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
    struct chunk *chunk = queue->first, *next;
    size_t len;

    if (queue->next_size > 0) {
        return &queue->next;
    }
    /* The next one comes after the last packet of this one. */
    next = atomic_load_explicit(&chunk->next, memory_order_acquire);
    len = atomic_load_explicit(&chunk->len, memory_order_acquire);
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
    queue->next_size = read_record(chunk->bytes + queue->first_offset,
                                   &queue->next);
    return &queue->next;
}

void
packet_queue_drop(struct packet_queue *queue)
{
    queue->first_offset += queue->next_size;
    queue->taken += queue->next_size;
    queue->next_size = 0;
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
