#!/usr/bin/python3
"""Runs tools/demo and holds it to what it promises.

Cases:
  both-views-agree  what the demo decodes is what the host says it sent and got
  vm-to-vm          the same with a virtual machine as BMC, which acts by itself;
                    what both capture is one file, in the order of time
  died              any process of the demo dies while the host is busy
  interrupted       the demo is stopped from outside
  refused           what the demo cannot do, it says

SPDX-License-Identifier: GPL-2.0-or-later
"""

import argparse
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEMO = os.path.join(ROOT, "tools", "demo")
SKIPPED = 77

# How long what takes seconds may take, on a machine that is busy.
PATIENCE = 300

# What the host's program is called in /proc.
HOST = "qemu-system-x86"


class Demo:
    """A demo under way."""

    def __init__(self, build, folder, *arguments):
        self.capture = os.path.join(folder, "demo.pcapng")
        self.report = os.path.join(folder, "demo.guest.txt")
        self.inside = os.path.join(folder, "demo.inside.pcapng")
        with open(self.report, "w", encoding="ascii"):
            pass                # not that of the demo before
        self.process = subprocess.Popen(
            [DEMO, "--build", build, "-w", self.capture, *arguments],
            cwd=folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self):
        """Returns exit status, standard output and standard error."""
        output, errors = self.process.communicate(timeout=PATIENCE)
        if "dumpcap may not capture" in errors:
            print(errors, end="")
            print("SKIPPED: NOT tested: this user may not capture on loopback")
            sys.exit(SKIPPED)
        return self.process.returncode, output, errors

    def children(self):
        """Its processes, by name of the program (15 characters at most)."""
        found = {}
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{entry}/stat", encoding="ascii") as stat:
                    name, rest = re.match(r"\d+ \((.*)\) (.*)", stat.read()).groups()
            except OSError:
                continue
            if int(rest.split()[1]) == self.process.pid:
                found[name] = int(entry)
        return found

    def wait_until_busy(self):
        """Waits until the host has reported its third command."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.said().count("\n") >= 3:
                return
            time.sleep(0.02)
        self.process.kill()
        sys.exit(f"the host did not get going: {self.finish()}")

    def said(self):
        """What the host has reported so far."""
        with open(self.report, encoding="ascii") as report:
            return report.read()


def start_busy(build, folder):
    """A demo whose host is stopped with more commands to come, and its processes."""
    while True:
        demo = Demo(build, folder)
        demo.wait_until_busy()
        children = demo.children()
        if HOST in children:
            os.kill(children[HOST], signal.SIGSTOP)
            if "answered" not in demo.said():
                return demo, children
            os.kill(children[HOST], signal.SIGCONT)
        demo.finish()           # it was quicker


def has_ended(pid):
    """Whether a process has, even if nobody has asked for its status."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def resume(children):
    """Lets the stopped host end as well, once the others have."""
    deadline = time.monotonic() + PATIENCE
    while not all(has_ended(pid) for name, pid in children.items() if name != HOST):
        check(time.monotonic() < deadline, f"still there: {children}")
        time.sleep(0.02)
    if not has_ended(children[HOST]):
        os.kill(children[HOST], signal.SIGCONT)


def check(condition, *explanation):
    if not condition:
        print(*explanation, sep="\n")
        sys.exit(1)


def check_all_gone(processes):
    left = {name: pid for name, pid in processes.items()
            if os.path.exists(f"/proc/{pid}")}
    check(not left, f"left behind: {left}")


def read_report(path):
    """Name, request and response of each command, as the host saw them."""
    commands = []
    with open(path, encoding="ascii") as report:
        for line in report.read().splitlines()[:-1]:
            name, request, response = re.fullmatch(
                r"(.+): ((?:[0-9a-f]{2} ?)+) -> ((?:[0-9a-f]{2} ?)+)", line).groups()
            commands.append((name, bytes.fromhex(request), bytes.fromhex(response)))
    return commands


