/* relay.c
 * Passes bytes on between pairs of sockets. Each event reads once and sends at
 * once; only what the other end does not take is stored, and then nothing more
 * is read until it has: so a slow end holds its peer back, as it would on a
 * direct connection, and memory is bounded. The end of a stream is passed on as
 * such, so that the other direction may go on.
 *
 * All of it happens in the relay's thread, but for the calls of the owner of a
 * pair that is not active.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "relay.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <gio/gio.h>

#include "tool.h"

/* Read at once, and so the most that is stored for an end. */
#define CHUNK       16384

#define EVENTS      64

/* An idle processor takes long to wake up, above all in a virtual machine. So
 * while events follow each other sooner than this, in ns, they are waited for
 * awake, for so long at most. */
#define SOON            50000

/* How many have to come soon before that, and how many at most where it is in
 * vain more often than not. */
#define LEAST_SOON      2
#define MOST_SOON       1024

/* What is watched at an end that epoll does not know. */
#define UNWATCHED   UINT32_MAX

struct relay {
    GThread *thread;
    int      epoll_fd;
    int      wake_fd;       /* an eventfd; its events have no data */
    GMutex   lock;          /* of the two that follow */
    GSList  *starting;
    bool     stopping;
    GSList  *ended;         /* pairs whose owners have to be told */
    unsigned came_soon;     /* events in a row */
    unsigned needed_soon;   /* of those, to wait awake */
    uint8_t  chunk[CHUNK];
};

struct relay_end {
    struct relay_pair *pair;
    unsigned index;
    int      fd;
    uint32_t watched;       /* events, or UNWATCHED */
    bool     finished;      /* nothing more is read from it */
    bool     deaf;          /* it takes nothing more */
    bool     hung_up;       /* which epoll would report again and again */
    bool     shut;          /* it knows that nothing more will come */
    uint8_t *waiting;       /* for it to take */
    size_t   waiting_len;
    size_t   waiting_taken;
};

struct relay_pair {
    struct relay *relay;
    struct watch *watch;
    bool     keep;
    bool     kept;
    bool     active;
    relay_end_func ended;
    gpointer data;
    struct relay_end ends[ENDS];
};

static struct relay_end *
peer_of(struct relay_end *end)
{
    return &end->pair->ends[!end->index];
}

static void
forget_waiting(struct relay_end *end)
{
    g_clear_pointer(&end->waiting, g_free);
    end->waiting_len = end->waiting_taken = 0;
}

/* Sends what it takes at once; returns how much that is. */
static size_t
send_some(struct relay_end *end, const uint8_t *bytes, size_t len)
{
    ssize_t sent;

    if (end->deaf) {
        return 0;
    }
    do {
        sent = send(end->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) {
        return (size_t)sent;
    }
    if (errno != EAGAIN && errno != ENOBUFS) {
        end->deaf = true;
    }
    return 0;
}

static void
send_waiting(struct relay_end *end)
{
    end->waiting_taken += send_some(end, end->waiting + end->waiting_taken,
                                    end->waiting_len - end->waiting_taken);
    if (end->waiting_taken == end->waiting_len) {
        forget_waiting(end);
    }
}

/* Reads once from an end and passes it on: first to its peer, then to the
 * captures. */
static void
pass_on(struct relay_end *end)
{
    struct relay_end *peer = peer_of(end);
    uint8_t *chunk = end->pair->relay->chunk;
    uint64_t time;
    size_t sent;
    ssize_t len;

    do {
        len = recv(end->fd, chunk, CHUNK, MSG_DONTWAIT);
    } while (len < 0 && errno == EINTR);
    if (len > 0) {
        time = tool_clock(CLOCK_REALTIME);
        sent = send_some(peer, chunk, (size_t)len);
        if (sent < (size_t)len) {
            peer->waiting_len = (size_t)len - sent;
            peer->waiting = g_memdup2(chunk + sent, peer->waiting_len);
        }
        watch_bytes(end->pair->watch, end->index, chunk, (size_t)len, time);
    } else if (len == 0 || errno != EAGAIN) {
        end->finished = true;
    }
}

/* Whether the near end is to outlive the far one. */
static bool
is_keeping(const struct relay_pair *pair)
{
    return pair->keep && !pair->ends[NEAR].finished && !pair->ends[NEAR].deaf;
}

/* Events to watch for at an end. What its peer has not taken is in the way of
 * reading more: so when an end has finished, nothing of it waits. */
static uint32_t
wanted_events(struct relay_end *end)
{
    const struct relay_end *peer = peer_of(end);
    uint32_t events = 0;

    if (!end->finished && !peer->waiting && !peer->deaf) {
        events |= EPOLLIN;
    }
    if (end->waiting && !end->deaf) {
        events |= EPOLLOUT;
    }
    return events || !end->hung_up ? events : UNWATCHED;
}

static void
watch_for(struct relay_end *end, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = end };
    int operation = end->watched == UNWATCHED ? EPOLL_CTL_ADD
                    : events == UNWATCHED     ? EPOLL_CTL_DEL
                                              : EPOLL_CTL_MOD;

    if (events != end->watched) {
        /* Fails for want of the kernel's memory, if at all. */
        if (epoll_ctl(end->pair->relay->epoll_fd, operation, end->fd,
                      &event) < 0) {
            tool_fail("cannot wait for a socket: %s", g_strerror(errno));
        }
        end->watched = events;
    }
}

