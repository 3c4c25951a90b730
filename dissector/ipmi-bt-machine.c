/* ipmi-bt-machine.c
 * Follows a BT interface by its register accesses: frames, the handshake of
 * each direction, and what is wrong with them. Section numbers are those of
 * the IPMI specification, v2.0.
 *
 * Both directions work in the same way, with the roles of the two sides
 * exchanged: the writer clears its pointer, writes a frame and sets its ATN
 * bit; the reader sets its busy bit, clears the ATN bit and its own pointer,
 * reads the frame and clears its busy bit (section 11.7). So there is one set
 * of rules here, and a direction is called a way.
 *
 * The FIFO accesses of but one side are recorded, that of the machine which was
 * captured (docs/capture-format.md). So of one way the bytes are seen as they
 * are written, and of the other as they are read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "ipmi-bt-machine.h"

enum { REQUESTS, RESPONSES };

enum { STAGE_NONE, STAGE_WRITING, STAGE_WAITS, STAGE_READING };

/* What the rules are about, for each way. */
static const struct way_bits {
    uint8_t writer;             /* enum ipmi_record_side */
    uint8_t atn;                /* the writer sets it, the reader clears it */
    uint8_t busy;               /* the reader's */
    uint8_t min_length;         /* section 11.1: netFn/LUN, sequence number,
                                 * command; section 11.2: and completion code */
    uint8_t busy_ignored, busy_not_set, overrun, not_cleared;
} bits_of[] = {
    { IPMI_SIDE_HOST, IPMI_BT_H2B_ATN, IPMI_BT_B_BUSY, 3,
      IPMI_BT_B_BUSY_IGNORED, IPMI_BT_B_BUSY_NOT_SET,
      IPMI_BT_H2B_ATN_OVERRUN, IPMI_BT_H2B_ATN_NOT_CLEARED },
    { IPMI_SIDE_BMC, IPMI_BT_B2H_ATN, IPMI_BT_H_BUSY, 4,
      IPMI_BT_H_BUSY_IGNORED, IPMI_BT_H_BUSY_NOT_SET,
      IPMI_BT_B2H_ATN_OVERRUN, IPMI_BT_B2H_ATN_NOT_CLEARED },
};

#define HANDSHAKE (IPMI_BT_H2B_ATN | IPMI_BT_B2H_ATN | \
                   IPMI_BT_H_BUSY | IPMI_BT_B_BUSY)

/* Aspeed's iBT: CR0 lets the BMC clear its pointers; CR1 enables and CR2 is the
 * interrupt by H2B_ATN. */
#define CR0_EN_CLR_WR_PTR   0x04
#define CR0_EN_CLR_RD_PTR   0x08
#define CR1_H2B             0x01
#define CR2_H2B             0x01

/* The third byte of a frame (section 11.1). */
#define SEQ 2

static void
fault(struct ipmi_step *step, enum ipmi_bt_fault which)
{
    step->faults |= UINT32_C(1) << which;
}

static void
event(struct ipmi_step *step, enum ipmi_transfer_event what,
      int number)
{
    step->event = what;
    step->from_bmc = number == RESPONSES;
}

static void
begin(struct ipmi_step *step, struct ipmi_bt_way *way, int number)
{
    way->begun = true;
    step->begins = true;
    event(step, IPMI_TRANSFER_NONE, number);
}

static void
move(struct ipmi_bt_machine *machine, int number, int stage)
{
    machine->ways[number].stage = (uint8_t)stage;
    if (stage != STAGE_NONE) {
        machine->moved = (uint8_t)number;
        machine->settled = true;
    }
}

/* Whether the bytes of a way are seen as they are written. */
static bool
seen_written(const struct ipmi_bt_machine *machine, int number)
{
    return machine->side == bits_of[number].writer;
}

/*
 * Outstanding requests
 */

