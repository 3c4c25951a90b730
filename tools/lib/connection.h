/* connection.h
 * The two ends of a connection of the Internet protocols.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef CONNECTION_H
#define CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes that are not used are zeros, so that two can be compared as memory. */
struct connection_end {
    uint8_t  address[16];       /* of IPv4: the first 4 bytes */
    uint16_t port;
    bool     is_ipv6;
};

/* Of one packet. */
struct connection_ends {
    struct connection_end source, destination;
};

#endif /* CONNECTION_H */
