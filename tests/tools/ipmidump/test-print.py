#!/usr/bin/env python3
# test-print.py
# What ipmidump prints, for people and for programs.
#
# SPDX-License-Identifier: GPL-2.0-or-later

import os
import pty
import re
import struct
import subprocess
import unittest

from dumping import ENVIRONMENT, IPMIDUMP, PATIENCE, ROOT, Test, sample, samples

import captures
import frames
import reader

HOST_DESCRIPTION = "ipmi-bmc-extern: messages, host's side, VM web1"


def record(side, operation, what, value, state, width=0):
    """A record of docs/capture-format.md."""
    return bytes((1, side, operation, what, width, 0, state, 0)) + value.to_bytes(4, "big")


def capture():
    """A bit of everything, of which EXPECTED is what is to be printed."""
    link = captures.Link()
    link.blocks, link.interfaces = [captures.HEADER], 0
    wire = link.interface("/machine/peripheral/bmc", HOST_DESCRIPTION)
    kcs = link.interface("/machine/peripheral/kcs", "isa-ipmi-kcs: KCS registers")
    link.connected("", link=wire)
    link.bmc(frames.control(frames.ATTN))
    link.host(frames.req(0x2A, 6, 1))
    link.bmc(frames.rsp(0x2A, 6, 1, frames.DEVICE_ID), after=0.0000234)
    link.host(frames.req(0x2B, 6, 1, b"\xaa"), after=90000)
    link.bmc(frames.rsp(0x2B, 6, 1, ccode=0xC7), after=2.5)
    link.host(b"\x00\x18\x01\x00\xa0")
    link.host(frames.req(0x2C, 0x30, 0x77), dropped=12)
    link.record(captures.HOST_TO_BMC, [record(1, 1, 4, 0, 0, 1)], link=kcs, dissector="ipmi_kcs")
    link.record(captures.BMC_TO_HOST, [record(2, 6, 2, 0, 0)], link=kcs, dissector="ipmi_kcs")
    link.disconnected("", link=wire)
    return link.contents()


ACCESS = "01:00:02.506023 kcs       -> BMC     host R ST 00 -> 00 (IDLE)"

WRONG_SIZE = "a body of a size that the command does not have"

EXPECTED = """\
00:00:00.001000 web1:bmc             connected
00:00:00.002000 web1:bmc  -> host    ATTN
00:00:00.003000 web1:bmc  -> BMC  2a Get Device ID
00:00:00.003023 web1:bmc  -> host 2a Get Device ID: 20 01 01 10 02 9f 4c 1c 00 01 00 (23.4 us)
01:00:00.003023 web1:bmc  -> BMC  2b Get Device ID: aa ! """ + WRONG_SIZE + """
01:00:02.503023 web1:bmc  -> host 2b Get Device ID: Request data length invalid (c7) (2.500 s)
01:00:02.504023 web1:bmc  -> BMC     bad frame: 00 18 01 00 ! wrong checksum
01:00:02.505023 web1:bmc             lost: 12 events are missing here
01:00:02.505023 web1:bmc  -> BMC  2c OEM command 30/77
""" + ACCESS + """
01:00:02.507023 kcs       -> host    BMC power off -> 00 (IDLE)
01:00:02.508023 web1:bmc             disconnected
"""


