/* extcap-merge.h
 * Puts packets of several inputs, each in the order of time, into one order of
 * time, as they come: a packet waits until the other inputs are as far, but not
 * for long.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef EXTCAP_MERGE_H
#define EXTCAP_MERGE_H

#include <stdbool.h>

#include <glib.h>

#include "capture.h"

/* How long a packet waits for another input of which there is nothing to read.
 * QEMU's capture is that of 10 ms ago, or of some more on a busy machine. */
#define MERGE_WAIT_MS   200

/* Bytes that wait at most. */
#define MERGE_MAX_BYTES (8 * 1024 * 1024)

struct merge;

/* Is given the packets in their order. */
typedef void (*merge_func)(const struct capture_packet *packet, void *data);

struct merge *merge_new(unsigned inputs, merge_func func, void *data);

/* Passes on what is still there. */
void merge_free(struct merge *merge);

/* Whether anything can come from an input, and is worth waiting for. At the
 * beginning nothing can. */
void merge_set_open(struct merge *merge, unsigned input, bool open);

void merge_put(struct merge *merge, unsigned input,
               const struct capture_packet *packet);

#endif /* EXTCAP_MERGE_H */
