#!/usr/bin/python3
# fuzz.py
# Dissects damaged copies of every sample: no crash, no hang, no complaint.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""A round damages the payload of the packets of every sample and gives all of it
to tshark as one file, in one pass, in two, and with every tap. Of register
traffic it damages few or many, as one record more or less changes what the next
ones mean, and loses, doubles and exchanges some. A seed always gives the same
file; the one that fails is named."""

import argparse
import collections
import os
import random
import subprocess
import sys

import decode
import tshark
from captures import (LINKTYPE_ETHERNET, LINKTYPE_WIRESHARK_UPPER_PDU, BMC_TO_HOST, HOST_TO_BMC,
                      Capture, upper_pdu)

TAPS = (
    "ipmi_extern,srt", "ipmi_extern,tree", "conv,ipmi_extern", "endpoints,ipmi_extern",
    "follow,ipmi_extern,hex,0",
    "ipmi_kcs,phases", "ipmi_kcs,srt", "ipmi_kcs,stat", "ipmi_kcs,tree", "conv,ipmi_kcs",
    "endpoints,ipmi_kcs",
    "ipmi_bt,phases", "ipmi_bt,srt", "ipmi_bt,stat", "ipmi_bt,tree", "conv,ipmi_bt",
    "endpoints,ipmi_bt",
    "ipmi_trans,stat", "ipmi_trans,tree", "expert",
)
WAYS = (
    ("-V",),
    ("-2", "-V"),
    ("-2", "-V", "-o", "tcp.reassemble_out_of_order:TRUE"),
    ("-q", *(word for tap in TAPS for word in ("-z", tap))),
    ("-T", "json", "-o", "tcp.try_heuristic_first:TRUE", "--enable-heuristic", "ipmi_extern_tcp"),
)
TIMEOUT = 600

WIRE, KCS, BT = b"ipmi_extern", b"ipmi_kcs", b"ipmi_bt"
OTHER_REGISTERS = {KCS: "ipmi_bt", BT: "ipmi_kcs"}

# Bytes that mean something: on the wire; in a record, as side, operation or
# register, as control codes of KCS and as bits of either.
MEANINGFUL = {
    WIRE: (0x00, 0xA0, 0xA1, 0xAA, 0xB0, 0xB1, 0xBA, 0xFF),
    KCS: (*range(7), 0x13, 0x20, 0x30, 0x40, 0x60, 0x61, 0x62, 0x68, 0x80, 0xC0, 0xFF),
    BT: (*range(9), 0x10, 0x20, 0x22, 0x40, 0x80, 0x84, 0x88, 0xFF),
}
RECORD = 12     # bytes
DIRECTIONS = {decode.HOST: HOST_TO_BMC, decode.BMC: BMC_TO_HOST, None: None}


def payload_of(packet):
    """The dissector of a packet and the bytes that are for it."""
    if packet.linktype == LINKTYPE_ETHERNET:
        return WIRE, decode.tcp(packet)[4]
    if packet.linktype != LINKTYPE_WIRESHARK_UPPER_PDU:
        return BT, packet.data      # a frame of it in another format
    for dissector in (WIRE, KCS, BT):
        payload = decode.upper_pdu(packet, dissector)
        if payload is not None:
            return dissector, payload
    return WIRE, b""


def damaged(payload, meaningful, rng, may_change_length):
    """payload with some of its bytes replaced, and others added and left out
    where nothing else in the packet tells how many there are."""
    payload = bytearray(payload)
    for _ in range(rng.choice((0, 1, 1, 2, 5))):
        at = rng.randrange(len(payload) + 1)
        byte = rng.choice(meaningful) if rng.randrange(2) else rng.randrange(256)
        how = rng.randrange(3) if may_change_length else 0
        if how == 0 and at < len(payload):
            payload[at] = byte
        elif how == 1:
            payload.insert(at, byte)
        elif how == 2:
            del payload[at:at + rng.randrange(1, 8)]
    return bytes(payload)


def damaged_packets(packets, rng, rate):
    """(packet, its bytes, how many were lost before it) of a sample, with damage;
    to as many of its records, one for each access, as rate says."""
    found = []
    for packet in packets:
        dissector, payload = payload_of(packet)
        start = packet.data[:len(packet.data) - len(payload)]
        dropped = packet.dropped
        if dissector == WIRE or packet.linktype != LINKTYPE_WIRESHARK_UPPER_PDU:
            payload = damaged(payload, MEANINGFUL[dissector], rng,
                              packet.linktype != LINKTYPE_ETHERNET)
        elif rng.random() < rate:
            how = rng.randrange(8)
            if how == 0:
                continue
            if how == 1:
                found.append((packet, packet.data, dropped))
            elif how == 2 and found:
                found.insert(-1, (packet, packet.data, dropped))
                continue
            elif how == 3:
                dropped = rng.choice((1, 2**32, 2**64 - 1))
            elif how == 4:
                start = upper_pdu(OTHER_REGISTERS[dissector], b"")
            else:
                payload = damaged(payload, MEANINGFUL[dissector], rng,
                                  len(payload) != RECORD or rng.randrange(4) == 0)
        found.append((packet, start + payload, dropped))
    return found


def all_samples():
    """{link type: [packets of one sample]}."""
    found = collections.defaultdict(list)
    for name in tshark.samples():
        packets = list(decode.read(os.path.join(tshark.SAMPLES, name)))
        found[packets[0].linktype].append(packets)
    return found


def damaged_samples(linktype, samples, rng):
    """A capture of damaged copies of samples of a link type."""
    capture = Capture(linktype)
    rate = rng.choice((0.005, 0.05, 0.5))
    for packets in samples:
        interfaces = {}
        for packet, data, dropped in damaged_packets(packets, rng, rate):
            if packet.interface not in interfaces:
                interfaces[packet.interface] = capture.interface(packet.name,
                                                                 packet.description)
            comments = [text.decode() for text in packet.comments]
            capture.packet(data, interfaces[packet.interface], DIRECTIONS[packet.direction],
                           comments, length=len(data) + packet.missing, dropped=dropped)
    return capture.contents()


def main():
    """Runs the rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=1, help="first seed (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=1, help="seeds to try (default %(default)s)")
    parser.add_argument("--keep", metavar="FILE", help="write the capture that fails to FILE")
    arguments = parser.parse_args()
    runs = 0
    samples = all_samples()
    for seed in range(arguments.first, arguments.first + arguments.rounds):
        for linktype in samples:
            contents = damaged_samples(linktype, samples[linktype], random.Random(seed))
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
