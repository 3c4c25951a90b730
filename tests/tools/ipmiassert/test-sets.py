# test-sets.py
# The sets of rules that ipmiassert comes with: what each of them says of each
# sample, and that together they have every fault that the dissectors know.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""usage: test-sets.py samples | faults | update"""

import os
import re
import sys

import tool

SETS = ("answered", "linux-ipmi-si", "prompt", "protocol-clean")
RULES = os.path.join(tool.ROOT, "tools", "ipmiassert", "rules")
EXPECTED = os.path.join(tool.HERE, "sets.txt")


def judged():
    """A line for each rule that fails: sample, set, rule. linux-ipmi-si is for
    those that Linux is in."""
    for name in tool.tshark.samples():
        sets = [rules for rules in SETS
                if rules != "linux-ipmi-si" or name.endswith(".pcap")]
        failed = [verdict for verdict in tool.judge(*tool.tshark.preferences(name),
                                                    tool.sample(name), *sets)
                  if not verdict.passed]
        for verdict in failed:
            rules = verdict.details["at"].split(".rules:")[0]
            yield f"{tool.tshark.stem(name)}: {rules}: {verdict.name}"
        if not failed:
            yield f"{tool.tshark.stem(name)}: all is well"


def compare():
    """Against what is expected."""
    with open(EXPECTED, encoding="utf-8") as file:
        expected = [line.rstrip("\n") for line in file if not line.startswith("#")]
    found = list(judged())
    yield from (f"expected: {line}" for line in expected if line not in found)
    yield from (f"found: {line}" for line in found if line not in expected)


def update():
    """Writes what is expected anew."""
    with open(EXPECTED, encoding="utf-8") as file:
        comment = [line for line in file if line.startswith("#")]
    with open(EXPECTED, "w", encoding="utf-8") as file:
        file.writelines(comment)
        file.writelines(f"{line}\n" for line in judged())


def faults():
    """Each warning and error is in one rule of one set."""
    with open(os.path.join(tool.ROOT, "docs", "fields.md"), encoding="utf-8") as file:
        known = re.findall(r"^\| `([a-z0-9_.]+)` \| (?:Warning|Error) \|",
                           file.read(), re.M)
    if len(known) < 50:
        yield "docs/fields.md has no table of expert infos that this test can read"
    rules = ""
    for name in SETS:
        with open(os.path.join(RULES, f"{name}.rules"), encoding="utf-8") as file:
            rules += re.sub(r"(?m)^#.*$", "", file.read())
    asked = re.findall(r"\bipmi_[a-z0-9_.]+\b", re.sub(r'"[^"]*"', "", rules))
    for field in known:
        if asked.count(field) != 1:
            yield f"{field} is in {asked.count(field)} rules"


if sys.argv[1] == "update":
    update()
else:
    tool.tshark.finish(compare() if sys.argv[1] == "samples" else faults())
