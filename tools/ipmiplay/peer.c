/* peer.c
 * The other end of a connection: connects, splits what comes into frames, and
 * waits for whatever happens first.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE     /* ppoll() */

#include "peer.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <glib-unix.h>
#include <linux/sockios.h>

#include "frames.h"
#include "text.h"
#include "tool.h"

#define NS_PER_SECOND   UINT64_C(1000000000)
#define NS_PER_MS       UINT64_C(1000000)

/* From one attempt to connect to the next. */
#define RETRY_INTERVAL  (100 * NS_PER_MS)

/* All that a BMC could ask of a host but ENABLE and DISABLE, which only later
 * versions of QEMU know. */
#define CAPABILITIES                                                        \
    (IPMI_EXTERN_CAP_POWER | IPMI_EXTERN_CAP_RESET | IPMI_EXTERN_CAP_IRQ    \
     | IPMI_EXTERN_CAP_NMI | IPMI_EXTERN_CAP_ATTN                           \
     | IPMI_EXTERN_CAP_GRACEFUL_SHUTDOWN)

/* How long a peer may take for what was sent last: until it has read it, and
 * then to understand it. */
#define MAX_LINGER      (10 * NS_PER_SECOND)
#define LINGER          (1000 * NS_PER_MS)

/* A peer that leaves so many bytes unread does not read. */
#define MAX_UNSENT      (256 * 1024)

/* Of messages that are dropped, so many are told. */
#define MAX_TOLD        10

struct received {
    bool    is_control;
    size_t  len;
    uint8_t bytes[];
};

struct peer {
    struct address *address;
    GSocket    *listener;       /* NULL if we connect */
    GSocket    *socket;         /* NULL if there is no connection */
    enum ipmi_extern_sender played;
    int         signals;        /* is readable once there was one */
    bool        stopped;
    bool        keys;
    struct frame_splitter splitter;
    GQueue      received;       /* of struct received */
    struct received *current;   /* what the frame last returned points to */
    bool        untold_end;     /* of the connection */
    GByteArray *unsent;
    unsigned    told;
};

uint64_t
peer_now(void)
{
    return tool_clock(CLOCK_MONOTONIC);
}

uint64_t
peer_later(uint64_t time, uint64_t ns)
{
    return ns > PEER_NO_DEADLINE - time ? PEER_NO_DEADLINE : time + ns;
}

/* Of a port that the kernel chose, nobody could know. */
static void
tell_chosen(const struct peer *peer)
{
    char *chosen = address_chosen(peer->address, peer->listener);

    if (chosen) {
        tool_say("listens on %s", chosen);
        g_free(chosen);
    }
}

struct peer *
peer_new(struct address *address, bool listening,
         enum ipmi_extern_sender played, GError **error)
{
    struct peer *peer = g_new0(struct peer, 1);
    sigset_t signals;

    peer->address = address;
    peer->played = played;
    g_queue_init(&peer->received);
    peer->unsent = g_byte_array_new();

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    peer->signals = signalfd(-1, &signals, SFD_CLOEXEC);

    if (listening) {
        peer->listener = address_listen(address, error);
        if (!peer->listener) {
            peer_free(peer);
            return NULL;
        }
        tell_chosen(peer);
    }
    return peer;
}

static void
forget_received(struct peer *peer)
{
    g_queue_clear_full(&peer->received, g_free);
    peer->splitter.len = 0;
    g_byte_array_set_size(peer->unsent, 0);
}

static void
drop_connection(struct peer *peer)
{
    g_clear_object(&peer->socket);
    forget_received(peer);
}

void
peer_free(struct peer *peer)
{
    drop_connection(peer);
    if (peer->listener) {
        address_unlisten(peer->address);
        g_object_unref(peer->listener);
    }
    close(peer->signals);
    g_free(peer->current);
    g_byte_array_free(peer->unsent, TRUE);
    address_free(peer->address);
    g_free(peer);
}

bool
peer_is_open(const struct peer *peer)
{
    return peer->socket != NULL;
}

void
peer_listen_to_keys(struct peer *peer, bool listen)
{
    peer->keys = listen;
}

/* --- connecting -------------------------------------------------------- */

static void
use(struct peer *peer, GSocket *socket)
{
    peer->socket = socket;
    peer->untold_end = false;
    forget_received(peer);
}

struct attempt {
    GSocket *socket;
    GError  *error;
    bool     done;
};

static void
connect_done(GObject *source, GAsyncResult *result, void *data)
{
    struct attempt *attempt = data;

    (void)source;
    attempt->socket = address_connect_finish(result, &attempt->error);
    attempt->done = true;
}

