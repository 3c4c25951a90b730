/* commands.h
 * IPMI commands and their responses, in the mix of a real guest: their sizes
 * and how often each of them comes are near to what 35 calls of ipmitool in a
 * Linux guest sent, see samples/README.md.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef COMMANDS_H
#define COMMANDS_H

#include <stdint.h>

#define DATA_MAX    40      /* longest body */

/* Of the netFn in its place above the LUN: the response to a request. */
#define RESPONSE    (1 << 2)

struct body {
    uint8_t len;
    char    bytes[DATA_MAX];
};

struct exchange {
    unsigned    weight;
    uint8_t     netfn_lun;
    uint8_t     cmd;
    struct body request;
    struct body response;   /* completion code first */
};

/* The next command. Every run has the same ones, on every system. */
const struct exchange *next_exchange(void);

#endif /* COMMANDS_H */
