#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measure how long Get Device ID takes, from host to BMC and back.

The host is always the same program in a virtual machine; its BMC is the
firmware of tests/guests in another virtual machine, OpenIPMI's ipmi_sim, or
the ipmi-bmc-sim inside the host's QEMU. Everything runs in turn, round after
round, so that a neighbour on the same machine slows all of it alike; README.md
says how to read the table.
"""

import collections
import contextlib
import re
import shutil
import statistics
import sys
import tempfile
import time

from machines import SKIPPED, Bmc, Failure, Host, Programs, Wire, argument_parser
from simulator import Simulator

COUNT = 1000
ROUNDS = 5
CHECK_COUNT = 100

# The target: with interrupts, so often the time that ipmi_sim needs.
LIMIT = 2.0
# A poll every 500 ms would take half of that each way. What else takes so long, on
# a busy machine, does not every time.
POLLING_US = 100_000
CHECK_TRIES = 10

# What a host sees of its BMC: the interface, and the BMC as (board, responder),
# "ipmi_sim" or "ipmi-bmc-sim".
Pair = collections.namedtuple("Pair", "interface bmc")

PAIRS = [
    Pair("isa-ipmi-kcs", "ipmi-bmc-sim"),
    Pair("isa-ipmi-kcs", "ipmi_sim"),
    Pair("isa-ipmi-kcs", ("npcm750-evb", "kcs1")),
    Pair("isa-ipmi-kcs", ("ast2600-evb", "kcs3")),
    Pair("isa-ipmi-kcs", ("ast2600-evb", "ibt")),
    Pair("isa-ipmi-bt", "ipmi-bmc-sim"),
    Pair("isa-ipmi-bt", "ipmi_sim"),
    Pair("isa-ipmi-bt", ("npcm750-evb", "kcs1")),
    Pair("isa-ipmi-bt", ("ast2500-evb", "ibt")),
    Pair("isa-ipmi-bt", ("ast2600-evb", "ibt")),
]

# Microseconds, of one run or of a round's median.
Times = collections.namedtuple("Times", "least median p99 greatest")


def measure(programs, folder, pair, interrupts, count):
    """One run: how long each of count commands took."""
    options = f"plan=time irq={interrupts} count={count}"
    with contextlib.ExitStack() as stack:
        wire = bmc = None
        if pair.bmc == "ipmi-bmc-sim":
            bmc = ["-device", "ipmi-bmc-sim,id=bmc"]
        elif pair.bmc == "ipmi_sim":
            simulator = Simulator(folder)
            stack.callback(simulator.kill)
            wire = simulator.wire()
        else:
            board, responder = pair.bmc
            wire = Wire(folder, "tcp", "bmc")
            stack.callback(wire.close)
            stack.callback(Bmc(programs, board, {responder: wire}, folder).kill)
        host = Host(programs, pair.interface, options, wire, folder, bmc=bmc)
        stack.callback(host.kill)
        found = re.search(r"least (\d+) us, median (\d+) us, 99th of 100 (\d+) us, "
                          r"greatest (\d+) us", host.succeed())
        return Times(*map(int, found.groups()))


def measure_patiently(*arguments):
    """A run that does not look like polling, if there is one."""
    for _ in range(CHECK_TRIES):
        times = measure(*arguments)
        if times.median <= POLLING_US:
            break
    return times


def name(bmc):
    return bmc if isinstance(bmc, str) else " ".join(bmc)


def print_row(pair, interrupts, runs, simulator):
    """Medians of the rounds; the ratio round by round, so that each compares
    neighbours in time."""
    columns = [f"{statistics.median(run.least for run in runs):7.0f}",
               f"{statistics.median(run.median for run in runs):7.0f}",
               f"{statistics.median(run.p99 for run in runs):7.0f}",
               f"{max(run.greatest for run in runs):8.0f}"]
    ratio = None
    if simulator:
        ratios = [run.median / other.median for run, other in zip(runs, simulator)]
        ratio = statistics.median(ratios)
        columns.append(f"{ratio:5.2f} ({min(ratios):.2f}-{max(ratios):.2f})")
    print(f"{pair.interface[4:]:9} {'irq' if interrupts else 'polled':7} "
          f"{name(pair.bmc):17}", *columns)
    return ratio


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--check", action="store_true",
                        help="one short round; fails only when something polls")
    arguments = parser.parse_args()
    if not shutil.which("ipmi_sim"):
        print("SKIPPED: NOT tested: there is no ipmi_sim")
        sys.exit(SKIPPED)
    programs = Programs(arguments.build, arguments.qemu)
    rounds, count, run = arguments.rounds, COUNT, measure
    if arguments.check:
        rounds, count, run = 1, CHECK_COUNT, measure_patiently

    runs = collections.defaultdict(list)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            for pair in PAIRS:
                for interrupts in (0, 1):
                    try:
                        runs[pair, interrupts].append(
                            run(programs, folder, pair, interrupts, count))
                    except Failure as failure:
                        sys.exit(f"{pair.interface} with {name(pair.bmc)}: {failure}")

    print(f"{count} x Get Device ID, {rounds} rounds, "
          f"{time.monotonic() - started:.0f} s in all; microseconds")
    print("interface         BMC                 least  median     p99 greatest"
          "  median / ipmi_sim")
    missed = polling = False
    for (pair, interrupts), times in runs.items():
        simulator = None
        if pair.bmc != "ipmi_sim":
            simulator = runs[Pair(pair.interface, "ipmi_sim"), interrupts]
        ratio = print_row(pair, interrupts, times, simulator)
        missed |= bool(interrupts and ratio and ratio > LIMIT)
        polling |= any(each.median > POLLING_US for each in times)
    print(f"With interrupts at most {LIMIT} times ipmi_sim: {'MISSED' if missed else 'met'}")
    if polling:
        sys.exit(f"a median of more than {POLLING_US} us: something polls")


if __name__ == "__main__":
    main()
