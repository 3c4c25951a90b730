#!/usr/bin/env python3
# test-hpm2.py
# A Wireshark without the plugin decodes what ipmidump --hpm2 writes.
#
# SPDX-License-Identifier: GPL-2.0-or-later

import collections
import datetime
import os
import tempfile
import unittest

from dumping import Test, sample, samples

import captures
import frames
import tshark

# Where the plugin is not.
os.environ["WIRESHARK_PLUGIN_DIR"] = "/nonexistent"

FIELDS = ("frame.number", "frame.interface_name", "ipmi.trace.data.type", "ipmi.trace.dir",
          "ipmi.trace.stamp.sec", "ipmi.trace.stamp.msec", "ipmi.trace.chn.num",
          "ipmi.header.netfn", "ipmi.header.command", "ipmi.header.completion", "_ws.col.Info")

KCS, TEXT = "0x05", "0x00"
MESSAGES = "request", "response"

SAMPLES = (r"(commands|completion-codes|connections|transactions|size-limits|hpm2-bt|inside-kcs|"
           r"inside-bt|registers-kcs|registers-dropped|kcs-35-.*|bt-35-.*)\.pcap(ng)?")

# Network functions whose messages begin with the identifier of a body, and its
# length: Wireshark decodes none without it, though a response that says no has
# none.
IDENTIFIERS = {0x2C: 1, 0x2E: 3}


class Hpm2(Test):
    """--hpm2"""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        self.path = os.path.join(folder.name, "trace.pcapng")

    def convert(self, *arguments, **how):
        """The rows that tshark has of it."""
        self.assertEqual(self.dump("--hpm2", self.path, *arguments, **how), b"")
        os.chmod(self.path, 0o644)
        arguments = [argument for field in FIELDS for argument in ("-e", field)]
        text = tshark.run("-r", self.path, "-o", "ipmi.dissect_bus_commands:TRUE",
                          "-T", "fields", *arguments).decode()
        row = collections.namedtuple("Row", [name.rsplit(".", 1)[-1] for name in FIELDS[:4]] + [
            "seconds", "milliseconds", "channel", "netfn", "command", "completion", "info"])
        return [row(*line.split("\t")) for line in text.splitlines()]

    def test_samples(self):
        """Every message: of the wire and of registers, good and bad ones."""
        checked = 0
        for path in samples(SAMPLES):
            things = [thing for thing in self.objects(path) if thing["kind"] != "point"]
            with self.subTest(path):
                rows = self.convert(path, errors="(ipmidump: .*\\n)*")
                self.assertEqual(len(rows), len(things))
                for thing, row in zip(things, rows):
                    self.check_row(thing, row)
                    checked += thing["kind"] in MESSAGES
        self.assertGreater(checked, 500)

    def check_row(self, thing, row):
        """What tshark says is what ipmidump says."""
        self.assertEqual(row.interface_name, thing["point"])
        self.assertEqual(int(row.channel), 15 - thing["point_number"])
        seconds, fraction = thing["time"].split(".")
        self.assertEqual(int(row.seconds),
                         datetime.datetime.fromisoformat(seconds + "+00:00").timestamp())
        self.assertEqual(f"{int(row.milliseconds):03}", fraction[:3])
        if thing["kind"] not in MESSAGES:
            self.assertEqual(row.type, TEXT)
            self.assertTrue(row.info)
            return
        self.assertEqual(row.type, KCS)
        self.assertIn(row.dir, ("1", "True") if thing["direction"] == "to_bmc" else ("0", "False"))
        if len(thing["data"]) < 2 * IDENTIFIERS.get(thing["netfn"] & ~1, 0):
            return
        # Send Message has a message in it.
        netfn, command = (int(text.split(",")[0], 16) for text in (row.netfn, row.command))
        self.assertEqual((netfn, command), (thing["netfn"], thing["cmd"]))
        if thing["kind"] == "response":
            self.assertEqual(int(row.completion.split(",")[0], 16), thing["ccode"])

    def test_back(self):
        """The messages are read back as they were, but for their numbers."""
        keys = "kind", "time", "point", "direction", "netfn", "lun", "cmd", "ccode", "data"
        for path in sample("commands.pcapng"), sample("inside-bt.pcapng"):
            self.dump("--hpm2", self.path, path)
            before, after = (
                [[thing.get(key) for key in keys] for thing in self.objects(path)
                 if thing["kind"] in MESSAGES] for path in (path, self.path))
            self.assertEqual(before, after)

    def test_body(self):
        """Bodies are taken apart, and requests and responses find each other."""
        self.convert(sample("kcs-35-ipmitool-commands.pcap"))
        text = tshark.run("-r", self.path, "-o", "ipmi.dissect_bus_commands:TRUE", "-O", "kcs",
                          "-Y", "ipmi.header.completion").decode()
        for words in ("Response to:", "Command: Get Device ID (0x01)", "Manufacturer ID: ",
                      "IPMI version: 2.0"):
            self.assertIn(words, text)

    def test_others(self):
        """What is no message is text."""
        link = captures.Link()
        link.connected("")
        link.bmc(frames.control(frames.ATTN_IRQ))
        link.host(b"\x00\x18\x01\x00\xa0")
        link.disconnected("")
        rows = self.convert(contents=link.contents())
        self.assertEqual([row.info for row in rows],
                         ["connected", "ATTN_IRQ", "bad frame: 00 18 01 00: wrong checksum",
                          "disconnected"])

    def test_long(self):
        """A block has room for 255 bytes."""
        for length, cut in (252, 0), (253, 1), (290, 1):
            link = captures.Link()
            link.bmc(frames.rsp(1, 0x30, 1, bytes(length)))
            row, = self.convert(contents=link.contents(),
                                errors=f"ipmidump: messages cut, .*: {cut}\n" if cut else "")
            self.assertEqual(int(row.command, 16), 1)
            lengths = tshark.run("-r", self.path, "-T", "fields", "-e", "frame.cap_len",
                                 "-e", "frame.len", "-e", "ipmi.trace.data.len").decode().split()
            self.assertEqual([int(number) for number in lengths],
                             [11 + min(length + 3, 255), 11 + length + 3, min(length + 3, 255)])
            self.assertEqual(row.number, "1")


if __name__ == "__main__":
    unittest.main()
