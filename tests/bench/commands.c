/* commands.c
 * The commands, and which of them is next.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "commands.h"

#include <stddef.h>
#include <string.h>

#define BODY(bytes)     { sizeof bytes - 1, bytes }

static const struct exchange exchanges[] = {
    /* Get Device ID */
    { 44, 0x18, 0x01, BODY(""),
      BODY("\x00\x20\x01\x02\x15\x02\xbf\x57\x01\x00\xa2\x10") },
    /* Get System GUID */
    { 2, 0x18, 0x37, BODY(""),
      BODY("\x00\x5e\xaa\x10\x32\x54\x76\x98\xba\xdc\xfe\xa1\x23\x45\x67\x89"
           "\xab") },
    /* Get Device GUID, which this BMC does not have */
    { 2, 0x18, 0x08, BODY(""), BODY("\xc1") },
    /* Set BMC Global Enables, Get BMC Global Enables */
    { 3, 0x18, 0x2e, BODY("\x0b"), BODY("\x00") },
    { 11, 0x18, 0x2f, BODY(""), BODY("\x00\x0b") },
    /* Clear Message Flags, Get Message Flags */
    { 1, 0x18, 0x30, BODY("\xa0"), BODY("\x00") },
    { 2, 0x18, 0x31, BODY(""), BODY("\x00\x01") },
    /* Send Message: Get Device ID for address 22h; Get Message, its answer */
    { 5, 0x18, 0x34, BODY("\x40\x22\x18\xc6\x20\x04\x01\xdb"), BODY("\x00") },
    { 5, 0x18, 0x33, BODY(""),
      BODY("\x00\x00\x1c\xc4\x22\x04\x01\x00\x22\x01\x02\x15\x02\xbf\x57\x01"
           "\x00\xa2\x10\xd4") },
    /* Get Channel Info */
    { 12, 0x18, 0x42, BODY("\x02"), BODY("\xcb") },
    { 10, 0x18, 0x42, BODY("\x01"),
      BODY("\x00\x01\x04\x01\x82\xf2\x1b\x00\x00\x00") },
    /* Get User Access, Get User Name */
    { 63, 0x18, 0x44, BODY("\x01\x02"), BODY("\x00\x3f\x02\x01\x14") },
    { 63, 0x18, 0x46, BODY("\x02"),
      BODY("\x00operator\0\0\0\0\0\0\0\0") },
    /* Get Channel Cipher Suites */
    { 4, 0x18, 0x54, BODY("\x01\x00\x80"),
      BODY("\x00\x01\xc0\x03\x01\x41\x81\xc0\x11\x03\x44\x84") },
    /* Get Chassis Status */
    { 3, 0x00, 0x01, BODY(""), BODY("\x00\x01\x00\x40\x00") },
    /* Get Sensor Thresholds, Get Sensor Reading */
    { 5, 0x10, 0x27, BODY("\x2a"),
      BODY("\x00\x38\x00\x05\x0a\x50\xa0\xaa") },
    { 15, 0x10, 0x2d, BODY("\x2a"), BODY("\x00\xa1\xc0\xc0\x80") },
    /* Get SDR Repository Info, Reserve SDR Repository, Get SDR */
    { 4, 0x28, 0x20, BODY(""),
      BODY("\x00\x51\x09\x00\xf0\x1f\x10\x9e\x5c\x66\xaa\x9e\x5c\x66\x0a") },
    { 4, 0x28, 0x22, BODY(""), BODY("\x00\x17\x00") },
    { 25, 0x28, 0x23, BODY("\x17\x00\x03\x00\x00\x05"),
      BODY("\x00\x04\x00\x03\x00\x51\x01\x2b") },
    { 12, 0x28, 0x23, BODY("\x17\x00\x03\x00\x05\x1b"),
      BODY("\x00\x04\x00\x20\x00\x2a\x03\x01\x7f\x68\x01\x01\x85\x0a\x85\x0a"
           "\x3f\x3f\x80\x01\x00\x00\x01\x00\x00\x00\x00\x00") },
    /* Get FRU Inventory Area Info, Read FRU Data */
    { 1, 0x28, 0x10, BODY("\x00"), BODY("\x00\x00\x01\x00") },
    { 8, 0x28, 0x11, BODY("\x00\x08\x00\x20"),
      BODY("\x00\x20\x01\x06\x19\xaa\xb0\xa0\xc8""Acme Inc\xca""Board Mk 2"
           "\x00") },
    /* Get SEL Info, Get SEL Entry */
    { 3, 0x28, 0x40, BODY(""),
      BODY("\x00\x51\x2a\x00\xa0\x0c\x9e\x5c\x66\x1f\x9e\x5c\x66\x0a\x02") },
    { 9, 0x28, 0x43, BODY("\x00\x00\x01\x00\x00\xff"),
      BODY("\x00\x02\x00\x01\x00\x02\x1f\x9e\x5c\x66\x20\x00\x04\x01\x2a\x01"
           "\x59\xaa\x50") },
    /* Get LAN Configuration Parameters: MAC address, IP address */
    { 11, 0x30, 0x02, BODY("\x01\x05\x00\x00"),
      BODY("\x00\x11\x00\x00\x00\x00\x00\x00") },
    { 10, 0x30, 0x02, BODY("\x01\x03\x00\x00"),
      BODY("\x00\x11\xc0\x00\x02\xa0") },
    /* An OEM network function */
    { 3, 0xc0, 0xaa, BODY("\x01\xa0\xa1\xaa"), BODY("\xc1") },
};

static uint32_t random_state = 0x2545f491;

/* xorshift32. */
static uint32_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

const struct exchange *next_exchange(void)
{
    static uint8_t  by_weight[1024];
    static uint32_t total;

    if (total == 0) {
        for (size_t i = 0; i < sizeof exchanges / sizeof exchanges[0]; i++) {
            memset(by_weight + total, (int)i, exchanges[i].weight);
            total += exchanges[i].weight;
        }
    }
    return &exchanges[by_weight[next_random() % total]];
}
