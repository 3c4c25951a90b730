#!/usr/bin/env python3
# test-files.py
# The files that there are, without an emulator: the example of the document,
# and the samples that were captured inside virtual machines.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""With an argument, the path of libpcap-reads, libpcap reads the same files as
reader.py; without one, reader.py and its models are asked."""

import glob
import os
import re
import subprocess
import sys
import tempfile
import unittest

import models
import reader

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOCUMENT = os.path.join(ROOT, "docs", "capture-format.md")
sys.path.insert(0, os.path.join(ROOT, "tests", "samples"))

import tshark  # noqa: E402

SAMPLES = sorted(glob.glob(os.path.join(ROOT, "samples", "inside-*.pcapng")))

# Those of one host and its BMC that do what they should.
RIGHT = re.compile(r".*/inside-(kcs|bt)(-host|-bmc|-polled)?\.pcapng")

# tests/guests/firmware.h: what the host of the samples asks, and our firmware
# answers, from netFn on; the plan asks once more than it counts. The first is for
# interrupts.
EXCHANGES = [(b"\x18\x2e\x01", b"\x1c\x2e\x00")] + 2 * [
    (b"\x18\x01", bytes.fromhex("1c 01 00 20 01 01 00 02 01 aa a1 00 a0 00"))]

LIBPCAP = sys.argv.pop() if len(sys.argv) > 1 else None


def example():
    """The bytes of the document's last section, and what it says that reader.py
    prints."""
    with open(DOCUMENT, encoding="utf-8") as file:
        section = file.read().split("\n## A file, byte by byte\n")[1]
    table, listing = re.findall(r"^```\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    contents = b""
    for offset, data in re.findall(r"^([0-9a-f]{4})  ((?:[0-9a-f]{2} ?)+?)(?: {2}.*)?$", table,
                                   re.MULTILINE):
        if int(offset, 16) != len(contents):
            raise ValueError(f"{DOCUMENT}: {offset} comes after {len(contents):04x}")
        contents += bytes.fromhex(data)
    return contents, listing


def libpcap(path):
    """What libpcap-reads prints."""
    result = subprocess.run([LIBPCAP, path], capture_output=True, text=True, check=True)
    return result.stdout.splitlines()


@unittest.skipIf(LIBPCAP, "that is for the other run")
class Example(unittest.TestCase):
    """docs/capture-format.md"""

    def test_reader(self):
        contents, listing = example()
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "example.pcapng"), "wb") as file:
                file.write(contents)
            result = subprocess.run(
                [sys.executable, os.path.join(ROOT, "tests", "capture", "reader.py"),
                 "example.pcapng"], cwd=folder, capture_output=True, text=True, check=False)
        self.assertEqual((result.stderr, result.returncode), ("", 0))
        self.assertEqual(result.stdout, listing)
        self.assertTrue(reader.read(contents).complete())

    def test_tshark(self):
        bmc, kcs = "/machine/peripheral/bmc", "/machine/peripheral/kcs"
        with tshark.capture_file(example()[0]) as path:
            lines = tshark.run("-r", path, "-T", "fields", "-e", "frame.interface_name",
                               "-e", "ipmi_extern.control").decode().splitlines()
        self.assertEqual(lines, [f"{bmc}\t0x01", f"{kcs}\t", f"{kcs}\t", f"{bmc}\t", f"{kcs}\t"])


@unittest.skipIf(LIBPCAP, "that is for the other run")
class Samples(unittest.TestCase):
    """samples/inside-*"""

    def test_all(self):
        self.assertEqual(len(SAMPLES), 10)

    def test_samples(self):
        for path in SAMPLES:
            with self.subTest(path), open(path, "rb") as file:
                capture = reader.read(file.read())
                self.assertEqual(capture.faults, [])
                # Those of the merged one are of two machines with a device each
                # that nobody gave a name.
                self.assertEqual(len(capture.remarks) > 0,
                                 not path.endswith(("host.pcapng", "bmc.pcapng")))
                if RIGHT.fullmatch(path):
                    self.check_exchanges(capture, EXCHANGES[1:] if "polled" in path else EXCHANGES)

    def check_exchanges(self, capture, expected):
        """Every place of the capture has them."""
        rebuilt = 0
        for point in capture.points:
            exchanges, faults = models.rebuilt(capture, point)
            self.assertEqual(faults, [])
            if exchanges:
                self.assertEqual([exchange[:2] for exchange in exchanges][-len(expected):],
                                 expected)
                rebuilt += 1
        # The wire and the registers, at one end or both.
        self.assertEqual(rebuilt, 4 if capture.remarks else 2)


@unittest.skipUnless(LIBPCAP, "that is for the other run")
class Libpcap(unittest.TestCase):
    """The same packets, by a library that knows nothing of us."""

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "example.pcapng")
            with open(path, "wb") as file:
                file.write(example()[0])
            for name in [path, *SAMPLES]:
                with self.subTest(name), open(name, "rb") as file:
                    packets = reader.read(file.read()).packets
                    self.assertEqual(libpcap(name), [packet.as_libpcap() for packet in packets])


if __name__ == "__main__":
    unittest.main()
