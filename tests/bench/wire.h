/* wire.h
 * Messages in the OpenIPMI VM wire format, docs/ipmi-extern.md.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef WIRE_H
#define WIRE_H

#include <stdint.h>

#include "commands.h"

/* Adds one side of an exchange to the file. */
void put_request(unsigned point, uint64_t time, uint8_t seq,
                 const struct exchange *exchange);
void put_response(unsigned point, uint64_t time, uint8_t seq,
                  const struct exchange *exchange);

#endif /* WIRE_H */
