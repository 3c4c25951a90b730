/* board-ast2500-evb.c
 * Aspeed's AST2500: all of LPC's interrupts are one, at a controller of
 * Aspeed's own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "board.h"

const char board_name[] = "ast2500-evb";

#define VIC             0x1e6c0000
#define   IRQ_STATUS      0x80
#define   IRQ_ENABLE      0xa0      /* sets bits */
#define LPC_IRQ         8

void board_set_line(enum oem_line line, bool level)
{
    aspeed_set_line(line, level);
}

static void enable(unsigned channel)
{
    (void) channel;
    *register32(VIC + IRQ_ENABLE) = 1U << LPC_IRQ;
}

void board_start(void)
{
    aspeed_start(enable);
}

void board_handle_interrupts(void)
{
    unsigned channel;

    while (*register32(VIC + IRQ_STATUS) & 1U << LPC_IRQ) {
        for (channel = 0; channel <= ASPEED_KCS_CHANNELS; channel++) {
            aspeed_handle(channel);
        }
    }
}
