/* replay.c
 * Plays one side of a recording against a live peer.
 *
 * What is played goes out in the order of the recording, and not before all has
 * come that the peer had sent before it then. What the peer sends may come in
 * another order: a response belongs to its request, a control command to the next
 * that is recorded, and a request may be looked for among the next ones.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "differences.h"
#include "exchange.h"
#include "players.h"
#include "reservations.h"
#include "script.h"

/* A host's requests may have been left out so many at a time. */
#define MAX_LEFT_OUT    16

#define NETFN_RESPONSE      0x04    /* of netFn/LUN: an odd netFn */
#define CC_INVALID_COMMAND  0xc1    /* IPMI 2.0, table 5-2 */

/* What has become of a recorded event. */
struct progress {
    bool    done;           /* sent; come; or given up */
    bool    came;
    uint8_t seq;            /* today's, of a request that came */
};

struct replay {
    const struct recording *recording;
    const struct replay_options *options;
    struct peer *peer;
    struct differences differences;
    struct reservations reservations;
    struct progress *progress;
    size_t   first_open;    /* no event of the peer before it is not done */
    size_t   start;         /* of the present connection, */
    size_t   end;           /* its end, */
    size_t   greetings_end; /* and of what comes in it before any message */
    size_t   last;          /* the event that was done last, */
    uint64_t last_time;     /* and when */
    struct exchange exchange;   /* as the host: what is outstanding, by index */
    uint8_t  next_seq;
    bool     greeted;       /* the recording has what we say first, so it has
                             * what the peer says, too */
    bool     over;
};

static const struct recorded *
event_at(const struct replay *replay, size_t index)
{
    return &replay->recording->events[index];
}

static bool
is_connection(const struct recorded *event)
{
    return event->kind == TRAFFIC_CONNECTED
           || event->kind == TRAFFIC_DISCONNECTED;
}

static bool
is_ours(const struct replay *replay, const struct recorded *event)
{
    return event->direction
           == (replay->options->played == IPMI_EXTERN_FROM_HOST
               ? CAPTURE_TO_BMC : CAPTURE_TO_HOST);
}

/* A response that nobody asked for cannot be waited for: the recording begins
 * too late, or it was late itself. Nor can what there is at registers alone. */
static bool
is_expected(const struct replay *replay, const struct recorded *event)
{
    if (is_connection(event) || is_ours(replay, event)) {
        return false;
    }
    switch (event->kind) {
    case TRAFFIC_RESPONSE:
        return event->partner != RECORDING_NONE;
    case TRAFFIC_CONTROL:
        return event->where == CAPTURE_EXTERN;
    default:
        return true;
    }
}

/* What either side says of itself on a new connection, whatever the other one
 * says. */
static bool
is_greeting(const struct replay *replay, size_t index)
{
    const struct recorded *event = event_at(replay, index);

    return index < replay->greetings_end && event->kind == TRAFFIC_CONTROL
           && (event->bytes[0] == IPMI_EXTERN_VERSION
               || event->bytes[0] == IPMI_EXTERN_CAPABILITIES);
}

/* From an event to the one before it, when they were recorded. */
static uint64_t
recorded_pause(const struct replay *replay, size_t index)
{
    const uint64_t before = index ? event_at(replay, index - 1)->time : 0;
    const uint64_t time = event_at(replay, index)->time;

    return index && time > before ? time - before : 0;
}

static void
note(struct replay *replay, size_t index)
{
    replay->progress[index].done = true;
    replay->last = index;
    replay->last_time = peer_now();
}

/* The first that the peer has still to do, before a limit; or the limit. */
static size_t
find_open(struct replay *replay, size_t limit)
{
    while (replay->first_open < limit
           && (replay->progress[replay->first_open].done
               || !is_expected(replay, event_at(replay, replay->first_open)))) {
        replay->first_open++;
    }
    return MIN(replay->first_open, limit);
}

/* --- sending ----------------------------------------------------------- */

