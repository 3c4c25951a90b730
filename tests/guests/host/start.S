/* Start of the host: a Multiboot kernel, so that "qemu-system-x86_64 -kernel"
 * runs it without a boot loader or a disk. Entered in 32-bit protected mode
 * with paging and interrupts off. Ends with where its interrupts arrive.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_FLAGS 0

#define CODE_SEGMENT    0x08
#define DATA_SEGMENT    0x10
#define EFLAGS_IF       0x200

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
    lgdt    gdt_pointer         /* the boot loader's may be gone by now */
    ljmp    $CODE_SEGMENT, $1f
1:  movw    $DATA_SEGMENT, %ax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %ss
    pushl   %ebx                /* the Multiboot information */
    call    host_main

/* Each calls its handler, and returns with interrupts off: one wait, one
 * interrupt, even when a level stays. */
    .macro  entry name
    .globl  \name\()_entry
\name\()_entry:
    pushal
    cld
    call    \name\()_handler
    popal
    andl    $~EFLAGS_IF, 8(%esp)
    iret
    .endm

    entry   device
    entry   ignored
    entry   nmi
    entry   other

    .data
    .balign 8
gdt:
    .quad   0
    .quad   0x00cf9b000000ffff  /* code: all of memory */
    .quad   0x00cf93000000ffff  /* data: the same */
gdt_pointer:
    .word   . - gdt - 1
    .long   gdt

    .bss
    .balign 16
    .space  16384
stack_top:

    .section .note.GNU-stack, "", @progbits
