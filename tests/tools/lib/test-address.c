/* test-address.c
 * Tests what addresses are understood, and listening and connecting there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "../../check.h"
#include "address.h"

unsigned checks;
unsigned failures;

static void
test_good(void)
{
    static const struct {
        const char *text;
        bool exposed;
    } cases[] = {
        { "unix:/run/bmc.sock", false },
        { "unix:relative", false },
        { "unix:with:colon", false },
        { "tcp::9002", false },
        { "tcp:127.0.0.1:9002", false },
        { "tcp:127.1.2.3:1", false },
        { "tcp:localhost:9002", false },
        { "tcp:LOCALHOST:9002", false },
        { "tcp:[::1]:65535", false },
        { "tcp::0", false },
        { "tcp:0.0.0.0:9002", true },
        { "tcp:[::]:9002", true },
        { "tcp:192.0.2.1:9002", true },
        { "tcp:bmc.example.org:9002", true },
        { "fd:0", false },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        GError *error = NULL;
        struct address *address = address_parse(cases[i].text, &error);

        CHECK(address, "%s: %s", cases[i].text, error ? error->message : "");
        if (!address) {
            g_clear_error(&error);
            continue;
        }
        CHECK(g_str_equal(address_text(address), cases[i].text), "%s",
              cases[i].text);
        CHECK(address_is_exposed(address) == cases[i].exposed, "%s",
              cases[i].text);
        address_free(address);
    }
}

static void
test_bad(void)
{
    static const struct {
        const char *text;
        const char *words;      /* some of those that say why */
    } cases[] = {
        { "", "write unix:PATH, tcp:HOST:PORT or fd:N" },
        { "/run/bmc.sock", "write unix:PATH" },
        { "udp:localhost:9002", "write unix:PATH" },
        { "localhost:9002", "write unix:PATH" },
        { "unix:", "a path follows" },
        { "tcp:", "port" },
        { "tcp:9002", "port" },
        { "tcp:localhost", "port" },
        { "tcp:localhost:", "port" },
        { "tcp:localhost:65536", "port" },
        { "tcp:localhost:-1", "port" },
        { "tcp:localhost:9002x", "port" },
        { "tcp:localhost:http", "port" },
        { "tcp:::1:9002", "in brackets" },
        { "tcp:[::1:9002", "in brackets" },
        { "tcp:[localhost]:9002", "IPv6" },
        { "tcp:[127.0.0.1]:9002", "IPv6" },
        { "tcp:[]:9002", "IPv6" },
        { "fd:", "number" },
        { "fd:x", "number" },
        { "fd:-1", "number" },
        { "fd:99999999999", "number" },
    };
    char *longest = g_strnfill(200, 'x');
    char *text = g_strconcat("unix:", longest, NULL);
    GError *error = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        CHECK(!address_parse(cases[i].text, &error), "%s", cases[i].text);
        CHECK(error && strstr(error->message, cases[i].words), "%s: %s",
              cases[i].text, error ? error->message : "no error");
        CHECK(g_error_matches(error, G_OPTION_ERROR,
                              G_OPTION_ERROR_BAD_VALUE), "%s", cases[i].text);
        g_clear_error(&error);
    }
    CHECK(!address_parse(text, &error), "a path of 200 bytes");
    CHECK(error && strstr(error->message, "at most 107 bytes"), "%s",
          error ? error->message : "no error");
    g_clear_error(&error);
    g_free(text);
    g_free(longest);
}

static struct address *
parse(const char *format, ...) G_GNUC_PRINTF(1, 2);

static struct address *
parse(const char *format, ...)
{
    GError *error = NULL;
    va_list arguments;
    struct address *address;
    char *text;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    address = address_parse(text, &error);
    g_assert_no_error(error);
    g_free(text);
    return address;
}

/* What every socket must be like. */
static void
check_socket(GSocket *socket, const char *which)
{
    int fd = g_socket_get_fd(socket);

    CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK, "%s blocks", which);
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC, "%s is inherited", which);
    if (g_socket_get_family(socket) != G_SOCKET_FAMILY_UNIX) {
        int no_delay = 0;
        socklen_t len = sizeof no_delay;

        getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &len);
        CHECK(no_delay, "%s delays", which);
    }
}

