#!/usr/bin/env python3
"""Two virtual machines capture what a host and its BMC do, and what they
captured is held against all that is known of it.

For each board and interface of a BMC with each interface of a host:
  - both files keep the rules of docs/capture-format.md, and libpcap, capinfos,
    tshark and mergecap read them without the plugin
  - models of KCS and BT (models.py) rebuild the same messages from the
    registers at either side as went over the wire, where a tap saw the same
    bytes as the captures at both ends
  - merged, every message passes all capture points in the order of causes
  - -trace 'ipmi*' tells the same story, event by event
  - the plugin decodes the frames without a remark
The case ipmi-bmc-sim is a host with its BMC inside one emulator.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import collections
import itertools
import subprocess
import time

import lab as labs
import models
import reader
from lab import check, check_same
from machines import Skipped, argument_parser, run_case
from traces import as_trace, traced

BOARDS = {
    "npcm750-evb-kcs1": ("npcm750-evb", "kcs1"),
    "ast2600-evb-ibt": ("ast2600-evb", "ibt"),
    "ast2600-evb-kcs3": ("ast2600-evb", "kcs3"),
}

# By polling without a trace, nothing but echoes; and by interrupt with a trace,
# also SMS_ATN, an NMI, a reset.
RUNS = [(interface, interrupts) for interface in ("isa-ipmi-kcs", "isa-ipmi-bt")
        for interrupts in (0, 1)]

# tests/guests/firmware.h: the protocols of Get Channel Info.
PROTOCOL = {"kcs": 5, "ibt": 8}

# Echoes up to this many bytes.
MAX_ECHO = 16

RESET_CONTROL = b"\x04\xa1"


# --- Both ends, the registers and the wire ---------------------------------

def point(capture, words, name=""):
    """The only point with the words in its description and that name at its
    end."""
    found = [point for point in capture.points
             if words in point.description and point.name.endswith(name)]
    check(len(found) == 1, f"{len(found)} points with {words} and {name}:",
          *[point.name + point.description for point in capture.points])
    return found[0]


def registers(capture, responder=None):
    """Of a host, or of a BMC's responder."""
    if responder:
        return point(capture, "registers, BMC's side", "/" + responder)
    return point(capture, "registers, host's side")


def packets_of(capture, where):
    return [packet for packet in capture.packets if packet.point is where]


def frames_of(capture, where):
    return [packet for packet in packets_of(capture, where)
            if isinstance(packet, reader.Frame)]


def reset_times(*captures):
    """When whatever was outstanding may have ended without a response."""
    return [packet.time_ns for capture in captures for packet in capture.packets
            if packet.content == RESET_CONTROL or
            isinstance(packet, reader.Record) and packet.operation == reader.RESET]


def check_exchanges(what, on_wire, rebuilt, resets):
    """All that went over the wire went through the registers, unless there was
    a reset before it was through."""
    wanted = iter(rebuilt)
    exchange = next(wanted, None)
    missed = 0
    for frames in on_wire:
        if exchange and frames[:2] == exchange[:2]:
            exchange = next(wanted, None)
            continue
        missed += 1
    check(exchange is None, f"{what}: not on the wire, or in another order:", exchange)
    check(missed <= len(resets),
          f"{what}: {missed} of {len(on_wire)} were only on the wire, with {len(resets)} resets")


