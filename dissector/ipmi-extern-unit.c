/* ipmi-extern-unit.c
 * One frame of the IPMI extern wire format, from its bytes to all that is known
 * of it before it is shown.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <epan/dissectors/packet-tcp.h>
#include <epan/packet.h>
#include <epan/proto_data.h>

#include "ipmi-extern-unit.h"
#include "packet-ipmi-extern.h"

/* Key of p_add_proto_data(): packet_units. */
#define KEY_UNITS 0

/* Who must have sent a good frame: enum ipmi_extern_sender, or'ed. */
static guint
senders_of(const ipmi_extern_decoded *decoded)
{
    if (decoded->type == UNIT_CONTROL) {
        return ipmi_extern_control_find(decoded->bytes[0])->senders;
    }
    return decoded->type == UNIT_RESPONSE ? IPMI_EXTERN_FROM_BMC
                                          : IPMI_EXTERN_FROM_HOST;
}

/* Which way a packet of a connection goes is not in it: the first frame that
 * only one side sends tells who is who. */
static void
learn_host(packet_info *pinfo, ipmi_extern_link *link,
           const ipmi_extern_decoded *decoded)
{
    guint senders = decoded->good ? senders_of(decoded) : 0;

    if (senders == IPMI_EXTERN_FROM_HOST) {
        copy_address_wmem(wmem_file_scope(), &link->host_address, &pinfo->src);
        link->host_port = pinfo->srcport;
        link->host_known = 1;
    } else if (senders == IPMI_EXTERN_FROM_BMC) {
        copy_address_wmem(wmem_file_scope(), &link->host_address, &pinfo->dst);
        link->host_port = pinfo->destport;
        link->host_known = 1;
    }
}

static ipmi_extern_direction
connection_direction(packet_info *pinfo, const ipmi_extern_link *link)
{
    guint32 server_port = 0;

    if (link->host_known) {
        return pinfo->srcport == link->host_port &&
               addresses_equal(&pinfo->src, &link->host_address)
                   ? HOST_TO_BMC : BMC_TO_HOST;
    }
    /* The end that listens passes for the BMC, as that of ipmi_sim does. */
    if (link->over_tcp) {
        server_port = get_tcp_conversation_data(NULL, pinfo)->server_port;
    }
    if (!server_port) {
        server_port = pinfo->match_uint;
    }
    return pinfo->srcport == server_port ? BMC_TO_HOST : HOST_TO_BMC;
}

static ipmi_extern_direction
unit_direction(packet_info *pinfo, ipmi_extern_link *link,
               const ipmi_extern_decoded *decoded)
{
    /* With TCP it says which way a packet went through the capturing machine's
     * interface. */
    if (!link->over_tcp && pinfo->p2p_dir == P2P_DIR_SENT) {
        return HOST_TO_BMC;
    }
    if (!link->over_tcp && pinfo->p2p_dir == P2P_DIR_RECV) {
        return BMC_TO_HOST;
    }
    if (pinfo->net_src.type != AT_NONE) {
        if (!link->host_known && !PINFO_FD_VISITED(pinfo)) {
            learn_host(pinfo, link, decoded);
        }
        return connection_direction(pinfo, link);
    }
    switch (decoded->good ? senders_of(decoded) : 0) {
    case IPMI_EXTERN_FROM_HOST:
        return HOST_TO_BMC;
    case IPMI_EXTERN_FROM_BMC:
        return BMC_TO_HOST;
    default:
        return DIRECTION_UNKNOWN;
    }
}

/* What the first pass has to find out. */
static void
take_note(packet_info *pinfo, ipmi_extern_link *link, ipmi_extern_unit *unit,
          const ipmi_extern_decoded *decoded)
{
    ws_bool *in_step = &link->in_step[pinfo->srcport > pinfo->destport];

    /* A bad frame may be bad because the capture has only its end. */
    unit->resync = link->over_tcp && !link->matcher.from_start && !*in_step &&
                   !decoded->good && !decoded->truncated;
    *in_step |= !decoded->truncated;

    if (!decoded->good) {
        return;
    }
    if (decoded->type == UNIT_CONTROL) {
        ipmi_extern_track_control(link, pinfo, unit, decoded->bytes,
                                  decoded->direction);
    } else {
        ipmi_extern_track_message(link, pinfo, unit, decoded->bytes,
                                  ipmi_extern_data_end(decoded));
    }
}

