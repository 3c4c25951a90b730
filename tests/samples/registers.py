# registers.py
# KCS and BT interfaces that record the accesses of whoever uses them.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Each interface is a capture point of a Capture, and keeps its status as the
hardware does (IPMI 2.0, sections 9.7 and 11.6): a made capture says who reads
and writes what, and the records follow. What the hardware would not do, such
as a bit in the status that nothing has set, the caller says with state=.

Captured at the host's side, the BMC is the emulator's own; at the BMC's, the
host is: either leaves out what docs/capture-format.md says."""

import struct

from captures import (BMC_TO_HOST, HOST_TO_BMC, LINKTYPE_WIRESHARK_UPPER_PDU, Capture,
                      upper_pdu)

HOST, BMC = 1, 2
SIDE_NAMES = {HOST: "host", BMC: "BMC"}
READ, WRITE, IRQ, RESET, LINE, HARDWARE = range(1, 7)

LOST = 0x01
LANE_SHIFT = 1

# Lines
SMS_ATN, IRQ_ENABLE, ENABLE = 1, 2, 3

# KCS registers; status bits and states (9.7); control and error codes (9.3, 9.4)
DI, DO, CMD, ST = 1, 2, 3, 4
DOC, DOM, DIC, CTL, IC, IE = range(0x10, 0x16)
HICR0, HICR2, HICR4, HICR5, HICRB, HICRC, SIRQCR0 = 0x20, 0x22, 0x24, 0x25, 0x2B, 0x2C, 0x30
IBFIE = 0x01            # of CTL
OBF, IBF, ATN, CD = 0x01, 0x02, 0x04, 0x08
IDLE_STATE, READ_STATE, WRITE_STATE, ERROR_STATE = 0x00, 0x40, 0x80, 0xC0
STATES = 0xC0
GET_STATUS, WRITE_START, WRITE_END, READ_NEXT = 0x60, 0x61, 0x62, 0x68
ABORTED, ILLEGAL_CONTROL, LENGTH_ERROR = 0x01, 0x02, 0x06

# BT registers, control bits (11.6.1) and interrupt mask bits (11.6.3)
CTRL, FIFO, INTMASK = 1, 2, 3
CR0, CR1, CR2, CR3 = range(0x20, 0x24)
CLR_WR, CLR_RD, H2B, B2H, BT_ATN, OEM0, H_BUSY, B_BUSY = (1 << bit for bit in range(8))
IRQ_EN, IRQ_PENDING, HWRST = 0x01, 0x02, 0x80

# Seconds from one access to the next.
TICK = 0.000001


class Places(Capture):
    """A file of capture points that are to be added: registers and wires."""

    def __init__(self):
        super().__init__(LINKTYPE_WIRESHARK_UPPER_PDU)


class Wire:
    """A link of the wire format."""

    def __init__(self, capture, name, description=None):
        self.capture, self.number = capture, capture.interface(name, description)

    def host(self, frame, after=TICK, **how):
        """What the host sends."""
        self.capture.packet(upper_pdu("ipmi_extern", frame), self.number, HOST_TO_BMC,
                            after=after, **how)

    def bmc(self, frame, after=TICK, **how):
        """What the BMC sends."""
        self.capture.packet(upper_pdu("ipmi_extern", frame), self.number, BMC_TO_HOST,
                            after=after, **how)


class Registers:
    """What KCS and BT have in common. how is that of Capture.packet()."""

    dissector = kind = None

    def __init__(self, capture, name, side, machine=None):
        self.capture, self.side = capture, side
        description = f"{self.kind} registers, {SIDE_NAMES[side]}'s side" if side else self.kind
        if machine:
            description += f", VM {machine}"
        self.number = capture.interface(name, description)
        self.state = self.mask = 0

    def record(self, side, operation, what, value=0, *, width=0, flags=0, version=1,
               state=None, more=b"", direction=None, after=TICK, **how):
        """Appends a record; state is what the caller says of offset 6, from now
        on."""
        if state is not None:
            self.state = state
        if direction is None:
            to = {HOST: HOST_TO_BMC, BMC: BMC_TO_HOST}
            direction = {IRQ: {HOST: BMC_TO_HOST, BMC: HOST_TO_BMC}.get(side), RESET: None,
                         HARDWARE: BMC_TO_HOST}.get(operation, to.get(side))
        content = struct.pack(">8BI", version, side, operation, what, width, flags,
                              self.state, self.mask, value) + more
        self.capture.packet(upper_pdu(self.dissector, content), self.number, direction,
                            after=after, **how)

    def access(self, side, operation, what, value, *, width=1, lane=0, lost=False, **how):
        """Appends an access."""
        self.record(side, operation, what, value, width=width,
                    flags=lane << LANE_SHIFT | (LOST if lost else 0), **how)

    def cut(self, size, missing=0, **how):
        """Appends what there is of a record that ends too early, or that the
        capture does not have all of."""
        content = struct.pack(">8BI", 1, HOST, READ, 1, 1, 0, self.state, self.mask, 0)[:size]
        data = upper_pdu(self.dissector, content)
        self.capture.packet(data, self.number, HOST_TO_BMC, length=len(data) + missing,
                            after=TICK, **how)

    def irq(self, side, number, asserted, **how):
        """An interrupt changes."""
        self.record(side, IRQ, number, int(asserted), **how)

    def reset(self, side, **how):
        """Everything as after power-on."""
        self.state = self.mask = 0
        self.record(side, RESET, 0, **how)

    def line(self, what, on, **how):
        """A line that the BMC drives."""
        self.record(BMC, LINE, what, int(on), **how)

    def hardware(self, operation, ccode=0, **how):
        """Something that the BMC does to the host."""
        self.record(BMC, HARDWARE, operation, ccode, **how)


class Kcs(Registers):
    """Keyboard Controller Style."""

    dissector, kind = "ipmi_kcs", "KCS"

    def host_writes(self, what, value, lost=None, **how):
        """DI or CMD. It is lost where the BMC has not taken what was before."""
        lost = bool(self.state & IBF) if lost is None else lost
        if not lost:
            self.state |= IBF
            # The emulator's own device does not have C/D.
            if self.side == BMC:
                self.state = self.state & ~CD | (CD if what == CMD else 0)
        self.access(HOST, WRITE, what, value, lost=lost, **how)

    def host_reads(self, what=ST, value=0, **how):
        """ST; or DO, which then has value."""
        if what == DO:
            self.state &= ~OBF
        self.access(HOST, READ, what, self.state if what == ST else value, **how)

    def bmc_reads(self, what=ST, value=0, **how):
        """ST; or DI, which then has value."""
        if what in (DI, DIC):
            self.state &= ~IBF
        self.access(BMC, READ, what, self.state if what == ST else value, **how)

    def bmc_writes(self, what, value, **how):
        """DO, ST or a register of the BMC's own."""
        if what in (DO, DOC, DOM):
            self.state |= OBF
        elif what == ST:
            read_only = OBF | IBF | CD
            self.state = self.state & read_only | value & ~read_only
        self.access(BMC, WRITE, what, value, **how)

    def attention(self, on, **how):
        """SMS_ATN, by the BMC's simulator or from the other end."""
        self.state = self.state & ~ATN | (ATN if on else 0)
        self.line(SMS_ATN, on, **how)

    def becomes(self, state):
        """The BMC changes S1 and S0: with a record, or without if it is built
        in."""
        if self.state & STATES == state:
            return
        if self.side == HOST:
            self.state = self.state & ~STATES | state
        else:
            self.bmc_writes(ST, self.state & ~STATES | state)

    # --- Steps of a transfer --------------------------------------------------

    def take(self, value, state=WRITE_STATE, dummy=0x00, **how):
        """The BMC takes a byte of the write phase; the host sees it and reads
        the byte that it gets for that."""
        self.becomes(state)
        self.bmc_writes(DO, dummy)
        self.bmc_reads(DI, value, **how)
        if self.side == HOST:
            self.host_reads(ST)
        self.host_reads(DO, dummy)

    def give(self, asked, value, state=READ_STATE, **how):
        """The BMC takes READ, or the last byte of the request, and gives a byte
        of the response, which the host reads."""
        self.becomes(state)
        if self.side == HOST:
            self.bmc_writes(DO, value)
            self.bmc_reads(DI, asked)
            self.host_reads(ST)
        else:
            self.bmc_reads(DI, asked)
            self.bmc_writes(DO, value)
        self.host_reads(DO, value, **how)

    def begin(self, **how):
        """WRITE_START."""
        self.host_writes(CMD, WRITE_START, **how)
        self.take(WRITE_START)

    def write(self, *values, **how):
        """Bytes before the last one."""
        for value in values:
            self.host_writes(DI, value, **how)
            self.take(value)

    def end(self, **how):
        """WRITE_END."""
        self.host_writes(CMD, WRITE_END, **how)
        self.take(WRITE_END)

    def request(self, message, comment=None, **how):
        """A whole request, up to where the BMC has to answer. comment is that of
        the packet that completes it."""
        self.begin(**how)
        self.write(*message[:-1])
        self.end()
        self.host_writes(DI, message[-1], comment=comment)

    def response(self, asked, message, comment=None, after=TICK, taken=False):
        """A whole response to the request that ended with asked, after seconds;
        or from READ on. taken: the BMC has read that byte. comment is that of the
        packet that completes it."""
        self.capture.now += round((after - TICK) * 10**9)
        for value in message:
            if taken:
                self.becomes(READ_STATE)
                self.bmc_writes(DO, value)
                self.host_reads(DO, value)
            else:
                self.give(asked, value)
            asked, taken = READ_NEXT, False
            self.host_writes(DI, READ_NEXT)
        self.give(READ_NEXT, 0x00, IDLE_STATE, comment=comment)

    def exchange(self, request, response, after=0.0002, comment=None):
        """A request and its response after some seconds."""
        self.request(request)
        self.response(request[-1], response, comment, after)

    def abort(self, error, comment=None, asked=0x00):
        """The host's error exit (figure 9-8), which gives it the error code."""
        self.host_writes(CMD, GET_STATUS, comment=comment)
        self.take(GET_STATUS)
        self.host_writes(DI, asked)
        self.give(asked, error)
        self.host_writes(DI, READ_NEXT)
        self.give(READ_NEXT, 0x00, IDLE_STATE)


