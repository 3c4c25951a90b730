/* link.c
 * A link, one connection after another: its two ends are waited for, accepted,
 * connected to and retried until both are there; then the relay has them, until
 * it gives them back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE     /* POLLRDHUP */

#include "link.h"

#include <poll.h>

#include <glib-unix.h>

#include "talk.h"

/* Between attempts to connect: doubled after each one, to a limit. */
#define FIRST_DELAY     50          /* ms */
#define LAST_DELAY      2000

/* What an end sent that has gone is still for the other one, if that can be
 * connected to so soon. */
#define LAST_WILL       1000        /* ms */

/* A connection that lasted was a good one: its successor is not delayed as one
 * that failed. */
#define LASTED          1000000     /* us */

struct link_end {
    struct link *link;
    const struct link_end_spec *spec;
    GSocket  *listener;
    GSocket  *socket;               /* connected */
    GSource  *source;               /* for somebody to connect, for the time to
                                     * retry, or for a connected end to hang up
                                     * before the other one is there */
    GCancellable *attempt;          /* to connect; NULL: there is none */
    guint     delay;                /* before the next attempt, in ms */
    char     *trouble;              /* why the last attempt failed, or NULL */
    bool      spent;                /* cannot be had again */
};

struct link {
    struct link_spec *spec;
    struct relay_pair *pair;
    struct watch *watch;
    bool      up;                   /* the relay has both ends */
    gint64    up_since;             /* us, monotonic */
    bool      over;
    link_over_func over_func;
    gpointer  over_data;
    struct link_end ends[ENDS];
};

static void advance(struct link *link);

static struct link_end *
peer_of(struct link_end *end)
{
    return &end->link->ends[end == &end->link->ends[NEAR] ? FAR : NEAR];
}

/* A socket that this program was started with. */
static bool
is_given(const struct link_end *end)
{
    return g_str_has_prefix(address_text(end->spec->address), "fd:");
}

static void
stop_waiting(struct link_end *end)
{
    if (end->source) {
        g_source_destroy(end->source);
        g_clear_pointer(&end->source, g_source_unref);
    }
}

static void
wait_for(struct link_end *end, GSource *source, GSourceFunc func)
{
    stop_waiting(end);
    end->source = source;
    g_source_set_callback(source, func, end, NULL);
    g_source_attach(source, NULL);
}

static void
drop(struct link_end *end)
{
    stop_waiting(end);
    if (end->socket) {
        g_socket_close(end->socket, NULL);
        g_clear_object(&end->socket);
        /* Of these there was only the one. */
        end->spent = !end->spec->listens && is_given(end);
        if (end == &end->link->ends[NEAR] && end->link->pair) {
            relay_pair_forget(end->link->pair);
        }
    }
}

/* Nobody is to connect any more. */
static void
close_listener(struct link_end *end)
{
    if (end->listener) {
        g_socket_close(end->listener, NULL);
        g_clear_object(&end->listener);
        address_unlisten(end->spec->address);
    }
}

static gboolean
on_retry(gpointer data)
{
    struct link_end *end = data;

    stop_waiting(end);
    advance(end->link);
    return G_SOURCE_REMOVE;
}

static void
retry_later(struct link_end *end)
{
    wait_for(end, g_timeout_source_new(end->delay), on_retry);
    end->delay = MIN(2 * end->delay, LAST_DELAY);
}

/* Says that an attempt failed, once. */
static void
complain(struct link_end *end, const GError *error)
{
    if (!end->trouble) {
        talk("%s: %s; trying again", end->link->spec->name, error->message);
    }
    g_free(end->trouble);
    end->trouble = g_strdup(error->message);
}

static void
got_socket(struct link_end *end, GSocket *socket)
{
    end->socket = socket;
    if (end->trouble) {
        talk("%s: %s is connected", end->link->spec->name,
             address_text(end->spec->address));
        g_clear_pointer(&end->trouble, g_free);
    }
}