def read_capture(build, path):
    """The messages of a capture as the plugin decodes them: name, bytes and
    checksum status of each."""
    fields = ["type", "netfn", "lun", "cmd", "ccode", "data", "cmd.name",
              "checksum.status"]
    environment = dict(os.environ, WIRESHARK_PLUGIN_DIR=f"{build}/dissector/plugins")
    with open(path, "rb") as capture:
        output = subprocess.run(
            [os.path.join(ROOT, "tests", "run-tshark"), "-n", "-r", "-",
             "-d", "tcp.port==0-65535,ipmi_extern", "-Y", "ipmi_extern.netfn",
             "-T", "fields", "-E", "separator=|",
             *(argument for field in fields
               for argument in ("-e", f"ipmi_extern.{field}"))],
            stdin=capture, stdout=subprocess.PIPE, env=environment, text=True,
            check=True).stdout
    messages = []
    for line in output.splitlines():
        kind, netfn, lun, cmd, ccode, data, name, status = line.split("|")
        # A control command may precede a response in its segment.
        is_response = "1" in kind.split(",")
        check(is_response == (ccode != ""), f"type and completion code: {line}")
        header = [int(netfn, 0) << 2 | int(lun, 0), int(cmd, 0)]
        if is_response:
            header.append(int(ccode, 0))
        messages.append((name, bytes(header) + bytes.fromhex(data), status))
    return messages


def both_views_agree(build, folder):
    demo = Demo(build, folder)
    status, output, errors = demo.finish()
    check(status == 0, f"exit status {status}", output, errors)

    commands = read_report(demo.report)
    check(len(commands) >= 12, f"only {len(commands)} commands")
    for where in 1, 2:
        for byte in 0xa0, 0xa1, 0xaa:
            check(any(byte in command[where][3:] for command in commands),
                  f"no {byte:02x} to be escaped")
    check(any(response[2] for _, _, response in commands), "no command fails")

    # The lines shown.
    shown = []
    for line in output.splitlines():
        match = re.search(
            r"  Host -> BMC  Req seq 0x.. (?P<req>.+)$|"
            r"  BMC -> Host  Rsp seq 0x.. (?P<rsp>.+?)"
            r"(?: OK|: .+ \((?P<ccode>..)h\)), [0-9.]+ \S+", line)
        if match and match["req"]:
            shown.append((match["req"], None))
        elif match:
            shown.append((match["rsp"], int(match["ccode"] or "0", 16)))
    expected = [message for name, _, response in commands
                for message in ((name, None), (name, response[2]))]
    check(shown == expected, "shown:", shown, "the host's view:", expected)

    # The capture kept.
    decoded = read_capture(build, demo.capture)
    expected = [(name, message, "1") for name, *pair in commands for message in pair]
    check(decoded == expected, "decoded:", decoded, "the host's view:", expected)


# What the firmware answers at: the end of its path.
RESPONDERS = {"npcm750-evb": "/kcs1", "ast2600-evb": "/ibt"}

# epb_flags, bits 1:0
TO_HOST, TO_BMC = 1, 2


def check_inside(build, path, responder):
    """The registers of both machines have to be there, and every frame at both
    ends of the connection, first where it is sent."""
    environment = dict(os.environ, WIRESHARK_PLUGIN_DIR=f"{build}/dissector/plugins")
    with open(path, "rb") as capture:
        output = subprocess.run(
            [os.path.join(ROOT, "tests", "run-tshark"), "-n", "-r", "-", "-T", "fields",
             "-e", "frame.interface_name", "-e", "frame.interface_description",
             "-e", "frame.packet_flags_direction"],
            stdin=capture, stdout=subprocess.PIPE, env=environment, text=True,
            check=True).stdout
    packets = {}
    for number, line in enumerate(output.splitlines()):
        name, description, direction = line.split("\t")
        device = responder if name.endswith(responder) else description.split(":")[0]
        packets.setdefault((device, int(direction, 0)), []).append(number)
    for device in "isa-ipmi-kcs", responder:
        for direction in TO_HOST, TO_BMC:
            check((device, direction) in packets, f"not captured: {device}, {direction}")
    for sender, receiver, direction in (("ipmi-bmc-extern", "ipmi-host-extern", TO_BMC),
                                        ("ipmi-host-extern", "ipmi-bmc-extern", TO_HOST)):
        sent = packets.get((sender, direction), [])
        got = packets.get((receiver, direction), [])
        check(sent and len(sent) == len(got) and all(map(int.__lt__, sent, got)),
              f"{sender}: {sent}", f"{receiver}: {got}")


def check_hops(output):
    """Each command has to be found at all places, and its time to be that of the
    parts of its way."""
    words = " ".join(output.split())
    commands = re.search(r"(\d+) commands, \1 responses", words)
    hops = re.search(r"From the first access to the last, (\d+) commands took [0-9.]+ ms each: "
                     r"the guest ([0-9.]+) %, its QEMU ([0-9.]+) %, the wire ([0-9.]+) %, the "
                     r"QEMU of the BMC ([0-9.]+) %, its firmware ([0-9.]+) %", words)
    check(commands and hops and commands[1] == hops[1], output)
    check(abs(sum(map(float, hops.groups()[1:])) - 100) < 0.5, hops[0])


