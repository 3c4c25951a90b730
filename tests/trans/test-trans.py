#!/usr/bin/python3
# test-trans.py
# Tests that what is one command is one transaction, and how long it took.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Captures of which it is known which packets belong together (lab.py): each
packet's ipmi_trans fields are compared with that."""

import math
import random
import re
import sys
from collections import defaultdict

from lab import BR, BW, HR, HW, MS, PLACES, REQUEST, RESPONSE, TAP, US, Lab

from tshark import capture_file, finish, run  # pylint: disable=wrong-import-order

SCENARIOS = []
SECOND = 1000 * MS

HOPS = ("guest", "host_qemu", "wire", "bmc_qemu", "firmware")
FRAMES = [f"ipmi_trans.{place}.{kind}" for place in PLACES for kind in (REQUEST, RESPONSE)]
TIMES = ["ipmi_trans.time"] + [f"ipmi_trans.time.{hop}" for hop in HOPS]
FIELDS = ["frame.number", "ipmi_trans.id", "ipmi_trans.ends_in",
          "ipmi_trans.not_answered_by_bmc", *FRAMES, *TIMES]


def scenario(function):
    """Registers a function that returns a Lab."""
    SCENARIOS.append(function)
    return function


def fields_of(path, passes):
    """The ipmi_trans fields of each packet, by its number."""
    arguments = ["-r", path, "-Y", "ipmi_trans", "-T", "fields", "-E", "separator=;"]
    for name in FIELDS:
        arguments += ["-e", name]
    if passes == 2:
        arguments.insert(0, "-2")
    packets = {}
    for line in run(*arguments).decode().splitlines():
        values = dict(zip(FIELDS, line.split(";")))
        packets[int(values["frame.number"])] = {
            name: value for name, value in values.items() if value}
    return packets


def expected_times(command):
    """How long each hop took, in ns, by the name of its field."""
    def at(place, kind, end):
        return command.times[place, kind][end]

    def there_and_back(outer, outer_end, inner, inner_end):
        return (at(inner, REQUEST, inner_end) - at(outer, REQUEST, outer_end)
                + at(outer, RESPONSE, 1 - outer_end) - at(inner, RESPONSE, 1 - inner_end))

    has = {place: (place, REQUEST) in command.times and (place, RESPONSE) in command.times
           for place in PLACES}
    first = next(place for place in PLACES if (place, REQUEST) in command.times)
    times = {"ipmi_trans.time": at(first, RESPONSE, 1) - at(first, REQUEST, 0)}
    if has[HR]:
        times["ipmi_trans.time.guest"] = sum(
            at(HR, kind, 1) - at(HR, kind, 0) for kind in (REQUEST, RESPONSE))
    if command.by_emulator:
        return times
    if has[HR] and has[HW]:
        times["ipmi_trans.time.host_qemu"] = there_and_back(HR, 1, HW, 0)
    if has[HW] and has[BW]:
        times["ipmi_trans.time.wire"] = there_and_back(HW, 0, BW, 0)
    if has[BW] and has[BR]:
        times["ipmi_trans.time.bmc_qemu"] = there_and_back(BW, 0, BR, 0)
    if has[BR]:
        times["ipmi_trans.time.firmware"] = at(BR, RESPONSE, 1) - at(BR, REQUEST, 0)
    return times


def check_frames(labels, number, packet):
    """Complaints about the links of a packet of a command."""
    command = labels[number][0]
    for place in PLACES:
        for kind, wanted in ((REQUEST, place in command.places),
                             (RESPONSE, command.places.get(place))):
            name = f"ipmi_trans.{place}.{kind}"
            frame = packet.get(name)
            if not frame:
                if wanted:
                    yield f"packet {number}: {name} is missing"
            elif labels[int(frame)] != (command, place, kind):
                found = labels[int(frame)]
                yield (f"packet {number}: {name} is {frame}, which is {found[1]} {found[2]} of "
                       f"{found[0].name}")


