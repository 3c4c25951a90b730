#!/usr/bin/python3
# compare.py
# Holds the dissector against the decoder of decode.py, frame by frame.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Every frame of every sample, every field of either side."""

import argparse
import collections
import os
import xml.etree.ElementTree as ElementTree

import decode
import tshark

DIRECTIONS = (decode.HOST, decode.BMC)
TYPES = ("Request", "Response", "Control")
CONNECTIONS = ("Disconnected", "Connected", "Connection changed")
STATUS = ("Bad", "Good")


def number(field):
    """A field's value; tshark shows some in hexadecimal."""
    return int(field.get("show"), 0)


def raw(field):
    """A field's bytes."""
    return field.get("value")


# What each field is called in decode.py, and how to read it.
FIELDS = {
    "ipmi_extern.wire": ("wire", raw),
    "ipmi_extern.link": ("link", number),
    "ipmi_extern.connection": ("connection", lambda field: CONNECTIONS[number(field)]),
    "ipmi_extern.dropped": ("dropped", number),
    "ipmi_extern.truncated": ("truncated", lambda field: True),
    "ipmi_extern.dir": ("dir", lambda field: DIRECTIONS[number(field)]),
    "ipmi_extern.type": ("type", lambda field: TYPES[number(field)]),
    "ipmi_extern.seq": ("seq", number),
    "ipmi_extern.netfn": ("netfn", number),
    "ipmi_extern.lun": ("lun", number),
    "ipmi_extern.cmd": ("cmd", number),
    "ipmi_extern.ccode": ("ccode", number),
    "ipmi_extern.group": ("group", number),
    "ipmi_extern.oem": ("oem", number),
    "ipmi_extern.data": ("data", raw),
    "ipmi_extern.checksum": ("checksum", number),
    "ipmi_extern.checksum.status": ("checksum_status", lambda field: STATUS[number(field)]),
    "ipmi_extern.checksum.calculated": ("checksum_calculated", number),
    "ipmi_extern.control": ("control", number),
    "ipmi_extern.version": ("version", number),
    "ipmi_extern.capabilities": ("capabilities", number),
    "ipmi_extern.response_in": ("response_in", number),
    "ipmi_extern.response_to": ("response_to", number),
    "ipmi_extern.time": ("time", lambda field: round(float(field.get("show")) * 10**9)),
    "ipmi_extern.retransmission_of": ("retransmission_of", number),
    "ipmi_extern.duplicate_of": ("duplicate_of", number),
    "ipmi_extern.cutoff_by": ("cutoff_by", number),
}


def dissected(path):
    """The frames of a capture as the dissector has them."""
    packets = ElementTree.fromstring(tshark.run(
        "-r", path, *tshark.preferences(path), "-2", "-Y", "ipmi_extern",
        "-T", "pdml", "-J", "ipmi_extern"))
    for packet in packets.iter("packet"):
        packet_number = number(packet.find("./proto[@name='geninfo']/field[@name='num']"))
        for frame in packet.iterfind("./proto[@name='ipmi_extern']"):
            found = {"packet": packet_number}
            for field in frame.iter("field"):
                key, read = FIELDS.get(field.get("name"), (None, None))
                if key:
                    found[key] = read(field)
            yield found


def by_place(frames):
    """{(packet, how many frames of it came before): frame}."""
    places, count = {}, collections.Counter()
    for frame in frames:
        places[frame["packet"], count[frame["packet"]]] = frame
        count[frame["packet"]] += 1
    return places


def differences(name):
    """Words for each difference between the two in a sample."""
    path = os.path.join(tshark.SAMPLES, name)
    ours, theirs = by_place(dissected(path)), by_place(decode.decode(path))
    for place in sorted(ours.keys() | theirs.keys()):
        where = f"{name}: packet {place[0]}, frame {place[1]}"
        if place not in ours or place not in theirs:
            yield f"{where}: only in " + ("decode.py" if place in theirs else "tshark")
            continue
        frame, expected = ours[place], theirs[place]
        for key in sorted(frame.keys() | expected.keys()):
            if frame.get(key) != expected.get(key):
                yield f"{where}: {key}: tshark {frame.get(key)}, decode.py {expected.get(key)}"


def main():
    """Compares all samples, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sample", nargs="*", help="file names in samples/ (default: all)")
    names = parser.parse_args().sample or tshark.samples()
    tshark.finish([difference for name in names for difference in differences(name)])


if __name__ == "__main__":
    main()
