/* packet-ipmi-bt.c
 * Dissects register traffic of the BT interface (IPMI 2.0, section 11): what is
 * peculiar to its registers. The rest is in packet-ipmi-registers.c, and what
 * the accesses amount to in ipmi-bt-machine.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <epan/expert.h>
#include <epan/packet.h>
#include <epan/tfs.h>
#if __has_include(<wsutil/array.h>)
#include <wsutil/array.h>
#endif

#include "ipmi-bt-machine.h"
#include "packet-ipmi-bt.h"
#include "packet-ipmi-registers.h"

/* Milliseconds after which a side that waits for the other one has waited too
 * long; hosts give a request up after 5 s. */
#define HANDSHAKE_LIMIT_MS  5000
/* Attention may have to wait until the host's software runs. */
#define ATTENTION_LIMIT_MS  10000
#define IRQ_LIMIT_MS        1000

static int hf_ctrl = -1;
static int hf_ctrl_clr_wr_ptr = -1;
static int hf_ctrl_clr_rd_ptr = -1;
static int hf_ctrl_h2b_atn = -1;
static int hf_ctrl_b2h_atn = -1;
static int hf_ctrl_sms_atn = -1;
static int hf_ctrl_oem0 = -1;
static int hf_ctrl_h_busy = -1;
static int hf_ctrl_b_busy = -1;
static int hf_fifo = -1;
static int hf_intmask = -1;
static int hf_intmask_b2h_irq_en = -1;
static int hf_intmask_b2h_irq = -1;
static int hf_intmask_bmc_hwrst = -1;
static int hf_cr0 = -1;
static int hf_cr0_io_base = -1;
static int hf_cr0_serirq = -1;
static int hf_cr0_serirq_type = -1;
static int hf_cr0_en_clr_rd_ptr = -1;
static int hf_cr0_en_clr_wr_ptr = -1;
static int hf_cr0_enable = -1;
static int hf_cr1 = -1;
static int hf_cr1_hbusy = -1;
static int hf_cr1_h2b = -1;
static int hf_cr2 = -1;
static int hf_cr2_hbusy = -1;
static int hf_cr2_h2b = -1;
static int hf_cr3 = -1;
static int hf_state = -1;
static int hf_state_h2b_atn = -1;
static int hf_state_b2h_atn = -1;
static int hf_state_sms_atn = -1;
static int hf_state_oem0 = -1;
static int hf_state_h_busy = -1;
static int hf_state_b_busy = -1;
static int hf_state_intmask = -1;
static int hf_state_b2h_irq_en = -1;
static int hf_state_b2h_irq = -1;
static int hf_state_bmc_hwrst = -1;

static int ett_value = -1;
static int ett_state = -1;
static int ett_intmask = -1;

static const value_string phase_vals[] = {
    { IPMI_BT_UNKNOWN, "Unknown" },
    { IPMI_BT_DISABLED, "Disabled" },
    { IPMI_BT_NOT_READY, "BMC not ready" },
    { IPMI_BT_IDLE, "Idle" },
    { IPMI_BT_HOST_WRITES, "Host writes" },
    { IPMI_BT_REQUEST_WAITS, "Request waits" },
    { IPMI_BT_BMC_READS, "BMC reads" },
    { IPMI_BT_BMC_WORKS, "BMC works" },
    { IPMI_BT_BMC_WRITES, "BMC writes" },
    { IPMI_BT_RESPONSE_WAITS, "Response waits" },
    { IPMI_BT_HOST_READS, "Host reads" },
    { 0, NULL }
};

