#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measure what the dissector costs, in time and in memory.

Everything runs in turn, round after round, so that a neighbour on the same
machine slows all of it alike; README.md says how to read the tables.
"""

import argparse
import collections
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUN_TSHARK = HERE.parent / "run-tshark"
LUA_SCRIPT = HERE / "ipmi-extern.lua"

MESSAGES = 1_000_000
SIZES = (100_000, 300_000, 1_000_000, 3_000_000)
BYTES_PER_MESSAGE = 90              # of a capture file, generously
CHECKED_MESSAGES = 5_000

FRAMING_LIMIT = 1.2                 # times data
BODY_LIMIT = 1.9                    # times data
LUA_LIMIT = 8.0                     # times faster than Lua
GROWTH_LIMIT = 1.3                  # per message, most messages / fewest

EXIT_SKIPPED = 77

FRAMING_ONLY = ("-o", "ipmi_extern.decode_body:FALSE")
FULL_BODY = ()
# Wireshark decodes IPMI only if a preference is set. The plugin does without.
FULL_BODY_LUA = ("-o", "ipmi.dissect_bus_commands:TRUE")

REQUEST, RESPONSE = 0, 1            # ipmi_extern.type

# What one run took: seconds, seconds, megabytes.
Run = collections.namedtuple("Run", "wall cpu rss")

# A way to run tshark: on which capture, by the plugin or in Lua, with which
# options, on how many messages (0: all), with which filter.
Case = collections.namedtuple("Case", "name capture lua options limit filter",
                              defaults=((), 0, None))


def fail(message):
    sys.exit(f"bench: {message}")


class Bench:
    """The captures, the plugin and the ways to run tshark on them."""

    def __init__(self, build, folder):
        self.build = build
        self.folder = folder

    def generate(self, name, kind, dissector, messages):
        with open(self.folder / name, "wb") as capture:
            subprocess.run([self.build / "tests/bench/generate", kind,
                            dissector, str(messages)],
                           stdout=capture, check=True)

    def start(self, case, arguments, stdout):
        """Starts tshark; its standard input is the capture, which it could
        not open itself where the cache is the home directory of root."""
        plugins = self.build / "dissector/plugins"
        script = []
        if case.lua:
            plugins = "/nonexistent"
            script = ["-X", f"lua_script:{LUA_SCRIPT}"]
        limit = ["-c", str(case.limit)] if case.limit else []
        with open(self.folder / case.capture, "rb") as capture:
            return subprocess.Popen(
                [RUN_TSHARK, "-n", "-r", "-", *script, *case.options, *limit,
                 *arguments],
                stdin=capture, stdout=stdout, stderr=subprocess.PIPE,
                env={**os.environ, "WIRESHARK_PLUGIN_DIR": str(plugins)})

    def measure(self, case):
        """Dissects every packet, with a tree, and prints nothing of it. A
        filter makes fields of the tree real; none of ours lets any packet
        through."""
        arguments = ["-q", "-z", "io,stat,0"]
        if case.filter:
            arguments = ["-Y", case.filter]
        begin = time.monotonic()
        tshark = self.start(case, arguments, subprocess.DEVNULL)
        errors = tshark.stderr.read().decode()
        _, status, usage = os.wait4(tshark.pid, 0)
        wall = time.monotonic() - begin
        tshark.returncode = os.waitstatus_to_exitcode(status)
        if tshark.returncode != 0 or errors:
            fail(f"tshark, {case.name}: exit status {tshark.returncode}\n"
                 f"{errors}")
        return Run(wall, usage.ru_utime + usage.ru_stime,
                   usage.ru_maxrss / 1024)

    def fields(self, case, names):
        """The fields of every packet, as lists of strings."""
        arguments = ["-T", "fields"]
        for name in names:
            arguments += ["-e", name]
        tshark = self.start(case, arguments, subprocess.PIPE)
        output, errors = tshark.communicate()
        if tshark.returncode != 0 or errors:
            fail(f"tshark, {case.name}: exit status {tshark.returncode}\n"
                 f"{errors.decode()}")
        return [line.split("\t") for line in output.decode().splitlines()]


def value_of(name, text):
    """Of a field, whether it is shown as decimal or as hexadecimal."""
    if name == "ipmi_extern.data" or not text:
        return text
    return int(text, 0)


def has_lua():
    version = subprocess.run([os.environ.get("TSHARK", "tshark"), "--version"],
                             capture_output=True, text=True, check=True)
    features = " ".join(version.stdout.split())
    return "with Lua" in features or "+Lua" in features     # 4.0, 4.6


def check(bench, lua):
    """Sees to it that what is measured does its work: the plugin and the Lua
    dissector must find the same in the captures, and decode the body or
    not as they are told."""
    names = [f"ipmi_extern.{name}" for name in (
        "type", "seq", "netfn", "lun", "cmd", "ccode", "data", "checksum",
        "response_to")]
    for kind in ("pairs", "unanswered"):
        bench.generate(f"check-{kind}", kind, "ipmi_extern", CHECKED_MESSAGES)
        found = {}
        for who, options in (("plugin", FRAMING_ONLY), ("plugin", FULL_BODY),
                             ("Lua", FRAMING_ONLY), ("Lua", FULL_BODY_LUA)):
            if who == "Lua" and not lua:
                continue
            case = Case("check", f"check-{kind}", who == "Lua", options)
            rows = bench.fields(case, ["frame.protocols", *names])
            bodies = sum("kcs" in row[0].split(":") for row in rows)
            if options is FRAMING_ONLY and bodies > 0:
                fail(f"{kind}, {who}: decodes the body though told not to")
            if options is not FRAMING_ONLY and bodies < len(rows) // 4:
                fail(f"{kind}, {who}: decodes {bodies} bodies only, of "
                     f"{len(rows)}")
            found[who] = [{name: value_of(name, text)
                           for name, text in zip(names, row[1:])}
                          for row in rows]
        types = collections.Counter(
            row["ipmi_extern.type"] for row in found["plugin"])
        if types[REQUEST] + types[RESPONSE] != CHECKED_MESSAGES:
            fail(f"{kind}: the plugin finds {types[REQUEST]} requests and "
                 f"{types[RESPONSE]} responses in {CHECKED_MESSAGES} messages")
        for number, (plugin, script) in enumerate(
                zip(found["plugin"], found.get("Lua", found["plugin"]),
                    strict=True), 1):
            if plugin != script:
                fail(f"{kind}, packet {number}: the plugin finds\n"
                     f"{plugin}, the Lua dissector\n{script}")
        print(f"check: {kind}, {CHECKED_MESSAGES} messages "
              f"{'read alike by plugin and Lua' if lua else 'read'}")


def span(values, form):
    """Median, and from the least to the greatest."""
    return (f"{statistics.median(values):{form}} "
            f"({min(values):{form}}-{max(values):{form}})")


def table(rows):
    """Prints rows in columns, the first left and the others right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width)
                  for cell, width in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())
    print()


