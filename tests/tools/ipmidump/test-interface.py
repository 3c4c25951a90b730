#!/usr/bin/env python3
# test-interface.py
# ipmidump captures on a network interface.
#
# SPDX-License-Identifier: GPL-2.0-or-later

import contextlib
import select
import signal
import socket
import sys
import unittest

from dumping import PATIENCE, Program, Test

import frames

SKIPPED = 77


class Interface(Test):
    """-i"""

    def test_connection(self):
        """A connection, of which the end that listens is the BMC."""
        with self.capturing() as (program, exchange):
            exchange(7)
            program.expect("connected", "-> BMC  07 Get Device ID",
                           "-> host 07 Get Device ID: 20")
            program.process.send_signal(signal.SIGTERM)
            program.finish()

    def test_burst(self):
        """What comes while it is busy, and up to its end, is kept for it."""
        with self.capturing() as (program, exchange):
            program.process.send_signal(signal.SIGSTOP)
            for seq in range(200):
                exchange(seq)
            program.process.send_signal(signal.SIGINT)
            program.process.send_signal(signal.SIGCONT)
            output, errors = program.process.communicate(timeout=PATIENCE)
            self.assertEqual((program.process.returncode, errors), (0, b""))
            for seq in range(200):
                self.assertEqual(output.count(b"-> host %02x Get Device ID: 20" % seq), 1, seq)

    @contextlib.contextmanager
    def capturing(self):
        """A program that captures, and what makes one exchange more."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            program = Program(self, "-i", "lo", "tcp", "port", str(port))
            self.assertTrue(select.select([program.process.stderr], [], [], PATIENCE)[0])
            self.assertEqual(program.process.stderr.readline().decode(),
                             f"ipmidump: capturing on lo: tcp port {port}\n")
            with socket.create_connection(("127.0.0.1", port)) as host, \
                    listener.accept()[0] as bmc:

                def exchange(seq):
                    host.sendall(frames.req(seq, 6, 1))
                    bmc.recv(4096)
                    bmc.sendall(frames.rsp(seq, 6, 1, frames.DEVICE_ID))
                    host.recv(4096)

                yield program, exchange

    def test_wrong(self):
        """What is wrong with the filter is the user's, with the interface not."""
        self.dump("-i", "lo", "tcp", "prt", status=2, errors="ipmidump: .*tcp prt.*\nTry .*\n")
        self.dump("-i", "nosuch", status=3, errors="ipmidump: .*nosuch.*\n")


if __name__ == "__main__":
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    except PermissionError:
        print("SKIPPED: NOT tested: it takes the right to capture, CAP_NET_RAW")
        sys.exit(SKIPPED)
    unittest.main()
