#!/usr/bin/env python3
# test-capture.py
# What ipmitap captures, and that a capture that cannot be written hurts nobody.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Directions, several captures at once, disks that are full and readers that do
not read."""

import contextlib
import os
import resource
import signal
import subprocess
import threading
import unittest

import taplab
from taplab import (CAPABILITIES, NO_ATTENTION, REQUEST, RESPONSE, VERSION, reader, receive,
                    receive_all)

TO_HOST, TO_BMC = reader.TO_HOST, reader.TO_BMC

# Requests: more than a pipe and the tap's queue hold, and what a queue holds.
MANY = 200000
SOME = 20000



class Capture(unittest.TestCase):
    """A tap with one link."""

    def setUp(self):
        self.lab = self.enterContext(taplab.Lab())

    def passes(self, sender, receiver, *frames):
        """In one direction, each before the next."""
        for frame in frames:
            sender.sendall(frame)
            self.assertEqual(receive(receiver, len(frame)), frame)

    def exchange(self, host, bmc):
        """A request and its response."""
        self.passes(host, bmc, REQUEST)
        self.passes(bmc, host, RESPONSE)

    def burst(self, host, bmc, count):
        """Requests as fast as they go."""
        sender = threading.Thread(target=lambda: host.sendall(REQUEST * count))
        sender.start()
        self.assertTrue(receive(bmc, count * len(REQUEST)) == REQUEST * count)
        sender.join()

    def many(self, host, bmc):
        """So many requests that nobody keeps them, but not faster than the file
        is written."""
        for sent in range(SOME, MANY + 1, SOME):
            self.burst(host, bmc, SOME)
            taplab.eventually("the file is written", lambda sent=sent: self.is_written(sent))

    def is_written(self, requests):
        """Whether the file has so many."""
        with open(self.lab.path("tap.pcapng"), "rb") as file:
            return file.read().count(REQUEST) >= requests


class Directions(Capture):
    """Which end is the host."""

    def setUp(self):
        super().setUp()
        self.tap, self.far = self.lab.link()

    def captured(self):
        """All frames."""
        self.tap.end()
        capture = self.lab.read()
        point, = capture.points
        self.assertEqual(point.name, "link")
        self.assertRegex(point.description,
                         "^tap: messages, fd:[0-9]+ to unix:.*/far.sock$")
        return taplab.frames(capture)

    def test_host_connects(self):
        """As it mostly does."""
        host, bmc = self.lab.ends(self.far)
        self.passes(bmc, host, VERSION)
        self.passes(host, bmc, VERSION, CAPABILITIES)
        self.passes(bmc, host, NO_ATTENTION)
        self.exchange(host, bmc)
        self.assertEqual(self.captured(),
                         ["connected", (TO_HOST, VERSION), (TO_BMC, VERSION),
                          (TO_BMC, CAPABILITIES), (TO_HOST, NO_ATTENTION), (TO_BMC, REQUEST),
                          (TO_HOST, RESPONSE), "disconnected"])

    def test_host_listens(self):
        """Frames before the first that tells are not the wrong way round."""
        bmc, host = self.lab.ends(self.far)
        self.passes(host, bmc, VERSION)
        self.passes(bmc, host, VERSION, b"\xa0", b"nonsense\xa1", NO_ATTENTION)
        self.exchange(host, bmc)
        self.tap.status_with("the host is the far end;")
        self.tap.end(said=None)
        capture = self.lab.read()
        self.assertEqual(taplab.frames(capture),
                         ["connected", (TO_BMC, VERSION), (TO_HOST, VERSION),
                          (TO_HOST, b"\xa0"), (TO_HOST, b"nonsense\xa1"),
                          (TO_HOST, NO_ATTENTION), (TO_BMC, REQUEST), (TO_HOST, RESPONSE),
                          "disconnected"])
        self.assertEqual(capture.remarks, [])       # nor in another order

    def test_later_connections(self):
        """What was learnt holds, until it shows that it does not."""
        for host_is_near in False, True:
            near, far = self.lab.ends(self.far)
            host, bmc = (near, far) if host_is_near else (far, near)
            self.exchange(host, bmc)
            near.close()
            self.assertEqual(receive_all(far), b"")
            far.close()
            # This one never tells.
            near, far = self.lab.ends(self.far)
            host, bmc = (near, far) if host_is_near else (far, near)
            self.passes(host, bmc, VERSION)
            near.close()
            self.assertEqual(receive_all(far), b"")
            far.close()
        told = [(TO_BMC, REQUEST), (TO_HOST, RESPONSE)]
        self.assertEqual(self.captured(),
                         ["connected", *told, "disconnected",
                          "connected", (TO_BMC, VERSION), "disconnected"] * 2)

    def test_nothing_tells_in_time(self):
        """The end that connects passes for the host."""
        host, bmc = self.lab.ends(self.far)
        self.passes(bmc, host, VERSION)
        taplab.eventually("the frame is captured", self.is_captured)
        self.assertIn("the host is the near end as far as is known;", self.tap.status())
        self.tap.end(said=None)
        self.assertEqual(taplab.frames(self.lab.read()),
                         ["connected", (TO_HOST, VERSION), "disconnected"])

    def is_captured(self):
        """Whether the frame is in the file."""
        with open(self.lab.path("tap.pcapng"), "rb") as file:
            return VERSION in file.read()

    def test_nothing_tells_for_many_frames(self):
        """They are not held back for ever, nor any lost."""
        host, bmc = self.lab.ends(self.far)
        for _ in range(100):
            self.passes(bmc, host, VERSION)
            self.passes(host, bmc, bytes(500) + b"\xa0")
        self.assertEqual(self.captured(),
                         ["connected",
                          *[(TO_HOST, VERSION), (TO_BMC, bytes(500) + b"\xa0")] * 100,
                          "disconnected"])

    def test_rest_of_a_frame(self):
        """Without a terminator at the end of a connection."""
        host, bmc = self.lab.ends(self.far)
        self.passes(host, bmc, REQUEST, b"\xff")
        self.passes(bmc, host, b"\x00\x1c")
        host.close()
        self.assertEqual(receive_all(bmc), b"")
        frames = self.captured()
        self.assertEqual(frames[:2], ["connected", (TO_BMC, REQUEST)])
        self.assertEqual(set(frames[2:4]), {(TO_BMC, b"\xff"), (TO_HOST, b"\x00\x1c")})
        self.assertEqual(frames[4:], ["disconnected"])


class Several(Capture):
    """Captures at once."""

    def fifo(self):
        """One in the folder."""
        os.mkfifo(self.lab.path("fifo"))
        return self.lab.path("fifo")

    def check_whole(self, capture, count=SOME + 4):
        """It has all frames and connection records, and says so."""
        frames = taplab.frames(capture)
        self.assertEqual(len(frames), count)
        self.assertEqual(capture.points[0].statistics, (len(frames), 0))

    def test_file_and_pipe(self):
        """Both have all of it."""
        tap, far = self.lab.link("-w", "-", stdout=subprocess.PIPE)
        contents = bytearray()

        def read():
            while more := os.read(tap.process.stdout.fileno(), 65536):
                contents.extend(more)
        reading = threading.Thread(target=read)
        reading.start()
        host, bmc = self.lab.ends(far)
        self.exchange(host, bmc)
        self.burst(host, bmc, SOME)
        # In the end, a reader is waited for, but not for ever.
        taplab.eventually("all is read", lambda: contents.count(REQUEST) > SOME)
        tap.end()
        reading.join()
        self.check_whole(self.lab.read())
        self.check_whole(taplab.check_capture(bytes(contents)))

    def test_two_readers_of_which_one_does_not_read(self):
        """The file is whole; what the other loses, it is told."""
        tap, far = self.lab.link("-w", "-", stdout=subprocess.PIPE)
        host, bmc = self.lab.ends(far)
        self.exchange(host, bmc)
        self.many(host, bmc)
        tap.process.send_signal(signal.SIGTERM)
        self.assertEqual(tap.wait(), 3)
        self.assertRegex(tap.said(), "^ipmitap: the standard output: .* lost: ")
        self.check_whole(self.lab.read(), MANY + 4)
        late = taplab.check_capture(tap.process.stdout.read(), complete=False)
        self.assertLess(len(late.packets), MANY)

    def test_reader_goes(self):
        """So do the link and the file."""
        tap, far = self.lab.link("-w", "-", stdout=subprocess.PIPE)
        tap.process.stdout.close()
        host, bmc = self.lab.ends(far)
        self.exchange(host, bmc)
        self.burst(host, bmc, SOME)
        tap.process.send_signal(signal.SIGTERM)
        tap.wait()
        self.check_whole(self.lab.read())

    def test_fifo_without_a_reader(self):
        """It is there for one, and the file does not mind."""
        tap, far = self.lab.link("-w", self.fifo())
        host, bmc = self.lab.ends(far)
        self.exchange(host, bmc)
        self.burst(host, bmc, SOME)
        with open(self.lab.path("fifo"), "rb") as fifo:
            self.assertEqual(fifo.read(4), b"\x0a\x0d\x0d\x0a")
            self.exchange(host, bmc)
        self.exchange(host, bmc)
        tap.process.send_signal(signal.SIGTERM)
        tap.wait()
        self.check_whole(self.lab.read(), SOME + 8)

    def test_fifo_with_one_reader_after_another(self):
        """Each has a capture of its own."""
        tap, far = self.lab.link("-w", self.fifo())
        host, bmc = self.lab.ends(far)
        for _ in range(2):
            with open(self.lab.path("fifo"), "rb") as fifo:
                self.exchange(host, bmc)
                contents, frames = b"", []
                while (TO_HOST, RESPONSE) not in frames:
                    contents += os.read(fifo.fileno(), 65536)
                    if RESPONSE in contents:
                        frames = taplab.frames(taplab.check_capture(contents, complete=False))
                self.assertEqual(frames[-2:], [(TO_BMC, REQUEST), (TO_HOST, RESPONSE)])
            taplab.eventually("it has noticed", lambda: self.reader_is_missed(tap))
        tap.process.send_signal(signal.SIGTERM)
        tap.wait()

    def reader_is_missed(self, tap):
        """Whether the tap has closed the FIFO."""
        folder = f"/proc/{tap.process.pid}/fd"
        for name in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError):    # closed meanwhile
                if os.readlink(os.path.join(folder, name)) == self.lab.path("fifo"):
                    return False
        return True


class Trouble(Capture):
    """The file."""

    def test_kill(self):
        """It is good to the last packet that was written."""
        tap, far = self.lab.link()
        host, bmc = self.lab.ends(far)
        self.exchange(host, bmc)
        self.burst(host, bmc, MANY)
        taplab.eventually("much is written", lambda: self.is_written(SOME))
        tap.process.kill()
        tap.wait()
        capture = self.lab.read(complete=False)
        self.assertEqual(taplab.frames(capture)[:3],
                         ["connected", (TO_BMC, REQUEST), (TO_HOST, RESPONSE)])
        self.assertGreater(len(capture.packets), 1000)

    def test_started_twice(self):
        """The second one leaves the file to the first."""
        arguments = ["-l", f"unix:{self.lab.path('near.sock')}",
                     "-c", f"unix:{self.lab.path('far.sock')}", "-w", self.lab.path("tap.pcapng")]
        far = self.lab.listen("far.sock")
        tap = self.lab.tap(*arguments)
        host, bmc = self.lab.ends(far)
        self.exchange(host, bmc)
        second = subprocess.run([taplab.IPMITAP, *arguments], stderr=subprocess.PIPE, text=True,
                                timeout=taplab.PATIENCE, check=False)
        self.assertEqual(second.returncode, 3)
        self.assertIn("somebody else does", second.stderr)
        self.exchange(host, bmc)
        tap.end()
        self.assertEqual(len(taplab.frames(self.lab.read())), 6)

    def test_full(self):
        """A limit to the file's size stands for the disk's."""
        limit = 1 << 20
        tap, far = self.lab.link(limits=[(resource.RLIMIT_FSIZE, (limit, limit))])
        host, bmc = self.lab.ends(far)
        self.exchange(host, bmc)
        self.burst(host, bmc, SOME)
        taplab.eventually("it says so", lambda: "the links go on" in tap.said())
        self.exchange(host, bmc)
        self.assertEqual(taplab.receive_now(host), b"")
        tap.process.send_signal(signal.SIGTERM)
        self.assertEqual(tap.wait(), 3)
        self.assertRegex(tap.said(), r"^ipmitap: .*/tap\.pcapng: .*; the links go on without it\n"
                                     r"ipmitap: .*/tap\.pcapng: .*lost")
        capture = self.lab.read(complete=False)
        self.assertFalse(capture.cut_off)
        self.assertGreater(len(capture.packets), 1000)

    def test_full_for_a_while(self):
        """What was queued meanwhile is written when there is room."""
        limit = 1 << 20
        tap, far = self.lab.link(limits=[(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))])
        host, bmc = self.lab.ends(far)
        self.exchange(host, bmc)
        self.burst(host, bmc, SOME)
        taplab.eventually("it says so", lambda: "the links go on" in tap.said())
        resource.prlimit(tap.process.pid, resource.RLIMIT_FSIZE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        taplab.eventually("it says that it goes on",
                          lambda: "being written again, 0 packets were lost" in tap.said())
        tap.end(said=None)
        self.assertEqual(len(taplab.frames(self.lab.read())), SOME + 4)

    def test_ring(self):
        """The latest files, each of which is complete."""
        tap, far = self.lab.link("--file-size", "100kB", "--files", "3")
        host, bmc = self.lab.ends(far)
        for _ in range(10):
            self.exchange(host, bmc)
        self.burst(host, bmc, SOME)
        tap.end()
        names = sorted(name for name in os.listdir(self.lab.folder) if name.endswith(".pcapng"))
        self.assertEqual(len(names), 3)
        for name in names:
            capture = self.lab.read(name)
            self.assertTrue(capture.packets)
            self.assertLessEqual(os.path.getsize(self.lab.path(name)), 200000)
            self.assertEqual(capture.points[0].name, "link")
        self.assertEqual(taplab.frames(capture)[-1], "disconnected")


if __name__ == "__main__":
    unittest.main(verbosity=2)
