/* recording.c
 * Reads a capture and keeps what can be played of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "recording.h"

#include <limits.h>
#include <poll.h>
#include <string.h>

#include "capture-reader.h"
#include "exchange.h"
#include "ipmi-extern-frame.h"
#include "ipmi-record.h"

/* What is being read. */
struct reading {
    struct recording *recording;
    GArray *events;
    bool    is_cut;             /* the packet */
};

static bool
is_connection(enum traffic_kind kind)
{
    return kind == TRAFFIC_CONNECTED || kind == TRAFFIC_DISCONNECTED;
}

/* What the BMC did to its host in another way, docs/capture-format.md: by which
 * control command it does that over a connection. value: of the record, whether
 * the line was set, or the operation refused. */
static const struct {
    enum ipmi_record_op op;
    uint8_t what;
    bool    value;
    uint8_t control;
} deeds[] = {
    { IPMI_OP_LINE, IPMI_LINE_SMS_ATN, true, IPMI_EXTERN_ATTN_IRQ },
    { IPMI_OP_LINE, IPMI_LINE_SMS_ATN, false, IPMI_EXTERN_NOATTN },
    { IPMI_OP_LINE, IPMI_LINE_IRQ_ENABLE, true, IPMI_EXTERN_ENABLE_IRQ },
    { IPMI_OP_LINE, IPMI_LINE_IRQ_ENABLE, false, IPMI_EXTERN_DISABLE_IRQ },
    { IPMI_OP_LINE, IPMI_LINE_ENABLE, true, IPMI_EXTERN_ENABLE },
    { IPMI_OP_LINE, IPMI_LINE_ENABLE, false, IPMI_EXTERN_DISABLE },
    { IPMI_OP_HARDWARE, 1, false, IPMI_EXTERN_RESET },
    { IPMI_OP_HARDWARE, 2, false, IPMI_EXTERN_POWEROFF },
    { IPMI_OP_HARDWARE, 6, false, IPMI_EXTERN_GRACEFUL_SHUTDOWN },
    { IPMI_OP_HARDWARE, 7, false, IPMI_EXTERN_SEND_NMI },
};

/* The control command that a record stands for, or NULL. */
static const uint8_t *
control_of(const struct traffic *access)
{
    struct ipmi_record record;

    ipmi_record_decode(access->bytes, &record);
    for (size_t i = 0; i < G_N_ELEMENTS(deeds); i++) {
        if (record.op == deeds[i].op && record.what == deeds[i].what
                && !record.value == !deeds[i].value) {
            return &deeds[i].control;
        }
    }
    return NULL;
}

/* A message goes one way only, whatever the packet says. */
static enum capture_direction
direction_of(const struct traffic *traffic)
{
    switch (traffic->kind) {
    case TRAFFIC_REQUEST:
        return CAPTURE_TO_BMC;
    case TRAFFIC_RESPONSE:
        return CAPTURE_TO_HOST;
    default:
        return traffic->direction;
    }
}

static bool
can_be_played(const struct reading *reading, const struct traffic *traffic)
{
    switch (traffic->kind) {
    case TRAFFIC_REQUEST:
    case TRAFFIC_RESPONSE:
        return !reading->is_cut
               && (traffic->direction == CAPTURE_NEITHER
                   || traffic->direction == direction_of(traffic));
    case TRAFFIC_CONTROL:
        return traffic->direction != CAPTURE_NEITHER;
    case TRAFFIC_BAD:
        return false;
    default:
        return true;
    }
}

static void
add_event(struct reading *reading, struct recorded *event,
          const uint8_t *bytes, size_t len)
{
    event->bytes = (const uint8_t *)g_string_chunk_insert_len(
        reading->recording->bytes, (const char *)bytes, (gssize)len);
    event->len = (uint32_t)len;
    g_array_append_val(reading->events, *event);
}

static void
take(const struct traffic *traffic, void *data)
{
    struct reading *reading = data;
    struct recorded event = {
        .kind = traffic->kind,
        .direction = direction_of(traffic),
        .number = traffic->number,
        .time = traffic->time,
        .partner = RECORDING_NONE,
        .point = traffic->point,
        .where = traffic->where,
        .command = traffic->command,
    };

    if (traffic->kind == TRAFFIC_ACCESS) {
        const uint8_t *control = control_of(traffic);

        if (control) {
            event.kind = TRAFFIC_CONTROL;
            event.direction = CAPTURE_TO_HOST;
            add_event(reading, &event, control, 1);
        }
    } else if (can_be_played(reading, traffic)) {
        add_event(reading, &event, traffic->bytes, traffic->len);
    } else {
        reading->recording->left_out++;
    }
}

static bool
read_packets(struct capture_reader *reader, struct reading *reading,
             GError **error)
{
    struct traffic_follower *follower = traffic_follower_new();
    struct capture_packet packet;
    enum capture_read result;
    unsigned points = 0;

    do {
        result = capture_reader_next(reader, &packet, error);
        if (result == CAPTURE_READ_AGAIN) {
            struct pollfd input = {
                .fd = capture_reader_fd(reader), .events = POLLIN
            };

            poll(&input, 1, -1);
        } else if (result == CAPTURE_READ_PACKET) {
            for (; points < capture_reader_points(reader); points++) {
                traffic_follower_point(follower, points,
                                       capture_reader_point(reader, points));
            }
            reading->is_cut = packet.len < packet.original_len;
            traffic_follower_packet(follower, &packet, take, reading);
        }
    } while (result == CAPTURE_READ_PACKET || result == CAPTURE_READ_AGAIN);
    traffic_follower_free(follower);
    return result == CAPTURE_READ_END;
}

