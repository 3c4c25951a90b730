#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measure what the tools cost: ipmitap beside socat, and how fast ipmidump is.

Everything runs in turn, round after round, so that a neighbour on the same
machine slows all of it alike; README.md says how to read the tables.
"""

import argparse
import collections
import os
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "bench"))

from tables import Targets, span, table  # noqa: E402

# How long anything here may take; far more than it does.
DEADLINE = 600

IN_FLIGHT = 64
ROUND_TRIPS = 20_000
AT_ONCE = 400_000           # requests with IN_FLIGHT outstanding
LINKS = 100
OVER_LINKS = 100_000        # requests, one outstanding on each link
SPARSE = 2_000              # requests with a pause before each
PAUSE = 500                 # us
DUMPED = 1_000_000          # messages

# Ten times so many messages.
STEADY_REQUESTS = 500_000
STEADY_STEPS = 10
MIB = 1024                  # KiB
MOST_MEMORY = 16 * MIB
# From the second step to the last, bytes a message: no leak is so small, while
# the queue may find a busy moment in which it is fuller than ever before.
MOST_GROWTH = 0.25

# Packets of one request and its response in a capture.
MESSAGES = 2

EPB, ISB = 6, 5             # types of pcapng blocks
ISB_IFDROP = 5

# What a run of load showed, and processor time of what was between, in
# microseconds a message.
Run = collections.namedtuple("Run", "rate median p99 cpu")


def fail(message):
    sys.exit(f"bench: {message}")


def capture_contents(path):
    """How many packets a capture has, and how many it says were lost."""
    packets = lost = 0
    with open(path, "rb") as capture:
        contents = capture.read()
    at = 0
    while at < len(contents):
        kind, length = struct.unpack_from("=II", contents, at)
        if kind == EPB:
            packets += 1
        elif kind == ISB:
            option = at + 20
            while option < at + length - 4:
                code, size = struct.unpack_from("=HH", contents, option)
                if code == ISB_IFDROP:
                    lost += struct.unpack_from("=Q", contents, option + 4)[0]
                option += 4 + (size + 3) // 4 * 4
        at += length
    return packets, lost


class Between:
    """What stands between host and BMC: one process, or one for each link."""

    def __init__(self, name, commands, stop=False):
        self.name = name
        self.commands = commands    # function of (bench, links)
        self.stop = stop            # whether it goes on without connections


class Bench:
    """Runs load, and what is to be measured, in a folder of its own."""

    def __init__(self, build, folder):
        self.load = build / "tests/tools/bench/load"
        self.generate = build / "tests/bench/generate"
        self.ipmitap = build / "tools/ipmitap/ipmitap"
        self.ipmidump = build / "tools/ipmidump/ipmidump"
        self.folder = Path(folder)
        self.capture = self.folder / "link.pcapng"
        self.errors = self.folder / "errors"

    def path(self, end, number):
        return f"{self.folder}/{end}{number}"

    def start(self, command, processors):
        def pin():
            if processors:
                os.sched_setaffinity(0, processors)

        # socat -x writes more there than fits into a pipe.
        with open(self.errors, "ab") as errors:
            return subprocess.Popen(command, cwd=self.folder, preexec_fn=pin,
                                    stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, stderr=errors)

    def finish(self, process, name):
        """Its standard output, and its processor time in seconds."""
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        if process.returncode != 0:
            errors = self.errors.read_text(errors="replace")[-2000:]
            fail(f"{name}: exit status {process.returncode}\n{errors}")
        return output, usage.ru_utime + usage.ru_stime

    def put_load(self, host, links, in_flight, count, processors=None, pause=0):
        """Seconds, and microseconds from a request to its response: the
        median, and the greatest but for 1 %."""
        for number in range(links):
            Path(self.path("bmc", number)).unlink(missing_ok=True)
        load = self.start([self.load, self.path(host, ""), self.path("bmc", ""),
                           str(links), str(in_flight), str(count), str(pause)],
                          processors)
        return [float(each)
                for each in self.finish(load, "load")[0].split()]

    def run(self, between, links, in_flight, count, processors, pause=0):
        for leftover in self.folder.iterdir():
            leftover.unlink()
        started = [self.start(command, processors)
                   for command in between.commands(self, links)]
        try:
            seconds, median, p99 = self.put_load(
                "host" if started else "bmc", links, in_flight, count,
                processors, pause)
            if between.stop:
                started[0].send_signal(signal.SIGTERM)
            cpu = sum(self.finish(each, between.name)[1] for each in started)
        finally:
            for each in started:
                if each.returncode is None:
                    each.kill()
                    each.wait()
        if self.capture.exists():
            self.check_capture(count + links, links)
        return Run(count / seconds, median, p99,
                   cpu * 1e6 / (MESSAGES * (count + links)))

    def check_capture(self, requests, links):
        """Every message has to be there, and that each link was opened and
        closed."""
        packets, lost = capture_contents(self.capture)
        expected = MESSAGES * requests + 2 * links
        if packets != expected or lost:
            fail(f"ipmitap captured {packets} packets, {lost} lost; it should "
                 f"be {expected}")

    def tap(self, *arguments):
        return [str(self.ipmitap), *arguments]


def direct(_bench, _links):
    return []


def socat(*options):
    return lambda bench, links: [
        ["socat", *options, f"UNIX-LISTEN:{bench.path('host', number)}",
         f"UNIX-CONNECT:{bench.path('bmc', number)}"]
        for number in range(links)]


def ipmitap(bench, links):
    arguments = ["-w", str(bench.capture)]
    for number in range(links):
        arguments += ["--link", f"link{number}="
                      f"unix:{bench.path('host', number)},"
                      f"unix:{bench.path('bmc', number)}"]
    return [bench.tap(*arguments)]


DIRECT = Between("direct", direct)
SOCAT = Between("socat", socat())
SOCAT_X = Between("socat -x", socat("-x"))
IPMITAP = Between("ipmitap -w", ipmitap, stop=True)


class Load:
    """What is asked of all of them."""

    def __init__(self, words, links, in_flight, count, pause=0):
        self.words = words
        self.links, self.in_flight, self.count = links, in_flight, count
        self.pause = pause


ONE_AT_A_TIME = Load("one request at a time", 1, 1, ROUND_TRIPS)
MANY = Load(f"{IN_FLIGHT} requests in flight", 1, IN_FLIGHT, AT_ONCE)
MANY_LINKS = Load(f"{LINKS} links, one request each", LINKS, 1, OVER_LINKS)

FAR_BETWEEN = Load(f"one request at a time, {PAUSE} us apart", 1, 1,
                   SPARSE, PAUSE)

# Where the processes run.
ANYWHERE = "on any processor"
PLACES = {"on one processor": {min(os.sched_getaffinity(0))}, ANYWHERE: None}


def show_progress(text):
    if sys.stderr.isatty():
        print(f"\r{text:72}\r", end="", file=sys.stderr, flush=True)


def measure_links(bench, loads, betweens, rounds):
    """{(load, place, between): runs}"""
    runs = collections.defaultdict(list)
    for number in range(1, rounds + 1):
        # Each leaves the machine in another state to the next one, files of many
        # megabytes among it: so each round begins with another one.
        betweens = betweens[1:] + betweens[:1]
        for load in loads:
            for place, processors in PLACES.items():
                for between in betweens:
                    show_progress(f"round {number} of {rounds}: {load.words}, "
                                  f"{place}, {between.name}")
                    runs[load, place, between].append(
                        bench.run(between, load.links, load.in_flight,
                                  load.count, processors, load.pause))
    show_progress("")
    return runs


def print_links(runs, loads, betweens):
    for load in loads:
        for place in PLACES:
            print(f"{load.words}, {place}: {load.count:,} requests a round")
            rows = [("", "requests/s", "median us", "99 % us",
                     "CPU us/message", "median / socat")]
            for between in betweens:
                those = runs[load, place, between]
                rows.append((
                    between.name,
                    f"{statistics.median(run.rate for run in those):,.0f}",
                    span([run.median for run in those], ".1f"),
                    span([run.p99 for run in those], ".1f"),
                    span([run.cpu for run in those], ".2f")
                    if between is not DIRECT else "",
                    span(ratios(runs, load, place, between, "median"), ".2f")))
            table(rows)


def ratios(runs, load, place, between, what):
    """To socat, round by round."""
    return [getattr(one, what) / getattr(other, what)
            for one, other in zip(runs[load, place, between],
                                  runs[load, place, SOCAT])]


def memory(process):
    """Resident now, and at most so far; KiB."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        values = dict(line.split(":", 1) for line in status)
    return [int(values[name].split()[0]) for name in ("VmRSS", "VmHWM")]


