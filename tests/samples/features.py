#!/usr/bin/python3
# features.py
# Tests what the plugin offers beside the decode: statistics, Follow, Export
# PDUs, Decode As, preferences, bodies.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Numbers are compared with what the second decoder finds in the same sample,
names with what the sample is known to hold."""

import os
import re
import unittest

import compare
import decode
import tshark
from captures import HOST_TO_BMC, Link
from commands import APP, CHASSIS
from frames import GET_DEVICE_ID, req

# One of each kind: real, with faults, several links, several frames a packet.
STATISTICS = ("kcs-35-ipmitool-commands.pcap", "kcs-bmc-killed-and-restarted.pcap",
              "transactions.pcapng", "cut-off.pcapng", "two-links.pcapng",
              "frames-in-one-record.pcapng", "tcp-connection-ends.pcapng",
              "connections.pcapng", "both-ends.pcapng")

NO_HEURISTIC = ("--disable-heuristic", "ipmi_extern_tcp")


def frames_of(sample):
    """What the second decoder finds, without the connection records: statistics
    are of frames."""
    return [frame for frame in decode.decode(os.path.join(tshark.SAMPLES, sample))
            if "connection" not in frame]


def statistics(sample, *taps):
    """tshark's report."""
    return tshark.run_on(sample, "-q", *(word for tap in taps for word in ("-z", tap)))


def packets_found(sample, display_filter, *preferences):
    """How many packets a display filter finds."""
    return len(tshark.run_on(sample, *preferences, "-Y", display_filter,
                             "-T", "fields", "-e", "frame.number").split())


def tree_counts(report):
    """{(branch, item): count} of a stats tree; the branch itself has item None."""
    counts, branch = {}, None
    for indent, name, count in re.findall(r"^( ?)(\S.*?) {2,}(\d+) {5,}", report, re.MULTILINE):
        if not indent:
            branch = name
        counts[branch, name if indent else None] = int(count)
    return counts


class ServiceResponseTime(unittest.TestCase):
    """-z ipmi_extern,srt"""

    def rows(self, sample):
        """[(command, calls, shortest, longest, average, sum)]"""
        found = re.findall(r"^ *\d+ +(.+?) +(\d+) +(\S+) +(\S+) +(\S+) +(\S+)$",
                           statistics(sample, "ipmi_extern,srt"), re.MULTILINE)
        return [(row[0], int(row[1]), *map(float, row[2:])) for row in found]

    def test_times(self):
        for sample in STATISTICS:
            with self.subTest(sample):
                times = [frame["time"] / 10**9 for frame in frames_of(sample) if "time" in frame]
                rows = self.rows(sample)
                self.assertEqual(sum(row[1] for row in rows), len(times))
                self.assertAlmostEqual(min(row[2] for row in rows), min(times), delta=1e-6)
                self.assertAlmostEqual(max(row[3] for row in rows), max(times), delta=1e-6)
                self.assertAlmostEqual(sum(row[5] for row in rows), sum(times),
                                       delta=1e-6 * len(rows))

    def test_commands(self):
        rows = {row[0]: row[1:] for row in self.rows("transactions.pcapng")}
        self.assertEqual({name: row[0] for name, row in rows.items()},
                         {"Get Device ID, ipmi0": 8, "Get System GUID, ipmi0": 1,
                          "Get Chassis Status, ipmi0": 2, "Read FRU Data, ipmi0": 1})
        self.assertEqual(rows["Get Chassis Status, ipmi0"], (2, 0.001, 0.001, 0.001, 0.002))

    def test_links(self):
        """Of each link by itself."""
        names = [row[0] for row in self.rows("both-ends.pcapng")]
        self.assertEqual(len({name.rsplit(", ", 1)[1] for name in names}), 2)


