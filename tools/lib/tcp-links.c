/* tcp-links.c
 * The links in captures of network interfaces.
 *
 * A link is a pair of addresses and the port that one of them listens on: a
 * host that connects again, from another port, is on the same link. Where it
 * has several connections at once, each further one is a link of its own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tcp-links.h"

#include <string.h>

#include <gio/gio.h>

#include "frames.h"
#include "message.h"
#include "tcp-segment.h"
#include "tcp-stream.h"

/* OpenIPMI's port, which nobody has assigned. */
#define IPMI_PORT           9002

/* Connections that are followed at once: the one that was idle for longest goes
 * when there are more. */
#define MAX_CONNECTIONS     1024

/* Links with names of their own. */
#define MAX_LINKS           4096

/* What is held back of a connection until it is known for one of IPMI. */
#define MAX_CANDIDATE       4096

/* What is missing from a stream is not waited for any longer. */
#define MAX_WAIT            1000000000      /* ns */

#define UNKNOWN_END         (-1)

enum state {
    STATE_UNDECIDED,
    STATE_IPMI,
    STATE_CLOSED
};

/* The lesser end first. */
struct key {
    struct connection_end ends[2];
    bool exported;
};

struct link {
    unsigned point;
    bool     busy;
    int      listener_is_host;  /* or UNKNOWN_END */
};

struct chunk {
    int      from;
    struct tcp_origin origin;
    size_t   len;
    uint8_t  bytes[];
};

/* What an end sends. */
struct half {
    struct tcp_stream stream;
    struct frame_splitter splitter;
    bool in_step;               /* where a frame begins is known */
    bool ended;
    bool end_known;
    uint32_t end;               /* sequence number behind its last byte */
};

struct connection {
    struct key   key;
    enum state   state;
    struct link *link;
    int          listener;      /* end, as far as is known, or UNKNOWN_END */
    bool         from_start;    /* the capture has its beginning */
    struct tcp_origin opened;
    int          host;          /* end, or UNKNOWN_END */
    bool         lost;          /* something, before the next frame */
    bool         candidate;     /* it has said something of IPMI */
    GQueue       chunks;        /* held back: of struct chunk */
    size_t       chunks_len;
    GList        use;           /* in tcp_links.used */
    struct half  halves[2];
};

struct tcp_links {
    GHashTable *connections;    /* of themselves, by key */
    GQueue      used;           /* connections, the latest first */
    GHashTable *links;          /* name -> struct link */
    tcp_links_point_func point_func;
    tcp_links_frame_func frame_func;
    void       *data;
};

/* What the functions that are called back have to know. */
struct work {
    struct tcp_links  *links;
    struct connection *connection;
    int                from;    /* end */
    struct tcp_origin  origin;
};

static int
compare_ends(const struct connection_end *a, const struct connection_end *b)
{
    int result = memcmp(a->address, b->address, sizeof a->address);

    return result ? result : (int)a->port - (int)b->port;
}

static unsigned
key_hash(gconstpointer data)
{
    const struct key *key = data;
    unsigned hash = key->exported;

    for (int end = 0; end < 2; end++) {
        for (unsigned i = 0; i < sizeof key->ends[end].address; i++) {
            hash = hash * 31 + key->ends[end].address[i];
        }
        hash = hash * 31 + key->ends[end].port;
    }
    return hash;
}

static gboolean
key_equal(gconstpointer a, gconstpointer b)
{
    const struct key *left = a, *right = b;

    return left->exported == right->exported
        && compare_ends(&left->ends[0], &right->ends[0]) == 0
        && compare_ends(&left->ends[1], &right->ends[1]) == 0;
}

static void
drop_chunks(struct connection *connection)
{
    struct chunk *chunk;

    while ((chunk = g_queue_pop_head(&connection->chunks))) {
        g_free(chunk);
    }
    connection->chunks_len = 0;
}

static void
connection_free(gpointer data)
{
    struct connection *connection = data;

    if (connection->link) {
        connection->link->busy = false;
    }
    drop_chunks(connection);
    for (int end = 0; end < 2; end++) {
        tcp_stream_clear(&connection->halves[end].stream);
    }
    g_free(connection);
}

