/* address.c
 * Where an end of a link is: a Unix socket, a TCP port, or a file descriptor
 * that this program was started with.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "address.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

enum address_kind {
    ADDRESS_UNIX,
    ADDRESS_TCP,
    ADDRESS_FD
};

struct address {
    enum address_kind kind;
    char *text;
    char *name;         /* path or host, which may be empty */
    guint64 number;     /* port or file descriptor */
    bool  taken;        /* the file descriptor is somebody else's now */

    /* The Unix socket that was made. File systems use inodes again at once. */
    bool  made;
    dev_t device;
    ino_t inode;
    struct timespec modified;
};

/* Seconds after which a machine that does not answer at all is given up. */
#define CONNECT_TIMEOUT 10

#define FORMS "unix:PATH, tcp:HOST:PORT or fd:N"

G_GNUC_PRINTF(3, 4) static bool
refuse(GError **error, const char *text, const char *format, ...)
{
    va_list arguments;
    char *why;

    va_start(arguments, format);
    why = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "'%s' is no address: %s", text, why);
    g_free(why);
    return false;
}

static bool
parse_unix(struct address *address, const char *path, GError **error)
{
    const size_t room = sizeof ((struct sockaddr_un *)NULL)->sun_path;

    if (*path == '\0') {
        return refuse(error, address->text, "a path follows unix:");
    }
    if (strlen(path) >= room) {
        return refuse(error, address->text,
                      "the path of a Unix socket has at most %zu bytes, so use "
                      "a shorter one or a relative one", room - 1);
    }
    address->name = g_strdup(path);
    return true;
}

static bool
parse_tcp(struct address *address, const char *host, GError **error)
{
    const char *colon = strrchr(host, ':');

    if (!colon || !g_ascii_string_to_unsigned(colon + 1, 10, 0, 65535,
                                              &address->number, NULL)) {
        return refuse(error, address->text,
                      "a number of a port ends it, as in tcp::9002");
    }
    address->name = g_strndup(host, (gsize)(colon - host));
    if (*address->name == '[' && g_str_has_suffix(address->name, "]")) {
        char *bare = g_strndup(host + 1, (gsize)(colon - host) - 2);

        g_free(address->name);
        address->name = bare;
        if (!g_hostname_is_ip_address(bare) || !strchr(bare, ':')) {
            return refuse(error, address->text,
                          "brackets are for IPv6 addresses, as in "
                          "tcp:[::1]:9002");
        }
    } else if (strpbrk(address->name, ":[]")) {
        return refuse(error, address->text,
                      "an IPv6 address is in brackets, as in tcp:[::1]:9002");
    }
    return true;
}

static bool
parse_fd(struct address *address, const char *number, GError **error)
{
    if (!g_ascii_string_to_unsigned(number, 10, 0, G_MAXINT, &address->number,
                                    NULL)) {
        return refuse(error, address->text,
                      "the number of a file descriptor follows fd:");
    }
    return true;
}

struct address *
address_parse(const char *text, GError **error)
{
    static const struct {
        const char *prefix;
        enum address_kind kind;
        bool (*parse)(struct address *, const char *, GError **);
    } forms[] = {
        { "unix:", ADDRESS_UNIX, parse_unix },
        { "tcp:", ADDRESS_TCP, parse_tcp },
        { "fd:", ADDRESS_FD, parse_fd },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        struct address *address;

        if (!g_str_has_prefix(text, forms[i].prefix)) {
            continue;
        }
        address = g_new0(struct address, 1);
        address->kind = forms[i].kind;
        address->text = g_strdup(text);
        if (!forms[i].parse(address, text + strlen(forms[i].prefix), error)) {
            address_free(address);
            return NULL;
        }
        return address;
    }
    refuse(error, text, "write " FORMS);
    return NULL;
}

void
address_free(struct address *address)
{
    if (address) {
        g_free(address->text);
        g_free(address->name);
        g_free(address);
    }
}

const char *
address_text(const struct address *address)
{
    return address->text;
}

static bool
is_loopback(GSocketAddress *bound)
{
    return !G_IS_INET_SOCKET_ADDRESS(bound)
           || g_inet_address_get_is_loopback(g_inet_socket_address_get_address(
                  G_INET_SOCKET_ADDRESS(bound)));
}

