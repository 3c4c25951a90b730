# frames.py
# The bytes of the wire format, as right senders send them.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Requests, responses and control commands between a host and its BMC, as
docs/ipmi-extern.md describes them, for the captures that are made."""

from commands import APP

END_OF_MESSAGE = b"\xa0"
END_OF_CONTROL = b"\xa1"
ESCAPE = 0xAA

(NOATTN, ATTN, ATTN_IRQ, POWEROFF, RESET, ENABLE_IRQ, DISABLE_IRQ, SEND_NMI,
 CAPABILITIES, GRACEFUL_SHUTDOWN, DISABLE, ENABLE) = range(0x0C)
VERSION = 0xFF

OEM_NETFN = 0x30        # controller-specific: no command of it has a known size
GET_DEVICE_ID = 0x01

# IPMI version 2.0, firmware 1.10, manufacturer 7244, product 0x0001.
DEVICE_ID = bytes.fromhex("20 01 01 10 02 9f 4c 1c 00 01 00")


def escaped(data):
    """data as a right sender puts it on the wire, without a terminator."""
    out = bytearray()
    for byte in data:
        if byte in (0xA0, 0xA1, ESCAPE):
            out += bytes((ESCAPE, byte | 0x10))
        else:
            out.append(byte)
    return bytes(out)


def checksum(data):
    """What makes the sum of all bytes 0."""
    return -sum(data) & 0xFF


def summed(*parts):
    """parts, joined, and their checksum."""
    data = b"".join(bytes(part) for part in parts)
    return data + bytes((checksum(data),))


def req(seq, netfn, cmd, data=b"", lun=0):
    """A request as a right host sends it."""
    return escaped(summed((seq, netfn << 2 | lun, cmd), data)) + END_OF_MESSAGE


def rsp(seq, netfn, cmd, data=b"", ccode=0, lun=0):
    """A response as a right BMC sends it; netfn is the request's."""
    return escaped(summed((seq, (netfn | 1) << 2 | lun, cmd, ccode), data)) + END_OF_MESSAGE


def control(code, *operands):
    """A control command."""
    return escaped(bytes((code, *operands))) + END_OF_CONTROL


def get_device_id(seq):
    """The commonest exchange: a request and its response."""
    return req(seq, APP, GET_DEVICE_ID), rsp(seq, APP, GET_DEVICE_ID, DEVICE_ID)