struct tcp_links *
tcp_links_new(tcp_links_point_func point, tcp_links_frame_func frame,
              void *data)
{
    struct tcp_links *links = g_new0(struct tcp_links, 1);

    links->connections = g_hash_table_new_full(key_hash, key_equal, NULL,
                                               connection_free);
    links->links = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                         g_free);
    links->point_func = point;
    links->frame_func = frame;
    links->data = data;
    return links;
}

void
tcp_links_free(struct tcp_links *links)
{
    if (!links) {
        return;
    }
    g_hash_table_destroy(links->connections);
    g_hash_table_destroy(links->links);
    g_free(links);
}

static void
forget(struct tcp_links *links, struct connection *connection)
{
    g_queue_unlink(&links->used, &connection->use);
    g_hash_table_remove(links->connections, &connection->key);
}

static struct connection *
connection_new(struct tcp_links *links, const struct key *key)
{
    struct connection *connection;

    if (links->used.length >= MAX_CONNECTIONS) {
        forget(links, links->used.tail->data);
    }
    connection = g_new0(struct connection, 1);
    connection->key = *key;
    connection->listener = UNKNOWN_END;
    connection->host = UNKNOWN_END;
    connection->use.data = connection;
    g_queue_push_head_link(&links->used, &connection->use);
    g_hash_table_add(links->connections, connection);
    return connection;
}

/* The connection of a packet, and which of its ends sent it. */
static struct connection *
find_connection(struct tcp_links *links, const struct connection_ends *ends,
                bool exported, bool make, int *from)
{
    struct connection *connection;
    struct key key = { .exported = exported };

    *from = compare_ends(&ends->source, &ends->destination) > 0;
    key.ends[*from] = ends->source;
    key.ends[!*from] = ends->destination;

    connection = g_queue_peek_head(&links->used);
    if (connection && key_equal(&connection->key, &key)) {
        return connection;
    }
    connection = g_hash_table_lookup(links->connections, &key);
    if (connection) {
        g_queue_unlink(&links->used, &connection->use);
        g_queue_push_head_link(&links->used, &connection->use);
    } else if (make) {
        connection = connection_new(links, &key);
    }
    return connection;
}

static char *
address_text(const struct connection_end *end)
{
    GInetAddress *address = g_inet_address_new_from_bytes(
        end->address, end->is_ipv6 ? G_SOCKET_FAMILY_IPV6
                                   : G_SOCKET_FAMILY_IPV4);
    char *text = g_inet_address_to_string(address);

    g_object_unref(address);
    if (end->is_ipv6) {
        char *bare = text;

        text = g_strdup_printf("[%s]", bare);
        g_free(bare);
    }
    return text;
}

/* The end that passes for the BMC as long as nothing tells: it listens. */
static int
listener_of(const struct connection *connection)
{
    const struct connection_end *ends = connection->key.ends;

    if (connection->listener != UNKNOWN_END) {
        return connection->listener;
    }
    if (ends[0].port == IPMI_PORT || ends[1].port == IPMI_PORT) {
        return ends[1].port == IPMI_PORT;
    }
    return ends[1].port < ends[0].port;
}

/* Makes the link of this name, of which there is none. Takes the name. */
static struct link *
link_new(struct tcp_links *links, char *name)
{
    struct link *link;

    if (g_hash_table_size(links->links) >= MAX_LINKS) {
        g_free(name);
        return NULL;
    }
    link = g_new0(struct link, 1);
    link->point = links->point_func(g_strdup(name), links->data);
    link->listener_is_host = UNKNOWN_END;
    g_hash_table_insert(links->links, name, link);
    return link;
}

/* The first link between the two addresses that is free. Returns NULL if there
 * are too many. */
static struct link *
free_link(struct tcp_links *links, const char *from, const char *to,
          unsigned port)
{
    char *name = g_strdup_printf("%s to %s:%u", from, to, port);
    struct link *link;

    for (unsigned i = 2; (link = g_hash_table_lookup(links->links, name))
                         && link->busy; i++) {
        g_free(name);
        name = g_strdup_printf("%s to %s:%u (%u)", from, to, port, i);
    }
    if (!link) {
        return link_new(links, name);
    }
    g_free(name);
    return link;
}

