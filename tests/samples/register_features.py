#!/usr/bin/python3
# register_features.py
# Tests the statistics of register traffic.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Numbers are compared with what tests/capture makes of the same captures:
reader.py, which shares nothing with the dissector, and models.py."""

import collections
import os
import re
import sys
import unittest

import tshark

sys.path.insert(0, os.path.join(tshark.HERE, "..", "capture"))
import models  # noqa: E402
import reader  # noqa: E402
import registers  # noqa: E402
from reader import BMC, HOST, IRQ, READ, WRITE  # noqa: E402

# Real captures at both ends: by interrupt, and of a host that polls.
SAMPLES = ("inside-kcs.pcapng", "inside-bt.pcapng", "inside-kcs-host.pcapng",
           "inside-bt-bmc.pcapng")

# Made captures, with faults of a moment and such that last.
FAULTS = ("registers-kcs-faults-host.pcapng", "registers-kcs-faults-bmc.pcapng",
          "registers-kcs-slow.pcapng", "registers-bt-faults-host.pcapng",
          "registers-bt-faults-bmc.pcapng", "registers-bt-slow.pcapng")

# Times are printed in ms with three decimals.
ROUNDED = 0.0006


def label(point):
    """What the dissector calls a capture point."""
    machine = re.search(r", VM (.*)$", point.description)
    return f"{machine[1]}:{point.name}" if machine else point.name


def protocol(sample):
    """The dissector's name."""
    return "ipmi_kcs" if "kcs" in sample else "ipmi_bt"


def channels(sample):
    """{label: (records, exchanges)} of the capture points of the protocol."""
    with open(os.path.join(tshark.SAMPLES, sample), "rb") as file:
        capture = reader.read(file.read())
    found = {}
    for point in capture.points:
        records = [packet for packet in capture.packets if packet.point is point
                   and packet.dissector == protocol(sample)]
        if records:
            found[label(point)] = records, models.rebuilt(capture, point)[0]
    return found


def report(sample, *statistics):
    """tshark's report."""
    return tshark.run_on(sample, "-q", *(
        word for name in statistics for word in ("-z", name.format(protocol(sample)))))


def tables(text, columns):
    """{channel: {row: [number]}} of a table by message or by phase."""
    found, rows = {}, None
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == columns + 1 and cells[0] not in ("Message", "Phase"):
            rows[cells[0]] = [float(cell) for cell in cells[1:-1]]
        elif len(cells) == 1 and "/" in line:
            rows = found.setdefault(line, {})
    return found


def fields(sample, display_filter, *names):
    """The values of fields, a list for each packet that a filter finds."""
    arguments = [word for name in names for word in ("-e", name.format(protocol(sample)))]
    lines = tshark.run_on(sample, "-Y", display_filter.format(protocol(sample)),
                          "-T", "fields", *arguments)
    return [line.split("\t") for line in lines.splitlines()]


def accesses(records, side):
    """How many of the records are a side's accesses."""
    return sum(record.is_access() and record.side == side for record in records)


def raised(records):
    """How many of the records assert an interrupt."""
    return sum(record.operation == IRQ and bool(record.value) for record in records)


