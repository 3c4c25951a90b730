/* captures.c
 * Where the links' traffic is written.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "captures.h"

#include "talk.h"

struct destination {
    struct capture_writer *writer;
    char *name;
    bool  in_trouble;       /* and said so */
};

struct captures {
    GMutex  lock;
    GArray *destinations;   /* struct destination */
    GArray *missed;         /* uint64_t, packets of each point while paused */
    bool    paused;
};

static struct destination *
destination(struct captures *captures, guint i)
{
    return &g_array_index(captures->destinations, struct destination, i);
}

struct captures *
captures_new(void)
{
    struct captures *captures = g_new0(struct captures, 1);

    g_mutex_init(&captures->lock);
    captures->destinations =
        g_array_new(FALSE, FALSE, sizeof(struct destination));
    captures->missed = g_array_new(FALSE, TRUE, sizeof(uint64_t));
    return captures;
}

void
captures_add(struct captures *captures, struct capture_writer *writer,
             const char *name)
{
    struct destination added = { .writer = writer, .name = g_strdup(name) };

    g_array_append_val(captures->destinations, added);
}

unsigned
captures_point(struct captures *captures, const char *name,
               const char *description)
{
    unsigned point = captures->missed->len;

    g_mutex_lock(&captures->lock);
    g_array_set_size(captures->missed, point + 1);
    for (guint i = 0; i < captures->destinations->len; i++) {
        /* All have the same points in the same order. */
        capture_writer_point(destination(captures, i)->writer, name,
                             description);
    }
    g_mutex_unlock(&captures->lock);
    return point;
}

void
captures_lock(struct captures *captures)
{
    g_mutex_lock(&captures->lock);
}

void
captures_unlock(struct captures *captures)
{
    for (guint i = 0; i < captures->destinations->len; i++) {
        capture_writer_flush(destination(captures, i)->writer);
    }
    g_mutex_unlock(&captures->lock);
}

void
captures_put(struct captures *captures, struct capture_packet *packet)
{
    uint64_t *missed = &g_array_index(captures->missed, uint64_t,
                                      packet->point);

    if (captures->paused) {
        (*missed)++;
        return;
    }
    packet->lost = *missed;
    *missed = 0;
    for (guint i = 0; i < captures->destinations->len; i++) {
        capture_writer_add(destination(captures, i)->writer, packet);
    }
}

void
captures_pause(struct captures *captures, bool pause)
{
    g_mutex_lock(&captures->lock);
    captures->paused = pause;
    g_mutex_unlock(&captures->lock);
}

uint64_t
captures_lost(struct captures *captures)
{
    uint64_t lost = 0;

    g_mutex_lock(&captures->lock);
    for (guint i = 0; i < captures->destinations->len; i++) {
        struct capture_writer_state state;

        capture_writer_get_state(destination(captures, i)->writer, &state);
        lost = MAX(lost, state.lost);
        capture_writer_state_clear(&state);
    }
    g_mutex_unlock(&captures->lock);
    return lost;
}

bool
captures_reader_gone(struct captures *captures)
{
    bool gone = false;

    g_mutex_lock(&captures->lock);
    for (guint i = 0; i < captures->destinations->len; i++) {
        struct capture_writer_state state;

        capture_writer_get_state(destination(captures, i)->writer, &state);
        gone |= state.reader_gone;
        capture_writer_state_clear(&state);
    }
    g_mutex_unlock(&captures->lock);
    return gone;
}

void
captures_check(struct captures *captures)
{
    for (guint i = 0; i < captures->destinations->len; i++) {
        struct destination *to = destination(captures, i);
        struct capture_writer_state state;

        g_mutex_lock(&captures->lock);
        capture_writer_get_state(to->writer, &state);
        g_mutex_unlock(&captures->lock);
        if (state.trouble && !to->in_trouble) {
            talk("%s; the links go on without it", state.trouble);
        } else if (!state.trouble && to->in_trouble) {
            talk("%s: being written again, %" G_GUINT64_FORMAT
                 " packets were lost so far", to->name, state.lost);
        }
        to->in_trouble = state.trouble != NULL;
        capture_writer_state_clear(&state);
    }
}

bool
captures_close(struct captures *captures)
{
    bool complete = true;

    for (guint i = 0; i < captures->destinations->len; i++) {
        struct destination *to = destination(captures, i);
        GError *error = NULL;

        if (!capture_writer_close(to->writer, &error)) {
            talk("%s", error->message);
            g_error_free(error);
            complete = false;
        }
        g_free(to->name);
    }
    g_array_unref(captures->missed);
    g_array_unref(captures->destinations);
    g_mutex_clear(&captures->lock);
    g_free(captures);
    return complete;
}
