/* script-host.c
 * The player of docs/host-script.md at the host's end of a connection.
 *
 * A connection that the BMC closes is to a script what a reset of the BMC is:
 * it does not answer what it had got before, and the script goes on with the
 * next connection.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "players.h"

#include <string.h>

#include "tally.h"
#include "text.h"

#define NS_PER_SECOND   UINT64_C(1000000000)

/* "wait ready" asks as often, and gives up a question as soon. */
#define READY_INTERVAL  NS_PER_SECOND

static const uint8_t get_device_id[] = { 0x18, 0x01 };

/* Of a response without its sequence number: netFn/LUN, command, this. */
#define CCODE_OFFSET    2

struct loop {
    uint64_t left;
    uint64_t end;
};

struct host {
    const struct script *script;
    struct peer *peer;
    struct tally tally;
    size_t   position;
    struct loop *loops;     /* by the position of their repeats */
    uint64_t interval;      /* from one request to the next, at least */
    uint64_t last_sent;
    uint8_t  seq;
    bool     attention;
    bool     over;          /* stopped, or there is nobody to go on with */
};

enum outcome {
    ANSWERED,           /* a message came, or what was waited for is so */
    CHANGED,            /* a control command came */
    TIMED_OUT,
    CLOSED,
    STOPPED
};

static enum outcome
stop(struct host *host)
{
    host->over = true;
    return STOPPED;
}

/* Sees to it that there is a connection. */
static enum outcome
connect_again(struct host *host, uint64_t deadline)
{
    if (peer_is_open(host->peer)) {
        return ANSWERED;
    }
    switch (peer_open(host->peer, deadline, NULL)) {
    case PEER_CONNECTED:
        peer_greet(host->peer, false);
        return ANSWERED;
    case PEER_STOPPED:
        return stop(host);
    default:
        return TIMED_OUT;
    }
}

static void
take_control(struct host *host, const struct peer_frame *frame)
{
    switch (frame->bytes[0]) {
    case IPMI_EXTERN_NOATTN:
        host->attention = false;
        break;
    case IPMI_EXTERN_ATTN:
    case IPMI_EXTERN_ATTN_IRQ:
        host->attention = true;
        break;
    default:
        break;
    }
}

/* What happens next; control commands and the end of the connection are seen
 * to. */
static enum outcome
next_event(struct host *host, uint64_t deadline, struct peer_frame *frame)
{
    switch (peer_wait(host->peer, deadline, frame)) {
    case PEER_MESSAGE:
        return ANSWERED;
    case PEER_CONTROL:
        take_control(host, frame);
        return CHANGED;
    case PEER_CLOSED:
        host->attention = false;
        return CLOSED;
    case PEER_TIME:
        return TIMED_OUT;
    default:
        return stop(host);
    }
}

/* Sends a request and waits for its response: in response, from netFn/LUN on,
 * until the next call. What answers others has come too late for them. */
static enum outcome
exchange(struct host *host, const uint8_t *request, size_t len,
         uint64_t deadline, struct peer_frame *response)
{
    const uint8_t seq = host->seq++;
    uint8_t *message = g_malloc(1 + len);
    enum outcome outcome;

    message[0] = seq;
    memcpy(message + 1, request, len);
    peer_send_message(host->peer, message, 1 + len);
    g_free(message);
    do {
        outcome = next_event(host, deadline, response);
    } while (outcome == CHANGED
             || (outcome == ANSWERED && response->bytes[0] != seq));
    if (outcome == ANSWERED) {
        response->bytes++;
        response->len--;
    }
    return outcome;
}

/* Does nothing until then, but takes what comes. */
static enum outcome
pause_until(struct host *host, uint64_t deadline)
{
    struct peer_frame ignored;
    enum outcome outcome;

    do {
        outcome = next_event(host, deadline, &ignored);
    } while (outcome != TIMED_OUT && outcome != STOPPED);
    return outcome;
}

/* --- statements -------------------------------------------------------- */

static const char *
expected_text(const struct script_statement *send)
{
    switch (send->expectation) {
    case SCRIPT_EXPECT_PATTERN:
        return send->pattern.text;
    case SCRIPT_EXPECT_NONE:
        return "no response";
    default:
        return "a response";
    }
}

static void
judge_response(struct host *host, const struct script_statement *send,
               const struct peer_frame *response)
{
    char *text;

    if (send->expectation == SCRIPT_EXPECT_ANY
            || (send->expectation == SCRIPT_EXPECT_PATTERN
                && script_pattern_matches(&send->pattern, response->bytes,
                                          response->len))) {
        host->tally.passed++;
        return;
    }
    text = text_of_bytes(response->bytes, response->len);
    tally_fail(&host->tally, send->check_line, "expected %s, got %s",
               expected_text(send), text);
    g_free(text);
}

static void
judge_silence(struct host *host, const struct script_statement *send,
              enum outcome outcome)
{
    if (outcome == TIMED_OUT ? send->expectation == SCRIPT_EXPECT_NONE
                             : send->expectation != SCRIPT_EXPECT_PATTERN) {
        host->tally.passed++;
    } else if (outcome == TIMED_OUT) {
        char *time = script_time_text(send->time);

        tally_fail(&host->tally, send->check_line,
                   "expected %s, got no response within %s",
                   expected_text(send), time);
        g_free(time);
    } else {
        tally_fail(&host->tally, send->check_line, "expected %s, got no "
                   "response: the connection was closed", expected_text(send));
    }
}

/* Silence is no answer to what was never sent. */
static void
judge_unsent(struct host *host, const struct script_statement *send,
             enum outcome outcome)
{
    char *time;