def check(labels, packets):
    """Complaints about a whole capture."""
    ids = defaultdict(set)
    ends = defaultdict(list)
    for number, label in enumerate(labels):
        packet = packets.get(number, {})
        if label and packet:
            ids[id(label[0])].add(packet["ipmi_trans.id"])
            yield from check_frames(labels, number, packet)
            if "ipmi_trans.time" in packet:
                ends[id(label[0])].append((number, packet))
        elif packet:
            yield f"packet {number} is of a command"
    if len({number for numbers in ids.values() for number in numbers}) != len(ids):
        yield "commands share a number"
    for command in {id(label[0]): label[0] for label in labels if label}.values():
        if len(ids[id(command)]) != 1:
            yield f"{command.name} has the numbers {ids[id(command)]}"
        yield from check_end(command, ends[id(command)])


def check_once(labels, packets):
    """Complaints about the packets that end commands, as tshark shows them that reads
    the capture but once."""
    ends = defaultdict(list)
    for number, packet in packets.items():
        if "ipmi_trans.time" in packet:
            ends[id(labels[number][0])].append((number, packet))
    for command in {id(label[0]): label[0] for label in labels if label}.values():
        for complaint in check_end(command, ends[id(command)]):
            yield f"in one pass, {complaint}"


# What is found out too late to be shown in one pass.
NEEDS_TWO_PASSES = ("two_hosts_in_step_from_the_start", "clocks_", "another_",
                    "many_machines_without_names")


def check_end(command, ends):
    """Complaints about the packet that ends a command."""
    first = next(place for place in PLACES if place in command.places)
    if len(ends) != int(command.places[first]):
        yield f"{command.name} ends in {[number for number, _ in ends]}"
        return
    for number, packet in ends:
        times = expected_times(command)
        found = {name: round(float(packet[name]) * 10**9) for name in TIMES if name in packet}
        for name in TIMES:
            if found.get(name) != times.get(name):
                yield f"packet {number}: {name} is {found.get(name)}, not {times.get(name)}"
        if ("ipmi_trans.not_answered_by_bmc" in packet) != (
                command.by_emulator and HR in command.places and HW in command.places):
            yield f"packet {number}: not_answered_by_bmc"


MIX = ((0x06, 0x01, b""), (0x06, 0x31, b""), (0x06, 0x35, b""), (0x0A, 0x43, bytes(6)),
       (0x0A, 0x40, b""), (0x00, 0x01, b""), (0x04, 0x2D, b"\x01"))


def one_after_the_other(lab, path, count, at=0, commands=MIX, **how):
    """Commands of one host, each when the one before is answered."""
    for number in range(count):
        netfn, cmd, data = commands[number % len(commands)]
        at = lab.command(path, at, netfn, cmd, data, **how) + 50 * US
    return at


def all_carriers(function):
    """The scenario for each kind of registers at both ends."""
    for host in ("kcs", "bt"):
        for bmc in ("kcs", "bt"):
            def with_carriers(host=host, bmc=bmc):
                return function(host, bmc)
            with_carriers.__name__ = f"{function.__name__} ({host}, {bmc})"
            with_carriers.__doc__ = function.__doc__
            SCENARIOS.append(with_carriers)
    return function


@all_carriers
def one_machine(host, bmc):
    """A host and its BMC."""
    lab = Lab()
    one_after_the_other(lab, lab.path(host, bmc, names=("the-host", "the-bmc")), 20)
    return lab


@all_carriers
def same_command(host, bmc):
    """The same command over and over."""
    lab = Lab()
    one_after_the_other(lab, lab.path(host, bmc), 300, commands=MIX[1:2])
    return lab


@scenario
def with_tap():
    """A program between the machines has the wire, too."""
    lab = Lab()
    one_after_the_other(lab, lab.path(places=PLACES), 20)
    return lab


@scenario
def without_wires():
    """Registers of both machines only."""
    lab = Lab()
    one_after_the_other(lab, lab.path(places=(HR, BR)), 20)
    return lab


@scenario
def without_registers():
    """Both ends of a wire."""
    lab = Lab()
    one_after_the_other(lab, lab.path(places=(HW, BW)), 300)
    return lab


