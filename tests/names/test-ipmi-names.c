/* test-ipmi-names.c
 * Tests the names and sizes of the IPMI commands and completion codes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "ipmi-names.h"

unsigned checks;
unsigned failures;

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* What must hold for any entry. */
static void check_command(const struct ipmi_command *command)
{
    const char *name = command->name;
    const struct ipmi_ccode *ccode;
    /* The identifier is part of the body. */
    const uint16_t identifier = command->netfn == IPMI_NETFN_GROUP ? 1 : 0;

    CHECK(name[0] != '\0', "netFn %02x command %02x", command->netfn, command->cmd);
    CHECK(command->req_min <= command->req_max, "%s", name);
    CHECK(command->rsp_min <= command->rsp_max, "%s", name);
    CHECK(command->req_min >= identifier, "%s", name);
    CHECK(command->rsp_min >= identifier, "%s", name);

    ccode = command->ccodes;
    if (ccode == NULL)
        return;
    CHECK(ccode->name != NULL, "%s has an empty list of completion codes", name);
    for (; ccode->name != NULL; ccode++) {
        CHECK(ccode->code >= 0x80 && ccode->code <= 0xbe,
              "%s: completion code %02x", name, ccode->code);
        CHECK(ccode == command->ccodes || ccode[-1].code < ccode->code,
              "%s: completion code %02x out of order", name, ccode->code);
        CHECK(same(ipmi_ccode_name(command, ccode->code), ccode->name),
              "%s: completion code %02x", name, ccode->code);
    }
}

/* Looks at every number a table can have an entry for. */
static unsigned count_commands(uint8_t netfn, uint32_t body)
{
    unsigned count = 0;

    for (unsigned cmd = 0; cmd <= 0xff; cmd++) {
        const struct ipmi_command *command =
            ipmi_command_find(netfn, body, (uint8_t)cmd);

        CHECK(ipmi_command_find((uint8_t)(netfn | 1), body, (uint8_t)cmd) == command,
              "netFn %02x and its response differ in command %02x", netfn, cmd);
        if (command == NULL)
            continue;
        count++;
        CHECK(command->netfn == netfn && command->body == body && command->cmd == cmd,
              "netFn %02x body %x command %02x is another's: %s",
              netfn, (unsigned)body, cmd, command->name);
        check_command(command);
    }
    return count;
}

/* An entry that is missing, or that another one of the same number hides,
 * makes the count too small. */
static void test_tables(void)
{
    static const struct {
        uint8_t netfn;
        uint32_t body;
        unsigned count;
    } tables[] = {
        { 0x00, IPMI_BODY_NONE, 13 },
        { 0x02, IPMI_BODY_NONE, 26 },
        { 0x04, IPMI_BODY_NONE, 27 },
        { 0x06, IPMI_BODY_NONE, 62 },
        { 0x0a, IPMI_BODY_NONE, 30 },
        { 0x0c, IPMI_BODY_NONE, 24 },
        { 0x2c, IPMI_BODY_PICMG, 68 },
        { 0x2c, IPMI_BODY_SSI, 18 },
        { 0x2c, IPMI_BODY_VSO, 30 },
        { 0x2c, IPMI_BODY_REDFISH, 2 },
        { 0x2c, IPMI_BODY_SBMR, 2 },
        { 0x2c, IPMI_BODY_DCMI, 15 },
    };

    for (uint8_t netfn = 0; netfn <= 0x3e; netfn += 2) {
        const bool group = netfn == IPMI_NETFN_GROUP;

        for (uint32_t body = 0; body <= 0x100; body++) {
            const uint32_t key = body == 0x100 ? IPMI_BODY_NONE : body;
            unsigned expected = 0;

            if (!group && key != IPMI_BODY_NONE)
                continue;
            for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
                if (tables[i].netfn == netfn && tables[i].body == key)
                    expected = tables[i].count;

            const unsigned found = count_commands(netfn, key);

            CHECK(found == expected, "netFn %02x body %x has %u commands, not %u",
                  netfn, (unsigned)key, found, expected);
        }
    }
}

