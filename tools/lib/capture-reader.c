/* capture-reader.c
 * Reads captures, packet after packet, of whatever format and link type.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "capture-reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <gio/gio.h>

#include "capture-input.h"
#include "live-capture.h"
#include "pcap-parser.h"
#include "pcapng-parser.h"
#include "tcp-links.h"
#include "trace-log.h"
#include "upper-pdu.h"

enum format {
    FORMAT_UNKNOWN,             /* nothing has been read yet */
    FORMAT_PCAPNG,
    FORMAT_PCAP,
    FORMAT_LIVE,
    FORMAT_LOG                  /* what QEMU has traced, as text */
};

/* Interfaces have no capture point until something of one is found in them. */
#define NO_POINT    UINT_MAX

struct capture_reader {
    char *name;
    struct capture_input input;
    enum format format;
    struct pcapng_parser pcapng;
    struct pcap_parser pcap;
    struct live_capture *live;
    struct trace_log *log;
    uint64_t events;            /* of the log */

    GPtrArray *points;          /* of struct capture_point */
    GArray *point_of;           /* interface: unsigned, or NO_POINT */
    GHashTable *ports;          /* name -> number of the point */

    struct tcp_links *links;
    GArray *queue;              /* of struct queued: what they have found */
    GByteArray *queue_bytes;
    unsigned queue_next;
    bool     ended;
};

struct queued {
    struct capture_packet packet;
    size_t offset;              /* of its bytes in queue_bytes */
};

static void
point_free(gpointer data)
{
    struct capture_point *point = data;

    g_free((char *)point->name);
    g_free((char *)point->description);
    g_free(point);
}

static unsigned
add_point(struct capture_reader *reader, char *name, char *description)
{
    struct capture_point *point = g_new0(struct capture_point, 1);

    point->name = name;
    point->description = description;
    g_ptr_array_add(reader->points, point);
    return reader->points->len - 1;
}

static unsigned
link_point(char *name, void *data)
{
    return add_point(data, name, g_strdup("IPMI over TCP: messages"));
}

/* Queues what the links have found: one packet of the capture may have
 * several. */
static void
take_frame(const struct capture_packet *packet, void *data)
{
    struct capture_reader *reader = data;
    const struct queued queued = { *packet, reader->queue_bytes->len };

    g_byte_array_append(reader->queue_bytes, packet->bytes,
                        (unsigned)packet->len);
    g_array_append_val(reader->queue, queued);
}

/* Takes the next one from the queue, which is emptied once all are taken. */
static bool
take_queued(struct capture_reader *reader, struct capture_packet *packet)
{
    const struct queued *queued;

    if (reader->queue_next == reader->queue->len) {
        g_array_set_size(reader->queue, 0);
        g_byte_array_set_size(reader->queue_bytes, 0);
        reader->queue_next = 0;
        return false;
    }
    queued = &g_array_index(reader->queue, struct queued,
                            reader->queue_next++);
    *packet = queued->packet;
    packet->bytes = reader->queue_bytes->data + queued->offset;
    return true;
}

static struct capture_reader *
reader_new(const char *name)
{
    struct capture_reader *reader = g_new0(struct capture_reader, 1);

    reader->name = g_strdup(name);
    reader->points = g_ptr_array_new_with_free_func(point_free);
    reader->point_of = g_array_new(FALSE, FALSE, sizeof(unsigned));
    reader->ports = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                          NULL);
    reader->links = tcp_links_new(link_point, take_frame, reader);
    reader->queue = g_array_new(FALSE, FALSE, sizeof(struct queued));
    reader->queue_bytes = g_byte_array_new();
    reader->input.fd = -1;
    return reader;
}

struct capture_reader *
capture_reader_open_fd(int fd, const char *name)
{
    struct capture_reader *reader = reader_new(name);

    capture_input_init(&reader->input, fd);
    return reader;
}

struct capture_reader *
capture_reader_open_interface(const char *interface, const char *filter,
                              GError **error)
{
    struct live_capture *live = live_capture_open(interface, filter, error);
    struct capture_reader *reader;

    if (!live) {
        return NULL;
    }
    reader = reader_new(interface);
    reader->live = live;
    reader->format = FORMAT_LIVE;
    return reader;
}

struct capture_reader *
capture_reader_open(const char *path, GError **error)
{
    int fd;

    if (strcmp(path, "-") == 0) {
        fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
        path = "standard input";
    } else {
        /* Opening a FIFO waits for a writer otherwise. */
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    }
    if (fd < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                    "cannot open %s: %s", path, g_strerror(errno));
        return NULL;
    }
    return capture_reader_open_fd(fd, path);
}

static enum capture_read
unknown_format(GError **error)
{
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                        "it is neither a capture, pcapng or pcap, nor a trace "
                        "with events of IPMI, as QEMU writes it with "
                        "-trace 'ipmi_*'");
    return CAPTURE_READ_ERROR;
}

