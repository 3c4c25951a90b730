/* masks.h
 * Which bytes of a message may be other ones than recorded.
 *
 * Bytes are numbered as in the tables of the IPMI specification: those of a
 * request from 1, after the command; of a response the completion code is 1.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef MASKS_H
#define MASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

struct masks;

/* With those of time stamps and their like, or without any. */
struct masks *masks_new(bool built_in);
void masks_free(struct masks *masks);

/* NETFN/COMMAND=BYTES, such as 0b/48=2-5,7,9-: two hexadecimal numbers, where
 * the netFn is even for requests and odd for responses, and ranges of bytes;
 * one without an end goes to the last byte, wherever that is. Or the name of a
 * control command, such as CAPABILITIES, whose operand may differ then. */
bool masks_add(struct masks *masks, const char *text, GError **error);

/* Whether a message may come in place of another one. Both begin with
 * netFn/LUN; the LUN of a response does not matter. */
bool masks_allow(const struct masks *masks, const uint8_t *recorded,
                 size_t recorded_len, const uint8_t *live, size_t live_len);

/* The same of control commands. */
bool masks_allow_control(const struct masks *masks, const uint8_t *recorded,
                         size_t recorded_len, const uint8_t *live,
                         size_t live_len);

/* What masks_add() would need to allow a message, or NULL if nothing would. To
 * be freed. */
char *masks_needed(const struct masks *masks, const uint8_t *recorded,
                   size_t recorded_len, const uint8_t *live, size_t live_len);

#endif /* MASKS_H */
