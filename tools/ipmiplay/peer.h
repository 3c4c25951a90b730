/* peer.h
 * The other end of a connection: the BMC to the host that is played, the host
 * to the BMC. Whoever plays waits here for all that can happen to it: a frame,
 * the end of the connection, a time, a key, a signal to stop.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "address.h"
#include "ipmi-extern-frame.h"

#define PEER_NO_DEADLINE    UINT64_MAX

struct peer;

enum peer_event {
    PEER_CONNECTED,
    PEER_CLOSED,            /* by the peer, or for good reason by us */
    PEER_MESSAGE,
    PEER_CONTROL,
    PEER_TIME,              /* the deadline has passed */
    PEER_KEY,               /* Enter was pressed */
    PEER_STOPPED            /* SIGINT, SIGTERM or SIGHUP came; from then on it
                             * is the answer to everything */
};

struct peer_frame {
    const uint8_t *bytes;   /* unescaped: a message without its checksum, or a
                             * control command and its operand */
    size_t len;
};

/* The clock of all deadlines here, in ns. */
uint64_t peer_now(void);

/* The time after so many ns, or PEER_NO_DEADLINE. */
uint64_t peer_later(uint64_t time, uint64_t ns);

/* played: whose part is played, so the peer is the other one. If listening, the
 * peer can connect from now on. From here on, signals only make waiting end.
 * Takes the address. */
struct peer *peer_new(struct address *address, bool listening,
                      enum ipmi_extern_sender played, GError **error);
void peer_free(struct peer *peer);

bool peer_is_open(const struct peer *peer);

/* Connects, again and again, or takes a connection. If PEER_TIME comes, error
 * says what was in the way last. */
enum peer_event peer_open(struct peer *peer, uint64_t deadline,
                          GError **error);

/* Waits a while for the peer to take what was sent last and to close the
 * connection, before closing it. */
void peer_close(struct peer *peer);

/* Says what either side says first on a connection: as the host, that it is
 * able to do all that QEMU's is; as the BMC, whether it wants attention. */
void peer_greet(struct peer *peer, bool attention);

/* As the BMC. Tells the host whether the BMC wants attention. */
void peer_send_attention(struct peer *peer, bool attention);

/* Both may be called without a connection, to no effect. message: sequence
 * number, netFn/LUN, command, and so on, no checksum. */
void peer_send_message(struct peer *peer, const uint8_t *message, size_t len);
void peer_send_control(struct peer *peer, const uint8_t *control, size_t len);

/* What happens next. frame holds until the next call. Messages that a receiver
 * drops, and those that only the other side sends, are told and dropped. */
enum peer_event peer_wait(struct peer *peer, uint64_t deadline,
                          struct peer_frame *frame);

/* Whether peer_wait() waits for Enter, too, on the standard input. */
void peer_listen_to_keys(struct peer *peer, bool listen);

#endif /* PEER_H */
