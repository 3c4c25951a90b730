/* reservations.c
 * Reservation IDs, recorded and given.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "reservations.h"

#include <stdbool.h>
#include <string.h>

#define NETFN_SENSOR    0x04
#define NETFN_STORAGE   0x0a
#define NETFN_SHIFT     2

/* A message from netFn/LUN on: where the ID is. */
#define IN_REQUEST      2
#define IN_RESPONSE     3
#define ID_SIZE         2

/* What gives a reservation, and what takes it. */
static const struct {
    uint8_t netfn;
    uint8_t reserve;
    uint8_t users[5];           /* 0 ends them */
} kinds[] = {
    { NETFN_SENSOR, 0x22, { 0x21 } },
    { NETFN_STORAGE, 0x22, { 0x23, 0x25, 0x26, 0x27 } },
    { NETFN_STORAGE, 0x42, { 0x43, 0x45, 0x46, 0x47 } },
};

#define KINDS   (sizeof kinds / sizeof kinds[0])

static bool
is_given(const uint8_t *response, size_t len)
{
    return len >= IN_RESPONSE + ID_SIZE && response[2] == 0;
}

void
reservations_learn(struct reservations *reservations, const uint8_t *recorded,
                   size_t recorded_len, const uint8_t *live, size_t live_len)
{
    if (!is_given(recorded, recorded_len) || !is_given(live, live_len)) {
        return;
    }
    for (size_t i = 0; i < KINDS; i++) {
        struct reservation *reservation = &reservations->each[i];

        if (recorded[0] >> NETFN_SHIFT == (kinds[i].netfn | 1)
                && recorded[1] == kinds[i].reserve) {
            memcpy(reservation->recorded, recorded + IN_RESPONSE, ID_SIZE);
            memcpy(reservation->live, live + IN_RESPONSE, ID_SIZE);
        }
    }
}

static bool
takes(size_t kind, uint8_t cmd)
{
    return cmd != 0 && memchr(kinds[kind].users, cmd, sizeof kinds[kind].users);
}

void
reservations_apply(const struct reservations *reservations, uint8_t *request,
                   size_t len)
{
    if (len < IN_REQUEST + ID_SIZE) {
        return;
    }
    for (size_t i = 0; i < KINDS; i++) {
        const struct reservation *reservation = &reservations->each[i];

        if (request[0] >> NETFN_SHIFT == kinds[i].netfn
                && takes(i, request[1])
                && memcmp(request + IN_REQUEST, reservation->recorded,
                          ID_SIZE) == 0) {
            memcpy(request + IN_REQUEST, reservation->live, ID_SIZE);
            return;
        }
    }
}
