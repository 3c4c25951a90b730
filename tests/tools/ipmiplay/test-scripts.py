#!/usr/bin/env python3
"""Plays scripts with ipmiplay, as either side, against peers that do what the
test says.

usage: test-scripts.py IPMIPLAY CASE

SPDX-License-Identifier: GPL-2.0-or-later
"""

import ast
import os
import re
import select
import signal
import socket
import sys
import time

from players import GREETINGS, PATIENCE, ROOT, Peer, Program, check, message, patiently, run_cases
# Not before, since players knows where it is.
from frames import ATTN, ATTN_IRQ, CAPABILITIES, NOATTN, VERSION, control

COUNTS = r"{} in \d+\.\d{{3}} s \(\d+\.\d requests/s\)\n"


def counts(name, sent, passed, failed, what="sent"):
    """The last line."""
    return re.escape(name) + ": " + COUNTS.format(
        f"{sent} {what}, {passed} passed, {failed} failed")


def refusals():
    """Scripts that the emulator's player refuses, and its words: from the table
    in the test of its parser."""
    folder = os.path.join(ROOT, "qemu-patches")
    name, = (name for name in os.listdir(folder) if "language-of-host-scripts" in name)
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        added = "".join(line[1:] for line in file if line.startswith("+"))
    table = re.search(r"\} bad\[\] = \{(.*?)\n\};", added, re.DOTALL)[1]
    string = r'"(?:[^"\\]|\\.)*"'
    for entry in re.finditer(rf"\{{\s*({string}),\s*((?:{string}\s*)+)\}}", table):
        yield tuple("".join(ast.literal_eval(part.replace(r"\?", "?"))
                            for part in re.findall(string, text))
                    for text in entry.groups())


def refused(lab):
    """Bad scripts are refused in the words of the emulator's player."""
    cases = list(refusals())
    check(len(cases) > 50, "the emulator's test has", len(cases), "cases")
    for text, expected in cases:
        lab.write("s", text)
        Program(lab, "host", "s", "--connect", "tcp::1").check(
            2, "", f"ipmiplay: {expected}\nTry 'ipmiplay --help'.\n")
    status, output, errors = Program(lab, "bmc", "nothing", "--listen", "tcp::0").finish()
    check(status == 3 and not output and "nothing" in errors, status, output, errors)


def wrong_arguments(lab):
    """Mistakes on the command line are told with a remedy."""
    lab.write("s", "send 18 01\n")
    for arguments, told in (
            ((), "say what to play"), (("host",), "say what to play"),
            (("host", "s", "s"), "say what to play"),
            (("guest", "s"), "'guest' cannot be played"),
            (("host", "s"), "--connect or --listen"),
            (("host", "s", "--connect", "tcp::1", "--listen", "tcp::2"), "--connect or --listen"),
            (("host", "s", "--connect", "somewhere"), "unix:PATH, tcp:HOST:PORT or fd:N"),
            (("host", "s", "--connect", "tcp::1", "--within", "3"), "'3' is not a time"),
            (("host", "s", "--colour"), "--colour")):
        status, output, errors = Program(lab, *arguments).finish()
        check(status == 2 and not output and told in errors and "--help" in errors,
              arguments, status, output, errors)


