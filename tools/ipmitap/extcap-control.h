/* extcap-control.h
 * The toolbar of Wireshark's window that belongs to a capture: a field with the
 * capture's state, a log, and a box to pause it. Wireshark talks about them
 * through two FIFOs; tshark and dumpcap give none.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef EXTCAP_CONTROL_H
#define EXTCAP_CONTROL_H

#include <stdbool.h>

#include <glib.h>

/* The sentences that describe the toolbar, for --extcap-interfaces. */
extern const char extcap_control_sentences[];

struct extcap_control;

/* Is told when the user pauses the capture, or goes on. */
typedef void (*extcap_pause_func)(bool paused, void *data);

/* in, out: paths of the FIFOs from and to Wireshark, NULL for none. */
struct extcap_control *extcap_control_new(const char *in, const char *out,
                                          extcap_pause_func func, void *data,
                                          GError **error);
void extcap_control_free(struct extcap_control *control);

/* Whether Wireshark has opened the toolbar, or there is none. */
bool extcap_control_is_met(const struct extcap_control *control);

/* Shows the state, if it is another than before. */
void extcap_control_state(struct extcap_control *control, const char *text);

/* Adds a line to the log, with the time, and shows it in the status bar. */
void extcap_control_log(struct extcap_control *control, const char *text);

#endif /* EXTCAP_CONTROL_H */
