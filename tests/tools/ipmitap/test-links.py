#!/usr/bin/env python3
# test-links.py
# ipmitap's links: ends that come, go and come back.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Which end connects to which, when it is retried, what is kept."""

import os
import re
import resource
import signal
import socket
import stat
import time
import unittest

import taplab
from taplab import REQUEST, RESPONSE, VERSION, receive, receive_all


class Links(unittest.TestCase):
    """A tap between sockets of the test."""

    def setUp(self):
        self.lab = self.enterContext(taplab.Lab())

    def unix(self, name):
        """An end as the tap wants it."""
        return f"unix:{self.lab.path(name)}"

    def passes(self, host, bmc):
        """Both ways."""
        host.sendall(REQUEST)
        self.assertEqual(receive(bmc, len(REQUEST)), REQUEST)
        bmc.sendall(RESPONSE)
        self.assertEqual(receive(host, len(RESPONSE)), RESPONSE)

    def write(self):
        """Arguments that every tap needs."""
        return "-w", self.lab.path("tap.pcapng")

    def tap_of(self, *arguments, **options):
        """A tap and a capture."""
        return self.lab.tap(*arguments, *self.write(), **options)


class Reconnects(Links):
    """One connection after another."""

    def test_a_thousand(self):
        """Nothing is left of those that ended, whichever end ends them."""
        tap, far = self.lab.link()
        fds = f"/proc/{tap.process.pid}/fd"
        for number in range(1000):
            near, bmc = self.lab.ends(far)
            self.passes(near, bmc)
            (near if number % 2 else bmc).close()
            self.assertEqual(receive_all(bmc if number % 2 else near), b"")
            near.close()
            bmc.close()
            if number == 100:
                memory, open_files = tap.memory(), len(os.listdir(fds))
        taplab.eventually("sockets are closed", lambda: len(os.listdir(fds)) <= open_files)
        self.assertLess(tap.memory() - memory, 512)
        tap.end()
        capture = self.lab.read()
        self.assertEqual(len(taplab.connections(capture)), 1000)
        self.assertEqual(taplab.frames(capture)[-1], "disconnected")

    def test_second_one_waits(self):
        """Until the link is free."""
        tap, far = self.lab.link()
        first, bmc = self.lab.ends(far)
        second = self.lab.connect("near.sock")
        second.sendall(REQUEST)
        self.passes(first, bmc)
        first.close()
        self.assertEqual(receive_all(bmc), b"")
        bmc.close()
        bmc = self.lab.accept(far)
        self.assertEqual(receive(bmc, len(REQUEST)), REQUEST)
        bmc.sendall(RESPONSE)
        self.assertEqual(receive(second, len(RESPONSE)), RESPONSE)
        tap.end()

    def test_far_end_goes(self):
        """So does the near one, after what was sent."""
        tap, far = self.lab.link()
        near, bmc = self.lab.ends(far)
        bmc.sendall(RESPONSE)
        bmc.close()
        self.assertEqual(receive_all(near), RESPONSE)
        near.close()
        self.passes(*self.lab.ends(far))
        tap.end()

    def test_everything_at_once(self):
        """What a near end sent that is gone before the far one is connected."""
        tap, far = self.lab.link()
        for _ in range(50):
            near = self.lab.connect("near.sock")
            near.sendall(REQUEST)
            near.close()
            self.assertEqual(receive_all(self.lab.accept(far)), REQUEST)
        tap.end()


