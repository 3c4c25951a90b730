/* packet-ipmi-bt.h
 * Dissector of BT register traffic.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef PACKET_IPMI_BT_H
#define PACKET_IPMI_BT_H

void proto_register_ipmi_bt(void);

#endif /* PACKET_IPMI_BT_H */