static gboolean
cancel_attempt(void *data)
{
    g_cancellable_cancel(data);
    return G_SOURCE_REMOVE;
}

static gboolean
cancel_attempt_by_signal(int fd, GIOCondition condition, void *data)
{
    (void)fd;
    (void)condition;
    return cancel_attempt(data);
}

/* Tries once, until the deadline or a signal. */
static struct attempt
try_to_connect(struct peer *peer, uint64_t deadline)
{
    struct attempt attempt = { 0 };
    GCancellable *cancellable = g_cancellable_new();
    GSource *signals = g_unix_fd_source_new(peer->signals, G_IO_IN);
    GSource *timer = NULL;

    g_source_set_callback(signals, G_SOURCE_FUNC(cancel_attempt_by_signal),
                          cancellable, NULL);
    g_source_attach(signals, NULL);
    if (deadline != PEER_NO_DEADLINE) {
        const uint64_t now = peer_now();
        const uint64_t ms = deadline > now ? (deadline - now) / NS_PER_MS : 0;

        timer = g_timeout_source_new((guint)MIN(ms, (uint64_t)G_MAXUINT));
        g_source_set_callback(timer, cancel_attempt, cancellable, NULL);
        g_source_attach(timer, NULL);
    }

    address_connect_async(peer->address, cancellable, connect_done, &attempt);
    while (!attempt.done) {
        g_main_context_iteration(NULL, TRUE);
    }

    if (timer) {
        g_source_destroy(timer);
        g_source_unref(timer);
    }
    g_source_destroy(signals);
    g_source_unref(signals);
    g_object_unref(cancellable);
    return attempt;
}

/* Keeps what says most of why there is no connection: that an attempt took too
 * long says less than why the one before failed. Takes failure. */
static void
note_failure(const struct peer *peer, GError *failure, GError **last)
{
    if (!g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_clear_error(last);
        *last = failure;
        return;
    }
    g_error_free(failure);
    if (!*last) {
        *last = g_error_new(G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                            "cannot connect to %s: there is no answer",
                            address_text(peer->address));
    }
}

static enum peer_event
connect_until(struct peer *peer, uint64_t deadline, GError **error)
{
    GError *last = NULL;

    for (;;) {
        struct attempt attempt = try_to_connect(peer, deadline);
        uint64_t next;

        if (attempt.socket) {
            g_clear_error(&last);
            use(peer, attempt.socket);
            return PEER_CONNECTED;
        }
        note_failure(peer, attempt.error, &last);
        next = peer_later(peer_now(), RETRY_INTERVAL);
        if (peer_wait(peer, MIN(next, deadline), NULL) == PEER_STOPPED) {
            g_clear_error(&last);
            return PEER_STOPPED;
        }
        if (next > deadline) {
            g_propagate_error(error, last);
            return PEER_TIME;
        }
    }
}

/* --- receiving --------------------------------------------------------- */

static void
tell_dropped(struct peer *peer, const char *why, const uint8_t *wire,
             size_t len)
{
    char *text;

    if (peer->told++ >= MAX_TOLD) {
        return;
    }
    text = text_of_bytes(wire, MIN(len, 32));
    tool_say("dropped what the peer sent, %s: %s%s", why, text,
             len > 32 ? " ..." : "");
    g_free(text);
    if (peer->told == MAX_TOLD) {
        tool_say("what else is dropped will not be told");
    }
}

/* Why a receiver drops a frame, or NULL. */
static const char *
fault_of(const struct peer *peer, const struct ipmi_extern_frame *frame,
         const uint8_t *bytes, size_t original_len)
{
    if (original_len > frame->wire_len) {
        return "it is too long";
    }
    if (frame->escape_fault == IPMI_EXTERN_ESCAPE_AT_END) {
        return "it ends with an escape";
    }
    if (frame->terminator == IPMI_EXTERN_CMD_END) {
        return frame->len == 0 ? "a control command without a code" : NULL;
    }
    if (frame->terminator == 0) {
        return "it has no end";
    }
    if (frame->sum != 0) {
        return "its checksum is wrong";
    }
    if (!ipmi_extern_message_good(frame, bytes)) {
        return "it is too short";
    }
    if (ipmi_extern_is_response(bytes)
            != (peer->played == IPMI_EXTERN_FROM_HOST)) {
        return peer->played == IPMI_EXTERN_FROM_HOST
               ? "a BMC sends no requests" : "a host sends no responses";
    }
    return NULL;
}

