/* plan-echo.c
 * Messages of every length, there and back, and whether the BMC has counted
 * the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "../bt.h"
#include "../firmware.h"
#include "plans.h"

/* The response is the longer one: a completion code more, and behind BT a
 * sequence number. */
#define MAX_ECHO        (IPMI_MESSAGE_SIZE - IPMI_RESPONSE_HEADER)
#define MAX_ECHO_BT     (BT_FRAME_SIZE - 1 - IPMI_RESPONSE_HEADER)

static bool equal(const struct ipmi_message *a, const struct ipmi_message *b)
{
    size_t i;

    for (i = 0; i < a->length && i < b->length; i++) {
        if (a->bytes[i] != b->bytes[i]) {
            return false;
        }
    }
    return a->length == b->length;
}

static bool echo(uint8_t first, size_t length)
{
    static struct ipmi_message request, response, expected;
    const char *error;
    size_t i;

    request.length = IPMI_REQUEST_HEADER + length;
    request.bytes[0] = OEM;
    request.bytes[1] = OEM_ECHO;
    expected.length = IPMI_RESPONSE_HEADER + length;
    expected.bytes[0] = OEM | RESPONSE;
    expected.bytes[1] = OEM_ECHO;
    expected.bytes[2] = CCODE_OK;
    for (i = 0; i < length; i++) {
        request.bytes[IPMI_REQUEST_HEADER + i] =
            expected.bytes[IPMI_RESPONSE_HEADER + i] = echo_byte(first, length, i);
    }

    error = interface_ask(&request, &response);
    if (error != NULL || !equal(&response, &expected)) {
        report_failure("Echo", &request, &response, &expected, error);
        return false;
    }
    return true;
}

static uint32_t number(const uint8_t *bytes)
{
    return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t) bytes[3] << 24;
}

/* Asks how many echoes the BMC has seen, and how many wrong ones. */
static bool get_counts(uint32_t *echoes, uint32_t *wrong)
{
    static const struct ipmi_message request = { 2, { OEM, OEM_COUNTS } };
    struct ipmi_message response;
    const char *error = interface_ask(&request, &response);

    if (error != NULL || response.length != IPMI_RESPONSE_HEADER + 8) {
        print("no counts: ");
        print(error == NULL ? "response too short or too long" : error);
        print("\n");
        return false;
    }
    *echoes = number(response.bytes + IPMI_RESPONSE_HEADER);
    *wrong = number(response.bytes + IPMI_RESPONSE_HEADER + 4);
    return true;
}

bool plan_echo(void)
{
    const bool bt = interface_driver() == &bt_driver;
    const uint32_t max = option_number("max=", bt ? MAX_ECHO_BT : MAX_ECHO);
    const bool endless = option_number("endless=", 0) != 0;
    const uint32_t progress = option_number("progress=", 0);
    const bool may_restart = option_number("restarts=", 0) != 0;
    uint32_t count = option_number("count=", max + 1);
    uint32_t i, before, after, wrong_before, wrong, right = 0;

    if (!get_counts(&before, &wrong_before)) {
        return false;
    }
    for (i = 0; endless ? interrupt_nmis() == 0 : i < count; i++) {
        right += echo((uint8_t) i, i % (max + 1));
        if (progress != 0 && (i + 1) % progress == 0) {
            print_decimal(i + 1);
            print(" echoes sent\n");
        }
    }
    count = i;
    if (!get_counts(&after, &wrong)) {
        return false;
    }

    /* A BMC that has started anew has forgotten those before. */
    if (may_restart) {
        before = wrong_before = 0;
    }
    wrong -= wrong_before;
    print_decimal(right);
    print(" of ");
    print_decimal(count);
    print(" echoes right, ");
    print_decimal(after - before);
    print(" counted by the BMC, ");
    print_decimal(wrong);
    print(" of them wrong, ");
    print_decimal(interface_repetitions());
    print(" repeated\n");
    return right == count && wrong == 0 &&
           (may_restart || after - before == count);
}
