/* ipmi-extern-frame.c
 * Frames of the IPMI extern wire format (OpenIPMI's "VM" protocol).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ipmi-extern-frame.h"

#define HOST IPMI_EXTERN_FROM_HOST
#define BMC  IPMI_EXTERN_FROM_BMC

static const struct ipmi_extern_control_info controls[] = {
    { IPMI_EXTERN_NOATTN, "NOATTN", BMC, 0, IPMI_EXTERN_CAP_ATTN },
    { IPMI_EXTERN_ATTN, "ATTN", BMC, 0, IPMI_EXTERN_CAP_ATTN },
    { IPMI_EXTERN_ATTN_IRQ, "ATTN_IRQ", BMC, 0, IPMI_EXTERN_CAP_ATTN },
    { IPMI_EXTERN_POWEROFF, "POWEROFF", BMC, 0, IPMI_EXTERN_CAP_POWER },
    /* From the BMC it resets the host; from the host it tells of a reset,
     * which takes no capability. */
    { IPMI_EXTERN_RESET, "RESET", HOST | BMC, 0, IPMI_EXTERN_CAP_RESET },
    { IPMI_EXTERN_ENABLE_IRQ, "ENABLE_IRQ", BMC, 0, IPMI_EXTERN_CAP_IRQ },
    { IPMI_EXTERN_DISABLE_IRQ, "DISABLE_IRQ", BMC, 0, IPMI_EXTERN_CAP_IRQ },
    { IPMI_EXTERN_SEND_NMI, "SEND_NMI", BMC, 0, IPMI_EXTERN_CAP_NMI },
    { IPMI_EXTERN_CAPABILITIES, "CAPABILITIES", HOST, 1, 0 },
    { IPMI_EXTERN_GRACEFUL_SHUTDOWN, "GRACEFUL_SHUTDOWN", BMC, 0,
      IPMI_EXTERN_CAP_GRACEFUL_SHUTDOWN },
    { IPMI_EXTERN_DISABLE, "DISABLE", BMC, 0, IPMI_EXTERN_CAP_ENABLE },
    { IPMI_EXTERN_ENABLE, "ENABLE", BMC, 0, IPMI_EXTERN_CAP_ENABLE },
    { IPMI_EXTERN_VERSION, "VERSION", HOST | BMC, 1, 0 },
};

const struct ipmi_extern_control_info *
ipmi_extern_control_find(uint8_t code)
{
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        if (controls[i].code == code) {
            return &controls[i];
        }
    }
    return NULL;
}

static bool
is_terminator(uint8_t byte)
{
    return byte == IPMI_EXTERN_MSG_END || byte == IPMI_EXTERN_CMD_END;
}

static bool
is_special(uint8_t byte)
{
    return is_terminator(byte) || byte == IPMI_EXTERN_ESCAPE;
}

size_t
ipmi_extern_frame_length(const uint8_t *wire, size_t wire_len)
{
    for (size_t i = 0; i < wire_len; i++) {
        if (is_terminator(wire[i])) {
            return i + 1;
        }
    }
    return 0;
}

static void
note_escape_fault(struct ipmi_extern_frame *frame, size_t offset,
                  enum ipmi_extern_escape_fault fault)
{
    if (frame->escape_fault == IPMI_EXTERN_ESCAPE_GOOD) {
        frame->escape_fault = fault;
        frame->escape_offset = offset;
    }
}

/* What an escape of an ordinary byte is. Receivers clear bit 4 and go on, so
 * only the checksum can tell a sender that escapes too much from one that
 * sends AAh for itself: it is right for the one that the sender meant. */
static enum ipmi_extern_escape_fault
odd_escape(const struct ipmi_extern_frame *frame, uint8_t escaped)
{
    uint8_t literal = (uint8_t)(frame->sum + IPMI_EXTERN_ESCAPE +
                                (escaped & IPMI_EXTERN_ESCAPE_BIT));

    return frame->terminator == IPMI_EXTERN_MSG_END && frame->sum != 0 &&
           literal == 0 ? IPMI_EXTERN_ESCAPE_MISSING
                        : IPMI_EXTERN_ESCAPE_NEEDLESS;
}

void
ipmi_extern_frame_decode(const uint8_t *wire, size_t wire_len, uint8_t *out,
                         struct ipmi_extern_frame *frame)
{
    size_t pos = 0, len = 0;
    uint8_t sum = 0;

    *frame = (struct ipmi_extern_frame){ 0 };

    while (pos < wire_len) {
        uint8_t byte = wire[pos++];

        if (is_terminator(byte)) {
            frame->terminator = byte;
            break;
        }
        if (byte == IPMI_EXTERN_ESCAPE) {
            if (pos == wire_len || is_terminator(wire[pos])) {
                /* Terminators always act, even here. */
                note_escape_fault(frame, pos - 1, IPMI_EXTERN_ESCAPE_AT_END);
                continue;
            }
            byte = (uint8_t)(wire[pos] & ~IPMI_EXTERN_ESCAPE_BIT);
            if (byte == wire[pos] || !is_special(byte)) {
                note_escape_fault(frame, pos - 1, IPMI_EXTERN_ESCAPE_NEEDLESS);
            }
            pos++;
        }
        if (out) {
            out[len] = byte;
        }
        len++;
        sum = (uint8_t)(sum + byte);
    }

    frame->wire_len = pos;
    frame->len = len;
    frame->sum = sum;

    if (frame->escape_fault == IPMI_EXTERN_ESCAPE_NEEDLESS) {
        frame->escape_fault =
            odd_escape(frame, wire[frame->escape_offset + 1]);
    }
}

bool
ipmi_extern_message_good(const struct ipmi_extern_frame *frame,
                         const uint8_t *message)
{
    return frame->terminator == IPMI_EXTERN_MSG_END && frame->sum == 0 &&
           frame->escape_fault != IPMI_EXTERN_ESCAPE_AT_END &&
           frame->len >= IPMI_EXTERN_MIN_REQUEST &&
           (!ipmi_extern_is_response(message) ||
            frame->len >= IPMI_EXTERN_MIN_RESPONSE);
}

unsigned
ipmi_extern_senders(const struct ipmi_extern_frame *frame,
                    const uint8_t *message)
{
    const struct ipmi_extern_control_info *info;

    if (ipmi_extern_message_good(frame, message)) {
        return ipmi_extern_is_response(message) ? IPMI_EXTERN_FROM_BMC
                                                : IPMI_EXTERN_FROM_HOST;
    }
    if (frame->terminator != IPMI_EXTERN_CMD_END || frame->len == 0 ||
        frame->escape_fault == IPMI_EXTERN_ESCAPE_AT_END) {
        return 0;
    }
    info = ipmi_extern_control_find(message[0]);
    return info && frame->len == 1U + info->operands ? info->senders : 0;
}

bool
ipmi_extern_message_cut(const uint8_t *wire, size_t wire_len)
{
    struct ipmi_extern_frame first, second;

    ipmi_extern_frame_decode(wire, wire_len, NULL, &first);
    ipmi_extern_frame_decode(wire + first.wire_len, wire_len - first.wire_len,
                             NULL, &second);

    return second.terminator == IPMI_EXTERN_MSG_END && second.sum != 0 &&
           (uint8_t)(first.sum + first.terminator + second.sum) == 0 &&
           first.len + 1 + second.len >= IPMI_EXTERN_MIN_REQUEST;
}