class Retries(Links):
    """The far end is not there."""

    def late(self, *arguments):
        """A tap whose far end is not there yet, and a near end that waits."""
        listener = self.lab.listen("near.sock")
        tap = self.tap_of("-l", f"fd:{listener.fileno()}", "-c", self.unix("far.sock"),
                          *arguments, pass_fds=[listener.fileno()])
        listener.close()
        near = self.lab.connect("near.sock")
        near.sendall(VERSION)
        taplab.eventually("it says that nobody is there",
                          lambda: "cannot connect" in tap.said())
        return tap, near

    def test_comes_late(self):
        """Then it gets what was sent."""
        tap, near = self.late()
        bmc = self.lab.accept(self.lab.listen("far.sock"))
        self.assertEqual(receive(bmc, len(VERSION)), VERSION)
        self.passes(near, bmc)
        tap.end(said=None)
        first, second = tap.said().splitlines()
        far = re.escape(self.unix("far.sock"))
        self.assertRegex(first, rf"^ipmitap: link: cannot connect to {far}: .*; trying again$")
        self.assertRegex(second, rf"^ipmitap: link: {far} is connected$")

    def test_complains_once(self):
        """However often it tries."""
        tap, _near = self.late()
        other = self.lab.keep(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        other.bind(self.lab.path("far.sock"))
        tap.status_with("rotocol")
        self.assertEqual(tap.said().count("trying again"), 1)
        tap.end(said=None)

    def test_near_end_does_not_wait(self):
        """Then the far end is not for it but for the next one."""
        tap, near = self.late()
        near.close()
        tap.status_with("waits for a connection")
        near = self.lab.connect("near.sock")
        near.sendall(REQUEST)
        bmc = self.lab.accept(self.lab.listen("far.sock"))
        self.assertEqual(receive(bmc, len(REQUEST)), REQUEST)

    def test_near_end_does_not_wait_for_an_answer(self):
        """The far end neither accepts nor refuses."""
        far = self.lab.keep(socket.create_server(("127.0.0.1", 0), backlog=0))
        fillers = []
        for _ in range(2):
            fillers.append(self.lab.keep(socket.socket()))
            fillers[-1].setblocking(False)
            fillers[-1].connect_ex(far.getsockname())
        near = self.lab.listen("near.sock")
        self.tap_of("-l", f"fd:{near.fileno()}", "-c", f"tcp::{far.getsockname()[1]}",
                    pass_fds=[near.fileno()])
        near.close()
        first = self.lab.connect("near.sock")
        first.sendall(VERSION)
        second = self.lab.connect("near.sock")
        second.sendall(REQUEST)
        first.shutdown(socket.SHUT_WR)
        self.assertEqual(receive_all(first), b"")
        for filler in fillers:
            filler.close()
        # The first attempt may have been answered in the moment it was given up.
        said = b""
        while not said:
            said = receive(self.lab.accept(far), len(REQUEST))
        self.assertEqual(said, REQUEST)

    def test_too_many_files(self):
        """Whoever connects waits until there are fewer."""
        tap, far = self.lab.link()
        # Once this was there and has gone, all is open that the tap has for itself.
        near, bmc = self.lab.ends(far)
        near.close()
        self.assertEqual(receive_all(bmc), b"")
        tap.status_with("waits for a connection")
        limits = resource.prlimit(tap.process.pid, resource.RLIMIT_NOFILE)
        files = [int(name) for name in os.listdir(f"/proc/{tap.process.pid}/fd")]
        free = min(set(range(len(files) + 1)) - set(files))
        resource.prlimit(tap.process.pid, resource.RLIMIT_NOFILE, (free, limits[1]))
        near = self.lab.connect("near.sock")
        taplab.eventually("it says so", lambda: "cannot accept at" in tap.said())
        resource.prlimit(tap.process.pid, resource.RLIMIT_NOFILE, limits)
        self.passes(near, self.lab.accept(far))
        tap.end(said=None)

    def test_ends_while_it_retries(self):
        """The near end is let go."""
        tap, near = self.late()
        tap.end(said=None)
        self.assertEqual(receive_all(near), b"")

    def keep(self):
        """A link that keeps its near end, and its far end's listener."""
        tap, far = self.lab.link("--keep")
        near, bmc = self.lab.ends(far)
        self.passes(near, bmc)
        return tap, far, near, bmc

    def far_end_goes(self, tap, far, bmc):
        """And nobody listens there any more."""
        os.unlink(self.lab.path("far.sock"))
        far.close()
        bmc.close()
        taplab.eventually("it is missed", lambda: "cannot connect" in tap.said())

    def test_keep(self):
        """The near end notices nothing of a far end that is started again."""
        tap, far, near, bmc = self.keep()
        for _ in range(3):
            bmc.close()
            bmc = self.lab.accept(far)
            self.passes(near, bmc)
        self.assertEqual(taplab.receive_now(near), b"")
        near.close()
        self.assertEqual(receive_all(bmc), b"")
        tap.end()
        capture = self.lab.read()
        self.assertEqual(len(taplab.connections(capture)), 4)

    def test_keep_what_waits(self):
        """What is sent while nobody is there arrives later."""
        tap, far, near, bmc = self.keep()
        self.far_end_goes(tap, far, bmc)
        near.sendall(REQUEST)
        bmc = self.lab.accept(self.lab.listen("far.sock"))
        self.assertEqual(receive(bmc, len(REQUEST)), REQUEST)
        bmc.sendall(RESPONSE)
        self.assertEqual(receive(near, len(RESPONSE)), RESPONSE)
        tap.end(said=None)

    def not_taken(self, tap, near, bmc):
        """A request that the tap has read for an end that reads no more."""
        bmc.shutdown(socket.SHUT_RD)
        near.sendall(REQUEST)
        tap.status_with("2 requests")

    def test_keep_what_was_not_taken(self):
        """What the tap had read for the end that went is for the next one, and
        comes before what is sent later."""
        tap, far, near, bmc = self.keep()
        self.not_taken(tap, near, bmc)
        near.sendall(VERSION)
        self.assertLess(tap.busy(), 0.1)
        bmc.close()
        bmc = self.lab.accept(far)
        self.assertEqual(receive(bmc, len(REQUEST + VERSION)), REQUEST + VERSION)
        bmc.sendall(RESPONSE)
        self.assertEqual(receive(near, len(RESPONSE)), RESPONSE)
        tap.end(said=None)

    def another_near_end(self, tap, near):
        """The near end goes while the far one is away; both come again."""
        near.close()
        tap.status_with("waits for a connection")
        near = self.lab.connect("near.sock")
        near.sendall(VERSION)
        bmc = self.lab.accept(self.lab.listen("far.sock"))
        self.assertEqual(receive(bmc, len(VERSION)), VERSION)
        return near, bmc

    def test_keep_what_was_not_taken_of_one_who_is_gone(self):
        """It is not mixed into what another one sends."""
        tap, far, near, bmc = self.keep()
        self.not_taken(tap, near, bmc)
        self.far_end_goes(tap, far, bmc)
        self.passes(*self.another_near_end(tap, near))
        tap.end(said=None)

    def test_far_end_that_goes_at_once(self):
        """Is not connected to more and more often."""
        tap, far, _near, bmc = self.keep()
        began = time.monotonic()
        for _ in range(5):
            bmc.close()
            bmc = self.lab.accept(far)
        # After 50 ms, 100 ms, 200 ms and so on, if the connections before were short.
        self.assertGreater(time.monotonic() - began, 0.5)
        tap.end()

    def test_keep_near_end_goes(self):
        """It is not kept."""
        tap, far, near, bmc = self.keep()
        near.close()
        self.assertEqual(receive_all(bmc), b"")
        self.passes(*self.lab.ends(far))
        tap.end()

    def test_keep_near_end_goes_while_it_waits(self):
        """The far end is not connected to for nothing."""
        tap, far, near, bmc = self.keep()
        self.far_end_goes(tap, far, bmc)
        self.another_near_end(tap, near)


class Places(Links):
    """Where ends are."""

    def test_both_listen(self):
        """The tap connects to both, again and again."""
        host = self.lab.listen("host.sock")
        far = self.lab.listen("far.sock")
        tap = self.tap_of("-c", self.unix("host.sock"), "-c", self.unix("far.sock"))
        for _ in range(3):
            near, bmc = self.lab.accept(host), self.lab.accept(far)
            self.passes(near, bmc)
            near.close()
            self.assertEqual(receive_all(bmc), b"")
            bmc.close()
        tap.end()

    def test_both_connect(self):
        """In either order."""
        tap = self.tap_of("-l", self.unix("host.sock"), "-l", self.unix("far.sock"))
        for order in ("host.sock", "far.sock"), ("far.sock", "host.sock"):
            ends = {name: self.lab.connect(name) for name in order}
            near, bmc = ends["host.sock"], ends["far.sock"]
            self.passes(near, bmc)
            bmc.close()
            self.assertEqual(receive_all(near), b"")
            near.close()
        tap.end()

    def test_the_other_way_round(self):
        """It connects to the first end and listens for the second, or both
        listen."""
        host = self.lab.listen("host.sock")
        tap = self.tap_of(
            "-L", f"a=connect:{self.unix('host.sock')},listen:{self.unix('far.sock')}",
            "-L", f"b=listen:{self.unix('b1')},listen:{self.unix('b2')}")
        bmc = self.lab.connect("far.sock")
        self.passes(self.lab.accept(host), bmc)
        self.assertIn(f"a: {self.unix('far.sock')} is connected, {self.unix('host.sock')} is",
                      tap.status())
        self.passes(self.lab.connect("b1"), self.lab.connect("b2"))
        tap.end(said=None)

    def test_sockets_given(self):
        """Connected ones: the tap ends with the link."""
        near, its_near = socket.socketpair()
        bmc, its_far = socket.socketpair()
        tap = self.tap_of("-c", f"fd:{its_near.fileno()}", "-c", f"fd:{its_far.fileno()}",
                          pass_fds=[its_near.fileno(), its_far.fileno()])
        its_near.close()
        its_far.close()
        near, bmc = self.lab.keep(near), self.lab.keep(bmc)
        self.passes(near, bmc)
        near.close()
        self.assertEqual(receive_all(bmc), b"")
        bmc.close()
        self.assertEqual(tap.wait(), 0)
        self.assertEqual(tap.said(), "")
        self.lab.read()

    def test_mode_and_removal(self):
        """A Unix socket is its owner's, and goes with the tap; one that was left
        behind is replaced."""
        path = self.lab.path("near.sock")
        self.lab.listen("near.sock").close()
        tap = self.tap_of("-l", self.unix("near.sock"), "-c", self.unix("far.sock"))
        self.lab.connect("near.sock")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        tap.end(said=None)
        self.assertFalse(os.path.exists(path))

    def test_names_are_bytes(self):
        """Whatever letters the locale knows."""
        for name in b"n\xc3\xa4h.sock", b"n\xe4h.sock":
            near = os.fsencode(self.lab.path("")) + name
            tap = self.tap_of(b"-l", b"unix:" + near, "-L", b"b=unix:" + near + b"2,tcp::1",
                              "-c", self.unix("far.sock"), env=os.environ | {"LC_ALL": "C"})
            self.lab.connect(name.decode(errors="surrogateescape"))
            tap.end(said=None)

    def tcp(self, *arguments):
        """A tap that listens on TCP and the address of its choice."""
        far = self.lab.keep(socket.create_server(("127.0.0.1", 0)))
        tap = self.tap_of(*arguments, "-c", f"tcp:localhost:{far.getsockname()[1]}")
        taplab.eventually("it says where it listens", lambda: "listens on" in tap.said())
        host, port = re.search(r"listens on tcp:(\S+):(\d+)", tap.said()).groups()
        return tap, host, int(port), far

    def test_tcp(self):
        """On this machine alone."""
        tap, host, port, far = self.tcp("-l", "tcp::0")
        self.assertEqual(host, "127.0.0.1")
        near = self.lab.keep(socket.create_connection((host, port)))
        bmc = self.lab.accept(far)
        self.passes(near, bmc)
        near.shutdown(socket.SHUT_WR)
        self.assertEqual(receive_all(bmc), b"")
        bmc.sendall(RESPONSE)
        self.assertEqual(receive(near, len(RESPONSE)), RESPONSE)
        bmc.close()
        self.assertEqual(receive_all(near), b"")
        self.assertNotIn("other machines", tap.said())
        tap.end(said=None)

    def test_tcp_reset(self):
        """A connection that is reset ends."""
        tap, host, port, far = self.tcp("-l", "tcp::0")
        near = self.lab.keep(socket.create_connection((host, port)))
        bmc = self.lab.accept(far)
        self.passes(near, bmc)
        near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        near.close()
        self.assertEqual(receive_all(bmc), b"")
        tap.end(said=None)
        self.assertEqual(taplab.frames(self.lab.read())[-1], "disconnected")

    def test_exposed(self):
        """Who lets other machines in is told so."""
        tap, _host, _port, _far = self.tcp("-l", "tcp:0.0.0.0:0")
        self.assertIn("link: other machines can reach tcp:0.0.0.0:0", tap.said())

    def test_many(self):
        """Links at once, in one capture."""
        count = 100
        links, hosts, bmcs = [], [], []
        for number in range(count):
            links += ["--link", f"vm{number}={self.unix(f'n{number}')},{self.unix(f'f{number}')}"]
        listeners = [self.lab.listen(f"f{number}") for number in range(count)]
        few = 64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        tap = self.tap_of(*links, limits=[(resource.RLIMIT_NOFILE, few)])
        for number in range(count):
            hosts.append(self.lab.connect(f"n{number}"))
            bmcs.append(self.lab.accept(listeners[number]))
        requests = [taplab.message(number % 0x30, 0x18, 1) for number in range(count)]
        for host, request in zip(hosts, requests):
            host.sendall(request)
        for bmc, request in zip(bmcs, requests):
            self.assertEqual(receive(bmc, len(request)), request)
        self.assertLess(tap.memory(), 16 * 1024)
        tap.end()
        capture = self.lab.read()
        self.assertEqual([point.name for point in capture.points],
                         [f"vm{number}" for number in range(count)])
        for number, request in enumerate(requests):
            self.assertEqual(taplab.frames(capture, f"vm{number}"),
                             ["connected", (taplab.reader.TO_BMC, request), "disconnected"])


class Signals(Links):
    """What ends it."""

    def hang_up_is(self, disposition):
        """For the taps from now on, whatever started this test with."""
        before = signal.signal(signal.SIGHUP, disposition)
        self.addCleanup(signal.signal, signal.SIGHUP, before)

    def test_signals(self):
        """In good order."""
        self.hang_up_is(signal.SIG_DFL)
        for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
            with self.subTest(number), taplab.Lab() as self.lab:
                tap, far = self.lab.link()
                near, bmc = self.lab.ends(far)
                self.passes(near, bmc)
                tap.process.send_signal(number)
                self.assertEqual(tap.wait(), 0)
                self.assertEqual(tap.said(), "")
                self.assertEqual(taplab.frames(self.lab.read()),
                                 ["connected", (taplab.reader.TO_BMC, REQUEST),
                                  (taplab.reader.TO_HOST, RESPONSE), "disconnected"])

    def test_no_hang_up(self):
        """Whoever starts it so that it outlives the terminal is obeyed."""
        self.hang_up_is(signal.SIG_IGN)
        tap, far = self.lab.link()
        self.passes(*self.lab.ends(far))
        tap.process.send_signal(signal.SIGHUP)
        tap.status()    # which it may say in its end
        tap.status_with("1 of 1 link up")
        tap.end(said=None)


if __name__ == "__main__":
    unittest.main(verbosity=2)
