/* tcp-links.h
 * The links in captures of network interfaces: which TCP connections carry
 * IPMI, which of their ends is the host, and the frames on them.
 *
 * Port 9002 does, as OpenIPMI's examples have it; any other connection is known
 * by what it says, in the dissector's way: it opens with VERSION and has
 * nothing but good frames, or has two segments in a row of commands that the
 * specification knows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TCP_LINKS_H
#define TCP_LINKS_H

#include "capture-source.h"
#include "connection.h"

struct tcp_links;

/* Names a capture point, and gives its number. */
typedef unsigned (*tcp_links_point_func)(char *name, void *data);

/* Is told of frames and of connections, in their order. */
typedef void (*tcp_links_frame_func)(const struct capture_packet *packet,
                                     void *data);

/* The functions get data. */
struct tcp_links *tcp_links_new(tcp_links_point_func point,
                                tcp_links_frame_func frame, void *data);

/* Takes a packet that was captured on a network interface. */
void tcp_links_packet(struct tcp_links *links, uint16_t linktype,
                      const struct capture_raw *raw);

/* Takes frames that somebody else has found in a connection: completes packet,
 * which has them, with its point, and its direction if that is not known.
 * Returns false if there are too many links for another one. */
bool tcp_links_export(struct tcp_links *links,
                      const struct connection_ends *ends,
                      struct capture_packet *packet);

/* The capture has ended: tells of what is still held back. */
void tcp_links_end(struct tcp_links *links);

void tcp_links_free(struct tcp_links *links);

#endif /* TCP_LINKS_H */
