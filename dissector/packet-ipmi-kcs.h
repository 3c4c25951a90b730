/* packet-ipmi-kcs.h
 * Dissector of accesses to the registers of KCS.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef PACKET_IPMI_KCS_H
#define PACKET_IPMI_KCS_H

void proto_register_ipmi_kcs(void);

#endif /* PACKET_IPMI_KCS_H */
