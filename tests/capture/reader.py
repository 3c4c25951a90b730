#!/usr/bin/env python3
# reader.py
# Reads a capture by the letter of docs/capture-format.md.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Prints one line for each packet of a capture, and says on standard error what
breaks the rules of docs/capture-format.md. Written from that page alone: it
shares nothing with the emulator, the dissector or the other decoders here.

Exit status: 0 no rule is broken, 1 some are, 2 this is no capture.

In a module:
  capture = reader.read(bytes)
  capture.packets   frames, connections and records, in the order of the file
  capture.faults    rules that are broken, in words
  capture.remarks   what the rules allow and seldom is: unknown blocks, options
                    and numbers, accesses that the interfaces do not provide
                    for, a clock that was set back
"""

import argparse
import datetime
import signal
import struct
import sys

SECTION, INTERFACE, STATISTICS, PACKET = 0x0A0D0D0A, 1, 5, 6
BYTE_ORDER_MAGIC = 0x1A2B3C4D

END_OF_OPTIONS, COMMENT = 0, 1
# Options by block: {code: (name, length or None)}
OPTIONS = {
    SECTION: {4: ("shb_userappl", None)},
    INTERFACE: {2: ("if_name", None), 3: ("if_description", None), 9: ("if_tsresol", 1)},
    PACKET: {COMMENT: ("opt_comment", None), 2: ("epb_flags", 4), 4: ("epb_dropcount", 8)},
    STATISTICS: {4: ("isb_ifrecv", 8), 5: ("isb_ifdrop", 8)},
}

LINKTYPE_WIRESHARK_UPPER_PDU = 252
NANOSECONDS = 9

TAG_END, TAG_DISSECTOR_NAME = 0, 12

FRAMES, KCS, BT = "ipmi_extern", "ipmi_kcs", "ipmi_bt"

TO_HOST, TO_BMC = 1, 2
DIRECTIONS = {0: "", TO_HOST: "to host", TO_BMC: "to BMC"}

HOST, BMC = 1, 2
SIDES = {HOST: "host", BMC: "BMC"}
OUTWARD = {HOST: TO_BMC, BMC: TO_HOST}

READ, WRITE, IRQ, RESET, LINE, HW_OP = range(1, 7)
OPERATIONS = {READ: "R", WRITE: "W", IRQ: "interrupt", RESET: "reset", LINE: "line",
              HW_OP: "hardware operation"}

# {number: (name, which accesses there are)}, an access a side's initial and an
# operation's.
ANY_OF_BMC = ("bR", "bW")
REGISTERS = {
    KCS: {
        0x01: ("DI", ("hW", "bR")),
        0x02: ("DO", ("bW", "hR")),
        0x03: ("CMD", ("hW",)),
        0x04: ("ST", ("hR", "bR", "bW")),
        0x10: ("DOC", ANY_OF_BMC), 0x11: ("DOM", ANY_OF_BMC), 0x12: ("DIC", ANY_OF_BMC),
        0x13: ("CTL", ANY_OF_BMC), 0x14: ("IC", ANY_OF_BMC), 0x15: ("IE", ANY_OF_BMC),
        0x20: ("HICR0", ANY_OF_BMC), 0x22: ("HICR2", ANY_OF_BMC),
        0x24: ("HICR4", ANY_OF_BMC), 0x25: ("HICR5", ANY_OF_BMC),
        0x2B: ("HICRB", ANY_OF_BMC), 0x2C: ("HICRC", ANY_OF_BMC),
        0x30: ("SIRQCR0", ANY_OF_BMC),
    },
    BT: {
        0x01: ("CTRL", ("hR", "hW", "bR", "bW")),
        0x02: ("FIFO", ("hR", "hW", "bR", "bW")),
        0x03: ("INTMASK", ("hR", "hW", "bR")),
        0x20: ("CR0", ANY_OF_BMC), 0x21: ("CR1", ANY_OF_BMC),
        0x22: ("CR2", ANY_OF_BMC), 0x23: ("CR3", ANY_OF_BMC),
    },
}
LINES = {1: "SMS_ATN", 2: "interrupt enable", 3: "enable"}
HW_OPS = {1: "reset", 2: "power off", 3: "power on", 4: "power cycle",
          5: "diagnostic interrupt", 6: "graceful shutdown", 7: "NMI"}

LOST = 0x01
LANE_SHIFT, LANE_MASK = 1, 0x06
KNOWN_FLAGS = LOST | LANE_MASK

# IPMI 2.0, section 9.7
KCS_CD, KCS_SMS_ATN, KCS_IBF, KCS_OBF = 0x08, 0x04, 0x02, 0x01
KCS_STATES = ("IDLE", "READ", "WRITE", "ERROR")
KCS_BITS = ((KCS_CD, "C/D"), (KCS_SMS_ATN, "SMS_ATN"), (KCS_IBF, "IBF"), (KCS_OBF, "OBF"))

# IPMI 2.0, sections 11.6.1 and 11.6.3
BT_CLEAR_POINTERS = 0x03
BT_H2B_ATN, BT_B2H_ATN, BT_SMS_ATN, BT_OEM0, BT_H_BUSY, BT_B_BUSY = (1 << i for i in range(2, 8))
BT_BITS = ((BT_B_BUSY, "B_BUSY"), (BT_H_BUSY, "H_BUSY"), (BT_OEM0, "OEM0"),
           (BT_SMS_ATN, "SMS_ATN"), (BT_B2H_ATN, "B2H_ATN"), (BT_H2B_ATN, "H2B_ATN"))
BT_IRQ_ENABLE, BT_IRQ = 0x01, 0x02

# docs/ipmi-extern.md
MESSAGE_END, CONTROL_END = 0xA0, 0xA1

# Nobody captured anything before there was this format.
EARLIEST_NS = int(datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc).timestamp()) * 10**9


class NotACapture(Exception):
    """There is no section header to begin with."""


class Point:
    """A capture point, which a file calls an interface."""

    def __init__(self, name, description):
        self.name, self.description = name, description or ""
        self.packets = self.dropped = 0         # dropped: as its packets say
        self.last_ns = EARLIEST_NS
        self.statistics = None                  # (received, dropped), at the end
        self.connected = None                   # not known


class Packet:
    """What every packet has."""

    comment = dissector = None

    def __init__(self, number, point, time_ns):
        self.number, self.point, self.time_ns = number, point, time_ns
        self.direction = self.dropped = 0
        self.content = b""
        self.captured = 0                       # bytes, tags and content
        self.missing = 0                        # bytes that were cut off

    def words(self):
        """What happened, without when and where."""
        return f"{self.dissector}, {len(self.content)} bytes: {self.content.hex(' ')}"

    def seconds(self):
        """When, since 1970."""
        return "{}.{:09}".format(*divmod(self.time_ns, 10**9))

    def line(self):
        """For people."""
        lost = f", after {self.dropped} dropped" if self.dropped else ""
        return f"{self.number:5} {self.seconds()} {self.point.name}: {self.words()}{lost}"

    def as_libpcap(self):
        """What libpcap-reads prints of it."""
        return f"{self.seconds()} {self.captured} {self.captured + self.missing}"


class Frame(Packet):
    """A frame on the wire, or a rest of one."""

    dissector = FRAMES

    def words(self):
        cut = f" and {self.missing} more" if self.missing else ""
        return f"{DIRECTIONS[self.direction]}: {self.content.hex(' ')}{cut}"

    def terminated(self):
        """Is it whole?"""
        return self.content[-1] in (MESSAGE_END, CONTROL_END)


class Connection(Packet):
    """The peer came or went."""

    dissector = FRAMES

    def words(self):
        return self.comment


class Record(Packet):
    """An event at registers."""

    def __init__(self, packet, dissector):
        super().__init__(packet.number, packet.point, packet.time_ns)
        self.__dict__.update(packet.__dict__)
        self.dissector = dissector
        (self.version, self.side, self.operation, self.what, self.width, self.flags,
         self.state, self.mask, self.value) = struct.unpack(">8BI", self.content[:12])
        self.lane = (self.flags & LANE_MASK) >> LANE_SHIFT
        self.lost = bool(self.flags & LOST)

    def is_access(self):
        """Or an event without a register."""
        return self.operation in (READ, WRITE)

    def name(self):
        """What offset 3 means."""
        if self.is_access():
            return REGISTERS[self.dissector].get(self.what, ("",))[0] or f"register {self.what:02x}"
        names = {LINE: LINES, HW_OP: HW_OPS}.get(self.operation, {})
        return names.get(self.what, f"{self.what:02x}")

    def state_words(self):
        """The register at offset 6, and of BT the one at offset 7."""
        if self.dissector == KCS:
            bits = [KCS_STATES[self.state >> 6]]
            bits += [name for bit, name in KCS_BITS if self.state & bit]
            return f"{self.state:02x} ({' '.join(bits)})"
        bits = [name for bit, name in BT_BITS if self.state & bit]
        bits += [name for bit, name in ((BT_IRQ_ENABLE, "interrupt enabled"),
                                        (BT_IRQ, "interrupt")) if self.mask & bit]
        return f"{self.state:02x} {self.mask:02x} ({', '.join(bits) or '-'})"

    def words(self):
        side = SIDES.get(self.side, f"side {self.side}")
        operation = OPERATIONS.get(self.operation, f"operation {self.operation}")
        if self.is_access():
            event = f"{side} {operation} {self.name()} {self.value:0{max(self.width, 1) * 2}x}"
            if self.lane:
                event += f" at byte {self.lane}"
            if self.lost:
                event += ", lost"
        elif self.operation == IRQ:
            event = f"{side} {operation} {self.what} {'on' if self.value else 'off'}"
        elif self.operation == LINE:
            event = f"{side} {operation} {self.name()} {'on' if self.value else 'off'}"
        elif self.operation == HW_OP:
            event = f"{operation} {self.name()}, completion code {self.value:02x}"
        else:
            event = f"{side} {operation}"
        return f"{self.dissector.removeprefix('ipmi_').upper()} {event} -> {self.state_words()}"

    # --- The rules, as (does it hold?, words) --------------------------------

    def rules(self):
        """All that can be said of a record by itself."""
        yield self.side in SIDES, f"side {self.side}"
        yield not self.flags or self.is_access(), f"flags {self.flags:02x} of no access"
        if self.dissector == KCS:
            yield self.mask == 0, f"{self.mask:02x} at offset 7 of KCS"
        if self.is_access():
            yield from self.access_rules()
        elif self.operation in OPERATIONS:
            yield self.width == 0, f"width {self.width} of no access"
            yield from self.event_rules()
        if self.operation in OPERATIONS:
            yield (self.direction == self.expected_direction(),
                   f"direction {self.direction} instead of {self.expected_direction()}")

    def expected_direction(self):
        """From side and operation."""
        return {IRQ: {HOST: TO_HOST, BMC: TO_BMC}.get(self.side),
                RESET: 0,
                HW_OP: TO_HOST}.get(self.operation, OUTWARD.get(self.side))

    def event_rules(self):
        """Interrupts, resets, lines, hardware operations."""
        limit = {IRQ: 1, RESET: 0, LINE: 1, HW_OP: 0xFF}[self.operation]
        yield self.value <= limit, f"value {self.value:#x}"
        if self.operation == RESET:
            yield self.what == 0, f"{self.what:02x} at offset 3 of a reset"
        if self.operation == HW_OP:
            yield self.side == BMC, "a hardware operation of the host"
        if self.operation == LINE and self.what == 1:
            bit = KCS_SMS_ATN if self.dissector == KCS else BT_SMS_ATN
            yield bool(self.state & bit) == self.value, "SMS_ATN is not in the state"

    def access_rules(self):
        """Reads and writes."""
        yield self.width in (1, 2, 4), f"width {self.width} of an access"
        yield self.lane + self.width <= 4, f"{self.width} bytes from byte {self.lane} on"
        yield self.value < 1 << 8 * self.width, f"value {self.value:#x} in {self.width} bytes"
        if not self.lost and self.lane == 0:
            yield from (self.kcs_rules if self.dissector == KCS else self.bt_rules)()

    def after(self, access):
        """Is it that access? As in REGISTERS, and the register."""
        side, operation, register = access
        return ((self.side, self.operation) ==
                ({"h": HOST, "b": BMC}[side], {"R": READ, "W": WRITE}[operation]) and
                self.what == {"DI": 1, "DO": 2, "CMD": 3, "ST": 4,
                              "CTRL": 1, "FIFO": 2, "INTMASK": 3}[register])

    def kcs_rules(self):
        """What an access makes of the status register (IPMI 2.0, section 9.7)."""
        state = self.state
        if self.after(("h", "W", "DI")) or self.after(("h", "W", "CMD")):
            yield state & KCS_IBF, f"IBF is clear after the host wrote {self.name()}"
        if self.after(("b", "R", "DI")):
            yield not state & KCS_IBF, "IBF is set after the BMC read DI"
        if self.after(("b", "W", "DO")):
            yield state & KCS_OBF, "OBF is clear after the BMC wrote DO"
        if self.after(("h", "R", "DO")):
            yield not state & KCS_OBF, "OBF is set after the host read DO"
        if self.after(("h", "R", "ST")) or self.after(("b", "R", "ST")):
            yield self.value & 0xFF == state, "what was read of ST is not the state"

    def bt_rules(self):
        """The same of BT (IPMI 2.0, section 11.6)."""
        state, value = self.state, self.value
        yield not state & BT_CLEAR_POINTERS, "CLR_WR_PTR or CLR_RD_PTR reads as 1"
        if self.after(("h", "W", "CTRL")):
            yield not value & BT_H2B_ATN or state & BT_H2B_ATN, "H2B_ATN was not set"
            yield not value & state & BT_B2H_ATN, "B2H_ATN was not cleared"
            yield not value & state & BT_SMS_ATN, "SMS_ATN was not cleared"
        if self.after(("b", "W", "CTRL")):
            yield not value & BT_B2H_ATN or state & BT_B2H_ATN, "B2H_ATN was not set"
            yield not value & BT_SMS_ATN or state & BT_SMS_ATN, "SMS_ATN was not set"
            yield not value & state & BT_H2B_ATN, "H2B_ATN was not cleared"
        if self.after(("h", "R", "CTRL")):
            yield value & 0xFF == state, "what was read of CTRL is not the state"
        if self.after(("h", "R", "INTMASK")):
            yield value & 0xFF == self.mask, "what was read of INTMASK is not the state"
        if self.after(("h", "W", "INTMASK")):
            yield not (value ^ self.mask) & BT_IRQ_ENABLE, "B2H_IRQ_EN is not what was written"
            yield not value & self.mask & BT_IRQ, "B2H_IRQ was not cleared"

    def unusual(self):
        """Numbers that a later version may have given a meaning, and accesses
        that are not for this side."""
        if self.operation not in OPERATIONS:
            yield f"unknown operation {self.operation}"
        elif self.is_access() and self.what not in REGISTERS[self.dissector] or \
                self.operation == LINE and self.what not in LINES or \
                self.operation == HW_OP and self.what not in HW_OPS:
            yield f"unknown: {OPERATIONS[self.operation]} {self.name()}"
        elif self.is_access() and self.side in SIDES:
            access = SIDES[self.side][0].lower() + OPERATIONS[self.operation]
            if access not in REGISTERS[self.dissector][self.what][1]:
                yield f"{self.words()}: no such access"
        if self.flags & ~KNOWN_FLAGS:
            yield f"unknown flags {self.flags:02x}"
        if self.version > 1:
            yield f"version {self.version}"
        if len(self.content) > 12:
            yield f"{len(self.content) - 12} bytes after the value"


class Capture:
    """A file. See the text at the top."""

    def __init__(self, data):
        self.data = data
        self.points, self.packets, self.faults, self.remarks = [], [], [], []
        self.application = None                 # if it says so
        self.cut_off = False                    # in the middle of a block
        self.order = "<"
        self.where = "section header"
        if len(data) < 12 or self.number(0) != SECTION:
            raise NotACapture("it does not begin with a section header")
        magic = data[8:12]
        if magic == struct.pack(">I", BYTE_ORDER_MAGIC):
            self.order = ">"
        elif magic != struct.pack("<I", BYTE_ORDER_MAGIC):
            raise NotACapture(f"byte-order magic {magic.hex()}")
        self.read_blocks()
        self.check_statistics()

    def unpack(self, form, data):
        """In the byte order of the file."""
        return struct.unpack(self.order + form, data)

    def number(self, at):
        """The 32-bit number at an offset of the file."""
        return self.unpack("I", self.data[at:at + 4])[0]

    def fault(self, words):
        self.faults.append(f"{self.where}: {words}")

    def remark(self, words):
        self.remarks.append(f"{self.where}: {words}")

    def check(self, holds, words):
        if not holds:
            self.fault(words)

    # --- Blocks ----------------------------------------------------------------

    def read_blocks(self):
        """All of them, up to the end or where the last one is cut off."""
        readers = {INTERFACE: self.read_interface, PACKET: self.read_packet,
                   STATISTICS: self.read_statistics}
        at = 0
        while at < len(self.data):
            self.where = f"block at {at}"
            if len(self.data) - at < 12:
                self.cut_off = True
                break
            kind, length = self.number(at), self.number(at + 4)
            if length < 12 or length % 4:
                self.fault(f"length {length}")
                break
            if len(self.data) - at < length:
                self.cut_off = True
                break
            body = self.data[at + 8:at + length - 4]
            self.check(self.number(at + length - 4) == length, "two different lengths")
            if at == 0:
                self.read_section(body)
            elif kind == SECTION:
                self.fault("a second section")
                break
            elif kind in readers:
                readers[kind](body)
            else:
                self.remark(f"unknown type {kind:#x}")
            at += length
        if self.cut_off and at == 0:
            raise NotACapture("its section header is cut off")

    def options(self, kind, data):
        """{name: value}"""
        found, at, ended = {}, 0, not data
        while at < len(data):
            if len(data) - at < 4:
                self.fault("an option is cut off")
                break
            code, length = self.unpack("HH", data[at:at + 4])
            at += 4
            if code == END_OF_OPTIONS:
                ended = True
                self.check(length == 0 and at == len(data), "bytes after the end of the options")
                break
            value, padding = data[at:at + length], data[at + length:at + length + -length % 4]
            at += length + -length % 4
            if at > len(data):
                self.fault(f"option {code} has {length} bytes")
                break
            self.check(not any(padding), f"option {code} is not padded with zeros")
            name, expected = OPTIONS[kind].get(code, (None, None))
            if not name:
                self.remark(f"unknown option {code}")
                continue
            self.check(name not in found, f"{name} twice")
            if expected not in (None, length):
                self.fault(f"{name} has {length} bytes")
                continue
            found[name] = value
        self.check(ended, "the options have no end")
        return found

    def text(self, options, name):
        """An option that is words."""
        try:
            words = options[name].decode()
        except KeyError:
            return None
        except UnicodeDecodeError:
            self.fault(f"{name} is not UTF-8")
            return repr(options[name])
        self.check(words and "\0" not in words, f"{name} {words!r}")
        return words

    def integer(self, options, name):
        """An option that is a number; 0 if it is not there."""
        value = options.get(name, bytes(4))
        return self.unpack("I" if len(value) == 4 else "Q", value)[0]

    def read_section(self, body):
        if len(body) < 16:
            raise NotACapture("section header too short")
        major, minor, length = self.unpack("HHq", body[4:16])
        self.check((major, minor) == (1, 0), f"pcapng version {major}.{minor}")
        self.check(length == -1, f"section length {length}")
        self.application = self.text(self.options(SECTION, body[16:]), "shb_userappl")

    def read_interface(self, body):
        if len(body) < 8:
            self.fault("interface description too short")
            body = bytes(8)
        linktype, reserved, limit = self.unpack("HHI", body[:8])
        self.check(linktype == LINKTYPE_WIRESHARK_UPPER_PDU, f"link type {linktype}")
        self.check(reserved == 0, f"reserved field {reserved}")
        self.check(limit == 0, f"SnapLen {limit}")
        options = self.options(INTERFACE, body[8:])
        resolution = options.get("if_tsresol")
        self.check(resolution == bytes([NANOSECONDS]), f"if_tsresol {resolution}")
        name = self.text(options, "if_name")
        self.check(name is not None, "no if_name")
        new = Point(name, self.text(options, "if_description"))
        for point in self.points:
            if point.name == name:
                self.check(point.description != new.description, f"a second {name}")
                self.remark(f"a second {name}, of another machine if this was merged")
        self.points.append(new)

    def point(self, number):
        if number < len(self.points):
            return self.points[number]
        self.fault(f"interface {number} is not described yet")
        return None

    def read_statistics(self, body):
        if len(body) < 12:
            self.fault("interface statistics too short")
            return
        number, high, low = self.unpack("III", body[:12])
        options = self.options(STATISTICS, body[12:])
        point = self.point(number)
        if not point:
            return
        self.check(point.statistics is None, f"statistics of {point.name} twice")
        self.check_time(point, high << 32 | low)
        for name in "isb_ifrecv", "isb_ifdrop":
            self.check(name in options, f"no {name}")
        point.statistics = tuple(self.integer(options, name)
                                 for name in ("isb_ifrecv", "isb_ifdrop"))

    def check_time(self, point, time_ns):
        self.check(time_ns >= EARLIEST_NS, f"time {time_ns} ns since 1970")
        if EARLIEST_NS <= time_ns < point.last_ns:
            self.remark(f"the clock was set back by {point.last_ns - time_ns} ns")
        point.last_ns = time_ns

    def check_statistics(self):
        """What each point says in the end against what there is."""
        self.where = "end"
        for point in (point for point in self.points if point.statistics):
            received, dropped = point.statistics
            self.check(received == point.packets + dropped,
                       f"{point.name}: {received} received, {dropped} of them dropped, "
                       f"but {point.packets} here")
            self.check(dropped >= point.dropped,
                       f"{point.name}: {dropped} dropped, but its packets say {point.dropped}")

    def complete(self):
        """Did the capture end in good order?"""
        return not self.cut_off and all(point.statistics for point in self.points)

    # --- Packets ---------------------------------------------------------------

    def read_packet(self, body):
        number = len(self.packets) + 1
        self.where = f"packet {number}"
        if len(body) < 20:
            self.fault("packet too short")
            return
        interface, high, low, captured, original = self.unpack("5I", body[:20])
        padded = captured + -captured % 4
        point = self.point(interface)
        if len(body) < 20 + padded:
            self.fault(f"{captured} bytes captured are more than the block has")
            return
        if not point:
            return
        self.check(original >= captured, f"{original} bytes are less than {captured} captured")
        self.check(not any(body[20 + captured:20 + padded]), "not padded with zeros")
        options = self.options(PACKET, body[20 + padded:])

        packet = Packet(number, point, high << 32 | low)
        packet.captured, packet.missing = captured, max(0, original - captured)
        self.check_time(point, packet.time_ns)
        flags = self.integer(options, "epb_flags")
        packet.direction = flags & 3
        self.check(flags in DIRECTIONS, f"epb_flags {flags:#x}")
        if "epb_dropcount" in options:
            packet.dropped = self.integer(options, "epb_dropcount")
            self.check(packet.dropped > 0, "an epb_dropcount of 0")
        if "opt_comment" in options:
            packet.comment = self.text(options, "opt_comment")
        self.check(point.statistics is None, "after the statistics of its interface")
        point.packets += 1
        point.dropped += packet.dropped
        self.packets.append(self.content(packet, body[20:20 + captured]))

    def content(self, packet, data):
        """The packet as what the tags say that it is."""
        at, name = 0, None
        while True:
            if len(data) - at < 4:
                self.fault("the tags have no end")
                return packet
            tag, length = struct.unpack(">HH", data[at:at + 4])
            value = data[at + 4:at + 4 + length]
            at += 4 + length
            if at > len(data):
                self.fault(f"tag {tag} has {length} bytes")
                return packet
            if tag == TAG_END:
                self.check(length == 0, f"{length} bytes in the last tag")
                break
            if tag == TAG_DISSECTOR_NAME:
                self.check(name is None, "two names of dissectors")
                name = value.rstrip(b"\0").decode("ascii", "replace")
                self.check(length in (8, 12) and length >= len(name),
                           f"the name of the dissector has {length} bytes")
        packet.content = data[at:]
        if name in (KCS, BT):
            return self.record(packet, name)
        if name == FRAMES:
            return self.frame(packet)
        if name is None:
            self.fault("no name of a dissector")
        else:
            self.remark(f"unknown dissector {name!r}")
        packet.dissector = name
        return packet

    def frame(self, packet):
        packet.__class__ = Frame if packet.content else Connection
        if packet.content:
            inside = packet.content[:-1]
            self.check(MESSAGE_END not in inside and CONTROL_END not in inside,
                       "more than one frame")
            self.check(packet.direction, "a frame without direction")
            self.check(not packet.missing or not packet.terminated(),
                       "cut off, and yet with its end")
            return packet
        self.check(packet.direction == 0, "a connection with direction")
        self.check(packet.comment in ("connected", "disconnected"),
                   f"a connection with comment {packet.comment!r}")
        connected = packet.comment == "connected"
        if not packet.dropped:
            self.check(packet.point.connected != connected, f"{packet.comment} already")
        packet.point.connected = connected
        return packet

    def record(self, packet, dissector):
        self.check(packet.missing == 0, "a record that is cut off")
        if len(packet.content) < 12:
            self.fault(f"a record of {len(packet.content)} bytes")
            return packet
        record = Record(packet, dissector)
        self.check(record.version > 0, "version 0")
        for holds, words in record.rules():
            self.check(holds, words)
        for words in record.unusual():
            self.remark(words)
        return record


def read(data):
    """The capture that a file's bytes are; raises NotACapture."""
    return Capture(data)


def main():
    """Prints a file."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("In a module:", maxsplit=1)[0],
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="+")
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    status = 0
    for path in parser.parse_args().file:
        try:
            with open(path, "rb") as file:
                capture = read(file.read())
        except (OSError, NotACapture) as error:
            print(f"{path}: {error}", file=sys.stderr)
            status = 2
            continue
        print(f"{path}: {capture.application}")
        for point in capture.points:
            print(f"  {point.name}: {point.description}")
        for packet in capture.packets:
            print(packet.line())
        for point in capture.points:
            if point.statistics:
                print("  {}: {} events, {} of them dropped".format(point.name, *point.statistics))
        if not capture.complete():
            print("  not ended in good order" + (", the last block is cut off" * capture.cut_off))
        sys.stdout.flush()
        for words in capture.faults + capture.remarks:
            print(f"{path}: {words}", file=sys.stderr)
        if capture.faults:
            status = max(status, 1)
    sys.exit(status)


if __name__ == "__main__":
    main()
