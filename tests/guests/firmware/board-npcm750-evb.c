/* board-npcm750-evb.c
 * Nuvoton's NPCM750: three KCS channels that share an interrupt.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "channel.h"

const char board_name[] = "npcm750-evb";
const uintptr_t board_serial = 0xf0001000;

static const struct gic gic = { 0xf03ff000, 0xf03fe100 };

/* The KCS block, with registers of 8 bits. */
#define KCS             0xf0007000
#define KCS_CHANNEL(n)  (KCS + 0x0c + ((n) - 1) * 0x12)
#define   ST              0x00
#define   DO              0x02
#define   DI              0x04
#define   CTL             0x0c
#define     IBFIE           0x01    /* interrupt the core when IBF is set */
#define   IE              0x10
#define     IRQE            0x01    /* the host may be interrupted, */
#define     HIRQE           0x08    /* and is whenever OBF is set */
#define KCS_SPI         9

#define CHANNEL(n)                                                          \
    {                                                                       \
        .channel.name = "kcs" #n,                                           \
        .in = KCS_CHANNEL(n) + DI,                                          \
        .out = KCS_CHANNEL(n) + DO,                                         \
        .status = KCS_CHANNEL(n) + ST,                                      \
    }

static struct kcs channels[] = { CHANNEL(1), CHANNEL(2), CHANNEL(3) };
#define CHANNELS        (sizeof channels / sizeof channels[0])

/* The first GPIO block. Its pins from 18 on have pull-downs: low until driven. */
#define GPIO            0xf0010000
#define   DOS             0x68      /* sets bits of the data */
#define   DOC             0x6c      /* clears bits of the data */
#define   OES             0x70      /* makes pins outputs */
#define FIRST_PIN       18

void board_set_line(enum oem_line line, bool level)
{
    *register32(GPIO + (level ? DOS : DOC)) = 1U << (FIRST_PIN + line);
}

void board_start(void)
{
    const uint32_t pins = ((1U << OEM_LINES) - 1) << FIRST_PIN;
    size_t i;

    *register32(GPIO + DOC) = pins;
    *register32(GPIO + OES) = pins;

    gic_start(&gic);
    gic_enable(&gic, KCS_SPI);
    for (i = 0; i < CHANNELS; i++) {
        kcs_start(&channels[i]);
        *register8(KCS_CHANNEL(i + 1) + IE) = IRQE | HIRQE;
        *register8(KCS_CHANNEL(i + 1) + CTL) |= IBFIE;
    }
}

void board_handle_interrupts(void)
{
    unsigned spi;
    size_t i;

    while (gic_accept(&gic, &spi)) {
        for (i = 0; spi == KCS_SPI && i < CHANNELS; i++) {
            kcs_handle(&channels[i]);
        }
        gic_end(&gic, spi);
    }
}
