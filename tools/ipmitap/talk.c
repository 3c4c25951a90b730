/* talk.c
 * What the tap has to say while it runs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "talk.h"

#include <stdarg.h>

#include "tool.h"

static talk_func listener;

void
talk(const char *format, ...)
{
    va_list arguments;
    char *message;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (listener) {
        listener(message);
    } else {
        tool_say("%s", message);
    }
    g_free(message);
}

void
talk_to(talk_func func)
{
    listener = func;
}
