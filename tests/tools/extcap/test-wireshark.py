#!/usr/bin/env python3
# test-wireshark.py
# Captures with ipmitap as extcap by the real tshark and dumpcap.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""CMake says through the environment where Wireshark looks for ipmitap, for the
plugin and for itself; tests/run-tshark is how it is run."""

import contextlib
import os
import socket
import subprocess
import sys
import threading

import wireshark
from wireshark import DIRECTORY, Failure, check, connected_to, reader, run_tests, sample

RUN_TSHARK = wireshark.ROOT / "tests" / "run-tshark"
FIELDS = [argument for name in ("frame.number", "frame.time_epoch", "frame.interface_name",
                                "frame.interface_description", "frame.p2p_dir", "_ws.col.Protocol",
                                "_ws.col.Info", "ipmi_extern.response_to")
          for argument in ("-e", name)]


def tshark(*arguments, statuses=(0,)):
    """Runs it to its end; (standard output, standard error)."""
    result = subprocess.run([RUN_TSHARK, *arguments], stdin=subprocess.DEVNULL,
                            capture_output=True, text=True, timeout=wireshark.DEADLINE,
                            check=False)
    check(result.returncode in statuses,
          f"tshark {arguments}: exit status {result.returncode}: {result.stderr}")
    return result.stdout, result.stderr


@contextlib.contextmanager
def live(interface, options, count):
    """tshark that captures so many packets. What it is given is a list that has
    the lines it prints in the end."""
    arguments = [RUN_TSHARK, "-i", interface, "-c", str(count), "-T", "fields", *FIELDS]
    for name, value in options.items():
        arguments += ["-o", f"extcap.{interface.replace('-', '_')}.{name}:{value}"]
    process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    lines = []
    try:
        yield lines
        output, errors = process.communicate(timeout=wireshark.DEADLINE)
    except (Failure, OSError, subprocess.TimeoutExpired) as failure:
        process.terminate()
        output, errors = process.communicate(timeout=wireshark.DEADLINE)
        raise Failure(f"{failure}; {len(output.splitlines())} packets; tshark said {errors}") \
            from failure
    check(process.returncode == 0, f"exit status {process.returncode}: {errors}")
    lines += output.splitlines()


def expected(data):
    """The lines of a capture that is read from a file."""
    path = DIRECTORY / "expected.pcapng"
    path.write_bytes(data)
    path.chmod(0o644)
    return tshark("-r", str(path), "-T", "fields", *FIELDS)[0].splitlines()


def compare(found, wanted):
    """Fails with the first line that is another one."""
    for left, right in zip(found, wanted):
        check(left == right, f"{left!r} instead of {right!r}")
    check(len(found) == len(wanted), f"{len(found)} lines instead of {len(wanted)}")


def lists_interfaces():
    """As a user finds them."""
    output, _ = tshark("-D")
    for name in ("ipmi-attach", "ipmi-fifo", "ipmi-tap"):
        check(f". {name} (IPMI VM link" in output, f"no {name}: {output}")


def lists_link_types():
    """The one that each has."""
    for name in ("ipmi-attach", "ipmi-fifo", "ipmi-tap"):
        output = "".join(tshark("-i", name, "-L"))
        check(name in output and "IPMI frames" in output, output)


def what_is_missing():
    """tshark says what ipmitap does, and ends, from 4.6 on with a status."""
    _, errors = tshark("-i", "ipmi-attach", "-c", "1", statuses=(0, 1))
    check("extcap pipe: ipmitap: ipmi-attach captures with --attach" in errors, errors)


def attach():
    """Shows what it shows of a file; ipmitap has gone afterwards."""
    data = sample("inside-kcs-host")
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(wireshark.DEADLINE)
    port = listener.getsockname()[1]
    with live("ipmi-attach", {"attach": f"tcp:127.0.0.1:{port}"},
              len(reader.read(data).packets)) as lines:
        connection = listener.accept()[0]
        connection.settimeout(wireshark.DEADLINE)
        connection.sendall(data)
    check(connection.recv(1) == b"", "ipmitap sent something")
    connection.close()
    listener.close()
    compare(lines, expected(data))


def attach_both():
    """Both machines: each command is found at all of its places, as in one
    file."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    names = ("inside-kcs-host", "inside-kcs-bmc")
    addresses = ",".join(f"tcp:127.0.0.1:{listener.getsockname()[1]}" for listener in listeners)
    count = sum(len(reader.read(sample(name)).packets) for name in names)
    with live("ipmi-attach", {"attach": addresses}, count) as lines:
        connections = []
        for listener in listeners:
            listener.settimeout(wireshark.DEADLINE)
            connections.append(listener.accept()[0])
        for connection, name in zip(connections, names):
            connection.sendall(sample(name))
        for connection in connections:
            connection.shutdown(socket.SHUT_WR)
    for closing in connections + listeners:
        closing.close()
    compare(sorted(line.split("\t")[1:7] for line in lines),
            sorted(line.split("\t")[1:7] for line in expected(sample("inside-kcs"))))


