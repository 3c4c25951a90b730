/* ipmi-registers.h
 * What the files that dissect register traffic share with each other and with
 * nobody else: a protocol's fields, and a packet of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_REGISTERS_H
#define IPMI_REGISTERS_H

#include "ipmi-registers-channel.h"
#include "packet-ipmi-registers.h"

/* Room for the registers of an interface in a value_string. */
#define MAX_REGISTERS 256

struct ipmi_registers {
    const ipmi_interface *interface;
    int proto;
    int tap;
    ipmi_channels channels;
    value_string register_vals[MAX_REGISTERS + 1];

    /* Preferences. */
    ws_bool decode_body;
    guint phase_limit_ms;

    int hf_channel;
    int hf_version;
    int hf_side;
    int hf_op;
    int hf_reg;
    int hf_irq;
    int hf_irq_asserted;
    int hf_line;
    int hf_line_on;
    int hf_hw_op;
    int hf_hw_op_ccode;
    int hf_width;
    int hf_lost;
    int hf_lane;
    int hf_value;
    int hf_poll;
    int hf_unknown;
    int hf_dropped;
    int hf_phase_before;
    int hf_phase;
    int hf_phase_time;
    int hf_length;
    int hf_fragments;
    int hf_fragment;
    int hf_fragment_count;
    int hf_reassembled_in;
    int hf_reassembled_length;
    int hf_reassembled_data;
    int hf_aborted_in;
    int hf_transfer_accesses_host;
    int hf_transfer_accesses_bmc;
    int hf_transfer_polls_host;
    int hf_transfer_polls_bmc;
    int hf_transfer_interrupts;
    int hf_transfer_time;

    expert_field ei_lost;
    expert_field ei_dropped;
    expert_field ei_resync;
    expert_field ei_short;
    expert_field ei_unknown;
    expert_field ei_phase_slow;
    expert_field ei_direction;
    expert_field ei_fault[IPMI_MAX_FAULTS];
    expert_field ei_condition[IPMI_MAX_CONDITIONS];

    int ett_record;
    int ett_fragments;
    int ett_transfer;
    int ett_message;

    ipmi_message_fields *message_fields;
};

/* One packet, while it is dissected. */
typedef struct {
    ipmi_registers *registers;
    tvbuff_t *tvb;
    packet_info *pinfo;
    proto_tree *tree;           /* ours, or NULL if nobody looks at it */
    proto_tree *outer_tree;     /* where ours is */
    proto_item *item;           /* of ours, or NULL */
    const ipmi_point *point;
    ipmi_channel *channel;
    struct ipmi_record record;
    const ipmi_event *event;
    guint64 dropped;
    ipmi_message *message;      /* completed by this packet, or NULL */
} registers_packet;

/* The message under way has its last byte. */
static inline ws_bool
registers_packet_completes(const registers_packet *packet)
{
    const ipmi_event *event = packet->event;

    return event && (event->event == IPMI_TRANSFER_END ||
                     event->event == IPMI_TRANSFER_LAST);
}

/* The dissector; cb_data is ipmi_registers. */
int ipmi_registers_dissect(tvbuff_t *tvb, packet_info *pinfo,
                           proto_tree *tree, void *data, void *cb_data);

/* Of a packet whose event has a transfer: where the rest of it is, what it
 * took, and the message if the packet completes it. */
void ipmi_registers_dissect_transfer(registers_packet *packet);

#endif /* IPMI_REGISTERS_H */