/* In the order of enum ipmi_bt_fault. */
static const ipmi_fault faults[] = {
    { "b_busy.ignored", PI_PROTOCOL, PI_WARN,
      "The host writes although B_BUSY is set: the BMC takes no request" },
    { "h_busy.ignored", PI_PROTOCOL, PI_WARN,
      "The BMC writes although H_BUSY is set: the host still reads" },
    { "b_busy.not_set", PI_PROTOCOL, PI_WARN,
      "The BMC reads without B_BUSY: the host may write at the same time" },
    { "h_busy.not_set", PI_PROTOCOL, PI_WARN,
      "The host reads without H_BUSY: the BMC may write at the same time" },
    { "h2b_atn.overrun", PI_PROTOCOL, PI_WARN,
      "The host writes while H2B_ATN is set: the last request was not taken" },
    { "b2h_atn.overrun", PI_PROTOCOL, PI_WARN,
      "The BMC writes while B2H_ATN is set: the last response was not taken" },
    { "h2b_atn.not_cleared", PI_PROTOCOL, PI_WARN,
      "The BMC has read the request but not cleared H2B_ATN" },
    { "b2h_atn.not_cleared", PI_PROTOCOL, PI_WARN,
      "The host has read the response but not cleared B2H_ATN" },
    { "wr_ptr.not_cleared", PI_PROTOCOL, PI_WARN,
      "Write pointer not cleared before this frame" },
    { "rd_ptr.not_cleared", PI_PROTOCOL, PI_WARN,
      "Read pointer not cleared before this frame" },
    { "length.small", PI_PROTOCOL, PI_WARN,
      "Length too small for a message" },
    { "frame.short", PI_PROTOCOL, PI_WARN,
      "The frame has fewer bytes than its length says" },
    { "frame.long", PI_PROTOCOL, PI_WARN,
      "The frame has more bytes than its length says" },
    { "frame.empty", PI_PROTOCOL, PI_WARN,
      "Attention without a frame" },
    { "frame.cut", PI_SEQUENCE, PI_WARN,
      "The frame before this one was given up in its middle" },
    { "read.short", PI_PROTOCOL, PI_WARN,
      "The reader stops before the end of the frame" },
    { "read.beyond", PI_PROTOCOL, PI_WARN,
      "Read beyond the end of the frame" },
    { "read.no_atn", PI_PROTOCOL, PI_WARN,
      "Read although there is no new frame: no attention since the last one" },
    { "bmc_reset", PI_SEQUENCE, PI_NOTE,
      "The host resets the BMC's interface" },
    { "irq.storm", PI_SEQUENCE, PI_WARN,
      "Interrupt storm: asserted again and again without any progress" },
    { "irq.not_raised", PI_PROTOCOL, PI_WARN,
      "The interrupt was enabled and due, but never asserted" },
    { NULL, 0, 0, NULL }
};

/* In the order of enum ipmi_bt_condition. */
static const ipmi_condition conditions[] = {
    { { "b_busy.stuck", PI_SEQUENCE, PI_WARN,
        "B_BUSY set with a request under way" }, HANDSHAKE_LIMIT_MS },
    { { "h_busy.stuck", PI_SEQUENCE, PI_WARN, "H_BUSY set" },
      HANDSHAKE_LIMIT_MS },
    { { "h2b_atn.not_taken", PI_SEQUENCE, PI_WARN,
        "H2B_ATN set, the BMC does not take the request" },
      HANDSHAKE_LIMIT_MS },
    { { "b2h_atn.not_taken", PI_SEQUENCE, PI_WARN,
        "B2H_ATN set, the host does not take the response" },
      HANDSHAKE_LIMIT_MS },
    { { "sms_atn.not_cleared", PI_SEQUENCE, PI_WARN,
        "SMS_ATN set, the host does not clear it" }, ATTENTION_LIMIT_MS },
    { { "irq.missing", PI_SEQUENCE, PI_WARN,
        "The interrupt is enabled and due, but not asserted" }, IRQ_LIMIT_MS },
    { { NULL, 0, 0, NULL }, 0 }
};

static int *const ctrl_bits[] = {
    &hf_ctrl_b_busy, &hf_ctrl_h_busy, &hf_ctrl_oem0, &hf_ctrl_sms_atn,
    &hf_ctrl_b2h_atn, &hf_ctrl_h2b_atn, &hf_ctrl_clr_rd_ptr,
    &hf_ctrl_clr_wr_ptr, NULL
};

static int *const intmask_bits[] = {
    &hf_intmask_bmc_hwrst, &hf_intmask_b2h_irq, &hf_intmask_b2h_irq_en, NULL
};

static int *const state_bits[] = {
    &hf_state_b_busy, &hf_state_h_busy, &hf_state_oem0, &hf_state_sms_atn,
    &hf_state_b2h_atn, &hf_state_h2b_atn, NULL
};

