# registers.py
# What the dissectors of register accesses cost.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""The ipmi_kcs, ipmi_bt and ipmi_trans dissectors, against Wireshark's data;
and sharkd, to get packets of a large capture in any order."""

import collections
import contextlib
import os
import random
import statistics
import sys
import time

from runs import HERE, Case, fail, show_progress
from tables import Targets, print_costs, print_growth, ratios, span, table

sys.path[:0] = [str(HERE.parent), str(HERE.parent / "capture")]

import models  # noqa: E402
import reader  # noqa: E402
from sharkd import Sharkd  # noqa: E402

RECORDS = 1_000_000
# Of fewer, start-up would be most of the time.
SIZES = (1_000_000, 3_000_000, 10_000_000)
BYTES_PER_RECORD = 80               # of a capture file, generously
CHECKED_RECORDS = 5_000

VIEWS = {
    "polled": "host that polls",
    "irq": "host with interrupts",
    "bmc": "BMC",
    "merged": "end to end",
}
KINDS = {f"{protocol}-{view}": f"{protocol.upper()}, {words}"
         for protocol in ("kcs", "bt") for view, words in VIEWS.items()}
GROWING = ("kcs-polled", "kcs-merged", "bt-irq")
TWICE = ("kcs-polled", "kcs-merged")
RANDOM = ("kcs-polled", "kcs-merged", "bt-merged")
DISK = ((2 * len(KINDS) * RECORDS + len(GROWING) * SIZES[-1]) *
        BYTES_PER_RECORD)

PLAIN_LIMIT = 1.6                   # times data, without bodies
BODY_LIMIT = 2.2                    # times data, with them
GROWTH_LIMIT = 1.3                  # per record, most records / fewest
ACCESS_LIMIT = 1.2                  # last tenth of the file / first

# Packets asked for, from 1 % to 99 % of the file.
TENTHS = 10
ASKED_PER_TENTH = 300

WITHOUT_BODIES = ("-o", "ipmi_kcs.decode_body:FALSE",
                  "-o", "ipmi_bt.decode_body:FALSE",
                  "-o", "ipmi_extern.decode_body:FALSE")
TWO_PASSES = ("-2",)


def dissector(kind):
    return f"ipmi_{kind.split('-')[0]}"


# --- Whether what is measured does its work ----------------------------------

def message_of(row, prefix):
    """The IPMI message that a packet completes, from netFn/LUN on."""
    netfn, lun, cmd, ccode = (int(row[f"{prefix}.{name}"] or "0", 0)
                              for name in ("netfn", "lun", "cmd", "ccode"))
    message = bytes([netfn << 2 | lun, cmd])
    if row[f"{prefix}.ccode"]:
        message += bytes([ccode])
    return message + bytes.fromhex(row[f"{prefix}.data"])


def check_generated(bench, kind, commands):
    """The capture must be by the rules, and must carry these commands, by the
    tests' own reader. Returns the exchanges of each point, by its name."""
    capture = reader.read(bench.path(kind).read_bytes())
    found = {}
    for point in capture.points:
        exchanges, faults = models.rebuilt(capture, point)
        found[point.name] = [(exchange.request, exchange.response)
                             for exchange in exchanges]
        if found[point.name] != commands[:len(exchanges)]:
            fail(f"{kind}: {point.name} has other commands than the wire")
        for words in capture.faults + capture.remarks + faults:
            fail(f"{kind}: {words}")
    return found


