/* pcapng-parser.c
 * Parses pcapng (draft-ietf-opsawg-pcapng) as it comes. References are to the
 * sections of its revision 02.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "pcapng-parser.h"

#include <string.h>

#include <gio/gio.h>

#define BYTE_ORDER_MAGIC    0x1a2b3c4d

enum block_type {
    BLOCK_INTERFACE = 1,
    BLOCK_OLD_PACKET = 2,       /* of pcapng's beginnings (appendix A) */
    BLOCK_SIMPLE_PACKET = 3,
    BLOCK_STATISTICS = 5,
    BLOCK_PACKET = 6,
    BLOCK_SECTION = PCAPNG_MAGIC
};

enum option_code {
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_IF_NAME = 2,
    OPTION_IF_DESCRIPTION = 3,
    OPTION_IF_TSRESOL = 9,
    OPTION_IF_TSOFFSET = 14,
    OPTION_EPB_FLAGS = 2,
    OPTION_EPB_DROPCOUNT = 4,
    OPTION_ISB_IFDROP = 5
};

/* Type and length before a block's body, the length again after it. */
#define BLOCK_HEAD  8
#define BLOCK_FRAME 12

/* Bytes of the body before the options, or the packet. */
#define SECTION_BODY        16
#define INTERFACE_BODY      8
#define PACKET_BODY         20
#define SIMPLE_PACKET_BODY  4
#define STATISTICS_BODY     12

#define MAX_BLOCK   (CAPTURE_MAX_PACKET + 64 * 1024)

/* Time stamps without if_tsresol count microseconds. */
#define DEFAULT_RESOLUTION  6

#define RESOLUTION_IS_BINARY    0x80
#define NS_PER_S                1000000000

/* epb_flags, bits 1:0. */
#define FLAGS_DIRECTION     0x3

struct option {
    uint16_t code;
    uint16_t len;
    const uint8_t *value;
};

static size_t
padded(size_t len)
{
    return (len + 3) & ~(size_t)3;
}

static enum capture_read
damaged(uint64_t offset, GError **error, const char *what)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                "it is damaged at byte %" G_GUINT64_FORMAT ": %s", offset,
                what);
    return CAPTURE_READ_ERROR;
}

/* Takes the next option from *bytes. What is left of options that do not end
 * in good order is not looked at. */
static bool
next_option(bool swapped, const uint8_t **bytes, const uint8_t *end,
            struct option *option)
{
    size_t left = (size_t)(end - *bytes);

    if (left < 4) {
        return false;
    }
    option->code = capture_u16(*bytes, swapped);
    option->len = capture_u16(*bytes + 2, swapped);
    option->value = *bytes + 4;
    if (option->code == OPTION_END || option->len > left - 4) {
        return false;
    }
    *bytes += MIN(left, 4 + padded(option->len));
    return true;
}

/* Text for people and for filters: nothing but UTF-8. */
static char *
text_of(const struct option *option)
{
    char *text = g_strndup((const char *)option->value, option->len);
    char *valid = g_utf8_make_valid(text, -1);

    g_free(text);
    return valid;
}

static bool
says(const struct option *option, const char *text)
{
    return option->len == strlen(text)
        && memcmp(option->value, text, option->len) == 0;
}

static void
parse_interface(struct pcapng_parser *parser, const uint8_t *body, size_t len)
{
    const uint8_t *at = body + INTERFACE_BODY, *end = body + len;
    bool swapped = parser->swapped;
    struct capture_interface interface = {
        .linktype = capture_u16(body, swapped),
        .snaplen = capture_u32(body + 4, swapped),
        .resolution = DEFAULT_RESOLUTION
    };
    struct option option;

    while (next_option(swapped, &at, end, &option)) {
        if (option.code == OPTION_IF_NAME && !interface.name) {
            interface.name = text_of(&option);
        } else if (option.code == OPTION_IF_DESCRIPTION
                && !interface.description) {
            interface.description = text_of(&option);
        } else if (option.code == OPTION_IF_TSRESOL && option.len == 1) {
            interface.resolution = option.value[0];
        } else if (option.code == OPTION_IF_TSOFFSET && option.len == 8) {
            interface.time_offset = (int64_t)capture_u64(option.value,
                                                         swapped);
        }
    }
    g_array_append_val(parser->interfaces, interface);
}

/* Time stamps that ns since 1970 cannot tell wrap around: they are nonsense
 * anyway. */
static uint64_t
ns_of(const struct capture_interface *interface, uint64_t stamp)
{
    unsigned resolution = interface->resolution;
    unsigned __int128 ns;

    if (resolution & RESOLUTION_IS_BINARY) {
        ns = (unsigned __int128)stamp * NS_PER_S
             >> (resolution & ~RESOLUTION_IS_BINARY);
    } else {
        ns = stamp;
        for (; resolution < 9; resolution++) {
            ns *= 10;
        }
        for (; resolution > 9 && ns > 0; resolution--) {
            ns /= 10;
        }
    }
    return (uint64_t)ns + (uint64_t)interface->time_offset * NS_PER_S;
}

