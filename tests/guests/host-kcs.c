/* host-kcs.c
 * A host that talks to its BMC through a KCS interface, polled, without an
 * operating system:
 *
 *   qemu-system-x86_64 -kernel host-kcs -append "pace=MS" -serial stdio
 *       -chardev socket,... -device ipmi-bmc-extern,... -device isa-ipmi-kcs,...
 *       -device isa-debug-exit,iobase=0xf4
 *
 * pace is the pause before each command in milliseconds. ipmi.h has the
 * commands and the report, pc.h the exit status.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "kcs.h"

void guest_main(const struct multiboot_info *info);

void guest_main(const struct multiboot_info *info)
{
    clock_start();
    ipmi_run(kcs_transfer, boot_option(info, "pace=", 0));
}
