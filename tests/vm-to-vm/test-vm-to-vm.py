#!/usr/bin/env python3
"""Runs a host and a BMC, each in a virtual machine, against each other.

Cases:
  BOARD      every host interface, polled and by interrupt, against every
             interface of that BMC: fixed answers, echoes of every length,
             SMS_ATN, NMI, reset by the BMC
  sockets    Unix and TCP sockets, either side as server
  volume     10,000 echoes of every length, without a loss
  restart    the BMC dies, or is reset, in the middle
  reset      the host is reset in the middle
  capture    what a tap of the wire saw is what the plugin expects

SPDX-License-Identifier: GPL-2.0-or-later
"""

import itertools
import os
import re
import subprocess
import time

from machines import PATIENCE, ROOT, Failure, argument_parser, check, run_case

HOST_INTERFACES = "isa-ipmi-kcs", "isa-ipmi-bt", "pci-ipmi-kcs", "pci-ipmi-bt"

# The interfaces of each BMC: the first ones meet every interface of a host, the
# others, which work the same, one.
BOARDS = {
    "npcm750-evb": (["kcs1"], ["kcs2", "kcs3"]),
    "ast2500-evb": (["ibt", "kcs3"], ["kcs1", "kcs2", "kcs4"]),
    "ast2600-evb": (["ibt", "kcs3"], ["kcs1", "kcs2", "kcs4"]),
}

# tests/guests/firmware.h: the protocols of Get Channel Info, and the longest
# echo that fits into BT's length byte.
PROTOCOL = {"kcs": 5, "ibt": 8}
MAX_ECHO_BT = 251


def options_for(responder):
    """What a host has to know of the BMC's interface."""
    options = f"protocol={PROTOCOL[responder[:3]]}"
    if responder == "ibt":
        options = f"max={MAX_ECHO_BT} {options}"
    return options


def run_pair(lab, board, responder, interface, interrupts, wire):
    """One host against a BMC that is there already, or comes by itself."""
    started = time.monotonic()
    host = lab.host(interface, f"plan=all irq={interrupts} when={interrupts} "
                    f"{options_for(responder)}", wire)
    try:
        story = host.succeed()
        # One that comes together with a response needs no interrupt.
        check(not interrupts or "waited for 0" not in story,
              "SMS_ATN never interrupted by itself:", story)
    except Failure as failure:
        raise Failure(f"{interface} irq={interrupts} against {board} "
                      f"{responder}: {failure}") from None
    print(f"{interface:12} {'interrupts' if interrupts else 'polled':10}  "
          f"{board} {responder}: {time.monotonic() - started:.1f} s", flush=True)


def board(lab, name):
    """A BMC has one host at a time with its lines, and other hosts besides."""
    fully, once = BOARDS[name]
    for responder in fully:
        wire = lab.wire()
        others = [other for other in fully if other != responder]
        bmc = lab.bmc(name, {responder: wire, **{other: lab.wire() for other in others}})
        for interface, interrupts in itertools.product(HOST_INTERFACES, (0, 1)):
            run_pair(lab, name, responder, interface, interrupts, wire)
        bmc.kill()
    for responder in once:
        wire = lab.wire()
        bmc = lab.bmc(name, {responder: wire})
        run_pair(lab, name, responder, "isa-ipmi-kcs", 1, wire)
        bmc.kill()


def sockets(lab):
    for family, server in itertools.product(("unix", "tcp"), ("bmc", "host")):
        print(f"{family} socket, the {server} listens", flush=True)
        wire = lab.wire(family, server)
        bmc = lab.bmc("npcm750-evb", {"kcs2": wire})
        run_pair(lab, "npcm750-evb", "kcs2", "isa-ipmi-bt", 1, wire)
        bmc.kill()


def volume(lab):
    """Two hosts at two interfaces of one BMC, one after the other."""
    count = 10000
    wires = {"ibt": lab.wire(), "kcs3": lab.wire("tcp", "host")}
    lab.bmc("ast2600-evb", wires)
    started = time.monotonic()
    first = lab.host("isa-ipmi-bt", f"plan=echo irq=1 count={count} "
                     f"{options_for('ibt')}", wires["ibt"])
    first.succeed(5 * PATIENCE)
    print(f"BT: {time.monotonic() - started:.1f} s", flush=True)
    started = time.monotonic()
    second = lab.host("isa-ipmi-kcs", f"plan=echo irq=1 count={count} "
                      f"{options_for('kcs3')}", wires["kcs3"])
    second.succeed(5 * PATIENCE)
    print(f"KCS: {time.monotonic() - started:.1f} s", flush=True)
    for host in first, second:
        check(f"{count} of {count} echoes right, {count} counted by the BMC, "
              "0 of them wrong, 0 repeated" in host.story(), host.story())


ENDLESS = "endless=1 progress=20"


def finish(host):
    """Has the host go on for a while, and then end."""
    said = int(host.wait_for_line(r"^(\d+) echoes sent").group(1))
    host.wait_for_line(f"^{said + 200} echoes sent")
    host.command("inject-nmi")
    story = host.succeed()
    check(re.search(r"^ *(\d+) of \1 echoes right, \d+ counted by the BMC, 0 of them wrong, ",
                    story, re.MULTILINE), story)


