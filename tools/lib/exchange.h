/* exchange.h
 * Requests and their responses: those of one link or one channel, matched as
 * they go by.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whoever waits longer than this for a response gives up: QEMU's host does
 * after 4 s. */
#define EXCHANGE_GIVEN_UP   5000000000  /* ns */

struct exchange_request {
    uint64_t time;          /* ns */
    uint64_t number;        /* the caller's: of its packet */
    bool     seen;          /* there was one under this number */
    bool     outstanding;
    bool     given_up;
    uint8_t  netfn_lun, cmd;
};

/* To be zeroed. */
struct exchange {
    struct exchange_request requests[256];  /* by sequence number */
    struct exchange_request replaced;   /* what exchange_request() returned */
    uint64_t earliest;      /* no request is outstanding for longer */
    unsigned outstanding;
    uint64_t unanswered;    /* requests that have got no response, and will
                             * not: the number was used again, the connection
                             * closed, or EXCHANGE_GIVEN_UP passed */
};

/* message: seq, netFn/LUN, command. Returns the request that was outstanding
 * under this number, which holds until the next call, or NULL. */
const struct exchange_request *
exchange_request(struct exchange *exchange, const uint8_t *message,
                 uint64_t time, uint64_t number);

/* Returns the request that it answers, or NULL; also one that had been given
 * up, which then counts as answered after all. The LUN does not count: OpenIPMI
 * answers with LUN 0 whichever was asked. */
const struct exchange_request *
exchange_response(struct exchange *exchange, const uint8_t *message);

/* Returns the request that a response is to once more, having been answered
 * before, or NULL. */
const struct exchange_request *
exchange_answered(const struct exchange *exchange, const uint8_t *message);

/* Something has been missed, perhaps the next request under the same number:
 * those that are answered are forgotten. */
void exchange_lose(struct exchange *exchange);

/* The connection was opened or closed: nothing outstanding will be answered. */
void exchange_reset(struct exchange *exchange);

/* Gives up what is outstanding for longer than EXCHANGE_GIVEN_UP. Costs next to
 * nothing as long as there is no such request. */
void exchange_give_up(struct exchange *exchange, uint64_t now);

#endif /* EXCHANGE_H */
