/* board.h
 * What the firmware needs of a board, and what a board is made of.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../firmware.h"

static inline volatile uint8_t *register8(uintptr_t address)
{
    return (volatile uint8_t *) address;
}

static inline volatile uint32_t *register32(uintptr_t address)
{
    return (volatile uint32_t *) address;
}

static inline void set_bits(uintptr_t address, uint32_t bits)
{
    *register32(address) |= bits;
}

/* --- board-*.c --------------------------------------------------------- */

extern const char board_name[];

/* Prepares the interrupt controller, then each of the interfaces, which it
 * names by commands_serve(). */
void board_start(void);

/* Puts a line of the host's that is wired to a pin of the board's to a level. */
void board_set_line(enum oem_line line, bool level);

/* Calls the handlers of the interrupts that are pending. */
void board_handle_interrupts(void);

/* --- aspeed.c: what the AST2500 and the AST2600 have in common --------- */

/* Starts the interfaces; each interrupt goes to enable() with the number of the
 * channel, 0 for BT. */
#define ASPEED_KCS_CHANNELS 4
void aspeed_start(void (*enable)(unsigned channel));
void aspeed_handle(unsigned channel);
void aspeed_set_line(enum oem_line line, bool level);

/* --- gic.c ------------------------------------------------------------- */

/* The Generic Interrupt Controller, version 1 or 2, at its two places. */
struct gic {
    uintptr_t distributor;
    uintptr_t cpu_interface;
};

void gic_start(const struct gic *gic);

/* Shared peripheral interrupts count from 0. */
void gic_enable(const struct gic *gic, unsigned spi);

/* Accepts a pending interrupt, which is over with gic_end(). False: there is
 * none. */
bool gic_accept(const struct gic *gic, unsigned *spi);
void gic_end(const struct gic *gic, unsigned spi);

/* --- serial.c ---------------------------------------------------------- */

/* The board's serial port, compatible with a 16550, registers 4 bytes apart. */
extern const uintptr_t board_serial;

void print(const char *text);
void print_decimal(uint32_t value);

#endif
