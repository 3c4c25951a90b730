/* test-ipmi-kcs.h
 * What the tests of KCS's state machine share: transfers as lines of text.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TEST_IPMI_KCS_H
#define TEST_IPMI_KCS_H

#include "ipmi-kcs-machine.h"

/* A record, and what the machine says of it; the latter may be NULL where
 * nobody compares it. A list of lines ends with a NULL record. */
struct line {
    const char *record;
    const char *says;
};

/* A test begins with the machine's start. */
struct test {
    const char *name;
    enum ipmi_machine_point point;
    uint8_t channel;
    struct line lines[48];
};

/* Transfers in which all is well, at either point of capture. */
extern const struct line host_transfer[];
extern const struct line bmc_transfer[];

/* At the BMC's point: a request has begun, and is complete. */
extern const struct line request_begun[];
extern const struct line request_complete[];

extern const struct test tests[];
extern const size_t n_tests;

/* A record in words. Sides: "H" and "B".
 *   "H W CMD 61 0a" "B R DI 61 89"     register, value, status
 *   "H W DI 18 02 lost"
 *   "B W HICR2 8 00 wide"              4 bytes
 *   "B W HICR5 40 00 lane1"            the second byte
 *   "H IRQ 1 41" "B ATN 1 04" "B IRQ_ENABLE 1 00" "B ENABLE 0 00"
 *   "H RESET 0 00" "B HARDWARE 0 00" "B STRANGE 0 00" */
struct ipmi_record parse_record(const char *text);

struct ipmi_kcs_machine machine_at(enum ipmi_machine_point point,
                                   uint8_t channel);

/* Counts a check, and says what it is if it failed. */
void check(bool holds, const char *what, const char *where);

/* test-ipmi-kcs-traffic.c */
void test_traffic(void);

#endif /* TEST_IPMI_KCS_H */
