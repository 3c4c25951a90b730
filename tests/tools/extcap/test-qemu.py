#!/usr/bin/env python3
"""Attaches to the captures of real QEMUs, a host's and its BMC's, before they
are there, and again when the host's comes back.

Cases:
  unix, tcp  what their chardevs listen on

What comes that way is what each QEMU writes into a file besides, from when the
reader came; and tshark finds each command at all of its places.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import os
import socket
from pathlib import Path

# Which brings the directory of the next one.
from wireshark import ADD, LOG, Capture, wait_for
import wireshark

import lab as labs  # pylint: disable=wrong-import-order
from lab import check
from machines import Failure, argument_parser, run_case

ECHOES = 100


def address(lab, kind, name):
    """Where a QEMU is to listen, as ipmitap and as QEMU write it."""
    if kind == "unix":
        path = lab.path(f"{name}.sock")
        return f"unix:{path}", f"path={path}"
    # Nobody else gets the port while this one has it, who does not listen.
    bound = lab.stack.enter_context(socket.socket())
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", 0))
    port = bound.getsockname()[1]
    return f"tcp:127.0.0.1:{port}", f"host=127.0.0.1,port={port}"


def captures(lab, where, name):
    """The arguments for one to attach to, and the same in a file."""
    return ["-chardev", f"socket,id=reader,{where},server=on,wait=off",
            *labs.objects("chardev=reader"),
            "-object", f"ipmi-pcap,id=file,file={lab.path(name)}"]


def story(capture, machine):
    """What happened in a machine."""
    return [(packet.time_ns, packet.point.name, packet.words()) for packet in capture.packets
            if packet.point.description.endswith(f", VM {machine}")]


def attached(capture, count, where):
    """Waits until it is, for the so-manieth time."""
    wait_for(lambda: sum(text.endswith(f"attached to {where}\n")
                         for control, command, text in capture.toolbar()
                         if (control, command) == (LOG, ADD)) >= count,
             lambda: f"attached to {where}: {capture.toolbar()}")


def run(lab, kind):
    bmc_address, bmc_chardev = address(lab, kind, "bmc")
    host_address, host_chardev = address(lab, kind, "host")
    with Capture("ipmi-attach", f"--attach={host_address},{bmc_address}", toolbar=True,
                 directory=Path(lab.folder)) as capture:
        wire = lab.wire()
        bmc = lab.bmc("npcm750-evb", "kcs1", wire, captures(lab, bmc_chardev, "bmc.pcapng"))
        attached(capture, 1, bmc_address)
        for count in (1, 2):
            host = lab.host("isa-ipmi-kcs", f"plan=echo irq=1 count={ECHOES} max=8 progress=20",
                            wire, [*captures(lab, host_chardev, f"host-{count}.pcapng"), "-S",
                                   "-action", "shutdown=pause"])
            attached(capture, count, host_address)
            host.command("cont")
            host.wait_for_line(rf"^{ECHOES} of {ECHOES} echoes right")
            labs.quit_machine(host)
        labs.quit_machine(bmc)
        wait_for(lambda: sum("connection was closed" in text
                             for control, command, text in capture.toolbar()
                             if (control, command) == (LOG, ADD)) >= 3, "that all have gone")
        live = capture.stop()
        contents = capture.packets.data
    compare("BMC", story(live, "the-bmc"), [story(lab.read("bmc.pcapng"), "the-bmc")])
    compare("host", story(live, "the-host"),
            [story(lab.read(f"host-{count}.pcapng"), "the-host") for count in (1, 2)])
    times = [packet.time_ns for packet in live.packets]
    late = sum(one > other for one, other in zip(times, times[1:]))
    places = commands(lab, contents)
    print(f"{len(live.packets)} packets, {late} out of order; {places} commands at both machines",
          flush=True)
    check(places >= ECHOES, f"only {places} commands were found at both machines")


def compare(machine, live, files):
    """What was captured live is the end of each file, one after the other."""
    for wanted in files:
        check(live, f"{machine}: nothing of a capture came")
        first = next((i for i, event in enumerate(wanted) if event == live[0]), len(wanted))
        rest = wanted[first:]
        # A QEMU that ends closes its sockets one by one, that of the capture
        # perhaps before the link's.
        if live[len(rest) - 1:len(rest)] != rest[-1:] and rest[-1][2] == "disconnected":
            rest.pop()
        check(len(rest) > ECHOES, f"{machine}: it begins with {live[0]}, and {len(rest)} of "
              f"{len(wanted)} are left")
        labs.check_same(machine, live[:len(rest)], rest)
        live = live[len(rest):]
    check(not live, f"{machine}: {len(live)} more than in the files")


def commands(lab, contents):
    """How many tshark finds at both machines."""
    with open(lab.path("live.pcapng"), "wb") as file:
        file.write(contents)
    return len(lab.wireshark(os.environ.get("TSHARK", "tshark"), "-r", lab.path("live.pcapng"),
                             "-2", "-Y", "ipmi_trans.time.firmware", "-T", "fields",
                             "-e", "ipmi_trans.id", plugin=True).split())


def case(kind):
    """For run_case(), which knows failures of one kind."""
    def start(lab, _):
        try:
            run(lab, kind)
        except wireshark.Failure as failure:
            raise Failure(str(failure)) from failure
    return start


if __name__ == "__main__":
    run_case(argument_parser(__doc__), {kind: case(kind) for kind in ("unix", "tcp")}, labs.Lab)
