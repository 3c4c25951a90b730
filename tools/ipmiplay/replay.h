/* replay.h
 * Plays one side of a recording against a live peer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef REPLAY_H
#define REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "masks.h"
#include "peer.h"
#include "recording.h"

enum replay_timing {
    REPLAY_ORIGINAL,        /* with the pauses of the recording */
    REPLAY_FAST,
    REPLAY_STEP             /* each message when Enter is pressed */
};

struct replay_options {
    enum ipmi_extern_sender played;
    enum replay_timing timing;
    uint64_t patience;      /* ns: so much later than then may the peer be */
    const struct masks *masks;
};

/* Over a connection that is open. Returns whether the peer did as recorded. */
bool replay(const struct recording *recording, struct peer *peer,
            const struct replay_options *options);

#endif /* REPLAY_H */
