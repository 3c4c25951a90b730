#!/usr/bin/python3
# generate.py
# Makes the captures of samples/ that no pair of programs would produce at will.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Every packet that is there to show something carries a comment that says what.
The files depend on nothing but this text and that of samples_*.py: running it twice
gives the same bytes."""

import argparse
import os
import sys

# Those of registers.
import samples_bt           # noqa: F401
import samples_channels     # noqa: F401
import samples_end_to_end   # noqa: F401
import samples_hpm2         # noqa: F401
import samples_kcs          # noqa: F401
from captures import (ACK, BMC_TO_HOST, FIN, HEADER, HOST_TO_BMC, RST, SAMPLES, Connection,
                      Ethernet, Link, sample)
from commands import APP, CHASSIS, COMMANDS, GROUP, OEM, STORAGE
from frames import (ATTN, ATTN_IRQ, CAPABILITIES, DEVICE_ID, DISABLE, DISABLE_IRQ, ENABLE,
                    ENABLE_IRQ, END_OF_CONTROL, END_OF_MESSAGE, ESCAPE, GET_DEVICE_ID,
                    GRACEFUL_SHUTDOWN, NOATTN, OEM_NETFN, POWEROFF, RESET, SEND_NMI, VERSION,
                    checksum, control, escaped, get_device_id, req, rsp, summed)


def greet(side, capabilities=0x3F, **how):
    """What both sides send when they connect."""
    side.bmc(control(VERSION, 1), control(NOATTN),
             comment="BMC greets: version, then its attention state", **how)
    side.host(control(VERSION, 1), control(CAPABILITIES, capabilities),
              comment="Host greets: version, then what it can do", **how)


@sample("checksum-and-size")
def checksum_and_size():
    """Messages that a receiver has to drop."""
    link = Link()
    request, response = get_device_id(0x01)
    link.host(request, comment="A right request, for comparison")
    link.bmc(response, comment="A right response")

    good = summed((0x02, APP << 2, GET_DEVICE_ID))
    bad = good[:-1] + bytes((good[-1] ^ 0x04,))
    link.host(bad + END_OF_MESSAGE, comment="Request with a wrong checksum")
    link.host(good + END_OF_MESSAGE, comment="The same, sent again with the right one")
    good = summed((0x02, (APP | 1) << 2, GET_DEVICE_ID, 0), DEVICE_ID)
    bad = good[:6] + bytes((good[6] ^ 0x80,)) + good[7:]
    link.bmc(bad + END_OF_MESSAGE, comment="Response with one bit of its data changed")
    link.bmc(good + END_OF_MESSAGE, comment="The same, unharmed")

    link.host(b"\x03" + END_OF_MESSAGE, comment="Too short: 1 byte")
    link.host(summed((0x03,)) + END_OF_MESSAGE, comment="Too short: sequence and checksum only")
    link.host(summed((0x03, APP << 2)) + END_OF_MESSAGE, comment="Too short: no command")
    link.bmc(summed((0x03, (APP | 1) << 2, GET_DEVICE_ID)) + END_OF_MESSAGE,
             comment="Too short for a response: no completion code")

    link.host(END_OF_MESSAGE, comment="Empty message")
    link.bmc(END_OF_CONTROL, comment="Empty control command")
    link.host(req(0x04, APP, GET_DEVICE_ID)[:-1], comment="Record ends before the terminator")
    return link


@sample("size-limits")
def size_limits():
    """The longest messages, and one byte more, of each receiver: 256 bytes
    with sequence and checksum on BT, 259 in OpenIPMI, 302 in QEMU."""
    link = Link()
    for seq, (size, receiver) in enumerate(((256, "BT"), (259, "OpenIPMI"), (302, "QEMU"))):
        for more, words in ((0, "longest request that {} takes"),
                            (1, "one byte too long for {}")):
            total = size + more
            data = bytes(i & 0x7F for i in range(total - 4))
            link.host(req(2 * seq + more, OEM_NETFN, 0x01, data),
                      comment=f"{total} bytes: " + words.format(receiver))
            data = bytes(i & 0x7F for i in range(total - 5))
            link.bmc(rsp(2 * seq + more, OEM_NETFN, 0x01, data),
                     comment=f"{total} bytes: " + words.format(receiver).replace(
                         "request", "response"))
    data = bytes((0xA0, 0xA1, 0xAA) * 84)
    link.host(req(0x10, OEM_NETFN, 0x02, data),
              comment="256 bytes that need 507 on the wire: escapes do not count")
    link.bmc(rsp(0x10, OEM_NETFN, 0x02, b""), comment="Its response")
    return link


@sample("escaping")
def escaping():
    """Right and wrong use of the escape byte."""
    link = Link()
    for seq, where in ((0xA0, "sequence a0"), (0xA1, "sequence a1"), (0xAA, "sequence aa")):
        request, response = get_device_id(seq)
        link.host(request, comment=f"Escape in the sequence number: {where}")
        link.bmc(response, comment=f"The same in the response: {where}")
    link.host(req(0x01, 0x28, 0xA0), comment="netFn 28h, LUN 0: the byte is a0; command a0")
    link.bmc(rsp(0x01, 0x28, 0xA0, ccode=0xAA), comment="Completion code aa")
    every = bytes(range(0x9F, 0xBC))
    link.host(req(0x02, OEM_NETFN, 0x01, every), comment="Data 9f to bb: three of them escaped")
    link.bmc(rsp(0x02, OEM_NETFN, 0x01, bytes((0xA0, 0xA1, 0xAA, 0xAA, 0xA1, 0xA0))),
             comment="Data of escaped bytes only")
    for seq, wanted in ((0x03, 0xA0), (0x04, 0xA1), (0x05, 0xAA)):
        data = checksum((seq, OEM_NETFN << 2, 0x01, wanted))
        link.host(req(seq, OEM_NETFN, 0x01, (data,)), comment=f"Checksum {wanted:02x}")
        data = checksum((seq, (OEM_NETFN | 1) << 2, 0x01, 0, wanted))
        link.bmc(rsp(seq, OEM_NETFN, 0x01, (data,)), comment=f"Checksum {wanted:02x}")
    link.host(control(CAPABILITIES, 0xAA), comment="Escape in a control command")

    link.host(escaped(summed((0x10, OEM_NETFN << 2, 0x01))[:-1]) + bytes((ESCAPE,)) + END_OF_MESSAGE,
              comment="Escape right before the end of a message")
    link.host(bytes((ATTN, ESCAPE)) + END_OF_CONTROL,
              comment="Escape right before the end of a control command")
    for end in END_OF_MESSAGE, END_OF_CONTROL:
        link.host(bytes((ESCAPE,)) + end, comment="An escape alone")
    link.host(req(0x10, APP, GET_DEVICE_ID),
              comment="A right request: the escape before it is forgotten")
    link.bmc(get_device_id(0x10)[1], comment="Its response")

    raw = summed((0x11, OEM_NETFN << 2, 0x01, 0x41, 0x25))
    link.host(raw[:3] + bytes((ESCAPE, 0x51)) + raw[4:] + END_OF_MESSAGE,
              comment="Needless escape: aa 51 for 41, checksum right")
    link.bmc(rsp(0x11, OEM_NETFN, 0x01), comment="Its response")
    raw = summed((0x12, OEM_NETFN << 2, 0x01, 0x41, 0x25))
    link.host(raw[:3] + bytes((ESCAPE, 0x41)) + raw[4:] + END_OF_MESSAGE,
              comment="Needless escape: aa 41 for 41, checksum right")
    link.bmc(rsp(0x12, OEM_NETFN, 0x01), comment="Its response")

    for seq, byte in ((0x20, 0xAA), (0x21, 0xA0), (0x22, 0xA1)):
        raw = summed((seq, OEM_NETFN << 2, 0x01, 0x11, byte, 0x22, 0x33))
        link.host(raw + END_OF_MESSAGE,
                  comment=f"Data 11 {byte:02x} 22 33 sent without escaping {byte:02x}")
        link.host(escaped(raw) + END_OF_MESSAGE, comment="The same, escaped")
        link.bmc(rsp(seq, OEM_NETFN, 0x01), comment="Its response")

    link.host(req(0x23, APP, GET_DEVICE_ID), comment="A request that nobody answers")
    link.bmc(bytes((POWEROFF, ESCAPE)) + END_OF_CONTROL,
             comment="Escape right before the end of POWEROFF: it does not cut off the request")
    return link


@sample("control-commands")
def control_commands():
    """Every control command from the right side, and every capability."""
    link = Link()
    greet(link, 0x7F)
    for code, name in ((ATTN, "ATTN"), (NOATTN, "NOATTN"), (ATTN_IRQ, "ATTN_IRQ"),
                       (NOATTN, "NOATTN"), (ENABLE_IRQ, "ENABLE_IRQ"),
                       (DISABLE_IRQ, "DISABLE_IRQ"), (SEND_NMI, "SEND_NMI"),
                       (DISABLE, "DISABLE"), (ENABLE, "ENABLE"),
                       (GRACEFUL_SHUTDOWN, "GRACEFUL_SHUTDOWN"), (RESET, "RESET")):
        link.bmc(control(code), comment=f"BMC sends {name}", after=0.1)
    link.host(control(RESET), comment="Host reports that it was reset", after=0.1)
    link.bmc(control(POWEROFF), comment="BMC sends POWEROFF", after=0.1)
    greet(link, 0x00, after=1)
    for bit, name in ((0x01, "power"), (0x02, "reset"), (0x04, "IRQ"), (0x08, "NMI"),
                      (0x10, "attention"), (0x20, "graceful shutdown"),
                      (0x40, "enable and disable")):
        link.host(control(CAPABILITIES, bit), comment=f"Capability {name} alone", after=0.1)
    return link


@sample("control-errors")
def control_errors():
    """Control commands that a careful receiver complains about."""
    link = Link()
    link.bmc(control(POWEROFF), comment="Capabilities not known yet: nothing to complain about")
    greet(link, 0x00)
    for code, name in ((ATTN, "ATTN"), (POWEROFF, "POWEROFF"), (RESET, "RESET"),
                       (ENABLE_IRQ, "ENABLE_IRQ"), (SEND_NMI, "SEND_NMI"),
                       (GRACEFUL_SHUTDOWN, "GRACEFUL_SHUTDOWN"), (DISABLE, "DISABLE"),
                       (ENABLE, "ENABLE")):
        link.bmc(control(code), comment=f"{name}, though the host announced no capability")
    greet(link, 0x7F)
    link.bmc(control(SEND_NMI), comment="SEND_NMI, announced this time")

    link.bmc(control(0x0C), comment="Unknown control command 0c")
    link.host(control(0x7F, 1, 2, 3), comment="Unknown control command 7f with three operands")
    link.bmc(control(VERSION), comment="VERSION without its operand")
    link.bmc(control(VERSION, 1, 0), comment="VERSION with two operands")
    link.host(control(CAPABILITIES), comment="CAPABILITIES without its operand")
    link.host(control(CAPABILITIES, 0x3F, 0), comment="CAPABILITIES with two operands")
    link.bmc(control(ATTN, 1), comment="ATTN with an operand")

    for code, name in ((NOATTN, "NOATTN"), (ATTN_IRQ, "ATTN_IRQ"), (POWEROFF, "POWEROFF"),
                       (ENABLE_IRQ, "ENABLE_IRQ"), (GRACEFUL_SHUTDOWN, "GRACEFUL_SHUTDOWN")):
        link.host(control(code), comment=f"{name} from the host, which only a BMC sends")
    link.bmc(control(CAPABILITIES, 0x3F), comment="CAPABILITIES from the BMC, which only a host sends")
    link.host(req(1, APP, GET_DEVICE_ID), comment="A request, for the next packet")
    link.host(rsp(1, APP, GET_DEVICE_ID, DEVICE_ID), comment="Response from the host")
    link.bmc(req(2, APP, GET_DEVICE_ID), comment="Request from the BMC")

    link.bmc(control(VERSION, 0), comment="Version 0")
    link.bmc(control(VERSION, 2), comment="Version 2")
    link.host(control(CAPABILITIES, 0x80), comment="A capability that nothing defines")
    return link


@sample("completion-codes")
def completion_codes():
    """Every generic completion code, and examples of the other ranges."""
    link = Link()
    generic = (0x00, *range(0xC0, 0xD7), 0xFF)
    for seq, ccode in enumerate(generic):
        link.host(req(seq, APP, GET_DEVICE_ID))
        link.bmc(rsp(seq, APP, GET_DEVICE_ID, b"" if ccode else DEVICE_ID, ccode),
                 comment=f"Completion code {ccode:02x}", after=0.0002)
    seq = len(generic)
    for netfn, cmd, request, ccode, words in (
            (APP, 0x33, b"", 0x80, "Get Message: queue empty"),
            (APP, 0x22, b"", 0x80, "Reset Watchdog Timer: never set"),
            (APP, 0x34, bytes.fromhex("40 20 18 c8 81 04 01 7a"), 0x82, "Send Message: bus error"),
            (CHASSIS, 0x09, b"\x7f\x00\x00", 0x80, "Get System Boot Options: parameter not supported"),
            (STORAGE, 0x11, b"\x00\x00\x00\x10", 0x81, "Read FRU Data: device busy"),
            (APP, GET_DEVICE_ID, b"", 0x80, "Get Device ID has no codes of its own"),
            (APP, GET_DEVICE_ID, b"", 0x01, "Device-specific"),
            (APP, GET_DEVICE_ID, b"", 0x7F, "Reserved"),
            (APP, GET_DEVICE_ID, b"", 0xE0, "Reserved")):
        link.host(req(seq, netfn, cmd, request))
        link.bmc(rsp(seq, netfn, cmd, ccode=ccode), comment=f"Completion code {ccode:02x}. {words}",
                 after=0.0002)
        seq += 1
    link.host(req(seq, APP, GET_DEVICE_ID))
    link.bmc(rsp(seq, APP, GET_DEVICE_ID, DEVICE_ID, 0xC1), after=0.0002,
             comment="An error, and data all the same")
    return link


@sample("body-length")
def body_length():
    """Bodies longer and shorter than the command has."""
    link = Link()
    ok = bytes.fromhex
    for seq, (netfn, cmd, request, response, words) in enumerate((
            (APP, 0x01, b"", DEVICE_ID, "Get Device ID, right: 0 and 11"),
            (APP, 0x01, b"", DEVICE_ID + bytes(4), "Get Device ID, right: 0 and 15"),
            (APP, 0x01, b"\x00", DEVICE_ID, "Get Device ID: request 1 too long"),
            (APP, 0x01, b"", DEVICE_ID[:-1], "Get Device ID: response 1 too short"),
            (APP, 0x01, b"", DEVICE_ID + bytes(5), "Get Device ID: response 1 too long"),
            (APP, 0x24, ok("04 02 00 10 58 02"), b"", "Set Watchdog Timer, right: 6 and 0"),
            (APP, 0x24, ok("04 02 00 10 58"), b"", "Set Watchdog Timer: request 1 too short"),
            (APP, 0x24, ok("04 02 00 10 58 02"), bytes(35),
             "Set Watchdog Timer: 35 stale bytes in the response"),
            (CHASSIS, 0x02, b"", b"", "Chassis Control: no operation in the request"),
            (CHASSIS, 0x02, ok("03 00"), b"", "Chassis Control: request 1 too long"),
            (APP, 0x2E, b"", b"", "Set BMC Global Enables: nothing to set"),
            (STORAGE, 0x11, ok("00 00 00"), b"\x01\x00", "Read FRU Data: request 1 too short"),
            (STORAGE, 0x11, ok("00 00 00 10"), b"", "Read FRU Data: response without its count"),
            (STORAGE, 0x48, b"", ok("00 00 00"), "Get SEL Time: response 1 too short"),
            (GROUP, 0x02, ok("dc 01 00"), ok("dc"), "DCMI Get Power Reading: both too short"),
            (GROUP, 0x02, b"", b"", "Group extension without its identifier"),
            (OEM, 0x01, ok("4c 1c"), ok("4c 1c"), "OEM/Group without the third byte of its number"),
            (OEM_NETFN, 0x01, bytes(40), bytes(40), "Of an OEM command no size is known"))):
        link.host(req(seq, netfn, cmd, request), comment=words)
        link.bmc(rsp(seq, netfn, cmd, response), comment=words, after=0.0002)
    link.host(req(0x20, APP, 0x01), comment="An error response has no data")
    link.bmc(rsp(0x20, APP, 0x01, ccode=0xC1), comment="An error response has no data", after=0.0002)
    link.host(req(0x21, CHASSIS, 0x00), comment="Get Chassis Capabilities")
    link.bmc(rsp(0x21, CHASSIS, 0x00, ok("00 20 20 20 20")), after=0.0002,
             comment="Get Chassis Capabilities: right without the last, optional byte")
    return link


@sample("transactions")
def transactions():
    """How requests and responses can fail to be one of each."""
    link = Link()
    greet(link)
    request, response = get_device_id(0x01)
    link.host(request, comment="Answered after 0.2 ms")
    link.bmc(response, comment="Answers", after=0.0002)

    request, response = get_device_id(0x02)
    link.host(request, comment="Answered after 3.9 s: just in time", after=1)
    link.bmc(response, comment="Just in time", after=3.9)
    request, response = get_device_id(0x03)
    link.host(request, comment="Answered after 4.1 s: QEMU has given up", after=1)
    link.bmc(response, comment="Late", after=4.1)

    request, response = get_device_id(0x04)
    link.host(request, comment="No response yet", after=1)
    link.host(request, comment="The same bytes again: a retransmission", after=2)
    link.bmc(response, comment="Answers both", after=0.0002)
    link.bmc(response, comment="The same response again: a duplicate", after=0.001)

    link.bmc(rsp(0x05, APP, GET_DEVICE_ID, DEVICE_ID), comment="Nobody asked")
    link.host(req(0x06, APP, GET_DEVICE_ID), comment="A request")
    link.bmc(rsp(0x07, APP, GET_DEVICE_ID, DEVICE_ID), comment="Another sequence: not its response")
    link.bmc(rsp(0x06, APP, 0x37, bytes(16)), comment="Another command: not its response")
    link.bmc(rsp(0x06, STORAGE, GET_DEVICE_ID), comment="Another netFn: not its response")
    link.bmc(rsp(0x06, APP, GET_DEVICE_ID, DEVICE_ID), comment="Its response at last")

    link.host(req(0x08, APP, GET_DEVICE_ID), comment="First of three requests at once", after=1)
    link.host(req(0x09, APP, 0x37), comment="Second")
    link.host(req(0x0A, CHASSIS, 0x01), comment="Third")
    link.bmc(rsp(0x0A, CHASSIS, 0x01, bytes.fromhex("21 00 00")), comment="Answers the third")
    link.bmc(rsp(0x08, APP, GET_DEVICE_ID, DEVICE_ID), comment="Answers the first")
    link.bmc(rsp(0x09, APP, 0x37, bytes(range(16))), comment="Answers the second")

    link.host(req(0x0B, APP, GET_DEVICE_ID), comment="Never answered: the number is used again below",
              after=1)
    link.host(req(0x0B, CHASSIS, 0x01), comment="Another request of the same number", after=0.5)
    link.bmc(rsp(0x0B, CHASSIS, 0x01, bytes.fromhex("21 00 00")), comment="Answers the second one")
    link.host(req(0x12, STORAGE, 0x11, b"\x00\x01\x00\x10"), comment="Read FRU Data from 0001h", after=1)
    link.host(req(0x12, STORAGE, 0x11, b"\x00\x00\x01\x10"), after=0.5,
              comment="From 0100h: the same number, length and checksum, and no retransmission")
    link.bmc(rsp(0x12, STORAGE, 0x11, b"\x01\xff"), comment="Answers the second one")
    link.host(req(0x0C, APP, GET_DEVICE_ID), comment="Answered with a LUN of its own", after=1)
    link.bmc(rsp(0x0C, APP, GET_DEVICE_ID, DEVICE_ID, lun=2), comment="LUN 2: still its response")
    bad = bytearray(req(0x0D, APP, GET_DEVICE_ID))
    bad[-2] ^= 1
    link.host(bytes(bad), comment="Dropped for its checksum: nobody owes a response", after=1)
    link.host(req(0x0E, APP, GET_DEVICE_ID), comment="Answered with a wrong checksum", after=1)
    bad = bytearray(rsp(0x0E, APP, GET_DEVICE_ID, DEVICE_ID))
    bad[-2] ^= 1
    link.bmc(bytes(bad), comment="Dropped for its checksum")
    link.host(req(0x0F, APP, GET_DEVICE_ID), comment="Never answered, the last packets of the file come later",
              after=5)
    request, response = get_device_id(0x10)
    link.host(request, comment="Long after", after=10)
    link.bmc(response, comment="Answers", after=0.0002)
    link.host(req(0x11, APP, GET_DEVICE_ID), comment="The capture ends before an answer was due", after=1)
    return link


@sample("cut-off")
def cut_off():
    """Requests that the other side never answers, because it is gone."""
    link = Link()
    greet(link)
    link.host(req(0x01, CHASSIS, 0x02, b"\x03"), comment="Chassis Control: hard reset")
    link.bmc(control(RESET), comment="BMC resets the host: request 01 has nobody to answer to",
             after=0.002)
    link.host(*get_device_id(0x02)[:1], comment="After the reset", after=3)
    link.bmc(get_device_id(0x02)[1], comment="Answers", after=0.0002)

    link.host(req(0x03, CHASSIS, 0x02, b"\x00"), comment="Chassis Control: power down", after=1)
    link.host(req(0x04, APP, GET_DEVICE_ID), comment="A second request")
    link.bmc(rsp(0x03, CHASSIS, 0x02), comment="Answers the first: it is not cut off")
    link.bmc(control(POWEROFF), comment="BMC powers the host off: request 04 is cut off")

    greet(link, after=5)
    link.host(req(0x05, APP, GET_DEVICE_ID), comment="A request, then the BMC goes away")
    greet(link, after=2)
    link.host(req(0x06, APP, GET_DEVICE_ID), comment="After the reconnect")
    link.bmc(rsp(0x05, APP, GET_DEVICE_ID, DEVICE_ID),
             comment="Answer to a request of the earlier connection: late, but an answer", after=0.0002)
    link.bmc(rsp(0x06, APP, GET_DEVICE_ID, DEVICE_ID), comment="Answers", after=0.0002)

    link.host(req(0x07, APP, GET_DEVICE_ID), comment="A request, then the host is reset from outside",
              after=1)
    link.host(control(RESET), comment="Host was reset: it does not wait for 07 any more")
    link.bmc(rsp(0x07, APP, GET_DEVICE_ID, DEVICE_ID), after=0.0002,
             comment="The answer comes all the same: not cut off")

    link.host(req(0x08, APP, GET_DEVICE_ID), comment="A request, then the BMC goes away for good",
              after=1)
    greet(link, after=2)
    link.host(req(0x09, APP, GET_DEVICE_ID), comment="After the second reconnect")
    link.bmc(rsp(0x09, APP, GET_DEVICE_ID, DEVICE_ID), comment="Answers", after=0.0002)
    return link


@sample("connections")
def connections():
    """What a program that has the connection itself records of it: when it was
    opened and closed, and what was left without a terminator."""
    link = Link()

    def asked(seq, comment):
        link.host(req(seq, APP, GET_DEVICE_ID), comment=comment)

    def answered(seq, comment):
        link.bmc(rsp(seq, APP, GET_DEVICE_ID, DEVICE_ID), comment=comment, after=0.0002)

    link.connected("The first connection")
    answered(0x00, "Nobody asked: the capture has the connection from its beginning")
    greet(link)
    asked(0x01, "A request")
    answered(0x01, "Answers")
    asked(0x02, "A request, then the BMC goes away")
    link.disconnected("Request 02 is cut off", after=0.5)

    link.connected("The BMC is back", after=2)
    link.bmc(control(SEND_NMI), comment="Not against the capabilities: none are known yet")
    greet(link, 0x00)
    answered(0x02, "The answer to the request of the earlier connection: nobody asked on this one")
    asked(0x02, "The same bytes as on the earlier connection: no retransmission")
    answered(0x02, "Answers the request of this connection")
    answered(0x02, "Another answer to it")
    asked(0x03, "A request, then the BMC is replaced")
    link.connected("No end of the earlier connection was recorded: request 03 is cut off")
    link.host(req(0x03, CHASSIS, 0x01), comment="The number again: it is free")
    link.bmc(rsp(0x03, CHASSIS, 0x01, b"\x21\x00\x00"), comment="Answers", after=0.0002)
    link.bmc(control(SEND_NMI), comment="No capabilities are known on this connection")

    asked(0x04, "A request, and the connection ends inside its response")
    link.bmc(get_device_id(0x04)[1][:6], comment="What came of the response", after=0.0002)
    link.disconnected("Request 04 is cut off", after=0)
    link.connected("A connection on which nothing is said", after=1)
    link.disconnected("Nothing was asked on it", after=1)

    link.connected("A request with the first number", after=1)
    asked(0x00, "A request, and a record that does not say what it is about")
    link.record(None, (), comment="Opened or closed: request 00 is cut off")
    answered(0x00, "Its response: nobody asked on this connection")

    send_message = req(0x05, APP, 0x34, bytes.fromhex("00 20 18 c8 81 00 01 7e"))
    link.host(send_message, comment="Send Message, which is cut off")
    link.disconnected("Request 05 is cut off")
    link.connected("The last connection")
    link.host(send_message, comment="Send Message again: no retransmission")
    link.bmc(rsp(0x05, APP, 0x34), after=0.00000025,
             comment="Answers the request of this connection, in a quarter of a microsecond")
    asked(0x06, "A request that nobody answers")
    return link


@sample("truncated")
def truncated():
    """A capture that keeps only the first bytes of packets."""
    link = Link()
    greet(link)
    request, response = get_device_id(0x01)
    link.host(request, comment="A request")
    link.bmc(response, keep=8, comment="Its response, without the last bytes of its data")
    data = bytes(range(0x20))
    link.host(req(0x02, STORAGE, 0x12, b"\x00\x00\x00" + data), keep=8,
              comment="A request, without the last bytes of its data")
    link.bmc(rsp(0x02, STORAGE, 0x12, b"\x20"), comment="Its response")
    request, response = get_device_id(0x03)
    link.host(request, comment="A request")
    link.bmc(response, keep=4, comment="Its response, as far as the completion code")
    request, response = get_device_id(0x04)
    link.host(request, keep=4, comment="Only the terminator is missing")
    link.bmc(response, comment="Its response")
    request, response = get_device_id(0x05)
    link.host(request, keep=2, comment="Too little to tell what it is")
    link.bmc(response, keep=0, comment="Nothing of it")
    link.host(req(0xA0, APP, GET_DEVICE_ID), keep=1,
              comment="All that there is of it is an escape")
    link.bmc(control(ENABLE_IRQ), rsp(0x06, APP, 0x2E), keep=2,
             comment="A control command; of a message after it there is nothing")
    link.bmc(control(ATTN), control(NOATTN), keep=3,
             comment="A control command; of another after it there is the code")
    link.host(req(0x07, OEM_NETFN, 0x01, bytes(400)), keep=320,
              comment="What there is of it is more than anyone takes")
    link.bmc(bytes(400), keep=320, comment="The same the other way, where no request goes")
    return link


@sample("sequence-wrap")
def sequence_wrap():
    """A host that counts past 255: every sequence number, and from 00 again.
    a0, a1 and aa occur as sequence and as checksum. Two requests of the first
    round are never answered; the second round is not about them."""
    link = Link()
    for count in range(256 + 0x50):
        seq = count & 0xFF
        comment = "Sequence starts again" if count == 256 else None
        request, response = get_device_id(seq)
        if count in (0x40, 0x41):
            link.host(request, comment="Never answered")
            continue
        if count == 256 + 0x40:
            comment = "The same bytes as 256 requests ago: no retransmission of that"
        elif count == 256 + 0x41:
            request, response = req(seq, CHASSIS, 0x01), rsp(seq, CHASSIS, 0x01, b"\x21\x00\x00")
            comment = "Another command: nobody waits for the old one any more"
        link.host(request, comment=comment)
        link.bmc(response, after=0.0001 + count * 0.000001)
    return link


@sample("commands")
def commands():
    """One exchange of each command in use between a host and its BMC."""
    link = Link()
    for seq, (netfn, cmd, name, request, response) in enumerate(COMMANDS):
        request, response = bytes.fromhex(request), bytes.fromhex(response)
        link.host(req(seq, netfn, cmd, request), comment=name)
        link.bmc(rsp(seq, netfn, cmd, response), comment=name, after=0.0002)
    return link


@sample("group-extension-and-oem")
def group_extension_and_oem():
    """Bodies that begin with an identifier, and network functions of OEMs."""
    link = Link()
    ok = bytes.fromhex
    for seq, (netfn, cmd, request, response, words) in enumerate((
            (GROUP, 0x00, "00", "00 22 00 00", "PICMG Get PICMG Properties"),
            (GROUP, 0x04, "00 00 02", "00", "PICMG FRU Control"),
            (GROUP, 0x01, "dc 01", "dc 01 05 02 00 01 07", "DCMI Get DCMI Capabilities Info"),
            (GROUP, 0x02, "dc 01 00 00", "dc 6e 00 50 00 90 00 6c 00 00 5e 0b 69 e8 03 00 00 40",
             "DCMI Get Power Reading"),
            (GROUP, 0x06, "dc 00 10", "dc 04 74 61 67 31", "DCMI Get Asset Tag"),
            (GROUP, 0x01, "01 00", "01 00", "DMTF: no command known"),
            (GROUP, 0x01, "02", "02", "SSI Get Address Info"),
            (GROUP, 0x00, "03", "03 00 00 00 00", "VSO Get VSO Capabilities"),
            (GROUP, 0x01, "52 01", "52 " + "00 " * 32, "Redfish Get Manager Certificate Fingerprint"),
            (GROUP, 0x01, "77 01", "77", "A defining body nobody has"),
            (OEM, 0x01, "4c 1c 00 11 22", "4c 1c 00 33", "OEM/Group of number 7244"),
            (OEM, 0x02, "a2 02 00", "a2 02 00 a0 a1 aa", "OEM/Group of number 674 (Dell)"),
            (OEM, 0x03, "ff ff ff", "ff ff ff", "OEM/Group of the largest number"),
            (0x30, 0x01, "01 02 03", "04", "Controller-specific OEM, first"),
            (0x3E, 0xFF, "", "", "Controller-specific OEM, last"),
            (0x08, 0x20, "00", "00", "Firmware"),
            (0x02, 0x00, "", "00", "Bridge: Get Bridge State"),
            (0x10, 0x01, "", "", "Reserved network function"))):
        link.host(req(seq, netfn, cmd, ok(request)), comment=words)
        link.bmc(rsp(seq, netfn, cmd, ok(response)), comment=words, after=0.0002)
    link.host(req(0x20, GROUP, 0x02, ok("dc 01 00 00")), comment="A group extension that fails")
    link.bmc(rsp(0x20, GROUP, 0x02, ok("dc"), 0xC1), comment="An error with the identifier alone")
    return link


@sample("two-links")
def two_links():
    """Two hosts with their BMCs in one file, the same sequence numbers at the
    same time."""
    link = Link("host-a", "host-b")
    greet(link, link=0)
    greet(link, 0x00, link=1)
    for seq in range(4):
        link.host(req(seq, APP, GET_DEVICE_ID), link=0, comment="host-a asks")
        link.host(req(seq, APP, GET_DEVICE_ID), link=1, comment="host-b asks the same", after=0)
        link.bmc(rsp(seq, APP, GET_DEVICE_ID, DEVICE_ID), link=1, comment="host-b's answer first")
        link.bmc(rsp(seq, APP, GET_DEVICE_ID, DEVICE_ID), link=0, comment="host-a's answer")
    link.host(req(4, APP, GET_DEVICE_ID), link=0, comment="host-a asks")
    link.bmc(rsp(4, APP, GET_DEVICE_ID, DEVICE_ID), link=1,
             comment="host-b's BMC answers: nobody asked on this link")
    link.host(req(5, APP, GET_DEVICE_ID), link=1, comment="host-b asks")
    link.bmc(control(RESET), link=0, comment="host-a is reset: host-b's request is not cut off")
    link.bmc(rsp(5, APP, GET_DEVICE_ID, DEVICE_ID), link=1, comment="host-b's answer")
    link.bmc(control(SEND_NMI), link=1, comment="host-b announced no NMI")
    return link


@sample("both-ends")
def both_ends():
    """One connection captured at both of its ends, in one file: the frames are
    there twice. The host's end closes last and opens first."""
    link = Link("/machine/peripheral/bmc0", "/machine/peripheral/host0")
    host, bmc = {"link": 0}, {"link": 1}

    def sent(send, frame, ends, comment):
        """A frame, seen where it leaves and then where it arrives."""
        for end, delay in zip(ends, (0.001, 0.00005)):
            send(frame, comment=f"{comment}, at the {'BMC' if end['link'] else 'host'}",
                 after=delay, **end)

    def opened():
        link.connected("At the host", **host)
        link.connected("At the BMC", after=0.0001, **bmc)

    opened()
    for seq in range(3):
        request, response = get_device_id(seq)
        sent(link.host, request, (host, bmc), f"Request {seq:02x}")
        sent(link.bmc, response, (bmc, host), f"Response {seq:02x}")
    request, response = get_device_id(0x03)
    sent(link.host, request, (host, bmc), "Request 03")
    link.bmc(response, comment="Response 03, which does not arrive any more", **bmc)
    link.disconnected("At the BMC: nothing is unanswered here", after=0.0001, **bmc)
    link.disconnected("At the host: request 03 is cut off", after=0.0001, **host)
    opened()
    request, response = get_device_id(0x03)
    sent(link.host, request, (host, bmc), "Request 03 of the new connection")
    sent(link.bmc, response, (bmc, host), "Response 03 of the new connection")
    return link


