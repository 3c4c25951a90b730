/* plans.h
 * What the host does with its interface, chosen by the option plan=NAME. Each
 * reports on the serial port and returns whether all went well.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef PLANS_H
#define PLANS_H

#include "interface.h"

/* "commands", the default: commands of all kinds, whatever the BMC is. */
bool plan_commands(void);

/* The others need the BMC of firmware/. */

/* "answers": each command that firmware.h has an answer for, which has to be
 * that, byte by byte.
 *   protocol=N   of the BMC's interface; the default is 5, KCS, BT is 8 */
bool plan_answers(void);

/* "echo": echoes of every length.
 *   count=N      how many in all; the default is each length once
 *   max=N        the greatest length; the default is what the host's interface
 *                can carry
 *   endless=1    until there is an NMI, in place of count
 *   progress=N   a line every so many; the default is none */
bool plan_echo(void);

/* "time": how long Get Device ID takes, from any BMC.
 *   count=N   how often; the default is 1000 */
bool plan_time(void);

/* "errors": what a host should not do, and a BMC that goes to its ERROR state;
 * "aborts": requests and responses that the host breaks off, and a BMC that never
 * answers. After all of it the interface works. For KCS. */
bool plan_errors(void);
bool plan_aborts(void);

/* "attention": waits for SMS_ATN, with irq=1 for its interrupt, asks why and
 * ends it.
 *   attentions=N   how often; the default is 5 times. With irq=1 more often, if
 *                  none has had an interrupt of its own by then */
bool plan_attention(void);

/* "nmi": has the BMC pull the NMI line. */
bool plan_nmi(void);

/* "reset": has the BMC pull the reset line, then goes on as "answers".
 *   when=0|1  before it answers or after; the default is before */
bool plan_reset(void);

/* "all": "answers", "echo", "attention", "nmi", "reset". */
bool plan_all(void);

/* --- report.c ---------------------------------------------------------- */

/* Sends a request and prints a line
 *
 *   NAME: REQUEST -> RESPONSE
 *
 * with the bytes in hexadecimal, or the words "no response" and the reason in
 * place of the response. Returns whether there was one. */
bool report_command(const char *name, const struct ipmi_message *request,
                    struct ipmi_message *response);

/* Prints WHAT: "failed: " with what was sent, what came and, unless expected is
 * NULL, what should have come; for plans that do not print what goes well. */
void report_failure(const char *what, const struct ipmi_message *request,
                    const struct ipmi_message *response,
                    const struct ipmi_message *expected, const char *error);

#endif
