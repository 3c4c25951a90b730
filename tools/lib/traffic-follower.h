/* traffic-follower.h
 * What the files that follow traffic share with each other and with nobody
 * else: the follower, and what it knows of each capture point.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TRAFFIC_FOLLOWER_H
#define TRAFFIC_FOLLOWER_H

#include <glib.h>

#include "exchange.h"
#include "ipmi-extern-frame.h"
#include "ipmi-machine.h"
#include "traffic.h"

/* Of messages with their requests: what has been seen of one link, or of one
 * channel. */
struct traffic_matcher {
    struct exchange exchange;
    struct {
        uint32_t serial;        /* how many requests went before it */
        uint32_t hash;          /* of all its bytes */
        uint32_t body;          /* ipmi_body() of it */
    } latest[256];              /* request, by sequence number */
    uint32_t requests;
    uint32_t waiting_since;     /* serial of the first request that may wait */
    bool heard;                 /* what is unsolicited would have been: a
                                 * request, or the beginning */
};

/* A capture point. What is large is there from the first packet on that needs
 * it. */
struct traffic_point {
    enum ipmi_machine_point side;
    uint8_t channel;            /* of KCS: number among an Aspeed's, or 0 */

    struct traffic_link *link;              /* the wire, or NULL */
    struct traffic_channel *channels[2];    /* KCS, BT, or NULL */
    struct traffic_matcher *traced;         /* channels of HPM.2, or NULL */
};

struct traffic_follower {
    GPtrArray *points;          /* of struct traffic_point */
    uint8_t bytes[IPMI_EXTERN_MAX_WIRE];    /* of what is reported */
};

/* A packet, while it is taken apart. */
struct traffic_packet {
    struct traffic_follower *follower;
    struct traffic_point *point;
    const struct capture_packet *packet;
    uint64_t lost;              /* before what is reported next */
    traffic_func func;
    void *data;
};

/* Reports it. bytes hold until the report returns. kind, direction, fault,
 * bytes and the match are the caller's to fill in. */
void traffic_report(struct traffic_packet *packet, struct traffic *traffic);

/* Finds the other half of a message, and so its command, and what that says
 * against it if it has no fault yet. It has a sequence number, of KCS 0. */
void traffic_match(struct traffic_matcher *matcher,
                   const struct traffic_packet *packet,
                   struct traffic *traffic);

/* What is outstanding will not be answered. */
void traffic_matcher_reset(struct traffic_matcher *matcher);

/* Nobody waits any more, and so what is the same is not sent again; but a
 * response that comes all the same finds its request. */
void traffic_matcher_cut_off(struct traffic_matcher *matcher);

/* The same, and what comes may answer what was lost. */
void traffic_matcher_lose(struct traffic_matcher *matcher);

/* What is wrong with the side that a message is from, or NULL. */
const char *traffic_direction_fault(const struct traffic *traffic);

/* What is wrong with the size of a message's body, or NULL. */
const char *traffic_size_fault(const struct traffic *traffic);

/* Take a packet apart, each of one kind. */
void traffic_wire(struct traffic_packet *packet);
void traffic_registers(struct traffic_packet *packet);
void traffic_trace(struct traffic_packet *packet);

/* A message as KCS or BT carries it: netFn/LUN, command and so on, or with its
 * length before, and its number in between. */
void traffic_transfer(struct traffic_packet *packet,
                      struct traffic_matcher *matcher, bool is_bt,
                      bool from_bmc, const uint8_t *bytes, size_t len);

/* Of all channels of a point: what has had no response, and will not. */
uint64_t traffic_wire_unanswered(const struct traffic_point *point);
uint64_t traffic_registers_unanswered(const struct traffic_point *point);
uint64_t traffic_trace_unanswered(const struct traffic_point *point);

void traffic_wire_clear(struct traffic_point *point);
void traffic_registers_clear(struct traffic_point *point);
void traffic_trace_clear(struct traffic_point *point);

#endif /* TRAFFIC_FOLLOWER_H */