def fifo():
    """Two writers, one after the other."""
    data = sample("inside-bt-bmc")
    path = DIRECTORY / "input.fifo"
    os.mkfifo(path)
    path.chmod(0o666)
    with live("ipmi-fifo", {"read": path}, 2 * len(reader.read(data).packets)) as lines:
        for _ in range(2):
            with open(path, "wb") as writer:
                writer.write(data)
    wanted = expected(data)
    compare(lines[:len(wanted)], wanted)
    check([line.split("\t")[1:4] for line in lines[len(wanted):]] ==
          [line.split("\t")[1:4] for line in wanted], "the second time there is something else")


def echo(connection, count):
    """A BMC that answers each request: its completion code is 0."""
    data = b""
    while count:
        more = connection.recv(4096)
        check(more, "the tap has gone")
        data += more
        while b"\xa0" in data:
            frame, _, data = data.partition(b"\xa0")
            message = bytes([frame[0], frame[1] | 4, frame[2], 0])
            connection.sendall(message + bytes([-sum(message) & 0xFF]) + b"\xa0")
            count -= 1


def tap():
    """A link between a host and a BMC of a few lines."""
    count = 20
    bmc = socket.create_server(("127.0.0.1", 0))
    bmc.settimeout(wireshark.DEADLINE)
    near = DIRECTORY / "tap" / "tap.sock"
    near.parent.mkdir()
    near.parent.chmod(0o777)
    with live("ipmi-tap", {"listen": f"unix:{near}",
                           "connect": f"tcp:127.0.0.1:{bmc.getsockname()[1]}",
                           "name": "web 1"}, 2 * count + 1) as lines:
        host = connected_to(near)
        connection = bmc.accept()[0]
        connection.settimeout(wireshark.DEADLINE)
        thread = threading.Thread(target=echo, args=(connection, count))
        thread.start()
        for number in range(count):
            message = bytes([number, 0x18, 0x01])
            host.sendall(message + bytes([-sum(message) & 0xFF]) + b"\xa0")
            check(host.recv(4096).endswith(b"\xa0"), "no answer")
        thread.join()
    host.close()
    connection.close()
    bmc.close()
    rows = [line.split("\t") for line in lines]
    check({row[2] for row in rows} == {"web 1"}, f"points {rows[0]}")
    check(sum(bool(row[7]) for row in rows) == count, f"not {count} responses: {lines}")
    check(all("Get Device ID" in row[6] for row in rows[1:]), f"{lines}")


try:
    tshark("--version")
except Failure as failure:
    # Which the others would wait for.
    sys.exit(f"FAILED: {failure}")
run_tests([lists_interfaces, lists_link_types, what_is_missing, attach, attach_both, fifo, tap])
