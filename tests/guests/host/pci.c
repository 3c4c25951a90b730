/* pci.c
 * Finds a PCI device by its class, on the first bus.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "pc.h"

/* Configuration access (PCI 2.2, section 3.2.2.3.2). */
#define CONFIG_ADDRESS      0xcf8
#define   CONFIG_ENABLE       0x80000000
#define CONFIG_DATA         0xcfc

#define PCI_COMMAND         0x04
#define   PCI_IO_SPACE        0x01
#define PCI_CLASS           0x08    /* bits 31:8 */
#define PCI_BASE_ADDRESS    0x10
#define   PCI_IO_FLAGS        0x03
#define PCI_INTERRUPT_LINE  0x3c

#define PCI_DEVICES         32

static void config_select(unsigned device, unsigned offset)
{
    outl(CONFIG_ADDRESS, CONFIG_ENABLE | device << 11 | offset);
}

static uint32_t config_read(unsigned device, unsigned offset)
{
    config_select(device, offset);
    return inl(CONFIG_DATA);
}

bool pci_find(uint32_t class_code, uint16_t *port, uint8_t *line)
{
    unsigned device;

    for (device = 0; device < PCI_DEVICES; device++) {
        if (config_read(device, PCI_CLASS) >> 8 == class_code) {
            uint32_t command = config_read(device, PCI_COMMAND);

            config_select(device, PCI_COMMAND);
            outl(CONFIG_DATA, command | PCI_IO_SPACE);
            *port = (uint16_t) (config_read(device, PCI_BASE_ADDRESS) &
                                ~PCI_IO_FLAGS);
            *line = (uint8_t) config_read(device, PCI_INTERRUPT_LINE);
            return true;
        }
    }
    return false;
}
