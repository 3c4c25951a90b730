/* interface.c
 * What all system interfaces have in common.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "interface.h"

/* How long a BMC may take to start, or to start again. */
#define START_MS        20000

static const struct driver *driver;
static uint16_t port;
static uint32_t pace_ms;
static bool may_restart;
static bool wants_interrupts;
static bool has_interrupts;
static bool connected;
static uint32_t repetitions;

void interface_start(void)
{
    uint8_t line = ISA_LINE;

    driver = option_is("if=", "bt", false) ? &bt_driver : &kcs_driver;
    port = driver->port;
    if (option_is("bus=", "pci", false) &&
        !pci_find(driver->pci_class, &port, &line)) {
        print("no PCI device of class IPMI ");
        print(driver->name);
        print("\n");
        leave(EXIT_FAILED);
    }
    pace_ms = option_number("pace=", 0);
    may_restart = option_number("restarts=", 0) != 0;
    wants_interrupts = option_number("irq=", 0) != 0;
    interrupt_start(line);
}

const struct driver *interface_driver(void)
{
    return driver;
}

uint16_t interface_port(void)
{
    return port;
}

bool interface_interrupts(void)
{
    return has_interrupts;
}

uint32_t interface_repetitions(void)
{
    return repetitions;
}

const char *interface_poll(bool (*ready)(void), const char *error)
{
    struct deadline deadline = deadline_in_ms(IPMI_RESPONSE_MS);

    while (!ready()) {
        if (deadline_passed(&deadline)) {
            return error;
        }
        __asm__ volatile ("pause");
    }
    return NULL;
}

const char *interface_wait(bool (*ready)(void), const char *error)
{
    struct deadline deadline = deadline_in_ms(IPMI_RESPONSE_MS);

    if (!has_interrupts) {
        return interface_poll(ready, error);
    }
    do {
        if (!interrupt_wait(&deadline)) {
            return ready() ? "there was no interrupt" : error;
        }
    } while (!ready());
    return NULL;
}

/* A response belongs to its request and has a completion code. */
static const char *check(const struct ipmi_message *request,
                         const struct ipmi_message *response)
{
    if (response->length < IPMI_RESPONSE_HEADER) {
        return "response without completion code";
    }
    if (response->bytes[0] != (request->bytes[0] | RESPONSE) ||
        response->bytes[1] != request->bytes[1]) {
        return "response to another command";
    }
    return NULL;
}

static const char *transfer(const struct ipmi_message *request,
                            struct ipmi_message *response)
{
    const char *error = driver->transfer(request, response);

    return error == NULL ? check(request, response) : error;
}

/* The BMC gives its leave first (IPMI 2.0, section 22.1), which is asked for
 * without interrupts. */
static const char *enable_interrupts(struct ipmi_message *response)
{
    static const struct ipmi_message request = {
        3, { APP, SET_BMC_GLOBAL_ENABLES, RECEIVE_QUEUE_INTERRUPT }
    };
    const char *error;

    driver->allow_interrupt(false);
    error = transfer(&request, response);
    if (error == NULL && response->bytes[2] == CCODE_OK) {
        driver->allow_interrupt(true);
        has_interrupts = true;
    }
    return error;
}

static bool to_repeat(const char *error, const struct ipmi_message *response)
{
    if (error != NULL) {
        return may_restart;
    }
    switch (response->bytes[2]) {
    case CCODE_BMC_INITIALIZING:
        return may_restart || !connected;
    case CCODE_TIMEOUT:
    case CCODE_NODE_BUSY:
        return may_restart;
    default:
        return false;
    }
}

const char *interface_ask(const struct ipmi_message *request,
                          struct ipmi_message *response)
{
    struct deadline deadline;
    const char *error;

    sleep_ms(pace_ms);
    deadline = deadline_in_ms(START_MS);
    for (;;) {
        error = NULL;
        if (wants_interrupts && !has_interrupts) {
            error = enable_interrupts(response);
        }
        if (error == NULL && has_interrupts == wants_interrupts) {
            error = transfer(request, response);
        }
        if (!to_repeat(error, response) || deadline_passed(&deadline)) {
            break;
        }
        /* A BMC that has started anew knows nothing of interrupts. */
        has_interrupts = false;
        repetitions += connected;
    }
    if (error == NULL && has_interrupts != wants_interrupts) {
        error = "the BMC does not allow interrupts";
    }
    connected = connected || error == NULL;
    return error;
}
