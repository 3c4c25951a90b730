/* packet-ipmi-extern.h
 * Dissection of the IPMI extern wire format.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef PACKET_IPMI_EXTERN_H
#define PACKET_IPMI_EXTERN_H

#include <epan/packet.h>

#include "ipmi-extern-trans.h"

typedef enum {
    UNIT_REQUEST,
    UNIT_RESPONSE,
    UNIT_CONTROL,
    UNIT_BROKEN             /* the receiver drops it */
} ipmi_extern_type;

/* What the "ipmi_extern" tap tells of each frame of the wire format. */
typedef struct {
    const ipmi_extern_link *link;
    const ipmi_extern_unit *unit;
    ipmi_extern_direction   direction;
    ipmi_extern_type        type;
    guint32                 wire_len;       /* bytes */
    tvbuff_t               *tvb;            /* unescaped */
    const char             *name;           /* of the command; NULL if broken */
    guint8                  ccode;          /* of a response */
    const char             *ccode_name;
} ipmi_extern_tap_info;

extern int proto_ipmi_extern;

void proto_register_ipmi_extern(void);
void proto_reg_handoff_ipmi_extern(void);

#endif /* PACKET_IPMI_EXTERN_H */
