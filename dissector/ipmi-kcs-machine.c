/* ipmi-kcs-machine.c
 * The state machine of KCS (IPMI 2.0, section 9).
 *
 * What the host does to the registers says where a transfer is, at the host's
 * point of capture as well as at the BMC's; the state that the BMC shows says
 * how it goes on. Two things are not relied on, for an emulator's own BMC has
 * neither: C/D, and writes to ST. Such a BMC changes the state as it reads DI
 * and writes DO.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ipmi-kcs-machine.h"

/* What a record does, as far as KCS goes. */
enum action {
    ACTION_NONE,
    ACTION_WRITE_COMMAND,       /* the host */
    ACTION_WRITE_DATA,
    ACTION_READ_OUT,
    ACTION_READ_STATUS,
    ACTION_READ_IN,             /* the BMC */
    ACTION_WRITE_OUT,
    ACTION_WRITE_STATUS,
    ACTION_READ_BMC_STATUS,
    ACTION_CONTROL,             /* one of its other registers */
    ACTION_LINE,
    ACTION_IRQ,
    ACTION_RESET,
    ACTION_UNKNOWN
};

/* Registers of an Aspeed LPC controller that switch channels on. */
enum {
    DISABLED_BY_HICR0 = 1,
    DISABLED_BY_HICR4 = 2
};

static void
fault(struct ipmi_step *step, enum ipmi_kcs_fault fault)
{
    step->faults |= UINT32_C(1) << fault;
}

static uint8_t
state_of(uint8_t status)
{
    return status & IPMI_KCS_STATE;
}

static enum action
host_access(const struct ipmi_record *record)
{
    if (record->op == IPMI_OP_WRITE) {
        switch (record->what) {
        case IPMI_KCS_DI:
            return ACTION_WRITE_DATA;
        case IPMI_KCS_CMD:
            return ACTION_WRITE_COMMAND;
        }
    } else {
        switch (record->what) {
        case IPMI_KCS_DO:
            return ACTION_READ_OUT;
        case IPMI_KCS_ST:
            return ACTION_READ_STATUS;
        }
    }
    return ACTION_UNKNOWN;
}

static enum action
bmc_access(const struct ipmi_record *record)
{
    switch (record->what) {
    case IPMI_KCS_DI:
    case IPMI_KCS_NPCM_DIC:
        return record->op == IPMI_OP_READ ? ACTION_READ_IN : ACTION_UNKNOWN;
    case IPMI_KCS_DO:
    case IPMI_KCS_NPCM_DOC:
    case IPMI_KCS_NPCM_DOM:
        return record->op == IPMI_OP_WRITE ? ACTION_WRITE_OUT : ACTION_NONE;
    case IPMI_KCS_ST:
        return record->op == IPMI_OP_WRITE ? ACTION_WRITE_STATUS
                                           : ACTION_READ_BMC_STATUS;
    }
    return ACTION_CONTROL;
}

static enum action
action_of(const struct ipmi_record *record)
{
    switch (record->op) {
    case IPMI_OP_READ:
    case IPMI_OP_WRITE:
        if (record->lost) {
            return ACTION_NONE;
        }
        return record->side == IPMI_SIDE_HOST ? host_access(record)
             : record->side == IPMI_SIDE_BMC ? bmc_access(record)
             : ACTION_UNKNOWN;
    case IPMI_OP_IRQ:
        return ACTION_IRQ;
    case IPMI_OP_RESET:
        return ACTION_RESET;
    case IPMI_OP_LINE:
        return ACTION_LINE;
    case IPMI_OP_HARDWARE:
        return ACTION_NONE;
    }
    return ACTION_UNKNOWN;
}

/* The flag that an access is there to change. */
static uint8_t
flag_of(enum action action)
{
    switch (action) {
    case ACTION_WRITE_COMMAND:
    case ACTION_WRITE_DATA:
    case ACTION_READ_IN:
        return IPMI_KCS_IBF;
    case ACTION_READ_OUT:
    case ACTION_WRITE_OUT:
        return IPMI_KCS_OBF;
    default:
        return 0;
    }
}