static void
show(const struct replay *replay, const char *what, enum traffic_kind kind,
     const uint8_t *bytes, size_t len)
{
    char *text;

    if (replay->options->timing != REPLAY_STEP) {
        return;
    }
    text = differences_describe(kind, bytes, len);
    fprintf(stderr, "%s %s\n", what, text);
    g_free(text);
}

/* KCS has no sequence numbers (IPMI 2.0, section 9.4). */
static bool
is_kcs(const struct replay *replay)
{
    return replay->recording->where == CAPTURE_KCS;
}

static void
send_request(struct replay *replay, size_t index)
{
    const struct recorded *event = event_at(replay, index);
    uint8_t *message = g_memdup2(event->bytes, event->len);

    if (is_kcs(replay)) {
        message[0] = replay->next_seq++;
    }
    reservations_apply(&replay->reservations, message + 1, event->len - 1);
    exchange_request(&replay->exchange, message, peer_now(), index);
    peer_send_message(replay->peer, message, event->len);
    g_free(message);
}

/* What answers a request that never came is not sent; nor what answers none over
 * KCS, where that is the rest of what was captured in part. */
static bool
send_response(struct replay *replay, size_t index)
{
    const struct recorded *event = event_at(replay, index);
    const struct progress *request = event->partner == RECORDING_NONE
                                     ? NULL : &replay->progress[event->partner];
    uint8_t *message;

    if (request ? !request->came : is_kcs(replay)) {
        return false;
    }
    message = g_memdup2(event->bytes, event->len);
    if (request) {
        message[0] = request->seq;
    }
    peer_send_message(replay->peer, message, event->len);
    g_free(message);
    return true;
}

static void
send_event(struct replay *replay, size_t index)
{
    const struct recorded *event = event_at(replay, index);

    if (event->kind == TRAFFIC_CONTROL) {
        peer_send_control(replay->peer, event->bytes, event->len);
    } else if (event->kind == TRAFFIC_REQUEST) {
        send_request(replay, index);
    } else if (!send_response(replay, index)) {
        replay->progress[index].done = true;
        return;
    }
    replay->differences.sent++;
    note(replay, index);
}

/* --- receiving --------------------------------------------------------- */

static void
compare(struct replay *replay, size_t index, const struct peer_frame *live)
{
    replay->progress[index].came = true;
    differences_compare(&replay->differences, event_at(replay, index), live);
    note(replay, index);
}

static void
take_unexpected(struct replay *replay, enum traffic_kind kind,
                const struct peer_frame *live)
{
    differences_unexpected(&replay->differences,
                           event_at(replay, replay->last), kind, live);
}

static bool
is_attention(uint8_t control)
{
    return control == IPMI_EXTERN_NOATTN || control == IPMI_EXTERN_ATTN
           || control == IPMI_EXTERN_ATTN_IRQ;
}

/* A recording of registers has no control commands, and one that begins in the
 * middle not those of the beginning. */
static bool
is_no_part(const struct replay *replay, const struct peer_frame *live)
{
    const uint8_t control = live->bytes[0];

    return replay->recording->where != CAPTURE_EXTERN
           || (!replay->greeted && (control == IPMI_EXTERN_VERSION
                                    || control == IPMI_EXTERN_CAPABILITIES
                                    || is_attention(control)));
}

static void
take_control(struct replay *replay, const struct peer_frame *live)
{
    for (size_t i = find_open(replay, replay->end); i < replay->end; i++) {
        const struct recorded *event = event_at(replay, i);

        if (!replay->progress[i].done && is_expected(replay, event)
                && event->kind == TRAFFIC_CONTROL
                && event->bytes[0] == live->bytes[0]) {
            compare(replay, i, live);
            return;
        }
    }
    if (!is_no_part(replay, live)) {
        take_unexpected(replay, TRAFFIC_CONTROL, live);
    }
}

/* The response that is recorded for what this one answers; if it answers nothing
 * that is outstanding, another one that was as pointless then. Or the end of the
 * connection. */
