/* console.c
 * What the host is told and what it tells: the kernel command line, the
 * report on the first serial port, the end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "pc.h"

/* QEMU takes any number of bytes at once and at any speed, so there is nothing
 * to set. */
#define SERIAL_DATA     0x3f8

#define DEBUG_EXIT      0xf4

#define MULTIBOOT_INFO_CMDLINE  0x00000004

/* The clock's memory keeps its contents over a reset, the BIOS does not care
 * for this byte, and it is 0 when QEMU starts. */
#define CMOS_ADDRESS    0x70
#define CMOS_DATA       0x71
#define CMOS_RESTARTED  0x7e

static const char *options = "";

void print(const char *text)
{
    for (; *text != '\0'; text++) {
        outb(SERIAL_DATA, (uint8_t) *text);
    }
}

void print_hex(uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";

    outb(SERIAL_DATA, (uint8_t) digits[byte >> 4]);
    outb(SERIAL_DATA, (uint8_t) digits[byte & 0xf]);
}

void print_decimal(uint32_t value)
{
    if (value >= 10) {
        print_decimal(value / 10);
    }
    outb(SERIAL_DATA, (uint8_t) ('0' + value % 10));
}

void leave(enum exit_status status)
{
    outb(DEBUG_EXIT, (uint8_t) status);
    for (;;) {
        __asm__ volatile ("cli; hlt");
    }
}

void options_start(const struct multiboot_info *info)
{
    if (info->flags & MULTIBOOT_INFO_CMDLINE) {
        options = (const char *) (uintptr_t) info->cmdline;
    }
}

/* The text behind prefix where text starts with it, else NULL. */
static const char *after(const char *text, const char *prefix)
{
    while (*prefix != '\0') {
        if (*text++ != *prefix++) {
            return NULL;
        }
    }
    return text;
}

static const char *option(const char *key)
{
    const char *text, *value;

    for (text = options; *text != '\0'; text++) {
        value = after(text, key);
        if (value != NULL && (text == options || text[-1] == ' ')) {
            return value;
        }
    }
    return NULL;
}

uint32_t option_number(const char *key, uint32_t fallback)
{
    const char *text = option(key);
    uint32_t value = 0;

    if (text == NULL) {
        return fallback;
    }
    for (; *text >= '0' && *text <= '9'; text++) {
        value = value * 10 + (uint32_t) (*text - '0');
    }
    return value;
}

bool option_is(const char *key, const char *word, bool fallback)
{
    const char *text = option(key);

    if (text == NULL) {
        return fallback;
    }
    text = after(text, word);
    return text != NULL && (*text == '\0' || *text == ' ');
}

bool restarted(void)
{
    outb(CMOS_ADDRESS, CMOS_RESTARTED);
    return inb(CMOS_DATA) != 0;
}

void remember_restart(bool restart)
{
    outb(CMOS_ADDRESS, CMOS_RESTARTED);
    outb(CMOS_DATA, restart);
}
