#!/usr/bin/env python3
"""Plays captures with ipmiplay, as either side, against peers that do what the
test says, or against itself.

usage: test-captures.py IPMIPLAY CASE

SPDX-License-Identifier: GPL-2.0-or-later
"""

import gzip
import itertools
import os
import random
import re
import select
import socket
import subprocess
import sys
import time

from players import (GREETINGS, PATIENCE, ROOT, Peer, Program, capture, check, message,
                     patiently, run_cases)
# Not before, since players knows where these are.
import captures
from frames import (ATTN_IRQ, CAPABILITIES, DISABLE, DISABLE_IRQ, ENABLE, ENABLE_IRQ,
                    GRACEFUL_SHUTDOWN, NOATTN, POWEROFF, RESET, SEND_NMI, VERSION, control)
from registers import ENABLE as LINE_ENABLE, HOST, IRQ_ENABLE as LINE_IRQ_ENABLE, Kcs, Places, SMS_ATN

SAMPLES = os.path.join(ROOT, "samples")

# Both sides of these are not what they would be with a whole capture: it has a
# host's capabilities or a BMC's greeting where no connection begins.
IN_PART = ("escaping", "no-direction")


# What is missing, and is not decoded yet.
NOTHING_CAME = r"nothing came within \d+ m?s of its time\n"


def counts(name, sent, same, different=0, missing=0, unexpected=0, stopped=r""):
    """The last line."""
    return (re.escape(name) + f": {stopped}{sent} sent, {same} as recorded, {different} different, "
            rf"{missing} missing, {unexpected} unexpected in \d+\.\d{{3}} s\n")


def both_sides(lab, name, *arguments):
    """ipmiplay against itself: exit status and output of BMC and host."""
    common = [os.path.join(SAMPLES, name), "--timing=fast", *arguments]
    bmc = Program(lab, "bmc", *common, "--listen", "unix:bmc.sock")
    host = Program(lab, "host", *common, "--connect", "unix:bmc.sock")
    return bmc.finish(), host.finish()


def samples(lab):
    """Each side of each sample finds in the other one what was captured."""
    played = 0
    for name in sorted(os.listdir(SAMPLES)):
        if not name.endswith((".pcap", ".pcapng")):
            continue
        (status, output, errors), host = both_sides(lab, name)
        if "nothing that could be played" in errors:
            check(status == host[0] == 2 and "of-the-bmc" in name, name, errors)
            continue
        points = re.findall(r"^  (\d+)  ", errors, re.MULTILINE)
        if not points:
            outcomes = [((status, output, errors), host)]
        else:
            check(status == host[0] == 2 and len(points) > 1, name, errors)
            outcomes = [both_sides(lab, name, f"--point={number}") for number in points]
        for bmc, host in outcomes:
            played += 1
            if not name.startswith(IN_PART):
                check(bmc[0] == host[0] == 0 and " 0 different, 0 missing, 0 unexpected" in bmc[1],
                      name, points, *bmc, *host)
    check(played > 130, "only", played)


EXCHANGE = ("> 00 18 01", "< 00 1c 01 00 20 01 02", "> 01 28 48", "< 01 2c 48 00 01 02 03 04",
            "> 02 18 08 55", "< 02 1c 08 00")


def different(lab):
    """As the host: a response that differs, the mask that lets it pass, and those
    that are built in."""
    lab.write("a", capture(*EXCHANGE))
    told = ("a:2: another response (07/01=2,4-5)\n- Get Device ID: 20 01 02\n"
            "+ Get Device ID: 21 01 03 04\n")
    time_told = ("a:4: another response (0b/48=2-5)\n- Get SEL Time: 01 02 03 04\n"
                 "+ Get SEL Time: 05 06 07 08\n")
    for masks, status, expected in (
            ((), 1, re.escape(told) + counts("a", 3, 2, 1)),
            (("--mask", "07/01=2,4-5"), 0, counts("a", 3, 3)),
            (("--mask", "07/01=4-", "--mask=07/01=2"), 0, counts("a", 3, 3)),
            (("--mask", "06/01=2,4-5"), 1, re.escape(told) + counts("a", 3, 2, 1)),
            (("--mask", "07/01=1-4"), 1,
             re.escape(told.replace("2,4-5", "5")) + counts("a", 3, 2, 1)),
            (("--exact",), 1, re.escape(told + time_told) + counts("a", 3, 1, 2)),
            (("--exact", "--mask=0b/48=2-5", "--mask=07/01=1-"), 0, counts("a", 3, 3))):
        program, bmc = lab.play("host", "a", *masks)
        bmc.expect(message("00 18 01"))
        bmc.send(message("00 1c 01 00 21 01 03 04"))
        bmc.expect(message("01 28 48"))
        bmc.send(message("01 2c 48 00 05 06 07 08"))
        bmc.expect(message("02 18 08 55"))
        bmc.send(message("02 1c 08 00"))
        program.check(status, expected)