    if (outcome == STOPPED) {
        return;
    }
    time = script_time_text(send->time);
    tally_fail(&host->tally, send->check_line,
               "expected %s, got no connection within %s",
               expected_text(send), time);
    g_free(time);
}

static void
do_send(struct host *host, const struct script_statement *send)
{
    struct peer_frame response;
    enum outcome outcome;
    uint64_t deadline;

    if (host->tally.messages > 0 && host->interval > 0
            && pause_until(host, host->last_sent + host->interval)
               == STOPPED) {
        return;
    }
    host->last_sent = peer_now();
    deadline = host->last_sent + send->time;
    outcome = connect_again(host, deadline);
    if (outcome != ANSWERED) {
        judge_unsent(host, send, outcome);
        return;
    }
    host->tally.messages++;
    outcome = exchange(host, send->request, send->request_len, deadline,
                       &response);
    if (outcome == ANSWERED) {
        judge_response(host, send, &response);
    } else if (outcome != STOPPED) {
        judge_silence(host, send, outcome);
    }
}

/* A connection that is lost meanwhile is made again. */
static enum outcome
wait_for_attention(struct host *host, bool wanted, uint64_t deadline)
{
    struct peer_frame ignored;
    enum outcome outcome;

    do {
        outcome = connect_again(host, deadline);
        if (outcome == ANSWERED && host->attention != wanted) {
            outcome = next_event(host, deadline, &ignored);
        }
    } while (outcome != TIMED_OUT && outcome != STOPPED
             && host->attention != wanted);
    return outcome;
}

static void
do_wait_attn(struct host *host, const struct script_statement *wait)
{
    const bool wanted = wait->verb == SCRIPT_WAIT_ATTN;
    const uint64_t deadline = peer_later(peer_now(), wait->time);
    const enum outcome outcome = wait_for_attention(host, wanted, deadline);

    if (outcome == TIMED_OUT) {
        char *time = script_time_text(wait->time);

        tally_fail(&host->tally, wait->line, "SMS_ATN was not %s within %s",
                   wanted ? "set" : "clear", time);
        g_free(time);
    } else if (outcome != STOPPED) {
        host->tally.passed++;
    }
}

static void
do_wait_ready(struct host *host, const struct script_statement *wait)
{
    const uint64_t deadline = peer_later(peer_now(), wait->time);
    char *time;

    while (peer_now() < deadline) {
        const uint64_t next = MIN(deadline,
                                  peer_later(peer_now(), READY_INTERVAL));
        struct peer_frame response;
        enum outcome outcome = connect_again(host, next);

        if (outcome == ANSWERED) {
            outcome = exchange(host, get_device_id, sizeof get_device_id, next,
                               &response);
        }
        if (outcome == ANSWERED && response.len > CCODE_OFFSET
                && response.bytes[CCODE_OFFSET] == 0) {
            host->tally.passed++;
            return;
        }
        if (outcome == STOPPED || pause_until(host, next) == STOPPED) {
            return;
        }
    }
    time = script_time_text(wait->time);
    tally_fail(&host->tally, wait->line, "the firmware was not ready within "
               "%s: the script ends here", time);
    g_free(time);
    host->over = true;
    host->position = host->script->len;
}

static void
do_repeat(struct host *host, const struct script_statement *repeat)
{
    host->loops[host->position] = (struct loop){
        .left = repeat->number,
        .end = peer_later(peer_now(), repeat->time),
    };
}

static bool
goes_on(const struct script_statement *repeat, struct loop *loop)
{
    switch (repeat->verb) {
    case SCRIPT_REPEAT_FOREVER:
        return true;
    case SCRIPT_REPEAT_FOR:
        return peer_now() < loop->end;
    default:
        return --loop->left > 0;
    }
}

static void
do_end(struct host *host, const struct script_statement *end)
{
    const size_t repeat = end->partner;

    /* For a repeat that never waits for anything. */
    if (pause_until(host, 0) != STOPPED
            && goes_on(&host->script->statements[repeat],
                       &host->loops[repeat])) {
        host->position = repeat;
    }
}

static void
do_statement(struct host *host, const struct script_statement *statement)
{
    switch (statement->verb) {
    case SCRIPT_SEND:
        do_send(host, statement);
        break;
    case SCRIPT_DELAY:
        pause_until(host, peer_later(peer_now(), statement->time));
        break;
    case SCRIPT_WAIT_ATTN:
    case SCRIPT_WAIT_NOATTN:
        do_wait_attn(host, statement);
        break;
    case SCRIPT_WAIT_READY:
        do_wait_ready(host, statement);
        break;
    case SCRIPT_REPEAT:
    case SCRIPT_REPEAT_FOR:
    case SCRIPT_REPEAT_FOREVER:
        do_repeat(host, statement);
        break;
    case SCRIPT_END:
        do_end(host, statement);
        break;
    case SCRIPT_RATE:
        host->interval = statement->number
                         ? NS_PER_SECOND / statement->number : 0;
        break;
    }
}

bool
play_script_as_host(const struct script *script, struct peer *peer)
{
    struct host host = {
        .script = script,
        .peer = peer,
        .tally = { .script = script, .start = peer_now() },
        .loops = g_new0(struct loop, script->len),
    };
    bool good;

    peer_greet(peer, false);
    while (host.position < script->len) {
        do_statement(&host, &script->statements[host.position]);
        if (host.over) {
            break;
        }
        host.position++;
    }
    g_free(host.loops);
    good = tally_finish(&host.tally, host.position, "sent");
    peer_close(peer);
    return good;
}
