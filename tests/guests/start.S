/* Start of a guest: a Multiboot kernel, so that "qemu-system-x86_64 -kernel"
 * runs it without a boot loader or a disk. Entered in 32-bit protected mode
 * with paging and interrupts off; stays so.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_FLAGS 0

    .section .multiboot, "a"
    .balign 4
    .long   MULTIBOOT_MAGIC
    .long   MULTIBOOT_FLAGS
    .long   -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

    .text
    .globl  start
start:
    movl    $stack_top, %esp
    cld
    pushl   %ebx                /* the Multiboot information */
    call    guest_main

    .bss
    .balign 16
    .space  16384
stack_top:

    .section .note.GNU-stack, "", @progbits
