#!/usr/bin/python3
# compare.py
# Holds the capture reader of the tools against Wireshark with the plugin, and
# against the second decoder's reader, on every sample.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Every message, control command, connection record and bad frame of every
sample: packet, time, direction, contents, and which request a response is to."""

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
import tshark                       # noqa: E402

DIRECTIONS = {"bmc": decode.HOST, "host": decode.BMC, "-": None}
KINDS = {"request": "Request", "response": "Response", "control": "Control",
         "connected": "Connected", "disconnected": "Disconnected", "bad": "bad"}

Thing = collections.namedtuple("Thing", "packet where kind direction contents answers")


def read_traffic(program, path):
    """What read-traffic prints, without accesses: (thing, time)."""
    output = subprocess.run([program, path], check=True, capture_output=True,
                            text=True, timeout=120).stdout
    for line in output.splitlines():
        columns = line.split("\t")
        if columns[0] in ("access", "end"):
            continue
        kind, where, direction, packet, time, _, _, answers, contents, _, _ = columns
        yield Thing(int(packet), where, KINDS[kind], DIRECTIONS[direction],
                    contents if kind in ("request", "response", "control") else "",
                    int(answers)), int(time)


def message_of(fields):
    """The bytes of a message that tshark shows the parts of, in hexadecimal."""
    parts = [fields.get("seq", 0), fields["netfn"] << 2 | fields["lun"], fields["cmd"]]
    if "ccode" in fields:
        parts.append(fields["ccode"])
    identifier = b""
    if "group" in fields:
        identifier = bytes([fields["group"]])
    elif "oem" in fields:
        identifier = fields["oem"].to_bytes(3, "little")
    return (bytes(parts) + identifier).hex() + fields.get("data", "").replace(":", "")


def thing_of_frame(frame):
    """What the dissector has found in a frame of the wire."""
    kind = frame.get("connection", frame.get("type"))
    contents, answers = "", 0
    if kind == "Control" and "control" in frame:
        contents = bytes([frame["control"]]).hex() + "".join(
            bytes([frame[key]]).hex() for key in ("version", "capabilities") if key in frame
        ) + frame.get("data", "")
    elif kind in ("Request", "Response") and (
            frame.get("truncated") or frame["checksum_status"] == "Good"):
        contents = message_of(frame)
        answers = frame.get("response_to", 0)
    elif "connection" not in frame:
        kind = "bad"
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
            elif found.get("record.short") or ("length" in found and "side" not in found):
                yield Thing(packet, where, "bad", None, "", 0)


def differences(program, name):
    """Words for each difference in a sample."""
    path = os.path.join(tshark.SAMPLES, name)
    expected = collections.Counter(thing_of_frame(frame) for frame in compare.dissected(path))
    expected.update(things_of_registers(compare_registers.dissected(path)))
    packets = {packet.number: packet for packet in decode.read(path)}
    found = collections.Counter()
    for thing, time in read_traffic(program, path):
        if time != packets[thing.packet].time:
            yield f"{name}: {thing}: its time is {time}, not {packets[thing.packet].time}"
        found[thing] += 1
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
