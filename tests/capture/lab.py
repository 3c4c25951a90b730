# lab.py
# A host and its BMC, each in a virtual machine that captures what it does.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""What test-capture.py and test-robust.py have in common. The machines are
those of tests/vm-to-vm."""

import os
import subprocess
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "vm-to-vm"))

import reader  # noqa: E402
import machines  # noqa: E402
from machines import PATIENCE, check  # noqa: E402

CAPTURE = "/objects/capture"


def check_same(what, one, other):
    """Two lists, of which only the first difference is worth a look."""
    for i, (left, right) in enumerate(zip(one, other)):
        check(left == right, f"{what}: number {i}:\n  {left}\n  {right}")
    rest = one[len(other):] or other[len(one):]
    check(not rest, f"{what}: {len(one)} and {len(other)}, {rest[:1]} in only one")


def objects(where, **properties):
    """The arguments that begin a capture: where is file=PATH or chardev=ID."""
    more = "".join(f",{name}={value}" for name, value in properties.items())
    return ["-object", f"ipmi-pcap,id=capture,{where}{more}"]


class Lab(machines.Lab):
    """Names the machines, and so the capture: the files of two can be told
    apart when merged."""

    def bmc(self, board, responder, wire, extra=()):
        return self.bmc_of_several(board, {responder: wire}, extra)

    def bmc_of_several(self, board, wires, extra=()):
        """One for several hosts, {responder: wire}."""
        return super().bmc(board, wires, extra=["-name", "the-bmc", *extra])

    def host(self, interface, options, wire, extra=(), name="the-host", **how):
        return super().host(interface, options, wire, extra=["-name", name, *extra], **how)

    def read(self, name):
        """A file of ours, as the reader has it."""
        path = name if os.path.isabs(name) else self.path(name)
        with open(path, "rb") as file:
            return clean(name, file.read())

    def wireshark(self, program, *arguments, plugin=False, status=0):
        """What a program of Wireshark prints on standard output, and whatever
        it complains of. Without the plugin unless it is asked for."""
        # Root's tshark is another user.
        os.chmod(self.folder, 0o755)
        for name in os.listdir(self.folder):
            if name.endswith(".pcapng"):
                os.chmod(self.path(name), 0o644)
        plugins = f"{self.programs.build}/dissector/plugins" if plugin else "/nonexistent"
        result = subprocess.run(
            [os.path.join(TESTS, "run-tshark"), *arguments],
            env=dict(os.environ, TSHARK=program, WIRESHARK_PLUGIN_DIR=plugins),
            capture_output=True, check=False, timeout=PATIENCE)
        errors = result.stderr.decode(errors="replace")
        check(result.returncode == status and not errors,
              program, *arguments, f": status {result.returncode}: {errors}")
        return result.stdout


def clean(name, contents, merged=False):
    """The capture, which has to be without fault. A program that merges files
    adds what a writer of ours does not."""
    capture = reader.read(contents)
    remarks = [] if merged else capture.remarks
    check(not capture.faults and not remarks,
          f"{name}: {len(capture.faults)} faults, {len(remarks)} remarks:",
          *[f"\n  {words}" for words in (capture.faults + remarks)[:10]])
    return capture


def quit_machine(machine):
    """Ends it in good order."""
    machine.command("quit")
    machine.wait_for_end()
    check(not machine.errors, machine.name, "says", machine.errors)
