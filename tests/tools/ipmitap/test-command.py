#!/usr/bin/env python3
# test-command.py
# ipmitap's command line, and what it tells of itself.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""What it refuses and with which words, its status line, and SIGUSR1."""

import os
import pty
import re
import socket
import subprocess
import unittest

import taplab
from taplab import CAPABILITIES, REQUEST, RESPONSE, VERSION, receive


class Command(unittest.TestCase):
    """What it is told."""

    def setUp(self):
        self.lab = self.enterContext(taplab.Lab())
        self.capture = ["-w", self.lab.path("tap.pcapng")]
        self.ends = ["-l", f"unix:{self.lab.path('near')}", "-c", f"unix:{self.lab.path('far')}"]

    def refuses(self, status, words, *arguments, **options):
        """It ends at once."""
        result = subprocess.run([taplab.IPMITAP, *arguments], stdin=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True, check=False,
                                timeout=taplab.PATIENCE,
                                **({"stdout": subprocess.PIPE} | options))
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertIn(words, result.stderr)
        self.assertRegex(result.stderr, "^ipmitap: ")
        self.assertFalse(result.stdout)
        self.assertEqual(os.listdir(self.lab.folder), [])

    def test_links(self):
        """Two ends each, names that differ."""
        end = f"unix:{self.lab.path('a')}"
        self.refuses(2, "say where the link is", *self.capture)
        self.refuses(2, "a link has two ends", "-l", end, *self.capture)
        self.refuses(2, "a link has two ends", "-l", end, *self.ends, *self.capture)
        self.refuses(2, "'nothing' is no", "-l", "nothing", *self.capture)
        for link in "", "web1", "web1=", f"={end},{end}", f"web1={end}", f"web1={end},else":
            self.refuses(2, "is not a link: write NAME=LISTEN,CONNECT", "-L", link,
                         *self.capture)
        self.refuses(2, "nothing", "-L", f"web1={end},connect:nothing", *self.capture)
        for same in ["-l", end, "-c", end], ["-L", f"web1={end},{end}"]:
            self.refuses(2, f"are {end}: the tap needs an address of its own", *same,
                         *self.capture)
        self.refuses(2, "two links named 'web1'", "-L", f"web1={end},{end}b",
                     "-L", f"web1={end}c,{end}d", *self.capture)
        self.refuses(2, "two links named 'link'", "-L", f"link={end},{end}b", *self.ends,
                     *self.capture)

    def test_captures(self):
        """Where to write."""
        self.refuses(2, "say where to write", *self.ends)
        self.refuses(2, "cannot be written twice", *self.ends, *self.capture, *self.capture)
        self.refuses(2, "--files says how many", *self.ends, *self.capture, "--files", "3")
        self.refuses(2, "--files says how many", *self.ends, *self.capture, "--files", "-1",
                     "--file-size", "1MB")
        self.refuses(2, "is not a size", *self.ends, *self.capture, "--file-size", "large")
        self.refuses(2, "is not a time", *self.ends, *self.capture, "--file-time", "1")
        self.refuses(2, "--file-size of 0", *self.ends, *self.capture, "--file-size", "0")
        self.refuses(2, "--file-time of 0", *self.ends, *self.capture, "--file-time", "0s")
        self.refuses(2, "only files are divided", *self.ends, "-w", "-", "--file-size", "1MB")
        self.refuses(2, "'else' is not expected", *self.ends, *self.capture, "else")
        primary, secondary = pty.openpty()
        self.refuses(2, "the standard output is a terminal", *self.ends, "-w", "-", stdout=secondary)
        os.close(primary)
        os.close(secondary)

    def test_environment(self):
        """Nothing is left behind."""
        self.refuses(3, "/nowhere/tap.pcapng", *self.ends, "-w",
                     self.lab.path("nowhere/tap.pcapng"))
        null = ["-w", "/dev/null"]
        self.refuses(3, "/nowhere/near", "-l", f"unix:{self.lab.path('nowhere/near')}",
                     *self.ends[2:], *null)
        self.refuses(3, "fd:77", "-l", "fd:77", *self.ends[2:], *null)
        self.refuses(3, "fd:77", *self.ends[:2], "-c", "fd:77", *null)
        ours, its = socket.socketpair()
        self.refuses(3, "fd:77", "-c", f"fd:{its.fileno()}", "-c", "fd:77", *null,
                     pass_fds=[its.fileno()])
        ours.close()
        its.close()
        self.refuses(3, "/nowhere/near", "-L", f"a=unix:{self.lab.path('a')},tcp::1",
                     "-L", f"b=unix:{self.lab.path('nowhere/near')},tcp::1", *null)


