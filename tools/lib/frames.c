/* frames.c
 * The IPMI extern wire format (docs/ipmi-extern.md) as a stream: bytes as they
 * come are split into frames, messages are made into frames.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "frames.h"

#include <string.h>

/* Appends to the frame that has begun; past the room only its length counts. */
static void
keep(struct frame_splitter *splitter, const uint8_t *bytes, size_t len)
{
    if (splitter->len < sizeof splitter->kept) {
        size_t room = sizeof splitter->kept - splitter->len;

        memcpy(splitter->kept + splitter->len, bytes, len < room ? len : room);
    }
    splitter->len += len;
}

static void
report(const uint8_t *wire, size_t len, frame_func func, void *data)
{
    func(wire, len < IPMI_EXTERN_MAX_WIRE ? len : IPMI_EXTERN_MAX_WIRE, len,
         data);
}

void
frame_splitter_feed(struct frame_splitter *splitter, const uint8_t *bytes,
                    size_t len, frame_func func, void *data)
{
    while (len > 0) {
        size_t frame_len = ipmi_extern_frame_length(bytes, len);

        if (frame_len == 0) {
            keep(splitter, bytes, len);
            return;
        }
        if (splitter->len == 0) {
            report(bytes, frame_len, func, data);
        } else {
            keep(splitter, bytes, frame_len);
            frame_splitter_end(splitter, func, data);
        }
        bytes += frame_len;
        len -= frame_len;
    }
}

void
frame_splitter_end(struct frame_splitter *splitter, frame_func func, void *data)
{
    if (splitter->len > 0) {
        report(splitter->kept, splitter->len, func, data);
        splitter->len = 0;
    }
}

static uint8_t *
put_escaped(uint8_t *out, uint8_t byte)
{
    if (byte == IPMI_EXTERN_MSG_END || byte == IPMI_EXTERN_CMD_END
            || byte == IPMI_EXTERN_ESCAPE) {
        *out++ = IPMI_EXTERN_ESCAPE;
        byte |= IPMI_EXTERN_ESCAPE_BIT;
    }
    *out++ = byte;
    return out;
}

size_t
frame_of_message(const uint8_t *message, size_t len, uint8_t *frame)
{
    uint8_t *out = frame;
    uint8_t sum = 0;

    for (size_t i = 0; i < len; i++) {
        sum = (uint8_t)(sum + message[i]);
        out = put_escaped(out, message[i]);
    }
    out = put_escaped(out, (uint8_t)-sum);
    *out++ = IPMI_EXTERN_MSG_END;
    return (size_t)(out - frame);
}

size_t
frame_of_control(const uint8_t *control, size_t len, uint8_t *frame)
{
    uint8_t *out = frame;

    for (size_t i = 0; i < len; i++) {
        out = put_escaped(out, control[i]);
    }
    *out++ = IPMI_EXTERN_CMD_END;
    return (size_t)(out - frame);
}