/* Commands of all tables, with what the specifications say of them. */
static void test_known_commands(void)
{
    static const struct ipmi_command known[] = {
        { 0x00, 0x01, IPMI_BODY_NONE, "Get Chassis Status", 0, 0, 3, 4, NULL },
        { 0x00, 0x0f, IPMI_BODY_NONE, "Get POH Counter", 0, 0, 5, 5, NULL },
        { 0x02, 0xff, IPMI_BODY_NONE, "Error Report", 0, IPMI_SIZE_ANY, 0, IPMI_SIZE_ANY, NULL },
        { 0x04, 0x00, IPMI_BODY_NONE, "Set Event Receiver", 2, 2, 0, 0, NULL },
        { 0x04, 0x2d, IPMI_BODY_NONE, "Get Sensor Reading", 1, 1, 2, 4, NULL },
        { 0x06, 0x01, IPMI_BODY_NONE, "Get Device ID", 0, 0, 11, 15, NULL },
        { 0x06, 0x24, IPMI_BODY_NONE, "Set Watchdog Timer", 6, 6, 0, 0, NULL },
        { 0x06, 0x25, IPMI_BODY_NONE, "Get Watchdog Timer", 0, 0, 8, 8, NULL },
        { 0x06, 0x2e, IPMI_BODY_NONE, "Set BMC Global Enables", 1, 1, 0, 0, NULL },
        { 0x06, 0x34, IPMI_BODY_NONE, "Send Message", 1, IPMI_SIZE_ANY, 0, IPMI_SIZE_ANY, NULL },
        { 0x06, 0x64, IPMI_BODY_NONE, "Get OEM NetFn IANA Support", 3, 3, 0, IPMI_SIZE_ANY, NULL },
        { 0x0a, 0x23, IPMI_BODY_NONE, "Get SDR", 6, 6, 2, IPMI_SIZE_ANY, NULL },
        { 0x0a, 0x40, IPMI_BODY_NONE, "Get SEL Info", 0, 0, 14, 14, NULL },
        { 0x0c, 0x02, IPMI_BODY_NONE, "Get LAN Configuration Parameters", 4, 4, 1, IPMI_SIZE_ANY, NULL },
        { 0x2c, 0x00, IPMI_BODY_PICMG, "Get PICMG Properties", 1, 1, 4, 4, NULL },
        { 0x2c, 0x32, IPMI_BODY_PICMG, "Upload Firmware Block", 2, IPMI_SIZE_ANY, 1, 9, NULL },
        { 0x2c, 0x0c, IPMI_BODY_SSI, "Set Module Activation", 1, IPMI_SIZE_ANY, 1, IPMI_SIZE_ANY, NULL },
        { 0x2c, 0x0b, IPMI_BODY_VSO, "Get FRU State Policy Bits", 2, 2, 2, 2, NULL },
        { 0x2c, 0x02, IPMI_BODY_REDFISH, "Get Bootstrap Account Credentials", 2, 2, 33, 33, NULL },
        { 0x2c, 0x02, IPMI_BODY_SBMR, "Send Boot Progress Code", 10, 10, 1, 1, NULL },
        { 0x2c, 0x02, IPMI_BODY_DCMI, "Get Power Reading", 4, 4, 18, 18, NULL },
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const struct ipmi_command *want = &known[i];
        const struct ipmi_command *command =
            ipmi_command_find(want->netfn, want->body, want->cmd);

        CHECK(command != NULL, "%s", want->name);
        if (command == NULL)
            continue;
        CHECK(same(command->name, want->name), "%s is called %s", want->name, command->name);
        CHECK(command->req_min == want->req_min && command->req_max == want->req_max,
              "%s: request of %u to %u bytes", want->name, command->req_min, command->req_max);
        CHECK(command->rsp_min == want->rsp_min && command->rsp_max == want->rsp_max,
              "%s: response of %u to %u bytes", want->name, command->rsp_min, command->rsp_max);
        CHECK(same(ipmi_command_name(command, want->netfn), want->name), "%s", want->name);
    }
}

