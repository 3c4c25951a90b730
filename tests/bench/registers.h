/* registers.h
 * Exchanges through registers, record by record as an emulator writes them:
 * docs/capture-format.md.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commands.h"
#include "ipmi-record.h"

/* An interface at a capture point. */
struct interface {
    unsigned    point;
    const char *dissector;
    uint8_t     status;     /* the register the host polls */
    uint8_t     state;      /* what is in it */
    uint8_t     intmask;    /* BT */
    bool        irq;        /* the host uses the interrupt */

    /* BMC's point: the other channels of a controller whose interrupt they
     * share. The firmware looks at all of them. */
    struct interface *others;
    size_t            num_others;
};

/* KCS or BT: what a side does, at the point that is at that side. A host's
 * seq is its driver's, a BMC's that of the wire. */
struct protocol {
    const char *dissector;
    uint8_t     status;
    void (*host_writes)(struct interface *host, uint8_t seq,
                        const struct exchange *exchange);
    void (*bmc_reads)(struct interface *bmc, uint8_t seq,
                      const struct exchange *exchange);
    void (*bmc_writes)(struct interface *bmc, uint8_t seq,
                       const struct exchange *exchange);
    void (*host_reads)(struct interface *host, uint8_t seq,
                       const struct exchange *exchange);
};

extern const struct protocol kcs_protocol;
extern const struct protocol bt_protocol;

/* What is captured. */
enum view {
    HOST_POLLS,         /* host's registers, without the interrupt */
    HOST_INTERRUPTED,   /* the same with it */
    BMC_ONLY,           /* the BMC's registers */
    END_TO_END          /* both, and both ends of the wire; the host polls */
};

/* Adds exchanges until the file is full, from that time on. */
void put_registers(const struct protocol *protocol, enum view view,
                   uint64_t time);

/* --- For the protocols --------------------------------------------------- */

/* An access by a side and, once the state says what became of it, its
 * record. */
void read_register(struct interface *interface, enum ipmi_record_side side,
                   uint8_t reg, uint32_t value);
void write_register(struct interface *interface, enum ipmi_record_side side,
                    uint8_t reg, uint32_t value);

/* The interrupt line to a side. */
void set_interrupt(struct interface *interface, enum ipmi_record_side side,
                   bool on);

/* The host looks whether it can go on. */
void poll_status(struct interface *host);

/* Puts the IPMI message, netFn/LUN first, and returns its length. */
#define MESSAGE_MAX (2 + DATA_MAX)
size_t request_message(uint8_t *out, const struct exchange *exchange);
size_t response_message(uint8_t *out, const struct exchange *exchange);

#endif /* REGISTERS_H */
