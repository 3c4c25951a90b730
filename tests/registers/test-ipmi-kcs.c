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

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipmi-kcs-machine.h"

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

static const char *const event_names[] = {
    [IPMI_TRANSFER_NONE] = "",
    [IPMI_TRANSFER_BYTE] = "byte",
    [IPMI_TRANSFER_END] = "end",
    [IPMI_TRANSFER_LAST] = "last",
    [IPMI_TRANSFER_ABORT] = "abort",
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

static uint8_t
line_number(const char *name, const char *text)
{
    for (uint8_t number = 1; number <= 3; number++) {
        if (strcmp(ipmi_record_line_name(number), name) == 0) {
            return number;
        }
    }
    broken("no such line", text);
    return 0;
}

/* A record in words. Sides: "H" and "B".
 *   "H W CMD 61 0a" "B R DI 61 89"     register, value, status
 *   "H W DI 18 02 lost"
 *   "B W HICR2 8 00 wide"              4 bytes
 *   "H IRQ 1 41" "B ATN 1 04" "B IRQ_ENABLE 1 00" "B ENABLE 0 00"
 *   "H RESET 0 00" "B HARDWARE 0 00" "B STRANGE 0 00" */
static struct ipmi_record
parse(const char *text)
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
            record.what = strcmp(what, "ATN") == 0 ? IPMI_LINE_SMS_ATN
                        : strcmp(what, "IRQ_ENABLE") == 0
                              ? IPMI_LINE_IRQ_ENABLE
                              : line_number("enable", text);
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
append(char *text, size_t size, const char *word)
{
    const size_t len = strlen(text);

    snprintf(text + len, size - len, "%s%s", len ? " " : "", word);
}

/* What a machine says, in words. */
static void
describe(const struct ipmi_step *step, char *text, size_t size)
{
    char word[32];

    text[0] = '\0';
    append(text, size, phase_names[step->after]);
    if (step->begins) {
        append(text, size, "begin");
    }
    if (step->event != IPMI_TRANSFER_NONE) {
        append(text, size, event_names[step->event]);
    }
    if (step->event == IPMI_TRANSFER_BYTE ||
        step->event == IPMI_TRANSFER_LAST) {
        snprintf(word, sizeof word, "%02x", step->byte);
        append(text, size, word);
    }
    if (step->begins || step->event != IPMI_TRANSFER_NONE) {
        append(text, size, step->from_bmc ? "response" : "request");
    }
    if (step->poll) {
        append(text, size, "poll");
    }
    if (step->raised) {
        append(text, size, "raised");
    }
    if (step->resync) {
        append(text, size, "resync");
    }
    for (unsigned n = 0; n < IPMI_KCS_FAULTS; n++) {
        if (step->faults & 1u << n) {
            snprintf(word, sizeof word, "!%s", fault_names[n]);
            append(text, size, word);
        }
    }
    for (unsigned n = 0; n < IPMI_KCS_CONDITIONS; n++) {
        if (step->conditions & 1u << n) {
            snprintf(word, sizeof word, "?%s", condition_names[n]);
            append(text, size, word);
        }
    }
}

static void
expect(struct ipmi_kcs_machine *machine, const char *test, const char *text,
       const char *expected)
{
    const struct ipmi_record record = parse(text);
    const uint8_t before = machine->phase;
    struct ipmi_step step = { 0 };
    char said[256];

    ipmi_kcs_feed(machine, &record, &step);
    describe(&step, said, sizeof said);
    checks++;
    if (strcmp(said, expected) != 0 || step.before != before) {
        failures++;
        printf("%s: %s:\n    it should say: %s\n    but it says:   %s\n", test,
               text, expected, said);
    }
}

struct line {
    const char *record;
    const char *says;
};

/* Does what an emulator's own BMC does: it writes DO before it reads DI, it
 * keeps the last byte of the request until it answers, and C/D stays clear. */
static const struct line host_transfer[] = {
    { "H R ST 00 00", "idle" },
    { "H W CMD 61 02", "write begin request ?ibf" },
    { "B W DO 00 83", "write ?ibf" },
    { "H IRQ 1 83", "write raised ?ibf" },
    { "B R DI 61 81", "write" },
    { "H R ST 81 81", "write" },
    { "H R DO 00 80", "write" },
    { "H IRQ 0 80", "write" },
    { "H W DI 18 82", "write byte 18 request ?ibf" },
    { "B W DO 00 83", "write ?ibf" },
    { "B R DI 18 81", "write" },
    { "H R DO 00 80", "write" },
    { "H W CMD 62 82", "write-end ?ibf" },
    { "B W DO 00 83", "write-end ?ibf" },
    { "B R DI 62 81", "write-end" },
    { "H R DO 00 80", "write-end" },
    { "H W DI 01 82", "wait last 01 request" },
    { "H R ST 82 82", "wait poll" },
    { "B W DO 1c 43", "read begin response ?ibf ?obf" },
    { "B R DI 01 41", "read ?obf" },
    { "H R ST 41 41", "read ?obf" },
    { "H R DO 1c 40", "read byte 1c response" },
    { "H R ST 40 40", "read" },
    { "H W DI 68 42", "read ?ibf" },
    { "H R ST 42 42", "read poll ?ibf" },
    { "B W DO 01 43", "read ?ibf ?obf" },
    { "B R DI 68 41", "read ?obf" },
    { "H R DO 01 40", "read byte 01 response" },
    { "H W DI 68 42", "read ?ibf" },
    { "B W DO 00 43", "read ?ibf ?obf" },
    { "B R DI 68 41", "read ?obf" },
    { "H R DO 00 40", "read byte 00 response" },
    { "H W DI 68 42", "read ?ibf" },
    { "B W DO 00 03", "read-end ?ibf ?obf" },
    { "B R DI 68 01", "read-end ?obf" },
    { "H R ST 01 01", "read-end ?obf" },
    { "H R DO 00 00", "idle end response" },
    { NULL, NULL }
};

/* Firmware, and a host that is played. */
static const struct line bmc_transfer[] = {
    { "B R ST 00 00", "idle poll" },
    { "H W CMD 61 0a", "write begin request ?ibf" },
    { "B IRQ 1 0a", "write ?ibf" },
    { "B R ST 0a 0a", "write ?ibf" },
    { "B W ST 8a 8a", "write ?ibf" },
    { "B W DO 00 8b", "write ?ibf" },
    { "B R DI 61 89", "write" },
    { "B IRQ 0 89", "write" },
    { "H R DO 00 88", "write" },
    { "H W DI 18 82", "write byte 18 request ?ibf" },
    { "B W ST 82 82", "write ?ibf" },
    { "B W DO 00 83", "write ?ibf" },
    { "B R DI 18 81", "write" },
    { "H R DO 00 80", "write" },
    { "H W CMD 62 8a", "write-end ?ibf" },
    { "B W ST 8a 8a", "write-end ?ibf" },
    { "B W DO 00 8b", "write-end ?ibf" },
    { "B R DI 62 89", "write-end" },
    { "H R DO 00 88", "write-end" },
    { "H W DI 01 82", "wait last 01 request ?ibf" },
    { "B W ST 42 42", "wait ?ibf" },
    { "B R DI 01 40", "wait" },
    { "B R ST 40 40", "wait poll" },
    { "B W DO 1c 41", "read begin response ?obf" },
    { "H R DO 1c 40", "read byte 1c response" },
    { "H W DI 68 42", "read ?ibf" },
    { "B R DI 68 40", "read" },
    { "B W DO 01 41", "read ?obf" },
    { "H R DO 01 40", "read byte 01 response" },
    { "H W DI 68 42", "read ?ibf" },
    { "B R DI 68 40", "read" },
    { "B W DO 00 41", "read ?obf" },
    { "H R DO 00 40", "read byte 00 response" },
    { "H W DI 68 42", "read ?ibf" },
    { "B W ST 02 02", "read-end ?ibf" },
    { "B R DI 68 00", "read-end" },
    { "B W DO 00 01", "read-end ?obf" },
    { "H R DO 00 00", "idle end response" },
    { NULL, NULL }
};

/* A test begins at rest. */
struct test {
    const char *name;
    enum ipmi_machine_point point;
    uint8_t channel;
    struct line lines[48];
};

#define HOST    IPMI_POINT_HOST
#define BMC     IPMI_POINT_BMC
#define UNKNOWN IPMI_POINT_UNKNOWN

/* As far as the phase in which a test happens, at the BMC's point. */
#define AT_REST                                                     \
    { "B R ST 00 00", "idle poll" }
#define START                                                       \
    AT_REST,                                                        \
    { "H W CMD 61 0a", "write begin request ?ibf" },                \
    { "B W ST 8a 8a", "write ?ibf" },                               \
    { "B R DI 61 88", "write" }
#define FIRST_BYTE                                                  \
    START,                                                          \
    { "H W DI 18 82", "write byte 18 request ?ibf" },               \
    { "B R DI 18 80", "write" }
#define END                                                         \
    FIRST_BYTE,                                                     \
    { "H W CMD 62 8a", "write-end ?ibf" },                          \
    { "B R DI 62 88", "write-end" }
#define REQUEST                                                     \
    END,                                                            \
    { "H W DI 01 82", "wait last 01 request ?ibf" },                \
    { "B W ST 42 42", "wait ?ibf" },                                \
    { "B R DI 01 40", "wait" }
#define RESPONDED                                                   \
    REQUEST,                                                        \
    { "B W DO 1c 41", "read begin response ?obf" },                 \
    { "H R DO 1c 40", "read byte 1c response" }
#define ERROR_STATE                                                 \
    FIRST_BYTE,                                                     \
    { "B W ST c0 c0", "error abort request" },                      \
    { "B W DO 00 c1", "error" }

static const struct test tests[] = {
    /* The error exit, figure 9-8. */
    { "error exit", BMC, 0, {
        ERROR_STATE,
        { "H R DO 00 c0", "error" },
        { "H W CMD 60 ca", "abort ?ibf" },
        { "B W ST 8a 8a", "abort ?ibf" },
        { "B W DO 00 8b", "abort ?ibf" },
        { "B R DI 60 89", "abort" },
        { "H R DO 00 88", "abort" },
        { "H W DI 00 82", "status ?ibf" },
        { "B W ST 42 42", "status ?ibf" },
        { "B R DI 00 40", "status" },
        { "B W DO 06 41", "status ?obf" },
        { "H R DO 06 40", "status" },
        { "H W DI 68 42", "abort-end ?ibf" },
        { "B W ST 02 02", "abort-end ?ibf" },
        { "B R DI 68 00", "abort-end" },
        { "B W DO 00 01", "abort-end ?obf" },
        { "H R DO 00 00", "idle" } } },
    { "error exit of the built-in BMC", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "H W CMD 63 02", "idle !control ?ibf" },
        { "B R DI 63 c0", "error" },
        { "H W CMD 60 c2", "abort ?ibf" },
        { "B R DI 60 c0", "abort" },
        { "H W DI 00 c2", "status ?ibf" },
        { "B W DO 02 43", "status ?ibf ?obf" },
        { "B R DI 00 41", "status ?obf" },
        { "H R ST 41 41", "status ?obf" },
        { "H R DO 02 40", "status" },
        { "H R ST 40 40", "status" },
        { "H W DI 68 42", "abort-end ?ibf" },
        { "H R ST 42 42", "abort-end poll ?ibf" },
        { "B W DO 02 03", "abort-end ?ibf ?obf" },
        { "B R DI 68 01", "abort-end ?obf" },
        { "H R DO 02 00", "idle" } } },
    { "abort of the built-in BMC", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "H W CMD 61 02", "write begin request ?ibf" },
        { "B W DO 00 83", "write ?ibf" },
        { "B R DI 61 81", "write" },
        { "H W CMD 60 83", "abort abort request !abort ?ibf" },
        { "B W DO 00 c3", "abort ?ibf" },
        { "B R DI 60 c1", "abort" },
        { "H R ST c1 c1", "abort" },
        { "H R DO 00 c0", "abort" },
        { "H W DI 00 c2", "status ?ibf" },
        { "H R ST c2 c2", "status poll ?ibf" },
        { "B W DO 01 43", "status ?ibf ?obf" },
        { "B R DI 00 41", "status ?obf" },
        { "H R DO 01 40", "status" },
        { "H W DI 68 42", "abort-end ?ibf" },
        { "B W DO 01 03", "abort-end ?ibf ?obf" },
        { "B R DI 68 01", "abort-end ?obf" },
        { "H R DO 01 00", "idle" } } },
    { "get status while idle", BMC, 0, {
        AT_REST,
        { "H W CMD 60 0a", "abort ?ibf" },
        { "B R DI 60 08", "abort" },
        { "H W DI 00 02", "status ?ibf" },
        { "B W ST 42 42", "status ?ibf" },
        { "B R DI 00 40", "status" } } },
    { "abort while the BMC has the request", BMC, 0, {
        REQUEST,
        { "H W CMD 60 4a", "abort abort response !abort ?ibf" } } },
    { "abort in the response", BMC, 0, {
        RESPONDED,
        { "H W CMD 60 4a", "abort abort response !abort ?ibf" } } },
    { "abort for the byte that means nothing", BMC, 0, {
        RESPONDED,
        { "H W DI 68 42", "read ?ibf" },
        { "B W ST 02 02", "read-end ?ibf" },
        { "B R DI 68 00", "read-end" },
        { "H W CMD 60 0a", "abort end response !short ?ibf" } } },
    { "error exit fails, and is begun again", BMC, 0, {
        ERROR_STATE,
        { "H W CMD 60 cb", "abort ?ibf" },
        { "B R DI 60 c9", "abort" },
        { "H W DI 00 c3", "status ?ibf" },
        { "B R DI 00 c1", "status !state-late" },
        { "H W CMD 60 cb", "abort ?ibf" },
        { "B R DI 60 c9", "abort" },
        { "H W DI 00 c3", "status ?ibf" },
        { "B W ST 43 43", "status ?ibf" },
        { "B W ST c3 c3", "error ?ibf" } } },

    /* A host that does not fetch the byte that means nothing has had the
     * response nevertheless. */
    { "next request without the last byte", BMC, 0, {
        RESPONDED,
        { "H W DI 68 42", "read ?ibf" },
        { "B R DI 68 40", "read" },
        { "B W DO 01 41", "read ?obf" },
        { "H R DO 01 40", "read byte 01 response" },
        { "H W DI 68 42", "read ?ibf" },
        { "B R DI 68 40", "read" },
        { "B W DO 00 41", "read ?obf" },
        { "H R DO 00 40", "read byte 00 response" },
        { "H W DI 68 42", "read ?ibf" },
        { "B W ST 02 02", "read-end ?ibf" },
        { "B R DI 68 00", "read-end" },
        { "B W DO 00 01", "read-end ?obf" },
        { "H W CMD 61 0b", "write end response ?ibf" },
        { "B W ST 8b 8b", "write ?ibf" },
        { "B R DI 61 89", "write" },
        { "H W DI 18 83", "write begin byte 18 request ?ibf" },
        { "B R DI 18 81", "write" } } },

    /* IBF and OBF. */
    { "write while IBF is set", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "H W CMD 61 02", "write begin request ?ibf" },
        { "H W DI 18 02 lost", "write !write-ibf ?ibf" },
        { "H W CMD 62 02 lost", "write !write-ibf ?ibf" },
        { "B W DO 00 83", "write ?ibf" },
        { "B R DI 61 81", "write" } } },
    { "write over a byte", BMC, 0, {
        START,
        { "H W DI 18 82", "write byte 18 request ?ibf" },
        { "H W DI 2e 82", "write byte 2e request !write-ibf ?ibf" },
        { "H W CMD 62 8a", "write-end !write-ibf ?ibf" } } },
    { "access to what is switched off", BMC, 0, {
        AT_REST,
        { "H W CMD 61 00 lost", "idle" },
        { "H W DI 18 00 lost", "idle" },
        { "B W DI 18 00 lost", "idle" } } },
    { "lost accesses of the BMC", BMC, 0, {
        START,
        { "H W DI 18 82", "write byte 18 request ?ibf" },
        { "B R DI 18 82 lost", "write ?ibf" },
        { "B W DI 18 82 lost", "write ?ibf" },
        { "B W DO 18 82 lost", "write ?ibf" } } },
    { "read while OBF is clear", BMC, 0, {
        RESPONDED,
        { "H R DO 1c 40", "read !read-obf" },
        { "H W DI 68 42", "read ?ibf" },
        { "H R DO 1c 42", "read !read-obf ?ibf" } } },
    { "end without OBF", BMC, 0, {
        RESPONDED,
        { "H W DI 68 42", "read ?ibf" },
        { "B W ST 02 02", "read-end ?ibf" },
        { "B R DI 68 00", "read-end" },
        { "H R DO 00 00", "read-end !read-obf" } } },
    { "response overrun", BMC, 0, {
        REQUEST,
        { "B W DO 1c 41", "read begin response ?obf" },
        { "B W DO 01 41", "read !overrun ?obf" } } },
    { "error code overrun", BMC, 0, {
        AT_REST,
        { "H W CMD 60 0a", "abort ?ibf" },
        { "B R DI 60 08", "abort" },
        { "H W DI 00 02", "status ?ibf" },
        { "B W ST 42 42", "status ?ibf" },
        { "B R DI 00 40", "status" },
        { "B W DO 06 41", "status ?obf" },
        { "B W DO 00 41", "status !overrun ?obf" } } },
    { "nothing is lost with bytes that mean nothing", BMC, 0, {
        START,
        { "B W DO 00 89", "write" },
        { "B W DO 00 89", "write" },
        { "H W DI 18 83", "write byte 18 request ?ibf" },
        { "B W DO 00 83", "write ?ibf" } } },
    { "DI read twice", BMC, 0, {
        START,
        { "H W DI 18 82", "write byte 18 request ?ibf" },
        { "B R DI 18 80", "write" },
        { "B R DI 18 80", "write !read-ibf" },
        { "B R DIC 18 80", "write !read-ibf" } } },

    /* C/D */
    { "C/D clear for a command", BMC, 0, {
        AT_REST,
        { "H W CMD 61 02", "write begin request !c/d ?ibf" } } },
    { "C/D set for data", BMC, 0, {
        START,
        { "H W DI 18 8a", "write byte 18 request !c/d ?ibf" } } },
    { "C/D that is not there", UNKNOWN, 0, {
        { "H R ST 00 00", "idle" },
        { "H W CMD 61 02", "write begin request ?ibf" },
        { "B W DO 00 83", "write ?ibf" },
        { "B R DI 61 81", "write" },
        { "H W DI 18 83", "write byte 18 request ?ibf" } } },
    { "C/D that is there", UNKNOWN, 0, {
        { "H R ST 00 00", "idle" },
        { "H W CMD 61 0a", "write begin request ?ibf" },
        { "B W ST 8a 8a", "write ?ibf" },
        { "B R DI 61 88", "write" },
        { "H W DI 18 8a", "write byte 18 request !c/d ?ibf" } } },
    { "C/D at the host", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "H W CMD 61 0a", "write begin request ?ibf" },
        { "B W DO 00 8b", "write ?ibf" },
        { "B R DI 61 89", "write" },
        { "H W DI 18 8b", "write byte 18 request ?ibf" } } },

    /* Control codes, table 9-3. */
    { "control code 63h", BMC, 0, {
        FIRST_BYTE,
        { "H W CMD 63 8a", "write !control ?ibf" },
        { "B W DO 00 8b", "write ?ibf" },
        { "B R DI 63 89", "write" },
        { "B W ST c9 c9", "error abort request" } } },
    { "READ to the command register", BMC, 0, {
        RESPONDED,
        { "H W CMD 68 4a", "read !control ?ibf" } } },
    { "a driver shows WRITE before it knows the code", BMC, 0, {
        AT_REST,
        { "H W CMD 6f 0a", "idle !control ?ibf" },
        { "B W ST 8a 8a", "idle ?ibf" },
        { "B R DI 6f 88", "idle" },
        { "B W ST c8 c8", "error" } } },
    { "WRITE_END while idle", BMC, 0, {
        AT_REST,
        { "H W CMD 62 0a", "idle !write-end ?ibf" },
        { "B W ST 8a 8a", "idle ?ibf" },
        { "B R DI 62 88", "idle" },
        { "B W ST c8 c8", "error" } } },
    { "WRITE_END twice", BMC, 0, {
        END,
        { "H W CMD 62 8a", "write-end !no-last-byte ?ibf" } } },
    { "WRITE_START instead of the last byte", BMC, 0, {
        END,
        { "H W CMD 61 8a", "write begin request !no-last-byte ?ibf" } } },
    { "WRITE_START instead of WRITE_END", BMC, 0, {
        FIRST_BYTE,
        { "H W CMD 61 8a", "write begin request !no-write-end ?ibf" },
        { "B R DI 61 88", "write" },
        { "H W DI 20 82", "write byte 20 request ?ibf" } } },
    { "request before the response", BMC, 0, {
        REQUEST,
        { "H W CMD 61 4a", "write begin request !restart ?ibf" },
        { "B W ST 8a 8a", "write ?ibf" },
        { "B R DI 61 88", "write" } } },
    { "request in the response", BMC, 0, {
        RESPONDED,
        { "H W CMD 61 4a", "write begin request !restart ?ibf" } } },
    { "error exit left out", BMC, 0, {
        ERROR_STATE,
        { "H W CMD 61 cb", "write begin request !error-left ?ibf" },
        { "B W ST 8b 8b", "write ?ibf" } } },
    { "error exit left early", BMC, 0, {
        ERROR_STATE,
        { "H W CMD 60 cb", "abort ?ibf" },
        { "B R DI 60 c9", "abort" },
        { "H W CMD 61 cb", "write begin request !error-left ?ibf" } } },
    { "error exit without the error code", BMC, 0, {
        AT_REST,
        { "H W CMD 60 0a", "abort ?ibf" },
        { "B R DI 60 08", "abort" },
        { "H W DI 00 02", "status ?ibf" },
        { "H W CMD 61 0a", "write begin request !write-ibf !error-left ?ibf" }
    } },
    { "error exit without the byte that means nothing", BMC, 0, {
        AT_REST,
        { "H W CMD 60 0a", "abort ?ibf" },
        { "B R DI 60 08", "abort" },
        { "H W DI 00 02", "status ?ibf" },
        { "B W ST 42 42", "status ?ibf" },
        { "B R DI 00 40", "status" },
        { "B W DO 06 41", "status ?obf" },
        { "H R DO 06 40", "status" },
        { "H W DI 68 42", "abort-end ?ibf" },
        { "B W ST 02 02", "abort-end ?ibf" },
        { "B R DI 68 00", "abort-end" },
        { "H W CMD 61 0a", "write begin request ?ibf" } } },

    /* Data. */
    { "data while idle", BMC, 0, {
        AT_REST,
        { "H W DI 18 02", "idle !data ?ibf" },
        { "B R DI 18 00", "idle" },
        { "B W ST c0 c0", "error" } } },
    { "data while the BMC has the request", BMC, 0, {
        REQUEST,
        { "H W DI 68 42", "wait !data ?ibf" } } },
    { "data in the error state", BMC, 0, {
        ERROR_STATE,
        { "H W DI 00 c3", "error !data ?ibf" },
        { "B W ST 83 83", "error ?ibf" },
        { "B R DI 00 81", "error" },
        { "B W ST c1 c1", "error" } } },
    { "READ twice", BMC, 0, {
        RESPONDED,
        { "H W DI 68 42", "read ?ibf" },
        { "B R DI 68 40", "read" },
        { "H W DI 68 42", "read !data ?ibf" } } },
    { "data instead of READ", BMC, 0, {
        RESPONDED,
        { "H W DI 69 42", "read !read-byte ?ibf" },
        { "B R DI 69 40", "read" },
        { "B W ST c0 c0", "error abort response" } } },
    { "data instead of READ at the end", BMC, 0, {
        RESPONDED,
        { "H W DI 00 42", "read !read-byte ?ibf" },
        { "B W ST 02 02", "read-end ?ibf" },
        { "B R DI 00 00", "read-end" },
        { "B W ST c0 c0", "error abort response" } } },
    { "error code not fetched", BMC, 0, {
        AT_REST,
        { "H W CMD 60 0a", "abort ?ibf" },
        { "B R DI 60 08", "abort" },
        { "H W DI 00 02", "status ?ibf" },
        { "B W ST 42 42", "status ?ibf" },
        { "B R DI 00 40", "status" },
        { "H W DI 68 42", "abort-end !data ?ibf" } } },
    { "data instead of READ after the error code", BMC, 0, {
        AT_REST,
        { "H W CMD 60 0a", "abort ?ibf" },
        { "B R DI 60 08", "abort" },
        { "H W DI 00 02", "status ?ibf" },
        { "B W ST 42 42", "status ?ibf" },
        { "B R DI 00 40", "status" },
        { "B W DO 06 41", "status ?obf" },
        { "H R DO 06 40", "status" },
        { "H W DI 60 42", "abort-end !read-byte ?ibf" } } },
    { "data after the response", BMC, 0, {
        RESPONDED,
        { "H W DI 68 42", "read ?ibf" },
        { "B W ST 02 02", "read-end ?ibf" },
        { "B R DI 68 00", "read-end" },
        { "H W DI 68 02", "read-end !data ?ibf" } } },

    /* States. */
    { "READ while idle", BMC, 0, {
        AT_REST,
        { "B W ST 40 40", "idle !state" },
        { "B W DO 1c 41", "read begin response !response ?obf" } } },
    { "READ in the request", BMC, 0, {
        FIRST_BYTE,
        { "B W ST 40 40", "write !state" } } },
    { "READ before the last byte", BMC, 0, {
        END,
        { "B W ST 48 48", "write-end !state" } } },
    { "WRITE while idle", BMC, 0, {
        AT_REST,
        { "B W ST 80 80", "idle !state" } } },
    { "WRITE in the response", BMC, 0, {
        RESPONDED,
        { "B W ST 80 80", "read !state" } } },
    { "IDLE in the request", BMC, 0, {
        FIRST_BYTE,
        { "B W ST 00 00", "idle abort request !state" } } },
    { "IDLE before the last byte", BMC, 0, {
        END,
        { "B W ST 08 08", "idle abort request !state" } } },
    { "IDLE instead of a response", BMC, 0, {
        REQUEST,
        { "B W ST 00 00", "idle abort response !state" } } },
    { "IDLE before the last byte of the response is read", BMC, 0, {
        REQUEST,
        { "B W DO 1c 41", "read begin response ?obf" },
        { "B W ST 01 01", "read-end !state ?obf" },
        { "H R DO 1c 00", "idle end response !short" } } },
    { "IDLE instead of the error code", BMC, 0, {
        AT_REST,
        { "H W CMD 60 0a", "abort ?ibf" },
        { "B W ST 8a 8a", "abort ?ibf" },
        { "B R DI 60 88", "abort" },
        { "H W DI 00 82", "status ?ibf" },
        { "B W ST 02 02", "idle !state ?ibf" } } },
    { "IDLE in the error state", BMC, 0, {
        ERROR_STATE,
        { "B W ST 01 01", "idle !error-left" } } },
    { "WRITE in the error state", BMC, 0, {
        ERROR_STATE,
        { "B W ST 81 81", "unknown !error-left" } } },
    { "ERROR while idle", BMC, 0, {
        AT_REST,
        { "B W ST c0 c0", "error" } } },
    { "ERROR instead of a response", BMC, 0, {
        REQUEST,
        { "B W ST c0 c0", "error abort response" } } },
    { "WRITE too late", BMC, 0, {
        AT_REST,
        { "H W CMD 61 0a", "write begin request ?ibf" },
        { "B R DI 61 08", "write !state-late" },
        { "B W ST 88 88", "write" },
        { "H W DI 18 82", "write byte 18 request ?ibf" },
        { "B W ST 02 02", "idle abort request !state ?ibf" } } },
    { "WRITE too late twice", BMC, 0, {
        AT_REST,
        { "H W CMD 61 0a", "write begin request ?ibf" },
        { "B R DI 61 08", "write !state-late" },
        { "H W DI 18 02", "write byte 18 request ?ibf" },
        { "B R DI 18 00", "write !state-late" } } },
    { "one fault is told once", BMC, 0, {
        FIRST_BYTE,
        { "H W DI 2e 82", "write byte 2e request ?ibf" },
        { "B W ST 42 42", "write !state ?ibf" },
        { "B R DI 2e 40", "write" },
        { "B W ST 80 80", "write" },
        { "B W ST 40 40", "write" } } },
    { "what follows from a late state is told once", BMC, 0, {
        AT_REST,
        { "H W CMD 61 0a", "write begin request ?ibf" },
        { "B R DI 61 08", "write !state-late" },
        { "B W ST 48 48", "write" } } },
    { "READ too late", BMC, 0, {
        END,
        { "H W DI 01 82", "wait last 01 request ?ibf" },
        { "B R DI 01 80", "wait !state-late" },
        { "B W ST 40 40", "wait" } } },
    { "IDLE too late after an abort", BMC, 0, {
        AT_REST,
        { "H W CMD 60 0a", "abort ?ibf" },
        { "B R DI 60 08", "abort" },
        { "H W DI 00 02", "status ?ibf" },
        { "B W ST 42 42", "status ?ibf" },
        { "B R DI 00 40", "status" },
        { "B W DO 06 41", "status ?obf" },
        { "H R DO 06 40", "status" },
        { "H W DI 68 42", "abort-end ?ibf" },
        { "B R DI 68 40", "abort-end !state-late" },
        { "B W DO 00 41", "abort-end ?obf" },
        { "H R ST 41 41", "abort-end ?obf" },
        { "H R DO 00 40", "abort-end" },
        { "B W ST 00 00", "abort-end" },
        { "B W DO 00 01", "abort-end ?obf" },
        { "H R DO 00 00", "idle" } } },
    { "status read while either is not ready", UNKNOWN, 0, {
        REQUEST,
        { "H R ST 40 40", "wait poll" },
        { "B W DO 1c 41", "read begin response ?obf" },
        { "H R DO 1c 40", "read byte 1c response" },
        { "H W DI 68 42", "read ?ibf" },
        { "B W DO 01 43", "read ?ibf ?obf" },
        { "H R ST 43 43", "read poll ?ibf ?obf" },
        { "B R DI 68 41", "read ?obf" },
        { "H R ST 41 41", "read ?obf" } } },

    /* Messages. */
    { "request of one byte", BMC, 0, {
        START,
        { "H W CMD 62 8a", "write-end ?ibf" },
        { "B R DI 62 88", "write-end" },
        { "H W DI 18 82", "wait last 18 request !short ?ibf" } } },
    { "response of two bytes", UNKNOWN, 0, {
        REQUEST,
        { "B W DO 1c 41", "read begin response ?obf" },
        { "H R DO 1c 40", "read byte 1c response" },
        { "H W DI 68 42", "read ?ibf" },
        { "B W DO 01 43", "read ?ibf ?obf" },
        { "B R DI 68 41", "read ?obf" },
        { "H R DO 01 40", "read byte 01 response" },
        { "H W DI 68 42", "read ?ibf" },
        { "B W DO 00 03", "read-end ?ibf ?obf" },
        { "B R DI 68 01", "read-end ?obf" },
        { "H R DO 00 00", "idle end response !short" } } },
    { "response nobody asked for", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "B W DO 1c 41", "read begin response !state !response ?obf" },
        { "H R DO 1c 40", "read byte 1c response" },
        { "H W DI 68 42", "read ?ibf" },
        { "B W DO 01 43", "read ?ibf ?obf" },
        { "B R DI 68 41", "read ?obf" } } },
    { "response nobody asked for, and nobody takes", BMC, 0, {
        AT_REST,
        { "B W ST 40 40", "idle !state" },
        { "B W DO 1c 41", "read begin response !response ?obf" },
        { "H R DO 1c 40", "read byte 1c response" },
        { "H W CMD 61 4a", "write begin request ?ibf" },
        { "B W ST 8a 8a", "write ?ibf" },
        { "B R DI 61 88", "write" },
        { "H W CMD 62 8a", "write-end ?ibf" },
        { "B R DI 62 88", "write-end" },
        { "H W DI 18 82", "wait last 18 request !short ?ibf" },
        { "H W CMD 61 8a",
          "write begin request !write-ibf !restart ?ibf" } } },
    { "byte nobody asked for", BMC, 0, {
        RESPONDED,
        { "B W DO 01 41", "read !response ?obf" },
        { "H R DO 01 40", "read byte 01 response" } } },
    { "a byte that means nothing while idle", BMC, 0, {
        AT_REST,
        { "B W DO 00 01", "idle" },
        { "H R DO 00 00", "idle" } } },
    { "what the host takes for the response", BMC, 0, {
        END,
        { "B W DO 00 89", "write-end" },
        { "H W DI 01 83", "wait last 01 request ?ibf" },
        { "B W ST 43 43", "wait ?ibf" },
        { "B R DI 01 41", "wait" },
        { "H R DO 00 40", "read begin byte 00 response" } } },
    { "a byte that means nothing read late", BMC, 0, {
        END,
        { "B W DO 00 89", "write-end" },
        { "H W DI 01 83", "wait last 01 request ?ibf" },
        { "H R DO 00 82", "wait ?ibf" } } },
    { "DOC, DOM and DIC", BMC, 0, {
        AT_REST,
        { "H W CMD 61 0a", "write begin request ?ibf" },
        { "B W ST 8a 8a", "write ?ibf" },
        { "B R DIC 61 88", "write" },
        { "H W DI 18 82", "write byte 18 request ?ibf" },
        { "B R DIC 18 80", "write" },
        { "H W CMD 62 8a", "write-end ?ibf" },
        { "B R DIC 62 88", "write-end" },
        { "H W DI 01 82", "wait last 01 request ?ibf" },
        { "B W ST 42 42", "wait ?ibf" },
        { "B R DIC 01 40", "wait" },
        { "B W DOC 1c 41", "read begin response ?obf" },
        { "B W DOM 1c 41", "read !overrun ?obf" } } },

    /* Attention. */
    { "attention", BMC, 0, {
        AT_REST,
        { "B W ST 04 04", "idle ?attention" },
        { "H W CMD 61 0e", "write begin request ?ibf ?attention" },
        { "B W ST 8e 8e", "write ?ibf ?attention" },
        { "B R DI 61 8c", "write ?attention" },
        { "H W DI 18 86", "write byte 18 request ?ibf ?attention" },
        { "B R DI 18 84", "write ?attention" },
        { "H W CMD 62 8e", "write-end ?ibf ?attention" },
        { "B R DI 62 8c", "write-end ?attention" },
        { "H W DI 31 86", "wait last 31 request ?ibf" },
        { "B W ST 42 42", "wait ?ibf" },
        { "B W ST 46 46", "wait ?ibf ?attention" } } },
    { "attention, and the host asks for something else", BMC, 0, {
        AT_REST,
        { "B W ST 04 04", "idle ?attention" },
        { "H W CMD 61 0e", "write begin request ?ibf ?attention" },
        { "B W ST 8e 8e", "write ?ibf ?attention" },
        { "B R DI 61 8c", "write ?attention" },
        { "H W DI 14 86", "write byte 14 request ?ibf ?attention" },
        { "B R DI 14 84", "write ?attention" },
        { "H W CMD 62 8e", "write-end ?ibf ?attention" },
        { "B R DI 62 8c", "write-end ?attention" },
        { "H W DI 31 86", "wait last 31 request ?ibf ?attention" },
        { "B W ST 42 42", "wait ?ibf" } } },
    { "attention at the host", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "B ATN 1 04", "idle ?attention" },
        { "H IRQ 1 04", "idle raised ?attention" },
        { "H R ST 04 04", "idle ?attention" },
        { "H IRQ 0 04", "idle ?attention" },
        { "B ATN 0 00", "idle" } } },

    /* Interrupts. */
    { "host's interrupt", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "B IRQ_ENABLE 1 00", "idle" },
        { "H W CMD 61 02", "write begin request ?ibf" },
        { "B W DO 00 83", "write ?ibf ?host-irq" },
        { "H IRQ 1 83", "write raised ?ibf" },
        { "B R DI 61 81", "write" },
        { "H R DO 00 80", "write" },
        { "H IRQ 0 80", "write" },
        { "H W DI 18 82", "write byte 18 request ?ibf" },
        { "B W DO 00 83", "write ?ibf ?host-irq" },
        { "B IRQ_ENABLE 0 83", "write ?ibf" },
        { "B IRQ_ENABLE 1 83", "write ?ibf ?host-irq" },
        { "H R DO 00 82", "write ?ibf" } } },
    { "host's interrupt, asserted for attention", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "B IRQ_ENABLE 1 00", "idle" },
        { "B ATN 1 04", "idle ?attention" },
        { "H IRQ 1 04", "idle raised ?attention" },
        { "H W CMD 61 06", "write begin request ?ibf ?attention" },
        { "B W DO 00 87", "write ?ibf ?attention" } } },
    { "host's interrupt, not known", HOST, 0, {
        { "H R ST 05 05", "unknown ?attention" },
        { "B IRQ_ENABLE 1 05", "unknown ?attention" },
        { "B W DO 00 05", "unknown ?attention" } } },
    { "the host's reset leaves its interrupt enabled", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "B IRQ_ENABLE 1 00", "idle" },
        { "H RESET 0 00", "idle" },
        { "B W DO 00 01", "idle ?host-irq" },
        { "B RESET 0 00", "idle" },
        { "B W DO 00 01", "idle" } } },
    { "host's interrupt of an NPCM", BMC, 1, {
        AT_REST,
        { "B W IE 09 00", "idle" },
        { "B W DO 00 01", "idle" },
        { "H IRQ 1 01", "idle raised" },
        { "H R DO 00 00", "idle" },
        { "H IRQ 0 00", "idle" },
        { "B W DO 00 01", "idle ?host-irq" },
        { "B W IE 01 01", "idle" },
        { "B R IE 09 01", "idle ?host-irq" } } },
    { "host's interrupt of an Aspeed, channel 3", BMC, 3, {
        AT_REST,
        { "H IRQ 0 00", "idle" },
        { "B W HICR5 1000 00 wide", "idle" },
        { "B W DO 00 01", "idle" },
        { "B W HICR5 4000 01 wide", "idle ?host-irq" },
        { "B W HICR5 00 01", "idle ?host-irq" },
        { "B W HICR5 00 01 lane1", "idle" },
        { "B W HICR5 40 01 lane1", "idle ?host-irq" } } },
    { "host's interrupt of an Aspeed, channel 2", BMC, 2, {
        AT_REST,
        { "H IRQ 0 00", "idle" },
        { "B W DO 00 01", "idle" },
        { "B W HICR5 4000 01 wide", "idle" },
        { "B W HICR5 1000 01 wide", "idle ?host-irq" } } },
    { "host's interrupt of an Aspeed, channel 4", BMC, 4, {
        AT_REST,
        { "H IRQ 0 00", "idle" },
        { "B W DO 00 01", "idle" },
        { "B W HICRC 2 01 wide", "idle" },
        { "B W HICRC 1 01 wide", "idle ?host-irq" } } },
    { "host's interrupt of an Aspeed, channel 1", BMC, 1, {
        AT_REST,
        { "H IRQ 0 00", "idle" },
        { "B W DO 00 01", "idle" },
        { "B W SIRQCR0 2 01 wide", "idle ?host-irq" },
        { "B W SIRQCR0 0 01 wide", "idle" },
        { "B W SIRQCR0 1 01 wide", "idle ?host-irq" } } },
    { "BMC's interrupt of an NPCM", BMC, 1, {
        AT_REST,
        { "B W CTL 01 00", "idle" },
        { "H W CMD 61 0a", "write begin request ?ibf ?bmc-irq" },
        { "B IRQ 1 0a", "write ?ibf" },
        { "B W ST 8a 8a", "write ?ibf" },
        { "B R DI 61 88", "write" },
        { "B IRQ 0 88", "write" },
        { "H W DI 18 82", "write byte 18 request ?ibf ?bmc-irq" },
        { "B W CTL 00 82", "write ?ibf" } } },
    { "BMC's interrupt of an Aspeed, channel 3", BMC, 3, {
        AT_REST,
        { "B W HICR2 4 00 wide", "idle" },
        { "H W CMD 61 0a", "write begin request ?ibf" },
        { "B W HICR2 8 0a wide", "write ?ibf ?bmc-irq" },
        { "B W HICR0 60 0a wide", "write ?ibf" },
        { "B W HICR0 80 0a wide", "write ?ibf ?bmc-irq" },
        { "B W HICR4 80 0a wide", "write ?ibf" },
        { "B W HICR4 04 0a wide", "write ?ibf ?bmc-irq" } } },
    { "BMC's interrupt of an Aspeed, channel 4", BMC, 4, {
        AT_REST,
        { "B W HICRB 3 00 wide", "idle" },
        { "H W CMD 61 0a", "write begin request ?ibf ?bmc-irq" },
        { "B W HICRB 2 0a wide", "write ?ibf" },
        { "B W HICRB 1 0a wide", "write ?ibf" } } },
    { "an Aspeed's channel without a number", BMC, 0, {
        AT_REST,
        { "B W HICR2 f 00 wide", "idle" },
        { "H W CMD 61 0a", "write begin request ?ibf" } } },

    /* What ends a transfer. */
    { "reset in the request", BMC, 0, {
        FIRST_BYTE,
        { "B RESET 0 00", "idle abort request" } } },
    { "reset while the BMC has the request", UNKNOWN, 0, {
        REQUEST,
        { "H RESET 0 04", "idle abort response ?attention" } } },
    { "reset at rest", BMC, 0, {
        AT_REST,
        { "B RESET 0 00", "idle" } } },
    { "interface taken away", UNKNOWN, 0, {
        REQUEST,
        { "B ENABLE 0 40", "wait" },
        { "B RESET 0 00", "idle abort response" } } },
    { "interface switched off", BMC, 1, {
        REQUEST,
        { "B W HICR0 0 00 wide", "idle abort response" } } },
    { "hardware operations leave a transfer alone", BMC, 0, {
        REQUEST,
        { "B HARDWARE 0 40", "wait" } } },
    { "nobody knows what", BMC, 0, {
        REQUEST,
        { "B STRANGE 0 40", "wait" },
        { "B STRANGE 0 00", "idle abort response" } } },

    /* Something is missing, uncounted. */
    { "state jumps to rest", UNKNOWN, 0, {
        REQUEST,
        { "H R ST 00 00", "idle abort response resync" } } },
    { "state jumps from rest", BMC, 0, {
        AT_REST,
        { "B R ST 42 42", "unknown resync ?ibf" },
        { "B W DO 00 43", "unknown ?ibf" },
        { "B R DI 68 41", "unknown" },
        { "H R DO 00 40", "unknown" },
        { "H W DI 68 42", "unknown ?ibf" },
        { "B W ST 02 02", "unknown ?ibf" },
        { "B R DI 68 00", "idle" } } },
    { "OBF jumps", BMC, 0, {
        AT_REST,
        { "B IRQ 1 01", "unknown resync" },
        { "H R DO 00 00", "idle" } } },
    { "IBF jumps, and the host writes", BMC, 0, {
        AT_REST,
        { "H W CMD 61 4a", "write begin request resync ?ibf" } } },
    { "IBF jumps at the host's", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "H W CMD 61 02", "write begin request ?ibf" },
        { "B W DO 00 83", "write ?ibf" },
        { "B R DI 61 81", "write" },
        { "H W DI 18 83", "write byte 18 request ?ibf" },
        { "H W DI 01 83", "unknown abort request resync ?ibf" } } },
    { "IBF jumps at the host's, and a request begins", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "H W CMD 61 02", "write begin request ?ibf" },
        { "H W CMD 61 02", "write begin request resync ?ibf" } } },
    { "state changes with a read of the host's", UNKNOWN, 0, {
        REQUEST,
        { "H R DO 00 00", "idle abort response resync" } } },

    /* The first record that was captured. */
    { "begins in the middle of a request", BMC, 0, {
        { "H W DI 2e 82", "unknown ?ibf" },
        { "B R DI 2e 80", "unknown" },
        { "H W CMD 62 8a", "write-end ?ibf" },
        { "B R DI 62 88", "write-end" },
        { "H W DI 01 82", "wait ?ibf" },
        { "B W ST 42 42", "wait ?ibf" },
        { "B R DI 01 40", "wait" },
        { "B W DO 1c 41", "read begin response ?obf" },
        { "H R DO 1c 40", "read byte 1c response" } } },
    { "begins in the middle of a response", BMC, 0, {
        { "B R DI 68 40", "unknown" },
        { "B W DO 01 41", "unknown" },
        { "H R DO 01 40", "unknown" },
        { "H W DI 68 42", "unknown ?ibf" },
        { "B W ST 02 02", "unknown ?ibf" },
        { "B R DI 68 00", "idle" },
        { "B W DO 00 01", "idle" },
        { "H R DO 00 00", "idle" } } },
    { "begins in the error exit", HOST, 0, {
        { "B R DI 60 c0", "error" },
        { "H W DI 00 c2", "status ?ibf" },
        { "B W DO 02 43", "status ?ibf ?obf" } } },
    { "begins in the error state", BMC, 0, {
        { "H R ST c0 c0", "error" },
        { "H W CMD 60 ca", "abort ?ibf" } } },
    { "begins in the error state, which ends", BMC, 0, {
        { "H R ST c0 c0", "error" },
        { "B W ST 00 00", "idle" } } },
    { "begins in the error state, and the host begins anew", BMC, 0, {
        { "H R ST c0 c0", "error" },
        { "H W CMD 61 ca", "write begin request ?ibf" } } },
    { "begins with a write while IBF is set", HOST, 0, {
        { "H W DI 01 82 lost", "unknown !write-ibf ?ibf" } } },
    { "begins with a full output buffer read", HOST, 0, {
        { "H R DO 01 00", "idle" } } },
};

