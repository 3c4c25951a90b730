/* trace-log.c
 * Reads QEMU's trace of IPMI events, which is text, into packets as ipmi-pcap
 * would have captured them (docs/capture-format.md).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "trace-log.h"

#include <string.h>

#include <glib.h>

#include "ipmi-extern-frame.h"
#include "ipmi-record.h"

/* A machine has a few devices; what has more is no log of one. */
#define MAX_POINTS  1024
#define MAX_PATH    512     /* bytes */

/* Version of the records that events are made into. */
#define RECORD_VERSION  1

#define FLAG_LOST       0x01
#define FLAG_LANE_SHIFT 1

struct trace_log {
    GPtrArray *points;      /* struct capture_point */
    bool       bmc, host;   /* whose machine the log is of, if known */
    bool       skipping;    /* the rest of a line that is too long */
    uint8_t    bytes[IPMI_EXTERN_MAX_WIRE];
};

/* What is left of a line. */
struct text {
    const char *at, *end;
};

/* The events, by the names that the patches' trace-events have. */
enum event {
    EVENT_ACCESS,
    EVENT_IRQ,
    EVENT_RESET,
    EVENT_LINE,
    EVENT_HW_OP,
    EVENT_FRAME,
    EVENT_LINK
};

static const char *const event_names[] = {
    [EVENT_ACCESS] = "ipmi_access ",
    [EVENT_IRQ] = "ipmi_irq ",
    [EVENT_RESET] = "ipmi_reset ",
    [EVENT_LINE] = "ipmi_line ",
    [EVENT_HW_OP] = "ipmi_hw_op ",
    [EVENT_FRAME] = "ipmi_frame ",
    [EVENT_LINK] = "ipmi_link ",
};

static bool
skip(struct text *text, const char *words)
{
    size_t len = strlen(words);

    if ((size_t)(text->end - text->at) < len
            || memcmp(text->at, words, len) != 0) {
        return false;
    }
    text->at += len;
    return true;
}

/* Takes what is there before words, and the words. */
static bool
take_until(struct text *text, const char *words, struct text *taken)
{
    const char *found = g_strstr_len(text->at, text->end - text->at, words);

    if (!found) {
        return false;
    }
    taken->at = text->at;
    taken->end = found;
    text->at = found + strlen(words);
    return true;
}

static bool
equal(const struct text *text, const char *words)
{
    size_t len = text->end - text->at;

    return strlen(words) == len && memcmp(text->at, words, len) == 0;
}

static bool
number(struct text *text, unsigned base, uint64_t max, uint64_t *value)
{
    const char *begin = text->at;
    uint64_t result = 0;

    for (; text->at < text->end; text->at++) {
        int digit = g_ascii_xdigit_value(*text->at);

        if (digit < 0 || (unsigned)digit >= base) {
            break;
        }
        if ((uint64_t)digit > max || result > (max - digit) / base) {
            return false;
        }
        result = result * base + digit;
    }
    *value = result;
    return text->at > begin;
}

static bool
hex(struct text *text, uint64_t max, uint64_t *value)
{
    return skip(text, "0x") && number(text, 16, max, value);
}

/* The number that has this name. */
static bool
number_of(const char *(*name_of)(uint8_t), const struct text *name,
          uint8_t *value)
{
    for (unsigned i = 0; i <= UINT8_MAX; i++) {
        const char *words = name_of(i);

        if (words && equal(name, words)) {
            *value = i;
            return true;
        }
    }
    return false;
}

/* "host " or "BMC " */
static bool
side(struct text *text, uint8_t *value)
{
    if (skip(text, "host ")) {
        *value = IPMI_SIDE_HOST;
    } else if (skip(text, "BMC ")) {
        *value = IPMI_SIDE_BMC;
    } else {
        return false;
    }
    return true;
}

static enum capture_direction
direction_from(uint8_t sender)
{
    return sender == IPMI_SIDE_HOST ? CAPTURE_TO_BMC : CAPTURE_TO_HOST;
}

/* Each of these reads what is left of a line of its event, "KCS " or "BT "
 * included, and makes the record of it: all but the state. */

static bool
read_access(struct text *text, struct capture_packet *packet, uint8_t *record)
{
    struct text name;
    uint64_t width, lane, value;

    if (!side(text, &record[1])) {
        return false;
    }
    if (skip(text, "R ")) {
        record[2] = IPMI_OP_READ;
    } else if (skip(text, "W ")) {
        record[2] = IPMI_OP_WRITE;
    } else {
        return false;
    }
    if (!take_until(text, " width ", &name)
            || !number_of(packet->kind == CAPTURE_KCS ? ipmi_kcs_register_name
                                                      : ipmi_bt_register_name,
                          &name, &record[3])
            || !number(text, 10, 4, &width)
            || !skip(text, " lane ") || !number(text, 10, 3, &lane)
            || !skip(text, " value ") || !hex(text, UINT32_MAX, &value)) {
        return false;
    }
    record[4] = width;
    record[5] = lane << FLAG_LANE_SHIFT | (skip(text, " lost") ? FLAG_LOST : 0);
    for (int i = 0; i < 4; i++) {
        record[8 + i] = value >> (24 - 8 * i);
    }
    packet->direction = direction_from(record[1]);
    return true;
}