class StatsTree(unittest.TestCase):
    """-z ipmi_extern,tree"""

    def errors(self, counts):
        """The items of the branch of errors."""
        return {item: count for (branch, item), count in counts.items()
                if branch == "Errors" and item}

    def test_counts(self):
        for sample in (*STATISTICS, "truncated.pcapng"):
            with self.subTest(sample):
                frames = [frame for frame in frames_of(sample) if "type" in frame]
                good = [frame for frame in frames if decode.good(frame)]
                requests = [frame for frame in good if frame["type"] == "Request"
                            and "retransmission_of" not in frame]
                answered = [frame for frame in requests if "response_in" in frame]
                counts = tree_counts(statistics(sample, "ipmi_extern,tree"))
                self.assertEqual(counts["Requests", None], len(requests))
                self.assertEqual(counts["Commands", None], len(requests))
                self.assertEqual(counts["Requests", "Answered"], len(answered))
                self.assertEqual(counts["Requests", "Not answered"],
                                 len(requests) - len(answered))
                self.assertEqual(counts["Completion codes", None],
                                 sum(frame["type"] == "Response" for frame in good))
                self.assertEqual(counts.get(("Control commands", None), 0),
                                 sum(frame["type"] == "Control" for frame in frames))

    def test_names(self):
        counts = tree_counts(statistics("transactions.pcapng", "ipmi_extern,tree"))
        self.assertEqual(counts["Commands", "Get Chassis Status"], 2)
        self.assertEqual(counts["Control commands", "VERSION"], 2)
        self.assertEqual(self.errors(counts),
                         {"Frames that the receiver drops": 2, "Retransmissions": 1,
                          "Duplicate responses": 1, "Unsolicited responses": 4,
                          "Sequence numbers reused": 2, "Responses after more than 4 s": 1})
        counts = tree_counts(statistics("truncated.pcapng", "ipmi_extern,tree"))
        self.assertEqual(self.errors(counts), {"Frames that the capture has too little of": 5,
                                               "Frames that the receiver drops": 2})


