/* masks.c
 * Which bytes of a message may be other ones than recorded, and which are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "masks.h"

#include <string.h>

#include "ipmi-extern-frame.h"

/* A message from netFn/LUN on: where its byte 1 is. */
#define HEADER      2
#define NETFN_SHIFT 2
#define LUN_MASK    0x03

/* Bytes from 1. */
struct range {
    uint64_t first, last;       /* last: UINT64_MAX to the end */
};

struct mask {
    uint8_t netfn;
    uint8_t cmd;
    struct range range;
};

struct masks {
    GArray *list;               /* of struct mask */
    bool    controls[256];      /* by their codes */
};

/* What says when, how often, or who was first. Numbers of tables and sections
 * are those of the IPMI 2.0 specification. */
static const struct mask built_in[] = {
    { 0x01, 0x0f, { 3, 6 } },   /* Get POH Counter: count (28.14) */
    { 0x05, 0x11, { 2, 2 } },   /* Arm PEF Postpone Timer: present (30.2) */
    { 0x05, 0x15, { 2, 5 } },   /* Get Last Processed Event ID: time (30.6) */
    { 0x05, 0x20, { 4, 7 } },   /* Get Device SDR Info: change (35.2) */
    { 0x05, 0x22, { 2, 3 } },   /* Reserve Device SDR Repository (35.4) */
    { 0x07, 0x25, { 8, 9 } },   /* Get Watchdog Timer: countdown (27.7) */
    { 0x0a, 0x29, { 1, 4 } },   /* Set SDR Repository Time (33.18) */
    { 0x0a, 0x44, { 4, 7 } },   /* Add SEL Entry: time (31.6, 32.1) */
    { 0x0a, 0x49, { 1, 4 } },   /* Set SEL Time (31.11) */
    { 0x0b, 0x20, { 7, 14 } },  /* Get SDR Repository Info: times (33.9) */
    { 0x0b, 0x22, { 2, 3 } },   /* Reserve SDR Repository (33.11) */
    { 0x0b, 0x28, { 2, 5 } },   /* Get SDR Repository Time (33.17) */
    { 0x0b, 0x40, { 7, 14 } },  /* Get SEL Info: times (31.2) */
    { 0x0b, 0x42, { 2, 3 } },   /* Reserve SEL (31.4) */
    { 0x0b, 0x43, { 7, 10 } },  /* Get SEL Entry: time (31.5, 32.1) */
    { 0x0b, 0x48, { 2, 5 } },   /* Get SEL Time (31.10) */
};

struct masks *
masks_new(bool with_built_in)
{
    struct masks *masks = g_new0(struct masks, 1);

    masks->list = g_array_new(FALSE, FALSE, sizeof(struct mask));
    if (with_built_in) {
        g_array_append_vals(masks->list, built_in, G_N_ELEMENTS(built_in));
    }
    return masks;
}

void
masks_free(struct masks *masks)
{
    g_array_free(masks->list, TRUE);
    g_free(masks);
}

/* --- reading ----------------------------------------------------------- */

/* Two digits and what follows them. */
static bool
read_hex(const char **text, char follows, uint8_t *value)
{
    const char *at = *text;

    if (!g_ascii_isxdigit(at[0]) || !g_ascii_isxdigit(at[1])
            || at[2] != follows) {
        return false;
    }
    *value = (uint8_t)(g_ascii_xdigit_value(at[0]) << 4
                       | g_ascii_xdigit_value(at[1]));
    *text += 3;
    return true;
}

/* N, N-M or N-. */
static bool
read_range(const char *text, struct range *range)
{
    char **ends = g_strsplit(text, "-", 2);
    bool good = ends[0]
                && g_ascii_string_to_unsigned(ends[0], 10, 1, UINT16_MAX,
                                              &range->first, NULL);

    range->last = range->first;
    if (good && ends[1] && *ends[1]) {
        good = g_ascii_string_to_unsigned(ends[1], 10, range->first,
                                          UINT16_MAX, &range->last, NULL);
    } else if (good && ends[1]) {
        range->last = UINT64_MAX;
    }
    g_strfreev(ends);
    return good;
}

static bool
add_control(struct masks *masks, const char *name)
{
    for (unsigned code = 0; code <= UINT8_MAX; code++) {
        const struct ipmi_extern_control_info *control =
            ipmi_extern_control_find((uint8_t)code);

        if (control && strcmp(control->name, name) == 0) {
            masks->controls[code] = true;
            return true;
        }
    }
    return false;
}

