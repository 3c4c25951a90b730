/* replay-receive.c
 * What the peer does in a replay: which of the recorded events it is, and what
 * is otherwise. It may come in another order: a response belongs to its
 * request, a control command to the next that is recorded, and a request is
 * looked for among the next ones.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "replay-state.h"

/* A host's requests may have been left out so many at a time. */
#define MAX_LEFT_OUT    16

#define NETFN_RESPONSE      0x04    /* of netFn/LUN: an odd netFn */
#define CC_INVALID_COMMAND  0xc1    /* IPMI 2.0, table 5-2 */

static void
compare(struct replay *replay, size_t index, const struct peer_frame *live)
{
    replay->progress[index].came = true;
    differences_compare(&replay->differences, replay_event(replay, index),
                        live);
    replay_note(replay, index);
}

static void
take_unexpected(struct replay *replay, enum traffic_kind kind,
                const struct peer_frame *live)
{
    differences_unexpected(&replay->differences,
                           replay_event(replay, replay->last), kind, live);
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

void
replay_take_control(struct replay *replay, const struct peer_frame *live)
{
    for (size_t i = replay_find_open(replay, replay->end);
            i < replay->end; i++) {
        const struct recorded *event = replay_event(replay, i);

        if (!replay->progress[i].done && replay_is_expected(replay, event)
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

/* The response that is recorded for what this one answers; if it answers
 * nothing that is outstanding, another one that was as pointless then. Or the
 * end of the connection. */
static size_t
find_response(struct replay *replay, const struct peer_frame *live)
{
    const struct exchange_request *request =
        exchange_response(&replay->exchange, live->bytes);

    if (request) {
        const size_t partner = replay_event(replay, request->number)->partner;

        return partner == RECORDING_NONE || replay->progress[partner].done
               ? replay->end : partner;
    }
    for (size_t i = replay->start; i < replay->end; i++) {
        const struct recorded *event = replay_event(replay, i);

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
    response = replay_event(replay, index);
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

    for (size_t i = replay_find_open(replay, replay->end);
            i < replay->end && passed < MAX_LEFT_OUT; i++) {
        const struct recorded *event = replay_event(replay, i);

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
    for (size_t i = replay_find_open(replay, limit); i < limit; i++) {
        const struct recorded *event = replay_event(replay, i);

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
    for (size_t i = replay_find_open(replay, replay->end);
            i < replay->end; i++) {
        const struct recorded *event = replay_event(replay, i);

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
        const struct recorded *event = replay_event(replay, i);

        if (event->kind == TRAFFIC_REQUEST && event->partner != RECORDING_NONE
                && differences_are_none(&replay->differences, event, live)) {
            answer = replay_event(replay, event->partner)->bytes;
            len = replay_event(replay, event->partner)->len;
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
void
replay_take_end(struct replay *replay)
{
    size_t first = replay->end, left = 0, missing = 0;

    for (size_t i = replay->start; i < replay->end; i++) {
        const struct recorded *event = replay_event(replay, i);

        if (!replay->progress[i].done
                && (replay_is_ours(replay, event)
                    || replay_is_expected(replay, event))) {
            first = MIN(first, i);
            left++;
            missing += !replay_is_ours(replay, event);
        }
        replay->progress[i].done = true;
    }
    if (left > 0) {
        differences_missing(&replay->differences, replay_event(replay, first),
                            "the connection was closed, %zu before its end",
                            left);
        replay->differences.missing += MAX(missing, 1) - 1;
    }
}

void
replay_take_message(struct replay *replay, const struct peer_frame *live)
{
    if (replay->options->played == IPMI_EXTERN_FROM_HOST) {
        take_response(replay, live);
    } else {
        take_request(replay, live);
    }
}
