#!/usr/bin/env python3
"""A capture is good whatever becomes of its file, its reader or the emulator,
and the virtual machine goes on.

Cases:
  kill      the emulator is killed at any moment
  objects   captures begin and end while messages go to and fro
  full      no room for the file: a limit, a full disk
  fifo      nobody reads yet, nobody reads any more, somebody stopped reading
  tcp       tshark comes in time, late, and is killed
  unix      a reader that never reads

In each of them what was written keeps the rules of docs/capture-format.md, the
host gets all its answers in time, and QEMU says at most one line of what is wrong.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import os
import random
import select
import signal
import socket
import struct
import subprocess
import threading
import time

import lab as labs
import reader
from lab import CAPTURE, check, clean
from machines import PATIENCE, ROOT, Failure, Skipped, argument_parser, run_case

BOARD, RESPONDER, INTERFACE = "npcm750-evb", "kcs1", "isa-ipmi-kcs"
MAX_ECHO = 16

# Many more events than a sink may keep, in a moment.
MANY = 4000
# How many packets of a large capture are read at either end.
LOOK = 5000

# How old the last event may be that is in the file of a machine that is killed: a
# hundredth of that, unless something else keeps this machine busy.
FRESH_NS = 10**10


class Traffic:
    """A host that asks its BMC for echoes, so many or without end, until it is told
    to finish; then it stops, to be looked at. By polling it makes ten times the
    events."""

    def __init__(self, lab, where, count=None, interrupts=0, pace_ms=0, extra=(),
                 paused=False, **how):
        self.endless = count is None
        enough = "endless=1" if self.endless else f"count={count}"
        wire = lab.wire()
        self.bmc = lab.bmc(BOARD, RESPONDER, wire)
        self.host = lab.host(
            INTERFACE, f"plan=echo irq={interrupts} {enough} pace={pace_ms} max={MAX_ECHO} "
            "progress=20", wire, [*extra, *labs.objects(where), *["-S"] * paused,
                   "-action", "shutdown=pause"], **how)
        if paused:
            # It has a monitor when everything else is there.
            self.host.command("query-status")

    def progress(self, echoes):
        """Waits for so many."""
        self.host.wait_for_line(rf"^{echoes} echoes sent", PATIENCE)

    def goes_on(self, echoes=200):
        """Waits for some more than so far, in time."""
        self.host.story()
        said = int(self.host.wait_for_line(r"^(\d+) echoes sent", PATIENCE).group(1))
        self.progress(said + echoes)

    def finish(self):
        """Waits for all of them, in time and right."""
        started = time.monotonic()
        if self.endless:
            self.host.command("inject-nmi")
        self.host.wait_for_line(r"^(\d+) of \1 echoes right", PATIENCE)
        return time.monotonic() - started

    def property(self, name):
        return self.host.command("qom-get", path=CAPTURE, property=name)

    def dropped(self):
        return self.property("dropped")

    def wait_for_drops(self):
        deadline = time.monotonic() + PATIENCE
        while not self.dropped():
            check(time.monotonic() < deadline, "nothing was dropped")
            time.sleep(0.01)

    def wait_for_no_more_drops(self):
        """Whatever happens now is captured again."""
        deadline = time.monotonic() + PATIENCE
        before = None
        while before != (before := self.dropped()):
            check(time.monotonic() < deadline, "everything is dropped")
            self.goes_on()

    def wait_until_read(self, drain):
        """The machine is stopped; QEMU does not wait for long for who reads what is
        left when it ends."""
        deadline = time.monotonic() + PATIENCE
        before, calm = None, 0
        while calm < 10:
            check(time.monotonic() < deadline, "there is no end to what is left to be read")
            time.sleep(0.05)
            calm = calm + 1 if before == (
                before := (self.property("records"), len(drain.contents))) else 0

    def end(self, complaints=0, slow_reader=False):
        """In good order. How many lines QEMU may have said of its capture, but for
        the one that a reader may be too slow."""
        self.host.command("quit")
        self.host.wait_for_end()
        self.bmc.kill()
        told = [line for line in self.host.errors
                if not slow_reader or "too slowly" not in line]
        check(len(told) == complaints,
              f"{len(told)} complaints instead of {complaints}:", *self.host.errors)


def check_counts(name, capture, dropped):
    """What the capture says was lost, of all its points, against the
    property."""
    check(capture.complete(), f"{name}: it did not end in good order")
    lost = sum(point.statistics[1] for point in capture.points)
    check(lost == dropped, f"{name}: {lost} dropped by the capture, {dropped} by the property")


class Drain(threading.Thread):
    """Reads a file or socket to its end."""

    def __init__(self, read):
        super().__init__(daemon=True)
        self.read, self.contents = read, bytearray()

    def run(self):
        while True:
            data = self.read(1 << 20)
            if not data:
                return
            self.contents += data

    def finish(self):
        self.join(PATIENCE)
        check(not self.is_alive(), "the capture has no end")
        return bytes(self.contents)


def skim(name, contents, dropped):
    """Of a capture of a million packets, reads those at the beginning, at the
    end and wherever some were dropped, and counts all. Returns how many there
    are."""
    head, packets, gaps, counts, said = [], [], [], 0, 0
    at = 0
    while at < len(contents):
        kind, length = struct.unpack_from("=II", contents, at)
        block = contents[at:at + length]
        at += length
        if kind == reader.PACKET:
            captured, = struct.unpack_from("=I", block, 20)
            # More options than the direction.
            if len(block) > 28 + captured + -captured % 4 + 16:
                gaps.append(len(packets))
            packets.append(block)
        elif kind == reader.STATISTICS:
            options = struct.unpack_from("=HHQHHQ", block, 20)
            check(options[:2] + options[3:5] == (4, 8, 5, 8), f"{name}: statistics {options}")
            counts += options[2]
            said += options[5]
        else:
            head.append(block)
    check(said == dropped, f"{name}: {said} dropped by the capture, {dropped} by the property")
    check(counts == len(packets) + said,
          f"{name}: {counts} events, but {len(packets)} here and {said} dropped")
    count = len(packets)
    look = sorted({*range(LOOK), *gaps, *range(count - LOOK, count)} & {*range(count)})
    part = clean(name, b"".join([*head, *[packets[i] for i in look]]))
    lost = sum(point.dropped for point in part.points)
    check(0 < lost <= said, f"{name}: {lost} dropped before packets, {said} in all")
    return count


# --- The cases ---------------------------------------------------------------

def wait_for_content(path):
    """Until more is in a file than how it begins."""
    deadline = time.monotonic() + PATIENCE
    while not os.path.exists(path) or os.path.getsize(path) < 4096:
        check(time.monotonic() < deadline, f"there is nothing in {path}")
        time.sleep(0.01)


def kill(lab):
    seed = random.randrange(1 << 32)
    moments = random.Random(seed)
    print(f"seed {seed}", flush=True)
    for i in range(6):
        name = f"killed-{i}.pcapng"
        traffic = Traffic(lab, f"file={lab.path(name)}", 600, interrupts=1)
        traffic.progress(moments.choice((20, 60, 100)))
        wait_for_content(lab.path(name))
        time.sleep(moments.uniform(0, 0.05))
        killed = time.time_ns()
        traffic.host.kill()
        capture = lab.read(name)
        age = killed - capture.packets[-1].time_ns
        check(age < FRESH_NS, f"the last event is {age / 10**9:.3f} s old")
        # The BMC does not mind.
        traffic.bmc.command("query-status")
        traffic.bmc.kill()
        print(f"{len(capture.packets)} packets, the last {age / 10**6:.1f} ms old"
              f"{', cut off' * capture.cut_off}", flush=True)


def objects(lab):
    """One after the other, and a second that is only at one point."""
    traffic = Traffic(lab, "file=" + lab.path("first.pcapng"), interrupts=1, pace_ms=5)
    host = traffic.host
    traffic.progress(20)
    host.command("object-del", id="capture")
    counts = []
    for i in range(8):
        name, single = f"object-{i}.pcapng", f"single-{i}.pcapng"
        host.command("object-add", id="capture", file=lab.path(name),
                     **{"qom-type": "ipmi-pcap"})
        host.command("object-add", id="single", file=lab.path(single),
                     device="/machine/peripheral/bmc", **{"qom-type": "ipmi-pcap"})
        traffic.goes_on(40)
        dropped = traffic.dropped()
        host.command("object-del", id="single")
        host.command("object-del", id="capture")
        capture = lab.read(name)
        check_counts(name, capture, dropped)
        check(capture.packets, f"{name}: nothing in it")
        frames = {packet.content: packet.time_ns for packet in capture.packets
                  if isinstance(packet, reader.Frame)}
        only = lab.read(single)
        check([point.name for point in only.points] == ["/machine/peripheral/bmc"],
              "points:", *[point.name for point in only.points])
        check(all(isinstance(packet, reader.Frame) and frames.get(packet.content)
                  for packet in only.packets), f"{single}: other frames than in {name}")
        counts.append(len(capture.packets))
    first = lab.read("first.pcapng")
    check(first.complete(), "the first did not end in good order")
    traffic.goes_on()
    traffic.end()
    print(f"{len(first.packets)}, then {counts} packets", flush=True)


# Programs in the place of the emulator; it is the first argument.
LIMITED = """#!/bin/sh
# A write beyond the limit is an error, not a signal.
trap '' XFSZ
exec prlimit --fsize={limit} "{emulator}" "$@"
"""
SMALL_DISK = """#!/bin/sh
exec unshare --user --map-root-user --mount sh -c '
    mount -t tmpfs -o size={limit} tmpfs "{folder}" && exec "$0" "$@"' "{emulator}" "$@"
