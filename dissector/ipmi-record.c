/* ipmi-record.c
 * Records of register accesses, docs/capture-format.md: what one of them says,
 * and the names of what is in it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ipmi-record.h"

/* Of the byte that describes an access. */
#define FLAG_LOST       0x01
#define FLAG_LANE       0x06
#define FLAG_LANE_SHIFT 1

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

struct number_name {
    uint8_t     number;
    const char *name;
};

static const struct number_name sides[] = {
    { IPMI_SIDE_HOST, "host" },
    { IPMI_SIDE_BMC, "BMC" },
};

static const struct number_name ops[] = {
    { IPMI_OP_READ, "read" },
    { IPMI_OP_WRITE, "write" },
    { IPMI_OP_IRQ, "interrupt" },
    { IPMI_OP_RESET, "reset" },
    { IPMI_OP_LINE, "line" },
    { IPMI_OP_HARDWARE, "hardware operation" },
};

static const struct number_name lines[] = {
    { IPMI_LINE_SMS_ATN, "SMS_ATN" },
    { IPMI_LINE_IRQ_ENABLE, "interrupt enable" },
    { IPMI_LINE_ENABLE, "enable" },
};

static const struct number_name hardware[] = {
    { 1, "reset" },
    { 2, "power off" },
    { 3, "power on" },
    { 4, "power cycle" },
    { 5, "diagnostic interrupt" },
    { 6, "graceful shutdown" },
    { 7, "NMI" },
};

static const struct number_name kcs_registers[] = {
    { IPMI_KCS_DI, "DI" },
    { IPMI_KCS_DO, "DO" },
    { IPMI_KCS_CMD, "CMD" },
    { IPMI_KCS_ST, "ST" },
    { IPMI_KCS_NPCM_DOC, "DOC" },
    { IPMI_KCS_NPCM_DOM, "DOM" },
    { IPMI_KCS_NPCM_DIC, "DIC" },
    { IPMI_KCS_NPCM_CTL, "CTL" },
    { IPMI_KCS_NPCM_IC, "IC" },
    { IPMI_KCS_NPCM_IE, "IE" },
    { IPMI_KCS_ASPEED_HICR0, "HICR0" },
    { IPMI_KCS_ASPEED_HICR2, "HICR2" },
    { IPMI_KCS_ASPEED_HICR4, "HICR4" },
    { IPMI_KCS_ASPEED_HICR5, "HICR5" },
    { IPMI_KCS_ASPEED_HICRB, "HICRB" },
    { IPMI_KCS_ASPEED_HICRC, "HICRC" },
    { IPMI_KCS_ASPEED_SIRQCR0, "SIRQCR0" },
};

static const struct number_name bt_registers[] = {
    { IPMI_BT_CTRL, "CTRL" },
    { IPMI_BT_FIFO, "FIFO" },
    { IPMI_BT_INTMASK, "INTMASK" },
    { IPMI_BT_ASPEED_CR0, "CR0" },
    { IPMI_BT_ASPEED_CR1, "CR1" },
    { IPMI_BT_ASPEED_CR2, "CR2" },
    { IPMI_BT_ASPEED_CR3, "CR3" },
};

static const char *
find(const struct number_name *names, size_t n, uint8_t number)
{
    for (size_t i = 0; i < n; i++) {
        if (names[i].number == number) {
            return names[i].name;
        }
    }
    return NULL;
}

void
ipmi_record_decode(const uint8_t *bytes, struct ipmi_record *record)
{
    record->version = bytes[0];
    record->side = bytes[1];
    record->op = bytes[2];
    record->what = bytes[3];
    record->width = bytes[4];
    record->lost = bytes[5] & FLAG_LOST;
    record->lane = (bytes[5] & FLAG_LANE) >> FLAG_LANE_SHIFT;
    record->state = bytes[6];
    record->intmask = bytes[7];
    record->value = (uint32_t)bytes[8] << 24 | (uint32_t)bytes[9] << 16 |
                    (uint32_t)bytes[10] << 8 | bytes[11];
}

const char *
ipmi_record_side_name(uint8_t side)
{
    return find(sides, ARRAY_LENGTH(sides), side);
}

const char *
ipmi_record_op_name(uint8_t op)
{
    return find(ops, ARRAY_LENGTH(ops), op);
}

const char *
ipmi_record_line_name(uint8_t line)
{
    return find(lines, ARRAY_LENGTH(lines), line);
}

const char *
ipmi_record_hardware_name(uint8_t operation)
{
    return find(hardware, ARRAY_LENGTH(hardware), operation);
}

const char *
ipmi_kcs_register_name(uint8_t reg)
{
    return find(kcs_registers, ARRAY_LENGTH(kcs_registers), reg);
}

const char *
ipmi_bt_register_name(uint8_t reg)
{
    return find(bt_registers, ARRAY_LENGTH(bt_registers), reg);
}