static void
forget_request(struct ipmi_bt_machine *machine, unsigned index)
{
    const unsigned rest = --machine->outstanding - index;

    memmove(machine->seqs + index, machine->seqs + index + 1, rest);
    memmove(machine->overtaken + index, machine->overtaken + index + 1, rest);
}

static unsigned
find_request(const struct ipmi_bt_machine *machine, uint8_t seq)
{
    unsigned index = 0;

    while (index < machine->outstanding && machine->seqs[index] != seq) {
        index++;
    }
    return index;
}

static void
add_request(struct ipmi_bt_machine *machine, uint8_t seq)
{
    const unsigned index = find_request(machine, seq);

    if (index < machine->outstanding) {
        forget_request(machine, index);
    } else if (machine->outstanding == IPMI_BT_OUTSTANDING) {
        forget_request(machine, 0);
    }
    machine->seqs[machine->outstanding] = seq;
    machine->overtaken[machine->outstanding++] = 0;
}

/* A BMC may answer in another order, but one that goes on answering later
 * requests has lost this one. */
static void
answer_request(struct ipmi_bt_machine *machine, uint8_t seq)
{
    const unsigned index = find_request(machine, seq);

    if (index == machine->outstanding) {
        return;
    }
    forget_request(machine, index);
    for (unsigned i = index; i-- > 0; ) {
        if (++machine->overtaken[i] == IPMI_BT_OVERTAKEN) {
            forget_request(machine, i);
        }
    }
}

static void
complete(struct ipmi_bt_machine *machine, int number)
{
    const uint8_t seq = machine->ways[number].seq;

    machine->ways[number].begun = false;
    if (number == REQUESTS) {
        add_request(machine, seq);
    } else {
        answer_request(machine, seq);
    }
}

/*
 * Bytes
 */

/* Takes a byte of a frame. Returns whether it is the last one of a message. */
static bool
take_byte(struct ipmi_bt_way *way, int number, uint8_t byte,
          struct ipmi_step *step)
{
    if (way->count == 0) {
        way->length = byte;
        if (byte < bits_of[number].min_length) {
            fault(step, IPMI_BT_LENGTH_SMALL);
        }
        if (!way->begun) {
            begin(step, way, number);
        }
    } else if (way->count == SEQ) {
        way->seq = byte;
    }
    event(step, IPMI_TRANSFER_BYTE, number);
    step->byte = byte;
    return way->count++ == way->length;
}

static bool
is_message(const struct ipmi_bt_way *way, int number)
{
    return way->length >= bits_of[number].min_length;
}

static bool
is_unfinished(const struct ipmi_bt_way *way)
{
    return way->count > 0 && way->count <= way->length;
}

/* What a writer may not do: it does so once for each frame. */
static void
check_writer(struct ipmi_bt_machine *machine, int number,
             struct ipmi_step *step)
{
    const struct way_bits *bits = &bits_of[number];
    struct ipmi_bt_way *way = &machine->ways[number];

    if (way->complained || !machine->known) {
        return;
    }
    if (machine->state & bits->busy) {
        fault(step, bits->busy_ignored);
    }
    if (machine->state & bits->atn) {
        fault(step, bits->overrun);
    }
    way->complained = true;
}

static void
write_fifo(struct ipmi_bt_machine *machine, int number,
           const struct ipmi_record *record, struct ipmi_step *step)
{
    struct ipmi_bt_way *way = &machine->ways[number];

    if (!way->open || record->lost) {
        return;
    }
    if (way->count == 0) {
        check_writer(machine, number, step);
        if (!way->cleared) {
            fault(step, IPMI_BT_WR_PTR_NOT_CLEARED);
        }
    }
    move(machine, number, STAGE_WRITING);
    if (way->count == 0 || way->count <= way->length) {
        take_byte(way, number, (uint8_t)record->value, step);
    } else if (!way->done) {
        fault(step, IPMI_BT_FRAME_LONG);
        way->done = true;
    }
}