@scenario
def tap_and_registers():
    """A tap, and the registers of both machines."""
    lab = Lab()
    one_after_the_other(lab, lab.path(places=(HR, TAP, BR)), 20)
    return lab


def in_step(lab, paths, count, commands, seed):
    """Hosts that send the same at the same moment; who is first, and how long the wire
    takes, is left to chance."""
    chance = random.Random(seed)
    at = 0
    for number in range(count):
        netfn, cmd, data = commands[number % len(commands)]
        at = 100 * US + max(lab.command(path, at + chance.randrange(20 * US), netfn, cmd, data,
                                        wire=chance.randrange(10, 60) * US,
                                        firmware=chance.randrange(80, 300) * US)
                            for path in paths)
    return at


@all_carriers
def two_hosts_in_step(host, bmc):
    """Two hosts send the same at the same moment, once it is known who is whose."""
    lab = Lab()
    paths = [lab.path(host, bmc, names=(f"host{n}", f"bmc{n}")) for n in range(2)]
    lab.command(paths[0], 0)
    lab.command(paths[1], 50 * MS)
    lab.events = [(event[0] - SECOND, *event[1:]) for event in lab.events]
    in_step(lab, paths, 30, MIX, 1)
    return lab


@scenario
def two_hosts_in_step_without_names():
    """The same without names of machines, and with the same paths."""
    lab = Lab()
    paths = [lab.path() for _ in range(2)]
    lab.command(paths[0], 0)
    lab.command(paths[1], 50 * MS)
    lab.events = [(event[0] - SECOND, *event[1:]) for event in lab.events]
    in_step(lab, paths, 30, MIX[:1], 2)
    return lab


@scenario
def two_hosts_in_step_from_the_start():
    """Two hosts start at the same moment; what tells them apart comes later."""
    lab = Lab()
    paths = [lab.path(names=(f"host{n}", f"bmc{n}")) for n in range(2)]
    at = in_step(lab, paths, 10, MIX, 3)
    lab.command(paths[0], at + MS, 0x30, 0x01)
    lab.command(paths[1], at + 50 * MS, 0x30, 0x02)
    return lab


@scenario
def two_channels_in_one_machine():
    """Two channels between the same two machines, in step."""
    lab = Lab()
    paths = [lab.path(names=("host", "bmc"), paths={HR: f"kcs{n}", HW: f"bmc{n}",
                                                    BW: f"host{n}", BR: f"ch{n}"})
             for n in range(2)]
    lab.command(paths[0], 0)
    lab.command(paths[1], 50 * MS)
    lab.events = [(event[0] - SECOND, *event[1:]) for event in lab.events]
    in_step(lab, paths, 30, MIX, 4)
    return lab


@all_carriers
def request_lost_on_the_way(host, bmc):
    """The BMC never sees one of several, the host's emulator answers it."""
    lab = Lab()
    path = lab.path(host, bmc)
    at = one_after_the_other(lab, path, 3, commands=MIX[1:2])
    at = lab.command(path, at, *MIX[1], reaches=HW) + 50 * US
    at = one_after_the_other(lab, path, 5, at, commands=MIX[1:2])
    at = lab.command(path, at, *MIX[1], reaches=BW) + 50 * US
    one_after_the_other(lab, path, 5, at, commands=MIX[1:2])
    return lab


@all_carriers
def response_lost_on_the_way(host, bmc):
    """The BMC's answer does not come to the host."""
    lab = Lab()
    path = lab.path(host, bmc)
    at = one_after_the_other(lab, path, 3, commands=MIX[1:2])
    at = lab.command(path, at, *MIX[1], back_to=BW) + 50 * US
    one_after_the_other(lab, path, 5, at, commands=MIX[1:2])
    return lab


@scenario
def slow_firmware():
    """The firmware answers when the host's emulator has already done so."""
    lab = Lab()
    path = lab.path()
    at = one_after_the_other(lab, path, 3)
    at = lab.command(path, at, firmware=5 * SECOND, back_to=HW) + 50 * US
    one_after_the_other(lab, path, 5, at)
    return lab


