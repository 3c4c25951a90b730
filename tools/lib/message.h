/* message.h
 * What a message is of, by its bytes: sequence number, netFn/LUN, command,
 * completion code of a response, data, no checksum; no fewer than there are
 * before the data.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef MESSAGE_H
#define MESSAGE_H

#include "ipmi-extern-frame.h"
#include "ipmi-names.h"

/* ipmi_body() of it. */
static inline uint32_t
message_body(const uint8_t *message, size_t len)
{
    size_t data = ipmi_extern_data_offset(message);

    return ipmi_body(message[1] >> 2, message + data, len - data);
}

/* Its command, or NULL if no specification has it. */
static inline const struct ipmi_command *
message_command(const uint8_t *message, size_t len)
{
    return ipmi_command_find(message[1] >> 2, message_body(message, len),
                             message[2]);
}

/* Whether its data are as long as the specification has them for this command:
 * after a completion code that tells of a failure they may have any length. */
static inline bool
message_size_ok(const struct ipmi_command *command, const uint8_t *message,
                size_t len)
{
    bool is_response = ipmi_extern_is_response(message);

    return (is_response && message[3] != 0)
        || ipmi_command_size_ok(command, is_response,
                                len - ipmi_extern_data_offset(message));
}

#endif /* MESSAGE_H */