def masks(lab):
    """What is masked is what the manual says: in messages of 16 bytes that differ in
    all of them, those are told that are not."""
    with open(os.path.join(ROOT, "tools", "ipmiplay", "ipmiplay.1"), encoding="ascii") as file:
        table = re.findall(r"^\.It (\w\w)/(\w\w)=(\d+)(?:\\-(\d+))?$", file.read(), re.MULTILINE)
    check(len(table) == 16, len(table), "masks are in the manual")
    zeros, other = "00" * 16, "ff" * 16
    for role, is_response in ("host", 1), ("bmc", 0):
        lines, exchanges, expected = [], [], []
        for netfn, cmd, first, last in table:
            if int(netfn, 16) % 2 != is_response:
                continue
            request = f"{len(exchanges):02x} {int(netfn, 16) - is_response << 2:02x} {cmd}"
            response = f"{request[:2]} {(int(netfn, 16) | 1) << 2:02x} {cmd}"
            played, compared = (request, response) if role == "host" else (response, request)
            lines += [f"> {request} {'' if is_response else zeros}",
                      f"< {response} {zeros if is_response else '00'}"]
            exchanges.append((message(played if is_response else f"{played} 00"),
                              message(f"{compared} {other}")))
            first, last = int(first), int(last or first)
            ranges = [(1, first - 1), (last + 1, 16)]
            expected.append(f"({netfn}/{cmd}=" + ",".join(
                f"{low}" if low == high else f"{low}-{high}"
                for low, high in ranges if low <= high) + ")")
        lab.write("a", capture(*lines))
        program, peer = lab.play(role, "a")
        for played, compared in exchanges:
            if role == "host":
                peer.expect(played)
                peer.send(compared)
            else:
                peer.send(compared)
                peer.expect(played)
        peer.connection.shutdown(socket.SHUT_WR)
        output = program.finish()[1]
        told = re.findall(r"another re\w+ (\(.*\))\n", output)
        check(told == expected, role, told, expected, output)


def left_out(lab):
    """What is not whole, what a receiver drops and what goes the wrong way, or nobody
    knows which, is not played, which is told."""
    link = captures.Link()
    link.host(message("00 18 01"))
    link.host(message("01 18 02 00 00"), keep=4)
    link.host(message("02 18 03")[:-2] + b"\0\xa0")
    link.bmc(message("03 18 04"))
    link.record(None, [control(VERSION, 1)])
    link.bmc(message("00 1c 01 00"))
    lab.write("a", link.contents())
    program, bmc = lab.play("host", "a")
    bmc.expect(message("00 18 01"))
    bmc.send(message("00 1c 01 00"))
    check(bmc.frame() is None, "no end")
    program.check(0, counts("a", 1, 1), "ipmiplay: a: 4 messages are left out: not whole, or "
                  "dropped by their receiver\n")


def operations(lab):
    """As the BMC: what it did to a host by lines and operations, as registers have
    it, are control commands; not what was refused."""
    places = Places()
    kcs = Kcs(places, "kcs", HOST)
    for what, on in itertools.product((SMS_ATN, LINE_IRQ_ENABLE, LINE_ENABLE), (True, False)):
        kcs.line(what, on)
    for operation in range(8):
        kcs.hardware(operation)
        kcs.hardware(operation, ccode=0xd5)
    lab.write("a", places.contents())
    program, host = lab.play("bmc", "a")
    host.expect(*map(control, (ATTN_IRQ, NOATTN, ENABLE_IRQ, DISABLE_IRQ, ENABLE, DISABLE,
                               RESET, POWEROFF, GRACEFUL_SHUTDOWN, SEND_NMI)))
    host.close()
    program.check(0, counts("a", 10, 0))

    # As the host, it does not wait for them, and counts requests, which KCS does not.
    for command in 1, 2:
        kcs.exchange(bytes((0x18, command)), bytes((0x1c, command, 0)))
    lab.write("a", places.contents())
    program, bmc = lab.play("host", "a")
    for seq in 0, 1:
        bmc.expect(message(f"{seq:02x} 18 {seq + 1:02x}"))
        bmc.send(control(ATTN_IRQ), message(f"{seq:02x} 1c {seq + 1:02x} 00"))
    check(bmc.frame() is None, "no end")
    program.check(0, counts("a", 2, 2))