static size_t
find_response(struct replay *replay, const struct peer_frame *live)
{
    const struct exchange_request *request =
        exchange_response(&replay->exchange, live->bytes);

    if (request) {
        const size_t partner = event_at(replay, request->number)->partner;

        return partner == RECORDING_NONE || replay->progress[partner].done
               ? replay->end : partner;
    }
    for (size_t i = replay->start; i < replay->end; i++) {
        const struct recorded *event = event_at(replay, i);

        if (!replay->progress[i].done && event->kind == TRAFFIC_RESPONSE
                && event->partner == RECORDING_NONE
                && differences_are_none(&replay->differences, event, live)) {
            return i;
        }
    }
    return replay->end;
}

static void
take_response(struct replay *replay, const struct peer_frame *live)
{
    const size_t index = find_response(replay, live);
    const struct recorded *response;

    if (index == replay->end) {
        take_unexpected(replay, TRAFFIC_RESPONSE, live);
        return;
    }
    response = event_at(replay, index);
    reservations_learn(&replay->reservations, response->bytes + 1,
                       response->len - 1, live->bytes + 1, live->len - 1);
    compare(replay, index, live);
}

/* The next request that is the one, among those not yet done and not too far
 * ahead; or the end of the connection. */
static size_t
find_request(struct replay *replay, const struct peer_frame *live)
{
    unsigned passed = 0;

    for (size_t i = find_open(replay, replay->end);
            i < replay->end && passed < MAX_LEFT_OUT; i++) {
        const struct recorded *event = event_at(replay, i);

        if (replay->progress[i].done || event->kind != TRAFFIC_REQUEST) {
            continue;
        }
        if (differences_are_none(&replay->differences, event, live)) {
            return i;
        }
        passed++;
    }
    return replay->end;
}

static void
give_up_requests(struct replay *replay, size_t limit)
{
    for (size_t i = find_open(replay, limit); i < limit; i++) {
        const struct recorded *event = event_at(replay, i);

        if (!replay->progress[i].done && event->kind == TRAFFIC_REQUEST) {
            replay->progress[i].done = true;
            differences_missing(&replay->differences, event,
                                "a request was left out");
        }
    }
}

/* The next request, if it has the same command: it came, but differs. */
static size_t
find_similar(struct replay *replay, const struct peer_frame *live)
{
    for (size_t i = find_open(replay, replay->end); i < replay->end; i++) {
        const struct recorded *event = event_at(replay, i);

        if (!replay->progress[i].done && event->kind == TRAFFIC_REQUEST) {
            return event->bytes[1] == live->bytes[1]
                   && event->bytes[2] == live->bytes[2] ? i : replay->end;
        }
    }
    return replay->end;
}

/* To be good to a host that asks out of turn: as the recording has it anywhere,
 * or that there is no such command. */
static void
answer_anyway(struct replay *replay, const struct peer_frame *live)
{
    const uint8_t refusal[] = {
        live->bytes[0], live->bytes[1] | NETFN_RESPONSE, live->bytes[2],
        CC_INVALID_COMMAND
    };
    const uint8_t *answer = refusal;
    size_t len = sizeof refusal;
    uint8_t *message;

    for (size_t i = 0; i < replay->recording->len; i++) {
        const struct recorded *event = event_at(replay, i);

        if (event->kind == TRAFFIC_REQUEST && event->partner != RECORDING_NONE
                && differences_are_none(&replay->differences, event, live)) {
            answer = event_at(replay, event->partner)->bytes;
            len = event_at(replay, event->partner)->len;
            break;
        }
    }
    message = g_memdup2(answer, len);
    message[0] = live->bytes[0];
    peer_send_message(replay->peer, message, len);
    g_free(message);
}

static void
take_request(struct replay *replay, const struct peer_frame *live)
{
    size_t index = find_request(replay, live);

    if (index < replay->end) {
        give_up_requests(replay, index);
    } else {
        index = find_similar(replay, live);
    }
    if (index == replay->end) {
        take_unexpected(replay, TRAFFIC_REQUEST, live);
        answer_anyway(replay, live);
        return;
    }
    replay->progress[index].seq = live->bytes[0];
    compare(replay, index, live);
}