static void
read_fifo(struct ipmi_bt_machine *machine, int number,
          const struct ipmi_record *record, struct ipmi_step *step)
{
    const struct way_bits *bits = &bits_of[number];
    struct ipmi_bt_way *way = &machine->ways[number];

    if (!way->open) {
        return;
    }
    if (way->done) {
        if (!way->complained) {
            fault(step, IPMI_BT_READ_BEYOND);
        }
        way->complained = true;
        return;
    }
    if (way->count == 0) {
        if (way->ready && !way->waiting) {
            fault(step, IPMI_BT_READ_NO_ATN);
        }
        if (!way->cleared) {
            fault(step, IPMI_BT_RD_PTR_NOT_CLEARED);
        }
        if (!(machine->state & bits->busy)) {
            fault(step, bits->busy_not_set);
        }
        way->cleared = false;
    }
    if (record->lost) {
        /* It was empty: the writer has written less than it says. */
        if (is_unfinished(way)) {
            fault(step, IPMI_BT_FRAME_SHORT);
        } else if (way->waiting) {
            fault(step, IPMI_BT_FRAME_EMPTY);
        }
        if (way->begun) {
            event(step, IPMI_TRANSFER_ABORT, number);
        }
        way->begun = false;
        way->done = way->complained = true;
        way->waiting = false;
        return;
    }
    move(machine, number, STAGE_READING);
    if (!take_byte(way, number, (uint8_t)record->value, step)) {
        return;
    }
    way->done = true;
    way->waiting = false;
    if (is_message(way, number)) {
        event(step, IPMI_TRANSFER_LAST, number);
        complete(machine, number);
        /* A BMC may keep B_BUSY while it works on what it has read. */
        if (number == REQUESTS) {
            move(machine, number, STAGE_NONE);
        }
    }
    if (!(machine->state & bits->busy)) {
        move(machine, number, STAGE_NONE);
    }
}

static void
fifo(struct ipmi_bt_machine *machine,
     const struct ipmi_record *record, struct ipmi_step *step)
{
    const bool host = record->side == IPMI_SIDE_HOST;
    const bool write = record->op == IPMI_OP_WRITE;
    const int number = host == write ? REQUESTS : RESPONSES;

    if (machine->side == 0) {
        machine->side = record->side;
    }
    if (machine->side != record->side || record->lane != 0) {
        return;
    }
    if (write) {
        write_fifo(machine, number, record, step);
    } else {
        read_fifo(machine, number, record, step);
    }
}

/*
 * The control register (section 11.6.1)
 */

/* Something happened that may be the reason of an interrupt. */
static void
irq_reason(struct ipmi_bt_machine *machine)
{
    machine->irq_count[0] = machine->irq_count[1] = 0;
}

/* Its pointer is at the beginning: a frame is, too. */
static void
clear_pointer(struct ipmi_bt_machine *machine, int number,
              struct ipmi_step *step)
{
    struct ipmi_bt_way *way = &machine->ways[number];
    const bool written = seen_written(machine, number);

    if (written ? way->count > 0 : is_unfinished(way) && !way->done) {
        fault(step, IPMI_BT_FRAME_CUT);
        way->begun = false;
        event(step, IPMI_TRANSFER_ABORT, number);
    }
    if (written) {
        begin(step, way, number);
        move(machine, number, STAGE_NONE);
    }
    way->complained = false;
    way->open = way->cleared = true;
    way->done = false;
    way->count = 0;
}

/* The writer says that there is a frame. */
static void
set_atn(struct ipmi_bt_machine *machine, int number,
        struct ipmi_step *step)
{
    struct ipmi_bt_way *way = &machine->ways[number];

