/* pcapng-blocks.c
 * The blocks of a capture as docs/capture-format.md has them: how they are
 * written. Numbers are in the byte order of this machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "pcapng-blocks.h"

#include <string.h>

/* Types of blocks, and options of each. */
enum {
    BLOCK_INTERFACE = 1,
    BLOCK_STATISTICS = 5,
    BLOCK_PACKET = 6,
    BLOCK_SECTION = 0x0a0d0d0a,

    OPT_END = 0,
    OPT_COMMENT = 1,
    SHB_USERAPPL = 4,
    IF_NAME = 2,
    IF_DESCRIPTION = 3,
    IF_TSRESOL = 9,
    EPB_FLAGS = 2,
    EPB_DROPCOUNT = 4,
    ISB_IFRECV = 4,
    ISB_IFDROP = 5
};

#define NANOSECONDS 9

/* Before the bytes of a packet, of its block. */
#define PACKET_HEADER   28
#define FLAGS_OPTION    8

/* Of any block, with options: type and size; no more options, and size. */
#define START           8
#define END             8

/* The tags before what a dissector gets, exported_pdu.h of Wireshark: number
 * and length, big-endian. */
static const uint8_t tags_extern[] = {
    0, 12, 0, 12, 'i', 'p', 'm', 'i', '_', 'e', 'x', 't', 'e', 'r', 'n', 0,
    0, 0, 0, 0
};
static const uint8_t tags_kcs[] = {
    0, 12, 0, 8, 'i', 'p', 'm', 'i', '_', 'k', 'c', 's', 0, 0, 0, 0
};
static const uint8_t tags_bt[] = {
    0, 12, 0, 8, 'i', 'p', 'm', 'i', '_', 'b', 't', 0, 0, 0, 0, 0
};

static const struct {
    const uint8_t *bytes;
    uint32_t len;
} tags[] = {
    [CAPTURE_OTHER] = { NULL, 0 },
    [CAPTURE_EXTERN] = { tags_extern, sizeof tags_extern },
    [CAPTURE_KCS] = { tags_kcs, sizeof tags_kcs },
    [CAPTURE_BT] = { tags_bt, sizeof tags_bt },
    [CAPTURE_TRACE] = { NULL, 0 },
};

static const struct {
    const char *text;
    uint16_t len;
} comments[] = {
    [CAPTURE_NO_CONNECTION_RECORD] = { NULL, 0 },
    [CAPTURE_CONNECTED] = { "connected", 9 },
    [CAPTURE_DISCONNECTED] = { "disconnected", 12 },
};

static uint32_t
padded(uint32_t len)
{
    return (len + 3) & ~3u;
}

/* What put_option() writes. */
static uint32_t
option_size(uint32_t len)
{
    return 4 + padded(len);
}

/* All of these write at out and return what is behind it. */

static uint8_t *
put_bytes(uint8_t *out, const void *bytes, uint32_t len)
{
    if (len > 0) {
        memcpy(out, bytes, len);
    }
    return out + len;
}

static uint8_t *
put_padding(uint8_t *out, uint32_t len)
{
    for (uint32_t i = len; i < padded(len); i++) {
        *out++ = 0;
    }
    return out;
}

static uint8_t *
put16(uint8_t *out, uint16_t number)
{
    return put_bytes(out, &number, sizeof number);
}

static uint8_t *
put32(uint8_t *out, uint32_t number)
{
    return put_bytes(out, &number, sizeof number);
}

static uint8_t *
put_option(uint8_t *out, uint16_t code, const void *value, uint16_t len)
{
    out = put16(out, code);
    out = put16(out, len);
    out = put_bytes(out, value, len);
    return put_padding(out, len);
}

static uint8_t *
put_time(uint8_t *out, uint64_t time)
{
    out = put32(out, (uint32_t)(time >> 32));
    return put32(out, (uint32_t)time);
}

/* Ends the options, and the block with its size, which is at its start too. */
static void
put_end(uint8_t *out, uint8_t *block)
{
    uint32_t size = (uint32_t)(out - block) + END;

    out = put_option(out, OPT_END, NULL, 0);
    put32(block + 4, size);
    put32(out, size);
}

/* Makes room for a block of that size, and writes its type. */
static uint8_t *
begin(GByteArray *blocks, uint32_t type, guint size)
{
    guint start = blocks->len;

    g_byte_array_set_size(blocks, start + size);
    put32(blocks->data + start, type);
    return blocks->data + start;
}

