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
#include <epan/packet.h>
#include <epan/prefs-int.h>
#include <epan/prefs.h>
#include <epan/show_exception.h>

#include "ipmi-body.h"

/* ipmi_dissect_arg_t.flags: to the BMC. */
#define TO_BMC 0x80

static dissector_handle_t kcs_handle;
static pref_t *decode_pref;
static int ipmi_id = -1;
static int kcs_id = -1;

void
ipmi_body_handoff(void)
{
    module_t *module = prefs_find_module("ipmi");

    kcs_handle = find_dissector("kcs");
    ipmi_id = proto_get_id_by_filter_name("ipmi");
    kcs_id = proto_get_id_by_filter_name("kcs");
    decode_pref = module ? prefs_find_preference(module, "dissect_bus_commands")
                         : NULL;
}

static void
call_kcs(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, guint8 channel)
{
    /* With any context but none, the address columns stay as they are. */
    ipmi_dissect_arg_t arg = { IPMI_E_SENDMSG_RQ, channel, 0 };

    if (!(tvb_get_ptr(tvb, 0, 1)[0] >> 2 & 1)) {
        arg.flags = TO_BMC;
    }
    call_dissector_only(kcs_handle, tvb, pinfo, tree, &arg);
}

/* An exception leaves the dissector thinking that it is inside a message until
 * it meets another packet number in the same conversation; the same packet,
 * dissected again, would come out as a nested one. So it gets to see one: a
 * response that no request can match, on a channel that is never used. */
static void
leave_nested_message(tvbuff_t *tvb, packet_info *pinfo)
{
    static const guint8 response[] = { 0x3f << 2, 0xff, 0xff };
    guint32 num = pinfo->num;

    pinfo->num = 0;
    call_kcs(tvb_new_child_real_data(tvb, response, sizeof response,
                                     sizeof response),
             pinfo, NULL, 0xff);
    pinfo->num = num;
}

static void
dissect_in_conversation(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                        guint32 key)
{
    static const char name[] = "IPMI body";
    const packet_info saved = *pinfo;
    const ws_bool columns = col_get_writable(pinfo->cinfo, -1);
    const ws_bool decode = prefs_get_bool_value(decode_pref, pref_current);
    volatile ws_bool returned = 0;

    set_address(&pinfo->src, AT_STRINGZ, sizeof name, name);
    set_address(&pinfo->dst, AT_STRINGZ, sizeof name, name);
    pinfo->ptype = PT_NONE;
    pinfo->srcport = key;
    pinfo->destport = 0;
    pinfo->use_conv_addr_port_endpoints = 0;
    pinfo->conv_elements = NULL;
    col_set_writable(pinfo->cinfo, -1, 0);
    if (!decode) {
        prefs_set_bool_value(decode_pref, 1, pref_current);
    }

    TRY {
        call_kcs(tvb, pinfo, tree, 0);
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

void
ipmi_body_dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                  guint32 key)
{
    /* If nobody looks, the first pass has to be made all the same: it is where
     * Wireshark learns what the responses answer. */
    proto_tree *volatile wanted_tree =
        proto_field_is_referenced(tree, ipmi_id) ||
        proto_field_is_referenced(tree, kcs_id) ? tree : NULL;

    if (!kcs_handle || !decode_pref ||
        (!wanted_tree && PINFO_FD_VISITED(pinfo))) {
        return;
    }

    TRY {
        dissect_in_conversation(tvb, pinfo, wanted_tree, key);
    }
    CATCH_NONFATAL_ERRORS {
        show_exception(tvb, pinfo, wanted_tree, EXCEPT_CODE, GET_MESSAGE);
    }
    ENDTRY;
}
