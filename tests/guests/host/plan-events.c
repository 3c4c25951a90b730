/* plan-events.c
 * What a BMC does to its host unasked, on request: SMS_ATN, the NMI line, the
 * reset line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "../firmware.h"
#include "plans.h"

#define BYTES(...) { sizeof((uint8_t []) { __VA_ARGS__ }), { __VA_ARGS__ } }

/* Reports the command; whether it was answered with OK and, unless flags is
 * NULL, one byte, which goes there. */
static bool ask(const char *name, struct ipmi_message request, uint8_t *flags)
{
    struct ipmi_message response;

    return report_command(name, &request, &response) &&
           response.bytes[2] == CCODE_OK &&
           response.length == (size_t) (IPMI_RESPONSE_HEADER + (flags != NULL)) &&
           (flags == NULL || (*flags = response.bytes[3], true));
}

/* How often SMS_ATN came after the response to the command that asked for it. */
static uint32_t waited;

static bool attention(void)
{
    return interface_driver()->attention();
}

static bool no_attention(void)
{
    return !attention();
}

/* Section 22.4 of IPMI 2.0: the flags tell why SMS_ATN is set. */
static bool one_attention(void)
{
    uint8_t flags = 0;
    const char *error;

    if (!ask("Attention", (struct ipmi_message) BYTES(OEM, OEM_ATTENTION), NULL)) {
        return false;
    }
    /* It may have come together with the response, and have no interrupt of
     * its own then. */
    error = NULL;
    if (!attention()) {
        error = interface_wait(attention, "SMS_ATN stays clear");
        waited += error == NULL;
    }
    if (error == NULL) {
        interface_driver()->attention_seen();
        if (!ask("Get Message Flags",
                 (struct ipmi_message) BYTES(APP, GET_MESSAGE_FLAGS), &flags) ||
            flags != FLAG_OEM_0 ||
            !ask("Clear Message Flags",
                 (struct ipmi_message) BYTES(APP, CLEAR_MESSAGE_FLAGS, FLAG_OEM_0),
                 NULL)) {
            error = "message flags wrong";
        }
    }
    if (error == NULL) {
        error = interface_poll(no_attention, "SMS_ATN stays set");
    }
    if (error != NULL) {
        print("no attention: ");
        print(error);
        print("\n");
    }
    return error == NULL;
}

/* On a busy machine SMS_ATN is often there as soon as the response; one that has
 * an interrupt of its own is still to be seen. */
#define MAX_ATTENTIONS  1000

static bool waited_for_none(void)
{
    return interface_interrupts() && waited == 0;
}

bool plan_attention(void)
{
    const uint32_t count = option_number("attentions=", 5);
    uint32_t i, seen = 0;

    for (i = 0; i < count || (waited_for_none() && i < MAX_ATTENTIONS); i++) {
        seen += one_attention();
    }
    print_decimal(seen);
    print(" of ");
    print_decimal(i);
    print(" times attention, waited for ");
    print_decimal(waited);
    print("\n");
    return seen == i;
}

static bool nmi_arrived(void)
{
    return interrupt_nmis() > 0;
}

bool plan_nmi(void)
{
    const char *error;

    if (!ask("NMI", (struct ipmi_message) BYTES(OEM, OEM_PULL_LINE, LINE_NMI, 0), NULL)) {
        return false;
    }
    error = interface_poll(nmi_arrived, "no NMI came");
    print(error == NULL ? "NMI received\n" : error);
    return error == NULL && interrupt_nmis() == 1;
}

/* The BMC resets the host either before it answers or after. Both times the
 * host comes back here, and finds the interface as good as new. */
bool plan_reset(void)
{
    const uint8_t when = (uint8_t) option_number("when=", 0);
    uint8_t flags;

    if (!restarted()) {
        struct deadline deadline = deadline_in_ms(IPMI_RESPONSE_MS);
        struct ipmi_message response;
        const struct ipmi_message request = BYTES(OEM, OEM_PULL_LINE, LINE_RESET, when);

        print("Asking for a reset\n");
        /* As soon as the BMC is there; the reset itself may be quick */
        if (!ask("Get Message Flags",
                 (struct ipmi_message) BYTES(APP, GET_MESSAGE_FLAGS), &flags)) {
            return false;
        }
        remember_restart(true);
        interface_ask(&request, &response);
        while (!deadline_passed(&deadline)) {
            __asm__ volatile ("pause");
        }
        print("no reset came\n");
        return false;
    }
    print("Back from a reset\n");
    remember_restart(false);
    return plan_answers();
}

bool plan_all(void)
{
    if (!restarted() && !(plan_answers() && plan_echo() && plan_attention() &&
                          plan_nmi())) {
        return false;
    }
    return plan_reset();
}
