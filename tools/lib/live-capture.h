/* live-capture.h
 * Captures on a network interface, by libpcap.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef LIVE_CAPTURE_H
#define LIVE_CAPTURE_H

#include "capture-source.h"

struct live_capture;

/* filter: as of pcap-filter(7), or NULL. */
struct live_capture *live_capture_open(const char *interface,
                                       const char *filter, GError **error);

/* Goes on to the next packet, which is the last only after
 * live_capture_stop(). Does not wait. */
enum capture_read live_capture_next(struct live_capture *capture,
                                    struct capture_raw *raw, GError **error);

/* Nothing later than now is wanted: waits for what is on its way, which is the
 * rest. */
void live_capture_stop(struct live_capture *capture);

/* How many packets the kernel had no room for. */
uint64_t live_capture_dropped(const struct live_capture *capture);

/* All that it captures is from this one. */
const struct capture_interface *
live_capture_interface(const struct live_capture *capture);

/* To wait on. */
int live_capture_fd(const struct live_capture *capture);

void live_capture_close(struct live_capture *capture);

#endif /* LIVE_CAPTURE_H */
