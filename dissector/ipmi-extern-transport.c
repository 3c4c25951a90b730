/* ipmi-extern-transport.c
 * How frames of the IPMI extern wire format reach the dissector: in TCP
 * segments, or whole in LINKTYPE_WIRESHARK_UPPER_PDU packets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <epan/conversation.h>
#include <epan/packet.h>
#include <epan/proto_data.h>

#include "ipmi-extern-frame.h"
#include "ipmi-extern-transport.h"
#include "ipmi-extern-unit.h"
#include "ipmi-names.h"
#include "packet-ipmi-extern.h"

/* No assignment by IANA; the port of OpenIPMI's examples. */
#define IPMI_EXTERN_TCP_PORTS "9002"

/* Key of p_add_proto_data(): how many frames of a packet were dissected so
 * far. */
#define KEY_COUNT 0

static dissector_handle_t ipmi_extern_tcp_handle;

/* Dissects all frames of a packet.
 *
 * more: ask TCP for the rest of a frame that has no terminator. */
static int
dissect_units(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
              ipmi_extern_link *link, guint32 *index, ws_bool more)
{
    int offset = 0, len = tvb_captured_length(tvb);
    int reported_len = tvb_reported_length(tvb);

    col_set_str(pinfo->cinfo, COL_PROTOCOL, "IPMI-EXT");
    col_clear(pinfo->cinfo, COL_INFO);

    while (offset < reported_len) {
        int frame_len = (int)ipmi_extern_frame_length(
            tvb_get_ptr(tvb, offset, len - offset), len - offset);

        if (!frame_len) {
            /* Nobody takes frames without end, so neither do we wait for
             * one's end. */
            if (more && len - offset < IPMI_EXTERN_MAX_WIRE) {
                pinfo->desegment_offset = offset;
                pinfo->desegment_len = DESEGMENT_ONE_MORE_SEGMENT;
                break;
            }
            frame_len = reported_len - offset;
        }
        ipmi_extern_dissect_unit(tvb, offset, frame_len, pinfo, tree, link,
                                 (*index)++);
        offset += frame_len;
    }
    return reported_len;
}

/* LINKTYPE_WIRESHARK_UPPER_PDU: whole frames, and the direction with them; or
 * nothing, when the connection changed. */
static int
dissect_ipmi_extern(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                    void *data _U_)
{
    static const char host[] = "Host", bmc[] = "BMC";
    ipmi_extern_link *link = ipmi_extern_link_get(pinfo, 0);
    guint32 index = 0;

    if (tvb_reported_length(tvb) == 0) {
        col_set_str(pinfo->cinfo, COL_PROTOCOL, "IPMI-EXT");
        ipmi_extern_dissect_connection(tvb, pinfo, tree, link);
        return 1;   /* Not 0: that would say that it is not ours. */
    }

    if (pinfo->src.type == AT_NONE && pinfo->p2p_dir == P2P_DIR_SENT) {
        set_address(&pinfo->src, AT_STRINGZ, sizeof host, host);
        set_address(&pinfo->dst, AT_STRINGZ, sizeof bmc, bmc);
    } else if (pinfo->src.type == AT_NONE && pinfo->p2p_dir == P2P_DIR_RECV) {
        set_address(&pinfo->src, AT_STRINGZ, sizeof bmc, bmc);
        set_address(&pinfo->dst, AT_STRINGZ, sizeof host, host);
    }
    return dissect_units(tvb, pinfo, tree, link, &index, 0);
}

static int
dissect_ipmi_extern_tcp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                        void *data _U_)
{
    ipmi_extern_link *link = ipmi_extern_link_get(pinfo, 1);
    guint32 *count;
    int consumed;

    /* TCP calls twice for a segment that ends one message and has more. */
    count = (guint32 *)p_get_proto_data(pinfo->pool, pinfo, proto_ipmi_extern,
                                        KEY_COUNT);
    if (!count) {
        count = wmem_new0(pinfo->pool, guint32);
        p_add_proto_data(pinfo->pool, pinfo, proto_ipmi_extern, KEY_COUNT,
                         count);
    }
    consumed = dissect_units(tvb, pinfo, tree, link, count,
                             pinfo->can_desegment > 0);
    col_set_fence(pinfo->cinfo, COL_INFO);
    return consumed;
}

