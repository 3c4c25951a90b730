#!/usr/bin/env python3
"""What QEMU traces and what it captures in the same run are one capture.

A host and its BMC, each in a virtual machine, do all that the guests of the
tests know, with ipmi-pcap and -trace 'ipmi*': what ipmidump --pcapng makes of
the trace is what ipmi-pcap has written, and so are the lines that it prints.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import subprocess

# Sets the way to the others.
from dumping import ENVIRONMENT, IPMIDUMP, PATIENCE

import lab as labs
import machines
import reader
from lab import check, check_same
from machines import argument_parser

BOARDS = {
    "npcm750-evb": ("kcs1", "isa-ipmi-kcs", 5),
    "ast2600-evb": ("ibt", "isa-ipmi-bt", 8),
}

# What QEMU writes with a time is in microseconds.
TIMED = "npcm750-evb"


def dump(*arguments):
    """What it prints."""
    result = subprocess.run([IPMIDUMP, *arguments], capture_output=True, text=True,
                            env=ENVIRONMENT, timeout=PATIENCE, check=False)
    check(result.returncode == 0, "ipmidump", *arguments, ":", result.stderr)
    return result.stdout, result.stderr


def words(packet):
    """A packet without its number and time."""
    return packet.line().split(maxsplit=2)[2]


def compare(lab, side, board):
    """The trace of one side, and its capture."""
    capture, log, made = f"{side}.pcapng", lab.path(f"{side}.log"), f"{side}-made.pcapng"
    said = dump("--pcapng", lab.path(made), log)[1]
    check(("no time" in said) == (board != TIMED), f"{side}: {said}")
    before = lab.read(capture)
    with open(lab.path(made), "rb") as file:
        after = reader.read(file.read())
    faults = [words for words in after.faults
              if board == TIMED or not words.endswith("time 0 ns since 1970")]
    check(not faults, made, ":", *faults[:5])
    check_same(side, [words(packet) for packet in before.packets],
               [words(packet) for packet in after.packets])
    if board == TIMED:
        # QEMU looks at the clock for either.
        for one, other in zip(before.packets, after.packets):
            check(abs(one.time_ns - other.time_ns) < 60 * 10**9, "times:", one.line(), other.line())
        ordered = [packet.time_ns for packet in after.packets]
        check(ordered == sorted(ordered), "times go back")
    check_same(f"{side}, printed", *[
        [line.split(":", maxsplit=2)[2].split(" (")[0].split(maxsplit=2)[2]
         for line in dump("-r", lab.path(path))[0].splitlines()] for path in (capture, made)])
    return len(after.packets)


def run(lab, board):
    """Two machines, and both of either's captures."""
    responder, interface, protocol = BOARDS[board]

    def extra(side):
        timed = ["-msg", "timestamp=on"] if board == TIMED else []
        return [*labs.objects(f"file={lab.path(side)}.pcapng"), *timed,
                "-trace", "ipmi*", "-D", lab.path(f"{side}.log")]

    wire = lab.wire()
    bmc = lab.bmc(board, responder, wire, extra("bmc"))
    host = lab.host(interface, f"plan=all irq=1 when=1 max=16 attentions=1 protocol={protocol}",
                    wire, extra("host"))
    host.succeed()
    labs.quit_machine(bmc)
    counts = [compare(lab, side, board) for side in ("host", "bmc")]
    check(min(counts) > 500, "only", counts, "events")
    print(f"{board}: {counts[0]} events of the host, {counts[1]} of the BMC")


def main():
    """The case that the arguments name."""
    machines.run_case(argument_parser(__doc__), {
        board: lambda lab, arguments, board=board: run(lab, board) for board in BOARDS},
        labs.Lab)


if __name__ == "__main__":
    main()