def nobody_there(lab):
    """A peer that is not there is a failure of the environment."""
    lab.write("s", "send 18 01\n")
    status, output, errors = Program(lab, "host", "s", "--connect", "unix:absent",
                                     "--within", "200ms").finish()
    check(status == 3 and not output and "unix:absent" in errors, status, output, errors)
    # One that has more connections waiting than it takes
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    address = "tcp:127.0.0.1:{1}".format(*listener.getsockname())
    waiting = [socket.socket() for _ in range(3)]
    for connection in waiting:
        connection.setblocking(False)
        connection.connect_ex(listener.getsockname())
    Program(lab, "host", "s", "--connect", address, "--within", "200ms").check(
        3, "", f"ipmiplay: cannot connect to {address}: there is no answer\n")
    program = Program(lab, "host", "s", "--connect", address, "--within", "1h")
    program.await_signals()
    program.stop(signal.SIGTERM)
    program.check(3, "", "ipmiplay: stopped before the peer was there\n")
    start = time.monotonic()
    Program(lab, "bmc", "s", "--listen", "unix:here", "--within", "0s").check(
        3, "", "ipmiplay: nobody has connected to unix:here\n")
    check(time.monotonic() - start < PATIENCE, "it has waited")
    Program(lab, "bmc", "s", "--listen", "unix:here", "--within", "200ms").check(
        3, "", "ipmiplay: nobody has connected to unix:here\n")
    check(not os.path.exists(os.path.join(lab.folder, "here")), "the socket is still there")
    program = Program(lab, "bmc", "s", "--listen", "unix:here")
    program.await_signals()
    program.stop(signal.SIGTERM)
    program.check(3, "", "ipmiplay: stopped before the peer was there\n")


def inherited(lab):
    """Sockets that it is started with; and it says where it listens, and who can
    reach that."""
    lab.write("s", "send 18 01\n")
    ours, theirs = socket.socketpair()
    program = Program(lab, "host", "s", "--connect", f"fd:{theirs.fileno()}",
                      descriptors=(theirs.fileno(),))
    theirs.close()
    bmc = Peer(ours)
    bmc.expect(*GREETINGS["host"], message("00 18 01"))
    bmc.send(message("00 1c 01 00"))
    program.check(0, counts("s", 1, 1, 0))

    listener, _ = lab.listen()
    program = Program(lab, "bmc", "s", "--listen", f"fd:{listener.fileno()}",
                      descriptors=(listener.fileno(),))
    host = Peer(socket.create_connection(listener.getsockname()))
    host.expect(*GREETINGS["bmc"])
    host.send(message("00 18 01"))
    host.expect(message("00 1c 01 00"))
    host.close()
    program.check(0, counts("s", 1, 1, 0, "answered"))

    program = Program(lab, "bmc", "s", "--listen", "tcp::0")
    where = re.fullmatch(r"ipmiplay: listens on tcp:127\.0\.0\.1:(\d+)\n",
                         program.process.stderr.readline())
    check(where, "it does not say where")
    host = Peer(socket.create_connection(("127.0.0.1", int(where[1]))))
    host.expect(*GREETINGS["bmc"])
    program.stop()
    program.check(1, r"s: stopped at line 1: .*\n")

    status, _, errors = Program(lab, "bmc", "s", "--listen", "tcp:0.0.0.0:0",
                                "--within=1ms").finish()
    check(status == 3 and "other machines" in errors, status, errors)


def judged(lab):
    """As the host: what counts as which response, and how a failure is told."""
    lab.write("s", """
        send 18 01
        expect 1c 01 00 20 ... within 60s
        send 18 02
        expect 1C 02 ?? 2? within 60s
        send 18 03
        send 18 04 aa
        expect none for 60s
        send 18 05
        expect 1c 05 00 within 100ms
        send 18 06
        expect none for 100ms
        send 18 07
        expect 1c 07 00 within 60s
        send 18 08
        """)
    program, bmc = lab.play("host", "s")
    bmc.expect(message("00 18 01"))
    bmc.send(message("00 1c 01 00 20 a0 a1"))
    bmc.expect(message("01 18 02"))
    bmc.send(message("01 1c 02 c1 30"))
    bmc.expect(message("02 18 03"))
    bmc.send(message("02 1c 03 ff"))
    bmc.expect(message("03 18 04 aa"))
    bmc.send(message("03 1c 04 00 aa"))
    bmc.expect(message("04 18 05"), message("05 18 06"), message("06 18 07"))
    # Too late for 18 05; then for nobody; then what a receiver drops.
    bmc.send(message("04 1c 05 00"), message("77 1c 07 00"), message("06 1c 07 01")[:-2] + b"\0\xa0",
             message("06 18 07"), message("06 1c 07 00"))
    bmc.expect(message("07 18 08"))
    bmc.send(message("07 1c 08 d5"))
    check(bmc.frame() is None, "no end")
    program.check(1, "s:5: expected 1C 02 \\?\\? 2\\?, got 1c 02 c1 30\n"
                  "s:8: expected no response, got 1c 04 00 aa\n"
                  "s:10: expected 1c 05 00, got no response within 100 ms\n"
                  + counts("s", 8, 5, 3),
                  "ipmiplay: dropped what the peer sent, its checksum is wrong: "
                  "06 1c 07 01 00 a0\n"
                  "ipmiplay: dropped what the peer sent, a BMC sends no requests: "
                  "06 18 07 db a0\n")


