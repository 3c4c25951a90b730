/* ipmi-extern-trans.c
 * Links of the IPMI extern wire format, and the transactions on them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <epan/dissectors/packet-tcp.h>
#include <epan/packet.h>

#include "ipmi-extern-frame.h"
#include "ipmi-extern-trans.h"
#include "ipmi-trans.h"

/* Bits of tcp.completeness; Wireshark keeps their names to itself. */
#define COMPLETENESS_SYN        0x01
#define COMPLETENESS_SYN_ACK    0x02
#define COMPLETENESS_FIN        0x10
#define COMPLETENESS_RST        0x20

/* What makes one link. */
typedef struct {
    guint32 conversation;   /* 1 + its index, or 0 */
    guint32 point;          /* 1 + its number, or 0: over TCP */
    guint32 port;           /* see ipmi-extern-stats.c, Export PDUs */
    guint32 over_tcp;
} link_key;

static wmem_map_t *links;

/* Packets of a busy link follow each other. */
static link_key latest_key;
static ipmi_extern_link *latest_link;

static guint
link_key_hash(gconstpointer pointer)
{
    const link_key *key = (const link_key *)pointer;

    return key->conversation * 31 + key->point * 7 + key->port * 127;
}

static gboolean
link_key_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(link_key)) == 0;
}

static void
forget_file(void)
{
    latest_link = NULL;
}

void
ipmi_extern_trans_init(void)
{
    links = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(),
                                   link_key_hash, link_key_equal);
    register_cleanup_routine(forget_file);
}

/* What the capture has of the packet's connection besides data. */
static guint
completeness(packet_info *pinfo)
{
    return get_tcp_conversation_data(NULL, pinfo)->conversation_completeness;
}

static ipmi_extern_link *
link_new(packet_info *pinfo, ws_bool over_tcp)
{
    ipmi_extern_link *link = wmem_new0(wmem_file_scope(), ipmi_extern_link);

    link->number = wmem_map_size(links);
    link->over_tcp = over_tcp;
    link->matcher.from_start = over_tcp && completeness(pinfo) &
                                   (COMPLETENESS_SYN | COMPLETENESS_SYN_ACK);
    if (pinfo->net_src.type == AT_NONE) {
        link->point = ipmi_point_get(pinfo);
    }
    link->matcher.station = ipmi_station_new(link->point, 0, 1);
    return link;
}

ipmi_extern_link *
ipmi_extern_link_get(packet_info *pinfo, ws_bool over_tcp)
{
    link_key key = { 0, 0, 0, over_tcp };
    ipmi_extern_link *link;

    if (pinfo->net_src.type != AT_NONE) {
        key.conversation = 1 + find_or_create_conversation(pinfo)->conv_index;
    } else {
        key.port = pinfo->srcport;
    }
    if (!over_tcp) {
        key.point = 1 + ipmi_point_get(pinfo)->number;
    }

    if (latest_link && link_key_equal(&key, &latest_key)) {
        return latest_link;
    }

    link = (ipmi_extern_link *)wmem_map_lookup(links, &key);
    if (!link) {
        link = link_new(pinfo, over_tcp);
        wmem_map_insert(links, wmem_memdup(wmem_file_scope(), &key, sizeof key),
                        link);
    }
    latest_key = key;
    latest_link = link;
    return link;
}

guint32
ipmi_extern_link_count(void)
{
    return wmem_map_size(links);
}

void
ipmi_extern_track_message(ipmi_extern_link *link, packet_info *pinfo,
                          ipmi_extern_unit *unit, const guint8 *message,
                          size_t len)
{
    ipmi_match_message(&link->matcher, pinfo, &unit->match, message[0],
                       message + 1, len - 1, NULL);
}

/* The sides greet each other on a connection that is new. */
static void
forget_greetings(ipmi_extern_link *link)
{
    memset(link->greeted, 0, sizeof link->greeted);
    link->capabilities_known = 0;
}

void
ipmi_extern_track_control(ipmi_extern_link *link, packet_info *pinfo,
                          ipmi_extern_unit *unit, const guint8 *command,
                          ipmi_extern_direction direction)
{
    guint8 capability = ipmi_extern_control_find(command[0])->capability;

    link->matcher.last_time = pinfo->abs_ts;

    if (capability && direction != HOST_TO_BMC && link->capabilities_known &&
        !(link->capabilities & capability)) {
        unit->not_announced = 1;
    }

    switch (command[0]) {
    case IPMI_EXTERN_CAPABILITIES:
        link->capabilities = command[1];
        link->capabilities_known = 1;
        break;
    case IPMI_EXTERN_RESET:
        ipmi_match_cut_off(&link->matcher, pinfo, CUTOFF_RESET);
        break;
    case IPMI_EXTERN_POWEROFF:
        ipmi_match_cut_off(&link->matcher, pinfo, CUTOFF_POWEROFF);
        break;
    case IPMI_EXTERN_VERSION:
        if (link->greeted[direction]) {
            /* Not twice on one connection: this is another one. */
            forget_greetings(link);
        }
        link->greeted[direction] = 1;
        link->matcher.from_start = 1;
        ipmi_match_cut_off(&link->matcher, pinfo, CUTOFF_RECONNECT);
        break;
    default:
        break;
    }
}

void
ipmi_extern_track_connection(ipmi_extern_link *link, packet_info *pinfo,
                             ipmi_extern_connection connection)
{
    ipmi_match_restart(&link->matcher, pinfo,
                       connection == CONNECTION_OPENED ? CUTOFF_RECONNECT
                                                       : CUTOFF_DISCONNECT);
    forget_greetings(link);
}

void
ipmi_extern_track_loss(ipmi_extern_link *link, packet_info *pinfo)
{
    ipmi_match_lose(&link->matcher, pinfo);
    forget_greetings(link);
}

ipmi_cutoff
ipmi_extern_connection_cutoff(const ipmi_extern_link *link, packet_info *pinfo,
                              const ipmi_transaction *transaction)
{
    /* The end of a connection carries no data and so never comes by here: it
     * counts for the requests that still had time to be answered then. */
    if (link->over_tcp && ipmi_match_has_time(&link->matcher, transaction) &&
        completeness(pinfo) & (COMPLETENESS_FIN | COMPLETENESS_RST)) {
        return CUTOFF_DISCONNECT;
    }
    return CUTOFF_NONE;
}
