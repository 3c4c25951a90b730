#!/usr/bin/env python3
# test-live.py
# What comes little by little is printed as it comes.
#
# SPDX-License-Identifier: GPL-2.0-or-later

import os
import selectors
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from dumping import PATIENCE, Program, Test

import captures
import frames


class Pieces:
    """A capture that is written little by little."""

    def __init__(self, write):
        self.link = captures.Link()
        self.write = write
        self.written = 0

    def flush(self, but=0):
        """Writes what is new, but for the last bytes."""
        contents = self.link.contents()
        self.write(contents[self.written:len(contents) - but])
        self.written = len(contents) - but

    def play(self, program):
        """Each line comes at once, and only when its packet is whole."""
        self.flush()
        self.link.host(frames.req(1, 6, 1))
        self.flush()
        program.expect("Get Device ID")
        self.link.bmc(frames.rsp(1, 6, 1, frames.DEVICE_ID))
        self.flush(but=3)
        self.link.bmc(frames.control(frames.ATTN_IRQ))
        self.flush()
        program.expect("Get Device ID: 20 01", "ATTN_IRQ")


class Live(Test):
    """All that one can wait for."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_pipe(self):
        program = Program(self, "-", stdin=subprocess.PIPE, bufsize=0)
        Pieces(program.process.stdin.write).play(program)
        program.process.stdin.close()
        program.process.stdin = None
        program.finish()

    def test_fifo(self):
        """It may be there before whoever writes."""
        path = os.path.join(self.folder, "fifo")
        os.mkfifo(path)
        program = Program(self, path)
        with open(path, "wb", buffering=0) as fifo:
            Pieces(fifo.write).play(program)
        program.finish()

    def test_sockets(self):
        """As ipmi-pcap's chardev."""
        path = os.path.join(self.folder, "socket")
        tcp = socket.create_server(("127.0.0.1", 0))
        unix = socket.socket(socket.AF_UNIX)
        unix.bind(path)
        unix.listen()
        for listener, address in ((tcp, f"tcp:127.0.0.1:{tcp.getsockname()[1]}"),
                                  (unix, f"unix:{path}")):
            with self.subTest(address), listener:
                listener.settimeout(PATIENCE)
                program = Program(self, address)
                connection = listener.accept()[0]
                with connection:
                    Pieces(connection.sendall).play(program)
                program.finish()

    def test_descriptor(self):
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                program = Program(self, f"fd:{theirs.fileno()}", pass_fds=(theirs.fileno(),))
            Pieces(ours.sendall).play(program)
        program.finish()

    def test_signals(self):
        for number in signal.SIGINT, signal.SIGTERM:
            with self.subTest(number):
                program = Program(self, "-", stdin=subprocess.PIPE, bufsize=0)
                Pieces(program.process.stdin.write).play(program)
                program.process.send_signal(number)
                program.finish()

    def test_signal_while_converting(self):
        """The capture is complete."""
        path = os.path.join(self.folder, "fifo")
        os.mkfifo(path)
        ours = os.open(path, os.O_RDWR)
        with open(path, "rb", buffering=0) as fifo:
            program = Program(self, "--pcapng", path, "-", stdin=subprocess.PIPE, bufsize=0)
            pieces = Pieces(program.process.stdin.write)
            pieces.link.host(frames.req(1, 6, 1))
            pieces.flush()
            got = b""
            while frames.req(1, 6, 1) not in got:
                got += fifo.read(65536)
            os.close(ours)
            program.process.send_signal(signal.SIGTERM)
            while True:
                piece = fifo.read(65536)
                if not piece:
                    break
                got += piece
        program.finish()
        with open(os.path.join(self.folder, "copy"), "wb") as file:
            file.write(got)
        self.assertEqual(len(self.lines(file.name)), 1)

    def stuck(self):
        """A program whose output nobody has read yet, and its input: what it
        writes at once is more than a pipe takes."""
        link = captures.Link()
        for _ in range(10000):
            link.host(frames.req(1, 6, 1))
        path = os.path.join(self.folder, "long")
        with open(path, "wb") as file:
            file.write(link.contents())
        program = Program(self, path)
        with selectors.DefaultSelector() as selector:
            selector.register(program.process.stdout, selectors.EVENT_READ)
            self.assertTrue(selector.select(PATIENCE))
        return program, path

    def test_signal_while_printing(self):
        """Lines are whole."""
        program, path = self.stuck()
        program.process.send_signal(signal.SIGTERM)
        output, errors = program.process.communicate(timeout=PATIENCE)
        self.assertEqual((program.process.returncode, errors), (0, b""))
        self.assertTrue(output.endswith(b"\n"))
        self.assertTrue(self.dump(path).startswith(output))

    def test_second_signal(self):
        """Nobody reads what is written: that is not waited for."""
        program, _ = self.stuck()
        deadline = time.monotonic() + PATIENCE
        while program.process.poll() is None:
            self.assertLess(time.monotonic(), deadline)
            program.process.send_signal(signal.SIGTERM)
            time.sleep(0.01)
        self.assertEqual(program.process.returncode, -signal.SIGTERM)

    def test_reader_gone(self):
        """Who does not want more, as head, is no error of anybody's."""
        program = Program(self, "-", stdin=subprocess.PIPE, bufsize=0)
        pieces = Pieces(program.process.stdin.write)
        pieces.play(program)
        program.process.stdout.close()
        program.process.stdout = None
        pieces.link.host(frames.req(2, 6, 1))
        pieces.flush()
        program.process.stdin.close()
        program.process.stdin = None
        errors = program.process.communicate(timeout=PATIENCE)[1]
        self.assertEqual((program.process.returncode, errors), (-signal.SIGPIPE, b""))


if __name__ == "__main__":
    unittest.main()
