/* test-ipmi-kcs-traffic.c
 * Tests the state machine of KCS with captures that begin anywhere or lack
 * something, and with records of any content.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stddef.h>
#include <string.h>

#include "test-ipmi-kcs.h"

/* Follows a machine's steps the way a dissector does. */
struct follower {
    struct ipmi_kcs_machine machine;
    bool under_way[2];
    uint8_t bytes[2][IPMI_MESSAGE_MAX];
    size_t len[2];
    unsigned complete[2];
    uint32_t faults;
    unsigned resyncs;
};

/* What whoever follows it relies on. */
static void
follow(struct follower *follower, const struct ipmi_record *record,
       const char *where)
{
    struct ipmi_step step = { 0 };
    unsigned way;

    ipmi_kcs_feed(&follower->machine, record, &step);
    way = step.from_bmc;
    if (step.begins) {
        follower->under_way[0] = follower->under_way[1] = false;
        follower->under_way[way] = true;
        follower->len[way] = 0;
    }
    check(step.before <= IPMI_KCS_PHASE_ABORT_END &&
          step.after <= IPMI_KCS_PHASE_ABORT_END, "no such phase", where);
    check(step.faults >> IPMI_KCS_FAULTS == 0, "no such fault", where);
    check(step.conditions >> IPMI_KCS_CONDITIONS == 0, "no such condition",
          where);
    check(!(step.begins && step.event == IPMI_TRANSFER_ABORT),
          "a message begins and is aborted", where);
    follower->faults |= step.faults;
    follower->resyncs += step.resync;
    switch (step.event) {
    case IPMI_TRANSFER_NONE:
        break;
    case IPMI_TRANSFER_BYTE:
    case IPMI_TRANSFER_LAST:
        check(follower->under_way[way], "a byte of no message", where);
        if (follower->len[way] < IPMI_MESSAGE_MAX) {
            follower->bytes[way][follower->len[way]++] = step.byte;
        }
        if (step.event == IPMI_TRANSFER_BYTE) {
            break;
        }
        /* fall through */
    case IPMI_TRANSFER_END:
        check(follower->under_way[way], "the end of no message", where);
        check(step.event == IPMI_TRANSFER_LAST || way == 1,
              "a request ends without its last byte", where);
        follower->complete[way]++;
        follower->under_way[way] = false;
        break;
    case IPMI_TRANSFER_ABORT:
        follower->under_way[0] = follower->under_way[1] = false;
        break;
    default:
        check(false, "no such event", where);
    }
}

static void
follow_lines(struct follower *follower, const struct line *from,
             const struct line *to)
{
    for (const struct line *line = from; line != to && line->record; line++) {
        const struct ipmi_record record = parse_record(line->record);

        follow(follower, &record, line->record);
    }
}

static void
check_messages(const struct follower *follower, unsigned requests,
               unsigned responses, const char *where)
{
    static const uint8_t request[] = { 0x18, 0x01 };
    static const uint8_t response[] = { 0x1c, 0x01, 0x00 };

    check(follower->complete[0] == requests &&
          follower->len[0] == sizeof request &&
          memcmp(follower->bytes[0], request, sizeof request) == 0,
          "the request is not what it was", where);
    check(follower->complete[1] == responses &&
          follower->len[1] == sizeof response &&
          memcmp(follower->bytes[1], response, sizeof response) == 0,
          "the response is not what it was", where);
}

static const struct {
    enum ipmi_machine_point point;
    const struct line *transfer;
} transfers[] = {
    { IPMI_POINT_HOST, host_transfer },
    { IPMI_POINT_BMC, bmc_transfer },
    { IPMI_POINT_UNKNOWN, host_transfer },
    { IPMI_POINT_UNKNOWN, bmc_transfer },
};

#define ALL_TRANSFERS (sizeof transfers / sizeof transfers[0])

/* A capture begins at any record of a transfer, or lacks some in the middle and
 * says so: nothing of that is a fault, and the next transfer is complete. */