static bool
read_irq(struct text *text, struct capture_packet *packet, uint8_t *record)
{
    uint64_t irq, level;

    if (!side(text, &record[1]) || !skip(text, "IRQ ")
            || !number(text, 10, UINT8_MAX, &irq)
            || !skip(text, " level ") || !number(text, 10, 1, &level)) {
        return false;
    }
    record[2] = IPMI_OP_IRQ;
    record[3] = irq;
    record[11] = level;
    packet->direction = record[1] == IPMI_SIDE_HOST ? CAPTURE_TO_HOST
                                                    : CAPTURE_TO_BMC;
    return true;
}

static bool
read_reset(struct text *text, struct capture_packet *packet, uint8_t *record)
{
    (void)packet;

    record[2] = IPMI_OP_RESET;
    return side(text, &record[1]) && skip(text, "reset");
}

static bool
read_line(struct text *text, struct capture_packet *packet, uint8_t *record)
{
    struct text name;
    uint64_t level;

    if (!side(text, &record[1]) || !skip(text, "line ")
            || !take_until(text, " level ", &name)
            || !number(text, 10, 1, &level)) {
        return false;
    }
    record[2] = IPMI_OP_LINE;
    if (equal(&name, "IRQ enable")) {
        record[3] = IPMI_LINE_IRQ_ENABLE;
    } else if (!number_of(ipmi_record_line_name, &name, &record[3])) {
        return false;
    }
    record[11] = level;
    packet->direction = direction_from(record[1]);
    return true;
}

static bool
read_hw_op(struct text *text, struct capture_packet *packet, uint8_t *record)
{
    struct text name;
    uint64_t ccode;

    if (!skip(text, "hardware operation ")
            || !take_until(text, " ccode ", &name)
            || !number_of(ipmi_record_hardware_name, &name, &record[3])
            || !hex(text, UINT8_MAX, &ccode)) {
        return false;
    }
    record[1] = IPMI_SIDE_BMC;
    record[2] = IPMI_OP_HARDWARE;
    record[11] = ccode;
    packet->direction = CAPTURE_TO_HOST;
    return true;
}

static bool
read_registers(struct text *text, enum event event,
               struct capture_packet *packet, uint8_t *record)
{
    static bool (*const readers[])(struct text *, struct capture_packet *,
                                   uint8_t *) = {
        [EVENT_ACCESS] = read_access,
        [EVENT_IRQ] = read_irq,
        [EVENT_RESET] = read_reset,
        [EVENT_LINE] = read_line,
        [EVENT_HW_OP] = read_hw_op,
    };
    uint64_t state;

    if (skip(text, "KCS ")) {
        packet->kind = CAPTURE_KCS;
    } else if (skip(text, "BT ")) {
        packet->kind = CAPTURE_BT;
    } else {
        return false;
    }
    memset(record, 0, IPMI_RECORD_SIZE);
    record[0] = RECORD_VERSION;
    if (!readers[event](text, packet, record) || !skip(text, ", state ")
            || !hex(text, UINT16_MAX, &state)) {
        return false;
    }
    record[6] = state;
    record[7] = state >> 8;
    packet->len = packet->original_len = IPMI_RECORD_SIZE;
    return true;
}

static bool
read_frame(struct text *text, struct capture_packet *packet, uint8_t *bytes)
{
    uint8_t sender;
    uint64_t original_len, byte;

    if (!side(text, &sender) || !skip(text, "sends ")
            || !number(text, 10, UINT32_MAX, &original_len)
            || !skip(text, " bytes:")) {
        return false;
    }
    while (packet->len < IPMI_EXTERN_MAX_WIRE && skip(text, " ")
           && number(text, 16, UINT8_MAX, &byte)) {
        bytes[packet->len++] = byte;
    }
    packet->kind = CAPTURE_EXTERN;
    packet->direction = direction_from(sender);
    packet->original_len = MAX(original_len, packet->len);
    return packet->len > 0;
}

static bool
read_link(struct text *text, struct capture_packet *packet)
{
    packet->kind = CAPTURE_EXTERN;
    if (equal(text, "connected")) {
        packet->connection = CAPTURE_CONNECTED;
    } else if (equal(text, "disconnected")) {
        packet->connection = CAPTURE_DISCONNECTED;
    } else {
        return false;
    }
    return true;
}

