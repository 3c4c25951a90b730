# machines.py
# The virtual machines of a test: a host, a BMC, and the wire between them.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Nothing here waits without a deadline, and a process is only ever ended by
the object that started it."""

import argparse
import contextlib
import json
import os
import queue
import re
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "samples"))

import captures  # noqa: E402

SKIPPED = 77

# How long a machine may take for what it does in a fraction of that, unless this
# machine is busy with something else.
PATIENCE = 300

# tests/guests/host/pc.h
EXIT_DONE = 33


class Failure(Exception):
    """What went wrong, for a person to read."""


class Skipped(Exception):
    """What this machine does not let us test; all else passed."""


def check(condition, *explanation):
    if not condition:
        raise Failure(" ".join(map(str, explanation)))


def emulator_folder():
    """Where the emulator with the patches is; builds it if it is not there."""
    build = subprocess.run([os.path.join(ROOT, "qemu-patches", "build")],
                           stdout=subprocess.PIPE, text=True, check=False)
    if build.returncode != 0:
        sys.exit("qemu-patches/build failed")
    return build.stdout.splitlines()[-1]


class Wire:
    """How host and BMC find each other: address family, and who listens."""

    def __init__(self, folder, family, server):
        self.family = family
        self.server = server
        self.listening = None
        if family == "unix":
            self.address = f"path={folder}/wire-{os.urandom(4).hex()}"
        else:
            # The port is ours before QEMU starts, and stays so between two.
            self.listening = socket.create_server(("127.0.0.1", 0))
            port = self.listening.getsockname()[1]
            # Two frames in a row would wait for each other's acknowledgement.
            self.address = f"host=127.0.0.1,port={port},nodelay=on"

    def chardev(self, side, name):
        """The -chardev of a side, and the file descriptor it needs, if any."""
        if side != self.server:
            return f"socket,id={name},{self.address},reconnect-ms=100", ()
        if self.listening:
            number = self.listening.fileno()
            return f"socket,id={name},fd={number},nodelay=on,server=on,wait=off", (number,)
        return f"socket,id={name},{self.address},server=on,wait=off", ()

    def wait_for_server(self):
        """Of a Unix socket: until a program that is to listen does."""
        wait_for_listener(self.address.partition("=")[2])

    def close(self):
        if self.listening:
            self.listening.close()


def listens(path):
    """Whether somebody listens on a Unix socket: __SO_ACCEPTCON in its flags."""
    with open("/proc/net/unix", encoding="utf-8") as table:
        return any(fields[-1] == path and int(fields[3], 16) & 0x10000
                   for fields in map(str.split, table) if fields[0] != "Num")


def wait_for_listener(path):
    """Until then."""
    deadline = time.monotonic() + PATIENCE
    while not listens(path):
        check(time.monotonic() < deadline, "nobody listens on", path)
        time.sleep(0.02)


class Machine:
    """A QEMU under way. Its serial port comes line by line, and goes if stdin is
    PIPE."""

    def __init__(self, program, arguments, descriptors, folder, stdin=subprocess.DEVNULL):
        self.name = os.path.basename(program)
        self.folder = folder
        self.monitor_path = f"{folder}/monitor-{os.urandom(4).hex()}"
        self.lines = queue.Queue()
        self.said = []
        self.process = subprocess.Popen(
            [program, "-no-user-config", "-nodefaults", "-display", "none",
             "-serial", "stdio",
             "-qmp", f"unix:{self.monitor_path},server=on,wait=off", *arguments],
            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, pass_fds=descriptors)
        self.errors = []
        # Of boards whose network is not connected.
        self.no_errors = ["has no peer", "SDHCI: unknown CAPAB"]
        self.readers = [
            threading.Thread(target=self.read_lines, daemon=True),
            threading.Thread(target=self.read_errors, daemon=True),
        ]
        for reader in self.readers:
            reader.start()

    def read_lines(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def read_errors(self):
        for line in self.process.stderr:
            if not any(words in line for words in self.no_errors):
                self.errors.append(line.rstrip("\n"))

    def wait_for_line(self, pattern, patience=PATIENCE):
        """Returns the match of the next line that has the pattern."""
        deadline = time.monotonic() + patience
        while True:
            try:
                line = self.lines.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise Failure(f"{self.name} never said {pattern!r}: {self.story()}")
            self.said.append(line)
            match = re.search(pattern, line)
            if match:
                return match

    def wait_for_end(self, patience=PATIENCE):
        """Returns the exit status."""
        try:
            status = self.process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} does not end: {self.story()}") from None
        self.join()
        return status

    def join(self):
        for reader in self.readers:
            reader.join(timeout=PATIENCE)

    def story(self):
        """What it said, on both outputs."""
        while True:
            try:
                line = self.lines.get_nowait()
            except queue.Empty:
                break
            if line is not None:
                self.said.append(line)
        return "\n    ".join(["", *self.said[-25:], *self.errors[-10:]])

    def connect_monitor(self):
        """A connection to it, as soon as the machine has it."""
        deadline = time.monotonic() + PATIENCE
        while True:
            monitor = socket.socket(socket.AF_UNIX)
            try:
                monitor.connect(self.monitor_path)
                monitor.settimeout(PATIENCE)
                return monitor
            except OSError as error:
                monitor.close()
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise Failure(f"{self.name} has no monitor: {error}: "
                                  f"{self.story()}") from None
            time.sleep(0.02)

    def command(self, name, **arguments):
        """A command of QEMU's monitor protocol."""
        with self.connect_monitor() as monitor:
            with monitor.makefile("rw", encoding="utf-8") as file:
                file.readline()                 # the greeting
                for request in ("qmp_capabilities", {}), (name, arguments):
                    file.write(json.dumps({"execute": request[0],
                                           "arguments": request[1]}) + "\n")
                    file.flush()
                    while True:
                        reply = json.loads(file.readline())
                        if "error" in reply:
                            raise Failure(f"{request[0]}: {reply['error']['desc']}")
                        if "return" in reply:
                            break
        return reply["return"]

    def kill(self):
        """Ends it without a warning, as a power failure would."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.join()
        if self.process.stdin:
            self.process.stdin.close()
        self.process.stdout.close()
        self.process.stderr.close()


# The pins that tests/guests/firmware/board-*.c and aspeed.c use, in the order
# of the lines.
LINES = ("reset", "nmi", "power-off", "graceful-shutdown")


def lines_of(board):
    """The properties that wire the firmware's pins to a host's lines."""
    if board.startswith("npcm"):
        pin = "/machine/soc/gpio[0]/unnamed-gpio-out[{}]"
        first = 18
    else:
        pin = "/machine/soc/gpio/sysbus-irq[{}]"
        first = 1
    return ",".join(f"{line}-gpio=" + pin.format(first + i)
                    for i, line in enumerate(LINES))


class Bmc(Machine):
    """A BMC. wires: what host is at which of its responders. All of them could
    be reset; the lines go to the first one. extra: more arguments of QEMU."""

    def __init__(self, programs, board, wires, folder, extra=()):
        arguments = ["-machine", board, "-kernel",
                     f"{programs.guests}/firmware/bmc-{board}.elf"]
        descriptors = ()
        for i, (responder, wire) in enumerate(wires.items()):
            chardev, needed = wire.chardev("bmc", f"wire{i}")
            lines = lines_of(board) if i == 0 else ""
            arguments += ["-chardev", chardev, "-device",
                          ",".join(filter(None, [
                              f"ipmi-host-extern,chardev=wire{i}",
                              f"responder={responder}", lines]))]
            descriptors += needed
        super().__init__(f"{programs.qemu}/qemu-system-arm", [*arguments, *extra],
                         descriptors, folder)
        self.wait_for_line("BMC: ready")


class Host(Machine):
    """A host with one interface: isa-ipmi-kcs and so on. extra: more arguments
    of QEMU; descriptors: of files that they name."""

    def __init__(self, programs, interface, options, wire, folder,
                 program=None, bmc=None, extra=(), descriptors=()):
        bus, _, kind = interface.split("-")
        if bmc is None:
            chardev, needed = wire.chardev("host", "wire")
            bmc = ["-chardev", chardev, "-device", "ipmi-bmc-extern,id=bmc,chardev=wire"]
        else:
            needed = ()
        super().__init__(
            program or f"{programs.qemu}/qemu-system-x86_64",
            ["-machine", "pc", "-accel", "tcg", "-m", "16",
             "-kernel", f"{programs.guests}/host/host",
             "-append", f"if={kind} bus={bus} {options}",
             *bmc, "-device", f"{interface},bmc=bmc",
             "-device", "isa-debug-exit,iobase=0xf4,iosize=1", *extra],
            (*needed, *descriptors), folder)

    def succeed(self, patience=PATIENCE):
        """Waits for it to end well, and returns what it said."""
        status = self.wait_for_end(patience)
        story = self.story()
        if status != EXIT_DONE or self.errors:
            raise Failure(f"the host ended with status {status}: {story}")
        return story


def argument_parser(description):
    """What every program here has to be told."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="where cmake built the project")
    parser.add_argument("--qemu", help="the emulator's folder; the default is what "
                        "qemu-patches/build builds")
    return parser


