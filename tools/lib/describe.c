/* describe.c
 * What happened, in words: one line for each thing in a capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include <glib.h>

#include "ipmi-record.h"
#include "message.h"
#include "traffic.h"

/* A line that is written to, and what has no room left out. */
struct line {
    char  *text;
    size_t size;
    size_t len;
};

struct bit_name {
    uint8_t     mask;
    const char *name;
};

static void
add(struct line *line, const char *text)
{
    size_t len = strlen(text);

    len = MIN(len, line->size - 1 - line->len);
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

static void
add_hex(struct line *line, uint32_t value, unsigned digits)
{
    char text[9];

    for (unsigned i = 0; i < digits; i++) {
        text[i] = "0123456789abcdef"[value >> 4 * (digits - 1 - i) & 0xf];
    }
    text[digits] = '\0';
    add(line, text);
}

/* The fewest of 2, 4 or 8 digits that do. */
static void
add_value(struct line *line, uint32_t value)
{
    add_hex(line, value, value > 0xffff ? 8 : value > 0xff ? 4 : 2);
}

static void
add_bytes(struct line *line, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len && line->len + 1 < line->size; i++) {
        add(line, " ");
        add_hex(line, bytes[i], 2);
    }
}

/* The bits that are set, with separator before the first of them and a space
 * between them. */
static void
add_bits(struct line *line, uint8_t value, const struct bit_name *bits,
         const char *separator)
{
    for (; bits->name; bits++) {
        if (value & bits->mask) {
            add(line, separator);
            add(line, bits->name);
            separator = " ";
        }
    }
}

/* The number stands for itself if it has no name. */
static void
add_name(struct line *line, const char *name, uint8_t number)
{
    if (name) {
        add(line, name);
    } else {
        add_hex(line, number, 2);
    }
}

/* What stands between a command and its data: of a response, whether it went
 * well. */
static void
add_outcome(struct line *line, const struct traffic *traffic,
            const struct ipmi_command *command, bool has_data)
{
    if (traffic->kind == TRAFFIC_RESPONSE && traffic->bytes[3] != 0) {
        add(line, ": ");
        add(line, ipmi_ccode_name(command, traffic->bytes[3]));
        add(line, " (");
        add_hex(line, traffic->bytes[3], 2);
        add(line, has_data ? ")," : ")");
    } else if (has_data) {
        add(line, ":");
    } else if (traffic->kind == TRAFFIC_RESPONSE) {
        add(line, ": OK");
    }
}

static void
describe_message(struct line *line, const struct traffic *traffic)
{
    const uint8_t *bytes = traffic->bytes;
    uint8_t netfn = bytes[1] >> 2;
    size_t data = ipmi_extern_data_offset(bytes);
    size_t data_len = traffic->len - data;
    const struct ipmi_command *command = traffic->command
        ? traffic->command : message_command(bytes, traffic->len);

    add(line, ipmi_command_name(command, netfn));
    if (!command) {
        add(line, " ");
        add_hex(line, netfn & ~1U, 2);
        add(line, "/");
        add_hex(line, bytes[2], 2);
    }
    add_outcome(line, traffic, command, data_len > 0);
    if (data_len > 0) {
        add_bytes(line, bytes + data, data_len);
    }
}

static void
describe_control(struct line *line, const struct traffic *traffic)
{
    static const struct bit_name capabilities[] = {
        { IPMI_EXTERN_CAP_POWER, "power" },
        { IPMI_EXTERN_CAP_RESET, "reset" },
        { IPMI_EXTERN_CAP_IRQ, "irq" },
        { IPMI_EXTERN_CAP_NMI, "nmi" },
        { IPMI_EXTERN_CAP_ATTN, "attn" },
        { IPMI_EXTERN_CAP_GRACEFUL_SHUTDOWN, "graceful-shutdown" },
        { IPMI_EXTERN_CAP_ENABLE, "enable" },
        { 0, NULL }
    };
    const uint8_t *bytes = traffic->bytes;
    const struct ipmi_extern_control_info *info =
        ipmi_extern_control_find(bytes[0]);

    add(line, info ? info->name : "control ");
    if (!info) {
        add_hex(line, bytes[0], 2);
    }
    if (traffic->len > 1) {
        add_bytes(line, bytes + 1, traffic->len - 1);
    }
    if (bytes[0] == IPMI_EXTERN_CAPABILITIES && traffic->len == 2) {
        add_bits(line, bytes[1], capabilities, ", ");
    }
}

static void
add_kcs_status(struct line *line, uint8_t status)
{
    static const char *const states[] = { "IDLE", "READ", "WRITE", "ERROR" };
    static const struct bit_name bits[] = {
        { IPMI_KCS_CD, "C/D" },
        { IPMI_KCS_SMS_ATN, "SMS_ATN" },
        { IPMI_KCS_IBF, "IBF" },
        { IPMI_KCS_OBF, "OBF" },
        { 0, NULL }
    };

    add(line, states[status >> 6]);
    add_bits(line, status, bits, " ");
}

