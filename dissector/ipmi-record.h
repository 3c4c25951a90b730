/* ipmi-record.h
 * Records of register accesses, docs/capture-format.md: what one of them says,
 * and the names of what is in it.
 *
 * Depends on the C library alone, so that programs without Wireshark can
 * link it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_RECORD_H
#define IPMI_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IPMI_RECORD_SIZE    12  /* bytes; later versions append to them */

enum ipmi_record_side {
    IPMI_SIDE_HOST = 1,
    IPMI_SIDE_BMC = 2
};

enum ipmi_record_op {
    IPMI_OP_READ = 1,
    IPMI_OP_WRITE = 2,
    IPMI_OP_IRQ = 3,
    IPMI_OP_RESET = 4,
    IPMI_OP_LINE = 5,
    IPMI_OP_HARDWARE = 6
};

/* ipmi_record.what of IPMI_OP_LINE. */
enum ipmi_record_line {
    IPMI_LINE_SMS_ATN = 1,
    IPMI_LINE_IRQ_ENABLE = 2,
    IPMI_LINE_ENABLE = 3
};

/* ipmi_record.what of an access to KCS. */
enum ipmi_kcs_register {
    IPMI_KCS_DI = 0x01,
    IPMI_KCS_DO = 0x02,
    IPMI_KCS_CMD = 0x03,
    IPMI_KCS_ST = 0x04,
    IPMI_KCS_NPCM_DOC = 0x10,
    IPMI_KCS_NPCM_DOM = 0x11,
    IPMI_KCS_NPCM_DIC = 0x12,
    IPMI_KCS_NPCM_CTL = 0x13,
    IPMI_KCS_NPCM_IC = 0x14,
    IPMI_KCS_NPCM_IE = 0x15,
    IPMI_KCS_ASPEED_HICR0 = 0x20,
    IPMI_KCS_ASPEED_HICR2 = 0x22,
    IPMI_KCS_ASPEED_HICR4 = 0x24,
    IPMI_KCS_ASPEED_HICR5 = 0x25,
    IPMI_KCS_ASPEED_HICRB = 0x2b,
    IPMI_KCS_ASPEED_HICRC = 0x2c,
    IPMI_KCS_ASPEED_SIRQCR0 = 0x30
};

/* ipmi_record.what of an access to BT. */
enum ipmi_bt_register {
    IPMI_BT_CTRL = 0x01,
    IPMI_BT_FIFO = 0x02,
    IPMI_BT_INTMASK = 0x03,
    IPMI_BT_ASPEED_CR0 = 0x20,
    IPMI_BT_ASPEED_CR1 = 0x21,
    IPMI_BT_ASPEED_CR2 = 0x22,
    IPMI_BT_ASPEED_CR3 = 0x23
};

/* Bits of the KCS status register (IPMI 2.0, table 9-1). */
#define IPMI_KCS_OBF        0x01
#define IPMI_KCS_IBF        0x02
#define IPMI_KCS_SMS_ATN    0x04
#define IPMI_KCS_CD         0x08
#define IPMI_KCS_OEM1       0x10
#define IPMI_KCS_OEM2       0x20
#define IPMI_KCS_STATE      0xc0

/* Bits of BT_CTRL (IPMI 2.0, table 11-5). */
#define IPMI_BT_CLR_WR_PTR  0x01
#define IPMI_BT_CLR_RD_PTR  0x02
#define IPMI_BT_H2B_ATN     0x04
#define IPMI_BT_B2H_ATN     0x08
#define IPMI_BT_SMS_ATN     0x10
#define IPMI_BT_OEM0        0x20
#define IPMI_BT_H_BUSY      0x40
#define IPMI_BT_B_BUSY      0x80

/* Bits of BT_INTMASK (IPMI 2.0, table 11-6). */
#define IPMI_BT_B2H_IRQ_EN  0x01
#define IPMI_BT_B2H_IRQ     0x02
#define IPMI_BT_BMC_HWRST   0x80

struct ipmi_record {
    uint8_t  version;
    uint8_t  side;      /* enum ipmi_record_side */
    uint8_t  op;        /* enum ipmi_record_op */
    uint8_t  what;      /* register, interrupt, line or hardware operation */
    uint8_t  width;     /* of an access, in bytes */
    bool     lost;      /* the access had no effect */
    uint8_t  lane;      /* byte of the register at which the access begins */
    uint8_t  state;     /* KCS status, or BT_CTRL, after the event */
    uint8_t  intmask;   /* BT_INTMASK after the event */
    uint32_t value;
};

/* Decodes a record from at least IPMI_RECORD_SIZE bytes. */
void ipmi_record_decode(const uint8_t *bytes, struct ipmi_record *record);

static inline bool
ipmi_record_is_access(const struct ipmi_record *record)
{
    return record->op == IPMI_OP_READ || record->op == IPMI_OP_WRITE;
}

/* Names of what a number stands for: "host", "read", "SMS_ATN", "power cycle".
 * NULL for a number that has no meaning. */
const char *ipmi_record_side_name(uint8_t side);
const char *ipmi_record_op_name(uint8_t op);
const char *ipmi_record_line_name(uint8_t line);
const char *ipmi_record_hardware_name(uint8_t operation);

/* Names of registers: "DI", "HICR0"; "CTRL". NULL for a number that has no
 * meaning. */
const char *ipmi_kcs_register_name(uint8_t reg);
const char *ipmi_bt_register_name(uint8_t reg);

#endif /* IPMI_RECORD_H */
