# runs.py
# Runs tshark on generated captures, and says what that took.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""What all parts of the benchmark need: captures, ways to run tshark on them
with the plugin, and what a run has cost."""

import collections
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUN_TSHARK = HERE.parent / "run-tshark"
LUA_SCRIPT = HERE / "ipmi-extern.lua"

# What one run took: seconds, seconds, megabytes.
Run = collections.namedtuple("Run", "wall cpu rss")

# A way to run tshark: on which capture, by the plugin or in Lua, with which
# options, on how many packets (0: all), with which filter.
Case = collections.namedtuple("Case", "name capture lua options limit filter",
                              defaults=(False, (), 0, None))


def fail(message):
    sys.exit(f"bench: {message}")


def show_progress(text):
    if sys.stderr.isatty():
        print(f"\r{text:72}\r", end="", file=sys.stderr, flush=True)


def has_lua():
    version = subprocess.run([os.environ.get("TSHARK", "tshark"), "--version"],
                             capture_output=True, text=True, check=True)
    features = " ".join(version.stdout.split())
    return "with Lua" in features or "+Lua" in features     # 4.0, 4.6


class Bench:
    """The captures, the plugin and the ways to run tshark on them."""

    def __init__(self, build, folder):
        self.build = build
        self.folder = folder

    def generate(self, name, kind, packets, as_data=False):
        """Writes a capture, which nobody but us can find but every user may
        read who is given it."""
        path = self.folder / name
        with open(path, "wb") as capture:
            subprocess.run([self.build / "tests/bench/generate", kind,
                            "as-data" if as_data else "as-is", str(packets)],
                           stdout=capture, check=True)
        path.chmod(0o644)

    def path(self, name):
        return self.folder / name

    def start(self, case, arguments, stdout):
        """Starts tshark; its standard input is the capture, which it could
        not open itself where the cache is the home directory of root."""
        plugins = self.build / "dissector/plugins"
        script = []
        if case.lua:
            plugins = "/nonexistent"
            script = ["-X", f"lua_script:{LUA_SCRIPT}"]
        limit = ["-c", str(case.limit)] if case.limit else []
        with open(self.path(case.capture), "rb") as capture:
            return subprocess.Popen(
                [RUN_TSHARK, "-n", "-r", "/dev/stdin", *script, *case.options,
                 *limit, *arguments],
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

    def take_turns(self, cases, rounds):
        """What each of the cases took, round by round."""
        runs = collections.defaultdict(list)
        for number in range(1, rounds + 1):
            for case in dict.fromkeys(cases):
                show_progress(f"round {number} of {rounds}: {case.name}, "
                              f"{case.limit:,} of {case.capture}")
                runs[case].append(self.measure(case))
        show_progress("")
        return runs

    def fields(self, case, names):
        """The fields of every packet, as lists of strings."""
        arguments = ["-T", "fields"]
        for name in names:
            arguments += ["-e", name]
        if case.filter:
            arguments += ["-Y", case.filter]
        tshark = self.start(case, arguments, subprocess.PIPE)
        output, errors = tshark.communicate()
        if tshark.returncode != 0 or errors:
            fail(f"tshark, {case.name}: exit status {tshark.returncode}\n"
                 f"{errors.decode()}")
        return [line.split("\t") for line in output.decode().splitlines()]
