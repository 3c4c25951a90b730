# lab.py
# Captures of whole virtual machines, made: which packets belong to which command
# is known of each.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""A Lab has stations: the registers of a host or a BMC, or an end of the wire. A
command goes over some of them; what each of them would record gets a time, and
the file has it all in order of time, as mergecap writes it."""

import os
import sys
from dataclasses import dataclass, field

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "samples"))

from captures import (BMC_TO_HOST, HOST_TO_BMC,  # pylint: disable=wrong-import-position
                      LINKTYPE_WIRESHARK_UPPER_PDU, START_NS, Capture, upper_pdu)
from frames import req, rsp  # pylint: disable=wrong-import-position

PLACES = HR, HW, TAP, BW, BR = ("host_registers", "host_wire", "tap", "bmc_wire",
                                "bmc_registers")
REQUEST, RESPONSE = "request", "response"

HOST, BMC = 1, 2
READ, WRITE = 1, 2
DI, DO, CMD, ST = 1, 2, 3, 4
CTRL, FIFO = 1, 2

US = 1000
MS = 1000 * US

TIMED_OUT = 0xC3


def access(side, op, reg, value, state):
    """A record, docs/capture-format.md."""
    return bytes((1, side, op, reg, 1, 0, state, 0)) + value.to_bytes(4, "big")


def kcs_request(place, message):
    """How the registers of KCS take a request. In both, what the emulator does
    happens at once; at the BMC it is the firmware that writes ST."""
    host = place == HR
    out = []

    def byte(control, value, last):
        # The built-in BMC of a host's emulator never sets C/D.
        command = 0x08 if control and not host else 0x00
        if control:
            out.append(access(HOST, WRITE, CMD, control,
                              (0x02 if control == 0x61 else 0x82) | command))
        else:
            out.append(access(HOST, WRITE, DI, value, 0x82))
        state = 0x80 | command
        if last:
            return
        if not host:
            out.append(access(BMC, WRITE, ST, state | 2, state | 2))
        out.append(access(BMC, WRITE, DO, 0, state | 3))
        out.append(access(BMC, READ, DI, control or value, state | 1))
        out.append(access(HOST, READ, DO, 0, state))

    byte(0x61, None, False)
    for value in message[:-1]:
        byte(None, value, False)
    byte(0x62, None, False)
    byte(None, message[-1], True)
    return out


def kcs_response(place, message, last_of_request):
    """How the host takes a response from the registers of KCS."""
    host = place == HR
    out = []
    taken = last_of_request     # what the built-in BMC reads after it has written
    if not host:
        out.append(access(BMC, WRITE, ST, 0x42, 0x42))
        out.append(access(BMC, READ, DI, last_of_request, 0x40))
    for number, value in enumerate(message):
        out.append(access(BMC, WRITE, DO, value, 0x43 if host else 0x41))
        if host:
            out.append(access(BMC, READ, DI, taken, 0x41))
        out.append(access(HOST, READ, DO, value, 0x40))
        out.append(access(HOST, WRITE, DI, 0x68, 0x42))
        taken = 0x68
        if not host and number == len(message) - 1:
            out.append(access(BMC, WRITE, ST, 0x02, 0x02))
            out.append(access(BMC, READ, DI, 0x68, 0x00))
        elif not host:
            out.append(access(BMC, READ, DI, 0x68, 0x40))
    out.append(access(BMC, WRITE, DO, 0, 0x03 if host else 0x01))
    if host:
        out.append(access(BMC, READ, DI, 0x68, 0x01))
    return out + [access(HOST, READ, DO, 0, 0x00)]


def bt_request(place, message, seq):
    """How the registers of BT take a request, and how many records are before and after
    it: pointers cleared, busy no more."""
    frame = bytes((len(message) + 1, message[0], seq)) + message[1:]
    if place == HR:
        return ([access(HOST, WRITE, CTRL, 0x01, 0)]
                + [access(HOST, WRITE, FIFO, value, 0) for value in frame]
                + [access(HOST, WRITE, CTRL, 0x04, 0x04),
                   access(BMC, WRITE, CTRL, 0x84, 0x80)]), 1, 1
    return ([access(HOST, WRITE, CTRL, 0x04, 0x04), access(BMC, WRITE, CTRL, 0x80, 0x84),
             access(BMC, WRITE, CTRL, 0x04, 0x80), access(BMC, WRITE, CTRL, 0x02, 0x80)]
            + [access(BMC, READ, FIFO, value, 0x80) for value in frame]
            + [access(BMC, WRITE, CTRL, 0x80, 0)]), 0, 1


def bt_response(place, message, seq):
    """How the host takes a response from the registers of BT, as above."""
    frame = bytes((len(message) + 1, message[0], seq)) + message[1:]
    if place == HR:
        return ([access(BMC, WRITE, CTRL, 0x88, 0x08), access(HOST, WRITE, CTRL, 0x40, 0x48),
                 access(HOST, WRITE, CTRL, 0x08, 0x40), access(HOST, WRITE, CTRL, 0x02, 0x40)]
                + [access(HOST, READ, FIFO, value, 0x40) for value in frame]
                + [access(HOST, WRITE, CTRL, 0x40, 0)]), 0, 0
    return ([access(BMC, WRITE, CTRL, 0x01, 0)]
            + [access(BMC, WRITE, FIFO, value, 0) for value in frame]
            + [access(BMC, WRITE, CTRL, 0x08, 0x08), access(HOST, WRITE, CTRL, 0x40, 0x48),
               access(HOST, WRITE, CTRL, 0x08, 0x40), access(HOST, WRITE, CTRL, 0x40, 0)]), 1, 3


@dataclass
class Command:
    """What the capture is to have of one command, and when it was where."""
    name: str
    places: dict = field(default_factory=dict)      # place: has a response
    times: dict = field(default_factory=dict)       # (place, kind): (begin, end), ns
    by_emulator: bool = False
    end: int = 0


@dataclass
class Path:
    """A host's interface, its wire, and a BMC's interface."""
    interfaces: dict            # place: number in the file
    carriers: dict              # place: "kcs" or "bt"
    clocks: dict                # place: ns that its machine's clock is ahead
    seq: int = 0                # next one on the wire
    host_seq: int = 0x40        # next one of a guest with BT


DESCRIPTIONS = {HR: "isa-ipmi-{}: {} registers, host's side",
                HW: "ipmi-bmc-extern: messages, host's side",
                BW: "ipmi-host-extern: messages, BMC's side",
                BR: "a-bmc-{}: {} registers, BMC's side"}


class Lab:
    """A capture in the making."""

    def __init__(self):
        self.capture = Capture(LINKTYPE_WIRESHARK_UPPER_PDU)
        self.events = []        # time, order, interface, packet, direction, label
        self.commands = []

    def path(self, host="kcs", bmc="kcs", places=(HR, HW, BW, BR), names=(None, None),
             clocks=(0, 0), paths=None):
        """A new path. names of the two virtual machines; clocks: how far each one's
        is ahead; paths: if_name for each place."""
        carriers = {HR: host, BR: bmc}
        interfaces = {}
        for place in places:
            description = DESCRIPTIONS.get(place)
            machine = names[place in (BW, BR)]
            if description:
                kind = carriers.get(place, "")
                description = description.format(kind, kind.upper())
                description += f", VM {machine}" if machine else ""
            interfaces[place] = self.capture.interface(
                (paths or {}).get(place, f"/machine/{place}"), description)
        return Path(interfaces, carriers,
                    {place: clocks[place in (BW, BR)] for place in PLACES})

    def emit(self, path, place, kind, packets, at, command, around=(0, 0), step=300):
        """Packets of one message at one place; around are those before and after it.
        Returns when all is over."""
        if place in path.interfaces:
            command.times[place, kind] = (at + step * around[0],
                                          at + step * (len(packets) - 1 - around[1]))
            for number, (packet, direction) in enumerate(packets):
                self.events.append((at + path.clocks[place] + step * number,
                                    len(self.events), path.interfaces[place], packet,
                                    direction, (command, place, kind)))
        return at + step * (len(packets) - 1)

    def message(self, path, place, kind, message, seq, at, command, request=None):
        """A request or response at one place."""
        direction = HOST_TO_BMC if kind == REQUEST else BMC_TO_HOST
        around = 0, 0
        carrier = path.carriers.get(place)
        if not carrier:
            frame = (req if kind == REQUEST else rsp)
            body = (message[2:],) if kind == REQUEST else (message[3:], message[2])
            netfn = message[0] >> 2 & ~1
            packets = [upper_pdu("ipmi_extern", frame(seq, netfn, message[1], *body))]
        elif carrier == "kcs":
            records = (kcs_request(place, message) if kind == REQUEST
                       else kcs_response(place, message, request[-1]))
            packets = [upper_pdu("ipmi_kcs", record) for record in records]
        else:
            records, *around = (bt_request if kind == REQUEST
                                else bt_response)(place, message, seq)
            packets = [upper_pdu("ipmi_bt", record) for record in records]
        return self.emit(path, place, kind, [(packet, direction) for packet in packets], at,
                         command, around)

    def command(self, path, at, netfn=0x06, cmd=0x01, data=b"", answer=bytes(11),
                wire=20 * US, firmware=100 * US, reaches=BR, back_from=BR, back_to=HR,
                gives_up=4000 * MS, missing=(), seq=None):
        """A command over a path, from a time on. reaches: where the request gets to
        at most; back_to: where the response gets to at most. missing: places of
        which the capture lost it."""
        command = Command(f"{netfn:02x} {cmd:02x} {data.hex()} at {at}")
        self.commands.append(command)
        request = bytes((netfn << 2, cmd)) + data
        response = bytes(((netfn | 1) << 2, cmd, 0)) + answer
        if seq is None:
            seq = path.seq
            path.seq = (path.seq + 1) & 0xFF
        guest_seq = path.host_seq
        path.host_seq = (path.host_seq + 1) & 0xFF
        answered = reaches == BR
        command.by_emulator = not answered or back_to != HR

        def seq_of(place):
            return guest_seq if place == HR else seq

        def captured(place):
            return place in path.interfaces and place not in missing

        time = at
        for place in PLACES:
            if captured(place):
                command.places[place] = False
                time = self.message(path, place, REQUEST, request, seq_of(place), time, command)
            time += {HR: 2 * US, HW: wire // 2, TAP: wire // 2, BW: 5 * US, BR: firmware}[place]
            if place == reaches:
                break
        if answered:
            for place in reversed(PLACES):
                if captured(place):
                    command.places[place] = True
                    time = self.message(path, place, RESPONSE, response, seq_of(place), time,
                                        command, request)
                time += {HR: 0, HW: 3 * US, TAP: wire // 2, BW: wire // 2, BR: 1 * US}[place]
                if place == back_to:
                    break
        if command.by_emulator and captured(HR) and gives_up:
            command.places[HR] = True
            time = max(time, self.message(
                path, HR, RESPONSE, bytes((response[0], cmd, TIMED_OUT)), guest_seq,
                at + gives_up, command, request))
        command.end = time
        return time

    def write(self):
        """The file, and of each packet which command, place and kind it is of."""
        labels = [None]
        for time, _, interface, packet, direction, label in sorted(
                self.events, key=lambda event: event[:2]):
            self.capture.now = START_NS + time
            self.capture.packet(packet, interface, direction, after=0)
            labels.append(label)
        return self.capture.contents(), labels