/* An end that takes nothing more has no use for what its peer sends, which is
 * told so as far as its kind of socket allows. */
static void
give_up_deaf_ends(struct relay_pair *pair)
{
    for (unsigned i = 0; i < ENDS; i++) {
        struct relay_end *end = &pair->ends[i];
        struct relay_end *peer = peer_of(end);

        if (end->deaf && !(i == FAR && is_keeping(pair))) {
            forget_waiting(end);
            if (!peer->finished) {
                peer->finished = true;
                shutdown(peer->fd, SHUT_RD);
            }
        }
    }
}

static void
pass_on_ends_of_streams(struct relay_pair *pair)
{
    for (unsigned i = 0; i < ENDS; i++) {
        struct relay_end *end = &pair->ends[i];
        struct relay_end *peer = peer_of(end);

        if (end->finished && !peer->shut && !(i == FAR && is_keeping(pair))) {
            peer->shut = true;
            shutdown(peer->fd, SHUT_WR);
        }
    }
}

/* Does what follows from what has become of the two ends. */
static void
follow_up(struct relay_pair *pair)
{
    struct relay_end *near = &pair->ends[NEAR];
    struct relay_end *far = &pair->ends[FAR];

    give_up_deaf_ends(pair);
    pass_on_ends_of_streams(pair);
    pair->kept = is_keeping(pair) && far->finished;
    pair->active = !pair->kept && !(near->finished && far->finished);
    for (unsigned i = 0; i < ENDS; i++) {
        watch_for(&pair->ends[i], pair->active ? wanted_events(&pair->ends[i])
                                               : UNWATCHED);
    }
    if (!pair->active) {
        pair->relay->ended = g_slist_prepend(pair->relay->ended, pair);
    }
}

static void
handle_event(struct relay_end *end, uint32_t events)
{
    if (!end->pair->active) {
        return;     /* ended by an event of the same batch */
    }
    if (events & (EPOLLHUP | EPOLLERR)) {
        end->hung_up = end->deaf = true;
    }
    if (events & EPOLLOUT && end->waiting) {
        send_waiting(end);
    }
    if (events & EPOLLIN && wanted_events(end) & EPOLLIN) {
        pass_on(end);
    }
    follow_up(end->pair);
}

static gboolean
tell_owner(gpointer data)
{
    struct relay_pair *pair = data;

    pair->ended(pair->kept, pair->data);
    return G_SOURCE_REMOVE;
}

static void
tell_owners(struct relay *relay)
{
    while (relay->ended) {
        g_idle_add_full(G_PRIORITY_DEFAULT, tell_owner, relay->ended->data,
                        NULL);
        relay->ended = g_slist_delete_link(relay->ended, relay->ended);
    }
}

/* Takes what the owners want. Returns whether to go on. */
static bool
take_orders(struct relay *relay)
{
    GSList *starting;
    eventfd_t count;
    bool stopping;

    eventfd_read(relay->wake_fd, &count);
    g_mutex_lock(&relay->lock);
    starting = g_steal_pointer(&relay->starting);
    stopping = relay->stopping;
    g_mutex_unlock(&relay->lock);

    while (starting) {
        follow_up(starting->data);
        starting = g_slist_delete_link(starting, starting);
    }
    return !stopping;
}

