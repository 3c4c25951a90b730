/* upper-pdu.c
 * The tags at the beginning of a LINKTYPE_WIRESHARK_UPPER_PDU packet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "upper-pdu.h"

#include <string.h>

#include <glib.h>

enum tag {
    TAG_END = 0,
    TAG_DISSECTOR_NAME = 12,
    TAG_IPV4_SOURCE = 20,
    TAG_IPV4_DESTINATION = 21,
    TAG_IPV6_SOURCE = 22,
    TAG_IPV6_DESTINATION = 23,
    TAG_SOURCE_PORT = 25,
    TAG_DESTINATION_PORT = 26,
    TAG_DIRECTION = 35
};

/* Values of TAG_DIRECTION: what a capturing host sent, or received. */
#define DIRECTION_SENT      0
#define DIRECTION_RECEIVED  1

#define TAG_HEAD    4

static const struct {
    const char *name;
    enum capture_kind kind;
} kinds[] = {
    { "ipmi_extern", CAPTURE_EXTERN },
    { "ipmi_kcs", CAPTURE_KCS },
    { "ipmi_bt", CAPTURE_BT },
};

/* The name has zeros up to its length. */
static enum capture_kind
kind_of(const uint8_t *name, size_t len)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        size_t name_len = strlen(kinds[i].name);

        if (len >= name_len && memcmp(name, kinds[i].name, name_len) == 0
                && (len == name_len || name[name_len] == 0)) {
            return kinds[i].kind;
        }
    }
    return CAPTURE_OTHER;
}

static void
take_address(struct connection_end *end, const uint8_t *value, size_t len,
             size_t expected)
{
    if (len == expected) {
        memcpy(end->address, value, len);
        end->is_ipv6 = len == sizeof end->address;
    }
}

static void
take_port(struct upper_pdu *pdu, struct connection_end *end,
          const uint8_t *value, size_t len)
{
    if (len == 4) {
        end->port = (uint16_t)capture_be32(value);
        pdu->has_ports = true;
    }
}

static void
take_tag(struct upper_pdu *pdu, unsigned tag, const uint8_t *value, size_t len)
{
    switch (tag) {
    case TAG_DISSECTOR_NAME:
        pdu->kind = kind_of(value, len);
        break;
    case TAG_IPV4_SOURCE:
        take_address(&pdu->ends.source, value, len, 4);
        pdu->has_addresses = true;
        break;
    case TAG_IPV4_DESTINATION:
        take_address(&pdu->ends.destination, value, len, 4);
        break;
    case TAG_IPV6_SOURCE:
        take_address(&pdu->ends.source, value, len, 16);
        pdu->has_addresses = true;
        break;
    case TAG_IPV6_DESTINATION:
        take_address(&pdu->ends.destination, value, len, 16);
        break;
    case TAG_SOURCE_PORT:
        take_port(pdu, &pdu->ends.source, value, len);
        break;
    case TAG_DESTINATION_PORT:
        take_port(pdu, &pdu->ends.destination, value, len);
        break;
    case TAG_DIRECTION:
        if (len == 4 && capture_be32(value) == DIRECTION_SENT) {
            pdu->direction = CAPTURE_TO_BMC;
        } else if (len == 4 && capture_be32(value) == DIRECTION_RECEIVED) {
            pdu->direction = CAPTURE_TO_HOST;
        }
        break;
    default:
        break;
    }
}

void
upper_pdu_parse(const uint8_t *bytes, size_t len, struct upper_pdu *pdu)
{
    size_t at = 0;

    *pdu = (struct upper_pdu){ 0 };
    while (len - at >= TAG_HEAD) {
        unsigned tag = capture_be16(bytes + at);
        size_t value_len = capture_be16(bytes + at + 2);

        at += TAG_HEAD;
        if (value_len > len - at) {
            break;
        }
        if (tag == TAG_END) {
            pdu->tags_len = at + value_len;
            return;
        }
        take_tag(pdu, tag, bytes + at, value_len);
        at += value_len;
    }
    pdu->kind = CAPTURE_OTHER;
}
