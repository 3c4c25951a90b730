/* Start of the firmware. QEMU starts all cores here with memory management and
 * interrupts off, and keeps them so; the first one works, the others sleep.
 * QEMU has also cleared .bss, and does so again at every reset.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

    .section .start, "ax"
    .globl  start
start:
#if __ARM_ARCH >= 7
    mrc     p15, 0, r0, c0, c0, 5   /* MPIDR */
    tst     r0, #3
    bne     park
#endif
    ldr     sp, =stack_top
    bl      firmware_main

park:
#if __ARM_ARCH >= 7
    wfi
#endif
    b       park

    .bss
    .balign 8
    .space  16384
stack_top:
