/* capture-reader.h
 * Reads captures, packet after packet: docs/capture-format.md as a file or as a
 * stream, what Wireshark makes of it (pcap, merged and edited files), the
 * frames in captures of TCP connections, HPM.2 traces, and what QEMU has traced
 * as text (trace-log.h). Packets of anything else are passed over.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef CAPTURE_READER_H
#define CAPTURE_READER_H

#include <stdbool.h>

#include <glib.h>

#include "capture.h"

struct capture_reader;

/* What capture_reader_next() came to. */
enum capture_read {
    CAPTURE_READ_PACKET,
    CAPTURE_READ_AGAIN,     /* nothing more there for now. Nothing here waits,
                             * whether or not the file descriptor would */
    CAPTURE_READ_END,       /* also where a last packet is cut off */
    CAPTURE_READ_ERROR
};

/* path: a file or a FIFO, which need not have a writer yet; "-" is the standard
 * input. Nothing is read yet. */
struct capture_reader *capture_reader_open(const char *path, GError **error);

/* fd: closed with the reader. name: for messages. */
struct capture_reader *capture_reader_open_fd(int fd, const char *name);

/* Captures on a network interface, with a capture filter as of pcap-filter(7),
 * or NULL: the connections in it that carry IPMI. A filter that is none is an
 * error of the domain G_OPTION_ERROR. */
struct capture_reader *capture_reader_open_interface(const char *interface,
                                                     const char *filter,
                                                     GError **error);

/* What packet points to holds until the next call. */
enum capture_read capture_reader_next(struct capture_reader *reader,
                                      struct capture_packet *packet,
                                      GError **error);

/* Points are numbered as they come; those of a second section go on. After
 * capture_reader_next() there may be more of them, among them the packet's. */
unsigned capture_reader_points(const struct capture_reader *reader);
const struct capture_point *
capture_reader_point(const struct capture_reader *reader, unsigned number);

/* Whether the capture ended in the middle of a packet. */
bool capture_reader_cut_off(const struct capture_reader *reader);

/* Whether it ended before it told what it is a capture of. */
bool capture_reader_is_empty(const struct capture_reader *reader);

/* Events that were lost after the last packet of their points, if the capture
 * says so: what was lost before one is in capture_packet.lost. */
uint64_t capture_reader_lost_at_end(const struct capture_reader *reader);

/* Packets of a network interface that have not been captured, for want of
 * room. */
uint64_t capture_reader_dropped(const struct capture_reader *reader);

/* Nothing later than now is wanted. Returns whether more has been captured by
 * now, on a network interface, up to CAPTURE_READ_END. */
bool capture_reader_stop(struct capture_reader *reader);

/* To wait on, after CAPTURE_READ_AGAIN. */
int capture_reader_fd(const struct capture_reader *reader);

void capture_reader_close(struct capture_reader *reader);

#endif /* CAPTURE_READER_H */