class Status(unittest.TestCase):
    """What it says of itself."""

    def setUp(self):
        self.lab = self.enterContext(taplab.Lab())

    def test_signal(self):
        """Links that are up and are not, and what went by."""
        far = self.lab.listen("far")
        links = [f"{name}=unix:{self.lab.path(near)},unix:{self.lab.path(end)}"
                 for name, near, end in (("web,1", "near,1", "far"), ("web2", "near2", "far2"))]
        tap = self.lab.tap("-L", links[0], "-L", links[1], "-w", self.lab.path("tap.pcapng"))
        host = self.lab.connect("near,1")
        bmc = self.lab.accept(far)
        for frame in (VERSION, CAPABILITIES, REQUEST, REQUEST, REQUEST[:3] + b"\x55\xa0",
                      b"\xee\xa1"):
            host.sendall(frame)
            self.assertEqual(receive(bmc, len(frame)), frame)
        bmc.sendall(RESPONSE)
        self.assertEqual(receive(host, len(RESPONSE)), RESPONSE)
        path = re.escape(self.lab.folder)
        first, second, total = tap.status_with(", 1 responses").splitlines()
        self.assertRegex(first, rf"^ipmitap: web,1: unix:{path}/near,1 is connected, "
                                rf"unix:{path}/far is connected; the host is the near end; "
                                r"2 requests, 1 responses, 2 control commands, 2 bad frames, "
                                r"1 unanswered, 0 outstanding$")
        self.assertRegex(second, rf"^ipmitap: web2: unix:{path}/near2 waits for a connection, "
                                 rf"unix:{path}/far2 is not connected; the host is the near end "
                                 r"as far as is known; 0 requests")
        self.assertRegex(total, r"^ipmitap: 1 of 2 links up, 5 messages, \d+/s, 2 bad, "
                                r"1 unanswered, 0 lost$")
        tap.end(said=None)

    def test_line(self):
        """On a terminal, and out of the way of what else is said."""
        primary, secondary = pty.openpty()
        tap, far = self.lab.link(stderr=secondary)
        os.close(secondary)
        host, bmc = self.lab.ends(far)
        host.sendall(REQUEST)
        self.assertEqual(receive(bmc, len(REQUEST)), REQUEST)
        line = b"\r\x1b[K1 of 1 link up, 1 messages, "
        shown = b""
        while line not in shown:
            shown += os.read(primary, 1000)
        while b", 1 unanswered, " not in shown:
            shown += os.read(primary, 1000)
        os.unlink(self.lab.path("far.sock"))
        far.close()
        bmc.close()
        self.assertEqual(taplab.receive_all(host), b"")
        self.lab.connect("near.sock")
        while b"trying again" not in shown:
            shown += os.read(primary, 1000)
        self.assertRegex(shown, rb"\r\x1b\[Kipmitap: link: cannot connect to [^\n]*again")
        tap.process.terminate()
        self.assertEqual(tap.wait(), 0)
        while True:
            try:
                shown += os.read(primary, 1000)
            except OSError:     # as a terminal's stream ends
                break
        os.close(primary)
        self.assertTrue(shown.endswith(b"\r\x1b[K"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