/* Bits of the status that an action can change. */
static uint8_t
may_change(const struct ipmi_kcs_machine *m, enum action action,
           const struct ipmi_record *record)
{
    const uint8_t built_in = m->point == IPMI_POINT_BMC ? 0 : IPMI_KCS_STATE;

    switch (action) {
    case ACTION_WRITE_COMMAND:
    case ACTION_WRITE_DATA:
        return IPMI_KCS_IBF | IPMI_KCS_CD;
    case ACTION_READ_OUT:
        return IPMI_KCS_OBF;
    case ACTION_READ_IN:
        return IPMI_KCS_IBF | built_in;
    case ACTION_WRITE_OUT:
        return IPMI_KCS_OBF | built_in;
    case ACTION_WRITE_STATUS:
        return 0xff & ~(IPMI_KCS_OBF | IPMI_KCS_IBF | IPMI_KCS_CD);
    case ACTION_LINE:
        return record->what == IPMI_LINE_SMS_ATN ? IPMI_KCS_SMS_ATN
             : record->what == IPMI_LINE_IRQ_ENABLE ? 0 : 0xff;
    case ACTION_CONTROL:
    case ACTION_RESET:
    case ACTION_UNKNOWN:
        return 0xff;
    default:
        return 0;
    }
}

static bool
in_transfer(const struct ipmi_kcs_machine *m)
{
    return m->phase >= IPMI_KCS_PHASE_WRITE &&
           m->phase <= IPMI_KCS_PHASE_READ_END;
}

/* The status before a record was not what the one before it says: some are
 * missing, or the machine was migrated. */
static bool
has_jumped(const struct ipmi_kcs_machine *m, enum action action,
           const struct ipmi_record *record)
{
    if (!m->known) {
        return false;
    }
    if ((m->status ^ record->state) & ~may_change(m, action, record)) {
        return true;
    }
    /* The host's emulator loses what is written while IBF is set. */
    return m->point == IPMI_POINT_HOST && m->status & IPMI_KCS_IBF &&
           (action == ACTION_WRITE_COMMAND || action == ACTION_WRITE_DATA);
}

/* A message begins: the one before is over. */
static void
new_message(struct ipmi_kcs_machine *m)
{
    m->begun = m->skip = m->unasked = m->full = m->owed = false;
    m->length = 0;
}

static void
begin(struct ipmi_kcs_machine *m, struct ipmi_step *step, bool from_bmc)
{
    m->begun = true;
    step->begins = true;
    step->from_bmc = from_bmc;
    /* What was under way before is aborted by that. */
    step->event = IPMI_TRANSFER_NONE;
}

static void
abandon(struct ipmi_kcs_machine *m, struct ipmi_step *step)
{
    if (in_transfer(m)) {
        step->event = IPMI_TRANSFER_ABORT;
        step->from_bmc = m->phase >= IPMI_KCS_PHASE_WAIT;
    }
    new_message(m);
}

static uint16_t
max_length(const struct ipmi_kcs_machine *m, bool from_bmc)
{
    const bool emulator =
        m->point == (from_bmc ? IPMI_POINT_BMC : IPMI_POINT_HOST);

    return emulator ? IPMI_KCS_EMULATOR_MAX : IPMI_MESSAGE_MAX;
}

static void
carry(struct ipmi_kcs_machine *m, struct ipmi_step *step,
      enum ipmi_transfer_event event, bool from_bmc, uint8_t byte)
{
    if (m->skip) {
        return;
    }
    if (!m->begun) {
        begin(m, step, from_bmc);
    }
    step->event = event;
    step->from_bmc = from_bmc;
    step->byte = byte;
    if (!from_bmc && m->length < sizeof m->header) {
        m->header[m->length] = byte;
    }
    if (m->length <= IPMI_MESSAGE_MAX &&
        ++m->length == max_length(m, from_bmc) + 1) {
        fault(step, IPMI_KCS_FAULT_LONG);
    }
}

/* The response is over. */
static void
end_response(struct ipmi_kcs_machine *m, struct ipmi_step *step)
{
    if (m->begun) {
        step->event = IPMI_TRANSFER_END;
        step->from_bmc = true;
        if (m->length < 3) {
            fault(step, IPMI_KCS_FAULT_SHORT);
        }
    }
    new_message(m);
}