static struct ipmi_kcs_machine
machine_at(enum ipmi_machine_point point, uint8_t channel)
{
    struct ipmi_kcs_machine machine = { 0 };

    ipmi_kcs_start(&machine, point, channel);
    return machine;
}

static void
test_lines(void)
{
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        const struct test *test = &tests[i];
        struct ipmi_kcs_machine machine =
            machine_at(test->point, test->channel);

        for (const struct line *line = test->lines; line->record; line++) {
            expect(&machine, test->name, line->record, line->says);
        }
    }
}

/* A clean transfer is clean whatever is known of the point, and a second one
 * after it as well. */
static void
test_clean(void)
{
    static const enum ipmi_machine_point points[] = { HOST, BMC, UNKNOWN };

    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        struct ipmi_kcs_machine machine = machine_at(points[i], 0);
        const struct line *line =
            points[i] == BMC ? bmc_transfer : host_transfer;

        for (int n = 0; n < 2; n++) {
            for (const struct line *l = line; l->record; l++) {
                const bool kept = points[i] == UNKNOWN &&
                    (strcmp(l->record, "H W DI 01 82") == 0 ||
                     strcmp(l->record, "H R ST 82 82") == 0);
                char says[64];

                /* Only an emulator is known to keep IBF set until it answers:
                 * elsewhere it is worth knowing. */
                snprintf(says, sizeof says, "%s%s", l->says,
                         kept ? " ?ibf" : "");
                expect(&machine, "clean transfer", l->record, says);
            }
        }
    }
    for (int n = 0; n < 2; n++) {
        struct ipmi_kcs_machine machine = machine_at(UNKNOWN, 0);

        for (const struct line *l = bmc_transfer; l->record; l++) {
            expect(&machine, "clean transfer", l->record, l->says);
        }
    }
}

