#!/usr/bin/python3
# decode_registers.py
# A second decoder of register records, to hold the dissector against.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Reads a capture by itself, puts KCS and BT messages together from single
accesses, matches responses with requests, and joins what the places of the
capture have of the same command. Like decode.py, it shares nothing with the
dissector; and it looks at the whole capture at once where the dissector has to
decide packet by packet.

Returns {packet number: {field: value}}, with the names that the dissector's
fields have. It says of a message's accesses only which of them carry its bytes;
of faults, those that one access and the status before it show."""

import argparse
import itertools
import json
import struct

import decode

HOST, BMC = 1, 2
READ, WRITE, IRQ, RESET, LINE, HARDWARE = range(1, 7)
SIDES = {"host's": HOST, "BMC's": BMC}
RECORD_SIZE = 12

DI, DO, CMD, ST = 1, 2, 3, 4
DIC, OUT = 0x12, (DO, 0x10, 0x11)
OBF, IBF, SMS_ATN, C_D, STATES = 0x01, 0x02, 0x04, 0x08, 0xC0
IDLE, READING, ERROR = 0x00, 0x40, 0xC0
ABORT, START, END, NEXT = 0x60, 0x61, 0x62, 0x68

CTRL, FIFO, INTMASK = 1, 2, 3
CLR_WR, CLR_RD, H2B, B2H, H_BUSY, B_BUSY = 1, 2, 4, 8, 0x40, 0x80

# All bits of a state.
ANY = 0xFF

# The longest message that anyone keeps.
KEPT = 1000

PLACES = ("host_registers", "host_wire", "tap", "bmc_wire", "bmc_registers")


class Point:
    """Where packets were captured: an interface of the file."""

    def __init__(self, packet):
        self.name, self.side, self.machine = packet.name, None, None
        for part in (packet.description or "").split(", "):
            word, _, rest = part.partition(" ")
            if rest == "side" and word in SIDES:
                self.side = SIDES[word]
            elif word == "VM" and self.side:
                self.machine = rest
        self.label = packet.name or f"interface {packet.interface}"
        if self.machine:
            self.label = f"{self.machine}:{self.label}"

    def place(self, registers):
        """Where on the way from host to BMC it is: an index of PLACES."""
        if registers:
            return PLACES.index("bmc_registers" if self.side == BMC else "host_registers")
        return PLACES.index({HOST: "host_wire", BMC: "bmc_wire"}.get(self.side, "tap"))


class Record:
    """One record."""

    def __init__(self, packet, content):
        self.packet, self.number, self.time = packet, packet.number, packet.time
        (self.version, self.side, self.operation, self.what, self.width, self.flags,
         self.state, self.mask, self.value) = struct.unpack(">8BI", content[:RECORD_SIZE])
        self.lost, self.lane = self.flags & 1, self.flags >> 1 & 3
        self.byte = self.value & 0xFF

    def is_access(self, side, operation, *registers):
        """Is it this one, with effect?"""
        return (self.side, self.operation) == (side, operation) and self.what in registers \
            and not self.lost

    def fields(self):
        """What the record says, by the dissector's names."""
        fields = {"version": self.version, "side": self.side, "op": self.operation}
        if self.packet.dropped:
            fields["dropped"] = self.packet.dropped
        if self.operation in (READ, WRITE):
            fields.update(reg=self.what, value=self.value, width=self.width, lost=self.lost,
                          lane=self.lane)
        elif self.operation == IRQ:
            fields.update({"irq": self.what, "irq.asserted": self.value})
        elif self.operation == LINE:
            fields.update({"line": self.what, "line.on": self.value})
        elif self.operation == HARDWARE:
            fields.update({"hw_op": self.what, "hw_op.ccode": self.value})
        return fields


class Message:
    """A message under way: the bytes, and the packets that carry them."""

    def __init__(self, record, response):
        self.begin, self.response = record.time, response
        self.bytes, self.frames, self.complete = bytearray(), [], None

    def add(self, record):
        """An access that carries a byte."""
        self.bytes.append(record.byte)
        self.frames.append(record.number)


class Loss:
    """Something is missing before a packet."""

    def __init__(self, packet):
        self.number = packet.number


