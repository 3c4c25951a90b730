/* channel.h
 * A system interface from the BMC's side.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef CHANNEL_H
#define CHANNEL_H

#include "../ipmi.h"
#include "board.h"

struct channel;

/* A kind of interface. */
struct channel_kind {
    uint8_t protocol;           /* as Get Channel Info tells it */

    /* Whether the host has taken the response. */
    bool  (*response_taken)(const struct channel *channel);
    void  (*set_attention)(const struct channel *channel, bool attention);
};

/* Every interface begins with this one. */
struct channel {
    const struct channel_kind *kind;
    const char  *name;
    struct ipmi_message request;
    struct ipmi_message response;

    uint8_t     global_enables;
    uint8_t     message_flags;
    /* What is to happen a moment after the host has taken the response. */
    uint32_t    moment;
    bool        raise_attention;
    bool        pull_line;
    enum oem_line line;
    /* Of the request that was just handled. */
    enum oem_failure failure;
};

/* --- commands.c -------------------------------------------------------- */

/* Makes the response to the request, unless the channel's failure says that there
 * is to be none. */
void commands_answer(struct channel *channel);

/* Takes on another interface. */
void commands_serve(struct channel *channel);

/* Does what was put off; false when something still is. */
bool commands_finish(void);

/* --- kcs.c ------------------------------------------------------------- */

enum kcs_phase {
    KCS_PHASE_IDLE,
    KCS_PHASE_WRITE,            /* bytes of the request arrive */
    KCS_PHASE_WRITE_END,        /* the last one is to come */
    KCS_PHASE_READ,             /* bytes of the response leave */
    KCS_PHASE_ABORT_1,          /* the host asks for the error code */
    KCS_PHASE_ABORT_2,          /* the host has read the error code */
    KCS_PHASE_ERROR,
};

struct kcs {
    struct channel channel;
    uintptr_t   in, out, status;
    bool        wide;           /* registers of 32 bits, else of 8 */

    enum kcs_phase phase;
    uint8_t     error;
    size_t      sent;
};

void kcs_start(struct kcs *kcs);

/* To be called when the input buffer may be full. */
void kcs_handle(struct kcs *kcs);

/* --- bt.c -------------------------------------------------------------- */

struct bt {
    struct channel channel;
    uintptr_t   control, buffer;
};

void bt_start(struct bt *bt);

/* To be called when there may be a request. */
void bt_handle(struct bt *bt);

#endif
