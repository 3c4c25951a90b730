/* ipmi-point.c
 * Where something was captured: what a capture file says of its interfaces
 * (docs/capture-format.md, "the file").
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <epan/epan.h>
#include <epan/packet.h>
#include <wiretap/wtap.h>

#include "ipmi-point.h"

/* What tells interfaces apart: each section of a file counts from 0. */
typedef struct {
    guint32 interface_id;
    guint32 section;
} point_key;

static wmem_map_t *points;      /* point_key -> ipmi_point */
static wmem_map_t *labels;      /* those in use */

/* Events of one device follow each other. */
static point_key latest_key;
static const ipmi_point *latest_point;

static guint
key_hash(gconstpointer pointer)
{
    const point_key *key = (const point_key *)pointer;

    return key->interface_id * 31 + key->section;
}

static gboolean
key_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(point_key)) == 0;
}

static point_key
key_of(packet_info *pinfo)
{
    const wtap_rec *rec = pinfo->rec;
    point_key key = { 0, 0 };

    if (rec->presence_flags & WTAP_HAS_INTERFACE_ID) {
        key.interface_id = rec->rec_header.packet_header.interface_id;
    }
    if (rec->presence_flags & WTAP_HAS_SECTION_NUMBER) {
        key.section = rec->section_number;
    }
    return key;
}

/* The name of the interface, or NULL: for want of one Wireshark gives its
 * description, or says "unknown". */
static const char *
name_of(packet_info *pinfo, const point_key *key, const char *description)
{
#if WS_VERSION_AT_LEAST(4, 2)
    const char *name = epan_get_interface_name(
        pinfo->epan, key->interface_id, key->section);
#else
    const char *name = epan_get_interface_name(pinfo->epan, key->interface_id);
#endif

    if (!name || strcmp(name, "unknown") == 0 ||
        g_strcmp0(name, description) == 0) {
        return NULL;
    }
    return wmem_strdup(wmem_file_scope(), name);
}

static const char *
description_of(packet_info *pinfo, const point_key *key)
{
#if WS_VERSION_AT_LEAST(4, 2)
    return epan_get_interface_description(pinfo->epan, key->interface_id,
                                          key->section);
#else
    return epan_get_interface_description(pinfo->epan, key->interface_id);
#endif
}

/* "isa-ipmi-kcs: KCS registers, host's side, VM web1". The name of the virtual
 * machine is last, so that whatever it is does not matter to the rest. */
static void
parse_description(ipmi_point *point, const char *description)
{
    static const struct {
        const char *words;
        enum ipmi_machine_point side;
    } sides[] = {
        { ", host's side", IPMI_POINT_HOST },
        { ", BMC's side", IPMI_POINT_BMC },
    };
    static const char machine[] = ", VM ";
    const char *first = NULL, *rest = NULL;

    for (guint i = 0; i < array_length(sides); i++) {
        const char *found = strstr(description, sides[i].words);

        if (found && (!first || found < first)) {
            first = found;
            rest = found + strlen(sides[i].words);
            point->side = sides[i].side;
        }
    }
    if (rest && g_str_has_prefix(rest, machine) && rest[strlen(machine)]) {
        point->machine = wmem_strdup(wmem_file_scope(),
                                     rest + strlen(machine));
    }
}

/* No two points have the same label, so that whoever filters or counts by it
 * does not mix them. Machines without names that were merged have the same
 * paths. */
static const char *
label_of(const ipmi_point *point, const point_key *key)
{
    wmem_allocator_t *scope = wmem_file_scope();
    const char *label;

    if (!point->name) {
        label = wmem_strdup_printf(scope, "%s%sinterface %u",
                                   point->machine ? point->machine : "",
                                   point->machine ? ":" : "",
                                   key->interface_id);
    } else if (point->machine) {
        label = wmem_strdup_printf(scope, "%s:%s", point->machine,
                                   point->name);
    } else {
        label = point->name;
    }
    while (wmem_map_contains(labels, label)) {
        label = wmem_strdup_printf(scope, "%s (%u)", label, point->number);
    }
    wmem_map_insert(labels, label, (void *)point);
    return label;
}

static ipmi_point *
point_new(packet_info *pinfo, const point_key *key)
{
    ipmi_point *point = wmem_new0(wmem_file_scope(), ipmi_point);
    const char *description = description_of(pinfo, key);

    point->number = wmem_map_size(points);
    point->name = name_of(pinfo, key, description);
    if (description) {
        parse_description(point, description);
    }
    point->label = label_of(point, key);
    return point;
}

const ipmi_point *
ipmi_point_get(packet_info *pinfo)
{
    const point_key key = key_of(pinfo);
    ipmi_point *point;

    if (latest_point && key_equal(&key, &latest_key)) {
        return latest_point;
    }
    point = (ipmi_point *)wmem_map_lookup(points, &key);
    if (!point) {
        point = point_new(pinfo, &key);
        wmem_map_insert(points, wmem_memdup(wmem_file_scope(), &key, sizeof key),
                        point);
    }
    latest_key = key;
    latest_point = point;
    return point;
}

guint64
ipmi_point_dropped(packet_info *pinfo)
{
    guint64 dropped;

    /* Counting is the cheap way to find that there is none. */
    if (!pinfo->rec->block ||
        !wtap_block_count_option(pinfo->rec->block, OPT_PKT_DROPCOUNT) ||
        wtap_block_get_uint64_option_value(pinfo->rec->block, OPT_PKT_DROPCOUNT,
                                           &dropped) != WTAP_OPTTYPE_SUCCESS) {
        return 0;
    }
    return dropped;
}

static void
forget_file(void)
{
    latest_point = NULL;
}

void
ipmi_point_init(void)
{
    points = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(),
                                    key_hash, key_equal);
    labels = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(),
                                    wmem_str_hash, g_str_equal);
    register_cleanup_routine(forget_file);
}
