/* bt.h
 * The Block Transfer interface (IPMI 2.0, section 11): what its bytes mean,
 * the same for the host and for the BMC.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef BT_H
#define BT_H

/* The control register (section 11.6.1). Who may set or clear what, each side
 * sees to itself; nobody changes a bit by writing 0. */
#define BT_CLR_WR_PTR   0x01
#define BT_CLR_RD_PTR   0x02
#define BT_H2B_ATN      0x04    /* the host has written a request */
#define BT_B2H_ATN      0x08    /* the BMC has written a response */
#define BT_SMS_ATN      0x10
#define BT_H_BUSY       0x40    /* the host reads a response */
#define BT_B_BUSY       0x80    /* the BMC reads a request, or is not ready */

/* The interrupt mask register, the host's (section 11.6.3). */
#define BT_B2H_IRQ_EN   0x01
#define BT_B2H_IRQ      0x02

/* A frame: length, netFn/LUN, sequence number, command and so on. The length
 * does not count itself, and is a byte (section 11.2). */
#define BT_FRAME_SIZE   255

#endif
