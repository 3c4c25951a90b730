#!/usr/bin/python3
# expect.py
# Compares what tshark makes of a sample with the expected decode beside it.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""samples/NAME.out has one line for each packet of our protocols (number, source,
protocol, info), then its comment after "#" and each expert info after "!"; small
samples have the dissection tree, too. For a record of registers there are the
channel and the phase after it; where many in a row say the same, as a host does
that waits, one line stands for all. A digit at the beginning of a line says that
only a first (1) or a second pass (2) over the capture shows it: tshark without
and with -2.

An expected decode is a claim. After --update read the difference, and commit
it only if the capture really says so."""

import argparse
import difflib
import os
import re
import sys

import tshark

# Small enough for the tree to be read.
WITH_TREE = ("checksum-and-size", "control-commands", "frames-in-one-record", "hpm2-bt",
             "no-direction", "tcp-coalesced", "tcp-late-start")

# Of these only the packets with a comment.
WITH_TREE_OF_SOME = ("end-to-end", "registers-bt", "registers-kcs")

COLUMNS = 'gui.column.format:"Number","%m","Source","%us","Protocol","%p","Info","%i"'

PROTOCOLS = ("ipmi_extern", "ipmi_kcs", "ipmi_bt", "ipmi_trans")

# How their trees begin.
OURS = ("IPMI extern wire format", "IPMI KCS", "IPMI BT",
        "[IPMI transaction")


def info_of(columns):
    """The columns without what TCP puts before our info: 4.4 finds fewer
    segments missing ("TCP ACKed unseen segment") than 4.0."""
    return re.sub(r"\[TCP [^]]*\][ ;]*", "", columns)


def normalised(line):
    """A line of the tree, the same for every version of Wireshark."""
    # 4.6 shows times in the unit that suits them: "1.000000 milliseconds".
    # compare.py looks at their values.
    return re.sub(r"\[([^:]*[Tt]ime[^:]*|Responded in): .* \w*seconds\]", r"[\1]", line)


class Block:
    """The lines of a packet."""

    def __init__(self, columns):
        number, rest = columns.split(maxsplit=1)
        self.first = f"{number:>5} {info_of(rest)}"
        self.channel = self.phase = None
        self.comments, self.experts, self.tree = [], [], []

    def lines(self, with_channel, with_tree):
        """As they are written."""
        where = ", ".join(filter(None, (self.channel, self.phase)))
        return [self.first + (f"  ({where})" if where and with_channel else ""),
                *self.comments, *(self.tree if with_tree else self.experts)]


def packets(text):
    """A block for each packet of tshark -P -V, without what other protocols
    (and the versions of Wireshark) say of it."""
    block, protocol, said = None, "", ""
    for line in text.splitlines():
        if re.match(r" *\d+ ", line) and not block:
            block = Block(line)
            protocol = line
        elif not line:
            if block:
                yield block
            block = None
        elif not line.startswith(" "):
            protocol = line
            if protocol.startswith(OURS):
                block.tree.append("      " + line)
        elif protocol == "Packet comments":
            if not line.startswith("     "):
                block.comments.append("      # " + line.strip())
        elif protocol.startswith(OURS):
            add_line(block, line, said)
            expert = EXPERT.match(line)
            said = expert.group(2) if expert else said


EXPERT = re.compile(r" *\[Expert Info \((.*?)\): (.*)\]$")


def add_line(block, line, said):
    """A line of a tree of ours; said is what the last expert info did."""
    expert = EXPERT.match(line)
    channel = re.match(r" *\[Channel: (?:(.*):)?(?:.*/)?(.*)\]$", line)
    phase = re.match(r" *\[Phase: (.*) \(\d+\)\]$", line)
    if expert:
        words = f"      ! {expert.group(1)}: {expert.group(2)}"
        block.experts.append(words)
        block.tree.append(words)
        return
    if channel and not line.startswith("     "):
        block.channel = ":".join(filter(None, channel.groups()))
    elif phase:
        block.phase = phase.group(1)
    if line.strip() != f"[{said}]" and not re.match(r" {8,}\[(Severity level|Group): ", line):
        block.tree.append("      " + normalised(line))


def decoded(name, *passes):
    """Lines for each packet of a sample."""
    stem = tshark.stem(name)
    text = tshark.run_on(name, *passes, "-Y", " || ".join(PROTOCOLS), "-P", "-V",
                         "-O", ",".join((*PROTOCOLS, "pkt_comment")), "-o", COLUMNS)
    blocks = list(packets(text))
    registers = any(block.phase for block in blocks)
    return [block.lines(registers, stem in WITH_TREE or
                        (stem in WITH_TREE_OF_SOME and block.comments)) for block in blocks]


# A line that says no more than what was done.
RECORD = re.compile(r" .{5} .*\bIPMI (KCS|BT) ")


def folded(blocks):
    """The lines of all blocks; those of one line that are the same but for the
    number become one."""
    row = []
    for block in (*blocks, None):
        if row and (block is None or len(block) > 1 or len(row[-1]) > 1
                    or block[0][6:] != row[-1][0][6:]):
            first, last = row[0][0][:6].strip(), row[-1][0][:6].strip()
            if len(row) > 1 and RECORD.match(row[0][0]):
                row = [[f" {first}-{last}".rjust(6) + row[0][0][6:]]]
            for lines in row:
                yield from lines
            row = []
        row.append(block)


def both_passes(first, second):
    """The lines of a packet, marked."""
    if first == second:
        return [f" {line}\n" for line in first]
    return [{" ": " ", "-": "1", "+": "2"}[line[0]] + line[2:] + "\n"
            for line in difflib.ndiff(first, second) if line[0] != "?"]


def expected_decode(name):
    """What NAME.out should say."""
    one, two = decoded(name), decoded(name, "-2")
    if len(one) != len(two):
        sys.exit(f"{name}: {len(one)} packets in one pass, {len(two)} in two")
    return list(folded([both_passes(first, second) for first, second in zip(one, two)]))


def main():
    """Compares or updates."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="write the decode instead")
    parser.add_argument("sample", nargs="*", help="file names in samples/ (default: all)")
    arguments = parser.parse_args()
    failures = []
    for name in arguments.sample or tshark.samples():
        path = os.path.join(tshark.SAMPLES, tshark.stem(name) + ".out")
        lines = expected_decode(name)
        if arguments.update:
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(lines)
            continue
        with open(path, encoding="utf-8") as file:
            failures += difflib.unified_diff(file.readlines(), lines, path, f"{name}, decoded now",
                                             lineterm="")
    tshark.finish(line.rstrip("\n") for line in failures)


if __name__ == "__main__":
    main()