def lost_output(lab):
    """What cannot be printed is no success."""
    lab.write("s", "send 18 01\n")
    with open("/dev/full", "w", encoding="ascii") as full:
        program, bmc = lab.play("host", "s", stdout=full)
    bmc.expect(message("00 18 01"))
    bmc.send(message("00 1c 01 00"))
    check(bmc.frame() is None, "no end")
    status, _, errors = program.finish()
    check(status == 3 and "takes no more" in errors, status, errors)


def reset(lab):
    """As the host: a connection that is closed is a reset of the BMC."""
    lab.write("s", """send 18 01
        expect 1c 01 00
        send 18 02
        send 18 03
        expect none for 60s
        wait ready within 60s
        wait noattn within 1us
        send 18 04
        expect 1c 04 00 within 60s
        wait attn within 60s
        """)
    listener, address = lab.listen()
    program = Program(lab, "host", "s", "--connect", address)
    # What wants attention then does not after it.
    for seq, request in enumerate(("18 01", "18 02", "18 03")):
        bmc = Peer(listener.accept()[0])
        bmc.expect(*GREETINGS["host"], message(f"{seq:02x} {request}"))
        bmc.send(control(ATTN))
        bmc.close()
    bmc = Peer(listener.accept()[0])
    bmc.expect(*GREETINGS["host"], message("03 18 01"))
    bmc.send(message("03 1c 01 c0"))
    seq = bmc.answer_ready("18 04")
    bmc.send(message(f"{seq:02x} 1c 04 00"), control(ATTN_IRQ))
    program.check(1, "s:2: expected 1c 01 00, got no response: the connection was closed\n"
                  + counts("s", 4, 6, 1))


def unsent(lab):
    """As the host: no response to what could not be sent is no silence."""
    lab.write("s", "send 18 01\nsend 18 02\nexpect none for 1us\nsend 18 03\nexpect 1c 03 00 within 2us\n")
    listener, address = lab.listen()
    program = Program(lab, "host", "s", "--connect", address)
    bmc = Peer(listener.accept()[0])
    listener.close()
    bmc.expect(*GREETINGS["host"], message("00 18 01"))
    bmc.close()
    program.check(1, "s:3: expected no response, got no connection within 1 us\n"
                  "s:5: expected 1c 03 00, got no connection within 2 us\n" + counts("s", 1, 1, 2))


def attention(lab):
    """As the host: SMS_ATN is what the BMC said last, and nothing at first."""
    lab.write("s", """wait noattn
        wait attn
        send 18 31
        wait attn
        wait noattn within 30s
        send 18 32
        wait attn within 20ms
        wait noattn
        wait attn within 1500us
        """)
    program, bmc = lab.play("host", "s")
    bmc.send(control(VERSION, 1), control(NOATTN), control(ATTN))
    bmc.expect(message("00 18 31"))
    bmc.send(message("00 1c 31 00"), control(NOATTN))
    bmc.expect(message("01 18 32"))
    bmc.send(message("01 1c 32 00"))
    program.check(1, "s:7: SMS_ATN was not set within 20 ms\n"
                  "s:9: SMS_ATN was not set within 1500 us\n" + counts("s", 2, 7, 2))


