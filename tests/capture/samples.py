#!/usr/bin/env python3
"""Captures the samples of what ipmi-pcap writes: hosts and their BMC, each in a
virtual machine, through KCS and through BT.

  samples.py --build BUILD [--qemu DIR] [--only NAME] [FOLDER]

Writes inside-NAME.pcapng, what all machines have captured, and of some also
inside-NAME-host.pcapng and inside-NAME-bmc.pcapng. How often hosts look at
their registers differs from run to run: run it again if a file is too big. Write
their .out then, as samples/README.md says.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import contextlib
import os
import struct
import tempfile
import time

import lab as labs
from lab import check
from machines import ROOT, Programs, argument_parser

# The host waits by looking at a register. So that a file does not have much of
# that, an instruction takes 2**this ns.
SLOW = "shift=7"
SLOWER = "shift=10"

# What the two hosts of a BMC do at the same time, until they have been captured for
# so many seconds.
ENDLESS = "plan=echo irq=1 count=1000000 max=3 pace=10 progress=3"
WINDOW = 0.002


class Scene:
    """Who does what: a board, {responder: (interface, plan)}."""

    def __init__(self, board, hosts, slow=SLOW, each=False, window=None):
        self.board, self.hosts, self.slow = board, hosts, slow
        self.each = each        # machine's file is a sample, too
        self.window = window    # of something endless

    def name(self, responder):
        """A host's."""
        return "host" if len(self.hosts) == 1 else f"host-{responder}"


SCENES = {
    "kcs": Scene("npcm750-evb", {"kcs1": ("isa-ipmi-kcs", "plan=time irq=1 count=1")}, each=True),
    "bt": Scene("ast2600-evb", {"ibt": ("isa-ipmi-bt", "plan=time irq=1 count=1")}, each=True),
    "kcs-polled": Scene("ast2600-evb", {"kcs3": ("isa-ipmi-kcs", "plan=time irq=0 count=1")},
                        SLOWER),
    "kcs-errors": Scene("ast2600-evb", {"kcs3": ("isa-ipmi-kcs", "plan=errors irq=1")}),
    "kcs-aborts": Scene("npcm750-evb", {"kcs1": ("isa-ipmi-kcs", "plan=aborts irq=1")}),
    "interleaved": Scene("ast2600-evb", {"kcs3": ("isa-ipmi-kcs", ENDLESS),
                                         "ibt": ("isa-ipmi-bt", ENDLESS)},
                         SLOWER, window=WINDOW),
}


def begin(machine, file):
    """Captures from now on."""
    machine.command("object-add", id="capture", file=file, **{"qom-type": "ipmi-pcap"})


def end(machine):
    """Ends that in good order."""
    machine.command("object-del", id="capture")


def capture(lab, name):
    """What all machines captured. The BMC's begins when its firmware is
    ready."""
    scene = SCENES[name]
    wires = {responder: lab.wire() for responder in scene.hosts}
    bmc = lab.bmc_of_several(scene.board, wires)
    names = [f"inside-{name}-{scene.name(responder)}.pcapng" for responder in scene.hosts]
    hosts = []
    for file, (responder, (interface, plan)) in zip(names, scene.hosts.items()):
        objects = [] if scene.window else labs.objects(f"file={lab.path(file)}")
        hosts.append(lab.host(interface, plan, wires[responder],
                              ["-icount", scene.slow, *objects],
                              name=f"the-{scene.name(responder)}"))
    names.append(f"inside-{name}-bmc.pcapng")
    if scene.window:
        for host in hosts:
            host.wait_for_line("echoes sent")
        for machine, file in zip((*hosts, bmc), names):
            begin(machine, lab.path(file))
        time.sleep(scene.window)
        for machine in (*hosts, bmc):
            end(machine)
    else:
        begin(bmc, lab.path(names[-1]))
        for host in hosts:
            host.succeed()
        end(bmc)
    labs.quit_machine(bmc)
    files = {}
    for file in names:
        check(lab.read(file).complete(), file, "did not end in good order")
        with open(lab.path(file), "rb") as contents:
            files[file] = contents.read()
    merged = lab.wireshark("mergecap", "-w", "-", *map(lab.path, names))
    # Its own section header names this machine's system.
    section = files[names[0]]
    whole = section[:length(section)] + merged[length(merged):]
    return {f"inside-{name}.pcapng": whole, **(files if scene.each else {})}


def length(block):
    """Of the block at the beginning."""
    return struct.unpack_from("=I", block, 4)[0]


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("folder", nargs="?", default=os.path.join(ROOT, "samples"))
    parser.add_argument("--only", action="append", choices=SCENES, metavar="NAME",
                        help="capture but this: " + ", ".join(SCENES))
    arguments = parser.parse_args()
    programs = Programs(arguments.build, arguments.qemu)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        for name in arguments.only or SCENES:
            for file_name, contents in capture(labs.Lab(programs, folder, stack), name).items():
                with open(os.path.join(arguments.folder, file_name), "wb") as file:
                    file.write(contents)
                print(f"{file_name}: {len(contents)} bytes")


if __name__ == "__main__":
    main()