@scenario
def clocks_differ_by_little():
    """Every packet of the BMC has a time before those of the host."""
    lab = Lab()
    one_after_the_other(lab, lab.path(clocks=(0, -60 * US)), 30)
    return lab


@scenario
def clocks_differ_by_more_than_it_takes():
    """The BMC has answered before the host has asked."""
    lab = Lab()
    one_after_the_other(lab, lab.path(clocks=(0, -20 * MS)), 30)
    return lab


@scenario
def clocks_differ_the_other_way():
    """The host has the answer before the BMC has the question."""
    lab = Lab()
    one_after_the_other(lab, lab.path(clocks=(0, 20 * MS)), 30)
    return lab


@scenario
def another_host():
    """A BMC gets another host."""
    lab = Lab()
    first = lab.path(names=("host0", "bmc"))
    at = one_after_the_other(lab, first, 20)
    second = lab.path(names=("host1", None), places=(HR, HW))
    second.interfaces |= {place: first.interfaces[place] for place in (BW, BR)}
    one_after_the_other(lab, second, 20, at + 10 * MS)
    return lab


@scenario
def another_connection():
    """The program between the machines counts a new connection as another link."""
    lab = Lab()
    first = lab.path(places=PLACES)
    at = one_after_the_other(lab, first, 20)
    second = lab.path(places=(TAP,))
    second.interfaces = {**first.interfaces, **second.interfaces}
    one_after_the_other(lab, second, 20, at + 10 * MS)
    return lab


@scenario
def several_under_way():
    """The host does not wait for the responses."""
    lab = Lab()
    path = lab.path(places=(HW, TAP, BW))
    for number in range(200):
        lab.command(path, number * 20 * US, *MIX[1], firmware=(1 + number % 3) * 100 * US)
    return lab


@scenario
def host_repeats():
    """The host gives up and asks again before anyone has answered."""
    lab = Lab()
    path = lab.path()
    at = one_after_the_other(lab, path, 5, commands=MIX[1:2])
    for reaches in (HW, BW):
        lab.command(path, at, *MIX[1], reaches=reaches, gives_up=None)
        at = one_after_the_other(lab, path, 5, at + 500 * MS, commands=MIX[1:2])
    return lab


@scenario
def packets_missing():
    """The capture lost some of it at some places."""
    lab = Lab()
    path = lab.path()
    chance = random.Random(5)
    at = one_after_the_other(lab, path, 3)
    for _ in range(60):
        missing = [place for place in (HW, BW) if chance.random() < 0.2]
        at = lab.command(path, at, *chance.choice(MIX), missing=missing) + 50 * US
    return lab


def many_machines(seed, names):
    """Sixteen hosts that do what they want, of which not all places are captured."""
    lab = Lab()
    chance = random.Random(seed)
    for number in range(16):
        places = PLACES if number % 4 == 0 else chance.choice(
            ((HR, HW, BW, BR), (HR, HW), (BW, BR), (HW, BW), (HR, HW, BW)))
        path = lab.path(chance.choice(("kcs", "bt")), chance.choice(("kcs", "bt")), places,
                        names=(f"host{number}", f"bmc{number}") if names else (None, None))
        path.seq = chance.randrange(256)
        at = chance.randrange(20 * MS)
        for _ in range(40):
            netfn, cmd, data = chance.choice(MIX)
            at = lab.command(path, at, netfn, cmd, data, wire=chance.randrange(10, 60) * US,
                             firmware=chance.randrange(50, 2000) * US)
            at += chance.randrange(10, 3000) * US
    return lab


@scenario
def many_machines_with_names():
    """Names of machines tell registers and wires that do not belong together."""
    return many_machines(6, True)


@scenario
def many_machines_without_names():
    """It has to be found out what belongs together."""
    return many_machines(7, False)


