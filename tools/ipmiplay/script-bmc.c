/* script-bmc.c
 * A script from the other side: stands for the BMC that the script was written
 * for. It waits for what the script sends, and answers what the script expects;
 * whoever plays the same script as the host finds all its checks passed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "players.h"

#include <string.h>

#include "tally.h"
#include "text.h"

#define NETFN_RESPONSE  0x04    /* of netFn/LUN: an odd netFn */

/* Completion codes, IPMI 2.0, table 5-2. */
#define CC_OK               0x00
#define CC_INVALID_COMMAND  0xc1

/* Without a sequence number. */
static const uint8_t get_device_id[] = { 0x18, 0x01 };

/* If the script does not say what its BMC is: device ID 20h, IPMI 2.0, nothing
 * else (IPMI 2.0, table 20-2). */
static const uint8_t some_device_id[] = {
    0x1c, 0x01, CC_OK, 0x20, 0x01, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00
};

struct loop {
    uint64_t left;
    uint64_t end;
};

struct bmc {
    const struct script *script;
    struct peer *peer;
    uint64_t patience;
    struct tally tally;
    size_t   position;
    struct loop *loops;         /* by the position of their repeats */
    bool     attention;
    bool     over;              /* stopped, or there is nobody to go on with */
    struct peer_frame request;  /* with its sequence number, if there is one
                                 * that is still to be answered */
    bool     has_request;
};

/* --- waiting ----------------------------------------------------------- */

/* Until there is a request, over this connection or, until another deadline,
 * the next. Returns false if there is none in time, or the player was
 * stopped. */
static bool
wait_for_request(struct bmc *bmc, uint64_t deadline, uint64_t closed_deadline)
{
    while (!bmc->has_request) {
        enum peer_event event;

        if (!peer_is_open(bmc->peer)) {
            event = peer_open(bmc->peer, MIN(deadline, closed_deadline), NULL);
        } else {
            event = peer_wait(bmc->peer, deadline, &bmc->request);
        }
        switch (event) {
        case PEER_CONNECTED:
            peer_greet(bmc->peer, bmc->attention);
            break;
        case PEER_MESSAGE:
            bmc->has_request = true;
            break;
        case PEER_TIME:
            return false;
        case PEER_STOPPED:
            bmc->over = true;
            return false;
        default:
            break;
        }
    }
    return true;
}

/* As long as the host does nothing, too, but no longer: its next request shows
 * that it goes on. */
static void
pause_for(struct bmc *bmc, uint64_t time)
{
    const uint64_t end = peer_later(peer_now(), time);

    wait_for_request(bmc, end, end);
}

/* How long the host may take for its next request. */
static uint64_t
time_for_request(const struct bmc *bmc)
{
    return tally_is_forever(bmc->script, bmc->position)
           ? SCRIPT_NO_LIMIT : bmc->patience;
}

/* --- answers ----------------------------------------------------------- */

/* Sends a response to the request, which is done with. response: from netFn/LUN
 * on. */
static void
answer(struct bmc *bmc, const uint8_t *response, size_t len)
{
    uint8_t *message = g_malloc(1 + len);

    message[0] = bmc->request.bytes[0];
    memcpy(message + 1, response, len);
    peer_send_message(bmc->peer, message, 1 + len);
    g_free(message);
    bmc->has_request = false;
    bmc->tally.messages++;
}

static void
answer_ccode(struct bmc *bmc, uint8_t ccode)
{
    const uint8_t response[] = {
        bmc->request.bytes[1] | NETFN_RESPONSE, bmc->request.bytes[2], ccode
    };

    answer(bmc, response, sizeof response);
}

/* What the pattern leaves open is 0, or follows from the request. */
static void
answer_pattern(struct bmc *bmc, const struct script_pattern *pattern)
{
    const size_t len = MAX(pattern->len, 3);
    uint8_t *response = g_malloc0(len);

    response[0] = bmc->request.bytes[1] | NETFN_RESPONSE;
    response[1] = bmc->request.bytes[2];
    for (size_t i = 0; i < pattern->len; i++) {
        response[i] = (uint8_t)((response[i] & ~pattern->mask[i])
                                | pattern->value[i]);
    }
    answer(bmc, response, len);
    g_free(response);
}

static void
answer_as(struct bmc *bmc, const struct script_statement *send)
{
    switch (send->expectation) {
    case SCRIPT_EXPECT_PATTERN:
        answer_pattern(bmc, &send->pattern);
        break;
    case SCRIPT_EXPECT_ANY:
        answer_ccode(bmc, CC_OK);
        break;
    case SCRIPT_EXPECT_NONE:
        bmc->has_request = false;
        pause_for(bmc, send->time);
        break;
    }
}

static bool
request_is(const struct bmc *bmc, const uint8_t *bytes, size_t len)
{
    return bmc->request.len == 1 + len
           && memcmp(bmc->request.bytes + 1, bytes, len) == 0;
}

/* The first statement that has an answer to the request, or NULL. */
static const struct script_statement *
find_answer(const struct bmc *bmc)
{
    for (size_t i = 0; i < bmc->script->len; i++) {
        const struct script_statement *statement = &bmc->script->statements[i];

        if (statement->verb == SCRIPT_SEND
                && statement->expectation == SCRIPT_EXPECT_PATTERN
                && request_is(bmc, statement->request,
                              statement->request_len)) {
            return statement;
        }
    }
    return NULL;
}

