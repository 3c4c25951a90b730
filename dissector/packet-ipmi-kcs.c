/* packet-ipmi-kcs.c
 * Dissector of accesses to the registers of KCS, the Keyboard Controller Style
 * interface (IPMI 2.0, section 9), and to the registers by which the BMCs of
 * Nuvoton and Aspeed control it. docs/capture-format.md describes the records;
 * what KCS has in common with BT is in packet-ipmi-registers.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <epan/expert.h>
#include <epan/packet.h>
#include <epan/tfs.h>

#include "ipmi-kcs-machine.h"
#include "ipmi-record.h"
#include "packet-ipmi-kcs.h"
#include "packet-ipmi-registers.h"

static int hf_status = -1;
static int hf_status_obf = -1;
static int hf_status_ibf = -1;
static int hf_status_sms_atn = -1;
static int hf_status_c_d = -1;
static int hf_status_oem1 = -1;
static int hf_status_oem2 = -1;
static int hf_status_state = -1;
static int hf_control = -1;
static int hf_error = -1;

static int ett_status = -1;
static int ett_register = -1;

/* Table 9-2, by S1 and S0. */
static const value_string state_vals[] = {
    { 0, "IDLE" },
    { 1, "READ" },
    { 2, "WRITE" },
    { 3, "ERROR" },
    { 0, NULL }
};

/* Table 9-3. */
static const value_string control_vals[] = {
    { IPMI_KCS_GET_STATUS_ABORT, "GET_STATUS/ABORT" },
    { IPMI_KCS_WRITE_START, "WRITE_START" },
    { IPMI_KCS_WRITE_END, "WRITE_END" },
    { IPMI_KCS_READ, "READ" },
    { 0, NULL }
};

/* Table 9-4. */
static const range_string error_rvals[] = {
    { 0x00, 0x00, "No error" },
    { 0x01, 0x01, "Aborted by command" },
    { 0x02, 0x02, "Illegal control code" },
    { 0x06, 0x06, "Length error" },
    { 0xc0, 0xfe, "OEM error" },
    { 0xff, 0xff, "Unspecified error" },
    { 0, 0, NULL }
};

/* What is no phase of the figures in section 9 but follows from them: the time
 * in which the BMC has the request and the host nothing to do. */
static const value_string phase_vals[] = {
    { IPMI_KCS_PHASE_UNKNOWN, "Unknown" },
    { IPMI_KCS_PHASE_IDLE, "Idle" },
    { IPMI_KCS_PHASE_WRITE, "Write" },
    { IPMI_KCS_PHASE_WRITE_END, "Write end" },
    { IPMI_KCS_PHASE_WAIT, "Execute" },
    { IPMI_KCS_PHASE_READ, "Read" },
    { IPMI_KCS_PHASE_READ_END, "Read end" },
    { IPMI_KCS_PHASE_ERROR, "Error" },
    { IPMI_KCS_PHASE_ABORT, "Abort" },
    { IPMI_KCS_PHASE_STATUS, "Error code" },
    { IPMI_KCS_PHASE_ABORT_END, "Abort end" },
    { 0, NULL }
};

