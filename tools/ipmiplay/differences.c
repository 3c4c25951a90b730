/* differences.c
 * What a peer did otherwise than recorded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "differences.h"

#include <inttypes.h>
#include <stdio.h>

/* Of the longest message in words. */
#define LINE_SIZE   16384

char *
differences_describe(enum traffic_kind kind, const struct ipmi_command *command,
                     const uint8_t *bytes, size_t len)
{
    const struct traffic traffic = {
        .kind = kind,
        .where = CAPTURE_EXTERN,
        .command = command,
        .bytes = bytes,
        .len = len,
    };
    char *line = g_malloc(LINE_SIZE);

    traffic_describe(&traffic, line, LINE_SIZE);
    return line;
}

static void
print_line(char sign, enum traffic_kind kind,
           const struct ipmi_command *command, const uint8_t *bytes, size_t len)
{
    char *text = differences_describe(kind, command, bytes, len);

    printf("%c %s\n", sign, text);
    g_free(text);
}

static void
print_recorded(const struct recorded *event)
{
    print_line('-', event->kind, event->command, event->bytes, event->len);
}

static const char *
kind_text(enum traffic_kind kind)
{
    switch (kind) {
    case TRAFFIC_REQUEST:
        return "request";
    case TRAFFIC_RESPONSE:
        return "response";
    default:
        return "control command";
    }
}

/* The sequence number of a message is no part of what it says. */
bool
differences_are_none(const struct differences *differences,
                     const struct recorded *event,
                     const struct peer_frame *live)
{
    if (event->kind == TRAFFIC_CONTROL) {
        return masks_allow_control(differences->masks, event->bytes, event->len,
                                   live->bytes, live->len);
    }
    return masks_allow(differences->masks, event->bytes + 1, event->len - 1,
                       live->bytes + 1, live->len - 1);
}

/* To be freed; NULL if no mask would help. */
static char *
needed_mask(const struct differences *differences,
            const struct recorded *event, const struct peer_frame *live)
{
    if (event->kind == TRAFFIC_CONTROL) {
        const struct ipmi_extern_control_info *control =
            ipmi_extern_control_find(event->bytes[0]);

        return control ? g_strdup(control->name) : NULL;
    }
    return masks_needed(differences->masks, event->bytes + 1, event->len - 1,
                        live->bytes + 1, live->len - 1);
}

bool
differences_compare(struct differences *differences,
                    const struct recorded *event,
                    const struct peer_frame *live)
{
    char *needed;

    if (differences_are_none(differences, event, live)) {
        differences->same++;
        return true;
    }
    differences->different++;
    needed = needed_mask(differences, event, live);
    printf("%s:%" PRIu64 ": another %s%s%s%s\n", differences->name,
           event->number, kind_text(event->kind),
           needed ? " (" : "", needed ? needed : "", needed ? ")" : "");
    g_free(needed);
    print_recorded(event);
    print_line('+', event->kind, event->command, live->bytes, live->len);
    return false;
}

void
differences_missing(struct differences *differences,
                    const struct recorded *event, const char *why, ...)
{
    va_list arguments;

    differences->missing++;
    printf("%s:%" PRIu64 ": ", differences->name, event->number);
    va_start(arguments, why);
    vprintf(why, arguments);
    va_end(arguments);
    putchar('\n');
    print_recorded(event);
}

void
differences_unexpected(struct differences *differences,
                       const struct recorded *after, enum traffic_kind kind,
                       const struct peer_frame *live)
{
    differences->unexpected++;
    printf("%s:%" PRIu64 ": unexpected %s after this\n", differences->name,
           after->number, kind_text(kind));
    print_line('+', kind, NULL, live->bytes, live->len);
}

bool
differences_finish(const struct differences *differences,
                   const struct recorded *stopped_at)
{
    printf("%s:", differences->name);
    if (stopped_at) {
        printf(" stopped at %" PRIu64 ":", stopped_at->number);
    }
    printf(" %" PRIu64 " sent, %" PRIu64 " as recorded, %" PRIu64 " different, "
           "%" PRIu64 " missing, %" PRIu64 " unexpected in %.3f s\n",
           differences->sent, differences->same, differences->different,
           differences->missing, differences->unexpected,
           (double)(peer_now() - differences->start) / 1e9);
    return !stopped_at && differences->different == 0
           && differences->missing == 0 && differences->unexpected == 0;
}
