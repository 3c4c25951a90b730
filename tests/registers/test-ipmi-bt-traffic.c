/* test-ipmi-bt-traffic.c
 * Tests the state machine of BT with traffic of any shape in which all is in
 * order, and with records of any content in which nothing is.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "test-ipmi-bt.h"

static uint32_t random_state;

static unsigned any(unsigned below)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % below;
}

/* Requests that the world's host has outstanding at a time. */
#define MOST_REQUESTS 4

/* An interface that both sides use as they should, in turns as they come.
 * Arrays have requests first, then responses. */
struct world {
    struct ipmi_bt_machine machine;
    enum ipmi_machine_point point;
    unsigned loss;              /* one record in so many, 0: none */
    bool     lost;              /* one, just before */
    uint8_t  state;
    uint8_t  frames[2][256];
    unsigned written[2], read[2];               /* of the frames */
    unsigned writer_step[2], reader_step[2];    /* of the handshake */
    uint8_t  seqs[MOST_REQUESTS];               /* the BMC has to answer */
    unsigned to_answer;
    unsigned outstanding;
    uint8_t  next_seq;
    /* What the machine has said. */
    uint8_t  bytes[2][256];
    unsigned len[2], complete[2], made[2];
    bool     under_way[2];
    unsigned records;
};

static void emit(struct world *world, uint8_t side, uint8_t op, uint8_t what,
                 uint8_t value)
{
    const uint8_t mine = world->point == IPMI_POINT_HOST ? IPMI_SIDE_HOST
                                                         : IPMI_SIDE_BMC;
    const struct ipmi_record record = {
        .version = 1, .side = side, .op = op, .what = what, .width = 1,
        .value = value, .state = world->state
    };
    struct ipmi_step step = { 0 };
    unsigned way;

    if (what == IPMI_BT_FIFO && side != mine)
        return;
    world->records++;
    if (world->loss && any(world->loss) == 0) {
        world->lost = true;
        return;
    }
    if (world->lost) {
        /* The next record tells of it. */
        ipmi_bt_start(&world->machine, world->point);
        world->under_way[0] = world->under_way[1] = world->lost = false;
    }
    ipmi_bt_feed(&world->machine, &record, &step);
    way = step.from_bmc;
    CHECK(step.faults == 0, "record %u: %06x", world->records,
          (unsigned) step.faults);
    CHECK(!step.resync, "record %u", world->records);
    CHECK(step.event != IPMI_TRANSFER_ABORT, "record %u", world->records);
    if (step.begins) {
        CHECK(!world->under_way[way], "record %u", world->records);
        world->under_way[way] = true;
        world->len[way] = 0;
    }
    if (step.event == IPMI_TRANSFER_BYTE || step.event == IPMI_TRANSFER_LAST)
        world->bytes[way][world->len[way]++ % 256] = step.byte;
    if (step.event == IPMI_TRANSFER_END || step.event == IPMI_TRANSFER_LAST) {
        const uint8_t *frame = world->frames[way];

        CHECK(world->under_way[way], "record %u", world->records);
        CHECK(world->len[way] == frame[0] + 1u &&
              memcmp(world->bytes[way], frame, frame[0] + 1u) == 0,
              "record %u: %u bytes", world->records, world->len[way]);
        world->under_way[way] = false;
        world->complete[way]++;
    }
}

static void control(struct world *world, uint8_t side, uint8_t value)
{
    world->state = state_after(world->state, side, value);
    emit(world, side, IPMI_OP_WRITE, IPMI_BT_CTRL, value);
}

static void make_frame(struct world *world, unsigned way)
{
    uint8_t *frame = world->frames[way];
    const unsigned min = way == 0 ? 3 : 4;
    const unsigned len = any(10) == 0 ? min + any(256 - min) : min + any(8);

    frame[0] = (uint8_t) len;
    for (unsigned i = 1; i <= len; i++)
        frame[i] = (uint8_t) any(256);
    if (way == 0) {
        frame[2] = world->next_seq++;
        world->outstanding++;
    } else {
        const unsigned which = any(world->to_answer);

        frame[2] = world->seqs[which];
        world->seqs[which] = world->seqs[--world->to_answer];
    }
    world->written[way] = 0;
    world->made[way]++;
}

/* One thing that the writer of a way does. */
static void write_something(struct world *world, unsigned way)
{
    const uint8_t side = way == 0 ? IPMI_SIDE_HOST : IPMI_SIDE_BMC;
    const uint8_t wait = way == 0 ? 0x84 : 0x48;
    unsigned *step = &world->writer_step[way];

    switch (*step) {
    case 0:
        emit(world, side, IPMI_OP_READ, IPMI_BT_CTRL, world->state);
        if ((world->state & wait) || (way == 0
                ? world->outstanding == MOST_REQUESTS : world->to_answer == 0))
            return;
        make_frame(world, way);
        break;
    case 1:
        control(world, side, IPMI_BT_CLR_WR_PTR);
        break;
    case 2:
        emit(world, side, IPMI_OP_WRITE, IPMI_BT_FIFO,
             world->frames[way][world->written[way]]);
        if (world->written[way]++ < world->frames[way][0])
            return;
        break;
    case 3:
        control(world, side, way == 0 ? IPMI_BT_H2B_ATN : IPMI_BT_B2H_ATN);
        *step = 0;
        return;
    }
    ++*step;
}

