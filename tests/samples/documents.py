#!/usr/bin/python3
# documents.py
# Writes docs/fields.md, and the numbers in samples/README.md.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""docs/fields.md lists the fields as tshark -G does, each with a sample that
shows it. In the tables of samples/README.md the words are written by hand; how
many messages, control commands and records of registers a sample has, and its
expert infos, are counted. A field that no sample shows, and a sample that the README does not
have, are errors."""

import argparse
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

import decode
import decode_registers
import decode_traces
import tshark

FIELDS = os.path.normpath(os.path.join(tshark.HERE, "..", "..", "docs", "fields.md"))
README = os.path.join(tshark.SAMPLES, "README.md")

# Protocol: what it is, and which samples to look at first: those that show what is
# in order, or what they are named for.
PROTOCOLS = {
    "ipmi_extern": ("the wire", (
        "kcs-35-ipmitool-commands.pcap", "transactions.pcapng", "cut-off.pcapng",
        "connections.pcapng")),
    "ipmi_kcs": ("KCS registers", (
        "inside-kcs.pcapng", "registers-kcs.pcapng", "registers-kcs-abort.pcapng",
        "registers-kcs-faults-host.pcapng", "registers-kcs-faults-bmc.pcapng",
        "registers-kcs-slow.pcapng")),
    "ipmi_bt": ("BT registers", (
        "inside-bt.pcapng", "registers-bt.pcapng", "registers-bt-faults-host.pcapng",
        "registers-bt-faults-bmc.pcapng", "registers-bt-slow.pcapng")),
    "ipmi_trans": ("commands across places", ("inside-kcs.pcapng", "end-to-end.pcapng")),
}

TYPES = {
    "FT_BOOLEAN": "Boolean",
    "FT_BYTES": "bytes",
    "FT_FRAMENUM": "packet number",
    "FT_NONE": "part of the tree",
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

Expert infos are what is worth a look, by how bad it is. Each is a field, too: the
display filter `ipmi_extern.late` finds the packets. `cutoff` and `no_response` look
ahead in the capture, and so does what says in which packet a message or a command
ends: tshark shows that with `-2`, Wireshark always.

"""

HEADING = """\
## `{protocol}`: {what}

| field | type | meaning | sample |
|---|---|---|---|
"""

EXPERTS = """
Expert infos:

| field | severity | group | meaning | sample |
|---|---|---|---|---|
"""


def registered(protocol):
    """Fields in the order of the dissector: (name, type, words)."""
    for line in tshark.run("-G", "fields").decode().splitlines():
        entry = line.split("\t")
        if entry[0] == "F" and entry[4] == protocol:
            yield entry[2], entry[3], ": ".join(filter(None, (entry[1], entry[7])))


def value_names():
    """{field: [(value, name)]}"""
    names = {}
    for line in tshark.run("-G", "values").decode().splitlines():
        entry = line.split("\t")
        if entry[0] == "V" and entry[1].startswith(tuple(f"{name}." for name in PROTOCOLS)):
            names.setdefault(entry[1], []).append((int(entry[2], 0), entry[3]))
    return names


def fields_shown(name):
    """{field: severity and group of an expert info, or None} of a sample."""
    found = {}
    packets = ElementTree.fromstring(tshark.run_on(
        name, "-2", "-Y", " || ".join(PROTOCOLS), "-T", "pdml", "-J", " ".join(PROTOCOLS)))
    for protocol in packets.iterfind("./packet/proto"):
        if protocol.get("name") not in PROTOCOLS:
            continue
        for field in protocol.iter("field"):
            found.setdefault(field.get("name"), None)
        for expert in protocol.iterfind(".//field[@name='_ws.expert']"):
            children = {field.get("name"): field.get("showname") for field in expert}
            how_bad = [children[f"_ws.expert.{what}"].rsplit(": ", 1)[1]
                       for what in ("severity", "group")]
            found.update({field: how_bad for field in children
                          if field.partition(".")[0] in PROTOCOLS})
    return found


def fields_document(shown):
    """docs/fields.md"""
    names = value_names()
    return INTRODUCTION + "\n".join(protocol_section(protocol, shown, names)
                                    for protocol in PROTOCOLS)


def protocol_section(protocol, shown, names):
    """The tables of a protocol."""
    what, first = PROTOCOLS[protocol]
    fields, experts = HEADING.format(protocol=protocol, what=what), EXPERTS
    order = (*first, *(name for name in shown if name not in first))
    for field, kind, words in registered(protocol):
        sample = next((name for name in order if field in shown[name]), None)
        if not sample:
            sys.exit(f"no sample shows {field}")
        link = f"[{tshark.stem(sample)}](../samples/{sample})"
        if shown[sample][field]:
            severity, group = shown[sample][field]
            experts += f"| `{field}` | {severity} | {group} | {words} | {link} |\n"
            continue
        values = names.get(field, [])
        if values and len(values) <= MOST_VALUES:
            # In hexadecimal where the protocol's own documents are.
            form = "{}" if values[-1][0] < 10 else "{:02x}h"
            words += " (" + ", ".join(f"{form.format(value)} {name}" for value, name in values) + ")"
        fields += f"| `{field}` | {TYPES[kind]} | {words} | {link} |\n"
    return fields + (experts if experts != EXPERTS else "")


def counts_of(name):
    """How many messages a sample has, and records of registers, or whole frames,
    or else control commands."""
    path = os.path.join(tshark.SAMPLES, name)
    frames = decode.decode(path)
    records = decode_registers.decode_registers(path)
    records.update(decode_traces.decode_traces(path))
    types = [frame.get("type") for frame in frames]
    registers = [fields for fields in records.values()
                 if any(field.startswith(("ipmi_kcs.", "ipmi_bt.")) for field in fields)]
    for fields in registers:
        types += [fields.get(f"{protocol}.type") for protocol in ("ipmi_kcs", "ipmi_bt")]
    return (types.count("Request") + types.count("Response"),
            len(registers) or types.count("Control"))


def readme_document(shown):
    """samples/README.md with its numbers as they are."""
    with open(README, encoding="utf-8") as file:
        text = file.read()
    for name, fields in shown.items():
        messages, others = counts_of(name)
        experts = ", ".join(sorted({f"`{field.partition('.')[2]}`"
                                    for field, how_bad in fields.items() if how_bad}))
        text, rows = re.subn(
            rf"^(\| \[{re.escape(name)}\]\({re.escape(name)}\) \| [^|]* \|).*$",
            lambda match, cells=f" {messages} | {others} | {experts} |":
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