class Channel:
    """Follows an interface. What it finds are messages that are complete, records
    after which nothing that waited is answered, and, as Loss, those before which
    the capture has lost something."""

    BITS = {}

    def __init__(self, protocol, point):
        self.protocol, self.point = protocol, point
        self.found = []
        self.state = None
        self.start()

    def start(self):
        """Nothing is known."""
        raise NotImplementedError

    def follow(self, record):
        """An event."""
        raise NotImplementedError

    def may_change(self, record):
        """Bits of the state that an event can change."""
        raise NotImplementedError

    def lose(self, packet):
        """Something is missing before a packet."""
        self.start()
        self.found.append(Loss(packet))

    def faults(self, record):
        """Names of what an access does wrong."""
        raise NotImplementedError

    def bits(self, record):
        """The state after an event, bit by bit."""
        return {name: record.state >> bit & 1 for name, bit in self.BITS.items()}

    def feed(self, record):
        """A record; returns the names of its faults."""
        jumps = self.state is not None and \
            (self.state ^ record.state) & ~self.may_change(record)
        if record.packet.dropped or jumps:      # as after a migration
            self.lose(record.packet)
            self.state = None if record.packet.dropped else self.state
        faults = list(self.faults(record))
        if record.operation == RESET:
            self.start()
            self.found.append(record)
        else:
            self.follow(record)
        self.state = record.state
        return faults

    def ends(self, message, record):
        """A message is complete."""
        message.complete = record
        self.found.append(message)


class Kcs(Channel):
    """IPMI 2.0, section 9. The host's writes carry the request, its reads of DO
    in READ state the response, and that in IDLE state says that it was all."""

    BITS = {"status.oem2": 5, "status.oem1": 4, "status.c_d": 3, "status.sms_atn": 2,
            "status.ibf": 1, "status.obf": 0}

    def bits(self, record):
        return {"status": record.state, "status.state": record.state >> 6,
                **super().bits(record)}

    def start(self):
        self.message, self.step = None, None
        self.at_rest = False            # or known to have been since

    def may_change(self, record):
        built_in = 0 if self.point.side == BMC else STATES
        if record.operation in (READ, WRITE):
            if record.lost:
                return 0
            if record.side == HOST:
                return {(WRITE, DI): IBF | C_D, (WRITE, CMD): IBF | C_D, (READ, DO): OBF}.get(
                    (record.operation, record.what), 0 if record.what == ST else ANY)
            if record.operation == READ:
                return IBF | built_in if record.what in (DI, DIC) else \
                    0 if record.what in (ST, *OUT) else ANY
            return OBF | built_in if record.what in OUT else \
                ANY & ~(IBF | OBF | C_D) if record.what == ST else ANY
        if record.operation == LINE:
            return {1: SMS_ATN, 2: 0}.get(record.what, ANY)
        return 0 if record.operation in (IRQ, HARDWARE) else ANY

    def follow(self, record):
        state = record.state & STATES
        if record.is_access(HOST, WRITE, CMD):
            self.command(record)
        elif record.is_access(HOST, WRITE, DI):
            if self.message and not self.message.response:
                self.message.add(record)
            if self.step == "last":
                if self.message:
                    self.ends(self.message, record)
                self.message, self.step = None, "waits"
        elif record.is_access(BMC, WRITE, *OUT) and state == READING and \
                (self.step == "waits" or self.step is None and self.at_rest):
            self.message, self.step = Message(record, True), "reading"
        elif record.is_access(HOST, READ, DO) and self.state is not None and self.state & OBF:
            if self.step in ("waits", "reading") and state == READING:
                if self.step == "waits":
                    self.message, self.step = Message(record, True), "reading"
                self.message.add(record)
            elif self.step == "reading" and state == IDLE:
                self.ends(self.message, record)
                self.message, self.step = None, None
        self.at_rest |= not record.state & (STATES | IBF | OBF)
        if self.step and state == ERROR and \
                self.state is not None and self.state & STATES != ERROR:
            self.start()
            self.found.append(record)

    def command(self, record):
        """Section 9.10."""
        if record.byte == START:
            self.at_rest = True
            self.found.append(record)
            self.message, self.step = Message(record, False), "writing"
        elif record.byte == END and (self.step == "writing" or not self.at_rest):
            self.step = "last"          # of a request whose beginning may be missing
        elif record.byte == ABORT:
            self.start()
            self.found.append(record)

    def faults(self, record):
        if record.operation not in (READ, WRITE) or self.state is None:
            return
        if record.side == HOST and record.operation == WRITE and record.what in (DI, CMD) \
                and self.state & IBF:
            yield "ibf.write"
        if record.is_access(HOST, READ, DO) and not self.state & OBF:
            yield "obf.read"
        if record.is_access(BMC, READ, DI, DIC) and not self.state & IBF:
            yield "ibf.read"
        if record.is_access(HOST, WRITE, CMD) and record.byte not in (ABORT, START, END):
            yield "control.illegal"


