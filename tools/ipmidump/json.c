/* json.c
 * What is in a capture as JSON for programs, an object in each line. The keys
 * are those that ipmidump(1) documents: they stay as they are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <glib.h>

#include "ipmi-extern-frame.h"
#include "ipmi-record.h"
#include "output.h"
#include "sink.h"

/* Between two quotation marks of a string. */
#define MAX_STRING  4096

struct json {
    struct sink sink;
    struct output output;
    struct output_clock clock;
    bool registers;
    GPtrArray *points;          /* char *: the keys that tell them, by number */
};

/* Appends text as a string. What is no UTF-8 or too long is mended. */
static void
append_string(GString *json, const char *text)
{
    char *valid = g_utf8_make_valid(text, strnlen(text, MAX_STRING));

    g_string_append_c(json, '"');
    for (const char *at = valid; *at; at++) {
        if (*at == '"' || *at == '\\') {
            g_string_append_c(json, '\\');
            g_string_append_c(json, *at);
        } else if ((unsigned char)*at < ' ') {
            g_string_append_printf(json, "\\u%04x", *at);
        } else {
            g_string_append_c(json, *at);
        }
    }
    g_string_append_c(json, '"');
    g_free(valid);
}

static void
json_point(struct sink *sink, unsigned number,
           const struct capture_point *point)
{
    struct json *json = (struct json *)sink;
    GString *line = g_string_new("{\"kind\":\"point\"");
    GString *keys = g_string_new(",\"point\":");

    append_string(keys, point->name);
    g_string_append_printf(keys, ",\"point_number\":%u", number);
    g_string_append(line, keys->str);
    if (point->description) {
        g_string_append(line, ",\"description\":");
        append_string(line, point->description);
    }
    g_string_append(line, "}\n");

    output_begin(&json->output);
    output_bytes(&json->output, line->str, line->len);
    g_string_free(line, TRUE);
    g_ptr_array_add(json->points, g_string_free(keys, FALSE));
}

/* key: with its quotation marks and colon. */
static void
add_number(struct output *output, const char *key, uint64_t value)
{
    output_char(output, ',');
    output_text(output, key);
    output_number(output, value, 1);
}

/* words: of ours, so that nothing in them needs an escape. */
static void
add_words(struct output *output, const char *key, const char *words)
{
    output_char(output, ',');
    output_text(output, key);
    output_char(output, '"');
    output_text(output, words);
    output_char(output, '"');
}

/* A name, or the number of what has none. */
static void
add_name(struct output *output, const char *key, const char *name,
         uint8_t number)
{
    if (name) {
        add_words(output, key, name);
    } else {
        add_number(output, key, number);
    }
}

static void
add_bytes(struct output *output, const char *key, const uint8_t *bytes,
          size_t len)
{
    output_char(output, ',');
    output_text(output, key);
    output_char(output, '"');
    output_hex(output, bytes, len);
    output_char(output, '"');
}

static void
add_message(struct output *output, const struct traffic *traffic)
{
    const uint8_t *bytes = traffic->bytes;
    const uint8_t netfn = bytes[1] >> 2;
    const size_t data = ipmi_extern_data_offset(bytes);

    if (traffic->where != CAPTURE_KCS) {
        add_number(output, "\"seq\":", bytes[0]);
    }
    add_number(output, "\"netfn\":", netfn);
    add_number(output, "\"lun\":", bytes[1] & 3);
    add_number(output, "\"cmd\":", bytes[2]);
    add_words(output, "\"command\":",
              ipmi_command_name(traffic->command, netfn));
    if (ipmi_extern_is_response(bytes)) {
        add_number(output, "\"ccode\":", bytes[3]);
        add_words(output, "\"completion\":",
                  ipmi_ccode_name(traffic->command, bytes[3]));
    }
    add_bytes(output, "\"data\":", bytes + data, traffic->len - data);
    if (traffic->matched) {
        add_number(output, "\"request\":", traffic->request_number);
    }
    if (traffic->matched && traffic->time >= traffic->request_time) {
        const uint64_t ns = traffic->time - traffic->request_time;

        add_number(output, "\"response_time\":", ns / 1000000000);
        output_char(output, '.');
        output_number(output, ns % 1000000000, 9);
    }
}

static void
add_control(struct output *output, const struct traffic *traffic)
{
    const struct ipmi_extern_control_info *info =
        ipmi_extern_control_find(traffic->bytes[0]);

    add_number(output, "\"control\":", traffic->bytes[0]);
    if (info) {
        add_words(output, "\"name\":", info->name);
    }
    add_bytes(output, "\"operand\":", traffic->bytes + 1, traffic->len - 1);
}

