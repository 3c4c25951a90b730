/* test-ipmi-bt.c
 * Tests the state machine of BT: what it says of each record of exchanges, good
 * ones and others, at the host's point of capture and at the BMC's.
 *
 * A script has a record in each line, as people write it down, and after "|"
 * what the machine must say, in the words of step-words.h. The control register
 * after a record is worked out here, by the rules of the IPMI specification,
 * v2.0, section 11.6.1, where no "=" and a number says what it is.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdlib.h>
#include <string.h>

#include "step-words.h"
#include "test-ipmi-bt.h"

unsigned checks;
unsigned failures;

static const char *const phase_names[] = {
    [IPMI_BT_UNKNOWN] = "unknown",
    [IPMI_BT_DISABLED] = "disabled",
    [IPMI_BT_NOT_READY] = "not-ready",
    [IPMI_BT_IDLE] = "idle",
    [IPMI_BT_HOST_WRITES] = "host-writes",
    [IPMI_BT_REQUEST_WAITS] = "request-waits",
    [IPMI_BT_BMC_READS] = "bmc-reads",
    [IPMI_BT_BMC_WORKS] = "bmc-works",
    [IPMI_BT_BMC_WRITES] = "bmc-writes",
    [IPMI_BT_RESPONSE_WAITS] = "response-waits",
    [IPMI_BT_HOST_READS] = "host-reads",
};

static const char *const fault_names[] = {
    [IPMI_BT_B_BUSY_IGNORED] = "b_busy-ignored",
    [IPMI_BT_H_BUSY_IGNORED] = "h_busy-ignored",
    [IPMI_BT_B_BUSY_NOT_SET] = "b_busy-not-set",
    [IPMI_BT_H_BUSY_NOT_SET] = "h_busy-not-set",
    [IPMI_BT_H2B_ATN_OVERRUN] = "h2b_atn-overrun",
    [IPMI_BT_B2H_ATN_OVERRUN] = "b2h_atn-overrun",
    [IPMI_BT_H2B_ATN_NOT_CLEARED] = "h2b_atn-not-cleared",
    [IPMI_BT_B2H_ATN_NOT_CLEARED] = "b2h_atn-not-cleared",
    [IPMI_BT_WR_PTR_NOT_CLEARED] = "wr_ptr",
    [IPMI_BT_RD_PTR_NOT_CLEARED] = "rd_ptr",
    [IPMI_BT_LENGTH_SMALL] = "small",
    [IPMI_BT_FRAME_SHORT] = "short",
    [IPMI_BT_FRAME_LONG] = "long",
    [IPMI_BT_FRAME_EMPTY] = "empty",
    [IPMI_BT_FRAME_CUT] = "cut",
    [IPMI_BT_READ_SHORT] = "read-short",
    [IPMI_BT_READ_BEYOND] = "read-beyond",
    [IPMI_BT_READ_NO_ATN] = "read-no-atn",
    [IPMI_BT_BMC_RESET] = "bmc-reset",
    [IPMI_BT_IRQ_STORM] = "storm",
    [IPMI_BT_IRQ_NOT_RAISED] = "irq-not-raised",
};

static const char *const condition_names[] = {
    [IPMI_BT_B_BUSY_STUCK] = "b_busy",
    [IPMI_BT_H_BUSY_STUCK] = "h_busy",
    [IPMI_BT_H2B_ATN_NOT_TAKEN] = "h2b_atn",
    [IPMI_BT_B2H_ATN_NOT_TAKEN] = "b2h_atn",
    [IPMI_BT_SMS_ATN_NOT_CLEARED] = "sms_atn",
    [IPMI_BT_IRQ_MISSING] = "irq",
};

static bool phases_seen[LENGTH_OF(phase_names)];
static uint32_t faults_seen, conditions_seen;

/* What is captured, and the registers of it. */
struct player {
    struct ipmi_bt_machine machine;
    uint8_t state, intmask;
    bool    with_conditions;    /* the script tells them */
};

static void broken(const char *what, const char *line)
{
    printf("test-ipmi-bt.c: %s: \"%s\"\n", what, line);
    exit(2);
}

uint8_t state_after(uint8_t state, uint8_t side, uint8_t value)
{
    const uint8_t sets = side == IPMI_SIDE_HOST ? 0x04 : 0x18;
    const uint8_t clears = side == IPMI_SIDE_HOST ? 0x18 : 0x04;
    const uint8_t toggles = side == IPMI_SIDE_HOST ? 0x40 : 0x80;

    state &= (uint8_t) ~(value & clears);
    state |= value & sets;
    return state ^ (value & toggles);
}

/* Sides: "H" and "B", and "X" for nobody.
 *   "H W CTRL 04", "B R FIFO 18 lost", "B W CR2 1 lane2"
 *   "H IRQ 1", "B LINE 1 1", "H RESET 0", "B HARDWARE 4", "H STRANGE 4"
 * and after it "=48", the control register, and "/3", the interrupt mask. */
