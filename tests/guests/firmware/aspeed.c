/* aspeed.c
 * Aspeed's LPC controller, the same in the AST2500 and the AST2600: four KCS
 * channels and a BT interface; and the pins of the first GPIO group.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "channel.h"

const uintptr_t board_serial = 0x1e784000;      /* UART5 */

#define LPC             0x1e789000
#define   HICR0           0x000
#define     LPC1E           0x20
#define     LPC2E           0x40
#define     LPC3E           0x80
#define   HICR2           0x008
#define     IBFIE1          0x02
#define     IBFIE2          0x04
#define     IBFIE3          0x08
#define   HICR4           0x010
#define     KCSENBL         0x04    /* channel 3 is KCS */
#define   SIRQCR0         0x070
#define     IRQ1E1          0x01
#define   HICR5           0x080
#define     ID2IRQX(irq)    ((irq) << 16)
#define     ID3IRQX(irq)    ((irq) << 20)
#define     IRQXE2          0x1000
#define     IRQXE3          0x4000
#define   HICRB           0x100
#define     LPC4E           0x01
#define     IBFIE4          0x02
#define   HICRC           0x104
#define     ID4IRQX(irq)    ((irq) << 4)
#define     IRQXE4          0x01
#define   IBT             0x140

/* Which of the host's interrupts a channel uses only matters to a host that is
 * really there; it is what lets the emulated one be interrupted at all. */
#define HOST_IRQ        5

/* Of the BT interface. */
#define CR0             0x00
#define   HOST_PORT       (0xe4 << 16)
#define   HOST_IRQ_SHIFT  12
#define   BMC_CLEARS_POINTERS 0x0c
#define   IBT_ENABLE      0x01
#define CR1             0x04        /* interrupt enables */
#define CR2             0x08        /* interrupt status, written to clear */
#define   H2B             0x01      /* H2B_ATN was set */
#define   HBUSY           0x40      /* H_BUSY was cleared */
#define CTRL            0x10
#define BVR4            0x14        /* the buffers */

#define CHANNEL(n, in_, out_, status_)                                      \
    {                                                                       \
        .channel.name = "kcs" #n, .wide = true,                             \
        .in = LPC + (in_), .out = LPC + (out_), .status = LPC + (status_),  \
    }

static struct kcs channels[ASPEED_KCS_CHANNELS] = {
    CHANNEL(1, 0x024, 0x030, 0x03c),
    CHANNEL(2, 0x028, 0x034, 0x040),
    CHANNEL(3, 0x02c, 0x038, 0x044),
    CHANNEL(4, 0x114, 0x118, 0x11c),
};

static struct bt bt = {
    .channel.name = "ibt", .control = LPC + IBT + CTRL, .buffer = LPC + IBT + BVR4,
};

/* Pins A0 and on. */
#define GPIO            0x1e780000
#define   DATA            0x00
#define   DIRECTION       0x04      /* 1: output */

void aspeed_set_line(enum oem_line line, bool level)
{
    uint32_t data = *register32(GPIO + DATA);

    *register32(GPIO + DATA) = level ? data | 1U << line : data & ~(1U << line);
}

void aspeed_start(void (*enable)(unsigned channel))
{
    unsigned i;

    *register32(GPIO + DATA) = 0;
    set_bits(GPIO + DIRECTION, (1U << OEM_LINES) - 1);

    set_bits(LPC + HICR4, KCSENBL);
    set_bits(LPC + HICR0, LPC1E | LPC2E | LPC3E);
    set_bits(LPC + HICRB, LPC4E);
    for (i = 0; i < ASPEED_KCS_CHANNELS; i++) {
        kcs_start(&channels[i]);
        enable(i + 1);
    }
    set_bits(LPC + SIRQCR0, IRQ1E1);
    set_bits(LPC + HICR5, ID2IRQX(HOST_IRQ) | ID3IRQX(HOST_IRQ) | IRQXE2 | IRQXE3);
    set_bits(LPC + HICRC, ID4IRQX(HOST_IRQ) | IRQXE4);
    set_bits(LPC + HICR2, IBFIE1 | IBFIE2 | IBFIE3);
    set_bits(LPC + HICRB, IBFIE4);

    *register32(LPC + IBT + CR1) = H2B | HBUSY;
    *register32(LPC + IBT + CR0) = HOST_PORT | HOST_IRQ << HOST_IRQ_SHIFT |
                                   BMC_CLEARS_POINTERS | IBT_ENABLE;
    enable(0);
    bt_start(&bt);
}

void aspeed_handle(unsigned channel)
{
    if (channel == 0) {
        *register32(LPC + IBT + CR2) = *register32(LPC + IBT + CR2);
        bt_handle(&bt);
    } else {
        kcs_handle(&channels[channel - 1]);
    }
}
