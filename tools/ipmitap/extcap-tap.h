/* extcap-tap.h
 * A link tapped by Wireshark: as ipmitap does on the command line, for as long
 * as the capture lasts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef EXTCAP_TAP_H
#define EXTCAP_TAP_H

#include "extcap-session.h"

/* Taps the link between values->listen and values->connect. */
extern const struct extcap_source extcap_tap_source;

#endif /* EXTCAP_TAP_H */