class Lines(Test):
    """For people."""

    def test_all(self):
        self.assertEqual(self.dump("--registers", contents=capture()).decode(), EXPECTED)

    def test_without_registers(self):
        self.assertEqual(self.dump(contents=capture()).decode(),
                         EXPECTED.replace(ACCESS + "\n", ""))

    def test_terminal(self):
        """In colour, and the words are the same."""
        plain = self.on_terminal(TERM="dumb")
        self.assertEqual(plain, EXPECTED)
        self.assertEqual(self.on_terminal(TERM="xterm", NO_COLOR="1"), plain)
        coloured = self.on_terminal(TERM="xterm", NO_COLOR="")
        self.assertEqual(re.sub(r"\033\[\d+m", "", coloured), plain)
        for line in coloured.splitlines():
            self.assertIn("\033[", line)
            self.assertTrue(line.endswith("\033[0m"), line)
        self.assertIn("\033[31m ! wrong checksum", coloured)

    def on_terminal(self, **environment):
        """What a terminal gets."""
        ours, theirs = pty.openpty()
        with subprocess.Popen([IPMIDUMP, "-r", "-"], stdin=subprocess.PIPE, stdout=theirs,
                              env=dict(ENVIRONMENT, **environment)) as process:
            os.close(theirs)
            process.stdin.write(capture())
            process.stdin.close()
            text = b""
            while True:
                try:
                    text += os.read(ours, 65536)
                except OSError:             # there is no other end any more
                    break
            process.wait(timeout=PATIENCE)
        os.close(ours)
        self.assertEqual(process.returncode, 0)
        return text.decode().replace("\r\n", "\n")

    def test_labels(self):
        """Points can be told apart, and have no power over a terminal."""
        link = captures.Link()
        link.blocks, link.interfaces = [captures.HEADER], 0
        points = [("/a/bmc", None), ("/b/bmc", None), ("/b/bmc", None),
                  ("/a/bmc", "x: messages, BMC's side, VM x\033]0;y\007"), ("\u009b2J", None),
                  ("/", None)]
        for point in points:
            link.connected("", link=link.interface(*point))
        labels = [line[16:].rsplit(maxsplit=1)[0]
                  for line in self.lines(contents=link.contents())]
        self.assertEqual(labels, ["bmc", "/b/bmc", "/b/bmc (3)", "x?]0;y?:bmc", "??2J", "/"])

    def test_long_names(self):
        """As long as an option can be, of bytes that take more room in print."""
        wild = captures.option(2, b"\xff" * 65000)
        machine = captures.option(3, b"x: messages, host's side, VM " + b"\x01" * 65000)
        link = captures.Link()
        link.blocks = [captures.HEADER] + 2 * [
            captures.block(1, struct.pack("<HHI", 252, 0, 0), wild, machine)]
        link.interfaces = 2
        for seq in range(100):
            link.host(frames.req(seq, 6, 1), link=seq % 2)
        link.host(frames.req(0, 6, 1), link=link.interface("short"))
        last = self.lines(contents=link.contents())[-1]
        self.assertEqual(last[16:], "short" + 20 * " " + " -> BMC  00 Get Device ID")
        for arguments in (), ("--json",), ("--hpm2=-",), ("--pcapng=-",):
            with self.subTest(arguments):
                self.dump(*arguments, contents=link.contents())

    def test_no_direction(self):
        """Of the four values that the flags of a packet may have, one means
        nothing."""
        flags = captures.option(2, struct.pack("<I", 2))
        link = captures.Link()
        link.host(frames.control(0x40))
        self.assertIn(flags, link.contents())
        for direction in 0, 3:
            contents = link.contents().replace(
                flags, captures.option(2, struct.pack("<I", direction)))
            self.assertIn("ipmi0             control 40", self.lines(contents=contents)[0])
            self.assertNotIn("direction", self.objects(contents=contents)[1])

    def test_no_time(self):
        log = b"ipmi_link /machine/peripheral/bmc: connected\n"
        self.assertEqual(
            self.lines(contents=log + b"1@1.000000:" + log,
                       errors="ipmidump: .*-msg timestamp=on\n"),
            ["00:00:00.000000 bmc             connected",
             "00:00:01.000000 bmc             connected"])

    def test_earlier(self):
        """Captures of two machines, merged: there is no time between the two."""
        link = captures.Link()
        link.host(frames.req(1, 6, 1))
        link.bmc(frames.rsp(1, 6, 1, frames.DEVICE_ID), after=-0.0001)
        self.assertNotIn("(", self.lines(contents=link.contents())[1])
        response = self.objects(contents=link.contents())[2]
        self.assertEqual(response["request"], 1)
        self.assertNotIn("response_time", response)

    def test_sent_again(self):
        """A request that is the same as one that waits; not once something has
        ended the wait. A response that comes all the same finds it."""
        request = frames.req(1, 0x30, 1)
        for between, again in ((None, True), (frames.control(frames.NOATTN), True),
                               (frames.control(frames.VERSION, 1), False),
                               (frames.control(frames.RESET), False),
                               (frames.control(frames.POWEROFF), False), ("lost", False)):
            link = captures.Link()
            link.host(request)
            if isinstance(between, bytes):
                link.bmc(between)
            link.host(request, dropped=2 if between == "lost" else 0)
            self.assertEqual("sent again" in self.lines(contents=link.contents())[-1], again)
            link.blocks.pop()
            link.bmc(frames.rsp(1, 0x30, 1))
            self.assertEqual(self.objects(contents=link.contents())[-1]["request"], 1)

    def test_too_long(self):
        """No receiver has room for it."""
        link = captures.Link()
        link.host(b"\1" * 9000 + b"\xa0")
        self.assertTrue(self.lines(contents=link.contents())[0].endswith(
            " ! too long for any receiver"))
        trace = captures.Capture(260, ("trace",))
        trace.packet(bytes((15, 0, 0, 0, 0, 0, 0, 5, 0x80, 0, 255)) + bytes(1100))
        self.assertTrue(self.lines(contents=trace.contents())[0].endswith(
            " ! longer than anybody takes"))

    def test_original_length(self):
        """It cannot be less than what is there."""
        link = captures.Link()
        link.packet(captures.upper_pdu("ipmi_extern", frames.req(1, 6, 1)), 0,
                    captures.HOST_TO_BMC, length=5)
        self.assertTrue(self.lines(contents=link.contents())[0].endswith("Get Device ID"))

    def test_lost_before_access(self):
        """A loss is told of even if what follows it is not."""
        link = captures.Link()
        link.record(captures.HOST_TO_BMC, [record(1, 1, 4, 0, 0, 1)], dissector="ipmi_kcs",
                    dropped=2)
        lines = self.lines(contents=link.contents())
        self.assertEqual([line.split(maxsplit=2)[2] for line in lines],
                         ["lost: 2 events are missing here",
                          "-> BMC     host R ST 00 -> 00 (IDLE)"])

    def test_unanswered(self):
        """A request that gets no response is told of in the end."""
        link = captures.Link()
        link.host(frames.req(1, 6, 1))
        self.assertEqual(len(self.lines(contents=link.contents(), errors="")), 1)
        link.host(frames.req(2, 6, 1), after=5.1)
        self.assertEqual(len(self.lines(contents=link.contents(), errors="ipmidump: .*: 1\n")), 2)

    def test_samples(self):
        """Everything is printed, each in a line of printable characters."""
        for path in samples(r".*\.pcap(ng)?"):
            with self.subTest(path):
                lines = self.lines("-r", path)
                losses = [line for line in lines if re.search(" lost: [0-9]+ events?", line)]
                things = [thing for thing in self.objects("-r", path) if thing["kind"] != "point"]
                self.assertEqual(len(lines) - len(losses), len(things))
                self.assertEqual(len(losses), sum("lost" in thing for thing in things))
                for line in lines:
                    self.assertTrue(line.isprintable(), repr(line))


