/* kcs.c
 * The Keyboard Controller Style interface from the BMC's side (IPMI 2.0,
 * section 9).
 *
 * The host looks when the input buffer becomes empty: by then the state has to
 * be right and the output buffer full, so both come before the byte is read
 * (section 9.9).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "../kcs.h"
#include "channel.h"

/* What goes out where a byte is only to make the host look. */
#define NOTHING     0x00

static uint8_t read_register(const struct kcs *kcs, uintptr_t address)
{
    return kcs->wide ? (uint8_t) *register32(address) : *register8(address);
}

static void write_register(const struct kcs *kcs, uintptr_t address, uint8_t value)
{
    if (kcs->wide) {
        *register32(address) = value;
    } else {
        *register8(address) = value;
    }
}

static void set_state(struct kcs *kcs, enum kcs_state state)
{
    uint8_t status = read_register(kcs, kcs->status);

    write_register(kcs, kcs->status,
                   (uint8_t) ((status & ~KCS_STATE_MASK) |
                              state << KCS_STATE_SHIFT));
}

static uint8_t take(struct kcs *kcs)
{
    return read_register(kcs, kcs->in);
}

static void give(struct kcs *kcs, uint8_t byte)
{
    write_register(kcs, kcs->out, byte);
}

/* The error exit begins with a host that finds the ERROR state (figure 9-8). */
static void fail(struct kcs *kcs, uint8_t error)
{
    kcs->phase = KCS_PHASE_ERROR;
    kcs->error = error;
    set_state(kcs, KCS_ERROR);
    give(kcs, NOTHING);
}

static void handle_command(struct kcs *kcs)
{
    set_state(kcs, KCS_WRITE);
    give(kcs, NOTHING);
    switch (take(kcs)) {
    case KCS_WRITE_START:
        kcs->phase = KCS_PHASE_WRITE;
        kcs->channel.request.length = 0;
        break;
    case KCS_WRITE_END:
        if (kcs->phase == KCS_PHASE_WRITE) {
            kcs->phase = KCS_PHASE_WRITE_END;
        } else {
            fail(kcs, KCS_ILLEGAL_CONTROL);
        }
        break;
    case KCS_GET_STATUS_ABORT:
        if (kcs->phase != KCS_PHASE_ERROR) {
            kcs->error = kcs->phase == KCS_PHASE_IDLE ? KCS_NO_ERROR : KCS_ABORTED;
        }
        kcs->phase = KCS_PHASE_ABORT_1;
        break;
    default:
        fail(kcs, KCS_ILLEGAL_CONTROL);
        break;
    }
}

static bool take_request_byte(struct kcs *kcs)
{
    struct ipmi_message *request = &kcs->channel.request;
    uint8_t byte = take(kcs);

    if (request->length == sizeof request->bytes) {
        return false;
    }
    request->bytes[request->length++] = byte;
    return true;
}

static void give_response_byte(struct kcs *kcs)
{
    give(kcs, kcs->channel.response.bytes[kcs->sent++]);
}

static void handle_data(struct kcs *kcs)
{
    switch (kcs->phase) {
    case KCS_PHASE_WRITE:
        set_state(kcs, KCS_WRITE);
        give(kcs, NOTHING);
        if (!take_request_byte(kcs)) {
            fail(kcs, KCS_LENGTH_ERROR);
        }
        break;

    case KCS_PHASE_WRITE_END:
        set_state(kcs, KCS_READ);
        if (!take_request_byte(kcs) ||
            kcs->channel.request.length < IPMI_REQUEST_HEADER) {
            fail(kcs, KCS_LENGTH_ERROR);
            break;
        }
        kcs->phase = KCS_PHASE_READ;
        kcs->sent = 0;
        commands_answer(&kcs->channel);
        switch (kcs->channel.failure) {
        case FAILURE_SILENCE:
            break;
        case FAILURE_ERROR:
            fail(kcs, KCS_UNSPECIFIED_ERROR);
            break;
        default:
            give_response_byte(kcs);
            break;
        }
        break;

    case KCS_PHASE_READ:
        if (kcs->sent == kcs->channel.response.length) {
            set_state(kcs, KCS_IDLE);
        }
        if (take(kcs) != KCS_READ_BYTE) {
            fail(kcs, KCS_ILLEGAL_CONTROL);
        } else if (kcs->sent < kcs->channel.response.length) {
            give_response_byte(kcs);
        } else {
            kcs->phase = KCS_PHASE_IDLE;
            give(kcs, NOTHING);
        }
        break;

    case KCS_PHASE_ABORT_1:
        set_state(kcs, KCS_READ);
        take(kcs);
        give(kcs, kcs->error);
        kcs->phase = KCS_PHASE_ABORT_2;
        break;

    case KCS_PHASE_ABORT_2:
        set_state(kcs, KCS_IDLE);
        take(kcs);
        give(kcs, NOTHING);
        kcs->phase = KCS_PHASE_IDLE;
        kcs->error = KCS_NO_ERROR;
        break;

    case KCS_PHASE_IDLE:
    case KCS_PHASE_ERROR:
        take(kcs);
        fail(kcs, KCS_UNSPECIFIED_ERROR);
        break;
    }
}

void kcs_handle(struct kcs *kcs)
{
    uint8_t status = read_register(kcs, kcs->status);

    if (!(status & KCS_IBF)) {
        return;
    }
    if (status & KCS_CD) {
        handle_command(kcs);
    } else {
        handle_data(kcs);
    }
}

static bool response_taken(const struct channel *channel)
{
    const struct kcs *kcs = (const struct kcs *) channel;

    return kcs->phase == KCS_PHASE_IDLE &&
           !(read_register(kcs, kcs->status) & KCS_OBF);
}

static void set_attention(const struct channel *channel, bool attention)
{
    const struct kcs *kcs = (const struct kcs *) channel;
    uint8_t status = read_register(kcs, kcs->status);

    write_register(kcs, kcs->status,
                   (uint8_t) (attention ? status | KCS_SMS_ATN
                                        : status & ~KCS_SMS_ATN));
}

static const struct channel_kind kind = {
    .protocol = PROTOCOL_KCS,
    .response_taken = response_taken,
    .set_attention = set_attention,
};

void kcs_start(struct kcs *kcs)
{
    kcs->channel.kind = &kind;
    set_state(kcs, KCS_IDLE);
    commands_serve(&kcs->channel);
}