def refusals(lab):
    """As the host: a refusal has the name of what was refused, even where only the
    request says which command it is."""
    lab.write("a", capture("> 00 b0 02 dc 01 00 00", "< 00 b4 02 c1"))
    program, bmc = lab.play("host", "a")
    bmc.expect(message("00 b0 02 dc 01 00 00"))
    bmc.send(message("00 b4 02 cc"))
    program.check(1, r"a:2: another response \(2d/02=1\)\n- Get Power Reading: .* \(c1\)\n"
                  r"\+ Get Power Reading: .* \(cc\)\n" + counts("a", 1, 0, 1))


def responses(lab):
    """As the host: what does not come, what comes too late, and what nobody has
    asked for."""
    lab.write("a", capture("> 00 18 01", "> 01 18 02", "< 01 1c 02 00", "< 00 1c 01 00",
                           "> 02 18 03", "> 03 18 04", "< 03 1c 04 00"))

    def play(within):
        program, bmc = lab.play("host", "a", f"--within={within}")
        # Two at a time, in another order than recorded.
        bmc.expect(message("00 18 01"), message("01 18 02"))
        # A BMC may answer with another LUN.
        bmc.send(message("00 1d 01 00"))
        bmc.expect(message("02 18 03"), message("03 18 04"))
        # One without a response then, one too late, one for nobody
        bmc.send(message("02 1c 03 00"), message("01 1c 02 00"), message("77 1c 03 00"))
        check(bmc.frame() is None, "no end")
        output = program.check(1, rf"(?s)a:3: {NOTHING_CAME}.*")
        check(output.count("unexpected response") == 3, output)
        check(re.search(counts("a", 4, 1, 0, 2, 3), output), output)

    patiently(play)
    lab.write("b", capture("> 00 18 01", "< 00 1c 01 00"))
    program, bmc = lab.play("host", "b")
    bmc.expect(message("00 18 01"))
    bmc.send(message("77 1c 01 01"), message("00 1c 01 00"))
    program.check(1, r"b:1: unexpected response after this\n.*\n" + counts("b", 1, 1, 0, 0, 1))


def controls(lab):
    """As the host: control commands are awaited and compared, in any order; as the
    BMC they are played."""
    lab.write("a", capture("+", "<c ff 01", "<c 00", ">c ff 01", ">c 08 3f", "> 00 18 01",
                           "<c 05", "< 00 1c 01 00", "<c 02", "> 01 18 31", "< 01 1c 31 00",
                           "<c 00", ">c 04"))
    program, bmc = lab.play("host", "a", greeted=False)
    bmc.expect(*GREETINGS["host"])
    bmc.send(control(VERSION, 1), control(NOATTN))
    bmc.expect(message("00 18 01"))
    bmc.send(message("00 1c 01 00"), control(ATTN_IRQ), control(ENABLE_IRQ))
    bmc.expect(message("01 18 31"))
    bmc.send(message("01 1c 31 00"), control(NOATTN))
    bmc.expect(control(RESET))
    program.check(0, counts("a", 5, 7))

    def other_controls(within):
        program, bmc = lab.play("host", "a", f"--within={within}", greeted=False)
        bmc.expect(*GREETINGS["host"])
        bmc.send(control(VERSION), control(NOATTN))
        bmc.expect(message("00 18 01"))
        bmc.send(message("00 1c 01 00"), control(RESET), control(ENABLE_IRQ))
        bmc.expect(message("01 18 31"))
        bmc.send(message("01 1c 31 00"), control(NOATTN))
        bmc.expect(control(RESET))
        program.check(
            1, "a:2: another control command \\(VERSION\\)\n- VERSION 01\n\\+ VERSION\n"
            r"a:\d+: unexpected control command after this\n\+ RESET\n"
            rf"a:9: {NOTHING_CAME}- ATTN_IRQ\n" + counts("a", 5, 5, 1, 1, 1))

    patiently(other_controls)

    program, host = lab.play("bmc", "a", greeted=False)
    host.expect(*GREETINGS["bmc"])
    host.send(control(VERSION, 1), control(CAPABILITIES, 0x10), message("42 18 01"))
    host.expect(control(ENABLE_IRQ), message("42 1c 01 00"), control(ATTN_IRQ))
    host.send(message("43 18 31"))
    host.expect(message("43 1c 31 00"), control(NOATTN))
    host.send(control(RESET))
    program.check(1, "a:5: another control command \\(CAPABILITIES\\)\n- CAPABILITIES 3f, .*\n"
                  "\\+ CAPABILITIES 10, attn\n" + counts("a", 7, 4, 1))

    program, host = lab.play("bmc", "a", "--mask=CAPABILITIES", "--timing=fast", greeted=False)
    host.expect(*GREETINGS["bmc"])
    host.send(control(VERSION, 1), control(CAPABILITIES, 0x10), message("42 18 01"),
              message("43 18 31"), control(RESET))
    host.close()
    program.check(0, counts("a", 7, 5))


