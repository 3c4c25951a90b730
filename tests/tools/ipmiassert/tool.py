# tool.py
# Runs ipmiassert for the tests of this directory, and reads what it prints.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""CMake says through the environment which ipmiassert, tshark and plugin."""

import contextlib
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", "..", ".."))
RUN_TSHARK = os.path.join(ROOT, "tests", "run-tshark")

sys.path.insert(0, os.path.join(ROOT, "tests", "samples"))
import tshark   # noqa: E402  pylint: disable=wrong-import-position

# Longer than anything takes here, on the slowest of machines.
TIMEOUT = 300


def environment(**changes):
    """That of a run: tests/run-tshark runs ipmiassert as it does tshark, and the
    tshark of these tests is the first in the path."""
    found = os.path.dirname(os.environ["TSHARK"])
    env = dict(os.environ, TSHARK=os.environ["IPMIASSERT"],
               PATH=os.pathsep.join(filter(None, (found, os.environ["PATH"]))))
    env.update(changes)
    return env


def run(*arguments, env=None, **more):
    """What became of it: returncode, stdout, stderr."""
    more.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([RUN_TSHARK, *arguments], env=env or environment(),
                          capture_output=True, text=True, timeout=TIMEOUT,
                          check=False, **more)


def sample(name):
    """Path of one of samples/."""
    return os.path.join(tshark.SAMPLES, name)


@contextlib.contextmanager
def directory():
    """A temporary directory that the user nobody can write to."""
    with tempfile.TemporaryDirectory() as path:
        os.chmod(path, 0o777)
        yield path


def write(path, contents):
    """A file that the user nobody can read."""
    mode = "wb" if isinstance(contents, bytes) else "w"
    with open(path, mode) as file:      # pylint: disable=unspecified-encoding
        file.write(contents)
    os.chmod(path, 0o644)
    return path


class Verdict:
    """A test line of TAP and what is below it."""

    def __init__(self, passed, name):
        self.passed = passed
        self.name = name
        self.remarks = []
        self.details = {}


def _scalar(text):
    """A value as print_yaml() writes it."""
    if text.startswith("["):
        return [int(number) for number in text[1:-1].split(", ")]
    if not re.fullmatch(r"'(?:[^']|'')*'", text):
        raise ValueError(f"no string in single quotes: {text}")
    return text[1:-1].replace("''", "'")


def _details(lines):
    """The YAML below a test line, up to its end; lines is an iterator."""
    found, block = {}, None
    for line in lines:
        if line == "  ...":
            return found
        if line.startswith("    ") and block is not None:
            found[block] += line[4:] + "\n"
            continue
        match = re.fullmatch(r"  ([a-z]+): (.+)", line)
        if not match:
            raise ValueError(f"no YAML that is known here: {line!r}")
        key, value = match.groups()
        if key in found:
            raise ValueError(f"twice: {key}")
        block = key if value == "|" else None
        found[key] = "" if value == "|" else _scalar(value)
    raise ValueError("YAML without an end")


def read_tap(text):
    """The verdicts in what ipmiassert prints. Raises where it is not TAP as both
    version 13 and version 14 have it."""
    if not text.endswith("\n"):
        raise ValueError("the last line has no end")
    lines = iter(text[:-1].split("\n"))
    if next(lines) != "TAP version 13":
        raise ValueError("no version")
    plan = re.fullmatch(r"1\.\.([1-9]\d*)", next(lines))
    if not plan:
        raise ValueError("no plan at the beginning")
    verdicts = []
    for line in lines:
        match = re.fullmatch(r"(not )?ok (\d+) - ((?:[^#\\]|\\[#\\])*)", line)
        if match:
            if int(match.group(2)) != len(verdicts) + 1:
                raise ValueError(f"out of order: {line}")
            name = re.sub(r"\\(.)", r"\1", match.group(3))
            verdicts.append(Verdict(not match.group(1), name))
        elif line == "  ---" and verdicts and not verdicts[-1].details:
            verdicts[-1].details = _details(lines)
        elif line.startswith("# "):
            if verdicts:
                verdicts[-1].remarks.append(line[2:])
        else:
            raise ValueError(f"no TAP: {line!r}")
    if len(verdicts) != int(plan.group(1)):
        raise ValueError(f"{len(verdicts)} of {plan.group(0)}")
    return verdicts


def judge(capture, *rules, **more):
    """The verdicts on a capture. Raises if they and the exit status are not of
    one mind, or if there is anything else to be said."""
    result = run(capture, *rules, **more)
    return verdicts_of(result)


def verdicts_of(result):
    """The same of a run."""
    if result.returncode not in (0, 1) or result.stderr:
        raise RuntimeError(f"exit status {result.returncode}\n{result.stderr}")
    verdicts = read_tap(result.stdout)
    if (result.returncode == 0) != all(verdict.passed for verdict in verdicts):
        raise RuntimeError(f"exit status {result.returncode}\n{result.stdout}")
    for verdict in verdicts:
        if verdict.passed == bool(verdict.details):
            raise RuntimeError(f"details of what passed, or none: {result.stdout}")
    return verdicts
