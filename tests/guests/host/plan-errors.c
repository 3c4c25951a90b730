/* plan-errors.c
 * What a host should not do to its interface, what a BMC should not, and that
 * both go on all the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "../firmware.h"
#include "plans.h"

/* Everything is as it should be. */
static bool works(void)
{
    static const struct ipmi_message request = { 2, { APP, GET_MESSAGE_FLAGS } };
    struct ipmi_message response;

    return report_command("Flags", &request, &response) &&
           response.bytes[2] == CCODE_OK;
}

static bool misuse(const char *name, enum kcs_misuse what)
{
    const char *error = kcs_misuse(what);

    print(name);
    print(": ");
    print(error == NULL ? "done" : error);
    print("\n");
    return error == NULL;
}

/* The BMC fails; whoever is in between answers in its stead. */
static bool failure(const char *name, enum oem_failure failure)
{
    const struct ipmi_message request = { 3, { OEM, OEM_FAIL, (uint8_t) failure } };
    struct ipmi_message response;

    return report_command(name, &request, &response) &&
           response.bytes[2] != CCODE_OK;
}

bool plan_errors(void)
{
    return works() &&
           misuse("Read of nothing", KCS_READ_NOTHING) &&
           misuse("Write too soon", KCS_WRITE_TOO_SOON) &&
           misuse("No control code", KCS_WRITE_NO_CONTROL_CODE) &&
           misuse("No request", KCS_WRITE_NO_REQUEST) &&
           failure("Error", FAILURE_ERROR) && works();
}

bool plan_aborts(void)
{
    return works() &&
           misuse("Abort of a request", KCS_ABORT_REQUEST) &&
           misuse("Abort of a response", KCS_ABORT_RESPONSE) &&
           failure("Silence", FAILURE_SILENCE) && works();
}