static void
take_frame(const uint8_t *wire, size_t len, size_t original_len, void *data)
{
    struct peer *peer = data;
    struct received *received = g_malloc(sizeof *received + len);
    struct ipmi_extern_frame frame;
    const char *fault;

    ipmi_extern_frame_decode(wire, len, received->bytes, &frame);
    fault = fault_of(peer, &frame, received->bytes, original_len);
    if (fault) {
        tell_dropped(peer, fault, wire, original_len);
        g_free(received);
        return;
    }
    received->is_control = frame.terminator == IPMI_EXTERN_CMD_END;
    received->len = frame.len - !received->is_control;
    g_queue_push_tail(&peer->received, received);
}

/* Returns false if the connection is at its end. */
static bool
receive(struct peer *peer)
{
    uint8_t bytes[4096];
    const ssize_t len = recv(g_socket_get_fd(peer->socket), bytes,
                             sizeof bytes, MSG_DONTWAIT);

    if (len > 0) {
        frame_splitter_feed(&peer->splitter, bytes, (size_t)len, take_frame,
                            peer);
        return true;
    }
    if (len < 0 && (errno == EAGAIN || errno == EINTR)) {
        return true;
    }
    frame_splitter_end(&peer->splitter, take_frame, peer);
    return false;
}

/* --- sending ----------------------------------------------------------- */

/* An error is that of the connection, so receiving will find it, too. */
static void
send_unsent(struct peer *peer)
{
    const ssize_t len = send(g_socket_get_fd(peer->socket), peer->unsent->data,
                             peer->unsent->len, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (len > 0) {
        g_byte_array_remove_range(peer->unsent, 0, (guint)len);
    } else if (len < 0 && errno != EAGAIN && errno != EINTR) {
        g_byte_array_set_size(peer->unsent, 0);
    }
}

static void
send_frame(struct peer *peer, const uint8_t *frame, size_t len)
{
    g_byte_array_append(peer->unsent, frame, (guint)len);
    send_unsent(peer);
    if (peer->unsent->len > MAX_UNSENT) {
        tool_say("the peer does not read what it is sent, so the connection is "
                 "closed");
        drop_connection(peer);
        peer->untold_end = true;
    }
}

void
peer_send_message(struct peer *peer, const uint8_t *message, size_t len)
{
    uint8_t *frame;

    if (!peer->socket) {
        return;
    }
    frame = g_malloc(FRAME_SIZE(len + 1));
    send_frame(peer, frame, frame_of_message(message, len, frame));
    g_free(frame);
}

void
peer_send_control(struct peer *peer, const uint8_t *control, size_t len)
{
    uint8_t *frame;

    if (!peer->socket) {
        return;
    }
    frame = g_malloc(FRAME_SIZE(len));
    send_frame(peer, frame, frame_of_control(control, len, frame));
    g_free(frame);
}

void
peer_send_attention(struct peer *peer, bool attention)
{
    const uint8_t control = attention ? IPMI_EXTERN_ATTN_IRQ
                                      : IPMI_EXTERN_NOATTN;

    peer_send_control(peer, &control, sizeof control);
}

void
peer_greet(struct peer *peer, bool attention)
{
    static const uint8_t version[] = {
        IPMI_EXTERN_VERSION, IPMI_EXTERN_VERSION_1
    };
    static const uint8_t capabilities[] = {
        IPMI_EXTERN_CAPABILITIES, CAPABILITIES
    };

    peer_send_control(peer, version, sizeof version);
    if (peer->played == IPMI_EXTERN_FROM_HOST) {
        peer_send_control(peer, capabilities, sizeof capabilities);
    } else {
        peer_send_attention(peer, attention);
    }
}

/* --- waiting ----------------------------------------------------------- */

/* Whether Enter is the next of the input, of which the end is a wish to stop.
 * The next Enter may be there already, and is not for now. */
static bool
read_key(struct peer *peer)
{
    char key = '\0';

    peer->stopped = read(STDIN_FILENO, &key, 1) <= 0;
    return key == '\n';
}

static void
poll_until(struct pollfd *fds, nfds_t count, uint64_t deadline)
{
    struct timespec left, *timeout = NULL;

    if (deadline != PEER_NO_DEADLINE) {
        const uint64_t now = peer_now();
        const uint64_t ns = deadline > now ? deadline - now : 0;

        left.tv_sec = (time_t)(ns / NS_PER_SECOND);
        left.tv_nsec = (long)(ns % NS_PER_SECOND);
        timeout = &left;
    }
    if (ppoll(fds, count, timeout, NULL) < 0) {
        for (nfds_t i = 0; i < count; i++) {
            fds[i].revents = 0;
        }
    }
}

/* What has come already. */
static bool
take_received(struct peer *peer, struct peer_frame *frame,
              enum peer_event *event)
{
    g_clear_pointer(&peer->current, g_free);
    peer->current = g_queue_pop_head(&peer->received);
    if (!peer->current) {
        return false;
    }
    frame->bytes = peer->current->bytes;
    frame->len = peer->current->len;
    *event = peer->current->is_control ? PEER_CONTROL : PEER_MESSAGE;
    return true;
}

/* An end of the connection is reported after all that came before it. */
static bool
take_end(struct peer *peer)
{
    if (!peer->untold_end) {
        return false;
    }
    peer->untold_end = false;
    drop_connection(peer);
    return true;
}

enum peer_event
peer_wait(struct peer *peer, uint64_t deadline, struct peer_frame *frame)
{
    for (;;) {
        enum peer_event event;
        struct pollfd fds[] = {
            { .fd = peer->signals, .events = POLLIN },
            { .fd = peer->keys ? STDIN_FILENO : -1, .events = POLLIN },
            { .fd = -1 },
        };

        if (peer->stopped) {
            return PEER_STOPPED;
        }
        if (take_received(peer, frame, &event)) {
            return event;
        }
        if (take_end(peer)) {
            return PEER_CLOSED;
        }
        if (peer->socket) {
            fds[2].fd = g_socket_get_fd(peer->socket);
            fds[2].events = POLLIN | (peer->unsent->len > 0 ? POLLOUT : 0);
        }
        poll_until(fds, G_N_ELEMENTS(fds), deadline);
        if (fds[0].revents) {
            peer->stopped = true;
            continue;
        }
        if (fds[1].revents && read_key(peer)) {
            return PEER_KEY;
        }
        if (fds[2].revents & POLLOUT) {
            send_unsent(peer);
        }
        if (fds[2].revents & ~POLLOUT) {
            peer->untold_end = !receive(peer);
        }
        if (!peer->untold_end && g_queue_is_empty(&peer->received)
                && peer_now() >= deadline) {
            return PEER_TIME;
        }
    }
}

static enum peer_event
accept_until(struct peer *peer, uint64_t deadline, GError **error)
{
    for (;;) {
        GError *last = NULL;
        GSocket *socket = address_accept(peer->listener, &last);
        struct pollfd fds[] = {
            { .fd = peer->signals, .events = POLLIN },
            { .fd = g_socket_get_fd(peer->listener), .events = POLLIN },
        };

        if (socket) {
            use(peer, socket);
            return PEER_CONNECTED;
        }
        if (!g_error_matches(last, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
            g_propagate_error(error, last);
            return PEER_TIME;
        }
        g_error_free(last);
        poll_until(fds, G_N_ELEMENTS(fds), deadline);
        if (fds[0].revents) {
            peer->stopped = true;
            return PEER_STOPPED;
        }
        if (!fds[1].revents && peer_now() >= deadline) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                        "nobody has connected to %s",
                        address_text(peer->address));
            return PEER_TIME;
        }
    }
}

