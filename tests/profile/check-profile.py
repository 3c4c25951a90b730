#!/usr/bin/env python3
# check-profile.py
# Has tshark use the Wireshark profile "IPMI".
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Every column, each of its fields, every colour rule and filter button is valid and
good for a sample."""

import argparse
import os
import pathlib
import re
import shutil
import sys
import tempfile
import unittest.mock
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "samples"))
import tshark  # noqa: E402

# Messages and control commands, and the same over TCP; registers of both kinds,
# and whole transactions.
SAMPLES = ("transactions.pcapng", "tcp-two-links.pcapng", "inside-kcs.pcapng",
           "inside-bt.pcapng")
CUSTOM_COLUMN = re.compile(r"%Cus:(.*):\d+:[RU]")


def pairs(path, key):
    """The pairs of a list of a preferences file: title and format, or format
    and width."""
    text = re.search(rf"^{re.escape(key)}:\n((?:\t.*\n)+)", path.read_text(), re.M)[1]
    return re.findall(r'"([^"]*)", "?([^",\n]*)"?', text)


def color_rules(path):
    """Name and filter of each colour rule."""
    return dict(re.findall(r"^@([^@]*)@([^@]*)@", path.read_text(), re.M))


def buttons(path):
    """Label and filter of each enabled button."""
    found = re.findall(r'^"TRUE","([^"]*)","([^"]*)","[^"]*"$', path.read_text(), re.M)
    return {label: text.replace(r"\x22", '"') for label, text in found}


def lines_in(path):
    """How many entries a file of one entry a line has."""
    return sum(1 for line in path.read_text().splitlines()
               if line and not line.startswith("#"))


def columns(sample):
    """Title of each column that tshark prints of a sample, and whether anything
    is in it."""
    psml = xml.etree.ElementTree.fromstring(
        tshark.run_on(sample, "-C", "IPMI", "-T", "psml"))
    titles = [section.text for section in psml.find("structure")]
    cells = zip(*([section.text for section in packet] for packet in psml.iter("packet")))
    return dict(zip(titles, map(any, cells)))


def is_found(text):
    """Whether a display filter finds any packet of the samples."""
    return any(tshark.run_on(sample, "-Y", text) for sample in SAMPLES)


def check_columns(formats):
    """What is wrong with the columns: each is to be there, even if the plugin is
    not, and is to show something of a sample, as is each field that it has."""
    titles = [title for title, _ in formats]
    shown = [columns(sample) for sample in SAMPLES]
    with unittest.mock.patch.dict(os.environ, WIRESHARK_PLUGIN_DIR="/nonexistent"):
        without_plugin = columns(SAMPLES[0])
    for those in (*shown, without_plugin):
        if list(those) != titles:
            yield f"columns {list(those)} instead of {titles}"

    for title, column in formats:
        custom = CUSTOM_COLUMN.fullmatch(column)
        for field in custom[1].split(" or ") if custom else ():
            if not is_found(field):
                yield f"column {title}: no packet of {SAMPLES} has {field}"
        if not any(those.get(title) for those in shown):
            yield f"column {title}: empty for all of {SAMPLES}"


def check_color_rules(rules):
    """The names of rules that colour no packet of any sample."""
    unused = set(rules)
    for name in tshark.samples():
        unused -= set(tshark.run_on(
            name, "-C", "IPMI", "-2", "--color", "-T", "fields",
            "-e", "frame.coloring_rule.name").splitlines())
        if not unused:
            return
    for rule in sorted(unused):
        yield f"colour rule {rule}: colours no packet of any sample"


def check_buttons(filters):
    """The labels of buttons that leave no packet of any sample."""
    for label, text in filters.items():
        if not any(tshark.run_on(name, "-2", "-Y", text) for name in tshark.samples()):
            yield f"button {label}: no packet of any sample matches {text}"

    polls = "ipmi_kcs.poll == 1 || ipmi_bt.poll == 1"
    for sample in SAMPLES[2:]:
        hidden = tshark.run_on(sample, "-Y", f"!({filters['No polls']})")
        if not hidden or hidden != tshark.run_on(sample, "-Y", polls):
            yield f"button No polls: does not hide the polls of {sample}"


def check(profile):
    """What is wrong with the profile."""
    formats = pairs(profile / "preferences", "gui.column.format")
    widths = pairs(profile / "recent", "column.width")
    rules = color_rules(profile / "colorfilters")
    filters = buttons(profile / "dfilter_buttons")

    # Wireshark 4.4 and later go by the order, earlier ones by the fields.
    if [column for column, _ in widths] != [
            re.sub(r":\d+:[RU]$", "", column) for _, column in formats]:
        yield "recent: other columns than in preferences"
    protocols = {line.split("\t")[1] for line in
                 tshark.run("-G", "protocols").decode().splitlines()}
    for tab in re.findall(r'^gui\.\w+_tabs: "([^"]*)"', (profile / "recent").read_text(), re.M):
        if tab not in protocols:
            yield f"recent: Wireshark has no protocol {tab}"
    for name, entries in ("colorfilters", rules), ("dfilter_buttons", filters):
        if not entries or lines_in(profile / name) != len(entries):
            yield f"{name}: a line that this test does not understand"

    yield from check_columns(formats)
    yield from check_color_rules(rules)
    yield from check_buttons(filters)


def main():
    """Ends with the exit status of the test."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("profile", type=pathlib.Path, help="folder of the profile")
    profile = parser.parse_args().profile

    with tempfile.TemporaryDirectory() as home:
        os.chmod(home, 0o755)
        shutil.copytree(profile, os.path.join(home, ".config/wireshark/profiles/IPMI"))
        os.environ["TSHARK_HOME"] = home
        tshark.finish(check(profile))


if __name__ == "__main__":
    main()
