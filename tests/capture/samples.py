#!/usr/bin/env python3
"""Captures the samples of what ipmi-pcap writes: Get Device ID from a host to
its BMC, each in a virtual machine, through KCS and through BT.

  samples.py --build BUILD [--qemu DIR] [FOLDER]

Writes inside-KIND-host.pcapng, inside-KIND-bmc.pcapng and both merged. Write
their .out then, as samples/README.md says.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import contextlib
import os
import struct
import tempfile

import lab as labs
from lab import check
from machines import ROOT, Programs, argument_parser

PAIRS = {"kcs": ("npcm750-evb", "kcs1", "isa-ipmi-kcs"),
         "bt": ("ast2600-evb", "ibt", "isa-ipmi-bt")}

# The host waits by looking at a register. So that the file does not have much of
# it, an instruction takes 2**this ns.
SLOW = ["-icount", "shift=7"]


def capture(lab, kind):
    """What both machines captured. The BMC's begins when its firmware is
    ready."""
    board, responder, interface = PAIRS[kind]
    names = [f"inside-{kind}-{side}.pcapng" for side in ("host", "bmc")]
    host_file, bmc_file = map(lab.path, names)
    wire = lab.wire()
    bmc = lab.bmc(board, responder, wire)
    bmc.command("object-add", id="capture", file=bmc_file, **{"qom-type": "ipmi-pcap"})
    host = lab.host(interface, "plan=time irq=1 count=1", wire,
                    [*SLOW, *labs.objects(f"file={host_file}")])
    host.succeed()
    bmc.command("object-del", id="capture")
    labs.quit_machine(bmc)
    files = {}
    for name in names:
        check(lab.read(name).complete(), name, "did not end in good order")
        with open(lab.path(name), "rb") as file:
            files[name] = file.read()
    merged = lab.wireshark("mergecap", "-w", "-", host_file, bmc_file)
    # Its own section header names this machine's system.
    section = files[names[0]]
    files[f"inside-{kind}.pcapng"] = section[:length(section)] + merged[length(merged):]
    return files


def length(block):
    """Of the block at the beginning."""
    return struct.unpack_from("=I", block, 4)[0]


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("folder", nargs="?", default=os.path.join(ROOT, "samples"))
    arguments = parser.parse_args()
    programs = Programs(arguments.build, arguments.qemu)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        for kind in PAIRS:
            for name, contents in capture(labs.Lab(programs, folder, stack), kind).items():
                with open(os.path.join(arguments.folder, name), "wb") as file:
                    file.write(contents)
                print(f"{name}: {len(contents)} bytes")


if __name__ == "__main__":
    main()
