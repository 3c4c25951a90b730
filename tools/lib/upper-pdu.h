/* upper-pdu.h
 * The tags at the beginning of a LINKTYPE_WIRESHARK_UPPER_PDU packet
 * (docs/capture-format.md, "a packet"; those of Wireshark's Export PDUs, its
 * wsutil/exported_pdu_tlvs.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef UPPER_PDU_H
#define UPPER_PDU_H

#include "capture-source.h"
#include "connection.h"

struct upper_pdu {
    enum capture_kind kind;
    size_t tags_len;
    enum capture_direction direction;   /* if a tag says so */

    /* The connection that the packet was taken out of. Its ports are there
     * without addresses where it was captured on none. */
    bool   has_addresses;
    bool   has_ports;
    struct connection_ends ends;
};

/* What is no such packet has the kind CAPTURE_OTHER. */
void upper_pdu_parse(const uint8_t *bytes, size_t len, struct upper_pdu *pdu);

#endif /* UPPER_PDU_H */
