#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds every tool to what all of them have in common.

Cases:
  help        --help, --version and wrong usage
  manual      the manual is clean, and agrees with --help
  completion  bash completes every option
  install     each is installed with its manual and its completion
  documents   the commands in README.md and docs/ have options that there are
"""

import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))
SKIPPED = 77
PATIENCE = 60

WIDTH = 80
EXAMPLES = 3
OK, USAGE = 0, 2

# In every manual, in this order.
SECTIONS = ("NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "EXAMPLES",
            "SEE ALSO")

# Of them all; GLib says that there is --help.
COMMON_OPTIONS = {"--help", "--version"}

BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"

# Completes the words given and prints what there is to choose, each in a line.
# A candidate may end in "=".
COMPLETE = r"""
source "$1" && source "$2" && shift 2 || exit 1
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMP_TYPE=9 COMP_KEY=9
compopt() { :; }
definition=$(complete -p "$1") || exit 1
[[ $definition =~ -F\ ([^ ]+) ]] || exit 1
"${BASH_REMATCH[1]}" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"""


def run(*command, **options):
    return subprocess.run(command, stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, check=False, timeout=PATIENCE,
                          **options)


class Tool:
    """A program of tools/, and what it says of itself."""

    def __init__(self, build, name):
        self.name = name
        self.program = os.path.join(build, "tools", name, name)
        self.source = os.path.join(ROOT, "tools", name)
        self.help = self.run("--help").stdout

    def run(self, *arguments):
        return run(self.program, *arguments)

    def options(self):
        """Those of --help, long and short."""
        found = set()
        for line in self.help.splitlines():
            match = re.match(r"  (?:(-\w), )?(?:    )?(--[\w-]+)", line)
            if match:
                found.update(filter(None, match.groups()))
        return found

    def statuses(self):
        """The exit statuses that --help explains."""
        _, _, words = self.help.partition("Exit status")
        return set(re.findall(r"(?<!\S)[0-3](?= )", words))


def check_help(tool):
    """What the command line has to do, and how the help is laid out."""
    result = tool.run("--help")
    if result.returncode != OK or result.stderr:
        yield f"--help: status {result.returncode}: {result.stderr}"
    for line in result.stdout.splitlines():
        if len(line) > WIDTH:
            yield f"--help: {len(line)} columns: {line.strip()}"
    examples = result.stdout.partition("\nExamples:\n")[2]
    count = len(re.findall(rf"^ +(?:\S.* )?{tool.name}\b", examples, re.M))
    if count < EXAMPLES:
        yield f"--help: {count} examples, it should be {EXAMPLES}"
    if not {"0", "2", "3"} <= tool.statuses():
        yield f"--help explains the exit statuses {sorted(tool.statuses())}"
    missing = COMMON_OPTIONS - tool.options()
    if missing:
        yield f"--help does not have {missing}"

    result = tool.run("--version")
    if (result.returncode != OK or result.stderr
            or not re.fullmatch(rf"{tool.name} \d+\.\d+\.\d+\n",
                                result.stdout)):
        yield f"--version: status {result.returncode}: {result.stdout!r}"

    for arguments in (["--nonsense"], []):
        result = tool.run(*arguments)
        if (result.returncode != USAGE or result.stdout
                or not result.stderr.startswith(f"{tool.name}: ")
                or "--help" not in result.stderr):
            yield (f"{arguments}: status {result.returncode}, "
                   f"{result.stdout!r}, {result.stderr!r}")


def rendered(path):
    """A manual as text, without the overstriking."""
    result = run("groff", "-mandoc", "-Tascii", "-P-c", "-P-b", "-P-u",
                 "-rLL=200n", path)
    return re.sub(".\b", "", result.stdout)


def check_manual(tool):
    path = os.path.join(tool.source, f"{tool.name}.1")
    result = run("groff", "-ww", "-z", "-mandoc", path)
    if result.returncode != 0 or result.stderr:
        yield f"{path}: {result.stderr}"
    text = rendered(path)
    headings = re.findall(r"^[A-Z][A-Z ]*[A-Z]$", text, re.M)
    if [each for each in headings if each in SECTIONS] != list(SECTIONS):
        yield f"{path}: sections {headings}, not {SECTIONS} in this order"

    options = set()
    for line in text.splitlines():
        match = re.match(r" +(?:(-\w)(?:, | ))?(--[\w-]+)(?=[ =,]|$)", line)
        if match:
            options.update(filter(None, match.groups()))
    if not tool.options() <= options:
        yield f"{path}: does not explain {tool.options() - options}"
    # What is for Wireshark only is not in --help.
    unknown = {each for each in options - tool.options()
               if each not in tool.help and not each.startswith("--extcap")}
    for option in sorted(unknown):
        status = tool.run(option)
        if "Unknown option" in status.stderr:
            yield f"{path}: {option} is none of the tool's options"

    statuses = text.partition("\nEXIT STATUS\n")[2].partition("\nEXAMPLES\n")[0]
    found = set(re.findall(r"^ +([0-3])(?= |$)", statuses, re.M))
    if found != tool.statuses():
        yield (f"{path}: exit statuses {sorted(found)}, those of --help are "
               f"{sorted(tool.statuses())}")


def completions(tool, *words):
    path = os.path.join(tool.source, f"{tool.name}.bash")
    result = run("bash", "--norc", "--noprofile", "-c", COMPLETE, "bash",
                 BASH_COMPLETION, path, tool.name, *words)
    if result.returncode != 0 or result.stderr:
        return None, f"{path}: {words}: {result.stderr or result.returncode}"
    return {each.rstrip("= ") for each in result.stdout.splitlines()}, None


def check_completion(tool):
    offered, trouble = completions(tool, "--")
    if trouble:
        yield trouble
        return
    long = {each for each in tool.options() if each.startswith("--")}
    if not long <= offered:
        yield f"not completed: {sorted(long - offered)}"
    for option in sorted(offered - long):
        if "Unknown option" in tool.run(option).stderr:
            yield f"completed, but no option: {option}"
    for option in sorted(long):
        offered, trouble = completions(tool, option[:-1])
        if trouble or option not in offered:
            yield trouble or f"{option[:-1]} completes to {sorted(offered)}"
        # Whatever follows it: nothing may go wrong.
        _, trouble = completions(tool, option, "")
        if trouble:
            yield trouble


def check_install(tool, folder):
    for where in (f"bin/{tool.name}", f"share/man/man1/{tool.name}.1",
                  f"share/bash-completion/completions/{tool.name}"):
        if not any(os.path.isfile(os.path.join(folder, prefix, where))
                   for prefix in ("usr", "usr/local")):
            yield f"not installed: {where}"
    for name in f"{tool.name}.1", f"{tool.name}.bash":
        with open(os.path.join(tool.source, name), encoding="utf-8") as file:
            if "SPDX-License-Identifier: GPL-2.0-or-later" not in file.read():
                yield f"{name} has no licence"


def check_documents(tool):
    """Commands of a shell, continued over lines or not."""
    found = 0
    for path in [os.path.join(ROOT, "README.md"),
                 *glob.glob(os.path.join(ROOT, "docs", "*.md"))]:
        with open(path, encoding="utf-8") as file:
            text = file.read().replace("\\\n", " ")
        for command in re.findall(rf"(?:^|[ `]){tool.name} ([^\n|`&#]*)", text,
                                  re.M):
            options = set(re.findall(r"(?<!\S)--?[a-z][\w-]*", command))
            found += bool(options)
            if not options <= tool.options():
                yield (f"{path}: {tool.name} {command.strip()}: no such "
                       f"options: {options - tool.options()}")
    if not found:
        yield "no document has a command with an option of it"


def install(build, folder):
    result = run("cmake", "--install", build, "--prefix", "/usr",
                 env={**os.environ, "DESTDIR": folder})
    if result.returncode != 0:
        sys.exit(f"cmake --install fails: {result.stderr}")


def skip_without(*needs):
    for need in needs:
        if not shutil.which(need) and not os.path.exists(need):
            print(f"SKIPPED: NOT tested: there is no {need}; "
                  "tools/setup installs it")
            sys.exit(SKIPPED)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", help="the build directory")
    parser.add_argument("case",
                        choices=("help", "manual", "completion", "install",
                                 "documents"))
    parser.add_argument("tool", nargs="+")
    arguments = parser.parse_args()
    if arguments.case == "manual":
        skip_without("groff")
    if arguments.case == "completion":
        skip_without("bash", BASH_COMPLETION)

    failures = []
    with tempfile.TemporaryDirectory() as folder:
        if arguments.case == "install":
            install(arguments.build, folder)
        for tool in (Tool(arguments.build, name) for name in arguments.tool):
            found = {"help": check_help, "manual": check_manual,
                     "completion": check_completion,
                     "install": lambda tool: check_install(tool, folder),
                     "documents": check_documents,
                     }[arguments.case](tool)
            failures += [f"{tool.name}: {failure}" for failure in found]
    for failure in failures:
        print(failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