class Json(Test):
    """For programs."""

    def test_message(self):
        request, response = [thing for thing in self.objects(contents=capture())
                             if thing.get("seq") == 0x2A]
        same = {"point": "/machine/peripheral/bmc", "point_number": 0, "place": "wire",
                "seq": 0x2A, "lun": 0, "cmd": 1, "command": "Get Device ID"}
        self.assertEqual(request, {
            "kind": "request", "number": 3, "time": "2026-01-01T00:00:00.003000000Z",
            "direction": "to_bmc", "netfn": 6, "data": "", **same})
        self.assertEqual(response, {
            "kind": "response", "number": 4, "time": "2026-01-01T00:00:00.003023400Z",
            "direction": "to_host", "netfn": 7, "ccode": 0,
            "completion": "Command Completed Normally", "data": frames.DEVICE_ID.hex(),
            "request": 3, "response_time": 0.0000234, **same})

    def test_failed(self):
        """A response without a body has the name of its request."""
        link = captures.Link()
        link.host(frames.req(1, 0x2C, 1, b"\xdc\x01"))
        link.bmc(frames.rsp(1, 0x2C, 1, ccode=0xC1))
        self.assertEqual([thing["command"] for thing in self.objects(contents=link.contents())
                          if thing["kind"] != "point"], ["Get DCMI Capabilities Info"] * 2)

    def test_others(self):
        things = self.objects("-r", contents=capture())
        self.assertEqual(things[0], {
            "kind": "point", "point": "/machine/peripheral/bmc", "point_number": 0,
            "description": HOST_DESCRIPTION})
        kinds = [thing["kind"] for thing in things]
        self.assertEqual(kinds, ["point", "connected", "control", "request", "response",
                                 "request", "response", "bad", "request", "point", "access",
                                 "access", "disconnected"])
        by_kind = dict(zip(kinds, things))
        self.assertEqual((by_kind["control"]["control"], by_kind["control"]["name"],
                          by_kind["control"]["operand"]), (1, "ATTN", ""))
        self.assertEqual((by_kind["bad"]["bytes"], by_kind["bad"]["fault"]),
                         ("00180100", "wrong checksum"))
        self.assertEqual(things[8]["lost"], 12)
        self.assertEqual(things[11]["hardware"], "power off")

    def test_strings(self):
        """Whatever is in a name."""
        name = "a \"b\\ \t \u00e4"
        link = captures.Link(name)
        link.connected("")
        self.assertEqual([thing["point"] for thing in self.objects(contents=link.contents())],
                         [name, name])

    def test_accesses(self):
        """What a reader that shares nothing with this one has of the samples."""
        checked = 0
        for path in samples(r"(inside|end-to-end|registers)-.*\.pcapng"):
            with open(path, "rb") as file:
                packets = {packet.number: packet for packet in reader.read(file.read()).packets}
            with self.subTest(path):
                for thing in self.objects("--registers", path):
                    if thing["kind"] == "access":
                        self.check_access(packets[thing["number"]], thing)
                        checked += 1
        self.assertGreater(checked, 5000)

    def check_access(self, packet, thing):
        """An access in both words."""
        names = {reader.HOST: "host", reader.BMC: "BMC"}
        self.assertEqual(thing["point"], packet.point.name)
        self.assertEqual(thing["side"], names.get(packet.side, packet.side))
        self.assertEqual((thing["value"], thing["state"]), (packet.value, packet.state))
        self.assertEqual(thing.get("no_effect", False), bool(packet.lost))
        self.assertEqual("what" in thing, packet.operation not in reader.OPERATIONS)
        seconds, _, rest = packet.seconds().partition(".")
        self.assertEqual(thing["time"][-11:-1], "." + rest, seconds)
        if packet.operation in (reader.READ, reader.WRITE):
            self.assertEqual(thing["operation"],
                             "read" if packet.operation == reader.READ else "write")
            names = {number: name for number, (name, _)
                     in reader.REGISTERS[packet.dissector].items()}
            self.assertEqual(thing["register"], names.get(packet.what, packet.what))
            self.assertEqual((thing["width"], thing["lane"]), (packet.width, packet.lane))


