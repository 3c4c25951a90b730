/* extcap-attach.h
 * Captures that other programs make: QEMU's ipmi-pcap at the other end of a
 * socket, or whoever writes into a FIFO. They come and go; what they write is
 * one capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef EXTCAP_ATTACH_H
#define EXTCAP_ATTACH_H

#include "extcap-session.h"

/* Connects to each address in values->attach, whenever somebody is there. */
extern const struct extcap_source extcap_attach_source;

/* Reads the FIFO values->read, from one writer after the other. */
extern const struct extcap_source extcap_fifo_source;

#endif /* EXTCAP_ATTACH_H */