static int *const state_intmask_bits[] = {
    &hf_state_bmc_hwrst, &hf_state_b2h_irq, &hf_state_b2h_irq_en, NULL
};

static int *const cr0_bits[] = {
    &hf_cr0_io_base, &hf_cr0_serirq, &hf_cr0_serirq_type,
    &hf_cr0_en_clr_rd_ptr, &hf_cr0_en_clr_wr_ptr, &hf_cr0_enable, NULL
};

static int *const cr1_bits[] = { &hf_cr1_hbusy, &hf_cr1_h2b, NULL };
static int *const cr2_bits[] = { &hf_cr2_hbusy, &hf_cr2_h2b, NULL };
static int *const no_bits[] = { NULL };

/* A bit of a register, and what writing 1 to it does: nothing to say, or clear
 * it, or toggle it. */
typedef struct {
    guint8      bit;
    const char *name;
    enum { SETS, CLEARS, TOGGLES } host, bmc;
} bit_words;

/* Section 11.6.1. */
static const bit_words ctrl_words[] = {
    { IPMI_BT_CLR_WR_PTR, "CLR_WR_PTR", SETS, SETS },
    { IPMI_BT_CLR_RD_PTR, "CLR_RD_PTR", SETS, SETS },
    { IPMI_BT_H2B_ATN, "H2B_ATN", SETS, CLEARS },
    { IPMI_BT_B2H_ATN, "B2H_ATN", CLEARS, SETS },
    { IPMI_BT_SMS_ATN, "SMS_ATN", CLEARS, SETS },
    { IPMI_BT_OEM0, "OEM0", SETS, SETS },
    { IPMI_BT_H_BUSY, "H_BUSY", TOGGLES, SETS },
    { IPMI_BT_B_BUSY, "B_BUSY", SETS, TOGGLES },
};

/* Section 11.6.3; the BMC does not write it. */
static const bit_words intmask_words[] = {
    { IPMI_BT_B2H_IRQ_EN, "B2H_IRQ_EN", SETS, SETS },
    { IPMI_BT_B2H_IRQ, "B2H_IRQ", CLEARS, SETS },
    { IPMI_BT_BMC_HWRST, "BMC_HWRST", SETS, SETS },
};

/* NULL if no bit is set. */
static const char *
bits_to_words(wmem_allocator_t *scope, const struct ipmi_record *record,
              const bit_words *words, guint count)
{
    const ws_bool effect = record->op == IPMI_OP_WRITE && !record->lost;
    wmem_strbuf_t *text = wmem_strbuf_new(scope, "");

    for (guint i = 0; i < count; i++) {
        int what = record->side == IPMI_SIDE_HOST ? words[i].host
                                                  : words[i].bmc;

        if (!(record->value & words[i].bit)) {
            continue;
        }
        wmem_strbuf_append_printf(text, "%s%s",
                                  wmem_strbuf_get_len(text) ? ", " : "",
                                  words[i].name);
        if (effect && what == CLEARS) {
            wmem_strbuf_append(text, " off");
        } else if (effect && what == TOGGLES) {
            wmem_strbuf_append(text, record->state & words[i].bit ? " on"
                                                                  : " off");
        }
    }
    return wmem_strbuf_get_len(text) ? wmem_strbuf_get_str(text) : NULL;
}

static const char *
value_words(wmem_allocator_t *scope, const struct ipmi_record *record,
            const ipmi_event *event _U_)
{
    if (record->lane != 0) {
        return NULL;
    }
    switch (record->what) {
    case IPMI_BT_CTRL:
        return bits_to_words(scope, record, ctrl_words,
                             array_length(ctrl_words));
    case IPMI_BT_INTMASK:
        return bits_to_words(scope, record, intmask_words,
                             array_length(intmask_words));
    default:
        return NULL;
    }
}