static gboolean
on_connection(gint fd, GIOCondition condition, gpointer data)
{
    struct link_end *end = data;
    GError *error = NULL;
    GSocket *socket = address_accept(end->listener, &error);

    (void)fd;
    (void)condition;
    if (socket) {
        stop_waiting(end);
        got_socket(end, socket);
    } else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
        g_prefix_error(&error, "cannot accept at %s: ",
                       address_text(end->spec->address));
        complain(end, error);
        retry_later(end);
    }
    g_clear_error(&error);
    advance(end->link);
    return G_SOURCE_CONTINUE;
}

static void
on_connected(GObject *object, GAsyncResult *result, gpointer data)
{
    GError *error = NULL;
    GSocket *socket = address_connect_finish(result, &error);
    struct link_end *end = data;

    (void)object;
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_error_free(error);
        return;     /* the end may be no more */
    }
    g_clear_object(&end->attempt);
    if (socket) {
        got_socket(end, socket);
    } else {
        complain(end, error);
        retry_later(end);
        g_error_free(error);
    }
    advance(end->link);
}

static gboolean
on_gone_for_long(gpointer data)
{
    struct link_end *end = data;

    drop(end);
    advance(end->link);
    return G_SOURCE_REMOVE;
}

/* The first end to be there has gone while it waited for the other. */
static gboolean
on_hang_up(gint fd, GIOCondition condition, gpointer data)
{
    struct link_end *end = data;

    (void)fd;
    (void)condition;
    if (peer_of(end)->attempt) {
        wait_for(end, g_timeout_source_new(LAST_WILL), on_gone_for_long);
    } else {
        on_gone_for_long(end);
    }
    return G_SOURCE_REMOVE;
}

/* Whether to have this end connected: that of a listening end's peer only when
 * somebody has come. */
static bool
is_wanted(struct link_end *end)
{
    struct link_end *peer = peer_of(end);

    return end->spec->listens || !peer->spec->listens || peer->socket;
}

/* Does what is to be done next to have an end. */
static void
seek(struct link_end *end)
{
    if (end->socket) {
        if (!end->source) {
            wait_for(end,
                     g_unix_fd_source_new(g_socket_get_fd(end->socket),
                                          (GIOCondition)POLLRDHUP),
                     G_SOURCE_FUNC(on_hang_up));
        }
    } else if (!is_wanted(end)) {
        stop_waiting(end);
        if (end->attempt) {
            g_cancellable_cancel(end->attempt);
            g_clear_object(&end->attempt);
        }
        end->delay = FIRST_DELAY;
    } else if (end->source || end->attempt) {
        return;
    } else if (end->spec->listens) {
        wait_for(end,
                 g_unix_fd_source_new(g_socket_get_fd(end->listener), G_IO_IN),
                 G_SOURCE_FUNC(on_connection));
    } else {
        end->attempt = g_cancellable_new();
        address_connect_async(end->spec->address, end->attempt, on_connected,
                              end);
    }
}

static void
finish(struct link *link)
{
    for (unsigned i = 0; i < ENDS; i++) {
        drop(&link->ends[i]);
        close_listener(&link->ends[i]);
    }
    link->over = true;
    link->over_func(link->over_data);
}

static void
advance(struct link *link)
{
    struct link_end *near = &link->ends[NEAR];
    struct link_end *far = &link->ends[FAR];

    if (link->over || link->up) {
        return;
    }
    if (near->spent || far->spent) {
        finish(link);
        return;
    }
    if (near->socket && far->socket) {
        stop_waiting(near);
        stop_waiting(far);
        link->up = true;
        link->up_since = g_get_monotonic_time();
        watch_connected(link->watch);
        relay_pair_start(link->pair, g_socket_get_fd(near->socket),
                         g_socket_get_fd(far->socket));
        return;
    }
    seek(near);
    seek(far);
}