static const ipmi_fault faults[] = {
    [IPMI_KCS_FAULT_WRITE_IBF] =
        { "ibf.write", PI_PROTOCOL, PI_WARN,
          "The host writes while IBF is set: the BMC has not taken the byte before" },
    [IPMI_KCS_FAULT_READ_OBF] =
        { "obf.read", PI_PROTOCOL, PI_WARN,
          "The host reads DO while OBF is clear: the BMC has not given a byte" },
    [IPMI_KCS_FAULT_OVERRUN] =
        { "obf.overrun", PI_PROTOCOL, PI_WARN,
          "The BMC overwrites a byte that the host has not read" },
    [IPMI_KCS_FAULT_READ_IBF] =
        { "ibf.read", PI_PROTOCOL, PI_NOTE,
          "The BMC reads DI while IBF is clear: the host has not given a byte" },
    [IPMI_KCS_FAULT_CD] =
        { "c_d.wrong", PI_PROTOCOL, PI_WARN,
          "C/D does not say which register the host has written to" },
    [IPMI_KCS_FAULT_CONTROL] =
        { "control.illegal", PI_PROTOCOL, PI_WARN,
          "There is no such control code" },
    [IPMI_KCS_FAULT_STATE] =
        { "state.wrong", PI_SEQUENCE, PI_WARN,
          "The state cannot follow here" },
    [IPMI_KCS_FAULT_STATE_LATE] =
        { "state.late", PI_SEQUENCE, PI_WARN,
          "The BMC takes a byte before it sets the state that goes with it" },
    [IPMI_KCS_FAULT_NO_WRITE_END] =
        { "write_end.missing", PI_SEQUENCE, PI_WARN,
          "The request before this one has no WRITE_END" },
    [IPMI_KCS_FAULT_NO_LAST_BYTE] =
        { "last_byte.missing", PI_SEQUENCE, PI_WARN,
          "The byte that must follow WRITE_END is missing" },
    [IPMI_KCS_FAULT_WRITE_END] =
        { "write_end.unexpected", PI_SEQUENCE, PI_WARN,
          "WRITE_END outside of a request" },
    [IPMI_KCS_FAULT_DATA] =
        { "data.unexpected", PI_SEQUENCE, PI_WARN,
          "The host writes data where none are due" },
    [IPMI_KCS_FAULT_SHORT] =
        { "message.short", PI_PROTOCOL, PI_WARN,
          "Shorter than a message is" },
    [IPMI_KCS_FAULT_LONG] =
        { "message.long", PI_PROTOCOL, PI_WARN,
          "Longer than what the receiver takes" },
    [IPMI_KCS_FAULT_READ_BYTE] =
        { "read.wrong", PI_PROTOCOL, PI_WARN,
          "The host asks for the next byte with something else than READ" },
    [IPMI_KCS_FAULT_ABORT] =
        { "abort", PI_SEQUENCE, PI_NOTE,
          "The host aborts the transfer" },
    [IPMI_KCS_FAULT_RESTART] =
        { "request.early", PI_SEQUENCE, PI_WARN,
          "The host begins a request before it has the response to the last one" },
    [IPMI_KCS_FAULT_RESPONSE] =
        { "response.unexpected", PI_SEQUENCE, PI_WARN,
          "The BMC gives a byte that the host has not asked for" },
    [IPMI_KCS_FAULT_ERROR_LEFT] =
        { "error.left", PI_SEQUENCE, PI_WARN,
          "The ERROR state ends without GET_STATUS/ABORT" },
    [IPMI_KCS_FAULT_STORM] =
        { "irq.storm", PI_PROTOCOL, PI_WARN,
          "Interrupts again and again, and nobody who looks why" },
    { NULL, 0, 0, NULL }
};

/* Limits: section 9 has no times; a host's driver waits for IBF and OBF for 5 s
 * and looks at SMS_ATN at least every second. */
static const ipmi_condition conditions[] = {
    [IPMI_KCS_CONDITION_IBF] =
        { { "ibf.stuck", PI_SEQUENCE, PI_WARN,
            "IBF is set: the BMC does not take a byte" }, 5000 },
    [IPMI_KCS_CONDITION_OBF] =
        { { "obf.stuck", PI_SEQUENCE, PI_WARN,
            "OBF is set: the host does not take a byte" }, 5000 },
    [IPMI_KCS_CONDITION_ATTENTION] =
        { { "attention.ignored", PI_SEQUENCE, PI_NOTE,
            "SMS_ATN is set, and the host does not fetch flags, messages or "
            "events" }, 10000 },
    [IPMI_KCS_CONDITION_HOST_IRQ] =
        { { "irq.missing", PI_SEQUENCE, PI_WARN,
            "OBF is set, and the host does not get the interrupt that is "
            "enabled" }, 1000 },
    [IPMI_KCS_CONDITION_BMC_IRQ] =
        { { "irq.bmc_missing", PI_SEQUENCE, PI_WARN,
            "IBF is set, and the BMC does not get the interrupt that is "
            "enabled" }, 1000 },
    { { NULL, 0, 0, NULL }, 0 }
};

