#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The tools among programs that others wrote, and among virtual machines.

Cases:
  ipmi-sim     ipmitap between this system's QEMU and OpenIPMI's ipmi_sim: what
               the guest sent and got is what two taps in a row have captured,
               and what an ipmiplay in the place of either end is content with
  kcs, bt      ipmitap between two virtual machines: the frames that they have
               captured inside, in the same order, and between them in time
  restart      a BMC that dies and comes back, and then a host that is reset,
               behind a tap that keeps the host
  live         a capture is read as it is written, by ipmidump and by
               ipmiassert, and a reader that comes late begins a capture
"""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(0, os.path.join(ROOT, "tests", "capture"))

import lab as labs  # noqa: E402
import reader  # noqa: E402
from lab import check_same  # noqa: E402
from machines import (PATIENCE, SKIPPED,  # noqa: E402
                      argument_parser, check, run_case)
from simulator import Simulator, UNSET_BYTES  # noqa: E402

# A line of tests/guests/host/report.c.
REPORTED = re.compile(r"(?P<name>.+): (?P<request>(?:[0-9a-f]{2} ?)+)"
                      r" -> (?P<response>(?:[0-9a-f]{2} ?)+)")

# Of a host that does nothing but ask who the BMC is.
COMMANDS = 200

# Echoes up to so many bytes: of KCS each byte takes many accesses.
MAX_ECHO = {"kcs1": 40, "ibt": 251}

# tests/guests/firmware.h: the protocols of Get Channel Info.
PROTOCOL = {"kcs1": 5, "ibt": 8}


class Program:
    """One of the tools under way."""

    def __init__(self, lab, name, *arguments, output=None):
        self.name = name
        self.errors = lab.path(f"{name}-{os.urandom(4).hex()}.errors")
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(
                [lab.tool(name), *arguments], stdin=subprocess.DEVNULL,
                stdout=output or subprocess.DEVNULL, stderr=errors)
        lab.stack.callback(self.kill)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def said(self):
        """On its standard error output."""
        with open(self.errors, encoding="utf-8") as errors:
            return errors.read()

    def wait(self):
        """Ends well, by itself."""
        status = self.process.wait(timeout=PATIENCE)
        check(status == 0, f"{self.name}: status {status}:", self.said())

    def stop(self):
        """Ends well, when it is told to."""
        self.process.send_signal(signal.SIGTERM)
        self.wait()


class Lab(labs.Lab):
    """With the tools, and the sockets of a tap."""

    def tool(self, name):
        return os.path.join(self.programs.build, "tools", name, name)

    def tap(self, *arguments):
        return Program(self, "ipmitap", *arguments)

    def simulator(self):
        return self.keep(Simulator(self.folder))

    def tool_says(self, name, *arguments, status=0):
        """What a tool prints."""
        result = subprocess.run([self.tool(name), *arguments], text=True,
                                stdin=subprocess.DEVNULL, capture_output=True,
                                check=False, timeout=PATIENCE)
        check(result.returncode == status, name, *arguments,
              f": status {result.returncode}: {result.stdout}{result.stderr}")
        return result.stdout

    def messages(self, name):
        """As ipmidump has them: (request, response), each its bytes."""
        outstanding = {}
        for line in self.tool_says("ipmidump", "--json",
                                   self.path(name)).splitlines():
            thing = json.loads(line)
            header = bytes([thing["netfn"] << 2 | thing["lun"], thing["cmd"]]
                           if "netfn" in thing else [])
            data = bytes.fromhex(thing.get("data", ""))
            if thing["kind"] == "request":
                outstanding[thing["seq"]] = header + data
            elif thing["kind"] == "response":
                yield (outstanding.pop(thing["seq"]),
                       header + bytes([thing["ccode"]]) + data)
            check(thing["kind"] != "bad", line)
        check(not outstanding, f"{name}: no response to {outstanding}")


def end_of(wire):
    """How ipmitap and ipmiplay name it."""
    return "unix:" + wire.address.removeprefix("path=")


# --- Programs of others -----------------------------------------------------

def stock_host(lab, interface, wire):
    """This system's QEMU; returns what the guest reports."""
    wire.wait_for_server()
    host = lab.host(
        interface, "plan=commands", None, program=shutil.which("qemu-system-x86_64"),
        bmc=["-chardev", f"socket,id=wire,{wire.address},reconnect=1",
             "-device", "ipmi-bmc-extern,id=bmc,chardev=wire"])
    report = [REPORTED.fullmatch(line) for line in host.succeed().split("\n    ")]
    commands = [(bytes.fromhex(line["request"]), bytes.fromhex(line["response"]))
                for line in report if line]
    check(len(commands) >= 12, "the guest reports", commands, host.errors)
    return commands