/* The request is over. */
static void
end_request(struct ipmi_kcs_machine *m, struct ipmi_step *step)
{
    if (!m->skip) {
        if (m->length < 2) {
            fault(step, IPMI_KCS_FAULT_SHORT);
        } else if (m->header[0] >> 2 == 0x06) {
            switch (m->header[1]) {
            case 0x30:      /* Clear Message Flags */
            case 0x31:      /* Get Message Flags */
            case 0x33:      /* Get Message */
            case 0x35:      /* Read Event Message Buffer */
                m->fetched = true;
            }
        }
    }
    new_message(m);
}

static void
write_start(struct ipmi_kcs_machine *m, struct ipmi_step *step)
{
    const uint8_t phase = m->phase;

    m->phase = IPMI_KCS_PHASE_WRITE;
    switch (phase) {
    case IPMI_KCS_PHASE_READ_END:
        /* The state was IDLE: the host had all of the response and has but not
         * fetched the byte that means nothing. The request begins with its
         * first byte then. */
        end_response(m, step);
        return;
    case IPMI_KCS_PHASE_WRITE:
        fault(step, IPMI_KCS_FAULT_NO_WRITE_END);
        break;
    case IPMI_KCS_PHASE_WRITE_END:
        fault(step, IPMI_KCS_FAULT_NO_LAST_BYTE);
        break;
    case IPMI_KCS_PHASE_WAIT:
    case IPMI_KCS_PHASE_READ:
        if (!m->unasked) {
            fault(step, IPMI_KCS_FAULT_RESTART);
        }
        break;
    case IPMI_KCS_PHASE_ERROR:
    case IPMI_KCS_PHASE_ABORT:
    case IPMI_KCS_PHASE_STATUS:
        if (!m->unsure) {
            fault(step, IPMI_KCS_FAULT_ERROR_LEFT);
        }
        break;
    }
    new_message(m);
    begin(m, step, false);
}

static void
write_end(struct ipmi_kcs_machine *m, struct ipmi_step *step)
{
    switch (m->phase) {
    case IPMI_KCS_PHASE_UNKNOWN:
        new_message(m);
        m->skip = true;
        break;
    case IPMI_KCS_PHASE_WRITE:
        break;
    case IPMI_KCS_PHASE_WRITE_END:
        fault(step, IPMI_KCS_FAULT_NO_LAST_BYTE);
        m->excused = true;
        break;
    default:
        fault(step, IPMI_KCS_FAULT_WRITE_END);
        m->excused = true;
        return;
    }
    m->phase = IPMI_KCS_PHASE_WRITE_END;
}

static void
get_status_abort(struct ipmi_kcs_machine *m, struct ipmi_step *step)
{
    if (m->phase == IPMI_KCS_PHASE_READ_END) {
        end_response(m, step);
    } else {
        if (in_transfer(m)) {
            fault(step, IPMI_KCS_FAULT_ABORT);
        }
        abandon(m, step);
    }
    m->phase = IPMI_KCS_PHASE_ABORT;
}

/* What any byte of the host has to be like. */
static void
host_writes(struct ipmi_kcs_machine *m, struct ipmi_step *step, bool command,
            uint8_t old)
{
    const bool cd = m->status & IPMI_KCS_CD;

    if (old & IPMI_KCS_IBF) {
        fault(step, IPMI_KCS_FAULT_WRITE_IBF);
    }
    if (cd != command && (m->point == IPMI_POINT_BMC ||
                          (m->point == IPMI_POINT_UNKNOWN && m->cd_works))) {
        fault(step, IPMI_KCS_FAULT_CD);
    }
    m->excused = false;
}

static void
write_command(struct ipmi_kcs_machine *m, struct ipmi_step *step, uint8_t code)
{
    switch (code) {
    case IPMI_KCS_WRITE_START:
        write_start(m, step);
        break;
    case IPMI_KCS_WRITE_END:
        write_end(m, step);
        break;
    case IPMI_KCS_GET_STATUS_ABORT:
        get_status_abort(m, step);
        break;
    default:
        fault(step, IPMI_KCS_FAULT_CONTROL);
        m->excused = true;
        return;
    }
    m->unsure = false;
}

/* The host asks for the next byte. */
static void
ask(struct ipmi_kcs_machine *m, struct ipmi_step *step, uint8_t byte)
{
    if (byte != IPMI_KCS_READ) {
        fault(step, IPMI_KCS_FAULT_READ_BYTE);
        m->excused = true;
    }
    if (!m->owed) {
        fault(step, IPMI_KCS_FAULT_DATA);
        m->excused = true;
    }
    m->owed = false;
}

