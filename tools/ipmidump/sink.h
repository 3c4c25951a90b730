/* sink.h
 * What becomes of a capture: text for people or for programs, or another
 * capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef SINK_H
#define SINK_H

#include <stdbool.h>

#include "traffic.h"

struct sink;

struct sink_class {
    /* A capture point, before anything of it. */
    void (*point)(struct sink *sink, unsigned number,
                  const struct capture_point *point);

    /* A packet, before what is in it; NULL if that is not wanted. */
    void (*packet)(struct sink *sink, const struct capture_packet *packet);

    /* What is in packets. */
    void (*traffic)(struct sink *sink, const struct traffic *traffic);

    /* Nothing more is there for now. */
    void (*pause)(struct sink *sink);

    /* The end. Also frees it. Ends the program if something was lost. */
    void (*close)(struct sink *sink);
};

/* Begins each of them. */
struct sink {
    const struct sink_class *class;
};

/* A line for each message and for whatever else happens; accesses to registers
 * only if registers is set or something is wrong with them. */
struct sink *lines_new(bool registers, bool colour);

/* A line of JSON for each of the same, and for each capture point. */
struct sink *json_new(bool registers);

/* Captures in path: of link type LINKTYPE_IPMI_HPM_2, and as
 * docs/capture-format.md has it. End the program if there cannot be one. */
struct sink *hpm2_new(const char *path);
struct sink *pcapng_new(const char *path);

/* Whether there is a line for it. */
bool sink_shows(const struct traffic *traffic, bool registers);

#endif /* SINK_H */
