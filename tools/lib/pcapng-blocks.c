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
#define MAX_TAGS        20

static const struct {
    uint8_t  bytes[MAX_TAGS];
    uint32_t len;
} tags[] = {
    [CAPTURE_OTHER] = { .len = 0 },
    [CAPTURE_EXTERN] = {
        { 0, 12, 0, 12, 'i', 'p', 'm', 'i', '_', 'e', 'x', 't', 'e', 'r', 'n',
          0, 0, 0, 0, 0 },
        20
    },
    [CAPTURE_KCS] = {
        { 0, 12, 0, 8, 'i', 'p', 'm', 'i', '_', 'k', 'c', 's' }, 16
    },
    [CAPTURE_BT] = {
        { 0, 12, 0, 8, 'i', 'p', 'm', 'i', '_', 'b', 't', 0 }, 16
    },
    [CAPTURE_TRACE] = { .len = 0 },
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

/* Of a packet's bytes and the tags before them. */
static uint32_t
included_len(const struct capture_packet *packet)
{
    return tags[packet->kind].len + (uint32_t)packet->len;
}

size_t
pcapng_packet_size(const struct capture_packet *packet)
{
    const uint16_t comment_len = comments[packet->connection].len;

    return PACKET_HEADER + padded(included_len(packet)) + FLAGS_OPTION
           + (packet->lost > 0 ? PCAPNG_LOSS_SIZE : 0)
           + (comment_len > 0 ? option_size(comment_len) : 0) + END;
}

void
pcapng_put_packet(uint8_t *block, const struct capture_packet *packet)
{
    const uint32_t tags_len = tags[packet->kind].len;
    const uint32_t len = included_len(packet);
    const uint32_t flags = packet->direction;
    const uint16_t comment_len = comments[packet->connection].len;
    uint8_t *out = put32(block, PCAPNG_PACKET);

    out = put32(out, 0);        /* the size, in the end */
    out = put32(out, packet->point);
    out = put_time(out, packet->time);
    out = put32(out, len);
    out = put32(out, tags_len
                     + (uint32_t)MAX(packet->original_len, packet->len));
    if (tags_len > 0) {
        /* A fixed number is copied sooner, and what comes last has room for
         * more than that. */
        put_bytes(out, tags[packet->kind].bytes, MAX_TAGS);
    }
    out = put_bytes(out + tags_len, packet->bytes, (uint32_t)packet->len);
    put32(out, 0);
    out += padded(len) - len;
    out = put_option(out, EPB_FLAGS, &flags, sizeof flags);
    if (packet->lost > 0) {
        out = put_option(out, EPB_DROPCOUNT, &packet->lost,
                         sizeof packet->lost);
    }
    if (comment_len > 0) {
        out = put_option(out, OPT_COMMENT, comments[packet->connection].text,
                         comment_len);
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

/* Where the options begin that come after the flags. */
static size_t
loss_offset(const uint8_t *block)
{
    return PACKET_HEADER + padded(pcapng_word(block, 20)) + FLAGS_OPTION;
}

uint64_t
pcapng_packet_lost(const uint8_t *block)
{
    const uint8_t *option = block + loss_offset(block);
    uint16_t code;
    uint64_t lost = 0;

    memcpy(&code, option, sizeof code);
    if (code == EPB_DROPCOUNT) {
        memcpy(&lost, option + 4, sizeof lost);
    }
    return lost;
}

void
pcapng_add_packet(GByteArray *blocks, const uint8_t *block, uint64_t lost)
{
    const uint32_t size = (uint32_t)pcapng_block_size(block);
    const guint start = blocks->len;
    const size_t at = loss_offset(block);
    const uint64_t before = pcapng_packet_lost(block);
    const size_t after = at + (before > 0 ? PCAPNG_LOSS_SIZE : 0);
    uint8_t *out;

    if (lost == 0) {
        g_byte_array_append(blocks, block, size);
        return;
    }
    g_byte_array_set_size(blocks, start + size
                                  + (before > 0 ? 0 : PCAPNG_LOSS_SIZE));
    lost += before;
    out = put_bytes(blocks->data + start, block, (uint32_t)at);
    out = put_option(out, EPB_DROPCOUNT, &lost, sizeof lost);
    out = put_bytes(out, block + after, (uint32_t)(size - END - after));
    put_end(out, blocks->data + start);
}