def vm_to_vm(build, folder, *emulator):
    for board in RESPONDERS:
        demo = Demo(build, folder, f"--vm-to-vm={board}", *emulator)
        status, output, errors = demo.finish()
        check(status == 0, f"{board}: exit status {status}", output, errors)

        # What the BMC does to the host, in this order, and that the host came
        # back; at the beginning what both say of themselves.
        story = [re.sub(r"^ *[0-9.]+  ", "", line) for line in output.splitlines()]
        expected = ["Host -> BMC  Control VERSION 1",
                    "BMC -> Host  Control ATTN_IRQ",
                    "Host -> BMC  Req seq 0x.. Get Message Flags",
                    "BMC -> Host  Control NOATTN",
                    "BMC -> Host  Control SEND_NMI",
                    "BMC -> Host  Control RESET",
                    "Host -> BMC  Control RESET",
                    "BMC -> Host  Rsp seq 0x.. Get Device ID OK, .*"]
        rest = iter(story)
        for pattern in expected:
            check(any(re.fullmatch(pattern, line) for line in rest),
                  f"{board}: missing or out of order: {pattern}", output)
        with open(demo.report, encoding="ascii") as report:
            check("Back from a reset\n" in report.read(), "the host did not come back")
        check(f"Inside both:     {demo.inside}" in output, output)
        check_hops(output)
        check_inside(build, demo.inside, RESPONDERS[board])


def died(build, folder):
    for name, told in (("ipmi_sim", "ipmi_sim, the BMC,"),
                       (HOST, "qemu-system-x86_64, the host,"),
                       ("dumpcap", "dumpcap"), ("tshark", "tshark")):
        demo, children = start_busy(build, folder)
        check(name in children, f"no {name} in {children}")
        os.kill(children[name], signal.SIGKILL)
        resume(children)
        status, _, errors = demo.finish()
        check(status == 1, f"{name} killed, exit status {status}", errors)
        check(f"tools/demo: {told} ended before the host was done" in errors, errors)
        check_all_gone(children)


def interrupted(build, folder):
    for number in signal.SIGTERM, signal.SIGHUP:
        demo, children = start_busy(build, folder)
        check(len(children) >= 5, f"unexpected: {children}")
        demo.process.send_signal(number)
        resume(children)
        status, _, errors = demo.finish()
        check(status == 128 + number, f"exit status {status}", errors)
        check_all_gone(children)


def refused(build, folder):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        status, output, errors = Demo(build, folder, "--port", str(port)).finish()
    check(status == 1 and output == "" and
          errors.startswith(f"tools/demo: port {port} is taken.\n"),
          f"exit status {status}", output, errors)

    nowhere = os.path.join(folder, "nowhere", "demo.pcapng")
    status, output, errors = Demo(build, folder, "-w", nowhere).finish()
    check(status == 1 and output == "" and
          errors.startswith(f"tools/demo: cannot write {nowhere} "),
          f"exit status {status}", output, errors)

    status, output, errors = Demo(build, folder, "--vm-to-vm", "--qemu",
                                  folder).finish()
    check(status == 1 and output == "" and
          errors.startswith(f"tools/demo: there is no qemu-system-arm in {folder}."),
          f"exit status {status}", output, errors)

    for arguments in (["--port", "70000"], ["--port"], ["--colour"],
                      ["--vm-to-vm=pc"], ["--qemu", folder]):
        status, output, errors = Demo(build, folder, *arguments).finish()
        check(status == 2 and output == "" and "--help" in errors,
              f"{arguments}: exit status {status}", output, errors)


CASES = {
    "both-views-agree": both_views_agree,
    "vm-to-vm": vm_to_vm,
    "died": died,
    "interrupted": interrupted,
    "refused": refused,
}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="where cmake built the project")
    parser.add_argument("--qemu", help="for vm-to-vm, the emulator's folder")
    parser.add_argument("case", choices=CASES)
    arguments = parser.parse_args()
    emulator = ["--qemu", arguments.qemu] if arguments.qemu else []
    with tempfile.TemporaryDirectory() as folder:
        CASES[arguments.case](os.path.abspath(arguments.build), folder, *emulator)


if __name__ == "__main__":
    main()