/* Gives the connection a link. Returns false if there are too many. */
static bool
find_link(struct tcp_links *links, struct connection *connection)
{
    int listener = listener_of(connection);
    const struct connection_end *ends = connection->key.ends;
    char *from = address_text(&ends[!listener]);
    char *to = address_text(&ends[listener]);
    struct link *link = free_link(links, from, to, ends[listener].port);

    g_free(from);
    g_free(to);
    if (!link) {
        return false;
    }
    link->busy = true;
    connection->link = link;
    if (link->listener_is_host != UNKNOWN_END) {
        connection->host = link->listener_is_host ? listener : !listener;
    }
    return true;
}

/* Who must have sent a frame that its receiver takes: enum ipmi_extern_sender,
 * or'ed; 0 of any other. */
static unsigned
senders_of(const uint8_t *wire, size_t len)
{
    uint8_t bytes[IPMI_EXTERN_MAX_WIRE];
    struct ipmi_extern_frame frame;

    ipmi_extern_frame_decode(wire, MIN(len, sizeof bytes), bytes, &frame);
    return ipmi_extern_senders(&frame, bytes);
}

static void
learn_host(struct connection *connection, int from, unsigned senders)
{
    if (senders == IPMI_EXTERN_FROM_HOST) {
        connection->host = from;
    } else if (senders == IPMI_EXTERN_FROM_BMC) {
        connection->host = !from;
    } else {
        return;
    }
    connection->link->listener_is_host =
        connection->host == listener_of(connection);
}

static enum capture_direction
direction_of(const struct connection *connection, int from)
{
    int host = connection->host != UNKNOWN_END ? connection->host
                                               : !listener_of(connection);

    return from == host ? CAPTURE_TO_BMC : CAPTURE_TO_HOST;
}

static void
report(const struct work *work, struct capture_packet *packet)
{
    packet->kind = CAPTURE_EXTERN;
    packet->time = work->origin.time;
    packet->number = work->origin.number;
    packet->point = work->connection->link->point;
    packet->lost = work->connection->lost;
    work->connection->lost = false;
    work->links->frame_func(packet, work->links->data);
}

static void
report_connection(const struct work *work, enum capture_connection what)
{
    struct capture_packet packet = { .connection = what };

    report(work, &packet);
}

/* A frame of the stream. The first one may be the end of one that began before
 * the capture did, or before what is missing of it. */
static void
take_frame(const uint8_t *wire, size_t len, size_t original_len, void *data)
{
    const struct work *work = data;
    struct connection *connection = work->connection;
    struct half *half = &connection->halves[work->from];
    struct capture_packet packet = {
        .bytes = wire, .len = len, .original_len = original_len
    };

    if (!half->in_step || connection->host == UNKNOWN_END) {
        unsigned senders = senders_of(wire, len);
        bool is_rest = !half->in_step && senders == 0;

        half->in_step = true;
        if (is_rest) {
            return;
        }
        if (connection->host == UNKNOWN_END) {
            learn_host(connection, work->from, senders);
        }
    }
    packet.direction = direction_of(connection, work->from);
    report(work, &packet);
}

static void
split(struct work *work, const uint8_t *bytes, size_t len)
{
    frame_splitter_feed(&work->connection->halves[work->from].splitter, bytes,
                        len, take_frame, work);
}

enum likeness {
    LIKE_NOTHING,
    LIKE_FRAMES,                /* nothing but good frames */
    LIKE_COMMANDS,              /* among them commands that are known */
    LIKE_GREETING               /* it begins with VERSION */
};

/* What a segment's bytes look like. */
static enum likeness
likeness_of(const uint8_t *bytes, size_t len)
{
    static const uint8_t version[] = {
        IPMI_EXTERN_VERSION, IPMI_EXTERN_VERSION_1, IPMI_EXTERN_CMD_END
    };
    enum likeness likeness = LIKE_FRAMES;

    if (len >= sizeof version && memcmp(bytes, version, sizeof version) == 0) {
        likeness = LIKE_GREETING;
    }
    while (len > 0) {
        uint8_t message[IPMI_EXTERN_MAX_WIRE];
        struct ipmi_extern_frame frame;
        size_t frame_len = ipmi_extern_frame_length(
            bytes, MIN(len, IPMI_EXTERN_MAX_WIRE));

        if (frame_len == 0 || !senders_of(bytes, frame_len)) {
            return LIKE_NOTHING;
        }
        ipmi_extern_frame_decode(bytes, frame_len, message, &frame);
        if (frame.escape_fault != IPMI_EXTERN_ESCAPE_GOOD) {
            return LIKE_NOTHING;
        }
        if (frame.terminator == IPMI_EXTERN_MSG_END) {
            const struct ipmi_command *command = message_command(
                message, frame.len - 1);

            if (!command
                    || !message_size_ok(command, message, frame.len - 1)) {
                return LIKE_NOTHING;
            }
            likeness = MAX(likeness, LIKE_COMMANDS);
        }
        bytes += frame_len;
        len -= frame_len;
    }
    return likeness;
}