/* --- the capture point ------------------------------------------------- */

/* Which capture points have something to play, by their numbers. To be
 * freed. */
static bool *
find_playable(const struct capture_reader *reader,
              const struct recording *recording)
{
    bool *playable = g_new0(bool, capture_reader_points(reader) + 1);

    for (size_t i = 0; i < recording->len; i++) {
        const struct recorded *event = &recording->events[i];

        if (!is_connection(event->kind)) {
            playable[event->point] = true;
        }
    }
    return playable;
}

static void
append_point(GString *list, unsigned number, const struct capture_point *point)
{
    g_string_append_printf(list, "\n  %u  %s", number, point->name);
    if (point->description) {
        g_string_append_printf(list, " (%s)", point->description);
    }
}

/* Names may be those of several points, of machines whose captures were
 * merged. */
static void
refuse_points(const char *name, const char *wanted, const char *list,
              GError **error)
{
    if (*list == '\0') {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s has nothing that could be played", name);
    } else if (wanted) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s: '%s' is not the name or number of one of these "
                    "capture points, and of no other:%s", name, wanted, list);
    } else {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s has several capture points: choose one by --point, its "
                    "name or its number:%s", name, list);
    }
}

static bool
is_wanted(const struct capture_reader *reader, unsigned point,
          const char *wanted)
{
    guint64 number;

    if (!wanted) {
        return true;
    }
    if (g_ascii_string_to_unsigned(wanted, 10, 0, UINT_MAX, &number, NULL)) {
        return number == point;
    }
    return strcmp(capture_reader_point(reader, point)->name, wanted) == 0;
}

/* The one that is wanted, among those that have something to play. */
static bool
choose_point(const struct capture_reader *reader,
             const struct recording *recording, const char *wanted,
             unsigned *chosen, GError **error)
{
    bool *playable = find_playable(reader, recording);
    GString *list = g_string_new(NULL);
    unsigned found = 0;

    for (unsigned i = 0; i < capture_reader_points(reader); i++) {
        if (!playable[i]) {
            continue;
        }
        append_point(list, i, capture_reader_point(reader, i));
        if (is_wanted(reader, i, wanted)) {
            *chosen = i;
            found++;
        }
    }
    if (found != 1) {
        refuse_points(recording->name, wanted, list->str, error);
    }
    g_string_free(list, TRUE);
    g_free(playable);
    return found == 1;
}

static void
keep_point(struct recording *recording, unsigned point)
{
    size_t kept = 0;

    for (size_t i = 0; i < recording->len; i++) {
        if (recording->events[i].point == point) {
            recording->events[kept++] = recording->events[i];
        }
    }
    recording->len = kept;
    recording->where = recording->events[0].where;
}

/* --- partners ---------------------------------------------------------- */

static void
find_partners(struct recording *recording)
{
    struct exchange *exchange = g_new0(struct exchange, 1);

    for (size_t i = 0; i < recording->len; i++) {
        struct recorded *event = &recording->events[i];
        const struct exchange_request *request;

        switch (event->kind) {
        case TRAFFIC_REQUEST:
            exchange_request(exchange, event->bytes, event->time, i);
            break;
        case TRAFFIC_RESPONSE:
            request = exchange_response(exchange, event->bytes);
            if (request) {
                event->partner = request->number;
                recording->events[request->number].partner = i;
            }
            break;
        case TRAFFIC_CONNECTED:
        case TRAFFIC_DISCONNECTED:
            exchange_reset(exchange);
            break;
        default:
            break;
        }
    }
    g_free(exchange);
}

struct recording *
recording_load(int fd, const char *name, const char *point, GError **error)
{
    struct capture_reader *reader = capture_reader_open_fd(fd, name);
    struct recording *recording = g_new0(struct recording, 1);
    struct reading reading;
    unsigned chosen;
    bool good;

    recording->name = g_strdup(name);
    recording->bytes = g_string_chunk_new(65536);
    reading.recording = recording;
    reading.events = g_array_new(FALSE, FALSE, sizeof(struct recorded));

    good = read_packets(reader, &reading, error);
    recording->len = reading.events->len;
    recording->events = g_array_steal(reading.events, NULL);
    recording->cut_off = capture_reader_cut_off(reader);
    good = good && choose_point(reader, recording, point, &chosen, error);
    if (good) {
        keep_point(recording, chosen);
        find_partners(recording);
    }
    g_array_free(reading.events, TRUE);
    capture_reader_close(reader);
    if (!good) {
        recording_free(recording);
        return NULL;
    }
    return recording;
}

void
recording_free(struct recording *recording)
{
    if (!recording) {
        return;
    }
    g_string_chunk_free(recording->bytes);
    g_free(recording->events);
    g_free(recording->name);
    g_free(recording);
}

size_t
recording_connection_end(const struct recording *recording, size_t start)
{
    while (start < recording->len
           && recording->events[start].kind != TRAFFIC_CONNECTED
           && recording->events[start].kind != TRAFFIC_DISCONNECTED) {
        start++;
    }
    return start;
}
