/* test-ipmi-bt.h
 * What the files of the test of BT's state machine share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TEST_IPMI_BT_H
#define TEST_IPMI_BT_H

#include "../check.h"
#include "ipmi-bt-machine.h"

#define LENGTH_OF(array) (sizeof (array) / sizeof (array)[0])

/* BT_CTRL after an access to it. */
uint8_t state_after(uint8_t state, uint8_t side, uint8_t value);

void test_clean_traffic(void);
void test_any_records(void);

#endif /* TEST_IPMI_BT_H */
