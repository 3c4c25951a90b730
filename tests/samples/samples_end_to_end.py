# samples_end_to_end.py
# The made captures of commands on their way from a host to its BMC.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Times are chosen so that each part of the way has its own."""

from captures import sample
from commands import APP
from frames import END_OF_MESSAGE, GET_DEVICE_ID, escaped, summed
from messages import ANSWER, ANSWER_SHORT, ASK, ASK_SHORT, IBT, KCS1, PERIPHERAL, response
from registers import (B2H, BMC, B_BUSY, CLR_RD, CLR_WR, CMD, DI, DO, H2B, HOST, H_BUSY,
                       IDLE_STATE, READ_NEXT, READ_STATE, ST, WRITE_START, Bt, Kcs, Places,
                       Wire, bt_frame)


class Pair:
    """A host and its BMC, each an emulator with its capture points."""

    def __init__(self, capture, host, bmc, kind=Kcs, bmc_kind=Kcs, tap=None):
        self.capture = capture
        self.host = kind(capture, "/machine/peripheral-anon/device[0]", HOST, host)
        self.host_wire = Wire(capture, PERIPHERAL,
                              f"ipmi-bmc-extern: messages, host's side, VM {host}")
        self.tap = Wire(capture, tap) if tap else None
        self.bmc_wire = Wire(capture, "/machine/peripheral-anon/device[0]",
                             f"ipmi-host-extern: messages, BMC's side, VM {bmc}")
        self.bmc = bmc_kind(capture, KCS1 if bmc_kind is Kcs else IBT, BMC, bmc)

    def at(self, milliseconds):
        """The next packet comes so long after the command began."""
        self.capture.now = self.start + round(milliseconds * 10**6)

    def begins(self, pause=0.01):
        """A command begins, a pause after whatever came before."""
        self.start = self.capture.now + round(pause * 10**9)

    def asked(self, seq, message):
        """The request goes through the host's registers, from 0 to 1 ms."""
        self.at(0)
        if isinstance(self.host, Kcs):
            self.host.host_writes(CMD, WRITE_START, after=0)
            self.host.take(WRITE_START)
            self.host.write(*message[:-1])
            self.host.end()
            self.at(1)
            self.host.host_writes(DI, message[-1], after=0)
        else:
            frame = bt_frame(seq + GUEST_SEQ, message)
            self.host.control(HOST, CLR_WR, after=0)
            self.host.writes(HOST, *frame)
            self.at(1)
            self.host.control(HOST, H2B, after=0)
            self.host.control(BMC, B_BUSY | H2B)

    def sent(self, frame, back=False):
        """A frame goes over the wire: from 1.1 to 1.3 ms, or back from 5.9 to
        6.1 ms."""
        wires = [(self.host_wire, 1.1), (self.tap, 1.2), (self.bmc_wire, 1.3)]
        if back:
            wires = [(self.bmc_wire, 5.9), (self.tap, 6.0), (self.host_wire, 6.1)]
        for wire, when in wires:
            if wire:
                self.at(when)
                (wire.bmc if back else wire.host)(frame, after=0)

    def served(self, seq, message, answer):
        """The firmware reads the request and answers, from 1.6 to 5.6 ms."""
        self.at(1.6)
        if isinstance(self.bmc, Kcs):
            self.bmc.host_writes(CMD, WRITE_START, after=0)
            self.bmc.take(WRITE_START)
            self.bmc.write(*message[:-1])
            self.bmc.end()
            self.bmc.host_writes(DI, message[-1])
            before = message[-1]
            for value in answer:
                self.bmc.give(before, value)
                self.bmc.host_writes(DI, READ_NEXT)
                before = READ_NEXT
            self.bmc.becomes(IDLE_STATE)
            self.bmc.bmc_reads(DI, READ_NEXT)
            self.bmc.bmc_writes(DO, 0x00)
            self.at(5.6)
            self.bmc.host_reads(DO, 0x00, after=0)
        else:
            self.bmc.host_sends(None, after=0)
            self.bmc.bmc_takes(bt_frame(seq, message))
            self.bmc.control(BMC, CLR_WR)
            self.bmc.writes(BMC, *bt_frame(seq, answer))
            self.at(5.6)
            self.bmc.control(BMC, B2H, after=0)
            self.bmc.host_takes(None)

    def answered(self, seq, asked, message):
        """The response comes to the host's registers at 6.2 ms, and the guest
        has read it at 7.2 ms."""
        self.at(6.2)
        if isinstance(self.host, Kcs):
            self.host.becomes(READ_STATE)
            self.host.bmc_writes(DO, message[0], after=0)
            self.host.bmc_reads(DI, asked)
            self.host.host_reads(ST)
            self.host.host_reads(DO, message[0])
            self.host.host_writes(DI, READ_NEXT)
            for value in message[1:]:
                self.host.give(READ_NEXT, value)
                self.host.host_writes(DI, READ_NEXT)
            self.host.becomes(IDLE_STATE)
            self.host.bmc_writes(DO, 0x00)
            self.host.bmc_reads(DI, READ_NEXT)
            self.at(7.2)
            self.host.host_reads(DO, 0x00, after=0, comment=THE_END)
        else:
            frame = bt_frame(seq + GUEST_SEQ, message)
            self.host.bmc_sends(frame, after=0)
            self.host.look(HOST)
            self.host.control(HOST, H_BUSY)
            self.host.control(HOST, B2H)
            self.host.control(HOST, CLR_RD)
            self.host.reads(HOST, *frame[:-1])
            self.at(7.2)
            self.host.reads(HOST, frame[-1], after=0, comment=THE_END)
            self.host.control(HOST, H_BUSY)

    def command(self, seq, message, answer):
        """All of its way."""
        self.begins()
        self.asked(seq, message)
        self.sent(wire_frame(seq, message))
        self.served(seq, message, answer)
        self.sent(wire_frame(seq, answer), back=True)
        self.answered(seq, message[-1], answer)


