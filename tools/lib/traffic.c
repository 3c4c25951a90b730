/* traffic.c
 * The messages in a capture, wherever they were captured.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "traffic.h"

#include <string.h>

#include "message.h"
#include "traffic-follower.h"

/* QEMU's ipmi-bmc-extern has answered its host itself by then. */
#define LATE    4000000000      /* ns */

/* Numbers go round: a request this many requests ago is not meant any more. */
#define SEQ_WINDOW  128

struct traffic_follower *
traffic_follower_new(void)
{
    struct traffic_follower *follower = g_new0(struct traffic_follower, 1);

    follower->points = g_ptr_array_new();
    return follower;
}

/* "isa-ipmi-kcs: KCS registers, host's side, VM web1": the name of the virtual
 * machine may be anything, and is last. */
static enum ipmi_machine_point
side_of(const char *description)
{
    const char *host, *bmc;

    if (!description) {
        return IPMI_POINT_UNKNOWN;
    }
    host = strstr(description, ", host's side");
    bmc = strstr(description, ", BMC's side");
    if (host && (!bmc || host < bmc)) {
        return IPMI_POINT_HOST;
    }
    return bmc ? IPMI_POINT_BMC : IPMI_POINT_UNKNOWN;
}

/* The number that ends the name of a channel, as in ".../kcs3". */
static uint8_t
channel_of(const char *name)
{
    size_t len = strlen(name);

    if (len < 2 || !g_ascii_isdigit(name[len - 1])
            || !g_ascii_isalpha(name[len - 2])) {
        return 0;
    }
    return (uint8_t)g_ascii_digit_value(name[len - 1]);
}

void
traffic_follower_point(struct traffic_follower *follower, unsigned number,
                       const struct capture_point *point)
{
    struct traffic_point *added = g_new0(struct traffic_point, 1);

    g_return_if_fail(number == follower->points->len);
    added->side = side_of(point->description);
    added->channel = channel_of(point->name);
    g_ptr_array_add(follower->points, added);
}

void
traffic_report(struct traffic_packet *packet, struct traffic *traffic)
{
    const struct capture_packet *from = packet->packet;

    traffic->where = from->kind;
    traffic->point = from->point;
    traffic->number = from->number;
    traffic->time = from->time;
    traffic->lost = packet->lost;
    packet->lost = 0;
    packet->func(traffic, packet->data);
}

static void
set_fault(struct traffic *traffic, const char *fault)
{
    if (!traffic->fault) {
        traffic->fault = fault;
    }
}

/* FNV-1a. */
static uint32_t
hash_of(const uint8_t *bytes, size_t len)
{
    uint32_t hash = 2166136261;

    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ bytes[i]) * 16777619;
    }
    return hash;
}

/* Whether the numbers have not gone round since the latest request, and nothing
 * has ended the wait for its response. */
static bool
may_wait(const struct traffic_matcher *matcher, uint8_t seq)
{
    uint32_t age = matcher->requests - matcher->latest[seq].serial;

    return age < SEQ_WINDOW
           && age <= matcher->requests - matcher->waiting_since;
}

/* A request that is the same as one that waits is that one, sent again. */
static void
match_request(struct traffic_matcher *matcher,
              const struct traffic_packet *packet, struct traffic *traffic)
{
    uint8_t seq = traffic->bytes[0];
    const struct exchange_request *earlier = &matcher->exchange.requests[seq];
    uint32_t hash = hash_of(traffic->bytes, traffic->len);
    bool waits = (earlier->outstanding || earlier->given_up)
                 && may_wait(matcher, seq);

    matcher->heard = true;
    if (waits && matcher->latest[seq].hash == hash) {
        set_fault(traffic, "sent again, before its response");
        return;
    }
    if (waits && earlier->outstanding) {
        set_fault(traffic, "its number is that of a request that waits");
    }
    exchange_request(&matcher->exchange, traffic->bytes, packet->packet->time,
                     packet->packet->number);
    matcher->latest[seq].serial = matcher->requests++;
    matcher->latest[seq].hash = hash;
    matcher->latest[seq].body = message_body(traffic->bytes, traffic->len);
}