static GSocket *
accept_within(GSocket *listener, GError **error)
{
    g_socket_condition_timed_wait(listener, G_IO_IN, 60 * G_USEC_PER_SEC, NULL,
                                  NULL);
    return address_accept(listener, error);
}

/* Whether a byte goes from one to the other. */
static void
check_pair(GSocket *one, GSocket *other, const char *what)
{
    char byte = 0;

    CHECK(g_socket_send(one, "x", 1, NULL, NULL) == 1, "%s", what);
    g_socket_condition_timed_wait(other, G_IO_IN, 60 * G_USEC_PER_SEC, NULL,
                                  NULL);
    CHECK(g_socket_receive(other, &byte, 1, NULL, NULL) == 1 && byte == 'x',
          "%s", what);
}

static void
check_meeting(GSocket *listener, struct address *peer, const char *what)
{
    GError *error = NULL;
    GSocket *near, *far;

    check_socket(listener, what);
    CHECK(!address_accept(listener, &error), "%s: nobody came yet", what);
    CHECK(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK), "%s",
          what);
    g_clear_error(&error);

    near = address_connect(peer, &error);
    g_assert_no_error(error);
    far = accept_within(listener, &error);
    g_assert_no_error(error);
    check_socket(near, what);
    check_socket(far, what);
    check_pair(near, far, what);
    check_pair(far, near, what);
    g_object_unref(near);
    g_object_unref(far);
}

/* Checks and clears an error that must be there. */
static void
check_error(GError **error, int code, const char *words)
{
    CHECK(g_error_matches(*error, G_IO_ERROR, code), "%s: %d instead of %d: %s",
          words, *error ? (*error)->code : -1, code,
          *error ? (*error)->message : "no error");
    CHECK(*error && strstr((*error)->message, words), "%s: %s", words,
          *error ? (*error)->message : "no error");
    g_clear_error(error);
}

/* Waits until new files are newer than those there are. */
static void
let_files_age(void)
{
    struct timespec then, now;

    clock_gettime(CLOCK_REALTIME_COARSE, &then);
    do {
        clock_gettime(CLOCK_REALTIME_COARSE, &now);
    } while (now.tv_sec == then.tv_sec && now.tv_nsec == then.tv_nsec);
}

static void
test_unix(const char *directory)
{
    struct address *address = parse("unix:%s/sock", directory);
    struct address *again = parse("unix:%s/sock", directory);
    struct address *file = parse("unix:%s/file", directory);
    struct address *nowhere = parse("unix:%s/none/sock", directory);
    char *path = g_build_filename(directory, "sock", NULL);
    char *file_path = g_build_filename(directory, "file", NULL);
    GError *error = NULL;
    struct stat status;
    mode_t mask = umask(0);
    GSocket *listener;

    CHECK(!address_connect(address, &error), "nobody listens");
    check_error(&error, G_IO_ERROR_NOT_FOUND, "nothing listens there");

    listener = address_listen(address, &error);
    umask(mask);
    g_assert_no_error(error);
    CHECK(lstat(path, &status) == 0 && S_ISSOCK(status.st_mode)
          && (status.st_mode & 0777) == 0600, "mode %o", status.st_mode);
    check_meeting(listener, address, "unix");

    CHECK(!address_listen(again, &error), "somebody listens");
    check_error(&error, G_IO_ERROR_ADDRESS_IN_USE, "somebody else does");
    CHECK(!address_accept(listener, &error), "who was not disturbed by it");
    check_error(&error, G_IO_ERROR_WOULD_BLOCK, "");

    /* Nobody listens any more, and has not tidied up. */
    g_object_unref(listener);
    CHECK(!address_connect(again, &error), "nobody listens any more");
    check_error(&error, G_IO_ERROR_CONNECTION_REFUSED,
                "nothing listens there; start it first");
    let_files_age();
    listener = address_listen(again, &error);
    g_assert_no_error(error);
    address_unlisten(address);
    CHECK(access(path, F_OK) == 0, "it is somebody else's");
    check_meeting(listener, address, "unix again");
    address_unlisten(again);
    CHECK(access(path, F_OK) != 0, "it is still there");
    g_object_unref(listener);

    g_file_set_contents(file_path, "x", 1, NULL);
    CHECK(!address_listen(file, &error), "a file is there");
    check_error(&error, G_IO_ERROR_EXISTS, "something else of that name");
    CHECK(access(file_path, F_OK) == 0, "the file is gone");
    CHECK(!address_listen(nowhere, &error), "no such directory");
    check_error(&error, G_IO_ERROR_NOT_FOUND, "no such folder; make it");

    g_unlink(file_path);
    g_free(file_path);
    g_free(path);
    address_free(nowhere);
    address_free(file);
    address_free(again);
    address_free(address);
}

