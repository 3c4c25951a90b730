/* ipmi-match.c
 * Requests and responses at one place, matched.
 *
 * A sequence number has 8 bits and the host counts it up for each request, so
 * a place has at most 256 requests that can be told apart, and KCS, without a
 * number, one: one slot a number is all the matching needs, whatever the length
 * of the capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <epan/packet.h>
#if __has_include(<wsutil/array.h>)
#include <wsutil/array.h>
#endif

#include "ipmi-match.h"
#include "ipmi-names.h"
#include "ipmi-trans.h"

/* A request under a number that another one waits under repeats it, or breaks
 * the rules, if the other one was sent less than half a round of numbers ago.
 * Otherwise the host has long given up on that one. */
#define SEQ_WINDOW 128

static ws_bool all_seen;        /* the first pass is over */
static guint32 body_keys;

static void
forget_file(void)
{
    body_keys = 0;
    all_seen = 0;
}

static void
end_first_pass(void)
{
    all_seen = 1;
}

void
ipmi_match_init(void)
{
    register_postseq_cleanup_routine(end_first_pass);
    register_cleanup_routine(forget_file);
}

/* Keys for the bodies.
 *
 * Wireshark matches responses to requests too, by searching a list of all that
 * wait, and forgets those that never get a response only after 5 s of the
 * capture. A key is a list of its own; so we change keys after some requests,
 * which keeps the lists short and yesterday's requests out of them. As there is
 * room for one message of each packet in a list, neighbours go to different
 * ones. Inside a list the channel tells requests apart: it has more numbers
 * than a run has requests. */
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
start_run(ipmi_matcher *matcher)
{
    matcher->run_key = body_keys;
    body_keys += RUN_KEYS;
}

static guint32
request_key(ipmi_matcher *matcher, guint32 serial, ws_bool bridged)
{
    if (bridged) {
        /* Nested requests that nobody fetches the response of stay. */
        if (matcher->bridged_requests++ % RUN_LENGTH == 0) {
            matcher->bridged_key = body_keys++;
        }
        return matcher->bridged_key;
    }
    return matcher->run_key + serial % RUN_KEYS;
}

/* All of a transaction have the channel and the key of its request. */
static void
join(ipmi_match *match, ipmi_transaction *transaction)
{
    match->transaction = transaction;
    match->body_key = transaction->body_key;
    match->body_channel = is_bridged(transaction->netfn_lun >> 2,
                                     transaction->cmd)
                              ? 0 : (guint8)transaction->serial;
}

static ws_bool
is_waiting(const ipmi_transaction *transaction)
{
    return transaction && !transaction->response_frame && !transaction->cutoff;
}

void
ipmi_match_cut_off(ipmi_matcher *matcher, packet_info *pinfo,
                   ipmi_cutoff cutoff)
{
    for (guint seq = 0; matcher->pending && seq < 256; seq++) {
        ipmi_transaction *transaction = matcher->by_seq[seq];

        if (is_waiting(transaction)) {
            transaction->cutoff = (guint8)cutoff;
            transaction->cutoff_frame = pinfo->num;
            matcher->pending--;
        }
    }
}

static ipmi_transaction **
slot_of(ipmi_matcher *matcher, int seq)
{
    return &matcher->by_seq[seq < 0 ? 0 : seq];
}

static void
match_request(ipmi_matcher *matcher, packet_info *pinfo, ipmi_match *match,
              int seq, const guint8 *message, size_t len,
              const nstime_t *begin)
{
    guint8 netfn_lun = message[0], cmd = message[1];
    guint32 hash = wmem_strong_hash(message, len);
    ipmi_transaction *earlier = *slot_of(matcher, seq);
    ipmi_transaction *transaction;

    matcher->heard = 1;
    if (seq < 0) {
        ipmi_match_cut_off(matcher, pinfo, CUTOFF_ABORT);
    }
    if (is_waiting(earlier) &&
        matcher->requests - earlier->serial < SEQ_WINDOW) {
        match->original_frame = earlier->request_frame;
        if (earlier->hash == hash) {
            join(match, earlier);
            match->repeats = 1;
            return;
        }
        match->seq_reused = 1;
    }
    if (is_waiting(earlier)) {
        matcher->pending--;
    }

    if (matcher->requests % RUN_LENGTH == 0) {
        start_run(matcher);
    }

    transaction = wmem_new0(wmem_file_scope(), ipmi_transaction);
    transaction->request_frame = pinfo->num;
    transaction->request_time = pinfo->abs_ts;
    if (begin) {
        transaction->begins = wmem_new0(wmem_file_scope(), ipmi_begins);
        transaction->begins->request = *begin;
    }
    transaction->serial = matcher->requests++;
    transaction->body_key = request_key(
        matcher, transaction->serial, is_bridged(netfn_lun >> 2, cmd));
    transaction->body = ipmi_body(netfn_lun >> 2, message + 2, len - 2);
    transaction->hash = hash;
    transaction->netfn_lun = netfn_lun;
    transaction->cmd = cmd;
    transaction->seq = seq < 0 ? 0 : (guint8)seq;
    *slot_of(matcher, seq) = transaction;
    matcher->pending++;
    join(match, transaction);
    if (matcher->station) {
        ipmi_trans_request(matcher->station, transaction);
    }
}

