/* captures.h
 * Where the links' traffic is written: several captures at once, each of all
 * links, of which one that cannot be written does not hurt the others.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef CAPTURES_H
#define CAPTURES_H

#include <stdbool.h>

#include "capture-writer.h"

struct captures;

struct captures *captures_new(void);

/* Before the first point. Takes the writer. name: for messages. */
void captures_add(struct captures *captures, struct capture_writer *writer,
                  const char *name);

/* Adds a capture point to all of them and returns its number. */
unsigned captures_point(struct captures *captures, const char *name,
                        const char *description);

/* Whoever puts packets holds this, from whichever thread: it is held for short
 * times only. */
void captures_lock(struct captures *captures);
void captures_unlock(struct captures *captures);

/* With the lock. While they pause, packets are lost and counted. */
void captures_put(struct captures *captures, struct capture_packet *packet);

void captures_pause(struct captures *captures, bool pause);

/* Packets that were lost, of the capture that lost most. */
uint64_t captures_lost(struct captures *captures);

/* Whether one was read, by a FIFO or a pipe, and is not any more. */
bool captures_reader_gone(struct captures *captures);

/* Says which captures have got into trouble, and which out of it again. */
void captures_check(struct captures *captures);

/* Closes them. Says of each what it lost for good; returns whether that was
 * nothing. */
bool captures_close(struct captures *captures);

#endif /* CAPTURES_H */
