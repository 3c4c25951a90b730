/* ws-compat.h
 * What differs between the Wireshark versions the plugin is built for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef WS_COMPAT_H
#define WS_COMPAT_H

#include <wireshark.h>
#include <ws_version.h>

#define WS_VERSION_AT_LEAST(major, minor) \
    (WIRESHARK_VERSION_MAJOR > (major) || \
     (WIRESHARK_VERSION_MAJOR == (major) && WIRESHARK_VERSION_MINOR >= (minor)))

/* Type of a truth value that crosses the API: GLib's, an int, before 4.4. */
#if WS_VERSION_AT_LEAST(4, 4)
typedef bool ws_bool;
#else
typedef gboolean ws_bool;
#endif

/* Points to the value of a field in a tree. */
#if WS_VERSION_AT_LEAST(4, 2)
#define ITEM_VALUE(item) ((item)->value)
#else
#define ITEM_VALUE(item) (&(item)->value)
#endif

#endif /* WS_COMPAT_H */
