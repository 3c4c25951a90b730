/* report.h
 * What was judged, for people and for programs: TAP and JUnit.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef REPORT_H
#define REPORT_H

#include <glib.h>

#include "judge.h"

/* TAP on the standard output, in words that versions 13 and 14 both have.
 * capture: the name of what was judged. */
void report_tap(const struct judgement *judgement, const char *capture);

/* JUnit's XML, the text of a file. seconds: how long it took. */
char *report_junit(const struct judgement *judgement, const char *capture,
                   double seconds);

/* How many rules failed. */
unsigned report_failures(const struct judgement *judgement);

#endif /* REPORT_H */