def ready(lab):
    """As the host: "wait ready" waits for the connection, too, and a BMC that is
    not ready in time ends the script."""
    lab.write("s", "wait ready within 60s\nsend 18 04\n")
    program = Program(lab, "host", "s", "--connect", "unix:bmc", "--within", "1us")
    with socket.socket(socket.AF_UNIX) as listener:
        time.sleep(0.2)         # so that it has tried in vain
        listener.bind(os.path.join(lab.folder, "bmc"))
        listener.listen()
        listener.settimeout(PATIENCE)
        bmc = Peer(listener.accept()[0])
        bmc.expect(*GREETINGS["host"])
        bmc.send(message(f"{bmc.answer_ready('18 04'):02x} 1c 04 00"))
        program.check(0, counts("s", 1, 2, 0))

    # The connection is not part of it.
    lab.write("s", "wait ready within 1us\n")
    program, bmc = lab.play("host", "s")
    while bmc.frame():
        pass
    program.check(1, "s:1: the firmware was not ready within 1 us: the script ends here\n"
                  + counts("s", 0, 0, 1))

    # It asks once a second at most.
    lab.write("s", "send 18 01\nwait ready within 300ms\nsend 18 02\n")
    program, bmc = lab.play("host", "s")
    bmc.expect(message("00 18 01"))
    bmc.send(message("00 1c 01 00"))
    frame = bmc.frame()
    if frame:
        check(frame == message("01 18 01"), frame.hex(" "))
        bmc.send(message("01 1c 01 d5"))
        check(bmc.frame() is None, "it asked more than once")
    program.check(1, "s:2: the firmware was not ready within 300 ms: the script ends here\n"
                  + counts("s", 1, 1, 1))


def duration(text):
    """What the last line says of the time, in seconds."""
    return float(re.search(r" in (\d+\.\d+) s", text)[1])


def timing(lab):
    """As the host: rate, delay and repeat take the time that they must, at
    least."""
    lab.write("bmc", "repeat forever\nsend 18 01\nend\n")
    for script, least, sent in (
            ("rate 50\nrepeat 6\nsend 18 01\nend\nrate max\nsend 18 01", 0.1, 7),
            ("repeat 5\nsend 18 01\ndelay 40ms\nend", 0.2, 5),
            ("send 18 01\nrepeat for 200ms\ndelay 1ms\nend", 0.2, 1),
            ("repeat 2\nrepeat 3\nsend 18 01\nend\nend", 0, 6)):
        lab.write("s", script)
        stub = Program(lab, "bmc", "bmc", "--listen", "unix:bmc.sock")
        output = Program(lab, "host", "s", "--connect", "unix:bmc.sock").check(
            0, counts("s", sent, sent, 0))
        check(duration(output) >= least, repr(script), output)
        stub.stop()
        stub.check(0, r"bmc: stopped at line \d: " + COUNTS.format(
            f"{sent} answered, {sent} passed, 0 failed"))


def stopped(lab):
    """SIGINT ends it in good order, with the right exit status."""
    def at(line, sent, passed, failed):
        return rf"s: stopped at line {line}: " + COUNTS.format(
            f"{sent} sent, {passed} passed, {failed} failed")

    for script, ccode, status, told in (
            ("send 18 01\ndelay 100s", "00", 1, at(2, 1, 1, 0)),
            ("repeat forever\nsend 18 01\nexpect 1c 01 00\ndelay 100s\nend", "00", 0,
             at(4, 1, 1, 0)),
            ("repeat forever\nsend 18 01\nexpect 1c 01 00\ndelay 100s\nend", "c1", 1,
             "s:3: expected 1c 01 00, got 1c 01 c1\n" + at(4, 1, 0, 1)),
            ("send 18 01\nwait attn\nrepeat forever\ndelay 1s\nend", "00", 1, at(2, 1, 1, 0)),
            ("repeat forever\nwait noattn\nend\n", None, 0, at(3, 0, r"\d+", 0))):
        lab.write("s", script)
        program, bmc = lab.play("host", "s")
        if ccode:
            bmc.expect(message("00 18 01"))
            # It tells when it has dropped what comes behind the response.
            bmc.send(message(f"00 1c 01 {ccode}"), message("00 18 01"))
            check("dropped" in program.process.stderr.readline(), "it has dropped nothing")
        program.stop()
        program.check(status, told)

    # As the BMC, also in a repeat that waits for nothing
    for script, line in ("wait noattn", 3), ("delay 100s", 2):
        lab.write("s", f"repeat forever\n{script}\nend\n")
        program, _ = lab.play("bmc", "s")
        program.stop(signal.SIGHUP)
        program.check(0, f"s: stopped at line {line}: " + COUNTS.format(
            r"0 answered, \d+ passed, 0 failed"))