def restart(lab):
    """The host is told that its BMC may go, and repeats what was not answered;
    it has to have noticed, but not to have lost anything."""
    pairs = (("npcm750-evb", "kcs1", "isa-ipmi-kcs"),
             ("ast2600-evb", "ibt", "isa-ipmi-bt"),
             ("ast2500-evb", "kcs3", "isa-ipmi-bt"))
    for (name, responder, interface), interrupts, how in itertools.product(
            pairs, (0, 1), ("killed", "reset")):
        server = "bmc" if interrupts else "host"
        wire = lab.wire("unix", server)
        bmc = lab.bmc(name, {responder: wire})
        host = lab.host(interface, f"plan=echo irq={interrupts} restarts=1 {ENDLESS} "
                        f"{options_for(responder)}", wire)
        # Nobody listens until the next BMC is there.
        host.no_errors.append("Unable to connect character device wire")
        for progress in 60, 200:
            host.wait_for_line(f"^{progress} echoes sent")
            if how == "killed":
                bmc.kill()
                bmc = lab.bmc(name, {responder: wire})
            else:
                bmc.command("system_reset")
                bmc.wait_for_line("BMC: ready")
        finish(host)
        bmc.kill()
        print(f"{name} {responder} {how}, {interface} irq={interrupts}: well", flush=True)


def wait_for_start(host):
    """What it says once after each reset; the rest may be from before."""
    host.wait_for_line("^20 echoes sent")


def reset(lab):
    """The host loses the request that is on its way, and no other."""
    for (name, responder), interface in itertools.product(
            (("npcm750-evb", "kcs3"), ("ast2500-evb", "ibt")),
            ("isa-ipmi-kcs", "isa-ipmi-bt")):
        wire = lab.wire()
        bmc = lab.bmc(name, {responder: wire})
        host = lab.host(interface, f"plan=echo irq=1 {ENDLESS} {options_for(responder)}",
                        wire)
        for _ in range(2):
            wait_for_start(host)
            host.wait_for_line("^40 echoes sent")
            host.command("system_reset")
        wait_for_start(host)
        finish(host)
        bmc.kill()
        print(f"{interface} reset, {name} {responder}: well", flush=True)


# What the capture is asked for, in one run of tshark: fields of each packet.
FIELDS = "type", "control", "no_response", "cutoff"


def decode(lab, contents, display_filter, *arguments):
    """The lines that tshark prints of the packets that the filter selects."""
    path = f"{lab.folder}/capture.pcapng"
    with open(path, "wb") as file:
        file.write(contents)
    # Root's tshark is another user.
    os.chmod(lab.folder, 0o755)
    os.chmod(path, 0o644)
    environment = dict(os.environ,
                       WIRESHARK_PLUGIN_DIR=f"{lab.programs.build}/dissector/plugins")
    return subprocess.run(
        [os.path.join(ROOT, "tests", "run-tshark"), "-n", "-r", path, "-2",
         "-Y", display_filter, *arguments],
        stdout=subprocess.PIPE, env=environment, text=True, check=True,
        timeout=PATIENCE).stdout.splitlines()


def capture(lab):
    """The wire in between is what the plugin takes it for, in both directions,
    and has everything that the machines did. The plugin remarks on messages
    that do not fit every interface, so there are none."""
    for name, responder, interface in (("npcm750-evb", "kcs1", "isa-ipmi-kcs"),
                                       ("ast2600-evb", "ibt", "isa-ipmi-bt")):
        tap = lab.tap()
        bmc = lab.bmc(name, {responder: tap.bmc_wire})
        host = lab.host(interface, f"plan=all irq=1 when=1 max={MAX_ECHO_BT} "
                        f"{options_for(responder)}", tap.host_wire)
        host.succeed()
        bmc.kill()
        seen = tap.finish()

        # One request of the plan is too long for its command, on purpose.
        remarks = decode(lab, seen, 'ipmi_extern && _ws.expert.severity >= "Warning" && '
                         '!(ipmi_extern.cmd.name == "Get Device ID" && '
                         "ipmi_extern.data == aa)")
        check(not remarks, "what the plugin remarks:", *remarks)

        # A packet may have several frames.
        values = {field: [] for field in FIELDS}
        for line in decode(lab, seen, "ipmi_extern", "-T", "fields",
                           *(argument for field in FIELDS
                             for argument in ("-e", f"ipmi_extern.{field}"))):
            for field, found in zip(FIELDS, line.split("\t")):
                values[field] += filter(None, found.split(","))
        requests, responses = values["type"].count("0"), values["type"].count("1")
        check(requests > MAX_ECHO_BT and requests == responses,
              requests, "requests,", responses, "responses")
        check(not values["no_response"] and not values["cutoff"],
              "there are requests without response")
        controls = {int(control, 0) for control in values["control"]}
        expected = {0x00, 0x02, 0x04, 0x05, 0x07, 0x08, 0xff}
        check(expected <= controls, "control commands are missing:", expected - controls)
        print(f"{interface}, {name} {responder}: {requests} requests, all as expected",
              flush=True)


CASES = {
    **{name: (lambda lab, _, name=name: board(lab, name)) for name in BOARDS},
    **{case.__name__: (lambda lab, _, case=case: case(lab))
       for case in (sockets, volume, restart, reset, capture)},
}

if __name__ == "__main__":
    run_case(argument_parser(__doc__), CASES)
