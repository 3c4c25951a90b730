/* ipmi-body.h
 * Bodies of IPMI messages, decoded by Wireshark's own IPMI dissectors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_BODY_H
#define IPMI_BODY_H

#include "ws-compat.h"

#include <epan/packet.h>

/* To be called from a handoff routine. */
void ipmi_body_handoff(void);

/* Whether Wireshark decodes a command's bodies; it warns of those it does not.
 * netfn and body as in ipmi_command_find(). */
ws_bool ipmi_body_is_decoded(guint8 netfn, guint32 body, guint8 cmd);

/* Decodes a message.
 *
 * tvb: netFn/LUN, command, (response: completion code,) data; no checksum.
 * key, channel: of the transaction. Wireshark matches responses to requests,
 * which it needs for some bodies, only where both are the same, and it keeps no
 * more than one message of a packet in mind for each key. A request nested in a
 * Send Message finds its response in a Get Message if key and channel of the
 * outer ones are the same.
 *
 * Columns are left as they are, and so is the user's preference that turns
 * this decoding off for everyone else.
 *
 * Returns whether the body had all that the decoder expects of its command. */
ws_bool ipmi_body_dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                          guint32 key, guint8 channel);

#endif /* IPMI_BODY_H */
