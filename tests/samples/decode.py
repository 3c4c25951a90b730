#!/usr/bin/python3
# decode.py
# A second decoder of the wire protocol, to hold the dissector against.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Reads a capture file by itself, follows its TCP connections, takes the
frames of the wire protocol apart and matches responses with requests. Shares
no code and no table with the dissector, so that the two can only agree where
both are right or both were written with the same mistake in mind.

Frames are dictionaries; a key is missing where the frame has no such thing.
Among them are the connection records, which have a "connection"."""

import argparse
import json
import struct

LINKTYPE_ETHERNET = 1
LINKTYPE_WIRESHARK_UPPER_PDU = 252

HOST, BMC = "Host to BMC", "BMC to host"
OTHER = {HOST: BMC, BMC: HOST}

MESSAGE_END, CONTROL_END, ESCAPE = 0xA0, 0xA1, 0xAA

# By comment of a connection record.
CONNECTIONS = {b"connected": "Connected", b"disconnected": "Disconnected"}

POWEROFF, RESET, VERSION, CAPABILITIES = 0x03, 0x04, 0xFF, 0x08
CONTROLS = (*range(0x0C), VERSION)
FROM_HOST_ONLY = (CAPABILITIES,)
FROM_EITHER = (RESET, VERSION)

# More than this nobody takes, checksum included.
LONGEST_MESSAGE = 302

# Sequence numbers go round; that of a request this much older is not meant.
HALF_A_ROUND = 128


# --- Capture files ---------------------------------------------------------

class Packet:
    """One packet of a capture file."""

    def __init__(self, number, time, linktype, interface, direction, data, missing=0,
                 comments=(), dropped=0, name=None, description=None):
        self.number, self.time, self.linktype = number, time, linktype
        self.interface, self.direction, self.data = interface, direction, data
        self.missing = missing      # bytes at its end that the capture does not have
        self.comments = comments
        self.dropped = dropped      # packets of its interface lost before it
        self.name, self.description = name, description     # of its interface, or None


def read_pcap(data):
    """Packets of a pcap file."""
    order = "<" if data[0] in (0xD4, 0x4D) else ">"
    nanoseconds = 0x4D in (data[0], data[3])
    linktype = struct.unpack(order + "I", data[20:24])[0] & 0x0FFFFFFF
    at, number = 24, 0
    while at < len(data):
        seconds, fraction, length, original = struct.unpack(order + "IIII", data[at:at + 16])
        number += 1
        yield Packet(number, seconds * 10**9 + fraction * (1 if nanoseconds else 1000),
                     linktype, 0, None, data[at + 16:at + 16 + length], original - length)
        at += 16 + length


def options_of(data, order):
    """{code: [value]} of the options of a pcapng block."""
    found, at = {}, 0
    while at + 4 <= len(data):
        code, length = struct.unpack(order + "HH", data[at:at + 4])
        if code == 0:
            break
        found.setdefault(code, []).append(data[at + 4:at + 4 + length])
        at += 4 + length + -length % 4
    return found


def read_pcapng(data):
    """Packets of a pcapng file of one section."""
    order = "<" if data[8:12] == b"\x4d\x3c\x2b\x1a" else ">"
    interfaces, number, at = [], 0, 0
    while at < len(data):
        kind, length = struct.unpack(order + "II", data[at:at + 8])
        body = data[at + 8:at + length - 4]
        if kind == 1:
            options = options_of(body[8:], order)
            resolution = options.get(9, [b"\x06"])[0][0]
            ticks = 2**(resolution & 0x7F) if resolution & 0x80 else 10**resolution
            words = [options.get(code, [b""])[0].decode() or None for code in (2, 3)]
            interfaces.append((struct.unpack(order + "H", body[:2])[0], ticks, *words))
        elif kind == 6:
            interface, high, low, captured, original = struct.unpack(order + "IIIII", body[:20])
            linktype, ticks, *words = interfaces[interface]
            options = options_of(body[20 + captured + -captured % 4:], order)
            flags = struct.unpack(order + "I", options.get(2, [bytes(4)])[0])[0]
            dropped = struct.unpack(order + "Q", options.get(4, [bytes(8)])[0])[0]
            number += 1
            yield Packet(number, (high << 32 | low) * 10**9 // ticks, linktype, interface,
                         {2: HOST, 1: BMC}.get(flags & 3), body[20:20 + captured],
                         original - captured, options.get(1, ()), dropped, *words)
        at += length


def read(path):
    """Packets of a capture file."""
    with open(path, "rb") as file:
        data = file.read()
    return read_pcapng(data) if data[:4] == b"\x0a\x0d\x0d\x0a" else read_pcap(data)


# --- From packets to frames on the wire ------------------------------------

def split(stream):
    """Cuts bytes after each terminator; the last piece may have none."""
    start = 0
    for i, byte in enumerate(stream):
        if byte in (MESSAGE_END, CONTROL_END):
            yield stream[start:i + 1]
            start = i + 1
    if start < len(stream):
        yield stream[start:]


def upper_pdu(packet, dissector=b"ipmi_extern"):
    """The bytes behind the tags of a packet that names a dissector; None if it
    names another."""
    at, name = 0, None
    while True:
        tag, length = struct.unpack(">HH", packet.data[at:at + 4])
        value = packet.data[at + 4:at + 4 + length]
        at += 4 + length
        if tag == 12:
            name = value.rstrip(b"\0")
        if tag == 0:
            return packet.data[at:] if name == dissector else None


def upper_pdu_frames(packets):
    """(packet, link, direction, wire bytes, whole, truncated) of each frame in
    packets that name a dissector; a connection record has None for its bytes."""
    for packet in packets:
        stream = upper_pdu(packet)
        if stream is None:
            continue
        where = packet, packet.interface, packet.direction
        if not stream and not packet.missing:
            yield *where, None, True, False
        for wire in split(stream):
            if wire[-1] in (MESSAGE_END, CONTROL_END) or not packet.missing:
                yield *where, wire, True, False
        if packet.missing:
            last = max(stream.rfind(MESSAGE_END), stream.rfind(CONTROL_END))
            yield *where, stream[last + 1:], True, True


def tcp(packet):
    """(source, destination, sequence, flags, payload) of a TCP packet over
    IPv4, or None."""
    data = packet.data
    if data[12:14] != b"\x08\x00" or data[23] != 6:
        return None
    ip = data[14:14 + struct.unpack(">H", data[16:18])[0]]
    segment = ip[(ip[0] & 15) * 4:]
    source, destination, sequence = struct.unpack(">HHI", segment[:8])
    return ((ip[12:16], source), (ip[16:20], destination), sequence, segment[13],
            segment[(segment[12] >> 4) * 4:])


class HalfStream:
    """What one side of a TCP connection sent."""

    def __init__(self):
        self.segments = []      # (sequence, payload, packet)

    def frames(self):
        """(packet that completes it, wire bytes) of each complete frame."""
        self.segments = [s for s in self.segments if s[1]]
        if not self.segments:
            return
        expected, waiting, partial = self.segments[0][0], {}, b""
        for i, (sequence, payload, packet) in enumerate(self.segments):
            if sequence > expected and not any(
                    s <= expected < s + len(p) for s, p, _ in self.segments[i + 1:]):
                expected, partial = sequence, b""       # a hole in the capture
            waiting[sequence] = max(payload, waiting.get(sequence, b""), key=len)
            for start in sorted(waiting):
                if start > expected:
                    break
                fresh = waiting.pop(start)[expected - start:]
                expected += len(fresh)
                partial += fresh
            for wire in split(partial):
                partial = b""
                if wire[-1] in (MESSAGE_END, CONTROL_END):
                    yield packet, wire
                else:
                    partial = wire


def tcp_frames(packets):
    """(packet, connection, direction, wire bytes, whole, False) of each frame
    over TCP; not known to be whole is what begins where the capture does.

    The side that listens is the BMC. Where the capture has no connection
    set-up to tell, it is the side of port 9002."""
    connections = {}
    found = []
    for packet in packets:
        source, destination, sequence, flags, payload = tcp(packet)
        ends = frozenset((source, destination))
        syn, ack = flags & 0x02, flags & 0x10
        if ends not in connections or (syn and not ack):
            bmc = destination if (syn and not ack) or destination[1] == 9002 else source
            connections[ends] = ({HOST: HalfStream(), BMC: HalfStream()}, bmc, bool(syn))
            found.append(connections[ends])
        halves, bmc, _ = connections[ends]
        halves[BMC if source == bmc else HOST].segments.append((sequence, payload, packet))
    for connection in found:
        halves, _, from_start = connection
        for direction, half in halves.items():
            for i, (packet, wire) in enumerate(half.frames()):
                yield packet, id(connection), direction, wire, i > 0 or from_start, False


def wire_frames(path):
    """(packet, link, direction, wire bytes, whole, truncated) of each frame, in
    file order."""
    packets = list(read(path))
    frames = list(upper_pdu_frames(packet for packet in packets
                                   if packet.linktype == LINKTYPE_WIRESHARK_UPPER_PDU))
    frames += tcp_frames(packet for packet in packets
                         if packet.linktype == LINKTYPE_ETHERNET and tcp(packet))
    return sorted(frames, key=lambda frame: frame[0].number)


# --- From the wire to fields -----------------------------------------------

def unescape(wire):
    """The bytes a receiver keeps: after an escape, bit 4 is cleared."""
    out, escape = bytearray(), False
    for byte in wire:
        if byte == ESCAPE and not escape:
            escape = True
        else:
            out.append(byte & ~0x10 if escape else byte)
            escape = False
    return bytes(out)


def escape_open(wire):
    """Whether the terminator comes where an escaped byte is due."""
    escapes = wire[:-1].rstrip(bytes((ESCAPE,)))
    return (len(wire) - 1 - len(escapes)) % 2 == 1


def fields_of_control(body):
    """A control command taken apart."""
    frame = {"type": "Control", "control": body[0]}
    operands = body[1:]
    name = {VERSION: "version", CAPABILITIES: "capabilities"}.get(body[0])
    if name and operands:
        frame[name], operands = operands[0], operands[1:]
    if operands:
        frame["data"] = operands.hex()
    return frame


def is_response(body):
    """An odd netFn makes a response."""
    return len(body) > 1 and bool(body[1] & 0x04)


def fields_of_message(body, truncated):
    """A message taken apart."""
    frame = {"type": "Response" if is_response(body) else "Request",
             "seq": body[0], "netfn": body[1] >> 2, "lun": body[1] & 3, "cmd": body[2]}
    data = body[3:] if truncated else body[3:-1]
    if is_response(body):
        frame["ccode"], data = data[0], data[1:]
    if frame["netfn"] & ~1 == 0x2C and data:
        frame["group"] = data[0]
    elif frame["netfn"] & ~1 == 0x2E and len(data) >= 3:
        frame["oem"] = int.from_bytes(data[:3], "little")
    if data:
        frame["data"] = data.hex()
    if truncated:
        return frame
    frame["checksum"] = body[-1]
    frame["checksum_status"] = "Bad" if sum(body) % 256 else "Good"
    if sum(body) % 256:
        frame["checksum_calculated"] = -sum(body[:-1]) & 0xFF
    return frame


def fields_of_beginning(wire):
    """The part of a frame that the capture has, taken apart as far as it can
    be. What goes on after three bytes is a message."""
    frame = {"wire": wire.hex(), "truncated": True} if wire else {"truncated": True}
    body = unescape(wire)
    if len(body) >= (4 if is_response(body) else 3):
        frame.update(fields_of_message(body, True))
    elif body:
        frame["data"] = body.hex()
    return frame


def fields_of(wire):
    """A frame taken apart, as far as it can be."""
    frame = {"wire": wire.hex()}
    body = unescape(wire[:-1] if wire[-1] in (MESSAGE_END, CONTROL_END) else wire)
    if wire[-1] == CONTROL_END and body:
        frame.update(fields_of_control(body))
    elif wire[-1] == MESSAGE_END and len(body) >= (5 if is_response(body) else 4):
        frame.update(fields_of_message(body, False))
    elif body:
        frame["data"] = body.hex()
    return frame


def good(frame):
    """Whether a frame is a message that its receiver takes, as far as is known."""
    if frame.get("truncated"):
        return "type" in frame and len(unescape(bytes.fromhex(frame["wire"]))) <= LONGEST_MESSAGE
    return frame.get("checksum_status") == "Good" and not escape_open(bytes.fromhex(frame["wire"]))


def direction_of(frame):
    """Who sent a frame, from the frame alone."""
    if frame.get("type") == "Control":
        code = frame.get("control")
        return None if code is None or code in FROM_EITHER else \
            HOST if code in FROM_HOST_ONLY else BMC
    return {"Request": HOST, "Response": BMC}.get(frame.get("type"))


# --- Requests and responses ------------------------------------------------

class LinkState:
    """Transactions of one link."""

    def __init__(self, number):
        self.number = number
        self.latest = {}            # sequence number: latest request
        self.answered_by = {}       # id of a request: its response
        self.cut_off = set()        # ids of requests nobody waits for
        self.requests = 0

    def waits(self, request):
        """Whether a request may still be answered."""
        return id(request) not in self.answered_by and id(request) not in self.cut_off

    def cut(self, frame):
        """A control command after which nobody waits for a response."""
        for request in self.latest.values():
            if self.waits(request):
                self.cut_off.add(id(request))
                for asked in request["_again"]:
                    asked["cutoff_by"] = frame["packet"]

    def control(self, frame):
        """Follows a control command."""
        if frame["control"] in (RESET, POWEROFF, VERSION):
            self.cut(frame)

    def connection(self, frame):
        """Follows a connection record."""
        self.cut(frame)
        self.latest = {}

    def lose(self, frame):
        """The capture has lost frames before this one: what waits may have been
        answered, and what was answered may have been asked again."""
        self.cut(frame)
        self.latest = {seq: request for seq, request in self.latest.items()
                       if id(request) not in self.answered_by}

    def request(self, frame):
        """Follows a good request."""
        frame["_serial"] = self.requests
        self.requests += 1
        earlier = self.latest.get(frame["seq"])
        if earlier and self.waits(earlier) and earlier["_body"] == frame["_body"] \
                and frame["_serial"] - earlier["_serial"] < HALF_A_ROUND:
            frame["retransmission_of"] = earlier["packet"]
            earlier["_again"].append(frame)
        else:
            self.latest[frame["seq"]] = frame
            frame["_again"] = [frame]

    def response(self, frame):
        """Follows a good response."""
        request = self.latest.get(frame["seq"])
        if not request or (request["netfn"] | 1, request["cmd"]) \
                != (frame["netfn"], frame["cmd"]):
            return
        frame["response_to"] = request["packet"]
        if id(request) in self.answered_by:
            frame["duplicate_of"] = self.answered_by[id(request)]["packet"]
            return
        self.answered_by[id(request)] = frame
        for asked in request["_again"]:
            asked["response_in"] = frame["packet"]
            asked.pop("cutoff_by", None)
        frame["time"] = frame["_time"] - request["_time"]


def decode(path):
    """All frames of a capture file, and the connection records, in its order."""
    links, frames = {}, []
    for packet, link, direction, wire, whole, truncated in wire_frames(path):
        state = links.setdefault(link, LinkState(len(links)))
        if wire is None:
            said = [CONNECTIONS[text] for text in packet.comments if text in CONNECTIONS]
            frame = {"packet": packet.number, "link": state.number,
                     "connection": said[0] if said else "Connection changed"}
            if packet.dropped:
                frame["dropped"] = packet.dropped
            state.connection(frame)
            frames.append(frame)
            continue
        frame = fields_of_beginning(wire) if truncated else fields_of(wire)
        if not whole and not (good(frame) or frame.get("control") in CONTROLS):
            frame = {"wire": wire.hex(), "data": unescape(wire[:-1]).hex()}
        frame.update(packet=packet.number, link=state.number, _time=packet.time,
                     _body=unescape(wire if truncated else wire[:-1]))
        direction = direction or direction_of(frame)
        if direction:
            frame["dir"] = direction
        first = not frames or frames[-1]["packet"] != packet.number
        if packet.dropped and first and packet.linktype == LINKTYPE_WIRESHARK_UPPER_PDU:
            frame["dropped"] = packet.dropped
            state.lose(frame)
        frames.append(frame)
        if frame.get("type") == "Control":
            if not escape_open(wire):
                state.control(frame)
        elif good(frame):
            (state.request if frame["type"] == "Request" else state.response)(frame)
    return [{key: value for key, value in frame.items() if key[0] != "_"} for frame in frames]


def main():
    """Prints the frames, one a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("capture")
    for frame in decode(parser.parse_args().capture):
        print(json.dumps(frame))


if __name__ == "__main__":
    main()
