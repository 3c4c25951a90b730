# dumping.py
# Runs ipmidump for tests.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""CMake says in IPMIDUMP which one. Nothing waits without a deadline."""

import json
import os
import re
import selectors
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", "..", ".."))
SAMPLES = os.path.join(ROOT, "samples")
for folder in "samples", "capture":
    sys.path.insert(0, os.path.join(ROOT, "tests", folder))

IPMIDUMP = os.environ["IPMIDUMP"]

# How long what takes no time may take, on a machine that is busy.
PATIENCE = 300

# What may always be said of a capture.
UNANSWERED = r"(ipmidump: requests without a response: \d+\n)?"

ENVIRONMENT = dict(os.environ, TZ="UTC", LC_ALL="C.UTF-8")


def sample(name):
    """Path of a sample."""
    return os.path.join(SAMPLES, name)


def samples(pattern):
    """Paths of the samples whose names match."""
    found = sorted(name for name in os.listdir(SAMPLES) if re.fullmatch(pattern, name))
    assert found, pattern
    return [sample(name) for name in found]


class Test(unittest.TestCase):
    """What tests of ipmidump need."""

    maxDiff = None

    def dump(self, *arguments, contents=None, status=0, errors=UNANSWERED):
        """What it prints of a file or of contents, given as its standard input,
        when it ends with that status and errors, a regular expression."""
        result = subprocess.run(
            [IPMIDUMP, *arguments, *(["-"] if contents is not None else [])],
            input=contents, stdin=None if contents is not None else subprocess.DEVNULL,
            capture_output=True, env=ENVIRONMENT, timeout=PATIENCE, check=False)
        said = result.stderr.decode()
        self.assertEqual(result.returncode, status, said)
        self.assertRegex(said, rf"\A{errors}\Z")
        return result.stdout

    def lines(self, *arguments, **how):
        """The same as a list of lines."""
        return self.dump(*arguments, **how).decode().splitlines()

    def objects(self, *arguments, **how):
        """The same with --json: a list of objects."""
        return [json.loads(line) for line in self.lines("--json", *arguments, **how)]


class Program:
    """An ipmidump under way."""

    def __init__(self, test, *arguments, **how):
        self.test = test
        self.process = subprocess.Popen([IPMIDUMP, *arguments], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=ENVIRONMENT, **how)
        test.addCleanup(self.end)

    def expect(self, *words):
        """Waits until it has printed so many lines more, with those words."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            text = b""
            while text.count(b"\n") < len(words):
                self.test.assertTrue(selector.select(PATIENCE), f"nothing after {text}")
                piece = os.read(self.process.stdout.fileno(), 65536)
                self.test.assertTrue(piece, f"the end after {text}")
                text += piece
        lines = text.decode().splitlines()
        self.test.assertEqual(len(lines), len(words), lines)
        for line, word in zip(lines, words):
            self.test.assertIn(word, line)

    def finish(self):
        """It must end well, without another word."""
        output, errors = self.process.communicate(timeout=PATIENCE)
        self.test.assertEqual((self.process.returncode, output, errors), (0, b"", b""))

    def end(self):
        """Whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
