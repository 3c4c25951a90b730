/* ipmi.h
 * The commands a guest sends, whatever interface it sends them through, and
 * its report of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_H
#define IPMI_H

#include <stddef.h>
#include <stdint.h>

#include "pc.h"

/* Request: netFn/LUN, command, data. Response: netFn/LUN, command, completion
 * code, data. What an interface adds (a length, a sequence number) is not in
 * here. */
struct ipmi_message {
    size_t  length;
    uint8_t bytes[260];
};

/* Sends a request through an interface and waits for the response. Returns
 * NULL, or what went wrong. */
typedef const char *ipmi_transfer(const struct ipmi_message *request,
                                  struct ipmi_message *response);

/* The longest time a BMC may take for a response (IPMI 2.0, section 9). */
#define IPMI_RESPONSE_MS    5000

/* netFn and LUN of requests (IPMI 2.0, table 5-1). */
#define CHASSIS         0x00
#define SENSOR_EVENT    0x10
#define APP             0x18
#define STORAGE         0x28

/* BMC initialization in progress (IPMI 2.0, table 5-2). */
#define CCODE_BMC_INITIALIZING  0xd2

struct ipmi_command {
    const char          *name;      /* as in the IPMI specification */
    struct ipmi_message request;
};

#define COMMAND(name, ...)                                                  \
    { name, { sizeof((uint8_t []) { __VA_ARGS__ }), { __VA_ARGS__ } } }

/* Besides the usual first questions: a0, a1 and aa as data, which the wire
 * must escape, in both directions; errors of several kinds; a request that
 * makes the BMC send a control command (interrupts enabled). */
static const struct ipmi_command ipmi_commands[] = {
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

static inline void print_message(const struct ipmi_message *message)
{
    size_t i;

    for (i = 0; i < message->length; i++) {
        print(i == 0 ? "" : " ");
        print_hex(message->bytes[i]);
    }
}

/* A response belongs to its request and has a completion code. */
static inline const char *ipmi_check(const struct ipmi_message *request,
                                     const struct ipmi_message *response)
{
    if (response->length < 3) {
        return "response without completion code";
    }
    if (response->bytes[0] >> 2 != (request->bytes[0] >> 2 | 1) ||
        response->bytes[1] != request->bytes[1]) {
        return "response to another command";
    }
    return NULL;
}

/* QEMU connects to the BMC in the background and until then answers for it;
 * a host asks again. */
static inline const char *ipmi_ask(ipmi_transfer *transfer,
                                   const struct ipmi_message *request,
                                   struct ipmi_message *response)
{
    struct deadline deadline = deadline_in_ms(10000);
    const char *error;

    do {
        error = transfer(request, response);
        if (error == NULL) {
            error = ipmi_check(request, response);
        }
    } while (error == NULL && response->bytes[2] == CCODE_BMC_INITIALIZING &&
             !deadline_passed(&deadline));
    return error;
}

/* Sends every command, pace_ms apart, and reports each on a line:
 *
 *   NAME: REQUEST -> RESPONSE
 *
 * with the bytes in hexadecimal, or the words "no response" and the reason in
 * place of the response. */
static inline void __attribute__((noreturn))
ipmi_run(ipmi_transfer *transfer, uint32_t pace_ms)
{
    const size_t count = sizeof ipmi_commands / sizeof ipmi_commands[0];
    size_t i, answered = 0;

    for (i = 0; i < count; i++) {
        const struct ipmi_command *command = &ipmi_commands[i];
        struct ipmi_message response;
        const char *error;

        sleep_ms(pace_ms);
        error = ipmi_ask(transfer, &command->request, &response);

        print(command->name);
        print(": ");
        print_message(&command->request);
        print(" -> ");
        if (error == NULL) {
            print_message(&response);
            answered++;
        } else {
            print("no response: ");
            print(error);
        }
        print("\n");
    }

    print_decimal((uint32_t) answered);
    print(" of ");
    print_decimal((uint32_t) count);
    print(" commands answered\n");
    leave(answered == count ? EXIT_DONE : EXIT_FAILED);
}

#endif
