#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measure what capturing with ipmi-pcap costs.

Cases:
  round-trips  Get Device ID between two virtual machines, without a capture and
               with one to a file in both; in turn, round after round, so that a
               neighbour on the same machine slows all of it alike
  million      a guest that does nothing but write to a register, a million
               times; every write has to be in the capture, and the memory that
               QEMU takes must not grow with it. Then the same as fast as it
               goes: without a capture, with one, with -trace 'ipmi*' to a log

Without a case both. README.md says how to read the tables.
"""

import collections
import contextlib
import mmap
import os
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import time

from machines import PATIENCE, Bmc, Failure, Host, Machine, Programs, Wire, argument_parser

# What a host sees of its BMC: the interface, the BMC's board and responder.
PAIRS = [
    ("isa-ipmi-kcs", "npcm750-evb", "kcs1"),
    ("isa-ipmi-kcs", "ast2600-evb", "kcs3"),
    ("isa-ipmi-bt", "ast2600-evb", "ibt"),
]
COUNT = 1000
ROUNDS = 31

# The target: captured, so often the time without, by the median of rounds; and what
# a busy machine is forgiven in a test: all rounds but one, which is the last then.
Target = collections.namedtuple("Target", "limit rounds judged")
TARGET = Target(1.10, ROUNDS, statistics.median)
CHECK_TARGET = Target(2.0, 20, min)

# A million writes, in bursts. So many of them are done when the memory is looked
# at first, and by so much it may grow after: a tenth of what is captured.
BURST = 25_000
BURSTS = 40
FIRST = 4
WRITES = BURST * BURSTS
MAX_GROWTH_KIB = 8192

# What a write takes in the file: a packet, and another one of how the device takes it.
WRITE_SIZE = 2 * 72

# The port of isa-ipmi-kcs that is written, and the beginning of the record of
# such a write after its version: see docs/capture-format.md.
DATA_IN = 0xca2
HOST_WRITES_DATA_IN = bytes([1, 2, 1])

SERIAL, SERIAL_STATUS = 0x3f8, 0x3fd

# Blocks and options of pcapng
ENHANCED_PACKET, STATISTICS = 6, 5
DROPCOUNT, IFRECV, IFDROP = 4, 4, 5


def capture_to(path):
    return ["-object", f"ipmi-pcap,id=capture,file={path}"]


class Capture:
    """A capture that has to be complete; of each packet what is captured there,
    after its tags. Only what counting needs, for millions of packets:
    tests/capture/reader.py looks at everything."""

    def __init__(self, path):
        self.size = os.path.getsize(path)
        self.packets = []
        self.lost = 0
        self.statistics = collections.Counter()
        with open(path, "rb") as file, \
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            self.read(content)
        received, dropped = self.statistics[IFRECV], self.statistics[IFDROP]
        if self.lost or dropped or received != len(self.packets):
            raise Failure(f"{path} has {len(self.packets)} events, {self.lost} were lost "
                          f"before them; the statistics say {received} and {dropped}")

    def read(self, content):
        position = 0
        while position < self.size:
            kind, length = struct.unpack_from("=II", content, position)
            end = position + length
            if kind == ENHANCED_PACKET:
                captured, = struct.unpack_from("=I", content, position + 20)
                data = position + 28
                self.packets.append(content[data:data + captured])
                for code, value in self.options(
                        content, data + (captured + 3 & ~3), end - 4):
                    if code == DROPCOUNT:
                        self.lost += value
            elif kind == STATISTICS:
                for code, value in self.options(content, position + 20, end - 4):
                    self.statistics[code] += value
            position = end

    @staticmethod
    def options(content, position, end):
        """Those that are numbers."""
        while position < end:
            code, length = struct.unpack_from("=HH", content, position)
            if code == 0:
                return
            value = content[position + 4:position + 4 + length]
            yield code, int.from_bytes(value, sys.byteorder)
            position += 4 + (length + 3 & ~3)


# --- Round trips -----------------------------------------------------------


def round_trip(programs, folder, pair, interrupts, captured):
    """The median of one run, in microseconds, and how many records a command has
    at both ends together."""
    interface, board, responder = pair
    files = [f"{folder}/{side}.pcapng" for side in ("bmc", "host")]
    extra = [capture_to(file) if captured else [] for file in files]
    with contextlib.ExitStack() as stack:
        wire = Wire(folder, "tcp", "bmc")
        stack.callback(wire.close)
        bmc = Bmc(programs, board, {responder: wire}, folder, extra=extra[0])
        stack.callback(bmc.kill)
        host = Host(programs, interface, f"plan=time irq={interrupts} count={COUNT}",
                    wire, folder, extra=extra[1])
        stack.callback(host.kill)
        median = int(re.search(r"median (\d+) us", host.succeed()).group(1))
        if not captured:
            return median, 0
        bmc.command("quit")
        bmc.wait_for_end()
    packets = sum(len(Capture(file).packets) for file in files)
    for file in files:
        os.unlink(file)
    return median, packets / (COUNT + 1)


def ratios_of(times, pair, interrupts):
    """Of each round, captured / off."""
    return [on / without for without, on in zip(times[pair, interrupts, False],
                                                times[pair, interrupts, True])]


def round_trips(programs, folder, target):
    """Prints the table; returns what is wrong."""
    rounds, limit = target.rounds, target.limit
    times = collections.defaultdict(list)
    packets = {}
    for number in range(rounds):
        for pair in PAIRS:
            for interrupts in (0, 1):
                # More of them would not change the least.
                if target.judged is min and number and min(
                        ratios_of(times, pair, interrupts)) <= limit:
                    continue
                # Whoever is first finds the machine in another state.
                for captured in (False, True) if number % 2 else (True, False):
                    median, seen = round_trip(programs, folder, pair, interrupts, captured)
                    times[pair, interrupts, captured].append(median)
                    if captured:
                        packets[pair, interrupts] = seen

    print(f"{COUNT} x Get Device ID, {max(map(len, times.values()))} rounds; microseconds")
    print("interface         BMC                off  captured  captured / off      "
          "records a command")
    worst = 0
    for pair in PAIRS:
        for interrupts in (0, 1):
            off, captured = (times[pair, interrupts, how] for how in (False, True))
            ratios = ratios_of(times, pair, interrupts)
            worst = max(worst, target.judged(ratios))
            interface, board, responder = pair
            print(f"{interface[4:]:9} {'irq' if interrupts else 'polled':7} "
                  f"{board + ' ' + responder:16}{statistics.median(off):6.0f}"
                  f"{statistics.median(captured):10.0f}"
                  f"  {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
                  f"{packets[pair, interrupts]:13.0f}")
    met = worst <= limit
    print(f"Captured at most {limit:.2f} times as long: {'met' if met else 'MISSED'}")
    return [] if met else [f"a round trip takes {worst:.2f} times as long"]


# --- A million -------------------------------------------------------------


def image(*parts):
    """A BIOS that runs these instructions, at its beginning."""
    reset_vector = b"\xe9" + struct.pack("<H", -(0xfff0 + 3) & 0xffff)  # jmp 0
    code = b"".join(parts) + b"\xf4"                                    # hlt
    return code.ljust(0xfff0, b"\0") + reset_vector.ljust(16, b"\0")


def say(text):
    """The instructions that write a line to the serial port."""
    return b"\xba" + struct.pack("<H", SERIAL) + b"".join(
        b"\xb0" + bytes([byte]) + b"\xee"               # mov al, byte; out dx, al
        for byte in text.encode() + b"\n")


def write_many(bursts, paced):
    """The instructions that write the low byte of a counter, in bursts; paced: after
    each they say so and wait for a byte from the serial port."""
    write = (b"\x66\xb9" + struct.pack("<I", BURST)    # mov ecx, BURST
             + b"\xba" + struct.pack("<H", DATA_IN)     # mov dx, DATA_IN
             + b"\x88\xc8"                              # next: mov al, cl
             + b"\xee"                                  # out dx, al
             + b"\x66\x49"                              # dec ecx
             + b"\x75\xf9")                             # jnz next
    wait = (say("burst")
            + b"\xba" + struct.pack("<H", SERIAL_STATUS)
            + b"\xec"                                  # wait: in al, dx
            + b"\xa8\x01"                              # test al, DATA_READY
            + b"\x74\xfb"                              # jz wait
            + b"\xba" + struct.pack("<H", SERIAL)      # mov dx, SERIAL
            + b"\xec") if paced else b""               # in al, dx
    back = len(write) + len(wait) + 3
    return (b"\xbe" + struct.pack("<H", bursts)        # mov si, bursts
            + write + wait                             # burst: ...
            + b"\x4e"                                  # dec si
            + b"\x75" + struct.pack("b", -back))       # jnz burst


# One run: how long the guest took, by how much QEMU's memory grew after the
# first writes, the size of the file.
Run = collections.namedtuple("Run", "seconds growth size")


def resident_kib(machine):
    with open(f"/proc/{machine.process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s*(\d+) kB", status.read()).group(1))


def follow(machine, file, bursts):
    """Lets the guest go on after each of these bursts, once it is in the file."""
    for burst in bursts:
        machine.wait_for_line("burst")
        deadline = time.monotonic() + PATIENCE
        while os.path.getsize(file) < burst * BURST * WRITE_SIZE:
            if time.monotonic() > deadline:
                raise Failure(f"{file} does not grow")
            time.sleep(0.001)
        machine.process.stdin.write("\n")
        machine.process.stdin.flush()


def write_a_million(programs, folder, paced, extra, file):
    """One run with those arguments, which make QEMU write the file, if any. paced:
    the guest waits for the file."""
    bios = f"{folder}/bios"
    with open(bios, "wb") as output:
        output.write(image(say("go"), write_many(FIRST, paced), say("first"),
                           write_many(BURSTS - FIRST, paced), say("done")))
    machine = Machine(f"{programs.qemu}/qemu-system-x86_64",
                      ["-machine", "pc", "-accel", "tcg", "-m", "16", "-bios", bios,
                       "-device", "ipmi-bmc-sim,id=bmc",
                       "-device", "isa-ipmi-kcs,id=kcs,bmc=bmc", *extra], (), folder,
                      stdin=subprocess.PIPE)
    try:
        machine.wait_for_line("go")
        started = time.monotonic()
        if paced:
            follow(machine, file, range(1, FIRST + 1))
        machine.wait_for_line("first")
        before = resident_kib(machine)
        if paced:
            follow(machine, file, range(FIRST + 1, BURSTS + 1))
        machine.wait_for_line("done")
        seconds = time.monotonic() - started
        growth = resident_kib(machine) - before
        machine.command("quit")
        machine.wait_for_end()
        if machine.errors:
            raise Failure(f"unexpected: {machine.story()}")
    finally:
        machine.kill()
    return Run(seconds, growth, os.path.getsize(file) if file else 0)


def check_writes(path):
    """Every write has to be there, once and in order. Returns the number of
    records: the device answers some writes."""
    packets = Capture(path).packets
    written = bytes(packet[-1] for packet in packets
                    if packet[-11:-8] == HOST_WRITES_DATA_IN)
    if written != bytes(count & 0xff for count in range(BURST, 0, -1)) * BURSTS:
        raise Failure(f"{len(written)} writes of {WRITES} in the capture, or not in order")
    return len(packets)


def million(programs, folder):
    """Returns what is wrong."""
    pcap = f"{folder}/capture.pcapng"
    run = write_a_million(programs, folder, True, capture_to(pcap), pcap)
    print(f"{WRITES} writes to a register of isa-ipmi-kcs in bursts, {run.seconds:.1f} s: "
          f"{check_writes(pcap)} events,\n0 lost, memory {run.growth:+} KiB")
    os.unlink(pcap)
    if run.growth > MAX_GROWTH_KIB:
        return [f"QEMU's memory grew by {run.growth} KiB while it captured"]
    return []


def flat_out(programs, folder):
    """Prints the table."""
    pcap, log = f"{folder}/capture.pcapng", f"{folder}/trace.log"
    off = write_a_million(programs, folder, False, [], None)
    captured = write_a_million(programs, folder, False, capture_to(pcap), pcap)
    records = check_writes(pcap)
    os.unlink(pcap)
    traced = write_a_million(programs, folder, False, ["-trace", "ipmi*", "-D", log], log)
    with open(log, "rb") as file:
        lines = sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))

    print(f"As fast as it goes, {records} events, 0 lost")
    print("                         seconds  ns an event     file, MB  bytes an event"
          "  memory, KiB")
    for name, run, events in (("not captured", off, 0),
                              ("ipmi-pcap to a file", captured, records),
                              ("-trace 'ipmi*' -D file", traced, lines)):
        columns = ["", "", ""]
        if events:
            columns = [f"{(run.seconds - off.seconds) / events * 1e9:.0f}",
                       f"{run.size / 1e6:.1f}", f"{run.size / events:.1f}"]
        print("{:24}{:8.2f}{:>13}{:>13}{:>16}{:>+13}".format(
            name, run.seconds, *columns, run.growth))


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--check", action="store_true",
                        help="fewer rounds, and patience with a busy machine")
    parser.add_argument("case", nargs="*", help="round-trips, million")
    arguments = parser.parse_args()
    programs = Programs(arguments.build, arguments.qemu)
    wrong = []
    # Not in /tmp, which may be memory: this is about files on a disk.
    with tempfile.TemporaryDirectory(dir=programs.build) as folder:
        try:
            for case in arguments.case or ("round-trips", "million"):
                if case == "round-trips":
                    wrong += round_trips(programs, folder,
                                         CHECK_TARGET if arguments.check else TARGET)
                elif case == "million":
                    wrong += million(programs, folder)
                    if not arguments.check:
                        flat_out(programs, folder)
                else:
                    parser.error(f"not a case: {case}")
        except Failure as failure:
            sys.exit(f"FAILED: {failure}")
    if wrong:
        sys.exit(f"FAILED: {'; '.join(wrong)}")


if __name__ == "__main__":
    main()