/* The format of a capture is in its first bytes. */
static enum capture_read
recognise(struct capture_reader *reader, GError **error)
{
    static const uint8_t gzip[] = { 0x1f, 0x8b };     /* RFC 1952, 2.3.1 */
    const uint8_t *bytes;
    enum capture_read result = capture_source_need(&reader->input, 4,
                                                   error);

    if (result != CAPTURE_READ_PACKET) {
        return result;
    }
    bytes = capture_input_bytes(&reader->input);
    if (capture_be32(bytes) == PCAPNG_MAGIC) {
        reader->format = FORMAT_PCAPNG;
    } else if (pcap_parser_recognises(bytes)) {
        reader->format = FORMAT_PCAP;
    } else if (trace_log_begins(bytes, 4)) {
        reader->format = FORMAT_LOG;
        reader->log = trace_log_new();
    } else if (memcmp(bytes, gzip, sizeof gzip) == 0) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                            "it is compressed: 'gzip -dc' writes what it was");
        return CAPTURE_READ_ERROR;
    } else {
        return unknown_format(error);
    }
    return CAPTURE_READ_PACKET;
}

static const struct capture_interface *
interface_of(const struct capture_reader *reader, unsigned number)
{
    switch (reader->format) {
    case FORMAT_PCAPNG:
        return &g_array_index(reader->pcapng.interfaces,
                              struct capture_interface, number);
    case FORMAT_LIVE:
        return live_capture_interface(reader->live);
    default:
        return &reader->pcap.interface;
    }
}

/* The capture point that an interface is. */
static unsigned
point_of_interface(struct capture_reader *reader, unsigned number)
{
    const struct capture_interface *interface = interface_of(reader, number);
    const unsigned none = NO_POINT;
    unsigned *point;

    while (reader->point_of->len <= number) {
        g_array_append_val(reader->point_of, none);
    }
    point = &g_array_index(reader->point_of, unsigned, number);
    if (*point == NO_POINT) {
        *point = add_point(reader,
                           interface->name ? g_strdup(interface->name)
                               : g_strdup_printf("interface %u", number),
                           g_strdup(interface->description));
    }
    return *point;
}

/* A part of a capture point that Export PDUs has made of several links: their
 * packets differ in a port's number alone. */
static unsigned
point_of_port(struct capture_reader *reader, unsigned whole, unsigned port)
{
    const struct capture_point *point = capture_reader_point(reader, whole);
    char *name = g_strdup_printf("%s port %u", point->name, port);
    gpointer part;

    if (!g_hash_table_lookup_extended(reader->ports, name, NULL, &part)) {
        part = GUINT_TO_POINTER(
            reader->points->len < CAPTURE_MAX_INTERFACES
                ? add_point(reader, g_strdup(name),
                            g_strdup(point->description)) : whole);
        g_hash_table_insert(reader->ports, g_strdup(name), part);
    }
    g_free(name);
    return GPOINTER_TO_UINT(part);
}

static enum capture_read
next_raw(struct capture_reader *reader, struct capture_raw *raw,
         GError **error)
{
    switch (reader->format) {
    case FORMAT_PCAPNG:
        return pcapng_parser_next(&reader->pcapng, &reader->input, raw,
                                  error);
    case FORMAT_LIVE:
        return live_capture_next(reader->live, raw, error);
    default:
        return pcap_parser_next(&reader->pcap, &reader->input, raw, error);
    }
}

/* Goes on to the next event of a log. */
static enum capture_read
next_event(struct capture_reader *reader, struct capture_packet *packet,
           GError **error)
{
    struct capture_input *input = &reader->input;
    enum capture_read result;
    bool found = false;

    while (!found) {
        size_t len = capture_input_len(input);

        *packet = (struct capture_packet){ 0 };
        len = trace_log_read(reader->log, capture_input_bytes(input), len,
                             packet, &found);
        capture_input_take(input, len);
        if (found) {
            break;
        }
        result = capture_source_need(input, capture_input_len(input) + 1,
                                     error);
        if (result == CAPTURE_READ_END && reader->events == 0) {
            return unknown_format(error);
        }
        if (result != CAPTURE_READ_PACKET) {
            return result;
        }
    }
    packet->number = ++reader->events;
    while (reader->points->len < trace_log_points(reader->log)) {
        const struct capture_point *point = trace_log_point(
            reader->log, reader->points->len);

        add_point(reader, g_strdup(point->name), g_strdup(point->description));
    }
    return CAPTURE_READ_PACKET;
}

/* A packet of frames without any says that the connection changed. Export PDUs
 * leaves out the comment that says how. */
static void
take_connection(const struct capture_raw *raw, struct capture_packet *packet)
{
    if (packet->kind == CAPTURE_EXTERN && packet->original_len == 0) {
        packet->connection = raw->connection == CAPTURE_CONNECTED
                                 ? CAPTURE_CONNECTED : CAPTURE_DISCONNECTED;
    }
}

/* Takes what is of concern from a LINKTYPE_WIRESHARK_UPPER_PDU packet. */
static bool
take_upper_pdu(struct capture_reader *reader, const struct capture_raw *raw,
               struct capture_packet *packet)
{
    struct upper_pdu pdu;

