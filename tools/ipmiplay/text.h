/* text.h
 * Bytes in words.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>
#include <stdint.h>

/* "18 01", as scripts have it. To be freed. */
char *text_of_bytes(const uint8_t *bytes, size_t len);

#endif /* TEXT_H */