static struct ipmi_record parse(struct player *player, const char *line)
{
    struct ipmi_record record = { .version = 1 };
    char copy[128], *words[10];
    unsigned count = 0, value = 2;

    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
        if (count == LENGTH_OF(words))
            broken("too many words", line);
        words[count++] = word;
    }
    if (count < 3)
        broken("too few words", line);

    record.side = words[0][0] == 'H' ? IPMI_SIDE_HOST
                : words[0][0] == 'B' ? IPMI_SIDE_BMC : 9;
    if (strcmp(words[1], "R") == 0 || strcmp(words[1], "W") == 0) {
        record.op = words[1][0] == 'R' ? IPMI_OP_READ : IPMI_OP_WRITE;
        record.width = 1;
        record.what = 0x7f;
        for (unsigned reg = 0; reg < 0x100; reg++) {
            const char *name = ipmi_bt_register_name((uint8_t) reg);

            if (name && strcmp(name, words[2]) == 0)
                record.what = (uint8_t) reg;
        }
        value = 3;
    } else if (strcmp(words[1], "IRQ") == 0) {
        record.op = IPMI_OP_IRQ;
    } else if (strcmp(words[1], "RESET") == 0) {
        record.op = IPMI_OP_RESET;
    } else if (strcmp(words[1], "LINE") == 0) {
        record.op = IPMI_OP_LINE;
        record.what = (uint8_t) atoi(words[2]);
        value = 3;
    } else if (strcmp(words[1], "HARDWARE") == 0) {
        record.op = IPMI_OP_HARDWARE;
    } else if (strcmp(words[1], "STRANGE") == 0) {
        record.op = 99;
    } else {
        broken("no such operation", line);
    }
    if (count <= value)
        broken("no value", line);
    record.value = (uint32_t) strtoul(words[value], NULL, 16);

    for (unsigned i = value + 1; i < count; i++) {
        record.lost |= strcmp(words[i], "lost") == 0;
        if (strcmp(words[i], "lane2") == 0)
            record.lane = 2;
    }
    if (record.op == IPMI_OP_WRITE && record.what == IPMI_BT_CTRL &&
            record.side != 9 && !record.lost && record.lane == 0)
        player->state = state_after(player->state, record.side,
                                    (uint8_t) record.value);
    for (unsigned i = value + 1; i < count; i++) {
        if (words[i][0] == '=')
            player->state = (uint8_t) strtoul(words[i] + 1, NULL, 16);
        else if (words[i][0] == '/')
            player->intmask = (uint8_t) strtoul(words[i] + 1, NULL, 16);
    }
    record.state = player->state;
    record.intmask = player->intmask;
    return record;
}

static void play_line(struct player *player, const char *test, char *line)
{
    const struct step_names names = {
        phase_names, fault_names, IPMI_BT_FAULTS,
        condition_names, player->with_conditions ? IPMI_BT_CONDITIONS : 0
    };
    char *expected = strstr(line, " | ");
    struct ipmi_step step = { 0 };
    struct ipmi_record record;
    char said[256];

    if (!expected)
        broken("no \" | \"", line);
    *expected = '\0';
    expected += strlen(" | ");
    record = parse(player, line);
    ipmi_bt_feed(&player->machine, &record, &step);
    step_in_words(&step, &names, said, sizeof said);
    checks++;
    if (strcmp(said, expected) != 0) {
        failures++;
        printf("%s: %s:\n    it should say: %s\n    but it says:   %s\n", test,
               line, expected, said);
    }
    phases_seen[step.after] = true;
    faults_seen |= step.faults;
    conditions_seen |= step.conditions;
}

static void play(struct player *player, const char *test, const char *script)
{
    char line[128];

    while (*script) {
        const size_t len = strcspn(script, "\n");

        snprintf(line, sizeof line, "%.*s", (int) len, script);
        play_line(player, test, line);
        script += len + (script[len] == '\n');
    }
}

/* A host that was reset; a BMC whose firmware has just begun to serve. */
#define HOST_RESET \
    "H RESET 0 =00 | idle\n"
#define BMC_BOOT \
    "B RESET 0 =80 | not-ready\n" \
    "B W CR1 41 | not-ready\n" \
    "B W CR0 00e4a00d | not-ready\n" \
    "B W CTRL 80 | idle\n"

static void at_host(const char *test, const char *script)
{
    struct player player = { .state = 0 };

    ipmi_bt_start(&player.machine, IPMI_POINT_HOST);
    play(&player, test, HOST_RESET);
    play(&player, test, script);
}

static void at_bmc(const char *test, const char *script)
{
    struct player player = { .state = 0 };

    ipmi_bt_start(&player.machine, IPMI_POINT_BMC);
    play(&player, test, BMC_BOOT);
    play(&player, test, script);
}

/* A capture that begins with the script, state being what was before. */
static void begin_with(const char *test, enum ipmi_machine_point point,
                       uint8_t state, const char *script)
{
    struct player player = { .state = state };

    ipmi_bt_start(&player.machine, point);
    play(&player, test, script);
}

/* Parts of exchanges. seq is the third byte; phase is that of the exchange
 * meanwhile, where it depends on others. */
#define HOST_WRITES(seq, phase) \
    "H W CTRL 01 | " phase " begin request\n" \
    "H W FIFO 03 | host-writes byte 03 request\n" \
    "H W FIFO 18 | host-writes byte 18 request\n" \
    "H W FIFO " seq " | host-writes byte " seq " request\n" \
    "H W FIFO 01 | host-writes byte 01 request\n" \
    "H W CTRL 04 | request-waits end request\n"
/* An emulator's own BMC keeps B_BUSY until it answers. */
#define TAKEN \
    "B W CTRL 84 | bmc-works\n"
#define ANSWERED \
    "B W CTRL 88 | response-waits begin response\n"
#define HOST_READS(seq, phase) \
    "H W CTRL 40 | host-reads\n" \
    "H W CTRL 08 | host-reads\n" \
    "H W CTRL 02 | host-reads\n" \
    "H R FIFO 04 | host-reads byte 04 response\n" \
    "H R FIFO 1c | host-reads byte 1c response\n" \
    "H R FIFO " seq " | host-reads byte " seq " response\n" \
    "H R FIFO 01 | host-reads byte 01 response\n" \
    "H R FIFO c1 | host-reads last c1 response\n" \
    "H W CTRL 40 | " phase "\n"

/* Of the host that the BMC's emulator plays, the FIFO is not seen. */
#define ASKED \
    "H W CTRL 04 | request-waits begin request\n"
#define BMC_IRQ \
    "B IRQ 1 | request-waits\n" \
    "B R CR2 1 | request-waits\n" \
    "B W CR2 1 | request-waits\n" \
    "B IRQ 0 | request-waits\n"
