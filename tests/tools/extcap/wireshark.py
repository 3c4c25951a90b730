# wireshark.py
# Wireshark's end of an extcap, and QEMU's end of a capture, for the tests here.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""CMake says through the environment which ipmitap: IPMITAP is its path."""

import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "capture"))
import reader  # pylint: disable=wrong-import-position,import-error

IPMITAP = os.environ["IPMITAP"]
SAMPLES = ROOT / "samples"

USAGE, ENVIRONMENT = 2, 3       # exit statuses

_temporary = tempfile.TemporaryDirectory()
DIRECTORY = Path(_temporary.name)
# tshark is another user if this one is root.
DIRECTORY.chmod(0o755)

# Generous: a busy machine is slow.
DEADLINE = 60

# The numbers of the toolbar's controls, and commands.
STATE, PAUSE, LOG = range(3)
SET, ADD, DISABLE, STATUS_BAR = 1, 2, 5, 6


class Failure(Exception):
    """What a test found."""


def check(holds, words):
    """Fails the test unless it holds."""
    if not holds:
        raise Failure(words)


def wait_for(condition, words):
    """Waits until condition() is true, and returns what it is; words: or a
    function that says them when it has taken too long."""
    end = time.monotonic() + DEADLINE
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise Failure(f"not within {DEADLINE} s: {words() if callable(words) else words}")
        time.sleep(0.01)


def sample(name):
    """The bytes of a capture in samples/."""
    return (SAMPLES / f"{name}.pcapng").read_bytes()


def words(data):
    """The packets of a capture in words, without their times."""
    return [packet.words() for packet in reader.read(data).packets]


def connected_to(path):
    """A socket, as soon as somebody listens on a Unix socket of that path."""
    def connect():
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(DEADLINE)
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            return None
        return connection
    return wait_for(connect, f"nobody listens on {path}")


def section_end(data):
    """Where the first packet begins: all before it is header and points."""
    return min(data.index(b"\x06\0\0\0", at) for at in range(28, len(data), 4)
               if data[at:at + 4] == b"\x06\0\0\0")


def unix_address():
    """Of a Unix socket that is not there yet."""
    path = DIRECTORY / "cap.sock"
    path.unlink(missing_ok=True)
    return f"unix:{path}"