def requests(lab):
    """As the BMC: requests that are left out, that differ, that are others."""
    lab.write("a", capture("> 00 18 01", "< 00 1c 01 00 20", "> 01 18 02", "< 01 1c 02 00",
                           "> 02 18 05 11", "< 02 1c 05 00 22", "> 03 28 49 01 02 03 04",
                           "< 03 2c 49 00", "> 04 18 06", "< 04 1c 06 00"))
    # Further than 16 requests ahead, none is looked for.
    commands = [f"{number:02x} 18 {number:02x}" for number in range(0x10, 0x22)]
    lab.write("many", capture(*(f"> {command}" for command in commands)))
    for ahead, last in ((15, counts("many", 0, 1, 0, 17, 0)), (16, counts("many", 0, 0, 0, 18, 1))):
        program, host = lab.play("bmc", "many")
        host.send(message(commands[ahead]))
        host.close()
        program.check(1, f"(?s).*{last}")

    program, host = lab.play("bmc", "a")
    for sent, answer in (("50 18 05 11", "50 1c 05 00 22"), ("51 18 01", "51 1c 01 00 20"),
                         ("52 18 77", "52 1c 77 c1"), ("53 28 49 05 06 07 08", "53 2c 49 00"),
                         ("55 19 06", "55 1d 06 c1"), ("54 18 06 01", "54 1c 06 00")):
        host.send(message(sent))
        host.expect(message(answer))
    output = program.check(1, r"(?s)a:1: a request was left out\n- Get Device ID\n"
                           r"a:3: a request was left out\n- Cold Reset\n"
                           r"a:\d+: unexpected request after this\n\+ Get Device ID\n"
                           r"a:\d+: unexpected request after this\n\+ Unknown command 06/77\n"
                           r"a:\d+: unexpected request after this\n\+ Set ACPI Power State\n"
                           r"a:9: another request \(06/06=1\)\n.*")
    check(re.search(counts("a", 3, 2, 1, 2, 3), output), output)

    def silent(within):
        program, host = lab.play("bmc", "a", f"--within={within}")
        host.send(message("00 18 01"))
        host.expect(message("00 1c 01 00 20"))
        program.check(1, rf"a:3: {NOTHING_CAME}- Cold Reset\n"
                      + counts("a", 1, 1, 0, 1, 0, r"stopped at \d: "))

    patiently(silent)


