/* text.c
 * Bytes in words.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "text.h"

#include <glib.h>

char *
text_of_bytes(const uint8_t *bytes, size_t len)
{
    GString *text = g_string_sized_new(3 * len + 1);

    for (size_t i = 0; i < len; i++) {
        g_string_append_printf(text, "%s%02x", i ? " " : "", bytes[i]);
    }
    return g_string_free(text, FALSE);
}
