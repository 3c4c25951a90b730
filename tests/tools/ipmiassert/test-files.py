# test-files.py
# ipmiassert judges captures in files: each kind of rule on samples, what is
# printed, and what is refused.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""usage: test-files.py CASE"""

import os
import re
import shutil
import signal
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree

import tool

ATTENTION = tool.sample("kcs-event-attn-irq.pcap")
COMMANDS = tool.sample("kcs-35-ipmitool-commands.pcap")
LINKS = tool.sample("two-links.pcapng")
INSIDE = tool.sample("inside-kcs.pcapng")


def numbers(capture, display_filter, *options):
    """Of the packets that match, as tshark says without ipmiassert."""
    lines = tool.tshark.run("-r", capture, *options, "-Y", display_filter, "-T",
                            "fields", "-e", "frame.number")
    return [int(line) for line in lines.split()]


class Test(unittest.TestCase):
    """A method is a case."""

    maxDiff = None

    def check(self, capture, *expected):
        """Rules, each a tuple: the rule and, if it is to fail, what is said and
        which packets are wrong."""
        verdicts = tool.judge(capture, *(rule for rule, *_ in expected))
        self.assertEqual(len(verdicts), len(expected))
        for verdict, (rule, *wrong) in zip(verdicts, expected):
            self.assertEqual((verdict.name, verdict.passed), (rule, not wrong),
                             verdict.details)
            if wrong:
                message, packets = wrong
                self.assertRegex(verdict.details["message"], message)
                self.assertEqual(verdict.details.get("packets", []), packets[:5])

    def test_kinds(self):
        """Each kind, right and wrong, against what tshark finds."""
        requests = numbers(ATTENTION, "ipmi_extern.type == 0")
        refused = numbers(ATTENTION, "ipmi_extern.ccode.error")
        attention = numbers(ATTENTION, "ipmi_extern.control == 2")
        flags = numbers(ATTENTION, 'ipmi_extern.cmd.name == "Get Message Flags" '
                                   "&& ipmi_extern.type == 0")
        self.assertTrue(len(requests) > 5 and refused and attention and flags)

        get_flags = 'ipmi_extern.cmd.name == "Get Message Flags"'
        counts = []
        for words, passes in (("at least", (0, -1)), ("at most", (0, 1)),
                              ("exactly", (0,))):
            for more in (-1, 0, 1):
                rule = f"{words} {len(requests) + more} ipmi_extern.type == 0"
                counts.append((rule,) if more in passes else
                              (rule, f"^{len(requests)} packets match",
                               requests[len(requests) + more:]))
        self.check(
            ATTENTION, *counts,
            ("never ipmi_extern.checksum.bad",),
            ("never ipmi_extern.ccode.error",
             f"^{len(refused)} packets match: {refused[0]}, ", refused),
            ("every ipmi_extern.type == 0 has ipmi_extern.seq",),
            ("every ipmi_extern.ccode has ipmi_extern.ccode == 0",
             f"^{len(refused)} of {len(requests)} packets do not match "
             "ipmi_extern.ccode == 0: ", refused),
            (f"every ipmi_extern.control == 2 then {get_flags} within 30s",),
            (f"every ipmi_extern.control == 2 then {get_flags} within 1ns",
             r" not followed by .* within 0.001 us: .*"
             r"\(packet \d+ came after [\d.]+ [mu]?s\)",
             attention),
            ("never ipmi_extern.type == 1 before ipmi_extern.type == 0",),
            ("never ipmi_extern.type == 2 before ipmi_extern.type == 0",
             " before any ", numbers(
                 ATTENTION, f"ipmi_extern.type == 2 && frame.number < {requests[0]}")),
            (f"never frame.number == {max(flags + attention)} then "
             "ipmi_extern.control == 2",),
            (f"never ipmi_extern.control == 2 then {get_flags} && ipmi_extern.type == 0",
             rf"\(.* after packet {attention[0]}\)",
             [number for number in flags if number > attention[0]]),
            (f"order frame.number == {requests[0]} then frame.number == {requests[2]}",),
            (f"order frame.number == {requests[2]} then frame.number == {requests[0]}",
             f"packet {requests[2]}; after it no packet matches", [requests[2]]))

    def test_field_values(self):
        """For each value of a field by itself."""
        rule = 'at least 1 ipmi_extern.control == "ENABLE_IRQ"'
        self.check(
            LINKS,
            ("for each ipmi_extern.link: exactly 0 tcp",),
            (f"for each ipmi_extern.link: {rule}",
             "^ipmi_extern.link [01]: 0 packets match", []),
            ("for each ipmi_extern.channel: at least 1 ipmi_extern",),
            ("for each ipmi_extern.channel: never ipmi_extern",
             "^ipmi_extern.channel host-[ab]: .*; ipmi_extern.channel host-[ab]: ",
             numbers(LINKS, "ipmi_extern")),
            ("for each ipmi_kcs.channel: at least 1 ipmi_kcs",
             "^no packet has ipmi_kcs.channel$", []),
            # A field without values has one group: the packets that have it.
            ("for each ipmi_extern: exactly 26 frame",),
            ("for each ipmi_extern.cutoff: never frame",
             "^ipmi_extern.cutoff: 1 packet matches: ",
             numbers(LINKS, "ipmi_extern.cutoff", "-2")))

    def test_values(self):
        """The fields of a rule that fails are told, as the packets have them."""
        wrong = numbers(LINKS, "ipmi_extern.type == 1")[:5]
        lines = tool.tshark.run(
            "-r", LINKS, "-T", "fields", "-e", "frame.number", "-e",
            "ipmi_extern.ccode", "-e", "ipmi_extern.seq").decode().splitlines()
        values = [line.split("\t") for line in lines if int(line.split()[0]) in wrong]
        rule = "every ipmi_extern.type == 1 has ipmi_extern.ccode == 1 && " \
               "ipmi_extern.seq != 200 && ipmi_kcs.no_response"
        verdict, = tool.judge(LINKS, rule)
        self.assertEqual(verdict.details["packets"], wrong)
        self.assertEqual(verdict.details["values"].splitlines(), [
            f"{packet}: ipmi_extern.type 1, ipmi_extern.ccode {code}, "
            f"ipmi_extern.seq {seq}" for packet, code, seq in values])

        # All of one that a packet has more than once; what has no value is named.
        verdict, = tool.judge(tool.sample("frames-in-one-record.pcapng"),
                              "never ipmi_extern.seq && ipmi_extern.checksum.bad")
        self.assertEqual(verdict.details["values"],
                         "7: ipmi_extern.seq 0x05, 0x06, ipmi_extern.checksum.bad\n")
        # A string that looks like a field.
        verdict, = tool.judge(LINKS, "never frame.interface_name != ipmi_host.0 && "
                              "frame.number == 1")
        self.assertNotIn("values", verdict.details)
        self.assertIn("Frame 1: ", verdict.details["decoded"])

    def test_two_passes(self):
        """What only later packets tell is known, and shown."""
        name = "transactions.pcapng"
        lost = numbers(tool.sample(name), "ipmi_extern.no_response", "-2")
        self.assertTrue(lost)
        self.assertEqual([], numbers(tool.sample(name), "ipmi_extern.no_response"))
        self.check(tool.sample(name), ("never ipmi_extern.no_response", "match", lost),
                   ("never ipmi_kcs",))
        count = len(numbers(COMMANDS, "ipmi_extern.response_in", "-2"))
        verdict, = tool.judge(COMMANDS, f"at most {count - 1} ipmi_extern.response_in")
        self.assertIn("[Response in: ", verdict.details["decoded"])

    def test_decoded(self):
        """Packets that are wrong are there with their columns and trees."""
        verdict, = tool.judge(INSIDE, 'never ipmi_kcs.cmd.name == "Get Device ID"')
        packets = verdict.details["packets"]
        decoded = verdict.details["decoded"]
        self.assertEqual(len(packets), 5)
        starts = re.findall(r"^(\d+) .*\nFrame (\d+): ", decoded, re.M)
        self.assertEqual([(str(number),) * 2 for number in packets], starts)
        self.assertEqual(decoded.count("KCS message, "), 5)
        self.assertIn("    Command: 0x01 (Get Device ID)", decoded)

        # One with comments, which tshark prints before it.
        verdict, = tool.judge(tool.sample("transactions.pcapng"),
                              "never frame.number == 8")
        self.assertRegex(verdict.details["decoded"],
                         r"^8 .* Rsp seq 0x03 Get Device ID OK, 4.1 s\n"
                         r"Packet comments\n    Late\n")

        # A packet that two rules have is decoded for both.
        both = tool.judge(LINKS, "never frame.number == 5", "at most 4 frame")
        self.assertEqual(both[0].details["packets"], [5])
        self.assertEqual(both[1].details["packets"][0], 5)
        self.assertTrue(both[1].details["decoded"].startswith(
            both[0].details["decoded"]))

    def test_tap(self):
        """What has a meaning in TAP or YAML does not get one by a rule."""
        rule = "\"it's \\ # SKIP\": never frame contains \"\\\\'#\" || frame.number == 1"
        verdict, = tool.judge(LINKS, rule)
        self.assertEqual(verdict.name, "it's \\ # SKIP")
        self.assertFalse(verdict.passed)
        self.assertEqual(verdict.details["rule"], rule.split(": ", 1)[1])
        self.assertEqual(verdict.details["at"], "argument 2:1")
        verdict, = tool.judge(LINKS, "every tcp has tcp.port == 1")
        self.assertTrue(verdict.passed)
        self.assertEqual(verdict.remarks, ["no packet matches tcp, so there was "
                                           "nothing to judge"])

    def test_junit(self):
        """The file has what servers for continuous integration look for."""
        with tool.directory() as place:
            path = os.path.join(place, "junit.xml")
            rules = tool.write(os.path.join(place, "my.rules"),
                               '"<&\\"" : never x'.replace('\\"" :', '>\u00fc\1":').replace(
                                   "never x", "never ipmi_extern.type == 2 && frame.number in {1, 2}\n")
                               + "never ipmi_kcs\n")
            os.symlink(tool.write(os.path.join(place, "old"), "of old" * 9999), path)
            os.chmod(path, 0o666)
            result = tool.run(f"--junit={path}", LINKS, rules)
            self.assertEqual(result.returncode, 1, result.stderr)
            suite, = ElementTree.parse(path).getroot()
        self.assertEqual(suite.tag, "testsuite")
        self.assertEqual({name: suite.get(name) for name in
                          ("name", "tests", "failures", "errors", "skipped")},
                         {"name": LINKS, "tests": "2", "failures": "1",
                          "errors": "0", "skipped": "0"})
        self.assertRegex(suite.get("timestamp"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$")
        self.assertGreater(float(suite.get("time")), 0)
        wrong, right = suite
        self.assertEqual((wrong.tag, wrong.get("classname"), wrong.get("name")),
                         ("testcase", "my", "<&>\u00fc?"))
        failure, = wrong
        self.assertEqual((failure.tag, failure.get("message")),
                         ("failure", "2 packets match: 1, 2"))
        self.assertIn("\n1: ipmi_extern.type 2\n2: ipmi_extern.type 2\n", failure.text)
        self.assertIn("Frame 2: ", failure.text)
        self.assertEqual((right.get("name"), len(right)), ("never ipmi_kcs", 0))

    def test_places(self):
        """Rules from sets, files and the command line, in their order; sets where
        the program is installed and where programs' data is."""
        with tool.directory() as place:
            mine = tool.write(os.path.join(place, "mine.rules"), "never ipmi_bt\n")
            hidden = tool.write(os.path.join(place, "answered"), "never ipmi_bt\n")
            verdicts = tool.judge(INSIDE, "answered", mine, "never tcp", hidden)
            self.assertGreater(len(verdicts), 4)
            self.assertEqual(verdicts[0].name, "there are requests")
            self.assertEqual([verdict.name for verdict in verdicts[-3:]],
                             ["never ipmi_bt", "never tcp", "never ipmi_bt"])

            verdict, = tool.judge(INSIDE, "./answered", cwd=place)
            self.assertEqual(verdict.name, "never ipmi_bt")

            for folder in ("bin", "share/ipmiscope/rules", "data/ipmiscope/rules"):
                os.makedirs(os.path.join(place, folder))
            program = os.path.join(place, "bin", "ipmiassert")
            shutil.copy(os.environ["IPMIASSERT"], program)
            tool.write(os.path.join(place, "share/ipmiscope/rules/one.rules"),
                       "never ipmi_bt\n")
            tool.write(os.path.join(place, "data/ipmiscope/rules/two.rules"),
                       "never tcp\n")
            verdicts = tool.judge(INSIDE, "one", "two", env=tool.environment(
                TSHARK=program, XDG_DATA_DIRS=os.path.join(place, "data")))
            self.assertEqual([verdict.name for verdict in verdicts],
                             ["never ipmi_bt", "never tcp"])

    def test_preferences(self):
        """-o reaches tshark, in all its runs."""
        capture = tool.sample("tcp-reordered.pcapng")
        option = "tcp.reassemble_out_of_order:TRUE"
        rule = "never ipmi_extern.checksum.bad"
        self.assertFalse(tool.judge(capture, rule)[0].passed)
        self.assertTrue(tool.judge("-o", option, capture, rule)[0].passed)

    def test_cut_off(self):
        """A capture that ends in the middle of a packet is judged, and that is
        said."""
        with open(LINKS, "rb") as file:
            contents = file.read()
        with tool.directory() as place:
            path = tool.write(os.path.join(place, "cut.pcapng"), contents[:-9])
            result = tool.run(path, "exactly 25 frame", "exactly 26 frame")
        self.assertEqual([verdict.passed for verdict in tool.read_tap(result.stdout)],
                         [True, False])
        self.assertIn("ends in the middle of a packet", result.stderr)

    def refuse(self, status, words, *arguments, **more):
        """Arguments that are refused, with these words."""
        result = tool.run(*arguments, **more)
        self.assertEqual((result.returncode, result.stdout), (status, ""),
                         result.stderr)
        self.assertRegex(result.stderr, words)

    def test_refused(self):
        """What is wrong is said, with its place."""
        with tool.directory() as place:
            bad = tool.write(os.path.join(place, "bad.rules"),
                             "never frame\n\nevery frame\n  has\n")
            self.refuse(2, rf"{bad}:4: a display filter is missing", LINKS, bad)
            tool.write(bad, "never frame\nevery frame\n  has nonsense\n")
            self.refuse(2, rf'{bad}:3: .*\bnonsense\b', LINKS, bad)
            tool.write(bad, "# nothing\n")
            self.refuse(2, rf"{bad}: there is no rule", LINKS, bad)
            for contents in (b"never frame.x\xff", b"never frame\n\0nonsense\n"):
                tool.write(bad, contents)
                self.refuse(2, rf"{bad}: not a text in UTF-8", LINKS, bad)
            self.refuse(3, f"{place}: Is a directory", place, "answered")
            self.refuse(2, "No such file", LINKS, os.path.join(place, "no.rules"))
            empty = tool.write(os.path.join(place, "empty.pcapng"), "")
            result = tool.run(empty, "answered")
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertIn("empty.pcapng has no packets", result.stderr)
        self.refuse(2, "(?ms)^ipmiassert: answred: neither a set of rules, nor a file.*"
                    "^argument 3: there is no rule in it$.*"
                    "^argument 5:1: a rule begins with.*", LINKS, "answred", " ",
                    "never x", "nevr x")
        self.refuse(2, "argument 3:1: a rule begins with", LINKS, "answered", "some rule")
        self.refuse(2, r'argument 2:1: .*ipmi_extern\.nonsense', LINKS,
                    "never ipmi_extern.nonsense == 1")
        self.refuse(2, r'argument 2:1: .*ipmi_extern\.nonsense', LINKS,
                    "for each ipmi_extern.nonsense: never frame")
        self.refuse(2, "no capture", )
        self.refuse(2, "no rules", LINKS)
        self.refuse(2, "go with --live", "--deadline=3s", LINKS, "answered")
        self.refuse(2, "--live=- ", "-", "answered")
        self.refuse(3, "/nowhere/x.pcap: No such file", "/nowhere/x.pcap", "answered")
        self.refuse(3, "README.md", tool.sample("README.md"), "answered")
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run([tool.RUN_TSHARK, LINKS, "never tcp"], stdout=full,
                                    env=tool.environment(), stderr=subprocess.PIPE,
                                    text=True, timeout=tool.TIMEOUT, check=False)
        self.assertEqual(result.returncode, 3)
        self.assertIn("standard output", result.stderr)
        self.refuse(3, "/nowhere/x.xml: No such file", "--junit=/nowhere/x.xml",
                    LINKS, "never tcp")
        result = tool.run("--junit=/dev/full", LINKS, "never tcp")
        self.assertEqual(result.returncode, 3)
        self.assertIn("/dev/full: No space left", result.stderr)

    def test_bad_filters(self):
        """All filters that tshark does not take are told, each once."""
        rules = ("never frame.number == 3", "never no.such", "never tcp.port == \"a\"",
                 "every frame has no.such.either", "every no.a has frame.number && tcp",
                 "for each no.field: at least 1 frame", "never frame then frame &&")
        words = ("", "no.such", '"a"', "no.such.either", "no.a", "no.field", "end")
        for source, count in ((LINKS, len(rules)), ("--live=-", 3)):
            live = ["--deadline=9h"] if source != LINKS else []
            result = tool.run(source, *live, *rules[:count])
            self.assertEqual((result.returncode, result.stdout), (2, ""), result.stderr)
            *lines, last = result.stderr.splitlines()
            self.assertIn("--help", last)
            self.assertEqual(len(lines), count - 1, result.stderr)
            for i, line in enumerate(lines, 1):
                place = f"argument {i + (1 if live else 2)}:1: "
                self.assertRegex(line, f"{place}.*{words[i]}(.*[^.])?, in: "
                                 + re.escape(rules[i]))

    def test_option(self):
        """What the plugin's option tells by itself, and what it refuses."""
        options = ("-r", LINKS, "-q", "-z")
        lines = tool.tshark.run(
            *options, "ipmi_match,some tag,frame.number in {3,5}", "-z",
            "ipmi_match,of=ipmi_extern.seq,frame.number == 5").decode().splitlines()
        time = r"1767225600\.\d{9}"
        for line, words in zip(lines, (f"match some tag 3 {time}",
                                       f"match (some tag|of) 5 {time}( 0x..)?",
                                       f"match (some tag|of) 5 {time}( 0x..)?",
                                       "end 26"), strict=True):
            self.assertRegex(line, f"^{words}$")
        for argument in ("", ",tag,", ",,frame"):
            result = tool.run(*options, f"ipmi_match{argument}",
                              env=dict(os.environ))
            self.assertNotEqual(result.returncode, 0)
            self.assertEqual(result.stdout, "")
            self.assertIn("write ipmi_match,TAG,FILTER", result.stderr)

    def test_half(self):
        """A tshark that does not tell the capture's end has not read it all, whatever
        it says; one whose last line has no end has."""
        with tool.directory() as place:
            program = os.path.join(place, "tshark")
            env = tool.environment(PATH=f"{place}:{os.environ['PATH']}")
            script = "#!/bin/sh\nprintf 'match 0 1 5.0\\nmatch 0 2\\nmatch 1 2 5.0"
            tool.write(program, script + "\\nmatch\\n'")
            os.chmod(program, 0o755)
            self.refuse(3, "has not read all", LINKS, "at least 1 tcp", env=env)
            tool.write(program, script + "\\nend 3'")
            os.chmod(program, 0o755)
            self.assertTrue(tool.judge(LINKS, "exactly 1 tcp", env=env)[0].passed)

    def test_left_behind(self):
        """A program that tshark has started, and that lives on with its outputs, is
        not waited for."""
        with tool.directory() as place:
            program = tool.write(os.path.join(place, "tshark"), f"""#!/bin/sh
sleep {2 * tool.TIMEOUT} &
echo $! > {place}/left
exec {shutil.which(os.environ["TSHARK"])} "$@"
""")
            os.chmod(program, 0o755)
            env = tool.environment(PATH=os.pathsep.join((place, os.environ["PATH"])))
            try:
                verdicts = tool.judge(LINKS, "exactly 26 frame", env=env)
                self.assertTrue(verdicts[0].passed)
            finally:
                with open(os.path.join(place, "left"), encoding="ascii") as file:
                    os.kill(int(file.read()), signal.SIGKILL)

    def test_no_tshark(self):
        """Without tshark, or its plugin, the remedy is told."""
        with tool.directory() as place:
            for name in ("bash", "env", "getent", "cut", "id", "setpriv"):
                os.symlink(shutil.which(name), os.path.join(place, name))
            self.refuse(3, "(?s)cannot run tshark.*Install it", LINKS, "answered",
                        env=tool.environment(PATH=place))
            self.refuse(3, "(?s)no ipmiscope plugin.*Install", LINKS, "answered",
                        env=tool.environment(WIRESHARK_PLUGIN_DIR=place))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], f"Test.test_{sys.argv[1]}"])
