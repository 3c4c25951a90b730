#!/usr/bin/python3
# faults.py
# Tests that the tools name the faults that the dissectors find.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""What is wrong with each thing in the samples that are made of faults: tshark
has an expert info for it. The tools name one fault of a thing, where tshark has
all; so whatever they name must be right, and nothing may go without a name."""

import argparse
import collections
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "samples"))

import tshark                       # noqa: E402

SAMPLES = (
    "body-length", "checksum-and-size", "control-errors", "escaping", "size-limits",
    "transactions", "connections", "frames-in-one-record", "registers-kcs",
    "registers-kcs-abort", "registers-kcs-faults-host", "registers-kcs-faults-bmc",
    "registers-kcs-slow", "registers-kcs-too-long", "registers-bt",
    "registers-bt-faults-host", "registers-bt-faults-bmc", "registers-bt-outstanding",
    "registers-bt-slow", "hpm2-bt")

CUT = "cut: the capture has only the beginning"
ESCAPE = "a byte that has to be escaped is not"
REQUEST, RESPONSE = "a request from the BMC", "a response from the host"

# {expert info without its protocol: faults that the tools have for it}
WIRE = {
    "checksum.bad": ("wrong checksum",),
    "escape.missing": (ESCAPE,),
    "too_short": ("too short for a message",),
    "empty": ("empty frame",),
    "no_terminator": ("no terminator",),
    "escape.at_end": ("escape with nothing after it",),
    "escape.needless": ("needless escape",),
    "too_long.openipmi": ("longer than OpenIPMI takes",),
    "too_long.qemu": ("longer than QEMU takes",),
    "control.unknown": ("unknown control command",),
    "control.length": ("a control command with a wrong number of operands",),
    "control.direction": ("the host never sends this", "the BMC never sends this"),
    "control.not_announced": ("the host has not announced that it can do this",),
    "version.unknown": ("unknown protocol version",),
}
MESSAGES = {
    "direction": (REQUEST, RESPONSE),
    "data.length": ("a body of a size that the command does not have",),
    "late": ("late: more than 4 s after its request",),
    "unsolicited": ("no request that it answers",),
}
NUMBERED = {
    "retransmission": ("sent again, before its response",),
    "duplicate": ("its request has been answered already",),
    "seq_reused": ("its number is that of a request that waits",),
}
RECORDS = {"access.lost": ("the access had no effect",)}
KCS = {
    "ibf.write": ("the host writes while IBF is set",),
    "obf.read": ("the host reads while OBF is clear",),
    "obf.overrun": ("the BMC overwrites what the host has not read",),
    "ibf.read": ("the BMC reads while IBF is clear",),
    "c_d.wrong": ("C/D is not what the host wrote to",),
    "control.illegal": ("no such control code",),
    "state.wrong": ("a state that cannot follow",),
    "state.late": ("IBF is cleared before the state is set",),
    "write_end.missing": ("a request without WRITE_END",),
    "last_byte.missing": ("no byte after WRITE_END",),
    "write_end.unexpected": ("WRITE_END outside of a request",),
    "data.unexpected": ("data where none are due",),
    "message.short": ("a message that is too short", "too short for a message"),
    "message.long": ("a message that is too long",),
    "read.wrong": ("not READ where it is due",),
    "abort": ("the host aborts the transfer",),
    "request.early": ("a request before the last one's response",),
    "response.unexpected": ("a response that nobody asked for",),
    "error.left": ("ERROR ends without GET_STATUS/ABORT",),
    "irq.storm": ("an interrupt storm",),
}
BT = {
    "b_busy.ignored": ("the host writes although B_BUSY is set",),
    "h_busy.ignored": ("the BMC writes although H_BUSY is set",),
    "b_busy.not_set": ("the BMC reads without B_BUSY",),
    "h_busy.not_set": ("the host reads without H_BUSY",),
    "h2b_atn.overrun": ("a request that was not taken is replaced",),
    "b2h_atn.overrun": ("a response that was not taken is replaced",),
    "h2b_atn.not_cleared": ("the BMC has not cleared H2B_ATN",),
    "b2h_atn.not_cleared": ("the host has not cleared B2H_ATN",),
    "wr_ptr.not_cleared": ("the write pointer is not cleared",),
    "rd_ptr.not_cleared": ("the read pointer is not cleared",),
    "length.small": ("a length too small for a message", "too short for a message"),
    "frame.short": ("a frame shorter than its length says", "shorter than its length says",
                    "too short for a message"),
    "frame.long": ("a frame longer than its length says",),
    "frame.empty": ("attention without a frame",),
    "frame.cut": ("the frame before was given up in its middle",),
    "read.short": ("the reader stops before the end of the frame",),
    "read.beyond": ("read beyond the end of the frame",),
    "read.no_atn": ("read without a new frame",),
    "bmc_reset": ("the host resets the BMC's interface",),
    "irq.storm": ("an interrupt storm",),
    "irq.not_raised": ("the interrupt was due, and never raised",),
}
EXPERTS = {f"{protocol}.{name}": faults
           for protocol, tables in (("ipmi_extern", (WIRE, MESSAGES, NUMBERED)),
                                    ("ipmi_kcs", (KCS, MESSAGES, RECORDS)),
                                    ("ipmi_bt", (BT, MESSAGES, NUMBERED, RECORDS)))
           for table in tables for name, faults in table.items()}

# A trace has frames whole: what follows one in its block is passed over.
UNNAMED = {("hpm2-bt", "ipmi_bt.frame.long")}

# In the samples these come with another fault, which goes first.
NEVER_ALONE = {"read without a new frame"}


def experts_of(path):
    """{expert info: packets that have it}"""
    names = [argument for name in EXPERTS for argument in ("-e", name)]
    packets = collections.defaultdict(set)
    for line in tshark.run("-r", path, "-2", "-T", "fields", "-e", "frame.number",
                           *names).decode().splitlines():
        number, *values = line.split("\t")
        for name, value in zip(EXPERTS, values):
            if value:
                packets[name].add(int(number))
    return packets


def faults_of(program, path):
    """{fault: packets that have it}"""
    packets = collections.defaultdict(set)
    output = subprocess.run([program, path], check=True, capture_output=True, text=True,
                            timeout=120).stdout
    for line in output.splitlines()[:-1]:
        columns = line.split("\t")
        if columns[9]:
            packets[columns[9]].add(int(columns[3]))
    return packets


def differences(program, sample, named):
    """Words for what is wrong with a sample. Adds to named what is right."""
    path = os.path.join(tshark.SAMPLES, f"{sample}.pcapng")
    experts, faults = experts_of(path), faults_of(program, path)
    experts_for = collections.defaultdict(set)
    for name, words in EXPERTS.items():
        for fault in words:
            experts_for[fault] |= experts[name]
    for fault, packets in faults.items():
        wrong = packets - experts_for[fault]
        if wrong:
            yield f"{sample}: '{fault}' in packets {sorted(wrong)}, where tshark has none"
        elif fault in experts_for:
            named.add(fault)
    any_fault = set().union(*faults.values())
    for name, packets in experts.items():
        missing = packets - any_fault
        if missing and (sample, name) not in UNNAMED:
            yield f"{sample}: {name} in packets {sorted(missing)}, for which there is no fault"


def main():
    """Compares all samples with faults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="read-traffic")
    program = parser.parse_args().program
    named = set()
    failures = [difference for sample in SAMPLES
                for difference in differences(program, sample, named)]
    failures += [f"no sample has '{fault}'" for faults in EXPERTS.values() for fault in faults
                 if fault not in named | NEVER_ALONE]
    tshark.finish(failures)


if __name__ == "__main__":
    main()
