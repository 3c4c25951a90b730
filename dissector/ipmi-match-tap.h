/* ipmi-match-tap.h
 * tshark -z ipmi_match: which packets match display filters, any number of
 * them in one pass over a capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_MATCH_TAP_H
#define IPMI_MATCH_TAP_H

/* To be called when the plugin registers its protocols. */
void ipmi_match_tap_register(void);

#endif /* IPMI_MATCH_TAP_H */