#define BMC_READS(seq) \
    "B W CTRL 80 | bmc-reads\n" \
    "B W CTRL 04 | bmc-reads\n" \
    "B W CTRL 02 | bmc-reads\n" \
    "B R FIFO 03 | bmc-reads byte 03 request\n" \
    "B R FIFO 18 | bmc-reads byte 18 request\n" \
    "B R FIFO " seq " | bmc-reads byte " seq " request\n" \
    "B R FIFO 01 | bmc-works last 01 request\n" \
    "B W CTRL 80 | bmc-works\n"
#define BMC_WRITES(seq, phase) \
    "B W CTRL 01 | " phase " begin response\n" \
    "B W FIFO 04 | bmc-writes byte 04 response\n" \
    "B W FIFO 1c | bmc-writes byte 1c response\n" \
    "B W FIFO " seq " | bmc-writes byte " seq " response\n" \
    "B W FIFO 01 | bmc-writes byte 01 response\n" \
    "B W FIFO c1 | bmc-writes byte c1 response\n" \
    "B W CTRL 08 | response-waits end response\n"
#define FETCHED(phase) \
    "H W CTRL 40 | host-reads\n" \
    "H W CTRL 08 | host-reads\n" \
    "H W CTRL 40 | " phase "\n"

static void test_exchanges(void)
{
#define HOST_EXCHANGE(seq) \
    "H R CTRL 00 | idle\n" \
    HOST_WRITES(seq, "idle") \
    TAKEN \
    "H R CTRL 80 | bmc-works poll\n" \
    "H R CTRL 80 | bmc-works poll\n" \
    ANSWERED \
    "H R CTRL 08 | response-waits\n" \
    HOST_READS(seq, "idle")
#define BMC_EXCHANGE(seq) \
    "B R CTRL 00 | idle poll\n" \
    ASKED \
    BMC_IRQ \
    "B R CTRL 04 | request-waits\n" \
    BMC_READS(seq) \
    "B R CTRL 00 | bmc-works\n" \
    BMC_WRITES(seq, "bmc-works") \
    "B R CTRL 08 | response-waits poll\n" \
    FETCHED("idle") \
    "B IRQ 1 | idle\n" \
    "B W CR2 40 | idle\n" \
    "B IRQ 0 | idle\n"

    at_host("exchange", HOST_EXCHANGE("07") HOST_EXCHANGE("08"));
    at_bmc("exchange, BMC", BMC_EXCHANGE("07") BMC_EXCHANGE("08"));
    at_host("B_BUSY only as long as the BMC reads",
            HOST_WRITES("01", "idle")
            "B W CTRL 80 | request-waits\n"
            "B W CTRL 04 | bmc-works\n"
            "B W CTRL 80 | bmc-works\n"
            "H R CTRL 00 | bmc-works poll\n"
            "B W CTRL 08 | response-waits begin response\n"
            HOST_READS("01", "idle"));
    at_bmc("B_BUSY until the answer, and a host without H_BUSY",
           ASKED
           BMC_IRQ
           "B W CTRL 86 | bmc-reads\n"
           "B R FIFO 03 | bmc-reads byte 03 request\n"
           "B R FIFO 18 | bmc-reads byte 18 request\n"
           "B R FIFO 05 | bmc-reads byte 05 request\n"
           "B R FIFO 01 | bmc-works last 01 request\n"
           BMC_WRITES("05", "bmc-works")
           "H W CTRL 08 | not-ready\n"
           "B W CTRL 80 | idle\n");
    at_host("seen already", "H W CTRL 08 | idle\n" "H W CTRL 18 | idle\n");
    at_host("the host looks, but reads later",
            HOST_WRITES("01", "idle") TAKEN ANSWERED
            "H W CTRL 40 | host-reads\n"
            "H W CTRL 40 | response-waits\n"
            HOST_READS("01", "idle"));
}

static void test_several_outstanding(void)
{
    at_host("outstanding",
            HOST_WRITES("01", "idle")
            "B W CTRL 84 | bmc-works\n"
            "B W CTRL 80 | bmc-works\n"
            "H R CTRL 00 | bmc-works poll\n"
            "H W CTRL 01 | bmc-works begin request\n"
            "H W FIFO 03 | host-writes byte 03 request\n"
            "H R CTRL 00 | host-writes\n"
            "H W FIFO 18 | host-writes byte 18 request\n"
            /* The first response comes in the middle of it. */
            "B W CTRL 08 | response-waits begin response\n"
            "H W FIFO 02 | host-writes byte 02 request\n"
            "H W FIFO 01 | host-writes byte 01 request\n"
            "H W CTRL 04 | request-waits end request\n"
            "B W CTRL 84 | response-waits\n"
            "B W CTRL 80 | response-waits\n"
            HOST_READS("01", "bmc-works")
            "B W CTRL 08 | response-waits begin response\n"
            "H W CTRL 48 | host-reads\n"
            "H R CTRL 40 | host-reads\n"
            "H W CTRL 40 | bmc-works\n"
            "B W CTRL 08 | response-waits begin response\n"
            HOST_READS("02", "idle"));
    at_bmc("outstanding, BMC",
           ASKED BMC_IRQ BMC_READS("01")
           ASKED BMC_IRQ BMC_READS("02")
           /* In the other order, and with a third one meanwhile. */
           "B W CTRL 01 | bmc-works begin response\n"
           "B W FIFO 04 | bmc-writes byte 04 response\n"
           ASKED BMC_IRQ
           "B W FIFO 1c | bmc-writes byte 1c response\n"
           "B R CTRL 04 | bmc-writes\n"
           "B W FIFO 02 | bmc-writes byte 02 response\n"
           "B W FIFO 01 | bmc-writes byte 01 response\n"
           "B W FIFO 00 | bmc-writes byte 00 response\n"
           "B W CTRL 08 | response-waits end response\n"
           "B R CTRL 0c | response-waits poll\n"
           "H W CTRL 08 | request-waits\n"
           "B W CTRL 80 | bmc-reads\n"
           "B R CTRL 84 | bmc-reads\n"
           "B W CTRL 80 | request-waits\n"
           BMC_READS("03")
           BMC_WRITES("01", "bmc-works")
           "H W CTRL 48 | host-reads\n"
           "B R CTRL 40 | host-reads poll\n"
           "H W CTRL 40 | bmc-works\n"
           BMC_WRITES("03", "bmc-works") FETCHED("idle"));
}

