#!/usr/bin/env python3
# test-conventions.py
# What ipmitap tells Wireshark of itself, against what Wireshark reads.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Needs no Wireshark: see test-wireshark.py for what it makes of it."""

import re

from wireshark import check, extcap, run_tests, sentences

NAMES = {"ipmi-attach", "ipmi-fifo", "ipmi-tap"}
USAGE = 2

# Addresses, and what a field for one must refuse.
GOOD = ("unix:/run/bmc.sock", "unix:bmc 1.sock", "tcp:127.0.0.1:9002", "tcp::9002",
        "tcp:[::1]:9002", "tcp:bmc.example:9002")
BAD = ("", " ", "9002", "/run/bmc.sock", "tcp:", "tcp:127.0.0.1", "tcp:127.0.0.1:", "unix:",
       "tcp:127.0.0.1:http", "fd:3", "udp:127.0.0.1:623")


def ask(*arguments):
    """Sentences that it prints, of one interface if that is given."""
    result = extcap(*arguments)
    check(result.returncode == 0 and result.stderr == "",
          f"{arguments}: exit status {result.returncode}: {result.stderr}")
    return sentences(result.stdout)


def config(name):
    """{option: its sentence}"""
    return {parts["call"]: parts
            for _, parts in ask("--extcap-config", f"--extcap-interface={name}")}


def interfaces():
    """The list, and one toolbar for them all."""
    for version in (), ("--extcap-version=4.0",), ("--extcap-version=4.6",):
        found = ask("--extcap-interfaces", *version)
        words = [word for word, _ in found]
        check(words[0] == "extcap" and words.count("extcap") == 1, f"sentences {words}")
        check(re.fullmatch(r"[0-9.]+", found[0][1]["version"]), "no version")
        names = {parts["value"] for word, parts in found if word == "interface"}
        check(names == NAMES, f"interfaces {names}")
        check(len({parts["display"] for word, parts in found if word == "interface"}) == len(NAMES),
              "two interfaces are called the same")
        controls = [parts for word, parts in found if word == "control"]
        check([control["number"] for control in controls] == ["0", "1", "2"],
              f"controls {controls}")
        check([control["type"] for control in controls] == ["string", "boolean", "button"],
              f"controls {controls}")


def link_types():
    """One each: what docs/capture-format.md says."""
    for name in NAMES:
        found = ask("--extcap-dlts", f"--extcap-interface={name}")
        check([(word, parts["number"]) for word, parts in found] == [("dlt", "252")],
              f"link types of {name}: {found}")
        check(found[0][1].keys() == {"number", "name", "display"}, f"parts {found}")


def options():
    """Each is one that --capture takes, and says what it is for."""
    helptext = extcap("--extcap-interfaces", "--help").stdout
    for name in NAMES:
        found = ask("--extcap-config", f"--extcap-interface={name}")
        check([word for word, _ in found] == ["arg"] * len(found), f"sentences {found}")
        check([parts["number"] for _, parts in found] == [str(i) for i in range(len(found))],
              f"numbers {found}")
        for _, parts in found:
            check({"call", "display", "type", "tooltip"} <= parts.keys(), f"parts {parts}")
            check(parts["type"] in ("string", "boolflag", "fileselect"), f"type {parts}")
            takes_value = parts["type"] != "boolflag"
            check(re.search(rf"^ +{parts['call']}{'=' if takes_value else ' '}", helptext, re.M),
                  f"{parts['call']} is not in the help")


def validation():
    """Fields accept addresses, and nothing else."""
    for name, call in ("ipmi-tap", "--listen"), ("ipmi-tap", "--connect"), \
            ("ipmi-attach", "--attach"):
        pattern = config(name)[call]["validation"]
        good = [*GOOD, config(name)[call]["placeholder"]]
        if name == "ipmi-tap":
            good += ["listen:" + GOOD[0], "connect:" + GOOD[2], "unix:/run/a,b.sock"]
        else:
            good += [",".join(GOOD[:3]), " , ".join(GOOD[2:4])]
        for text in good:
            check(re.search(pattern, text), f"{call} of {name} refuses {text!r}")
        for text in BAD:
            check(not re.search(pattern, text), f"{call} of {name} takes {text!r}")
    pattern = config("ipmi-tap")["--name"]["validation"]
    check(re.search(pattern, "") and re.search(pattern, "web 1"), "no name is good")
    check(not re.search(pattern, "a=b"), "any name is good")


def reloading():
    """No option has values to load anew, and nothing is left to clean up."""
    for arguments in (["--extcap-config", "--extcap-reload-option=listen"],
                      ["--extcap-config", "--extcap-config-option-name=listen",
                       "--extcap-config-option-value=tcp::1"],
                      ["--extcap-cleanup-postkill", "--listen=unix:/x", "--keep"]):
        check(ask("--extcap-interface=ipmi-tap", *arguments) == [], f"{arguments}: values")


def capture_filter():
    """Nothing printed means that it is a good one."""
    for text, good in ("", True), ("tcp port 9002", False):
        result = extcap("--extcap-interface=ipmi-tap", f"--extcap-capture-filter={text}")
        check(result.returncode == 0 and (result.stdout == "") == good,
              f"filter {text!r}: {result.stdout}")


def wrong_command_lines():
    """Each says what is wrong, and on the standard error output only."""
    for arguments, words in (
            (["--extcap-dlts"], "--extcap-interface"),
            (["--extcap-config", "--extcap-interface=eth0"], "eth0"),
            (["--capture", "--extcap-interface=ipmi-tap"], "--fifo"),
            (["--extcap-interface=ipmi-tap"], "--capture"),
            (["--extcap-frobnicate"], "frobnicate"),
            (["--extcap-interfaces", "extra"], "extra"),
            (["--capture", "--extcap-interface=ipmi-tap", "--fifo=/not/there", "--connect=tcp::1"],
             "--listen"),
            (["--capture", "--extcap-interface=ipmi-attach", "--fifo=/not/there"], "--attach"),
            (["--capture", "--extcap-interface=ipmi-attach", "--fifo=/not/there", "--attach="],
             "--attach"),
            (["--capture", "--extcap-interface=ipmi-fifo", "--fifo=/not/there"], "--read"),
            (["--capture", "--extcap-interface=ipmi-fifo", "--fifo=/not/there", "--read=/y",
              "--extcap-capture-filter=tcp"], "filter"),
    ):
        result = extcap(*arguments)
        check(result.returncode == USAGE and result.stdout == "" and words in result.stderr,
              f"{arguments}: exit status {result.returncode}: {result.stdout}{result.stderr}")


def help_teaches():
    """With the examples, which work."""
    result = extcap("--extcap-interfaces", "--help")
    check(result.returncode == 0 and "Examples:" in result.stdout
          and "Exit status" in result.stdout, result.stdout)


run_tests([interfaces, link_types, options, validation, reloading, capture_filter,
           wrong_command_lines, help_teaches])
