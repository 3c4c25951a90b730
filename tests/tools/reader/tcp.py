#!/usr/bin/python3
# tcp.py
# Tests what the capture reader of the tools finds in captures of network
# interfaces.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Whatever TCP does to a byte stream, whatever it is wrapped in, and whichever
end connects: the same messages in the same order; and nothing in what is none
of IPMI."""

import argparse
import os
import random
import struct
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "samples"))

import captures                     # noqa: E402
import formats                      # noqa: E402
import heuristic                    # noqa: E402
from captures import BMC_TO_HOST, HOST_TO_BMC, PSH, ACK, RST, SYN       # noqa: E402
from frames import control, get_device_id                               # noqa: E402
from generate import ATTN, CAPABILITIES, VERSION, exchange, greet_tcp   # noqa: E402

SEED = 6
ETHERNET_HEADER = 14
LINKTYPE_NULL, LINKTYPE_RAW, LINKTYPE_SLL, LINKTYPE_SLL2 = 0, 101, 113, 276
IPV4 = b"\x08\x00"


def exchanges(connection, numbers):
    """Several commands, one after the other."""
    for seq in numbers:
        exchange(connection, seq & 0xFF)


class Tcp(formats.Formats):
    """Captures are made, and read by read-traffic."""

    def things(self, capture):
        """(kind, direction, point, lost, contents) of all that is in it."""
        return [(kind, direction, point, int(lost), contents)
                for kind, _, direction, _, _, point, lost, _, contents, _, _
                in (line.split("\t") for line in self.read(capture.contents())[:-1])]

    def messages(self, capture):
        """The same of messages and control commands."""
        return [(kind, direction, contents)
                for kind, direction, _, _, contents in self.things(capture)
                if kind in ("request", "response", "control")]

    def expected(self, count):
        """What greet_tcp() and exchanges() are."""
        capture = captures.Ethernet()
        connection = captures.Connection(capture)
        greet_tcp(connection)
        exchanges(connection, range(count))
        messages = self.messages(capture)
        self.assertEqual(len(messages), 4 + 2 * count)
        return messages

    def test_segments(self):
        """Segments of any size, late, twice, in pieces of others."""
        expected = [message for message in self.expected(60) if message[1] == "bmc"]
        self.assertGreater(len(expected), 60)
        stream = control(VERSION, 1) + control(CAPABILITIES, 0x3F) + b"".join(
            get_device_id(seq)[0] for seq in range(60))
        rng = random.Random(SEED)
        for isn in (1000, 2**32 - 150):
            for _ in range(20):
                capture = captures.Ethernet()
                connection = captures.Connection(capture, handshake=False)
                connection.seq[HOST_TO_BMC] = isn
                connection.send(HOST_TO_BMC, flags=SYN)
                connection.send(BMC_TO_HOST, flags=SYN | ACK)
                connection.bmc(control(VERSION, 1))
                cuts = sorted({0, len(stream), *rng.sample(range(len(stream)), 100)})
                # Each begins before the end of the last one, or right there.
                pieces = [(max(0, begin - rng.randrange(3)), end)
                          for begin, end in zip(cuts, cuts[1:])]
                for i in range(0, len(pieces), 4):
                    window = pieces[i:i + 4] + rng.sample(pieces[:i + 4], 1)
                    for begin, end in rng.sample(window, len(window)):
                        connection.host(stream[begin:end], seq=(isn + 1 + begin) % 2**32)
                self.assertEqual([message for message in self.messages(capture)
                                  if message[1] == "bmc"], expected)

    def test_gap(self):
        """What the capture has missed: the other end's acknowledgement says that
        it will not come. What has been lost is said."""
        capture = captures.Ethernet()
        connection = captures.Connection(capture)
        greet_tcp(connection)
        exchanges(connection, range(3))
        connection.seq[HOST_TO_BMC] += len(get_device_id(3)[0])
        connection.bmc(get_device_id(3)[1])
        exchanges(connection, range(4, 6))
        things = self.things(capture)
        self.assertEqual([thing[0] for thing in things[-5:]],
                         ["response", "request", "response", "request", "response"])
        self.assertEqual([thing[3] for thing in things[-5:]], [0, 1, 0, 0, 0])

    def test_gap_without_acknowledgement(self):
        """After a second nobody waits any more."""
        capture = captures.Ethernet()
        connection = captures.Connection(capture)
        greet_tcp(connection)
        connection.seq[BMC_TO_HOST] += 2
        for _ in range(15):
            connection.bmc(control(ATTN), after=0.1)
        connection.host(get_device_id(1)[0], flags=PSH)
        things = self.things(capture)
        self.assertEqual([thing[0] for thing in things[-16:]], ["control"] * 15 + ["request"])
        self.assertEqual(sum(thing[3] for thing in things), 1)

    def test_first_frame(self):
        """What no receiver takes is the rest of a frame, unless the capture has
        the beginning of the connection."""
        for handshake in True, False:
            capture = captures.Ethernet()
            connection = captures.Connection(capture, handshake=handshake)
            connection.host(b"\0\x18\1\0\xa0")
            exchanges(connection, range(1))
            self.assertEqual([thing[0] for thing in self.things(capture)],
                             ["connected", "bad"] * handshake + ["request", "response"])

    def test_gap_in_frame(self):
        """What was there of a frame before a gap, and is after it, is none."""
        request = get_device_id(3)[0]
        for before, after in (3, 0), (0, 3), (2, 1):
            capture = captures.Ethernet()
            connection = captures.Connection(capture)
            greet_tcp(connection)
            connection.host(request[:before])
            connection.seq[HOST_TO_BMC] += len(request) - before - after
            connection.bmc(get_device_id(3)[1])
            connection.host(request[len(request) - after:])
            exchanges(connection, range(4, 6))
            things = self.things(capture)[-5:]
            self.assertEqual([thing[0] for thing in things],
                             ["response", "request", "response", "request", "response"])
            self.assertEqual(sum(thing[3] for thing in things), 1)

    def test_gap_at_end(self):
        """The end of a connection says where its last byte was."""
        for missing in 0, 5:
            for end in HOST_TO_BMC, BMC_TO_HOST:
                capture = captures.Ethernet()
                connection = captures.Connection(capture)
                greet_tcp(connection)
                exchanges(connection, range(3))
                connection.seq[end] += missing
                connection.close(HOST_TO_BMC)
                things = self.things(capture)
                self.assertEqual((things[-1][0], things[-1][3]), ("disconnected", missing > 0))
                self.assertEqual(sum(thing[3] for thing in things), missing > 0)

    def test_gap_before_end(self):
        """What waits for something that is missing is read when the capture
        ends."""
        capture = captures.Ethernet()
        connection = captures.Connection(capture)
        greet_tcp(connection)
        connection.seq[BMC_TO_HOST] += 2
        connection.bmc(control(ATTN))
        last = self.things(capture)[-1]
        self.assertEqual((last[0], last[3], last[4]), ("control", 1, control(ATTN)[:-1].hex()))

    def test_cut_short(self):
        """A frame that the end of the connection leaves without its own."""
        capture = captures.Ethernet()
        connection = captures.Connection(capture)
        greet_tcp(connection)
        connection.host(get_device_id(1)[0][:3])
        connection.close(HOST_TO_BMC)
        self.assertEqual([(thing[0], thing[3]) for thing in self.things(capture)[-2:]],
                         [("bad", 0), ("disconnected", 0)])

    def test_snap_length(self):
        """Segments that were captured in part."""
        whole = captures.Ethernet()
        connection = captures.Connection(whole)
        greet_tcp(connection)
        exchanges(connection, range(3))
        cut = captures.Ethernet()
        original = cut.packet
        cut.packet = lambda data, **how: original(data[:70], length=len(data), **how)
        connection = captures.Connection(cut)
        greet_tcp(connection)
        exchanges(connection, range(3))
        self.assertEqual([message for message in self.messages(cut) if message[0] != "response"],
                         [message for message in self.messages(whole)
                          if message[0] != "response"])

    def test_host_listens(self):
        """The BMC connects: from the first frame that tells on, also on the
        connections that follow, directions are right."""
        capture = captures.Ethernet()
        for port in (40001, 40002):
            connection = captures.Connection(capture, port=port, host_port=9002,
                                             handshake=False)
            connection.send(BMC_TO_HOST, flags=SYN)
            connection.send(HOST_TO_BMC, flags=SYN | ACK)
            connection.send(BMC_TO_HOST, flags=ACK)
            greet_tcp(connection)
            exchanges(connection, range(2))
            connection.close(BMC_TO_HOST)
        messages = self.messages(capture)
        expected = self.expected(2)
        self.assertEqual(messages[1:8], expected[1:])
        self.assertEqual(messages[8:], expected)
        self.assertEqual({thing[2] for thing in self.things(capture)},
                         {"127.0.0.1 to 127.0.0.1:9002"})

    def test_reconnects(self):
        """A thousand connections of one host are one link."""
        capture = captures.Ethernet()
        for port in range(20000, 21000):
            connection = captures.Connection(capture, host_port=port, isn=port * 1000)
            exchanges(connection, range(1))
            if port % 2:
                connection.close(HOST_TO_BMC)
            else:
                connection.send(BMC_TO_HOST, flags=RST | ACK)
        things = self.things(capture)
        self.assertEqual([thing[0] for thing in things],
                         ["connected", "request", "response", "disconnected"] * 1000)
        self.assertEqual({thing[2] for thing in things}, {"127.0.0.1 to 127.0.0.1:9002"})

    def test_refused(self):
        """Nobody listens: no connection."""
        capture = captures.Ethernet()
        connection = captures.Connection(capture, handshake=False)
        for _ in range(3):
            connection.send(HOST_TO_BMC, flags=SYN, seq=connection.seq[HOST_TO_BMC])
            connection.send(BMC_TO_HOST, flags=RST | ACK)
        self.assertEqual(self.things(capture), [])

    def test_at_once(self):
        """Several connections at once, each a link; 100 of them."""
        capture = captures.Ethernet()
        connections = [captures.Connection(capture, host_port=port)
                       for port in range(20000, 20100)]
        for seq in range(3):
            for connection in connections:
                connection.host(get_device_id(seq)[0])
            for connection in reversed(connections):
                connection.bmc(get_device_id(seq)[1])
        things = self.things(capture)
        links = {thing[2] for thing in things}
        self.assertEqual(len(links), 100)
        for link in links:
            self.assertEqual([thing[0] for thing in things if thing[2] == link],
                             ["connected"] + ["request", "response"] * 3)

    def test_recognised(self):
        """On any port: by the greeting, or by the second of two commands, and
        then from the first on."""
        for greeting in (True, False):
            capture = captures.Ethernet()
            connection = captures.Connection(capture, port=20001, host_port=50123)
            if greeting:
                greet_tcp(connection)
            exchanges(connection, range(3))
            self.assertEqual(self.messages(capture), self.expected(3)[0 if greeting else 4:])

    def test_not_recognised(self):
        """What resembles it by chance is not taken."""
        rng = random.Random(SEED)
        capture = captures.Ethernet()
        port = 20000
        for kind in heuristic.KINDS:
            for _ in range(100):
                port += 1
                connection = captures.Connection(capture, port=port)
                if kind is heuristic.one_command:
                    connection.host(get_device_id(rng.randrange(128))[0])
                for send in (connection.host, connection.bmc, connection.host):
                    send(kind(rng))
        self.assertEqual(self.things(capture), [])

    def rewrapped(self, linktype, wrap):
        """What is read of the same packets with another header than Ethernet's."""
        packets = formats.packets_of("tcp-coalesced.pcapng")
        for packet in packets:
            packet.linktype = linktype
            packet.data = wrap(packet.data[ETHERNET_HEADER:])
        return self.read(formats.Writer().capture(packets))

    def test_link_types(self):
        """Whatever the interface."""
        lines = self.run_on(os.path.join(formats.SAMPLES, "tcp-coalesced.pcapng"))
        for linktype, header in (
                (LINKTYPE_NULL, b"\x02\0\0\0"), (LINKTYPE_RAW, b""),
                (LINKTYPE_SLL, bytes(14) + IPV4), (LINKTYPE_SLL2, IPV4 + bytes(18)),
                (captures.LINKTYPE_ETHERNET, bytes(12) + b"\x81\0\0\x05" + IPV4),
                (captures.LINKTYPE_ETHERNET, bytes(12) + b"\x88\xa8\0\1\x81\0\0\5" + IPV4)):
            with self.subTest(linktype=linktype, header=header):
                self.assertEqual(self.rewrapped(linktype, lambda data, header=header:
                                                header + data), lines)
                self.assertEqual(self.rewrapped(linktype, lambda data, header=header:
                                                header + data + bytes(6)), lines)

    def test_ipv6(self):
        """The same over IPv6, behind a hop-by-hop header."""
        def wrap(data):
            source, destination = (bytes(12) + data[at:at + 4] for at in (12, 16))
            tcp = data[20:]
            return (struct.pack(">IHBB", 6 << 28, len(tcp) + 8, 0, 64) + source + destination
                    + bytes((6, 0, 1, 4)) + bytes(4) + tcp)
        lines = self.run_on(os.path.join(formats.SAMPLES, "tcp-coalesced.pcapng"))
        found = self.rewrapped(LINKTYPE_RAW, wrap)
        self.assertEqual(self.without(found, 5), self.without(lines, 5))
        self.assertEqual(found[0].split("\t")[5], "[::127.0.0.1] to [::127.0.0.1]:9002")

    def test_exported(self):
        """Frames that Export PDUs has taken out of TCP: the addresses say which
        link, the frames which way."""
        def exported(packet, source, destination, frame):
            tags = b"".join(struct.pack(">HH", tag, len(value)) + value for tag, value in (
                (12, b"ipmi_extern\0"), (20, bytes((127, 0, 0, 1))),
                (21, bytes((127, 0, 0, 1))), (24, struct.pack(">I", 2)),
                (25, struct.pack(">I", source)), (26, struct.pack(">I", destination)),
                (0, b"")))
            packet(tags + frame)
        capture = captures.Capture(captures.LINKTYPE_WIRESHARK_UPPER_PDU, ("lo",))
        for seq in range(2):
            for port in (40001, 40002):
                request, response = get_device_id(seq)
                exported(capture.packet, port, 9002, request)
                exported(capture.packet, 9002, port, response)
        things = self.things(capture)
        self.assertEqual([thing[:2] for thing in things],
                         [("request", "bmc"), ("response", "host")] * 4)
        self.assertEqual(len({thing[2] for thing in things}), 2)


    def test_exported_tags(self):
        """What else tells links and directions: IPv6, ports alone, a tag."""
        def exported(frame, *tags):
            capture.packet(b"".join(struct.pack(">HH", tag, len(value)) + value for tag, value in (
                (12, b"ipmi_extern\0"), *tags, (0, b""))) + frame)

        def port(tag, number):
            return tag, struct.pack(">I", number)
        capture = captures.Capture(captures.LINKTYPE_WIRESHARK_UPPER_PDU, ("lo",))
        here = bytes(15) + b"\1"
        request, response = get_device_id(1)
        exported(request, (22, here), (23, here), port(25, 40000), port(26, 9002))
        exported(response, (22, here), (23, here), port(25, 9002), port(26, 40000))
        exported(request, port(25, 1), port(26, 1))
        exported(request, port(25, 2), port(26, 2))
        exported(control(ATTN), port(25, 2), port(26, 2), (35, bytes(4)))
        exported(control(ATTN), port(25, 2), port(26, 2), (35, b"\0\0\0\1"))
        self.assertEqual([thing[:3] for thing in self.things(capture)], [
            ("request", "bmc", "[::1] to [::1]:9002"), ("response", "host", "[::1] to [::1]:9002"),
            ("request", "bmc", "lo port 1"), ("request", "bmc", "lo port 2"),
            ("control", "bmc", "lo port 2"), ("control", "host", "lo port 2")])

    def test_no_segments(self):
        """Fragments, and headers that end too soon."""
        tcp = struct.pack(">HHIIBBHHH", 40000, 9002, 1, 1, 5 << 4, PSH | ACK, 0xFFFF, 0, 0)
        tcp += get_device_id(1)[0]

        def ipv4(fragment, length=None):
            return struct.pack(">BBHHHBBH", 0x45, 0, length or 20 + len(tcp), 1, fragment, 64, 6,
                               0) + bytes(8)

        def ipv6(following, extension=b""):
            return struct.pack(">IHBB", 6 << 28, len(tcp) + len(extension), following,
                               64) + bytes(32) + extension
        good = [ipv4(0) + tcp, ipv4(0x4000) + tcp, ipv6(6) + tcp,
                ipv6(0, bytes((60, 0)) + bytes(6) + bytes((6, 1)) + bytes(14)) + tcp]
        bad = [ipv4(0x2000) + tcp, ipv4(1) + tcp, ipv4(0, 19) + tcp, ipv4(0)[:19], ipv6(6)[:39],
               ipv6(44, bytes((6, 0)) + bytes(6)) + tcp, ipv6(0, bytes((6, 200)) + bytes(6)) + tcp,
               ipv6(0)[:40] + bytes(7), ipv4(0) + tcp[:19], ipv4(0) + tcp[:12] + b"\x40" + tcp[13:],
               ipv4(0) + tcp[:12] + b"\xf0" + tcp[13:]]
        for packets, count in ((good[:1], 1), (good[1:2], 1), (good[2:3], 1), (good[3:], 1),
                               *(([packet], 0) for packet in bad)):
            capture = captures.Capture(LINKTYPE_RAW, ("raw",))
            for packet in packets:
                capture.packet(packet)
            self.assertEqual(len(self.things(capture)), count, packets)

    def test_many_connections(self):
        """No more of them are followed at once than there is room for."""
        capture = captures.Ethernet()
        for port in range(1100):
            connection = captures.Connection(capture, host_port=20000 + port)
        exchanges(connection, range(2))
        things = self.things(capture)
        self.assertEqual([thing[0] for thing in things],
                         ["connected"] * 1100 + ["request", "response"] * 2)
        self.assertEqual(len({thing[2] for thing in things}), 1024)

    def test_many_links(self):
        """No more of them have names."""
        capture = captures.Ethernet()
        for number in range(4200):
            connection = captures.Connection(capture, handshake=False)
            connection.address[HOST_TO_BMC] = ((10, 0, *divmod(number, 256)), 40000)
            connection.send(HOST_TO_BMC, flags=SYN)
            connection.send(BMC_TO_HOST, flags=SYN | ACK)
        self.assertEqual(len({thing[2] for thing in self.things(capture)}), 4096)


def main():
    """All tests, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="read-traffic")
    arguments, rest = parser.parse_known_args()
    Tcp.program = arguments.program
    names = [name for name in vars(Tcp) if name.startswith("test_")]
    unittest.main(argv=[sys.argv[0], *(rest or (f"Tcp.{name}" for name in names))])


if __name__ == "__main__":
    main()
