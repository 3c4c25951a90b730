/* packet-queue.h
 * Packets on their way from the thread that captures them to the thread that
 * writes them, as the blocks that are to be written (pcapng-blocks.h). Neither
 * thread ever waits for the other: there are no locks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef PACKET_QUEUE_H
#define PACKET_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "capture.h"

/* Bytes of blocks. Of short messages these are 100,000, which come in a tenth of
 * a second on a very busy link. */
#define PACKET_QUEUE_MAX        (8 * 1024 * 1024)

/* Of a packet that has more bytes the rest is cut off. */
#define PACKET_QUEUE_MAX_PACKET (32 * 1024)

struct packet_queue;

/* NULL, and errno, if there are too many file descriptors. */
struct packet_queue *packet_queue_new(void);
void packet_queue_free(struct packet_queue *queue);

/* Both threads: how many bytes are in it, of those that are published. */
size_t packet_queue_level(struct packet_queue *queue);

/* The thread that captures */

/* Adds the block of a packet. Returns false if there is no room. */
bool packet_queue_put(struct packet_queue *queue,
                      const struct capture_packet *packet);

/* After one or more of these: lets the other thread know, and wakes it if it
 * waits for that. */
void packet_queue_publish(struct packet_queue *queue);

/* Wakes the other thread. */
void packet_queue_wake(struct packet_queue *queue);

/* The thread that writes */

/* The next packets' blocks, so many of them as are in one piece, and their size
 * in all; or NULL. They hold until they are dropped, len bytes of them. */
const uint8_t *packet_queue_peek(struct packet_queue *queue, size_t *len);
void packet_queue_drop(struct packet_queue *queue, size_t len);

/* Readable once the thread is woken, until packet_queue_slept(). */
int packet_queue_fd(const struct packet_queue *queue);

/* To be woken at so many bytes. Returns false if they are there already. */
bool packet_queue_sleep(struct packet_queue *queue, size_t level);
void packet_queue_slept(struct packet_queue *queue);

#endif /* PACKET_QUEUE_H */
