# models.py
# Rebuilds IPMI messages from what a capture says of registers and of wires.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""A model of KCS (IPMI 2.0, section 9) and one of BT (section 11) are fed the
records of a capture point, in order. They say where a state does not follow
from the one before and the event, and what requests and responses went
through; frames() says the same of a wire. A capture that has everything makes
them agree."""

import collections
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "samples"))

import reader  # noqa: E402
from decode import unescape  # noqa: E402
from reader import BMC, BT, HOST, IRQ, KCS, LINE, READ, RESET, WRITE  # noqa: E402

# A request and its response, each from netFn/LUN on; complete is the packet
# that ended it.
Exchange = collections.namedtuple("Exchange", "request response complete")

DI, DO, CMD, ST, DOC, DOM, DIC = 0x01, 0x02, 0x03, 0x04, 0x10, 0x11, 0x12
CTRL, FIFO, INTMASK = 0x01, 0x02, 0x03

# IPMI 2.0, table 9-3
GET_STATUS_ABORT, WRITE_START, WRITE_END, READ_BYTE = 0x60, 0x61, 0x62, 0x68

KCS_STATE, IDLE, READING = 0xC0, 0x00, 0x40
EVERYTHING = 0xFF


class Model:
    """What both have: a state that only events change."""

    def __init__(self, dissector):
        self.dissector = dissector
        self.exchanges, self.faults = [], []
        self.state = None                       # not known
        self.levels = {}                        # of interrupts and lines

    def fault(self, record, words):
        self.faults.append(f"packet {record.number}: {record.words()}: {words}")

    def check(self, record, holds, words):
        if not holds:
            self.fault(record, words)

    def feed(self, records):
        """Returns itself, for a short way to write it."""
        for record in records:
            if record.dropped:
                self.forget()
                self.levels.clear()
            before, self.state = self.state, self.full_state(record)
            if before is not None and record.operation != RESET:
                unexplained = (before ^ self.state) & ~self.may_change(record)
                self.check(record, not unexplained,
                           f"was {before:02x} before; it does not change {unexplained:02x}")
            if record.operation in (IRQ, LINE):
                wire = record.operation, record.side, record.what
                self.check(record, self.levels.get(wire) != record.value, "it was so before")
                self.levels[wire] = record.value
            if record.operation == RESET:
                self.forget()
                self.state = self.full_state(record)
            elif record.is_access() and not record.lost:
                self.access(record, before)
        return self

    def full_state(self, record):
        """As one number."""
        return record.state | record.mask << 8

    def may_change(self, record):
        """Bits of the state that this event can change."""
        raise NotImplementedError

    def access(self, record, before):
        """What an access does to the messages."""
        raise NotImplementedError

    def forget(self):
        """Something is not known: begin again."""
        raise NotImplementedError


class Kcs(Model):
    """A byte at a time, each way through one buffer."""

    def __init__(self, side):
        super().__init__(KCS)
        # A BMC inside the emulator changes the state without a write to ST, as
        # it takes and gives bytes; and QEMU's device never sets C/D.
        self.built_in = KCS_STATE if side == HOST else 0
        self.forget()

    def forget(self):
        self.state = self.phase = None
        self.to_bmc = self.to_host = None       # the bytes in the buffers
        self.request, self.response = bytearray(), bytearray()

    def may_change(self, record):
        if record.operation == LINE:
            return EVERYTHING if record.name() == "enable" else reader.KCS_SMS_ATN
        if not record.is_access() or record.lost:
            return 0
        if record.side == HOST:
            return {(WRITE, DI): reader.KCS_IBF | reader.KCS_CD,
                    (WRITE, CMD): reader.KCS_IBF | reader.KCS_CD,
                    (READ, DO): reader.KCS_OBF}.get((record.operation, record.what), 0)
        if record.operation == READ:
            return {DI: reader.KCS_IBF | self.built_in, DIC: reader.KCS_IBF}.get(record.what, 0)
        # All that the BMC can write of the status (section 9.7); its other
        # registers can switch the interface off, and what the host reads then
        # is another thing.
        return {DO: reader.KCS_OBF | self.built_in, DOC: reader.KCS_OBF, DOM: reader.KCS_OBF,
                ST: EVERYTHING & ~(reader.KCS_IBF | reader.KCS_OBF | reader.KCS_CD),
                }.get(record.what, EVERYTHING)

    def access(self, record, before):
        value = record.value & 0xFF
        event = record.side, record.operation, record.what
        if event in ((HOST, WRITE, CMD), (HOST, WRITE, DI)):
            self.check(record, before is None or not before & reader.KCS_IBF,
                       "IBF was set, so it must be lost")
            self.check(record, self.built_in or
                       bool(record.state & reader.KCS_CD) == (record.what == CMD),
                       "C/D does not say which register it was")
            self.to_bmc = value
            if record.what == CMD:
                self.command(record, value)
            else:
                self.data(record, value)
        elif event in ((BMC, READ, DI), (BMC, READ, DIC)):
            self.check(record, before is None or before & reader.KCS_IBF, "IBF was clear")
            self.check(record, self.to_bmc in (None, value), f"it should be {self.to_bmc}")
        elif record.side == BMC and record.operation == WRITE and record.what in (DO, DOC, DOM):
            self.to_host = value
        elif event == (HOST, READ, DO):
            self.check(record, before is None or before & reader.KCS_OBF, "OBF was clear")
            self.check(record, self.to_host in (None, value), f"it should be {self.to_host}")
            self.byte(record, value)

    def command(self, record, value):
        """Section 9.8."""
        if value == WRITE_START:
            self.phase, self.request = "write", bytearray()
        elif value == WRITE_END:
            self.check(record, self.phase in (None, "write"), f"in phase {self.phase}")
            self.phase = "last" if self.phase else None
        else:
            self.check(record, value == GET_STATUS_ABORT, "no such control code")
            self.phase = None

    def data(self, record, value):
        """The write phase (figure 9-6), and asking for more in the read phase."""
        if self.phase in ("write", "last"):
            self.request.append(value)
        if self.phase == "last":
            self.phase, self.response = "read", bytearray()
        elif self.phase == "read":
            self.check(record, value == READ_BYTE, "that is not READ")

    def byte(self, record, value):
        """The read phase (figure 9-7): READ state means a byte of the response,
        IDLE that it was the last."""
        if self.phase != "read":
            return
        if record.state & KCS_STATE == READING:
            self.response.append(value)
        elif record.state & KCS_STATE == IDLE:
            self.exchanges.append(Exchange(bytes(self.request), bytes(self.response), record))
            self.phase = None


class Bt(Model):
    """A frame at a time: a length, netFn/LUN, sequence number, command and so
    on. A point records the FIFO as its own side sees it."""

    def __init__(self, side):
        super().__init__(BT)
        self.side = side
        # A side's ATN bit says that what it wrote is complete.
        self.done = {HOST: reader.BT_H2B_ATN, BMC: reader.BT_B2H_ATN}[side]
        self.forget()

    def forget(self):
        self.state = None
        self.written = self.read = None         # not known where they begin
        self.requests = {}

    def may_change(self, record):
        irq = reader.BT_IRQ << 8
        if record.operation == LINE:
            return {"enable": 0xFFFF, "SMS_ATN": reader.BT_SMS_ATN | irq}.get(record.name(), irq)
        if record.operation == IRQ:
            return irq
        if not record.is_access() or record.lost or record.operation == READ:
            return 0
        if record.what == INTMASK:
            return 0xFF00
        if record.what == CTRL:
            # Section 11.6.1: who sets, who clears and who toggles.
            bits = record.value & ~reader.BT_CLEAR_POINTERS
            bits &= ~(reader.BT_B_BUSY if record.side == HOST else
                      reader.BT_H_BUSY | reader.BT_OEM0)
            # What the BMC says may interrupt the host; at the BMC's side, what
            # it is told of the host's interrupt goes with B2H_ATN.
            return bits | (irq if BMC in (record.side, self.side) else 0)
        return 0 if record.what == FIFO else 0xFFFF

    def access(self, record, before):
        value = record.value & 0xFF
        if record.side != self.side:
            return
        if record.what == CTRL and record.operation == WRITE:
            if value & 0x01:
                self.written = bytearray()
            if value & 0x02:
                self.read = bytearray()
            if value & self.done and self.written is not None:
                self.frame(record, self.written, self.side == HOST)
                self.written = None
        elif record.what == FIFO and record.operation == WRITE:
            if self.written is not None:
                self.written.append(value)
        elif record.what == FIFO and self.read is not None:
            self.read.append(value)
            if len(self.read) == self.read[0] + 1:
                self.frame(record, self.read, self.side == BMC)
                self.read = None

    def frame(self, record, frame, is_request):
        """A whole one."""
        self.check(record, len(frame) == frame[0] + 1 and len(frame) >= 4,
                   f"a frame of {len(frame)} bytes says {frame[0]}")
        message, sequence = bytes(frame[1:2] + frame[3:]), frame[2]
        if is_request:
            self.requests[sequence] = message
        elif sequence in self.requests:
            self.exchanges.append(Exchange(self.requests.pop(sequence), message, record))


def frames(packets):
    """The exchanges of a wire, and what is wrong with its messages. packets
    have a content, a frame each."""
    exchanges, faults, requests = [], [], {}
    for packet in packets:
        if packet.content[-1] != reader.MESSAGE_END:
            continue
        message = unescape(packet.content[:-1])
        if len(message) < 4 or sum(message) & 0xFF:
            faults.append(f"packet {packet.number}: {packet.content.hex(' ')}")
            continue
        sequence, message = message[0], message[1:-1]
        if not message[0] & 0x04:               # an even netFn
            requests[sequence] = message
        elif sequence in requests:
            exchanges.append(Exchange(requests.pop(sequence), message, packet))
        else:
            faults.append(f"packet {packet.number}: no request for it")
    return exchanges, faults


def rebuilt(capture, point):
    """The exchanges through a point of a capture, and what is wrong with what
    is recorded there."""
    packets = [packet for packet in capture.packets if packet.point is point]
    if packets and packets[0].dissector == reader.FRAMES:
        return frames([packet for packet in packets if isinstance(packet, reader.Frame)])
    side = BMC if "BMC's side" in point.description else HOST
    model = Kcs(side) if packets and packets[0].dissector == KCS else Bt(side)
    model.feed(packets)
    return model.exchanges, model.faults
