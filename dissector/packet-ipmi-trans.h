/* packet-ipmi-trans.h
 * How long a command took on each part of its way.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef PACKET_IPMI_TRANS_H
#define PACKET_IPMI_TRANS_H

#include "ws-compat.h"

#include <epan/packet.h>

#include "ipmi-trans.h"

/* Parts of the way, there and back, and all of it. */
typedef enum {
    IPMI_HOP_GUEST,         /* host software at the registers */
    IPMI_HOP_HOST_QEMU,     /* from the registers to the wire */
    IPMI_HOP_WIRE,
    IPMI_HOP_BMC_QEMU,      /* from the wire to the registers */
    IPMI_HOP_FIRMWARE,      /* from the first access to the response */
    IPMI_HOP_TOTAL,
    IPMI_HOPS
} ipmi_hop;

extern const char *const ipmi_hop_names[IPMI_HOPS];

/* What the tap "ipmi_trans" hands to those who listen, once for each command: in
 * the packet that ends it. */
typedef struct {
    const struct ipmi_trans *trans;
    const char *command;        /* lives as long as Wireshark */
    ws_bool     by_emulator;    /* the host's emulator answered, not the BMC */
    guint8      hops;           /* bit n: time[n] is known */
    nstime_t    time[IPMI_HOPS];
} ipmi_trans_end;

extern int proto_ipmi_trans;

/* Statistics, to be called from the register routine. */
void ipmi_trans_stats_register(void);

#endif /* PACKET_IPMI_TRANS_H */
