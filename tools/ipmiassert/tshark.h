/* tshark.h
 * Runs tshark with the plugin of this project, and hears what it prints.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TSHARK_H
#define TSHARK_H

#include <stdbool.h>

#include <glib.h>

struct tshark;

/* A line of its standard output, without its end. */
typedef void (*tshark_line_func)(char *line, void *data);

/* Starts it. arguments: without the program, ended by NULL. Its standard input
 * is this program's if it is to read that, otherwise empty. */
struct tshark *tshark_start(const char *const *arguments, bool reads_stdin,
                            tshark_line_func func, void *data, GError **error);

/* Runs the main context until it has ended and all its lines were heard. What
 * is wrong with it is told in words for the user. */
bool tshark_finish(struct tshark *tshark, GError **error);

/* Has a capture end. May be called from a tshark_line_func. */
void tshark_stop(struct tshark *tshark);

/* What it said on its standard error output; from tshark_finish() on. */
const char *tshark_messages(const struct tshark *tshark);

void tshark_free(struct tshark *tshark);

#endif /* TSHARK_H */