@sample("frames-dropped")
def frames_dropped():
    """A capture that has lost frames, and what it can say all the same."""
    link = Link("/machine/peripheral/bmc")
    greet(link, 0x00)
    request, response = get_device_id(0x00)
    link.host(request, comment="Request 00")
    link.bmc(response, comment="Its response")
    link.host(get_device_id(0x01)[0], comment="Request 01, whose response is lost")
    link.host(req(0x03, APP, 0x37), comment="Request 03: request 02 is lost, too", dropped=2)
    link.bmc(get_device_id(0x02)[1], comment="Response 02: nothing wrong with it", dropped=1)
    link.bmc(rsp(0x03, APP, 0x37, bytes(range(16))), comment="Response 03: it was not lost")
    link.bmc(response, comment="Response 00 of a round of requests that is lost", dropped=255)
    link.bmc(control(SEND_NMI), comment="SEND_NMI: what the host announced last may be lost")
    link.host(request, comment="Request 00")
    link.bmc(response, comment="Its response")
    link.bmc(get_device_id(0x04)[1], comment="Response 04 that nobody asked for: requests are "
             "heard again")
    link.host(get_device_id(0x05)[0], comment="Request 05")
    link.disconnected("The rest is lost, and so is the response", dropped=1)
    return link


@sample("frames-in-one-record")
def frames_in_one_record():
    """Several frames in one packet."""
    link = Link()
    greet(link)
    link.host(req(1, APP, 0x2E, b"\x0b"), comment="Set BMC Global Enables")
    link.bmc(control(ENABLE_IRQ), rsp(1, APP, 0x2E), comment="ENABLE_IRQ and the response",
             after=0.0002)
    link.host(req(2, APP, GET_DEVICE_ID), req(3, APP, 0x37), req(4, CHASSIS, 0x01),
              comment="Three requests")
    link.bmc(rsp(2, APP, GET_DEVICE_ID, DEVICE_ID), rsp(3, APP, 0x37, bytes(range(16))),
             rsp(4, CHASSIS, 0x01, bytes.fromhex("21 00 00")), comment="Three responses",
             after=0.0002)
    bad = bytearray(req(5, APP, GET_DEVICE_ID))
    bad[-2] ^= 1
    link.host(bytes(bad), req(6, APP, GET_DEVICE_ID), END_OF_MESSAGE,
              comment="A wrong checksum, a right request, an empty message")
    link.bmc(rsp(6, APP, GET_DEVICE_ID, DEVICE_ID), control(ATTN_IRQ), control(NOATTN),
             comment="A response and two control commands", after=0.0002)
    link.host(req(7, APP, GET_DEVICE_ID), req(7, APP, GET_DEVICE_ID),
              comment="A request and its retransmission")
    link.bmc(rsp(7, APP, GET_DEVICE_ID, DEVICE_ID), rsp(7, APP, GET_DEVICE_ID, DEVICE_ID),
             comment="Its response and a duplicate", after=0.0002)
    link.host(req(8, STORAGE, 0x11, bytes(3)), req(9, APP, GET_DEVICE_ID),
              comment="Read FRU Data without its count, and a right request after it")
    link.bmc(rsp(9, APP, GET_DEVICE_ID, DEVICE_ID), rsp(8, STORAGE, 0x11, ccode=0xC7),
             comment="The second is answered first", after=0.0002)
    return link


