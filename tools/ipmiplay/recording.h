/* recording.h
 * What one capture point has of a conversation: messages, control commands and
 * connections, in order, each request with its response.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef RECORDING_H
#define RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "traffic.h"

/* Of what has no partner. */
#define RECORDING_NONE  UINT32_MAX

/* There may be millions. */
struct recorded {
    uint64_t number;            /* of its packet */
    uint64_t time;              /* ns */
    const struct ipmi_command *command;     /* as struct traffic has it */
    const uint8_t *bytes;       /* as struct traffic has them */
    uint32_t len;
    uint32_t partner;           /* index of a request's response, or of a
                                 * response's request */
    uint32_t point;
    enum traffic_kind      kind : 8;        /* no access, nothing bad */
    enum capture_direction direction : 8;
    enum capture_kind      where : 8;
};

struct recording {
    char *name;                 /* for messages */
    struct recorded *events;
    size_t len;
    GStringChunk *bytes;        /* of the events */
    enum capture_kind where;
    uint64_t left_out;          /* messages that are not whole, or that their
                                 * receiver drops */
    bool cut_off;               /* it ends in the middle of a packet */
};

/* Takes fd. point: the capture point's name or number, or NULL if there is but
 * one that has something to play. Errors about it are of G_OPTION_ERROR. */
struct recording *recording_load(int fd, const char *name, const char *point,
                                 GError **error);
void recording_free(struct recording *recording);

/* The index of the next event at or after start that is the beginning or the
 * end of a connection, or the recording's len. */
size_t recording_connection_end(const struct recording *recording,
                                size_t start);

#endif /* RECORDING_H */
