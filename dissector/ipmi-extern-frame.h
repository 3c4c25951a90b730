/* ipmi-extern-frame.h
 * Frames of the IPMI extern wire format (OpenIPMI's "VM" protocol).
 *
 * Depends on the C library alone, so that programs without Wireshark can
 * link it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_EXTERN_FRAME_H
#define IPMI_EXTERN_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The wire is a byte stream without lengths: all since the last terminator is
 * one frame, and these three never stand for themselves inside one. */
#define IPMI_EXTERN_MSG_END     0xa0    /* ends a message */
#define IPMI_EXTERN_CMD_END     0xa1    /* ends a control command */
#define IPMI_EXTERN_ESCAPE      0xaa    /* the next byte is data less bit 4 */
#define IPMI_EXTERN_ESCAPE_BIT  0x10

/* A message, unescaped: sequence number, netFn/LUN, command, (response:
 * completion code,) data, checksum. */
#define IPMI_EXTERN_MIN_REQUEST     4
#define IPMI_EXTERN_MIN_RESPONSE    5

/* Longest message, unescaped, that each receiver takes. A BT frame carries 255
 * bytes after its length: all of the message but its checksum. */
#define IPMI_EXTERN_MAX_BT          256
#define IPMI_EXTERN_MAX_OPENIPMI    259 /* IPMI_SIM_MAX_MSG_LENGTH + 4 */
#define IPMI_EXTERN_MAX_QEMU        302 /* MAX_IPMI_MSG_SIZE + 2 */

/* No peer known takes more than 4096 bytes, each of which may be escaped. */
#define IPMI_EXTERN_MAX_WIRE        (2 * 4096 + 1)

/* Control commands. */
enum ipmi_extern_control {
    IPMI_EXTERN_NOATTN              = 0x00,
    IPMI_EXTERN_ATTN                = 0x01,
    IPMI_EXTERN_ATTN_IRQ            = 0x02,
    IPMI_EXTERN_POWEROFF            = 0x03,
    IPMI_EXTERN_RESET               = 0x04,
    IPMI_EXTERN_ENABLE_IRQ          = 0x05,
    IPMI_EXTERN_DISABLE_IRQ         = 0x06,
    IPMI_EXTERN_SEND_NMI            = 0x07,
    IPMI_EXTERN_CAPABILITIES        = 0x08,
    IPMI_EXTERN_GRACEFUL_SHUTDOWN   = 0x09,
    IPMI_EXTERN_DISABLE             = 0x0a,
    IPMI_EXTERN_ENABLE              = 0x0b,
    IPMI_EXTERN_VERSION             = 0xff
};

/* Bits of the CAPABILITIES operand: what the host is able to do when told. */
#define IPMI_EXTERN_CAP_POWER               0x01
#define IPMI_EXTERN_CAP_RESET               0x02
#define IPMI_EXTERN_CAP_IRQ                 0x04
#define IPMI_EXTERN_CAP_NMI                 0x08
#define IPMI_EXTERN_CAP_ATTN                0x10
#define IPMI_EXTERN_CAP_GRACEFUL_SHUTDOWN   0x20
#define IPMI_EXTERN_CAP_ENABLE              0x40

/* The only protocol version there is. */
#define IPMI_EXTERN_VERSION_1   1

enum ipmi_extern_sender {
    IPMI_EXTERN_FROM_HOST = 1,
    IPMI_EXTERN_FROM_BMC = 2
};

struct ipmi_extern_control_info {
    uint8_t     code;
    const char *name;
    uint8_t     senders;    /* who sends it: enum ipmi_extern_sender, or'ed */
    uint8_t     operands;   /* bytes after the code */
    uint8_t     capability; /* what the host must have announced, or 0 */
};

/* Returns NULL for a code that no implementation knows. */
const struct ipmi_extern_control_info *ipmi_extern_control_find(uint8_t code);

enum ipmi_extern_escape_fault {
    IPMI_EXTERN_ESCAPE_GOOD,
    IPMI_EXTERN_ESCAPE_AT_END,      /* nothing after it but the terminator */
    IPMI_EXTERN_ESCAPE_NEEDLESS,    /* of a byte that goes unescaped */
    IPMI_EXTERN_ESCAPE_MISSING      /* aah stood for itself */
};

struct ipmi_extern_frame {
    size_t  wire_len;       /* bytes on the wire, the terminator included */
    uint8_t terminator;     /* IPMI_EXTERN_MSG_END, _CMD_END, or 0: none */
    size_t  len;            /* bytes unescaped, the terminator not counted */
    uint8_t sum;            /* of all of them: 0 in a good message */
    enum ipmi_extern_escape_fault escape_fault;
    size_t  escape_offset;  /* of the first faulty escape, on the wire */
};

/* Length on the wire of the first frame of a stream, its terminator included;
 * 0 if no terminator has come yet. */
size_t ipmi_extern_frame_length(const uint8_t *wire, size_t wire_len);

/* Decodes the first frame of a stream.
 *
 * Writes the unescaped bytes to out, which has room for wire_len of them or is
 * NULL, and describes the frame. It runs to its terminator or, where there is
 * none, to the end of wire, with frame->terminator 0. */
void ipmi_extern_frame_decode(const uint8_t *wire, size_t wire_len,
                              uint8_t *out, struct ipmi_extern_frame *frame);

/* Whether a message is good: complete, long enough for its kind, and with the
 * right checksum. message is frame's, unescaped. */
bool ipmi_extern_message_good(const struct ipmi_extern_frame *frame,
                              const uint8_t *message);

/* Who sends such a frame: enum ipmi_extern_sender, or'ed; 0 if its receiver
 * drops it. message is frame's, unescaped. */
unsigned ipmi_extern_senders(const struct ipmi_extern_frame *frame,
                             const uint8_t *message);

/* Whether the two frames at the start of a stream, neither of them good, are
 * one message that its sender cut in two: by a data byte A0h or A1h that went
 * out without an escape. */
bool ipmi_extern_message_cut(const uint8_t *wire, size_t wire_len);

/* Whether a message of at least 2 bytes is a response: its netFn is odd. */
static inline bool
ipmi_extern_is_response(const uint8_t *message)
{
    return message[1] >> 2 & 1;
}

/* Where a message's data begin: after the command, or the completion code. */
static inline size_t
ipmi_extern_data_offset(const uint8_t *message)
{
    return ipmi_extern_is_response(message) ? 4 : 3;
}

/* The value of a message's last byte that makes the sum of all 0. */
static inline uint8_t
ipmi_extern_checksum(const struct ipmi_extern_frame *frame, uint8_t last)
{
    return (uint8_t)(last - frame->sum);
}

#endif /* IPMI_EXTERN_FRAME_H */