/* The relay gives the ends back. */
static void
on_pair_ended(bool kept, gpointer data)
{
    struct link *link = data;
    bool lasted = g_get_monotonic_time() - link->up_since >= LASTED;

    watch_disconnected(link->watch);
    link->up = false;
    for (unsigned i = 0; i < ENDS; i++) {
        struct link_end *end = &link->ends[i];

        if (i == FAR || !kept) {
            drop(end);
        }
        if (lasted) {
            end->delay = FIRST_DELAY;
        }
        if (!end->socket && !end->spec->listens && is_wanted(end) &&
            !end->spent) {
            retry_later(end);
        }
    }
    advance(link);
}

/* Says what the user has to know of where a link listens. */
static void
introduce(const struct link_end *end)
{
    const char *text = address_text(end->spec->address);
    const char *name = end->link->spec->name;
    char *chosen = address_chosen(end->spec->address, end->listener);

    if (address_is_exposed(end->spec->address)) {
        talk("%s: other machines can reach %s, and whoever does can control "
             "the other end: nothing protects it", name, text);
    }
    if (chosen) {
        talk("%s: listens on %s", name, chosen);
        g_free(chosen);
    }
}

/* What has to be there from the start. */
static bool
open_end(struct link_end *end, GError **error)
{
    if (end->spec->listens) {
        end->listener = address_listen(end->spec->address, error);
        if (end->listener) {
            introduce(end);
        }
        return end->listener != NULL;
    }
    if (is_given(end)) {
        end->socket = address_connect(end->spec->address, error);
        return end->socket != NULL;
    }
    return true;
}

struct link *
link_new(struct link_spec *spec, link_over_func over, gpointer data,
         GError **error)
{
    struct link *link = g_new0(struct link, 1);

    link->spec = spec;
    link->over_func = over;
    link->over_data = data;
    for (unsigned i = 0; i < ENDS; i++) {
        link->ends[i].link = link;
        link->ends[i].spec = &spec->ends[i];
        link->ends[i].delay = FIRST_DELAY;
    }
    if (!open_end(&link->ends[NEAR], error) ||
        !open_end(&link->ends[FAR], error)) {
        link_free(link);
        return NULL;
    }
    return link;
}

void
link_begin(struct link *link, bool keep, struct relay *relay,
           struct captures *captures)
{
    const struct link_spec *spec = link->spec;
    char *description;

    description = g_strdup_printf("tap: messages, %s to %s",
                                  address_text(spec->ends[NEAR].address),
                                  address_text(spec->ends[FAR].address));
    link->watch = watch_new(spec->name, description, captures);
    g_free(description);
    link->pair = relay_pair_new(relay, link->watch, keep, on_pair_ended, link);
    advance(link);
}

void
link_free(struct link *link)
{
    if (link->watch) {
        watch_disconnected(link->watch);
    }
    for (unsigned i = 0; i < ENDS; i++) {
        if (link->ends[i].attempt) {
            g_cancellable_cancel(link->ends[i].attempt);
            g_object_unref(link->ends[i].attempt);
        }
        drop(&link->ends[i]);
        close_listener(&link->ends[i]);
        g_free(link->ends[i].trouble);
    }
    g_clear_pointer(&link->pair, relay_pair_free);
    g_clear_pointer(&link->watch, watch_free);
    link_spec_free(link->spec);
    g_free(link);
}

const char *
link_name(const struct link *link)
{
    return link->spec->name;
}

bool
link_is_up(const struct link *link)
{
    return link->up;
}

static char *
end_state(const struct link_end *end)
{
    const char *address = address_text(end->spec->address);

    if (end->socket) {
        return g_strdup_printf("%s is connected", address);
    }
    if (end->trouble) {
        return g_strdup(end->trouble);
    }
    return g_strdup_printf(end->spec->listens ? "%s waits for a connection"
                                              : "%s is not connected",
                           address);
}

char *
link_state(const struct link *link)
{
    char *near = end_state(&link->ends[NEAR]);
    char *far = end_state(&link->ends[FAR]);
    char *state = link->over ? g_strdup("over")
                             : g_strdup_printf("%s, %s", near, far);

    g_free(far);
    g_free(near);
    return state;
}

struct watch *
link_watch(struct link *link)
{
    return link->watch;
}