@sample("no-direction")
def no_direction():
    """A file that does not say who sent what: the frames themselves tell."""
    link = Link()
    for frame, comment in ((control(VERSION, 1), "Both sides send VERSION: nothing to tell by"),
                           (control(CAPABILITIES, 0x3F), "Only a host sends CAPABILITIES"),
                           (control(ENABLE_IRQ), "Only a BMC sends ENABLE_IRQ"),
                           (get_device_id(1)[0], "Only a host sends requests"),
                           (get_device_id(1)[1], "Only a BMC sends responses")):
        link.record(None, [frame], comment=comment)
    return link


# --- Over TCP --------------------------------------------------------------

def greet_tcp(connection):
    """What both sides send when they connect, in the segments of ipmi_sim and
    QEMU."""
    connection.bmc(control(VERSION, 1))
    connection.bmc(control(NOATTN), after=0.00004)
    connection.host(control(VERSION, 1), control(CAPABILITIES, 0x3F), after=0.02)


def exchange(connection, seq):
    """Get Device ID and its response."""
    request, response = get_device_id(seq)
    connection.host(request)
    connection.bmc(response, after=0.0002)


@sample("tcp-late-start")
def tcp_late_start():
    """Captures that begin when the connection is already in use."""
    capture = Ethernet()
    request, response = get_device_id(0x11)

    inside = Connection(capture, host_port=40001, handshake=False)
    inside.bmc(response[5:], comment="The capture begins inside a response")
    exchange(inside, 0x12)

    escape = Connection(capture, host_port=40002, handshake=False)
    escape.bmc(rsp(0xA0, APP, GET_DEVICE_ID, DEVICE_ID)[1:],
               comment="The capture begins between an escape and its byte")
    exchange(escape, 0xA1)

    control_end = Connection(capture, host_port=40003, handshake=False)
    control_end.host(control(CAPABILITIES, 0x3F)[1:],
                     comment="The capture begins inside a control command")
    exchange(control_end, 0x21)

    whole = Connection(capture, host_port=40004, handshake=False)
    whole.host(request, comment="The capture begins with a whole request")
    whole.bmc(response, after=0.0002)
    bad = bytearray(req(0x12, APP, GET_DEVICE_ID))
    bad[-2] ^= 1
    whole.host(bytes(bad), comment="A wrong checksum later on is one")

    answer = Connection(capture, host_port=40005, handshake=False)
    answer.bmc(response, comment="The capture begins with a response: its request was before")
    exchange(answer, 0x12)

    both = Connection(capture, host_port=40006, handshake=False)
    both.bmc(response[9:], comment="Both directions begin inside a message")
    both.host(req(0x30, STORAGE, 0x11, b"\x00\x00\x00\x10")[4:],
              comment="Both directions begin inside a message")
    exchange(both, 0x31)
    return capture


