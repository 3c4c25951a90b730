/* traffic-registers.c
 * Messages put together from accesses to KCS and BT registers, by the machines
 * that follow them (ipmi-kcs-machine.h, ipmi-bt-machine.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "ipmi-bt-machine.h"
#include "ipmi-kcs-machine.h"
#include "traffic-follower.h"

/* A message under way. */
struct transfer {
    bool     under_way;
    uint32_t len;               /* also of what is not kept */
    uint8_t  bytes[IPMI_MESSAGE_MAX];
};

/* One interface at one point. */
struct traffic_channel {
    union {
        struct ipmi_kcs_machine kcs;
        struct ipmi_bt_machine  bt;
    } machine;
    struct transfer transfers[2];   /* request, response */
    struct traffic_matcher matcher;
};

/* By the machines' numbers of what they find, docs/registers.md in short. */
static const char *const kcs_faults[] = {
    [IPMI_KCS_FAULT_WRITE_IBF] = "the host writes while IBF is set",
    [IPMI_KCS_FAULT_READ_OBF] = "the host reads while OBF is clear",
    [IPMI_KCS_FAULT_OVERRUN] = "the BMC overwrites what the host has not read",
    [IPMI_KCS_FAULT_READ_IBF] = "the BMC reads while IBF is clear",
    [IPMI_KCS_FAULT_CD] = "C/D is not what the host wrote to",
    [IPMI_KCS_FAULT_CONTROL] = "no such control code",
    [IPMI_KCS_FAULT_STATE] = "a state that cannot follow",
    [IPMI_KCS_FAULT_STATE_LATE] = "IBF is cleared before the state is set",
    [IPMI_KCS_FAULT_NO_WRITE_END] = "a request without WRITE_END",
    [IPMI_KCS_FAULT_NO_LAST_BYTE] = "no byte after WRITE_END",
    [IPMI_KCS_FAULT_WRITE_END] = "WRITE_END outside of a request",
    [IPMI_KCS_FAULT_DATA] = "data where none are due",
    [IPMI_KCS_FAULT_SHORT] = "a message that is too short",
    [IPMI_KCS_FAULT_LONG] = "a message that is too long",
    [IPMI_KCS_FAULT_READ_BYTE] = "not READ where it is due",
    [IPMI_KCS_FAULT_ABORT] = "the host aborts the transfer",
    [IPMI_KCS_FAULT_RESTART] = "a request before the last one's response",
    [IPMI_KCS_FAULT_RESPONSE] = "a response that nobody asked for",
    [IPMI_KCS_FAULT_ERROR_LEFT] = "ERROR ends without GET_STATUS/ABORT",
    [IPMI_KCS_FAULT_STORM] = "an interrupt storm",
};

static const char *const bt_faults[] = {
    [IPMI_BT_B_BUSY_IGNORED] = "the host writes although B_BUSY is set",
    [IPMI_BT_H_BUSY_IGNORED] = "the BMC writes although H_BUSY is set",
    [IPMI_BT_B_BUSY_NOT_SET] = "the BMC reads without B_BUSY",
    [IPMI_BT_H_BUSY_NOT_SET] = "the host reads without H_BUSY",
    [IPMI_BT_H2B_ATN_OVERRUN] = "a request that was not taken is replaced",
    [IPMI_BT_B2H_ATN_OVERRUN] = "a response that was not taken is replaced",
    [IPMI_BT_H2B_ATN_NOT_CLEARED] = "the BMC has not cleared H2B_ATN",
    [IPMI_BT_B2H_ATN_NOT_CLEARED] = "the host has not cleared B2H_ATN",
    [IPMI_BT_WR_PTR_NOT_CLEARED] = "the write pointer is not cleared",
    [IPMI_BT_RD_PTR_NOT_CLEARED] = "the read pointer is not cleared",
    [IPMI_BT_LENGTH_SMALL] = "a length too small for a message",
    [IPMI_BT_FRAME_SHORT] = "a frame shorter than its length says",
    [IPMI_BT_FRAME_LONG] = "a frame longer than its length says",
    [IPMI_BT_FRAME_EMPTY] = "attention without a frame",
    [IPMI_BT_FRAME_CUT] = "the frame before was given up in its middle",
    [IPMI_BT_READ_SHORT] = "the reader stops before the end of the frame",
    [IPMI_BT_READ_BEYOND] = "read beyond the end of the frame",
    [IPMI_BT_READ_NO_ATN] = "read without a new frame",
    [IPMI_BT_BMC_RESET] = "the host resets the BMC's interface",
    [IPMI_BT_IRQ_STORM] = "an interrupt storm",
    [IPMI_BT_IRQ_NOT_RAISED] = "the interrupt was due, and never raised",
};

static void
start_machine(struct traffic_channel *channel,
              const struct traffic_point *point, bool is_bt)
{
    if (is_bt) {
        ipmi_bt_start(&channel->machine.bt, point->side);
    } else {
        ipmi_kcs_start(&channel->machine.kcs, point->side, point->channel);
    }
}

