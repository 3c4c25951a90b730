/* link-spec.c
 * What the user says of a link.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "link.h"

#include <string.h>

static const char listen_prefix[] = "listen:";
static const char connect_prefix[] = "connect:";

/* Whether an end may begin here. */
static bool
begins_end(const char *text)
{
    static const char *const beginnings[] = {
        "unix:", "tcp:", "fd:", listen_prefix, connect_prefix,
    };

    for (guint i = 0; i < G_N_ELEMENTS(beginnings); i++) {
        if (g_str_has_prefix(text, beginnings[i])) {
            return true;
        }
    }
    return false;
}

/* The comma between the two ends: a path may have commas as well. */
static const char *
find_comma(const char *text)
{
    const char *comma = strchr(text, ',');

    while (comma && !begins_end(comma + 1)) {
        comma = strchr(comma + 1, ',');
    }
    return comma;
}

static bool
parse_end(const char *text, bool listens, struct link_end_spec *end,
          GError **error)
{
    end->listens = listens;
    if (g_str_has_prefix(text, listen_prefix)) {
        end->listens = true;
        text += strlen(listen_prefix);
    } else if (g_str_has_prefix(text, connect_prefix)) {
        end->listens = false;
        text += strlen(connect_prefix);
    }
    end->address = address_parse(text, error);
    return end->address != NULL;
}

struct link_spec *
link_spec_new(const char *name, const struct link_end_spec *first,
              const struct link_end_spec *second, GError **error)
{
    const char *text = address_text(first->address);
    bool swap = second->listens && !first->listens;
    struct link_spec *spec;

    /* The tap would be connected to itself. */
    if (g_str_equal(text, address_text(second->address))) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "both ends of %s are %s: the tap needs an address of its "
                    "own, and one end of the link has to use that", name,
                    text);
        return NULL;
    }
    spec = g_new0(struct link_spec, 1);
    spec->name = g_strdup(name);
    spec->ends[NEAR] = swap ? *second : *first;
    spec->ends[FAR] = swap ? *first : *second;
    return spec;
}

struct link_spec *
link_spec_parse(const char *text, GError **error)
{
    struct link_end_spec first = { 0 }, second = { 0 };
    struct link_spec *spec = NULL;
    const char *equals = strchr(text, '=');
    const char *comma = equals ? find_comma(equals) : NULL;
    char *name, *near;

    if (!comma || equals == text) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "'%s' is not a link: write NAME=LISTEN,CONNECT, such as "
                    "web1=unix:/run/web1-tap.sock,tcp::9002", text);
        return NULL;
    }
    name = g_strndup(text, (gsize)(equals - text));
    near = g_strndup(equals + 1, (gsize)(comma - equals - 1));
    if (parse_end(near, true, &first, error) &&
        parse_end(comma + 1, false, &second, error)) {
        spec = link_spec_new(name, &first, &second, error);
    }
    if (!spec) {
        address_free(first.address);
        address_free(second.address);
    }
    g_free(near);
    g_free(name);
    return spec;
}

void
link_spec_free(struct link_spec *spec)
{
    for (unsigned i = 0; i < ENDS; i++) {
        address_free(spec->ends[i].address);
    }
    g_free(spec->name);
    g_free(spec);
}