    if (!seen_written(machine, number)) {
        way->complained = false;
    }
    check_writer(machine, number, step);
    way->complained = false;
    if (seen_written(machine, number)) {
        if (way->open) {
            if (way->count == 0) {
                fault(step, IPMI_BT_FRAME_EMPTY);
            } else if (is_unfinished(way)) {
                fault(step, IPMI_BT_FRAME_SHORT);
            }
            if (way->count > way->length && is_message(way, number)) {
                event(step, IPMI_TRANSFER_END, number);
                complete(machine, number);
            } else if (way->begun) {
                event(step, IPMI_TRANSFER_ABORT, number);
                way->begun = false;
            }
        }
        way->cleared = way->done = false;
        way->count = 0;
    } else if (way->done || way->count == 0) {
        begin(step, way, number);
        way->done = false;
        way->count = 0;
    }
    way->open = way->ready = way->waiting = true;
    if (!(machine->state & bits_of[number].busy)) {
        way->attended = false;
    }
    move(machine, number, STAGE_WAITS);
}

/* The reader has seen that there is a frame. */
static void
clear_atn(struct ipmi_bt_machine *machine, int number,
          uint8_t state)
{
    struct ipmi_bt_way *way = &machine->ways[number];

    way->attended = true;
    if (way->stage != STAGE_WAITS) {
        return;
    }
    /* Where the reader's accesses to the FIFO are not seen, its busy bit is
     * what tells that it reads; but a BMC may keep B_BUSY until it answers. */
    if (seen_written(machine, number)
            ? number == REQUESTS || !(state & bits_of[number].busy)
            : way->done) {
        move(machine, number, STAGE_NONE);
    } else {
        move(machine, number, STAGE_READING);
    }
}

static void
toggle_busy(struct ipmi_bt_machine *machine, int number,
            uint8_t state, struct ipmi_step *step)
{
    const struct way_bits *bits = &bits_of[number];
    struct ipmi_bt_way *way = &machine->ways[number];
    const bool written = seen_written(machine, number);

    if (state & bits->busy) {
        if (way->stage == STAGE_WAITS && !(number == REQUESTS && written)) {
            move(machine, number, STAGE_READING);
        }
        return;
    }
    if ((written ? way->stage == STAGE_READING : way->count > 0) &&
            (state & bits->atn) && !way->attended) {
        fault(step, bits->not_cleared);
    }
    if (!written && way->count > 0) {
        if (is_unfinished(way) && !way->done && is_message(way, number)) {
            fault(step, IPMI_BT_READ_SHORT);
        }
        if (way->begun) {
            way->begun = false;
            event(step, IPMI_TRANSFER_ABORT, number);
        }
        /* Reads before the next frame are none of this one. */
        way->done = true;
        way->waiting = false;
    }
    if (way->stage == STAGE_READING) {
        move(machine, number, state & bits->atn ? STAGE_WAITS : STAGE_NONE);
    }
}

/* Whether the BMC's write to clear a pointer does it. */
static bool
may_clear(const struct ipmi_bt_machine *machine, uint8_t side,
          uint8_t enable)
{
    return side == IPMI_SIDE_HOST || !machine->cr0_known ||
           (machine->cr0 & enable);
}

static void
write_control(struct ipmi_bt_machine *machine,
              const struct ipmi_record *record,
              struct ipmi_step *step)
{
    const int out = record->side == IPMI_SIDE_HOST ? REQUESTS : RESPONSES;
    const int in = !out;
    const uint8_t value = (uint8_t)record->value;

    if (value & (IPMI_BT_H2B_ATN | IPMI_BT_B2H_ATN | IPMI_BT_SMS_ATN |
                 IPMI_BT_H_BUSY)) {
        irq_reason(machine);
    }
    if ((value & IPMI_BT_CLR_RD_PTR) && !seen_written(machine, in) &&
            may_clear(machine, record->side, CR0_EN_CLR_RD_PTR)) {
        clear_pointer(machine, in, step);
    }
    if (value & bits_of[in].atn) {
        clear_atn(machine, in, record->state);
    }
    if (value & bits_of[in].busy) {
        toggle_busy(machine, in, record->state, step);
    }
    if ((value & IPMI_BT_CLR_WR_PTR) && seen_written(machine, out) &&
            may_clear(machine, record->side, CR0_EN_CLR_WR_PTR)) {
        clear_pointer(machine, out, step);
    }
    if (value & bits_of[out].atn) {
        set_atn(machine, out, step);
    }
}

