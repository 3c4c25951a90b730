/* pc.h
 * What the host needs of a PC: ports, clocks, interrupts, a serial line to
 * report on, and a way to end QEMU with a status.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef PC_H
#define PC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint8_t inb(uint16_t port)
{
    uint8_t value;

    __asm__ volatile ("inb %1, %0" : "=a" (value) : "Nd" (port));
    return value;
}

static inline void outb(uint16_t port, uint8_t value)
{
    __asm__ volatile ("outb %0, %1" : : "a" (value), "Nd" (port));
}

static inline uint32_t inl(uint16_t port)
{
    uint32_t value;

    __asm__ volatile ("inl %1, %0" : "=a" (value) : "Nd" (port));
    return value;
}

static inline void outl(uint16_t port, uint32_t value)
{
    __asm__ volatile ("outl %0, %1" : : "a" (value), "Nd" (port));
}

/* --- clock.c ----------------------------------------------------------- */

void clock_start(void);

/* Time left, at most 3599 s; never over early. */
struct deadline {
    uint32_t ticks;
    uint16_t seen;
};

struct deadline deadline_in_ms(uint32_t ms);
bool deadline_passed(struct deadline *deadline);
void sleep_ms(uint32_t ms);

/* Short times: stopwatch() now and later, and the difference of the two in
 * microseconds; good for minutes. */
uint32_t stopwatch(void);
uint32_t stopwatch_us(uint32_t difference);

/* --- interrupt.c ------------------------------------------------------- */

/* Takes interrupts of one line of the PC's two interrupt controllers, and
 * non-maskable ones. */
void interrupt_start(uint8_t line);

/* Sleeps until the line has interrupted since the last call. False: it has not
 * by the deadline. */
bool interrupt_wait(struct deadline *deadline);

/* How many non-maskable interrupts there were. */
uint32_t interrupt_nmis(void);

/* --- pci.c ------------------------------------------------------------- */

/* Finds the PCI function with that class code, and tells where the firmware
 * has put it: the ports of its first base address, its interrupt line. */
bool pci_find(uint32_t class_code, uint16_t *port, uint8_t *line);

/* --- console.c --------------------------------------------------------- */

void print(const char *text);
void print_hex(uint8_t byte);
void print_decimal(uint32_t value);

/* "-device isa-debug-exit,iobase=0xf4" makes QEMU exit with the value written,
 * doubled, plus one. These give 33 and 35, which no fault of QEMU itself does. */
enum exit_status { EXIT_DONE = 16, EXIT_FAILED };

void leave(enum exit_status status) __attribute__((noreturn));

/* What QEMU's -append gave (Multiboot 0.6.96, section 3.3). */
struct multiboot_info {
    uint32_t flags;
    uint32_t mem[2];
    uint32_t boot_device;
    uint32_t cmdline;
};

void options_start(const struct multiboot_info *info);

/* What stands behind KEY=, as a number or up to the next blank; fallback if
 * there is no such option. key includes the equals sign. */
uint32_t option_number(const char *key, uint32_t fallback);
bool option_is(const char *key, const char *word, bool fallback);

/* A byte that survives a reset: whether the host has come through one. */
bool restarted(void);
void remember_restart(bool restart);

#endif