static void
write_data(struct ipmi_kcs_machine *m, struct ipmi_step *step, uint8_t byte)
{
    switch (m->phase) {
    case IPMI_KCS_PHASE_UNKNOWN:
        break;
    case IPMI_KCS_PHASE_WRITE:
        carry(m, step, IPMI_TRANSFER_BYTE, false, byte);
        break;
    case IPMI_KCS_PHASE_WRITE_END:
        carry(m, step, IPMI_TRANSFER_LAST, false, byte);
        end_request(m, step);
        m->phase = IPMI_KCS_PHASE_WAIT;
        break;
    case IPMI_KCS_PHASE_READ:
        ask(m, step, byte);
        break;
    case IPMI_KCS_PHASE_ABORT:
        m->phase = IPMI_KCS_PHASE_STATUS;
        break;
    case IPMI_KCS_PHASE_STATUS:
        ask(m, step, byte);
        m->phase = IPMI_KCS_PHASE_ABORT_END;
        break;
    case IPMI_KCS_PHASE_ERROR:
        if (m->unsure) {
            m->phase = IPMI_KCS_PHASE_STATUS;
            m->unsure = false;
            break;
        }
        /* fall through */
    default:
        fault(step, IPMI_KCS_FAULT_DATA);
        m->excused = true;
        break;
    }
}

/* A byte that the host reads in READ state belongs to the response: it cannot
 * know better (figure 9-7). */
static void
read_out(struct ipmi_kcs_machine *m, struct ipmi_step *step, uint8_t byte,
         uint8_t old)
{
    const uint8_t state = state_of(m->status);

    if (!(old & IPMI_KCS_OBF)) {
        fault(step, IPMI_KCS_FAULT_READ_OBF);
        return;
    }
    m->full = false;
    switch (m->phase) {
    case IPMI_KCS_PHASE_WAIT:
    case IPMI_KCS_PHASE_READ:
        if (state == IPMI_KCS_STATE_READ) {
            m->phase = IPMI_KCS_PHASE_READ;
            m->owed = true;
            carry(m, step, IPMI_TRANSFER_BYTE, true, byte);
        }
        break;
    case IPMI_KCS_PHASE_READ_END:
        end_response(m, step);
        m->phase = IPMI_KCS_PHASE_IDLE;
        break;
    case IPMI_KCS_PHASE_STATUS:
        m->owed = state == IPMI_KCS_STATE_READ;
        break;
    case IPMI_KCS_PHASE_ABORT_END:
        if (state == IPMI_KCS_STATE_IDLE) {
            m->phase = IPMI_KCS_PHASE_IDLE;
        }
        break;
    }
}

static void
write_out(struct ipmi_kcs_machine *m, struct ipmi_step *step)
{
    if (m->full) {
        fault(step, IPMI_KCS_FAULT_OVERRUN);
    }
    m->full = false;
    if (state_of(m->status) != IPMI_KCS_STATE_READ) {
        return;
    }
    switch (m->phase) {
    case IPMI_KCS_PHASE_IDLE:
        fault(step, IPMI_KCS_FAULT_RESPONSE);
        m->unasked = true;
        /* fall through */
    case IPMI_KCS_PHASE_WAIT:
        m->phase = IPMI_KCS_PHASE_READ;
        m->full = true;
        begin(m, step, true);
        break;
    case IPMI_KCS_PHASE_READ:
        if (m->owed) {
            fault(step, IPMI_KCS_FAULT_RESPONSE);
        }
        m->full = true;
        break;
    case IPMI_KCS_PHASE_STATUS:
        m->full = true;
        break;
    }
}

/* The host looks at the state as soon as IBF is clear, so it has to be right
 * by then (section 9.9). */
static void
read_in(struct ipmi_kcs_machine *m, struct ipmi_step *step, uint8_t old)
{
    const uint8_t state = state_of(m->status);
    bool late = false;

    if (!(old & IPMI_KCS_IBF)) {
        fault(step, IPMI_KCS_FAULT_READ_IBF);
        return;
    }
    switch (m->phase) {
    case IPMI_KCS_PHASE_WRITE:
    case IPMI_KCS_PHASE_WRITE_END:
        late = state != IPMI_KCS_STATE_WRITE;
        break;
    case IPMI_KCS_PHASE_WAIT:
    case IPMI_KCS_PHASE_STATUS:
        late = state != IPMI_KCS_STATE_READ;
        break;
    case IPMI_KCS_PHASE_ABORT_END:
        late = state != IPMI_KCS_STATE_IDLE;
        break;
    }
    if (late && !m->excused) {
        fault(step, IPMI_KCS_FAULT_STATE_LATE);
        m->excused = true;
    }
}