/* Returns how many events come soon, 0 for none. */
static int
wait_awake(struct relay *relay, struct epoll_event *events)
{
    const uint64_t begin = tool_clock(CLOCK_MONOTONIC);
    int count = epoll_wait(relay->epoll_fd, events, EVENTS, 0);

    if (count != 0) {
        return count;
    }
    do {
        /* Whoever else has something to do on this processor, such as the
         * ends, does it meanwhile. */
        sched_yield();
        count = epoll_wait(relay->epoll_fd, events, EVENTS, 0);
        if (count != 0) {
            relay->needed_soon = MAX(relay->needed_soon / 2, LEAST_SOON);
            return count;
        }
    } while (tool_clock(CLOCK_MONOTONIC) - begin < SOON);
    relay->needed_soon = MIN(2 * relay->needed_soon, MOST_SOON);
    relay->came_soon = 0;
    return 0;
}

static int
wait_asleep(struct relay *relay, struct epoll_event *events)
{
    const uint64_t begin = tool_clock(CLOCK_MONOTONIC);
    int count = epoll_wait(relay->epoll_fd, events, EVENTS, -1);

    if (tool_clock(CLOCK_MONOTONIC) - begin < SOON) {
        relay->came_soon++;
    } else {
        relay->came_soon = 0;
    }
    return count;
}

static int
wait_for_events(struct relay *relay, struct epoll_event *events)
{
    int count = 0;

    if (relay->came_soon >= relay->needed_soon) {
        count = wait_awake(relay, events);
    }
    return count != 0 ? count : wait_asleep(relay, events);
}

static gpointer
run(gpointer data)
{
    struct relay *relay = data;
    struct epoll_event events[EVENTS];
    bool going_on = true;

    while (going_on) {
        int count = wait_for_events(relay, events);

        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr) {
                handle_event(events[i].data.ptr, events[i].events);
            } else {
                going_on = take_orders(relay);
            }
        }
        tell_owners(relay);
    }
    return NULL;
}

static void
wake(struct relay *relay)
{
    eventfd_write(relay->wake_fd, 1);
}

struct relay *
relay_new(GError **error)
{
    struct relay *relay = g_new0(struct relay, 1);
    struct epoll_event event = { .events = EPOLLIN };

    g_mutex_init(&relay->lock);
    relay->needed_soon = LEAST_SOON;
    relay->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    relay->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (relay->epoll_fd < 0 || relay->wake_fd < 0 ||
        epoll_ctl(relay->epoll_fd, EPOLL_CTL_ADD, relay->wake_fd,
                  &event) < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                    "cannot wait for events: %s", g_strerror(errno));
        relay_free(relay);
        return NULL;
    }
    relay->thread = g_thread_new("relay", run, relay);
    return relay;
}

void
relay_stop(struct relay *relay)
{
    if (relay->thread) {
        g_mutex_lock(&relay->lock);
        relay->stopping = true;
        g_mutex_unlock(&relay->lock);
        wake(relay);
        g_thread_join(g_steal_pointer(&relay->thread));
    }
}

void
relay_free(struct relay *relay)
{
    relay_stop(relay);
    if (relay->wake_fd >= 0) {
        close(relay->wake_fd);
    }
    if (relay->epoll_fd >= 0) {
        close(relay->epoll_fd);
    }
    g_slist_free(relay->starting);
    g_mutex_clear(&relay->lock);
    g_free(relay);
}

struct relay_pair *
relay_pair_new(struct relay *relay, struct watch *watch, bool keep,
               relay_end_func ended, gpointer data)
{
    struct relay_pair *pair = g_new0(struct relay_pair, 1);

    pair->relay = relay;
    pair->watch = watch;
    pair->keep = keep;
    pair->ended = ended;
    pair->data = data;
    for (unsigned i = 0; i < ENDS; i++) {
        pair->ends[i].pair = pair;
        pair->ends[i].index = i;
    }
    return pair;
}

void
relay_pair_start(struct relay_pair *pair, int near_fd, int far_fd)
{
    const int fds[ENDS] = { near_fd, far_fd };
    struct relay *relay = pair->relay;

    for (unsigned i = 0; i < ENDS; i++) {
        struct relay_end *end = &pair->ends[i];

        end->fd = fds[i];
        end->watched = UNWATCHED;
        end->finished = end->deaf = end->hung_up = end->shut = false;
    }
    g_mutex_lock(&relay->lock);
    relay->starting = g_slist_append(relay->starting, pair);
    g_mutex_unlock(&relay->lock);
    wake(relay);
}

void
relay_pair_forget(struct relay_pair *pair)
{
    for (unsigned i = 0; i < ENDS; i++) {
        forget_waiting(&pair->ends[i]);
    }
}

void
relay_pair_free(struct relay_pair *pair)
{
    g_idle_remove_by_data(pair);
    relay_pair_forget(pair);
    g_free(pair);
}
