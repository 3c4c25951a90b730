#!/usr/bin/env python3
# test-convert.py
# Captures that ipmidump makes of captures and of traces.
#
# SPDX-License-Identifier: GPL-2.0-or-later

import os
import tempfile
import unittest

from dumping import Test, sample, samples

import captures
import decode_traces
import frames
import reader
import traces

# What no writer of ours would write, so that the reader complains, or what is
# seen only where frames share a packet.
ODD = r"(connections|escaping|no-direction|registers-.*|hpm2-bt|truncated)\.pcap(ng)?"


class Conversion(Test):
    """Makes a capture."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "converted.pcapng")

    def convert(self, path):
        """The capture made of a file, as the reader of the tests has it."""
        self.assertEqual(self.dump("--pcapng", self.path, path), b"")
        with open(self.path, "rb") as file:
            return reader.read(file.read())


class Pcapng(Conversion):
    """--pcapng"""

    def same(self, path):
        """Prints the same as path, numbers of packets apart."""
        for thing, other in zip(self.objects("-r", path), self.objects("-r", self.path),
                                strict=True):
            for key in "number", "request":
                thing.pop(key, None)
                other.pop(key, None)
            self.assertEqual(thing, other)

    def test_samples(self):
        """Of whatever format they are."""
        odd = samples(ODD)
        for path in samples(r".*\.pcap(ng)?"):
            with self.subTest(path):
                capture = self.convert(path)
                self.assertTrue(capture.complete())
                if path not in odd:
                    self.assertEqual(capture.faults, [])
                    self.same(path)

    def test_bytes(self):
        """Every byte of every frame and record, and every time."""
        for path in samples(r"(inside|end-to-end)-.*\.pcapng"):
            with self.subTest(path), open(path, "rb") as file:
                before = reader.read(file.read())
                after = self.convert(path)
                self.assertEqual([packet.line() for packet in before.packets],
                                 [packet.line() for packet in after.packets])
                self.assertEqual([packet.point.description for packet in before.packets],
                                 [packet.point.description for packet in after.packets])

    def test_frames(self):
        """Frames that share a packet have one each."""
        for name in "frames-in-one-record.pcapng", "tcp-coalesced.pcapng":
            with self.subTest(name):
                capture = self.convert(sample(name))
                self.assertEqual(capture.faults, [])
                self.assertEqual(len(capture.packets), len(self.objects(sample(name))) - 1)

    def test_trace_of_hpm2(self):
        """Messages, as the wire would have had them."""
        capture = self.convert(sample("hpm2-bt.pcapng"))
        self.assertEqual(capture.faults, [])
        messages = [thing for thing in self.objects(sample("hpm2-bt.pcapng"))
                    if thing["kind"] in ("request", "response")]
        self.assertEqual(len(capture.packets), len(messages))
        for frame, message in zip(capture.packets, messages):
            self.assertTrue(frame.content.endswith(b"\xa0"))
            self.assertEqual(frame.direction,
                             reader.TO_BMC if message["direction"] == "to_bmc" else reader.TO_HOST)

    def test_lost(self):
        """What is lost before a packet is lost before its first frame."""
        capture = self.convert(sample("frames-dropped.pcapng"))
        with open(sample("frames-dropped.pcapng"), "rb") as file:
            before = reader.read(file.read())
        self.assertGreater(sum(packet.dropped for packet in before.packets), 0)
        self.assertEqual(sum(packet.dropped for packet in capture.packets),
                         sum(packet.dropped for packet in before.packets))

    def test_odd_packets(self):
        """Frames that share a packet have its loss once, and each a direction;
        of a frame that is not there, nothing can be made."""
        link = captures.Link()
        link.record(None, [frames.req(1, 6, 1), frames.rsp(1, 6, 1, frames.DEVICE_ID)], dropped=3)
        link.host(frames.req(2, 6, 1), keep=0)
        with open(self.path + ".in", "wb") as file:
            file.write(link.contents())
        self.assertEqual([(packet.dropped, packet.direction)
                          for packet in self.convert(file.name).packets],
                         [(3, reader.TO_BMC), (0, reader.TO_HOST)])

    def test_lost_from_hpm2(self):
        """What a trace has lost."""
        trace = captures.Capture(decode_traces.LINKTYPE_IPMI_HPM_2, ("trace",))
        trace.packet(bytes((15, 0, 0, 0, 0, 0, 0, decode_traces.BT_PROTOCOLS[0], 0x80, 0, 4))
                     + bytes((3, 0x18, 1, 1)), dropped=7)
        for option in "--pcapng=-", "--hpm2=-":
            packet, = reader.read(self.dump(option, contents=trace.contents())).packets
            self.assertEqual(packet.dropped, 7)

    def test_same_file(self):
        """What is to be read is not written over."""
        with open(sample("commands.pcapng"), "rb") as file:
            contents = file.read()
        with open(self.path, "wb") as file:
            file.write(contents)
        for option in "--pcapng", "--hpm2":
            self.dump(option, self.path, self.path, status=2,
                      errors="ipmidump: .*name another file\nTry .*\n")
            with open(self.path, "rb") as file:
                self.assertEqual(file.read(), contents)

    def test_standard_output(self):
        contents = self.dump("--pcapng=-", sample("commands.pcapng"))
        self.assertTrue(reader.read(contents).complete())
        self.assertEqual(self.lines(contents=contents), self.lines(sample("commands.pcapng")))


class Trace(Conversion):
    """QEMU's -trace, whose lines the tests write from captures."""

    def test_samples(self):
        folder = os.path.dirname(self.path)
        for path in samples(r"inside-.*-(host|bmc)\.pcapng"):
            with self.subTest(path):
                with open(path, "rb") as file:
                    before = reader.read(file.read())
                log = os.path.join(folder, "qemu.log")
                with open(log, "w", encoding="utf-8") as file:
                    file.write("qemu-system-arm: warning: nic has no peer\n")
                    for packet in before.packets:
                        seconds, _, rest = packet.seconds().partition(".")
                        file.write(f"71@{seconds}.{rest[:6]}:{traces.as_trace(packet)}\n")
                        file.write("71@1.5:ipmi_host_abort /machine/x: id 0x01\n")
                after = self.convert(log)
                self.assertEqual(after.faults, [])
                self.check_packets(before, after)
                side = "host" if path.endswith("host.pcapng") else "BMC"
                for point in after.points:
                    self.check_description(point.description, side)

    def check_description(self, words, side):
        """Whose a device for messages is, is known once there are registers."""
        self.assertRegex(words, "^trace: (messages|KCS registers|BT registers)")
        if "messages" not in words or "side" in words:
            self.assertTrue(words.endswith(f", {side}'s side"), words)

    def check_packets(self, before, after):
        """Times are those of the trace, in microseconds."""
        self.assertEqual([packet.line().split(maxsplit=2)[2] for packet in before.packets],
                         [packet.line().split(maxsplit=2)[2] for packet in after.packets])
        self.assertEqual([packet.time_ns // 1000 * 1000 for packet in before.packets],
                         [packet.time_ns for packet in after.packets])

    def test_log_ends_anywhere(self):
        """Whoever is killed while writing leaves the beginning of a line."""
        line = b"71@1795409468.633152:ipmi_link /machine/peripheral/bmc: connected\n"
        for left in range(1, len(line)):
            lines = self.lines(contents=line + line[:left],
                               errors="(ipmidump: .*middle of a packet\n)?")
            self.assertEqual(lines, ["04:51:08.633152 bmc             connected"])


if __name__ == "__main__":
    unittest.main()