/* Sequence numbers used again, and responses in order: each is one less. */
static void test_answers(void)
{
#define ANSWER(seq, phase) \
    "B W CTRL 08 | response-waits begin response\n" \
    HOST_READS(seq, phase)
#define REQUEST(seq, phase) \
    HOST_WRITES(seq, phase) \
    "B W CTRL 04 | bmc-works\n"

    at_host("a sequence number again",
            REQUEST("01", "idle")
            REQUEST("02", "bmc-works")
            REQUEST("02", "bmc-works")
            ANSWER("01", "bmc-works")
            ANSWER("55", "bmc-works")
            ANSWER("02", "idle"));
    at_host("one after the other",
            REQUEST("01", "idle") REQUEST("02", "bmc-works")
            REQUEST("03", "bmc-works") REQUEST("04", "bmc-works")
            REQUEST("05", "bmc-works") REQUEST("06", "bmc-works")
            REQUEST("07", "bmc-works") REQUEST("08", "bmc-works")
            REQUEST("09", "bmc-works") REQUEST("0a", "bmc-works")
            ANSWER("01", "bmc-works") ANSWER("02", "bmc-works")
            ANSWER("03", "bmc-works") ANSWER("04", "bmc-works")
            ANSWER("05", "bmc-works") ANSWER("06", "bmc-works")
            ANSWER("07", "bmc-works") ANSWER("08", "bmc-works")
            ANSWER("09", "bmc-works") ANSWER("0a", "idle"));
}

/* A request that is never answered does not keep the BMC at work for ever, and
 * there may be any number of them. */
static void test_lost_requests(void)
{
    struct player player = { .state = 0 };
    char script[2048];

    ipmi_bt_start(&player.machine, IPMI_POINT_HOST);
    play(&player, "lost requests", HOST_RESET);
    for (unsigned seq = 0; seq < 100; seq++) {
        snprintf(script, sizeof script,
                 HOST_WRITES("%02x", "%s") TAKEN "B W CTRL 80 | bmc-works\n",
                 seq ? "bmc-works" : "idle", seq, seq);
        play(&player, "lost requests", script);
    }
    CHECK(player.machine.outstanding == IPMI_BT_OUTSTANDING, "%u",
          player.machine.outstanding);
    for (unsigned n = 1; n <= IPMI_BT_OVERTAKEN; n++) {
        const unsigned seq = 100 + n;

        snprintf(script, sizeof script,
                 HOST_WRITES("%02x", "bmc-works") TAKEN ANSWERED
                 HOST_READS("%02x", "%s"), seq, seq, seq, seq,
                 n < IPMI_BT_OVERTAKEN ? "bmc-works" : "idle");
        play(&player, "lost requests", script);
    }
}

/* Whose machine it is shows at the first access to the FIFO; one side's
 * accesses to it are all there is of the frames. */
static void test_points(void)
{
    begin_with("unknown point, host", IPMI_POINT_UNKNOWN, 0x00,
               "H W CTRL 01 | unknown\n"
               "H W FIFO 03 | unknown\n"
               "H W CTRL 04 | request-waits\n"
               "B W CTRL 84 | not-ready\n"
               ANSWERED
               HOST_READS("01", "idle")
               HOST_WRITES("02", "idle"));
    begin_with("unknown point, BMC", IPMI_POINT_UNKNOWN, 0x00,
               ASKED BMC_READS("01"));
    at_host("what is none of it",
            "H W CTRL 01 | idle begin request\n"
            "B R FIFO 55 | idle\n"
            "B W FIFO 55 | idle\n"
            "H W FIFO 55 lane2 | idle\n"
            "H W FIFO 55 lost | idle\n"
            "H W CTRL 04 lost | idle\n"
            "H W CTRL 04 lane2 | idle\n"
            /* A wide access carries one byte. */
            "H W FIFO 11223303 | host-writes byte 03 request\n"
            "X W FIFO 55 | host-writes\n"
            "X W CTRL ff | host-writes\n"
            "X R CTRL 00 | host-writes\n"
            "H W UNKNOWN ff | host-writes\n"
            "H STRANGE ff | host-writes\n"
            "B HARDWARE 4 | host-writes\n"
            "H R INTMASK 80 | host-writes\n"
            "B W INTMASK 80 | host-writes\n"
            "H W FIFO 18 | host-writes byte 18 request\n");
}

/* The longest frame there is: 255 bytes and their length. */
static void test_longest_frame(void)
{
    struct player player = { .state = 0 };
    char script[80];

    ipmi_bt_start(&player.machine, IPMI_POINT_HOST);
    play(&player, "longest", HOST_RESET "H W CTRL 01 | idle begin request\n");
    for (unsigned i = 0; i < 256; i++) {
        snprintf(script, sizeof script,
                 "H W FIFO %02x | host-writes byte %02x request\n",
                 i ? i : 255, i ? i : 255);
        play(&player, "longest", script);
    }
    play(&player, "longest", "H W CTRL 04 | request-waits end request\n");

    memset(&player, 0, sizeof player);
    ipmi_bt_start(&player.machine, IPMI_POINT_BMC);
    play(&player, "longest",
         BMC_BOOT ASKED BMC_IRQ "B W CTRL 86 | bmc-reads\n");
    for (unsigned i = 0; i < 256; i++) {
        snprintf(script, sizeof script, "B R FIFO %02x | %s %02x request\n",
                 i ? i : 255, i < 255 ? "bmc-reads byte" : "bmc-works last",
                 i ? i : 255);
        play(&player, "longest", script);
    }
}