static void
parse_packet_options(bool swapped, const uint8_t *at, const uint8_t *end,
                     struct capture_raw *raw)
{
    struct option option;

    while (next_option(swapped, &at, end, &option)) {
        if (option.code == OPTION_EPB_FLAGS && option.len == 4) {
            uint32_t direction = capture_u32(option.value, swapped)
                                 & FLAGS_DIRECTION;

            raw->direction = direction == FLAGS_DIRECTION
                                 ? CAPTURE_NEITHER : direction;
        } else if (option.code == OPTION_EPB_DROPCOUNT && option.len == 8) {
            raw->lost = capture_u64(option.value, swapped);
        } else if (option.code == OPTION_COMMENT && raw->connection
                == CAPTURE_NO_CONNECTION_RECORD) {
            if (says(&option, "connected")) {
                raw->connection = CAPTURE_CONNECTED;
            } else if (says(&option, "disconnected")) {
                raw->connection = CAPTURE_DISCONNECTED;
            }
        }
    }
}

/* An Enhanced Packet Block (4.3), or an old Packet Block, which has a number of
 * 16 bits and a count of drops in the place of one of 32. Returns what is
 * wrong with it, or NULL. */
static const char *
parse_packet(struct pcapng_parser *parser, uint32_t type, const uint8_t *body,
             size_t len, struct capture_raw *raw)
{
    bool is_old = type == BLOCK_OLD_PACKET;
    bool swapped = parser->swapped;
    uint32_t number = is_old ? capture_u16(body, swapped)
                             : capture_u32(body, swapped);
    uint64_t stamp = (uint64_t)capture_u32(body + 4, swapped) << 32
                     | capture_u32(body + 8, swapped);
    struct capture_interface *interface;

    if (number >= parser->interfaces->len - parser->section_begin) {
        return "a packet of an interface that is not described before it";
    }
    raw->interface = parser->section_begin + number;
    raw->len = capture_u32(body + 12, swapped);
    raw->original_len = capture_u32(body + 16, swapped);
    raw->bytes = body + PACKET_BODY;
    if (raw->len > len - PACKET_BODY) {
        return "a packet longer than its block";
    }
    raw->original_len = MAX(raw->original_len, raw->len);
    interface = &g_array_index(parser->interfaces, struct capture_interface,
                               raw->interface);
    raw->time = ns_of(interface, stamp);
    if (is_old && capture_u16(body + 2, swapped) != UINT16_MAX) {
        raw->lost = capture_u16(body + 2, swapped);
    }
    if (padded(raw->len) < len - PACKET_BODY) {
        parse_packet_options(swapped, raw->bytes + padded(raw->len), body + len,
                             raw);
    }
    interface->lost += raw->lost;
    return NULL;
}

/* A Simple Packet Block (4.4): of the section's first interface, without a
 * time. Its captured length is not said: no more than that interface captures
 * of a packet, nor than its block has. */
static const char *
parse_simple_packet(struct pcapng_parser *parser, const uint8_t *body,
                    size_t len, struct capture_raw *raw)
{
    uint32_t snaplen;

    if (parser->interfaces->len == parser->section_begin) {
        return "a packet of an interface that is not described before it";
    }
    raw->interface = parser->section_begin;
    snaplen = g_array_index(parser->interfaces, struct capture_interface,
                            raw->interface).snaplen;
    raw->original_len = capture_u32(body, parser->swapped);
    raw->bytes = body + SIMPLE_PACKET_BODY;
    raw->len = MIN(raw->original_len, len - SIMPLE_PACKET_BODY);
    if (snaplen > 0) {
        raw->len = MIN(raw->len, snaplen);
    }
    return NULL;
}

/* Interface Statistics (4.6) say what was lost in all, and so whether anything
 * was after the last packet. Of an interface that is not there, as an editor may
 * leave them, they do not matter. */
static void
parse_statistics(struct pcapng_parser *parser, const uint8_t *body, size_t len)
{
    const uint8_t *at = body + STATISTICS_BODY, *end = body + len;
    uint32_t number = capture_u32(body, parser->swapped);
    struct capture_interface *interface;
    struct option option;

    if (number >= parser->interfaces->len - parser->section_begin) {
        return;
    }
    interface = &g_array_index(parser->interfaces, struct capture_interface,
                               parser->section_begin + number);
    while (next_option(parser->swapped, &at, end, &option)) {
        if (option.code == OPTION_ISB_IFDROP && option.len == 8) {
            uint64_t lost = capture_u64(option.value, parser->swapped);

            parser->lost_at_end += lost - MIN(lost, interface->lost);
            interface->lost = MAX(lost, interface->lost);
        }
    }
}