static void
wrong_state(struct ipmi_kcs_machine *m, struct ipmi_step *step)
{
    if (!m->excused) {
        fault(step, IPMI_KCS_FAULT_STATE);
        m->excused = true;
    }
}

static void
to_idle(struct ipmi_kcs_machine *m, struct ipmi_step *step)
{
    switch (m->phase) {
    case IPMI_KCS_PHASE_READ:
        if (m->full) {
            /* The host takes it for the byte that means nothing. */
            wrong_state(m, step);
        }
        m->phase = IPMI_KCS_PHASE_READ_END;
        break;
    case IPMI_KCS_PHASE_WRITE:
    case IPMI_KCS_PHASE_WRITE_END:
    case IPMI_KCS_PHASE_WAIT:
        wrong_state(m, step);
        abandon(m, step);
        m->phase = IPMI_KCS_PHASE_IDLE;
        break;
    case IPMI_KCS_PHASE_STATUS:
        wrong_state(m, step);
        m->phase = IPMI_KCS_PHASE_IDLE;
        break;
    }
}

/* The BMC shows another state. Which of them it may show while the host has
 * but written GET_STATUS/ABORT is not told: ERROR and WRITE are common. */
static void
change_state(struct ipmi_kcs_machine *m, struct ipmi_step *step)
{
    const uint8_t state = state_of(m->status);

    if (m->phase == IPMI_KCS_PHASE_ABORT) {
        return;
    }
    if (state == IPMI_KCS_STATE_ERROR) {
        abandon(m, step);
        m->phase = IPMI_KCS_PHASE_ERROR;
        m->excused = false;
        return;
    }
    if (m->phase == IPMI_KCS_PHASE_ERROR) {
        if (m->unsure) {
            m->phase = IPMI_KCS_PHASE_UNKNOWN;
        } else if (!m->excused || state == IPMI_KCS_STATE_IDLE) {
            fault(step, IPMI_KCS_FAULT_ERROR_LEFT);
            m->excused = true;
            m->phase = state == IPMI_KCS_STATE_IDLE ? IPMI_KCS_PHASE_IDLE
                                                    : IPMI_KCS_PHASE_UNKNOWN;
        }
        return;
    }
    switch (state) {
    case IPMI_KCS_STATE_IDLE:
        to_idle(m, step);
        break;
    case IPMI_KCS_STATE_WRITE:
        if (m->phase != IPMI_KCS_PHASE_WRITE &&
            m->phase != IPMI_KCS_PHASE_WRITE_END &&
            m->phase != IPMI_KCS_PHASE_UNKNOWN) {
            wrong_state(m, step);
        }
        break;
    case IPMI_KCS_STATE_READ:
        if (m->phase != IPMI_KCS_PHASE_WAIT &&
            m->phase != IPMI_KCS_PHASE_STATUS &&
            m->phase != IPMI_KCS_PHASE_UNKNOWN) {
            wrong_state(m, step);
        }
        break;
    }
}

/* Whether the host has read a status that is not what it waits for. */
static bool
host_polls(const struct ipmi_kcs_machine *m)
{
    const bool ibf = m->status & IPMI_KCS_IBF;

    switch (m->phase) {
    case IPMI_KCS_PHASE_READ:
    case IPMI_KCS_PHASE_STATUS:
        if (m->owed) {
            break;
        }
        /* fall through */
    case IPMI_KCS_PHASE_WAIT:
    case IPMI_KCS_PHASE_READ_END:
    case IPMI_KCS_PHASE_ABORT_END:
        return ibf || !(m->status & IPMI_KCS_OBF);
    }
    return ibf;
}

/* A bit of a register, or dflt if the access does not reach it. */
static bool
bit_of(const struct ipmi_record *record, unsigned bit, bool dflt)
{
    const unsigned first = 8u * record->lane;

    return bit < first || bit >= first + 8u * record->width
        ? dflt : record->value >> (bit - first) & 1;
}