/* One or more bits of a control register. */
typedef struct {
    guint32 mask;
    const char *name;           /* NULL ends a list */
    const char *abbrev;
    const char *meaning;
    guint channel;              /* which it is about, or 0: that accessed */
    int hf;
} register_bits;

/* A control register. */
typedef struct {
    guint8 number;
    guint8 size;                /* in bytes */
    const char *name;
    const char *abbrev;
    const char *meaning;
    int hf;
    register_bits bits[8];
} control_register;

/* Nuvoton's: NPCM750 and NPCM845. Aspeed's: AST2400 to AST2600. */
static control_register control_registers[] = {
    { IPMI_KCS_NPCM_CTL, 1, "CTL", "npcm.ctl", "Control", -1, {
        { 0x01, "IBFIE", "ibfie", "Interrupt while IBF is set", 0, -1 },
        { 0x02, "OBEIE", "obeie", "Interrupt while OBF is clear", 0, -1 },
        { 0x38, "PLMS", "plms", "Level or pulse of the host's interrupt",
          0, -1 },
        { 0x40, "SCIPOL", "scipol", "Polarity of SCI", 0, -1 },
        { 0x80, "EME", "eme", "Enhanced mode", 0, -1 } } },
    { IPMI_KCS_NPCM_IC, 1, "IC", "npcm.ic", "Interrupt control", -1, {
        { 0x01, "IRQB", "irqb", "Level of the host's interrupt", 0, -1 },
        { 0x02, "SMIB", "smib", "Level of SMI", 0, -1 },
        { 0x04, "SCIB", "scib", "Level of SCI", 0, -1 },
        { 0x40, "SMIPOL", "smipol", "Polarity of SMI", 0, -1 },
        { 0x80, "SCIIS", "sciis", "Status of SCI", 0, -1 } } },
    { IPMI_KCS_NPCM_IE, 1, "IE", "npcm.ie", "Interrupt enable", -1, {
        { 0x01, "IRQE", "irqe", "Interrupt of the host", 0, -1 },
        { 0x02, "SCIE", "scie", "SCI", 0, -1 },
        { 0x04, "SMIE", "smie", "SMI", 0, -1 },
        { 0x08, "HIRQE", "hirqe", "Interrupt of the host while OBF is set",
          0, -1 },
        { 0x10, "HSCIE", "hscie", "SCI while OBF is set", 0, -1 },
        { 0x20, "HSMIE", "hsmie", "SMI while OBF is set", 0, -1 },
        { 0x40, "HSTA", "hsta", "Status enable", 0, -1 } } },
    { IPMI_KCS_ASPEED_HICR0, 4, "HICR0", "aspeed.hicr0",
      "Host interface control 0", -1, {
        { 0x20, "LPC1E", "lpc1e", "Channel 1 enabled", 1, -1 },
        { 0x40, "LPC2E", "lpc2e", "Channel 2 enabled", 2, -1 },
        { 0x80, "LPC3E", "lpc3e", "Channel 3 enabled", 3, -1 } } },
    { IPMI_KCS_ASPEED_HICR2, 4, "HICR2", "aspeed.hicr2",
      "Host interface control 2", -1, {
        { 0x02, "IBFIE1", "ibfie1", "Interrupt while IBF of channel 1 is set",
          1, -1 },
        { 0x04, "IBFIE2", "ibfie2", "Interrupt while IBF of channel 2 is set",
          2, -1 },
        { 0x08, "IBFIE3", "ibfie3", "Interrupt while IBF of channel 3 is set",
          3, -1 } } },
    { IPMI_KCS_ASPEED_HICR4, 4, "HICR4", "aspeed.hicr4",
      "Host interface control 4", -1, {
        { 0x04, "KCSENBL", "kcsenbl", "KCS in channel 3", 3, -1 },
        { 0x80, "LADR12AS", "ladr12as",
          "LADR12 is the address of channel 2, not 1", 0, -1 } } },
    { IPMI_KCS_ASPEED_HICR5, 4, "HICR5", "aspeed.hicr5",
      "Host interface control 5", -1, {
        { 0x00001000, "IRQXE2", "irqxe2", "Interrupt of channel 2's host",
          2, -1 },
        { 0x00002000, "SEL2IRQX", "sel2irqx", "Its kind", 2, -1 },
        { 0x00004000, "IRQXE3", "irqxe3", "Interrupt of channel 3's host",
          3, -1 },
        { 0x00008000, "SEL3IRQX", "sel3irqx", "Its kind", 3, -1 },
        { 0x000f0000, "ID2IRQX", "id2irqx",
          "Number of the interrupt of channel 2's host", 2, -1 },
        { 0x00f00000, "ID3IRQX", "id3irqx",
          "Number of the interrupt of channel 3's host", 3, -1 } } },
    { IPMI_KCS_ASPEED_HICRB, 4, "HICRB", "aspeed.hicrb",
      "Host interface control B", -1, {
        { 0x01, "LPC4E", "lpc4e", "Channel 4 enabled", 4, -1 },
        { 0x02, "IBFIE4", "ibfie4", "Interrupt while IBF of channel 4 is set",
          4, -1 },
        { 0x10, "EN16LADR1", "en16ladr1",
          "Channel 1 has a status address of its own", 1, -1 },
        { 0x20, "EN16LADR2", "en16ladr2",
          "Channel 2 has a status address of its own", 2, -1 } } },
    { IPMI_KCS_ASPEED_HICRC, 4, "HICRC", "aspeed.hicrc",
      "Host interface control C", -1, {
        { 0x01, "IRQXE4", "irqxe4", "Interrupt of channel 4's host", 4, -1 },
        { 0x02, "OBF4_AUTO_CLR", "obf4_auto_clr",
          "The interrupt of channel 4's host ends with OBF", 4, -1 },
        { 0x04, "SEL4IRQX", "sel4irqx", "Its kind", 4, -1 },
        { 0xf0, "ID4IRQX", "id4irqx",
          "Number of the interrupt of channel 4's host", 4, -1 } } },
    { IPMI_KCS_ASPEED_SIRQCR0, 4, "SIRQCR0", "aspeed.sirqcr0",
      "Serial interrupt control 0", -1, {
        { 0x01, "IRQ1E1", "irq1e1", "Interrupt 1 of channel 1's host", 1, -1 },
        { 0x02, "IRQ12E1", "irq12e1", "Interrupt 12 of channel 1's host",
          1, -1 } } },
};