static void
add_bt_control(struct line *line, uint8_t control)
{
    static const struct bit_name bits[] = {
        { IPMI_BT_B_BUSY, "B_BUSY" },
        { IPMI_BT_H_BUSY, "H_BUSY" },
        { IPMI_BT_OEM0, "OEM0" },
        { IPMI_BT_SMS_ATN, "SMS_ATN" },
        { IPMI_BT_B2H_ATN, "B2H_ATN" },
        { IPMI_BT_H2B_ATN, "H2B_ATN" },
        { IPMI_BT_CLR_RD_PTR, "CLR_RD_PTR" },
        { IPMI_BT_CLR_WR_PTR, "CLR_WR_PTR" },
        { 0, NULL }
    };

    if (control == 0) {
        add(line, "idle");
    }
    add_bits(line, control, bits, "");
}

static void
describe_operation(struct line *line, const struct ipmi_record *record,
                   bool is_kcs)
{
    switch (record->op) {
    case IPMI_OP_READ:
    case IPMI_OP_WRITE:
        add(line, record->op == IPMI_OP_READ ? "R " : "W ");
        add_name(line, is_kcs ? ipmi_kcs_register_name(record->what)
                              : ipmi_bt_register_name(record->what),
                 record->what);
        add(line, " ");
        add_value(line, record->value);
        break;
    case IPMI_OP_IRQ:
        add(line, "IRQ ");
        if (record->what) {
            char number[4];

            g_snprintf(number, sizeof number, "%u", record->what);
            add(line, number);
            add(line, " ");
        }
        add(line, record->value ? "up" : "down");
        break;
    case IPMI_OP_RESET:
        add(line, "reset");
        break;
    case IPMI_OP_LINE:
        add(line, "line ");
        add_name(line, ipmi_record_line_name(record->what), record->what);
        add(line, record->value ? " on" : " off");
        break;
    case IPMI_OP_HARDWARE:
        add_name(line, ipmi_record_hardware_name(record->what), record->what);
        if (record->value) {
            add(line, ", refused: ");
            add_value(line, record->value);
        }
        break;
    default:
        add(line, "operation ");
        add_hex(line, record->op, 2);
        break;
    }
}

static void
describe_access(struct line *line, const struct traffic *traffic)
{
    bool is_kcs = traffic->where == CAPTURE_KCS;
    struct ipmi_record record;

    ipmi_record_decode(traffic->bytes, &record);
    add_name(line, ipmi_record_side_name(record.side), record.side);
    add(line, " ");
    describe_operation(line, &record, is_kcs);
    add(line, " -> ");
    add_hex(line, record.state, 2);
    add(line, " (");
    if (is_kcs) {
        add_kcs_status(line, record.state);
    } else {
        add_bt_control(line, record.state);
    }
    add(line, ")");
}

const char *
traffic_kind_name(enum traffic_kind kind)
{
    static const char *const names[] = {
        [TRAFFIC_REQUEST] = "request",
        [TRAFFIC_RESPONSE] = "response",
        [TRAFFIC_CONTROL] = "control",
        [TRAFFIC_CONNECTED] = "connected",
        [TRAFFIC_DISCONNECTED] = "disconnected",
        [TRAFFIC_ACCESS] = "access",
        [TRAFFIC_BAD] = "bad",
    };

    return names[kind];
}

const char *
traffic_place_name(enum capture_kind where)
{
    static const char *const names[] = {
        [CAPTURE_OTHER] = "other",
        [CAPTURE_EXTERN] = "wire",
        [CAPTURE_KCS] = "kcs",
        [CAPTURE_BT] = "bt",
        [CAPTURE_TRACE] = "trace",
    };

    return names[where];
}

size_t
traffic_describe(const struct traffic *traffic, char *text, size_t size)
{
    struct line line = { .text = text, .size = size };

    if (size == 0) {
        return 0;
    }
    switch (traffic->kind) {
    case TRAFFIC_REQUEST:
    case TRAFFIC_RESPONSE:
        describe_message(&line, traffic);
        break;
    case TRAFFIC_CONTROL:
        describe_control(&line, traffic);
        break;
    case TRAFFIC_CONNECTED:
        add(&line, "connected");
        break;
    case TRAFFIC_DISCONNECTED:
        add(&line, "disconnected");
        break;
    case TRAFFIC_ACCESS:
        describe_access(&line, traffic);
        break;
    case TRAFFIC_BAD:
        add(&line, "bad frame");
        if (traffic->len > 0) {
            add(&line, ":");
            add_bytes(&line, traffic->bytes, traffic->len);
        }
        break;
    }
    text[line.len] = '\0';
    return line.len;
}