static void
enable_channel(struct ipmi_kcs_machine *m, uint8_t by,
               const struct ipmi_record *record, unsigned bit)
{
    m->disabled &= ~by;
    if (!bit_of(record, bit, true)) {
        m->disabled |= by;
    }
}

static void
control(struct ipmi_kcs_machine *m, const struct ipmi_record *record)
{
    bool *host_irq = &m->irq_on[0], *bmc_irq = &m->irq_on[1];

    if (record->what >= IPMI_KCS_ASPEED_HICR0 && m->channel == 0) {
        return;
    }
    switch (record->what) {
    case IPMI_KCS_NPCM_CTL:
        *bmc_irq = bit_of(record, 0, *bmc_irq);         /* IBFIE */
        break;
    case IPMI_KCS_NPCM_IE:
        *host_irq = (record->value & 0x09) == 0x09;     /* IRQE, HIRQE */
        break;
    case IPMI_KCS_ASPEED_HICR0:
        enable_channel(m, DISABLED_BY_HICR0, record, 4 + m->channel);
        break;
    case IPMI_KCS_ASPEED_HICR2:
        *bmc_irq = bit_of(record, m->channel, *bmc_irq);
        break;
    case IPMI_KCS_ASPEED_HICR4:
        enable_channel(m, DISABLED_BY_HICR4, record, 2);
        break;
    case IPMI_KCS_ASPEED_HICR5:
        *host_irq = bit_of(record, m->channel == 3 ? 14 : 12, *host_irq);
        break;
    case IPMI_KCS_ASPEED_HICRB:
        enable_channel(m, DISABLED_BY_HICR0, record, 0);
        *bmc_irq = bit_of(record, 1, *bmc_irq);
        break;
    case IPMI_KCS_ASPEED_HICRC:
        *host_irq = bit_of(record, 0, *host_irq);
        break;
    case IPMI_KCS_ASPEED_SIRQCR0:
        *host_irq = record->value & 0x03;
        break;
    }
}

static void
interrupt(struct ipmi_kcs_machine *m, const struct ipmi_record *record,
          struct ipmi_step *step)
{
    const unsigned side = record->side == IPMI_SIDE_BMC;

    m->irq_seen[side] = true;
    m->irq_low[side] = !record->value;
    if (record->value) {
        step->raised = record->side == IPMI_SIDE_HOST;
        if (m->irq_count[side] < UINT8_MAX &&
            ++m->irq_count[side] == IPMI_KCS_STORM) {
            fault(step, IPMI_KCS_FAULT_STORM);
        }
    }
}

static void
forget(struct ipmi_kcs_machine *m)
{
    new_message(m);
    m->phase = IPMI_KCS_PHASE_UNKNOWN;
    m->excused = m->unsure = m->fetched = false;
    m->irq_on[0] = m->irq_on[1] = false;
    m->irq_low[0] = m->irq_low[1] = false;
    m->disabled = 0;
}

static void
reset(struct ipmi_kcs_machine *m, const struct ipmi_record *record,
      struct ipmi_step *step)
{
    const bool host_irq = m->irq_on[0];

    abandon(m, step);
    forget(m);
    /* The host's reset leaves to the BMC what is the BMC's. */
    m->irq_on[0] = host_irq && record->side == IPMI_SIDE_HOST;
}

/* Takes what there is to know from a status at rest. */
static void
synchronize(struct ipmi_kcs_machine *m)
{
    if (state_of(m->status) == IPMI_KCS_STATE_ERROR) {
        m->phase = IPMI_KCS_PHASE_ERROR;
        m->unsure = true;
    } else if (!(m->status & (IPMI_KCS_STATE | IPMI_KCS_IBF | IPMI_KCS_OBF))) {
        m->phase = IPMI_KCS_PHASE_IDLE;
    }
}

