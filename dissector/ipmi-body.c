/* ipmi-body.c
 * Bodies of IPMI messages, decoded by Wireshark's own IPMI dissectors.
 *
 * Its "kcs" dissector decodes what we need, but was written for traces of one
 * bus with one message a packet, and only decodes if a preference is set. So
 * it is called with that preference set, in a conversation of its own for
 * each transaction, and with the columns locked.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <epan/column-utils.h>
#include <epan/dissectors/packet-ipmi.h>
#include <epan/exceptions.h>
#include <epan/expert.h>
#include <epan/packet.h>
#include <epan/prefs-int.h>
#include <epan/prefs.h>
#if __has_include(<wsutil/array.h>)
#include <wsutil/array.h>
#endif

#include "ipmi-body.h"
#include "ipmi-names.h"

/* Makes our conversations without addresses different from any that others
 * may have. */
#define BODY_PORT 0x69706d69

/* ipmi_dissect_arg_t.flags: to the BMC. */
#define TO_BMC 0x80

static dissector_handle_t kcs_handle;
static pref_t *decode_pref;

/* The commands that have a parser, the most frequent network functions first;
 * the same from Wireshark 4.0 to 4.6. */
static const struct {
    guint8  netfn;
    guint32 body;
    guint8  first, last;
} decoded[] = {
    { 0x06, IPMI_BODY_NONE, 0x01, 0x08 },
    { 0x06, IPMI_BODY_NONE, 0x22, 0x22 },
    { 0x06, IPMI_BODY_NONE, 0x24, 0x25 },
    { 0x06, IPMI_BODY_NONE, 0x2e, 0x34 },
    { 0x06, IPMI_BODY_NONE, 0x38, 0x3c },
    { 0x04, IPMI_BODY_NONE, 0x00, 0x02 },
    { 0x04, IPMI_BODY_NONE, 0x10, 0x17 },
    { 0x04, IPMI_BODY_NONE, 0x20, 0x2b },
    { 0x04, IPMI_BODY_NONE, 0x2d, 0x2f },
    { 0x0a, IPMI_BODY_NONE, 0x10, 0x12 },
    { 0x0a, IPMI_BODY_NONE, 0x20, 0x2c },
    { 0x0a, IPMI_BODY_NONE, 0x40, 0x49 },
    { 0x0a, IPMI_BODY_NONE, 0x5a, 0x5b },
    { 0x00, IPMI_BODY_NONE, 0x00, 0x09 },
    { 0x00, IPMI_BODY_NONE, 0x0f, 0x0f },
    { 0x0c, IPMI_BODY_NONE, 0x01, 0x04 },
    { 0x0c, IPMI_BODY_NONE, 0x10, 0x1b },
    { IPMI_NETFN_GROUP, IPMI_BODY_PICMG, 0x00, 0x38 },
    { IPMI_NETFN_GROUP, IPMI_BODY_PICMG, 0x3e, 0x48 },
    { IPMI_NETFN_GROUP, IPMI_BODY_VSO, 0x00, 0x0d },
    { IPMI_NETFN_GROUP, IPMI_BODY_VSO, 0x14, 0x16 },
    { IPMI_NETFN_GROUP, IPMI_BODY_VSO, 0x18, 0x18 },
    { IPMI_NETFN_GROUP, IPMI_BODY_VSO, 0x1b, 0x21 },
    { IPMI_NETFN_GROUP, IPMI_BODY_VSO, 0x40, 0x44 },
};

/* Protocols whose fields a body may have. */
static const char *const body_protocols[] = {
    "ipmi", "kcs", "ipmb", "data"
};
static int body_ids[array_length(body_protocols)];

void
ipmi_body_handoff(void)
{
    module_t *module = prefs_find_module("ipmi");

    kcs_handle = find_dissector("kcs");
    decode_pref = module ? prefs_find_preference(module, "dissect_bus_commands")
                         : NULL;
    for (guint i = 0; i < array_length(body_protocols); i++) {
        body_ids[i] = proto_get_id_by_filter_name(body_protocols[i]);
    }
}