class Conversations(unittest.TestCase):
    """-z conv,ipmi_extern"""

    def test_frames_and_bytes(self):
        for sample in STATISTICS:
            with self.subTest(sample):
                frames = frames_of(sample)
                found = []
                for row in re.findall(r"^(.*<-> .*?) +(\d+) (\d+) bytes +(\d+) (\d+) bytes ",
                                      statistics(sample, "conv,ipmi_extern"), re.MULTILINE):
                    found.append(sorted(((int(row[1]), int(row[2])), (int(row[3]), int(row[4])))))
                expected = []
                for link in sorted({frame["link"] for frame in frames}):
                    sides = []
                    for direction in (decode.HOST, decode.BMC):
                        wires = [frame["wire"] for frame in frames
                                 if (frame["link"], frame["dir"]) == (link, direction)]
                        sides.append((len(wires), sum(map(len, wires)) // 2))
                    expected.append(sorted(sides))
                self.assertEqual(sorted(found), sorted(expected))

    def test_truncated(self):
        """A frame has as many bytes as it had on the wire."""
        link = Link()
        link.host(req(1, APP, GET_DEVICE_ID, bytes(50)), keep=4)
        with tshark.capture_file(link.contents()) as path:
            report = tshark.run("-r", path, "-q", "-z", "conv,ipmi_extern").decode()
        self.assertRegex(report, r"<-> BMC .* 1 55 bytes ")


class Follow(unittest.TestCase):
    """-z follow,ipmi_extern"""

    def test_bytes(self):
        for sample, link in (("kcs-35-ipmitool-commands.pcap", 0), ("two-links.pcapng", 1),
                             ("kcs-bmc-killed-and-restarted.pcap", 1), ("escaping.pcapng", 0),
                             ("frames-in-one-record.pcapng", 0)):
            with self.subTest(sample):
                report = statistics(sample, f"follow,ipmi_extern,raw,{link}")
                found = re.findall(r"^(\t?)([0-9a-f]+)$", report, re.MULTILINE)
                expected = []
                for frame in frames_of(sample):
                    body = decode.unescape(bytes.fromhex(frame["wire"])[:-1])
                    if frame["link"] == link and body:
                        expected.append((frame["dir"], body.hex()))
                # The tab is for the side that did not begin.
                other = decode.OTHER[expected[0][0]] if found[0][0] == "" else expected[0][0]
                self.assertEqual([(decode.OTHER[other] if not tab else other, data)
                                  for tab, data in found], expected)


class ExportPdu(unittest.TestCase):
    """-U "IPMI extern" """

    def exported(self, sample):
        """The capture of frames that comes of a sample."""
        return tshark.run("-r", os.path.join(tshark.SAMPLES, sample),
                          "-U", "IPMI extern", "-w", "-")

    def test_round_trip(self):
        """The exported frames decode to what the sample's decode to. Connection
        records are among them, but tshark leaves out the comments."""
        of_the_file = ("packet", "response_in", "response_to", "retransmission_of",
                       "duplicate_of", "cutoff_by")
        for sample in ("kcs-bmc-killed-and-restarted.pcap", "transactions.pcapng",
                       "frames-in-one-record.pcapng", "two-links.pcapng", "tcp-two-links.pcapng",
                       "connections.pcapng", "both-ends.pcapng", "truncated.pcapng"):
            with self.subTest(sample), tshark.capture_file(self.exported(sample)) as path:
                frames = [[{key: "connection" if key == "connection" else value
                            for key, value in frame.items() if key not in of_the_file}
                           for frame in compare.dissected(capture)] for capture in
                          (path, os.path.join(tshark.SAMPLES, sample))]
                self.assertEqual(*frames)

    def test_pairs(self):
        """A response that had a request has it still, where it is now."""
        with tshark.capture_file(self.exported("frames-in-one-record.pcapng")) as path:
            pairs = [(frame["response_to"], frame["packet"]) for frame in compare.dissected(path)
                     if "time" in frame]
        self.assertEqual(len(pairs), 8)
        self.assertEqual(pairs[0], (5, 7))


class Preferences(unittest.TestCase):
    """What the user can set."""

    def test_port(self):
        port_9010 = ("-o", "ipmi_extern.tcp.port:9010")
        self.assertEqual(packets_found("tcp-port-9010.pcapng", "ipmi_extern"), 10)
        self.assertEqual(packets_found("tcp-port-9010.pcapng", "ipmi_extern", *NO_HEURISTIC), 0)
        self.assertEqual(packets_found("tcp-port-9010.pcapng", "ipmi_extern", *NO_HEURISTIC,
                                       *port_9010), 10)
        self.assertEqual(packets_found("tcp-coalesced.pcapng", "ipmi_extern", *NO_HEURISTIC), 10)

    def test_decode_as(self):
        self.assertEqual(packets_found("tcp-port-9010.pcapng", "ipmi_extern", *NO_HEURISTIC,
                                       "-d", "tcp.port==9010,ipmi_extern"), 10)

    def test_decode_body(self):
        sample = "kcs-35-ipmitool-commands.pcap"
        off = ("-o", "ipmi_extern.decode_body:FALSE")
        self.assertEqual(packets_found(sample, "ipmi.app01.manufacturer"), 46)
        self.assertEqual(packets_found(sample, "ipmi.app01.manufacturer", *off), 0)
        self.assertEqual(packets_found(sample, "ipmi_extern.cmd.name == \"Get Device ID\"", *off),
                         88)


class Bodies(unittest.TestCase):
    """Wireshark's own IPMI dissectors."""

    def test_preference_of_ipmi_untouched(self):
        """The plugin has bodies decoded against ipmi.dissect_bus_commands,
        which is off by default. Packets for the kcs dissector itself must not
        notice, nor when a body ends in an exception."""
        link = Link()
        body = bytes((APP << 2, 0x24, 0x01))                 # Set Watchdog Timer, cut short
        for frame in (req(1, APP, GET_DEVICE_ID), req(2, APP, 0x24, b"\x01"),
                      req(3, CHASSIS, 0x02, b"\x01")):
            link.host(frame)
            link.record(HOST_TO_BMC, [body], dissector="kcs")
        with tshark.capture_file(link.contents()) as path:
            for passes in ((), ("-2",)):
                for value, packets in (("FALSE", []), ("TRUE", ["2", "4", "6"])):
                    found = tshark.run("-r", path, *passes, "-o",
                                       f"ipmi.dissect_bus_commands:{value}",
                                       "-Y", "ipmi.header.command && !ipmi_extern",
                                       "-T", "fields", "-e", "frame.number")
                    self.assertEqual(found.decode().split(), packets, f"{passes} {value}")

    def test_fields(self):
        """Bodies have their fields under the default preferences."""
        sample = "commands.pcapng"
        for display_filter, packets in (("ipmi.app01.manufacturer == 7244", 2),     # one bridged
                                        ("ipmi.ch02.chassis_control == 1", 1),
                                        ("ipmi.st11.count == 8", 1),
                                        ("ipmi.se2d.reading == 0x2a", 1)):
            self.assertEqual(packets_found(sample, display_filter), packets, display_filter)


if __name__ == "__main__":
    unittest.main()
