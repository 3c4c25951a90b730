/* ipmi-registers-stats.h
 * What Wireshark's Statistics menu offers for register traffic: where the time
 * goes, and how often a side looks at its registers in vain.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_REGISTERS_STATS_H
#define IPMI_REGISTERS_STATS_H

#include "packet-ipmi-registers.h"

/* To be called once for each interface, when its tap is registered. */
void ipmi_registers_stats_register(const ipmi_interface *interface, int proto);

#endif /* IPMI_REGISTERS_STATS_H */