def connections(lab):
    """Connections are closed and opened as in the capture; one that the peer
    closes too early is a difference."""
    lab.write("a", capture("+", ">c ff 01", ">c 08 01", "> 00 18 01", "< 00 1c 01 00", "-", "+",
                           ">c ff 01", ">c 08 01", "> 01 18 01", "< 01 1c 01 00"))
    greetings = control(VERSION, 1), control(CAPABILITIES, 1)
    listener, address = lab.listen()
    program = Program(lab, "host", "a", "--connect", address)
    for seq in 0, 1:
        bmc = Peer(listener.accept()[0])
        bmc.expect(*greetings, message(f"{seq:02x} 18 01"))
        start = time.monotonic()
        bmc.send(message(f"{seq:02x} 1c 01 00"))
        check(bmc.connection.recv(1) == b"", "no end")
        # The BMC has a second to close the connection before there is another.
        too_early = select.select([listener], [], [], 0.2)[0]
        check(not too_early or time.monotonic() - start >= 1, "another connection too early")
        bmc.close()
    program.check(0, counts("a", 6, 2))

    program = Program(lab, "host", "a", "--connect", address)
    bmc = Peer(listener.accept()[0])
    bmc.expect(*greetings, message("00 18 01"))
    bmc.close()
    bmc = Peer(listener.accept()[0])
    bmc.expect(*greetings, message("01 18 01"))
    bmc.send(message("01 1c 01 00"))
    program.check(1, "a:5: the connection was closed, 1 before its end\n- Get Device ID: OK\n"
                  + counts("a", 6, 1, 0, 1))

    # What was asked on one is not answered on the next.
    lab.write("b", capture("> 00 18 01", "-", "+", "< 00 1c 01 00", "> 01 18 02", "< 01 1c 02 00"))
    program = Program(lab, "host", "b", "--connect", address)
    bmc = Peer(listener.accept()[0])
    bmc.expect(*GREETINGS["host"], message("00 18 01"))
    bmc.close()
    bmc = Peer(listener.accept()[0])
    bmc.expect(*GREETINGS["host"], message("01 18 02"))
    bmc.send(message("01 1c 02 00"))
    check(bmc.frame() is None, "no end")
    program.check(0, counts("b", 2, 1))

    def gone(within):
        listener, address = lab.listen()
        program = Program(lab, "host", "a", "--connect", address, f"--within={within}")
        bmc = Peer(listener.accept()[0])
        listener.close()
        bmc.expect(*greetings, message("00 18 01"))
        bmc.send(message("00 1c 01 00"))
        program.check(1, "a:7: no other connection: .*\n"
                      + counts("a", 3, 1, 0, 1, 0, r"stopped at 7: "))

    patiently(gone)


def took(lab, role, *arguments):
    """How long ipmiplay takes as role against itself, which is fast, in seconds."""
    other = "host" if role == "bmc" else "bmc"
    peer = Program(lab, other, "a", "--timing=fast",
                   "--listen" if other == "bmc" else "--connect", "unix:a.sock")
    output = Program(lab, role, "a", *arguments,
                     "--listen" if role == "bmc" else "--connect", "unix:a.sock").check(
                         0, counts("a", 2, 2))
    peer.check(0, counts("a", 2, 2))
    return float(re.search(r" in (\d+\.\d+) s", output)[1])


def paused(before_response, before_request):
    """A capture with pauses of so many seconds."""
    return capture("> 00 18 01", f"pause {before_response}", "< 00 1c 01 00",
                   f"pause {before_request}", "> 01 18 01", "< 01 1c 01 00")


def timing(lab):
    """The pauses of the capture are kept, or not."""
    for role, least in ("host", 0.8), ("bmc", 0.5):
        for arguments in (), ("--timing=original",):
            lab.write("a", paused(0.5, 0.8))
            check(took(lab, role, *arguments) >= least, role, "did not wait")
        lab.write("a", paused(100, 100))
        check(took(lab, role, "--timing=fast") < 100, role, "waits")

    # The peer may take as long as then, and --within more.
    listener, _ = lab.listen()
    with socket.create_connection(listener.getsockname()) as connection:
        program = Program(lab, "host", "a", "--listen", f"fd:{listener.fileno()}",
                          "--within=1ms", descriptors=(listener.fileno(),))
        bmc = Peer(connection)
        bmc.expect(*GREETINGS["host"], message("00 18 01"))
        time.sleep(0.2)
        bmc.send(message("00 1c 01 00"))
        # It has 100 s to wait now, but not for one that has gone.
        bmc.connection.shutdown(socket.SHUT_WR)
        check(bmc.frame() is None, "no end")
        program.check(1, "a:3: the connection was closed, 2 before its end\n- Get Device ID\n"
                      + counts("a", 1, 1, 0, 1))


