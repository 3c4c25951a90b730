#!/usr/bin/python3
# expect.py
# Compares what tshark makes of a sample with the expected decode beside it.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""samples/NAME.out has one line for each packet with frames of the protocol
(number, source, protocol, info), then its comment after "#" and each expert
info after "!"; small samples have the dissection tree, too. A digit at the
beginning of a line says that only a first (1) or a second pass (2) over the
capture shows it: tshark without and with -2.

An expected decode is a claim. After --update read the difference, and commit
it only if the capture really says so."""

import argparse
import difflib
import os
import re
import sys

import tshark

# Small enough for the tree to be read.
WITH_TREE = ("checksum-and-size", "control-commands", "frames-in-one-record", "no-direction",
             "tcp-coalesced", "tcp-late-start")

COLUMNS = 'gui.column.format:"Number","%m","Source","%us","Protocol","%p","Info","%i"'

OURS = "IPMI extern wire format"


def info_of(columns):
    """The columns without what TCP puts before our info: 4.4 finds fewer
    segments missing ("TCP ACKed unseen segment") than 4.0."""
    return re.sub(r"\[TCP [^]]*\][ ;]*", "", columns)


def normalised(line):
    """A line of the tree, the same for every version of Wireshark."""
    # 4.6 shows times in the unit that suits them: "1.000000 milliseconds".
    # compare.py looks at their values.
    return re.sub(r"\[(Time|Responded in): .* \w*seconds\]", r"[\1]", line)


def packets(text, with_tree):
    """Lines for each packet of tshark -P -V, without what other protocols
    (and the versions of Wireshark) say of it."""
    protocol = said = ""
    for line in text.splitlines():
        if re.match(r" *\d+ ", line) and not protocol:
            number, rest = line.split(maxsplit=1)
            block = [f"{number:>5} {info_of(rest)}"]
            protocol = line
        elif not line:
            if protocol:
                yield block
            protocol = ""
        elif not line.startswith(" "):
            protocol = line
            if with_tree and protocol.startswith(OURS):
                block.append("      " + line)
        elif protocol == "Packet comments":
            if not line.startswith("     "):
                block.append("      # " + line.strip())
        elif protocol.startswith(OURS):
            expert = re.match(r" *\[Expert Info \((.*?)\): (.*)\]$", line)
            if expert:
                said = expert.group(2)
                block.append(f"      ! {expert.group(1)}: {said}")
            elif with_tree and line.strip() != f"[{said}]" \
                    and not re.match(r" {8,}\[(Severity level|Group): ", line):
                block.append("      " + normalised(line))


def decoded(name, *passes):
    """Lines for each packet of a sample."""
    text = tshark.run_on(name, *passes, "-Y", "ipmi_extern", "-P", "-V",
                         "-O", "ipmi_extern,pkt_comment", "-o", COLUMNS)
    return list(packets(text, tshark.stem(name) in WITH_TREE))


def expected_decode(name):
    """What NAME.out should say."""
    one, two = decoded(name), decoded(name, "-2")
    if len(one) != len(two):
        sys.exit(f"{name}: {len(one)} packets in one pass, {len(two)} in two")
    lines = []
    for first, second in zip(one, two):
        for mark, line in ((line[0], line[2:]) for line in difflib.ndiff(first, second)):
            if mark != "?":
                lines.append({" ": " ", "-": "1", "+": "2"}[mark] + line + "\n")
    return lines


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
