/* talk.h
 * What the tap has to say while it runs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TALK_H
#define TALK_H

#include <glib.h>

/* A message in words, without the end of the line. */
void talk(const char *format, ...) G_GNUC_PRINTF(1, 2);

typedef void (*talk_func)(const char *message);

/* Where messages go. NULL: to the standard error output, as they do unless this
 * is called. */
void talk_to(talk_func func);

#endif /* TALK_H */
