/* extcap-merge.c
 * Puts packets of several inputs into one order of time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "extcap-merge.h"

#include <string.h>

/* Before and after all deadlines. */
#define NOT_YET     0
#define ALL_OVER    G_MAXINT64

/* A packet that waits. */
struct held {
    struct capture_packet packet;
    gint64 deadline;            /* of the monotonic clock, in us */
    uint8_t bytes[];
};

struct input {
    bool open;
    GQueue held;                /* struct held, in the order of time */
};

struct merge {
    merge_func func;
    void *data;
    unsigned inputs;
    struct input *input;
    size_t bytes;               /* of all that is held */
    guint timer;                /* 0: nothing is held */
};

/* Returns the input whose next packet is the oldest of all, or NULL. *whole is
 * whether nothing older can come. */
static struct input *
oldest(struct merge *merge, bool *whole)
{
    struct input *found = NULL;
    uint64_t time = 0;

    *whole = true;
    for (unsigned i = 0; i < merge->inputs; i++) {
        struct input *input = &merge->input[i];
        const struct held *held = g_queue_peek_head(&input->held);

        if (!held) {
            *whole = *whole && !input->open;
        } else if (!found || held->packet.time < time) {
            found = input;
            time = held->packet.time;
        }
    }
    return found;
}

static size_t
size_of(const struct held *held)
{
    return sizeof *held + held->packet.len;
}

/* Passes on what need not wait any more: because nothing older can come, or
 * because it has waited up to that time. */
static void
pass_on(struct merge *merge, gint64 now)
{
    struct input *input;
    bool whole;

    while ((input = oldest(merge, &whole)) != NULL) {
        struct held *held = g_queue_peek_head(&input->held);

        if (!whole && merge->bytes <= MERGE_MAX_BYTES
                && held->deadline > now) {
            return;
        }
        g_queue_pop_head(&input->held);
        merge->bytes -= size_of(held);
        merge->func(&held->packet, merge->data);
        g_free(held);
    }
    if (merge->timer != 0) {
        g_source_remove(merge->timer);
        merge->timer = 0;
    }
}

static gboolean
deadline(gpointer data)
{
    struct merge *merge = data;

    /* Which ends the timer if nothing is left. */
    pass_on(merge, g_get_monotonic_time());
    return G_SOURCE_CONTINUE;
}

/* What is there to be read comes before the timer: it may be what is waited
 * for, however late this program has its turn. */
static guint
start_timer(struct merge *merge)
{
    return g_timeout_add_full(G_PRIORITY_LOW, MERGE_WAIT_MS / 4, deadline,
                              merge, NULL);
}

struct merge *
merge_new(unsigned inputs, merge_func func, void *data)
{
    struct merge *merge = g_new0(struct merge, 1);

    merge->func = func;
    merge->data = data;
    merge->inputs = inputs;
    merge->input = g_new0(struct input, inputs);
    return merge;
}

void
merge_free(struct merge *merge)
{
    pass_on(merge, ALL_OVER);
    g_free(merge->input);
    g_free(merge);
}

void
merge_set_open(struct merge *merge, unsigned input, bool open)
{
    merge->input[input].open = open;
    pass_on(merge, NOT_YET);
}

void
merge_put(struct merge *merge, unsigned input,
          const struct capture_packet *packet)
{
    struct held *held;

    if (merge->inputs == 1) {
        merge->func(packet, merge->data);
        return;
    }
    held = g_malloc(sizeof *held + packet->len);
    held->packet = *packet;
    held->packet.bytes = held->bytes;
    held->deadline = g_get_monotonic_time()
                     + MERGE_WAIT_MS * G_TIME_SPAN_MILLISECOND;
    if (packet->len > 0) {
        memcpy(held->bytes, packet->bytes, packet->len);
    }
    g_queue_push_tail(&merge->input[input].held, held);
    merge->bytes += size_of(held);
    if (merge->timer == 0) {
        merge->timer = start_timer(merge);
    }
    pass_on(merge, NOT_YET);
}