static void test_unknown_commands(void)
{
    CHECK(ipmi_command_find(0x06, IPMI_BODY_NONE, 0x00) == NULL, "App 00h is reserved");
    CHECK(ipmi_command_find(0x06, IPMI_BODY_NONE, 0x65) == NULL, "App ends at 64h");
    CHECK(ipmi_command_find(0x08, IPMI_BODY_NONE, 0x01) == NULL, "Firmware has no commands");
    CHECK(ipmi_command_find(0x2c, IPMI_BODY_DMTF, 0x01) == NULL, "DMTF has no commands");
    CHECK(ipmi_command_find(0x2c, 0x1dc, 0x02) == NULL, "a group is 1 byte");
    CHECK(ipmi_command_find(0x2e, 7154, 0x01) == NULL, "no OEM's commands are known");
    CHECK(ipmi_command_find(0x3e, IPMI_BODY_NONE, 0x01) == NULL, "no OEM's commands are known");

    CHECK(same(ipmi_command_name(NULL, 0x06), "Unknown command"), "App");
    CHECK(same(ipmi_command_name(NULL, 0x2d), "Unknown command"), "Group Extension");
    CHECK(same(ipmi_command_name(NULL, 0x2e), "OEM command"), "OEM/Group");
    CHECK(same(ipmi_command_name(NULL, 0x3f), "OEM command"), "Controller-specific");
}

static void test_body(void)
{
    static const uint8_t data[] = { 0xdc, 0x1b, 0x80, 0xff };

    CHECK(ipmi_body(0x2c, data, 4) == IPMI_BODY_DCMI, "request");
    CHECK(ipmi_body(0x2d, data, 1) == IPMI_BODY_DCMI, "response");
    CHECK(ipmi_body(0x2c, data, 0) == IPMI_BODY_NONE, "too short");
    CHECK(ipmi_body(0x2e, data, 4) == 0x801bdc, "request");
    CHECK(ipmi_body(0x2f, data, 3) == 0x801bdc, "response");
    CHECK(ipmi_body(0x2e, data, 2) == IPMI_BODY_NONE, "too short");
    CHECK(ipmi_body(0x2a, data, 4) == IPMI_BODY_NONE, "no identifier");
    CHECK(ipmi_body(0x30, data, 4) == IPMI_BODY_NONE, "no identifier");
    CHECK(ipmi_body(0x06, NULL, 0) == IPMI_BODY_NONE, "no data");
    CHECK(ipmi_body(0x2c, NULL, 0) == IPMI_BODY_NONE, "no data");
    CHECK(ipmi_body(0x2e, NULL, 0) == IPMI_BODY_NONE, "no data");
}

static void test_group_names(void)
{
    CHECK(same(ipmi_group_name(0x00), "PICMG"), "00h");
    CHECK(same(ipmi_group_name(0x01), "DMTF"), "01h");
    CHECK(same(ipmi_group_name(0x02), "SSI"), "02h");
    CHECK(same(ipmi_group_name(0x03), "VSO"), "03h");
    CHECK(same(ipmi_group_name(0x52), "Redfish"), "52h");
    CHECK(same(ipmi_group_name(0xae), "SBMR"), "aeh");
    CHECK(same(ipmi_group_name(0xdc), "DCMI"), "dch");
    CHECK(ipmi_group_name(0x04) == NULL, "04h is reserved");
    CHECK(ipmi_group_name(0xff) == NULL, "ffh is reserved");
}

/* Ranges of the 64 network functions. */
static void test_netfn_names(void)
{
    static const struct {
        uint8_t first, last;
        const char *name;
    } ranges[] = {
        { 0x00, 0x01, "Chassis" },
        { 0x02, 0x03, "Bridge" },
        { 0x04, 0x05, "Sensor/Event" },
        { 0x06, 0x07, "App" },
        { 0x08, 0x09, "Firmware" },
        { 0x0a, 0x0b, "Storage" },
        { 0x0c, 0x0d, "Transport" },
        { 0x0e, 0x2b, "Reserved" },
        { 0x2c, 0x2d, "Group Extension" },
        { 0x2e, 0x2f, "OEM/Group" },
        { 0x30, 0x3f, "Controller-specific OEM/Group" },
    };

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        for (uint8_t netfn = ranges[i].first; netfn <= ranges[i].last; netfn++)
            CHECK(same(ipmi_netfn_name(netfn), ranges[i].name),
                  "netFn %02x is called %s", netfn, ipmi_netfn_name(netfn));
}