/* An option has 16 bits for its length. */
static uint16_t
text_len(const char *text)
{
    return (uint16_t)MIN(strlen(text), G_MAXUINT16 - 3);
}

void
pcapng_add_section(GByteArray *blocks, const char *application)
{
    const uint16_t len = text_len(application);
    const int64_t not_given = -1;
    uint8_t *block = begin(blocks, BLOCK_SECTION,
                           START + 16 + option_size(len) + END);
    uint8_t *out = block + START;

    out = put32(out, 0x1a2b3c4d);
    out = put16(out, 1);
    out = put16(out, 0);
    out = put_bytes(out, &not_given, sizeof not_given);
    out = put_option(out, SHB_USERAPPL, application, len);
    put_end(out, block);
}

void
pcapng_add_interface(GByteArray *blocks, unsigned linktype,
                     const struct capture_point *point)
{
    const uint16_t name_len = text_len(point->name);
    const uint16_t description_len =
        point->description ? text_len(point->description) : 0;
    const uint8_t resolution = NANOSECONDS;
    uint8_t *block = begin(blocks, BLOCK_INTERFACE,
                           START + 8 + option_size(name_len)
                           + (description_len > 0
                                  ? option_size(description_len) : 0)
                           + option_size(1) + END);
    uint8_t *out = block + START;

    out = put16(out, (uint16_t)linktype);
    out = put16(out, 0);
    out = put32(out, 0);
    out = put_option(out, IF_NAME, point->name, name_len);
    if (description_len > 0) {
        out = put_option(out, IF_DESCRIPTION, point->description,
                         description_len);
    }
    out = put_option(out, IF_TSRESOL, &resolution, 1);
    put_end(out, block);
}

void
pcapng_add_packet(GByteArray *blocks, const struct capture_packet *packet,
                  uint64_t lost)
{
    const uint32_t tags_len = tags[packet->kind].len;
    const uint32_t len = tags_len + (uint32_t)packet->len;
    const uint32_t flags = packet->direction;
    const char *comment = comments[packet->connection].text;
    const uint16_t comment_len = comments[packet->connection].len;
    uint8_t *block = begin(blocks, BLOCK_PACKET,
                           PACKET_HEADER + padded(len) + FLAGS_OPTION
                           + (lost > 0 ? option_size(sizeof lost) : 0)
                           + (comment ? option_size(comment_len) : 0) + END);
    uint8_t *out = block + START;

    out = put32(out, packet->point);
    out = put_time(out, packet->time);
    out = put32(out, len);
    out = put32(out, tags_len
                     + (uint32_t)MAX(packet->original_len, packet->len));
    out = put_bytes(out, tags[packet->kind].bytes, tags_len);
    out = put_bytes(out, packet->bytes, (uint32_t)packet->len);
    out = put_padding(out, len);
    out = put_option(out, EPB_FLAGS, &flags, sizeof flags);
    if (lost > 0) {
        out = put_option(out, EPB_DROPCOUNT, &lost, sizeof lost);
    }
    if (comment) {
        out = put_option(out, OPT_COMMENT, comment, comment_len);
    }
    put_end(out, block);
}

void
pcapng_add_statistics(GByteArray *blocks, unsigned point, uint64_t time,
                      uint64_t received, uint64_t lost)
{
    uint8_t *block = begin(blocks, BLOCK_STATISTICS, PCAPNG_STATISTICS_SIZE);
    uint8_t *out = block + START;

    out = put32(out, point);
    out = put_time(out, time);
    out = put_option(out, ISB_IFRECV, &received, sizeof received);
    out = put_option(out, ISB_IFDROP, &lost, sizeof lost);
    put_end(out, block);
}

static uint32_t
get32(const uint8_t *at)
{
    uint32_t number;

    memcpy(&number, at, sizeof number);
    return number;
}

size_t
pcapng_block_size(const uint8_t *block)
{
    return get32(block + 4);
}

bool
pcapng_block_is_packet(const uint8_t *block)
{
    return get32(block) == BLOCK_PACKET;
}

unsigned
pcapng_packet_point(const uint8_t *block)
{
    return get32(block + 8);
}

uint64_t
pcapng_packet_lost(const uint8_t *block)
{
    const uint8_t *option =
        block + PACKET_HEADER + padded(get32(block + 20)) + FLAGS_OPTION;
    uint16_t code;
    uint64_t lost = 0;

    memcpy(&code, option, sizeof code);
    if (code == EPB_DROPCOUNT) {
        memcpy(&lost, option + 4, sizeof lost);
    }
    return lost;
}