def measure_memory(bench, requests, steps):
    """Resident memory of ipmitap after each step, and at most; KiB."""
    for leftover in bench.folder.iterdir():
        leftover.unlink()
    tap = bench.start(bench.tap(
        "--listen", f"unix:{bench.path('host', 0)}",
        "--connect", f"unix:{bench.path('bmc', 0)}",
        "-w", str(bench.capture), "--file-size", "20MB", "--files", "3"), None)
    resident = []
    try:
        for step in range(1, steps + 1):
            show_progress(f"memory: {step} of {steps}")
            bench.put_load("host", 1, IN_FLIGHT, requests)
            now, most = memory(tap)
            resident.append(now)
        tap.send_signal(signal.SIGTERM)
        bench.finish(tap, "ipmitap")
    finally:
        if tap.returncode is None:
            tap.kill()
            tap.wait()
        show_progress("")
    return resident, most


def generate(bench, messages):
    """A capture of so many messages."""
    path = bench.folder / "dumped.pcapng"
    with open(path, "wb") as capture:
        subprocess.run([bench.generate, "pairs", "as-is", str(messages)],
                       stdout=capture, check=True)
    return path


def measure_dump(bench, messages, rounds):
    """Messages that ipmidump prints a second."""
    path = generate(bench, messages)
    rates = []
    for number in range(1, rounds + 1):
        show_progress(f"round {number} of {rounds}: ipmidump")
        begin = time.monotonic()
        subprocess.run([bench.ipmidump, path], stdout=subprocess.DEVNULL,
                       check=True, timeout=DEADLINE)
        rates.append(messages / (time.monotonic() - begin))
    show_progress("")
    return rates