/* A long message: the fault comes with the first byte that is too many. */
static void
test_long(void)
{
    static const struct {
        enum ipmi_machine_point point;
        unsigned max_request, max_response;
    } limits[] = {
        { HOST, IPMI_KCS_EMULATOR_MAX, IPMI_MESSAGE_MAX },
        { BMC, IPMI_MESSAGE_MAX, IPMI_KCS_EMULATOR_MAX },
        { UNKNOWN, IPMI_MESSAGE_MAX, IPMI_MESSAGE_MAX },
    };
    static const struct line lines[] = { START, { NULL, NULL } };

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct ipmi_kcs_machine machine = machine_at(limits[i].point, 0);
        const char *idle = "H RESET 0 00";

        expect(&machine, "long", idle, "idle");
        for (const struct line *line = lines + 1; line->record; line++) {
            expect(&machine, "long request", line->record, line->says);
        }
        for (unsigned n = 1; n <= UINT16_MAX + 2 * IPMI_MESSAGE_MAX; n++) {
            expect(&machine, "long request", "H W DI 55 82",
                   n == limits[i].max_request + 1
                       ? "write byte 55 request !long ?ibf"
                       : "write byte 55 request ?ibf");
            expect(&machine, "long request", "B R DI 55 80", "write");
        }
        expect(&machine, "long request", "H W CMD 62 8a", "write-end ?ibf");
        expect(&machine, "long request", "B R DI 62 88", "write-end");
        expect(&machine, "long request", "H W DI 01 82",
               limits[i].point == HOST ? "wait last 01 request"
                                       : "wait last 01 request ?ibf");
        expect(&machine, "long response", "B W DO 1c 43",
               limits[i].point == BMC
                   ? "unknown abort response resync ?ibf"
                   : "read begin response ?ibf ?obf");
        if (limits[i].point == BMC) {
            static const struct line response[] = { REQUEST, { NULL, NULL } };

            expect(&machine, "long", idle, "idle");
            for (const struct line *l = response + 1; l->record; l++) {
                expect(&machine, "long response", l->record, l->says);
            }
            expect(&machine, "long response", "B W DO 1c 41",
                   "read begin response ?obf");
        } else {
            expect(&machine, "long response", "B R DI 01 41", "read ?obf");
        }
        for (unsigned n = 1; n <= 2 * IPMI_MESSAGE_MAX; n++) {
            expect(&machine, "long response", "H R DO aa 40",
                   n == limits[i].max_response + 1
                       ? "read byte aa response !long"
                       : "read byte aa response");
            expect(&machine, "long response", "H W DI 68 42", "read ?ibf");
            expect(&machine, "long response", "B R DI 68 40", "read");
            expect(&machine, "long response", "B W DO aa 41", "read ?obf");
        }
    }
}

