# looks-ahead.py
# ipmiassert has tshark read a capture twice where a rule asks for what only later
# packets tell. Those are the fields that a second pass over the samples shows
# otherwise than the first one: ipmiassert has to know all of them.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Compares both, sample by sample."""

import collections
import re
import xml.sax.saxutils

import tool

# What is ours, and what Wireshark says of it.
OURS = re.compile(r"(ipmi|_ws\.expert)")


def fields(name, *options):
    """How often a sample has each value of each field."""
    text = tool.tshark.run_on(name, *options, "-T", "pdml")
    found = re.findall(r'<field name="([^"]+)"[^>]*? show="([^"]*)"', text)
    return collections.Counter((field, xml.sax.saxutils.unescape(value))
                               for field, value in found if OURS.match(field))


def differing():
    """Names of fields that only a second pass knows, and where."""
    names = {}
    for name in tool.tshark.samples():
        once, twice = fields(name), fields(name, "-2")
        for field, _ in (once - twice) + (twice - once):
            names.setdefault(field, name)
    return names


def is_read_twice(field):
    """Whether ipmiassert has tshark make two passes, as a tshark sees that only
    takes note of its arguments."""
    with tool.directory() as place:
        log = f"{place}/arguments"
        tool.write(f"{place}/tshark", f'#!/bin/sh\nprintf "%s\\n" "$@" > {log}\n')
        tool.os.chmod(f"{place}/tshark", 0o755)
        tool.run(tool.sample("two-links.pcapng"), f"never {field}",
                 env=tool.environment(PATH=f"{place}:{tool.os.environ['PATH']}"))
        with open(log, encoding="utf-8") as file:
            return "-2" in file.read().split("\n")


def failures():
    """What is not as it should be."""
    names = differing()
    if "ipmi_extern.no_response" not in names:
        yield "two passes are as one here: this proves nothing"
    for field in sorted(names):
        if not is_read_twice(field):
            yield f"{field}, which {names[field]} has, takes two passes"
    for field in ("ipmi_extern.seq", "ipmi_extern.response_to", "ipmi_kcs.type"):
        if is_read_twice(field):
            yield f"{field} takes one pass only"


tool.tshark.finish(failures())
