/* ipmi-extern-trans.c
 * Links of the IPMI extern wire format, and the transactions on them.
 *
 * A sequence number has 8 bits and the host counts it up for each request, so
 * a link has at most 256 requests that can be told apart: one slot a number is
 * all the matching needs, whatever the length of the capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <epan/dissectors/packet-tcp.h>
#include <epan/packet.h>
#include <wiretap/wtap.h>

#include "ipmi-body.h"
#include "ipmi-extern-frame.h"
#include "ipmi-extern-trans.h"
#include "ipmi-names.h"

/* A request under a number that another one waits under repeats it, or breaks
 * the rules, if the other one was sent less than half a round of numbers ago.
 * Otherwise the host has long given up on that one. */
#define SEQ_WINDOW 128

/* Bits of tcp.completeness; Wireshark keeps their names to itself. */
#define COMPLETENESS_SYN        0x01
#define COMPLETENESS_SYN_ACK    0x02
#define COMPLETENESS_FIN        0x10
#define COMPLETENESS_RST        0x20

/* What makes one link. */
typedef struct {
    guint32 conversation;   /* 1 + its index, or 0 */
    guint32 interface_id;
    guint32 section;
    guint32 port;           /* see ipmi-extern-stats.c, Export PDUs */
    guint32 over_tcp;
} link_key;

static wmem_map_t *links;
static ws_bool all_seen;        /* the first pass is over */
static guint32 body_keys;

/* Packets of a busy link follow each other. */
static link_key latest_key;
static ipmi_extern_link *latest_link;

static guint
link_key_hash(gconstpointer pointer)
{
    const link_key *key = (const link_key *)pointer;

    return key->conversation * 31 + key->interface_id * 7 + key->section +
           key->port * 127;
}

static gboolean
link_key_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(link_key)) == 0;
}

static void
forget_file(void)
{
    latest_link = NULL;
    body_keys = 0;
    all_seen = 0;
}

static void
end_first_pass(void)
{
    all_seen = 1;
}

void
ipmi_extern_trans_init(void)
{
    links = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(),
                                   link_key_hash, link_key_equal);
    register_postseq_cleanup_routine(end_first_pass);
    register_cleanup_routine(forget_file);
}

/* What the capture has of the packet's connection besides data. */
static guint
completeness(packet_info *pinfo)
{
    return get_tcp_conversation_data(NULL, pinfo)->conversation_completeness;
}

static ipmi_extern_link *
link_new(packet_info *pinfo, ws_bool over_tcp)
{
    ipmi_extern_link *link = wmem_new0(wmem_file_scope(), ipmi_extern_link);

    link->number = wmem_map_size(links);
    link->over_tcp = over_tcp;
    link->from_start = over_tcp && completeness(pinfo) &
                                   (COMPLETENESS_SYN | COMPLETENESS_SYN_ACK);
    return link;
}

ipmi_extern_link *
ipmi_extern_link_get(packet_info *pinfo, ws_bool over_tcp)
{
    link_key key = { 0, 0, 0, 0, over_tcp };
    ipmi_extern_link *link;

    if (pinfo->net_src.type != AT_NONE) {
        key.conversation = 1 + find_or_create_conversation(pinfo)->conv_index;
    } else {
        key.port = pinfo->srcport;
    }
    if (!over_tcp) {
        const wtap_rec *rec = pinfo->rec;

        if (rec->presence_flags & WTAP_HAS_INTERFACE_ID) {
            key.interface_id = rec->rec_header.packet_header.interface_id;
        }
        if (rec->presence_flags & WTAP_HAS_SECTION_NUMBER) {
            key.section = rec->section_number;
        }
    }

    if (latest_link && link_key_equal(&key, &latest_key)) {
        return latest_link;
    }

    link = (ipmi_extern_link *)wmem_map_lookup(links, &key);
    if (!link) {
        link = link_new(pinfo, over_tcp);
        wmem_map_insert(links, wmem_memdup(wmem_file_scope(), &key, sizeof key),
                        link);
    }
    latest_key = key;
    latest_link = link;
    return link;
}

guint32
ipmi_extern_link_count(void)
{
    return wmem_map_size(links);
}

