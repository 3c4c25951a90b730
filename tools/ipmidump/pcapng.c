/* pcapng.c
 * What is in a capture as another capture, docs/capture-format.md, whatever the
 * first one was: each frame and each record a packet of its own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <glib.h>

#include "conversion.h"
#include "frames.h"

struct pcapng {
    struct conversion conversion;

    /* What is left of a packet with frames: the follower reports each of them,
     * and its direction. */
    struct capture_packet left;
};

static void
pcapng_packet(struct sink *sink, const struct capture_packet *packet)
{
    struct pcapng *pcapng = (struct pcapng *)sink;

    pcapng->left = *packet;
    if (packet->kind == CAPTURE_KCS || packet->kind == CAPTURE_BT) {
        conversion_put(&pcapng->conversion, packet);
    }
}

/* The next frame, or the connection that the packet is about. */
static void
put_frame(struct pcapng *pcapng, enum capture_direction direction)
{
    struct capture_packet *left = &pcapng->left;
    struct capture_packet frame = *left;
    size_t len = ipmi_extern_frame_length(left->bytes, left->len);

    /* That more was there is all that the capture has of it. */
    if (left->len == 0 && left->original_len > 0) {
        return;
    }
    if (len > 0) {
        frame.len = frame.original_len = len;
    }
    frame.direction = direction;
    conversion_put(&pcapng->conversion, &frame);
    left->bytes += frame.len;
    left->len -= frame.len;
    left->original_len -= frame.original_len;
    left->lost = 0;
}

/* A message of an HPM.2 trace as the frame that a wire would have carried. */
static void
put_message(struct pcapng *pcapng, const struct traffic *traffic)
{
    uint8_t *bytes = g_malloc(FRAME_SIZE(traffic->len + 1));
    struct capture_packet frame = {
        .time = traffic->time,
        .lost = traffic->lost,
        .point = traffic->point,
        .kind = CAPTURE_EXTERN,
        .direction = traffic->direction,
        .bytes = bytes,
        .len = frame_of_message(traffic->bytes, traffic->len, bytes),
    };

    frame.original_len = frame.len;
    conversion_put(&pcapng->conversion, &frame);
    g_free(bytes);
}

static void
pcapng_traffic(struct sink *sink, const struct traffic *traffic)
{
    struct pcapng *pcapng = (struct pcapng *)sink;

    if (traffic->where == CAPTURE_EXTERN) {
        put_frame(pcapng, traffic->direction);
    } else if (traffic->where == CAPTURE_TRACE
               && (traffic->kind == TRAFFIC_REQUEST
                   || traffic->kind == TRAFFIC_RESPONSE)) {
        put_message(pcapng, traffic);
    }
}

static void
pcapng_close(struct sink *sink)
{
    struct pcapng *pcapng = (struct pcapng *)sink;

    conversion_close(&pcapng->conversion);
    g_free(pcapng);
}

struct sink *
pcapng_new(const char *path)
{
    static const struct sink_class class = {
        .point = conversion_point,
        .packet = pcapng_packet,
        .traffic = pcapng_traffic,
        .close = pcapng_close,
    };
    struct pcapng *pcapng = g_new0(struct pcapng, 1);

    conversion_open(&pcapng->conversion, &class, path,
                    CAPTURE_LINKTYPE_UPPER_PDU);
    return &pcapng->conversion.sink;
}
