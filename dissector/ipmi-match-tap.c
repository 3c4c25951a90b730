/* ipmi-match-tap.c
 * tshark -z ipmi_match: which packets match display filters, any number of
 * them in one pass over a capture, for programs that judge captures.
 *
 *   -z ipmi_match,TAG,FILTER         a line for each packet that matches:
 *                                    match TAG NUMBER TIME
 *   -z ipmi_match,TAG=FIELD,FILTER   a line for each of the field's values in
 *                                    such a packet: match TAG NUMBER TIME VALUE
 *
 * NUMBER is the packet's, TIME in seconds since 1970 with nine decimals, VALUE
 * goes to the end of the line; it is empty for a field that has none. Lines are
 * written at once, in the order of the packets. At the end comes "end COUNT":
 * how many packets there were. A filter that is none ends tshark with
 * "ipmi_match TAG: REASON" on its standard error output.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <stdio.h>
#include <stdlib.h>

#include <epan/epan_dissect.h>
#include <epan/ftypes/ftypes.h>
#include <epan/packet.h>
#include <epan/stat_tap_ui.h>
#include <epan/tap.h>

#include "ipmi-match-tap.h"

#define OPTION "ipmi_match"

/* One -z. Lives as long as tshark. */
typedef struct {
    char *tag;
    const header_field_info *field; /* or NULL */
} match_listener;

/* Packets of the capture, whatever they match. */
static guint64 packets;

static void
print_match(const match_listener *of, const packet_info *pinfo,
            const char *value)
{
    printf("match %s %u %" G_GINT64_FORMAT ".%09d%s%s\n", of->tag,
           pinfo->num, (gint64)pinfo->abs_ts.secs, pinfo->abs_ts.nsecs,
           value ? " " : "", value ? value : "");
}

/* A field's value as text of one line; empty if it has none. */
static const char *
value_text(wmem_allocator_t *scope, const field_info *item)
{
    char *text = item->hfinfo->type == FT_PROTOCOL ? NULL :
        fvalue_to_string_repr(scope, ITEM_VALUE(item), FTREPR_DISPLAY,
                              item->hfinfo->display);

    return text ? g_strdelimit(text, "\r\n", ' ') : "";
}

/* A line for each value that the packet has, those it has twice once. */
static void
print_values(const match_listener *of, const packet_info *pinfo,
             const epan_dissect_t *edt)
{
    wmem_map_t *seen = wmem_map_new(pinfo->pool, g_str_hash, g_str_equal);
    const header_field_info *field = of->field;

    /* Fields of one name may be several. */
    while (field) {
        const GPtrArray *items = proto_get_finfo_ptr_array(edt->tree,
                                                           field->id);

        for (guint i = 0; items && i < items->len; i++) {
            const char *value = value_text(
                pinfo->pool, (const field_info *)g_ptr_array_index(items, i));

            if (!wmem_map_contains(seen, value)) {
                wmem_map_insert(seen, value, (void *)value);
                print_match(of, pinfo, value);
            }
        }
        field = field->same_name_prev_id == -1 ? NULL :
            proto_registrar_get_nth((guint)field->same_name_prev_id);
    }
}

static tap_packet_status
match_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt,
             const void *data _U_, tap_flags_t flags _U_)
{
    const match_listener *of = (const match_listener *)tapdata;

    if (of->field) {
        print_values(of, pinfo, edt);
    } else {
        print_match(of, pinfo, NULL);
    }
    fflush(stdout);
    return TAP_PACKET_DONT_REDRAW;
}

static tap_packet_status
count_packet(void *tapdata _U_, packet_info *pinfo _U_,
             epan_dissect_t *edt _U_, const void *data _U_,
             tap_flags_t flags _U_)
{
    packets++;
    return TAP_PACKET_DONT_REDRAW;
}

static void
count_draw(void *tapdata _U_)
{
    printf("end %" G_GUINT64_FORMAT "\n", packets);
    fflush(stdout);
}

/* Says what is wrong with an option; returns false for its caller to return. */
static ws_bool
refuse(const char *tag, const char *reason)
{
    fprintf(stderr, OPTION " %s: %s\n", tag, reason);
    return 0;
}

/* Returns whether a function is called for packets from now on. */
static ws_bool
listen_to(const char *tag, void *tapdata, const char *filter, guint flags,
          tap_packet_cb packet, tap_draw_cb draw)
{
    GString *error = register_tap_listener("frame", tapdata, filter, flags,
                                           NULL, packet, draw, NULL);

    if (error) {
        refuse(tag, error->str);
        g_string_free(error, TRUE);
        return 0;
    }
    return 1;
}

/* "TAG" or "TAG=FIELD", cut in two, and a filter. */
static ws_bool
add_listener(char *tag, const char *filter)
{
    static ws_bool counting;
    match_listener *to = g_new0(match_listener, 1);
    char *field = strchr(tag, '=');
    char *with_field = NULL;
    ws_bool good;

    to->tag = tag;
    if (field) {
        *field++ = '\0';
        to->field = proto_registrar_get_byname(field);
        if (!to->field) {
            fprintf(stderr, OPTION " %s: there is no field \"%s\"\n", tag,
                    field);
            return 0;
        }
        /* The tree has no values but of fields that a filter asks for. */
        with_field = g_strdup_printf("(%s) && %s", filter, field);
        filter = with_field;
    }
    good = listen_to(tag, to, filter, TL_REQUIRES_PROTO_TREE,
                     match_packet, NULL);
    g_free(with_field);

    if (good && !counting) {
        counting = 1;
        good = listen_to(tag, &packets, NULL, TL_REQUIRES_NOTHING,
                         count_packet, count_draw);
    }
    return good;
}

static ws_bool
start(const char *argument)
{
    char **parts = g_strsplit(argument, ",", 3);
    ws_bool good;

    if (g_strv_length(parts) == 3 && *parts[1] && *parts[2]) {
        good = add_listener(g_strdup(parts[1]), parts[2]);
    } else {
        good = refuse(argument, "write " OPTION ",TAG,FILTER or "
                                OPTION ",TAG=FIELD,FILTER");
    }
    g_strfreev(parts);
    return good;
}

#if WS_VERSION_AT_LEAST(4, 6)
static bool
match_init(const char *argument, void *userdata _U_)
{
    return start(argument);
}
#else
static void
match_init(const char *argument, void *userdata _U_)
{
    if (!start(argument)) {
        exit(1);
    }
}
#endif

static stat_tap_ui match_ui = {
    .group = REGISTER_PACKET_STAT_GROUP_UNSORTED,
    .title = "IPMI matches",
    .cli_string = OPTION,
    .tap_init_cb = match_init,
};

void
ipmi_match_tap_register(void)
{
    register_stat_tap_ui(&match_ui, NULL);
}
