/* frames.h
 * The IPMI extern wire format (docs/ipmi-extern.md) as a stream: bytes as they
 * come are split into frames, messages are made into frames.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef FRAMES_H
#define FRAMES_H

#include <stddef.h>
#include <stdint.h>

#include "ipmi-extern-frame.h"

/* One direction of a connection. Keeps no more than the beginning of a frame
 * of which the end has not come. */
struct frame_splitter {
    size_t  len;        /* of the frame so far, also what is not kept */
    uint8_t kept[IPMI_EXTERN_MAX_WIRE];
};

/* Is told of each frame, as on the wire: its terminator, unless the stream
 * ended, is the last byte. original_len is greater than len if the frame is
 * longer than IPMI_EXTERN_MAX_WIRE, of which the beginning is there. */
typedef void (*frame_func)(const uint8_t *wire, size_t len,
                           size_t original_len, void *data);

/* splitter is zeros at the start of a connection. */
void frame_splitter_feed(struct frame_splitter *splitter, const uint8_t *bytes,
                         size_t len, frame_func func, void *data);

/* The stream ends: reports what is there without a terminator. */
void frame_splitter_end(struct frame_splitter *splitter, frame_func func,
                        void *data);

/* Longest frame of a message of len bytes, its checksum included. */
#define FRAME_SIZE(len)     (2 * (len) + 1)

/* Makes the frame of a message, appending its checksum: message has seq,
 * netFn/LUN, command, and so on. frame has room for FRAME_SIZE(len + 1).
 * Returns its length. */
size_t frame_of_message(const uint8_t *message, size_t len, uint8_t *frame);

/* The same of a control command and its operand. Room: FRAME_SIZE(len). */
size_t frame_of_control(const uint8_t *control, size_t len, uint8_t *frame);

#endif /* FRAMES_H */
