/* ipmi-registers-fields.c
 * The protocols of register traffic as Wireshark gets to know them: fields,
 * expert infos and preferences, each with the prefix of its interface.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <epan/expert.h>
#include <epan/packet.h>
#include <epan/prefs.h>
#include <epan/tap.h>
#include <epan/tfs.h>

#include "ipmi-registers.h"
#include "ipmi-registers-stats.h"

/* Milliseconds after which somebody who waits has waited for long. The
 * specification lets a BMC take 5 s; what is well takes microseconds. */
#define PHASE_LIMIT_MS 1000

static const value_string side_vals[] = {
    { IPMI_SIDE_HOST, "Host" },
    { IPMI_SIDE_BMC, "BMC" },
    { 0, NULL }
};

/* Taken from ipmi-record.c when the first protocol is registered. */
static value_string op_vals[256 + 1];
static value_string line_vals[256 + 1];
static value_string hardware_vals[256 + 1];

static void
fill_names(value_string *vals, const char *(*name)(uint8_t))
{
    guint n = 0;

    for (guint number = 0; number < 256; number++) {
        const char *string = name((uint8_t)number);

        if (string) {
            char *capitalized = wmem_strdup(wmem_epan_scope(), string);

            capitalized[0] = g_ascii_toupper(capitalized[0]);
            vals[n].value = number;
            vals[n].strptr = capitalized;
            n++;
        }
    }
}

/* A field, but for its prefix and what its interface has of its own. */
typedef struct {
    size_t offset;              /* in ipmi_registers */
    header_field_info info;
} field_template;

#define FIELD(member) offsetof(ipmi_registers, member)