class Bt(Registers):
    """Block Transfer."""

    dissector, kind = "ipmi_bt", "BT"

    def control(self, side, value, **how):
        """A write to CTRL: who sets, who clears and who toggles (11.6.1)."""
        state = self.state
        if side == HOST:
            state |= value & (H2B | OEM0)
            state &= ~(value & (B2H | BT_ATN))
            state ^= value & H_BUSY
        else:
            state |= value & (B2H | BT_ATN)
            state &= ~(value & (H2B | OEM0))
            state ^= value & B_BUSY
        if ~self.state & state & (B2H | BT_ATN) and self.mask & IRQ_EN:
            self.mask |= IRQ_PENDING
        if self.side == BMC and not state & B2H:
            self.mask &= ~IRQ_PENDING
        self.state = state
        self.access(side, WRITE, CTRL, value, **how)

    def look(self, side, **how):
        """A read of CTRL."""
        self.access(side, READ, CTRL, self.state, **how)

    def writes(self, side, *values, **how):
        """Bytes to the FIFO; how is that of the first."""
        self.fifo(side, WRITE, values, how)

    def reads(self, side, *values, **how):
        """Bytes from the FIFO; how is that of the first."""
        self.fifo(side, READ, values, how)

    def fifo(self, side, operation, values, how):
        """Accesses in a row."""
        for value in values:
            self.access(side, operation, FIFO, value, **how)
            how = {}

    def interrupt_mask(self, value, **how):
        """The host writes INTMASK (11.6.3)."""
        self.mask = self.mask & ~IRQ_EN | value & IRQ_EN
        self.mask &= ~(value & IRQ_PENDING)
        self.access(HOST, WRITE, INTMASK, value, **how)

    # --- Steps of a transfer --------------------------------------------------

    def host_sends(self, frame, comment=None, **how):
        """The host writes a request; the BMC has it with H2B_ATN. comment is
        that of the packet that completes it."""
        if self.side == HOST:
            self.look(HOST, **how)
            self.control(HOST, CLR_WR)
            self.writes(HOST, *frame)
            self.control(HOST, H2B, comment=comment)
            self.control(BMC, B_BUSY | H2B)
        else:
            self.control(HOST, H2B, **how)

    def bmc_takes(self, frame, comment=None, **how):
        """The BMC reads a request; at the host's side nothing shows that."""
        if self.side == BMC:
            self.look(BMC, **how)
            self.control(BMC, B_BUSY)
            self.control(BMC, H2B)
            self.control(BMC, CLR_RD)
            self.reads(BMC, *frame[:-1])
            self.reads(BMC, frame[-1], comment=comment)
            self.control(BMC, B_BUSY)

    def bmc_sends(self, frame, comment=None, **how):
        """The BMC writes a response."""
        if self.side == BMC:
            self.control(BMC, CLR_WR, **how)
            self.writes(BMC, *frame)
            self.control(BMC, B2H, comment=comment)
        else:
            self.control(BMC, B_BUSY | B2H if self.state & B_BUSY else B2H, **how)

    def host_takes(self, frame, comment=None, **how):
        """The host reads a response."""
        if self.side == HOST:
            self.look(HOST, **how)
            self.control(HOST, H_BUSY)
            self.control(HOST, B2H)
            self.control(HOST, CLR_RD)
            self.reads(HOST, *frame[:-1])
            self.reads(HOST, frame[-1], comment=comment)
            self.control(HOST, H_BUSY)
        else:
            self.control(HOST, H_BUSY, **how)
            self.control(HOST, B2H)
            self.control(HOST, H_BUSY)

    def exchange(self, request, response, after=0.0002, comment=None):
        """A request and its response after some seconds."""
        self.host_sends(request)
        self.bmc_takes(request)
        self.bmc_sends(response, after=after)
        self.host_takes(response, comment=comment)


def bt_frame(seq, message):
    """What BT carries: length, netFn/LUN, sequence number, the rest."""
    return bytes((len(message) + 1, message[0], seq)) + bytes(message[1:])