class Messages(unittest.TestCase):
    """-z ipmi_kcs,stat"""

    def test_counts(self):
        for sample in SAMPLES:
            with self.subTest(sample):
                found = tables(report(sample, "{},stat"), 12)
                expected = {name: exchanges for name, (_, exchanges) in channels(sample).items()
                            if exchanges}
                self.assertEqual(set(found), set(expected))
                for name, rows in found.items():
                    exchanges = expected[name]
                    # BT counts its length and its sequence number.
                    more = 2 * (protocol(sample) == "ipmi_bt")
                    for row, messages in (
                            ("All requests", [exchange.request for exchange in exchanges]),
                            ("All responses", [exchange.response for exchange in exchanges])):
                        self.assertEqual(rows[row][:2], [
                            len(messages), sum(len(message) + more for message in messages)])

    def test_sums(self):
        """The rows of the commands make up the rows of all."""
        for sample in SAMPLES:
            for name, rows in tables(report(sample, "{},stat"), 12).items():
                for kind in ("request", "response"):
                    with self.subTest(sample, channel=name, kind=kind):
                        every = rows[f"All {kind}s"]
                        each = [row for key, row in rows.items() if key.endswith(kind)]
                        for column in (0, 1):
                            self.assertEqual(sum(row[column] for row in each), every[column])
                        # Of accesses there are one decimal, for each message.
                        self.assertAlmostEqual(sum(row[0] * row[2] for row in each),
                                               every[0] * every[2], delta=0.06 * 2 * every[0])
                        self.assertEqual(max(row[9] for row in each), every[9])

    def test_polls(self):
        """A request of four bytes and its response of five, with polls between:
        the wait is part of the response."""
        places = registers.Places()
        kcs = registers.Kcs(places, "kcs", registers.HOST)
        blocks = [len(places.blocks)]
        kcs.request(bytes((0x18, 0x01, 0x02, 0x03)))
        blocks.append(len(places.blocks))
        for _ in range(10):
            kcs.host_reads(registers.ST)
        kcs.response(0x03, bytes((0x1C, 0x01, 0x00, 0x04, 0x05)))
        blocks.append(len(places.blocks))
        with tshark.capture_file(places.contents()) as path:
            text = tshark.run("-r", path, "-q", "-z", "ipmi_kcs,stat").decode()
        rows = {cells[0].strip(): [float(cell) for cell in cells[1:-1]] for cells in
                (line.split("|") for line in text.splitlines() if line.startswith("All "))}
        for row, begin, end, size, polls in (("All requests", *blocks[:2], 4, 0),
                                             ("All responses", *blocks[1:], 5, 10)):
            made = end - begin
            for found, expected in zip(rows[row][:7], (
                    1, size, made, made / size, polls / size, 0, 100 * polls / made)):
                self.assertAlmostEqual(found, expected, delta=0.0501)

    def test_response_times(self):
        for sample in SAMPLES:
            with self.subTest(sample):
                times = collections.defaultdict(list)
                for channel, time in fields(sample, "{}.time", "{}.channel", "{}.time"):
                    times[channel].append(float(time) * 1000)
                for name, rows in tables(report(sample, "{},stat"), 12).items():
                    mean, longest = rows["All responses"][8:10]
                    self.assertAlmostEqual(mean, sum(times[name]) / len(times[name]),
                                           delta=ROUNDED)
                    self.assertAlmostEqual(longest, max(times[name]), delta=ROUNDED)


class Phases(unittest.TestCase):
    """-z ipmi_kcs,phases"""

    def test_accesses(self):
        """Every access and every interrupt is in one phase."""
        for sample in SAMPLES:
            with self.subTest(sample):
                found = tables(report(sample, "{},phases"), 12)
                expected = channels(sample)
                self.assertEqual(set(found), set(expected))
                for name, rows in found.items():
                    records, _ = expected[name]
                    sums = [sum(column) for column in zip(*rows.values())]
                    self.assertEqual([sums[1], sums[3], sums[6]], [
                        accesses(records, HOST), accesses(records, BMC), raised(records)])

    def test_polls(self):
        for sample in SAMPLES:
            with self.subTest(sample):
                expected = collections.Counter(
                    (channel, side) for channel, side in
                    fields(sample, "{}.poll == 1", "{}.channel", "{}.side"))
                found = collections.Counter()
                for name, rows in tables(report(sample, "{},phases"), 12).items():
                    for row in rows.values():
                        found[name, str(HOST)] += row[2]
                        found[name, str(BMC)] += row[4]
                self.assertEqual(+found, expected)

    def test_times(self):
        for sample in SAMPLES:
            with self.subTest(sample):
                expected = collections.defaultdict(list)
                for packet, *phase, time in fields(sample, "{}.phase.time", "frame.number",
                                                   "{}.channel", "{}.phase.before",
                                                   "{}.phase.time"):
                    expected[tuple(phase)].append((float(time) * 1000, int(packet)))
                found = [
                    row for rows in tables(report(sample, "{},phases"), 12).values()
                    for row in rows.values() if row[0]]
                self.assertEqual(len(found), len(expected))
                # A row of the table is known by the packet that ends its longest.
                for count, *_, total, mean, longest, packet in found:
                    times = next(times for times in expected.values()
                                 if any(number == packet for _, number in times))
                    self.assertEqual(count, len(times))
                    self.assertAlmostEqual(total, sum(time for time, _ in times), delta=ROUNDED)
                    self.assertAlmostEqual(mean, total / count, delta=ROUNDED)
                    self.assertAlmostEqual(longest, max(times)[0], delta=ROUNDED)


class ServiceResponseTime(unittest.TestCase):
    """-z ipmi_kcs,srt"""

    def test_times(self):
        for sample in SAMPLES:
            with self.subTest(sample):
                found, expected = collections.Counter(), collections.Counter()
                for row, calls, total in re.findall(
                        r"^ *\d+ +(.+?) +(\d+)(?: +\d+\.\d+){3} +(\S+)$",
                        report(sample, "{},srt"), re.MULTILINE):
                    found[row, "calls"], found[row, "time"] = int(calls), float(total)
                for channel, command, time in fields(sample, "{}.time", "{}.channel",
                                                     "{}.cmd.name", "{}.time"):
                    row = f"{command}, {channel}"
                    expected[row, "calls"] += 1
                    expected[row, "time"] += float(time)
                self.assertEqual(set(found), set(expected))
                for key, value in expected.items():
                    self.assertAlmostEqual(found[key], value, delta=1e-6)