/* One thing that the reader of a way does. */
static void read_something(struct world *world, unsigned way)
{
    const uint8_t side = way == 0 ? IPMI_SIDE_BMC : IPMI_SIDE_HOST;
    const uint8_t atn = way == 0 ? IPMI_BT_H2B_ATN : IPMI_BT_B2H_ATN;
    const uint8_t busy = way == 0 ? IPMI_BT_B_BUSY : IPMI_BT_H_BUSY;
    unsigned *step = &world->reader_step[way];

    switch (*step) {
    case 0:
        emit(world, side, IPMI_OP_READ, IPMI_BT_CTRL, world->state);
        if (!(world->state & atn))
            return;
        break;
    case 1:
        control(world, side, busy);
        break;
    case 2:
        control(world, side, atn);
        break;
    case 3:
        control(world, side, IPMI_BT_CLR_RD_PTR);
        world->read[way] = 0;
        break;
    case 4:
        emit(world, side, IPMI_OP_READ, IPMI_BT_FIFO,
             world->frames[way][world->read[way]]);
        if (world->read[way]++ < world->frames[way][0])
            return;
        break;
    case 5:
        if (way == 0)
            world->seqs[world->to_answer++] = world->frames[0][2];
        else
            world->outstanding--;
        control(world, side, busy);
        *step = 0;
        return;
    }
    ++*step;
}

/* Nothing is wrong with it, and every message is found, whole. */
void test_clean_traffic(void)
{
    for (unsigned seed = 1; seed <= 40; seed++) {
        static struct world world;

        memset(&world, 0, sizeof world);
        random_state = seed;
        world.point = seed & 1 ? IPMI_POINT_HOST : IPMI_POINT_BMC;
        world.loss = seed & 2 ? 0 : 300;
        ipmi_bt_start(&world.machine, world.point);
        for (unsigned i = 0; i < 20000; i++) {
            const unsigned way = any(2);

            if (any(2))
                write_something(&world, way);
            else
                read_something(&world, way);
        }
        for (unsigned way = 0; way < 2; way++)
            CHECK(world.made[way] > 40 &&
                  (world.loss ? world.complete[way] > world.made[way] / 2
                              : world.complete[way] + 1 >= world.made[way]),
                  "seed %u, way %u: %u of %u", seed, way,
                  world.complete[way], world.made[way]);
    }
}

/* Whatever the records say, what the machine says of them makes sense. */
void test_any_records(void)
{
    static const uint8_t whats[] = {
        IPMI_BT_CTRL, IPMI_BT_CTRL, IPMI_BT_CTRL, IPMI_BT_FIFO, IPMI_BT_FIFO,
        IPMI_BT_FIFO, IPMI_BT_INTMASK, IPMI_BT_ASPEED_CR0, IPMI_BT_ASPEED_CR1,
        IPMI_BT_ASPEED_CR2, 0x7f
    };

    for (unsigned seed = 1; seed <= 60; seed++) {
        struct ipmi_bt_machine machine;
        bool under_way[2] = { false, false };
        uint8_t state = 0, before = IPMI_BT_UNKNOWN;

        random_state = seed;
        ipmi_bt_start(&machine, (enum ipmi_machine_point) (seed % 3));
        for (unsigned i = 0; i < 5000; i++) {
            struct ipmi_record record = {
                .version = 1,
                .side = (uint8_t) (any(20) ? 1 + any(2) : any(256)),
                .op = (uint8_t) (any(20) ? 1 + any(2) : any(256)),
                .what = whats[any(LENGTH_OF(whats))],
                .width = (uint8_t) any(5),
                .lost = any(20) == 0,
                .lane = (uint8_t) (any(20) ? 0 : any(4)),
                .intmask = (uint8_t) any(4),
                .value = any(3) ? 1u << any(8) : any(256),
            };
            struct ipmi_step step = { 0 };

            /* Mostly a state that follows, so that it gets somewhere. */
            if (any(50) == 0)
                state = (uint8_t) any(256);
            else if (record.op == IPMI_OP_WRITE && !record.lost &&
                     record.what == IPMI_BT_CTRL && record.lane == 0 &&
                     record.side <= IPMI_SIDE_BMC)
                state = state_after(state, record.side,
                                    (uint8_t) record.value);
            record.state = state;
            ipmi_bt_feed(&machine, &record, &step);

            CHECK(step.before == before, "seed %u, record %u", seed, i);
            CHECK(step.after <= IPMI_BT_HOST_READS, "seed %u", seed);
            CHECK(step.event <= IPMI_TRANSFER_ABORT, "seed %u", seed);
            CHECK(step.faults >> IPMI_BT_FAULTS == 0, "seed %u", seed);
            CHECK(step.conditions >> IPMI_BT_CONDITIONS == 0, "seed %u", seed);
            if (step.begins)
                under_way[step.from_bmc] = true;
            if (step.event == IPMI_TRANSFER_BYTE ||
                    step.event == IPMI_TRANSFER_LAST ||
                    step.event == IPMI_TRANSFER_END)
                CHECK(under_way[step.from_bmc], "seed %u, record %u", seed, i);
            if (step.event != IPMI_TRANSFER_NONE &&
                    step.event != IPMI_TRANSFER_BYTE)
                under_way[step.from_bmc] = false;
            before = step.after;
        }
        CHECK(machine.outstanding <= IPMI_BT_OUTSTANDING, "seed %u", seed);
    }
}