/* The connection is one of IPMI: tells what was held back. */
static void
accept_connection(struct tcp_links *links, struct connection *connection)
{
    struct work work = {
        .links = links, .connection = connection, .origin = connection->opened
    };
    struct chunk *chunk;

    if (!find_link(links, connection)) {
        connection->state = STATE_CLOSED;
        return;
    }
    connection->state = STATE_IPMI;
    if (connection->from_start) {
        report_connection(&work, CAPTURE_CONNECTED);
    }
    while ((chunk = g_queue_pop_head(&connection->chunks))) {
        work.from = chunk->from;
        work.origin = chunk->origin;
        split(&work, chunk->bytes, chunk->len);
        g_free(chunk);
    }
}

/* Bytes of a connection of which it is not known yet what it carries. */
static void
judge(struct work *work, const uint8_t *bytes, size_t len)
{
    struct connection *connection = work->connection;
    enum likeness likeness = likeness_of(bytes, len);
    struct chunk *chunk;

    if (likeness == LIKE_NOTHING
            || connection->chunks_len + len > MAX_CANDIDATE) {
        drop_chunks(connection);
        return;
    }
    chunk = g_malloc(sizeof *chunk + len);
    *chunk = (struct chunk){ work->from, work->origin, len };
    memcpy(chunk->bytes, bytes, len);
    g_queue_push_tail(&connection->chunks, chunk);
    connection->chunks_len += len + sizeof *chunk;
    if (likeness == LIKE_GREETING
            || (likeness == LIKE_COMMANDS && connection->candidate)) {
        accept_connection(work->links, connection);
    }
    connection->candidate |= likeness == LIKE_COMMANDS;
}

/* Bytes of the stream, in order. */
static void
take_bytes(const uint8_t *bytes, size_t len, bool gap,
           const struct tcp_origin *origin, void *data)
{
    struct work *work = data;
    struct connection *connection = work->connection;
    struct half *half = &connection->halves[work->from];

    work->origin = *origin;
    if (gap) {
        half->splitter.len = 0;
        half->in_step = false;
        connection->lost = true;
    }
    if (connection->state == STATE_IPMI) {
        split(work, bytes, len);
    } else if (connection->state == STATE_UNDECIDED) {
        judge(work, bytes, len);
    }
}

/* Whether the capture has not got the last bytes. */
static bool
lacks_end(const struct half *half)
{
    return half->stream.begun
        && (half->stream.gap
            || (half->end_known && half->stream.next != half->end));
}

/* No more comes from this end. */
static void
end_half(struct work *work)
{
    struct connection *connection = work->connection;
    struct half *half = &connection->halves[work->from];

    if (half->ended) {
        return;
    }
    half->ended = true;
    tcp_stream_flush(&half->stream, take_bytes, work);
    if (connection->state == STATE_IPMI) {
        frame_splitter_end(&half->splitter, take_frame, work);
    }
}

static void
close_connection(struct work *work)
{
    struct connection *connection = work->connection;

    for (work->from = 0; work->from < 2; work->from++) {
        end_half(work);
        connection->lost |= lacks_end(&connection->halves[work->from]);
    }
    if (connection->state == STATE_IPMI) {
        report_connection(work, CAPTURE_DISCONNECTED);
    }
    if (connection->link) {
        connection->link->busy = false;
        connection->link = NULL;
    }
    drop_chunks(connection);
    connection->state = STATE_CLOSED;
}

/* SYN alone may find nobody. */
static bool
is_accepted(const struct tcp_segment *segment)
{
    return segment->flags & TCP_SYN && segment->flags & TCP_ACK;
}

