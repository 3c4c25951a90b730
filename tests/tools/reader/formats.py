#!/usr/bin/python3
# formats.py
# Tests that the capture reader of the tools finds the same whatever a capture's
# format is, and however it comes.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Samples are written anew: in the other byte order, with other time stamps, in
several sections, as pcap, with blocks that nobody knows; and are read from a
pipe, in pieces of any size."""

import argparse
import contextlib
import gzip
import os
import struct
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "samples"))

import decode                       # noqa: E402

SAMPLES = os.path.join(HERE, "..", "..", "..", "samples")
TIMEOUT = 120

# What has faults, losses, connections, several links, registers and TCP.
NAMES = ("transactions.pcapng", "connections.pcapng", "frames-dropped.pcapng",
         "two-links.pcapng", "truncated.pcapng", "no-direction.pcapng", "inside-kcs.pcapng",
         "registers-bt.pcapng", "hpm2-bt.pcapng", "tcp-coalesced.pcapng")

SECTION, INTERFACE, OLD_PACKET, SIMPLE_PACKET, STATISTICS, PACKET = (
    0x0A0D0D0A, 1, 2, 3, 5, 6)
UNKNOWN = 0x0BAD
UNCOUNTED = 0xFFFF
DIRECTIONS = {decode.HOST: 2, decode.BMC: 1, None: 0}


class Writer:
    """Writes pcapng in one byte order."""

    def __init__(self, order="<", resolution=b"\x09", offset=0):
        self.order, self.resolution, self.offset = order, resolution, offset

    def block(self, kind, body, options=()):
        """A block; options are pairs of a code and a value."""
        for code, value in options:
            body += struct.pack(self.order + "HH", code, len(value)) + value
            body += bytes(-len(value) % 4)
        if options:
            body += bytes(4)
        length = struct.pack(self.order + "I", 12 + len(body))
        return struct.pack(self.order + "I", kind) + length + body + length

    def section(self):
        """A section header."""
        return self.block(SECTION, struct.pack(self.order + "IHHq", 0x1A2B3C4D, 1, 0, -1),
                          [(4, b"formats.py")])

    def interface(self, packet):
        """The interface of a packet."""
        options = [(code, text.encode()) for code, text in
                   ((2, packet.name), (3, packet.description)) if text is not None]
        if self.resolution is not None:
            options.append((9, self.resolution))
        if self.offset:
            options.append((14, struct.pack(self.order + "q", self.offset)))
        return self.block(INTERFACE, struct.pack(self.order + "HHI", packet.linktype, 0, 0),
                          options)

    def stamp(self, time):
        """A time in ns, in units of the resolution."""
        time -= self.offset * 10**9
        unit = 6 if self.resolution is None else self.resolution[0]
        if unit & 0x80:
            return (time << (unit & 0x7F)) // 10**9
        return time * 10**unit // 10**9

    def packet(self, packet, interface):
        """A packet, of the section's interface of this number."""
        stamp = self.stamp(packet.time)
        body = struct.pack(self.order + "IIIII", interface, stamp >> 32, stamp & 0xFFFFFFFF,
                           len(packet.data), len(packet.data) + packet.missing)
        options = [(1, comment) for comment in packet.comments]
        options.append((2, struct.pack(self.order + "I", DIRECTIONS[packet.direction])))
        if packet.dropped:
            options.append((4, struct.pack(self.order + "Q", packet.dropped)))
        return self.block(PACKET, body + packet.data + bytes(-len(packet.data) % 4), options)

    def old_packet(self, packet, interface):
        """The same as pcapng's first drafts had it: drops are in the block, which
        may say that nobody has counted them."""
        stamp = self.stamp(packet.time)
        body = struct.pack(self.order + "HHIIII", interface, packet.dropped or UNCOUNTED, stamp >> 32,
                           stamp & 0xFFFFFFFF, len(packet.data),
                           len(packet.data) + packet.missing)
        options = [(1, comment) for comment in packet.comments]
        options.append((2, struct.pack(self.order + "I", DIRECTIONS[packet.direction])))
        return self.block(OLD_PACKET, body + packet.data + bytes(-len(packet.data) % 4),
                          options)

    def capture(self, packets, packet=None):
        """A whole capture: an interface comes right before its first packet."""
        parts, interfaces = [self.section()], {}
        for each in packets:
            if each.interface not in interfaces:
                interfaces[each.interface] = len(interfaces)
                parts.append(self.interface(each))
            parts.append((packet or self.packet)(each, interfaces[each.interface]))
        return b"".join(parts)