static void
match_response(struct traffic_matcher *matcher,
               const struct traffic_packet *packet, struct traffic *traffic)
{
    const uint8_t *message = traffic->bytes;
    const struct exchange_request *request =
        exchange_response(&matcher->exchange, message);

    if (!request) {
        request = exchange_answered(&matcher->exchange, message);
        if (!request) {
            if (matcher->heard) {
                set_fault(traffic, "no request that it answers");
            }
            return;
        }
        set_fault(traffic, "its request has been answered already");
    }
    traffic->command = ipmi_command_find(
        message[1] >> 2, matcher->latest[message[0]].body, message[2]);
    traffic->matched = true;
    traffic->request_number = request->number;
    traffic->request_time = request->time;
    if (packet->packet->time > request->time
            && packet->packet->time - request->time > LATE) {
        set_fault(traffic, "late: more than 4 s after its request");
    }
}

void
traffic_match(struct traffic_matcher *matcher,
              const struct traffic_packet *packet, struct traffic *traffic)
{
    traffic->command = message_command(traffic->bytes, traffic->len);
    exchange_give_up(&matcher->exchange, packet->packet->time);
    if (traffic->kind == TRAFFIC_REQUEST) {
        match_request(matcher, packet, traffic);
    } else {
        match_response(matcher, packet, traffic);
    }
}

void
traffic_matcher_reset(struct traffic_matcher *matcher)
{
    exchange_reset(&matcher->exchange);
    matcher->heard = true;
}

void
traffic_matcher_cut_off(struct traffic_matcher *matcher)
{
    matcher->waiting_since = matcher->requests;
}

void
traffic_matcher_lose(struct traffic_matcher *matcher)
{
    traffic_matcher_cut_off(matcher);
    exchange_lose(&matcher->exchange);
    matcher->heard = false;
}

const char *
traffic_direction_fault(const struct traffic *traffic)
{
    if (traffic->direction == CAPTURE_TO_BMC
            && traffic->kind == TRAFFIC_RESPONSE) {
        return "a response from the host";
    }
    if (traffic->direction == CAPTURE_TO_HOST
            && traffic->kind == TRAFFIC_REQUEST) {
        return "a request from the BMC";
    }
    return NULL;
}

const char *
traffic_size_fault(const struct traffic *traffic)
{
    return !traffic->command
                   || message_size_ok(traffic->command, traffic->bytes,
                                      traffic->len)
               ? NULL : "a body of a size that the command does not have";
}

void
traffic_follower_packet(struct traffic_follower *follower,
                        const struct capture_packet *packet,
                        traffic_func func, void *data)
{
    struct traffic_packet work = {
        .follower = follower,
        .packet = packet,
        .lost = packet->lost,
        .func = func,
        .data = data,
    };

    g_return_if_fail(packet->point < follower->points->len);
    work.point = g_ptr_array_index(follower->points, packet->point);
    switch (packet->kind) {
    case CAPTURE_EXTERN:
        traffic_wire(&work);
        break;
    case CAPTURE_KCS:
    case CAPTURE_BT:
        traffic_registers(&work);
        break;
    case CAPTURE_TRACE:
        traffic_trace(&work);
        break;
    case CAPTURE_OTHER:
        break;
    }
}

uint64_t
traffic_follower_unanswered(const struct traffic_follower *follower)
{
    uint64_t unanswered = 0;

    for (unsigned i = 0; i < follower->points->len; i++) {
        const struct traffic_point *point =
            g_ptr_array_index(follower->points, i);

        unanswered += traffic_wire_unanswered(point)
                      + traffic_registers_unanswered(point)
                      + traffic_trace_unanswered(point);
    }
    return unanswered;
}

void
traffic_follower_free(struct traffic_follower *follower)
{
    if (!follower) {
        return;
    }
    for (unsigned i = 0; i < follower->points->len; i++) {
        struct traffic_point *point = g_ptr_array_index(follower->points, i);

        traffic_wire_clear(point);
        traffic_registers_clear(point);
        traffic_trace_clear(point);
        g_free(point);
    }
    g_ptr_array_free(follower->points, TRUE);
    g_free(follower);
}
