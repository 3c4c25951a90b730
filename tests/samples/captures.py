# captures.py
# Writes small pcapng files: frames of the wire protocol directly, or over TCP.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""A capture is built packet by packet on a clock that only the caller moves,
so that the same calls always give the same bytes."""

import struct

LINKTYPE_ETHERNET = 1
LINKTYPE_WIRESHARK_UPPER_PDU = 252

TAG_DISSECTOR_NAME, TAG_END = 12, 0

# 2026-01-01 00:00:00 UTC. Any instant would do.
START_NS = 1767225600 * 10**9
STEP = 0.001

HOST_TO_BMC = "host to BMC"
BMC_TO_HOST = "BMC to host"

# epb_flags, bits 1:0. The host is the point of view: what it sends is
# outbound.
EPB_DIRECTION = {HOST_TO_BMC: 2, BMC_TO_HOST: 1, None: 0}

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10

SAMPLES = {}


def sample(name):
    """Registers a function that returns the Capture of samples/NAME.pcapng."""
    def register(function):
        SAMPLES[name] = function
        return function
    return register


def option(code, value):
    """A pcapng option, padded to 32 bits."""
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def block(block_type, body, *options):
    """A pcapng block with its options, which an end-of-options option closes."""
    if options:
        body += b"".join(options) + option(0, b"")
    length = 12 + len(body)
    return struct.pack("<II", block_type, length) + body + struct.pack("<I", length)


HEADER = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))


class Capture:
    """A pcapng file in the making."""

    def __init__(self, linktype, interfaces=()):
        self.now = START_NS
        self.linktype = linktype
        self.blocks = [HEADER]
        self.interfaces = 0
        for name in interfaces:
            self.interface(name)

    def interface(self, name=None, description=None):
        """Appends an interface, and returns its number."""
        options = [option(code, text.encode())          # if_name, if_description
                   for code, text in ((2, name), (3, description)) if text is not None]
        self.blocks.append(block(1, struct.pack("<HHI", self.linktype, 0, 0), *options,
                                 option(9, b"\x09")))   # if_tsresol: ns
        self.interfaces += 1
        return self.interfaces - 1

    def packet(self, data, interface=0, direction=None, comment=None, after=STEP,
               length=None, dropped=0):
        """Appends a packet, seconds after the one before. Of its length, data is
        what the capture has; comment may be several; dropped says how many
        packets of the interface before it were lost."""
        self.now += round(after * 10**9)
        comments = [comment] if isinstance(comment, str) else comment or []
        options = [option(1, text.encode()) for text in comments]
        if direction:
            options.append(option(2, struct.pack("<I", EPB_DIRECTION[direction])))
        if dropped:
            options.append(option(4, struct.pack("<Q", dropped)))   # epb_dropcount
        body = struct.pack("<IIIII", interface, self.now >> 32, self.now & 0xFFFFFFFF,
                           len(data), length or len(data)) + data + bytes(-len(data) % 4)
        self.blocks.append(block(6, body, *options))

    def contents(self):
        """The file."""
        return b"".join(self.blocks)


def upper_pdu(dissector, content):
    """A packet of LINKTYPE_WIRESHARK_UPPER_PDU."""
    name = dissector.encode()
    name += bytes(-len(name) % 4)
    return (struct.pack(">HH", TAG_DISSECTOR_NAME, len(name)) + name
            + struct.pack(">HH", TAG_END, 0) + content)


class Link(Capture):
    """Frames as a program between the virtual machines records them: packets
    of LINKTYPE_WIRESHARK_UPPER_PDU that name the dissector. One interface is
    one link."""

    def __init__(self, *names):
        super().__init__(LINKTYPE_WIRESHARK_UPPER_PDU, names or ("ipmi0",))

    def record(self, direction, frames, comment=None, after=STEP, link=0,
               dissector="ipmi_extern", keep=None, dropped=0):
        """Appends frames in one packet, or only the first bytes that keep says
        how many they are, after so many packets that were lost."""
        frames = b"".join(frames)
        whole = upper_pdu(dissector, frames)
        self.packet(upper_pdu(dissector, frames[:keep]), link, direction, comment, after,
                    len(whole), dropped)

    def host(self, *frames, **how):
        """What the host sends."""
        self.record(HOST_TO_BMC, frames, **how)

    def bmc(self, *frames, **how):
        """What the BMC sends."""
        self.record(BMC_TO_HOST, frames, **how)

    def connected(self, comment, **how):
        """The connection was opened."""
        self.record(None, (), ("connected", comment), **how)

    def disconnected(self, comment, **how):
        """The connection was closed."""
        self.record(None, (), ("disconnected", comment), **how)


def internet_checksum(data):
    """RFC 1071."""
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Ethernet(Capture):
    """TCP connections over one Ethernet interface. packet_direction is what
    the packets' own flags say: which way they went through the interface,
    which has nothing to do with who is the host."""

    def __init__(self, packet_direction=None):
        super().__init__(LINKTYPE_ETHERNET, ("lo",))
        self.packet_direction = packet_direction
        self.datagrams = 0

    def segment(self, source, destination, seq, ack, flags, payload=b"", **how):
        """Appends one segment between two (address, port) pairs."""
        addresses = bytes(source[0]) + bytes(destination[0])
        tcp = struct.pack(">HHIIBBHHH", source[1], destination[1], seq, ack,
                          5 << 4, flags, 0xFFFF, 0, 0) + payload
        pseudo = addresses + struct.pack(">BBH", 0, 6, len(tcp))
        tcp = tcp[:16] + struct.pack(">H", internet_checksum(pseudo + tcp)) + tcp[18:]
        self.datagrams += 1
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), self.datagrams,
                         0x4000, 64, 6, 0) + addresses
        ip = ip[:10] + struct.pack(">H", internet_checksum(ip)) + ip[12:]
        self.packet(bytes(12) + b"\x08\x00" + ip + tcp,
                    direction=self.packet_direction, **how)


class Connection:
    """A TCP connection of an Ethernet capture. The BMC listens, the host
    connects; each segment is acknowledged by the next one the other way."""

    def __init__(self, capture, port=9002, host_port=40000, handshake=True, isn=1000):
        self.capture = capture
        self.address = {HOST_TO_BMC: ((127, 0, 0, 1), host_port),
                        BMC_TO_HOST: ((127, 0, 0, 1), port)}
        self.seq = {HOST_TO_BMC: isn, BMC_TO_HOST: isn + 100000}
        if handshake:
            self.send(HOST_TO_BMC, flags=SYN, after=STEP)
            self.send(BMC_TO_HOST, flags=SYN | ACK, after=0.00001)
            self.send(HOST_TO_BMC, flags=ACK, after=0.00001)

    def send(self, direction, payload=b"", flags=PSH | ACK, seq=None, **how):
        """Appends a segment; seq only for one out of its turn."""
        other = BMC_TO_HOST if direction == HOST_TO_BMC else HOST_TO_BMC
        ack = self.seq[other] if flags & ACK else 0
        self.capture.segment(self.address[direction], self.address[other],
                             self.seq[direction] if seq is None else seq,
                             ack, flags, payload, **how)
        if seq is None:
            self.seq[direction] += len(payload) + bool(flags & (SYN | FIN))

    def host(self, *frames, **how):
        """What the host sends, in one segment."""
        self.send(HOST_TO_BMC, b"".join(frames), **how)

    def bmc(self, *frames, **how):
        """What the BMC sends, in one segment."""
        self.send(BMC_TO_HOST, b"".join(frames), **how)

    def close(self, direction, **how):
        """Ends the connection from one side, and then from the other."""
        other = BMC_TO_HOST if direction == HOST_TO_BMC else HOST_TO_BMC
        self.send(direction, flags=FIN | ACK, **how)
        self.send(other, flags=FIN | ACK)
        self.send(direction, flags=ACK)
