/* replay.c
 * Plays one side of a recording against a live peer.
 *
 * What is played goes out in the order of the recording, and not before all has
 * come that the peer had sent before it then.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "replay-state.h"

#include <inttypes.h>
#include <stdio.h>

#include "script.h"

static bool
is_connection(const struct recorded *event)
{
    return event->kind == TRAFFIC_CONNECTED
           || event->kind == TRAFFIC_DISCONNECTED;
}

bool
replay_is_ours(const struct replay *replay, const struct recorded *event)
{
    return event->direction
           == (replay->options->played == IPMI_EXTERN_FROM_HOST
               ? CAPTURE_TO_BMC : CAPTURE_TO_HOST);
}

/* A response that nobody asked for cannot be waited for: the recording begins
 * too late, or it was late itself. Nor can what there is at registers alone. */
bool
replay_is_expected(const struct replay *replay, const struct recorded *event)
{
    if (is_connection(event) || replay_is_ours(replay, event)) {
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
    const struct recorded *event = replay_event(replay, index);

    return index < replay->greetings_end && event->kind == TRAFFIC_CONTROL
           && (event->bytes[0] == IPMI_EXTERN_VERSION
               || event->bytes[0] == IPMI_EXTERN_CAPABILITIES);
}

/* From an event to the one before it, when they were recorded. */
static uint64_t
recorded_pause(const struct replay *replay, size_t index)
{
    const uint64_t before = index ? replay_event(replay, index - 1)->time : 0;
    const uint64_t time = replay_event(replay, index)->time;

    return index && time > before ? time - before : 0;
}

void
replay_note(struct replay *replay, size_t index)
{
    replay->progress[index].done = true;
    replay->last = index;
    replay->last_time = peer_now();
}

size_t
replay_find_open(struct replay *replay, size_t limit)
{
    for (; replay->first_open < limit; replay->first_open++) {
        const size_t index = replay->first_open;

        if (!replay->progress[index].done
                && replay_is_expected(replay, replay_event(replay, index))) {
            break;
        }
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
    text = differences_describe(kind, NULL, bytes, len);
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
    const struct recorded *event = replay_event(replay, index);
    uint8_t *message = g_memdup2(event->bytes, event->len);

    if (is_kcs(replay)) {
        message[0] = replay->next_seq++;
    }
    reservations_apply(&replay->reservations, message + 1, event->len - 1);
    exchange_request(&replay->exchange, message, peer_now(), index);
    peer_send_message(replay->peer, message, event->len);
    g_free(message);
}

/* What answers a request that never came is not sent; nor what answers none
 * over KCS, where that is the rest of what was captured in part. */
static bool
send_response(struct replay *replay, size_t index)
{
    const struct recorded *event = replay_event(replay, index);
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
    const struct recorded *event = replay_event(replay, index);

    if (event->kind == TRAFFIC_CONTROL) {
        peer_send_control(replay->peer, event->bytes, event->len);
    } else if (event->kind == TRAFFIC_REQUEST) {
        send_request(replay, index);
    } else if (!send_response(replay, index)) {
        replay->progress[index].done = true;
        return;
    }
    replay->differences.sent++;
    replay_note(replay, index);
}

/* Waits for one thing, and sees to it. Returns what it was. */
static enum peer_event
happen(struct replay *replay, uint64_t deadline)
{
    struct peer_frame live;
    const enum peer_event event = peer_wait(replay->peer, deadline, &live);

    switch (event) {
    case PEER_MESSAGE:
        show(replay, "<", ipmi_extern_is_response(live.bytes)
                          ? TRAFFIC_RESPONSE : TRAFFIC_REQUEST,
             live.bytes, live.len);
        replay_take_message(replay, &live);
        break;
    case PEER_CONTROL:
        show(replay, "<", TRAFFIC_CONTROL, live.bytes, live.len);
        replay_take_control(replay, &live);
        break;
    case PEER_CLOSED:
        replay_take_end(replay);
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
    const struct recorded *event = replay_event(replay, index);
    char *time = script_time_text(replay->options->patience);

    differences_missing(&replay->differences, event,
                        "nothing came within %s of its time", time);
    g_free(time);
    replay_note(replay, index);
    replay->over = event->kind == TRAFFIC_REQUEST;
}

/* Until the peer has done all that it had done before an event. */
static void
await(struct replay *replay, size_t index)
{
    size_t open = replay_find_open(replay, index);

    while (open < index && !replay->over) {
        const uint64_t deadline = peer_later(
            replay->last_time, peer_later(recorded_pause(replay, open),
                                          replay->options->patience));

        if (happen(replay, deadline) == PEER_TIME
                && replay_find_open(replay, index) == open) {
            give_up(replay, open);
        }
        open = replay_find_open(replay, index);
    }
}

/* Until it is time for an event of ours, or the peer has closed the
 * connection. */
static void
pace(struct replay *replay, size_t index)
{
    const struct recorded *event = replay_event(replay, index);
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
    } while (last != PEER_TIME && last != PEER_KEY && !replay->over
             && !replay->progress[index].done);
    peer_listen_to_keys(replay->peer, false);
}

/* The recording's next connection begins, with the events from start on. */
static void
begin_connection(struct replay *replay, size_t start)
{
    replay->start = start;
    replay->end = recording_connection_end(replay->recording, start);
    replay->last_time = peer_now();
    replay->greeted = false;
    replay->greetings_end = start;
    while (replay->greetings_end < replay->end
           && replay_event(replay, replay->greetings_end)->kind
              == TRAFFIC_CONTROL) {
        replay->greetings_end++;
    }
    for (size_t i = start; i < replay->greetings_end; i++) {
        replay->greeted = replay->greeted
                          || (replay_is_ours(replay, replay_event(replay, i))
                              && is_greeting(replay, i));
    }
    if (!replay->greeted) {
        peer_greet(replay->peer, false);
    }
}

static void
connect_again(struct replay *replay, size_t index)
{
    const uint64_t patience = peer_later(recorded_pause(replay, index),
                                         replay->options->patience);
    GError *error = NULL;
    enum peer_event event;

    peer_close(replay->peer);
    event = peer_open(replay->peer, peer_later(peer_now(), patience), &error);
    if (event == PEER_CONNECTED) {
        return;
    }
    replay->over = true;
    if (event != PEER_STOPPED) {
        replay->differences.missing++;
        printf("%s:%" PRIu64 ": no other connection: %s\n",
               replay->recording->name, replay_event(replay, index)->number,
               error->message);
    }
    g_clear_error(&error);
}

/* A capture that does not say that the next connection began may have what was
 * said on it. */
static void
do_connection(struct replay *replay, size_t index)
{
    if (replay_event(replay, index)->kind == TRAFFIC_DISCONNECTED
            && recording_connection_end(replay->recording, index + 1)
               == index + 1) {
        peer_close(replay->peer);
    } else {
        connect_again(replay, index);
    }
    if (!replay->over) {
        replay_note(replay, index);
        begin_connection(replay, index + 1);
    }
}

static void
do_event(struct replay *replay, size_t index)
{
    const struct recorded *event = replay_event(replay, index);

    if (is_connection(event)) {
        await(replay, index);
        if (!replay->over) {
            do_connection(replay, index);
        }
        return;
    }
    if (!replay_is_ours(replay, event) || replay->progress[index].done) {
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
    bool good;

    /* The first connection is there already. */
    while (first < recording->len && is_connection(&recording->events[first])) {
        first++;
    }
    begin_connection(&replay, first);
    for (size_t i = first; i < recording->len && !replay.over; i++) {
        do_event(&replay, i);
        stopped_at = replay_event(&replay, i);
    }
    if (!replay.over) {
        await(&replay, recording->len);
    }
    g_free(replay.progress);
    good = differences_finish(&replay.differences,
                              replay.over ? stopped_at : NULL);
    peer_close(peer);
    return good;
}