/* Assertions without an access are a storm, once. */
static void
test_storm(void)
{
    static const char *const sides[] = { "H", "B" };

    for (int side = 0; side < 2; side++) {
        struct ipmi_kcs_machine machine = machine_at(BMC, 0);
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

static void
check(bool holds, const char *what)
{
    checks++;
    if (!holds) {
        failures++;
        printf("test-ipmi-kcs.c: %s\n", what);
    }
}

/* What whoever follows it relies on. */
static void
follow(struct follower *follower, const struct ipmi_record *record)
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
          step.after <= IPMI_KCS_PHASE_ABORT_END, "no such phase");
    check(step.faults >> IPMI_KCS_FAULTS == 0, "no such fault");
    check(step.conditions >> IPMI_KCS_CONDITIONS == 0, "no such condition");
    check(!(step.begins && step.event == IPMI_TRANSFER_ABORT),
          "a message begins and is aborted");
    follower->faults |= step.faults;
    follower->resyncs += step.resync;
    switch (step.event) {
    case IPMI_TRANSFER_NONE:
        break;
    case IPMI_TRANSFER_BYTE:
    case IPMI_TRANSFER_LAST:
        check(follower->under_way[way], "a byte of no message");
        if (follower->len[way] < IPMI_MESSAGE_MAX) {
            follower->bytes[way][follower->len[way]++] = step.byte;
        }
        if (step.event == IPMI_TRANSFER_BYTE) {
            break;
        }
        /* fall through */
    case IPMI_TRANSFER_END:
        check(follower->under_way[way], "the end of no message");
        check(step.event == IPMI_TRANSFER_LAST || way == 1,
              "a request ends without its last byte");
        follower->complete[way]++;
        follower->under_way[way] = false;
        break;
    case IPMI_TRANSFER_ABORT:
        follower->under_way[0] = follower->under_way[1] = false;
        break;
    default:
        check(false, "no such event");
    }
}

