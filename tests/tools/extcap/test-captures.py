#!/usr/bin/env python3
# test-captures.py
# Captures of QEMU's and from a FIFO: this plays Wireshark and QEMU.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Needs neither of them."""

import contextlib
import os
import random
import select
import signal
import socket
import time

import wireshark
from wireshark import (ADD, DIRECTORY, ENVIRONMENT, LOG, SET, STATE, USAGE, Capture, Qemu, check,
                       reader, run_tests, sample, section_end, unix_address, wait_for, words)

HOST, BMC = sample("inside-kcs-host"), sample("inside-kcs-bmc")

# How a block with statistics begins.
STATISTICS = b"\5\0\0\0\x34\0\0\0"


def points(capture):
    """Those that have packets: a writer may leave out the others."""
    return sorted((point.name, point.description) for point in capture.points if point.packets)


def attach():
    """All that QEMU sends, and the connections' records as well."""
    qemu = Qemu(unix_address())
    with Capture("ipmi-attach", f"--attach=unix:{DIRECTORY}/cap.sock") as capture:
        with qemu.accept() as connection:
            connection.sendall(HOST)
            capture.wait_for_packets(len(words(HOST)))
            result = capture.stop()
    qemu.close()
    expected = reader.read(HOST)
    check([packet.line() for packet in result.packets] ==
          [packet.line() for packet in expected.packets], "other packets than QEMU's")
    check(points(result) == points(expected), "other points")


def attach_tcp():
    """Over TCP, on IPv4 and IPv6, in bytes and pieces."""
    for host in ("127.0.0.1", "[::1]"):
        family = socket.AF_INET6 if host == "[::1]" else socket.AF_INET
        try:
            listener = socket.create_server((host.strip("[]"), 0), family=family)
        except OSError:
            print(f"SKIPPED: this machine has no {host}")
            continue
        listener.settimeout(wireshark.DEADLINE)
        port = listener.getsockname()[1]
        with Capture("ipmi-attach", f"--attach=tcp:{host}:{port}") as capture:
            connection = listener.accept()[0]
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for at in range(0, 2000):
                connection.sendall(HOST[at:at + 1])
            connection.sendall(HOST[2000:])
            capture.wait_for_packets(len(words(HOST)))
            check([packet.words() for packet in capture.stop().packets] == words(HOST),
                  "other packets")
            connection.close()
        listener.close()


def waits_for_qemu():
    """QEMU starts after the capture, and goes and comes back, each time with a
    section of its own, whose points may come in another order."""
    where = unix_address()
    with Capture("ipmi-attach", f"--attach={where}", toolbar=True) as capture:
        capture.wait_for_toolbar(STATE, SET, "waiting")
        for count, data in enumerate((HOST, HOST, BMC + HOST), 1):
            qemu = Qemu(where)
            with qemu.accept() as connection:
                # Before it can be connected to again.
                qemu.close()
                os.unlink(where.partition(":")[2])
                connection.sendall(data)
            wait_for(lambda count=count: sum(
                "connection was closed" in text for control, command, text in capture.toolbar()
                if (control, command) == (LOG, ADD)) == count, "that QEMU has gone")
        result = capture.stop()
    check([packet.words() for packet in result.packets] ==
          words(HOST) + words(HOST) + words(BMC) + words(HOST), "other packets")
    check(points(result) == sorted(points(reader.read(HOST)) + points(reader.read(BMC))),
          "points were not found again")


def cut_off():
    """QEMU was killed: what is whole is there, what comes next is too."""
    where = unix_address()
    qemu = Qemu(where)
    middle = len(HOST) // 2 + 1
    count = 2 * len(words(HOST)) + len(words(HOST[:middle]))
    with Capture("ipmi-attach", f"--attach={where}") as capture:
        for length in (len(HOST) - 3, 100, middle, 5, 0):
            with qemu.accept() as connection:
                connection.sendall(HOST[:length])
        with qemu.accept() as connection:
            connection.sendall(HOST)
            capture.wait_for_packets(count)
            result = capture.stop()
    qemu.close()
    check(len(result.packets) == count, f"{len(result.packets)} packets")


def no_capture():
    """Whatever answers there is no QEMU: the message says so."""
    where = unix_address()
    for data in (b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(100), b"\xa1" * 1000):
        qemu = Qemu(where)
        with Capture("ipmi-attach", f"--attach={where}") as capture:
            with qemu.accept() as connection:
                connection.sendall(data)
            capture.wait_for_end(ENVIRONMENT, where)
        qemu.close()
        os.unlink(where.partition(":")[2])


