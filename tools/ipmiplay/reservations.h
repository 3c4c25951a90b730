/* reservations.h
 * Reservation IDs (IPMI 2.0, sections 31.4, 33.11 and 35.4): a BMC gives
 * another one each time, and refuses requests with any but the last. So a host
 * that is played must not send the recorded ones, but those that it was given.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef RESERVATIONS_H
#define RESERVATIONS_H

#include <stddef.h>
#include <stdint.h>

struct reservation {
    uint8_t recorded[2];
    uint8_t live[2];
};

/* To be zeroed. */
struct reservations {
    struct reservation each[3];
};

/* Messages begin with netFn/LUN. */

/* Learns from a response what stands for what. */
void reservations_learn(struct reservations *reservations,
                        const uint8_t *recorded, size_t recorded_len,
                        const uint8_t *live, size_t live_len);

/* Puts the ID of today in a request. */
void reservations_apply(const struct reservations *reservations,
                        uint8_t *request, size_t len);

#endif /* RESERVATIONS_H */