/* Keys for the bodies.
 *
 * Wireshark matches responses to requests too, by searching a list of all that
 * wait, and forgets those that never get a response only after 5 s of the
 * capture. A key is a list of its own; so we change keys after a number of
 * requests too small for a sequence number to come again, which keeps the lists
 * short and yesterday's requests out of them. And as there is room for one
 * message of each packet in a list, neighbours go to different ones. */
#define RUN_LENGTH  128     /* requests */
#define RUN_KEYS    4

/* Response without a request, for which the list to search is empty. */
#define KEY_UNMATCHED   G_MAXUINT32

/* Send Message and Get Message carry a transaction of another channel inside
 * their own. Only if all of them share one key and channel is Wireshark able
 * to join a nested request to its response. */
static ws_bool
is_bridged(guint8 netfn, guint8 cmd)
{
    return (netfn & ~1) == 0x06 && (cmd == 0x33 || cmd == 0x34);
}

static void
start_run(ipmi_extern_link *link)
{
    link->run_key = body_keys;
    body_keys += RUN_KEYS;
}

static guint32
request_key(ipmi_extern_link *link, guint8 seq, ws_bool bridged)
{
    if (bridged) {
        /* Nested requests that nobody fetches the response of stay. */
        if (link->bridged_requests++ % RUN_LENGTH == 0) {
            link->bridged_key = body_keys++;
        }
        return link->bridged_key;
    }
    return link->run_key + seq % RUN_KEYS;
}

static ws_bool
is_waiting(const ipmi_extern_transaction *transaction)
{
    return transaction && !transaction->response_frame && !transaction->cutoff;
}

static void
track_request(ipmi_extern_link *link, packet_info *pinfo,
              ipmi_extern_unit *unit, const guint8 *message, size_t len)
{
    guint8 seq = message[0], netfn_lun = message[1], cmd = message[2];
    guint32 hash = wmem_strong_hash(message, len);
    ipmi_extern_transaction *earlier = link->by_seq[seq];
    ipmi_extern_transaction *transaction;
    ws_bool bridged = is_bridged(netfn_lun >> 2, cmd);

    unit->body_channel = bridged ? 0 : seq;
    if (is_waiting(earlier) && link->requests - earlier->serial < SEQ_WINDOW) {
        unit->original_frame = earlier->request_frame;
        if (earlier->hash == hash) {
            unit->transaction = earlier;
            unit->body_key = earlier->body_key;
            unit->repeats = 1;
            return;
        }
        unit->seq_reused = 1;
    }
    if (is_waiting(earlier)) {
        link->pending--;
    }

    if (link->requests % RUN_LENGTH == 0) {
        start_run(link);
    }

    transaction = wmem_new0(wmem_file_scope(), ipmi_extern_transaction);
    transaction->request_frame = pinfo->num;
    transaction->request_time = pinfo->abs_ts;
    transaction->serial = link->requests++;
    transaction->body_key = request_key(link, seq, bridged);
    transaction->body = ipmi_body(netfn_lun >> 2, message + 3, len - 3);
    transaction->hash = hash;
    transaction->netfn_lun = netfn_lun;
    transaction->cmd = cmd;
    link->by_seq[seq] = transaction;
    link->pending++;
    unit->transaction = transaction;
    unit->body_key = transaction->body_key;
}

static void
track_response(ipmi_extern_link *link, packet_info *pinfo,
               ipmi_extern_unit *unit, const guint8 *message)
{
    guint8 seq = message[0], netfn = message[1] >> 2, cmd = message[2];
    ipmi_extern_transaction *transaction = link->by_seq[seq];

    unit->body_key = KEY_UNMATCHED;
    unit->body_channel = is_bridged(netfn, cmd) ? 0 : seq;

    /* The LUN does not count: OpenIPMI answers with LUN 0 whichever was
     * asked. */
    if (!transaction || transaction->netfn_lun >> 2 != (netfn & ~1) ||
        transaction->cmd != cmd) {
        /* What was asked for before the capture began is no fault. */
        unit->unsolicited = link->from_start || link->requests;
        return;
    }

    unit->transaction = transaction;
    unit->body_key = transaction->body_key;
    if (transaction->response_frame) {
        unit->original_frame = transaction->response_frame;
        unit->repeats = 1;
        return;
    }
    if (!transaction->cutoff) {
        link->pending--;
    }
    transaction->response_frame = pinfo->num;
}

