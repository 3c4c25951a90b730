/* trace-log.h
 * Reads the text that QEMU writes with -trace 'ipmi_*', of which the events
 * named ipmi_access, ipmi_irq, ipmi_reset, ipmi_line, ipmi_hw_op, ipmi_frame
 * and ipmi_link tell what ipmi-pcap would have captured: see
 * docs/capture-format.md. Whatever else is in the log is passed over.
 *
 * With -msg timestamp=on QEMU begins each line with the time, in microseconds.
 * Events without it have the time 0.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TRACE_LOG_H
#define TRACE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture.h"

/* Longer lines, of which QEMU writes none, are passed over. */
#define TRACE_LOG_MAX_LINE  32768   /* bytes */

struct trace_log;

/* Whether what begins with these bytes, at least one, can be a log: they are
 * text. */
bool trace_log_begins(const uint8_t *bytes, size_t len);

struct trace_log *trace_log_new(void);
void trace_log_free(struct trace_log *log);

/* Reads whole lines up to the first that is an event, which it makes the packet
 * of; packet->bytes hold until the next call. Returns how many bytes those
 * lines have: where fewer than len, and *found is false, the last line has no
 * end yet, and is to be given again when more of it has come. */
size_t trace_log_read(struct trace_log *log, const uint8_t *bytes, size_t len,
                      struct capture_packet *packet, bool *found);

/* Points are numbered from 0 in the order of their first events. */
unsigned trace_log_points(const struct trace_log *log);
const struct capture_point *trace_log_point(const struct trace_log *log,
                                            unsigned number);

#endif /* TRACE_LOG_H */
