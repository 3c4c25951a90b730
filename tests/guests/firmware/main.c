/* main.c
 * Firmware of a BMC: serves every system interface of its board, by interrupt.
 *
 *   qemu-system-arm -M npcm750-evb -kernel bmc-npcm750-evb.elf -serial stdio
 *       -chardev socket,id=host,... -device ipmi-host-extern,chardev=host,
 *       responder=kcs1,reset-gpio=...,nmi-gpio=...
 *
 * ../firmware.h has the commands that are not IPMI's own, board-*.c the pins
 * of the lines.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "channel.h"

void firmware_main(void) __attribute__((noreturn));

/* Interrupts are off and stay off: one that is pending ends the sleep all the
 * same, and none can come between the look and the sleep. */
static void sleep_until_interrupt(void)
{
#if __ARM_ARCH >= 7
    __asm__ volatile ("dsb\n\twfi" : : : "memory");
#else
    __asm__ volatile ("mcr p15, 0, %0, c7, c0, 4" : : "r" (0) : "memory");
#endif
}

void firmware_main(void)
{
    print("BMC: ");
    print(board_name);
    print("\n");
    board_start();
    print("BMC: ready\n");
    for (;;) {
        board_handle_interrupts();
        if (commands_finish()) {
            sleep_until_interrupt();
        }
    }
}
