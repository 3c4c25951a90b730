/* kcs.c
 * A message through KCS, a byte at a time (IPMI 2.0, figures 9-6 and 9-7), as it
 * is recorded at each side.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "registers.h"

/* Table 9-3 */
#define WRITE_START     0x61
#define WRITE_END       0x62
#define READ_BYTE       0x68

/* Table 9-2, in its place */
#define IDLE_STATE      0x00
#define READ_STATE      0x40
#define WRITE_STATE     0x80

#define DUMMY           0x00    /* whoever reads it takes any value */

/* How often a host looks before it takes what has been there all the time. */
#define LOOKS_POLLED    3
#define LOOKS_IRQ       1

static void set_state(struct interface *kcs, uint8_t kcs_state)
{
    kcs->state = (uint8_t)((kcs->state & ~IPMI_KCS_STATE) | kcs_state);
}

/* --- At the host ---------------------------------------------------------
 * The BMC there is the emulator's own: it writes DO before it reads DI, and
 * changes the state without a write to ST. */

static void host_gives(struct interface *host, uint8_t reg, uint8_t byte)
{
    host->state |= IPMI_KCS_IBF;
    write_register(host, IPMI_SIDE_HOST, reg, byte);
}

/* The built-in BMC takes what the host wrote last, and gives a byte. */
static void built_in_answers(struct interface *host, uint8_t kcs_state,
                             uint8_t taken, uint8_t byte)
{
    set_state(host, kcs_state);
    host->state |= IPMI_KCS_OBF;
    write_register(host, IPMI_SIDE_BMC, IPMI_KCS_DO, byte);
    if (host->irq) {
        set_interrupt(host, IPMI_SIDE_HOST, true);
    }
    host->state &= ~IPMI_KCS_IBF;
    read_register(host, IPMI_SIDE_BMC, IPMI_KCS_DI, taken);
}

static void host_takes(struct interface *host, uint8_t byte)
{
    int looks = host->irq ? LOOKS_IRQ : LOOKS_POLLED;

    for (int i = 0; i < looks; i++) {
        poll_status(host);
    }
    host->state &= ~IPMI_KCS_OBF;
    read_register(host, IPMI_SIDE_HOST, IPMI_KCS_DO, byte);
    if (host->irq) {
        set_interrupt(host, IPMI_SIDE_HOST, false);
    }
}

/* A byte that only the built-in BMC needs to see. */
static void host_passes(struct interface *host, uint8_t reg, uint8_t byte)
{
    host_gives(host, reg, byte);
    built_in_answers(host, WRITE_STATE, byte, DUMMY);
    host_takes(host, DUMMY);
}

static void host_writes(struct interface *host, uint8_t seq,
                        const struct exchange *exchange)
{
    uint8_t message[MESSAGE_MAX];
    size_t last = request_message(message, exchange) - 1;

    (void)seq;                  /* KCS has none */
    poll_status(host);
    host_passes(host, IPMI_KCS_CMD, WRITE_START);
    for (size_t i = 0; i < last; i++) {
        host_passes(host, IPMI_KCS_DI, message[i]);
    }
    host_passes(host, IPMI_KCS_CMD, WRITE_END);
    host_gives(host, IPMI_KCS_DI, message[last]);
}

static void host_reads(struct interface *host, uint8_t seq,
                       const struct exchange *exchange)
{
    uint8_t message[MESSAGE_MAX];
    size_t len = request_message(message, exchange);
    uint8_t taken = message[len - 1];

    (void)seq;
    len = response_message(message, exchange);
    for (size_t i = 0; i < len; i++) {
        built_in_answers(host, READ_STATE, taken, message[i]);
        host_takes(host, message[i]);
        host_gives(host, IPMI_KCS_DI, READ_BYTE);
        taken = READ_BYTE;
    }
    built_in_answers(host, IDLE_STATE, READ_BYTE, DUMMY);
    host_takes(host, DUMMY);
}

/* --- At the BMC ----------------------------------------------------------
 * The host there is the emulator's own, and does not look at ST. */

