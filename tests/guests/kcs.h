/* kcs.h
 * The Keyboard Controller Style interface, polled, from the host's side
 * (IPMI 2.0, section 9).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef KCS_H
#define KCS_H

#include "ipmi.h"

/* Registers, at their default place (section 9.5). */
#define KCS_DATA            0xca2
#define KCS_STATUS          0xca3   /* read */
#define   KCS_STATE(status)   ((status) >> 6)
#define   KCS_IBF             0x02
#define   KCS_OBF             0x01
#define KCS_COMMAND         0xca3   /* written */

/* States of the interface (table 9-2). */
enum kcs_state { KCS_IDLE, KCS_READ, KCS_WRITE, KCS_ERROR };

/* Control codes (table 9-3). */
#define KCS_GET_STATUS_ABORT    0x60
#define KCS_WRITE_START         0x61
#define KCS_WRITE_END           0x62
#define KCS_READ_BYTE           0x68

#define KCS_RETRIES             3

/* Every routine below returns NULL or what went wrong. */

static inline const char *kcs_wait(uint8_t flag, bool set, const char *error)
{
    struct deadline deadline = deadline_in_ms(IPMI_RESPONSE_MS);

    while (!(inb(KCS_STATUS) & flag) == set) {
        if (deadline_passed(&deadline)) {
            return error;
        }
        __asm__ volatile ("pause");
    }
    return NULL;
}

static inline const char *kcs_wait_ibf_clear(void)
{
    return kcs_wait(KCS_IBF, false, "IBF stays set");
}

static inline const char *kcs_wait_obf_set(void)
{
    return kcs_wait(KCS_OBF, true, "OBF stays clear");
}

static inline enum kcs_state kcs_state(void)
{
    return KCS_STATE(inb(KCS_STATUS));
}

static inline void kcs_clear_obf(void)
{
    if (inb(KCS_STATUS) & KCS_OBF) {
        inb(KCS_DATA);
    }
}

/* One step of the write phase (figure 9-6). */
static inline const char *kcs_write(uint16_t port, uint8_t value)
{
    const char *error;

    outb(port, value);
    error = kcs_wait_ibf_clear();
    if (error == NULL && kcs_state() != KCS_WRITE) {
        error = "not in WRITE state";
    }
    kcs_clear_obf();
    return error;
}

static inline const char *kcs_send(const struct ipmi_message *request)
{
    const size_t last = request->length - 1;
    const char *error;
    size_t i;

    error = kcs_wait_ibf_clear();
    if (error != NULL) {
        return error;
    }
    kcs_clear_obf();
    error = kcs_write(KCS_COMMAND, KCS_WRITE_START);
    for (i = 0; error == NULL && i < last; i++) {
        error = kcs_write(KCS_DATA, request->bytes[i]);
    }
    if (error == NULL) {
        error = kcs_write(KCS_COMMAND, KCS_WRITE_END);
    }
    if (error == NULL) {
        outb(KCS_DATA, request->bytes[last]);
    }
    return error;
}

/* The read phase (figure 9-7): IDLE instead of READ ends it, with one byte
 * more in DATA_OUT that means nothing. */
static inline const char *kcs_receive(struct ipmi_message *response)
{
    response->length = 0;
    for (;;) {
        const char *error = kcs_wait_ibf_clear();
        enum kcs_state state = kcs_state();

        if (error != NULL) {
            return error;
        }
        if (state != KCS_READ && state != KCS_IDLE) {
            return "neither in READ nor in IDLE state";
        }
        error = kcs_wait_obf_set();
        if (error != NULL) {
            return error;
        }
        if (state == KCS_IDLE) {
            inb(KCS_DATA);
            return NULL;
        }
        if (response->length == sizeof response->bytes) {
            return "response too long";
        }
        response->bytes[response->length++] = inb(KCS_DATA);
        outb(KCS_DATA, KCS_READ_BYTE);
    }
}

/* The error exit (figure 9-8) brings the interface back to IDLE. */
static inline const char *kcs_abort(void)
{
    const char *error = kcs_wait_ibf_clear();

    if (error == NULL) {
        outb(KCS_COMMAND, KCS_GET_STATUS_ABORT);
        error = kcs_wait_ibf_clear();
    }
    if (error != NULL) {
        return error;
    }
    kcs_clear_obf();
    outb(KCS_DATA, 0x00);
    error = kcs_wait_ibf_clear();
    if (error == NULL && kcs_state() != KCS_READ) {
        error = "abort not accepted";
    }
    if (error == NULL) {
        error = kcs_wait_obf_set();
    }
    if (error != NULL) {
        return error;
    }
    inb(KCS_DATA);              /* the error code */
    outb(KCS_DATA, KCS_READ_BYTE);
    error = kcs_wait_ibf_clear();
    if (error == NULL && kcs_state() != KCS_IDLE) {
        error = "not in IDLE state after abort";
    }
    if (error == NULL) {
        error = kcs_wait_obf_set();
    }
    if (error == NULL) {
        inb(KCS_DATA);
    }
    return error;
}

/* A transfer that went wrong is aborted and tried again. */
static inline const char *kcs_transfer(const struct ipmi_message *request,
                                       struct ipmi_message *response)
{
    const char *error;
    int attempt = 0;

    do {
        error = kcs_send(request);
        if (error == NULL) {
            error = kcs_receive(response);
        }
    } while (error != NULL && ++attempt < KCS_RETRIES && kcs_abort() == NULL);
    return error;
}

#endif
