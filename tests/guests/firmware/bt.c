/* bt.c
 * The Block Transfer interface from the BMC's side (IPMI 2.0, section 11), as
 * Aspeed's iBT has it: writing 1 clears H2B_ATN, sets B2H_ATN and SMS_ATN, and
 * toggles B_BUSY.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "../bt.h"
#include "channel.h"

/* What the length counts before the data: netFn/LUN, sequence number, command. */
#define MIN_LENGTH  3

static uint32_t read_control(const struct bt *bt)
{
    return *register32(bt->control);
}

static void write_control(const struct bt *bt, uint32_t bits)
{
    *register32(bt->control) = bits;
}

static uint8_t read_byte(const struct bt *bt)
{
    return (uint8_t) *register32(bt->buffer);
}

static void write_byte(const struct bt *bt, uint8_t byte)
{
    *register32(bt->buffer) = byte;
}

static bool response_taken(const struct channel *channel)
{
    const struct bt *bt = (const struct bt *) channel;

    return !(read_control(bt) & (BT_B2H_ATN | BT_H_BUSY));
}

/* Section 11.7.1. Returns the sequence number; a frame that is too short
 * leaves the request empty. */
static uint8_t receive(struct bt *bt)
{
    struct ipmi_message *request = &bt->channel.request;
    uint8_t length, sequence = 0;
    size_t i;

    request->length = 0;
    write_control(bt, BT_B_BUSY);           /* sets it */
    write_control(bt, BT_H2B_ATN);
    write_control(bt, BT_CLR_RD_PTR);
    length = read_byte(bt);
    if (length >= MIN_LENGTH) {
        request->length = length - 1U;
        request->bytes[0] = read_byte(bt);
        sequence = read_byte(bt);
        for (i = 1; i < request->length; i++) {
            request->bytes[i] = read_byte(bt);
        }
    }
    write_control(bt, BT_B_BUSY);           /* clears it */
    return sequence;
}

/* Section 11.7.2. */
static void send(struct bt *bt, uint8_t sequence)
{
    const struct ipmi_message *response = &bt->channel.response;
    size_t i;

    while (!response_taken(&bt->channel)) {
    }
    write_control(bt, BT_CLR_WR_PTR);
    write_byte(bt, (uint8_t) (response->length + 1));
    write_byte(bt, response->bytes[0]);
    write_byte(bt, sequence);
    for (i = 1; i < response->length; i++) {
        write_byte(bt, response->bytes[i]);
    }
    write_control(bt, BT_B2H_ATN);
}

void bt_handle(struct bt *bt)
{
    if (read_control(bt) & BT_H2B_ATN) {
        uint8_t sequence = receive(bt);

        if (bt->channel.request.length > 0) {
            commands_answer(&bt->channel);
            switch (bt->channel.failure) {
            case FAILURE_SILENCE:
                break;
            case FAILURE_ERROR:
                write_control(bt, BT_B_BUSY);       /* sets it */
                break;
            default:
                send(bt, sequence);
                break;
            }
        }
    }
}

/* Only the host clears it. */
static void set_attention(const struct channel *channel, bool attention)
{
    if (attention) {
        write_control((const struct bt *) channel, BT_SMS_ATN);
    }
}

static const struct channel_kind kind = {
    .protocol = PROTOCOL_BT,
    .response_taken = response_taken,
    .set_attention = set_attention,
};

/* B_BUSY goes when everything is ready for the host. */
void bt_start(struct bt *bt)
{
    bt->channel.kind = &kind;
    commands_serve(&bt->channel);
    if (read_control(bt) & BT_B_BUSY) {
        write_control(bt, BT_B_BUSY);
    }
}
