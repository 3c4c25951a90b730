/* capture-source.h
 * What the readers of capture formats have in common: packets as they are in
 * the capture, of whatever link type, and the interfaces that they are from.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef CAPTURE_SOURCE_H
#define CAPTURE_SOURCE_H

#include <string.h>

#include "capture-input.h"
#include "capture-reader.h"

/* What a capture can have at most: a limit against damaged ones, that nobody
 * comes near to with good ones. Wireshark has the same for a packet. */
#define CAPTURE_MAX_PACKET      (16 * 1024 * 1024)
#define CAPTURE_MAX_INTERFACES  65536

struct capture_interface {
    uint16_t linktype;
    char    *name;              /* or NULL */
    char    *description;       /* or NULL */
    uint32_t snaplen;           /* most bytes of a packet; 0: any number */

    /* Of a time stamp, as pcapng has it. */
    uint8_t  resolution;        /* if_tsresol */
    int64_t  time_offset;       /* s */

    uint64_t lost;              /* so far, as far as anybody has said */
};

struct capture_raw {
    uint64_t time;              /* ns since 1970-01-01 UTC */
    uint64_t lost;              /* just before it */
    uint64_t number;            /* from 1 */
    unsigned interface;         /* counted over all sections */
    enum capture_direction direction;
    enum capture_connection connection;     /* what a comment says */
    const uint8_t *bytes;       /* hold until the next packet is read */
    size_t len;
    size_t original_len;
};

/* Has len bytes ready: CAPTURE_READ_PACKET if they are there. */
static inline enum capture_read
capture_source_need(struct capture_input *input, size_t len, GError **error)
{
    switch (capture_input_need(input, len, error)) {
    case CAPTURE_INPUT_READY:
        return CAPTURE_READ_PACKET;
    case CAPTURE_INPUT_AGAIN:
        return CAPTURE_READ_AGAIN;
    case CAPTURE_INPUT_END:
        return CAPTURE_READ_END;
    default:
        return CAPTURE_READ_ERROR;
    }
}

/* Numbers of a capture, whose byte order may not be ours. */
static inline uint16_t
capture_u16(const uint8_t *bytes, bool swapped)
{
    uint16_t value;

    memcpy(&value, bytes, sizeof value);
    return swapped ? GUINT16_SWAP_LE_BE(value) : value;
}

static inline uint32_t
capture_u32(const uint8_t *bytes, bool swapped)
{
    uint32_t value;

    memcpy(&value, bytes, sizeof value);
    return swapped ? GUINT32_SWAP_LE_BE(value) : value;
}

static inline uint64_t
capture_u64(const uint8_t *bytes, bool swapped)
{
    uint64_t value;

    memcpy(&value, bytes, sizeof value);
    return swapped ? GUINT64_SWAP_LE_BE(value) : value;
}

/* Numbers of network protocols. */
static inline uint16_t
capture_be16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t
capture_be32(const uint8_t *bytes)
{
    return (uint32_t)capture_be16(bytes) << 16 | capture_be16(bytes + 2);
}

#endif /* CAPTURE_SOURCE_H */