/* The state that follows from an access to the control register. */
static uint8_t
expected_state(const struct ipmi_bt_machine *machine,
               const struct ipmi_record *record)
{
    const int out = record->side == IPMI_SIDE_HOST ? REQUESTS : RESPONSES;
    const int in = !out;
    const uint8_t value = (uint8_t)record->value;
    uint8_t state = machine->state;

    state &= (uint8_t)~(value & bits_of[in].atn);
    state |= value & bits_of[out].atn;
    state ^= value & bits_of[in].busy;
    return state;
}

/*
 * Interrupts
 */

static void
irq(struct ipmi_bt_machine *machine,
    const struct ipmi_record *record, struct ipmi_step *step)
{
    const unsigned bmc = record->side == IPMI_SIDE_BMC;
    const bool on = record->value != 0;

    machine->irq_known = true;
    machine->irq_on[bmc] = on;
    if (!on) {
        return;
    }
    machine->irq_due = false;
    step->raised = record->side == IPMI_SIDE_HOST;
    if (machine->irq_count[bmc] < IPMI_BT_STORM &&
            ++machine->irq_count[bmc] == IPMI_BT_STORM) {
        fault(step, IPMI_BT_IRQ_STORM);
    }
}

/* Whether a side that wants to be interrupted is, or will be: the host by
 * B2H_IRQ (section 11.6.3), of which the BMC's machine has but a picture; the
 * BMC, as iBT does it, by H2B_ATN. The reason may go before the interrupt
 * comes. */
static void
expect_irq(struct ipmi_bt_machine *machine,
           const struct ipmi_record *record,
           struct ipmi_step *step)
{
    const uint8_t both = IPMI_BT_B2H_IRQ_EN | IPMI_BT_B2H_IRQ;
    bool reason, before;

    if (machine->side == IPMI_SIDE_HOST) {
        reason = (record->intmask & both) == both;
        before = !machine->known || (machine->intmask & both) == both;
    } else if (machine->side == IPMI_SIDE_BMC) {
        reason = (record->state & IPMI_BT_H2B_ATN) &&
                 (machine->cr1 & CR1_H2B) &&
                 !(record->op == IPMI_OP_WRITE && record->lane == 0 &&
                   record->what == IPMI_BT_ASPEED_CR2 &&
                   (record->value & CR2_H2B));
        before = !machine->known || (machine->state & IPMI_BT_H2B_ATN);
    } else {
        return;
    }
    if (machine->irq_due && !reason) {
        fault(step, IPMI_BT_IRQ_NOT_RAISED);
        machine->irq_due = false;
    } else if (reason && !before && machine->irq_known) {
        machine->irq_due = !machine->irq_on[machine->side == IPMI_SIDE_BMC];
    }
}

/*
 * Everything
 */

/* Knows what the state tells, and nothing else. */
static void
resynchronise(struct ipmi_bt_machine *machine, uint8_t state)
{
    const uint8_t side = machine->side;
    const bool disabled = machine->disabled;

    memset(machine, 0, sizeof *machine);
    machine->side = side;
    machine->disabled = disabled;
    for (int number = REQUESTS; number <= RESPONSES; number++) {
        if (state & bits_of[number].atn) {
            machine->ways[number].waiting = true;
            move(machine, number, STAGE_WAITS);
        }
    }
    if (state & IPMI_BT_H_BUSY) {
        move(machine, RESPONSES, STAGE_READING);
    }
}

