#!/usr/bin/python3
# fuzz.py
# Dissects damaged copies of every sample: no crash, no hang, no complaint.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""A round damages the payload of every packet of every sample and gives all
of it to tshark as one file, in one pass, in two, and with every tap. A seed
always gives the same file; the one that fails is named."""

import argparse
import os
import random
import subprocess
import sys

import decode
import tshark
from captures import (LINKTYPE_ETHERNET, LINKTYPE_WIRESHARK_UPPER_PDU, BMC_TO_HOST, HOST_TO_BMC,
                      Capture)

WAYS = (
    ("-V",),
    ("-2", "-V"),
    ("-2", "-V", "-o", "tcp.reassemble_out_of_order:TRUE"),
    ("-q", "-z", "ipmi_extern,srt", "-z", "ipmi_extern,tree", "-z", "conv,ipmi_extern",
     "-z", "follow,ipmi_extern,hex,0", "-z", "expert"),
    ("-T", "json", "-o", "tcp.try_heuristic_first:TRUE", "--enable-heuristic", "ipmi_extern_tcp"),
)
TIMEOUT = 60

MEANINGFUL = (0x00, 0xA0, 0xA1, 0xAA, 0xB0, 0xB1, 0xBA, 0xFF)
DIRECTIONS = {decode.HOST: HOST_TO_BMC, decode.BMC: BMC_TO_HOST, None: None}


def payload_offset(packet):
    """Where the wire bytes of a packet begin."""
    if packet.linktype == LINKTYPE_ETHERNET:
        return len(packet.data) - len(decode.tcp(packet)[4])
    return len(packet.data) - len(decode.upper_pdu(packet) or b"")


def damaged(payload, rng, may_change_length):
    """payload with some of its bytes replaced, and others added and left out
    where nothing else in the packet tells how many there are."""
    payload = bytearray(payload)
    for _ in range(rng.choice((0, 1, 1, 2, 5))):
        at = rng.randrange(len(payload) + 1)
        byte = rng.choice(MEANINGFUL) if rng.randrange(2) else rng.randrange(256)
        how = rng.randrange(3) if may_change_length else 0
        if how == 0 and at < len(payload):
            payload[at] = byte
        elif how == 1:
            payload.insert(at, byte)
        elif how == 2:
            del payload[at:at + rng.randrange(1, 8)]
    return bytes(payload)


def damaged_samples(linktype, rng):
    """A capture of damaged copies of all samples of a link type."""
    packets = [packet for name in tshark.samples()
               for packet in decode.read(os.path.join(tshark.SAMPLES, name))
               if packet.linktype == linktype]
    interfaces = 1 + max(packet.interface for packet in packets)
    capture = Capture(linktype, [f"link{number}" for number in range(interfaces)])
    for packet in packets:
        start = payload_offset(packet)
        data = packet.data[:start] + damaged(packet.data[start:], rng,
                                             linktype != LINKTYPE_ETHERNET)
        comments = [text.decode() for text in packet.comments]
        capture.packet(data, packet.interface, DIRECTIONS[packet.direction], comments,
                       length=len(data) + packet.missing)
    return capture.contents()


def main():
    """Runs the rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=1, help="first seed (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=1, help="seeds to try (default %(default)s)")
    parser.add_argument("--keep", metavar="FILE", help="write the capture that fails to FILE")
    arguments = parser.parse_args()
    runs = 0
    for seed in range(arguments.first, arguments.first + arguments.rounds):
        for linktype in (LINKTYPE_WIRESHARK_UPPER_PDU, LINKTYPE_ETHERNET):
            contents = damaged_samples(linktype, random.Random(seed))
            with tshark.capture_file(contents) as path:
                for way in WAYS:
                    runs += 1
                    try:
                        output = tshark.run("-r", path, *way, timeout=TIMEOUT)
                        problem = "Dissector bug" if b"Dissector bug" in output else None
                    except (RuntimeError, subprocess.TimeoutExpired) as error:
                        problem = error
                    if problem:
                        if arguments.keep:
                            with open(arguments.keep, "wb") as file:
                                file.write(contents)
                        sys.exit(f"seed {seed}, link type {linktype}, {' '.join(way)}: {problem}")
    print(f"{arguments.rounds} seeds, {runs} runs of tshark")


if __name__ == "__main__":
    main()