static bool
add_ranges(struct masks *masks, const char *text)
{
    const char *at = text;
    struct mask mask = { 0 };
    bool good = read_hex(&at, '/', &mask.netfn) && mask.netfn <= 0x3f
                && read_hex(&at, '=', &mask.cmd);
    char **ranges = g_strsplit(good ? at : "", ",", -1);

    good = good && ranges[0];
    for (size_t i = 0; good && ranges[i]; i++) {
        good = read_range(ranges[i], &mask.range);
        if (good) {
            g_array_append_val(masks->list, mask);
        }
    }
    g_strfreev(ranges);
    return good;
}

bool
masks_add(struct masks *masks, const char *text, GError **error)
{
    if (add_control(masks, text) || add_ranges(masks, text)) {
        return true;
    }
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "'%s' is not a mask: write NETFN/COMMAND=BYTES, such as "
                "0b/48=2-5 or 07/01=3,9-, or a control command, such as "
                "CAPABILITIES", text);
    return false;
}

/* --- comparing --------------------------------------------------------- */

static bool
is_masked(const struct masks *masks, const uint8_t *message, uint64_t byte)
{
    for (unsigned i = 0; i < masks->list->len; i++) {
        const struct mask *mask = &g_array_index(masks->list, struct mask, i);

        if (mask->netfn == message[0] >> NETFN_SHIFT
                && mask->cmd == message[1] && byte >= mask->range.first
                && byte <= mask->range.last) {
            return true;
        }
    }
    return false;
}

/* Messages of one command and one kind. OpenIPMI answers with LUN 0 whichever
 * was asked. */
static bool
is_same_command(const uint8_t *recorded, size_t recorded_len,
                const uint8_t *live, size_t live_len)
{
    const bool is_response = recorded[0] >> NETFN_SHIFT & 1;
    const uint8_t lun = is_response ? LUN_MASK : 0;

    return recorded_len >= HEADER && live_len >= HEADER
           && (recorded[0] | lun) == (live[0] | lun)
           && recorded[1] == live[1];
}

/* The first byte at or after one that differs and must not; 0 if there is
 * none. */
static uint64_t
next_difference(const struct masks *masks, const uint8_t *recorded,
                size_t recorded_len, const uint8_t *live, size_t live_len,
                uint64_t byte)
{
    const size_t len = MAX(recorded_len, live_len);

    for (; HEADER + byte - 1 < len; byte++) {
        const size_t offset = HEADER + byte - 1;

        if ((offset >= recorded_len || offset >= live_len
                || recorded[offset] != live[offset])
                && !is_masked(masks, recorded, byte)) {
            return byte;
        }
    }
    return 0;
}

bool
masks_allow(const struct masks *masks, const uint8_t *recorded,
            size_t recorded_len, const uint8_t *live, size_t live_len)
{
    return is_same_command(recorded, recorded_len, live, live_len)
           && next_difference(masks, recorded, recorded_len, live, live_len, 1)
              == 0;
}

bool
masks_allow_control(const struct masks *masks, const uint8_t *recorded,
                    size_t recorded_len, const uint8_t *live, size_t live_len)
{
    return recorded[0] == live[0]
           && (masks->controls[recorded[0]]
               || (recorded_len == live_len
                   && memcmp(recorded, live, live_len) == 0));
}

char *
masks_needed(const struct masks *masks, const uint8_t *recorded,
             size_t recorded_len, const uint8_t *live, size_t live_len)
{
    const char *separator = "=";
    GString *text;
    uint64_t byte = 1;

    if (!is_same_command(recorded, recorded_len, live, live_len)) {
        return NULL;
    }
    text = g_string_new(NULL);
    g_string_printf(text, "%02x/%02x", recorded[0] >> NETFN_SHIFT,
                    recorded[1]);
    for (;;) {
        uint64_t first = next_difference(masks, recorded, recorded_len, live,
                                         live_len, byte);
        uint64_t last = first;

        if (first == 0) {
            return g_string_free(text, FALSE);
        }
        g_string_append_printf(text, "%s%" G_GUINT64_FORMAT, separator, first);
        separator = ",";
        while (next_difference(masks, recorded, recorded_len, live, live_len,
                               last + 1) == last + 1) {
            last++;
        }
        if (last != first) {
            g_string_append_printf(text, "-%" G_GUINT64_FORMAT, last);
        }
        byte = last + 1;
    }
}
