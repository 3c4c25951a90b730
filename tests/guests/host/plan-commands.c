/* plan-commands.c
 * Commands of all kinds, to any BMC.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "plans.h"

struct command {
    const char          *name;      /* as in the IPMI specification */
    struct ipmi_message request;
};

#define COMMAND(name, ...)                                                  \
    { name, { sizeof((uint8_t []) { __VA_ARGS__ }), { __VA_ARGS__ } } }

/* Besides the usual first questions: a0, a1 and aa as data, which the wire
 * must escape, in both directions; errors of several kinds; a request that
 * makes the BMC send a control command (interrupts enabled). */
static const struct command commands[] = {
    COMMAND("Get Device ID", APP, 0x01),
    COMMAND("Get Self Test Results", APP, 0x04),
    COMMAND("Get BMC Global Enables", APP, 0x2f),
    COMMAND("Set BMC Global Enables", APP, 0x2e, 0x0b),
    COMMAND("Get Device GUID", APP, 0x08),
    COMMAND("Get Channel Info", APP, 0x42, 0x0e),
    COMMAND("Get Chassis Status", CHASSIS, 0x01),
    COMMAND("Get SEL Info", STORAGE, 0x40),
    COMMAND("Add SEL Entry", STORAGE, 0x44,
            0x00, 0x00,                     /* the BMC chooses the record ID */
            0x02,                           /* system event record */
            0x00, 0x00, 0x00, 0x00,         /* the BMC sets the time */
            0x41, 0x00,                     /* from system software */
            0x04, 0x12, 0x83, 0x6f,         /* system event, sensor 83h */
            0xa0, 0xa1, 0xaa),
    COMMAND("Get SEL Entry", STORAGE, 0x43,
            0x00, 0x00, 0xff, 0xff,         /* the last one */
            0x00, 0xff),                    /* all of it */
    COMMAND("Get SDR Repository Info", STORAGE, 0x20),
    COMMAND("Get SDR", STORAGE, 0x23,
            0x00, 0x00, 0x00, 0x00,         /* the first one */
            0x00, 0x20),                    /* 32 bytes from its start */
    COMMAND("Get Sensor Reading", SENSOR_EVENT, 0x2d, 0x01),
    COMMAND("Get Sensor Reading", SENSOR_EVENT, 0x2d, 0xaa),
    COMMAND("Set Watchdog Timer", APP, 0x24,
            0x04, 0x00,                     /* SMS/OS, no action */
            0x00, 0x10, 0xa0, 0xa1),        /* 4137.6 s, not started */
    COMMAND("Get Watchdog Timer", APP, 0x25),
    COMMAND("Master Write-Read", APP, 0x52,
            0x01, 0xa0, 0x02, 0xa0, 0xa1, 0xaa),
    COMMAND("Get Message", APP, 0x33),      /* there is none yet */
    COMMAND("Send Message", APP, 0x34,
            0x00,                           /* the IPMB, there: */
            0x30, 0x18, 0xb8,               /* to 30h, Get Device ID */
            0x20, 0x02, 0x01, 0xdd),        /* the response to LUN 2: SMS */
    COMMAND("Get Message Flags", APP, 0x31),
    COMMAND("Get Message", APP, 0x33),
    COMMAND("Get Device ID", APP, 0x01, 0xaa),
    COMMAND("Unknown command", APP, 0xaa),
};

bool plan_commands(void)
{
    const size_t count = sizeof commands / sizeof commands[0];
    size_t i, answered = 0;

    for (i = 0; i < count; i++) {
        struct ipmi_message response;

        answered += report_command(commands[i].name, &commands[i].request,
                                   &response);
    }

    print_decimal((uint32_t) answered);
    print(" of ");
    print_decimal((uint32_t) count);
    print(" commands answered\n");
    return answered == count;
}