/* A register of 32 bits and those of its bits that the access is about. */
static void
add_cr(proto_tree *tree, tvbuff_t *tvb, const struct ipmi_record *record,
       int hf, int *const *bits)
{
    const guint shift = 8 * record->lane;
    const guint64 accessed =
        ((G_GUINT64_CONSTANT(1) << 8 * MIN(record->width, 4)) - 1) << shift;
    const guint32 value = record->value << shift;
    proto_item *ti = proto_tree_add_uint(tree, hf, tvb, 8, 4, value);

    tree = proto_item_add_subtree(ti, ett_value);
    for (; *bits; bits++) {
        const header_field_info *field =
            proto_registrar_get_nth((guint)**bits);

        if (!(field->bitmask & accessed)) {
            continue;
        }
        if (field->type == FT_BOOLEAN) {
            proto_tree_add_boolean(tree, **bits, tvb, 8, 4, value);
        } else {
            proto_tree_add_uint(tree, **bits, tvb, 8, 4, value);
        }
    }
}

/* A register of one byte: what it is told, and bit by bit. */
static void
add_bits(proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo,
         const struct ipmi_record *record, const ipmi_event *event, int hf,
         int *const *bits)
{
    proto_item *ti = proto_tree_add_bitmask_with_flags(
        tree, tvb, 11, hf, ett_value, bits, ENC_NA, BMT_NO_APPEND);

    if (PTREE_DATA(tree)->visible) {
        const char *words = value_words(pinfo->pool, record, event);

        if (words) {
            proto_item_append_text(ti, ", %s", words);
        }
    }
}

static void
add_value(proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo,
          const struct ipmi_record *record, const ipmi_event *event)
{
    switch (record->what) {
    case IPMI_BT_ASPEED_CR0:
        add_cr(tree, tvb, record, hf_cr0, cr0_bits);
        return;
    case IPMI_BT_ASPEED_CR1:
        add_cr(tree, tvb, record, hf_cr1, cr1_bits);
        return;
    case IPMI_BT_ASPEED_CR2:
        add_cr(tree, tvb, record, hf_cr2, cr2_bits);
        return;
    case IPMI_BT_ASPEED_CR3:
        add_cr(tree, tvb, record, hf_cr3, no_bits);
        return;
    }
    /* The others have one byte, whatever the width of the access. */
    if (record->lane != 0) {
        return;
    }
    switch (record->what) {
    case IPMI_BT_CTRL:
        add_bits(tree, tvb, pinfo, record, event, hf_ctrl, ctrl_bits);
        break;
    case IPMI_BT_FIFO:
        proto_tree_add_item(tree, hf_fifo, tvb, 11, 1, ENC_NA);
        break;
    case IPMI_BT_INTMASK:
        add_bits(tree, tvb, pinfo, record, event, hf_intmask, intmask_bits);
        break;
    }
}

static void
add_state(proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo _U_,
          const struct ipmi_record *record _U_)
{
    proto_tree_add_bitmask(tree, tvb, 6, hf_state, ett_state, state_bits,
                           ENC_NA);
    proto_tree_add_bitmask(tree, tvb, 7, hf_state_intmask, ett_intmask,
                           state_intmask_bits, ENC_NA);
}

static void
start(void *machine, const ipmi_point *point)
{
    ipmi_bt_start((struct ipmi_bt_machine *)machine, point->side);
}

static void
feed(void *machine, const struct ipmi_record *record, struct ipmi_step *step)
{
    ipmi_bt_feed((struct ipmi_bt_machine *)machine, record, step);
}

static const ipmi_interface bt = {
    .name = "IPMI BT Registers",
    .short_name = "IPMI BT",
    .filter = "ipmi_bt",
    .message_name = "BT frame",
    .register_name = ipmi_bt_register_name,
    .phases = phase_vals,
    .busy_phases = 1u << IPMI_BT_HOST_WRITES | 1u << IPMI_BT_REQUEST_WAITS |
                   1u << IPMI_BT_BMC_READS | 1u << IPMI_BT_BMC_WORKS |
                   1u << IPMI_BT_BMC_WRITES | 1u << IPMI_BT_RESPONSE_WAITS |
                   1u << IPMI_BT_HOST_READS,
    .faults = faults,
    .conditions = conditions,
    .layout = { .length = 0, .netfn = 1, .seq = 2, .cmd = 3 },
    .machine_size = sizeof(struct ipmi_bt_machine),
    .start = start,
    .feed = feed,
    .add_value = add_value,
    .add_state = add_state,
    .value_words = value_words,
};