/* The number that ends the name of a channel, as in ".../kcs3". */
static guint8
channel_number(const ipmi_point *point)
{
    const size_t len = point->name ? strlen(point->name) : 0;

    if (len < 2 || !g_ascii_isdigit(point->name[len - 1]) ||
        g_ascii_isdigit(point->name[len - 2])) {
        return 0;
    }
    return (guint8)g_ascii_digit_value(point->name[len - 1]);
}

static void
kcs_start(void *machine, const ipmi_point *point)
{
    ipmi_kcs_start((struct ipmi_kcs_machine *)machine, point->side,
                   channel_number(point));
}

static void
kcs_feed(void *machine, const struct ipmi_record *record,
         struct ipmi_step *step)
{
    ipmi_kcs_feed((struct ipmi_kcs_machine *)machine, record, step);
}

static const control_register *
control_register_find(guint8 number)
{
    for (guint i = 0; i < array_length(control_registers); i++) {
        if (control_registers[i].number == number) {
            return &control_registers[i];
        }
    }
    return NULL;
}

/* Bits of a register that an access reaches. */
static guint32
reached(const struct ipmi_record *record)
{
    guint32 mask = record->width >= 4 ? 0xffffffff
                                      : (1u << 8 * record->width) - 1;

    return mask << 8 * record->lane;
}

