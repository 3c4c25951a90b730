/* registers.c
 * Time, records, and the way of a command from the host's registers to the
 * BMC's and back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "registers.h"

#include <string.h>

#include "pcapng.h"
#include "wire.h"

/* Near to what the samples of real emulators have. */
#define HOST_ACCESS_NS  400
#define BMC_ACCESS_NS   600
#define EVENT_NS        50      /* between an access and what it causes */
#define POLL_NS         2000
#define WIRE_NS         50000
#define FIRMWARE_NS     300000
#define PAUSE_NS        100000  /* between two commands */

#define WIDE_ACCESS     4       /* bytes: an Aspeed iBT, which has 32-bit
                                 * registers, for its own firmware */
#define HOST_IRQ        5       /* of ISA */

static uint64_t now;

/* The host that waits and asks again and again, or NULL. */
static struct interface *polling;
static uint64_t next_poll;

static void put_record(const struct interface *interface,
                       enum ipmi_record_side side, enum ipmi_record_op op,
                       uint8_t what, uint8_t width, uint32_t value)
{
    const uint8_t record[IPMI_RECORD_SIZE] = {
        1, (uint8_t)side, (uint8_t)op, what, width, 0, interface->state,
        interface->intmask, (uint8_t)(value >> 24), (uint8_t)(value >> 16),
        (uint8_t)(value >> 8), (uint8_t)value
    };
    /* An interrupt goes towards its side, an access comes from there. */
    bool to_bmc = (side == IPMI_SIDE_HOST) != (op == IPMI_OP_IRQ);

    put_packet(interface->point, now, to_bmc ? TO_BMC : TO_HOST,
               interface->dissector, record, sizeof record);
}

/* Lets time pass, in which a host that waits goes on asking. */
static void pass(uint64_t ns)
{
    uint64_t until = now + ns;

    for (; polling && next_poll < until; next_poll += POLL_NS) {
        now = next_poll;
        put_record(polling, IPMI_SIDE_HOST, IPMI_OP_READ, polling->status, 1,
                   polling->state);
    }
    now = until;
}

static void access_register(struct interface *interface,
                            enum ipmi_record_side side, enum ipmi_record_op op,
                            uint8_t reg, uint32_t value)
{
    bool bmc = side == IPMI_SIDE_BMC;
    bool wide = bmc && interface->dissector == bt_protocol.dissector;

    pass(bmc ? BMC_ACCESS_NS : HOST_ACCESS_NS);
    put_record(interface, side, op, reg, wide ? WIDE_ACCESS : 1, value);
}

void read_register(struct interface *interface, enum ipmi_record_side side,
                   uint8_t reg, uint32_t value)
{
    access_register(interface, side, IPMI_OP_READ, reg, value);
}

void write_register(struct interface *interface, enum ipmi_record_side side,
                    uint8_t reg, uint32_t value)
{
    access_register(interface, side, IPMI_OP_WRITE, reg, value);
}

void set_interrupt(struct interface *interface, enum ipmi_record_side side,
                   bool on)
{
    pass(EVENT_NS);
    put_record(interface, side, IPMI_OP_IRQ,
               side == IPMI_SIDE_HOST ? HOST_IRQ : 0, 0, on);
}

void poll_status(struct interface *host)
{
    read_register(host, IPMI_SIDE_HOST, host->status, host->state);
}

static size_t put_message(uint8_t *out, uint8_t netfn_lun, uint8_t cmd,
                          const struct body *body)
{
    out[0] = netfn_lun;
    out[1] = cmd;
    memcpy(out + 2, body->bytes, body->len);
    return 2U + body->len;
}

size_t request_message(uint8_t *out, const struct exchange *exchange)
{
    return put_message(out, exchange->netfn_lun, exchange->cmd,
                       &exchange->request);
}

size_t response_message(uint8_t *out, const struct exchange *exchange)
{
    return put_message(out, exchange->netfn_lun | RESPONSE, exchange->cmd,
                       &exchange->response);
}

static struct interface new_interface(const struct protocol *protocol,
                                      const char *name,
                                      const char *description)
{
    return (struct interface) {
        .point = add_point(name, description),
        .dissector = protocol->dissector,
        .status = protocol->status,
    };
}

void put_registers(const struct protocol *protocol, enum view view,
                   uint64_t time)
{
    bool is_kcs = protocol == &kcs_protocol;
    bool with_host = view != BMC_ONLY;
    bool with_bmc = view == BMC_ONLY || view == END_TO_END;
    bool with_wire = view == END_TO_END;
    unsigned host_wire = 0, bmc_wire = 0;
    struct interface host, bmc, others[2];

    now = time;
    if (with_host) {
        host = new_interface(protocol, "/machine/peripheral/host",
            is_kcs ? "isa-ipmi-kcs: KCS registers, host's side, VM host"
                   : "isa-ipmi-bt: BT registers, host's side, VM host");
        host.irq = view == HOST_INTERRUPTED;
    }
    if (with_wire) {
        host_wire = add_point("/machine/peripheral/bmc",
            "ipmi-bmc-extern: messages, host's side, VM host");
        bmc_wire = add_point("/machine/peripheral/link",
            "ipmi-host-extern: messages, BMC's side, VM bmc");
    }
    if (with_bmc && is_kcs) {
        static const char description[] =
            "npcm7xx-ipmi-kcs-channel: KCS registers, BMC's side, VM bmc";

        bmc = new_interface(protocol, "/machine/soc/kcs/kcs1", description);
        others[0] = new_interface(protocol, "/machine/soc/kcs/kcs2",
                                  description);
        others[1] = new_interface(protocol, "/machine/soc/kcs/kcs3",
                                  description);
        bmc.others = others;
        bmc.num_others = sizeof others / sizeof others[0];
    } else if (with_bmc) {
        bmc = new_interface(protocol, "/machine/soc/ibt",
            "aspeed-ipmi-ibt: BT registers, BMC's side, VM bmc");
    }

    for (uint8_t seq = 0; !file_is_full(); seq++) {
        const struct exchange *exchange = next_exchange();
        uint8_t driver_seq = seq + 1;

        pass(PAUSE_NS);
        if (with_host) {
            protocol->host_writes(&host, driver_seq, exchange);
            if (!host.irq) {
                polling = &host;
                next_poll = now + POLL_NS;
            }
        }
        if (with_wire) {
            put_request(host_wire, now, seq, exchange);
            pass(WIRE_NS);
            put_request(bmc_wire, now, seq, exchange);
        }
        if (with_bmc) {
            protocol->bmc_reads(&bmc, seq, exchange);
        }
        pass(FIRMWARE_NS);
        if (with_bmc) {
            protocol->bmc_writes(&bmc, seq, exchange);
        }
        if (with_wire) {
            put_response(bmc_wire, now, seq, exchange);
            pass(WIRE_NS);
            put_response(host_wire, now, seq, exchange);
        }
        if (with_host) {
            polling = NULL;
            protocol->host_reads(&host, driver_seq, exchange);
        }
    }
}
