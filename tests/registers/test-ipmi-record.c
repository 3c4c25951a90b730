/* test-ipmi-record.c
 * Tests the decoding of records of register accesses, with records that
 * docs/capture-format.md explains byte by byte, and the names of what is in
 * them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipmi-record.h"

static unsigned checks;
static unsigned failures;

#define CHECK(condition)                                        \
    do {                                                        \
        checks++;                                               \
        if (!(condition)) {                                     \
            failures++;                                         \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
        }                                                       \
    } while (0)

/* From the page's example: the host reads its status register. */
static void test_access(void)
{
    static const uint8_t bytes[IPMI_RECORD_SIZE] = {
        0x01, 0x01, 0x01, 0x04, 0x01, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x04
    };
    struct ipmi_record record;

    ipmi_record_decode(bytes, &record);
    CHECK(record.version == 1);
    CHECK(record.side == IPMI_SIDE_HOST);
    CHECK(record.op == IPMI_OP_READ);
    CHECK(record.what == IPMI_KCS_ST);
    CHECK(record.width == 1);
    CHECK(!record.lost);
    CHECK(record.lane == 0);
    CHECK(record.state == IPMI_KCS_SMS_ATN);
    CHECK(record.intmask == 0);
    CHECK(record.value == 0x04);
    CHECK(ipmi_record_is_access(&record));
}

/* The same: the BMC sets SMS_ATN. */
static void test_line(void)
{
    static const uint8_t bytes[IPMI_RECORD_SIZE] = {
        0x01, 0x02, 0x05, 0x01, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x01
    };
    struct ipmi_record record;

    ipmi_record_decode(bytes, &record);
    CHECK(record.side == IPMI_SIDE_BMC);
    CHECK(record.op == IPMI_OP_LINE);
    CHECK(record.what == IPMI_LINE_SMS_ATN);
    CHECK(record.width == 0);
    CHECK(record.value == 1);
    CHECK(!ipmi_record_is_access(&record));
}

/* Every bit of flags, and every byte of a value, where the page has it. */
static void test_flags_and_value(void)
{
    static const uint8_t bytes[IPMI_RECORD_SIZE] = {
        0x02, 0x02, 0x02, 0x23, 0x02, 0xfd, 0xc8, 0x81, 0x12, 0x34, 0xab, 0xcd
    };
    static const uint8_t lost[IPMI_RECORD_SIZE] = { 1, 1, 2, 1, 1, 0x01 };
    static const uint8_t lane[IPMI_RECORD_SIZE] = { 1, 2, 1, 0x20, 1, 0x06 };
    struct ipmi_record record;

    ipmi_record_decode(bytes, &record);
    CHECK(record.version == 2);
    CHECK(record.op == IPMI_OP_WRITE);
    CHECK(record.lost);
    CHECK(record.lane == 2);
    CHECK(record.state == 0xc8);
    CHECK(record.intmask == 0x81);
    CHECK(record.value == 0x1234abcd);

    ipmi_record_decode(lost, &record);
    CHECK(record.lost);
    CHECK(record.lane == 0);
    ipmi_record_decode(lane, &record);
    CHECK(!record.lost);
    CHECK(record.lane == 3);
}

/* Of the numbers from 0 to 255, those with a name, and two of them. */
static void check_names(const char *(*name)(uint8_t), unsigned count,
                        uint8_t first, const char *first_name, uint8_t last,
                        const char *last_name)
{
    unsigned named = 0;

    for (unsigned number = 0; number < 256; number++) {
        named += name((uint8_t)number) != NULL;
    }
    CHECK(named == count);
    CHECK(name(first) && strcmp(name(first), first_name) == 0);
    CHECK(name(last) && strcmp(name(last), last_name) == 0);
}

int main(void)
{
    test_access();
    test_line();
    test_flags_and_value();
    check_names(ipmi_record_side_name, 2, 1, "host", 2, "BMC");
    check_names(ipmi_record_op_name, 6, 1, "read", 6, "hardware operation");
    check_names(ipmi_record_line_name, 3, 1, "SMS_ATN", 3, "enable");
    check_names(ipmi_record_hardware_name, 7, 1, "reset", 7, "NMI");
    check_names(ipmi_kcs_register_name, 17, 0x01, "DI", 0x30, "SIRQCR0");
    check_names(ipmi_bt_register_name, 7, 0x01, "CTRL", 0x23, "CR3");

    printf("%u checks, %u failures\n", checks, failures);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