/* The register's value, as far as it was accessed. */
static guint32
register_value(const struct ipmi_record *record)
{
    return record->value << 8 * record->lane;
}

static ws_bool
is_single_bit(guint32 mask)
{
    return (mask & (mask - 1)) == 0;
}

static void
add_control_register(proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo,
                     const struct ipmi_record *record,
                     const control_register *reg)
{
    const guint32 value = register_value(record);
    const guint channel = channel_number(ipmi_point_get(pinfo));
    proto_item *item;

    item = proto_tree_add_uint(tree, reg->hf, tvb, 8, 4, value);
    tree = proto_item_add_subtree(item, ett_register);
    for (const register_bits *bits = reg->bits; bits->name; bits++) {
        if ((bits->mask & reached(record)) != bits->mask) {
            continue;
        }
        item = is_single_bit(bits->mask)
            ? proto_tree_add_boolean(tree, bits->hf, tvb, 8, 4, value)
            : proto_tree_add_uint(tree, bits->hf, tvb, 8, 4, value);
        if (channel != 0 && bits->channel == channel) {
            proto_item_append_text(item, ", this channel");
        }
    }
}

/* The host writes a control code: any to CMD, and to DI what asks for the next
 * byte. */
static ws_bool
is_control(const struct ipmi_record *record, const ipmi_event *event)
{
    if (record->side != IPMI_SIDE_HOST || record->op != IPMI_OP_WRITE) {
        return 0;
    }
    return record->what == IPMI_KCS_CMD ||
           (record->what == IPMI_KCS_DI && event && !record->lost &&
            (event->before == IPMI_KCS_PHASE_READ ||
             event->before == IPMI_KCS_PHASE_STATUS));
}

/* The host reads why the transfer has failed (figure 9-8). */
static ws_bool
is_error_code(const struct ipmi_record *record, const ipmi_event *event)
{
    return record->side == IPMI_SIDE_HOST && record->op == IPMI_OP_READ &&
           record->what == IPMI_KCS_DO && event &&
           event->before == IPMI_KCS_PHASE_STATUS &&
           !(event->faults & 1u << IPMI_KCS_FAULT_READ_OBF) &&
           (record->state & IPMI_KCS_STATE) == IPMI_KCS_STATE_READ;
}

static void
kcs_add_value(proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo,
              const struct ipmi_record *record, const ipmi_event *event)
{
    const control_register *reg = control_register_find(record->what);

    if (reg) {
        add_control_register(tree, tvb, pinfo, record, reg);
    } else if (is_control(record, event)) {
        proto_tree_add_item(tree, hf_control, tvb, 11, 1, ENC_NA);
    } else if (is_error_code(record, event)) {
        proto_tree_add_item(tree, hf_error, tvb, 11, 1, ENC_NA);
    }
}

static const char *
status_words(wmem_allocator_t *scope, guint8 status)
{
    return wmem_strdup_printf(scope, "%s%s%s%s%s%s%s",
        val_to_str_const(status >> 6, state_vals, ""),
        status & IPMI_KCS_OEM2 ? " OEM2" : "",
        status & IPMI_KCS_OEM1 ? " OEM1" : "",
        status & IPMI_KCS_CD ? " C/D" : "",
        status & IPMI_KCS_SMS_ATN ? " SMS_ATN" : "",
        status & IPMI_KCS_IBF ? " IBF" : "",
        status & IPMI_KCS_OBF ? " OBF" : "");
}