def check_dump(bench, messages):
    """As many lines as messages."""
    lines = subprocess.run([bench.ipmidump, generate(bench, messages)],
                           stdout=subprocess.PIPE, check=True,
                           timeout=DEADLINE).stdout.count(b"\n")
    if lines != messages:
        fail(f"ipmidump printed {lines} lines of {messages} messages")


def check(bench):
    """That what is measured does its work, in short."""
    for links, in_flight, count in ((1, 1, 500), (1, IN_FLIGHT, 5_000),
                                    (LINKS, 1, 2_000)):
        bench.run(DIRECT, links, in_flight, count, None)
        bench.run(IPMITAP, links, in_flight, count, None)
    resident, most = measure_memory(bench, 5_000, 3)
    if most > MOST_MEMORY:
        fail(f"ipmitap takes {most} KiB, {resident}")
    check_dump(bench, 10_000)
    print("check: every message was delivered, captured and printed")


def measure_tap(bench, rounds, targets):
    betweens = [DIRECT, SOCAT, SOCAT_X, IPMITAP]
    loads = [ONE_AT_A_TIME, FAR_BETWEEN, MANY, MANY_LINKS]
    runs = measure_links(bench, loads, betweens, rounds)
    print_links(runs, loads, betweens)
    for place in PLACES:
        targets.at_most(f"round trip {place} <= {{limit}} x socat", 1,
                        ratios(runs, ONE_AT_A_TIME, place, IPMITAP, "median"))
    targets.at_most(f"{FAR_BETWEEN.words} {ANYWHERE}: CPU <= {{limit}} x socat",
                    1, ratios(runs, FAR_BETWEEN, ANYWHERE, IPMITAP, "cpu"))
    targets.at_least(f"{MANY.words} {ANYWHERE}: requests/s >= {{limit}} x socat",
                     1, ratios(runs, MANY, ANYWHERE, IPMITAP, "rate"))


def measure_steadiness(bench, _rounds, targets):
    resident, most = measure_memory(bench, STEADY_REQUESTS, STEADY_STEPS)
    print("ipmitap's memory after each "
          f"{MESSAGES * STEADY_REQUESTS:,} messages, KiB:",
          *resident, f"; at most {most}")
    print()
    targets.at_most("memory, MiB <= {limit}", MOST_MEMORY / MIB, [most / MIB])
    messages = MESSAGES * STEADY_REQUESTS * (STEADY_STEPS - 2)
    targets.at_most(
        f"growth in the last {messages:,} messages, bytes a message <= {{limit}}",
        MOST_GROWTH, [(resident[-1] - resident[1]) * 1024 / messages])


def measure_printing(bench, rounds, targets):
    rates = measure_dump(bench, DUMPED, rounds)
    targets.at_least("ipmidump, million messages/s >= {limit}", 1,
                     [rate / 1e6 for rate in rates])


PARTS = {"tap": measure_tap, "memory": measure_steadiness,
         "dump": measure_printing}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=Path, help="the build directory")
    parser.add_argument("part", nargs="*", metavar="PART",
                        help=f"{', '.join(PARTS)}; all of them if not given")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--check", action="store_true",
                        help="only see whether what is measured does its work")
    arguments = parser.parse_args()
    for part in arguments.part:
        if part not in PARTS:
            parser.error(f"no such part: {part}")
    if not (arguments.build / "tests/tools/bench/load").exists():
        parser.error(f"{arguments.build} is no build of this: cmake --build BUILD "
                     "--target bench-tools makes one and runs this")

    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments.build.resolve(), folder)
        if arguments.check:
            check(bench)
            return
        targets = Targets()
        for part in arguments.part or PARTS:
            PARTS[part](bench, arguments.rounds, targets)
        targets.print()


if __name__ == "__main__":
    main()