void
ipmi_extern_track_message(ipmi_extern_link *link, packet_info *pinfo,
                          ipmi_extern_unit *unit, const guint8 *message,
                          size_t len)
{
    link->last_time = pinfo->abs_ts;
    if (message[1] >> 2 & 1) {
        track_response(link, pinfo, unit, message);
    } else {
        track_request(link, pinfo, unit, message, len);
    }
}

static void
cut_off(ipmi_extern_link *link, packet_info *pinfo, ipmi_extern_cutoff cutoff)
{
    for (guint seq = 0; link->pending && seq < 256; seq++) {
        ipmi_extern_transaction *transaction = link->by_seq[seq];

        if (is_waiting(transaction)) {
            transaction->cutoff = (guint8)cutoff;
            transaction->cutoff_frame = pinfo->num;
            link->pending--;
        }
    }
}

/* The sides greet each other on a connection that is new. */
static void
forget_greetings(ipmi_extern_link *link)
{
    memset(link->greeted, 0, sizeof link->greeted);
    link->capabilities_known = 0;
}

void
ipmi_extern_track_control(ipmi_extern_link *link, packet_info *pinfo,
                          ipmi_extern_unit *unit, const guint8 *command,
                          ipmi_extern_direction direction)
{
    guint8 capability = ipmi_extern_control_find(command[0])->capability;

    link->last_time = pinfo->abs_ts;

    if (capability && direction != HOST_TO_BMC && link->capabilities_known &&
        !(link->capabilities & capability)) {
        unit->not_announced = 1;
    }

    switch (command[0]) {
    case IPMI_EXTERN_CAPABILITIES:
        link->capabilities = command[1];
        link->capabilities_known = 1;
        break;
    case IPMI_EXTERN_RESET:
        cut_off(link, pinfo, CUTOFF_RESET);
        break;
    case IPMI_EXTERN_POWEROFF:
        cut_off(link, pinfo, CUTOFF_POWEROFF);
        break;
    case IPMI_EXTERN_VERSION:
        if (link->greeted[direction]) {
            /* Not twice on one connection: this is another one. */
            forget_greetings(link);
        }
        link->greeted[direction] = 1;
        link->from_start = 1;
        cut_off(link, pinfo, CUTOFF_RECONNECT);
        break;
    default:
        break;
    }
}

void
ipmi_extern_track_connection(ipmi_extern_link *link, packet_info *pinfo,
                             ipmi_extern_connection connection)
{
    cut_off(link, pinfo, connection == CONNECTION_OPENED ? CUTOFF_RECONNECT
                                                         : CUTOFF_DISCONNECT);
    forget_greetings(link);
    memset(link->by_seq, 0, sizeof link->by_seq);
    link->from_start = 1;

    /* The next connection may begin with the numbers of this one. */
    start_run(link);
    link->bridged_requests = 0;
}

/* Milliseconds of the capture after a request was sent. */
static double
time_since(const ipmi_extern_link *link,
           const ipmi_extern_transaction *transaction)
{
    nstime_t time;

    nstime_delta(&time, &link->last_time, &transaction->request_time);
    return nstime_to_msec(&time);
}

ws_bool
ipmi_extern_is_lost(const ipmi_extern_link *link,
                    const ipmi_extern_transaction *transaction)
{
    return !transaction->response_frame &&
           (all_seen || transaction->cutoff ||
            time_since(link, transaction) > IPMI_EXTERN_TIMEOUT_MS);
}

ipmi_extern_cutoff
ipmi_extern_cutoff_of(const ipmi_extern_link *link, packet_info *pinfo,
                      const ipmi_extern_transaction *transaction, guint8 seq)
{
    if (transaction->cutoff) {
        return (ipmi_extern_cutoff)transaction->cutoff;
    }

    /* The end of a connection carries no data and so never comes by here: it
     * counts for the requests that still had time to be answered then. */
    if (link->over_tcp && link->by_seq[seq] == transaction &&
        time_since(link, transaction) < IPMI_EXTERN_TIMEOUT_MS &&
        completeness(pinfo) & (COMPLETENESS_FIN | COMPLETENESS_RST)) {
        return CUTOFF_DISCONNECT;
    }
    return CUTOFF_NONE;
}