"""
FULL_AT = 256 * 1024


def wrapper(lab, name, text, **values):
    path = lab.path(name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.format(emulator=f"{lab.programs.qemu}/qemu-system-x86_64",
                               limit=FULL_AT, **values))
    os.chmod(path, 0o755)
    return path


def full(lab):
    # A limit for the size of a file.
    traffic = Traffic(lab, f"file={lab.path('limited.pcapng')}", MANY,
                      program=wrapper(lab, "limited", LIMITED))
    seconds = traffic.finish()
    traffic.wait_for_drops()
    traffic.end(complaints=1)
    capture = lab.read("limited.pcapng")
    check(capture.packets, "nothing was written")
    print(f"limit: {len(capture.packets)} packets, {seconds:.1f} s; {traffic.host.errors[0]}",
          flush=True)

    # A device that is always full.
    traffic = Traffic(lab, "file=/dev/full", MANY)
    seconds = traffic.finish()
    traffic.wait_for_drops()
    traffic.end(complaints=1)
    print(f"/dev/full: {seconds:.1f} s; {traffic.host.errors[0]}", flush=True)

    # A disk: the emulator is in a namespace of its own, where it is mounted.
    probe = subprocess.run(["unshare", "--user", "--map-root-user", "--mount",
                            "mount", "-t", "tmpfs", "tmpfs", lab.folder],
                           capture_output=True, text=True, check=False)
    if probe.returncode:
        raise Skipped(f"a full disk, for which a tmpfs is needed: {probe.stderr.strip()}")
    disk = lab.path("disk")
    os.mkdir(disk)
    traffic = Traffic(lab, f"file={disk}/full.pcapng", MANY,
                      program=wrapper(lab, "small-disk", SMALL_DISK, folder=disk))
    seconds = traffic.finish()
    traffic.wait_for_drops()
    with open(f"/proc/{traffic.host.process.pid}/root{disk}/full.pcapng", "rb") as file:
        capture = clean("full.pcapng", file.read())
    check(capture.packets, "nothing was written")
    traffic.end(complaints=1)
    print(f"tmpfs: {len(capture.packets)} packets, {seconds:.1f} s; {traffic.host.errors[0]}",
          flush=True)


def opened(path):
    """The FIFO, to be read, as soon as QEMU has opened it too."""
    file = open(path, "rb", buffering=0, opener=lambda name, flags: os.open(
        name, flags | os.O_NONBLOCK))
    poll = select.poll()
    poll.register(file, select.POLLIN)
    check(poll.poll(PATIENCE * 1000), "nobody writes to the FIFO")
    os.set_blocking(file.fileno(), True)
    return file


def fifo(lab):
    path = lab.path("fifo")
    os.mkfifo(path)

    # Nobody reads until most is over: what nobody could have read is not lost.
    traffic = Traffic(lab, f"file={path}", interrupts=1)
    traffic.progress(MANY)
    before = time.time_ns()
    with opened(path) as file:
        drain = Drain(file.read)
        drain.start()
        traffic.goes_on()
        traffic.finish()
        check(traffic.dropped() == 0, "dropped without a reader")
        traffic.wait_until_read(drain)
        traffic.end()
        capture = clean("late", drain.finish())
    check_counts("late", capture, 0)
    check(capture.packets[0].time_ns > before, "older than the reader")
    print(f"late: {len(capture.packets)} packets", flush=True)

    # Nobody reads any more.
    traffic = Traffic(lab, f"file={path}", MANY, paused=True)
    with opened(path) as file:
        traffic.host.command("cont")
        contents = read_some(file, 65536)
    check(clean("gone", contents).packets, "nothing before the reader went")
    seconds = traffic.finish()
    traffic.end(complaints=1)
    print(f"gone: {seconds:.1f} s; {traffic.host.errors[0]}", flush=True)

    # Somebody has stopped reading, and goes on.
    traffic = Traffic(lab, f"file={path}", paused=True)
    with opened(path) as file:
        stuck(traffic, "stuck", Drain(file.read))


def stuck(traffic, name, drain):
    """Nobody reads for a while, then somebody does, who finds the gap."""
    traffic.host.command("cont")
    started = time.monotonic()
    traffic.wait_for_drops()
    traffic.goes_on()
    drain.start()
    traffic.wait_for_no_more_drops()
    traffic.host.command("stop")
    dropped = traffic.dropped()
    traffic.wait_until_read(drain)
    traffic.end(complaints=1)
    count = skim(name, drain.finish(), dropped)
    print(f"{name}: {count} packets, {dropped} dropped, {time.monotonic() - started:.1f} s; "
          f"{traffic.host.errors[0]}", flush=True)


def read_some(file, count):
    """At least so many bytes."""
    contents = b""
    while len(contents) < count:
        data = file.read(4096)
        check(data, "the capture ends early")
        contents += data
    return contents


class Tshark:
    """Reads from a TCP port and writes what it reads."""

    def __init__(self, lab, port):
        self.output = lab.path(f"tshark-{os.urandom(4).hex()}")
        self.errors = f"{self.output}.log"
        with open(self.output, "wb") as file, open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(
                [os.path.join(ROOT, "tests", "run-tshark"), "-F", "pcapng", "-w", "-",
                 "-i", f"TCP@127.0.0.1:{port}"],
                env=dict(os.environ, WIRESHARK_PLUGIN_DIR="/nonexistent"),
                stdin=subprocess.DEVNULL, stdout=file, stderr=errors,
                start_new_session=True)
        lab.stack.callback(self.kill)

    def wait(self, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            check(self.process.poll() is None, "tshark ended:", self.said())
            check(time.monotonic() < deadline, "nothing came to tshark:", self.said())
            time.sleep(0.02)

    def wait_for(self, words):
        self.wait(lambda: words in self.said())

    def wait_for_packets(self):
        self.wait(lambda: os.path.getsize(self.output) > 4096)

    def said(self):
        with open(self.errors, encoding="utf-8", errors="replace") as file:
            return file.read()

    def finish(self):
        """It ends with the capture."""
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failure("tshark does not see the end of the capture") from None
        return self.capture()

    def capture(self):
        with open(self.output, "rb") as file:
            return clean("tshark", file.read(), merged=True)

    def kill(self):
        """With its dumpcap, which would go on."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def tcp(lab):
    wire = lab.wire("tcp", "host")
    port = wire.listening.getsockname()[1]
    chardev, descriptors = wire.chardev("host", "reader")

    traffic = Traffic(lab, "chardev=reader", interrupts=1, extra=["-chardev", chardev],
                      descriptors=descriptors, paused=True)
    live = Tshark(lab, port)
    live.wait_for("Capture started")
    traffic.host.command("cont")
    live.wait_for_packets()
    traffic.goes_on()
    # Killed in the middle; another one comes.
    killed = time.time_ns()
    live.kill()
    first = live.capture()
    traffic.goes_on()
    late = Tshark(lab, port)
    late.wait_for_packets()
    traffic.goes_on()
    traffic.end(complaints=1, slow_reader=True)
    second = late.finish()
    check(isinstance(first.packets[0], (reader.Record, reader.Connection)) and
          first.points[0].packets, "the first tshark did not get the beginning")
    check(second.packets[0].time_ns > killed, "the second tshark got what was before it came")
    for capture in first, second:
        lost = sum(point.dropped for point in capture.points)
        print(f"{len(capture.packets)} packets, {lost} dropped", flush=True)
    print(traffic.host.errors[0], flush=True)


def unix(lab):
    path = lab.path("reader.sock")
    traffic = Traffic(lab, "chardev=reader", paused=True, extra=[
        "-chardev", f"socket,id=reader,path={path},server=on,wait=off"])
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        stuck(traffic, "unix", Drain(connection.recv))


CASES = {case.__name__: (lambda lab, _, case=case: case(lab))
         for case in (kill, objects, full, fifo, tcp, unix)}

if __name__ == "__main__":
    run_case(argument_parser(__doc__), CASES, labs.Lab)
