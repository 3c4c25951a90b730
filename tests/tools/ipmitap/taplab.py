# taplab.py
# A tap with both of its ends in the hands of a test.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""IPMITAP in the environment says which program is tested."""

import contextlib
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time

TESTS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SAMPLES = os.path.join(os.path.dirname(TESTS), "samples")
sys.path.insert(0, os.path.join(TESTS, "capture"))

import reader  # noqa: E402

IPMITAP = os.environ["IPMITAP"]

with open(IPMITAP, "rb") as program:
    SANITIZED = re.search(b"__[at]san_init", program.read()) is not None

# Longer than anything takes on a slow machine, in seconds.
PATIENCE = 60

# Frames: a host's greeting and request, a BMC's greeting.
VERSION = bytes.fromhex("ff01a1")
CAPABILITIES = bytes.fromhex("087fa1")
NO_ATTENTION = bytes.fromhex("00a1")
REQUEST = bytes.fromhex("001801e7a0")


def message(*numbers):
    """A good frame of a message without bytes that have to be escaped."""
    frame = bytes(numbers) + bytes([-sum(numbers) & 0xFF])
    assert not set(frame) & {0xA0, 0xA1, 0xAA}, "an escape is needed"
    return frame + b"\xa0"


# To REQUEST.
RESPONSE = message(0, 0x1C, 1, 0, 0x20, 1, 2, 2, 0xBF)


def recorded_exchange():
    """What a host and its BMC, two virtual machines, said: (direction, bytes)
    of each frame."""
    with open(os.path.join(SAMPLES, "inside-kcs.pcapng"), "rb") as file:
        capture = reader.read(file.read())
    frames = [(packet.direction, packet.content) for packet in capture.packets
              if isinstance(packet, reader.Frame)
              and packet.point.name == "/machine/peripheral/bmc"]
    assert len(frames) > 8
    return frames


def receive(peer, length):
    """So many bytes, or fewer if the stream ends."""
    received = bytearray()
    while len(received) < length:
        more = peer.recv(length - len(received))
        if not more:
            break
        received += more
    return bytes(received)


def receive_all(peer):
    """All up to the end of the stream; a connection that is reset has one."""
    received = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while more := peer.recv(65536):
            received += more
    return bytes(received)


def receive_now(peer):
    """What is there at once."""
    peer.setblocking(False)
    try:
        return peer.recv(65536)
    except BlockingIOError:
        return b""
    finally:
        peer.settimeout(PATIENCE)


def eventually(what, condition):
    """Waits for what nothing tells of."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {PATIENCE} s: {what}")
        time.sleep(0.01)


class Lab:
    """A folder, sockets in it, and programs, all of which end with it."""

    def __init__(self):
        self.cleanup = contextlib.ExitStack()
        self.folder = self.cleanup.enter_context(tempfile.TemporaryDirectory())
        os.chmod(self.folder, 0o755)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.cleanup.close()

    def path(self, name):
        """In the folder."""
        return os.path.join(self.folder, name)

    def keep(self, peer):
        """A socket that is closed in the end and never waits for ever."""
        peer.settimeout(PATIENCE)
        return self.cleanup.enter_context(peer)

    def listen(self, name):
        """A Unix socket somebody may connect to."""
        listener = self.keep(socket.socket(socket.AF_UNIX))
        listener.bind(self.path(name))
        listener.listen(128)
        return listener

    def accept(self, listener):
        """Whoever has connected."""
        return self.keep(listener.accept()[0])

    def connect(self, name):
        """To a Unix socket, as soon as it is there."""
        def try_it():
            nonlocal peer
            peer = self.keep(socket.socket(socket.AF_UNIX))
            try:
                peer.connect(self.path(name))
            except (FileNotFoundError, ConnectionRefusedError):
                peer.close()
                return False
            return True
        peer = None
        eventually(f"somebody listens on {name}", try_it)
        return peer

    def tap(self, *arguments, **options):
        """A tap that is killed in the end if it still runs."""
        tap = Tap(self, arguments, **options)
        self.cleanup.callback(tap.kill)
        return tap

    def link(self, *arguments, capture="tap.pcapng", **options):
        """A tap between near.sock, on which it is made to listen before it
        starts, and far.sock. Returns it and far.sock's listener."""
        near = self.listen("near.sock")
        far = self.listen("far.sock")
        tap = self.tap("--listen", f"fd:{near.fileno()}",
                       "--connect", f"unix:{self.path('far.sock')}",
                       "-w", self.path(capture), *arguments,
                       pass_fds=[near.fileno()], **options)
        near.close()
        return tap, far

    def ends(self, far):
        """A connection through the tap: both ends."""
        near = self.connect("near.sock")
        return near, self.accept(far)

    def read(self, name="tap.pcapng", complete=True):
        """A capture without fault."""
        with open(self.path(name), "rb") as file:
            return check_capture(file.read(), complete)