def check_dissected(bench, kind, expected):
    """The plugin must find the same messages, decode their bodies or not as
    it is told, and join what belongs to one command."""
    prefix = dissector(kind)
    names = ["frame.interface_name", "frame.protocols", "ipmi_trans.time"]
    names += [f"{prefix}.{name}"
              for name in ("netfn", "lun", "cmd", "ccode", "data")]
    for options in (WITHOUT_BODIES, ()):
        case = Case("check", kind, options=options)
        rows = [dict(zip(names, row)) for row in bench.fields(case, names)]
        messages = collections.defaultdict(list)
        bodies = 0
        for row in rows:
            if row[f"{prefix}.cmd"]:
                messages[row["frame.interface_name"]].append(
                    message_of(row, prefix))
                bodies += "kcs" in row["frame.protocols"].split(":")
        for name, found in messages.items():
            wanted = [message for exchange in expected[name]
                      for message in exchange]
            # One more may have begun when the capture ended.
            if found[:len(wanted)] != wanted or len(found) > len(wanted) + 2:
                fail(f"{kind}, {name}: the plugin finds other messages than "
                     f"the models of the tests:\n{found}\n{wanted}")
        total = sum(len(found) for found in messages.values())
        if total == 0:
            fail(f"{kind}: the plugin finds no message")
        if options and bodies > 0:
            fail(f"{kind}: decodes the body though told not to")
        if not options and bodies < total // 4:
            fail(f"{kind}: decodes {bodies} bodies only, of {total}")
    joined = sum(bool(row["ipmi_trans.time"]) for row in rows)
    if kind.endswith("-merged") and \
            joined != len(expected["/machine/peripheral/host"]):
        fail(f"{kind}: {joined} transactions end to end, of "
             f"{len(expected['/machine/peripheral/host'])}")
    print(f"check: {kind}, {total} messages in {CHECKED_RECORDS} records")


@contextlib.contextmanager
def loaded(bench, name):
    """A sharkd that has read a capture."""
    os.environ["WIRESHARK_PLUGIN_DIR"] = str(bench.build / "dissector/plugins")
    with open(bench.path(name), "rb") as capture, \
            Sharkd([capture.fileno()]) as sharkd:
        sharkd.result("load", file=f"/dev/fd/{capture.fileno()}")
        yield sharkd


def check_random_access(bench, kind):
    """sharkd must run with the plugin."""
    with loaded(bench, kind) as sharkd:
        for frame in asked_frames(range(1, CHECKED_RECORDS + 1), 1):
            tree = sharkd.result("frame", frame=frame, proto=True)["tree"]
            if not any(item.get("f") in (dissector(kind), "ipmi_extern")
                       for item in tree):
                fail(f"sharkd, {kind}: packet {frame} without the plugin")


def check(bench):
    bench.generate("check-wire", "pairs", CHECKED_RECORDS)
    capture = reader.read(bench.path("check-wire").read_bytes())
    exchanges, _ = models.rebuilt(capture, capture.points[0])
    commands = [(exchange.request, exchange.response)
                for exchange in exchanges]
    for kind in KINDS:
        bench.generate(kind, kind, CHECKED_RECORDS)
        expected = check_generated(bench, kind, commands)
        check_dissected(bench, kind, expected)
    for kind in RANDOM:
        check_random_access(bench, kind)


# --- Random access -----------------------------------------------------------