/* Of a request that has come out of turn: as the script would in its turn. */
static void
answer_anyway(struct bmc *bmc)
{
    const struct script_statement *send = find_answer(bmc);

    if (send) {
        answer_as(bmc, send);
    } else if (request_is(bmc, get_device_id, sizeof get_device_id)) {
        answer(bmc, some_device_id, sizeof some_device_id);
    } else {
        answer_ccode(bmc, CC_INVALID_COMMAND);
    }
}

/* --- statements -------------------------------------------------------- */

static void
fail_silent_host(struct bmc *bmc, const char *expected, uint64_t time)
{
    char *text = script_time_text(time);

    tally_fail(&bmc->tally, bmc->script->statements[bmc->position].line,
               "expected %s, got no request within %s: the script ends here",
               expected, text);
    g_free(text);
    bmc->over = true;
    bmc->position = bmc->script->len;
}

/* Waits for a request, while it answers others. */
static void
take_request(struct bmc *bmc, const uint8_t *request, size_t len,
             uint64_t time)
{
    const uint64_t deadline = peer_later(peer_now(), time);
    char *expected = text_of_bytes(request, len);

    while (wait_for_request(bmc, deadline, deadline)
           && !request_is(bmc, request, len)) {
        char *got = text_of_bytes(bmc->request.bytes + 1,
                                  bmc->request.len - 1);

        tally_fail(&bmc->tally, bmc->script->statements[bmc->position].line,
                   "expected %s, got %s", expected, got);
        g_free(got);
        answer_anyway(bmc);
    }
    if (bmc->has_request) {
        bmc->tally.passed++;
    } else if (!bmc->over) {
        fail_silent_host(bmc, expected, time);
    }
    g_free(expected);
}

static void
do_send(struct bmc *bmc, const struct script_statement *send)
{
    take_request(bmc, send->request, send->request_len, time_for_request(bmc));
    if (bmc->has_request) {
        answer_as(bmc, send);
    }
}

/* The host asks for the device ID until it has an answer. */
static void
do_wait_ready(struct bmc *bmc, const struct script_statement *wait)
{
    take_request(bmc, get_device_id, sizeof get_device_id,
                 MAX(wait->time, bmc->patience));
    if (bmc->has_request) {
        answer_anyway(bmc);
    }
}

static void
do_wait_attn(struct bmc *bmc, const struct script_statement *wait)
{
    const bool wanted = wait->verb == SCRIPT_WAIT_ATTN;

    if (bmc->attention != wanted) {
        bmc->attention = wanted;
        peer_send_attention(bmc->peer, wanted);
    }
    bmc->tally.passed++;
}

/* The first request in a repeat, or NULL. */
static const struct script_statement *
first_request(const struct script *script, size_t repeat)
{
    for (size_t i = repeat + 1; i < script->statements[repeat].partner; i++) {
        if (script->statements[i].verb == SCRIPT_SEND) {
            return &script->statements[i];
        }
    }
    return NULL;
}

/* By the host's clock the time may be over or not, so what the host does tells:
 * it begins anew, goes on behind the end, or does nothing any more. */
static bool
host_begins_anew(struct bmc *bmc, size_t repeat)
{
    const struct script_statement *first = first_request(bmc->script, repeat);
    const uint64_t now = peer_now(), end = bmc->loops[repeat].end;

    if (!first) {
        return now < end;
    }
    return wait_for_request(bmc, peer_later(MAX(now, end),
                                            time_for_request(bmc)), end)
           && request_is(bmc, first->request, first->request_len);
}

static bool
goes_on(struct bmc *bmc, size_t repeat)
{
    switch (bmc->script->statements[repeat].verb) {
    case SCRIPT_REPEAT_FOREVER:
        return true;
    case SCRIPT_REPEAT_FOR:
        return host_begins_anew(bmc, repeat);
    default:
        return --bmc->loops[repeat].left > 0;
    }
}

static void
do_statement(struct bmc *bmc, const struct script_statement *statement)
{
    switch (statement->verb) {
    case SCRIPT_SEND:
        do_send(bmc, statement);
        break;
    case SCRIPT_DELAY:
        pause_for(bmc, statement->time);
        break;
    case SCRIPT_WAIT_ATTN:
    case SCRIPT_WAIT_NOATTN:
        do_wait_attn(bmc, statement);
        break;
    case SCRIPT_WAIT_READY:
        do_wait_ready(bmc, statement);
        break;
    case SCRIPT_REPEAT:
    case SCRIPT_REPEAT_FOR:
    case SCRIPT_REPEAT_FOREVER:
        bmc->loops[bmc->position] = (struct loop){
            .left = statement->number,
            .end = peer_later(peer_now(), statement->time),
        };
        break;
    case SCRIPT_END:
        /* For a repeat that never waits for anything. */
        pause_for(bmc, 0);
        if (!bmc->over && goes_on(bmc, statement->partner)) {
            bmc->position = statement->partner;
        }
        break;
    case SCRIPT_RATE:
        break;
    }
}

bool
play_script_as_bmc(const struct script *script, struct peer *peer,
                   uint64_t patience)
{
    struct bmc bmc = {
        .script = script,
        .peer = peer,
        .patience = patience,
        .tally = { .script = script, .start = peer_now() },
        .loops = g_new0(struct loop, script->len),
    };
    bool good;

    peer_greet(peer, false);
    while (bmc.position < script->len) {
        do_statement(&bmc, &script->statements[bmc.position]);
        if (bmc.over) {
            break;
        }
        bmc.position++;
    }
    g_free(bmc.loops);
    good = tally_finish(&bmc.tally, bmc.position, "answered");
    peer_close(peer);
    return good;
}