class Manual(Test):
    """ipmidump(1)"""

    def test_keys(self):
        """Each key that there ever is, and each value that is one of a few, is
        documented."""
        with open(os.path.join(ROOT, "tools", "ipmidump", "ipmidump.1"), encoding="utf-8") as file:
            text = file.read()
        section = text[text.index(".Ss JSON"):text.index(".Ss HPM.2")]
        words = set(re.findall(r"\w+", section)) | {"hardware operation"}
        for path in samples(r".*\.pcap(ng)?"):
            for thing in self.objects("-r", path):
                self.assertLessEqual(set(thing), words, path)
                for key in "kind", "place", "direction", "side", "operation":
                    if isinstance(thing.get(key), str):
                        self.assertIn(thing[key], words, path)


class Errors(Test):
    """What goes wrong is named, and the exit status says whose it is."""

    def test_usage(self):
        for arguments, words in (
                ((), "name a capture"),
                (("a", "b"), "one capture at a time"),
                (("--json", "--hpm2=x", "a"), "exclude each other"),
                (("--pcapng=y", "--hpm2=x", "a"), "exclude each other"),
                (("-r", "--pcapng=y", "a"), "--registers"),
                (("--nonsense", "a"), "nonsense"),
                (("tcp:127.0.0.1:port",), "tcp:127.0.0.1:port")):
            with self.subTest(arguments):
                self.dump(*arguments, status=2,
                          errors=f"ipmidump: .*{words}.*\nTry 'ipmidump --help'.\n")

    def test_environment(self):
        for arguments, words in (
                (("/nonexistent/x",), "/nonexistent/x"),
                (("/",), "/"),
                (("unix:/nonexistent/x",), "/nonexistent/x"),
                ((sample("README.md"),), "README.md.*-trace"),
                (("/bin/sh",), "/bin/sh"),
                (("--pcapng=/nonexistent/x", sample("commands.pcapng")), "/nonexistent/x")):
            with self.subTest(arguments):
                self.dump(*arguments, status=3, errors=f"ipmidump: .*{words}.*\n")

    def test_cut_off(self):
        """What is there is printed."""
        whole = capture()
        lines = EXPECTED.splitlines()
        got = self.lines("-r", contents=whole[:-5], errors="ipmidump: .*middle of a packet\n")
        self.assertEqual(got, lines[:-1])
        self.assertEqual(self.lines(contents=captures.HEADER), [])

    def test_empty(self):
        """Whoever was to write it has not."""
        for contents in b"", captures.HEADER[:3]:
            with self.subTest(contents):
                self.dump(contents=contents, status=3, errors="ipmidump: .* empty.*\n")

    def test_lost_at_end(self):
        """Statistics tell what no packet after it does."""
        link = captures.Link()
        link.host(frames.req(1, 6, 1), dropped=2)
        statistics = captures.block(5, bytes(12), captures.option(5, struct.pack("<Q", 5)))
        self.assertEqual(len(self.lines(contents=link.contents() + statistics,
                                        errors="ipmidump: .*after its last packets: 3\n")), 2)

    def test_damaged(self):
        """What is there before the damage is printed, too."""
        damaged = capture() + struct.pack("<II", 6, 4) + bytes(100)
        self.assertEqual(self.lines("-r", contents=damaged, status=3, errors="ipmidump: .*\n"),
                         EXPECTED.splitlines())

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full")
    def test_full(self):
        for arguments in (), ("--json",), ("--pcapng=-",), ("--hpm2=-",):
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                result = subprocess.run([IPMIDUMP, *arguments, sample("commands.pcapng")],
                                        stdout=full, stderr=subprocess.PIPE, text=True,
                                        timeout=PATIENCE, check=False)
                self.assertEqual(result.returncode, 3)
                self.assertIn("No space left", result.stderr)


if __name__ == "__main__":
    unittest.main()