ws_bool
ipmi_body_is_decoded(guint8 netfn, guint32 body, guint8 cmd)
{
    for (guint i = 0; i < array_length(decoded); i++) {
        if (decoded[i].netfn == (netfn & ~1) && decoded[i].body == body &&
            cmd >= decoded[i].first && cmd <= decoded[i].last) {
            return 1;
        }
    }
    return 0;
}

/* Whether anyone looks at what we would add to the tree. */
static ws_bool
is_wanted(proto_tree *tree)
{
    for (guint i = 0; i < array_length(body_protocols); i++) {
        if (proto_field_is_referenced(tree, body_ids[i])) {
            return 1;
        }
    }
    return proto_field_is_referenced(tree, proto_expert);
}

static void
call_kcs(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, guint8 channel,
         guint8 flags)
{
    /* With any context but none, the address columns stay as they are. */
    ipmi_dissect_arg_t arg = { IPMI_E_SENDMSG_RQ, channel, flags };

    call_dissector_only(kcs_handle, tvb, pinfo, tree, &arg);
}

/* An exception leaves the dissector thinking that it is inside a message until
 * it meets another packet number in the same conversation; the same packet,
 * dissected again, would come out as a nested one. So it gets to see one: a
 * response that goes to the BMC, which no request can match. Its number is no
 * packet's, but not less than that of the packet where the conversation began:
 * before that there is none. */
static void
leave_nested_message(tvbuff_t *tvb, packet_info *pinfo)
{
    static const guint8 response[] = { 0x3f << 2, 0xff, 0xff };
    guint32 num = pinfo->num;

    pinfo->num = G_MAXUINT32;
    call_kcs(tvb_new_child_real_data(tvb, response, sizeof response,
                                     sizeof response),
             pinfo, NULL, 0, TO_BMC);
    pinfo->num = num;
}

static void
dissect_in_conversation(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                        guint32 key, guint8 channel)
{
    const packet_info saved = *pinfo;
    const ws_bool columns = col_get_writable(pinfo->cinfo, -1);
    const ws_bool decode = prefs_get_bool_value(decode_pref, pref_current);
    const ws_bool is_response = tvb_get_ptr(tvb, 0, 1)[0] >> 2 & 1;
    volatile ws_bool returned = 0;

    clear_address(&pinfo->src);
    clear_address(&pinfo->dst);
    pinfo->ptype = PT_NONE;
    pinfo->srcport = key;
    pinfo->destport = BODY_PORT;
    pinfo->use_conv_addr_port_endpoints = 0;
    pinfo->conv_elements = NULL;
    col_set_writable(pinfo->cinfo, -1, 0);
    if (!decode) {
        prefs_set_bool_value(decode_pref, 1, pref_current);
    }

    TRY {
        call_kcs(tvb, pinfo, tree, channel, is_response ? 0 : TO_BMC);
        returned = 1;
    }
    FINALLY {
        if (!returned) {
            leave_nested_message(tvb, pinfo);
        }
        if (!decode) {
            prefs_set_bool_value(decode_pref, 0, pref_current);
        }
        col_set_writable(pinfo->cinfo, -1, columns);
        pinfo->src = saved.src;
        pinfo->dst = saved.dst;
        pinfo->ptype = saved.ptype;
        pinfo->srcport = saved.srcport;
        pinfo->destport = saved.destport;
        pinfo->use_conv_addr_port_endpoints =
            saved.use_conv_addr_port_endpoints;
        pinfo->conv_elements = saved.conv_elements;
    }
    ENDTRY;
}

ws_bool
ipmi_body_dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                  guint32 key, guint8 channel)
{
    const ws_bool wanted = is_wanted(tree);
    volatile ws_bool complete = 1;

    /* If nobody looks, the first pass has to be made all the same: it is where
     * Wireshark learns what the responses answer. */
    if (!kcs_handle || !decode_pref || (!wanted && PINFO_FD_VISITED(pinfo))) {
        return 1;
    }

    TRY {
        dissect_in_conversation(tvb, pinfo, wanted ? tree : NULL, key, channel);
    }
    CATCH_BOUNDS_ERRORS {
        complete = 0;
    }
    ENDTRY;
    return complete;
}
