/* bt.c
 * A message through BT, a frame at a time (IPMI 2.0, section 11.6), as it is
 * recorded at each side: a FIFO only where that side reads or writes it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "registers.h"

#define FRAME_MAX   (2 + MESSAGE_MAX)   /* length and sequence number */

/* Bits of the interrupt status register of an Aspeed iBT, CR2. */
#define CR2_HOST_WROTE  0x01
#define CR2_HOST_READ   0x40

/* Puts the sequence number into a message of len bytes at frame + 1, and the
 * length before it. Returns the length of the frame. */
static size_t finish_frame(uint8_t *frame, size_t len, uint8_t seq)
{
    for (size_t i = len; i > 1; i--) {
        frame[i + 1] = frame[i];
    }
    frame[2] = seq;
    frame[0] = (uint8_t)(len + 1);
    return len + 2;
}

static size_t request_frame(uint8_t *frame, uint8_t seq,
                            const struct exchange *exchange)
{
    return finish_frame(frame, request_message(frame + 1, exchange), seq);
}

static size_t response_frame(uint8_t *frame, uint8_t seq,
                             const struct exchange *exchange)
{
    return finish_frame(frame, response_message(frame + 1, exchange), seq);
}

/* A write to BT_CTRL, and what then is in it. */
static void control(struct interface *bt, enum ipmi_record_side side,
                    uint8_t bits, uint8_t state)
{
    bt->state = state;
    write_register(bt, side, IPMI_BT_CTRL, bits);
}

static void write_frame(struct interface *bt, enum ipmi_record_side side,
                        const uint8_t *frame, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        write_register(bt, side, IPMI_BT_FIFO, frame[i]);
    }
}

static void read_frame(struct interface *bt, enum ipmi_record_side side,
                       const uint8_t *frame, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        read_register(bt, side, IPMI_BT_FIFO, frame[i]);
    }
}

/* --- At the host, with the emulator's own BMC ---------------------------- */

static void host_writes(struct interface *host, uint8_t seq,
                        const struct exchange *exchange)
{
    uint8_t frame[FRAME_MAX];
    size_t len = request_frame(frame, seq, exchange);

    host->intmask = host->irq ? IPMI_BT_B2H_IRQ_EN : 0;
    poll_status(host);
    control(host, IPMI_SIDE_HOST, IPMI_BT_CLR_WR_PTR, 0);
    write_frame(host, IPMI_SIDE_HOST, frame, len);
    control(host, IPMI_SIDE_HOST, IPMI_BT_H2B_ATN, IPMI_BT_H2B_ATN);
    control(host, IPMI_SIDE_BMC, IPMI_BT_B_BUSY | IPMI_BT_H2B_ATN,
            IPMI_BT_B_BUSY);
}

static void host_reads(struct interface *host, uint8_t seq,
                       const struct exchange *exchange)
{
    uint8_t frame[FRAME_MAX];
    size_t len = response_frame(frame, seq, exchange);

    if (host->irq) {
        host->intmask |= IPMI_BT_B2H_IRQ;
    }
    control(host, IPMI_SIDE_BMC, IPMI_BT_B_BUSY | IPMI_BT_B2H_ATN,
            IPMI_BT_B2H_ATN);
    if (host->irq) {
        set_interrupt(host, IPMI_SIDE_HOST, true);
        host->intmask &= ~IPMI_BT_B2H_IRQ;
        write_register(host, IPMI_SIDE_HOST, IPMI_BT_INTMASK,
                       IPMI_BT_B2H_IRQ_EN | IPMI_BT_B2H_IRQ);
        set_interrupt(host, IPMI_SIDE_HOST, false);
    }
    poll_status(host);
    control(host, IPMI_SIDE_HOST, IPMI_BT_H_BUSY,
            IPMI_BT_H_BUSY | IPMI_BT_B2H_ATN);
    control(host, IPMI_SIDE_HOST, IPMI_BT_B2H_ATN, IPMI_BT_H_BUSY);
    control(host, IPMI_SIDE_HOST, IPMI_BT_CLR_RD_PTR, IPMI_BT_H_BUSY);
    read_frame(host, IPMI_SIDE_HOST, frame, len);
    control(host, IPMI_SIDE_HOST, IPMI_BT_H_BUSY, 0);
}

/* --- At the BMC, with the emulator's own host ---------------------------- */

/* The firmware is called, and takes note of it. */
static void bmc_is_called(struct interface *bmc, uint8_t cause)
{
    set_interrupt(bmc, IPMI_SIDE_BMC, true);
    read_register(bmc, IPMI_SIDE_BMC, IPMI_BT_ASPEED_CR2, cause);
    write_register(bmc, IPMI_SIDE_BMC, IPMI_BT_ASPEED_CR2, cause);
    set_interrupt(bmc, IPMI_SIDE_BMC, false);
    read_register(bmc, IPMI_SIDE_BMC, IPMI_BT_CTRL, bmc->state);
}

static void bmc_reads(struct interface *bmc, uint8_t seq,
                      const struct exchange *exchange)
{
    uint8_t frame[FRAME_MAX];
    size_t len = request_frame(frame, seq, exchange);

    bmc->intmask = IPMI_BT_B2H_IRQ_EN;
    control(bmc, IPMI_SIDE_HOST, IPMI_BT_H2B_ATN, IPMI_BT_H2B_ATN);
    bmc_is_called(bmc, CR2_HOST_WROTE);
    control(bmc, IPMI_SIDE_BMC, IPMI_BT_B_BUSY,
            IPMI_BT_B_BUSY | IPMI_BT_H2B_ATN);
    control(bmc, IPMI_SIDE_BMC, IPMI_BT_H2B_ATN, IPMI_BT_B_BUSY);
    control(bmc, IPMI_SIDE_BMC, IPMI_BT_CLR_RD_PTR, IPMI_BT_B_BUSY);
    read_frame(bmc, IPMI_SIDE_BMC, frame, len);
    control(bmc, IPMI_SIDE_BMC, IPMI_BT_B_BUSY, 0);
}

static void bmc_writes(struct interface *bmc, uint8_t seq,
                       const struct exchange *exchange)
{
    uint8_t frame[FRAME_MAX];
    size_t len = response_frame(frame, seq, exchange);

    read_register(bmc, IPMI_SIDE_BMC, IPMI_BT_CTRL, bmc->state);
    control(bmc, IPMI_SIDE_BMC, IPMI_BT_CLR_WR_PTR, 0);
    write_frame(bmc, IPMI_SIDE_BMC, frame, len);
    bmc->intmask |= IPMI_BT_B2H_IRQ;
    control(bmc, IPMI_SIDE_BMC, IPMI_BT_B2H_ATN, IPMI_BT_B2H_ATN);
    control(bmc, IPMI_SIDE_HOST, IPMI_BT_H_BUSY,
            IPMI_BT_H_BUSY | IPMI_BT_B2H_ATN);
    bmc->intmask &= ~IPMI_BT_B2H_IRQ;
    control(bmc, IPMI_SIDE_HOST, IPMI_BT_B2H_ATN, IPMI_BT_H_BUSY);
    control(bmc, IPMI_SIDE_HOST, IPMI_BT_H_BUSY, 0);
    bmc_is_called(bmc, CR2_HOST_READ);
}

const struct protocol bt_protocol = {
    .dissector = "ipmi_bt",
    .status = IPMI_BT_CTRL,
    .host_writes = host_writes,
    .bmc_reads = bmc_reads,
    .bmc_writes = bmc_writes,
    .host_reads = host_reads,
};