static bool
fd_is_exposed(int fd)
{
    struct sockaddr_storage storage;
    socklen_t len = sizeof storage;
    GSocketAddress *bound;
    bool exposed;

    if (getsockname(fd, (struct sockaddr *)&storage, &len) != 0) {
        return false;
    }
    bound = g_socket_address_new_from_native(&storage, len);
    exposed = bound && !is_loopback(bound);
    g_clear_object(&bound);
    return exposed;
}

/* Whether listening there lets in this machine alone. */
static bool
is_local_host(const struct address *address)
{
    return *address->name == '\0' ||
           g_ascii_strcasecmp(address->name, "localhost") == 0;
}

bool
address_is_exposed(const struct address *address)
{
    GSocketAddress *numeric;
    bool exposed;

    if (address->kind == ADDRESS_FD) {
        return fd_is_exposed((int)address->number);
    }
    if (address->kind == ADDRESS_UNIX || is_local_host(address)) {
        return false;
    }
    numeric = g_inet_socket_address_new_from_string(address->name, 0);
    exposed = !numeric || !is_loopback(numeric);
    g_clear_object(&numeric);
    return exposed;
}

/* What to do about a failure that is the user's to mend. */
struct remedy {
    int code;
    const char *words;
};

static const struct remedy unix_listen_remedies[] = {
    { G_IO_ERROR_NOT_FOUND, "there is no such folder; make it, or choose "
                            "another one" },
    { G_IO_ERROR_PERMISSION_DENIED, "permission denied; choose a folder where "
                                    "you may make files" },
    { 0, NULL }
};

static const struct remedy tcp_listen_remedies[] = {
    { G_IO_ERROR_ADDRESS_IN_USE, "somebody else does; stop them or choose "
                                 "another port" },
    { G_IO_ERROR_PERMISSION_DENIED, "permission denied; ports below 1024 are "
                                    "for the system" },
    { 0, NULL }
};

static const struct remedy connect_remedies[] = {
    { G_IO_ERROR_CONNECTION_REFUSED, "nothing listens there; start it first" },
    { G_IO_ERROR_NOT_FOUND, "nothing listens there; start it first" },
    { G_IO_ERROR_PERMISSION_DENIED, "permission denied; that socket is "
                                    "another user's" },
    { G_IO_ERROR_TIMED_OUT, "there is no answer" },
    { 0, NULL }
};

/* GIO says what it was doing, which we know, before what went wrong. */
static const char *
words_for(const GError *error, const struct remedy *remedies)
{
    const char *colon = strrchr(error->message, ':');

    if (error->domain == G_RESOLVER_ERROR) {
        return "there is no host of that name";
    }
    if (error->domain == G_IO_ERROR) {
        for (; remedies->words; remedies++) {
            if (error->code == remedies->code) {
                return remedies->words;
            }
        }
    }
    return colon && colon[1] == ' ' ? colon + 2 : error->message;
}

/* Says it as "cannot DO ADDRESS: WORDS". */
static void
reword(GError **error, const char *what, const char *text,
       const struct remedy *remedies)
{
    GError *said;

    if (error && *error) {
        said = g_error_new((*error)->domain, (*error)->code,
                           "cannot %s %s: %s", what, text,
                           words_for(*error, remedies));
        g_error_free(*error);
        *error = said;
    }
}

/* What every socket of a link is like. */
static void
prepare(GSocket *socket)
{
    int fd = g_socket_get_fd(socket);
    int flags = fcntl(fd, F_GETFD);

    if (flags >= 0) {
        fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
    }
    g_socket_set_blocking(socket, FALSE);
    /* Messages are small, and each one is waited for. */
    if (g_socket_get_family(socket) != G_SOCKET_FAMILY_UNIX) {
        g_socket_set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
    }
}

/* The address' file descriptor, which must be a stream socket that listens, or
 * one that does not. */
