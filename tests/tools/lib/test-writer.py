#!/usr/bin/env python3
# test-writer.py
# Tests what the capture writer leaves in files, FIFOs and pipes, whatever
# becomes of them.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""usage: test-writer.py WRITE-CAPTURE [CASE...]

readers stands for the cases about readers, others for the rest.

Every file is read by tests/capture/reader.py, which knows the rules of
docs/capture-format.md. Frames are numbered, so it is seen from each what was
lost before it, and that is what epb_dropcount has to say.

Environment: TSHARK, WIRESHARK_PLUGIN_DIR
"""

import fcntl
import glob
import os
import pathlib
import random
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tests" / "capture"), str(ROOT / "tests" / "samples")]

import reader  # noqa: E402
import tshark  # noqa: E402

# Seconds after which something will not happen any more.
PATIENCE = 60

# Frames of a length, in blocks of another one, and more of them than the writer
# keeps.
LENGTH, BLOCK_LENGTH = 100, 164
KEPT = 8 * 1024 * 1024 // BLOCK_LENGTH
MANY = 80000

UPPER_PDU, HPM_2 = 252, 260
EXTERN, KCS, BT, TRACE = 1, 2, 3, 4
NEITHER, TO_HOST, TO_BMC = 0, 1, 2

# Read at once.
PIECE = 65536

# More bytes than the block of a frame of that length has.
LONGEST_BLOCK = 1000

SOME_TIME = 1795390604994000000     # ns


class Failure(Exception):
    """What a test found."""


def check(holds, words):
    """Raises Failure."""
    if not holds:
        raise Failure(words)


class Writer:
    """write-capture, told what to do line by line."""

    program = None

    def __init__(self, path, *options, **how):
        self.process = subprocess.Popen([self.program, *options, str(path)],
                                        stdin=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, bufsize=1, **how)
        self.expect("ready")
        self.closed = False

    def expect(self, word):
        """What follows a word of an answer."""
        line = self.process.stderr.readline().rstrip("\n")
        check(line.startswith(word), f"'{line}' instead of '{word}'")
        return line[len(word):].strip()

    def tell(self, *words):
        """Gives an order and returns the answer."""
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        return self.expect({"close": "closed"}.get(words[0], words[0]))

    def point(self, *words):
        return int(self.tell("point", *words))

    def put(self, point, count, length=LENGTH):
        """Returns how many seconds it took."""
        return int(self.tell("put", point, count, length)) / 1e9

    def packet(self, point, kind, direction, data, time_ns=SOME_TIME, connection=0, original=0,
               lost=0):
        self.tell("packet", point, kind, direction, connection, time_ns, original, lost,
                  data.hex())

    def state(self):
        """(written, lost, reader gone, trouble)"""
        written, lost, gone, trouble = (self.tell("state") + " ").split(" ", 3)
        return int(written), int(lost), gone == "1", trouble.strip()

    def wait(self, what, holds):
        """Waits for a state."""
        deadline = time.monotonic() + PATIENCE
        while not holds(*self.state()):
            check(time.monotonic() < deadline, f"no '{what}' but {self.state()}")
            time.sleep(0.01)

    def wait_for_written(self, count):
        self.wait(f"{count} written", lambda written, *_: written >= count)

    def close(self):
        """What it says, "" if all is well."""
        answer = self.tell("close")
        check(self.process.wait(PATIENCE) == 0, "it did not end well")
        return answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stderr.close()


def good(data, name):
    """The capture in these bytes, which breaks no rule."""
    capture = reader.read(data)
    check(not capture.faults, f"{name}: {capture.faults[:3]}")
    check(not capture.remarks, f"{name}: {capture.remarks[:3]}")
    return capture


def load(path):
    with open(path, "rb") as file:
        return good(file.read(), path)


def serial(packet):
    return int(packet.content[:8])


def check_serials(packets, first=0):
    """Every gap is where the capture says that it lost so many. Returns the number
    that comes next."""
    for packet in packets:
        check(serial(packet) == first + packet.dropped,
              f"frame {serial(packet)} after {first - 1} and {packet.dropped} lost")
        first = serial(packet) + 1
    return first


# --- What is written --------------------------------------------------------------


def test_blocks(directory):
    """Each kind of packet, and its options, as the example in the document."""
    path = directory / "blocks.pcapng"
    kcs = bytes.fromhex("010205010000040000000001")
    with Writer(path) as writer:
        bmc = writer.point("/machine/peripheral/bmc", "ipmi-bmc-extern:")
        check(bmc == 0, f"point {bmc}")
        writer.packet(bmc, EXTERN, NEITHER, b"", connection=1)
        writer.packet(bmc, EXTERN, TO_HOST, b"\x01\xa1", time_ns=1795390604994305312)
        registers = writer.point("/machine/peripheral/kcs")
        check(registers == 1, f"point {registers}")
        check(writer.point("/machine/peripheral/kcs") == registers, "the same point again")
        writer.packet(registers, KCS, TO_HOST, kcs, time_ns=1795390604994314548)
        writer.packet(bmc, EXTERN, TO_BMC, b"\x00\x18\x01", time_ns=1795390604994315000,
                      original=9000, lost=3)
        ibt = writer.point("bt", "BT")
        writer.packet(ibt, BT, TO_BMC, bytes.fromhex("010102020100000000000005"))
        writer.packet(bmc, EXTERN, NEITHER, b"", time_ns=1795390604994316000, connection=2)
        check(writer.close() == "", "it did not close well")
    capture = load(path)
    check(capture.complete(), "it did not end in good order")
    program = os.path.basename(Writer.program)
    check(capture.application.startswith(f"{program} "), f"by {capture.application}")
    check([point.name for point in capture.points]
          == ["/machine/peripheral/bmc", "/machine/peripheral/kcs", "bt"], "other points")
    check(capture.points[0].description == "ipmi-bmc-extern:", capture.points[0].description)
    check(not capture.points[1].description, "a description")
    said = [(type(packet).__name__, packet.time_ns, packet.direction, packet.dropped,
             packet.missing, packet.comment) for packet in capture.packets]
    check(said == [
        ("Connection", SOME_TIME, 0, 0, 0, "connected"),
        ("Frame", 1795390604994305312, 1, 0, 0, None),
        ("Record", 1795390604994314548, 1, 0, 0, None),
        ("Frame", 1795390604994315000, 2, 3, 8997, None),
        ("Record", SOME_TIME, 2, 0, 0, None),
        ("Connection", 1795390604994316000, 0, 0, 0, "disconnected"),
    ], f"{said}")
    check(capture.points[0].statistics == (7, 3), f"{capture.points[0].statistics}")


def test_document(directory):
    """The blocks that docs/capture-format.md has byte by byte."""
    example = bytearray()
    document = (ROOT / "docs" / "capture-format.md").read_text(encoding="utf-8")
    for line in document.split("## A file, byte by byte")[1].splitlines():
        offset, _, rest = line.partition("  ")
        if rest and len(offset) == 4 and all(digit in "0123456789abcdef" for digit in offset):
            example += bytes.fromhex(rest[:36].split("  ")[0])
    capture = good(bytes(example), "the document")
    path = directory / "document.pcapng"
    with Writer(path) as writer:
        for point in capture.points:
            # The words have spaces; their bytes are compared below.
            writer.point(point.name, point.description.replace(" ", "_"))
        for packet in capture.packets:
            number = capture.points.index(packet.point)
            kind = KCS if isinstance(packet, reader.Record) else EXTERN
            connection = {"connected": 1, "disconnected": 2}.get(packet.comment, 0)
            writer.packet(number, kind, packet.direction, packet.content, packet.time_ns,
                          connection)
        writer.close()
    written = path.read_bytes()
    # What is before has the name of the program, what follows the time of the end.
    expected = bytes(example[0x30:0x280])
    start = int.from_bytes(written[4:8], sys.byteorder)
    here = written[start:start + len(expected)]
    check(here.replace(b"_", b" ") == expected.replace(b"_", b" "), "the bytes are others")


def test_trace(directory):
    """HPM.2 has a link type of its own and no tags."""
    path = directory / "trace.pcapng"
    with Writer(path, f"--linktype={HPM_2}") as writer:
        writer.point("bus")
        writer.packet(0, TRACE, NEITHER, b"\x01\x02\x03\x04\x05")
        check(writer.close() == "", "it did not close well")
    data = path.read_bytes()
    at = int.from_bytes(data[4:8], sys.byteorder)
    check(int.from_bytes(data[at + 8:at + 10], sys.byteorder) == HPM_2, "another link type")
    at += int.from_bytes(data[at + 4:at + 8], sys.byteorder)
    check(data[at + 28:at + 36] == b"\x01\x02\x03\x04\x05\0\0\0", "other bytes")


def test_names(directory):
    """Names that are no UTF-8, or very long."""
    path = directory / "names.pcapng"
    with Writer(path, encoding="latin-1") as writer:
        writer.point("gr\xfcn")
        writer.point("long" * 5000, "too" * 5000)
        writer.close()
    capture = load(path)
    check(capture.points[0].name == "gr\ufffdn", capture.points[0].name)
    check(capture.points[1].name == "long" * 5000, "the long name")


def test_tshark(directory):
    """Wireshark sees what was put, and nothing else."""
    path = directory / "tshark.pcapng"
    with Writer(path) as writer:
        writer.point("web1", "tap")
        writer.packet(0, EXTERN, TO_BMC, bytes.fromhex("001801e7a0"), lost=2)
        writer.packet(0, EXTERN, TO_HOST, bytes.fromhex("001c0100e3a0"))
        writer.close()
    os.chmod(path, 0o644)
    rows = tshark.run("-r", str(path), "-T", "fields", "-e", "frame.interface_name",
                      "-e", "ipmi_extern.dropped",
                      "-e", "_ws.col.Info").decode().splitlines()
    rows = [row.split("\t") for row in rows]
    check([row[:2] for row in rows] == [["web1", "2"], ["web1", ""]], f"{rows}")
    check(all("Get Device ID" in row[2] for row in rows), f"{rows}")


def test_errors(directory):
    """What cannot be opened is said."""
    os.mkfifo(directory / "fifo")
    for path, options, words in (
            (directory / "none" / "file", [], "No such file or directory"),
            (directory, [], "directory"),
            (directory / "fifo", ["--file-size=1000"], "no regular file"),
            ("-", ["--file-size=1000"], "there cannot be several"),
    ):
        result = subprocess.run([Writer.program, *options, path], capture_output=True, text=True,
                                stdin=subprocess.DEVNULL, check=False)
        check(result.returncode == 3 and words in result.stderr, f"{path}: {result}")
    master, slave = os.openpty()
    result = subprocess.run([Writer.program, "-"], stdout=slave, stderr=subprocess.PIPE,
                            text=True, stdin=subprocess.DEVNULL, check=False)
    check(result.returncode == 3 and "terminal" in result.stderr, f"a terminal: {result}")
    os.close(master)
    os.close(slave)


def test_wait(directory):
    """With more than there is room for, nothing is lost if it may wait."""
    path = directory / "wait.pcapng"
    with Writer(path, "--wait") as writer:
        writer.point("link")
        writer.put(0, MANY)
        check(writer.close() == "", "it did not close well")
    packets = load(path).packets
    check(check_serials(packets) == len(packets) == MANY, f"{len(packets)} packets")


def test_wait_for_reader(directory):
    """If it may wait, it ends when a reader has come and read all; not if it goes."""
    path = directory / "fifo"
    os.mkfifo(path)
    for patient in True, False:
        with Writer(path, "--wait") as writer:
            writer.point("link")
            writer.put(0, 1000)
            writer.process.stdin.write(f"put 0 {MANY} {LENGTH}\nclose\n")
            fifo = Fifo(path)
            fifo.read_frame(MANY // 2)
            if patient:
                fifo.read_all()
            fifo.close()
            writer.expect("put")
            answer = writer.expect("closed")
        if patient:
            check(answer == "", answer)
            check(check_serials(fifo.capture().packets) == MANY + 1000, "not all of them")
        else:
            check("packets are lost: nobody reads it" in answer, answer)


# --- Several files ------------------------------------------------------------------


def files_of(directory):
    return sorted(glob.glob(f"{directory}/ring_*.pcapng"))


def test_ring_by_size(directory):
    """The latest files are kept, each of them whole."""
    size, keep = 50000, 4
    with Writer(directory / "ring.pcapng", f"--file-size={size}", f"--files={keep}",
                "--wait") as writer:
        writer.point("a", "one")
        writer.put(0, 3000)
        writer.wait_for_written(3000)
        writer.point("b", "two")
        writer.put(0, 1000)
        check(writer.close() == "", "it did not close well")
    files = files_of(directory)
    check(len(files) == keep, f"{files}")
    numbers = [int(path.split("_")[-2]) for path in files]
    check(numbers == list(range(numbers[0], numbers[0] + keep)) and numbers[0] > 1, f"{files}")
    following = None
    for path in files:
        check(os.path.getsize(path) <= size, f"{path} has {os.path.getsize(path)} bytes")
        capture = load(path)
        check(capture.complete(), f"{path} did not end in good order")
        following = check_serials(capture.packets, following or serial(capture.packets[0]))
    check(following == 4000, f"it ends with {following - 1}")
    check([point.name for point in capture.points] == ["a", "b"], "points in the last file")


def test_all_kept(directory):
    """Without a number of files none goes; a packet larger than a file has its own."""
    with Writer(directory / "ring.pcapng", "--file-size=2000", "--wait") as writer:
        writer.point("a")
        writer.put(0, 30)
        writer.put(0, 3, 20000)
        check(writer.close() == "", "it did not close well")
    following = 0
    for path in files_of(directory):
        following = check_serials(load(path).packets, following)
    check(following == 33, f"{following} of them")


def test_ring_names(directory):
    """The number and the time are before the last dot of the last part, if it has one."""
    folder = directory / "with.dot"
    folder.mkdir()
    for name, pattern in (("plain", r"plain_00001_\d{14}"), (".dot", r"\.dot_00001_\d{14}"),
                          ("a.b.pcapng", r"a\.b_00001_\d{14}\.pcapng")):
        with Writer(folder / name, "--file-size=2000") as writer:
            check(writer.close() == "", "it did not close well")
        names = [path.name for path in folder.iterdir()]
        check(len(names) == 1 and re.fullmatch(pattern, names[0]), f"{names} for {name}")
        (folder / names[0]).unlink()


def test_ring_by_time(directory):
    """The next file comes when the time has, also if no packet does; but no file is
    empty, but for the latest."""
    with Writer(directory / "ring.pcapng", f"--file-time={10**8}") as writer:
        writer.point("a")
        for number in range(1, 4):
            # Of several the last ones may be too late for the file.
            writer.put(0, 1)
            deadline = time.monotonic() + PATIENCE
            while len(files_of(directory)) <= number:
                check(time.monotonic() < deadline, f"{files_of(directory)}")
                time.sleep(0.01)
            capture = load(files_of(directory)[-2])
            check(capture.complete() and len(capture.packets) == 1, "the one before is whole")
        # Several times the time of a file: that nothing comes cannot be waited for.
        time.sleep(0.4)
        check(len(files_of(directory)) == 4, f"{files_of(directory)}")
        check(writer.close() == "", "it did not close well")
    check(not load(files_of(directory)[-1]).packets, "the last one is not empty")


# --- Readers --------------------------------------------------------------------------


class Fifo:
    """A reader of a FIFO, or of a pipe."""

    def __init__(self, where):
        self.fd = where if isinstance(where, int) else os.open(where, os.O_RDONLY | os.O_NONBLOCK)
        self.data = bytearray()

    def read(self, enough):
        """Reads until enough() says so of the bytes, or the end."""
        deadline = time.monotonic() + PATIENCE
        while not enough(self.data):
            left = max(0, deadline - time.monotonic())
            ready, _, _ = select.select([self.fd], [], [], left)
            check(ready, f"nothing more after {len(self.data)} bytes")
            more = os.read(self.fd, PIECE)
            if not more:
                # Nobody writes: not yet, where nobody has.
                if self.data:
                    break
                time.sleep(0.01)
            else:
                self.data += more
                deadline = time.monotonic() + PATIENCE
        return self

    def read_frame(self, number):
        """Reads to the end of the block of a frame that has not been read yet."""
        def there(data):
            # Looked for first, since to read all of it again takes long.
            return (b"%08d" % number in data[-PIECE - LONGEST_BLOCK:]
                    and any(serial(packet) == number for packet in self.capture().packets))

        return self.read(there)

    def read_all(self):
        return self.read(lambda data: False)

    def capture(self):
        return good(bytes(self.data), "the FIFO")

    def close(self):
        os.close(self.fd)


def test_fifo(directory):
    """A reader comes late, goes, and another one comes: each gets a whole capture."""
    path = directory / "fifo"
    os.mkfifo(path)
    with Writer(path) as writer:
        check("nobody reads" in writer.state()[3], f"{writer.state()}")
        first = Fifo(path)
        first.read(lambda data: data)
        check(not first.capture().points, "the header comes at once")
        writer.point("link")
        writer.put(0, 10)
        first.read_frame(9)
        check(writer.state()[2:] == (False, ""), f"{writer.state()}")
        check(check_serials(first.capture().packets) == 10, "10 frames")
        first.close()
        # It is noticed without a packet.
        writer.wait("reader gone", lambda written, lost, gone, trouble:
                    gone and "nobody reads" in trouble)
        writer.put(0, 10)
        second = Fifo(path)
        second.read_frame(19)
        check(check_serials(second.capture().packets, 10) == 20, "frames meanwhile")
        writer.put(0, 10)
        writer.point("another")
        check(writer.close() == "", "it did not close well")
        second.read_all()
        check(check_serials(second.capture().packets, 10) == 30, "frames after it")
        check(second.capture().complete(), "it did not end in good order")
        second.close()


def put_until_there_is_room(writer, number, fifo):
    """Reads, and puts frames from that number on until one is not lost, which it
    waits for. Returns the number after it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        lost = writer.state()[1]
        writer.put(0, 1)
        number += 1
        if writer.state()[1] == lost:
            fifo.read_frame(number - 1)
            return number
        check(time.monotonic() < deadline, "there never is room")
        fifo.read(lambda data, had=len(fifo.data): len(data) > had)


