/* players.h
 * Who plays scripts. Each returns whether all was as it should be.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef PLAYERS_H
#define PLAYERS_H

#include <stdbool.h>
#include <stdint.h>

#include "peer.h"
#include "script.h"

/* As the host, over a connection that is open: sends what the script says. */
bool play_script_as_host(const struct script *script, struct peer *peer);

/* As the BMC: waits for what the script sends, at most so many ns for each, and
 * answers what the script expects. */
bool play_script_as_bmc(const struct script *script, struct peer *peer,
                        uint64_t patience);

#endif /* PLAYERS_H */