static void test_generic_ccodes(void)
{
    const struct ipmi_command *command = ipmi_command_find(0x06, IPMI_BODY_NONE, 0x33);

    CHECK(same(ipmi_ccode_name(NULL, 0x00), "Command Completed Normally"), "00h");
    CHECK(same(ipmi_ccode_name(NULL, 0x01), "OEM code"), "01h");
    CHECK(same(ipmi_ccode_name(NULL, 0x7e), "OEM code"), "7eh");
    CHECK(same(ipmi_ccode_name(NULL, 0x7f), "Reserved"), "7fh");
    CHECK(same(ipmi_ccode_name(NULL, 0x80), "Command-specific code"), "80h");
    CHECK(same(ipmi_ccode_name(NULL, 0xbe), "Command-specific code"), "beh");
    CHECK(same(ipmi_ccode_name(NULL, 0xbf), "Reserved"), "bfh");
    CHECK(same(ipmi_ccode_name(NULL, 0xc0), "Node Busy"), "c0h");
    CHECK(same(ipmi_ccode_name(NULL, 0xc1), "Invalid Command"), "c1h");
    CHECK(same(ipmi_ccode_name(NULL, 0xcc), "Invalid data field in Request"), "cch");
    CHECK(same(ipmi_ccode_name(NULL, 0xd6), "Command sub-function disabled or unavailable"), "d6h");
    CHECK(same(ipmi_ccode_name(NULL, 0xd7), "Reserved"), "d7h");
    CHECK(same(ipmi_ccode_name(NULL, 0xfe), "Reserved"), "feh");
    CHECK(same(ipmi_ccode_name(NULL, 0xff), "Unspecified error"), "ffh");

    /* A command changes the meaning of its own codes alone. */
    for (unsigned code = 0; code <= 0xff; code++) {
        const char *name = ipmi_ccode_name(NULL, (uint8_t)code);

        CHECK(name != NULL && name[0] != '\0', "code %02x", code);
        if (code != 0x80)
            CHECK(same(ipmi_ccode_name(command, (uint8_t)code), name), "code %02x", code);
    }
}

static void test_specific_ccodes(void)
{
    static const struct {
        uint8_t netfn;
        uint32_t body;
        uint8_t cmd, code;
        const char *name;
    } known[] = {
        { 0x00, IPMI_BODY_NONE, 0x08, 0x81, "Another set is in progress" },
        { 0x06, IPMI_BODY_NONE, 0x22, 0x80, "Watchdog timer not initialized" },
        { 0x06, IPMI_BODY_NONE, 0x33, 0x80, "Data not available (queue or buffer empty)" },
        { 0x06, IPMI_BODY_NONE, 0x34, 0x80, "Invalid session handle" },
        { 0x06, IPMI_BODY_NONE, 0x34, 0x83, "NAK on write" },
        { 0x06, IPMI_BODY_NONE, 0x3c, 0x88, "Invalid session handle" },
        { 0x06, IPMI_BODY_NONE, 0x52, 0x84, "Truncated read" },
        { 0x06, IPMI_BODY_NONE, 0x52, 0x80, "Command-specific code" },
        { 0x0a, IPMI_BODY_NONE, 0x11, 0x81, "FRU device busy" },
        { 0x0a, IPMI_BODY_NONE, 0x43, 0x81, "SEL erase in progress" },
        { 0x0c, IPMI_BODY_NONE, 0x01, 0x83, "Parameter is write-only" },
        { 0x0c, IPMI_BODY_NONE, 0x02, 0x80, "Parameter not supported" },
        { 0x0c, IPMI_BODY_NONE, 0x02, 0x81, "Command-specific code" },
        { 0x2c, IPMI_BODY_DCMI, 0x03, 0x80, "No active set power limit" },
        { 0x2c, IPMI_BODY_DCMI, 0x02, 0x80, "Command-specific code" },
        { 0x2c, IPMI_BODY_PICMG, 0x20, 0x80, "Invalid lock ID" },
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const struct ipmi_command *command =
            ipmi_command_find(known[i].netfn, known[i].body, known[i].cmd);

        CHECK(command != NULL, "netFn %02x command %02x", known[i].netfn, known[i].cmd);
        CHECK(same(ipmi_ccode_name(command, known[i].code), known[i].name),
              "netFn %02x command %02x: code %02x is called %s", known[i].netfn,
              known[i].cmd, known[i].code, ipmi_ccode_name(command, known[i].code));
    }
}

int main(void)
{
    test_tables();
    test_known_commands();
    test_unknown_commands();
    test_body();
    test_group_names();
    test_netfn_names();
    test_generic_ccodes();
    test_specific_ccodes();

    printf("%u checks, %u failed\n", checks, failures);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
