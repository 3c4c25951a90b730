/* main.c
 * A host that talks to its BMC without an operating system:
 *
 *   qemu-system-x86_64 -kernel host -append "if=kcs irq=1 plan=echo"
 *       -serial stdio -chardev socket,... -device ipmi-bmc-extern,...
 *       -device isa-ipmi-kcs,... -device isa-debug-exit,iobase=0xf4
 *
 * interface.h and plans.h have the options, pc.h the exit status.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "plans.h"

void host_main(const struct multiboot_info *info);

static const struct {
    const char *name;
    bool      (*run)(void);
} plans[] = {
    { "commands", plan_commands },
    { "answers", plan_answers },
    { "echo", plan_echo },
    { "time", plan_time },
    { "errors", plan_errors },
    { "aborts", plan_aborts },
    { "attention", plan_attention },
    { "nmi", plan_nmi },
    { "reset", plan_reset },
    { "all", plan_all },
};

void host_main(const struct multiboot_info *info)
{
    size_t i;

    options_start(info);
    clock_start();
    interface_start();
    for (i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        /* The first one is the default. */
        if (option_is("plan=", plans[i].name, i == 0)) {
            leave(plans[i].run() ? EXIT_DONE : EXIT_FAILED);
        }
    }
    print("no such plan\n");
    leave(EXIT_FAILED);
}