def step(lab):
    """Each message of ours waits for Enter; the end of the input stops."""
    lab.write("a", capture("> 00 18 01", "< 00 1c 01 00", "> 01 18 08", "< 01 1c 08 00",
                           "> 02 18 07"))
    program, bmc = lab.play("host", "a", "--timing", "step", stdin=subprocess.PIPE)

    def says(line):
        got = program.process.stderr.readline()
        check(got == line + "\n", "it says", repr(got), "and not", line)

    says("Enter sends > Get Device ID")
    bmc.connection.settimeout(0.3)
    try:
        check(bmc.frame() is None, "it does not wait for Enter")
        check(False, "it has ended")
    except TimeoutError:
        bmc.connection.settimeout(PATIENCE)
    # An Enter that comes early is that of the next message.
    program.process.stdin.write("yes\n\n")
    program.process.stdin.flush()
    bmc.expect(message("00 18 01"))
    bmc.send(message("00 1c 01 00"))
    says("< Get Device ID: OK")
    says("Enter sends > Get Device GUID")
    bmc.expect(message("01 18 08"))
    bmc.send(message("01 1c 08 00"))
    says("< Get Device GUID: OK")
    says("Enter sends > Get ACPI Power State")
    program.process.stdin.close()
    program.process.stdin = None
    check(bmc.frame() is None, "no end")
    program.check(1, counts("a", 2, 2, 0, 0, 0, "stopped at 5: "))


def reservations(lab):
    """As the host: reservation IDs are those that the BMC gives today."""
    lab.write("a", capture("> 00 28 42", "< 00 2c 42 00 11 22", "> 01 28 43 11 22 00 00 00 ff",
                           "< 01 2c 43 00 ff ff", "> 02 28 47 33 22 43 4c 52 00",
                           "< 02 2c 47 c5", "> 03 28 22", "< 03 2c 22 00 44 55",
                           "> 04 28 23 44 55 00 00 00 05", "< 04 2c 23 00 ff ff"))
    program, bmc = lab.play("host", "a")
    for request, response in (
            ("00 28 42", "00 2c 42 00 aa bb"), ("01 28 43 aa bb 00 00 00 ff", "01 2c 43 00 ff ff"),
            ("02 28 47 33 22 43 4c 52 00", "02 2c 47 c5"), ("03 28 22", "03 2c 22 00 66 77"),
            ("04 28 23 66 77 00 00 00 05", "04 2c 23 00 ff ff")):
        bmc.expect(message(request))
        bmc.send(message(response))
    program.check(0, counts("a", 5, 5))

    # Those of a capture, where it gives none
    program, bmc = lab.play("host", "a")
    bmc.expect(message("00 28 42"))
    bmc.send(message("00 2c 42 c1"))
    bmc.expect(message("01 28 43 11 22 00 00 00 ff"))
    bmc.close()
    check(program.finish()[0] == 1, "no difference")


def refused(lab):
    """Captures and options that cannot be."""
    lab.write("a", capture(*EXCHANGE))
    lab.write("empty", capture())
    lab.write("s", "send 18 01\n")
    with open(os.path.join(lab.folder, "long"), "wb") as file:
        file.write(b"send 18 01\n")
        file.truncate(100_100_000)
    lab.write("packed", gzip.compress(capture(*EXCHANGE)))
    for name, arguments, status, told in (
            ("empty", (), 2, "empty has nothing that could be played"),
            ("a", ("--point=eth0",), 2, "'eth0' is not the name or number of one"),
            ("a", ("--point", "7"), 2, "'7' is not the name"),
            ("a", ("--timing=slow",), 2, "'slow' is no timing"),
            ("a", ("--mask=07/01",), 2, "'07/01' is not a mask"),
            ("a", ("--mask", "47/01=1"), 2, "'47/01=1' is not a mask"),
            ("a", ("--mask", "07/01=0"), 2, "'07/01=0' is not a mask"),
            ("a", ("--mask", "07/01=3-2"), 2, "'07/01=3-2' is not a mask"),
            ("a", ("--mask", "07/01=2,"), 2, "'07/01=2,' is not a mask"),
            ("s", ("--exact",), 2, "s is a script"),
            ("s", ("--timing=fast",), 2, "s is a script"),
            ("long", (), 2, "too long for a script"),
            ("packed", (), 3, "cannot read packed: it is compressed"),
            (os.path.join(SAMPLES, "inside-kcs.pcapng"), (), 2, "BMC's side, VM the-bmc)\n"
             "  1  /machine/peripheral-anon/device[0] (isa-ipmi-kcs: KCS registers, host's"),
            ("-", ("--timing=step",), 2, "write what it has to a file first")):
        program = Program(lab, "host", name, "--connect", "unix:absent", *arguments)
        got, output, errors = program.finish()
        check(got == status and not output and told in errors, name, arguments, got, errors)
    lab.write("cut", capture(*EXCHANGE)[:-10])
    program, bmc = lab.play("host", "cut")
    for i in 0, 1:
        bmc.expect(message(("00 18 01", "01 28 48")[i]))
        bmc.send(message(("00 1c 01 00 20 01 02", "01 2c 48 00 01 02 03 04")[i]))
    bmc.expect(message("02 18 08 55"))
    bmc.send(message("02 1c 08 00"))
    status, output, errors = program.finish()
    check(status in (0, 1) and "3 sent, 2 as recorded" in output, status, output)
    check(errors == "ipmiplay: cut ends in the middle of a packet\n", errors)


