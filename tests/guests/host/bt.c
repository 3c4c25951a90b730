/* bt.c
 * The Block Transfer interface from the host's side (IPMI 2.0, section 11).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "../bt.h"
#include "interface.h"

/* Registers (section 11.5). */
#define CONTROL         0
#define BUFFER          1
#define INTERRUPT_MASK  2

/* What length, netFn/LUN, sequence number and command have before the data. */
#define HEADER          4

static uint8_t sequence;

static uint8_t read_register(uint16_t offset)
{
    return inb((uint16_t) (interface_port() + offset));
}

static void write_register(uint16_t offset, uint8_t value)
{
    outb((uint16_t) (interface_port() + offset), value);
}

static bool ready_to_write(void)
{
    return !(read_register(CONTROL) & (BT_B_BUSY | BT_H2B_ATN));
}

/* The interrupt is acknowledged before the look at its cause: one that comes
 * in between is not lost. */
static bool ready_to_read(void)
{
    if (interface_interrupts()) {
        write_register(INTERRUPT_MASK, BT_B2H_IRQ | BT_B2H_IRQ_EN);
    }
    return read_register(CONTROL) & BT_B2H_ATN;
}

static bool attention(void)
{
    if (interface_interrupts()) {
        write_register(INTERRUPT_MASK, BT_B2H_IRQ | BT_B2H_IRQ_EN);
    }
    return read_register(CONTROL) & BT_SMS_ATN;
}

static void attention_seen(void)
{
    write_register(CONTROL, BT_SMS_ATN);
}

static void allow_interrupt(bool allow)
{
    write_register(INTERRUPT_MASK, BT_B2H_IRQ | (allow ? BT_B2H_IRQ_EN : 0));
}

/* Section 11.7.1. */
static const char *send(const struct ipmi_message *request)
{
    const char *error = interface_poll(ready_to_write, "B_BUSY stays set");
    size_t i;

    if (error != NULL) {
        return error;
    }
    if (request->length + 1 > BT_FRAME_SIZE) {
        return "too long for BT";
    }
    write_register(CONTROL, BT_CLR_WR_PTR);
    write_register(BUFFER, (uint8_t) (request->length + 1));
    write_register(BUFFER, request->bytes[0]);
    write_register(BUFFER, ++sequence);
    for (i = 1; i < request->length; i++) {
        write_register(BUFFER, request->bytes[i]);
    }
    write_register(CONTROL, BT_H2B_ATN);
    return NULL;
}

/* Section 11.7.2. Sets *found to the response's sequence number. */
static const char *receive(struct ipmi_message *response, uint8_t *found)
{
    const char *error = interface_wait(ready_to_read, "B2H_ATN stays clear");
    uint8_t length;
    size_t i;

    if (error != NULL) {
        return error;
    }
    write_register(CONTROL, BT_H_BUSY);         /* sets it */
    write_register(CONTROL, BT_B2H_ATN);
    write_register(CONTROL, BT_CLR_RD_PTR);
    length = read_register(BUFFER);
    if (length < HEADER) {
        error = "response too short";
    } else {
        response->length = (size_t) (length - 1);
        response->bytes[0] = read_register(BUFFER);
        *found = read_register(BUFFER);
        for (i = 1; i < response->length; i++) {
            response->bytes[i] = read_register(BUFFER);
        }
    }
    write_register(CONTROL, BT_H_BUSY);         /* clears it */
    return error;
}

static const char *transfer(const struct ipmi_message *request,
                            struct ipmi_message *response)
{
    const char *error = send(request);
    uint8_t found = 0;

    /* A response that comes too late belongs to an earlier request. */
    do {
        if (error == NULL) {
            error = receive(response, &found);
        }
    } while (error == NULL && found != sequence);
    return error;
}

const struct driver bt_driver = {
    .name = "BT",
    .port = 0xe4,
    .pci_class = 0x0c0702,
    .transfer = transfer,
    .attention = attention,
    .attention_seen = attention_seen,
    .allow_interrupt = allow_interrupt,
};
