/* test-ipmi-kcs.c
 * Tests the state machine of KCS: what it says of each record of transfers,
 * good ones and others, at the host's point of capture and at the BMC's.
 *
 * A record is a line of text, as people write it down: who, what, and after the
 * value the status register. What the machine says of it is another: the phase
 * after it, what it does to a message, "!" and a fault, "?" and a condition.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "step-words.h"
#include "test-ipmi-kcs.h"

static unsigned checks;
static unsigned failures;

static const char *const phase_names[] = {
    [IPMI_KCS_PHASE_UNKNOWN] = "unknown",
    [IPMI_KCS_PHASE_IDLE] = "idle",
    [IPMI_KCS_PHASE_WRITE] = "write",
    [IPMI_KCS_PHASE_WRITE_END] = "write-end",
    [IPMI_KCS_PHASE_WAIT] = "wait",
    [IPMI_KCS_PHASE_READ] = "read",
    [IPMI_KCS_PHASE_READ_END] = "read-end",
    [IPMI_KCS_PHASE_ERROR] = "error",
    [IPMI_KCS_PHASE_ABORT] = "abort",
    [IPMI_KCS_PHASE_STATUS] = "status",
    [IPMI_KCS_PHASE_ABORT_END] = "abort-end",
};

static const char *const fault_names[IPMI_KCS_FAULTS] = {
    [IPMI_KCS_FAULT_WRITE_IBF] = "write-ibf",
    [IPMI_KCS_FAULT_READ_OBF] = "read-obf",
    [IPMI_KCS_FAULT_OVERRUN] = "overrun",
    [IPMI_KCS_FAULT_READ_IBF] = "read-ibf",
    [IPMI_KCS_FAULT_CD] = "c/d",
    [IPMI_KCS_FAULT_CONTROL] = "control",
    [IPMI_KCS_FAULT_STATE] = "state",
    [IPMI_KCS_FAULT_STATE_LATE] = "state-late",
    [IPMI_KCS_FAULT_NO_WRITE_END] = "no-write-end",
    [IPMI_KCS_FAULT_NO_LAST_BYTE] = "no-last-byte",
    [IPMI_KCS_FAULT_WRITE_END] = "write-end",
    [IPMI_KCS_FAULT_DATA] = "data",
    [IPMI_KCS_FAULT_SHORT] = "short",
    [IPMI_KCS_FAULT_LONG] = "long",
    [IPMI_KCS_FAULT_READ_BYTE] = "read-byte",
    [IPMI_KCS_FAULT_ABORT] = "abort",
    [IPMI_KCS_FAULT_RESTART] = "restart",
    [IPMI_KCS_FAULT_RESPONSE] = "response",
    [IPMI_KCS_FAULT_ERROR_LEFT] = "error-left",
    [IPMI_KCS_FAULT_STORM] = "storm",
};

static const char *const condition_names[IPMI_KCS_CONDITIONS] = {
    [IPMI_KCS_CONDITION_IBF] = "ibf",
    [IPMI_KCS_CONDITION_OBF] = "obf",
    [IPMI_KCS_CONDITION_ATTENTION] = "attention",
    [IPMI_KCS_CONDITION_HOST_IRQ] = "host-irq",
    [IPMI_KCS_CONDITION_BMC_IRQ] = "bmc-irq",
};

static const struct step_names names = {
    phase_names, fault_names, IPMI_KCS_FAULTS,
    condition_names, IPMI_KCS_CONDITIONS
};

static void
broken(const char *what, const char *text)
{
    printf("test-ipmi-kcs.c: %s: \"%s\"\n", what, text);
    exit(2);
}

static uint8_t
register_number(const char *name, const char *text)
{
    for (unsigned number = 0; number <= 0xff; number++) {
        const char *known = ipmi_kcs_register_name((uint8_t) number);

        if (known && strcmp(known, name) == 0) {
            return (uint8_t) number;
        }
    }
    broken("no such register", text);
    return 0;
}

struct ipmi_record
parse_record(const char *text)
{
    struct ipmi_record record = { .version = 1 };
    char side, op, what[32], flag[8] = "";
    unsigned value, state;

    if (sscanf(text, "%c %c %31s %x %x %7s", &side, &op, what, &value, &state,
               flag) >= 5 && text[3] == ' ') {
        record.op = op == 'R' ? IPMI_OP_READ : IPMI_OP_WRITE;
        record.what = register_number(what, text);
        record.width = strcmp(flag, "wide") == 0 ? 4 : 1;
        record.lost = strcmp(flag, "lost") == 0;
        record.lane = strcmp(flag, "lane1") == 0 ? 1 : 0;
    } else if (sscanf(text, "%c %31s %x %x", &side, what, &value,
                      &state) == 4) {
        if (strcmp(what, "IRQ") == 0) {
            record.op = IPMI_OP_IRQ;
        } else if (strcmp(what, "RESET") == 0) {
            record.op = IPMI_OP_RESET;
        } else if (strcmp(what, "HARDWARE") == 0) {
            record.op = IPMI_OP_HARDWARE;
            record.what = 1;
        } else if (strcmp(what, "STRANGE") == 0) {
            record.op = 99;
        } else {
            record.op = IPMI_OP_LINE;
            if (strcmp(what, "ATN") == 0) {
                record.what = IPMI_LINE_SMS_ATN;
            } else if (strcmp(what, "IRQ_ENABLE") == 0) {
                record.what = IPMI_LINE_IRQ_ENABLE;
            } else if (strcmp(what, "ENABLE") == 0) {
                record.what = IPMI_LINE_ENABLE;
            } else {
                broken("no such line", text);
            }
        }
    } else {
        broken("no record", text);
    }
    record.side = side == 'H' ? IPMI_SIDE_HOST : IPMI_SIDE_BMC;
    record.value = value;
    record.state = (uint8_t) state;
    return record;
}

static void
expect(struct ipmi_kcs_machine *machine, const char *test, const char *text,
       const char *expected)
{
    const struct ipmi_record record = parse_record(text);
    const uint8_t before = machine->phase;
    struct ipmi_step step = { 0 };
    char said[256];

    ipmi_kcs_feed(machine, &record, &step);
    step_in_words(&step, &names, said, sizeof said);
    checks++;
    if (strcmp(said, expected) != 0 || step.before != before) {
        failures++;
        printf("%s: %s:\n    it should say: %s\n    but it says:   %s\n", test,
               text, expected, said);
    }
}

void
check(bool holds, const char *what, const char *where)
{
    checks++;
    if (!holds) {
        failures++;
        printf("%s: %s\n", where, what);
    }
}

struct ipmi_kcs_machine
machine_at(enum ipmi_machine_point point, uint8_t channel)
{
    struct ipmi_kcs_machine machine = { 0 };

    ipmi_kcs_start(&machine, point, channel);
    return machine;
}

static void
expect_lines(struct ipmi_kcs_machine *machine, const char *test,
             const struct line *lines)
{
    for (const struct line *line = lines; line->record; line++) {
        expect(machine, test, line->record, line->says);
    }
}

static void
test_lines(void)
{
    for (size_t i = 0; i < n_tests; i++) {
        struct ipmi_kcs_machine machine =
            machine_at(tests[i].point, tests[i].channel);

        expect_lines(&machine, tests[i].name, tests[i].lines);
    }
}

/* One transfer after the other, also where nobody knows whose they are. */
static void
test_clean(void)
{
    struct ipmi_kcs_machine host = machine_at(IPMI_POINT_HOST, 0);
    struct ipmi_kcs_machine bmc = machine_at(IPMI_POINT_BMC, 0);
    struct ipmi_kcs_machine unknown = machine_at(IPMI_POINT_UNKNOWN, 0);

    for (int n = 0; n < 2; n++) {
        expect_lines(&host, "clean transfer at the host", host_transfer);
        expect_lines(&bmc, "clean transfer at the BMC", bmc_transfer);
        expect_lines(&unknown, "clean transfer anywhere", bmc_transfer);
    }
}