static void
follow_lines(struct follower *follower, const struct line *from,
             const struct line *to)
{
    for (const struct line *line = from; line != to && line->record; line++) {
        const struct ipmi_record record = parse(line->record);

        follow(follower, &record);
    }
}

static void
check_messages(const struct follower *follower, unsigned requests,
               unsigned responses, const char *where)
{
    static const uint8_t request[] = { 0x18, 0x01 };
    static const uint8_t response[] = { 0x1c, 0x01, 0x00 };

    checks++;
    if (follower->complete[0] != requests ||
        follower->complete[1] != responses ||
        follower->len[0] != sizeof request ||
        memcmp(follower->bytes[0], request, sizeof request) != 0 ||
        follower->len[1] != sizeof response ||
        memcmp(follower->bytes[1], response, sizeof response) != 0) {
        failures++;
        printf("%s: %u requests, %u responses\n", where,
               follower->complete[0], follower->complete[1]);
    }
}

static const struct {
    enum ipmi_machine_point point;
    const struct line *transfer;
} transfers[] = {
    { HOST, host_transfer },
    { BMC, bmc_transfer },
    { UNKNOWN, host_transfer },
    { UNKNOWN, bmc_transfer },
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
                  "begun in the middle: a fault");

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
                      "records dropped: a fault");
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

            follow(&follower, &record);
        }
        follow_lines(&follower, (const struct line[]) {
            { "B RESET 0 00", NULL }, { NULL, NULL } }, NULL);
        follower.complete[0] = follower.complete[1] = 0;
        follower.faults = 0;
        follow_lines(&follower, transfers[t].transfer, NULL);
        check_messages(&follower, 1, 1, "after random records");
        if (transfers[t].point == UNKNOWN) {
            /* Random records have C/D set, host_transfer has not. */
            follower.faults &= ~(1u << IPMI_KCS_FAULT_CD);
        }
        check(follower.faults == 0, "after random records: a fault");
    }
}

int main(void)
{
    test_lines();
    test_clean();
    test_long();
    test_storm();
    test_resync();
    test_missing();
    test_random();

    printf("%u checks, %u failed\n", checks, failures);
    return failures != 0;
}