/* Whether a response may come to the latest request: not once it has one, and
 * not if it was cut off, unless all that happened is that the capture has lost
 * something. */
static ws_bool
is_due(const ipmi_transaction *transaction)
{
    return !transaction->response_frame &&
           (!transaction->cutoff || transaction->cutoff == CUTOFF_DROPPED);
}

/* Whether a response can be to a request of the same number, if they have
 * any. The LUN does not count: OpenIPMI answers with LUN 0 whichever was
 * asked. */
static ws_bool
is_answered_by(const ipmi_transaction *transaction, int seq,
               const guint8 *message)
{
    return transaction && (seq >= 0 || is_due(transaction)) &&
           transaction->netfn_lun >> 2 == (message[0] >> 2 & ~1) &&
           transaction->cmd == message[1];
}

static void
match_response(ipmi_matcher *matcher, packet_info *pinfo, ipmi_match *match,
               int seq, const guint8 *message, const nstime_t *begin)
{
    ipmi_transaction *transaction = *slot_of(matcher, seq);

    if (!is_answered_by(transaction, seq, message)) {
        match->body_key = KEY_UNMATCHED;
        /* What was asked for before the capture began is no fault. */
        match->unsolicited = matcher->from_start || matcher->heard;
        return;
    }

    join(match, transaction);
    if (transaction->response_frame) {
        match->original_frame = transaction->response_frame;
        match->repeats = 1;
        return;
    }
    if (!transaction->cutoff) {
        matcher->pending--;
    }
    transaction->response_frame = pinfo->num;
    transaction->response_time = pinfo->abs_ts;
    if (begin && transaction->begins) {
        transaction->begins->response = *begin;
    }
    if (matcher->station) {
        ipmi_trans_response(matcher->station, transaction);
    }
}

void
ipmi_match_message(ipmi_matcher *matcher, packet_info *pinfo,
                   ipmi_match *match, int seq, const guint8 *message,
                   size_t len, const nstime_t *begin)
{
    matcher->last_time = pinfo->abs_ts;
    if (message[0] >> 2 & 1) {
        match_response(matcher, pinfo, match, seq, message, begin);
    } else {
        match_request(matcher, pinfo, match, seq, message, len, begin);
    }
}

void
ipmi_match_lose(ipmi_matcher *matcher, packet_info *pinfo)
{
    ipmi_match_cut_off(matcher, pinfo, CUTOFF_DROPPED);
    matcher->from_start = 0;
    matcher->heard = 0;

    /* What comes under their numbers may answer what was lost. */
    for (guint seq = 0; seq < array_length(matcher->by_seq); seq++) {
        if (matcher->by_seq[seq] && matcher->by_seq[seq]->response_frame) {
            matcher->by_seq[seq] = NULL;
        }
    }
}

void
ipmi_match_restart(ipmi_matcher *matcher, packet_info *pinfo,
                   ipmi_cutoff cutoff)
{
    ipmi_match_cut_off(matcher, pinfo, cutoff);
    memset(matcher->by_seq, 0, sizeof matcher->by_seq);
    matcher->from_start = 1;

    /* What follows may begin with the numbers of what went before. */
    start_run(matcher);
    matcher->bridged_requests = 0;
}

/* Milliseconds of the capture after a request was sent. */
static double
time_since(const ipmi_matcher *matcher, const ipmi_transaction *transaction)
{
    nstime_t time;

    nstime_delta(&time, &matcher->last_time, &transaction->request_time);
    return nstime_to_msec(&time);
}

ws_bool
ipmi_match_has_time(const ipmi_matcher *matcher,
                    const ipmi_transaction *transaction)
{
    return matcher->by_seq[transaction->seq] == transaction &&
           time_since(matcher, transaction) < IPMI_TIMEOUT_MS;
}

ws_bool
ipmi_match_is_lost(const ipmi_matcher *matcher,
                   const ipmi_transaction *transaction)
{
    return !transaction->response_frame &&
           (all_seen || transaction->cutoff ||
            time_since(matcher, transaction) > IPMI_TIMEOUT_MS);
}
