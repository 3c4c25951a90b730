/* plugin.c
 * What Wireshark looks for in the plugin when it loads it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/* Makes the symbols below visible outside the plugin. */
#define WS_BUILD_DLL

#include "ws-compat.h"

#include <epan/packet.h>
#include <epan/proto.h>
#if __has_include(<wsutil/plugins.h>)
#include <wsutil/plugins.h>
#endif

#include "ipmi-match-tap.h"
#include "ipmi-trans.h"
#include "packet-ipmi-bt.h"
#include "packet-ipmi-extern.h"
#include "packet-ipmi-kcs.h"

WS_DLL_PUBLIC_DEF const gchar plugin_version[] = PLUGIN_VERSION;
WS_DLL_PUBLIC_DEF const int plugin_want_major = PLUGIN_WANT_MAJOR;
WS_DLL_PUBLIC_DEF const int plugin_want_minor = PLUGIN_WANT_MINOR;

WS_DLL_PUBLIC void plugin_register(void);

WS_DLL_PUBLIC_DEF void
plugin_register(void)
{
    static proto_plugin ipmi_bt, ipmi_extern, ipmi_kcs, ipmi_trans;

    ipmi_bt.register_protoinfo = proto_register_ipmi_bt;
    ipmi_bt.register_handoff = proto_reg_handoff_ipmi_bt;
    proto_register_plugin(&ipmi_bt);

    ipmi_extern.register_protoinfo = proto_register_ipmi_extern;
    ipmi_extern.register_handoff = proto_reg_handoff_ipmi_extern;
    proto_register_plugin(&ipmi_extern);

    ipmi_kcs.register_protoinfo = proto_register_ipmi_kcs;
    proto_register_plugin(&ipmi_kcs);

    ipmi_trans.register_protoinfo = proto_register_ipmi_trans;
    proto_register_plugin(&ipmi_trans);
    ipmi_match_tap_register();
}

#ifdef WS_PLUGIN_DESC_DISSECTOR
WS_DLL_PUBLIC uint32_t plugin_describe(void);

WS_DLL_PUBLIC_DEF uint32_t
plugin_describe(void)
{
    return WS_PLUGIN_DESC_DISSECTOR;
}
#endif
