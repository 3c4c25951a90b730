/* address.h
 * Where an end of a link is: a Unix socket, a TCP port, or a file descriptor
 * that this program was started with.
 *
 *   unix:PATH        tcp:HOST:PORT       fd:N
 *
 * HOST may be empty or localhost: then it is this machine alone, by 127.0.0.1
 * where it listens, by that or ::1 where it connects. IPv6 addresses are in
 * brackets. PORT is a number; 0, only to listen on, is one that the kernel
 * chooses. fd:N is a connected or a listening socket; systemd's socket
 * activation begins at fd:3.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef ADDRESS_H
#define ADDRESS_H

#include <stdbool.h>

#include <gio/gio.h>

struct address;

/* What is no address is refused with words that say what would be one. */
struct address *address_parse(const char *text, GError **error);
void address_free(struct address *address);

/* As it was written. */
const char *address_text(const struct address *address);

/* Whether listening there lets other machines in. Of fd:N, whether it does. */
bool address_is_exposed(const struct address *address);

/* Listens; of fd:N, which must be a listening socket, takes it, which is
 * possible once. A Unix socket is made with mode 0600, in place of one that
 * nobody listens to any more. */
GSocket *address_listen(struct address *address, GError **error);

/* Where that is: of port 0 with the port that the kernel chose, or NULL where
 * address_text() says it already. To be freed. */
char *address_chosen(const struct address *address, GSocket *listener);

/* Removes the Unix socket that address_listen() made. */
void address_unlisten(struct address *address);

/* Connects, within 10 s and without trying again; of fd:N, which must be a
 * connected socket, takes it, which is possible once (G_IO_ERROR_CLOSED after
 * that). Sockets, also those of address_accept(), do not block and, of TCP, do
 * not delay. Errors are whole sentences with the address in them. */
void address_connect_async(struct address *address,
                           GCancellable *cancellable,
                           GAsyncReadyCallback done, gpointer data);
GSocket *address_connect_finish(GAsyncResult *result, GError **error);

/* The same, waiting for it. */
GSocket *address_connect(struct address *address, GError **error);

/* Takes the next connection; G_IO_ERROR_WOULD_BLOCK if there is none. */
GSocket *address_accept(GSocket *listener, GError **error);

#endif /* ADDRESS_H */
