/* test-exchange.c
 * Tests how requests and responses are matched.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>
#include <stdlib.h>

#include "../../check.h"
#include "exchange.h"

unsigned checks;
unsigned failures;

#define SECOND 1000000000ull

static struct exchange exchange;
static uint64_t packets;

static void
start(void)
{
    exchange = (struct exchange){ 0 };
    packets = 0;
}

static const struct exchange_request *
ask(uint8_t seq, uint8_t netfn_lun, uint8_t cmd, uint64_t time)
{
    const uint8_t message[] = { seq, netfn_lun, cmd };

    return exchange_request(&exchange, message, time, ++packets);
}

static const struct exchange_request *
answer(uint8_t seq, uint8_t netfn_lun, uint8_t cmd)
{
    const uint8_t message[] = { seq, netfn_lun, cmd };

    return exchange_response(&exchange, message);
}

static void
check_counts(unsigned outstanding, uint64_t unanswered, const char *when)
{
    CHECK(exchange.outstanding == outstanding, "%s: %u", when,
          exchange.outstanding);
    CHECK(exchange.unanswered == unanswered, "%s: %llu", when,
          (unsigned long long)exchange.unanswered);
}

static void
test_match(void)
{
    const struct exchange_request *request;

    start();
    CHECK(!answer(0, 0x1c, 0x01), "a response to nothing");
    CHECK(!ask(0, 0x18, 0x01, 7), "the first one");
    check_counts(1, 0, "asked");
    CHECK(!answer(1, 0x1c, 0x01), "another number");
    CHECK(!answer(0, 0x1c, 0x02), "another command");
    CHECK(!answer(0, 0x2c, 0x01), "another netFn");
    CHECK(!answer(0, 0x18, 0x01), "a request's netFn");
    check_counts(1, 0, "not answered");
    request = answer(0, 0x1c, 0x01);
    CHECK(request && request->number == 1 && request->time == 7
          && request->netfn_lun == 0x18 && request->cmd == 0x01, "answered");
    check_counts(0, 0, "answered");
    CHECK(!answer(0, 0x1c, 0x01), "answered twice");
    check_counts(0, 0, "answered twice");
}

static void
test_lun(void)
{
    start();
    ask(9, 0x1a, 0x01, 0);
    CHECK(answer(9, 0x1c, 0x01), "OpenIPMI's answer to LUN 2");
    ask(10, 0x1a, 0x01, 0);
    CHECK(answer(10, 0x1e, 0x01), "QEMU's answer to LUN 2");
}

static void
test_in_flight(void)
{
    start();
    for (unsigned seq = 0; seq < 256; seq++) {
        ask((uint8_t)seq, 0x18, (uint8_t)seq, seq);
    }
    check_counts(256, 0, "all numbers");
    for (unsigned seq = 256; seq-- > 0;) {
        const struct exchange_request *request =
            answer((uint8_t)seq, 0x1c, (uint8_t)seq);

        CHECK(request && request->number == seq + 1, "number %u", seq);
    }
    check_counts(0, 0, "all numbers");
}

static void
test_used_again(void)
{
    const struct exchange_request *earlier;

    start();
    ask(3, 0x18, 0x01, 10);
    earlier = ask(3, 0x18, 0x02, 20);
    CHECK(earlier && earlier->number == 1 && earlier->time == 10
          && earlier->cmd == 0x01 && earlier->outstanding, "the earlier one");
    check_counts(1, 1, "used again");
    CHECK(!answer(3, 0x1c, 0x01), "to the earlier one");
    CHECK(answer(3, 0x1c, 0x02), "to the later one");
    check_counts(0, 1, "answered");
    CHECK(!ask(3, 0x18, 0x02, 30), "after the answer");
}

static void
test_reset(void)
{
    start();
    ask(3, 0x18, 0x01, 0);
    ask(4, 0x18, 0x01, 0);
    exchange_reset(&exchange);
    check_counts(0, 2, "closed");
    CHECK(!answer(3, 0x1c, 0x01), "of the connection before");
    CHECK(!ask(3, 0x18, 0x01, 0), "anew");
    check_counts(1, 2, "anew");
}

static void
test_give_up(void)
{
    const struct exchange_request *late;

    start();
    exchange_give_up(&exchange, 100 * SECOND);
    check_counts(0, 0, "nothing to give up");

    ask(1, 0x18, 0x01, 10 * SECOND);
    ask(2, 0x18, 0x02, 12 * SECOND);
    exchange_give_up(&exchange, 10 * SECOND + EXCHANGE_GIVEN_UP);
    check_counts(2, 0, "in time");
    exchange_give_up(&exchange, 10 * SECOND + EXCHANGE_GIVEN_UP + 1);
    check_counts(1, 1, "the first one is late");
    exchange_give_up(&exchange, 9 * SECOND);
    check_counts(1, 1, "the clock was set back");

    late = answer(1, 0x1c, 0x01);
    CHECK(late && late->number == 1, "it came after all");
    check_counts(1, 0, "it came after all");
    CHECK(!answer(1, 0x1c, 0x01), "twice");

    exchange_give_up(&exchange, 12 * SECOND + EXCHANGE_GIVEN_UP + 1);
    check_counts(0, 1, "the second one");
    CHECK(!ask(2, 0x18, 0x03, 30 * SECOND), "its number is free");
    CHECK(!answer(2, 0x1c, 0x02), "too late: another one is asked");
    check_counts(1, 1, "the number again");
    exchange_give_up(&exchange, 40 * SECOND);
    exchange_reset(&exchange);
    CHECK(!answer(2, 0x1c, 0x03), "given up on another connection");
    check_counts(0, 2, "in the end");
}

/* The earliest one is found again after any of them were answered. */
static void
test_order_of_giving_up(void)
{
    start();
    for (unsigned seq = 0; seq < 200; seq++) {
        ask((uint8_t)seq, 0x18, 0x01, (1000 - seq) * SECOND);
    }
    for (unsigned seq = 0; seq < 200; seq += 2) {
        answer((uint8_t)seq, 0x1c, 0x01);
    }
    for (unsigned s = 0; s <= 200; s++) {
        uint64_t now = (801 + s) * SECOND + EXCHANGE_GIVEN_UP;

        exchange_give_up(&exchange, now);
        CHECK(exchange.unanswered == (s < 200 ? s / 2 + s % 2 : 100),
              "after %u s: %llu", s, (unsigned long long)exchange.unanswered);
    }
}

int
main(void)
{
    test_match();
    test_lun();
    test_in_flight();
    test_used_again();
    test_reset();
    test_give_up();
    test_order_of_giving_up();
    printf("%u checks, %u failures\n", checks, failures);
    return failures > 0;
}