static void
test_resync(void)
{
    for (size_t t = 0; t < ALL_TRANSFERS; t++) {
        const struct line *transfer = transfers[t].transfer;

        for (const struct line *first = transfer; first->record; first++) {
            struct follower begun = {
                .machine = machine_at(transfers[t].point, 0)
            };

            follow_lines(&begun, first, NULL);
            begun.complete[0] = begun.complete[1] = 0;
            follow_lines(&begun, transfer, NULL);
            check_messages(&begun, 1, 1, first->record);
            check(begun.faults == 0 && begun.resyncs == 0,
                  "a fault", first->record);

            for (const struct line *last = transfer; last < first; last++) {
                struct follower dropped = {
                    .machine = machine_at(transfers[t].point, 0)
                };

                follow_lines(&dropped, transfer, last);
                ipmi_kcs_start(&dropped.machine, transfers[t].point, 0);
                dropped.under_way[0] = dropped.under_way[1] = false;
                follow_lines(&dropped, first, NULL);
                dropped.complete[0] = dropped.complete[1] = 0;
                follow_lines(&dropped, transfer, NULL);
                check_messages(&dropped, 1, 1, first->record);
                check(dropped.faults == 0 && dropped.resyncs == 0,
                      "a fault after dropped records", first->record);
            }
        }
    }
}

/* Some records are missing and nobody says so. The next transfer is complete
 * whatever that looks like. */
static void
test_missing(void)
{
    for (size_t t = 0; t < ALL_TRANSFERS; t++) {
        const struct line *transfer = transfers[t].transfer;

        for (const struct line *from = transfer; from->record; from++) {
            for (const struct line *to = from + 1; to->record; to++) {
                struct follower follower = {
                    .machine = machine_at(transfers[t].point, 0)
                };
                unsigned responses = 1;

                follow_lines(&follower, transfer, from);
                follow_lines(&follower, to, NULL);
                follower.complete[0] = follower.complete[1] = 0;
                /* Where only its end is missing, the response is complete when
                 * the next request begins. */
                responses +=
                    follower.machine.phase == IPMI_KCS_PHASE_READ_END;
                follow_lines(&follower, transfer, NULL);
                check_messages(&follower, 1, responses, from->record);
            }
        }
    }
}

/* The same numbers everywhere. */
static uint32_t
random_number(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static uint8_t
pick(uint32_t *state, const uint8_t *from, size_t n)
{
    const uint32_t number = random_number(state);

    return number % 8 == 0 ? (uint8_t) (number >> 8)
                           : from[(number >> 8) % n];
}

#define PICK(state, from) pick(state, from, sizeof (from))

/* Whatever records come, the machine keeps to its word, and a transfer after a
 * reset is complete. */
static void
test_random(void)
{
    static const uint8_t sides[] = { 1, 2 };
    static const uint8_t ops[] = { 1, 2, 1, 2, 1, 2, 1, 2, 3, 4, 5, 6 };
    static const uint8_t whats[] = {
        1, 2, 3, 4, 1, 2, 3, 4, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x20,
        0x22, 0x24, 0x25, 0x2b, 0x2c, 0x30
    };
    static const uint8_t values[] = { 0x60, 0x61, 0x62, 0x68, 0, 1, 0x18 };
    static const uint8_t states[] = {
        0x00, 0x01, 0x02, 0x03, 0x40, 0x41, 0x42, 0x43, 0x80, 0x81, 0x82,
        0x83, 0xc0, 0xc1, 0xc2, 0xc3
    };
    static const uint8_t widths[] = { 1, 2, 4 };
    uint32_t seed = 20260101;

    for (unsigned run = 0; run < 2000; run++) {
        const size_t t = run % ALL_TRANSFERS;
        struct follower follower = {
            .machine = machine_at(transfers[t].point, (uint8_t) (run % 5))
        };

        for (unsigned n = 0; n < 500; n++) {
            const struct ipmi_record record = {
                .version = 1,
                .side = PICK(&seed, sides),
                .op = PICK(&seed, ops),
                .what = PICK(&seed, whats),
                .width = PICK(&seed, widths),
                .lost = random_number(&seed) % 16 == 0,
                .lane = random_number(&seed) % 4,
                .state = PICK(&seed, states),
                .value = PICK(&seed, values),
            };

            follow(&follower, &record, "random records");
        }
        follow_lines(&follower, (const struct line[]) {
            { "B RESET 0 00", NULL }, { NULL, NULL } }, NULL);
        follower.complete[0] = follower.complete[1] = 0;
        follower.faults = 0;
        follow_lines(&follower, transfers[t].transfer, NULL);
        check_messages(&follower, 1, 1, "after random records");
        if (transfers[t].point == IPMI_POINT_UNKNOWN) {
            /* Random records have C/D set, host_transfer has not. */
            follower.faults &= ~(1u << IPMI_KCS_FAULT_CD);
        }
        check(follower.faults == 0, "a fault", "after random records");
    }
}

void
test_traffic(void)
{
    test_resync();
    test_missing();
    test_random();
}
