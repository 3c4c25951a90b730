/* conversion.c
 * What both ways to write another capture have in common.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "conversion.h"

#include "tool.h"

void
conversion_open(struct conversion *conversion, const struct sink_class *class,
                const char *path, unsigned linktype)
{
    /* A capture is read faster than a disk writes. */
    const struct capture_writer_options options = {
        .path = path, .linktype = linktype, .wait = true
    };
    GError *error = NULL;

    conversion->sink.class = class;
    conversion->points = g_array_new(FALSE, FALSE, sizeof(unsigned));
    conversion->writer = capture_writer_new(&options, &error);
    if (!conversion->writer) {
        tool_fail("%s", error->message);
    }
}

void
conversion_point(struct sink *sink, unsigned number G_GNUC_UNUSED,
                 const struct capture_point *point)
{
    struct conversion *conversion = (struct conversion *)sink;
    unsigned mine = capture_writer_point(conversion->writer, point->name,
                                         point->description);

    g_array_append_val(conversion->points, mine);
}

void
conversion_put(struct conversion *conversion,
               const struct capture_packet *packet)
{
    struct capture_packet mine = *packet;

    mine.point = g_array_index(conversion->points, unsigned, packet->point);
    capture_writer_put(conversion->writer, &mine);
}

void
conversion_close(struct conversion *conversion)
{
    GError *error = NULL;

    if (!capture_writer_close(conversion->writer, &error)) {
        tool_fail("%s", error->message);
    }
    g_array_unref(conversion->points);
}
