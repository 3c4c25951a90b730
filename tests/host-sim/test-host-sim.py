#!/usr/bin/env python3
"""Runs the firmware of a BMC against a host that follows a script.

Cases:
  INTERFACE  of a board, such as npcm750-evb-kcs1: what the firmware can do,
             then what it does not do, each with what a CI job goes by: exit
             status, a line for each failed check, the counts
  monitor    requests by the monitor, their responses as events and properties
  captured   what the simulated host sends is in a capture, in both layers
  refused    bad scripts, which must not start a machine

SPDX-License-Identifier: GPL-2.0-or-later
"""

import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
for other in "vm-to-vm", "capture":
    sys.path.insert(0, os.path.join(os.path.dirname(HERE), other))

import reader  # noqa: E402
from machines import PATIENCE, Machine, argument_parser, check, run_case  # noqa: E402

# What fails in wrong.ipmi: the line, and how it is told.
WRONG = {
    8: "expected 1c 01 00 20 01 01 00 02 01 aa a1 00 a0, "
       "got 1c 01 00 20 01 01 00 02 01 aa a1 00 a0 00",
    10: "expected 1c 01 c1, got 1c 01 00 20 01 01 00 02 01 aa a1 00 a0 00",
    12: "expected no response, got 1c 04 00 55 00",
    13: "SMS_ATN was not set within 50 ms",
}

KCS_WRITE_START = 0x61

# Of firmware.ipmi: requests that are no part of "wait ready", and all checks.
SENT = 10 + 20 + 1000
CHECKS = SENT + 4


class SimulatedHost(Machine):
    """A BMC and, in the same QEMU, its host."""

    def __init__(self, programs, board, options, folder, extra=()):
        super().__init__(f"{programs.qemu}/qemu-system-arm",
                         ["-machine", board,
                          "-kernel", f"{programs.guests}/firmware/bmc-{board}.elf",
                          "-device", f"ipmi-host-sim,id=host,{options}", *extra],
                         (), folder)


def script(name):
    return os.path.join(HERE, name)


def counts(machine):
    """sent, passed, failed: the last line."""
    check(machine.errors, "it said nothing")
    match = re.search(r": (\d+) sent, (\d+) passed, (\d+) failed in [\d.]+ s \([\d.]+ requests/s\)$",
                      machine.errors[-1])
    check(match, "no counts at the end:", machine.story())
    return tuple(map(int, match.groups()))


def run(lab, board, responder, name, extra=()):
    """Until the script has ended: exit status, and the machine."""
    machine = lab.keep(SimulatedHost(lab.programs, board,
                                     f"responder={responder},script={script(name)},quit=on",
                                     lab.folder, extra))
    return machine.wait_for_end(), machine


def interface(lab, arguments):
    board, _, responder = arguments.case.rpartition("-")

    status, machine = run(lab, board, responder, "firmware.ipmi")
    check(status == 0, "exit status", status, machine.story())
    check(len(machine.errors) == 1, "more than the counts:", machine.story())
    check(counts(machine) == (SENT, CHECKS, 0), machine.errors[-1])
    print(machine.errors[-1])

    status, machine = run(lab, board, responder, "wrong.ipmi")
    check(status == 1, "exit status", status, machine.story())
    told = {}
    for line in machine.errors[:-1]:
        match = re.search(r"wrong\.ipmi:(\d+): (.*)$", line)
        check(match, "not a failed check:", line)
        told[int(match[1])] = match[2]
    check(told == WRONG, "told were", told, "and not", WRONG)
    check(counts(machine) == (3, 1, 4), machine.errors[-1])