static GSocket *
take_fd(struct address *address, bool listening, GError **error)
{
    int fd = (int)address->number, type, listens;
    socklen_t type_len = sizeof type, listens_len = sizeof listens;
    GSocket *socket;

    if (address->taken) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_CLOSED,
                    "%s has been used, and there is no second connection of a "
                    "file descriptor", address->text);
        return NULL;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) != 0
            || type != SOCK_STREAM
            || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens,
                          &listens_len) != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "%s is no stream socket: start this program with one, as "
                    "systemd's socket activation does", address->text);
        return NULL;
    }
    if (listening != (listens != 0)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    listening ? "%s does not listen: connect to it instead"
                              : "%s is a listening socket: listen on it "
                                "instead",
                    address->text);
        return NULL;
    }
    socket = g_socket_new_from_fd(fd, error);
    if (!socket) {
        g_prefix_error(error, "%s: ", address->text);
        return NULL;
    }
    if (!listening && !g_socket_is_connected(socket)) {
        /* It would be closed with the object. */
        g_object_unref(socket);
        address->taken = true;
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED,
                    "%s is not connected", address->text);
        return NULL;
    }
    address->taken = true;
    prepare(socket);
    return socket;
}

/* Makes room for a Unix socket where there is one that nobody listens to. A
 * socket of another type cannot connect to it, but learns whether somebody
 * does, who notices nothing of it. */
static bool
remove_stale(struct address *address, GError **error)
{
    struct sockaddr_un there = { .sun_family = AF_UNIX };
    struct stat status;
    int probe, trouble = 0;

    if (lstat(address->name, &status) != 0) {
        return true;
    }
    if (!S_ISSOCK(status.st_mode)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                    "cannot listen on %s: there is something else of that "
                    "name; remove it or choose another name", address->text);
        return false;
    }
    probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    memcpy(there.sun_path, address->name, strlen(address->name));
    if (probe < 0
            || connect(probe, (struct sockaddr *)&there, sizeof there) != 0) {
        trouble = errno;
    }
    if (probe >= 0) {
        close(probe);
    }
    if (trouble != ECONNREFUSED) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
                    "cannot listen on %s: somebody else does; stop them or "
                    "choose another name", address->text);
        return false;
    }
    unlink(address->name);
    return true;
}

/* The first address of the host; of this machine alone the one that everybody
 * tries, whatever "localhost" is first. */
static GSocketAddress *
local_address(const struct address *address, GError **error)
{
    GSocketConnectable *host;
    GSocketAddressEnumerator *addresses;
    GSocketAddress *first;

    if (address->kind == ADDRESS_UNIX) {
        return g_unix_socket_address_new(address->name);
    }
    if (is_local_host(address)) {
        return g_inet_socket_address_new_from_string("127.0.0.1",
                                                     (guint)address->number);
    }
    host = g_network_address_new(address->name, (guint16)address->number);
    addresses = g_socket_connectable_enumerate(host);
    first = g_socket_address_enumerator_next(addresses, NULL, error);
    g_object_unref(addresses);
    g_object_unref(host);
    return first;
}

static bool
bind_and_listen(struct address *address, GSocket *socket, GSocketAddress *at,
                GError **error)
{
    if (!g_socket_bind(socket, at, TRUE, error)) {
        return false;
    }
    if (address->kind == ADDRESS_UNIX) {
        struct stat status;

        /* Nobody is able to connect before it listens. */
        if (chmod(address->name, S_IRUSR | S_IWUSR) != 0
                || lstat(address->name, &status) != 0) {
            g_set_error_literal(error, G_IO_ERROR,
                                g_io_error_from_errno(errno),
                                g_strerror(errno));
            return false;
        }
        address->made = true;
        address->device = status.st_dev;
        address->inode = status.st_ino;
        address->modified = status.st_mtim;
    }
    return g_socket_listen(socket, error);
}

GSocket *
address_listen(struct address *address, GError **error)
{
    GSocketAddress *at;
    GSocket *socket;

    if (address->kind == ADDRESS_FD) {
        return take_fd(address, true, error);
    }
    if (address->kind == ADDRESS_UNIX && !remove_stale(address, error)) {
        return NULL;
    }
    at = local_address(address, error);
    socket = at ? g_socket_new(g_socket_address_get_family(at),
                               G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT,
                               error)
                : NULL;
    if (socket) {
        prepare(socket);
        if (!bind_and_listen(address, socket, at, error)) {
            address_unlisten(address);
            g_clear_object(&socket);
        }
    }
    g_clear_object(&at);
    if (!socket) {
        reword(error, "listen on", address->text,
               address->kind == ADDRESS_UNIX ? unix_listen_remedies
                                             : tcp_listen_remedies);
    }
    return socket;
}