/* A connection begins, between ends that have had one before, or none. */
static void
open_connection(struct work *work, const struct tcp_segment *segment)
{
    struct connection *connection = work->connection;
    const struct tcp_stream *stream = &connection->halves[work->from].stream;
    int from = work->from;

    if (stream->begun && stream->next == segment->seq + 1
            && connection->state != STATE_CLOSED) {
        return;     /* sent again */
    }
    if (stream->begun) {
        struct key key = connection->key;

        close_connection(work);
        forget(work->links, connection);
        connection = connection_new(work->links, &key);
        work->connection = connection;
        work->from = from;
    }
    connection->from_start = true;
    connection->listener = is_accepted(segment) ? from : !from;
    connection->opened = work->origin;
    connection->halves[from].in_step = true;
    tcp_stream_begin(&connection->halves[from].stream, segment->seq + 1);
}

/* What is missing was long ago. */
static bool
has_waited(const struct half *half, uint64_t now)
{
    uint64_t since = tcp_stream_held_since(&half->stream);

    return now > since && now - since > MAX_WAIT;
}

static bool
is_ipmi_port(const struct tcp_segment *segment)
{
    return segment->ends.source.port == IPMI_PORT
        || segment->ends.destination.port == IPMI_PORT;
}

static void
take_segment(struct work *work, const struct tcp_segment *segment)
{
    struct connection *connection = work->connection;
    struct half *half = &connection->halves[work->from];
    const struct tcp_origin origin = work->origin;

    if (connection->state == STATE_UNDECIDED && is_ipmi_port(segment)
            && (segment->len > 0 || is_accepted(segment))) {
        accept_connection(work->links, connection);
    }
    if (segment->flags & TCP_ACK) {
        work->from = !work->from;
        tcp_stream_acked(&connection->halves[work->from].stream, segment->ack,
                         take_bytes, work);
        work->from = !work->from;
    }
    if (segment->len + segment->missing > 0) {
        tcp_stream_feed(&half->stream, segment->seq, segment->payload,
                        segment->len, segment->missing, &origin, take_bytes,
                        work);
    }
    if (has_waited(half, origin.time)) {
        tcp_stream_flush(&half->stream, take_bytes, work);
    }
    work->origin = origin;
    if (segment->flags & TCP_FIN) {
        half->end = segment->seq + (uint32_t)(segment->len + segment->missing);
        half->end_known = true;
        end_half(work);
    }
    if (segment->flags & TCP_RST
            || (connection->halves[0].ended && connection->halves[1].ended)) {
        work->origin = origin;
        close_connection(work);
    }
}

void
tcp_links_packet(struct tcp_links *links, uint16_t linktype,
                 const struct capture_raw *raw)
{
    struct tcp_segment segment;
    struct work work = {
        .links = links, .origin = { raw->time, raw->number }
    };
    bool begins;

    if (!tcp_segment_parse(linktype, raw->bytes, raw->len, &segment)) {
        return;
    }
    begins = segment.flags & TCP_SYN;
    work.connection = find_connection(
        links, &segment.ends, false,
        begins || segment.len + segment.missing > 0, &work.from);
    if (!work.connection) {
        return;
    }
    if (begins) {
        open_connection(&work, &segment);
    }
    if (work.connection->state != STATE_CLOSED) {
        take_segment(&work, &segment);
    }
}

bool
tcp_links_export(struct tcp_links *links, const struct connection_ends *ends,
                 struct capture_packet *packet)
{
    int from;
    struct connection *connection = find_connection(links, ends, true, true,
                                                    &from);

    if (!connection->link && !find_link(links, connection)) {
        return false;
    }
    packet->point = connection->link->point;
    if (packet->len == 0) {
        return true;
    }
    if (connection->host == UNKNOWN_END) {
        learn_host(connection, from, senders_of(packet->bytes, packet->len));
    }
    if (packet->direction == CAPTURE_NEITHER) {
        packet->direction = direction_of(connection, from);
    }
    return true;
}

void
tcp_links_end(struct tcp_links *links)
{
    for (GList *at = links->used.tail; at; at = at->prev) {
        struct work work = { .links = links, .connection = at->data };

        for (work.from = 0; work.from < 2; work.from++) {
            tcp_stream_flush(&work.connection->halves[work.from].stream,
                             take_bytes, &work);
        }
    }
}