def statistics(lab, path):
    """Complaints about the table and the tree of statistics."""
    times = defaultdict(list)
    for command in lab.commands:
        netfn_cmd = command.name.split(" ")[:2]
        for name, time in expected_times(command).items():
            hop = HOP_NAMES[name.removeprefix("ipmi_trans.time").removeprefix(".")]
            times[COMMANDS[tuple(netfn_cmd)], hop].append(time / MS)
    expected = {}
    for (command, hop), values in times.items():
        values.sort()
        p95 = values[math.ceil(0.95 * len(values)) - 1]
        expected[command, hop] = (len(values), values[0], sum(values) / len(values), p95,
                                  values[-1])
    only = "Get Device ID"
    for what, wanted in (("ipmi_trans,stat", expected),
                         (f'ipmi_trans,stat,ipmi_trans.cmd.name == "{only}"',
                          {row: value for row, value in expected.items() if row[0] == only})):
        rows = table(run("-r", path, "-q", "-z", what).decode())
        for row in wanted.keys() | rows.keys():
            if not close(rows.get(row, ()), wanted.get(row, ())):
                yield f"{what}: {row} is {rows.get(row)}, not {wanted.get(row)}"
    yield from tree(run("-r", path, "-q", "-z", "ipmi_trans,tree").decode(), lab, times)


HOP_NAMES = {"": "Total", "guest": "Host guest", "host_qemu": "Host QEMU", "wire": "Wire",
             "bmc_qemu": "BMC QEMU", "firmware": "Firmware"}
COMMANDS = {("06", "01"): "Get Device ID", ("06", "31"): "Get Message Flags",
            ("06", "35"): "Read Event Message Buffer", ("0a", "43"): "Get SEL Entry",
            ("0a", "40"): "Get SEL Info", ("00", "01"): "Get Chassis Status",
            ("04", "2d"): "Get Sensor Reading"}


def table(text):
    """The rows of the table: what follows command and hop in each."""
    rows = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.rstrip(" |").split("|")]
        if len(cells) == 7 and cells[1] in HOP_NAMES.values():
            rows[cells[0], cells[1]] = tuple(float(cell) for cell in cells[2:])
    return rows


def close(found, wanted):
    """Whether numbers are the same but for what is not shown."""
    return len(found) == len(wanted) and all(
        abs(a - b) <= 0.0006 for a, b in zip(found, wanted))


def tree(text, lab, times):
    """Complaints about the stats tree: count and mean of each row."""
    rows = {}
    for line in text.splitlines():
        match = re.match(r" ?(\w[\w' ]*?) {2,}(\d+)(?: {2,}([\d.]+))?", line)
        if match:
            rows[match[1]] = int(match[2]), float(match[3] or 0)
    wanted = {"Answered by the BMC": len([c for c in lab.commands if not c.by_emulator])}
    for (command, hop), values in times.items():
        if hop == "Total":
            wanted[command] = len(values)
    for name, count in wanted.items():
        if rows.get(name, (0, 0))[0] != count:
            yield f"ipmi_trans,tree: {name} is {rows.get(name)}, not {count}"


def busy():
    """A host, times of all kinds."""
    lab = Lab()
    path = lab.path(names=("the-host", "the-bmc"))
    chance = random.Random(8)
    at = 0
    for _ in range(150):
        at = lab.command(path, at, *chance.choice(MIX),
                         wire=chance.randrange(10, 900) * US,
                         firmware=chance.randrange(50, 20000) * US) + 10 * US
    return lab


def check_statistics():
    """Complaints about statistics."""
    lab = busy()
    with capture_file(lab.write()[0]) as path:
        yield from statistics(lab, path)


def main():
    failures = []
    wanted = sys.argv[1:]
    for function in SCENARIOS:
        if wanted and not any(name in function.__name__ for name in wanted):
            continue
        contents, labels = function().write()
        with capture_file(contents) as path:
            complaints = list(check(labels, fields_of(path, 2)))
            if not function.__name__.startswith(NEEDS_TWO_PASSES):
                complaints += check_once(labels, fields_of(path, 1))
        failures += [f"{function.__name__}: {complaint}" for complaint in complaints[:4]]
        if len(complaints) > 4:
            failures.append(f"{function.__name__}: and {len(complaints) - 4} more")
    if not wanted or "statistics" in wanted:
        failures += check_statistics()
    finish(failures)


if __name__ == "__main__":
    main()