static void
reset(struct ipmi_bt_machine *machine,
      const struct ipmi_record *record, struct ipmi_step *step)
{
    const bool begun = machine->ways[REQUESTS].begun ||
                       machine->ways[RESPONSES].begun;
    const int number = machine->ways[machine->moved].begun
                       ? machine->moved : !machine->moved;

    resynchronise(machine, record->state);
    if (begun) {
        event(step, IPMI_TRANSFER_ABORT, number);
    }
    for (int i = REQUESTS; i <= RESPONSES; i++) {
        struct ipmi_bt_way *way = &machine->ways[i];

        way->open = way->ready = way->cleared = true;
    }
    machine->settled = machine->irq_known = true;
    machine->cr0_known = record->side == IPMI_SIDE_BMC;
}

static void
write_intmask(struct ipmi_bt_machine *machine,
              const struct ipmi_record *record,
              struct ipmi_step *step)
{
    if (record->side != IPMI_SIDE_HOST ||
            !(record->value & IPMI_BT_BMC_HWRST)) {
        return;
    }
    fault(step, IPMI_BT_BMC_RESET);
    for (int number = REQUESTS; number <= RESPONSES; number++) {
        struct ipmi_bt_way *way = &machine->ways[number];

        if (way->begun) {
            event(step, IPMI_TRANSFER_ABORT, number);
        }
        way->begun = way->open = way->ready = way->done = false;
        way->count = 0;
    }
}

static void
access(struct ipmi_bt_machine *machine,
       const struct ipmi_record *record, struct ipmi_step *step)
{
    if (record->what == IPMI_BT_FIFO) {
        fifo(machine, record, step);
        return;
    }
    if (record->op != IPMI_OP_WRITE || record->lost || record->lane != 0) {
        return;
    }
    switch (record->what) {
    case IPMI_BT_CTRL:
        write_control(machine, record, step);
        break;
    case IPMI_BT_INTMASK:
        write_intmask(machine, record, step);
        break;
    case IPMI_BT_ASPEED_CR0:
        machine->cr0 = (uint8_t)record->value;
        machine->cr0_known = true;
        break;
    case IPMI_BT_ASPEED_CR1:
        machine->cr1 = (uint8_t)record->value;
        break;
    }
}

/* A look at the control register by a side that has nothing else to do, in
 * vain. */
static bool
is_poll(const struct ipmi_bt_machine *machine,
        const struct ipmi_record *record)
{
    const uint8_t value = (uint8_t)record->value;
    const int out = record->side == IPMI_SIDE_HOST ? REQUESTS : RESPONSES;

    if (machine->ways[out].stage == STAGE_WRITING ||
            machine->ways[!out].stage == STAGE_READING) {
        return false;
    }
    if (out == REQUESTS) {
        return !(value & IPMI_BT_B2H_ATN) && (machine->outstanding > 0 ||
               (value & (IPMI_BT_B_BUSY | IPMI_BT_H2B_ATN)));
    }
    if (machine->outstanding > 0) {
        return value & (IPMI_BT_B2H_ATN | IPMI_BT_H_BUSY);
    }
    return !(value & IPMI_BT_H2B_ATN);
}

static uint8_t
stage_phase(const struct ipmi_bt_machine *machine, int number)
{
    static const uint8_t phases[][STAGE_READING] = {
        { IPMI_BT_HOST_WRITES, IPMI_BT_REQUEST_WAITS, IPMI_BT_BMC_READS },
        { IPMI_BT_BMC_WRITES, IPMI_BT_RESPONSE_WAITS, IPMI_BT_HOST_READS },
    };

    return phases[number][machine->ways[number].stage - STAGE_WRITING];
}