def check_capture(contents, complete=True):
    """As the reader has it, which finds nothing wrong."""
    capture = reader.read(contents)
    assert not capture.faults and not capture.remarks, capture.faults + capture.remarks
    assert capture.complete() or not complete, "the capture is not complete"
    return capture


class Tap:
    """The program."""

    def __init__(self, lab, arguments, limits=(), **options):
        def set_limits():
            for limit in limits:
                resource.setrlimit(*limit)
        self.lab = lab
        self.errors = open(lab.path("tap.errors"), "w+b")
        # pylint: disable-next=consider-using-with,subprocess-popen-preexec-fn
        self.process = subprocess.Popen([IPMITAP, *arguments], stdin=subprocess.DEVNULL,
                                        stderr=options.pop("stderr", self.errors),
                                        preexec_fn=set_limits, **options)

    def said(self):
        """On standard error, so far; while it runs, whole lines."""
        running = self.process.poll() is None
        with open(self.lab.path("tap.errors"), encoding="utf-8") as file:
            text = file.read()
        return text[:text.rfind("\n") + 1] if running else text

    def status(self):
        """What it says of its links when asked."""
        def statuses():
            return re.findall(r"^ipmitap: \d+ of \d+ links? up.*$", self.said(), re.MULTILINE)
        before, so_far = len(statuses()), len(self.said())
        self.process.send_signal(signal.SIGUSR1)
        eventually("it says how it is", lambda: len(statuses()) > before)
        return self.said()[so_far:]

    def status_with(self, words):
        """The same, once it has these words: bytes arrive before they are counted."""
        said = [""]

        def has_words():
            said.append(self.status())
            return words in said[-1]
        eventually(f"it says: {words}", has_words)
        return said[-1]

    def wait(self):
        """For its end, of which the status is returned."""
        return self.process.wait(PATIENCE)

    def end(self, status=0, said=""):
        """In good order, with no words but these."""
        self.process.send_signal(signal.SIGTERM)
        result = self.wait()
        assert result == status, f"exit status {result}: {self.said()}"
        if said is not None:
            assert self.said() == said, self.said()

    def kill(self):
        """Whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        self.errors.close()
        if self.process.stdout:
            self.process.stdout.close()

    def busy(self):
        """Which part of half a second it is on a processor, from 0 to 1."""
        def used():
            with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
                return sum(map(int, file.read().rpartition(")")[2].split()[11:13]))
        before, began = used(), time.monotonic()
        time.sleep(0.5)
        ticks = (time.monotonic() - began) * os.sysconf("SC_CLK_TCK")
        return (used() - before) / ticks

    def memory(self):
        """In KiB, now; 0 where a sanitizer takes most of it."""
        if SANITIZED:
            return 0
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


def frames(capture, name="link"):
    """(direction, bytes) of a link's frames; a connection record is its words."""
    return [packet.comment if isinstance(packet, reader.Connection)
            else (packet.direction, packet.content)
            for packet in capture.packets if packet.point.name == name]


def connections(capture, name="link"):
    """For each connection {direction: bytes}."""
    found = []
    for frame in frames(capture, name):
        if frame == "connected":
            found.append({reader.TO_BMC: b"", reader.TO_HOST: b""})
        elif frame != "disconnected":
            found[-1][frame[0]] += frame[1]
    return found