def lost_in_the_end():
    """What QEMU lost after its last packet is no packet's, but in the log."""
    at = HOST.rindex(STATISTICS) + 20
    received, lost = int.from_bytes(HOST[at + 4:at + 12], "little"), 7
    data = (HOST[:at + 4] + (received + lost).to_bytes(8, "little") + HOST[at + 12:at + 16] +
            lost.to_bytes(8, "little") + HOST[at + 24:])
    check(not reader.read(data).faults, "the statistics are not there")
    where = unix_address()
    qemu = Qemu(where)
    with Capture("ipmi-attach", f"--attach={where}", toolbar=True) as capture:
        with qemu.accept() as connection:
            connection.sendall(data)
        capture.wait_for_toolbar(LOG, ADD, "7 events were lost in the end")
        capture.stop()
    qemu.close()


def two_at_once():
    """The host's and the BMC's, in the order of time, which is mergecap's."""
    paths = [DIRECTORY / f"{name}.sock" for name in ("host", "bmc")]
    qemus = [Qemu(f"unix:{path}") for path in paths]
    with Capture("ipmi-attach", f"--attach=unix:{paths[0]} , unix:{paths[1]}",
                 toolbar=True) as capture:
        connections = [qemu.accept() for qemu in qemus]
        for path in paths:
            capture.wait_for_toolbar(LOG, ADD, f"attached to unix:{path}")
        # All is there before it goes on: nobody can be too late.
        capture.process.send_signal(signal.SIGSTOP)
        # In pieces, so that one is ahead of the other and then the other.
        size = max(len(HOST), len(BMC)) // 20 + 1
        for at in range(0, 20 * size, size):
            for connection, data in zip(connections, (HOST, BMC)):
                connection.sendall(data[at:at + size])
        capture.process.send_signal(signal.SIGCONT)
        capture.wait_for_packets(len(words(HOST)) + len(words(BMC)))
        for connection in connections:
            connection.close()
        result = capture.stop()
    for qemu in qemus:
        qemu.close()
    expected = sorted((packet.time_ns, packet.words())
                      for data in (HOST, BMC) for packet in reader.read(data).packets)
    times = [packet.time_ns for packet in result.packets]
    check(times == sorted(times), "not in the order of time")
    check(sorted((packet.time_ns, packet.words()) for packet in result.packets) == expected,
          "other packets")


def machines_without_names():
    """Two hosts whose devices are called the same are two."""
    paths = [DIRECTORY / f"machine{number}.sock" for number in range(2)]
    qemus = [Qemu(f"unix:{path}") for path in paths]
    nameless = without_machine(HOST)
    with Capture("ipmi-attach",
                 f"--attach=unix:{paths[0]},unix:{paths[1]}") as capture:
        connections = [qemu.accept() for qemu in qemus]
        for connection in connections:
            connection.sendall(nameless)
        capture.wait_for_packets(2 * len(words(HOST)))
        result = capture.stop()
    for connection, qemu in zip(connections, qemus):
        connection.close()
        qemu.close()
    descriptions = [point.description for point in result.points]
    check(len(set(descriptions)) == len(descriptions) == 4, f"points {descriptions}")
    for path in paths:
        check(sum(text.endswith(f", VM unix:{path}") for text in descriptions) == 2,
              f"points {descriptions}")


def without_machine(data):
    """A capture by a QEMU without -name."""
    result, at = b"", 0
    name = b", VM the-host"
    while at < len(data):
        length = int.from_bytes(data[at + 4:at + 8], "little")
        block = data[at:at + length]
        found = block.find(name) if block[:4] == b"\x01\0\0\0" else -1
        if found >= 0:
            start = block.rindex(b"\x03\0", 0, found)
            size = int.from_bytes(block[start + 2:start + 4], "little")
            rest = block[start + 4 + size + -size % 4:-4]
            text = block[start + 4:found]
            options = (b"\x03\0" + len(text).to_bytes(2, "little") + text +
                       bytes(-len(text) % 4) + rest)
            total = (start + len(options) + 4).to_bytes(4, "little")
            block = block[:4] + total + block[8:start] + options + total
        result += block
        at += length
    return result


