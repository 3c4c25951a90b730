#!/usr/bin/python3
# any_order.py
# What a packet shows must not depend on which packets were shown before it.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Every sample is read twice by one sharkd. Of the first reading all packets
are asked for from the first to the last, of the second in no order and each
twice, as in a window where somebody jumps about; and whatever files were open
before."""

import difflib
import json
import os
import random
import sys

import tshark

sys.path.insert(0, os.path.join(tshark.HERE, ".."))

from sharkd import Sharkd  # noqa: E402


def lines(items, indent=""):
    """A tree as sharkd gives it, as text."""
    for item in items:
        yield indent + item["l"]
        yield from lines(item.get("n", ()), indent + "  ")


def difference(one, other):
    """What differs between two answers for a packet, in words."""
    trees = [list(lines(json.loads(answer)["result"]["tree"])) for answer in (one, other)]
    return "\n".join(difflib.unified_diff(*trees, "in order", "in no order", lineterm="", n=0))


def without_id(answer):
    """An answer but for the number of the call, which is in its first fields."""
    return answer.split(b',"result"', 1)[1]


def load(sharkd, name):
    """Reads a sample. The numbers of its packets."""
    sharkd.result("load", file=os.path.join(tshark.SAMPLES, name))
    return range(1, sharkd.result("status")["frames"] + 1)


def check(sharkd, name):
    """What is wrong with a sample, in words."""
    in_order = {number: sharkd.frame(number) for number in load(sharkd, name)}
    numbers = list(load(sharkd, name))
    random.Random(name).shuffle(numbers)
    for number in numbers:
        for turn in ("first", "second"):
            answer = sharkd.frame(number)
            if without_id(answer) != without_id(in_order[number]):
                yield (f"{name}, packet {number}, for the {turn} time in no order:\n"
                       f"{difference(in_order[number], answer)}")
                return


def main():
    """Checks all samples."""
    with Sharkd() as sharkd:
        tshark.finish([failure for name in tshark.samples() for failure in check(sharkd, name)])


if __name__ == "__main__":
    main()
