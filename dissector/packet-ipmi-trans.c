/* packet-ipmi-trans.c
 * A command's whole way in the tree of each packet that is part of it, and in the
 * packet that ends it how long each part of the way took.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <epan/expert.h>
#include <epan/packet.h>
#include <epan/tap.h>

#include "ipmi-message.h"
#include "ipmi-names.h"
#include "ipmi-point.h"
#include "ipmi-trans.h"
#include "packet-ipmi-trans.h"

int proto_ipmi_trans = -1;

static int hf_id = -1;
static int hf_request[IPMI_PLACES] = { -1, -1, -1, -1, -1 };
static int hf_response[IPMI_PLACES] = { -1, -1, -1, -1, -1 };
static int hf_cmd_name = -1;
static int hf_ends_in = -1;
static int hf_time[IPMI_HOPS] = { -1, -1, -1, -1, -1, -1 };

static expert_field ei_not_answered_by_bmc = EI_INIT;

static int ett_ipmi_trans = -1;

static int trans_tap = -1;

const char *const ipmi_hop_names[IPMI_HOPS] = {
    "Host guest", "Host QEMU", "Wire", "BMC QEMU", "Firmware", "Total"
};

/* The place where a command begins and ends: of those that the capture has, the
 * one farthest from the BMC. */
static const ipmi_transaction *
outermost(const struct ipmi_trans *trans)
{
    guint place = 0;

    while (!trans->at[place]) {
        place++;
    }
    return trans->at[place];
}

/* Whether an emulator waited for the far one of its two places before it answered
 * at the near one. It answers by itself when it has waited for long enough, or if
 * the connection breaks. */
static ws_bool
has_waited(const ipmi_transaction *near, const ipmi_transaction *far)
{
    return far->response_frame && far->response_frame <= near->response_frame;
}

static ws_bool
is_answered_by_emulator(const struct ipmi_trans *trans)
{
    const ipmi_transaction *registers = trans->at[IPMI_HOST_REGISTERS];
    const ipmi_transaction *wire = trans->at[IPMI_HOST_WIRE];

    return registers && wire && !has_waited(registers, wire);
}

static void
set_hop(ipmi_trans_end *end, ipmi_hop hop, const nstime_t *from,
        const nstime_t *to, const nstime_t *back_from, const nstime_t *back_to)
{
    nstime_t back;

    nstime_delta(&end->time[hop], to, from);
    nstime_delta(&back, back_to, back_from);
    nstime_add(&end->time[hop], &back);
    end->hops |= 1 << hop;
}

/* How long each part of the way took. Each is what passed at its outer end less
 * what passed at its inner one, so that clocks which differ do not matter. */
static void
measure(const struct ipmi_trans *trans, ipmi_trans_end *end)
{
    const ipmi_transaction *first = outermost(trans);
    const ipmi_transaction *guest = trans->at[IPMI_HOST_REGISTERS];
    const ipmi_transaction *host = trans->at[IPMI_HOST_WIRE];
    const ipmi_transaction *bmc = trans->at[IPMI_BMC_WIRE];
    const ipmi_transaction *firmware = trans->at[IPMI_BMC_REGISTERS];
    static const nstime_t none = NSTIME_INIT_ZERO;

    set_hop(end, IPMI_HOP_TOTAL, ipmi_transaction_request_begin(first),
            &first->response_time, &none, &none);
    if (guest) {
        set_hop(end, IPMI_HOP_GUEST, ipmi_transaction_request_begin(guest),
                &guest->request_time, ipmi_transaction_response_begin(guest),
                &guest->response_time);
    }
    if (end->by_emulator) {
        return;
    }
    if (guest && host) {
        set_hop(end, IPMI_HOP_HOST_QEMU, &guest->request_time,
                &host->request_time, &host->response_time,
                ipmi_transaction_response_begin(guest));
    }
    if (host && bmc && bmc->response_frame) {
        set_hop(end, IPMI_HOP_WIRE, &host->request_time, &bmc->request_time,
                &bmc->response_time, &host->response_time);
    }
    if (firmware && firmware->response_frame &&
        (!bmc || has_waited(bmc, firmware))) {
        set_hop(end, IPMI_HOP_FIRMWARE,
                ipmi_transaction_request_begin(firmware),
                &firmware->response_time, &none, &none);
        if (bmc) {
            set_hop(end, IPMI_HOP_BMC_QEMU, &bmc->request_time,
                    ipmi_transaction_request_begin(firmware),
                    &firmware->response_time, &bmc->response_time);
        }
    }
}

