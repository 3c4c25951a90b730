/* relay.h
 * Passes bytes on between pairs of sockets, in a thread of its own: unchanged,
 * in order, and whatever else the program is busy with.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef RELAY_H
#define RELAY_H

#include <stdbool.h>

#include <glib.h>

#include "watch.h"

struct relay;
struct relay_pair;

struct relay *relay_new(GError **error);

/* Ends the thread; after it pairs may be freed whatever they were doing. */
void relay_stop(struct relay *relay);
void relay_free(struct relay *relay);

/* Is told, in the default main context, that a pair passes nothing on any more.
 * kept: its near end is still good, and waits for another far end. */
typedef void (*relay_end_func)(bool kept, gpointer data);

/* keep: a pair whose far end goes keeps its near end. */
struct relay_pair *relay_pair_new(struct relay *relay, struct watch *watch,
                                  bool keep, relay_end_func ended,
                                  gpointer data);

/* Begins to pass bytes on between two sockets that do not block; they stay the
 * caller's. What a near end that was kept had sent last, and the former far end
 * not taken, goes first. */
void relay_pair_start(struct relay_pair *pair, int near_fd, int far_fd);

/* Neither of these while it passes bytes on. The first: a near end that was
 * kept has gone. */
void relay_pair_forget(struct relay_pair *pair);
void relay_pair_free(struct relay_pair *pair);

#endif /* RELAY_H */