def piped(lab):
    """Captures and scripts come from pipes, also a byte at a time."""
    name = "standard input"
    for content, ccode, status, told in (
            (capture("> 00 18 01", "< 00 1c 01 00"), "00", 0, counts(name, 1, 1)),
            (b"send 18 01\nexpect 1c 01 00\n", "c1", 1,
             rf"{name}:2: expected 1c 01 00, got 1c 01 c1\n{name}: 1 sent, .*\n")):
        listener, address = lab.listen()
        program = Program(lab, "host", "-", "--connect", address, stdin=subprocess.PIPE)
        for byte in content:
            os.write(program.process.stdin.fileno(), bytes([byte]))
        program.process.stdin.close()
        program.process.stdin = None
        bmc = Peer(listener.accept()[0])
        bmc.expect(*GREETINGS["host"], message("00 18 01"))
        bmc.send(message(f"00 1c 01 {ccode}"))
        check(bmc.frame() is None, "no end")
        program.check(status, told)


def damaged(lab):
    """No capture does harm: damaged ones are played or refused."""
    source = random.Random(6)
    names = [name for name in sorted(os.listdir(SAMPLES))
             if name.endswith((".pcap", ".pcapng"))]
    for name in source.sample(names, 25):
        with open(os.path.join(SAMPLES, name), "rb") as file:
            content = bytearray(file.read())
        for _ in range(source.randrange(1, 20)):
            content[source.randrange(len(content))] = source.randrange(256)
        lab.write("damaged", bytes(content))
        for (status, _, errors) in both_sides(lab, os.path.join(lab.folder, "damaged"),
                                              "--within=200ms"):
            check(status in (0, 1, 2, 3) and "ERROR" not in errors and "runtime error" not in errors,
                  name, status, errors)


def noise(lab):
    """No peer does harm: right and damaged frames, at random, to either side."""
    source = random.Random(7)
    lab.write("a", capture("+", ">c ff 01", "<c ff 01", "<c 00", *EXCHANGE, "<c 02",
                           "> 03 18 31", "< 03 1c 31 00 01", "<c 00"))

    def disturb(role, within):
        program, peer = lab.play(role, "a", "--timing=fast", f"--within={within}", greeted=False)
        for _ in range(50):
            frame = bytearray(source.choice((
                message("00 18 01"), message("00 1c 01 00"), message("03 18 31"), control(ATTN_IRQ),
                message("01 2c 48 c1"), control(CAPABILITIES, 0xa0), message("77 18"), b"\xa0")))
            if source.random() < 0.3:
                frame[source.randrange(len(frame))] = source.randrange(256)
            peer.send(bytes(frame))
        peer.close()
        status, output, errors = program.finish()
        check(status in (0, 1) and " sent, " in output.splitlines()[-1] and
              "runtime error" not in errors, role, status, output, errors)

    for role in ["host", "bmc"] * 10:
        patiently(lambda within, role=role: disturb(role, within))


CASES = {case.__name__: case for case in (
    samples, different, masks, left_out, operations, refusals, responses, controls, requests, connections, timing, step, reservations,
    refused, piped, damaged, noise)}

if __name__ == "__main__":
    run_cases(CASES, sys.argv[1:])
