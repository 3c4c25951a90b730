#!/usr/bin/python3
# compare.py
# Holds the dissector against the decoder of decode.py, frame by frame.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Every frame of every sample, every field of either side."""

import argparse
import os
import xml.etree.ElementTree as ElementTree

import decode
import tshark

DIRECTIONS = (decode.HOST, decode.BMC)
TYPES = ("Request", "Response", "Control")
STATUS = ("Bad", "Good")


def number(field):
    """A field's value; tshark shows some in hexadecimal."""
    return int(field.get("show"), 0)


def raw(field):
    """A field's bytes."""
    return field.get("value")


# What each field is called in decode.py, and how to read it.
FIELDS = {
    "wire": ("wire", raw),
    "link": ("link", number),
    "dir": ("dir", lambda field: DIRECTIONS[number(field)]),
    "type": ("type", lambda field: TYPES[number(field)]),
    "seq": ("seq", number),
    "netfn": ("netfn", number),
    "lun": ("lun", number),
    "cmd": ("cmd", number),
    "ccode": ("ccode", number),
    "group": ("group", number),
    "oem": ("oem", number),
    "data": ("data", raw),
    "checksum": ("checksum", number),
    "checksum.status": ("checksum_status", lambda field: STATUS[number(field)]),
    "checksum.calculated": ("checksum_calculated", number),
    "control": ("control", number),
    "version": ("version", number),
    "capabilities": ("capabilities", number),
    "response_in": ("response_in", number),
    "response_to": ("response_to", number),
    "time": ("time", lambda field: round(float(field.get("show")) * 10**9)),
    "retransmission_of": ("retransmission_of", number),
    "duplicate_of": ("duplicate_of", number),
    "cutoff_by": ("cutoff_by", number),
}


def dissected(name):
    """The frames of a sample as the dissector has them."""
    packets = ElementTree.fromstring(tshark.run_on(
        name, "-2", "-Y", "ipmi_extern", "-T", "pdml", "-J", "ipmi_extern"))
    for packet in packets.iter("packet"):
        # Elements of a protocol inside another packet's bytes would be a bug.
        packet_number = number(packet.find("./proto[@name='geninfo']/field[@name='num']"))
        for frame in packet.iterfind("./proto[@name='ipmi_extern']"):
            found = {"packet": packet_number}
            for field in frame.iter("field"):
                key, read = FIELDS.get(field.get("name").removeprefix("ipmi_extern."), (None, None))
                if key:
                    found[key] = read(field)
            yield found


def differences(name):
    """Words for each difference between the two in a sample."""
    ours = list(dissected(name))
    theirs = decode.decode(os.path.join(tshark.SAMPLES, name))
    if len(ours) != len(theirs):
        yield f"{name}: {len(ours)} frames in tshark, {len(theirs)} in decode.py"
    for frame, expected in zip(ours, theirs):
        for key in sorted(frame.keys() | expected.keys()):
            if frame.get(key) != expected.get(key):
                yield (f"{name}: packet {frame['packet']}: {key}: {frame.get(key)} in tshark, "
                       f"{expected.get(key)} in decode.py")


def main():
    """Compares all samples, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sample", nargs="*", help="file names in samples/ (default: all)")
    names = parser.parse_args().sample or tshark.samples()
    tshark.finish([difference for name in names for difference in differences(name)])


if __name__ == "__main__":
    main()