/* Whether the specification knows a message's command and gives it a body of
 * this size. */
static ws_bool
is_known_command(const ipmi_extern_decoded *decoded)
{
    const guint8 *bytes = decoded->bytes;
    ws_bool is_response = decoded->type == UNIT_RESPONSE;
    size_t offset = ipmi_extern_data_offset(bytes);
    size_t len = decoded->frame.len - offset - 1;
    guint8 netfn = bytes[1] >> 2;
    const struct ipmi_command *command = ipmi_command_find(
        netfn, ipmi_body(netfn, bytes + offset, len), bytes[2]);

    return command && ((is_response && bytes[3] != 0) ||
                       ipmi_command_size_ok(command, is_response, len));
}

/* Whether a segment has nothing but good frames, among them what other
 * protocols are not going to have: the greeting that opens every connection,
 * or a command that the specification knows with a body of the right size. */
static ws_bool
looks_like_ipmi_extern(packet_info *pinfo, const guint8 *wire, size_t len,
                       ws_bool *greeting)
{
    static const guint8 version[] = {
        IPMI_EXTERN_VERSION, IPMI_EXTERN_VERSION_1, IPMI_EXTERN_CMD_END
    };
    ws_bool found = 0;

    *greeting = len >= sizeof version &&
                memcmp(wire, version, sizeof version) == 0;

    for (size_t offset = 0; offset < len;) {
        ipmi_extern_decoded decoded;
        size_t frame_len =
            ipmi_extern_frame_length(wire + offset, len - offset);

        if (!frame_len) {
            return 0;
        }
        ipmi_extern_unit_decode(pinfo, wire + offset, len - offset, frame_len,
                                0, &decoded);
        offset += frame_len;
        if (!decoded.good ||
            decoded.frame.escape_fault != IPMI_EXTERN_ESCAPE_GOOD) {
            return 0;
        }
        if (decoded.type != UNIT_CONTROL) {
            if (!is_known_command(&decoded)) {
                return 0;
            }
            found = 1;
        }
    }
    return found || *greeting;
}

static ws_bool
dissect_ipmi_extern_heur(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                         void *data)
{
    int len = tvb_captured_length(tvb);
    conversation_t *conversation;
    guint32 candidate;
    ws_bool greeting;

    if (len < 3 || len != (int)tvb_reported_length(tvb) ||
        !looks_like_ipmi_extern(pinfo, tvb_get_ptr(tvb, 0, len), len,
                                &greeting)) {
        return 0;
    }

    /* A command alone may be chance; two in a row on one connection are not.
     * What the first pass left to others is theirs in later passes too. */
    conversation = find_or_create_conversation(pinfo);
    candidate = GPOINTER_TO_UINT(
        conversation_get_proto_data(conversation, proto_ipmi_extern));
    if (!greeting && !candidate) {
        conversation_add_proto_data(conversation, proto_ipmi_extern,
                                    GUINT_TO_POINTER(pinfo->num));
        return 0;
    }
    if (!greeting && candidate == pinfo->num) {
        return 0;
    }

    conversation_set_dissector_from_frame_number(conversation, pinfo->num,
                                                 ipmi_extern_tcp_handle);
    dissect_ipmi_extern_tcp(tvb, pinfo, tree, data);
    return 1;
}

void
ipmi_extern_transport_register(void)
{
    register_dissector("ipmi_extern", dissect_ipmi_extern, proto_ipmi_extern);
    ipmi_extern_tcp_handle = create_dissector_handle(dissect_ipmi_extern_tcp,
                                                     proto_ipmi_extern);
}

void
ipmi_extern_transport_handoff(void)
{
    /* As a range, so that the user can have several, or none. */
    dissector_add_uint_range_with_preference("tcp.port", IPMI_EXTERN_TCP_PORTS,
                                             ipmi_extern_tcp_handle);
    heur_dissector_add("tcp", dissect_ipmi_extern_heur, "IPMI extern over TCP",
                       "ipmi_extern_tcp", proto_ipmi_extern, HEURISTIC_ENABLE);
}
