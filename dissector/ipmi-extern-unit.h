/* ipmi-extern-unit.h
 * One frame of the IPMI extern wire format, from its bytes to all that is known
 * of it before it is shown.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_EXTERN_UNIT_H
#define IPMI_EXTERN_UNIT_H

#include "ws-compat.h"

#include <epan/packet.h>

#include "ipmi-extern-frame.h"
#include "ipmi-extern-trans.h"
#include "ipmi-message.h"

typedef enum {
    UNIT_REQUEST,
    UNIT_RESPONSE,
    UNIT_CONTROL
} ipmi_extern_type;

/* Also what the "ipmi_extern" tap hands to those who listen. */
typedef struct {
    const guint8 *bytes;        /* unescaped, frame.len of them */
    struct ipmi_extern_frame frame;
    ipmi_extern_type type;
    ws_bool good;               /* its receiver takes it */
    ws_bool cut;                /* the message goes on in the next frame */
    ws_bool truncated;          /* the capture has but its beginning */

    /* From ipmi_extern_unit_track() on: */
    ipmi_extern_direction direction;
    const ipmi_extern_link *link;
    const ipmi_extern_unit *unit;

    /* From ipmi_extern_dissect_unit() on: */
    guint wire_len;             /* whether captured or not */
    tvbuff_t *tvb;              /* unescaped, a data source of its own */
    ipmi_message message;       /* not that of a control command */
    const char *control;        /* name of the control command */
} ipmi_extern_decoded;

/* Decodes the frame in the first frame_len of len bytes of wire. Where those
 * are all that the capture has of it, it passes for good if they have the
 * header of a message and are not too many for one. */
void ipmi_extern_unit_decode(packet_info *pinfo, const guint8 *wire,
                             size_t len, size_t frame_len, ws_bool truncated,
                             ipmi_extern_decoded *decoded);

/* Whether there is so much of a message that its data follow. */
static inline ws_bool
ipmi_extern_has_header(const ipmi_extern_decoded *decoded)
{
    return decoded->frame.len > 2 &&
           decoded->frame.len >= ipmi_extern_data_offset(decoded->bytes);
}

/* Where a message's data end: before the checksum, if the capture has it. */
static inline size_t
ipmi_extern_data_end(const ipmi_extern_decoded *decoded)
{
    return decoded->frame.len - !decoded->truncated;
}

/* Finds out what the frame means on its link; in the first pass the link takes
 * note of it. index is the frame's in its packet, counted from 0 without
 * gaps. */
void ipmi_extern_unit_track(packet_info *pinfo, ipmi_extern_link *link,
                            guint32 index, ipmi_extern_decoded *decoded);

/* Whether a packet that was dissected has any frame. */
ws_bool ipmi_extern_packet_has_units(packet_info *pinfo);

#endif /* IPMI_EXTERN_UNIT_H */