#define BIT(hf, name, abbrev, width, bit, blurb) \
    { &hf, { name, "ipmi_bt." abbrev, FT_BOOLEAN, width, \
             TFS(&tfs_set_notset), bit, blurb, HFILL } }

void
proto_register_ipmi_bt(void)
{
    static hf_register_info hf[] = {
        { &hf_ctrl,
          { "Control", "ipmi_bt.ctrl", FT_UINT8, BASE_HEX, NULL, 0x0,
            "What was read from BT_CTRL or written to it", HFILL } },
        BIT(hf_ctrl_clr_wr_ptr, "CLR_WR_PTR", "ctrl.clr_wr_ptr", 8,
            IPMI_BT_CLR_WR_PTR, "Clears the writer's own write pointer"),
        BIT(hf_ctrl_clr_rd_ptr, "CLR_RD_PTR", "ctrl.clr_rd_ptr", 8,
            IPMI_BT_CLR_RD_PTR, "Clears the writer's own read pointer"),
        BIT(hf_ctrl_h2b_atn, "H2B_ATN", "ctrl.h2b_atn", 8, IPMI_BT_H2B_ATN,
            "There is a request; the host sets it, the BMC clears it"),
        BIT(hf_ctrl_b2h_atn, "B2H_ATN", "ctrl.b2h_atn", 8, IPMI_BT_B2H_ATN,
            "There is a response; the BMC sets it, the host clears it"),
        BIT(hf_ctrl_sms_atn, "SMS_ATN", "ctrl.sms_atn", 8, IPMI_BT_SMS_ATN,
            "There is something else; the BMC sets it, the host clears it"),
        BIT(hf_ctrl_oem0, "OEM0", "ctrl.oem0", 8, IPMI_BT_OEM0, NULL),
        BIT(hf_ctrl_h_busy, "H_BUSY", "ctrl.h_busy", 8, IPMI_BT_H_BUSY,
            "The host reads; it toggles it"),
        BIT(hf_ctrl_b_busy, "B_BUSY", "ctrl.b_busy", 8, IPMI_BT_B_BUSY,
            "The BMC reads, or is not ready; it toggles it"),
        { &hf_fifo,
          { "FIFO byte", "ipmi_bt.fifo", FT_UINT8, BASE_HEX, NULL, 0x0,
            "An access of any width moves one byte", HFILL } },
        { &hf_intmask,
          { "Interrupt mask", "ipmi_bt.intmask", FT_UINT8, BASE_HEX, NULL,
            0x0, "What was read from BT_INTMASK or written to it", HFILL } },
        BIT(hf_intmask_b2h_irq_en, "B2H_IRQ_EN", "intmask.b2h_irq_en", 8,
            IPMI_BT_B2H_IRQ_EN, "The BMC may interrupt the host"),
        BIT(hf_intmask_b2h_irq, "B2H_IRQ", "intmask.b2h_irq", 8,
            IPMI_BT_B2H_IRQ, "It does; the host writes 1 to clear it"),
        BIT(hf_intmask_bmc_hwrst, "BMC_HWRST", "intmask.bmc_hwrst", 8,
            IPMI_BT_BMC_HWRST, "The host writes 1 to reset the BMC"),
        { &hf_cr0,
          { "CR0", "ipmi_bt.aspeed.cr0", FT_UINT32, BASE_HEX, NULL, 0x0,
            "Aspeed iBT configuration", HFILL } },
        { &hf_cr0_io_base,
          { "I/O base", "ipmi_bt.aspeed.cr0.io_base", FT_UINT32, BASE_HEX,
            NULL, 0xffff0000, "Where the host finds the registers", HFILL } },
        { &hf_cr0_serirq,
          { "SerIRQ", "ipmi_bt.aspeed.cr0.serirq", FT_UINT32, BASE_DEC, NULL,
            0x0000f000, "Interrupt to the host", HFILL } },
        { &hf_cr0_serirq_type,
          { "SerIRQ type", "ipmi_bt.aspeed.cr0.serirq_type", FT_UINT32,
            BASE_DEC, NULL, 0x00000c00, NULL, HFILL } },
        BIT(hf_cr0_en_clr_rd_ptr, "EN_CLR_SLV_RDP",
            "aspeed.cr0.en_clr_rd_ptr", 32, 0x00000008,
            "The BMC may clear its read pointer"),
        BIT(hf_cr0_en_clr_wr_ptr, "EN_CLR_SLV_WRP",
            "aspeed.cr0.en_clr_wr_ptr", 32, 0x00000004,
            "The BMC may clear its write pointer"),
        BIT(hf_cr0_enable, "ENABLE", "aspeed.cr0.enable", 32, 0x00000001,
            "The host finds the interface"),
        { &hf_cr1,
          { "CR1", "ipmi_bt.aspeed.cr1", FT_UINT32, BASE_HEX, NULL, 0x0,
            "Aspeed iBT interrupt enable", HFILL } },
        BIT(hf_cr1_hbusy, "HBUSY", "aspeed.cr1.hbusy", 32, 0x00000040,
            "The BMC is interrupted when H_BUSY falls"),
        BIT(hf_cr1_h2b, "H2B", "aspeed.cr1.h2b", 32, 0x00000001,
            "The BMC is interrupted when H2B_ATN rises"),
        { &hf_cr2,
          { "CR2", "ipmi_bt.aspeed.cr2", FT_UINT32, BASE_HEX, NULL, 0x0,
            "Aspeed iBT interrupt status, writing 1 clears it", HFILL } },
        BIT(hf_cr2_hbusy, "HBUSY", "aspeed.cr2.hbusy", 32, 0x00000040,
            "H_BUSY has fallen"),
        BIT(hf_cr2_h2b, "H2B", "aspeed.cr2.h2b", 32, 0x00000001,
            "H2B_ATN has risen"),
        { &hf_cr3,
          { "CR3", "ipmi_bt.aspeed.cr3", FT_UINT32, BASE_HEX, NULL, 0x0,
            NULL, HFILL } },
        { &hf_state,
          { "State", "ipmi_bt.state", FT_UINT8, BASE_HEX, NULL, 0x0,
            "BT_CTRL after this, as the host would read it", HFILL } },
        BIT(hf_state_h2b_atn, "H2B_ATN", "state.h2b_atn", 8, IPMI_BT_H2B_ATN,
            "A request waits for the BMC"),
        BIT(hf_state_b2h_atn, "B2H_ATN", "state.b2h_atn", 8, IPMI_BT_B2H_ATN,
            "A response waits for the host"),
        BIT(hf_state_sms_atn, "SMS_ATN", "state.sms_atn", 8, IPMI_BT_SMS_ATN,
            "A message or an event waits for the host"),
        BIT(hf_state_oem0, "OEM0", "state.oem0", 8, IPMI_BT_OEM0, NULL),
        BIT(hf_state_h_busy, "H_BUSY", "state.h_busy", 8, IPMI_BT_H_BUSY,
            "The host reads"),
        BIT(hf_state_b_busy, "B_BUSY", "state.b_busy", 8, IPMI_BT_B_BUSY,
            "The BMC reads, or is not ready"),
        { &hf_state_intmask,
          { "State of the interrupt mask", "ipmi_bt.state.intmask", FT_UINT8,
            BASE_HEX, NULL, 0x0,
            "BT_INTMASK after this, as the host would read it", HFILL } },
        BIT(hf_state_b2h_irq_en, "B2H_IRQ_EN", "state.b2h_irq_en", 8,
            IPMI_BT_B2H_IRQ_EN, "The BMC may interrupt the host"),
        BIT(hf_state_b2h_irq, "B2H_IRQ", "state.b2h_irq", 8, IPMI_BT_B2H_IRQ,
            "It does"),
        BIT(hf_state_bmc_hwrst, "BMC_HWRST", "state.bmc_hwrst", 8,
            IPMI_BT_BMC_HWRST, "The BMC is being reset"),
    };
    static int *ett[] = { &ett_value, &ett_state, &ett_intmask };
    ipmi_registers *registers = ipmi_registers_register(&bt);

    proto_register_field_array(ipmi_registers_proto(registers), hf,
                               array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
    ipmi_bt_frame_register(registers);
}