static void test_faults_of_writers(void)
{
    at_host("B_BUSY ignored",
            HOST_WRITES("01", "idle") TAKEN
            "H W CTRL 01 | bmc-works begin request\n"
            "H W FIFO 03 | host-writes byte 03 request !b_busy-ignored\n"
            "H W FIFO 18 | host-writes byte 18 request\n"
            "H W FIFO 02 | host-writes byte 02 request\n"
            "H W FIFO 01 | host-writes byte 01 request\n"
            "H W CTRL 04 | request-waits end request\n");
    at_host("B_BUSY set when the host has begun",
            "H W CTRL 01 | idle begin request\n"
            "H W FIFO 03 | host-writes byte 03 request\n"
            "B W CTRL 80 | host-writes\n"
            "H W FIFO 18 | host-writes byte 18 request\n"
            "H W FIFO 02 | host-writes byte 02 request\n"
            "H W FIFO 01 | host-writes byte 01 request\n"
            "H W CTRL 04 | request-waits end request\n");
    at_host("H2B_ATN overrun",
            HOST_WRITES("01", "idle")
            "H W CTRL 01 | bmc-works begin request\n"
            "H W FIFO 03 | host-writes byte 03 request !h2b_atn-overrun\n"
            "H W FIFO 18 | host-writes byte 18 request\n"
            "H W FIFO 02 | host-writes byte 02 request\n"
            "H W FIFO 01 | host-writes byte 01 request\n"
            "H W CTRL 04 | request-waits end request\n"
            "H W CTRL 04 | request-waits !h2b_atn-overrun !empty\n");
    at_host("write pointer",
            HOST_WRITES("01", "idle") TAKEN
            "B W CTRL 80 | bmc-works\n"
            "H W FIFO 03 | host-writes begin byte 03 request !wr_ptr\n"
            "H W FIFO 18 | host-writes byte 18 request\n"
            "H W FIFO 02 | host-writes byte 02 request\n"
            "H W FIFO 01 | host-writes byte 01 request\n"
            "H W CTRL 04 | request-waits end request\n");
    at_host("small",
            "H W CTRL 01 | idle begin request\n"
            "H W FIFO 02 | host-writes byte 02 request !small\n"
            "H W FIFO 18 | host-writes byte 18 request\n"
            "H W FIFO 02 | host-writes byte 02 request\n"
            "H W CTRL 04 | request-waits abort request\n"
            "B W CTRL 84 | not-ready\n"
            "B W CTRL 80 | idle\n"
            "H W CTRL 01 | idle begin request\n"
            "H W FIFO 00 | host-writes byte 00 request !small\n"
            "H W CTRL 04 | request-waits abort request\n");
    at_host("lengths",
            "H W CTRL 01 | idle begin request\n"
            "H W FIFO 03 | host-writes byte 03 request\n"
            "H W FIFO 18 | host-writes byte 18 request\n"
            "H W FIFO 02 | host-writes byte 02 request\n"
            "H W CTRL 04 | request-waits abort request !short\n"
            "B W CTRL 04 | idle\n"
            "H W CTRL 01 | idle begin request\n"
            "H W FIFO 03 | host-writes byte 03 request\n"
            "H W FIFO 18 | host-writes byte 18 request\n"
            "H W FIFO 02 | host-writes byte 02 request\n"
            "H W FIFO 01 | host-writes byte 01 request\n"
            "H W FIFO 55 | host-writes !long\n"
            "H W FIFO 55 | host-writes\n"
            "H W CTRL 04 | request-waits end request\n"
            "B W CTRL 04 | bmc-works\n"
            "H W CTRL 01 | bmc-works begin request\n"
            "H W CTRL 04 | request-waits abort request !empty\n");
    at_host("cut",
            "H W CTRL 01 | idle begin request\n"
            "H W CTRL 01 | idle begin request\n"
            "H W FIFO 03 | host-writes byte 03 request\n"
            "H W CTRL 01 | idle begin request !cut\n"
            "H W FIFO 03 | host-writes byte 03 request\n"
            "H W FIFO 18 | host-writes byte 18 request\n"
            "H W FIFO 02 | host-writes byte 02 request\n"
            "H W FIFO 01 | host-writes byte 01 request\n"
            "H W CTRL 01 | idle begin request !cut\n");
    at_bmc("BMC",
           BMC_WRITES("01", "idle")
           "B W FIFO 04 | bmc-writes begin byte 04 response "
               "!b2h_atn-overrun !wr_ptr\n"
           "B W CTRL 08 | response-waits abort response !short\n"
           "H W CTRL 40 | host-reads\n"
           "H W CTRL 08 | host-reads\n"
           "B W CTRL 01 | idle begin response\n"
           "B W FIFO 03 | bmc-writes byte 03 response !h_busy-ignored !small\n"
           "H W CTRL 40 | bmc-writes\n"
           "B W CTRL 01 | idle begin response !cut\n"
           "B W FIFO 04 | bmc-writes byte 04 response\n"
           "B W FIFO 1c | bmc-writes byte 1c response\n"
           "B W FIFO 01 | bmc-writes byte 01 response\n"
           "B W FIFO 01 | bmc-writes byte 01 response\n"
           "B W FIFO 00 | bmc-writes byte 00 response\n"
           "B W FIFO 00 | bmc-writes !long\n"
           "B W CTRL 08 | response-waits end response\n"
           FETCHED("idle")
           "B W CTRL 01 | idle begin response\n"
           "B W CTRL 08 | response-waits abort response !empty\n");
    /* CR0 does not let the BMC clear its pointers. */
    at_bmc("write pointer forbidden",
           "B W CR0 09 | idle\n"
           "B W CTRL 01 | idle\n"
           "B W FIFO 04 | bmc-writes begin byte 04 response\n"
           "B W CTRL 08 | response-waits abort response !short\n"
           FETCHED("idle")
           "B W CTRL 01 | idle\n"
           "B W FIFO 04 | bmc-writes begin byte 04 response !wr_ptr\n");
    at_bmc("the host, at the BMC's point",
           "B W CTRL 80 | not-ready\n"
           "H W CTRL 04 | request-waits begin request !b_busy-ignored\n"
           "H W CTRL 04 | request-waits begin request "
               "!b_busy-ignored !h2b_atn-overrun\n");
    at_host("the BMC, at the host's point",
            ANSWERED
            "H W CTRL 48 | host-reads\n"
            "B W CTRL 08 | response-waits begin response !h_busy-ignored\n"
            "B W CTRL 08 | response-waits begin response "
                "!h_busy-ignored !b2h_atn-overrun\n");
}

