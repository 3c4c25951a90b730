#!/usr/bin/env python3
# test-session.py
# From the start of a capture in Wireshark to its end, a link that is tapped, and
# the toolbar: this plays Wireshark.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Needs no Wireshark."""

import contextlib
import fcntl
import os
import signal
import subprocess
import termios

import wireshark
from wireshark import (ADD, DIRECTORY, DISABLE, ENVIRONMENT, LOG, PAUSE, SET, STATE, STATUS_BAR,
                       USAGE, Capture, Qemu, check, connected_to, extcap, reader, run_tests,
                       sample, section_end, unix_address, wait_for, words)

HOST = sample("inside-kcs-host")


def waits_to_fail():
    """Wireshark would wait for ever for who has gone already."""
    os.mkfifo(DIRECTORY / "x")
    for arguments, status in (["--attach=localhost"], USAGE), ([], USAGE), \
            (["--attach=tcp::1", "--extcap-capture-filter=tcp"], USAGE), \
            (["--attach=tcp::1", "--fifo=/not/there"], ENVIRONMENT):
        fifos = {way: DIRECTORY / f"late-{way}.fifo" for way in ("in", "out")}
        for path in fifos.values():
            path.unlink(missing_ok=True)
            os.mkfifo(path)
        process = subprocess.Popen(
            [wireshark.IPMITAP, "--capture", "--extcap-interface=ipmi-attach",
             f"--fifo={DIRECTORY}/x", *arguments,
             *(f"--extcap-control-{way}={path}" for way, path in fifos.items())],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        # Whatever is opened here waits for the other end.
        if "--fifo=/not/there" not in arguments:
            with open(DIRECTORY / "x", "rb") as dumpcap:
                check(dumpcap.read(4) == b"\n\r\r\n", "no section header")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.3)
            raise wireshark.Failure("it has not waited")
        with open(fifos["out"], "rb"), open(fifos["in"], "wb") as toolbar_:
            toolbar_.write(b"T\0\0\2\0\0")
        errors = process.communicate(timeout=wireshark.DEADLINE)[1]
        check(process.returncode == status and errors, f"{process.returncode}: {errors}")


def tap():
    """A link: forwarded, captured, shown, and paused."""
    # Names are bytes, whatever letters the locale knows.
    os.environ["LC_ALL"] = "C"
    near, far = DIRECTORY / "n\u00e4h.sock", DIRECTORY / "far.sock"
    bmc = Qemu(f"unix:{far}")
    request, response = bytes.fromhex("00 18 01 e7 a0"), bytes.fromhex("00 1c 01 00 e3 a0")
    with Capture("ipmi-tap", f"--listen=unix:{near}", f"--connect=unix:{far}",
                 "--name=web 1", toolbar=True) as capture:
        host = connected_to(near)
        connection = bmc.accept()

        def exchange():
            host.sendall(request)
            check(connection.recv(100) == request, "another request")
            connection.sendall(response)
            check(host.recv(100) == response, "another response")

        exchange()
        capture.wait_for_packets(3)
        capture.wait_for_toolbar(LOG, ADD, "both ends are connected")
        capture.wait_for_toolbar(STATE, SET, "2 messages")
        capture.press(PAUSE, SET, b"\1")
        capture.wait_for_toolbar(LOG, ADD, "paused")
        exchange()
        capture.wait_for_toolbar(STATE, SET, "4 messages")
        capture.press(PAUSE, SET, b"\0")
        capture.wait_for_toolbar(LOG, ADD, "going on")
        exchange()
        capture.wait_for_packets(5)
        host.close()
        connection.close()
        capture.wait_for_toolbar(LOG, ADD, "not connected any more")
        result = capture.stop()
    bmc.close()
    check(not near.exists(), "the socket was left behind")
    check([(packet.words(), packet.dropped) for packet in result.packets] ==
          [("connected", 0), ("to BMC: 00 18 01 e7 a0", 0), ("to host: 00 1c 01 00 e3 a0", 0),
           ("to BMC: 00 18 01 e7 a0", 2), ("to host: 00 1c 01 00 e3 a0", 0),
           ("disconnected", 0)], f"packets {[packet.words() for packet in result.packets]}")
    check([point.name for point in result.points] == ["web 1"], "another name")


def tap_that_cannot():
    """Somebody listens there already."""
    near = DIRECTORY / "taken.sock"
    other = Qemu(f"unix:{near}")
    with Capture("ipmi-tap", f"--listen=unix:{near}", "--connect=tcp::1") as capture:
        capture.wait_for_end(ENVIRONMENT, str(near))
    other.close()


def is_read(fifo):
    """Whether nothing is left in it."""
    return not any(fcntl.ioctl(fifo, termios.FIONREAD, bytes(4)))