char *
address_chosen(const struct address *address, GSocket *listener)
{
    GSocketAddress *bound;
    char *where, *text;

    if (address->kind != ADDRESS_TCP || address->number != 0) {
        return NULL;
    }
    bound = g_socket_get_local_address(listener, NULL);
    where = g_socket_connectable_to_string(G_SOCKET_CONNECTABLE(bound));
    text = g_strconcat("tcp:", where, NULL);
    g_free(where);
    g_object_unref(bound);
    return text;
}

void
address_unlisten(struct address *address)
{
    struct stat status;

    /* Somebody may have put another one in its place. */
    if (address->made && lstat(address->name, &status) == 0
            && status.st_dev == address->device
            && status.st_ino == address->inode
            && status.st_mtim.tv_sec == address->modified.tv_sec
            && status.st_mtim.tv_nsec == address->modified.tv_nsec) {
        unlink(address->name);
    }
    address->made = false;
}

static GSocketConnectable *
peer_of(const struct address *address)
{
    if (address->kind == ADDRESS_UNIX) {
        return G_SOCKET_CONNECTABLE(g_unix_socket_address_new(address->name));
    }
    return g_network_address_new(*address->name ? address->name : "localhost",
                                 (guint16)address->number);
}

static GSocketClient *
client_new(void)
{
    GSocketClient *client = g_socket_client_new();

    g_socket_client_set_enable_proxy(client, FALSE);
    g_socket_client_set_timeout(client, CONNECT_TIMEOUT);
    return client;
}

/* The socket of a connection, which goes: it would close the socket with
 * itself, so the socket is another descriptor. */
static GSocket *
socket_of(GSocketConnection *connection, const char *text, GError **error)
{
    GSocket *socket = NULL;

    if (connection) {
        int fd = g_socket_get_fd(g_socket_connection_get_socket(connection));

        fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (fd < 0) {
            g_set_error_literal(error, G_IO_ERROR, g_io_error_from_errno(errno),
                                g_strerror(errno));
        } else {
            socket = g_socket_new_from_fd(fd, error);
        }
        g_object_unref(connection);
    }
    if (socket) {
        prepare(socket);
    } else {
        reword(error, "connect to", text, connect_remedies);
    }
    return socket;
}

static void
connected(GObject *client, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    GError *error = NULL;
    GSocket *socket = socket_of(
        g_socket_client_connect_finish(G_SOCKET_CLIENT(client), result, &error),
        g_task_get_task_data(task), &error);

    if (socket) {
        g_task_return_pointer(task, socket, g_object_unref);
    } else {
        g_task_return_error(task, error);
    }
    g_object_unref(task);
}

void
address_connect_async(struct address *address, GCancellable *cancellable,
                      GAsyncReadyCallback done, gpointer data)
{
    GTask *task = g_task_new(NULL, cancellable, done, data);
    GSocketConnectable *peer;
    GSocketClient *client;

    if (address->kind == ADDRESS_FD) {
        GError *error = NULL;
        GSocket *socket = take_fd(address, false, &error);

        if (socket) {
            g_task_return_pointer(task, socket, g_object_unref);
        } else {
            g_task_return_error(task, error);
        }
        g_object_unref(task);
        return;
    }
    g_task_set_task_data(task, g_strdup(address->text), g_free);
    peer = peer_of(address);
    client = client_new();
    g_socket_client_connect_async(client, peer, cancellable, connected, task);
    g_object_unref(client);
    g_object_unref(peer);
}

GSocket *
address_connect_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

GSocket *
address_connect(struct address *address, GError **error)
{
    GSocketConnectable *peer;
    GSocketClient *client;
    GSocket *socket;

    if (address->kind == ADDRESS_FD) {
        return take_fd(address, false, error);
    }
    peer = peer_of(address);
    client = client_new();
    socket = socket_of(g_socket_client_connect(client, peer, NULL, error),
                       address->text, error);
    g_object_unref(client);
    g_object_unref(peer);
    return socket;
}

GSocket *
address_accept(GSocket *listener, GError **error)
{
    GSocket *socket = g_socket_accept(listener, NULL, error);

    if (socket) {
        prepare(socket);
    }
    return socket;
}