def check_messages(host, bmc, responder, tap):
    """The same messages everywhere."""
    resets = reset_times(host, bmc)
    links = {"host": point(host, "ipmi-bmc-extern"), "BMC": point(bmc, "ipmi-host-extern")}
    places = {"host": registers(host), "BMC": registers(bmc, responder)}
    streams = {}
    for name, capture in ("host", host), ("BMC", bmc):
        on_wire, faults = models.rebuilt(capture, links[name])
        check(not faults, f"{name}'s wire:", *faults[:5])
        exchanges, faults = models.rebuilt(capture, places[name])
        check(not faults, f"{name}'s registers: {len(faults)} faults:",
              *[f"\n  {fault}" for fault in faults[:5]])
        # Until there is a connection, QEMU answers for the BMC.
        connected = next(packet.time_ns for packet in packets_of(capture, links[name])
                         if isinstance(packet, reader.Connection))
        exchanges = [exchange for exchange in exchanges
                     if exchange.complete.time_ns > connected]
        check_exchanges(name, on_wire, exchanges, resets)
        check(len(exchanges) > MAX_ECHO, f"{name}: only {len(exchanges)} exchanges")
        for direction in reader.TO_BMC, reader.TO_HOST:
            streams[name, direction] = [
                packet.content for packet in frames_of(capture, links[name])
                if packet.direction == direction]
    for direction in reader.TO_BMC, reader.TO_HOST:
        seen = b"".join(packet.content for packet in tap.packets
                        if packet.direction == direction)
        check_same("frames at both ends", streams["host", direction], streams["BMC", direction])
        check(b"".join(streams["host", direction]) == seen,
              "the tap saw other bytes than the captures", reader.DIRECTIONS[direction])


def check_order(merged, responder):
    """Along its way, a message is captured by one point after the other."""
    host, bmc = point(merged, "ipmi-bmc-extern"), point(merged, "ipmi-host-extern")
    for direction, first, second in ((reader.TO_BMC, host, bmc), (reader.TO_HOST, bmc, host)):
        one, other = ([packet for packet in frames_of(merged, where)
                       if packet.direction == direction] for where in (first, second))
        for sent, received in zip(one, other, strict=True):
            check(sent.number < received.number,
                  f"received before it was sent: {received.line()}, {sent.line()}")
    # At each end, too: the host reads a response after it came, and the
    # firmware has read a request, and given its response, before that leaves.
    for where, wire, wire_first in ((registers(merged), host, True),
                                    (registers(merged, responder), bmc, False)):
        left = collections.defaultdict(list)
        for exchange in models.rebuilt(merged, wire)[0]:
            left[exchange[:2]].append(exchange.complete.number)
        for exchange in models.rebuilt(merged, where)[0]:
            on_wire = left[exchange[:2]]
            if on_wire:
                number = on_wire.pop(0)
                check((number < exchange.complete.number) == wire_first,
                      f"packets {number} and {exchange.complete.number}: an effect came first")


# --- Other readers ---------------------------------------------------------

def check_others(lab, name, capture, libpcap):
    """Programs that know pcapng and nothing of us."""
    path, count = lab.path(name), len(capture.packets)
    counted = lab.wireshark("capinfos", "-T", "-r", "-c", path).split()
    check(counted[-1] == b"%d" % count, "capinfos:", counted)
    lines = lab.wireshark("tshark", "-n", "-r", path, "-T", "fields",
                          "-e", "frame.time_epoch", "-e", "frame.interface_name",
                          "-e", "frame.interface_description").decode().splitlines()
    check_same("tshark", lines, [
        f"{packet.seconds()}\t{packet.point.name}\t{packet.point.description}"
        for packet in capture.packets])
    if libpcap:
        result = subprocess.run([libpcap, path], capture_output=True, text=True, check=False)
        check(result.returncode == 0, "libpcap:", result.stderr)
        check_same("libpcap", result.stdout.splitlines(),
                   [packet.as_libpcap() for packet in capture.packets])


def check_plugin(lab, name):
    """The plugin remarks on messages that do not fit every interface, so there
    are none. One request of the plan is too long for its command, on purpose;
    the plan also resets the host in the middle of a request."""
    remarks = lab.wireshark(
        "tshark", "-n", "-2", "-r", lab.path(name), "-Y",
        'ipmi_extern && _ws.expert.severity >= "Warning" && !ipmi_extern.cutoff && '
        '!(ipmi_extern.cmd.name == "Get Device ID" && ipmi_extern.data == aa)',
        plugin=True).decode()
    check(not remarks, f"{name}: what the plugin remarks:\n{remarks}")


# --- All of it ---------------------------------------------------------------