static guint16
port_of(GSocket *listener)
{
    GSocketAddress *at = g_socket_get_local_address(listener, NULL);
    guint16 port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(at));

    g_object_unref(at);
    return port;
}

/* Listens at a host and connects to a host, which may be called otherwise. */
static void
test_tcp(const char *listen_host, const char *connect_host)
{
    struct address *listen_at = parse("tcp:%s:0", listen_host);
    struct address *peer, *same;
    GError *error = NULL;
    GSocket *listener = address_listen(listen_at, &error);

    if (!listener && *listen_host == '[') {
        printf("SKIPPED: IPv6, which is not here: %s\n", error->message);
        g_error_free(error);
        address_free(listen_at);
        return;
    }
    g_assert_no_error(error);
    peer = parse("tcp:%s:%u", connect_host, port_of(listener));
    same = parse("tcp:%s:%u", listen_host, port_of(listener));
    check_meeting(listener, peer, listen_host);
    CHECK(!address_listen(same, &error), "somebody listens");
    check_error(&error, G_IO_ERROR_ADDRESS_IN_USE,
                "somebody else does; stop them or choose another port");
    g_object_unref(listener);
    CHECK(!address_connect(peer, &error), "nobody listens any more");
    check_error(&error, G_IO_ERROR_CONNECTION_REFUSED,
                "nothing listens there; start it first");

    /* At once after connections there. */
    listener = address_listen(same, &error);
    g_assert_no_error(error);
    g_object_unref(listener);
    address_free(same);
    address_free(peer);
    address_free(listen_at);
}

static void
test_fd_connected(void)
{
    int pair[2];
    struct address *near, *far;
    GSocket *one, *other;
    GError *error = NULL;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
    near = parse("fd:%d", pair[0]);
    far = parse("fd:%d", pair[1]);
    CHECK(!address_listen(near, &error), "it does not listen");
    check_error(&error, G_IO_ERROR_INVALID_ARGUMENT, "connect to it instead");

    one = address_connect(near, &error);
    g_assert_no_error(error);
    other = address_connect(far, &error);
    g_assert_no_error(error);
    check_socket(one, "fd");
    check_pair(one, other, "fd");
    CHECK(!address_connect(near, &error), "it was taken");
    check_error(&error, G_IO_ERROR_CLOSED, "has been used");
    g_object_unref(one);
    g_object_unref(other);
    CHECK(!address_connect(near, &error), "it is closed");
    check_error(&error, G_IO_ERROR_CLOSED, "has been used");
    address_free(near);
    address_free(far);
}

static void
test_fd_listening(void)
{
    struct address *real = parse("tcp:0.0.0.0:0"), *inherited, *peer;
    GError *error = NULL;
    GSocket *listener = address_listen(real, &error), *taken;

    g_assert_no_error(error);
    inherited = parse("fd:%d", dup(g_socket_get_fd(listener)));
    peer = parse("tcp::%u", port_of(listener));
    CHECK(address_is_exposed(inherited), "it listens everywhere");
    CHECK(!address_connect(inherited, &error), "it listens");
    check_error(&error, G_IO_ERROR_INVALID_ARGUMENT, "listen on it instead");
    taken = address_listen(inherited, &error);
    g_assert_no_error(error);
    g_object_unref(listener);
    check_meeting(taken, peer, "listening fd");
    address_unlisten(inherited);
    g_object_unref(taken);
    address_free(peer);
    address_free(inherited);
    address_free(real);
}

static void
test_fd_wrong(void)
{
    int file = open("/dev/null", O_RDWR);
    int unconnected = socket(AF_INET, SOCK_STREAM, 0);
    struct address *none = parse("fd:1000000"), *null = parse("fd:%d", file);
    struct address *lone = parse("fd:%d", unconnected);
    GError *error = NULL;

    CHECK(!address_is_exposed(none), "there is none");
    CHECK(!address_connect(none, &error), "there is none");
    check_error(&error, G_IO_ERROR_INVALID_ARGUMENT, "fd:1000000 is no stream");
    CHECK(!address_listen(null, &error), "a device");
    check_error(&error, G_IO_ERROR_INVALID_ARGUMENT, "is no stream socket");
    CHECK(!address_connect(lone, &error), "without a peer");
    check_error(&error, G_IO_ERROR_NOT_CONNECTED, "is not connected");
    address_free(lone);
    address_free(null);
    address_free(none);
    close(file);
}

