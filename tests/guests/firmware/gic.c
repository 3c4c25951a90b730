/* gic.c
 * The interrupt controller of Cortex-A processors (ARM IHI 0048B).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "board.h"

/* Distributor (section 4.3). */
#define GICD_CTLR           0x000
#define GICD_ISENABLER      0x100   /* a bit each */
#define GICD_IPRIORITYR     0x400   /* a byte each */
#define GICD_ITARGETSR      0x800   /* a byte each */
#define   TARGET_CORE_0       0x01

/* CPU interface (section 4.4). */
#define GICC_CTLR           0x00
#define GICC_PMR            0x04
#define   PRIORITY_ANY        0xff
#define GICC_IAR            0x0c
#define   INTERRUPT_ID        0x3ff
#define   SPURIOUS            1020  /* and the three after it */
#define GICC_EOIR           0x10

#define ENABLE              0x01

/* Interrupts below are private to a core. */
#define FIRST_SPI           32

void gic_start(const struct gic *gic)
{
    *register32(gic->distributor + GICD_CTLR) = ENABLE;
    *register32(gic->cpu_interface + GICC_PMR) = PRIORITY_ANY;
    *register32(gic->cpu_interface + GICC_CTLR) = ENABLE;
}

void gic_enable(const struct gic *gic, unsigned spi)
{
    unsigned id = FIRST_SPI + spi;

    *register8(gic->distributor + GICD_IPRIORITYR + id) = 0;
    *register8(gic->distributor + GICD_ITARGETSR + id) = TARGET_CORE_0;
    *register32(gic->distributor + GICD_ISENABLER + id / 32 * 4) = 1U << id % 32;
}

bool gic_accept(const struct gic *gic, unsigned *spi)
{
    unsigned id = *register32(gic->cpu_interface + GICC_IAR) & INTERRUPT_ID;

    *spi = id - FIRST_SPI;
    return id < SPURIOUS;
}

void gic_end(const struct gic *gic, unsigned spi)
{
    *register32(gic->cpu_interface + GICC_EOIR) = FIRST_SPI + spi;
}
