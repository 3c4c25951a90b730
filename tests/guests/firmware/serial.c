/* serial.c
 * Tells on the serial port what happens. QEMU needs no speed set.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "board.h"

#define LINE_STATUS     0x14
#define   TRANSMITTER_EMPTY 0x20

static void print_character(char character)
{
    while (!(*register32(board_serial + LINE_STATUS) & TRANSMITTER_EMPTY)) {
    }
    *register32(board_serial) = (uint8_t) character;
}

void print(const char *text)
{
    for (; *text != '\0'; text++) {
        print_character(*text);
    }
}

void print_decimal(uint32_t value)
{
    if (value >= 10) {
        print_decimal(value / 10);
    }
    print_character((char) ('0' + value % 10));
}
