#!/usr/bin/python3
# documents.py
# Writes docs/fields.md, and the numbers in samples/README.md.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""docs/fields.md lists the fields as tshark -G does, each with a sample that
shows it. In the tables of samples/README.md the words are written by hand; how
many messages and control commands a sample has, and its expert infos, are
counted. A field that no sample shows, and a sample that the README does not
have, are errors."""

import argparse
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

import decode
import tshark

FIELDS = os.path.normpath(os.path.join(tshark.HERE, "..", "..", "docs", "fields.md"))
README = os.path.join(tshark.SAMPLES, "README.md")

# The first shows whatever is in order; the others, what they are named for.
FIRST_SAMPLES = ("kcs-35-ipmitool-commands.pcap", "transactions.pcapng", "cut-off.pcapng",
                 "connections.pcapng")

TYPES = {
    "FT_BOOLEAN": "Boolean",
    "FT_BYTES": "bytes",
    "FT_FRAMENUM": "packet number",
    "FT_RELATIVE_TIME": "time, in seconds",
    "FT_STRING": "string",
    "FT_UINT8": "number, 8 bits",
    "FT_UINT24": "number, 24 bits",
    "FT_UINT32": "number, 32 bits",
    "FT_UINT64": "number, 64 bits",
}

# Fields with more values than these have a field for their names instead.
MOST_VALUES = 16

INTRODUCTION = """\
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- Written by tests/samples/documents.py. Edit that, or the dissector. -->

# Fields

For display filters, `tshark -e`, columns and colour rules. The last column names
a capture in [samples](../samples) that has the field. Numbers with names can be
compared with either: `ipmi_extern.dir == "Host to BMC"` or `ipmi_extern.dir == 0`.

| field | type | meaning | sample |
|---|---|---|---|
"""

EXPERTS = """
# Expert infos

What is worth a look, by how bad it is. Each is a field, too: the display filter
`ipmi_extern.late` finds the packets. `cutoff` and `no_response` look ahead in the
capture: tshark shows them with `-2`, Wireshark always.

| field | severity | group | meaning | sample |
|---|---|---|---|---|
"""


def registered():
    """Fields in the order of the dissector: (name, type, words)."""
    for line in tshark.run("-G", "fields").decode().splitlines():
        entry = line.split("\t")
        if entry[0] == "F" and entry[4] == "ipmi_extern":
            yield entry[2], entry[3], ": ".join(filter(None, (entry[1], entry[7])))


def value_names():
    """{field: [(value, name)]}"""
    names = {}
    for line in tshark.run("-G", "values").decode().splitlines():
        entry = line.split("\t")
        if entry[0] == "V" and entry[1].startswith("ipmi_extern."):
            names.setdefault(entry[1], []).append((int(entry[2], 0), entry[3]))
    return names


def fields_shown(name):
    """{field: severity and group of an expert info, or None} of a sample."""
    found = {}
    packets = ElementTree.fromstring(tshark.run_on(
        name, "-2", "-Y", "ipmi_extern", "-T", "pdml", "-J", "ipmi_extern"))
    for protocol in packets.iterfind("./packet/proto[@name='ipmi_extern']"):
        for field in protocol.iter("field"):
            found.setdefault(field.get("name"), None)
        for expert in protocol.iterfind(".//field[@name='_ws.expert']"):
            children = {field.get("name"): field.get("showname") for field in expert}
            how_bad = [children[f"_ws.expert.{what}"].rsplit(": ", 1)[1]
                       for what in ("severity", "group")]
            found.update({field: how_bad for field in children
                          if field.startswith("ipmi_extern.")})
    return found


def fields_document(shown):
    """docs/fields.md"""
    names = value_names()
    fields, experts = INTRODUCTION, EXPERTS
    order = (*FIRST_SAMPLES, *(name for name in shown if name not in FIRST_SAMPLES))
    for field, kind, words in registered():
        sample = next((name for name in order if field in shown[name]), None)
        if not sample:
            sys.exit(f"no sample shows {field}")
        link = f"[{tshark.stem(sample)}](../samples/{sample})"
        if kind == "FT_NONE":
            severity, group = shown[sample][field]
            experts += f"| `{field}` | {severity} | {group} | {words} | {link} |\n"
            continue
        values = names.get(field, [])
        if values and len(values) <= MOST_VALUES:
            # In hexadecimal where the protocol's own documents are.
            form = "{}" if values[-1][0] < 10 else "{:02x}h"
            words += " (" + ", ".join(f"{form.format(value)} {name}" for value, name in values) + ")"
        fields += f"| `{field}` | {TYPES[kind]} | {words} | {link} |\n"
    return fields + experts


def readme_document(shown):
    """samples/README.md with its numbers as they are."""
    with open(README, encoding="utf-8") as file:
        text = file.read()
    for name, fields in shown.items():
        frames = decode.decode(os.path.join(tshark.SAMPLES, name))
        messages = sum(frame.get("type") in ("Request", "Response") for frame in frames)
        controls = sum(frame.get("type") == "Control" for frame in frames)
        experts = ", ".join(f"`{field.removeprefix('ipmi_extern.')}`"
                            for field, how_bad in sorted(fields.items()) if how_bad)
        text, rows = re.subn(
            rf"^(\| \[{re.escape(name)}\]\({re.escape(name)}\) \| [^|]* \|).*$",
            lambda match, cells=f" {messages} | {controls} | {experts} |":
            match.group(1) + cells, text, flags=re.MULTILINE)
        if rows != 1:
            sys.exit(f"samples/README.md has {rows} rows for {name}")
    return text


def main():
    """Writes or checks the documents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true",
                        help="only say whether they are up to date")
    arguments = parser.parse_args()
    shown = {name: fields_shown(name) for name in tshark.samples()}
    for path, text in ((FIELDS, fields_document(shown)), (README, readme_document(shown))):
        if not arguments.check:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            continue
        with open(path, encoding="utf-8") as file:
            if file.read() != text:
                sys.exit(f"{path} is out of date: run tests/samples/documents.py, with "
                         "WIRESHARK_PLUGIN_DIR=BUILD/dissector/plugins in the environment")


if __name__ == "__main__":
    main()