def extcap(*arguments):
    """Runs it to its end, as Wireshark does to ask."""
    return subprocess.run([IPMITAP, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=DEADLINE, check=False)


# What Wireshark takes a sentence apart with has the same meaning: a part ends
# at a brace that another part, or the end of the line, follows.
PART = re.compile(r"\{([a-z]+)=(.*?)\}(?=\{|$)")


def sentences(text):
    """[(word, {part: value})], of what extcap prints. Fails where Wireshark
    would overlook something."""
    result = []
    for line in text.splitlines():
        word, space, parts = line.partition(" ")
        check(word in ("extcap", "interface", "dlt", "arg", "value", "control"),
              f"no sentence: {line}")
        found = PART.findall(parts)
        check(space and "".join(f"{{{name}={value}}}" for name, value in found) == parts,
              f"not all of it is parts: {line}")
        names = [name for name, _ in found]
        check(len(set(names)) == len(names), f"a part twice: {line}")
        check(all(value for _, value in found), f"a part without value: {line}")
        result.append((word, dict(found)))
    return result


class Collector:
    """All bytes that come from a file descriptor, which it closes at the end or
    when it is told to."""

    def __init__(self, descriptor):
        self.descriptor, self.data = descriptor, bytearray()
        self.wake, self.waker = os.pipe()
        self.thread = threading.Thread(target=self.collect, daemon=True)
        self.thread.start()

    def collect(self):
        """In a thread."""
        poll = select.poll()
        poll.register(self.descriptor, select.POLLIN)
        poll.register(self.wake, select.POLLIN)
        while True:
            ready = dict(poll.poll())
            if self.wake in ready:
                break               # POLLHUP: the other end was closed
            chunk = os.read(self.descriptor, 65536)
            if not chunk:
                break
            self.data += chunk

    def join(self):
        """Waits for the end of the bytes."""
        self.thread.join(DEADLINE)
        check(not self.thread.is_alive(), "a FIFO was not closed")

    def stop_reading(self):
        """Reads no more."""
        if self.waker >= 0:
            os.close(self.waker)
            self.waker = -1
        self.thread.join()

    def close(self):
        """Closes the file descriptor."""
        if self.descriptor >= 0:
            self.stop_reading()
            os.close(self.wake)
            os.close(self.descriptor)
            self.descriptor = -1


class Capture:
    """One that Wireshark has started, to be used in a with statement."""

    def __init__(self, interface, *options, toolbar=False, directory=DIRECTORY):
        self.fifo = directory / "wireshark.fifo"
        self.fifo.unlink(missing_ok=True)
        os.mkfifo(self.fifo)
        arguments = ["--capture", f"--extcap-interface={interface}", "--fifo", str(self.fifo),
                     *options]
        paths = {}
        if toolbar:
            paths = {way: directory / f"control-{way}.fifo" for way in ("in", "out")}
            for way, path in paths.items():
                path.unlink(missing_ok=True)
                os.mkfifo(path)
                arguments += [f"--extcap-control-{way}", str(path)]
        self.process = subprocess.Popen([IPMITAP, *arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            self.open(paths)
        except Failure:
            self.process.kill()
            self.process.wait()
            raise

    def open(self, paths):
        """Opens what Wireshark opens."""
        # dumpcap opens it like that, then waits for the section header.
        descriptor = os.open(self.fifo, os.O_RDONLY | os.O_NONBLOCK)
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        wait_for(lambda: poll.poll(100) or self.process.poll() is not None,
                 "it wrote no section header, and does not end")
        os.set_blocking(descriptor, True)
        self.packets = Collector(descriptor)
        self.to_toolbar = self.from_toolbar = None
        if paths:
            if self.process.poll() is not None:
                raise Failure(f"it has ended: {self.process.stderr.read().decode()}")
            # It opened its ends before it wrote: whoever waits waits for ever.
            self.to_toolbar = Collector(os.open(paths["out"], os.O_RDONLY | os.O_NONBLOCK))
            self.from_toolbar = os.open(paths["in"], os.O_WRONLY | os.O_NONBLOCK)
            os.set_blocking(self.from_toolbar, True)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.packets.close()
        if self.to_toolbar:
            self.to_toolbar.close()
            os.close(self.from_toolbar)
        self.process.stdout.close()
        self.process.stderr.close()

    def capture(self):
        """What has been captured so far."""
        try:
            return reader.read(bytes(self.packets.data))
        except reader.NotACapture:
            return None

    def words(self):
        """The packets so far, in words without their times."""
        capture = self.capture()
        return [packet.words() for packet in capture.packets] if capture else []

    def wait_for_packets(self, count):
        """Waits until so many are there; the capture."""
        wait_for(lambda: len(self.words()) >= count,
                 lambda: f"{len(self.words())} packets instead of {count}")
        return self.capture()

    def stop(self):
        """As Wireshark's button does. Returns the capture, which is right."""
        self.process.send_signal(signal.SIGTERM)
        return self.finish()

    def finish(self):
        """Waits for the end. Returns the capture, which is right."""
        self.wait_for_end(0, "")
        self.packets.join()
        capture = self.capture()
        # A QEMU that was killed did not say that its connection was closed.
        faults = [fault for fault in capture.faults if "connected already" not in fault]
        check(not faults, f"in the capture: {faults}")
        check(capture.complete(), "the capture has no statistics in the end")
        return capture

    def wait_for_end(self, status, message):
        """Waits until it ends, with this exit status and this part of what it
        says, or nothing."""
        stdout, stderr = self.process.communicate(timeout=DEADLINE)
        check(stdout == b"", f"it said {stdout}")
        check(self.process.returncode == status,
              f"exit status {self.process.returncode}: {stderr}")
        check(message in stderr.decode() if message else stderr == b"",
              f"it said {stderr.decode()}")

    # --- The toolbar -----------------------------------------------------------

    def toolbar(self):
        """[(control, command, text)] so far."""
        data, result = bytes(self.to_toolbar.data), []
        while len(data) >= 4:
            length = int.from_bytes(data[1:4], "big")
            check(data[:1] == b"T" and length >= 2, f"no control message: {data}")
            if len(data) < 4 + length:
                break
            result.append((data[4], data[5], data[6:4 + length].decode()))
            data = data[4 + length:]
        return result

    def wait_for_toolbar(self, control, command, text):
        """Waits until it was told that; a part of the text will do."""
        wait_for(lambda: any(message[:2] == (control, command) and text in message[2]
                             for message in self.toolbar()),
                 lambda: f"{text!r} in {self.toolbar()}")

    def press(self, control, command, payload):
        """As the user does in the toolbar."""
        os.write(self.from_toolbar, b"T" + (len(payload) + 2).to_bytes(3, "big") +
                 bytes([control, command]) + payload)


class Qemu:
    """QEMU's ipmi-pcap at a socket, which serves one reader after the other.
    What it writes is given to it."""

    def __init__(self, address):
        kind, _, rest = address.partition(":")
        if kind == "unix":
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.bind(rest)
        else:
            host, _, port = rest.rpartition(":")
            self.socket = socket.create_server((host, int(port)))
        self.socket.listen(1)
        self.socket.settimeout(DEADLINE)

    def accept(self):
        """The next reader."""
        connection, _ = self.socket.accept()
        connection.settimeout(DEADLINE)
        return connection

    def close(self):
        """QEMU ends."""
        self.socket.close()


def run_tests(tests):
    """Runs these functions, or those of them that the arguments name, and
    exits."""
    failed = 0
    for test in tests:
        if sys.argv[1:] and test.__name__ not in sys.argv[1:]:
            continue
        began = time.monotonic()
        try:
            test()
            print(f"ok      {test.__name__} ({time.monotonic() - began:.1f} s)")
        except (Failure, subprocess.TimeoutExpired) as failure:
            failed += 1
            print(f"FAILED  {test.__name__}: {failure}")
    sys.exit(1 if failed else 0)