/* The fault comes with the first byte that is too many, once. */
static void
expect_long_request(enum ipmi_machine_point point, unsigned max)
{
    struct ipmi_kcs_machine machine = machine_at(point, 0);

    expect_lines(&machine, "long request", request_begun);
    for (unsigned n = 1; n <= UINT16_MAX + 2 * IPMI_MESSAGE_MAX; n++) {
        expect(&machine, "long request", "H W DI 55 82",
               n == max + 1 ? "write byte 55 request !long ?ibf"
                            : "write byte 55 request ?ibf");
        expect(&machine, "long request", "B R DI 55 80", "write");
    }
}

static void
expect_long_response(enum ipmi_machine_point point, unsigned max)
{
    struct ipmi_kcs_machine machine = machine_at(point, 0);

    expect_lines(&machine, "long response", request_complete);
    expect(&machine, "long response", "B W DO aa 41",
           "read begin response ?obf");
    for (unsigned n = 1; n <= 2 * IPMI_MESSAGE_MAX; n++) {
        expect(&machine, "long response", "H R DO aa 40",
               n == max + 1 ? "read byte aa response !long"
                            : "read byte aa response");
        expect(&machine, "long response", "H W DI 68 42", "read ?ibf");
        expect(&machine, "long response", "B R DI 68 40", "read");
        expect(&machine, "long response", "B W DO aa 41", "read ?obf");
    }
}

