/* wire.c
 * Frames: header, body and checksum, escaped, and their terminator.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "wire.h"

#include <stddef.h>

#include "pcapng.h"

#define END_OF_MESSAGE  0xa0
#define END_OF_CONTROL  0xa1
#define ESCAPE          0xaa
#define ESCAPED_BIT     0x10

static size_t put_escaped(uint8_t *out, uint8_t byte)
{
    if (byte == END_OF_MESSAGE || byte == END_OF_CONTROL || byte == ESCAPE) {
        out[0] = ESCAPE;
        out[1] = byte | ESCAPED_BIT;
        return 2;
    }
    out[0] = byte;
    return 1;
}

static void put_frame(unsigned point, uint64_t time, enum direction direction,
                      uint8_t seq, uint8_t netfn_lun, uint8_t cmd,
                      const struct body *body)
{
    const uint8_t header[] = { seq, netfn_lun, cmd };
    uint8_t frame[2 * (sizeof header + DATA_MAX + 1) + 1];
    uint8_t sum = 0;
    size_t len = 0;

    for (size_t i = 0; i < sizeof header; i++) {
        sum += header[i];
        len += put_escaped(frame + len, header[i]);
    }
    for (size_t i = 0; i < body->len; i++) {
        sum += (uint8_t)body->bytes[i];
        len += put_escaped(frame + len, (uint8_t)body->bytes[i]);
    }
    len += put_escaped(frame + len, (uint8_t)-sum);
    frame[len++] = END_OF_MESSAGE;
    _Static_assert(sizeof frame <= PACKET_MAX, "a packet has room for it");
    put_packet(point, time, direction, "ipmi_extern", frame, len);
}

void put_request(unsigned point, uint64_t time, uint8_t seq,
                 const struct exchange *exchange)
{
    put_frame(point, time, TO_BMC, seq, exchange->netfn_lun, exchange->cmd,
              &exchange->request);
}

void put_response(unsigned point, uint64_t time, uint8_t seq,
                  const struct exchange *exchange)
{
    put_frame(point, time, TO_HOST, seq, exchange->netfn_lun | RESPONSE,
              exchange->cmd, &exchange->response);
}
