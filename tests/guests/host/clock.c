/* clock.c
 * Time, from the 8254 interval timer and the time stamp counter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "pc.h"

/* Channel 2 of the timer, counting down for ever from 65536. Two looks more
 * than 55 ms apart miss a turn, so time passes too slowly for a guest that its
 * host does not run; a deadline is never early. */
#define PIT_HZ          1193182U
#define PIT_CHANNEL_2   0x42
#define PIT_COMMAND     0x43
#define   PIT_LATCH_2     0x80
#define   PIT_MODE_2      0xb4      /* channel 2, low byte first, rate generator */
#define PIT_GATE        0x61
#define   PIT_GATE_2      0x01
#define   PIT_SPEAKER     0x02

/* The time stamp counter is divided by 1024 to make 32 bits last. */
#define TSC_SHIFT       10
#define CALIBRATION_MS  5
#define CALIBRATIONS    5
static uint32_t stopwatch_per_calibration;

static uint16_t clock_counter(void)
{
    uint8_t low;

    outb(PIT_COMMAND, PIT_LATCH_2);
    low = inb(PIT_CHANNEL_2);
    return (uint16_t) (low | inb(PIT_CHANNEL_2) << 8);
}

struct deadline deadline_in_ms(uint32_t ms)
{
    return (struct deadline) {
        .ticks = ms / 1000 * PIT_HZ + ms % 1000 * (PIT_HZ / 1000),
        .seen = clock_counter(),
    };
}

bool deadline_passed(struct deadline *deadline)
{
    uint16_t now = clock_counter();
    uint16_t elapsed = (uint16_t) (deadline->seen - now);

    deadline->seen = now;
    deadline->ticks = deadline->ticks > elapsed ? deadline->ticks - elapsed : 0;
    return deadline->ticks == 0;
}

void sleep_ms(uint32_t ms)
{
    struct deadline deadline = deadline_in_ms(ms);

    while (!deadline_passed(&deadline)) {
        __asm__ volatile ("pause");
    }
}

uint32_t stopwatch(void)
{
    uint64_t counter;

    __asm__ volatile ("rdtsc" : "=A" (counter));
    return (uint32_t) (counter >> TSC_SHIFT);
}

uint32_t stopwatch_us(uint32_t difference)
{
    uint32_t result, high;

    /* 64 bits in between, without a library for them */
    __asm__ ("mull %3\n\tdivl %4"
             : "=&a" (result), "=&d" (high)
             : "0" (difference), "r" (CALIBRATION_MS * 1000),
               "r" (stopwatch_per_calibration)
             : "cc");
    return result;
}

void clock_start(void)
{
    int i;

    outb(PIT_GATE, (inb(PIT_GATE) & ~PIT_SPEAKER) | PIT_GATE_2);
    outb(PIT_COMMAND, PIT_MODE_2);
    outb(PIT_CHANNEL_2, 0);
    outb(PIT_CHANNEL_2, 0);

    /* The best of some: what interrupts QEMU only makes it longer. */
    for (i = 0; i < CALIBRATIONS; i++) {
        uint32_t start = stopwatch(), time;

        sleep_ms(CALIBRATION_MS);
        time = stopwatch() - start;
        if (i == 0 || time < stopwatch_per_calibration) {
            stopwatch_per_calibration = time;
        }
    }
}
