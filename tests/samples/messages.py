# messages.py
# What the made captures of registers carry, and where.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Messages as registers have them, without the sequence number and the checksum
of the wire."""

from commands import APP, GROUP, OEM
from frames import DEVICE_ID, GET_DEVICE_ID
from registers import BMC, HOST, READ, WRITE, bt_frame

KCS1, KCS2, IBT = "/machine/soc/kcs/kcs1", "/machine/soc/kcs/kcs2", "/machine/soc/ibt"
PERIPHERAL = "/machine/peripheral/bmc"


def request(netfn, cmd, data=b""):
    """A request as registers carry it."""
    return bytes((netfn << 2, cmd)) + bytes(data)


def response(netfn, cmd, data=b"", ccode=0):
    """A response; netfn is the request's."""
    return bytes(((netfn | 1) << 2, cmd, ccode)) + bytes(data)


ASK, ANSWER = request(APP, GET_DEVICE_ID), response(APP, GET_DEVICE_ID, DEVICE_ID)
# Assertions and deassertions of an interrupt that are a storm.
STORM = 120
# Shorter, for captures that are about something else.
ASK_SHORT, ANSWER_SHORT = request(APP, 0x2F), response(APP, 0x2F, b"\x0b")

# Request, response, what is special about them.
BODIES = (
    (request(GROUP, 0x01, b"\xdc"), response(GROUP, 0x01, b"\xdc\x01\x05\x02\0"),
     "A body that begins with the number of who defined it: DCMI"),
    (request(OEM, 0x01, b"\x4c\x1c\0"), response(OEM, 0x01, b"\x4c\x1c\0"),
     "... or with an OEM's number"),
    (ASK_SHORT, response(APP, 0x2F, ccode=0xC1), "The BMC refuses"),
    (ASK_SHORT, response(APP, 0x2F, b"\x0b\0"), "A byte more than the response has"),
)


def bt_ask(seq):
    """A request's frame, and its response's."""
    return bt_frame(seq, ASK_SHORT), bt_frame(seq, ANSWER_SHORT)


def unknown(channel):
    """What a later writer may have written."""
    channel.access(BMC, READ, 0x7F, 0x55, comment="No such register")
    channel.access(HOST, WRITE, 0x70, 0x55, comment="No such register")
    channel.record(BMC, 9, 0x01, 7, comment="No such operation")
    channel.record(3, READ, 0x01, 7, width=1, comment="No such side")
    channel.line(9, True, comment="No such line")
    channel.hardware(9, comment="No such hardware operation")
    channel.access(BMC, READ, 0x01, 0x00, version=2, more=b"\xde\xad",
                   comment="A later version, with two bytes more")
    channel.access(BMC, READ, 0x01, 0x00, version=0, comment="Version 0")
    channel.record(HOST, READ, 0x02, 0x00, width=1, flags=0xF8,
                   comment="Flags that have no meaning yet")
    channel.access(HOST, READ, 0x01, 0x12345678, width=4, comment="4 bytes of a 1-byte register")