class Bt(Channel):
    """IPMI 2.0, section 11. The accesses to the FIFO are those of the side that
    was captured: it writes what is complete with its attention bit, and reads
    what is complete with its last byte."""

    BITS = {"state.b_busy": 7, "state.h_busy": 6, "state.oem0": 5, "state.sms_atn": 4,
            "state.b2h_atn": 3, "state.h2b_atn": 2}
    MASK_BITS = {"state.bmc_hwrst": 7, "state.b2h_irq": 1, "state.b2h_irq_en": 0}
    LEAST = {False: 3, True: 4}     # of the length, by whether it is a response

    def bits(self, record):
        return {"state": record.state, "state.intmask": record.mask, **super().bits(record),
                **{name: record.mask >> bit & 1 for name, bit in self.MASK_BITS.items()}}

    def start(self):
        self.written = self.read = None
        self.knows_write = False        # that what is written begins a frame
        if self.point.side is None:
            self.point.side = HOST

    def may_change(self, record):
        # What shakes hands: nothing but writes to CTRL changes that.
        if record.operation == RESET or record.operation == LINE:
            return ANY
        if record.operation != WRITE or record.what != CTRL or record.lost:
            return ANY & ~(H2B | B2H | H_BUSY | B_BUSY)
        return ANY

    def follow(self, record):
        side = self.point.side
        attention = {HOST: H2B, BMC: B2H}
        if record.is_access(side, WRITE, CTRL):
            if record.byte & CLR_RD:
                begin = self.read.begin if self.read and not self.read.bytes else record.time
                self.read = Message(record, side == HOST)
                self.read.begin = begin
            if record.byte & CLR_WR:
                self.written = Message(record, side == BMC)
            if record.byte & attention[side]:
                if self.written and self.whole(self.written):
                    self.ends(self.written, record)
                self.written, self.knows_write = None, True
        elif record.is_access(HOST + BMC - side, WRITE, CTRL):
            if record.byte & attention[HOST + BMC - side]:
                self.read = Message(record, side == HOST)
        elif record.is_access(side, WRITE, FIFO):
            if not self.written and self.knows_write:
                self.written = Message(record, side == BMC)
            if self.written and not self.full(self.written):
                self.written.add(record)
        elif record.is_access(side, READ, FIFO) and self.read:
            self.read.add(record)
            if self.full(self.read):
                if self.whole(self.read):
                    self.ends(self.read, record)
                self.read = None

    @staticmethod
    def full(message):
        """Has it the bytes that it says?"""
        return len(message.bytes) > 0 and len(message.bytes) == 1 + message.bytes[0]

    def whole(self, message):
        """Can it be a message?"""
        return self.full(message) and message.bytes[0] >= self.LEAST[message.response]

    def faults(self, record):
        return ()


def message_fields(protocol, message):
    """The IPMI message that a transfer is, by the dissector's names; None if it
    is too short for one."""
    content = message.bytes[:KEPT]
    fields = {"fragment": message.frames[:KEPT], "fragment.count": len(message.frames[:KEPT]),
              "reassembled.length": len(message.bytes)}
    body, seq = content, None
    if protocol == "ipmi_bt":
        fields["length"], seq = content[0], content[2]
        body = content[1:2] + content[3:]
    if len(body) < 2:
        return fields, None
    is_response = bool(body[0] & 4)
    if is_response and len(body) < 3:
        return fields, None
    fields.update(decode.fields_of_message(bytes((seq or 0,)) + bytes(body), True))
    if seq is None:
        del fields["seq"]
    good = is_response == message.response and len(message.bytes) <= KEPT
    return fields, bytes(body) if good else None


class Seen:
    """A request as a place has it, and its response."""

    def __init__(self, place, station, seq, body, request):
        self.place, self.station, self.seq, self.body = place, station, seq, body
        self.request, self.begin = request.complete, request.begin
        self.response = self.response_begin = None
        self.command = None


class Done:
    """What Seen takes of a message of the wire, which has no beginning of its
    own."""

    def __init__(self, number, time):
        self.complete, self.begin = self, time
        self.number, self.time = number, time