def toolbar():
    """State, log, status bar, and a pause, whose packets count as lost."""
    where = unix_address()
    qemu = Qemu(where)
    data = reader.read(HOST)
    first = section_end(HOST)
    with Capture("ipmi-attach", f"--attach={where}", toolbar=True) as capture:
        with qemu.accept() as connection:
            capture.wait_for_toolbar(STATE, DISABLE, "")
            capture.wait_for_toolbar(LOG, ADD, "attached to " + where)
            capture.wait_for_toolbar(LOG, STATUS_BAR, "attached to " + where)
            capture.wait_for_toolbar(STATE, SET, "nothing has come")
            connection.sendall(HOST)
            capture.wait_for_toolbar(STATE, SET, f"{len(data.packets)} packets")
            # What Wireshark begins with, in pieces.
            capture.press(0, 0, b"")
            for piece in b"T\0\0", bytes([3, PAUSE, SET]), b"\1":
                os.write(capture.from_toolbar, piece)
                wait_for(lambda: is_read(capture.from_toolbar), "it does not read")
            capture.wait_for_toolbar(LOG, ADD, "paused")
            connection.sendall(HOST[first:])
            capture.wait_for_toolbar(
                STATE, SET, f"paused; {where}: attached, {2 * len(data.packets)} packets")
            capture.press(PAUSE, SET, b"\0")
            capture.wait_for_toolbar(LOG, ADD, "going on")
            connection.sendall(HOST[first:])
            capture.wait_for_packets(2 * len(data.packets))
            result = capture.stop()
    qemu.close()
    second = result.packets[len(data.packets):]
    for name in {packet.point.name for packet in data.packets}:
        count = sum(packet.point.name == name for packet in data.packets)
        dropped = [packet.dropped for packet in second if packet.point.name == name]
        check(dropped == [count] + [0] * (count - 1), f"{name}: dropped {dropped[:3]}...")


def toolbar_nonsense():
    """Whatever comes from there, the capture goes on."""
    where = unix_address()
    qemu = Qemu(where)
    for nonsense in (b"X" * 6, b"T\xff\xff\xff\0\0", b"T\0\0\0\0\0", b"T\0\0\2\7\7",
                     b"T\0\0\2\1\1" + b"T\0\0\4\1\1ab", os.urandom(1000)):
        with Capture("ipmi-attach", f"--attach={where}", toolbar=True) as capture:
            with qemu.accept() as connection:
                capture.wait_for_toolbar(LOG, ADD, "attached")
                os.write(capture.from_toolbar, nonsense)
                connection.sendall(HOST)
                capture.wait_for_packets(len(words(HOST)))
                capture.stop()
    qemu.close()


def slow_toolbar():
    """Wireshark does not read what it is told: the capture goes on."""
    where = unix_address()
    qemu = Qemu(where)
    absent = [f"unix:{DIRECTORY}/{'x' * 40}{number}" for number in range(500)]
    with Capture("ipmi-attach", "--attach=" + ",".join([where, *absent]),
                 toolbar=True) as capture:
        capture.to_toolbar.stop_reading()
        with qemu.accept() as connection:
            # More than a FIFO holds has been said when it is said again.
            for count in (1, 2, 3):
                connection.sendall(HOST)
                capture.wait_for_packets(count * len(words(HOST)))
            capture.stop()
    qemu.close()


def stops():
    """By any of these signals, whatever it waits for, in good order."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        with Capture("ipmi-attach", f"--attach={unix_address()}") as capture:
            capture.process.send_signal(number)
            check(capture.finish().packets == [], "packets")


def ends_with_wireshark():
    """Wireshark was killed: it reads no more and sends no signal."""
    attach = "ipmi-attach", f"--attach={unix_address()}"
    tapped = "ipmi-tap", f"--listen=unix:{DIRECTORY}/deserted.sock", "--connect=tcp::1"
    for what, toolbar_too in (attach, False), (attach, True), (tapped, False):
        with Capture(*what, toolbar=toolbar_too) as capture:
            capture.packets.close()
            status = capture.process.wait(wireshark.DEADLINE)
            check(status == 0, f"exit status {status}")


def no_wireshark():
    """A FIFO that cannot be opened."""
    for path in (DIRECTORY / "not" / "there", DIRECTORY):
        result = extcap("--capture", "--extcap-interface=ipmi-attach", "--attach=tcp::1",
                        f"--fifo={path}")
        check(result.returncode == ENVIRONMENT and str(path) in result.stderr, result.stderr)
    result = extcap("--capture", "--extcap-interface=ipmi-attach", "--attach=tcp::1",
                    f"--fifo={DIRECTORY}/file", "--extcap-control-in=/not/there")
    check(result.returncode == ENVIRONMENT and "/not/there" in result.stderr, result.stderr)


run_tests([waits_to_fail, tap, tap_that_cannot, toolbar, toolbar_nonsense, slow_toolbar, stops,
           ends_with_wireshark, no_wireshark])
