/* ipmi-registers-channel.h
 * Channels: interfaces of register traffic at one capture point each. What the
 * first pass keeps of them from one packet to the next, the messages that grow
 * from their accesses, and what it stores with each packet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_REGISTERS_CHANNEL_H
#define IPMI_REGISTERS_CHANNEL_H

#include "packet-ipmi-registers.h"

/* One interface at one capture point. */
typedef struct ipmi_channel ipmi_channel;

/* All channels of one kind of interface in the file. */
typedef struct ipmi_channels {
    const ipmi_interface *interface;
    guint   limit_ms[IPMI_MAX_CONDITIONS];  /* preferences */
    ws_bool register_known[256];
    ipmi_channel **by_point;
    guint32 size;                           /* of by_point */
    struct ipmi_channels *next;
} ipmi_channels;

/* To be called once for each, from a register routine. */
void ipmi_channels_init(ipmi_channels *channels);

ipmi_channel *ipmi_channel_get(ipmi_channels *channels,
                               const ipmi_point *point);

/* Takes note of a record, of which dropped others went before it. First pass
 * only. */
const ipmi_event *ipmi_channel_feed(ipmi_channel *channel, packet_info *pinfo,
                                    const struct ipmi_record *record,
                                    guint64 dropped);

/* Takes note that a record cannot be made out. First pass only. */
void ipmi_channel_lose(ipmi_channel *channel, packet_info *pinfo);

/* A condition that held for too long. */
typedef struct {
    guint32 begin_frame;
    guint32 end_frame;          /* 0: it held to the end of the capture */
    gint64  time;               /* ns */
} ipmi_exceeded;

/* Of a packet whose event has the condition. */
const ipmi_exceeded *ipmi_channel_exceeded(packet_info *pinfo,
                                           guint condition);

const ipmi_matcher *ipmi_channel_matcher(const ipmi_channel *channel);

/* Takes the lowest of the bits, which are not 0. */
static inline guint
ipmi_take_bit(guint32 *bits)
{
    guint bit = (guint)g_bit_nth_lsf(*bits, -1);

    *bits &= *bits - 1;
    return bit;
}

/* How many bytes of a message are kept. */
static inline guint
ipmi_transfer_kept(const ipmi_transfer *transfer)
{
    return MIN(transfer->len, IPMI_MESSAGE_MAX);
}

/* What the bytes of a complete message are. */
typedef struct {
    guint   end;                /* offset after the data, if the interface says
                                 * where that is, or after all */
    ws_bool is_message;         /* there are enough for one */
    ws_bool truncated;          /* the message says that it has more */
    ws_bool direction_wrong;    /* a request from the BMC, or a response from
                                 * the host */
    ws_bool good;               /* its receiver takes it */
} ipmi_transfer_content;

ipmi_transfer_content
ipmi_transfer_examine(const ipmi_interface *interface,
                      const ipmi_transfer *transfer);

#endif /* IPMI_REGISTERS_CHANNEL_H */
