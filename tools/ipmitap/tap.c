/* tap.c
 * Links that are passed on, and captures of what goes by on them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tap.h"

/* Requests are given up and captures looked after this often. */
#define TICK    1000    /* ms */

struct tap {
    struct relay *relay;
    struct captures *captures;
    GPtrArray *links;
    guint running;          /* links that are not over */
    guint tick;             /* a source's number */
    tap_over_func over;
    gpointer over_data;
};

static gboolean
on_tick(gpointer data)
{
    struct tap *tap = data;

    for (guint i = 0; i < tap->links->len; i++) {
        watch_tick(link_watch(tap->links->pdata[i]));
    }
    captures_check(tap->captures);
    return G_SOURCE_CONTINUE;
}

static void
on_link_over(gpointer data)
{
    struct tap *tap = data;

    if (--tap->running == 0) {
        tap->over(tap->over_data);
    }
}

static void
free_link(gpointer data)
{
    link_free(data);
}

struct tap *
tap_new(tap_over_func over, gpointer data, GError **error)
{
    struct relay *relay = relay_new(error);
    struct tap *tap;

    if (!relay) {
        return NULL;
    }
    tap = g_new0(struct tap, 1);
    tap->relay = relay;
    tap->captures = captures_new();
    tap->links = g_ptr_array_new_with_free_func(free_link);
    tap->tick = g_timeout_add(TICK, on_tick, tap);
    tap->over = over;
    tap->over_data = data;
    return tap;
}

void
tap_add_capture(struct tap *tap, struct capture_writer *writer,
                const char *name)
{
    captures_add(tap->captures, writer, name);
}

bool
tap_add_link(struct tap *tap, struct link_spec *spec, GError **error)
{
    struct link *link = link_new(spec, on_link_over, tap, error);

    if (!link) {
        return false;
    }
    g_ptr_array_add(tap->links, link);
    return true;
}

void
tap_begin(struct tap *tap, bool keep)
{
    tap->running = tap->links->len;
    for (guint i = 0; i < tap->links->len; i++) {
        link_begin(tap->links->pdata[i], keep, tap->relay, tap->captures);
    }
}

guint
tap_links(const struct tap *tap)
{
    return tap->links->len;
}

struct link *
tap_link(const struct tap *tap, guint number)
{
    return tap->links->pdata[number];
}

void
tap_get_counts(const struct tap *tap, struct watch_counts *counts)
{
    *counts = (struct watch_counts){ 0 };
    for (guint i = 0; i < tap->links->len; i++) {
        struct watch_counts more;

        watch_get_counts(link_watch(tap->links->pdata[i]), &more);
        counts->requests += more.requests;
        counts->responses += more.responses;
        counts->controls += more.controls;
        counts->bad += more.bad;
        counts->unanswered += more.unanswered;
        counts->outstanding += more.outstanding;
    }
}

struct captures *
tap_captures(const struct tap *tap)
{
    return tap->captures;
}

bool
tap_close(struct tap *tap)
{
    bool complete;

    g_source_remove(tap->tick);
    relay_stop(tap->relay);
    g_ptr_array_unref(tap->links);
    complete = captures_close(tap->captures);
    relay_free(tap->relay);
    g_free(tap);
    return complete;
}