class StatsTree(unittest.TestCase):
    """-z ipmi_kcs,tree"""

    def counts(self, sample):
        """{(channel, branch, item): count}; a whole has None below it."""
        found, path = {}, [None, None, None]
        for indent, name, count in re.findall(r"^( {0,2})(\S.*?) {2,}(\d+) {5,}",
                                              report(sample, "{},tree"), re.MULTILINE):
            level = len(indent)
            path[level:] = [name] + [None] * (2 - level)
            found[tuple(path)] = int(count)
        return found

    def test_records(self):
        for sample in SAMPLES:
            with self.subTest(sample):
                found, expected = self.counts(sample), {}
                for name, (records, _) in channels(sample).items():
                    expected[name, None, None] = len(records)
                    for side, branch in (HOST, "Host's accesses"), (BMC, "BMC's accesses"):
                        expected[name, branch, None] = accesses(records, side)
                        for record in records:
                            if record.is_access() and record.side == side:
                                what = {READ: "Read", WRITE: "Write"}[record.operation]
                                item = name, branch, f"{what} {record.name()}"
                                expected[item] = expected.get(item, 0) + 1
                    expected[name, "Other events", None] = sum(
                        not record.is_access() for record in records)
                self.assertEqual({key: found[key] for key in expected if key in found}, expected)

    def test_messages(self):
        for sample in SAMPLES:
            with self.subTest(sample):
                found = self.counts(sample)
                for name, (_, exchanges) in channels(sample).items():
                    self.assertEqual(found[name, "Requests", None], len(exchanges))
                    self.assertEqual(found[name, "Responses", None], len(exchanges))
                    self.assertEqual(found[name, "Faults", None], 0)

    def test_faults(self):
        """Each as often as it is an expert info: what lasts is one when it ends."""
        texts = {}
        for line in tshark.run("-G", "fields").decode().splitlines():
            entry = line.split("\t")
            if entry[0] == "F" and entry[3] == "FT_NONE":
                texts[entry[4], entry[1]] = entry[2]
        for sample in FAULTS:
            with self.subTest(sample):
                found = collections.Counter()
                for (_, branch, item), count in self.counts(sample).items():
                    if branch == "Faults" and item:
                        found[texts[protocol(sample), item]] += count
                self.assertTrue(found)
                for field, count in found.items():
                    self.assertEqual(count, len(fields(sample, field, "frame.number")), field)

    def test_names(self):
        found = self.counts("inside-kcs.pcapng")
        channel = "the-bmc:/machine/soc/kcs/kcs1"
        self.assertEqual(found[channel, "Requests", "Get Device ID"], 2)
        self.assertEqual(found[channel, "Responses", "Command Completed Normally"], 3)
        self.assertEqual(found[channel, "Phases entered", "Read"], 3)


class Conversations(unittest.TestCase):
    """-z conv,ipmi_kcs and -z endpoints,ipmi_kcs"""

    def test_frames_and_bytes(self):
        for sample in SAMPLES:
            with self.subTest(sample):
                more = 2 * (protocol(sample) == "ipmi_bt")
                expected = {}
                for name, (records, exchanges) in channels(sample).items():
                    # An interrupt comes from the other side.
                    frames = collections.Counter(
                        {HOST: BMC, BMC: HOST}[record.side] if record.operation == IRQ
                        else record.side for record in records)
                    expected[f"Host {name}"] = frames[HOST], sum(
                        len(exchange.request) + more for exchange in exchanges)
                    expected[f"BMC {name}"] = frames[BMC], sum(
                        len(exchange.response) + more for exchange in exchanges)
                found = {}
                for left, right, *numbers in re.findall(
                        r"^(\w+ .*?) <-> (\w+ .*?) +(\d+) (\d+) bytes +(\d+) (\d+) bytes ",
                        report(sample, "conv,{}"), re.MULTILINE):
                    to_left, to_left_bytes, to_right, to_right_bytes = map(int, numbers)
                    found[left] = to_right, to_right_bytes
                    found[right] = to_left, to_left_bytes
                self.assertEqual(found, expected)

    def test_endpoints(self):
        text = report("inside-kcs.pcapng", "endpoints,{}")
        for name, (records, _) in channels("inside-kcs.pcapng").items():
            for end in ("Host", "BMC"):
                self.assertRegex(text, rf"(?m)^{end} {re.escape(name)} +{len(records)} ")


if __name__ == "__main__":
    unittest.main()