static const field_template field_templates[] = {
    { FIELD(hf_channel),
      { "Channel", "channel", FT_STRING, BASE_NONE, NULL, 0x0,
        "Where this was captured: virtual machine and device", HFILL } },
    { FIELD(hf_version),
      { "Version", "version", FT_UINT8, BASE_DEC, NULL, 0x0,
        "What the writer of the record knew", HFILL } },
    { FIELD(hf_side),
      { "Side", "side", FT_UINT8, BASE_DEC, VALS(side_vals), 0x0,
        "Who did it; of an interrupt, whom it interrupts", HFILL } },
    { FIELD(hf_op),
      { "Operation", "op", FT_UINT8, BASE_DEC, VALS(op_vals), 0x0,
        NULL, HFILL } },
    { FIELD(hf_irq),
      { "Interrupt", "irq", FT_UINT8, BASE_DEC, NULL, 0x0,
        "Its number, 0 if the device does not know", HFILL } },
    { FIELD(hf_irq_asserted),
      { "Asserted", "irq.asserted", FT_BOOLEAN, BASE_NONE, TFS(&tfs_yes_no),
        0x0, NULL, HFILL } },
    { FIELD(hf_line),
      { "Line", "line", FT_UINT8, BASE_DEC, VALS(line_vals), 0x0,
        NULL, HFILL } },
    { FIELD(hf_line_on),
      { "On", "line.on", FT_BOOLEAN, BASE_NONE, TFS(&tfs_yes_no), 0x0,
        NULL, HFILL } },
    { FIELD(hf_hw_op),
      { "Hardware operation", "hw_op", FT_UINT8, BASE_DEC,
        VALS(hardware_vals), 0x0, "What the BMC did to the host", HFILL } },
    { FIELD(hf_hw_op_ccode),
      { "Completion code", "hw_op.ccode", FT_UINT32, BASE_HEX, NULL, 0x0,
        "With which it was refused, 0 if it was not", HFILL } },
    { FIELD(hf_width),
      { "Width", "width", FT_UINT8, BASE_DEC, NULL, 0x0,
        "Of the access, in bytes", HFILL } },
    { FIELD(hf_lost),
      { "Lost", "lost", FT_BOOLEAN, 8, TFS(&tfs_yes_no), 0x01,
        "The access had no effect", HFILL } },
    { FIELD(hf_lane),
      { "Lane", "lane", FT_UINT8, BASE_DEC, NULL, 0x06,
        "Byte of the register at which the access begins", HFILL } },
    { FIELD(hf_value),
      { "Value", "value", FT_UINT32, BASE_HEX, NULL, 0x0,
        "What was read or written", HFILL } },
    { FIELD(hf_poll),
      { "Poll", "poll", FT_BOOLEAN, BASE_NONE, TFS(&tfs_yes_no), 0x0,
        "The read found nothing that it waited for", HFILL } },
    { FIELD(hf_unknown),
      { "Unknown content", "unknown", FT_BYTES, BASE_NONE, NULL, 0x0,
        "Of a record with an unknown operation", HFILL } },
    { FIELD(hf_dropped),
      { "Dropped records", "dropped", FT_UINT64, BASE_DEC, NULL, 0x0,
        "Lost immediately before this one", HFILL } },
    { FIELD(hf_phase_time),
      { "Time in the phase before", "phase.time", FT_RELATIVE_TIME, BASE_NONE,
        NULL, 0x0, "Spent in the phase that ends here", HFILL } },
    { FIELD(hf_fragments),
      { "Accesses that carry the message", "fragments", FT_NONE, BASE_NONE,
        NULL, 0x0, NULL, HFILL } },
    { FIELD(hf_fragment),
      { "Access", "fragment", FT_FRAMENUM, BASE_NONE, NULL, 0x0,
        "It carries a byte of the message", HFILL } },
    { FIELD(hf_fragment_count),
      { "Accesses", "fragment.count", FT_UINT32, BASE_DEC, NULL, 0x0,
        "That carry a byte of the message", HFILL } },
    { FIELD(hf_reassembled_in),
      { "Reassembled in", "reassembled_in", FT_FRAMENUM, BASE_NONE, NULL, 0x0,
        "The access that completes the message", HFILL } },
    { FIELD(hf_reassembled_length),
      { "Reassembled length", "reassembled.length", FT_UINT32, BASE_DEC, NULL,
        0x0, "Of the message as the interface carries it", HFILL } },
    { FIELD(hf_reassembled_data),
      { "Reassembled bytes", "reassembled.data", FT_BYTES, BASE_NONE, NULL,
        0x0, "The message as the interface carries it", HFILL } },
    { FIELD(hf_aborted_in),
      { "Aborted in", "aborted_in", FT_FRAMENUM, BASE_NONE, NULL, 0x0,
        "Where the message was given up", HFILL } },
    { FIELD(hf_transfer_accesses_host),
      { "Accesses by the host", "transfer.accesses.host", FT_UINT32, BASE_DEC,
        NULL, 0x0, "From the first of the message to the last", HFILL } },
    { FIELD(hf_transfer_accesses_bmc),
      { "Accesses by the BMC", "transfer.accesses.bmc", FT_UINT32, BASE_DEC,
        NULL, 0x0, "From the first of the message to the last", HFILL } },
    { FIELD(hf_transfer_polls_host),
      { "Polls by the host", "transfer.polls.host", FT_UINT32, BASE_DEC, NULL,
        0x0, "Reads that did not find what they waited for", HFILL } },
    { FIELD(hf_transfer_polls_bmc),
      { "Polls by the BMC", "transfer.polls.bmc", FT_UINT32, BASE_DEC, NULL,
        0x0, "Reads that did not find what they waited for", HFILL } },
    { FIELD(hf_transfer_interrupts),
      { "Interrupts", "transfer.interrupts", FT_UINT32, BASE_DEC, NULL, 0x0,
        "Asserted from the first access of the message to the last", HFILL } },
    { FIELD(hf_transfer_time),
      { "Transfer time", "transfer.time", FT_RELATIVE_TIME, BASE_NONE, NULL,
        0x0, "From the first access of the message to the last", HFILL } },
};

