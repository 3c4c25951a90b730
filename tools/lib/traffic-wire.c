/* traffic-wire.c
 * The messages and control commands in frames of the wire,
 * docs/ipmi-extern.md.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "traffic-follower.h"

/* A link. */
struct traffic_link {
    struct traffic_matcher matcher;

    /* On the present connection. */
    uint8_t greeted;            /* bit n: who sends in direction n has */
    bool    capabilities_known;
    uint8_t capabilities;       /* what the host has said that it can do */
};

/* One frame, as far as it is there. */
struct wire_frame {
    struct ipmi_extern_frame frame;
    const uint8_t *wire;        /* and what follows it in the packet */
    size_t left;
    bool   cut;                 /* the capture has only its beginning */
    bool   too_long;            /* we have, as for any receiver */
};

static bool
has_header(const uint8_t *bytes, size_t len)
{
    return len > 2 && len >= ipmi_extern_data_offset(bytes);
}

/* What makes a receiver drop a message. */
static const char *
message_flaw(const struct wire_frame *frame, const uint8_t *bytes)
{
    const struct ipmi_extern_frame *info = &frame->frame;

    if (frame->too_long) {
        return "too long for any receiver";
    }
    if (frame->cut) {
        return has_header(bytes, info->len)
                       && info->len <= IPMI_EXTERN_MAX_QEMU
                   ? NULL : "cut: the capture has only the beginning";
    }
    if (ipmi_extern_message_good(info, bytes)) {
        return NULL;
    }
    if (!info->terminator) {
        return "no terminator";
    }
    if (info->wire_len == 1) {
        return "empty frame";
    }
    if (info->escape_fault == IPMI_EXTERN_ESCAPE_AT_END) {
        return "escape with nothing after it";
    }
    if (info->escape_fault == IPMI_EXTERN_ESCAPE_MISSING
            || ipmi_extern_message_cut(frame->wire, frame->left)) {
        return "a byte that has to be escaped is not";
    }
    if (info->len < (info->len > 1 && ipmi_extern_is_response(bytes)
                         ? IPMI_EXTERN_MIN_RESPONSE
                         : IPMI_EXTERN_MIN_REQUEST)) {
        return "too short for a message";
    }
    return "wrong checksum";
}

/* What is wrong with a message that its receiver takes all the same. */
static const char *
message_fault(const struct wire_frame *frame, const struct traffic *traffic)
{
    const struct ipmi_extern_frame *info = &frame->frame;
    const char *fault = traffic_direction_fault(traffic);

    if (frame->cut) {
        return "cut: the capture has only the beginning";
    }
    if (fault) {
        return fault;
    }
    if (info->len > IPMI_EXTERN_MAX_QEMU) {
        return "longer than QEMU takes";
    }
    if (info->len > IPMI_EXTERN_MAX_OPENIPMI) {
        return "longer than OpenIPMI takes";
    }
    if (info->escape_fault == IPMI_EXTERN_ESCAPE_NEEDLESS) {
        return "needless escape";
    }
    return NULL;
}

/* Where it is not captured, only one side sends it. */
static enum capture_direction
direction_of(const struct traffic_packet *packet, unsigned senders)
{
    if (packet->packet->direction != CAPTURE_NEITHER) {
        return packet->packet->direction;
    }
    switch (senders) {
    case IPMI_EXTERN_FROM_HOST:
        return CAPTURE_TO_BMC;
    case IPMI_EXTERN_FROM_BMC:
        return CAPTURE_TO_HOST;
    default:
        return CAPTURE_NEITHER;
    }
}

static void
report_message(struct traffic_packet *packet, const struct wire_frame *frame,
               struct traffic *traffic)
{
    const uint8_t *bytes = traffic->bytes;

    traffic->fault = message_flaw(frame, bytes);
    if (traffic->fault) {
        traffic->kind = TRAFFIC_BAD;
        traffic->direction = packet->packet->direction;
        traffic_report(packet, traffic);
        return;
    }
    traffic->len -= !frame->cut;
    if (ipmi_extern_is_response(bytes)) {
        traffic->kind = TRAFFIC_RESPONSE;
        traffic->direction = direction_of(packet, IPMI_EXTERN_FROM_BMC);
    } else {
        traffic->kind = TRAFFIC_REQUEST;
        traffic->direction = direction_of(packet, IPMI_EXTERN_FROM_HOST);
    }
    traffic->fault = message_fault(frame, traffic);
    traffic_match(&packet->point->link->matcher, packet, traffic);
    if (!traffic->fault) {
        traffic->fault = traffic_size_fault(traffic);
    }
    traffic_report(packet, traffic);
}

