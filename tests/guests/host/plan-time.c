/* plan-time.c
 * How long a command takes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "plans.h"

#define MAX_COUNT       10000

static uint32_t times[MAX_COUNT];

static void sift_down(size_t parent, size_t count)
{
    size_t child;

    while ((child = 2 * parent + 1) < count) {
        uint32_t value = times[parent];

        if (child + 1 < count && times[child + 1] > times[child]) {
            child++;
        }
        if (times[child] <= value) {
            return;
        }
        times[parent] = times[child];
        times[child] = value;
        parent = child;
    }
}

/* Heap sort. */
static void sort(size_t count)
{
    size_t i;

    for (i = count / 2; i-- > 0;) {
        sift_down(i, count);
    }
    for (i = count; i-- > 1;) {
        uint32_t greatest = times[0];

        times[0] = times[i];
        times[i] = greatest;
        sift_down(0, i);
    }
}

static void print_time(const char *name, uint32_t time)
{
    print(name);
    print_decimal(stopwatch_us(time));
    print(" us");
}

bool plan_time(void)
{
    static const struct ipmi_message request = { 2, { APP, GET_DEVICE_ID } };
    const uint32_t wanted = option_number("count=", 1000);
    const uint32_t count = wanted == 0 || wanted > MAX_COUNT ? MAX_COUNT : wanted;
    struct ipmi_message response;
    uint32_t i;

    /* The first one waits for QEMU to connect. */
    for (i = 0; i <= count; i++) {
        const uint32_t start = stopwatch();
        const char *error = interface_ask(&request, &response);

        if (error != NULL || response.bytes[2] != CCODE_OK) {
            print("Get Device ID failed: ");
            print(error == NULL ? "error code" : error);
            print("\n");
            return false;
        }
        if (i > 0) {
            times[i - 1] = stopwatch() - start;
        }
    }

    sort(count);
    print_decimal(count);
    print_time(" round trips: least ", times[0]);
    print_time(", median ", times[count / 2]);
    print_time(", 99th of 100 ", times[count - 1 - count / 100]);
    print_time(", greatest ", times[count - 1]);
    print("\n");
    return true;
}
