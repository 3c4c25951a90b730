/* link.h
 * A link between two ends, each of which connects to the tap or is connected to
 * by it; one connection after another.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef LINK_H
#define LINK_H

#include <stdbool.h>

#include "address.h"
#include "relay.h"
#include "watch.h"

/* Where an end is to be found. */
struct link_end_spec {
    struct address *address;
    bool listens;               /* the tap does, for the end to connect */
};

struct link_spec {
    char *name;
    struct link_end_spec ends[ENDS];
};

/* Reads "NAME=END,END". Each END is an address, the first of them to listen at
 * and the second to connect to, unless listen: or connect: before it says
 * otherwise. */
struct link_spec *link_spec_parse(const char *text, GError **error);

/* Takes the ends, unless they are one and the same, which is an error: the one
 * that listens is the near one; of two alike the first is. */
struct link_spec *link_spec_new(const char *name,
                                const struct link_end_spec *first,
                                const struct link_end_spec *second,
                                GError **error);
void link_spec_free(struct link_spec *spec);

struct link;

/* Is told that a link is over: an end was a socket that the program had been
 * given, connected, and that is gone. It must not be freed then. */
typedef void (*link_over_func)(gpointer data);

/* Listens, saying so where the user has to know. Takes spec. */
struct link *link_new(struct link_spec *spec, link_over_func over,
                      gpointer data, GError **error);

/* From now on whoever connects is taken, and it connects when it is time. keep:
 * the near end stays connected when the far end goes, and waits for it to come
 * back. */
void link_begin(struct link *link, bool keep, struct relay *relay,
                struct captures *captures);

/* After relay_stop(). */
void link_free(struct link *link);

const char *link_name(const struct link *link);
bool link_is_up(const struct link *link);

/* How the ends are, in words. To be freed. */
char *link_state(const struct link *link);

/* NULL before link_begin(). */
struct watch *link_watch(struct link *link);

#endif /* LINK_H */