def stub(lab):
    """As the BMC: what it answers, in turn and out of turn."""
    lab.write("s", """
        send 18 01
        expect 1c 01 00 2? ?1 ??
        wait attn
        wait attn
        send 18 31 aa
        wait noattn
        send 18 33
        expect none for 100s
        send 28 40
        expect ...
        send 28 41 01
        expect ?? 4? d?
        """)
    program, host = lab.play("bmc", "s")
    host.send(control(VERSION, 1), control(CAPABILITIES, 0x3f), message("10 18 01"))
    host.expect(message("10 1c 01 00 20 01 00"), control(ATTN_IRQ))
    host.send(message("a0 18 01"))
    host.expect(message("a0 1c 01 00 20 01 00"))
    host.send(message("12 19 55"))
    host.expect(message("12 1d 55 c1"))
    host.send(message("13 18 31 aa"))
    host.expect(message("13 1c 31 00"), control(NOATTN))
    host.send(message("14 18 33"), message("15 28 40"), message("16 18 31 aa"))
    host.expect(message("15 2c 40 00"), message("16 1c 31 c1"))
    host.send(message("17 28 41 01"))
    host.expect(message("17 2c 41 d0"))
    program.check(1, "s:6: expected 18 31 aa, got 18 01\n"
                  "s:6: expected 18 31 aa, got 19 55\n"
                  "s:12: expected 28 41 01, got 18 31 aa\n"
                  + counts("s", 7, 8, 3, "answered"))

    # It waits for a host that is later than firmware may be.
    lab.write("s", "wait ready within 1us\nsend 18 02\n")
    program, host = lab.play("bmc", "s")
    time.sleep(0.1)
    host.send(message("00 18 01"), message("01 18 02"))
    host.expect(message("00 1c 01 00 20 01 01 00 02 00 00 00 00 00 00"), message("01 1c 02 00"))
    host.close()
    program.check(0, counts("s", 2, 2, 0, "answered"))


def stub_delay(lab):
    """As the BMC: it waits as long as the script says, or until the host goes on."""
    lab.write("s", """send 18 01
        delay 200ms
        wait attn
        send 18 02
        expect none for 200ms
        wait noattn
        delay 1000s
        wait attn
        send 18 03
        """)
    program, host = lab.play("bmc", "s")
    for request, control_command in ("01", ATTN_IRQ), ("02", NOATTN):
        sent = time.monotonic()
        host.send(message(f"00 18 {request}"))
        if request == "01":
            host.expect(message("00 1c 01 00"))
        host.expect(control(control_command))
        check(time.monotonic() - sent >= 0.2, request, "it did not wait")
    host.send(message("00 18 03"))
    host.expect(control(ATTN_IRQ), message("00 1c 03 00"))
    host.close()
    program.check(0, counts("s", 2, 6, 0, "answered"))


