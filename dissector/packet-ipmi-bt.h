/* packet-ipmi-bt.h
 * Dissectors of BT: of register traffic and of whole frames.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef PACKET_IPMI_BT_H
#define PACKET_IPMI_BT_H

#include "packet-ipmi-registers.h"

void proto_register_ipmi_bt(void);
void proto_reg_handoff_ipmi_bt(void);

/* Frames have the fields of register traffic's messages. */
void ipmi_bt_frame_register(ipmi_registers *registers);

#endif /* PACKET_IPMI_BT_H */