static uint32_t
conditions(struct ipmi_kcs_machine *m)
{
    const bool ibf = m->status & IPMI_KCS_IBF, obf = m->status & IPMI_KCS_OBF;
    uint32_t set = 0;

    /* An emulator's own BMC keeps IBF set until it answers. */
    if (ibf && !(m->point == IPMI_POINT_HOST &&
                 m->phase == IPMI_KCS_PHASE_WAIT)) {
        set |= 1u << IPMI_KCS_CONDITION_IBF;
    }
    if (obf && (m->full || m->phase == IPMI_KCS_PHASE_READ_END ||
                m->phase == IPMI_KCS_PHASE_ABORT_END)) {
        set |= 1u << IPMI_KCS_CONDITION_OBF;
    }
    if (m->status & IPMI_KCS_SMS_ATN) {
        if (!m->fetched) {
            set |= 1u << IPMI_KCS_CONDITION_ATTENTION;
        }
    } else {
        m->fetched = false;
        m->irq_low[0] |= !obf && !m->irq_seen[0];
    }
    m->irq_low[1] |= !ibf && !m->irq_seen[1];
    /* At the BMC's point the host has no interrupt, unless one was seen. */
    if (obf && m->irq_on[0] && m->irq_low[0] &&
        (m->point != IPMI_POINT_BMC || m->irq_seen[0])) {
        set |= 1u << IPMI_KCS_CONDITION_HOST_IRQ;
    }
    if (ibf && m->irq_on[1] && m->irq_low[1] && !m->disabled) {
        set |= 1u << IPMI_KCS_CONDITION_BMC_IRQ;
    }
    return set;
}

void
ipmi_kcs_start(struct ipmi_kcs_machine *machine,
               enum ipmi_machine_point point, uint8_t channel)
{
    forget(machine);
    machine->point = point;
    machine->channel = channel;
    machine->known = false;
    machine->irq_count[0] = machine->irq_count[1] = 0;
}

void
ipmi_kcs_feed(struct ipmi_kcs_machine *m, const struct ipmi_record *record,
              struct ipmi_step *step)
{
    const enum action action = action_of(record);
    uint8_t old = m->status;

    step->before = m->phase;
    if (has_jumped(m, action, record)) {
        abandon(m, step);
        forget(m);
        step->resync = true;
        m->known = false;
    }
    if (!m->known) {
        /* Nothing is wrong with the first access. */
        old = record->state ^ flag_of(action);
        m->known = true;
    }
    m->status = record->state;
    m->cd_works |= record->state & IPMI_KCS_CD;
    if (state_of(old ^ record->state)) {
        if (action == ACTION_READ_IN || action == ACTION_WRITE_OUT ||
            action == ACTION_WRITE_STATUS) {
            change_state(m, step);
        } else {
            /* What switches the interface off and on, or nobody knows. */
            abandon(m, step);
            m->phase = IPMI_KCS_PHASE_UNKNOWN;
        }
    }

    switch (action) {
    case ACTION_NONE:
        if (record->lost && record->op == IPMI_OP_WRITE &&
            record->side == IPMI_SIDE_HOST && old & IPMI_KCS_IBF) {
            fault(step, IPMI_KCS_FAULT_WRITE_IBF);
        }
        break;
    case ACTION_WRITE_COMMAND:
        host_writes(m, step, true, old);
        write_command(m, step, (uint8_t) record->value);
        break;
    case ACTION_WRITE_DATA:
        host_writes(m, step, false, old);
        write_data(m, step, (uint8_t) record->value);
        break;
    case ACTION_READ_OUT:
        read_out(m, step, (uint8_t) record->value, old);
        break;
    case ACTION_READ_STATUS:
        step->poll = host_polls(m);
        break;
    case ACTION_READ_IN:
        read_in(m, step, old);
        break;
    case ACTION_WRITE_OUT:
        write_out(m, step);
        break;
    case ACTION_READ_BMC_STATUS:
        step->poll = !(record->state & IPMI_KCS_IBF);
        break;
    case ACTION_CONTROL:
        control(m, record);
        break;
    case ACTION_LINE:
        if (record->what == IPMI_LINE_IRQ_ENABLE) {
            m->irq_on[0] = record->value;
        }
        break;
    case ACTION_IRQ:
        interrupt(m, record, step);
        break;
    case ACTION_RESET:
        reset(m, record, step);
        break;
    case ACTION_WRITE_STATUS:
    case ACTION_UNKNOWN:
        break;
    }
    if (ipmi_record_is_access(record)) {
        m->irq_count[record->side == IPMI_SIDE_BMC] = 0;
    }
    if (m->phase == IPMI_KCS_PHASE_UNKNOWN) {
        synchronize(m);
    }
    step->conditions = conditions(m);
    step->after = m->phase;
}
