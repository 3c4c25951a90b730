#!/usr/bin/python3
# decode_traces.py
# A second decoder of BT frames in HPM.2 traces, to hold the dissector against.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Reads a capture by itself, and matches the responses of each channel with its
requests. Like decode_registers.py, it returns {packet number: {field: value}}."""

import argparse
import json
import struct

import decode

LINKTYPE_IPMI_HPM_2 = 260

# A block of trace data: channel and type, seconds, milliseconds, protocol, flags,
# one more byte, length.
HEADER = struct.Struct("<BIHBBBB")
IS_NO_MESSAGE, CHANNEL = 0x30, 0x0F
BT_PROTOCOLS = (0x07, 0x08)
TO_BMC = 0x80


def frame_fields(data, to_bmc):
    """A frame by the dissector's names, and whether its receiver takes it."""
    length, rest = data[0], data[1:]
    counted = rest[:length]
    body, seq = counted[:1] + counted[2:], counted[1:2]
    fields = {"length": length}
    response = bool(body and body[0] & 4)
    if len(body) < 2 + response:
        if rest:
            fields["data"] = rest.hex()
        return fields, False
    fields.update(decode.fields_of_message(seq + body, True))
    return fields, len(counted) == length and response != to_bmc


def decode_traces(path):
    """See the text at the top."""
    packets, links, frames = {}, {}, []
    for packet in decode.read(path):
        if packet.linktype != LINKTYPE_IPMI_HPM_2:
            continue
        first, _, _, protocol, flags, _, _ = HEADER.unpack_from(packet.data)
        data = packet.data[HEADER.size:]
        if first & IS_NO_MESSAGE or protocol not in BT_PROTOCOLS or not data:
            continue
        fields, good = frame_fields(data, bool(flags & TO_BMC))
        packets[packet.number] = fields
        if not good:
            continue
        link = links.setdefault(first & CHANNEL, decode.LinkState(0))
        frame = {"packet": packet.number, "seq": fields["seq"], "netfn": fields["netfn"],
                 "cmd": fields["cmd"], "_time": packet.time, "_body": data[1:]}
        frames.append((fields, frame, set(frame)))
        if fields["type"] == "Request":
            link.request(frame)
        else:
            link.response(frame)
    # Only now is it known what answers what.
    for fields, frame, before in frames:
        fields.update({key: value for key, value in frame.items()
                       if key not in before and key[0] != "_"})
    return {number: {f"ipmi_bt.{key}": value for key, value in fields.items()}
            for number, fields in packets.items()}


def main():
    """Prints the packets, one a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("capture")
    for number, fields in sorted(decode_traces(parser.parse_args().capture).items()):
        print(number, json.dumps(fields))


if __name__ == "__main__":
    main()