/* What an emulator takes is known. */
static void
test_long(void)
{
    expect_long_request(IPMI_POINT_HOST, IPMI_KCS_EMULATOR_MAX);
    expect_long_request(IPMI_POINT_BMC, IPMI_MESSAGE_MAX);
    expect_long_request(IPMI_POINT_UNKNOWN, IPMI_MESSAGE_MAX);
    expect_long_response(IPMI_POINT_BMC, IPMI_KCS_EMULATOR_MAX);
    expect_long_response(IPMI_POINT_UNKNOWN, IPMI_MESSAGE_MAX);
}

/* Assertions without an access are a storm, once. */
static void
test_storm(void)
{
    static const char *const sides[] = { "H", "B" };

    for (int side = 0; side < 2; side++) {
        struct ipmi_kcs_machine machine = machine_at(IPMI_POINT_BMC, 0);
        const char *says = side ? "idle" : "idle raised";
        char up[16], down[16], look[16], storm[32];

        snprintf(up, sizeof up, "%s IRQ 1 00", sides[side]);
        snprintf(down, sizeof down, "%s IRQ 0 00", sides[side]);
        snprintf(look, sizeof look, "%s R ST 00 00", sides[side]);
        snprintf(storm, sizeof storm, "%s !storm", says);
        for (int round = 0; round < 2; round++) {
            expect(&machine, "storm", look, side ? "idle poll" : "idle");
            for (int n = 1; n <= 300; n++) {
                expect(&machine, "storm", up,
                       n == IPMI_KCS_STORM ? storm : says);
                expect(&machine, "storm", down, "idle");
            }
        }
        /* An access of the other side is none of this one. */
        expect(&machine, "storm", look, side ? "idle poll" : "idle");
        for (int n = 1; n <= IPMI_KCS_STORM; n++) {
            expect(&machine, "storm", side ? "H R ST 00 00" : "B R ST 00 00",
                   side ? "idle" : "idle poll");
            expect(&machine, "storm", up, n == IPMI_KCS_STORM ? storm : says);
            expect(&machine, "storm", down, "idle");
        }
    }
}

int main(void)
{
    test_lines();
    test_clean();
    test_long();
    test_storm();
    test_traffic();

    printf("%u checks, %u failed\n", checks, failures);
    return failures != 0;
}
