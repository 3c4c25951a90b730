#!/usr/bin/python3
# live.py
# Tests that the capture reader of the tools captures on a network interface.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Two sockets on the loopback interface, of which it tells each message as it
goes by. It takes the permission to capture, without which the test is skipped."""

import argparse
import os
import select
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "samples"))

from frames import control, get_device_id                               # noqa: E402
from generate import CAPABILITIES, VERSION                              # noqa: E402

TIMEOUT = 60
SKIPPED = 77


def skip(why):
    """Ends the test."""
    print(f"SKIPPED: {why}")
    sys.exit(SKIPPED)


def line_of(process, deadline):
    """The next line of a program's output, or None if there is none in time."""
    line = b""
    while not line.endswith(b"\n"):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
            return None
        byte = os.read(process.stdout.fileno(), 1)
        if not byte:
            return None
        line += byte
    return line.decode().rstrip("\n").split("\t")


def connect(port, listener):
    """Both ends of a connection."""
    host = socket.create_connection(("127.0.0.1", port), TIMEOUT)
    bmc, _ = listener.accept()
    return host, bmc


def expect(process, host, bmc):
    """What is wrong with what is told of an exchange, or nothing."""
    request, response = get_device_id(8)
    steps = [(bmc, control(VERSION, 1), "control", "host", "ff01"),
             (host, control(VERSION, 1), "control", "bmc", "ff01"),
             (host, control(CAPABILITIES, 0x3F), "control", "bmc", "083f"),
             (host, request[:2], None, None, None),
             (host, request[2:], "request", "bmc", request[:3].hex()),
             (bmc, response, "response", "host", response[:-2].hex())]
    for end, sent, kind, direction, contents in steps:
        end.sendall(sent)
        if not kind:
            continue
        line = line_of(process, time.monotonic() + TIMEOUT)
        if not line or (line[0], line[2], line[8]) != (kind, direction, contents):
            return f"after {sent.hex()}: {line}"
        if abs(int(line[4]) - time.time_ns()) > TIMEOUT * 10**9:
            return f"time: {line[4]}"
    return None


def wait_until_capturing(process, port, listener):
    """Connects until the program has seen that. Returns both ends."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        ends = connect(port, listener)
        # Recognised by its greeting, which the connection begins with.
        ends[1].sendall(control(VERSION, 1))
        line = line_of(process, time.monotonic() + 1)
        if line and line[0] == "connected":
            assert line_of(process, deadline)[8] == "ff01"
            return ends
        for end in ends:
            end.close()
        if process.poll() is not None:
            break
    return None


def main():
    """The test."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="read-traffic")
    program = parser.parse_args().program
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with subprocess.Popen([program, "-i", "lo", f"tcp port {port}"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            try:
                ends = wait_until_capturing(process, port, listener)
                if not ends:
                    process.kill()
                    errors = process.stderr.read().decode()
                    if "not permitted" in errors or "no such interface" in errors:
                        skip(errors.strip())
                    sys.exit(f"it has not captured anything: {errors}")
                fault = expect(process, *ends)
                for end in ends:
                    end.close()
                if not fault:
                    line = line_of(process, time.monotonic() + TIMEOUT)
                    fault = None if line and line[0] == "disconnected" else f"at the end: {line}"
            finally:
                process.kill()
    if fault:
        sys.exit(fault)
    for interface, filter_, words in (("no-such-interface", "tcp", "no such interface"),
                                      ("lo", "tcp ports 1", "is no capture filter")):
        result = subprocess.run([program, "-i", interface, filter_], capture_output=True,
                                text=True, timeout=TIMEOUT, check=False)
        if result.returncode == 0 or words not in result.stderr:
            sys.exit(f"{interface} {filter_}: {result.stderr}")


if __name__ == "__main__":
    main()
