#!/usr/bin/python3
# compare.py
# Holds the capture reader of the tools against Wireshark with the plugin, and
# against the second decoder's reader, on every sample.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Every message, control command, connection record and bad frame of every
sample: packet, time, direction, contents, name, and which request a response is to."""

import argparse
import collections
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "samples"))

import compare                      # noqa: E402
import compare_registers            # noqa: E402
import decode                       # noqa: E402
import decode_traces                # noqa: E402
import tshark                       # noqa: E402

DIRECTIONS = {"bmc": decode.HOST, "host": decode.BMC, "-": None}
KINDS = {"request": "Request", "response": "Response", "control": "Control",
         "connected": "Connected", "disconnected": "Disconnected", "bad": "bad"}

PROTOCOLS = ("ipmi_extern", "ipmi_kcs", "ipmi_bt")

Thing = collections.namedtuple("Thing", "packet where kind direction contents answers")


def read_traffic(program, path):
    """What read-traffic prints, without accesses: (thing, time, its name)."""
    output = subprocess.run([program, path], check=True, capture_output=True,
                            text=True, timeout=120).stdout
    for line in output.splitlines():
        columns = line.split("\t")
        if columns[0] in ("access", "end"):
            continue
        kind, where, direction, packet, time, _, _, answers, contents, _, name = columns
        yield Thing(int(packet), where, KINDS[kind],
                    DIRECTIONS[direction] if where == "wire" else None,
                    contents if kind in ("request", "response", "control") else "",
                    int(answers)), int(time), name


def message_of(fields):
    """The bytes of a message that tshark shows the parts of, in hexadecimal."""
    parts = [fields.get("seq", 0), fields["netfn"] << 2 | fields["lun"], fields["cmd"]]
    if "ccode" in fields:
        parts.append(fields["ccode"])
    return bytes(parts).hex() + fields.get("data", "").replace(":", "")


def is_dropped(frame):
    """Is it a frame that its receiver drops?"""
    if frame.get("truncated"):
        return "type" not in frame or len(frame.get("data", "")) // 2 > decode.LONGEST_MESSAGE
    return ("type" not in frame or frame.get("checksum_status") == "Bad"
            or frame["wire"][-4:-2] == f"{decode.ESCAPE:02x}")


def thing_of_frame(frame):
    """What the dissector has found in a frame of the wire."""
    kind = frame.get("connection", frame.get("type"))
    contents, answers = "", 0
    if kind == "Connection changed":
        kind = "Disconnected"       # the reader has no third word
    elif "connection" not in frame and is_dropped(frame):
        kind = "bad"
    elif kind == "Control":
        contents = bytes([frame["control"]]).hex() + "".join(
            bytes([frame[key]]).hex() for key in ("version", "capabilities") if key in frame
        ) + frame.get("data", "")
    elif kind in ("Request", "Response"):
        contents = message_of(frame)
        answers = frame.get("response_to", 0)
    return Thing(frame["packet"], "wire", kind, frame.get("dir"), contents, answers)


def things_of_registers(packets):
    """What the dissectors have found in registers and traces."""
    for packet, fields in packets.items():
        for where in ("kcs", "bt"):
            found = {key[len(f"ipmi_{where}."):]: value for key, value in fields.items()
                     if key.startswith(f"ipmi_{where}.")}
            if "cmd" in found:
                yield Thing(packet, where, found["type"], None, message_of(found),
                            found.get("response_to", 0))
            elif found.keys() & {"record.short", "reassembled.length"} or (
                    "length" in found and "side" not in found):
                yield Thing(packet, where, "bad", None, "", 0)


def is_other(thing, packets):
    """What not both tell: that a TCP connection began or ended; the rest of a
    frame before the capture, or after a gap in it; KCS in traces, which Wireshark
    has a dissector for."""
    linktype = packets[thing.packet].linktype
    return ((linktype == decode.LINKTYPE_ETHERNET
             and thing.kind in ("bad", *decode.CONNECTIONS.values()))
            or (linktype == decode_traces.LINKTYPE_IPMI_HPM_2
                and packets[thing.packet].data[7] not in decode_traces.BT_PROTOCOLS))


def has_registers(packet):
    """Is it of registers, or of a trace?"""
    return (packet.linktype == decode_traces.LINKTYPE_IPMI_HPM_2
            or packet.data[4:].startswith((b"ipmi_kcs", b"ipmi_bt")))


def names_of(path):
    """{packet: names of its commands}"""
    lines = tshark.run("-r", path, *tshark.preferences(path), "-T", "fields",
                       "-E", "aggregator=|", "-e", "frame.number",
                       *(argument for protocol in PROTOCOLS
                         for argument in ("-e", f"{protocol}.cmd.name"))).decode().splitlines()
    found = (line.split("\t", 1) for line in lines)
    return {int(number): [name for name in names.replace("\t", "|").split("|") if name]
            for number, names in found}


def differences(program, name):
    """Words for each difference in a sample."""
    path = os.path.join(tshark.SAMPLES, name)
    expected = collections.Counter(thing_of_frame(frame) for frame in compare.dissected(path))
    packets = {packet.number: packet for packet in decode.read(path)}
    if any(has_registers(packet) for packet in packets.values()):
        expected.update(things_of_registers(compare_registers.dissected(path)))
    expected = collections.Counter({thing: count for thing, count in expected.items()
                                    if not is_other(thing, packets)})
    found = collections.Counter()
    named = names_of(path)
    for thing, time, words in read_traffic(program, path):
        if is_other(thing, packets):
            continue
        if thing.kind in ("Request", "Response") and not any(
                words.startswith(command) for command in named[thing.packet]):
            yield f"{name}: {thing}: '{words}', not one of {named[thing.packet]}"
        if time != packets[thing.packet].time:
            yield f"{name}: {thing}: its time is {time}, not {packets[thing.packet].time}"
        found[thing._replace(where="bt" if thing.where == "trace" else thing.where)] += 1
    for thing in sorted((expected - found).keys() | (found - expected).keys(), key=str):
        yield f"{name}: {thing}: {found[thing]} times, in tshark {expected[thing]}"


def main():
    """Compares all samples, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="read-traffic")
    parser.add_argument("sample", nargs="*", help="file names in samples/ (default: all)")
    arguments = parser.parse_args()
    names = arguments.sample or tshark.samples()
    if not names:
        sys.exit("there is no sample")
    tshark.finish([difference for name in names
                   for difference in differences(arguments.program, name)])


if __name__ == "__main__":
    main()