    upper_pdu_parse(raw->bytes, raw->len, &pdu);
    if (pdu.kind == CAPTURE_OTHER) {
        return false;
    }
    packet->kind = pdu.kind;
    if (packet->direction == CAPTURE_NEITHER) {
        packet->direction = pdu.direction;
    }
    packet->bytes = raw->bytes + pdu.tags_len;
    packet->len = raw->len - pdu.tags_len;
    packet->original_len = raw->original_len - pdu.tags_len;
    take_connection(raw, packet);
    if (pdu.has_addresses) {
        return tcp_links_export(reader->links, &pdu.ends, packet);
    }
    packet->point = point_of_interface(reader, raw->interface);
    if (pdu.has_ports) {
        packet->point = point_of_port(reader, packet->point,
                                      pdu.ends.source.port);
    }
    return true;
}

static bool
take_trace(struct capture_reader *reader, const struct capture_raw *raw,
           struct capture_packet *packet)
{
    packet->kind = CAPTURE_TRACE;
    packet->bytes = raw->bytes;
    packet->len = raw->len;
    packet->original_len = raw->original_len;
    packet->point = point_of_interface(reader, raw->interface);
    return true;
}

static bool
take(struct capture_reader *reader, const struct capture_raw *raw,
     struct capture_packet *packet)
{
    *packet = (struct capture_packet){
        .time = raw->time, .lost = raw->lost, .number = raw->number,
        .direction = raw->direction
    };
    switch (interface_of(reader, raw->interface)->linktype) {
    case CAPTURE_LINKTYPE_UPPER_PDU:
        return take_upper_pdu(reader, raw, packet);
    case CAPTURE_LINKTYPE_HPM_2:
        return take_trace(reader, raw, packet);
    default:
        tcp_links_packet(reader->links,
                         interface_of(reader, raw->interface)->linktype, raw);
        return take_queued(reader, packet);
    }
}

static enum capture_read
next_packet(struct capture_reader *reader, struct capture_packet *packet,
            GError **error)
{
    enum capture_read result;
    struct capture_raw raw;

    if (reader->format == FORMAT_UNKNOWN) {
        result = recognise(reader, error);
        if (result != CAPTURE_READ_PACKET) {
            return result;
        }
    }
    if (reader->format == FORMAT_LOG) {
        return next_event(reader, packet, error);
    }
    if (take_queued(reader, packet)) {
        return CAPTURE_READ_PACKET;
    }
    do {
        result = next_raw(reader, &raw, error);
    } while (result == CAPTURE_READ_PACKET && !take(reader, &raw, packet));
    if (result == CAPTURE_READ_END && !reader->ended) {
        reader->ended = true;
        tcp_links_end(reader->links);
        return take_queued(reader, packet) ? CAPTURE_READ_PACKET : result;
    }
    return result;
}

enum capture_read
capture_reader_next(struct capture_reader *reader,
                    struct capture_packet *packet, GError **error)
{
    enum capture_read result = next_packet(reader, packet, error);

    if (result == CAPTURE_READ_ERROR) {
        g_prefix_error(error, "cannot read %s: ", reader->name);
    }
    return result;
}

unsigned
capture_reader_points(const struct capture_reader *reader)
{
    return reader->points->len;
}

const struct capture_point *
capture_reader_point(const struct capture_reader *reader, unsigned number)
{
    return g_ptr_array_index(reader->points, number);
}

bool
capture_reader_cut_off(const struct capture_reader *reader)
{
    return reader->input.ended && capture_input_len(&reader->input) > 0;
}

bool
capture_reader_is_empty(const struct capture_reader *reader)
{
    return reader->input.ended && reader->format == FORMAT_UNKNOWN;
}

uint64_t
capture_reader_lost_at_end(const struct capture_reader *reader)
{
    return reader->pcapng.lost_at_end;
}

uint64_t
capture_reader_dropped(const struct capture_reader *reader)
{
    return reader->live ? live_capture_dropped(reader->live) : 0;
}

bool
capture_reader_stop(struct capture_reader *reader)
{
    if (reader->live) {
        live_capture_stop(reader->live);
    }
    return reader->live != NULL;
}

int
capture_reader_fd(const struct capture_reader *reader)
{
    return reader->live ? live_capture_fd(reader->live) : reader->input.fd;
}

void
capture_reader_close(struct capture_reader *reader)
{
    if (!reader) {
        return;
    }
    pcapng_parser_clear(&reader->pcapng);
    live_capture_close(reader->live);
    if (reader->log) {
        trace_log_free(reader->log);
    }
    capture_input_clear(&reader->input);
    tcp_links_free(reader->links);
    g_array_free(reader->queue, TRUE);
    g_byte_array_free(reader->queue_bytes, TRUE);
    g_hash_table_destroy(reader->ports);
    g_ptr_array_free(reader->points, TRUE);
    g_array_free(reader->point_of, TRUE);
    g_free(reader->name);
    g_free(reader);
}
