/* ipmi-extern-transport.h
 * How frames of the IPMI extern wire format reach the dissector.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef IPMI_EXTERN_TRANSPORT_H
#define IPMI_EXTERN_TRANSPORT_H

/* To be called once the protocol is registered, and from its handoff
 * routine. */
void ipmi_extern_transport_register(void);
void ipmi_extern_transport_handoff(void);

#endif /* IPMI_EXTERN_TRANSPORT_H */