# A guest's numbers are its own: QEMU has others on the wire.
GUEST_SEQ = 0x40

THE_END = "The guest has the response, 7.2 ms after it began to ask"


def wire_frame(seq, message):
    """The wire's frame of what registers carry."""
    return escaped(summed((seq,), message)) + END_OF_MESSAGE


@sample("end-to-end")
def end_to_end():
    """Commands at every place, with a tap between the two. 7.2 ms each: the guest
    has 2 of them, the host's emulator 0.2, the wire 0.4, the BMC's emulator 0.6,
    its firmware 4."""
    capture = Places()
    pair = Pair(capture, "the-host", "the-bmc", tap="tap")
    for seq, (message, answer) in enumerate(((ASK, ANSWER), (ASK_SHORT, ANSWER_SHORT),
                                             (ASK, ANSWER))):
        pair.command(seq, message, answer)
    return capture


@sample("end-to-end-bt")
def end_to_end_bt():
    """The same through BT at either side, and from BT to KCS."""
    capture = Places()
    pair = Pair(capture, "host-a", "bmc-a", Bt, Bt)
    pair.command(0, ASK, ANSWER)
    pair.command(1, ASK_SHORT, ANSWER_SHORT)
    other = Pair(capture, "host-b", "bmc-b", Bt, Kcs)
    other.command(0, ASK_SHORT, ANSWER_SHORT)
    return capture


@sample("end-to-end-two-hosts")
def end_to_end_two_hosts():
    """Two hosts with their BMCs at the same time, the same commands with the same
    numbers. The capture points have the same names, too: the machines' names
    tell them apart."""
    capture = Places()
    pairs = [Pair(capture, f"host-{which}", f"bmc-{which}") for which in "ab"]
    for seq in range(3):
        first, second = pairs if seq != 1 else pairs[::-1]
        first.begins()
        second.start = first.start
        for pair in first, second:
            pair.asked(seq, ASK_SHORT)
        for pair in first, second:
            pair.sent(wire_frame(seq, ASK_SHORT))
        for pair in second, first:
            pair.served(seq, ASK_SHORT, ANSWER_SHORT)
        for pair in second, first:
            pair.sent(wire_frame(seq, ANSWER_SHORT), back=True)
        for pair in first, second:
            pair.answered(seq, ASK_SHORT[-1], ANSWER_SHORT)
    return capture


@sample("end-to-end-in-part")
def end_to_end_in_part():
    """Captures that do not have every place, and commands that do not come all
    the way."""
    capture = Places()
    pair = Pair(capture, "the-host", "the-bmc")

    pair.begins()
    pair.asked(0, ASK)
    pair.sent(wire_frame(0, ASK))
    pair.sent(wire_frame(0, ANSWER), back=True)
    pair.answered(0, ASK[-1], ANSWER)

    pair.begins()
    pair.sent(wire_frame(1, ASK))
    pair.served(1, ASK, ANSWER)
    pair.sent(wire_frame(1, ANSWER), back=True)

    pair.begins()
    pair.asked(2, ASK)
    pair.served(2, ASK, ANSWER)
    pair.answered(2, ASK[-1], ANSWER)

    pair.begins()
    pair.asked(3, ASK)
    pair.sent(wire_frame(3, ASK))
    pair.at(4000)
    pair.answered(3, ASK[-1], response(APP, GET_DEVICE_ID, ccode=0xC3))

    pair.begins()
    pair.asked(4, ASK)
    pair.answered(4, ASK[-1], response(APP, GET_DEVICE_ID, ccode=0xC0))

    pair.command(5, ASK_SHORT, ANSWER_SHORT)
    return capture