static void
kcs_add_state(proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo,
              const struct ipmi_record *record)
{
    static int *const bits[] = {
        &hf_status_state,
        &hf_status_oem2,
        &hf_status_oem1,
        &hf_status_c_d,
        &hf_status_sms_atn,
        &hf_status_ibf,
        &hf_status_obf,
        NULL
    };
    proto_item *item;

    item = proto_tree_add_bitmask_with_flags(tree, tvb, 6, hf_status,
                                             ett_status, bits, ENC_NA,
                                             BMT_NO_APPEND);
    if (tree && PTREE_DATA(tree)->visible) {
        proto_item_append_text(item, " (%s)",
                               status_words(pinfo->pool, record->state));
    }
}

/* Names of the bits that are set. */
static const char *
control_register_words(wmem_allocator_t *scope,
                       const struct ipmi_record *record,
                       const control_register *reg)
{
    wmem_strbuf_t *words = wmem_strbuf_new(scope, "");

    wmem_strbuf_append_printf(words, "0x%0*x", 2 * MIN(record->width, 4),
                              record->value);
    if (record->lane > 0) {
        wmem_strbuf_append_printf(words, " at byte %u", record->lane);
    }
    for (const register_bits *bits = reg->bits; bits->name; bits++) {
        if (is_single_bit(bits->mask) &&
            register_value(record) & bits->mask) {
            wmem_strbuf_append_printf(words, " %s", bits->name);
        }
    }
    return wmem_strbuf_finalize(words);
}

static const char *
kcs_value_words(wmem_allocator_t *scope, const struct ipmi_record *record,
                const ipmi_event *event)
{
    const guint8 value = (guint8)record->value;
    const control_register *reg = control_register_find(record->what);

    if (reg) {
        return control_register_words(scope, record, reg);
    }
    if (record->what == IPMI_KCS_ST) {
        return wmem_strdup_printf(scope, "0x%02x %s", value,
                                  status_words(scope, value));
    }
    if (is_control(record, event)) {
        return try_val_to_str(value, control_vals);
    }
    if (is_error_code(record, event)) {
        return try_rval_to_str(value, error_rvals);
    }
    return NULL;
}

static const ipmi_interface kcs = {
    .name = "IPMI KCS Registers",
    .short_name = "IPMI KCS",
    .filter = "ipmi_kcs",
    .message_name = "KCS message",
    .register_name = ipmi_kcs_register_name,
    .phases = phase_vals,
    .busy_phases = 1u << IPMI_KCS_PHASE_WRITE |
                   1u << IPMI_KCS_PHASE_WRITE_END |
                   1u << IPMI_KCS_PHASE_WAIT |
                   1u << IPMI_KCS_PHASE_READ |
                   1u << IPMI_KCS_PHASE_READ_END |
                   1u << IPMI_KCS_PHASE_ERROR |
                   1u << IPMI_KCS_PHASE_ABORT |
                   1u << IPMI_KCS_PHASE_STATUS |
                   1u << IPMI_KCS_PHASE_ABORT_END,
    .faults = faults,
    .conditions = conditions,
    .layout = { .length = -1, .seq = -1, .netfn = 0, .cmd = 1 },
    .half_duplex = 1,
    .machine_size = sizeof(struct ipmi_kcs_machine),
    .start = kcs_start,
    .feed = kcs_feed,
    .add_value = kcs_add_value,
    .add_state = kcs_add_state,
    .value_words = kcs_value_words,
};

/* Registers the field of a control register or, with a mask, of its bits. */
static void
register_control_field(int proto, int *hf, guint size, guint32 mask,
                       const char *name, const char *abbrev,
                       const char *meaning)
{
    hf_register_info *info = wmem_new0(wmem_epan_scope(), hf_register_info);
    const ws_bool is_flag = mask != 0 && is_single_bit(mask);

    *hf = -1;
    info->p_id = hf;
    info->hfinfo = (header_field_info){
        name, abbrev,
        is_flag ? FT_BOOLEAN : size == 1 ? FT_UINT8 : FT_UINT32,
        is_flag ? (int)(8 * size) : BASE_HEX,
        is_flag ? TFS(&tfs_set_notset) : NULL, mask, meaning, HFILL
    };
    proto_register_field_array(proto, info, 1);
}

