/* kcs.c
 * The Keyboard Controller Style interface from the host's side (IPMI 2.0,
 * section 9).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "../kcs.h"
#include "interface.h"

/* Registers (section 9.5). */
#define DATA            0
#define STATUS          1       /* read */
#define COMMAND         1       /* written */

#define RETRIES         3

static uint8_t read_register(uint16_t offset)
{
    return inb((uint16_t) (interface_port() + offset));
}

static void write_register(uint16_t offset, uint8_t value)
{
    outb((uint16_t) (interface_port() + offset), value);
}

static bool ibf_clear(void)
{
    return !(read_register(STATUS) & KCS_IBF);
}

static bool obf_set(void)
{
    return read_register(STATUS) & KCS_OBF;
}

static enum kcs_state state(void)
{
    return KCS_STATE(read_register(STATUS));
}

static void clear_obf(void)
{
    if (obf_set()) {
        read_register(DATA);
    }
}

/* Every routine below that returns a text returns NULL or what went wrong. */

static const char *wait_ibf_clear(void)
{
    return interface_poll(ibf_clear, "IBF stays set");
}

static const char *wait_obf_set(void)
{
    return interface_wait(obf_set, "OBF stays clear");
}

/* The BMC has taken a byte. It also fills the output buffer then, in the write
 * phase with a byte that means nothing: that is what interrupts (section
 * 9.12). */
static const char *wait_taken(void)
{
    const char *error = interface_interrupts() ? wait_obf_set() : NULL;

    return error == NULL ? wait_ibf_clear() : error;
}

/* One step of the write phase (figure 9-6). */
static const char *write_step(uint16_t offset, uint8_t value)
{
    const char *error;

    write_register(offset, value);
    error = wait_taken();
    if (error == NULL && state() != KCS_WRITE) {
        error = "not in WRITE state";
    }
    clear_obf();
    return error;
}

static const char *send(const struct ipmi_message *request)
{
    const size_t last = request->length - 1;
    const char *error = wait_ibf_clear();
    size_t i;

    if (error != NULL) {
        return error;
    }
    clear_obf();
    error = write_step(COMMAND, KCS_WRITE_START);
    for (i = 0; error == NULL && i < last; i++) {
        error = write_step(DATA, request->bytes[i]);
    }
    if (error == NULL) {
        error = write_step(COMMAND, KCS_WRITE_END);
    }
    if (error == NULL) {
        write_register(DATA, request->bytes[last]);
    }
    return error;
}

/* The read phase (figure 9-7): IDLE instead of READ ends it, with one byte
 * more in the output buffer that means nothing. */
static const char *receive(struct ipmi_message *response)
{
    response->length = 0;
    for (;;) {
        const char *error = wait_taken();
        enum kcs_state now = state();

        if (error != NULL) {
            return error;
        }
        if (now != KCS_READ && now != KCS_IDLE) {
            return "neither in READ nor in IDLE state";
        }
        error = interface_poll(obf_set, "OBF stays clear");
        if (error != NULL) {
            return error;
        }
        if (now == KCS_IDLE) {
            read_register(DATA);
            return NULL;
        }
        if (response->length == sizeof response->bytes) {
            return "response too long";
        }
        response->bytes[response->length++] = read_register(DATA);
        write_register(DATA, KCS_READ_BYTE);
    }
}

/* The error exit (figure 9-8) brings the interface back to IDLE. It is rare:
 * not worth interrupts. */
static const char *abort_transfer(void)
{
    const char *error = wait_ibf_clear();

    if (error == NULL) {
        write_register(COMMAND, KCS_GET_STATUS_ABORT);
        error = wait_ibf_clear();
    }
    if (error != NULL) {
        return error;
    }
    clear_obf();
    write_register(DATA, 0x00);
    error = wait_ibf_clear();
    if (error == NULL && state() != KCS_READ) {
        error = "abort not accepted";
    }
    if (error == NULL) {
        error = interface_poll(obf_set, "no error code");
    }
    if (error != NULL) {
        return error;
    }
    read_register(DATA);        /* the error code */
    write_register(DATA, KCS_READ_BYTE);
    error = wait_ibf_clear();
    if (error == NULL && state() != KCS_IDLE) {
        error = "not in IDLE state after abort";
    }
    if (error == NULL) {
        error = interface_poll(obf_set, "no byte after abort");
    }
    if (error == NULL) {
        read_register(DATA);
    }
    return error;
}

/* A transfer that went wrong is aborted and tried again. */
static const char *transfer(const struct ipmi_message *request,
                            struct ipmi_message *response)
{
    const char *error;
    int attempt = 0;

    do {
        error = send(request);
        if (error == NULL) {
            error = receive(response);
        }
    } while (error != NULL && ++attempt < RETRIES && abort_transfer() == NULL);
    return error;
}

const char *kcs_misuse(enum kcs_misuse what)
{
    static const struct ipmi_message request = { 2, { APP, GET_MESSAGE_FLAGS } };
    struct ipmi_message response;
    const char *error = wait_ibf_clear();

    if (error != NULL) {
        return error;
    }
    clear_obf();
    switch (what) {
    case KCS_READ_NOTHING:
        read_register(DATA);
        return NULL;
    case KCS_WRITE_TOO_SOON:
        error = send(&request);
        write_register(DATA, 0x55);
        if (error == NULL && receive(&response) == NULL) {
            return NULL;
        }
        /* The response was there, and that was no READ. */
        break;
    case KCS_WRITE_NO_CONTROL_CODE:
        write_register(COMMAND, KCS_GET_STATUS_ABORT + 3);
        break;
    case KCS_WRITE_NO_REQUEST:
        write_register(DATA, 0x55);
        break;
    case KCS_ABORT_REQUEST:
        error = write_step(COMMAND, KCS_WRITE_START);
        if (error == NULL) {
            error = write_step(DATA, request.bytes[0]);
        }
        break;
    case KCS_ABORT_RESPONSE:
        error = send(&request);
        if (error == NULL) {
            error = wait_taken();
        }
        break;
    }
    return error == NULL ? abort_transfer() : error;
}

static bool attention(void)
{
    return read_register(STATUS) & KCS_SMS_ATN;
}

/* The BMC sees it from the commands that follow. */
static void attention_seen(void)
{
}

/* The host has no register for it: the BMC decides. */
static void allow_interrupt(bool allow)
{
    (void) allow;
}

const struct driver kcs_driver = {
    .name = "KCS",
    .port = 0xca2,
    .pci_class = 0x0c0701,
    .transfer = transfer,
    .attention = attention,
    .attention_seen = attention_seen,
    .allow_interrupt = allow_interrupt,
};