def pcap(packets, order, nanoseconds):
    """The packets as pcap, which tells neither interfaces nor directions."""
    magic, unit = (0xA1B23C4D, 1) if nanoseconds else (0xA1B2C3D4, 1000)
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 0x40000, packets[0].linktype)]
    for packet in packets:
        seconds, rest = divmod(packet.time, 10**9)
        parts.append(struct.pack(order + "IIII", seconds, rest // unit, len(packet.data),
                                 len(packet.data) + packet.missing) + packet.data)
    return b"".join(parts)


def packets_of(name):
    """The packets of a sample."""
    return list(decode.read(os.path.join(SAMPLES, name)))


@contextlib.contextmanager
def file_with(contents):
    """Path of a temporary file."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "capture")
        with open(path, "wb") as file:
            file.write(contents)
        yield path


class Formats(unittest.TestCase):
    """Each test reads what is the same in two ways."""

    program = None
    maxDiff = 2000

    def run_on(self, path, status=0):
        """Lines that read-traffic prints of a file."""
        result = subprocess.run([self.program, path], capture_output=True, text=True,
                                check=False, timeout=TIMEOUT)
        self.assertEqual(result.returncode, status, result.stderr)
        return result.stdout.splitlines()

    def read(self, contents, status=0):
        """The same of a capture."""
        with file_with(contents) as path:
            return self.run_on(path, status)

    @staticmethod
    def without(lines, *columns):
        """Lines without some of their columns."""
        return [tuple(text for i, text in enumerate(line.split("\t")) if i not in columns)
                for line in lines]

    def each(self):
        """Samples: (what is read of it, its packets)."""
        for name in NAMES:
            lines = self.run_on(os.path.join(SAMPLES, name))
            self.assertGreater(len(lines), 5, name)
            yield lines, packets_of(name)

    def test_other_byte_order(self):
        for lines, packets in self.each():
            self.assertEqual(self.read(Writer(">").capture(packets)), lines)

    def test_old_packets(self):
        for lines, packets in self.each():
            writer = Writer()
            self.assertEqual(self.read(writer.capture(packets, writer.old_packet)), lines)

    def test_resolutions(self):
        """Microseconds, which are the default; a finer one than ours, which
        leaves nothing out; powers of 2."""
        for lines, packets in self.each():
            self.assertEqual(self.read(Writer(resolution=b"\x0b", offset=1700000000)
                                       .capture(packets)), lines)
            for resolution, unit in ((None, 1000), (b"\x03", 10**6), (b"\x94", 955)):
                for line, expected in zip(
                        self.read(Writer(resolution=resolution).capture(packets))[:-1],
                        lines[:-1]):
                    time, exact = (int(text.split("\t")[4]) for text in (line, expected))
                    self.assertLess(exact - time, unit)
                    self.assertLessEqual(time, exact)

    def test_pcap(self):
        """Where all there is to tell interfaces and directions is not there,
        the messages are the same. (TCP has its own directions.)"""
        packets = packets_of("tcp-coalesced.pcapng")
        lines = self.run_on(os.path.join(SAMPLES, "tcp-coalesced.pcapng"))
        self.assertEqual(self.read(pcap(packets, "<", True)), lines)
        self.assertEqual(self.read(pcap(packets, ">", True)), lines)
        for packet in packets:
            packet.time -= packet.time % 1000
        lines = self.read(Writer().capture(packets))
        for order in "<>":
            self.assertEqual(self.read(pcap(packets, order, False)), lines)
        packets = packets_of("sequence-wrap.pcapng")
        lines = self.run_on(os.path.join(SAMPLES, "sequence-wrap.pcapng"))
        self.assertEqual(self.without(self.read(pcap(packets, "<", True)), 5),
                         self.without(lines, 5))

    def test_sections(self):
        """A second section counts its interfaces from 0; its points go on, and
        what was asked in the first is not answered in the second."""
        for lines, packets in self.each():
            both = self.read(Writer().capture(packets) + Writer(">").capture(packets))
            count = len(lines) - 1
            self.assertEqual(both[:count], lines[:-1])
            if "to 127.0.0.1" in lines[0]:
                continue        # the same connection once more
            second = [line.split("\t") for line in both[count:-1]]
            for columns, expected in zip(second, lines):
                columns[3] = str(int(columns[3]) - packets[-1].number)
                if columns[7] != "0":
                    columns[7] = str(int(columns[7]) - packets[-1].number)
                if packets[0].name is None:     # it is called by its number
                    columns[5] = expected.split("\t")[5]
                self.assertEqual("\t".join(columns), expected)
            self.assertEqual(len(second), count)

    def test_unknown_blocks(self):
        """Readers skip what they do not know."""
        for lines, packets in self.each():
            writer = Writer()
            unknown = writer.block(UNKNOWN, b"what is this?\0\0\0", [(77, b"x")])
            whole = writer.capture(packets, lambda packet, interface, writer=writer,
                                   unknown=unknown:
                                   unknown + writer.packet(packet, interface) + unknown)
            self.assertEqual(self.read(whole), lines)

    def test_simple_packets(self):
        """Packets without anything but their bytes."""
        packets = packets_of("no-direction.pcapng")
        writer = Writer()
        head = writer.section() + writer.interface(packets[0])
        capture = head
        for packet in packets:
            capture += writer.block(SIMPLE_PACKET, struct.pack("<I", len(packet.data))
                                    + packet.data + bytes(-len(packet.data) % 4))
        self.assertEqual(self.without(self.read(capture), 4),
                         self.without(self.run_on(os.path.join(SAMPLES,
                                                               "no-direction.pcapng")), 4))

        # What an interface captures at most is not always a multiple of four.
        cut = bytearray(head)
        snaplen = len(writer.section()) + 12
        cut[snaplen:snaplen + 4] = struct.pack("<I", len(packets[0].data) - 3)
        cut += writer.block(SIMPLE_PACKET, struct.pack("<I", len(packets[0].data))
                            + packets[0].data[:-3] + bytes(-(len(packets[0].data) - 3) % 4))
        self.assertIn("cut: the capture has only the beginning", self.read(bytes(cut))[0])

    def test_statistics(self):
        """They say what was lost after the last packets; of an interface that is
        not there they say nothing."""
        packets = packets_of("frames-dropped.pcapng")
        lines = self.run_on(os.path.join(SAMPLES, "frames-dropped.pcapng"))
        before = sum(packet.dropped for packet in packets)
        self.assertGreater(before, 0)
        for order in "<>":
            for interface, lost, at_end in ((0, before + 5, 5), (0, before, 0), (0, 0, 0),
                                            (1, 7, 0)):
                writer = Writer(order)
                statistics = writer.block(
                    STATISTICS, struct.pack(order + "III", interface, 0, 0),
                    [(4, struct.pack(order + "Q", 1000)), (5, struct.pack(order + "Q", lost))])
                found = self.read(writer.capture(packets) + statistics)
                self.assertEqual(found[:-1], lines[:-1])
                self.assertEqual(found[-1].split("\t")[3], str(at_end))

    def test_pipe(self):
        """In pieces of any size, each of which is read before the next comes:
        it prints what there is at every pause."""
        for name in ("transactions.pcapng", "tcp-coalesced.pcapng",
                     "kcs-event-attn-irq.pcap"):
            path = os.path.join(SAMPLES, name)
            with open(path, "rb") as file:
                contents = file.read()
            for size in (1, 7, 4096):
                with self.subTest(name, size=size), subprocess.Popen(
                        [self.program, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                        text=False) as process:
                    for at in range(0, len(contents), size):
                        process.stdin.write(contents[at:at + size])
                        process.stdin.flush()
                    output, _ = process.communicate(timeout=TIMEOUT)
                    self.assertEqual(process.returncode, 0)
                    self.assertEqual(output.decode().splitlines(), self.run_on(path))

    def test_pause(self):
        """What is there is told before the next comes."""
        packets = packets_of("transactions.pcapng")
        lines = self.run_on(os.path.join(SAMPLES, "transactions.pcapng"))
        writer = Writer()
        with subprocess.Popen([self.program, "-"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as process:
            process.stdin.write(writer.section() + writer.interface(packets[0]))
            for packet in packets:
                block = writer.packet(packet, 0)
                process.stdin.write(block[:-5])
                process.stdin.flush()
                process.stdin.write(block[-5:])
                process.stdin.flush()
                while lines[1:] and lines[0].split("\t")[3] == str(packet.number):
                    self.assertEqual(process.stdout.readline().decode().rstrip("\n"),
                                     lines.pop(0))
            process.stdin.close()
            self.assertEqual(process.stdout.readline().decode().rstrip("\n"), lines[0])
            self.assertEqual(process.wait(TIMEOUT), 0)

    def test_cut_off(self):
        """A capture may end anywhere: all before that is good."""
        path = os.path.join(SAMPLES, "connections.pcapng")
        with open(path, "rb") as file:
            contents = file.read()
        lines = self.run_on(path)[:-1]
        for length in range(0, len(contents), 37):
            found = self.read(contents[:length])
            self.assertEqual(found[:-1], lines[:len(found) - 1])
            at = 0
            while at + 8 <= length:
                at += struct.unpack_from("<I", contents, at + 4)[0]
            self.assertIn("whole" if at == length else "cut off", found[-1])

    def test_damage(self):
        """What cannot be is said to be damaged, and where; what is before it is
        read."""
        packets = packets_of("connections.pcapng")
        lines = self.run_on(os.path.join(SAMPLES, "connections.pcapng"))[:-1]
        writer = Writer()
        good = writer.capture(packets)
        bad_number = writer.packet(packets[0], 1)
        too_long = bytearray(writer.packet(packets[0], 0))
        too_long[20:24] = struct.pack("<I", 0x7FFFFFFF)
        two_lengths = bytearray(bad_number)
        two_lengths[-4] ^= 4
        header = pcap(packets, "<", True)[:24]
        cases = [(good, lines, damage) for damage in (
            bad_number, too_long, two_lengths, b"\x06\0\0\0" + bytes(8),
            b"\x06\0\0\0" + struct.pack("<II", 0xFFFFFFF0, 0), bytes(12))]
        # Interfaces are those of the section; pcap has lengths, too.
        cases += [(good + writer.section(), lines, writer.packet(packets[0], 0)),
                  (header, [], struct.pack("<IIII", 0, 0, 0x7FFFFFFF, 0x7FFFFFFF))]
        for good, lines, damage in cases:
            with self.subTest(damage[:12]), file_with(good + damage + good) as path:
                result = subprocess.run([self.program, path], capture_output=True, text=True,
                                        check=False, timeout=TIMEOUT)
                self.assertEqual(result.returncode, 3)
                self.assertEqual(result.stdout.splitlines()[:-1], lines)
                self.assertIn(f"{path}: it is damaged at byte {len(good)}", result.stderr)

    def test_no_capture(self):
        """The message says what would be one."""
        for contents, words in ((b"\0\1\2\3" * 10, "neither a capture"),
                                (b"some text\n" * 10, "neither a capture"),
                                (b"GIF89a", "neither a capture"),
                                (gzip.compress(b"a capture"), "compressed: 'gzip -dc'")):
            with file_with(contents) as path:
                result = subprocess.run([self.program, path], capture_output=True, text=True,
                                        check=False, timeout=TIMEOUT)
                self.assertEqual(result.returncode, 3)
                self.assertIn(f"cannot read {path}: it is {words}", result.stderr)
        self.assertEqual(self.read(b""), ["end\twhole\t0\t0"])


def main():
    """All tests, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="read-traffic")
    arguments, rest = parser.parse_known_args()
    Formats.program = arguments.program
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
