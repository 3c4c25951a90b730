/* ipmi-names.h
 * Names and body sizes of the IPMI commands and completion codes.
 *
 * Depends on the C library alone, so that programs without Wireshark can
 * link it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_NAMES_H
#define IPMI_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Network functions whose body begins with an identifier (IPMI 2.0, table
 * 5-1). */
#define IPMI_NETFN_GROUP    0x2c    /* 1 byte: defining body */
#define IPMI_NETFN_OEM      0x2e    /* 3 bytes: IANA number, LSB first */

/* Values of ipmi_command.body. */
#define IPMI_BODY_NONE      0xffffffffU /* netFn has no identifier */
#define IPMI_BODY_PICMG     0x00U
#define IPMI_BODY_DMTF      0x01U
#define IPMI_BODY_SSI       0x02U
#define IPMI_BODY_VSO       0x03U
#define IPMI_BODY_REDFISH   0x52U       /* DMTF DSP0270 */
#define IPMI_BODY_SBMR      0xaeU       /* Arm DEN0069 */
#define IPMI_BODY_DCMI      0xdcU

/* ipmi_command.*_max: the specification sets no upper bound. */
#define IPMI_SIZE_ANY       UINT16_MAX

/* A completion code that only one command gives (IPMI 2.0, table 5-2, codes
 * 80h to BEh). */
struct ipmi_ccode {
    uint8_t     code;
    const char *name;
};

/* One command. Sizes are in bytes and count what follows the command byte of
 * a request, and what follows the completion code 00h of a response; for
 * IPMI_NETFN_GROUP and IPMI_NETFN_OEM they include the identifier. */
struct ipmi_command {
    uint8_t     netfn;      /* of the request, that is even */
    uint8_t     cmd;
    uint32_t    body;       /* IPMI_BODY_*, or the IANA number */
    const char *name;       /* as in the specification's command tables */
    uint16_t    req_min, req_max;
    uint16_t    rsp_min, rsp_max;
    const struct ipmi_ccode *ccodes;    /* ends with a NULL name, or NULL */
};

/* Finds a command.
 *
 * netfn: 6 bits, of the request or of the response.
 * body: what ipmi_body() gave.
 *
 * Returns NULL for a command that no table has. */
const struct ipmi_command *ipmi_command_find(uint8_t netfn, uint32_t body,
                                             uint8_t cmd);

/* Whether the specification has bodies of len bytes for a command's requests
 * or, if their completion code is 00h, for its responses. */
static inline bool ipmi_command_size_ok(const struct ipmi_command *command,
                                        bool is_response, size_t len)
{
    return is_response ? len >= command->rsp_min && len <= command->rsp_max
                       : len >= command->req_min && len <= command->req_max;
}

/* The identifier at the start of a body: of a request's data, or of what
 * follows a response's completion code.
 *
 * Returns IPMI_BODY_NONE if the network function has none or len bytes are
 * too few to hold it. */
uint32_t ipmi_body(uint8_t netfn, const uint8_t *data, size_t len);

/* The defining body of a group extension, "PICMG" for 0, or NULL. */
const char *ipmi_group_name(uint8_t body);

/* Name of a network function, of the request or of the response: "App",
 * "Storage", "OEM/Group", "Controller-specific OEM/Group". Never NULL. */
const char *ipmi_netfn_name(uint8_t netfn);

/* Name of a command, or words that say which range the unknown one belongs
 * to ("OEM command", "Unknown command"). Never NULL. */
const char *ipmi_command_name(const struct ipmi_command *command,
                              uint8_t netfn);

/* Name of a completion code; command, which may be NULL, says which meaning
 * the command-specific ones have. Never NULL. */
const char *ipmi_ccode_name(const struct ipmi_command *command, uint8_t code);

#endif /* IPMI_NAMES_H */