static void test_faults_of_readers(void)
{
    at_host("the host reads",
            "B W CTRL 08 | response-waits begin response\n"
            "H W CTRL 0a | host-reads\n"
            "H R FIFO 04 | host-reads byte 04 response !h_busy-not-set\n"
            "H R FIFO 1c | host-reads byte 1c response\n"
            "H W CTRL 42 | host-reads abort response !cut\n"
            "H R FIFO 04 | host-reads begin byte 04 response\n"
            "H R FIFO 1c | host-reads byte 1c response\n"
            "H R FIFO 01 | host-reads byte 01 response\n"
            "H R FIFO 01 | host-reads byte 01 response\n"
            "H R FIFO 00 | host-reads last 00 response\n"
            "H R FIFO ff | host-reads !read-beyond\n"
            "H R FIFO ff | host-reads\n"
            "H W CTRL 02 | host-reads\n"
            "H R FIFO 04 | host-reads begin byte 04 response !read-no-atn\n"
            "H W CTRL 40 | idle abort response !read-short\n"
            /* There is no other one. */
            "H W CTRL 42 | idle\n"
            "H R FIFO 04 | host-reads begin byte 04 response !read-no-atn\n"
            "H R FIFO 1c | host-reads byte 1c response\n"
            "H W CTRL 40 | idle abort response !read-short\n"
            "H R FIFO 04 | idle !read-beyond\n"
            "B W CTRL 08 | response-waits begin response\n"
            "H W CTRL 4a | host-reads\n"
            "H R FIFO 04 | host-reads byte 04 response\n"
            "H W CTRL 40 | idle abort response !read-short\n"
            "H W CTRL 42 | idle\n"
            "H R FIFO 04 | host-reads begin byte 04 response !read-no-atn\n");
    at_host("the next response when the host has read too much",
            "B W CTRL 08 | response-waits begin response\n"
            "H W CTRL 4a | host-reads\n"
            "H R FIFO 04 | host-reads byte 04 response\n"
            "H R FIFO 1c | host-reads byte 1c response\n"
            "H R FIFO 01 | host-reads byte 01 response\n"
            "H R FIFO 01 | host-reads byte 01 response\n"
            "H R FIFO 00 | host-reads last 00 response\n"
            "H R FIFO ff | host-reads !read-beyond\n"
            "B W CTRL 08 | response-waits begin response !h_busy-ignored\n");
    at_host("nothing to read since the reset",
            "H W CTRL 42 | idle\n"
            "H R FIFO 04 | host-reads begin byte 04 response !read-no-atn\n");
    at_host("the host does not clear",
            "B W CTRL 08 | response-waits begin response\n"
            "H W CTRL 4a | host-reads\n"
            "H R FIFO 04 | host-reads byte 04 response\n"
            "H R FIFO 1c | host-reads byte 1c response\n"
            "H R FIFO 01 | host-reads byte 01 response\n"
            "H R FIFO 01 | host-reads byte 01 response\n"
            "H R FIFO 00 | host-reads last 00 response\n"
            "H W CTRL 40 | idle\n"
            "B W CTRL 08 | response-waits begin response\n"
            "H W CTRL 40 | host-reads\n"
            "H R FIFO 04 | host-reads byte 04 response !rd_ptr\n"
            "H R FIFO 1c | host-reads byte 1c response\n"
            "H R FIFO 01 | host-reads byte 01 response\n"
            "H R FIFO 01 | host-reads byte 01 response\n"
            "H R FIFO 00 | host-reads last 00 response\n"
            "H W CTRL 40 | response-waits !b2h_atn-not-cleared\n"
            "H W CTRL 08 | idle\n");
    at_host("a response without completion code",
            "B W CTRL 08 | response-waits begin response\n"
            "H W CTRL 4a | host-reads\n"
            "H R FIFO 03 | host-reads byte 03 response !small\n"
            "H W CTRL 40 | idle abort response\n");
    at_host("the next response in the middle of one",
            "B W CTRL 08 | response-waits begin response\n"
            "H W CTRL 4a | host-reads\n"
            "H R FIFO 04 | host-reads byte 04 response\n"
            "B W CTRL 08 | response-waits !h_busy-ignored\n"
            "H R FIFO 1c | host-reads byte 1c response\n"
            "H R FIFO 01 | host-reads byte 01 response\n"
            "H R FIFO 01 | host-reads byte 01 response\n"
            "H R FIFO 00 | host-reads last 00 response\n"
            "H W CTRL 40 | response-waits\n");
    at_bmc("the BMC reads",
           ASKED BMC_IRQ
           "B W CTRL 06 | bmc-reads\n"
           "B R FIFO 03 | bmc-reads byte 03 request !b_busy-not-set\n"
           "B R FIFO 18 | bmc-reads byte 18 request\n"
           "B R FIFO 05 | bmc-reads byte 05 request\n"
           "B R FIFO 01 | bmc-works last 01 request\n"
           "B R FIFO 00 lost | bmc-works !read-beyond\n"
           ASKED BMC_IRQ
           "B W CTRL 80 | bmc-reads\n"
           "B R FIFO 03 | bmc-reads byte 03 request !rd_ptr\n"
           "B R FIFO 18 | bmc-reads byte 18 request\n"
           "B R FIFO 06 | bmc-reads byte 06 request\n"
           "B R FIFO 01 | bmc-works last 01 request\n"
           "B W CTRL 80 | bmc-works !h2b_atn-not-cleared\n"
           "B W CTRL 82 | bmc-works\n"
           "B R FIFO 03 | bmc-reads begin byte 03 request !read-no-atn\n"
           "B W CTRL 84 | bmc-works abort request !read-short\n");
    /* The host's frames are less than they say. */
    at_bmc("empty FIFO",
           ASKED BMC_IRQ
           "B W CTRL 86 | bmc-reads\n"
           "B R FIFO 03 | bmc-reads byte 03 request\n"
           "B R FIFO 18 | bmc-reads byte 18 request\n"
           "B R FIFO 00 lost | bmc-reads abort request !short\n"
           "B R FIFO 00 lost | bmc-reads\n"
           "B W CTRL 80 | idle\n"
           ASKED BMC_IRQ
           "B W CTRL 86 | bmc-reads\n"
           "B R FIFO 00 lost | bmc-reads abort request !empty\n"
           "B W CTRL 02 | bmc-reads\n"
           "B R FIFO 00 lost | bmc-reads !read-no-atn\n"
           "B W CTRL 80 | idle\n"
           ASKED BMC_IRQ
           "B W CTRL 86 | bmc-reads\n"
           "B R FIFO 00 | bmc-reads byte 00 request !small\n"
           "B W CTRL 80 | idle abort request\n");
    at_bmc("read pointer forbidden",
           "B W CR0 05 | idle\n"
           ASKED BMC_IRQ BMC_READS("01")
           ASKED BMC_IRQ
           "B W CTRL 86 | bmc-reads\n"
           "B R FIFO 03 | bmc-reads byte 03 request !rd_ptr\n");
    /* As a reset leaves CR0. */
    begin_with("read pointer not allowed yet", IPMI_POINT_BMC, 0x00,
               "B RESET 0 =00 | idle\n"
               ASKED BMC_READS("01") ASKED
               "B W CTRL 86 | bmc-reads\n"
               "B R FIFO 03 | bmc-reads byte 03 request !rd_ptr\n");
    at_bmc("the host, at the BMC's point",
           BMC_WRITES("01", "idle")
           "H W CTRL 40 | host-reads\n"
           "H W CTRL 40 | response-waits !b2h_atn-not-cleared\n"
           "H W CTRL 08 | idle\n");
}