static const char *
command_name(const ipmi_transaction *transaction)
{
    guint8 netfn = transaction->netfn_lun >> 2;

    return ipmi_command_name(
        ipmi_command_find(netfn, transaction->body, transaction->cmd), netfn);
}

static void
add_frame(proto_tree *tree, int hf, tvbuff_t *tvb, guint32 frame)
{
    if (frame) {
        proto_item_set_generated(
            proto_tree_add_uint(tree, hf, tvb, 0, 0, frame));
    }
}

static proto_tree *
add_trans(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
          const struct ipmi_trans *trans, const char *command)
{
    const ipmi_transaction *first = outermost(trans);
    proto_item *item = proto_tree_add_item(tree, proto_ipmi_trans, tvb, 0, 0,
                                           ENC_NA);
    proto_tree *trans_tree = proto_item_add_subtree(item, ett_ipmi_trans);
    nstime_t time;

    proto_item_set_generated(item);
    proto_item_append_text(item, " %u, %s", trans->id, command);
    if (first->response_frame) {
        nstime_delta(&time, &first->response_time,
                     ipmi_transaction_request_begin(first));
        proto_item_append_text(item, ", %s",
                               ipmi_time_to_str(pinfo->pool, &time));
    }

    item = proto_tree_add_uint(trans_tree, hf_id, tvb, 0, 0, trans->id);
    proto_item_set_generated(item);
    item = proto_tree_add_string(trans_tree, hf_cmd_name, tvb, 0, 0, command);
    proto_item_set_generated(item);
    for (guint i = 0; i < IPMI_PLACES; i++) {
        if (trans->at[i]) {
            add_frame(trans_tree, hf_request[i], tvb,
                      trans->at[i]->request_frame);
        }
    }
    for (guint i = IPMI_PLACES; i-- > 0; ) {
        if (trans->at[i]) {
            add_frame(trans_tree, hf_response[i], tvb,
                      trans->at[i]->response_frame);
        }
    }
    return trans_tree;
}

static void
add_end(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
        const ipmi_trans_end *end)
{
    proto_item *item;

    for (guint i = 0; i < IPMI_HOPS; i++) {
        if (end->hops & 1 << i) {
            item = proto_tree_add_time(tree, hf_time[i], tvb, 0, 0,
                                       &end->time[i]);
            proto_item_set_generated(item);
        }
    }
    if (end->by_emulator) {
        expert_add_info(pinfo, proto_tree_get_parent(tree),
                        &ei_not_answered_by_bmc);
    }
}

void
ipmi_trans_dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                   const ipmi_transaction *transaction)
{
    const struct ipmi_trans *trans = transaction->trans;
    const char *command = NULL;
    proto_tree *trans_tree = NULL;
    ipmi_trans_end *end;
    guint32 end_frame;

    if (!trans) {
        return;
    }
    end_frame = outermost(trans)->response_frame;
    if (tree) {
        command = command_name(transaction);
        trans_tree = add_trans(tvb, pinfo, tree, trans, command);
        if (end_frame != pinfo->num) {
            add_frame(trans_tree, hf_ends_in, tvb, end_frame);
        }
    }
    if (end_frame != pinfo->num) {
        return;
    }

    end = wmem_new0(pinfo->pool, ipmi_trans_end);
    end->by_emulator = is_answered_by_emulator(trans);
    if (tree || end->by_emulator || have_tap_listener(trans_tap)) {
        end->trans = trans;
        end->command = command ? command : command_name(transaction);
        measure(trans, end);
        add_end(tvb, pinfo, trans_tree, end);
        tap_queue_packet(trans_tap, pinfo, end);
    }
}