/* The built-in host writes, and the firmware comes to look. */
static void built_in_gives(struct interface *bmc, uint8_t reg, uint8_t byte)
{
    bmc->state &= ~IPMI_KCS_CD;
    bmc->state |= IPMI_KCS_IBF | (reg == IPMI_KCS_CMD ? IPMI_KCS_CD : 0);
    write_register(bmc, IPMI_SIDE_HOST, reg, byte);
    set_interrupt(bmc, IPMI_SIDE_BMC, true);
    for (size_t i = 0; i < bmc->num_others; i++) {
        read_register(&bmc->others[i], IPMI_SIDE_BMC, IPMI_KCS_ST, IDLE_STATE);
    }
    read_register(bmc, IPMI_SIDE_BMC, IPMI_KCS_ST, bmc->state);
}

static void bmc_sets_state(struct interface *bmc, uint8_t kcs_state)
{
    read_register(bmc, IPMI_SIDE_BMC, IPMI_KCS_ST, bmc->state);
    set_state(bmc, kcs_state);
    write_register(bmc, IPMI_SIDE_BMC, IPMI_KCS_ST, bmc->state);
}

static void bmc_takes(struct interface *bmc, uint8_t byte)
{
    bmc->state &= ~IPMI_KCS_IBF;
    read_register(bmc, IPMI_SIDE_BMC, IPMI_KCS_DI, byte);
    set_interrupt(bmc, IPMI_SIDE_BMC, false);
}

static void bmc_gives(struct interface *bmc, uint8_t byte)
{
    bmc->state |= IPMI_KCS_OBF;
    write_register(bmc, IPMI_SIDE_BMC, IPMI_KCS_DO, byte);
}

static void built_in_takes(struct interface *bmc, uint8_t byte)
{
    bmc->state &= ~IPMI_KCS_OBF;
    read_register(bmc, IPMI_SIDE_HOST, IPMI_KCS_DO, byte);
}

static void built_in_passes(struct interface *bmc, uint8_t reg, uint8_t byte)
{
    built_in_gives(bmc, reg, byte);
    bmc_sets_state(bmc, WRITE_STATE);
    bmc_gives(bmc, DUMMY);
    bmc_takes(bmc, byte);
    built_in_takes(bmc, DUMMY);
}

static void bmc_reads(struct interface *bmc, uint8_t seq,
                      const struct exchange *exchange)
{
    uint8_t message[MESSAGE_MAX];
    size_t last = request_message(message, exchange) - 1;

    (void)seq;
    built_in_passes(bmc, IPMI_KCS_CMD, WRITE_START);
    for (size_t i = 0; i < last; i++) {
        built_in_passes(bmc, IPMI_KCS_DI, message[i]);
    }
    built_in_passes(bmc, IPMI_KCS_CMD, WRITE_END);
    built_in_gives(bmc, IPMI_KCS_DI, message[last]);
    bmc_sets_state(bmc, READ_STATE);
    bmc_takes(bmc, message[last]);
}

static void bmc_writes(struct interface *bmc, uint8_t seq,
                       const struct exchange *exchange)
{
    uint8_t message[MESSAGE_MAX];
    size_t len = response_message(message, exchange);

    (void)seq;
    for (size_t i = 0; i < len; i++) {
        bmc_gives(bmc, message[i]);
        built_in_takes(bmc, message[i]);
        built_in_gives(bmc, IPMI_KCS_DI, READ_BYTE);
        if (i == len - 1) {
            bmc_sets_state(bmc, IDLE_STATE);
        }
        bmc_takes(bmc, READ_BYTE);
    }
    bmc_gives(bmc, DUMMY);
    built_in_takes(bmc, DUMMY);
}

const struct protocol kcs_protocol = {
    .dissector = "ipmi_kcs",
    .status = IPMI_KCS_ST,
    .host_writes = host_writes,
    .bmc_reads = bmc_reads,
    .bmc_writes = bmc_writes,
    .host_reads = host_reads,
};
