/* exchange.c
 * Requests and their responses: those of one link or one channel, matched as
 * they go by. A sequence number has 8 bits, so there is one place for each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "exchange.h"

#include <string.h>

/* Where a response's netFn differs from its request's (IPMI 2.0, section
 * 5.1), and the bits of the LUN. */
#define NETFN_RESPONSE  0x04
#define LUN_MASK        0x03

static void
leave_unanswered(struct exchange *exchange, struct exchange_request *request)
{
    request->outstanding = false;
    exchange->outstanding--;
    exchange->unanswered++;
}

const struct exchange_request *
exchange_request(struct exchange *exchange, const uint8_t *message,
                 uint64_t time, uint64_t number)
{
    struct exchange_request *request = &exchange->requests[message[0]];
    const struct exchange_request *replaced = NULL;

    if (request->outstanding) {
        exchange->replaced = *request;
        replaced = &exchange->replaced;
        leave_unanswered(exchange, request);
    }
    if (exchange->outstanding == 0 || time < exchange->earliest) {
        exchange->earliest = time;
    }
    *request = (struct exchange_request){
        .time = time,
        .number = number,
        .seen = true,
        .outstanding = true,
        .netfn_lun = message[1],
        .cmd = message[2],
    };
    exchange->outstanding++;
    return replaced;
}

static bool
is_answer(const struct exchange_request *request, const uint8_t *message)
{
    return ((request->netfn_lun | NETFN_RESPONSE) & ~LUN_MASK)
               == (message[1] & ~LUN_MASK)
           && request->cmd == message[2];
}

const struct exchange_request *
exchange_response(struct exchange *exchange, const uint8_t *message)
{
    struct exchange_request *request = &exchange->requests[message[0]];

    if (!is_answer(request, message)) {
        return NULL;
    }
    if (request->outstanding) {
        request->outstanding = false;
        exchange->outstanding--;
        return request;
    }
    if (request->given_up) {
        request->given_up = false;
        exchange->unanswered--;
        return request;
    }
    return NULL;
}

static bool
is_answered(const struct exchange_request *request)
{
    return request->seen && !request->outstanding && !request->given_up;
}

const struct exchange_request *
exchange_answered(const struct exchange *exchange, const uint8_t *message)
{
    const struct exchange_request *request = &exchange->requests[message[0]];

    return is_answered(request) && is_answer(request, message) ? request
                                                               : NULL;
}

void
exchange_lose(struct exchange *exchange)
{
    for (size_t seq = 0; seq < 256; seq++) {
        if (is_answered(&exchange->requests[seq])) {
            exchange->requests[seq].seen = false;
        }
    }
}

void
exchange_reset(struct exchange *exchange)
{
    exchange->unanswered += exchange->outstanding;
    exchange->outstanding = 0;
    memset(exchange->requests, 0, sizeof exchange->requests);
}

static bool
is_too_late(const struct exchange_request *request, uint64_t now)
{
    return now > request->time && now - request->time > EXCHANGE_GIVEN_UP;
}

void
exchange_give_up(struct exchange *exchange, uint64_t now)
{
    uint64_t earliest = UINT64_MAX;

    if (exchange->outstanding == 0 || now < exchange->earliest
            || now - exchange->earliest <= EXCHANGE_GIVEN_UP) {
        return;
    }
    for (size_t seq = 0; seq < 256; seq++) {
        struct exchange_request *request = &exchange->requests[seq];

        if (!request->outstanding) {
            continue;
        }
        if (is_too_late(request, now)) {
            leave_unanswered(exchange, request);
            request->given_up = true;
        } else if (request->time < earliest) {
            earliest = request->time;
        }
    }
    exchange->earliest = earliest;
}
