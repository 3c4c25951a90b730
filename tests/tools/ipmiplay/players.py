# players.py
# Runs ipmiplay, and is the peer that it plays against.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""A Program is an ipmiplay under way. A Peer is the other end of its link, which
sends and expects frames as a test says. Nothing waits without a deadline."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "samples"))

import captures  # noqa: E402
import frames  # noqa: E402

# How long what takes no time may take, on a machine that is busy.
PATIENCE = 60


class Failure(Exception):
    """What is not as it should be."""


def check(condition, *explanation):
    """Raises Failure unless condition holds."""
    if not condition:
        raise Failure(" ".join(map(str, explanation)))


def patiently(case):
    """Does case(within), which has ipmiplay wait in vain for so long. Where a busy
    machine keeps ipmiplay waiting for what does come, too, it gets more time."""
    for within in "300ms", "3s":
        try:
            return case(within)
        except (Failure, OSError):
            pass
    return case("60s")


def message(text):
    """The frame of a message whose bytes are written as in a script, with the
    sequence number before them."""
    return frames.escaped(frames.summed(bytes.fromhex(text))) + frames.END_OF_MESSAGE


def capture(*lines):
    """A capture of a link, one packet a line: "> 00 18 01" is what the host sends,
    "< 00 1c 01 00" what the BMC does, with "c" after the arrow a control command,
    "+" and "-" connections, and "pause 0.5" says how much later the next one is."""
    link = captures.Link()
    directions = {">": captures.HOST_TO_BMC, "<": captures.BMC_TO_HOST}
    after = captures.STEP
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "pause":
            after = float(rest)
            continue
        if word == "+":
            link.connected("", after=after)
        elif word == "-":
            link.disconnected("", after=after)
        elif word[1:] == "c":
            link.record(directions[word[0]], [frames.control(*bytes.fromhex(rest))], after=after)
        else:
            link.record(directions[word], [message(rest)], after=after)
        after = captures.STEP
    return link.contents()


class Peer:
    """The other end. It has a connection once it accepts or connects."""

    def __init__(self, connection):
        self.connection = connection
        connection.settimeout(PATIENCE)
        self.pending = b""

    def send(self, *wire):
        """Sends frames. That there is nobody any more is found by who expects
        something."""
        with contextlib.suppress(ConnectionError):
            self.connection.sendall(b"".join(wire))

    def frame(self):
        """The next frame as on the wire, or None at the end."""
        while True:
            match = re.match(rb"[^\xa0\xa1]*[\xa0\xa1]", self.pending)
            if match:
                self.pending = self.pending[match.end():]
                return match[0]
            try:
                data = self.connection.recv(4096)
            except ConnectionError:
                data = b""
            if not data:
                check(not self.pending, "no end of", self.pending.hex(" "))
                self.close()
                return None
            self.pending += data

    def expect(self, *wire):
        """These frames must come next."""
        for expected in wire:
            got = self.frame()
            check(got == expected, "expected", expected.hex(" "),
                  "got", got.hex(" ") if got else "the end")

    def answer_ready(self, following):
        """Answers Get Device ID, which "wait ready" asks again if that takes a
        second, until the request that follows comes: its sequence number."""
        while True:
            frame = self.frame()
            check(frame is not None, "expected", following, "got the end")
            for seq in range(256):
                if frame == message(f"{seq:02x} {following}"):
                    return seq
                if frame == message(f"{seq:02x} 18 01"):
                    self.send(message(f"{seq:02x} 1c 01 00"))

    def close(self):
        """Ends the connection."""
        self.connection.close()


class Program:
    """An ipmiplay under way, in a folder of its own."""

    def __init__(self, lab, *arguments, stdin=subprocess.DEVNULL,
                 stdout=subprocess.PIPE, descriptors=()):
        self.process = subprocess.Popen(
            [lab.program, *arguments], stdin=stdin, stdout=stdout,
            stderr=subprocess.PIPE, text=True, cwd=lab.folder, pass_fds=descriptors)
        lab.programs.append(self)

    def finish(self, patience=PATIENCE):
        """Exit status and what it said on both outputs, when it has ended."""
        output, errors = self.process.communicate(timeout=patience)
        return self.process.returncode, output, errors

    def await_signals(self):
        """Waits until it takes signals for the end, and not as its own."""
        bit = 1 << signal.SIGTERM - 1
        deadline = time.monotonic() + PATIENCE
        while True:
            with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
                blocked = re.search(r"^SigBlk:\s*(\w+)$", file.read(), re.MULTILINE)
            if int(blocked[1], 16) & bit:
                break
            check(time.monotonic() < deadline, "it blocks no signals")
            time.sleep(0.01)

    def stop(self, number=signal.SIGINT):
        """Asks it to end."""
        self.process.send_signal(number)

    def check(self, status, output, errors=""):
        """It must end like this; output is a regular expression."""
        got = self.finish()
        check(got[0] == status and re.fullmatch(output, got[1]) and got[2] == errors,
              f"exit status {got[0]}, expected {status};",
              f"said:\n{got[1]}{got[2]}expected:\n{output}{errors}")
        return got[1]


class Lab:
    """A temporary folder, and what goes on in it."""

    def __init__(self, program):
        self.program = os.path.abspath(program)
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = self.temporary.name
        self.programs = []
        self.listeners = []

    def write(self, name, content):
        """A file in the folder, of text or bytes."""
        if isinstance(content, str):
            content = content.encode()
        with open(os.path.join(self.folder, name), "wb") as file:
            file.write(content)

    def listen(self):
        """A listening TCP socket, and its address."""
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(PATIENCE)
        self.listeners.append(listener)
        return listener, f"tcp:127.0.0.1:{listener.getsockname()[1]}"

    def play(self, role, name, *arguments, greeted=True, **how):
        """ipmiplay as role connects to a peer: both. Greetings are over."""
        listener, address = self.listen()
        program = Program(self, role, name, "--connect", address, *arguments, **how)
        peer = Peer(listener.accept()[0])
        if greeted:
            peer.expect(*GREETINGS[role])
        return program, peer

    def end(self):
        """Ends what still runs."""
        for program in self.programs:
            if program.process.poll() is None:
                program.process.kill()
            program.process.communicate()
        for listener in self.listeners:
            listener.close()
        self.temporary.cleanup()


# What ipmiplay says first.
GREETINGS = {
    "host": (frames.control(frames.VERSION, 1), frames.control(frames.CAPABILITIES, 0x3f)),
    "bmc": (frames.control(frames.VERSION, 1), frames.control(frames.NOATTN)),
}


def run_cases(cases, arguments):
    """What a test does: PROGRAM CASE"""
    program, case = arguments
    # As nohup(1) would have it, programs would never see it.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    lab = Lab(program)
    try:
        cases[case](lab)
    except Failure as failure:
        sys.exit(f"{case}: {failure}")
    finally:
        lab.end()
