#!/usr/bin/python3
# compare_registers.py
# Holds the dissectors of registers against the decoders of decode_registers.py
# and decode_traces.py.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Every record of every sample, every whole frame, and every packet of a
transaction across places: what either side says of the fields that both know."""

import argparse
import os

import decode_registers
import decode_traces
import tshark

TYPES = ("Request", "Response", "Control")


def number(text):
    """tshark shows some in hexadecimal."""
    return int(text, 0)


def flag(text):
    """A field that is there or not, or a Boolean: True in 4.2 and later."""
    return number({"True": "1", "False": "0"}.get(text, text))


def nanoseconds(text):
    """A time, without rounding it twice."""
    seconds, _, fraction = text.partition(".")
    return number(seconds) * 10**9 + int(fraction.ljust(9, "0")[:9] or 0)


RECORD = {
    "channel": str, "version": number, "side": number, "op": number, "reg": number,
    "value": number, "width": number, "lost": flag, "lane": number, "dropped": number,
    "irq": number, "irq.asserted": flag, "line": number, "line.on": flag,
    "hw_op": number, "hw_op.ccode": number, "record.short": flag,
    "fragment": lambda text: [number(part) for part in text.split(",")],
    "fragment.count": number, "reassembled.length": number, "length": number,
    "type": lambda text: TYPES[number(text)], "seq": number, "netfn": number,
    "lun": number, "cmd": number, "ccode": number, "group": number, "oem": number,
    "data": str, "response_in": number, "response_to": number, "time": nanoseconds,
    "retransmission_of": number, "duplicate_of": number, "cutoff_by": number,
}
FAULTS = {"ipmi_kcs": ("ibf.write", "ibf.read", "obf.read", "control.illegal"), "ipmi_bt": ()}
BITS = {
    "ipmi_kcs": ("status", *(f"status.{bit}" for bit in (
        "state", "oem2", "oem1", "c_d", "sms_atn", "ibf", "obf"))),
    "ipmi_bt": ("state", *(f"state.{bit}" for bit in (
        "b_busy", "h_busy", "oem0", "sms_atn", "b2h_atn", "h2b_atn",
        "intmask", "b2h_irq_en", "b2h_irq", "bmc_hwrst"))),
}
TRANS = {**{f"{place}.{what}": number for place in decode_registers.PLACES
            for what in ("request", "response")},
         **{f"time{hop}": nanoseconds for hop in (
             "", ".guest", ".host_qemu", ".wire", ".bmc_qemu", ".firmware")}}

# KCS has neither a length nor sequence numbers, and so no repetitions.
BT_ALONE = ("length", "seq", "retransmission_of", "duplicate_of")

# What decode_registers.py says of some packets that have it, but not of all.
IN_PART = {
    "reassembled_in": number, **{f"{place}.{what}": number for place in decode_registers.PLACES
                                 for what in ("request", "response")}}

FIELDS = {"frame.number": number}
for protocol, faults in FAULTS.items():
    FIELDS.update({f"{protocol}.{name}": read for name, read in RECORD.items()
                   if protocol == "ipmi_bt" or name not in BT_ALONE})
    FIELDS.update({f"{protocol}.{name}": flag for name in (*faults, *BITS[protocol])})
    FIELDS[f"{protocol}.reassembled_in"] = number
FIELDS.update({f"ipmi_trans.{name}": read for name, read in TRANS.items()})


def is_in_part(field):
    """Is it one of IN_PART?"""
    return field.partition(".")[2] in IN_PART


def dissected(path):
    """{packet: {field: value}} as the dissectors have it."""
    names = [argument for field in FIELDS for argument in ("-e", field)]
    output = tshark.run("-r", path, *tshark.preferences(path), "-2",
                        "-Y", "ipmi_kcs || ipmi_bt || ipmi_trans", "-T", "fields", *names)
    packets = {}
    for line in output.decode().splitlines():
        values = {field: read(text) for (field, read), text in zip(FIELDS.items(),
                                                                   line.split("\t")) if text}
        packets[values.pop("frame.number")] = values
    return packets


def differences(name):
    """Words for each difference between the two in a sample."""
    path = os.path.join(tshark.SAMPLES, name)
    ours, theirs = dissected(path), decode_registers.decode_registers(path)
    theirs.update(decode_traces.decode_traces(path))
    for packet in sorted(ours.keys() | theirs.keys()):
        found, expected = ours.get(packet, {}), theirs.get(packet, {})
        for field in sorted(found.keys() | expected.keys()):
            if field not in expected and is_in_part(field):
                continue
            if found.get(field) != expected.get(field):
                yield (f"{name}: packet {packet}: {field}: tshark {found.get(field)}, "
                       f"the second decoder {expected.get(field)}")


def main():
    """Compares all samples, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sample", nargs="*", help="file names in samples/ (default: all)")
    names = parser.parse_args().sample or tshark.samples()
    tshark.finish([difference for name in names for difference in differences(name)])


if __name__ == "__main__":
    main()