def silent_host(lab):
    """As the BMC: a host that comes back, and one that does not."""
    # It has closed the connection before its answer: it does not begin anew.
    lab.write("s", "repeat for 1ms\nsend 18 01\nend\n")
    program, host = lab.play("bmc", "s")
    host.send(message("00 18 01"))
    host.connection.shutdown(socket.SHUT_WR)
    host.expect(message("00 1c 01 00"))
    program.check(0, counts("s", 1, 1, 0, "answered"))

    # A script that goes on forever waits as long.
    lab.write("s", "repeat forever\nsend 18 01\nend\n")
    listener, _ = lab.listen()
    with socket.create_connection(listener.getsockname()) as connection:
        program = Program(lab, "bmc", "s", "--listen", f"fd:{listener.fileno()}",
                          "--within", "1ms", descriptors=(listener.fileno(),))
        host = Peer(connection)
        host.expect(*GREETINGS["bmc"])
        time.sleep(0.1)
        host.send(message("00 18 01"))
        host.expect(message("00 1c 01 00"))
        program.stop()
        program.check(0, r"s: stopped at line [23]: " + COUNTS.format(
            "1 answered, 1 passed, 0 failed"))

    lab.write("s", "send 18 01\nwait attn\nsend 18 02\nsend 18 03\n")

    def play(within):
        listener = socket.create_server(("127.0.0.1", 0))
        program = Program(lab, "bmc", "s", "--listen", f"fd:{listener.fileno()}",
                          "--within", within, descriptors=(listener.fileno(),))
        for request, attention_then in ("01", NOATTN), ("02", ATTN_IRQ):
            with socket.create_connection(listener.getsockname()) as connection:
                host = Peer(connection)
                host.expect(control(VERSION, 1), control(attention_then))
                host.send(message(f"00 18 {request}"))
                host.expect(message(f"00 1c {request} 00"))
        program.check(1, r"s:4: expected 18 03, got no request within \d+ m?s: the script ends here\n"
                      + counts("s", 2, 3, 1, "answered"))

    patiently(play)


def mirror(lab):
    """Both sides play the same script, and find nothing amiss."""
    with open(os.path.join(ROOT, "tests", "host-sim", "firmware.ipmi"), encoding="ascii") as file:
        text = file.read()
    lab.write("firmware.ipmi", text)
    lab.write("for.ipmi", "repeat for 300ms\nsend 18 01\nsend 18 02\nend\nsend 18 02\n"
              "repeat for 100ms\nsend 18 03\nend\n")
    for name, sent in ("firmware.ipmi", 1030), ("for.ipmi", None):
        bmc = Program(lab, "bmc", name, "--listen", "unix:bmc.sock")
        output = Program(lab, "host", name, "--connect", "unix:bmc.sock").check(
            0, re.escape(name) + r": \d+ sent, \d+ passed, 0 failed in .*\n")
        check(sent is None or f" {sent} sent, {sent + 4} passed" in output, output)
        bmc.check(0, re.escape(name) + r": \d+ answered, \d+ passed, 0 failed in .*\n")


def documented(lab):
    """The whole example of docs/host-script.md is a script."""
    with open(os.path.join(ROOT, "docs", "host-script.md"), encoding="utf-8") as file:
        text = file.read()
    example = re.search(r"## A whole example\n+```\n(.*?)```", text, re.DOTALL)[1]
    lab.write("example.ipmi", example)
    program, bmc = lab.play("host", "example.ipmi")
    bmc.expect(message("00 18 01"))
    program.stop()
    program.check(1, r"example\.ipmi: stopped at line 3: 0 sent, 0 passed, 0 failed .*\n")


def does_not_read(lab):
    """As the BMC: a host that does not read its answers costs no memory."""
    lab.write("s", "repeat forever\nsend 18 01\nexpect 1c 01 00" + " aa" * 297 + "\nend\n")
    program, host = lab.play("bmc", "s", greeted=False)
    requests = message("00 18 01") * 1000
    try:
        for _ in range(5000):       # 3 GB of answers
            host.connection.sendall(requests)
        check(False, "the connection stays")
    except ConnectionError:
        pass
    program.stop()
    status, _, errors = program.finish()
    check(status == 0 and "does not read" in errors, status, errors)