class Matcher:
    """Requests and responses of one channel, by the rules of the wire."""

    def __init__(self, place, station, wire_seq):
        self.link = decode.LinkState(0)
        self.place, self.station, self.wire_seq = place, station, wire_seq
        self.seen = []

    def cut(self, found, is_loss):
        """Nothing that waits is answered, as far as it is known."""
        (self.link.lose if is_loss else self.link.cut)({"packet": found.number})

    def take(self, message, fields, body):
        """A good message. Adds what it is to fields."""
        frame = {"packet": message.complete.number, "seq": fields.get("seq"),
                 "netfn": fields["netfn"], "cmd": fields["cmd"], "_time": message.complete.time,
                 "_body": body, "_fields": fields}
        before = set(frame)
        if fields["type"] == "Request":
            self.link.request(frame)
            if "retransmission_of" not in frame:
                seq = fields.get("seq") if self.wire_seq else None
                frame["_seen"] = Seen(self.place, self.station, seq, body, message)
                self.seen.append(frame["_seen"])
        else:
            request = self.link.latest.get(frame["seq"])
            self.link.response(frame)
            if "response_to" in frame and "duplicate_of" not in frame:
                request["_seen"].response = message.complete
                request["_seen"].response_begin = message.begin
                if frame["seq"] is None:
                    del self.link.latest[None]
        frame["_new"] = before
        return frame


def stations_of(seen):
    """{place: [station]} of requests, in the order of their first."""
    stations = {}
    for request in seen:
        there = stations.setdefault(request.place, [])
        if request.station not in there:
            there.append(request.station)
    return stations


def is_same(near, far):
    """Could a request of one place be the one of another?"""
    return near.body == far.body and \
        (near.seq is None or far.seq is None or near.seq == far.seq)


def follows(near, far):
    """... and have come there when it did?"""
    return is_same(near, far) and near.request.time <= far.request.time and \
        (near.response is None or far.request.time <= near.response.time)


def pairs(nears, fars):
    """(near, far) of the requests of two stations, each of them used once, in
    order."""
    left = list(fars)
    for near in nears:
        far = next((far for far in left if follows(near, far)), None)
        if far:
            left.remove(far)
            yield near, far


def neighbours(stations, seen):
    """Which station of the nearest place that has one goes with which: those of
    the same machine, of which together the most requests pair."""
    of = {}
    for request in seen:
        of.setdefault(request.station, []).append(request)
    order = sorted(stations)
    links = {}
    for near_place, far_place in zip(order, order[1:]):
        nears, fars = stations[near_place], stations[far_place]
        same_machine = PLACES[near_place][:4] == PLACES[far_place][:4]

        def score(near, far, same_machine=same_machine):
            if near is None or far is None or (
                    same_machine and near.machine and far.machine and near.machine != far.machine):
                return (0, 0)
            found = list(pairs(of[near], of[far]))
            return len(found), -sum(b.request.time - a.request.time for a, b in found)

        padded = fars + [None] * len(nears)
        best = max(itertools.permutations(padded, len(nears)), key=lambda choice: [
            sum(column) for column in zip(*(score(*both) for both in zip(nears, choice)))])
        links.update({far: near for near, far in zip(nears, best)
                      if far and score(near, far)[0]})
    return links


def join(seen):
    """Commands: {place: Seen} each, for all that the capture has of it."""
    stations = stations_of(seen)
    links = neighbours(stations, seen)
    commands = []
    for place in sorted(stations):
        for station in stations[place]:
            behind = set()
            near = links.get(station)
            while near:
                behind.add(near)
                near = links.get(near)
            waiting = [command for command in commands
                       if any(one.station in behind for one in command.values())]
            for request in (request for request in seen if request.station is station):
                command = next((command for command in waiting if all(
                    follows(one, request) for one in command.values())), None)
                if command:
                    waiting.remove(command)
                else:
                    command = {}
                    commands.append(command)
                command[place] = request
    return commands


def transaction_fields(command):
    """({field: value} of every packet of a command, {packet: {field: value}} of
    the one that ends it)."""
    fields, ends = {}, {}
    for place, seen in command.items():
        fields[f"{PLACES[place]}.request"] = seen.request.number
        if seen.response:
            fields[f"{PLACES[place]}.response"] = seen.response.number
    first = command[min(command)]
    if first.response:
        ends[first.response.number] = times(command, first)
    return fields, ends


