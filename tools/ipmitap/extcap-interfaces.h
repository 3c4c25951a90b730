/* extcap-interfaces.h
 * The entries in Wireshark's list of interfaces, and the fields in the dialog
 * of each, in the sentences that Wireshark reads.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef EXTCAP_INTERFACES_H
#define EXTCAP_INTERFACES_H

#include <stdbool.h>

#include "extcap-session.h"

struct extcap_interface;

/* Returns NULL if there is none of that name. */
const struct extcap_interface *extcap_interface_find(const char *name);

/* Each prints sentences to the standard output. */
void extcap_interfaces_print(const char *version);
void extcap_interface_print_dlts(const struct extcap_interface *interface);
void extcap_interface_print_config(const struct extcap_interface *interface);

/* Whether all that it cannot do without is there; says what is missing. */
bool extcap_interface_check(const struct extcap_interface *interface,
                            const struct extcap_values *values, GError **error);

const struct extcap_source *
extcap_interface_source(const struct extcap_interface *interface);

#endif /* EXTCAP_INTERFACES_H */
