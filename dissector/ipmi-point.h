/* ipmi-point.h
 * Where something was captured: one interface of the capture file, which is a
 * device of an emulator or a link with a tap in it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_POINT_H
#define IPMI_POINT_H

#include "ws-compat.h"

#include <epan/packet.h>

#include "ipmi-machine.h"

typedef struct {
    guint32     number;     /* counted from 0 in the file */
    const char *name;       /* if_name, or NULL */
    const char *machine;    /* name of the virtual machine, or NULL */
    const char *label;      /* both: "host:/machine/peripheral/kcs"; where the
                             * file has no name, "interface 2". Never NULL, and
                             * no two points have the same */
    enum ipmi_machine_point side;
} ipmi_point;

void ipmi_point_init(void);

/* The point of a packet. Never NULL; lives as long as the file. */
const ipmi_point *ipmi_point_get(packet_info *pinfo);

/* Events lost immediately before this packet: epb_dropcount. */
guint64 ipmi_point_dropped(packet_info *pinfo);

#endif /* IPMI_POINT_H */