/* The peer has closed the connection. What it had still to do on it is missing;
 * and it should have taken what we had still to do. */
static void
take_end(struct replay *replay)
{
    size_t first = replay->end, left = 0, missing = 0;

    for (size_t i = 0; i < replay->end; i++) {
        const struct recorded *event = event_at(replay, i);

        if (!replay->progress[i].done
                && (is_ours(replay, event) || is_expected(replay, event))) {
            first = MIN(first, i);
            left++;
            missing += !is_ours(replay, event);
        }
        replay->progress[i].done = true;
    }
    if (left > 0) {
        differences_missing(&replay->differences, event_at(replay, first),
                            "the connection was closed, %zu before its end",
                            left);
        replay->differences.missing += MAX(missing, 1) - 1;
    }
}

/* Waits for one thing, and sees to it. Returns what it was. */
static enum peer_event
happen(struct replay *replay, uint64_t deadline)
{
    struct peer_frame live;
    const enum peer_event event = peer_wait(replay->peer, deadline, &live);

    switch (event) {
    case PEER_MESSAGE:
        if (replay->options->played == IPMI_EXTERN_FROM_HOST) {
            show(replay, "<", TRAFFIC_RESPONSE, live.bytes, live.len);
            take_response(replay, &live);
        } else {
            show(replay, "<", TRAFFIC_REQUEST, live.bytes, live.len);
            take_request(replay, &live);
        }
        break;
    case PEER_CONTROL:
        show(replay, "<", TRAFFIC_CONTROL, live.bytes, live.len);
        take_control(replay, &live);
        break;
    case PEER_CLOSED:
        take_end(replay);
        break;
    case PEER_STOPPED:
        replay->over = true;
        break;
    default:
        break;
    }
    return event;
}

/* --- the course of it -------------------------------------------------- */

/* It will not come any more. After a request that does not come, a host sends
 * no other ones. */
static void
give_up(struct replay *replay, size_t index)
{
    const struct recorded *event = event_at(replay, index);
    char *time = script_time_text(replay->options->patience);

    differences_missing(&replay->differences, event,
                        "nothing came within %s of its time", time);
    g_free(time);
    note(replay, index);
    replay->over = event->kind == TRAFFIC_REQUEST;
}

/* Until the peer has done all that it had done before an event. */
static void
await(struct replay *replay, size_t index)
{
    size_t open = find_open(replay, index);

    while (open < index && !replay->over) {
        const uint64_t deadline = peer_later(
            replay->last_time, peer_later(recorded_pause(replay, open),
                                          replay->options->patience));

        if (happen(replay, deadline) == PEER_TIME
                && find_open(replay, index) == open) {
            give_up(replay, open);
        }
        open = find_open(replay, index);
    }
}

/* Until it is time for an event of ours. */
static void
pace(struct replay *replay, size_t index)
{
    const struct recorded *event = event_at(replay, index);
    uint64_t time;
    enum peer_event last;

    switch (replay->options->timing) {
    case REPLAY_ORIGINAL:
        time = peer_later(replay->last_time, recorded_pause(replay, index));
        break;
    case REPLAY_STEP:
        time = PEER_NO_DEADLINE;
        show(replay, "Enter sends >", event->kind, event->bytes, event->len);
        break;
    default:
        return;
    }
    peer_listen_to_keys(replay->peer, replay->options->timing == REPLAY_STEP);
    do {
        last = happen(replay, time);
    } while (last != PEER_TIME && last != PEER_KEY && !replay->over);
    peer_listen_to_keys(replay->peer, false);
}

static void
greet(struct replay *replay)
{
    static const uint8_t version[] = {
        IPMI_EXTERN_VERSION, IPMI_EXTERN_VERSION_1
    };
    static const uint8_t capabilities[] = {
        IPMI_EXTERN_CAPABILITIES, PLAYERS_CAPABILITIES
    };
    static const uint8_t attention[] = { IPMI_EXTERN_NOATTN };

    peer_send_control(replay->peer, version, sizeof version);
    if (replay->options->played == IPMI_EXTERN_FROM_HOST) {
        peer_send_control(replay->peer, capabilities, sizeof capabilities);
    } else {
        peer_send_control(replay->peer, attention, sizeof attention);
    }
}