@sample("tcp-split-at-every-byte")
def tcp_split_at_every_byte():
    """One byte in each segment, then each way of cutting a message in two."""
    capture = Ethernet()
    connection = Connection(capture)
    greet_tcp(connection)
    frames = (req(0xAA, STORAGE, 0x11, b"\x00\xa0\x00\x10"),
              rsp(0xAA, STORAGE, 0x11, b"\x03\xa0\xa1\xaa"), control(ENABLE_IRQ))
    for frame, send in zip(frames, (connection.host, connection.bmc, connection.bmc)):
        for i in range(len(frame)):
            send(frame[i:i + 1], after=0.0001)
    for cut in range(1, 12):
        request = req(cut, STORAGE, 0x11, b"\x00\xa0\xa1\xaa")
        response = rsp(cut, STORAGE, 0x11, b"\x03\xa0\xa1\xaa")
        assert cut < len(request) and cut < len(response)
        connection.host(request[:cut])
        connection.host(request[cut:], after=0.0001, comment=f"Request cut after {cut} bytes")
        connection.bmc(response[:cut])
        connection.bmc(response[cut:], after=0.0001, comment=f"Response cut after {cut} bytes")
    connection.close(HOST_TO_BMC)
    return capture


@sample("tcp-coalesced")
def tcp_coalesced():
    """Segments that hold more than one frame, or parts of several."""
    capture = Ethernet()
    connection = Connection(capture)
    greet_tcp(connection)
    connection.host(req(1, APP, 0x2E, b"\x0b"))
    connection.bmc(control(ENABLE_IRQ), rsp(1, APP, 0x2E),
                   comment="A control command and a response in one segment")
    connection.host(req(2, APP, GET_DEVICE_ID), req(3, APP, 0x37), req(4, CHASSIS, 0x01),
                    comment="Three requests in one segment")
    answers = (rsp(2, APP, GET_DEVICE_ID, DEVICE_ID) + rsp(3, APP, 0x37, bytes(range(16)))
               + rsp(4, CHASSIS, 0x01, bytes.fromhex("21 00 00")))
    connection.bmc(answers[:10], comment="The beginning of the first response")
    connection.bmc(answers[10:30], comment="The end of the first, the beginning of the second")
    connection.bmc(answers[30:], comment="The end of the second, and the third")
    connection.host(req(5, APP, GET_DEVICE_ID)[:-1], comment="A request without its terminator")
    connection.host(END_OF_MESSAGE, req(6, APP, GET_DEVICE_ID),
                    comment="The terminator, and the next request")
    connection.bmc(get_device_id(5)[1], get_device_id(6)[1], control(ATTN_IRQ),
                   comment="Both responses and a control command")
    connection.close(HOST_TO_BMC)
    return capture


