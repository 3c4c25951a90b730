/* status.h
 * Tells the user how the tap does: a line on a terminal that changes every
 * second, and all of it when asked.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef STATUS_H
#define STATUS_H

#include "tap.h"

struct status;

/* Shows the line if the standard error output is a terminal. */
struct status *status_new(struct tap *tap);

/* Removes the line. */
void status_free(struct status *status);

/* Prints how each link is, and all together, on the standard error output. */
void status_print(struct status *status);

#endif /* STATUS_H */