static struct traffic_channel *
channel_of(struct traffic_point *point, bool is_bt)
{
    struct traffic_channel **channel = &point->channels[is_bt];

    if (!*channel) {
        *channel = g_new0(struct traffic_channel, 1);
        start_machine(*channel, point, is_bt);
    }
    return *channel;
}

static void
drop_transfers(struct traffic_channel *channel)
{
    channel->transfers[0].under_way = false;
    channel->transfers[1].under_way = false;
}

/* Records are missing: what the machine knew does not hold. */
static void
lose(struct traffic_channel *channel, const struct traffic_point *point,
     bool is_bt)
{
    drop_transfers(channel);
    traffic_matcher_lose(&channel->matcher);
    start_machine(channel, point, is_bt);
}

/* found: the faults, a bit each. */
static void
report_access(struct traffic_packet *packet, const struct ipmi_record *record,
              const char *const *faults, uint32_t found)
{
    struct traffic traffic = {
        .kind = TRAFFIC_ACCESS,
        .direction = packet->packet->direction,
        .bytes = packet->packet->bytes,
        .len = packet->packet->len,
        .fault = found ? faults[g_bit_nth_lsf(found, -1)]
                 : record->lost ? "the access had no effect" : NULL,
    };

    traffic_report(packet, &traffic);
}

static void
add_byte(struct transfer *transfer, uint8_t byte)
{
    if (transfer->len < IPMI_MESSAGE_MAX) {
        transfer->bytes[transfer->len] = byte;
    }
    transfer->len++;
}

/* A request ends what its channel was doing; of BT several may be under
 * way. */
static void
begin_transfer(struct traffic_channel *channel, bool is_bt, bool from_bmc)
{
    if (!is_bt) {
        drop_transfers(channel);
        if (!from_bmc) {
            exchange_reset(&channel->matcher.exchange);
        }
    }
    channel->transfers[from_bmc].under_way = true;
    channel->transfers[from_bmc].len = 0;
}

static void
follow_transfer(struct traffic_packet *packet,
                struct traffic_channel *channel, const struct ipmi_step *step,
                bool is_bt)
{
    struct transfer *transfer = &channel->transfers[step->from_bmc];

    if (step->begins) {
        begin_transfer(channel, is_bt, step->from_bmc);
    }
    if (step->event == IPMI_TRANSFER_ABORT && !is_bt) {
        exchange_reset(&channel->matcher.exchange);
    }
    if (!transfer->under_way) {
        return;
    }
    if (step->event == IPMI_TRANSFER_BYTE
            || step->event == IPMI_TRANSFER_LAST) {
        add_byte(transfer, step->byte);
    }
    if (step->event == IPMI_TRANSFER_END
            || step->event == IPMI_TRANSFER_LAST) {
        transfer->under_way = false;
        traffic_transfer(packet, &channel->matcher, is_bt, step->from_bmc,
                         transfer->bytes, transfer->len);
    } else if (step->event == IPMI_TRANSFER_ABORT) {
        transfer->under_way = false;
    }
}

static void
report_short(struct traffic_packet *packet)
{
    struct traffic traffic = {
        .kind = TRAFFIC_BAD,
        .direction = packet->packet->direction,
        .bytes = packet->packet->bytes,
        .len = packet->packet->len,
        .fault = "a record that is too short",
    };

    traffic_report(packet, &traffic);
}

void
traffic_registers(struct traffic_packet *packet)
{
    const struct capture_packet *from = packet->packet;
    bool is_bt = from->kind == CAPTURE_BT;
    struct traffic_channel *channel = channel_of(packet->point, is_bt);
    struct ipmi_step step = { 0 };
    struct ipmi_record record;

    if (from->lost || from->len < IPMI_RECORD_SIZE) {
        lose(channel, packet->point, is_bt);
    }
    if (from->len < IPMI_RECORD_SIZE) {
        report_short(packet);
        return;
    }
    ipmi_record_decode(from->bytes, &record);
    if (is_bt) {
        ipmi_bt_feed(&channel->machine.bt, &record, &step);
    } else {
        ipmi_kcs_feed(&channel->machine.kcs, &record, &step);
    }
    report_access(packet, &record, is_bt ? bt_faults : kcs_faults,
                  step.faults);
    if (record.op == IPMI_OP_RESET) {
        traffic_matcher_reset(&channel->matcher);
    }
    if (step.resync) {
        traffic_matcher_lose(&channel->matcher);
        if (step.event != IPMI_TRANSFER_ABORT) {
            drop_transfers(channel);
        }
    }
    follow_transfer(packet, channel, &step, is_bt);
    if (record.op == IPMI_OP_RESET) {
        drop_transfers(channel);
    }
}

uint64_t
traffic_registers_unanswered(const struct traffic_point *point)
{
    uint64_t unanswered = 0;

    for (unsigned i = 0; i < G_N_ELEMENTS(point->channels); i++) {
        if (point->channels[i]) {
            unanswered += point->channels[i]->matcher.exchange.unanswered;
        }
    }
    return unanswered;
}

void
traffic_registers_clear(struct traffic_point *point)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(point->channels); i++) {
        g_free(point->channels[i]);
    }
}
