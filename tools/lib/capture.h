/* capture.h
 * What a capture consists of, as docs/capture-format.md has it: points where
 * something was captured, and packets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef CAPTURE_H
#define CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#define CAPTURE_LINKTYPE_UPPER_PDU  252
#define CAPTURE_LINKTYPE_HPM_2      260

/* As in epb_flags. */
enum capture_direction {
    CAPTURE_NEITHER = 0,
    CAPTURE_TO_HOST = 1,
    CAPTURE_TO_BMC = 2
};

/* What a packet's bytes are: the name of their dissector. */
enum capture_kind {
    CAPTURE_OTHER,          /* something of no concern here */
    CAPTURE_EXTERN,         /* one frame; more than one from other writers */
    CAPTURE_KCS,            /* a record, ipmi-record.h */
    CAPTURE_BT,
    CAPTURE_TRACE           /* HPM.2: a block of trace data */
};

/* What a connection record, a packet without bytes, says of it. */
enum capture_connection {
    CAPTURE_NO_CONNECTION_RECORD,
    CAPTURE_CONNECTED,
    CAPTURE_DISCONNECTED
};

struct capture_point {
    const char *name;
    const char *description;    /* may be NULL */
};

struct capture_packet {
    uint64_t time;              /* ns since 1970-01-01 UTC */
    uint64_t lost;              /* events of its point just before it */
    uint64_t number;            /* of the capture's packet that it is in, from
                                 * 1; a segment of TCP may have several. For
                                 * readers: a writer ignores it */
    unsigned point;
    enum capture_kind kind;
    enum capture_direction direction;
    enum capture_connection connection;
    const uint8_t *bytes;       /* what follows the tags */
    size_t len;
    size_t original_len;
};

#endif /* CAPTURE_H */
