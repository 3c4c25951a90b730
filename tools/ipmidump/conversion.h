/* conversion.h
 * What both ways to write another capture have in common.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef CONVERSION_H
#define CONVERSION_H

#include "capture-writer.h"
#include "sink.h"

/* Begins each of them. */
struct conversion {
    struct sink sink;
    struct capture_writer *writer;
    GArray *points;             /* unsigned: the writer's, by number */
};

/* Opens path for packets of linktype; ends the program if that fails. */
void conversion_open(struct conversion *conversion,
                     const struct sink_class *class, const char *path,
                     unsigned linktype);

/* sink_class.point of them. */
void conversion_point(struct sink *sink, unsigned number,
                      const struct capture_point *point);

/* packet->point is the number of what is read. */
void conversion_put(struct conversion *conversion,
                    const struct capture_packet *packet);

/* Ends the program if not all could be written. */
void conversion_close(struct conversion *conversion);

#endif /* CONVERSION_H */
