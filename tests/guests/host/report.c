/* report.c
 * Messages on the serial port.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "plans.h"

static void print_message(const struct ipmi_message *message)
{
    size_t i;

    for (i = 0; i < message->length; i++) {
        print(i == 0 ? "" : " ");
        print_hex(message->bytes[i]);
    }
}

bool report_command(const char *name, const struct ipmi_message *request,
                    struct ipmi_message *response)
{
    const char *error = interface_ask(request, response);

    print(name);
    print(": ");
    print_message(request);
    print(" -> ");
    if (error == NULL) {
        print_message(response);
    } else {
        print("no response: ");
        print(error);
    }
    print("\n");
    return error == NULL;
}

void report_failure(const char *what, const struct ipmi_message *request,
                    const struct ipmi_message *response,
                    const struct ipmi_message *expected, const char *error)
{
    print(what);
    print(" failed: ");
    print_message(request);
    print(" -> ");
    if (error != NULL) {
        print("no response: ");
        print(error);
    } else {
        print_message(response);
        print(", expected ");
        print_message(expected);
    }
    print("\n");
}