@sample("tcp-connection-ends")
def tcp_connection_ends():
    """Connections that end with a request, or half a message, on the way."""
    capture = Ethernet()
    first = Connection(capture, host_port=40001)
    greet_tcp(first)
    exchange(first, 0x01)
    first.host(req(0x02, APP, GET_DEVICE_ID), comment="The BMC closes before it answers")
    first.close(BMC_TO_HOST, comment="FIN with a request pending")

    second = Connection(capture, host_port=40002)
    greet_tcp(second)
    exchange(second, 0x03)
    second.host(req(0x04, APP, GET_DEVICE_ID), comment="The BMC resets the connection")
    second.send(BMC_TO_HOST, flags=RST | ACK, comment="RST with a request pending")

    third = Connection(capture, host_port=40003)
    greet_tcp(third)
    third.host(req(0x02, APP, GET_DEVICE_ID),
               comment="The number of the request that the first connection lost")
    response = get_device_id(0x02)[1]
    third.bmc(response, after=0.0002, comment="Answers the request of this connection")
    third.host(req(0x05, APP, GET_DEVICE_ID))
    third.bmc(get_device_id(0x05)[1][:8], comment="Half a response, then the end")
    third.close(BMC_TO_HOST)

    # The ports of the second connection, used again.
    again = Connection(capture, host_port=40002, isn=900000)
    greet_tcp(again)
    exchange(again, 0x04)
    again.send(HOST_TO_BMC, req(0x06, APP, GET_DEVICE_ID), flags=FIN | ACK,
               comment="A request in the segment that closes")
    again.bmc(get_device_id(0x06)[1], after=0.0002, comment="Answered all the same")
    again.send(BMC_TO_HOST, flags=FIN | ACK)
    again.send(HOST_TO_BMC, flags=ACK)
    return capture


