/* tap.h
 * Links that are passed on, and captures of what goes by on them. Everything
 * that waits does so in the default main context; the traffic itself has a
 * thread of its own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TAP_H
#define TAP_H

#include <stdbool.h>

#include "captures.h"
#include "link.h"

struct tap;

/* Is told that all links are over, which only those come to that have
 * connected sockets that the program was given. */
typedef void (*tap_over_func)(gpointer data);

struct tap *tap_new(tap_over_func over, gpointer data, GError **error);

/* Listens. Takes spec. */
bool tap_add_link(struct tap *tap, struct link_spec *spec, GError **error);

/* Takes the writer. name: for messages. */
void tap_add_capture(struct tap *tap, struct capture_writer *writer,
                     const char *name);

/* After the last of both: the links begin. keep: see link_begin(). */
void tap_begin(struct tap *tap, bool keep);

guint tap_links(const struct tap *tap);
struct link *tap_link(const struct tap *tap, guint number);

/* The sum of all links. */
void tap_get_counts(const struct tap *tap, struct watch_counts *counts);

struct captures *tap_captures(const struct tap *tap);

/* Ends the links, then the captures. Says what of those was lost; returns
 * whether that was nothing. */
bool tap_close(struct tap *tap);

#endif /* TAP_H */