def times(command, first):
    """How long each part of the way took, where both of its ends are known."""
    places = [command.get(place) for place in range(len(PLACES))]
    guest, host, _, bmc, firmware = (seen if seen and seen.response else None for seen in places)
    found = {"time": first.response.time - first.begin}
    if guest:
        found["time.guest"] = (guest.request.time - guest.begin
                               + guest.response.time - guest.response_begin)
    if places[0] and places[1] and not (
            host and host.response.number <= places[0].response.number):
        return found        # the emulator has answered by itself
    if guest and host:
        found["time.host_qemu"] = (host.request.time - guest.request.time
                                   + guest.response_begin - host.response.time)
    if host and bmc:
        found["time.wire"] = (bmc.request.time - host.request.time
                              + host.response.time - bmc.response.time)
    if firmware and (not places[3] or bmc and firmware.response.number <= bmc.response.number):
        found["time.firmware"] = firmware.response.time - firmware.begin
        if bmc:
            found["time.bmc_qemu"] = (firmware.begin - bmc.request.time
                                      + bmc.response.time - firmware.response.time)
    return found


def registers(path):
    """Records of a capture file: (protocol, packet, what follows the tags)."""
    for packet in decode.read(path):
        if packet.linktype == decode.LINKTYPE_WIRESHARK_UPPER_PDU:
            for protocol in ("ipmi_kcs", "ipmi_bt"):
                content = decode.upper_pdu(packet, protocol.encode())
                if content is not None:
                    yield protocol, packet, content


def wire_requests(path):
    """Seen, of the wire, and the point of each."""
    points, waiting = {}, {}
    packets = {packet.number: packet for packet in decode.read(path)}
    for frame in decode.decode(path):
        if frame.get("type") not in ("Request", "Response"):
            continue
        packet = packets[frame["packet"]]
        if frame["type"] == "Request" and "retransmission_of" not in frame \
                and decode.good(frame):
            link = frame["link"]
            point = points.setdefault(link, Point(packet))
            body = decode.unescape(bytes.fromhex(frame["wire"])[:-1])[1:-1]
            seen = Seen(point.place(False), point, frame["seq"], body,
                        Done(packet.number, packet.time))
            waiting[link, packet.number] = seen
            yield seen
        elif "response_to" in frame and "duplicate_of" not in frame:
            seen = waiting.get((frame["link"], frame["response_to"]))
            if seen:
                seen.response = Done(packet.number, packet.time)
                seen.response_begin = packet.time


def follow_channel(channel, packets):
    """Adds to packets what a channel's messages say; returns its requests."""
    registers_seq = channel.protocol == "ipmi_bt" and channel.point.side == BMC
    matcher = Matcher(channel.point.place(True), channel.point, registers_seq)
    frames = []
    for found in channel.found:
        if not isinstance(found, Message):
            matcher.cut(found, isinstance(found, Loss))
            continue
        fields, body = message_fields(channel.protocol, found)
        for number in found.frames:
            packets[number].setdefault("reassembled_in", found.complete.number)
        last = packets[found.complete.number]
        last.pop("reassembled_in", None)
        last.update(fields)
        if body:
            frames.append((last, matcher.take(found, fields, body)))
    # Only now is it known what answers what.
    for last, frame in frames:
        last.update({key: value for key, value in frame.items()
                     if key not in frame["_new"] and key[0] != "_"})
    return matcher.seen


def decode_registers(path):
    """See the text at the top."""
    channels, packets, protocols = {}, {}, {}
    for protocol, packet, content in registers(path):
        where = protocol, packet.interface
        if where not in channels:
            kind = Kcs if protocol == "ipmi_kcs" else Bt
            channels[where] = kind(protocol, Point(packet))
        channel = channels[where]
        protocols[packet.number] = protocol
        if len(content) < RECORD_SIZE:
            packets[packet.number] = {"record.short": True}
            channel.lose(packet)
            channel.state = None
            continue
        record = Record(packet, content)
        fields = packets[packet.number] = record.fields()
        fields["channel"] = channel.point.label
        fields.update(channel.bits(record))
        fields.update({name: True for name in channel.feed(record)})
    seen = [request for channel in channels.values()
            for request in follow_channel(channel, packets)]
    found = {number: {f"{protocols[number]}.{key}": value for key, value in fields.items()}
             for number, fields in packets.items()}
    seen += wire_requests(path)
    if len(stations_of(seen)) > 1:
        for command in join(sorted(seen, key=lambda request: request.request.number)):
            fields, ends = transaction_fields(command)
            for number in set(fields.values()):
                found.setdefault(number, {}).update(
                    {f"ipmi_trans.{key}": value for key, value in fields.items()})
            for number, end in ends.items():
                found[number].update({f"ipmi_trans.{key}": value for key, value in end.items()})
    return found


def main():
    """Prints the packets, one a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("capture")
    for number, fields in sorted(decode_registers(parser.parse_args().capture).items()):
        print(number, json.dumps(fields))


if __name__ == "__main__":
    main()
