#!/usr/bin/python3
# examples.py
# Runs the examples of docs/registers.md, and looks whether it explains all faults.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""A command of tshark on a sample that a fenced block follows is an example:
the block is what the command prints, whatever the spaces between the words.
Commands on other captures have to be valid. Each expert info of registers has to be
named somewhere."""

import argparse
import os
import re
import shlex
import sys

import tshark

PAGE = os.path.normpath(os.path.join(tshark.HERE, "..", "..", "docs", "registers.md"))

# An indented command, which may take several lines; what it prints, if shown.
EXAMPLE = re.compile(r"^    (tshark -r (?:.*\\\n)*.*\n)(?:\n```\n((?:.*\n)*?)```\n)?", re.M)
# A line drawn around a table.
RULE = re.compile(r"^[=-]+$", re.M)


def printed(command):
    """What an example's command prints, without the lines drawn around tables."""
    _, _, capture, *arguments = shlex.split(command.replace("\\\n", " "), comments=True)
    # What no capture has, any sample does to check a filter.
    name = os.path.basename(capture) if "samples/" in capture else "inside-kcs.pcapng"
    text = RULE.sub("", tshark.run_on(name, *arguments))
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines() if line.strip())


def words(text):
    """Versions of Wireshark differ in the width of columns."""
    return [line.split() for line in text.splitlines()]


def unexplained(page):
    """Expert infos that the page does not name."""
    for line in tshark.run("-G", "fields").decode().splitlines():
        entry = line.split("\t")
        name = entry[2].split(".", 1)[-1]
        if (entry[0] == "F" and entry[3] == "FT_NONE" and entry[4] in ("ipmi_kcs", "ipmi_bt")
                and name != "fragments" and f"`{name}`" not in page):
            yield entry[2]


def main():
    """Checks the page, or writes it anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="write the outputs anew")
    update = parser.parse_args().update
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()

    failures, examples = [], 0
    for match in EXAMPLE.finditer(page):
        command, shown = match[1], match[2]
        output = printed(command)
        if shown is None:
            continue
        examples += 1
        if update:
            page = page.replace(match[0], match[0].replace(f"```\n{shown}```", f"```\n{output}```"))
        elif words(shown) != words(output):
            failures.append(f"{PAGE}: not what it prints, {sys.argv[0]} --update writes it anew:\n"
                            f"    {command}{output}")
    failures.extend(f"{PAGE}: {name} is not explained" for name in unexplained(page))
    if not examples:
        failures.append(f"{PAGE}: no examples")
    if update:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(page)
    tshark.finish(failures)


if __name__ == "__main__":
    main()