def close_without_reader(path, packets, comes):
    """What it says when it is closed, how many seconds that took, and what a
    reader got that came meanwhile, if any did."""
    with Writer(path) as writer:
        writer.point("link")
        writer.put(0, packets)
        began = time.monotonic()
        writer.process.stdin.write("close\n")
        capture = None
        if comes:
            # That it waits already is not to be seen.
            time.sleep(0.3)
            fifo = Fifo(path)
            ready, _, _ = select.select([fifo.fd, writer.process.stderr], [], [], PATIENCE)
            if fifo.fd in ready:
                capture = fifo.read_all().capture()
            fifo.close()
        answer = writer.expect("closed")
        return answer, time.monotonic() - began, capture


def test_fifo_at_the_end(directory):
    """The first reader comes when all is over: it gets all, in good order; not if
    there was nothing, or it never comes."""
    path = directory / "fifo"
    os.mkfifo(path)
    # What has to be done within two seconds takes longer on a busy machine.
    tries = 20
    for _ in range(tries):
        answer, _, capture = close_without_reader(path, 1000, True)
        if answer == "":
            break
    check(capture and capture.complete() and answer == "", f"not in good order: {answer}")
    check(check_serials(capture.packets) == 1000, "not all of them")
    answer, took, _ = close_without_reader(path, 1000, False)
    check("lost" in answer and took > 1.9, f"after {took} s: {answer}")
    for _ in range(tries):
        answer, took, _ = close_without_reader(path, 0, False)
        check(answer == "", answer)
        if took < 1.9:
            return
    check(False, "it waited for a reader, for nothing")


