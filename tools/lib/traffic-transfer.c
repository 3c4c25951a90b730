/* traffic-transfer.c
 * Messages as KCS and BT carry them: one that its bytes are all there of, put
 * together from accesses or out of a trace.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "traffic-follower.h"

/* Where the parts are: IPMI 2.0, sections 9.2 and 11.2. */
enum kcs_layout {
    KCS_NETFN = 0,
    KCS_CMD = 1
};

enum bt_layout {
    BT_LENGTH = 0,
    BT_NETFN = 1,
    BT_SEQ = 2,
    BT_CMD = 3
};

/* Puts the message together as on the wire. Returns its length, 0 if there are
 * too few bytes for one, and whether it says that it has more. */
static size_t
kcs_message(const uint8_t *bytes, size_t len, uint8_t *message)
{
    if (len <= KCS_CMD) {
        return 0;
    }
    message[0] = 0;
    message[1] = bytes[KCS_NETFN];
    memcpy(message + 2, bytes + KCS_CMD, len - KCS_CMD);
    return len + 1;
}

static size_t
bt_message(const uint8_t *bytes, size_t len, uint8_t *message, bool *cut)
{
    size_t said = 1U + bytes[BT_LENGTH];
    size_t end = MIN(said, len);

    *cut = end < said;
    if (end <= BT_CMD) {
        return 0;
    }
    message[0] = bytes[BT_SEQ];
    message[1] = bytes[BT_NETFN];
    memcpy(message + 2, bytes + BT_CMD, end - BT_CMD);
    return end - 1;
}

static const char *
fault_of(const struct traffic *traffic, bool cut, bool is_bt)
{
    if (cut) {
        return is_bt ? "shorter than its length says"
                     : "longer than anybody takes";
    }
    return traffic_direction_fault(traffic);
}

void
traffic_transfer(struct traffic_packet *packet,
                 struct traffic_matcher *matcher, bool is_bt, bool from_bmc,
                 const uint8_t *bytes, size_t len)
{
    uint8_t *message = packet->follower->bytes;
    bool cut = false;
    struct traffic traffic = {
        .direction = from_bmc ? CAPTURE_TO_HOST : CAPTURE_TO_BMC,
        .bytes = message,
    };

    if (len > IPMI_MESSAGE_MAX) {
        len = IPMI_MESSAGE_MAX;
        cut = true;
    }
    if (len == 0) {
        return;
    }
    traffic.len = is_bt ? bt_message(bytes, len, message, &cut)
                        : kcs_message(bytes, len, message);
    if (traffic.len == 0
            || traffic.len < ipmi_extern_data_offset(message)) {
        traffic.kind = TRAFFIC_BAD;
        traffic.bytes = bytes;
        traffic.len = len;
        traffic.fault = "too short for a message";
        traffic_report(packet, &traffic);
        return;
    }
    traffic.kind = ipmi_extern_is_response(message) ? TRAFFIC_RESPONSE
                                                    : TRAFFIC_REQUEST;
    traffic.fault = fault_of(&traffic, cut, is_bt);
    if (!traffic.fault) {
        if (!is_bt && traffic.kind == TRAFFIC_REQUEST) {
            /* One at a time: the host has given up the last one. */
            exchange_reset(&matcher->exchange);
        }
        traffic_match(matcher, packet, &traffic);
        if (!is_bt) {
            /* Without numbers, nothing tells that it comes once more. */
            exchange_lose(&matcher->exchange);
        }
        if (!traffic.fault) {
            traffic.fault = traffic_size_fault(&traffic);
        }
    }
    traffic_report(packet, &traffic);
}