static void test_resets(void)
{
    at_host("resets",
            HOST_WRITES("01", "idle") TAKEN
            "H RESET 0 =00 | idle\n"
            "H W CTRL 01 | idle begin request\n"
            "H W FIFO 03 | host-writes byte 03 request\n"
            "H RESET 0 =00 | idle abort request\n"
            /* It has cleared the pointers. */
            "H W FIFO 03 | host-writes begin byte 03 request\n"
            "H W INTMASK 80 | host-writes abort request !bmc-reset\n"
            "H W FIFO 18 | host-writes\n"
            "H W CTRL 01 | idle begin request\n"
            "B LINE 3 0 | disabled\n"
            "B RESET 0 =00 | disabled abort request\n"
            "B LINE 3 1 | idle\n"
            "B W CTRL 08 | response-waits begin response\n"
            "H RESET 0 =00 | idle abort response\n");
}

/* A state that does not follow from what was seen, and a capture that begins in
 * the middle: what was not seen is nobody's fault. */
static void test_resynchronisation(void)
{
    at_host("jump",
            HOST_WRITES("01", "idle")
            "H R CTRL 48 =48 | host-reads resync\n"
            "H R FIFO 55 | host-reads\n"
            "H W CTRL 48 | idle\n"
            "H W FIFO 55 | idle\n"
            HOST_WRITES("02", "idle"));
    begin_with("while the host writes", IPMI_POINT_HOST, 0x00,
               "H W FIFO 55 | unknown\n"
               "H R CTRL 00 | unknown\n"
               "H W CTRL 04 | request-waits\n"
               "B W CTRL 84 | not-ready\n"
               ANSWERED
               HOST_READS("55", "idle"));
    begin_with("while a response waits", IPMI_POINT_HOST, 0x08,
               "H R CTRL 08 | response-waits\n"
               "H W CTRL 40 | host-reads\n"
               "H W CTRL 0a | host-reads\n"
               "H R FIFO 04 | host-reads begin byte 04 response\n");
    begin_with("while a request waits", IPMI_POINT_BMC, 0x04,
               "B R CTRL 04 | request-waits\n"
               "B W CTRL 86 | bmc-reads\n"
               "B R FIFO 00 lost | bmc-reads !empty\n");
    begin_with("while the host reads", IPMI_POINT_HOST, 0x40,
               "H R FIFO 55 | host-reads\n"
               "H R FIFO 55 | host-reads\n"
               "H W CTRL 40 | idle\n");
    begin_with("while the BMC reads", IPMI_POINT_BMC, 0x80,
               "B R FIFO 55 | unknown\n"
               "B W CTRL 80 | unknown\n"
               BMC_WRITES("55", "unknown"));
    begin_with("while the BMC writes", IPMI_POINT_BMC, 0x00,
               "B W FIFO 55 | unknown\n"
               "B W CTRL 08 | response-waits\n"
               "B W CTRL 10 | response-waits\n"
               "H W CTRL 10 | response-waits\n"
               FETCHED("idle")
               ASKED BMC_READS("01"));
    begin_with("with a line", IPMI_POINT_HOST, 0x10,
               "B LINE 1 1 | unknown\n"
               "H IRQ 1 | unknown raised\n"
               "H W CTRL 10 | unknown\n");
}

