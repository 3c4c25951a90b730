/* generate.c
 * Writes a capture as long as one likes to the standard output, and keeps none
 * of it in memory: messages on a wire, or register accesses.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "pcapng.h"
#include "registers.h"
#include "wire.h"

#define FIRST_NS            1700000000000000000U
#define REQUEST_INTERVAL_NS 1000000U
#define ANSWER_TIME_NS      200000U

static const struct kind {
    const char            *name;
    const struct protocol *protocol;    /* NULL: messages on a wire */
    enum view              view;
    bool                   unanswered;
} kinds[] = {
    { "pairs", .unanswered = false },
    { "unanswered", .unanswered = true },
    { "kcs-polled", &kcs_protocol, .view = HOST_POLLS },
    { "kcs-irq", &kcs_protocol, .view = HOST_INTERRUPTED },
    { "kcs-bmc", &kcs_protocol, .view = BMC_ONLY },
    { "kcs-merged", &kcs_protocol, .view = END_TO_END },
    { "bt-polled", &bt_protocol, .view = HOST_POLLS },
    { "bt-irq", &bt_protocol, .view = HOST_INTERRUPTED },
    { "bt-bmc", &bt_protocol, .view = BMC_ONLY },
    { "bt-merged", &bt_protocol, .view = END_TO_END },
};

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(name, kinds[i].name) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

static void put_messages(bool unanswered)
{
    unsigned point = add_point("/machine/peripheral/bmc",
                               "ipmi-bmc-extern: messages, host's side");
    uint64_t time = FIRST_NS;

    for (uint64_t requests = 0; !file_is_full(); requests++) {
        const struct exchange *exchange = next_exchange();
        uint8_t seq = (uint8_t)requests;

        put_request(point, time, seq, exchange);
        if (!(unanswered && requests % 3 == 2)) {
            put_response(point, unanswered ? time : time + ANSWER_TIME_NS, seq,
                         exchange);
        }
        if (!unanswered) {
            time += REQUEST_INTERVAL_NS;
        }
    }
}

static void usage(void)
{
    fputs("usage: generate KIND {as-is|as-data} PACKETS > FILE\n"
          "\n"
          "Messages on a wire, one a packet:\n"
          "  pairs       every request is answered after 0.2 ms\n"
          "  unanswered  every third request is not, and all times are equal\n"
          "Register accesses, one a packet, of KCS; the same with bt- for BT:\n"
          "  kcs-polled  at the host, which asks again and again\n"
          "  kcs-irq     at the host, which waits for interrupts\n"
          "  kcs-bmc     at the BMC\n"
          "  kcs-merged  at both, with both ends of the wire\n"
          "\n"
          "as-data names Wireshark's \"data\" as the dissector of all packets.\n",
          stderr);
    exit(2);
}

int main(int argc, char **argv)
{
    const struct kind *kind;
    uint64_t packets;
    bool as_data;
    char *end;

    if (argc != 4) {
        usage();
    }
    kind = find_kind(argv[1]);
    as_data = strcmp(argv[2], "as-data") == 0;
    packets = strtoull(argv[3], &end, 10);
    if (!kind || (!as_data && strcmp(argv[2], "as-is") != 0) ||
        end == argv[3] || *end != '\0') {
        usage();
    }

    begin_file(packets, as_data);
    if (kind->protocol) {
        put_registers(kind->protocol, kind->view, FIRST_NS);
    } else {
        put_messages(kind->unanswered);
    }
    end_file();
    return 0;
}