/* Those whose names are the interface's. */
static const field_template register_template =
    { FIELD(hf_reg),
      { "Register", "reg", FT_UINT8, BASE_HEX, NULL, 0x0, NULL, HFILL } };
static const field_template phase_before_template =
    { FIELD(hf_phase_before),
      { "Phase before", "phase.before", FT_UINT8, BASE_DEC, NULL, 0x0,
        "Of the exchange, when this happened", HFILL } };
static const field_template phase_template =
    { FIELD(hf_phase),
      { "Phase", "phase", FT_UINT8, BASE_DEC, NULL, 0x0,
        "Of the exchange, after this", HFILL } };

/* Only where messages have it. */
static const field_template length_template =
    { FIELD(hf_length),
      { "Length", "length", FT_UINT8, BASE_DEC, NULL, 0x0,
        "How many bytes follow it", HFILL } };

/* An expert info, but for its prefix. */
typedef struct {
    size_t offset;              /* in ipmi_registers */
    ipmi_fault fault;
} expert_template;

static const expert_template expert_templates[] = {
    { FIELD(ei_lost),
      { "access.lost", PI_PROTOCOL, PI_WARN,
        "Access without effect: the register cannot be read or written so, or the interface is not enabled" } },
    { FIELD(ei_dropped),
      { "record.dropped", PI_SEQUENCE, PI_WARN,
        "The capture has lost records before this one" } },
    { FIELD(ei_resync),
      { "resync", PI_SEQUENCE, PI_NOTE,
        "Something is missing before this; followed again from here on" } },
    { FIELD(ei_short),
      { "record.short", PI_MALFORMED, PI_ERROR, "Record too short" } },
    { FIELD(ei_unknown),
      { "record.unknown", PI_UNDECODED, PI_NOTE,
        "Record of something unknown" } },
    { FIELD(ei_phase_slow),
      { "phase.slow", PI_SEQUENCE, PI_WARN,
        "A phase in which somebody waits took long" } },
    { FIELD(ei_direction),
      { "direction", PI_PROTOCOL, PI_WARN,
        "Request from the BMC, or response from the host" } },
};

static void
register_field(ipmi_registers *registers, const field_template *template,
               const void *strings)
{
    const ipmi_interface *interface = registers->interface;
    hf_register_info *hf = wmem_new0(wmem_epan_scope(), hf_register_info);

    hf->p_id = (int *)((char *)registers + template->offset);
    hf->hfinfo = template->info;
    hf->hfinfo.abbrev = wmem_strdup_printf(wmem_epan_scope(), "%s.%s",
                                           interface->filter,
                                           template->info.abbrev);
    if (strings) {
        hf->hfinfo.strings = strings;
    }
    *hf->p_id = -1;
    proto_register_field_array(registers->proto, hf, 1);
}

static void
register_fields(ipmi_registers *registers)
{
    for (guint i = 0; i < array_length(field_templates); i++) {
        register_field(registers, &field_templates[i], NULL);
    }
    register_field(registers, &register_template,
                   VALS(registers->register_vals));
    register_field(registers, &phase_before_template,
                   VALS(registers->interface->phases));
    register_field(registers, &phase_template,
                   VALS(registers->interface->phases));
    if (registers->interface->layout.length >= 0) {
        register_field(registers, &length_template, NULL);
    }
}

static void
register_expert(const ipmi_registers *registers, expert_module_t *experts,
                expert_field *field, const ipmi_fault *fault)
{
    ei_register_info *ei = wmem_new0(wmem_epan_scope(), ei_register_info);

    ei->ids = field;
    ei->eiinfo.name = wmem_strdup_printf(wmem_epan_scope(), "%s.%s",
                                         registers->interface->filter,
                                         fault->suffix);
    ei->eiinfo.group = fault->group;
    ei->eiinfo.severity = fault->severity;
    ei->eiinfo.summary = fault->text;
    *field = (expert_field)EI_INIT;
    expert_register_field_array(experts, ei, 1);
}