static void test_interrupts(void)
{
    at_host("host's interrupts",
            "H W INTMASK 01 /1 | idle\n"
            "B W CTRL 08 /3 | response-waits begin response\n"
            "H IRQ 1 | response-waits raised\n"
            "H W INTMASK 03 /1 | response-waits\n"
            "H IRQ 0 | response-waits\n"
            "H W CTRL 08 | host-reads\n"
            /* By attention; and not at all. */
            "B LINE 1 1 =10 /3 | host-reads\n"
            "H IRQ 1 | host-reads raised\n"
            "H W CTRL 10 /1 | host-reads\n"
            "H IRQ 0 | host-reads\n"
            "B LINE 1 1 =10 /3 | host-reads\n"
            "H R CTRL 10 | host-reads\n"
            "H W CTRL 10 /1 | host-reads !irq-not-raised\n"
            "B LINE 1 1 =10 /3 | host-reads\n"
            "H RESET 0 =00 /0 | idle abort response\n"
            /* It goes before its reason does. */
            "H W INTMASK 01 /1 | idle\n"
            "B LINE 1 1 =10 /3 | idle\n"
            "H IRQ 1 | idle raised\n"
            "H IRQ 0 | idle\n"
            "H W CTRL 10 /1 | idle\n");
    at_bmc("BMC's interrupts",
           ASKED
           "B R CTRL 04 | request-waits\n"
           "B W CTRL 84 | bmc-reads !irq-not-raised\n"
           "B W CTRL 80 | idle\n"
           ASKED
           "B W CR2 01 | request-waits !irq-not-raised\n"
           "B W CTRL 04 | bmc-reads\n"
           /* It is asserted already; then it is not enabled. */
           "B IRQ 1 | bmc-reads\n"
           ASKED
           "B W CTRL 04 | bmc-reads\n"
           "B IRQ 0 | bmc-reads\n"
           "B W CR1 40 | bmc-reads\n"
           ASKED
           "B W CTRL 04 | bmc-reads\n");
    for (uint8_t side = 0; side < 2; side++) {
        struct player player = { .state = 0 };
        char script[128];

        ipmi_bt_start(&player.machine, IPMI_POINT_HOST);
        play(&player, "storm", HOST_RESET);
        for (unsigned i = 1; i <= 100; i++) {
            const bool storm = i == IPMI_BT_STORM || i == 60 + IPMI_BT_STORM;

            snprintf(script, sizeof script,
                     "%c IRQ 1 | %s%s%s\n%c IRQ 0 | %s\n", "HB"[side],
                     i <= 60 ? "idle" : "host-writes", side ? "" : " raised",
                     storm ? " !storm" : "", "HB"[side],
                     i <= 60 ? "idle" : "host-writes");
            play(&player, "storm", script);
            if (i == 60)
                play(&player, "storm",
                     "H W FIFO 09 | host-writes begin byte 09 request\n");
        }
    }
}

static void test_conditions(void)
{
    struct player player = { .state = 0, .with_conditions = true };

    ipmi_bt_start(&player.machine, IPMI_POINT_HOST);
    play(&player, "conditions",
         HOST_RESET
         "H W INTMASK 01 /1 | idle\n"
         "H W CTRL 01 | idle begin request\n"
         "H W FIFO 03 | host-writes byte 03 request\n"
         "H W FIFO 18 | host-writes byte 18 request\n"
         "H W FIFO 01 | host-writes byte 01 request\n"
         "H W FIFO 01 | host-writes byte 01 request\n"
         "H W CTRL 04 | request-waits end request ?h2b_atn\n"
         "B W CTRL 80 | request-waits ?b_busy\n"
         "B W CTRL 04 | bmc-works ?b_busy\n"
         "H R CTRL 80 | bmc-works poll ?b_busy\n"
         "B W CTRL 80 | bmc-works\n"
         "B W CTRL 08 /3 | response-waits begin response ?b2h_atn ?irq\n"
         "H IRQ 1 | response-waits raised ?b2h_atn\n"
         "H W CTRL 40 | host-reads ?h_busy\n"
         "H W CTRL 08 /1 | host-reads ?h_busy\n"
         "H W CTRL 40 | bmc-works\n"
         "B LINE 1 1 =10 | bmc-works ?sms_atn\n"
         "H W CTRL 10 | bmc-works\n");

    player.state = player.intmask = 0;
    ipmi_bt_start(&player.machine, IPMI_POINT_BMC);
    /* B_BUSY by itself is how a BMC says that it is not ready. */
    play(&player, "conditions, BMC",
         BMC_BOOT
         "H W CTRL 04 | request-waits begin request ?h2b_atn ?irq\n"
         "B R CTRL 04 | request-waits ?h2b_atn ?irq\n"
         "B IRQ 1 | request-waits ?h2b_atn\n"
         "B W CTRL 86 | bmc-reads ?b_busy\n"
         "B R FIFO 03 | bmc-reads byte 03 request ?b_busy\n"
         "B W CTRL 80 | idle abort request !read-short\n");
}

int main(void)
{
    test_exchanges();
    test_several_outstanding();
    test_answers();
    test_lost_requests();
    test_points();
    test_longest_frame();
    test_faults_of_writers();
    test_faults_of_readers();
    test_resets();
    test_resynchronisation();
    test_interrupts();
    test_conditions();
    test_clean_traffic();
    test_any_records();

    for (size_t i = 0; i < LENGTH_OF(phase_names); i++)
        CHECK(phases_seen[i], "%s", phase_names[i]);
    CHECK(faults_seen == (UINT32_C(1) << IPMI_BT_FAULTS) - 1, "%06x",
          (unsigned) faults_seen);
    CHECK(conditions_seen == (UINT32_C(1) << IPMI_BT_CONDITIONS) - 1, "%02x",
          (unsigned) conditions_seen);

    printf("%u checks, %u failures\n", checks, failures);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