def ratios(runs, case, to):
    """CPU time of one case to another's, round by round."""
    return [a.cpu / b.cpu for a, b in zip(runs[case], runs[to])]


def print_costs(runs, cases):
    """The cases, and how they compare with the first of them."""
    rows = [("dissector", "wall s", "CPU s", "messages/s", "RSS MB",
             "CPU / data")]
    for case in cases:
        cpu = [run.cpu for run in runs[case]]
        rows.append((case.name, span([run.wall for run in runs[case]], ".2f"),
                     span(cpu, ".2f"),
                     f"{MESSAGES / statistics.median(cpu):,.0f}",
                     f"{statistics.median(r.rss for r in runs[case]):.0f}",
                     span(ratios(runs, case, cases[0]), ".2f")))
    table(rows)


def print_growth(runs, growth, nothing):
    """Captures of growing length. Returns, for each kind of them, seconds and
    bytes a message of the shortest and of the longest, start-up left out."""
    start = statistics.median(run.cpu for run in runs[nothing])
    base = statistics.median(run.rss for run in runs[nothing])
    print(f"Capture by length. Start-up, part of all numbers but the last two "
          f"columns: {start:.2f} s, {base:.0f} MB")
    rows = [("capture", "messages", "wall s", "CPU s", "RSS MB", "us/message",
             "bytes/message")]
    ends = {}
    for kind, cases in growth.items():
        measured = []
        for case in cases:
            cpu = [run.cpu for run in runs[case]]
            rss = [run.rss for run in runs[case]]
            seconds = [(each - start) / case.limit for each in cpu]
            room = [(each - base) / case.limit * 2 ** 20 for each in rss]
            measured.append((seconds, room))
            rows.append((kind, f"{case.limit:,}",
                         span([run.wall for run in runs[case]], ".2f"),
                         span(cpu, ".2f"), f"{statistics.median(rss):.0f}",
                         span([each * 1e6 for each in seconds], ".2f"),
                         f"{statistics.median(room):.0f}"))
        ends[kind] = measured[0], measured[-1]
    table(rows)
    return ends