static void
register_experts(ipmi_registers *registers, expert_module_t *experts)
{
    const ipmi_interface *interface = registers->interface;

    for (guint i = 0; i < array_length(expert_templates); i++) {
        const expert_template *template = &expert_templates[i];

        register_expert(registers, experts,
            (expert_field *)((char *)registers + template->offset),
            &template->fault);
    }
    for (guint i = 0; interface->faults[i].suffix; i++) {
        register_expert(registers, experts, &registers->ei_fault[i],
                        &interface->faults[i]);
    }
    for (guint i = 0; interface->conditions[i].fault.suffix; i++) {
        register_expert(registers, experts, &registers->ei_condition[i],
                        &interface->conditions[i].fault);
    }
}

static void
register_preferences(ipmi_registers *registers)
{
    const ipmi_interface *interface = registers->interface;
    module_t *module = prefs_register_protocol(registers->proto, NULL);

    registers->decode_body = 1;
    prefs_register_bool_preference(module, "decode_body",
        "Decode bodies",
        "Have Wireshark's own IPMI dissectors decode the bodies of requests "
        "and responses.",
        &registers->decode_body);
    registers->phase_limit_ms = PHASE_LIMIT_MS;
    prefs_register_uint_preference(module, "phase_limit_ms",
        "Longest phase (ms)",
        "A phase in which somebody waits gets an expert info if it takes "
        "longer than this.",
        10, &registers->phase_limit_ms);

    for (guint i = 0; interface->conditions[i].fault.suffix; i++) {
        const ipmi_condition *condition = &interface->conditions[i];
        char *name = wmem_strdup_printf(wmem_epan_scope(), "%s_ms",
                                        condition->fault.suffix);

        g_strdelimit(name, ".", '_');
        registers->channels.limit_ms[i] = condition->limit_ms;
        prefs_register_uint_preference(module, name,
            wmem_strdup_printf(wmem_epan_scope(), "%s (ms)",
                               condition->fault.text),
            "An expert info tells of it if it lasts longer than this.",
            10, &registers->channels.limit_ms[i]);
    }
}

ipmi_registers *
ipmi_registers_register(const ipmi_interface *interface)
{
    ipmi_registers *registers = wmem_new0(wmem_epan_scope(), ipmi_registers);
    int *const etts[] = {
        &registers->ett_record,
        &registers->ett_fragments,
        &registers->ett_transfer,
        &registers->ett_message,
    };
    expert_module_t *experts;

    if (!op_vals[0].strptr) {
        fill_names(op_vals, ipmi_record_op_name);
        fill_names(line_vals, ipmi_record_line_name);
        fill_names(hardware_vals, ipmi_record_hardware_name);
    }
    registers->interface = interface;
    fill_names(registers->register_vals, interface->register_name);
    for (guint reg = 0; reg < 256; reg++) {
        registers->channels.register_known[reg] =
            interface->register_name((uint8_t)reg) != NULL;
    }

    registers->proto = proto_register_protocol(
        interface->name, interface->short_name, interface->filter);
    register_fields(registers);
    registers->message_fields = ipmi_message_register(
        registers->proto, interface->filter, interface->layout.seq >= 0, 1);
    for (guint i = 0; i < array_length(etts); i++) {
        *etts[i] = -1;
    }
    proto_register_subtree_array(etts, array_length(etts));
    experts = expert_register_protocol(registers->proto);
    register_experts(registers, experts);
    ipmi_message_register_matching(registers->message_fields, experts);
    register_preferences(registers);

    registers->channels.interface = interface;
    ipmi_channels_init(&registers->channels);
    registers->tap = register_tap(interface->filter);
    register_dissector_with_data(interface->filter, ipmi_registers_dissect,
                                 registers->proto, registers);
    ipmi_registers_stats_register(interface, registers->proto);
    return registers;
}

int
ipmi_registers_proto(const ipmi_registers *registers)
{
    return registers->proto;
}