/* What is wrong with a control command, of which info, if there is one. */
static const char *
control_fault(const struct traffic_link *link,
              const struct ipmi_extern_control_info *info,
              const struct traffic *traffic)
{
    if (!info) {
        return "unknown control command";
    }
    if (traffic->len != 1U + info->operands) {
        return "a control command with a wrong number of operands";
    }
    if (traffic->direction == CAPTURE_TO_BMC
            && !(info->senders & IPMI_EXTERN_FROM_HOST)) {
        return "the host never sends this";
    }
    if (traffic->direction == CAPTURE_TO_HOST
            && !(info->senders & IPMI_EXTERN_FROM_BMC)) {
        return "the BMC never sends this";
    }
    if (info->capability && traffic->direction != CAPTURE_TO_BMC
            && link->capabilities_known
            && !(link->capabilities & info->capability)) {
        return "the host has not announced that it can do this";
    }
    if (info->code == IPMI_EXTERN_VERSION
            && traffic->bytes[1] != IPMI_EXTERN_VERSION_1) {
        return "unknown protocol version";
    }
    return NULL;
}

/* The sides greet each other on a connection that is new. */
static void
forget_greetings(struct traffic_link *link)
{
    link->greeted = 0;
    link->capabilities_known = false;
}

static void
take_control(struct traffic_link *link, const struct traffic *traffic)
{
    unsigned sender = traffic->direction;

    switch (traffic->bytes[0]) {
    case IPMI_EXTERN_CAPABILITIES:
        link->capabilities = traffic->bytes[1];
        link->capabilities_known = true;
        break;
    case IPMI_EXTERN_VERSION:
        /* Not twice on one connection: this is another one. */
        if (link->greeted & 1U << sender) {
            forget_greetings(link);
        }
        link->greeted |= (uint8_t)(1U << sender);
        link->matcher.heard = true;
        traffic_matcher_cut_off(&link->matcher);
        break;
    case IPMI_EXTERN_RESET:
    case IPMI_EXTERN_POWEROFF:
        traffic_matcher_cut_off(&link->matcher);
        break;
    default:
        break;
    }
}

static void
report_control(struct traffic_packet *packet, const struct wire_frame *frame,
               struct traffic *traffic)
{
    const struct ipmi_extern_control_info *info;

    if (traffic->len == 0
            || frame->frame.escape_fault == IPMI_EXTERN_ESCAPE_AT_END) {
        traffic->kind = TRAFFIC_BAD;
        traffic->direction = packet->packet->direction;
        traffic->fault = frame->frame.wire_len == 1
                             ? "empty frame" : "escape with nothing after it";
        traffic_report(packet, traffic);
        return;
    }
    info = ipmi_extern_control_find(traffic->bytes[0]);
    traffic->kind = TRAFFIC_CONTROL;
    traffic->direction = direction_of(packet, info ? info->senders : 0);
    traffic->fault = control_fault(packet->point->link, info, traffic);
    if (info && traffic->len == 1U + info->operands) {
        take_control(packet->point->link, traffic);
    }
    traffic_report(packet, traffic);
}

static void
report_connection(struct traffic_packet *packet)
{
    struct traffic traffic = { 0 };

    traffic.kind = packet->packet->connection == CAPTURE_CONNECTED
                       ? TRAFFIC_CONNECTED : TRAFFIC_DISCONNECTED;
    forget_greetings(packet->point->link);
    traffic_matcher_reset(&packet->point->link->matcher);
    traffic_report(packet, &traffic);
}

/* Takes the first frame of what is left. Returns its length. */
static size_t
take_frame(struct traffic_packet *packet, const uint8_t *wire, size_t left,
           bool cut)
{
    struct wire_frame frame = { .wire = wire, .left = left };
    size_t len = ipmi_extern_frame_length(wire, left);
    struct traffic traffic = { .bytes = packet->follower->bytes };

    if (len == 0) {
        len = left;
        frame.cut = cut;
    }
    frame.too_long = len > IPMI_EXTERN_MAX_WIRE;
    ipmi_extern_frame_decode(wire, MIN(len, IPMI_EXTERN_MAX_WIRE),
                             packet->follower->bytes, &frame.frame);
    traffic.len = frame.frame.len;
    if (frame.frame.terminator == IPMI_EXTERN_CMD_END) {
        report_control(packet, &frame, &traffic);
    } else {
        report_message(packet, &frame, &traffic);
    }
    return len;
}

void
traffic_wire(struct traffic_packet *packet)
{
    const struct capture_packet *from = packet->packet;
    bool cut = from->len < from->original_len;

    if (!packet->point->link) {
        packet->point->link = g_new0(struct traffic_link, 1);
    }
    if (from->lost) {
        traffic_matcher_lose(&packet->point->link->matcher);
        forget_greetings(packet->point->link);
    }
    if (from->original_len == 0) {
        report_connection(packet);
        return;
    }
    for (size_t at = 0; at < from->len;) {
        at += take_frame(packet, from->bytes + at, from->len - at, cut);
    }
    if (cut && (from->len == 0
                || from->bytes[from->len - 1] == IPMI_EXTERN_MSG_END
                || from->bytes[from->len - 1] == IPMI_EXTERN_CMD_END)) {
        /* All that is there of the next one is that there was one. */
        take_frame(packet, from->bytes, 0, true);
    }
}

uint64_t
traffic_wire_unanswered(const struct traffic_point *point)
{
    return point->link ? point->link->matcher.exchange.unanswered : 0;
}

void
traffic_wire_clear(struct traffic_point *point)
{
    g_free(point->link);
}