def reads_late(lab):
    """As the BMC: a host that reads its answers later gets all of them, and the last
    of them before the end of the connection."""
    lab.write("s", "repeat 800\nsend 18 01\nexpect 1c 01 00" + " 55" * 297 + "\nend\n")
    ours, theirs = socket.socketpair()
    program = Program(lab, "bmc", "s", "--connect", f"fd:{theirs.fileno()}",
                      descriptors=(theirs.fileno(),))
    theirs.close()
    host = Peer(ours)
    # It has answered some hundred before it says that it has dropped the last.
    host.send(message("00 18 01") * 800, message("00 1c 01 00"))
    check("dropped" in program.process.stderr.readline(), "it has dropped nothing")
    host.expect(*GREETINGS["bmc"], *[message("00 1c 01 00" + " 55" * 297)] * 800)
    program.check(0, counts("s", 800, 800, 0, "answered"))

    lab.write("s", "send 18 01\n")
    ours, theirs = socket.socketpair()
    program = Program(lab, "bmc", "s", "--connect", f"fd:{theirs.fileno()}",
                      descriptors=(theirs.fileno(),))
    theirs.close()
    host = Peer(ours)
    end = select.poll()
    end.register(ours, select.POLLRDHUP)
    start = time.monotonic()
    host.send(message("00 18 01"))
    # It waits ten seconds for a host that reads nothing.
    check(not end.poll(2500) or time.monotonic() - start >= 10, "it did not wait for the host")
    host.expect(*GREETINGS["bmc"], message("00 1c 01 00"))
    program.check(0, counts("s", 1, 1, 0, "answered"))

    # And one that has gone already
    ours, theirs = socket.socketpair()
    ours.sendall(message("00 18 01"))
    ours.close()
    program = Program(lab, "bmc", "s", "--connect", f"fd:{theirs.fileno()}",
                      descriptors=(theirs.fileno(),))
    theirs.close()
    program.check(0, counts("s", 1, 1, 0, "answered"))


def rubbish(lab):
    """Any bytes: what is no message is dropped, and what is told is bounded."""
    lab.write("s", "send 18 01\nexpect 1c 01 00\n")
    program, bmc = lab.play("host", "s")
    bmc.expect(message("00 18 01"))
    bmc.send(b"\xa0" * 50, b"\xaa\xa0\xa1", b"\x55" * 20000, b"\xa0",
             bytes(range(256)), control(0x42), message("00 1c 01 00"))
    status, output, errors = program.finish()
    check(status == 0 and re.fullmatch(counts("s", 1, 1, 0), output), status, output)
    lines = errors.splitlines()
    check(len(lines) == 11 and "will not be told" in lines[-1], errors)

    program, bmc = lab.play("host", "s")
    bmc.expect(message("00 18 01"))
    for wire, why in ((b"\xa0", "it is too short"), (b"\xa1", "a control command without a code"),
                      (b"\x00\xaa\xa0", "it ends with an escape"),
                      (b"\x05\xaa\xa1", "it ends with an escape"),
                      (b"\x55" * 20000 + b"\xa0", "it is too long"),
                      (message("00 1c 01 00")[:-1], "it has no end")):
        bmc.send(wire)
        if why == "it has no end":
            bmc.close()
        told = program.process.stderr.readline()
        check(f", {why}: {wire[:32].hex(' ')}" in told, why, told)
    program.check(1, r"s:2: expected 1c 01 00, got no response: .*\n" + counts("s", 1, 0, 1))


CASES = {case.__name__: case for case in (
    refused, wrong_arguments, nobody_there, inherited, judged, lost_output, reset, attention, ready,
    timing, stopped,
    unsent, stub, stub_delay, silent_host, mirror, documented, does_not_read,
    reads_late, rubbish)}

if __name__ == "__main__":
    run_cases(CASES, sys.argv[1:])