class Monitor:
    """A connection to the monitor, which stays, for the events."""

    def __init__(self, machine):
        self.socket = machine.connect_monitor()
        self.file = self.socket.makefile("rw", encoding="utf-8")
        self.file.readline()
        self.events = []
        self.command("qmp_capabilities")

    def message(self):
        return json.loads(self.file.readline())

    def command(self, name, **arguments):
        self.file.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            message = self.message()
            if "event" in message:
                self.events.append(message)
            else:
                return message

    def event(self, name):
        while True:
            message = self.events.pop(0) if self.events else self.message()
            if message.get("event") == name:
                return message["data"]

    def close(self):
        self.file.close()
        self.socket.close()


def monitor(lab, _):
    host = "/machine/peripheral/host"
    machine = lab.keep(SimulatedHost(lab.programs, "npcm750-evb", "responder=kcs2", lab.folder))
    machine.wait_for_line("BMC: ready")
    connection = Monitor(machine)
    for request, response in (("18 01", "1c 01 00 20 01 01 00 02 01 aa a1 00 a0 00"),
                              ("18 3f", "1c 3f c1")):
        reply = connection.command("qom-set", path=host, property="request", value=request)
        check(reply.get("return") == {}, reply)
        event = connection.event("IPMI_HOST_SIM_RESPONSE")
        check(event == {"path": host, "request": request, "response": response}, event)
        reply = connection.command("qom-get", path=host, property="response")
        check(reply == {"return": response}, reply)
    for request in "18", "18 0", "1c 01", "nonsense":
        reply = connection.command("qom-set", path=host, property="request", value=request)
        check("error" in reply, request, "was not refused:", reply)
        print(f"{request!r}: {reply['error']['desc']}")
    connection.close()


def captured(lab, _):
    """The messages at the simulated host are those in the registers."""
    path = lab.path("capture.pcapng")
    status, machine = run(lab, "npcm750-evb", "kcs1", "firmware.ipmi",
                          ["-object", f"ipmi-pcap,id=capture,file={path}"])
    check(status == 0, "exit status", status, machine.story())
    sent, _, _ = counts(machine)
    with open(path, "rb") as file:
        capture = reader.read(file.read())
    check(not capture.faults, *capture.faults[:5])
    requests = sum(isinstance(packet, reader.Frame) and packet.direction == reader.TO_BMC
                   for packet in capture.packets)
    starts = sum(isinstance(packet, reader.Record) and packet.is_access() and
                 packet.point.name == "/machine/soc/kcs/kcs1" and
                 packet.name() == "CMD" and packet.value == KCS_WRITE_START
                 for packet in capture.packets)
    check(requests >= sent, requests, "frames of requests,", sent, "were sent")
    check(requests == starts, requests, "frames of requests,", starts, "transfers")


def refused(lab, _):
    scripts = {
        "send 18 1\n": ":1: ",
        "# nothing\n\nexpect 1c 01 00\n": ":3: ",
        "send 18 01\nexpect 1c 01 00 within 5\n": ":2: ",
        "repeat 3\nsend 18 01\n": ":1: ",
        "send 1c 01\n": ":1: ",
        "\n": "",
        None: "No such file or directory",
    }
    for i, (text, expected) in enumerate(scripts.items()):
        path = lab.path(f"script{i}.ipmi")
        if text is not None:
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
        run_of_it = subprocess.run(
            [f"{lab.programs.qemu}/qemu-system-arm", "-machine", "npcm750-evb", "-nodefaults",
             "-display", "none", "-device", f"ipmi-host-sim,responder=kcs1,script={path}"],
            capture_output=True, text=True, timeout=PATIENCE, check=False)
        check(run_of_it.returncode == 1, repr(text), "was not refused")
        told = run_of_it.stderr.splitlines()[0]
        check(os.path.basename(path) in told and expected in told, repr(text), "was refused with", told)
        print(told)


CASES = {
    **dict.fromkeys(("npcm750-evb-kcs1", "ast2500-evb-ibt", "ast2600-evb-kcs3"), interface),
    "monitor": monitor, "captured": captured, "refused": refused,
}

if __name__ == "__main__":
    run_case(argument_parser(__doc__), CASES)