def run(lab, board, responder, interface, interrupts, libpcap):
    started = time.monotonic()
    names = {"host": f"host-{interface}-{interrupts}.pcapng",
             "bmc": f"bmc-{interface}-{interrupts}.pcapng"}
    traces = {side: lab.path(f"{side}-{interface}.log") for side in names}

    def extra(side):
        trace = ["-trace", "ipmi*", "-D", traces[side]] if interrupts else []
        return [*labs.objects(f"file={lab.path(names[side])}"), *trace]

    tap = lab.tap()
    bmc = lab.bmc(board, responder, tap.bmc_wire, extra("bmc"))
    host = lab.host(interface,
                    f"plan={'all' if interrupts else 'echo'} irq={interrupts} when=1 "
                    f"max={MAX_ECHO} attentions=1 protocol={PROTOCOL[responder[:3]]}",
                    tap.host_wire, extra("host"))
    host.succeed()
    labs.quit_machine(bmc)
    seen = reader.read(tap.finish())
    ran = time.monotonic() - started

    captures = {side: lab.read(name) for side, name in names.items()}
    for side, capture in captures.items():
        check(capture.complete(), f"{side}: it did not end in good order")
        check("QEMU" in (capture.application or ""), f"{side}: written by {capture.application}")
        check(not any(point.statistics[1] for point in capture.points),
              f"{side}: some were dropped")
        for where in capture.points:
            check(f"the-{side}" in where.description,
                  f"{side}: no name of the machine: {where.description}")
        if interrupts:
            check_same(f"{side}: trace and capture", traced(traces[side]),
                       [as_trace(packet) for packet in capture.packets])
        check_others(lab, names[side], capture, libpcap)
    check_messages(captures["host"], captures["bmc"], responder, seen)

    merged = "merged.pcapng"
    with open(lab.path(merged), "wb") as file:
        file.write(lab.wireshark("mergecap", "-w", "-",
                                 *[lab.path(name) for name in names.values()]))
    with open(lab.path(merged), "rb") as file:
        capture = labs.clean(merged, file.read(), merged=True)
    check(len(capture.packets) == sum(len(one.packets) for one in captures.values()),
          "mergecap lost packets")
    check_order(capture, responder)
    check_plugin(lab, merged)
    print(f"{interface:12} {'interrupts, traced' if interrupts else 'polled':18}  "
          f"{board} {responder}: {len(capture.packets)} packets, {ran:.1f} s, "
          f"read in {time.monotonic() - started - ran:.1f} s", flush=True)


def simulated(lab, interface, interrupts):
    """A host whose BMC is in the emulator: the registers, and the messages that
    a wire would have carried."""
    name = f"{interface}-{interrupts}.pcapng"
    host = lab.host(interface, f"plan=commands irq={interrupts}", None,
                    labs.objects(f"file={lab.path(name)}"),
                    bmc=["-device", "ipmi-bmc-sim,id=bmc"])
    host.succeed()
    capture = lab.read(name)
    check(capture.complete(), f"{name} did not end in good order")
    messages, faults = models.rebuilt(capture, point(capture, "ipmi-bmc-sim"))
    exchanges, more = models.rebuilt(capture, registers(capture))
    check(not faults and not more, f"{len(faults + more)} faults:", *(faults + more)[:5])
    check(len(messages) > 10, "only", len(messages), "messages")
    check_same("messages and registers", [exchange[:2] for exchange in messages],
               [exchange[:2] for exchange in exchanges])
    check_plugin(lab, name)
    print(f"{interface:12} {'interrupts' if interrupts else 'polled':18}  ipmi-bmc-sim: "
          f"{len(capture.packets)} packets, {len(messages)} exchanges", flush=True)


def simulated_everywhere(lab, _):
    for bus, kind, interrupts in itertools.product(("isa", "pci"), ("kcs", "bt"), (0, 1)):
        simulated(lab, f"{bus}-ipmi-{kind}", interrupts)


def between_machines(lab, arguments):
    for interface, interrupts in RUNS:
        run(lab, *BOARDS[arguments.case], interface, interrupts, arguments.libpcap)
    if not arguments.libpcap:
        raise Skipped("libpcap, for which libpcap-dev is needed")


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--libpcap", help="libpcap-reads")
    run_case(parser, {**dict.fromkeys(BOARDS, between_machines),
                      "ipmi-bmc-sim": simulated_everywhere}, labs.Lab)


if __name__ == "__main__":
    main()