/* The least that the body of a block of a type has. */
static size_t
least_body(uint32_t type)
{
    switch (type) {
    case BLOCK_SECTION:
        return SECTION_BODY;
    case BLOCK_INTERFACE:
        return INTERFACE_BODY;
    case BLOCK_PACKET:
    case BLOCK_OLD_PACKET:
        return PACKET_BODY;
    case BLOCK_SIMPLE_PACKET:
        return SIMPLE_PACKET_BODY;
    case BLOCK_STATISTICS:
        return STATISTICS_BODY;
    default:
        return 0;
    }
}

/* A Section Header Block (4.1) says in which byte order it and all after it
 * are. Returns what is wrong with it, or NULL. */
static const char *
begin_section(struct pcapng_parser *parser, const uint8_t *bytes)
{
    uint32_t magic;

    memcpy(&magic, bytes + BLOCK_HEAD, sizeof magic);
    if (magic != BYTE_ORDER_MAGIC
            && magic != GUINT32_SWAP_LE_BE_CONSTANT(BYTE_ORDER_MAGIC)) {
        return "a section header without its byte-order magic";
    }
    parser->swapped = magic != BYTE_ORDER_MAGIC;
    parser->in_section = true;
    if (!parser->interfaces) {
        parser->interfaces = g_array_new(FALSE, FALSE,
                                         sizeof(struct capture_interface));
    }
    parser->section_begin = parser->interfaces->len;
    return NULL;
}

/* What is in a block; *is_packet if it is one of the capture's packets. Returns
 * what is wrong with it, or NULL. */
static const char *
parse_block(struct pcapng_parser *parser, uint32_t type, const uint8_t *body,
            size_t len, struct capture_raw *raw, bool *is_packet)
{
    switch (type) {
    case BLOCK_INTERFACE:
        if (parser->interfaces->len >= CAPTURE_MAX_INTERFACES) {
            return "more interfaces than any capture has";
        }
        parse_interface(parser, body, len);
        return NULL;
    case BLOCK_STATISTICS:
        parse_statistics(parser, body, len);
        return NULL;
    case BLOCK_PACKET:
    case BLOCK_OLD_PACKET:
        *is_packet = true;
        return parse_packet(parser, type, body, len, raw);
    case BLOCK_SIMPLE_PACKET:
        *is_packet = true;
        return parse_simple_packet(parser, body, len, raw);
    default:
        return NULL;
    }
}

enum capture_read
pcapng_parser_next(struct pcapng_parser *parser, struct capture_input *input,
                   struct capture_raw *raw, GError **error)
{
    bool is_packet = false;

    *raw = (struct capture_raw){ 0 };
    while (!is_packet) {
        enum capture_read result;
        const char *fault = NULL;
        const uint8_t *bytes;
        uint32_t type, len;

        result = capture_source_need(input, BLOCK_FRAME, error);
        if (result != CAPTURE_READ_PACKET) {
            return result;
        }
        bytes = capture_input_bytes(input);
        type = capture_u32(bytes, parser->swapped);
        if (type == BLOCK_SECTION) {
            fault = begin_section(parser, bytes);
        } else if (!parser->in_section) {
            fault = "no section header";
        }
        if (fault) {
            return damaged(input->offset, error, fault);
        }

        len = capture_u32(bytes + 4, parser->swapped);
        if (len < BLOCK_FRAME + least_body(type) || len > MAX_BLOCK) {
            return damaged(input->offset, error,
                           "a block cannot have such a length");
        }
        result = capture_source_need(input, padded(len), error);
        if (result != CAPTURE_READ_PACKET) {
            return result;
        }
        bytes = capture_input_bytes(input);
        if (capture_u32(bytes + padded(len) - 4, parser->swapped) != len) {
            return damaged(input->offset, error,
                           "a block's two lengths differ");
        }
        fault = parse_block(parser, type, bytes + BLOCK_HEAD,
                            len - BLOCK_FRAME, raw, &is_packet);
        if (fault) {
            return damaged(input->offset, error, fault);
        }
        capture_input_take(input, padded(len));
    }
    raw->number = ++parser->packets;
    return CAPTURE_READ_PACKET;
}

void
pcapng_parser_clear(struct pcapng_parser *parser)
{
    for (unsigned i = 0; parser->interfaces && i < parser->interfaces->len;
         i++) {
        struct capture_interface *interface = &g_array_index(
            parser->interfaces, struct capture_interface, i);

        g_free(interface->name);
        g_free(interface->description);
    }
    if (parser->interfaces) {
        g_array_free(parser->interfaces, TRUE);
    }
}