/* What the log does not say: whether the device is one of the host or one of
 * the BMC. The latter has its registers in its system on a chip, and a machine
 * is one of the two. */
static const char *
side_of_point(struct trace_log *log, const char *path, bool registers)
{
    if (registers) {
        bool bmc = g_str_has_prefix(path, "/machine/soc");

        log->bmc |= bmc;
        log->host |= !bmc;
        return bmc ? ", BMC's side" : ", host's side";
    }
    if (log->bmc == log->host) {
        return "";
    }
    return log->bmc ? ", BMC's side" : ", host's side";
}

static bool
find_point(struct trace_log *log, const struct text *path,
           struct capture_packet *packet)
{
    static const char *const words[] = {
        [CAPTURE_EXTERN] = "messages",
        [CAPTURE_KCS] = "KCS registers",
        [CAPTURE_BT] = "BT registers",
    };
    struct capture_point *point;

    for (unsigned i = 0; i < log->points->len; i++) {
        point = g_ptr_array_index(log->points, i);
        if (equal(path, point->name)) {
            packet->point = i;
            return true;
        }
    }
    if (log->points->len == MAX_POINTS || path->at == path->end
            || path->end - path->at > MAX_PATH
            || !g_utf8_validate(path->at, path->end - path->at, NULL)) {
        return false;
    }
    point = g_new0(struct capture_point, 1);
    point->name = g_strndup(path->at, path->end - path->at);
    point->description = g_strdup_printf(
        "trace: %s%s", words[packet->kind],
        side_of_point(log, point->name, packet->kind != CAPTURE_EXTERN));
    packet->point = log->points->len;
    g_ptr_array_add(log->points, point);
    return true;
}

/* "THREAD@SECONDS.MICROSECONDS:", if it is there. */
static void
read_time(struct text *text, struct capture_packet *packet)
{
    struct text rest = *text;
    uint64_t thread, seconds, microseconds;

    if (number(&rest, 10, UINT32_MAX, &thread) && skip(&rest, "@")
            && number(&rest, 10, UINT32_MAX, &seconds) && skip(&rest, ".")
            && number(&rest, 10, 999999, &microseconds) && skip(&rest, ":")) {
        packet->time = seconds * 1000000000 + microseconds * 1000;
        *text = rest;
    }
}

static bool
read_event(struct trace_log *log, struct text *text,
           struct capture_packet *packet)
{
    struct text path;
    size_t event = 0;
    bool good;

    *packet = (struct capture_packet){ .bytes = log->bytes };
    read_time(text, packet);
    while (!skip(text, event_names[event])) {
        if (++event == G_N_ELEMENTS(event_names)) {
            return false;
        }
    }
    if (!take_until(text, ": ", &path)) {
        return false;
    }
    switch (event) {
    case EVENT_FRAME:
        good = read_frame(text, packet, log->bytes);
        break;
    case EVENT_LINK:
        good = read_link(text, packet);
        text->at = text->end;
        break;
    default:
        good = read_registers(text, event, packet, log->bytes);
        break;
    }
    return good && text->at == text->end && find_point(log, &path, packet);
}

bool
trace_log_begins(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] < ' ' && !g_ascii_isspace(bytes[i])
                && bytes[i] != '\033') {
            return false;
        }
    }
    return true;
}

static void
free_point(void *pointer)
{
    struct capture_point *point = pointer;

    g_free((char *)point->name);
    g_free((char *)point->description);
    g_free(point);
}

struct trace_log *
trace_log_new(void)
{
    struct trace_log *log = g_new0(struct trace_log, 1);

    log->points = g_ptr_array_new_with_free_func(free_point);
    return log;
}

void
trace_log_free(struct trace_log *log)
{
    g_ptr_array_unref(log->points);
    g_free(log);
}

size_t
trace_log_read(struct trace_log *log, const uint8_t *bytes, size_t len,
               struct capture_packet *packet, bool *found)
{
    const char *begin = (const char *)bytes;
    const char *end = begin + len;
    const char *at = begin;
    const char *newline;

    *found = false;
    while (!*found && at < end && (newline = memchr(at, '\n', end - at))) {
        struct text line = { at, newline };

        if (line.end > line.at && line.end[-1] == '\r') {
            line.end--;
        }
        *found = !log->skipping && newline - at <= TRACE_LOG_MAX_LINE
                 && read_event(log, &line, packet);
        log->skipping = false;
        at = newline + 1;
    }
    if (!*found && end - at > TRACE_LOG_MAX_LINE) {
        log->skipping = true;
        at = end;
    }
    return at - begin;
}

unsigned
trace_log_points(const struct trace_log *log)
{
    return log->points->len;
}

const struct capture_point *
trace_log_point(const struct trace_log *log, unsigned number)
{
    return g_ptr_array_index(log->points, number);
}
