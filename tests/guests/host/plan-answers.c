/* plan-answers.c
 * Every fixed answer of the BMC firmware, byte by byte.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "../firmware.h"
#include "plans.h"

/* Request, then the response from the completion code on. */
struct exchange {
    struct ipmi_message request;
    struct ipmi_message answer;
};

#define BYTES(...) { sizeof((uint8_t []) { __VA_ARGS__ }), { __VA_ARGS__ } }

static const struct exchange exchanges[] = {
    { BYTES(APP, GET_DEVICE_ID), BYTES(DEVICE_ID) },
    { BYTES(APP, GET_DEVICE_ID, 0xaa), BYTES(CCODE_LENGTH_INVALID) },
    { BYTES(APP, GET_SELF_TEST_RESULTS), BYTES(SELF_TEST_PASSED) },
    { BYTES(APP, SET_BMC_GLOBAL_ENABLES, RECEIVE_QUEUE_INTERRUPT), BYTES(CCODE_OK) },
    { BYTES(APP, GET_BMC_GLOBAL_ENABLES), BYTES(CCODE_OK, RECEIVE_QUEUE_INTERRUPT) },
    { BYTES(APP, GET_MESSAGE_FLAGS), BYTES(CCODE_OK, 0x00) },
    { BYTES(APP, GET_CHANNEL_INFO, 0x03), BYTES(CCODE_INVALID_FIELD) },
    { BYTES(APP, 0xaa), BYTES(CCODE_INVALID_COMMAND) },
    { BYTES(CHASSIS, 0x01), BYTES(CCODE_INVALID_COMMAND) },
    { BYTES(OEM, OEM_ERROR, 0xa0), BYTES(0xa0) },
    { BYTES(OEM, OEM_ERROR, 0xa1), BYTES(0xa1) },
    { BYTES(OEM, OEM_ERROR, 0xaa), BYTES(0xaa) },
    { BYTES(OEM, OEM_ERROR), BYTES(CCODE_LENGTH_INVALID) },
    { BYTES(OEM, OEM_ECHO, 0x00, 0x00), BYTES(CCODE_INVALID_FIELD) },
};

/* The one answer that depends on the BMC's interface, which may be another than
 * the host's: the option protocol=5 (KCS) or 8 (BT). */
static struct exchange channel_info(void)
{
    return (struct exchange) {
        BYTES(APP, GET_CHANNEL_INFO, 0x0e),
        BYTES(CHANNEL_INFO((uint8_t) option_number("protocol=", PROTOCOL_KCS)))
    };
}

/* The answer behind the header that goes with the request. */
static bool right(const struct exchange *exchange,
                  const struct ipmi_message *response)
{
    const struct ipmi_message *answer = &exchange->answer;
    size_t i;

    if (response->length != IPMI_RESPONSE_HEADER - 1 + answer->length) {
        return false;
    }
    for (i = 0; i < answer->length; i++) {
        if (response->bytes[IPMI_RESPONSE_HEADER - 1 + i] != answer->bytes[i]) {
            return false;
        }
    }
    return true;
}

static bool run(const char *name, const struct exchange *exchange)
{
    struct ipmi_message response;

    if (!report_command(name, &exchange->request, &response)) {
        return false;
    }
    if (!right(exchange, &response)) {
        print("That is wrong.\n");
        return false;
    }
    return true;
}

bool plan_answers(void)
{
    const size_t count = sizeof exchanges / sizeof exchanges[0];
    const struct exchange info = channel_info();
    size_t i, answered = run("Channel", &info);

    for (i = 0; i < count; i++) {
        answered += run("Command", &exchanges[i]);
    }
    print_decimal((uint32_t) answered);
    print(" of ");
    print_decimal((uint32_t) (count + 1));
    print(" answers right\n");
    return answered == count + 1;
}