def print_targets(runs, cases, ends):
    rows = [("target", "result", "")]

    def target(words, values, met):
        rows.append((words, span(values, ".2f"),
                     "met" if met(statistics.median(values)) else "NOT MET"))

    for words, name, limit in (("framing and fields", "framing",
                                FRAMING_LIMIT),
                               ("full body", "body", BODY_LIMIT)):
        target(f"{words} <= {limit} x data",
               ratios(runs, cases[name], cases["data"]),
               lambda median: median <= limit)
        if f"lua-{name}" in cases:
            target(f"{words} >= {LUA_LIMIT:.0f} x as fast as Lua",
                   ratios(runs, cases[f"lua-{name}"], cases[name]),
                   lambda median: median >= LUA_LIMIT)
    for kind, (shortest, longest) in ends.items():
        for words, first, last in zip(("time", "memory"), shortest, longest):
            target(f"{kind}: {words} per message, {SIZES[-1]:,} messages "
                   f"<= {GROWTH_LIMIT} x {SIZES[0]:,}",
                   [b / a for a, b in zip(first, last)],
                   lambda median: median <= GROWTH_LIMIT)
    table(rows)


def show_progress(text):
    if sys.stderr.isatty():
        print(f"\r{text:72}\r", end="", file=sys.stderr, flush=True)


def run(bench, lua, rounds):
    bench.generate("nothing", "pairs", "ipmi_extern", 0)
    bench.generate("data", "pairs", "data", MESSAGES)
    for kind in ("pairs", "unanswered"):
        bench.generate(kind, kind, "ipmi_extern", SIZES[-1])

    nothing = Case("nothing", "nothing", False)
    cases = {
        "data": Case("data", "data", False, (), MESSAGES),
        "framing": Case("plugin, framing and fields", "pairs", False,
                        FRAMING_ONLY, MESSAGES),
        "body": Case("plugin, full body", "pairs", False, FULL_BODY, MESSAGES),
    }
    filtered = [cases["data"]._replace(filter="data.len > 999"),
                cases["framing"]._replace(filter="ipmi_extern.time > 999"),
                cases["body"]._replace(filter="ipmi.response_time > 999")]
    growth = {kind: [cases["body"]._replace(capture=kind, limit=size)
                     for size in SIZES] for kind in ("pairs", "unanswered")}
    if lua:
        cases["lua-framing"] = Case("Lua, framing and fields", "pairs", True,
                                    FRAMING_ONLY, MESSAGES)
        cases["lua-body"] = Case("Lua, full body", "pairs", True,
                                 FULL_BODY_LUA, MESSAGES)

    runs = collections.defaultdict(list)
    todo = dict.fromkeys([nothing, *cases.values(), *filtered,
                          *growth["pairs"], *growth["unanswered"]])
    for number in range(1, rounds + 1):
        for case in todo:
            show_progress(f"round {number} of {rounds}: {case.name}, "
                          f"{case.limit:,} {case.capture}")
            runs[case].append(bench.measure(case))
    show_progress("")

    print(f"\n{MESSAGES:,} messages in pairs, {rounds} rounds: "
          "median (least-greatest)")
    print_costs(runs, list(cases.values()))
    print("The same with a display filter, which has a field's value looked at")
    print_costs(runs, filtered)
    ends = print_growth(runs, growth, nothing)
    print_targets(runs, cases, ends)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=Path, help="the build directory")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--check", action="store_true",
                        help="only see whether plugin and Lua dissector agree")
    arguments = parser.parse_args()

    lua = has_lua()
    if not lua:
        print("bench: SKIPPED: this tshark has no Lua, so nothing is compared "
              "with it", file=sys.stderr)
        if arguments.check:
            sys.exit(EXIT_SKIPPED)

    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    cache = cache / "ipmiscope" / "bench"
    cache.mkdir(parents=True, exist_ok=True)
    need = (2 * SIZES[-1] + MESSAGES) * BYTES_PER_MESSAGE
    if not arguments.check and shutil.disk_usage(cache).free < need:
        fail(f"the captures need {need >> 20} MiB below {cache}: free some "
             "room, or set XDG_CACHE_HOME")
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        bench = Bench(arguments.build.resolve(), Path(folder))
        check(bench, lua)
        if not arguments.check:
            run(bench, lua, arguments.rounds)


if __name__ == "__main__":
    main()
