#!/usr/bin/python3
# filters.py
# Counts the packets that display filters find in the samples.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""filters.txt has a sample's name on a line of its own and below it display
filters, each after the number of packets it finds. Where a filter finds fewer
in one pass over the capture, the line begins with both: ONE/TWO."""

import os
import re

import tshark

TABLE = os.path.join(tshark.HERE, "filters.txt")


def read_table():
    """{sample: [(packets in one pass, packets in two passes, filter)]}"""
    table, sample = {}, None
    with open(TABLE, encoding="utf-8") as file:
        for line in file:
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            if not line.startswith(" "):
                sample = line
                table[sample] = []
                continue
            counts, display_filter = line.split(maxsplit=1)
            one, _, two = counts.partition("/")
            table[sample].append((int(one), int(two or one), display_filter))
    return table


def count(sample, filters, *passes):
    """How many packets each filter finds: the columns of one io,stat table,
    which is one run of tshark for all of them."""
    output = tshark.run_on(sample, *passes, "-q", "-z", ",".join(("io,stat,0", *filters)))
    row = re.search(r"^\|[^|]*<>[^|]*\|(.*)\|$", output, re.MULTILINE).group(1)
    return [int(cell) for cell in row.split("|")[:2 * len(filters):2]]


def main():
    """Compares the table with tshark."""
    failures = []
    for sample, rows in read_table().items():
        filters = [row[2] for row in rows]
        for which, passes in ((0, ()), (1, ("-2",))):
            for row, found in zip(rows, count(sample, filters, *passes), strict=True):
                if found != row[which]:
                    failures.append(f"{sample}, {which + 1} pass: {row[2]}: {found} packets "
                                    f"instead of {row[which]}")
    tshark.finish(failures)


if __name__ == "__main__":
    main()