class Programs:
    """Where the emulator and the guests are."""

    def __init__(self, build, qemu):
        self.build = os.path.abspath(build)
        self.guests = f"{self.build}/tests/guests"
        self.qemu = os.path.abspath(qemu or emulator_folder())
        firmware = f"{self.guests}/firmware/bmc-npcm750-evb.elf"
        for path in f"{self.guests}/host/host", firmware:
            if not os.path.exists(path):
                print(f"SKIPPED: NOT tested: {path} was not built, for want of a compiler")
                sys.exit(SKIPPED)


class Tap(threading.Thread):
    """Stands between the host and the BMC, passes on what each sends and keeps
    it as a capture: one packet for each read, whole frames only."""

    TERMINATORS = 0xA0, 0xA1

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.host_wire = Wire(folder, "tcp", "tap")
        self.bmc_wire = Wire(folder, "tcp", "tap")
        self.capture = captures.Link("vm-to-vm")
        self.wake, self.woken = socket.socketpair()

    def run(self):
        ends = [wire.listening.accept()[0] for wire in (self.host_wire, self.bmc_wire)]
        directions = captures.HOST_TO_BMC, captures.BMC_TO_HOST
        partial = [b"", b""]
        with selectors.DefaultSelector() as selector:
            for i, end in enumerate(ends):
                selector.register(end, selectors.EVENT_READ, i)
            selector.register(self.woken, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self.woken:
                        for end in ends:
                            end.close()
                        return
                    i = key.data
                    data = key.fileobj.recv(65536)
                    if not data:
                        selector.unregister(key.fileobj)
                        continue
                    frames = partial[i] + data
                    whole = 1 + max(frames.rfind(byte) for byte in self.TERMINATORS)
                    partial[i] = frames[whole:]
                    if whole:
                        self.capture.now = time.time_ns()
                        self.capture.record(directions[i], [frames[:whole]], after=0)
                    ends[1 - i].sendall(data)

    def finish(self):
        """Returns the capture."""
        self.wake.send(b"!")
        self.join(timeout=PATIENCE)
        self.host_wire.close()
        self.bmc_wire.close()
        return self.capture.contents()


class Lab:
    """Starts machines, and ends all of them in the end."""

    def __init__(self, programs, folder, stack):
        self.programs, self.folder, self.stack = programs, folder, stack

    def path(self, name):
        return os.path.join(self.folder, name)

    def keep(self, machine):
        self.stack.callback(machine.kill)
        return machine

    def wire(self, family="unix", server="bmc"):
        wire = Wire(self.folder, family, server)
        self.stack.callback(wire.close)
        return wire

    def bmc(self, board, wires, **how):
        return self.keep(Bmc(self.programs, board, wires, self.folder, **how))

    def host(self, interface, options, wire, **how):
        return self.keep(Host(self.programs, interface, options, wire, self.folder, **how))

    def tap(self):
        tap = Tap(self.folder)
        tap.start()
        return tap


def run_case(parser, cases, lab=Lab):
    """What a test does: the case that its arguments name, {name: function of a
    lab and the arguments}."""
    parser.add_argument("case", choices=cases)
    arguments = parser.parse_args()
    programs = Programs(arguments.build, arguments.qemu)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        try:
            cases[arguments.case](lab(programs, folder, stack), arguments)
        except Skipped as skipped:
            print(f"SKIPPED: NOT tested: {skipped}; all else passed")
            sys.exit(SKIPPED)
        except Failure as failure:
            sys.exit(f"FAILED: {failure}")