def ipmi_sim(lab):
    for interface in "isa-ipmi-kcs", "isa-ipmi-bt":
        name = f"{interface}.pcapng"
        first, second = lab.wire(server="tap"), lab.wire(server="tap")
        bmc = lab.simulator()
        taps = [lab.tap("--listen", end_of(first), "--connect", end_of(second),
                        "-w", lab.path(f"first-{name}")),
                lab.tap("--listen", end_of(second), "--connect", bmc.address,
                        "-w", lab.path(name))]
        commands = stock_host(lab, interface, first)
        for tap in taps:
            tap.stop()
        bmc.kill()
        # Both ends begin at once, so what they say may meet at either tap.
        captures = [frames(lab.read(f"first-{name}")), frames(lab.read(name))]
        for direction in reader.TO_BMC, reader.TO_HOST:
            check_same(f"both taps {reader.DIRECTIONS[direction]}",
                       *[[frame.content for frame in capture[direction]]
                         for capture in captures])
        check_same("the capture", list(lab.messages(name)), commands)
        replay(lab, interface, name, commands)
        print(f"{interface}: {len(commands)} commands", flush=True)


def replay(lab, interface, name, commands):
    """Either end is taken by ipmiplay; what it plays is captured again."""
    bmc = lab.simulator()
    wire = lab.wire(server="tap")
    tap = lab.tap("--listen", end_of(wire), "--connect", bmc.address,
                  "-w", lab.path(f"host-{name}"))
    lab.tool_says("ipmiplay", "host", lab.path(name), "--connect", end_of(wire),
                  "--timing=fast", UNSET_BYTES)
    tap.stop()
    bmc.kill()
    requests = [request for request, _ in commands]
    check_same("requests of the player",
               [request for request, _ in lab.messages(f"host-{name}")], requests)

    wire = lab.wire(server="player")
    player = Program(lab, "ipmiplay", "bmc", lab.path(name), "--listen", end_of(wire))
    check_same("a guest with a player for its BMC",
               stock_host(lab, interface, wire), commands)
    player.wait()


# --- Two virtual machines ----------------------------------------------------

def frames(capture, description=None, end=None):
    """{direction: frames of a point}, up to a Connection packet with that comment, if
    any."""
    found = {reader.TO_BMC: [], reader.TO_HOST: []}
    for packet in capture.packets:
        if description is not None and description not in packet.point.description:
            continue
        if isinstance(packet, reader.Frame):
            found[packet.direction].append(packet)
        elif isinstance(packet, reader.Connection) and packet.comment == end:
            break
    return found


def check_frames(names, least):
    """The same at all three places, and in the order of their way. When the host has
    gone, the tap may connect to the BMC once more."""
    host = frames(names["host"], "ipmi-bmc-extern")
    tap = frames(names["tap"], end="disconnected")
    bmc = frames(names["bmc"], "ipmi-host-extern", "disconnected")
    for direction, way in ((reader.TO_BMC, (host, tap, bmc)),
                           (reader.TO_HOST, (bmc, tap, host))):
        way = [place[direction] for place in way]
        contents = [[frame.content for frame in place] for place in way]
        for other in contents[1:]:
            check_same(f"frames {reader.DIRECTIONS[direction]}", contents[0], other)
        check(len(contents[0]) > least, len(contents[0]), "frames only")
        for passed in zip(*way):
            check(sorted(passed, key=lambda frame: frame.time_ns) == list(passed),
                  "out of order:", *[f"\n  {frame.line()}" for frame in passed])
    return len(contents[0])