enum peer_event
peer_open(struct peer *peer, uint64_t deadline, GError **error)
{
    if (peer->stopped) {
        return PEER_STOPPED;
    }
    return peer->listener ? accept_until(peer, deadline, error)
                          : connect_until(peer, deadline, error);
}

/* Bytes sent that the peer, or of TCP its machine, has not taken. */
static int
count_untaken(const struct peer *peer)
{
    int count = 0;

    ioctl(g_socket_get_fd(peer->socket), SIOCOUTQ, &count);
    return count + (int)peer->unsent->len;
}

/* QEMU as the host takes a byte at a time, and forgets the rest when it sees
 * the end. BMCs are told the end: ipmi_sim closes what connects before it has
 * noticed that the connection before is over. */
void
peer_close(struct peer *peer)
{
    const uint64_t end = peer_later(peer_now(), MAX_LINGER);
    uint64_t deadline = peer_later(peer_now(), LINGER);
    struct peer_frame ignored;

    if (peer->socket && peer->played == IPMI_EXTERN_FROM_HOST
            && peer->unsent->len == 0) {
        shutdown(g_socket_get_fd(peer->socket), SHUT_WR);
    }
    while (peer->socket) {
        switch (peer_wait(peer, deadline, &ignored)) {
        case PEER_MESSAGE:
        case PEER_CONTROL:
            break;
        case PEER_TIME:
            if (count_untaken(peer) > 0 && peer_now() < end) {
                deadline = peer_later(peer_now(), LINGER);
                break;
            }
            /* fall through */
        default:
            drop_connection(peer);
        }
    }
}