void
proto_register_ipmi_trans(void)
{
    static hf_register_info hf[] = {
        { &hf_id,
          { "Transaction", "ipmi_trans.id",
            FT_UINT32, BASE_DEC, NULL, 0x0,
            "Number of the command in this file, counted from 0", HFILL }
        },
        { &hf_cmd_name,
          { "Command name", "ipmi_trans.cmd.name",
            FT_STRING, BASE_NONE, NULL, 0x0,
            NULL, HFILL }
        },
        { &hf_request[IPMI_HOST_REGISTERS],
          { "Request at the host's registers", "ipmi_trans.host_registers.request",
            FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0x0,
            NULL, HFILL }
        },
        { &hf_response[IPMI_HOST_REGISTERS],
          { "Response at the host's registers", "ipmi_trans.host_registers.response",
            FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0x0,
            NULL, HFILL }
        },
        { &hf_request[IPMI_HOST_WIRE],
          { "Request on the host's wire", "ipmi_trans.host_wire.request",
            FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0x0,
            NULL, HFILL }
        },
        { &hf_response[IPMI_HOST_WIRE],
          { "Response on the host's wire", "ipmi_trans.host_wire.response",
            FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0x0,
            NULL, HFILL }
        },
        { &hf_request[IPMI_TAP],
          { "Request at the tap", "ipmi_trans.tap.request",
            FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0x0,
            NULL, HFILL }
        },
        { &hf_response[IPMI_TAP],
          { "Response at the tap", "ipmi_trans.tap.response",
            FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0x0,
            NULL, HFILL }
        },
        { &hf_request[IPMI_BMC_WIRE],
          { "Request on the BMC's wire", "ipmi_trans.bmc_wire.request",
            FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0x0,
            NULL, HFILL }
        },
        { &hf_response[IPMI_BMC_WIRE],
          { "Response on the BMC's wire", "ipmi_trans.bmc_wire.response",
            FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0x0,
            NULL, HFILL }
        },
        { &hf_request[IPMI_BMC_REGISTERS],
          { "Request at the BMC's registers", "ipmi_trans.bmc_registers.request",
            FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0x0,
            NULL, HFILL }
        },
        { &hf_response[IPMI_BMC_REGISTERS],
          { "Response at the BMC's registers", "ipmi_trans.bmc_registers.response",
            FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0x0,
            NULL, HFILL }
        },
        { &hf_ends_in,
          { "Ends in", "ipmi_trans.ends_in",
            FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0x0,
            "The packet that has the times: the response is complete where the capture first has the request",
            HFILL }
        },
        { &hf_time[IPMI_HOP_TOTAL],
          { "Time", "ipmi_trans.time",
            FT_RELATIVE_TIME, BASE_NONE, NULL, 0x0,
            "From the first access of the request to the last of the response, where the capture has the command farthest from the BMC",
            HFILL }
        },
        { &hf_time[IPMI_HOP_GUEST],
          { "Time of the host guest", "ipmi_trans.time.guest",
            FT_RELATIVE_TIME, BASE_NONE, NULL, 0x0,
            "Request written to the host's registers, and response read from them",
            HFILL }
        },
        { &hf_time[IPMI_HOP_HOST_QEMU],
          { "Time of the host QEMU", "ipmi_trans.time.host_qemu",
            FT_RELATIVE_TIME, BASE_NONE, NULL, 0x0,
            "From the host's registers to its wire, and back",
            HFILL }
        },
        { &hf_time[IPMI_HOP_WIRE],
          { "Time of the wire", "ipmi_trans.time.wire",
            FT_RELATIVE_TIME, BASE_NONE, NULL, 0x0,
            "From the host to the BMC, and back",
            HFILL }
        },
        { &hf_time[IPMI_HOP_BMC_QEMU],
          { "Time of the BMC QEMU", "ipmi_trans.time.bmc_qemu",
            FT_RELATIVE_TIME, BASE_NONE, NULL, 0x0,
            "From the BMC's wire to its registers, and back",
            HFILL }
        },
        { &hf_time[IPMI_HOP_FIRMWARE],
          { "Time of the firmware", "ipmi_trans.time.firmware",
            FT_RELATIVE_TIME, BASE_NONE, NULL, 0x0,
            "From the first access of the request at the BMC's registers until the response is there",
            HFILL }
        },
    };
    static ei_register_info ei[] = {
        { &ei_not_answered_by_bmc,
          { "ipmi_trans.not_answered_by_bmc", PI_SEQUENCE, PI_WARN,
            "The host's emulator answered by itself: no response had come by the wire",
            EXPFILL }
        },
    };
    static gint *ett[] = {
        &ett_ipmi_trans,
    };

    proto_ipmi_trans = proto_register_protocol("IPMI transaction",
                                               "IPMI transaction",
                                               "ipmi_trans");
    proto_register_field_array(proto_ipmi_trans, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
    expert_register_field_array(expert_register_protocol(proto_ipmi_trans),
                                ei, array_length(ei));
    trans_tap = register_tap("ipmi_trans");

    ipmi_point_init();
    ipmi_trans_init();
    ipmi_trans_stats_register();
}
