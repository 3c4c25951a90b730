/* pcapng.c
 * Blocks of a capture file, "PCAP Next Generation Capture File Format",
 * section 4.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "pcapng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SECTION       0x0a0d0d0aU
#define BLOCK_INTERFACE     1U
#define BLOCK_PACKET        6U
#define BYTE_ORDER_MAGIC    0x1a2b3c4dU
#define OPT_END             0
#define OPT_IF_NAME         2
#define OPT_IF_DESCRIPTION  3
#define OPT_IF_TSRESOL      9
#define OPT_EPB_FLAGS       2

#define LINKTYPE_WIRESHARK_UPPER_PDU    252
#define EXP_PDU_TAG_END                 0
#define EXP_PDU_TAG_DISSECTOR_NAME      12

static uint64_t packets_left;
static bool name_data;
static unsigned points;

static size_t put16(uint8_t *out, uint16_t value)
{
    memcpy(out, &value, sizeof value);
    return sizeof value;
}

static size_t put32(uint8_t *out, uint32_t value)
{
    memcpy(out, &value, sizeof value);
    return sizeof value;
}

static size_t put16_be(uint8_t *out, uint16_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
    return 2;
}

/* Puts bytes, and zeros up to the next multiple of four. */
static size_t put_padded(uint8_t *out, const void *bytes, size_t len)
{
    memcpy(out, bytes, len);
    while (len % 4 != 0) {
        out[len++] = 0;
    }
    return len;
}

static size_t put_option(uint8_t *out, uint16_t code, const void *value,
                         size_t value_len)
{
    size_t len = 0;

    len += put16(out + len, code);
    len += put16(out + len, (uint16_t)value_len);
    len += put_padded(out + len, value, value_len);
    return len;
}

static void write_error(void)
{
    perror("generate: standard output");
    exit(1);
}

/* Writes the block whose body is in block[] from byte 8 on, with room for the
 * length after it. */
static void write_block(uint8_t *block, uint32_t type, size_t body_len)
{
    size_t len = 8 + body_len + 4;

    put32(block, type);
    put32(block + 4, (uint32_t)len);
    put32(block + 8 + body_len, (uint32_t)len);
    if (fwrite(block, 1, len, stdout) != len) {
        write_error();
    }
}

void begin_file(uint64_t packets, bool as_data)
{
    uint8_t block[64];
    uint8_t *body = block + 8;
    size_t len = 0;

    packets_left = packets;
    name_data = as_data;

    len += put32(body + len, BYTE_ORDER_MAGIC);
    len += put16(body + len, 1);            /* version 1.0 */
    len += put16(body + len, 0);
    memset(body + len, 0xff, 8);            /* section of unknown length */
    len += 8;
    write_block(block, BLOCK_SECTION, len);
}

bool file_is_full(void)
{
    return packets_left == 0;
}

unsigned add_point(const char *name, const char *description)
{
    static const uint8_t nanoseconds = 9;
    uint8_t block[256];
    uint8_t *body = block + 8;
    size_t len = 0;

    len += put16(body + len, LINKTYPE_WIRESHARK_UPPER_PDU);
    len += put16(body + len, 0);
    len += put32(body + len, 0);            /* no limit of the length */
    len += put_option(body + len, OPT_IF_NAME, name, strlen(name));
    len += put_option(body + len, OPT_IF_DESCRIPTION, description,
                      strlen(description));
    len += put_option(body + len, OPT_IF_TSRESOL, &nanoseconds, 1);
    len += put_option(body + len, OPT_END, "", 0);
    write_block(block, BLOCK_INTERFACE, len);
    return points++;
}

void put_packet(unsigned point, uint64_t time, enum direction direction,
                const char *dissector, const uint8_t *bytes, size_t bytes_len)
{
    const char *name = name_data ? "data" : dissector;
    size_t name_len = strlen(name);
    size_t name_padded = (name_len + 3) & ~(size_t)3;
    size_t packet_len = 4 + name_padded + 4 + bytes_len;
    uint32_t flags = direction;
    uint8_t block[PACKET_MAX + 128];
    uint8_t *body = block + 8;
    size_t len = 0;

    if (packets_left == 0) {
        return;
    }
    packets_left--;

    len += put32(body + len, point);
    len += put32(body + len, (uint32_t)(time >> 32));
    len += put32(body + len, (uint32_t)time);
    len += put32(body + len, (uint32_t)packet_len);
    len += put32(body + len, (uint32_t)packet_len);
    len += put16_be(body + len, EXP_PDU_TAG_DISSECTOR_NAME);
    len += put16_be(body + len, (uint16_t)name_padded);
    len += put_padded(body + len, name, name_len);
    len += put16_be(body + len, EXP_PDU_TAG_END);
    len += put16_be(body + len, 0);
    len += put_padded(body + len, bytes, bytes_len);
    len += put_option(body + len, OPT_EPB_FLAGS, &flags, sizeof flags);
    len += put_option(body + len, OPT_END, "", 0);
    write_block(block, BLOCK_PACKET, len);
}

void end_file(void)
{
    if (fflush(stdout) != 0) {
        write_error();
    }
}
