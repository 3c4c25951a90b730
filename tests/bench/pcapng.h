/* pcapng.h
 * Writes docs/capture-format.md to the standard output, a packet at a time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef PCAPNG_H
#define PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_MAX  128     /* bytes of a frame or a record, at most */

enum direction {
    NEITHER = 0,
    TO_HOST = 1,
    TO_BMC = 2
};

/* Begins a file of that many packets. As data: all of them name Wireshark's
 * "data" as their dissector. */
void begin_file(uint64_t packets, bool as_data);

/* Has the file all of its packets? What comes after the last is ignored. */
bool file_is_full(void);

/* Adds a capture point and returns its number. */
unsigned add_point(const char *name, const char *description);

void put_packet(unsigned point, uint64_t time, enum direction direction,
                const char *dissector, const uint8_t *bytes, size_t len);

void end_file(void);

#endif /* PCAPNG_H */
