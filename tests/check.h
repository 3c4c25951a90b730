/* check.h
 * Counts what the tests in C check. The test's main file defines the counters.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

extern unsigned checks;
extern unsigned failures;

/* Counts a check; if it failed, says where and what with the printf() style
 * arguments. */
#define CHECK(condition, ...)                               \
    do {                                                    \
        checks++;                                           \
        if (!(condition)) {                                 \
            failures++;                                     \
            printf("%s:%d: %s: ", __FILE__, __LINE__, #condition); \
            printf(__VA_ARGS__);                            \
            putchar('\n');                                  \
        }                                                   \
    } while (0)

#endif /* CHECK_H */