static void
register_control_registers(int proto)
{
    for (guint i = 0; i < array_length(control_registers); i++) {
        control_register *reg = &control_registers[i];
        char *abbrev = wmem_strdup_printf(wmem_epan_scope(), "%s.%s",
                                          kcs.filter, reg->abbrev);

        register_control_field(proto, &reg->hf, reg->size, 0, reg->name,
                               abbrev, reg->meaning);
        for (register_bits *bits = reg->bits; bits->name; bits++) {
            register_control_field(proto, &bits->hf, reg->size, bits->mask,
                bits->name,
                wmem_strdup_printf(wmem_epan_scope(), "%s.%s", abbrev,
                                   bits->abbrev),
                bits->meaning);
        }
    }
}

void
proto_register_ipmi_kcs(void)
{
    static hf_register_info hf[] = {
        { &hf_status,
          { "Status", "ipmi_kcs.status", FT_UINT8, BASE_HEX, NULL, 0x0,
            "The status register as the host would read it after this",
            HFILL } },
        { &hf_status_state,
          { "State", "ipmi_kcs.status.state", FT_UINT8, BASE_DEC,
            VALS(state_vals), IPMI_KCS_STATE, "S1 and S0", HFILL } },
        { &hf_status_oem2,
          { "OEM2", "ipmi_kcs.status.oem2", FT_BOOLEAN, 8,
            TFS(&tfs_set_notset), IPMI_KCS_OEM2, NULL, HFILL } },
        { &hf_status_oem1,
          { "OEM1", "ipmi_kcs.status.oem1", FT_BOOLEAN, 8,
            TFS(&tfs_set_notset), IPMI_KCS_OEM1, NULL, HFILL } },
        { &hf_status_c_d,
          { "C/D", "ipmi_kcs.status.c_d", FT_BOOLEAN, 8,
            TFS(&tfs_set_notset), IPMI_KCS_CD,
            "The host has written to the command register", HFILL } },
        { &hf_status_sms_atn,
          { "SMS_ATN", "ipmi_kcs.status.sms_atn", FT_BOOLEAN, 8,
            TFS(&tfs_set_notset), IPMI_KCS_SMS_ATN,
            "The BMC has something for the host's software", HFILL } },
        { &hf_status_ibf,
          { "IBF", "ipmi_kcs.status.ibf", FT_BOOLEAN, 8,
            TFS(&tfs_set_notset), IPMI_KCS_IBF,
            "Input buffer full: a byte waits for the BMC", HFILL } },
        { &hf_status_obf,
          { "OBF", "ipmi_kcs.status.obf", FT_BOOLEAN, 8,
            TFS(&tfs_set_notset), IPMI_KCS_OBF,
            "Output buffer full: a byte waits for the host", HFILL } },
        { &hf_control,
          { "Control code", "ipmi_kcs.control", FT_UINT8, BASE_HEX,
            VALS(control_vals), 0x0,
            "What the host has the interface do", HFILL } },
        { &hf_error,
          { "Error code", "ipmi_kcs.error", FT_UINT8,
            BASE_HEX | BASE_RANGE_STRING, RVALS(error_rvals), 0x0,
            "Why the transfer before has failed", HFILL } },
    };
    static int *ett[] = {
        &ett_status,
        &ett_register,
    };
    const int proto = ipmi_registers_proto(ipmi_registers_register(&kcs));

    proto_register_field_array(proto, hf, array_length(hf));
    register_control_registers(proto);
    proto_register_subtree_array(ett, array_length(ett));
}
