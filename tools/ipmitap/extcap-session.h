/* extcap-session.h
 * A capture that Wireshark has started, from its start to its end, wherever the
 * packets come from.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef EXTCAP_SESSION_H
#define EXTCAP_SESSION_H

#include <stdbool.h>

#include <glib.h>

#include "capture-writer.h"

/* What the user has filled in; NULL: nothing. */
struct extcap_values {
    char    *listen;        /* of a tap */
    char    *connect;
    char    *name;
    gboolean keep;
    char    *attach;        /* addresses, with commas between them */
    char    *read;          /* path of a FIFO */
};

struct extcap_session;

/* How writing to Wireshark goes. */
struct extcap_writing {
    uint64_t lost;          /* packets that Wireshark was too slow for */
    bool     reader_gone;
};

/* Where packets come from. Whatever happens is told by talk(). */
struct extcap_source {
    /* Begins; returns NULL if what the user has filled in is wrong. Takes the
     * writer either way. */
    void *(*start)(struct extcap_session *session,
                   const struct extcap_values *values,
                   struct capture_writer *writer, GError **error);
    /* While it pauses packets are lost, and counted. */
    void (*pause)(void *source, bool paused);
    /* Appends how it stands, in a few words. */
    void (*describe)(void *source, GString *text);
    void (*get_writing)(void *source, struct extcap_writing *writing);
    void (*stop)(void *source);
};

struct extcap_session_options {
    const char *fifo;       /* from where Wireshark reads the packets */
    const char *control_in; /* FIFOs of the toolbar, or NULL */
    const char *control_out;
};

/* Captures until Wireshark wants no more. problem: why nothing can be captured,
 * or NULL. Returns the exit status. */
int extcap_session_run(const struct extcap_session_options *options,
                       const struct extcap_source *source,
                       const struct extcap_values *values,
                       const GError *problem);

/* Ends the capture: Wireshark shows why. Takes failure. */
void extcap_session_fail(struct extcap_session *session, GError *failure);

#endif /* EXTCAP_SESSION_H */
