/* board-ast2600-evb.c
 * Aspeed's AST2600: each channel of LPC's has an interrupt of its own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "board.h"

const char board_name[] = "ast2600-evb";

static const struct gic gic = { 0x40461000, 0x40462000 };

#define KCS_1_SPI       138
#define IBT_SPI         143

void board_set_line(enum oem_line line, bool level)
{
    aspeed_set_line(line, level);
}

static void enable(unsigned channel)
{
    gic_enable(&gic, channel == 0 ? IBT_SPI : KCS_1_SPI + channel - 1);
}

void board_start(void)
{
    gic_start(&gic);
    aspeed_start(enable);
}

void board_handle_interrupts(void)
{
    unsigned spi;

    while (gic_accept(&gic, &spi)) {
        if (spi == IBT_SPI) {
            aspeed_handle(0);
        } else if (spi >= KCS_1_SPI && spi < KCS_1_SPI + ASPEED_KCS_CHANNELS) {
            aspeed_handle(spi - KCS_1_SPI + 1);
        }
        gic_end(&gic, spi);
    }
}