def asked_frames(frames, per_tenth):
    """As many of these packets from each tenth of them, but the first and
    the last hundredth, tenth by tenth. Always the same."""
    rng = random.Random(1)
    margin = len(frames) // 100
    inner = frames[margin:len(frames) - margin]
    return [inner[(tenth * per_tenth + i) * len(inner) //
                  (TENTHS * per_tenth) +
                  rng.randrange(max(len(inner) // (TENTHS * per_tenth), 1))]
            for tenth in range(TENTHS) for i in range(per_tenth)]


def median_by_tenth(sharkd, frames):
    """Seconds to get a packet, for each tenth of the file; all of them are
    asked for in no order."""
    order = list(range(len(frames)))
    random.Random(2).shuffle(order)
    seconds = [0.0] * len(frames)
    for i in order:
        begin = time.perf_counter()
        sharkd.frame(frames[i])
        seconds[i] = time.perf_counter() - begin
    return [statistics.median(seconds[at:at + ASKED_PER_TENTH])
            for at in range(0, len(frames), ASKED_PER_TENTH)]


def measure_random_access(bench, rounds):
    """Times of packets got from sharkd. Returns, for each kind of them, the
    ratios of the last tenth of the file to the first."""
    rows = [("packets", "first tenth, us", "fifth tenth, us",
             "last tenth, us", "last / first")]
    found = {}
    for kind in RANDOM:
        case = Case(kind, f"{kind}-{RECORDS}",
                    filter=f"{dissector(kind)}.cmd")
        complete = [int(row[0]) for row in bench.fields(case,
                                                        ["frame.number"])]
        asked = {
            f"{KINDS[kind]}: any":
                asked_frames(range(1, RECORDS + 1), ASKED_PER_TENTH),
            f"{KINDS[kind]}: ends a message":
                asked_frames(complete, ASKED_PER_TENTH),
        }
        measured = collections.defaultdict(list)
        with loaded(bench, f"{kind}-{RECORDS}") as sharkd:
            for number in range(1, rounds + 1):
                for name, frames in asked.items():
                    show_progress(f"sharkd, round {number} of {rounds}: "
                                        f"{name}")
                    measured[name].append(median_by_tenth(sharkd, frames))
        for name, medians in measured.items():
            found[name] = [tenths[-1] / tenths[0] for tenths in medians]
            rows.append((name,
                         *(span([tenths[i] * 1e6 for tenths in medians], ".0f")
                           for i in (0, TENTHS // 2 - 1, TENTHS - 1)),
                         span(found[name], ".2f")))
    show_progress("")
    print(f"Packets of a capture of {RECORDS:,}, from sharkd in no order: "
          f"medians of {ASKED_PER_TENTH} in each tenth")
    table(rows)
    return found


# --- All of it ---------------------------------------------------------------

def measure(bench, rounds):
    """Prints the tables."""
    bench.generate("nothing", "kcs-polled", 0)
    for kind in KINDS:
        bench.generate(f"{kind}-data", kind, RECORDS, as_data=True)
        bench.generate(f"{kind}-{RECORDS}", kind, RECORDS)
    for kind in GROWING:
        bench.generate(kind, kind, SIZES[-1])

    nothing = Case("nothing", "nothing")
    groups = {
        kind: [Case(f"{words}: data", f"{kind}-data", limit=RECORDS),
               Case("  without bodies", f"{kind}-{RECORDS}",
                    options=WITHOUT_BODIES, limit=RECORDS),
               Case("  with bodies", f"{kind}-{RECORDS}", limit=RECORDS)]
        for kind, words in KINDS.items()}
    twice = {kind: [case._replace(options=(*case.options, *TWO_PASSES))
                    for case in groups[kind]] for kind in TWICE}
    filtered = {
        kind: [groups[kind][0]._replace(filter="data.len > 999"),
               groups[kind][2]._replace(
                   filter="ipmi_trans.time.firmware > 999")]
        for kind in TWICE}
    growth = {kind: [Case(f"{kind}, growing", kind, limit=size)
                     for size in SIZES] for kind in GROWING}

    runs = bench.take_turns(
        [nothing, *(case for several in (groups, twice, filtered, growth)
                    for cases in several.values() for case in cases)], rounds)

    print(f"\n{RECORDS:,} records, {rounds} rounds: median (least-greatest)")
    print_costs(runs, groups.values(), RECORDS, "record")
    print("The same in two passes, -2")
    print_costs(runs, twice.values(), RECORDS, "record")
    print("The same with a display filter, which has a field's value looked at")
    print_costs(runs, filtered.values(), RECORDS, "record")
    ends = print_growth(runs, growth, nothing, "record")
    access = measure_random_access(bench, rounds)

    targets = Targets()
    for kind, (data, plain, body) in groups.items():
        targets.at_most(f"{KINDS[kind]}: without bodies <= {{limit}} x data",
                        PLAIN_LIMIT, ratios(runs, plain, data))
        targets.at_most(f"{KINDS[kind]}: with bodies <= {{limit}} x data",
                        BODY_LIMIT, ratios(runs, body, data))
    for kind, (data, _, body) in twice.items():
        targets.at_most(f"{KINDS[kind]}: two passes <= {{limit}} x data in "
                        "two", BODY_LIMIT, ratios(runs, body, data))
    targets.growth(ends, SIZES, GROWTH_LIMIT, "record")
    for name, values in access.items():
        targets.at_most(f"{name}: last tenth <= {{limit}} x first",
                        ACCESS_LIMIT, values)
    targets.print()
