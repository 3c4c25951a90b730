/* pc.h
 * What a guest needs of a PC: ports, a clock, a serial line to report on, and
 * a way to end QEMU with a status.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef PC_H
#define PC_H

#include <stdbool.h>
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

/* The clock: channel 2 of the 8254 interval timer, counting down for ever from
 * 65536. Two looks more than 55 ms apart miss a turn, so time passes too slowly
 * for a guest that its host does not run; a deadline is never early. */
#define PIT_HZ          1193182U
#define PIT_CHANNEL_2   0x42
#define PIT_COMMAND     0x43
#define   PIT_LATCH_2     0x80
#define   PIT_MODE_2      0xb4      /* channel 2, low byte first, rate generator */
#define PIT_GATE        0x61
#define   PIT_GATE_2      0x01
#define   PIT_SPEAKER     0x02

struct deadline {
    uint32_t ticks;                 /* left to go */
    uint16_t seen;                  /* the counter at the last look */
};

static inline void clock_start(void)
{
    outb(PIT_GATE, (inb(PIT_GATE) & ~PIT_SPEAKER) | PIT_GATE_2);
    outb(PIT_COMMAND, PIT_MODE_2);
    outb(PIT_CHANNEL_2, 0);
    outb(PIT_CHANNEL_2, 0);
}

static inline uint16_t clock_counter(void)
{
    uint8_t low;

    outb(PIT_COMMAND, PIT_LATCH_2);
    low = inb(PIT_CHANNEL_2);
    return (uint16_t) (low | inb(PIT_CHANNEL_2) << 8);
}

/* At most 3599 s. */
static inline struct deadline deadline_in_ms(uint32_t ms)
{
    return (struct deadline) {
        .ticks = ms / 1000 * PIT_HZ + ms % 1000 * (PIT_HZ / 1000),
        .seen = clock_counter(),
    };
}

static inline bool deadline_passed(struct deadline *deadline)
{
    uint16_t now = clock_counter();
    uint16_t elapsed = (uint16_t) (deadline->seen - now);

    deadline->seen = now;
    deadline->ticks = deadline->ticks > elapsed ? deadline->ticks - elapsed : 0;
    return deadline->ticks == 0;
}

static inline void sleep_ms(uint32_t ms)
{
    struct deadline deadline = deadline_in_ms(ms);

    while (!deadline_passed(&deadline)) {
        __asm__ volatile ("pause");
    }
}

/* The report: the first serial port. QEMU takes any number of bytes at once
 * and at any speed, so there is nothing to set. */
#define SERIAL_DATA     0x3f8

static inline void print(const char *text)
{
    for (; *text != '\0'; text++) {
        outb(SERIAL_DATA, (uint8_t) *text);
    }
}

static inline void print_hex(uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";

    outb(SERIAL_DATA, (uint8_t) digits[byte >> 4]);
    outb(SERIAL_DATA, (uint8_t) digits[byte & 0xf]);
}

static inline void print_decimal(uint32_t value)
{
    if (value >= 10) {
        print_decimal(value / 10);
    }
    outb(SERIAL_DATA, (uint8_t) ('0' + value % 10));
}

/* The end: "-device isa-debug-exit,iobase=0xf4" makes QEMU exit with the value
 * written, doubled, plus one. These give 33 and 35, which no fault of QEMU
 * itself does. */
#define DEBUG_EXIT      0xf4
#define   EXIT_DONE       16        /* every command was answered */
#define   EXIT_FAILED     17

static inline void __attribute__((noreturn)) leave(uint8_t status)
{
    outb(DEBUG_EXIT, status);
    for (;;) {
        __asm__ volatile ("cli; hlt");
    }
}

/* What QEMU's -append gave (Multiboot 0.6.96, section 3.3). */
struct multiboot_info {
    uint32_t flags;
    uint32_t mem[2];
    uint32_t boot_device;
    uint32_t cmdline;
};
#define MULTIBOOT_INFO_CMDLINE  0x00000004

/* The number behind KEY=, or fallback. key includes the equals sign. */
static inline uint32_t boot_option(const struct multiboot_info *info,
                                   const char *key, uint32_t fallback)
{
    const char *text;

    if (!(info->flags & MULTIBOOT_INFO_CMDLINE)) {
        return fallback;
    }
    for (text = (const char *) (uintptr_t) info->cmdline; *text != '\0'; text++) {
        const char *at = text, *k = key;
        uint32_t value = 0;

        while (*k != '\0' && *at == *k) {
            at++;
            k++;
        }
        if (*k != '\0' || *at < '0' || *at > '9') {
            continue;
        }
        for (; *at >= '0' && *at <= '9'; at++) {
            value = value * 10 + (uint32_t) (*at - '0');
        }
        return value;
    }
    return fallback;
}

#endif
