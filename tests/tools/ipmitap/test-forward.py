#!/usr/bin/env python3
# test-forward.py
# ipmitap passes on every byte, whatever the ends do.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Faults at every byte of a recorded exchange, ends that close a direction, that
read slowly and that never read."""

import random
import select
import socket
import threading
import unittest

import taplab
from taplab import REQUEST, RESPONSE, reader, receive, receive_all

# Requests, all of the same length.
MESSAGES = [taplab.message(number, 0x18, 1) for number in range(0x30)]

EXCHANGE = taplab.recorded_exchange()


class Faults(unittest.TestCase):
    """One connection for each byte of the exchange, at which something
    happens."""

    def setUp(self):
        self.lab = self.enterContext(taplab.Lab())
        self.tap, self.far = self.lab.link()
        self.sent = []

    def every_byte(self):
        """The two ends of a new connection over which the exchange went up to
        some byte: (the next one to send, what it has yet to send of its frame,
        its peer)."""
        for number, (direction, frame) in enumerate(EXCHANGE):
            for at in range(len(frame)):
                host, bmc = self.lab.ends(self.far)
                sides = {reader.TO_BMC: (host, bmc), reader.TO_HOST: (bmc, host)}
                self.sent.append({reader.TO_BMC: b"", reader.TO_HOST: b""})
                for towards, before in EXCHANGE[:number]:
                    self.send(sides[towards], towards, before)
                sender, receiver = sides[direction]
                self.send((sender, receiver), direction, frame[:at])
                yield sender, direction, frame[at:], receiver
                host.close()
                bmc.close()

    def send(self, ends, direction, part):
        """Sends some bytes, which have to arrive."""
        sender, receiver = ends
        sender.sendall(part)
        self.assertEqual(receive(receiver, len(part)), part)
        self.sent[-1][direction] += part

    def check(self):
        """The capture has every byte of every connection."""
        self.tap.end()
        captured = taplab.connections(self.lab.read())
        # Which end is the host is known from the first connection on; those that
        # end before it is have it by the end that listens.
        self.assertEqual(captured, self.sent)

    def test_split(self):
        """Bytes come in two parts."""
        for sender, direction, rest, receiver in self.every_byte():
            self.send((sender, receiver), direction, rest)
        self.check()

    def test_sender_closes(self):
        """What it had sent arrives, and then the end."""
        for sender, direction, rest, receiver in self.every_byte():
            part = rest[:-1]
            sender.sendall(part)
            self.sent[-1][direction] += part
            sender.close()
            self.assertEqual(receive_all(receiver), part)
        self.check()

    def test_receiver_closes(self):
        """The sender learns of it."""
        for sender, _direction, _rest, receiver in self.every_byte():
            receiver.close()
            self.assertEqual(receive_all(sender), b"")
        self.check()

    def test_half_open(self):
        """The other direction goes on."""
        for sender, direction, _rest, receiver in self.every_byte():
            sender.shutdown(socket.SHUT_WR)
            self.assertEqual(receive_all(receiver), b"")
            back = reader.TO_BMC + reader.TO_HOST - direction
            self.send((receiver, sender), back, b"goes on\xa0")
            receiver.close()
            self.assertEqual(receive_all(sender), b"")
        self.check()


class Ends(unittest.TestCase):
    """How fast the ends are."""

    def setUp(self):
        self.lab = self.enterContext(taplab.Lab())
        self.tap, self.far = self.lab.link()
        self.near, self.bmc = self.lab.ends(self.far)

    def test_bytes_of_any_value(self):
        """Both ways at once, no two parts of the same size."""
        chance = random.Random(1)
        parts = [chance.randbytes(chance.randrange(1, 20000)) for _ in range(200)]
        everything = b"".join(parts)
        # So that it is known which end is the host.
        self.near.sendall(REQUEST)
        self.assertEqual(receive(self.bmc, len(REQUEST)), REQUEST)

        def send(peer):
            for part in parts:
                peer.sendall(part)
        senders = [threading.Thread(target=send, args=(peer,))
                   for peer in (self.near, self.bmc)]
        received = {}

        def take(name, peer):
            received[name] = receive(peer, len(everything))
        receivers = [threading.Thread(target=take, args=item)
                     for item in (("near", self.near), ("bmc", self.bmc))]
        for thread in senders + receivers:
            thread.start()
        for thread in senders + receivers:
            thread.join()
        self.assertEqual(received["near"], everything)
        self.assertEqual(received["bmc"], everything)
        self.tap.end()
        near, bmc = (b"".join(frame[1] for frame in taplab.frames(self.lab.read())
                              if frame[0] == direction)
                     for direction in (reader.TO_BMC, reader.TO_HOST))
        self.assertTrue(near == REQUEST + everything and bmc == everything)

    def fill(self, peer):
        """Sends messages until no more fit; returns what fitted."""
        sent = bytearray()
        peer.setblocking(False)
        while True:
            frame = MESSAGES[len(sent) // len(REQUEST) % len(MESSAGES)]
            try:
                taken = peer.send(frame)
            except BlockingIOError:
                # The tap may be about to take more.
                if not select.select([], [peer], [], 0.5)[1]:
                    break
                continue
            sent += frame[:taken]
            self.assertLess(len(sent), 1 << 24, "nothing holds the sender back")
            if taken < len(frame):
                break
        peer.settimeout(taplab.PATIENCE)
        return bytes(sent)

    def test_slow_reader(self):
        """Its peer is held back, and nothing is lost; the other direction goes
        on meanwhile."""
        memory = self.tap.memory()
        sent = self.fill(self.near)
        self.assertLess(self.tap.memory() - memory, 2048)
        self.bmc.sendall(RESPONSE)
        self.assertEqual(receive(self.near, len(RESPONSE)), RESPONSE)
        self.near.shutdown(socket.SHUT_WR)
        self.assertEqual(receive_all(self.bmc), sent)
        self.near.close()
        self.tap.end()

    def test_reader_that_never_reads(self):
        """The other end can go, and the link has a new connection when it
        has."""
        self.fill(self.near)
        self.fill(self.bmc)
        self.bmc.close()
        receive_all(self.near)
        self.near.close()
        near, bmc = self.lab.ends(self.far)
        near.sendall(REQUEST)
        self.assertEqual(receive(bmc, len(REQUEST)), REQUEST)
        self.tap.end()

    def test_end_that_reads_no_more(self):
        """Its peer is told so, and may still be sent to."""
        def is_told():
            try:
                self.near.send(REQUEST)
            except BlockingIOError:
                pass
            except BrokenPipeError:
                return True
            return False
        self.bmc.shutdown(socket.SHUT_RD)
        self.near.setblocking(False)
        taplab.eventually("it is told", is_told)
        self.near.settimeout(taplab.PATIENCE)
        self.bmc.sendall(RESPONSE)
        self.assertEqual(receive(self.near, len(RESPONSE)), RESPONSE)
        self.bmc.close()
        self.assertEqual(receive_all(self.near), b"")

    def test_sender_that_is_gone_before_it_was_read(self):
        """All that it could send still arrives, and the tap sleeps until it
        can."""
        sent = self.fill(self.near)
        self.near.close()
        self.assertLess(self.tap.busy(), 0.1)
        self.assertEqual(receive_all(self.bmc), sent)
        self.tap.end()

    def test_frame_without_end(self):
        """Passes, and is cut in the capture, which says how long it was."""
        memory = self.tap.memory()
        length = 1 << 25
        sender = threading.Thread(target=self.near.sendall, args=(bytes(length),))
        sender.start()
        left = length
        while left:
            left -= len(self.bmc.recv(1 << 20))
        sender.join()
        self.assertLess(self.tap.memory() - memory, 2048)
        self.near.close()
        self.assertEqual(receive_all(self.bmc), b"")
        self.tap.end()
        frame, = (packet for packet in self.lab.read().packets
                  if isinstance(packet, reader.Frame))
        self.assertEqual(len(frame.content) + frame.missing, length)
        self.assertLess(len(frame.content), 10000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