@sample("tcp-reordered")
def tcp_reordered():
    """Segments repeated and out of order."""
    capture = Ethernet()
    connection = Connection(capture)
    greet_tcp(connection)
    request, response = get_device_id(0x01)
    start = connection.seq[HOST_TO_BMC]
    connection.host(request)
    connection.send(HOST_TO_BMC, request, seq=start,
                    comment="TCP repeats the segment: not a second request")
    connection.bmc(response)

    request, response = get_device_id(0x02)
    connection.host(request)
    start = connection.seq[BMC_TO_HOST]
    connection.send(BMC_TO_HOST, response[6:], seq=start + 6,
                    comment="The second half of a response before the first")
    connection.send(BMC_TO_HOST, response[:6], seq=start, comment="The first half")
    connection.seq[BMC_TO_HOST] += len(response)
    exchange(connection, 0x03)
    connection.close(HOST_TO_BMC)
    return capture


@sample("tcp-segments-missing")
def tcp_segments_missing():
    """A capture program that could not keep up: segments are missing."""
    capture = Ethernet()
    connection = Connection(capture)
    greet_tcp(connection)
    request, response = get_device_id(0x01)
    connection.host(request[:3], comment="The beginning of a request")
    connection.seq[HOST_TO_BMC] += len(request) - 3
    connection.bmc(response, comment="Its response: the rest of the request is missing")
    exchange(connection, 0x02)
    request, response = get_device_id(0x03)
    connection.host(request, comment="A request")
    connection.seq[BMC_TO_HOST] += 6
    connection.bmc(response[6:], comment="The end of its response: the beginning is missing")
    exchange(connection, 0x04)
    connection.seq[HOST_TO_BMC] += len(request)
    connection.bmc(get_device_id(0x05)[1], comment="A response: its request is missing")
    exchange(connection, 0x06)
    connection.close(HOST_TO_BMC)
    return capture