static ws_bool
control_good(const ipmi_extern_decoded *decoded)
{
    const struct ipmi_extern_control_info *info;

    if (decoded->frame.len == 0 ||
        decoded->frame.escape_fault == IPMI_EXTERN_ESCAPE_AT_END) {
        return 0;
    }
    info = ipmi_extern_control_find(decoded->bytes[0]);
    return info && decoded->frame.len == 1 + (size_t)info->operands;
}

/* What a frame ends with that is not in the capture does not matter: no control
 * command is as long as a message's header. */
static ws_bool
beginning_good(const ipmi_extern_decoded *decoded)
{
    return ipmi_extern_has_header(decoded) &&
           decoded->frame.len <= IPMI_EXTERN_MAX_QEMU;
}

void
ipmi_extern_unit_decode(packet_info *pinfo, const guint8 *wire, size_t len,
                        size_t frame_len, ws_bool truncated,
                        ipmi_extern_decoded *decoded)
{
    /* What is left out of a capture may begin right after a terminator. */
    guint8 *bytes = (guint8 *)wmem_alloc(pinfo->pool, MAX(frame_len, 1));

    ipmi_extern_frame_decode(wire, frame_len, bytes, &decoded->frame);
    decoded->bytes = bytes;
    decoded->truncated = truncated;

    if (decoded->frame.terminator == IPMI_EXTERN_CMD_END) {
        decoded->type = UNIT_CONTROL;
        decoded->good = control_good(decoded);
    } else {
        decoded->type = decoded->frame.len > 1 && ipmi_extern_is_response(bytes)
                            ? UNIT_RESPONSE : UNIT_REQUEST;
        decoded->good = truncated
                            ? beginning_good(decoded)
                            : ipmi_extern_message_good(&decoded->frame, bytes);
    }
    decoded->cut = !decoded->good && !truncated &&
                   ipmi_extern_message_cut(wire, len);
}

/* What the first pass has found out about one packet. Nearly all packets have
 * one frame; but a segment may have thousands, so that each is found by its
 * index. */
typedef struct {
    ipmi_extern_unit first;
    wmem_array_t    *others;    /* of ipmi_extern_unit pointers, or NULL */
} packet_units;

static ipmi_extern_unit *
unit_get(packet_info *pinfo, guint32 index)
{
    packet_units *units = (packet_units *)p_get_proto_data(
        wmem_file_scope(), pinfo, proto_ipmi_extern, KEY_UNITS);

    if (index == 0) {
        return units ? &units->first : NULL;
    }
    if (!units || !units->others ||
        index > wmem_array_get_count(units->others)) {
        return NULL;
    }
    return *(ipmi_extern_unit **)wmem_array_index(units->others, index - 1);
}

/* Indices come one after the other. */
static ipmi_extern_unit *
unit_new(packet_info *pinfo, guint32 index)
{
    packet_units *units;
    ipmi_extern_unit *unit;

    if (index == 0) {
        units = wmem_new0(wmem_file_scope(), packet_units);
        p_add_proto_data(wmem_file_scope(), pinfo, proto_ipmi_extern,
                         KEY_UNITS, units);
        return &units->first;
    }

    units = (packet_units *)p_get_proto_data(
        wmem_file_scope(), pinfo, proto_ipmi_extern, KEY_UNITS);
    if (!units->others) {
        units->others = wmem_array_new(wmem_file_scope(),
                                       sizeof(ipmi_extern_unit *));
    }
    unit = wmem_new0(wmem_file_scope(), ipmi_extern_unit);
    wmem_array_append_one(units->others, unit);
    return unit;
}

ws_bool
ipmi_extern_packet_has_units(packet_info *pinfo)
{
    return unit_get(pinfo, 0) != NULL;
}

void
ipmi_extern_unit_track(packet_info *pinfo, ipmi_extern_link *link,
                       guint32 index, ipmi_extern_decoded *decoded)
{
    ipmi_extern_unit *unit = unit_get(pinfo, index);

    decoded->link = link;
    decoded->direction = unit_direction(pinfo, link, decoded);
    if (!unit) {
        unit = unit_new(pinfo, index);
        take_note(pinfo, link, unit, decoded);
    }
    decoded->unit = unit;
}
