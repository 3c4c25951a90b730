/* interface.h
 * A system interface from the host's side, and asking the BMC through it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef INTERFACE_H
#define INTERFACE_H

#include "../ipmi.h"
#include "pc.h"

/* A kind of interface, KCS or BT. */
struct driver {
    const char *name;
    uint16_t    port;           /* of the ISA device (IPMI 2.0, sections 9.5, 11.5) */
    uint32_t    pci_class;

    /* Sends a request and waits for the response. Returns NULL, or what went
     * wrong. */
    const char *(*transfer)(const struct ipmi_message *request,
                            struct ipmi_message *response);
    /* Whether the BMC asks for attention, and telling it that it was seen,
     * where the interface has a way to. */
    bool        (*attention)(void);
    void        (*attention_seen)(void);
    /* Tells the interface whether to interrupt, where it has a register for
     * that. */
    void        (*allow_interrupt)(bool allow);
};

extern const struct driver kcs_driver, bt_driver;

/* The ISA device's interrupt, as QEMU has it. */
#define ISA_LINE        5

/* --- kcs.c ------------------------------------------------------------- */

enum kcs_misuse {
    KCS_READ_NOTHING,           /* of an empty output buffer */
    KCS_WRITE_TOO_SOON,         /* while the BMC works on a request */
    KCS_WRITE_NO_CONTROL_CODE,
    KCS_WRITE_NO_REQUEST,       /* data out of the blue */
    KCS_ABORT_REQUEST,
    KCS_ABORT_RESPONSE,
};

/* Does that, and what it takes to be in IDLE state after it. Returns NULL, or
 * what went wrong beyond it. */
const char *kcs_misuse(enum kcs_misuse what);

/* --- interface.c ------------------------------------------------------- */

/* Chooses the interface by the options:
 *   if=kcs|bt   bus=isa|pci   irq=0|1 */
void interface_start(void);

const struct driver *interface_driver(void);
uint16_t interface_port(void);
bool interface_interrupts(void);

/* For drivers: waits until ready() says so. With interrupts it looks only when
 * there was one, so that a lost one shows; returns error in the end, or that
 * there was no interrupt. */
const char *interface_wait(bool (*ready)(void), const char *error);
/* The same without the interrupt. */
const char *interface_poll(bool (*ready)(void), const char *error);

/* Sends a request, a pause of pace=MS after whatever came before, until there
 * is a response of its own that is none of QEMU's: QEMU connects to the BMC in
 * the background and until then answers for it, and the option
 *   restarts=1
 * says that the BMC may go away at any time. Returns NULL, or what went
 * wrong. */
const char *interface_ask(const struct ipmi_message *request,
                          struct ipmi_message *response);

/* How often interface_ask() had to repeat itself. */
uint32_t interface_repetitions(void);

#endif