def test_fifo_too_late(directory):
    """What is kept for a reader is the latest, and the capture says what is not."""
    path = directory / "fifo"
    os.mkfifo(path)
    with Writer(path) as writer:
        writer.point("link")
        # Much less than there is room for, once the oldest ones have gone.
        for number in range(20):
            writer.put(0, MANY // 10)
            writer.wait("few", lambda written, lost, *_, before=number:
                        lost > (before - 5) * MANY // 10)
        late = Fifo(path)
        late.read(lambda data: data)
        number = put_until_there_is_room(writer, 2 * MANY, late)
        answer = writer.close()
        check("packets are lost: nobody reads it" in answer, answer)
        late.read_all()
        packets = late.capture().packets
        check(packets[0].dropped > 0, "nothing was lost")
        check(check_serials(packets) == number, "the latest is not there")
        check(len(packets) > MANY // 10, "almost nothing was kept")
        late.close()


def test_fifo_slow(directory):
    """A reader that stops reading holds nothing up; what it loses is counted."""
    path = directory / "fifo"
    os.mkfifo(path)
    with Writer(path) as writer:
        slow = Fifo(path)
        slow.read(lambda data: data)
        writer.point("link")
        took = writer.put(0, 3 * MANY)
        check(took < PATIENCE / 2, f"it took {took} s")
        check(writer.state()[1] > MANY, f"{writer.state()}")
        number = put_until_there_is_room(writer, 3 * MANY, slow)
        lost = writer.state()[1]
        answer = writer.close()
        check(f"{lost} of " in answer and "faster" in answer, answer)
        slow.read_all()
        packets = slow.capture().packets
        check(check_serials(packets) == number, "the latest is not there")
        check(sum(packet.dropped for packet in packets) == lost, "it does not say so")
        slow.close()


def test_fifo_room(directory):
    """Whoever waits for room loses nothing."""
    path = directory / "fifo"
    os.mkfifo(path)
    with Writer(path) as writer:
        slow = Fifo(path)
        slow.read(lambda data: data)
        writer.point("link")
        number = 0
        while writer.tell("room") == "yes":
            writer.put(0, 1000)
            number += 1000
        check(KEPT // 2 < number < KEPT // 2 + 5000, f"{number} is half of it")
        deadline = time.monotonic() + PATIENCE
        while writer.tell("room") == "no":
            slow.read(lambda data, had=len(slow.data): len(data) > had)
            check(time.monotonic() < deadline, "there never is room")
        slow.read_frame(number - 1)
        check(writer.close() == "", "something was lost")
        slow.read_all()
        check(check_serials(slow.capture().packets) == number, "not all of them")
        slow.close()


def test_fifo_changes(directory):
    """Readers that go in the middle of a block: the next one begins with the first
    packet of which that one cannot have got all, but for what was in the FIFO."""
    path = directory / "fifo"
    os.mkfifo(path)
    random.seed(2)
    with Writer(path) as writer:
        writer.point("link")
        following = 0
        for count in range(1, 13):
            writer.put(0, 2000)
            each = Fifo(path)
            # As much as a pipe has, so that it is full when the reader goes.
            enough = random.randrange(1, 200000)
            each.read(lambda data, enough=enough: len(data) >= enough)
            each.close()
            writer.wait("reader gone", lambda written, lost, gone, trouble: gone)
            packets = each.capture().packets
            if packets:
                first = serial(packets[0])
                check(first >= following, f"frame {first} after {following - 1}")
                following = check_serials(packets, first - packets[0].dropped)
            check(following <= 2000 * count, f"{following} of {2000 * count}")
        check(following > 4000, f"only {following}")
        writer.close()


def test_fifo_stuck(directory):
    """A reader that never reads holds up the end for two seconds only."""
    path = directory / "fifo"
    os.mkfifo(path)
    with Writer(path) as writer:
        stuck = Fifo(path)
        stuck.read(lambda data: data)
        writer.point("link")
        writer.put(0, MANY // 4)
        began = time.monotonic()
        answer = writer.close()
        took = time.monotonic() - began
        check(1.9 < took < PATIENCE / 2, f"it took {took} s")
        check(f"of {MANY // 4} packets are lost" in answer, answer)
        stuck.read_all()
        capture = stuck.capture()
        check(check_serials(capture.packets) > 0 and not capture.complete(), "what there is")
        stuck.close()


def test_fifo_steady(directory):
    """A reader that takes longer than that, but does not stop, gets all."""
    path = directory / "fifo"
    os.mkfifo(path)
    # This machine may be busy for longer than the writer waits.
    for _ in range(10):
        with Writer(path) as writer:
            steady = Fifo(path)
            steady.read(lambda data: data)
            writer.point("link")
            writer.put(0, MANY // 4)
            began = time.monotonic()
            writer.process.stdin.write("close\n")
            os.set_blocking(steady.fd, True)
            while more := os.read(steady.fd, PIECE):
                steady.data += more
                time.sleep(0.06)
            steady.close()
            took = time.monotonic() - began
            answer = writer.expect("closed")
        check(took > 2, f"it took {took} s only")
        if not answer:
            break
    check(answer == "", answer)
    check(check_serials(steady.capture().packets) == MANY // 4, "not all of them")


def pipe():
    """Its two ends."""
    return os.pipe()


def stream_socket():
    """Its two ends."""
    return tuple(end.detach() for end in socket.socketpair())


def test_pipe(directory):
    """The standard output: a program that reads, and goes."""
    del directory
    for make in pipe, stream_socket:
        reading, writing = make()
        with Writer("-", stdout=writing) as writer:
            os.close(writing)
            check(not fcntl.fcntl(reading, fcntl.F_GETFL) & os.O_NONBLOCK, "made nonblocking")
            there = Fifo(reading)
            writer.point("link")
            writer.put(0, 5000)
            there.read_frame(4999)
            there.close()
            writer.wait("reader gone", lambda written, lost, gone, trouble:
                        gone and "standard output: nobody reads" in trouble)
            writer.put(0, 10)
            answer = writer.close()
            check("the standard output: 10 of 5010 packets are lost" in answer, answer)
        check(check_serials(there.capture().packets) == 5000, "frames")


def test_pipe_to_the_end(directory):
    """The standard output: all of it arrives, also in a file, after what is there."""
    reading, writing = os.pipe()
    with Writer("-", stdout=writing) as writer:
        os.close(writing)
        pipe = Fifo(reading)
        writer.point("link")
        writer.put(0, 100)
        check(writer.close() == "", "it did not close well")
        pipe.read_all()
        check(pipe.capture().complete() and check_serials(pipe.capture().packets) == 100, "frames")
        pipe.close()
    path = directory / "output.pcapng"
    with open(path, "wb") as file:
        with Writer("-", stdout=file) as writer:
            writer.point("link")
            writer.put(0, 100)
            check(writer.close() == "", "it did not close well")
    check(check_serials(load(path).packets) == 100, "frames in a file")


# --- Trouble ----------------------------------------------------------------------------


def test_full_device(directory):
    """A device that is always full: nothing is held up."""
    del directory
    if not os.path.exists("/dev/full"):
        print("SKIPPED: full_device needs /dev/full")
        return
    with Writer("/dev/full") as writer:
        writer.point("link")
        writer.wait("full", lambda *state: "No space left on device" in state[3])
        took = writer.put(0, 2 * MANY)
        check(took < PATIENCE / 2, f"it took {took} s")
        answer = writer.close()
        check(f"{2 * MANY} of {2 * MANY} packets are lost: No space left on device" in answer,
              answer)
    with Writer("/dev/full", "--wait") as writer:
        writer.point("link")
        writer.put(0, 2 * MANY)
        check("No space left on device" in writer.close(), "it closed well")


def test_file_limit(directory):
    """A file that cannot grow ends with a whole block; when it can, it goes on, and
    says what was lost."""
    path = directory / "limit.pcapng"
    limit = 100001

    def set_limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    with Writer(path, preexec_fn=set_limit) as writer:
        writer.point("link")
        writer.put(0, 2000)
        writer.wait("too large", lambda *state: "File too large" in state[3])
        deadline = time.monotonic() + PATIENCE
        while (capture := load(path)).cut_off:
            # It is just trying again.
            check(time.monotonic() < deadline, "the last block is cut off")
        check(limit - 200 < os.path.getsize(path) <= limit, "it has stopped early")
        check(len(capture.packets) == check_serials(capture.packets) == writer.state()[0],
              f"{len(capture.packets)} packets, {writer.state()}")
        writer.put(0, 2 * MANY)
        lost = writer.state()[1]
        check(lost > 0, "there is no end of the room")
        resource.prlimit(writer.process.pid, resource.RLIMIT_FSIZE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        writer.wait("no trouble", lambda *state: not state[3] and writer.tell("room") == "yes")
        writer.put(0, 5)
        answer = writer.close()
        check(f"{lost} of {2 * MANY + 2005} packets are lost: File too large" in answer, answer)
    capture = load(path)
    check(capture.complete(), "it did not end in good order")
    check(check_serials(capture.packets) == 2 * MANY + 2005, "the latest is not there")
    check(capture.points[0].statistics == (2 * MANY + 2005, lost),
          f"{capture.points[0].statistics}")


def test_killed(directory):
    """Whenever it is killed, what there is can be read."""
    random.seed(1)
    for number in range(4):
        path = directory / f"killed-{number}.pcapng"
        with Writer(path) as writer:
            writer.point("link")
            writer.process.stdin.write(f"put 0 {MANY // 4} {LENGTH}\n")
            time.sleep(random.uniform(0, 0.01))
            writer.process.send_signal(signal.SIGKILL)
            writer.process.wait()
        data = path.read_bytes()
        if data:
            check_serials(good(data, path).packets)


def main():
    """Runs all cases, or those that are named."""
    Writer.program = sys.argv[1]
    cases = {name[5:]: function for name, function in globals().items()
             if name.startswith("test_")}
    readers = [name for name in cases if name.startswith(("fifo", "pipe", "wait"))]
    groups = {"readers": readers, "others": [name for name in cases if name not in readers]}
    wanted = [name for word in sys.argv[2:] for name in groups.get(word, [word])]
    failed = 0
    for name in wanted or cases:
        with tempfile.TemporaryDirectory() as directory:
            os.chmod(directory, 0o755)
            began = time.monotonic()
            try:
                cases[name](pathlib.Path(directory))
                print(f"{name}: good, {time.monotonic() - began:.1f} s")
            except (Failure, reader.NotACapture, OSError, RuntimeError) as error:
                print(f"{name}: FAILED: {type(error).__name__}: {error}")
                failed += 1
        sys.stdout.flush()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