@sample("tcp-two-links")
def tcp_two_links():
    """Two hosts at once, each connected to a BMC of its own, and the second
    BMC on another port: it takes Decode As or the heuristic to see it."""
    capture = Ethernet()
    links = (Connection(capture, port=9002, host_port=40001),
             Connection(capture, port=9003, host_port=40002))
    for link in links:
        greet_tcp(link)
    for seq in range(3):
        request, response = get_device_id(seq)
        for link in links:
            link.host(request)
        for link in reversed(links):
            link.bmc(response)
    links[0].host(req(3, APP, GET_DEVICE_ID), comment="Asked on port 9002")
    links[1].bmc(rsp(3, APP, GET_DEVICE_ID, DEVICE_ID),
                 comment="Answered on port 9003: not its response")
    for link in links:
        link.close(HOST_TO_BMC)
    return capture


@sample("tcp-port-9010")
def tcp_port_9010():
    """A BMC on a port that the preferences do not name."""
    capture = Ethernet()
    connection = Connection(capture, port=9010)
    greet_tcp(connection)
    for seq in range(3):
        exchange(connection, seq)
    connection.bmc(control(ATTN_IRQ))
    connection.close(HOST_TO_BMC)
    return capture


@sample("tcp-all-inbound")
def tcp_all_inbound():
    """Captured where every packet comes in, as on a machine between the two,
    by a program that says so in each packet."""
    capture = Ethernet(packet_direction=BMC_TO_HOST)
    connection = Connection(capture)
    greet_tcp(connection)
    exchange(connection, 0)
    connection.bmc(control(ATTN_IRQ))
    connection.close(HOST_TO_BMC)
    return capture


def main():
    """Writes the captures, or compares them with those that are there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true",
                        help="only say which files there are not what would be written")
    parser.add_argument("directory", help="where the captures belong: samples")
    arguments = parser.parse_args()
    made = {name + ".pcapng": build().contents() for name, build in SAMPLES.items()}
    if arguments.check:
        there = {}
        for name in os.listdir(arguments.directory):
            if name.endswith(".pcapng"):
                with open(os.path.join(arguments.directory, name), "rb") as file:
                    there[name] = file.read()
        # Programs at work write pcapng, too, and say there who they are.
        there = {name: contents for name, contents in there.items()
                 if name in made or contents.startswith(HEADER)}
        wrong = [name for name in sorted(made.keys() | there.keys())
                 if made.get(name) != there.get(name)]
        sys.exit(f"not as generate.py makes it: {', '.join(wrong)}" if wrong else 0)
    for name, contents in made.items():
        with open(os.path.join(arguments.directory, name), "wb") as file:
            file.write(contents)


if __name__ == "__main__":
    main()