def check_commands(lab, paths, least):
    """Put together, each command has the tap on its way."""
    merged = lab.path("merged.pcapng")
    subprocess.run(["mergecap", "-w", merged, *paths], check=True, timeout=PATIENCE)
    lines = lab.wireshark(
        "tshark", "-n", "-2", "-r", merged, "-Y",
        "ipmi_trans.host_wire.response && ipmi_trans.time.firmware "
        "&& frame.number == ipmi_trans.host_registers.response",
        "-T", "fields", "-e", "ipmi_trans.tap.request", "-e", "ipmi_trans.tap.response",
        plugin=True).decode().splitlines()
    check(len(lines) > least, len(lines), "commands only were put together")
    alone = [line for line in lines if not all(line.split("\t"))]
    check(not alone, len(alone), "of", len(lines), "commands do without the tap")


def check_rules(lab, path, least):
    """What the tap has captured is judged. The plan has requests of a wrong
    size and messages too long for some, and a reset cuts one off."""
    lab.wireshark(lab.tool("ipmiassert"), path,
                  f"at least {least} ipmi_extern.type == 1",
                  "never ipmi_extern.no_response && !ipmi_extern.cutoff",
                  "never ipmi_extern.checksum.bad || ipmi_extern.direction",
                  "never ipmi_extern.frames.dropped", plugin=True)


def machines(lab, board, responder):
    interface = {"kcs1": "isa-ipmi-kcs", "ibt": "isa-ipmi-bt"}[responder]
    # Who listens: the tap for both, or both for the tap, or one each.
    for listener in ("tap", "tap"), ("host", "bmc"), ("tap", "bmc"):
        names = {side: lab.path(f"{side}.pcapng") for side in ("host", "tap", "bmc")}
        wires = [lab.wire(server=side) for side in listener]
        link = ",".join(("listen:" if side == "tap" else "connect:") + end_of(wire)
                        for side, wire in zip(listener, wires))
        tap = lab.tap("--link", f"vms={link}", "-w", names["tap"])
        for wire in wires:
            if wire.server == "tap":
                wire.wait_for_server()
        bmc = lab.bmc(board, responder, wires[1],
                      extra=labs.objects(f"file={names['bmc']}"))
        host = lab.host(interface, f"plan=all irq=1 when=1 max={MAX_ECHO[responder]} "
                        f"protocol={PROTOCOL[responder]}", wires[0],
                        extra=labs.objects(f"file={names['host']}"))
        host.succeed()
        labs.quit_machine(bmc)
        tap.stop()
        least = MAX_ECHO[responder]
        count = check_frames({side: lab.read(path) for side, path in names.items()},
                             least)
        check_commands(lab, names.values(), least)
        check_rules(lab, names["tap"], least)
        for path in names.values():
            os.remove(path)
        print(f"{interface} through a tap to {board} {responder}, listening: "
              f"{', '.join(listener)}: {count} responses", flush=True)


def restart(lab):
    """The host counts what was not answered, and may lose no other."""
    host_wire, bmc_wire = lab.wire(server="tap"), lab.wire(server="bmc")
    tap = lab.tap("--keep", "--link", f"vms={end_of(host_wire)},{end_of(bmc_wire)}",
                  "-w", lab.path("tap.pcapng"))
    bmc = lab.bmc("npcm750-evb", "kcs1", bmc_wire)
    host_wire.wait_for_server()
    host = lab.host("isa-ipmi-kcs", "plan=echo irq=1 restarts=1 endless=1 progress=20 "
                    f"max={MAX_ECHO['ibt']}", host_wire)
    for progress in 60, 200:
        host.wait_for_line(f"^{progress} echoes sent")
        bmc.kill()
        bmc = lab.bmc("npcm750-evb", "kcs1", bmc_wire)
    host.wait_for_line("^300 echoes sent")
    host.command("system_reset")
    # Once after each reset; the rest may be from before.
    host.wait_for_line("^20 echoes sent")
    host.wait_for_line("^400 echoes sent")
    host.command("inject-nmi")
    host.succeed()
    bmc.kill()
    tap.stop()
    capture = lab.read("tap.pcapng")
    comments = [packet.comment for packet in capture.packets
                if isinstance(packet, reader.Connection)]
    check(comments == ["connected", "disconnected"] * 3, comments)
    responses = frames(capture)[reader.TO_HOST]
    check(len(responses) > 400, len(responses), "frames from the BMC only")
    print(f"3 BMCs, {len(capture.packets)} packets: {tap.said()}", flush=True)


