/* test-describe.c
 * Tests what is said of the things in a capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../check.h"
#include "traffic.h"

unsigned checks;
unsigned failures;

/* bytes: in hexadecimal. */
static void
expect(enum traffic_kind kind, enum capture_kind where, const char *bytes,
       const char *words)
{
    struct traffic traffic = { .kind = kind, .where = where };
    uint8_t content[100];
    char line[200];

    for (; bytes[2 * traffic.len]; traffic.len++) {
        unsigned byte;

        sscanf(bytes + 2 * traffic.len, "%2x", &byte);
        content[traffic.len] = (uint8_t)byte;
    }
    traffic.bytes = content;
    CHECK(traffic_describe(&traffic, line, sizeof line) == strlen(line)
              && strcmp(line, words) == 0,
          "'%s', not '%s'", line, words);

    /* Whatever the room is. */
    for (size_t size = 1; size <= strlen(words) + 1; size++) {
        memset(line, '!', sizeof line);
        CHECK(traffic_describe(&traffic, line, size) <= size - 1
                  && memcmp(line, words, strlen(line)) == 0
                  && line[size] == '!',
              "'%s' in %zu bytes: '%s'", words, size, line);
    }
    CHECK(traffic_describe(&traffic, line, 0) == 0, "%s", words);
}

static void
test_messages(void)
{
    expect(TRAFFIC_REQUEST, CAPTURE_EXTERN, "011801", "Get Device ID");
    expect(TRAFFIC_REQUEST, CAPTURE_KCS, "00182e0f",
           "Set BMC Global Enables: 0f");
    expect(TRAFFIC_RESPONSE, CAPTURE_BT, "011c0100" "20a0",
           "Get Device ID: 20 a0");
    expect(TRAFFIC_RESPONSE, CAPTURE_EXTERN, "011c2e00",
           "Set BMC Global Enables: OK");
    expect(TRAFFIC_RESPONSE, CAPTURE_EXTERN, "011c01c1",
           "Get Device ID: Invalid Command (c1)");
    expect(TRAFFIC_RESPONSE, CAPTURE_EXTERN, "011c01c1" "05",
           "Get Device ID: Invalid Command (c1), 05");
    expect(TRAFFIC_REQUEST, CAPTURE_EXTERN, "01b001dc01",
           "Get DCMI Capabilities Info: dc 01");
    expect(TRAFFIC_REQUEST, CAPTURE_EXTERN, "01c07f",
           "OEM command 30/7f");
    expect(TRAFFIC_RESPONSE, CAPTURE_EXTERN, "01c47f00",
           "OEM command 30/7f: OK");
}

static void
test_wire(void)
{
    expect(TRAFFIC_CONTROL, CAPTURE_EXTERN, "ff01", "VERSION 01");
    expect(TRAFFIC_CONTROL, CAPTURE_EXTERN, "02", "ATTN_IRQ");
    expect(TRAFFIC_CONTROL, CAPTURE_EXTERN, "0800", "CAPABILITIES 00");
    expect(TRAFFIC_CONTROL, CAPTURE_EXTERN, "0812",
           "CAPABILITIES 12, reset attn");
    expect(TRAFFIC_CONTROL, CAPTURE_EXTERN, "7701", "control 77 01");
    expect(TRAFFIC_CONNECTED, CAPTURE_EXTERN, "", "connected");
    expect(TRAFFIC_DISCONNECTED, CAPTURE_EXTERN, "", "disconnected");
    expect(TRAFFIC_BAD, CAPTURE_EXTERN, "", "bad frame");
    expect(TRAFFIC_BAD, CAPTURE_EXTERN, "0118", "bad frame: 01 18");
}

static void
test_accesses(void)
{
    expect(TRAFFIC_ACCESS, CAPTURE_KCS, "010101040100" "0400" "00000044",
           "host R ST 44 -> 04 (IDLE SMS_ATN)");
    expect(TRAFFIC_ACCESS, CAPTURE_KCS, "010202200400" "cb00" "00000180",
           "BMC W HICR0 0180 -> cb (ERROR C/D IBF OBF)");
    expect(TRAFFIC_ACCESS, CAPTURE_KCS, "010277010100" "0000" "00012345",
           "BMC operation 77 -> 00 (IDLE)");
    expect(TRAFFIC_ACCESS, CAPTURE_KCS, "010303050000" "0000" "00000001",
           "03 IRQ 5 up -> 00 (IDLE)");
    expect(TRAFFIC_ACCESS, CAPTURE_KCS, "010103000000" "0000" "00000000",
           "host IRQ down -> 00 (IDLE)");
    expect(TRAFFIC_ACCESS, CAPTURE_KCS, "010204000000" "0000" "00000000",
           "BMC reset -> 00 (IDLE)");
    expect(TRAFFIC_ACCESS, CAPTURE_BT, "010205010000" "1000" "00000001",
           "BMC line SMS_ATN on -> 10 (SMS_ATN)");
    expect(TRAFFIC_ACCESS, CAPTURE_BT, "010206040000" "0000" "000000cc",
           "BMC power cycle, refused: cc -> 00 (idle)");
    expect(TRAFFIC_ACCESS, CAPTURE_BT, "010102010100" "c000" "00000004",
           "host W CTRL 04 -> c0 (B_BUSY H_BUSY)");
    expect(TRAFFIC_ACCESS, CAPTURE_BT, "010101770100" "0000" "12345678",
           "host R 77 12345678 -> 00 (idle)");
}

int
main(void)
{
    test_messages();
    test_wire();
    test_accesses();
    printf("%u checks, %u failures\n", checks, failures);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
