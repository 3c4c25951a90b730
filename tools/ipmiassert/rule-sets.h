/* rule-sets.h
 * Where rules come from: the command line, files, and the sets that this
 * program comes with.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef RULE_SETS_H
#define RULE_SETS_H

#include <stdbool.h>

#include <glib.h>

/* Appends the rules that an argument of the command line stands for: the name
 * of a set, the path of a file, or a rule. number: the argument's, for
 * messages. */
bool rule_sets_load(GPtrArray *rules, const char *argument, unsigned number,
                    GError **error);

#endif /* RULE_SETS_H */
