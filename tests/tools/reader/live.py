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


def line_of(process, timeout=TIMEOUT):
    """The next line of a program's output, or None if none has begun in time."""
    line = b""
    if not select.select([process.stdout], [], [], timeout)[0]:
        return None
    while not line.endswith(b"\n"):
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
        line = line_of(process)
        if not line or (line[0], line[2], line[8]) != (kind, direction, contents):
            return f"after {sent.hex()}: {line}"
        if abs(int(line[4]) - time.time_ns()) > TIMEOUT * 10**9:
            return f"time: {line[4]}"
    return None


def is_capturing(process, port, listener):
    """Connects until the program has seen any of that."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        ends = connect(port, listener)
        # Recognised by its greeting, which the connection begins with.
        ends[1].sendall(control(VERSION, 1))
        seen = line_of(process, 1)
        for end in ends:
            end.close()
        if seen:
            return True
    return False


def new_connection(process, port, listener):
    """Both ends of one, and what is told of it up to a request: the lines before
    are those of the connections before."""
    host, bmc = connect(port, listener)
    request, _ = get_device_id(99)
    bmc.sendall(control(VERSION, 1))
    host.sendall(request)
    lines = []
    while not lines or lines[-1][8] != request[:3].hex():
        lines.append(line_of(process))
        if not lines[-1]:
            break
    return host, bmc, [line and line[0] for line in lines[-3:]]


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
                if not is_capturing(process, port, listener):
                    process.kill()
                    errors = process.stderr.read().decode()
                    if "not permitted" in errors or "no such interface" in errors:
                        skip(errors.strip())
                    sys.exit(f"it has not captured anything: {errors}")
                host, bmc, told = new_connection(process, port, listener)
                fault = (expect(process, host, bmc)
                         if told == ["connected", "control", "request"]
                         else f"of a new connection: {told}")
                for end in host, bmc:
                    end.close()
                if not fault:
                    line = line_of(process)
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
