/* interrupt.c
 * Interrupts: the descriptor table, the two 8259 controllers, NMI. They are
 * off but while interrupt_wait() sleeps, so nothing here can be interrupted.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "pc.h"

#define CODE_SEGMENT    0x08
#define INTERRUPT_GATE  0x8e        /* present, 32 bits, interrupts off */
#define NMI_VECTOR      2
#define VECTORS         0x30

/* The controllers, and the vectors we give to their lines: 0 to 7, 8 to 15. */
#define PIC_1           0x20
#define PIC_2           0xa0
#define PIC_DATA        1           /* beside each */
#define   PIC_INITIALIZE  0x11      /* four words follow one another */
#define   PIC_8086_MODE   0x01
#define   PIC_EOI         0x20
#define PIC_VECTOR      0x20
#define TIMER_LINE      0           /* 18.2 times a second, as the BIOS set it */
#define CASCADE_LINE    2           /* where the second is at the first */
#define SPURIOUS_LINE   7           /* of each: the cause has gone meanwhile */

struct gate {
    uint16_t low;
    uint16_t segment;
    uint8_t  zero;
    uint8_t  type;
    uint16_t high;
};

/* start.S; each calls the handler of its name. */
void device_entry(void);
void ignored_entry(void);
void nmi_entry(void);
void other_entry(void);

void device_handler(void);
void ignored_handler(void);
void nmi_handler(void);
void other_handler(void);

static struct gate gates[VECTORS];
static volatile uint32_t interrupts, nmis;
static uint32_t interrupts_seen;
static uint8_t device_line;

static void set_gate(unsigned vector, void (*entry)(void))
{
    uintptr_t address = (uintptr_t) entry;

    gates[vector] = (struct gate) {
        .low = (uint16_t) address, .segment = CODE_SEGMENT,
        .type = INTERRUPT_GATE, .high = (uint16_t) (address >> 16),
    };
}

static void pic_start(uint16_t pic, uint8_t vector, uint8_t cascade, uint8_t mask)
{
    outb(pic, PIC_INITIALIZE);
    outb(pic + PIC_DATA, vector);
    outb(pic + PIC_DATA, cascade);
    outb(pic + PIC_DATA, PIC_8086_MODE);
    outb(pic + PIC_DATA, mask);
}

void interrupt_start(uint8_t line)
{
    const uint16_t enabled = (uint16_t) (1 << line | 1 << TIMER_LINE |
                                         1 << CASCADE_LINE);
    const struct __attribute__((packed)) {
        uint16_t limit;
        uint32_t base;
    } table = { sizeof gates - 1, (uint32_t) (uintptr_t) gates };
    unsigned vector;

    device_line = line;
    for (vector = 0; vector < VECTORS; vector++) {
        set_gate(vector, other_entry);
    }
    set_gate(NMI_VECTOR, nmi_entry);
    set_gate(PIC_VECTOR + TIMER_LINE, ignored_entry);
    set_gate(PIC_VECTOR + SPURIOUS_LINE, ignored_entry);
    set_gate(PIC_VECTOR + 8 + SPURIOUS_LINE, ignored_entry);
    set_gate(PIC_VECTOR + line, device_entry);
    __asm__ volatile ("lidt %0" : : "m" (table));

    pic_start(PIC_1, PIC_VECTOR, 1 << CASCADE_LINE, (uint8_t) ~enabled);
    pic_start(PIC_2, PIC_VECTOR + 8, CASCADE_LINE, (uint8_t) (~enabled >> 8));
}

bool interrupt_wait(struct deadline *deadline)
{
    while (interrupts == interrupts_seen) {
        if (deadline_passed(deadline)) {
            return false;
        }
        /* sti takes effect after the next instruction: none is missed */
        __asm__ volatile ("sti; hlt; cli" : : : "memory");
    }
    interrupts_seen = interrupts;
    return true;
}

uint32_t interrupt_nmis(void)
{
    return nmis;
}

void device_handler(void)
{
    interrupts++;
    if (device_line >= 8) {
        outb(PIC_2, PIC_EOI);
    }
    outb(PIC_1, PIC_EOI);
}

/* The timer only ends hlt, for a look at the deadline. Of a spurious interrupt
 * of the second controller the first one knows no better. */
void ignored_handler(void)
{
    outb(PIC_1, PIC_EOI);
}

void nmi_handler(void)
{
    nmis++;
}

void other_handler(void)
{
    print("unexpected exception or interrupt\n");
    leave(EXIT_FAILED);
}