static void
add_access(struct output *output, const struct traffic *traffic)
{
    const bool kcs = traffic->where == CAPTURE_KCS;
    struct ipmi_record record;

    ipmi_record_decode(traffic->bytes, &record);
    add_name(output, "\"side\":", ipmi_record_side_name(record.side),
             record.side);
    add_name(output, "\"operation\":", ipmi_record_op_name(record.op),
             record.op);
    switch (record.op) {
    case IPMI_OP_READ:
    case IPMI_OP_WRITE:
        add_name(output, "\"register\":",
                 kcs ? ipmi_kcs_register_name(record.what)
                     : ipmi_bt_register_name(record.what), record.what);
        add_number(output, "\"width\":", record.width);
        add_number(output, "\"lane\":", record.lane);
        break;
    case IPMI_OP_IRQ:
        add_number(output, "\"irq\":", record.what);
        break;
    case IPMI_OP_LINE:
        add_name(output, "\"line\":", ipmi_record_line_name(record.what),
                 record.what);
        break;
    case IPMI_OP_HARDWARE:
        add_name(output, "\"hardware\":",
                 ipmi_record_hardware_name(record.what), record.what);
        break;
    case IPMI_OP_RESET:
        break;
    default:
        add_number(output, "\"what\":", record.what);
        break;
    }
    add_number(output, "\"value\":", record.value);
    if (record.lost) {
        output_text(output, ",\"no_effect\":true");
    }
    add_number(output, "\"state\":", record.state);
    if (!kcs) {
        add_number(output, "\"intmask\":", record.intmask);
    }
}

static void
add_content(struct output *output, const struct traffic *traffic)
{
    switch (traffic->kind) {
    case TRAFFIC_REQUEST:
    case TRAFFIC_RESPONSE:
        add_message(output, traffic);
        break;
    case TRAFFIC_CONTROL:
        add_control(output, traffic);
        break;
    case TRAFFIC_ACCESS:
        add_access(output, traffic);
        break;
    case TRAFFIC_BAD:
        add_bytes(output, "\"bytes\":", traffic->bytes, traffic->len);
        break;
    case TRAFFIC_CONNECTED:
    case TRAFFIC_DISCONNECTED:
        break;
    }
}

static void
json_traffic(struct sink *sink, const struct traffic *traffic)
{
    static const char *const directions[] = {
        [CAPTURE_TO_HOST] = "to_host",
        [CAPTURE_TO_BMC] = "to_bmc",
    };
    struct json *json = (struct json *)sink;
    struct output *output = &json->output;

    if (!sink_shows(traffic, json->registers)) {
        return;
    }
    output_begin(output);
    output_text(output, "{\"kind\":\"");
    output_text(output, traffic_kind_name(traffic->kind));
    output_char(output, '"');
    add_number(output, "\"number\":", traffic->number);
    output_text(output, ",\"time\":\"");
    output_seconds(output, &json->clock, traffic->time, "%Y-%m-%dT%H:%M:%S.",
                   true);
    output_number(output, traffic->time % 1000000000, 9);
    output_text(output, "Z\"");
    output_text(output, g_ptr_array_index(json->points, traffic->point));
    add_words(output, "\"place\":", traffic_place_name(traffic->where));
    if (traffic->direction != CAPTURE_NEITHER) {
        add_words(output, "\"direction\":", directions[traffic->direction]);
    }
    add_content(output, traffic);
    if (traffic->lost) {
        add_number(output, "\"lost\":", traffic->lost);
    }
    if (traffic->fault) {
        add_words(output, "\"fault\":", traffic->fault);
    }
    output_text(output, "}\n");
}

static void
json_pause(struct sink *sink)
{
    output_flush(&((struct json *)sink)->output);
}

static void
json_close(struct sink *sink)
{
    struct json *json = (struct json *)sink;

    output_flush(&json->output);
    g_ptr_array_unref(json->points);
    g_free(json);
}

struct sink *
json_new(bool registers)
{
    static const struct sink_class class = {
        .point = json_point,
        .traffic = json_traffic,
        .pause = json_pause,
        .close = json_close,
    };
    struct json *json = g_new0(struct json, 1);

    json->sink.class = &class;
    json->points = g_ptr_array_new_with_free_func(g_free);
    json->registers = registers;
    return &json->sink;
}