/* The recording's next connection begins, which has its events from start on. */
static void
begin_connection(struct replay *replay, size_t start)
{
    replay->start = start;
    replay->end = recording_connection_end(replay->recording, start);
    replay->last_time = peer_now();
    replay->greeted = false;
    exchange_reset(&replay->exchange);
    replay->greetings_end = start;
    while (replay->greetings_end < replay->end
           && event_at(replay, replay->greetings_end)->kind
              == TRAFFIC_CONTROL) {
        replay->greetings_end++;
    }
    for (size_t i = start; i < replay->greetings_end; i++) {
        replay->greeted = replay->greeted
                          || (is_ours(replay, event_at(replay, i))
                              && is_greeting(replay, i));
    }
    if (!replay->greeted) {
        greet(replay);
    }
}

/* A host has got what it has asked for already. */
static void
end_connection(struct replay *replay)
{
    if (replay->options->played == IPMI_EXTERN_FROM_HOST) {
        peer_close(replay->peer);
    } else {
        peer_close_gently(replay->peer);
    }
}

static void
connect_again(struct replay *replay, size_t index)
{
    const uint64_t patience = peer_later(recorded_pause(replay, index),
                                         replay->options->patience);
    GError *error = NULL;
    enum peer_event event;

    end_connection(replay);
    event = peer_open(replay->peer, peer_later(peer_now(), patience), &error);
    if (event == PEER_CONNECTED) {
        return;
    }
    replay->over = true;
    if (event != PEER_STOPPED) {
        replay->differences.missing++;
        printf("%s:%" PRIu64 ": no other connection: %s\n",
               replay->recording->name, event_at(replay, index)->number,
               error->message);
    }
    g_clear_error(&error);
}

/* A capture that does not say that the next connection began may have what was
 * said on it. */
static void
do_connection(struct replay *replay, size_t index)
{
    if (event_at(replay, index)->kind == TRAFFIC_DISCONNECTED
            && recording_connection_end(replay->recording, index + 1)
               == index + 1) {
        end_connection(replay);
    } else {
        connect_again(replay, index);
    }
    if (!replay->over) {
        note(replay, index);
        begin_connection(replay, index + 1);
    }
}

static void
do_event(struct replay *replay, size_t index)
{
    const struct recorded *event = event_at(replay, index);

    if (is_connection(event)) {
        await(replay, index);
        if (!replay->over) {
            do_connection(replay, index);
        }
        return;
    }
    if (!is_ours(replay, event) || replay->progress[index].done) {
        return;
    }
    if (!is_greeting(replay, index)) {
        await(replay, index);
        if (!replay->over) {
            pace(replay, index);
        }
    }
    /* The connection may have been closed meanwhile. */
    if (!replay->over && !replay->progress[index].done) {
        send_event(replay, index);
    }
}

bool
replay(const struct recording *recording, struct peer *peer,
       const struct replay_options *options)
{
    struct replay replay = {
        .recording = recording,
        .options = options,
        .peer = peer,
        .differences = {
            .name = recording->name,
            .masks = options->masks,
            .start = peer_now(),
        },
        .progress = g_new0(struct progress, recording->len),
    };
    const struct recorded *stopped_at = NULL;
    size_t first = 0;

    /* The first connection is there already. */
    while (first < recording->len && is_connection(&recording->events[first])) {
        first++;
    }
    begin_connection(&replay, first);
    for (size_t i = first; i < recording->len && !replay.over; i++) {
        do_event(&replay, i);
        stopped_at = event_at(&replay, i);
    }
    if (!replay.over) {
        await(&replay, recording->len);
    }
    g_free(replay.progress);
    end_connection(&replay);
    return differences_finish(&replay.differences,
                              replay.over ? stopped_at : NULL);
}
