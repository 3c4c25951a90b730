/* hpm2.c
 * The messages in a capture as a trace of PICMG HPM.2 (LINKTYPE_IPMI_HPM_2),
 * which Wireshark decodes as it is. All of them become messages of KCS, the one
 * system interface of which Wireshark knows the format; what is no message
 * becomes an embedded ASCII message.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <glib.h>

#include "conversion.h"
#include "tool.h"

/* A block of trace data, numbers little-endian: type and channel, seconds (4
 * bytes), milliseconds (2), protocol, what is peculiar to it (2), length. */
#define HEADER_SIZE     11

/* Its length has one byte. */
#define MAX_DATA        255

#define TYPE_DATA       0x00
#define TYPE_TEXT       0x20

#define PROTOCOL_NONE   0x00
#define PROTOCOL_KCS    0x05    /* IPMI 2.0, table 6-2 */
#define TO_BMC          0x80    /* of a system interface */

/* The channel of the first capture point is the system interface, those of
 * others the ones before it (IPMI 2.0, table 6-1). */
#define CHANNELS        16

struct hpm2 {
    struct conversion conversion;
    uint64_t cut;
};

static void
put_block(struct hpm2 *hpm2, const struct traffic *traffic, uint8_t type,
          uint8_t protocol, const uint8_t *data, size_t len)
{
    const uint32_t seconds = (uint32_t)(traffic->time / 1000000000);
    const unsigned milliseconds = traffic->time % 1000000000 / 1000000;
    const size_t kept = MIN(len, MAX_DATA);
    uint8_t block[HEADER_SIZE + MAX_DATA] = {
        type | (CHANNELS - 1 - traffic->point % CHANNELS),
        (uint8_t)seconds, (uint8_t)(seconds >> 8), (uint8_t)(seconds >> 16),
        (uint8_t)(seconds >> 24),
        (uint8_t)milliseconds, (uint8_t)(milliseconds >> 8),
        protocol,
        traffic->direction == CAPTURE_TO_BMC ? TO_BMC : 0, 0,
        (uint8_t)kept,
    };

    memcpy(block + HEADER_SIZE, data, kept);
    hpm2->cut += kept < len;
    conversion_put(&hpm2->conversion, &(struct capture_packet){
        .time = traffic->time,
        .lost = traffic->lost,
        .point = traffic->point,
        .kind = CAPTURE_TRACE,
        .direction = traffic->direction,
        .bytes = block,
        .len = HEADER_SIZE + kept,
        .original_len = HEADER_SIZE + len,
    });
}

/* What there is no format for in a trace, in words. */
static void
put_text(struct hpm2 *hpm2, const struct traffic *traffic)
{
    char text[MAX_DATA + 1];
    size_t len = traffic_describe(traffic, text, sizeof text);

    if (traffic->fault) {
        len += g_snprintf(text + len, sizeof text - len, ": %s",
                          traffic->fault);
    }
    put_block(hpm2, traffic, TYPE_TEXT, PROTOCOL_NONE, (uint8_t *)text,
              MIN(len, MAX_DATA));
}

static void
hpm2_traffic(struct sink *sink, const struct traffic *traffic)
{
    struct hpm2 *hpm2 = (struct hpm2 *)sink;

    switch (traffic->kind) {
    case TRAFFIC_REQUEST:
    case TRAFFIC_RESPONSE:
        /* A message of KCS is one without a sequence number. */
        put_block(hpm2, traffic, TYPE_DATA, PROTOCOL_KCS, traffic->bytes + 1,
                  traffic->len - 1);
        break;
    default:
        if (sink_shows(traffic, false)) {
            put_text(hpm2, traffic);
        }
        break;
    }
}

static void
hpm2_close(struct sink *sink)
{
    struct hpm2 *hpm2 = (struct hpm2 *)sink;

    conversion_close(&hpm2->conversion);
    if (hpm2->cut > 0) {
        tool_say("messages cut, as HPM.2 has no room for more than %u bytes: "
                 "%" G_GUINT64_FORMAT, MAX_DATA, hpm2->cut);
    }
    g_free(hpm2);
}

struct sink *
hpm2_new(const char *path)
{
    static const struct sink_class class = {
        .point = conversion_point,
        .traffic = hpm2_traffic,
        .close = hpm2_close,
    };
    struct hpm2 *hpm2 = g_new0(struct hpm2, 1);

    conversion_open(&hpm2->conversion, &class, path, CAPTURE_LINKTYPE_HPM_2);
    return &hpm2->conversion.sink;
}
