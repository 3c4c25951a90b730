/* extcap.h
 * ipmitap as Wireshark starts it from its extcap folder: what that program and
 * its captures are, and the captures themselves, each a list entry of
 * Wireshark's main window.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef EXTCAP_H
#define EXTCAP_H

#include <stdbool.h>

/* Whether this command line is one of Wireshark's. */
bool extcap_wanted(int argc, char **argv);

/* Does what it says and returns the exit status, enum tool_exit. */
int extcap_main(int argc, char **argv);

#endif /* EXTCAP_H */