struct outcome {
    GMainLoop *loop;
    GSocket *socket;
    GError *error;
};

static void
note_outcome(GObject *source, GAsyncResult *result, gpointer data)
{
    struct outcome *outcome = data;

    (void)source;
    outcome->socket = address_connect_finish(result, &outcome->error);
    g_main_loop_quit(outcome->loop);
}

static struct outcome
connect_in_loop(struct address *address, GCancellable *cancellable)
{
    struct outcome outcome = { g_main_loop_new(NULL, FALSE), NULL, NULL };

    address_connect_async(address, cancellable, note_outcome, &outcome);
    g_main_loop_run(outcome.loop);
    g_main_loop_unref(outcome.loop);
    return outcome;
}

/* An address may be freed while it is being connected to. */
static void
cancel_and_forget(const char *directory)
{
    struct address *address = parse("unix:%s/async", directory);
    GCancellable *cancellable = g_cancellable_new();
    struct outcome outcome = { g_main_loop_new(NULL, FALSE), NULL, NULL };

    address_connect_async(address, cancellable, note_outcome, &outcome);
    g_cancellable_cancel(cancellable);
    address_free(address);
    g_main_loop_run(outcome.loop);
    CHECK(!outcome.socket, "it was cancelled and freed");
    check_error(&outcome.error, G_IO_ERROR_CANCELLED, "");
    g_main_loop_unref(outcome.loop);
    g_object_unref(cancellable);
}

static void
test_async(const char *directory)
{
    struct address *address = parse("unix:%s/async", directory);
    struct address *fd;
    struct outcome outcome = connect_in_loop(address, NULL);
    GCancellable *cancelled = g_cancellable_new();
    GError *error = NULL;
    GSocket *listener, *far;
    int pair[2];

    CHECK(!outcome.socket, "nobody listens");
    check_error(&outcome.error, G_IO_ERROR_NOT_FOUND, "cannot connect to unix:");

    listener = address_listen(address, &error);
    g_assert_no_error(error);
    outcome = connect_in_loop(address, NULL);
    g_assert_no_error(outcome.error);
    far = accept_within(listener, &error);
    g_assert_no_error(error);
    check_socket(outcome.socket, "async");
    check_pair(outcome.socket, far, "async");
    g_object_unref(outcome.socket);
    g_object_unref(far);

    g_cancellable_cancel(cancelled);
    outcome = connect_in_loop(address, cancelled);
    CHECK(!outcome.socket, "it was cancelled");
    check_error(&outcome.error, G_IO_ERROR_CANCELLED, "");
    cancel_and_forget(directory);

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
    fd = parse("fd:%d", pair[0]);
    outcome = connect_in_loop(fd, NULL);
    g_assert_no_error(outcome.error);
    check_socket(outcome.socket, "async fd");
    g_object_unref(outcome.socket);
    outcome = connect_in_loop(fd, NULL);
    CHECK(!outcome.socket, "it was taken");
    check_error(&outcome.error, G_IO_ERROR_CLOSED, "has been used");
    close(pair[1]);
    address_free(fd);

    address_unlisten(address);
    g_object_unref(listener);
    g_object_unref(cancelled);
    address_free(address);
}

int
main(void)
{
    GError *error = NULL;
    char *directory = g_dir_make_tmp("test-address-XXXXXX", &error);

    g_assert_no_error(error);
    test_good();
    test_bad();
    test_unix(directory);
    test_tcp("", "");
    test_tcp("", "localhost");
    test_tcp("localhost", "localhost");
    test_tcp("localhost", "127.0.0.1");
    test_tcp("127.0.0.1", "127.0.0.1");
    test_tcp("[::1]", "");
    test_fd_connected();
    test_fd_listening();
    test_fd_wrong();
    test_async(directory);
    CHECK(g_rmdir(directory) == 0, "%s is not empty", directory);
    g_free(directory);
    printf("%u checks, %u failures\n", checks, failures);
    return failures > 0;
}