def fifo():
    """From one writer after the other; the first comes late."""
    path = DIRECTORY / "input.fifo"
    os.mkfifo(path)
    with Capture("ipmi-fifo", f"--read={path}", toolbar=True) as capture:
        capture.wait_for_toolbar(STATE, SET, "waiting for a writer")
        for count in (1, 2, 3):
            with open(path, "wb") as writer:
                writer.write(BMC)
            capture.wait_for_packets(count * len(words(BMC)))
        with open(path, "wb") as writer:
            writer.write(BMC)
            # Which would be read again and again.
            path.unlink()
            path.write_bytes(BMC)
        capture.wait_for_toolbar(STATE, SET, "waiting, is no FIFO any more")
        result = capture.stop()
    path.unlink()
    check([packet.words() for packet in result.packets] == 4 * words(BMC), "other packets")


def slow_wireshark():
    """Whoever writes waits for Wireshark, and nothing is lost; it can be stopped
    all the same."""
    path = DIRECTORY / "large.fifo"
    os.mkfifo(path)
    first, count = section_end(HOST), 1000
    large = HOST + (count - 1) * HOST[first:HOST.index(STATISTICS)]
    for reads in True, False:
        with Capture("ipmi-fifo", f"--read={path}", toolbar=True) as capture:
            if not reads:
                capture.packets.stop_reading()
            with open(path, "wb", buffering=0) as writer:
                os.set_blocking(writer.fileno(), False)
                sent = 0
                end = time.monotonic() + wireshark.DEADLINE
                # Not all of it goes if nobody reads.
                while sent < len(large) and time.monotonic() < end:
                    if select.select([], [writer], [], 1)[1]:
                        sent += writer.write(large[sent:sent + 65536])
                    elif not reads:
                        break
            check((sent == len(large)) == reads, f"took {sent} of {len(large)} bytes")
            if reads:
                capture.wait_for_toolbar(STATE, SET, f", {count * len(words(HOST))} packets")
                wait_for(lambda capture=capture: len(capture.packets.data) >= 0.99 * len(large),
                         "not all came")
                check("too slow" not in str(capture.toolbar()), f"{capture.toolbar()[-1]}")
            capture.process.send_signal(signal.SIGTERM)
            capture.wait_for_end(0, "")


def fifo_of_a_trace():
    """A BMC's own trace is of another link type, and left to Wireshark."""
    path = DIRECTORY / "trace.fifo"
    os.mkfifo(path)
    with Capture("ipmi-fifo", f"--read={path}") as capture:
        for data in sample("hpm2-bt"), BMC:
            with open(path, "wb") as writer:
                writer.write(data)
        capture.wait_for_packets(len(words(BMC)))
        result = capture.stop()
    check([packet.words() for packet in result.packets] == words(BMC), "other packets")


def fifo_that_is_none():
    """Says what to do."""
    path = DIRECTORY / "none.fifo"
    for create, message in (lambda: None, "mkfifo"), (path.touch, "no FIFO"):
        create()
        with Capture("ipmi-fifo", f"--read={path}") as capture:
            capture.wait_for_end(ENVIRONMENT, message)


def wrong_address():
    """Says what an address is."""
    with Capture("ipmi-attach", "--attach=localhost:19000") as capture:
        capture.wait_for_end(USAGE, "localhost:19000")


def damaged():
    """Whatever bytes come: it goes on, or says what it is."""
    where = unix_address()
    qemu = Qemu(where)
    chance = random.Random(os.environ.get("SEED", "damaged"))
    for _ in range(20):
        data = bytearray(HOST)
        for _ in range(chance.choice((1, 10, 100))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with Capture("ipmi-attach", f"--attach={where}") as capture:
            with qemu.accept() as connection:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    connection.sendall(data)
                    connection.shutdown(socket.SHUT_WR)
                # The next connection, or the end.
                qemu.socket.settimeout(0.1)
                again = wait_for(lambda capture=capture: capture.process.poll() is not None
                                 or accepted(qemu), "neither goes on nor ends")
            qemu.socket.settimeout(wireshark.DEADLINE)
            if again is True:
                capture.wait_for_end(ENVIRONMENT, where)
            else:
                again.close()
                capture.process.send_signal(signal.SIGTERM)
                capture.wait_for_end(0, "")
    qemu.close()


def accepted(qemu):
    """A connection, or None."""
    try:
        return qemu.accept()
    except TimeoutError:
        return None


run_tests([attach, attach_tcp, waits_for_qemu, cut_off, no_capture, damaged, lost_in_the_end,
           two_at_once, machines_without_names, fifo, fifo_of_a_trace, slow_wireshark,
           fifo_that_is_none, wrong_address])
