/* pcap-parser.c
 * Parses pcap, the older capture format (pcap-savefile(5)), as it comes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "pcap-parser.h"

#include <string.h>

#include <gio/gio.h>

#define MAGIC_MICROSECONDS  0xa1b2c3d4
#define MAGIC_NANOSECONDS   0xa1b23c4d

#define FILE_HEADER     24
#define PACKET_HEADER   16

/* What the magic number says. */
static bool
parse_magic(struct pcap_parser *parser, const uint8_t *bytes)
{
    uint32_t magic;

    memcpy(&magic, bytes, sizeof magic);
    parser->swapped = magic != MAGIC_MICROSECONDS && magic != MAGIC_NANOSECONDS;
    magic = capture_u32(bytes, parser->swapped);
    parser->nanoseconds = magic == MAGIC_NANOSECONDS;
    return magic == MAGIC_MICROSECONDS || magic == MAGIC_NANOSECONDS;
}

bool
pcap_parser_recognises(const uint8_t *bytes)
{
    struct pcap_parser parser = { 0 };

    return parse_magic(&parser, bytes);
}

enum capture_read
pcap_parser_next(struct pcap_parser *parser, struct capture_input *input,
                 struct capture_raw *raw, GError **error)
{
    const uint8_t *bytes;
    enum capture_read result;
    bool swapped;

    if (!parser->begun) {
        result = capture_source_need(input, FILE_HEADER, error);
        if (result != CAPTURE_READ_PACKET) {
            return result;
        }
        bytes = capture_input_bytes(input);
        parse_magic(parser, bytes);
        /* What is above is of the frame check sequence. */
        parser->interface.linktype = (uint16_t)capture_u32(
            bytes + 20, parser->swapped);
        parser->begun = true;
        capture_input_take(input, FILE_HEADER);
    }

    result = capture_source_need(input, PACKET_HEADER, error);
    if (result != CAPTURE_READ_PACKET) {
        return result;
    }
    swapped = parser->swapped;
    *raw = (struct capture_raw){ 0 };
    raw->len = capture_u32(capture_input_bytes(input) + 8, swapped);
    if (raw->len > CAPTURE_MAX_PACKET) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "it is damaged at byte %" G_GUINT64_FORMAT
                    ": a packet cannot have such a length", input->offset);
        return CAPTURE_READ_ERROR;
    }
    result = capture_source_need(input, PACKET_HEADER + raw->len, error);
    if (result != CAPTURE_READ_PACKET) {
        return result;
    }
    bytes = capture_input_bytes(input);
    raw->time = capture_u32(bytes, swapped) * UINT64_C(1000000000)
                + (uint64_t)capture_u32(bytes + 4, swapped)
                  * (parser->nanoseconds ? 1 : 1000);
    raw->original_len = MAX(capture_u32(bytes + 12, swapped), raw->len);
    raw->bytes = bytes + PACKET_HEADER;
    raw->number = ++parser->packets;
    capture_input_take(input, PACKET_HEADER + raw->len);
    return CAPTURE_READ_PACKET;
}