# --- Tools on tools -------------------------------------------------------------

def hold(fifo):
    """Opens a FIFO for writing as soon as it has a reader; what is written
    before that may be lost."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            check(error.errno == errno.ENXIO and time.monotonic() < deadline,
                  f"{fifo}: {error}")
        time.sleep(0.02)


def live(lab):
    wire, far = lab.wire(server="tap"), lab.wire(server="bmc")
    fifos = [lab.path(name) for name in ("dumped", "judged")]
    for fifo in fifos:
        os.mkfifo(fifo, 0o644)
    os.chmod(lab.folder, 0o755)
    with open(lab.path("lines"), "wb") as lines:
        dump = Program(lab, "ipmidump", fifos[0], output=lines)
    # Judged by the user that may use a plugin of ours.
    environment = dict(os.environ, TSHARK=lab.tool("ipmiassert"),
                       WIRESHARK_PLUGIN_DIR=f"{lab.programs.build}/dissector/plugins")
    judge = subprocess.Popen(
        [os.path.join(ROOT, "tests", "run-tshark"), f"--live={fifos[1]}",
         f"--deadline={PATIENCE}s", f"at least {COMMANDS} ipmi_extern.type == 1",
         # It reads to the last packet: what it left would be lost.
         'at least 1 frame.comment == "disconnected"',
         "never ipmi_extern.ccode > 0"], env=environment, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lab.stack.callback(judge.wait)
    lab.stack.callback(judge.kill)
    held = [hold(fifo) for fifo in fifos]
    tap = lab.tap("--listen", end_of(wire), "--connect", end_of(far),
                  "-w", lab.path("file.pcapng"), "-w", fifos[0], "-w", fifos[1])
    bmc = lab.bmc("ast2600-evb", "ibt", far)
    wire.wait_for_server()
    host = lab.host("isa-ipmi-bt", f"plan=time count={COMMANDS}", wire)
    host.succeed()
    bmc.kill()

    # While the tap goes on, all of it has been read.
    deadline = time.monotonic() + PATIENCE
    while lab.tool_says("ipmidump", lab.path("file.pcapng")) != read(lab, "lines"):
        check(time.monotonic() < deadline, "ipmidump does not follow")
        time.sleep(0.05)
    for end in held:
        os.close(end)
    tap.stop()
    dump.wait()
    output = judge.communicate(timeout=PATIENCE)[0]
    check(judge.returncode == 0, "ipmiassert --live:", output)
    count = len(list(lab.messages("file.pcapng")))
    check(count >= COMMANDS, count, "commands only")
    lines = read(lab, "lines")
    check(lines.count("Get Device ID:") == count, lines[-2000:])
    print(f"{count} commands, followed and judged", flush=True)


def read(lab, name):
    with open(lab.path(name), encoding="utf-8") as file:
        return file.read()


CASES = {
    "ipmi-sim": lambda lab, _: ipmi_sim(lab),
    "kcs": lambda lab, _: machines(lab, "npcm750-evb", "kcs1"),
    "bt": lambda lab, _: machines(lab, "ast2600-evb", "ibt"),
    "restart": lambda lab, _: restart(lab),
    "live": lambda lab, _: live(lab),
}

if __name__ == "__main__":
    for needed in "qemu-system-x86_64", "ipmi_sim", "sdrcomp", "mergecap":
        if not shutil.which(needed):
            print(f"SKIPPED: NOT tested: there is no {needed}; tools/setup installs it")
            sys.exit(SKIPPED)
    run_case(argument_parser(__doc__), CASES, Lab)