static uint8_t
phase(const struct ipmi_bt_machine *machine)
{
    const int number = machine->moved;

    if (machine->disabled) {
        return IPMI_BT_DISABLED;
    }
    if (machine->ways[number].stage != STAGE_NONE) {
        return stage_phase(machine, number);
    }
    if (machine->ways[!number].stage != STAGE_NONE) {
        return stage_phase(machine, !number);
    }
    if (machine->outstanding > 0) {
        return IPMI_BT_BMC_WORKS;
    }
    if (!machine->settled) {
        return IPMI_BT_UNKNOWN;
    }
    return machine->state & IPMI_BT_B_BUSY ? IPMI_BT_NOT_READY : IPMI_BT_IDLE;
}

static uint32_t
conditions(const struct ipmi_bt_machine *machine)
{
    const uint8_t state = machine->state;
    uint32_t set = 0;

    if (state & IPMI_BT_H_BUSY) {
        set |= UINT32_C(1) << IPMI_BT_H_BUSY_STUCK;
    } else if (state & IPMI_BT_B2H_ATN) {
        set |= UINT32_C(1) << IPMI_BT_B2H_ATN_NOT_TAKEN;
    }
    if (!(state & IPMI_BT_B_BUSY)) {
        if (state & IPMI_BT_H2B_ATN) {
            set |= UINT32_C(1) << IPMI_BT_H2B_ATN_NOT_TAKEN;
        }
    } else if (machine->outstanding > 0 || (state & IPMI_BT_H2B_ATN) ||
               machine->ways[REQUESTS].stage == STAGE_READING) {
        set |= UINT32_C(1) << IPMI_BT_B_BUSY_STUCK;
    }
    if (state & IPMI_BT_SMS_ATN) {
        set |= UINT32_C(1) << IPMI_BT_SMS_ATN_NOT_CLEARED;
    }
    if (machine->irq_due) {
        set |= UINT32_C(1) << IPMI_BT_IRQ_MISSING;
    }
    return set;
}

void
ipmi_bt_start(struct ipmi_bt_machine *machine,
              enum ipmi_machine_point point)
{
    memset(machine, 0, sizeof *machine);
    if (point == IPMI_POINT_HOST) {
        machine->side = IPMI_SIDE_HOST;
    } else if (point == IPMI_POINT_BMC) {
        machine->side = IPMI_SIDE_BMC;
    }
}

void
ipmi_bt_feed(struct ipmi_bt_machine *machine,
             const struct ipmi_record *record, struct ipmi_step *step)
{
    const bool is_access = ipmi_record_is_access(record) &&
                           (record->side == IPMI_SIDE_HOST ||
                            record->side == IPMI_SIDE_BMC);
    const bool control = is_access && record->what == IPMI_BT_CTRL;

    step->before = phase(machine);
    if (!machine->known) {
        resynchronise(machine, record->state);
    }
    if (record->op == IPMI_OP_RESET) {
        reset(machine, record, step);
    } else if (record->op == IPMI_OP_LINE) {
        if (record->what == IPMI_LINE_ENABLE) {
            machine->disabled = record->value == 0;
        }
        irq_reason(machine);
        expect_irq(machine, record, step);
    } else {
        const bool written = control && record->op == IPMI_OP_WRITE &&
                             !record->lost && record->lane == 0;
        const uint8_t expected = written ? expected_state(machine, record)
                                         : machine->state;

        if (machine->known && ((expected ^ record->state) & HANDSHAKE)) {
            resynchronise(machine, record->state);
            step->resync = true;
        }
        if (record->op == IPMI_OP_IRQ) {
            irq(machine, record, step);
        } else if (is_access) {
            access(machine, record, step);
        }
        expect_irq(machine, record, step);
        if (control && record->op == IPMI_OP_READ) {
            step->poll = is_poll(machine, record);
        }
    }
    if (step->event != IPMI_TRANSFER_NONE || step->begins) {
        irq_reason(machine);
    }
    machine->state = record->state;
    machine->intmask = record->intmask;
    machine->known = true;
    step->after = phase(machine);
    step->conditions = conditions(machine);
}
