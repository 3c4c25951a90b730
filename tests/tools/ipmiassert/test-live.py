# test-live.py
# ipmiassert --live: from a FIFO, the standard input and an interface, until what
# is waited for is there, the deadline, the end, or a signal.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""usage: test-live.py CASE"""

import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest

import tool

BOOT = tool.sample("kcs-35-ipmitool-commands.pcap")
LINKS = tool.sample("two-links.pcapng")

# A deadline that no test waits for: whoever does has failed.
FAR = f"--deadline={10 * tool.TIMEOUT}s"


@contextlib.contextmanager
def started(*arguments, command=(tool.RUN_TSHARK,), env=None, **more):
    """ipmiassert at work; stopped at the end, if it still is."""
    more.setdefault("stdin", subprocess.DEVNULL)
    process = subprocess.Popen([*command, *arguments], text=True,
                               env=env or tool.environment(),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate()


def finished(process):
    """Its verdicts, and what it says besides."""
    out, err = process.communicate(timeout=tool.TIMEOUT)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"exit status {process.returncode}: {err}")
    return tool.read_tap(out), err


def contents(path):
    """Of a file."""
    with open(path, "rb") as file:
        return file.read()


@contextlib.contextmanager
def fifo():
    """Path of a FIFO that the user nobody can read."""
    with tool.directory() as place:
        path = os.path.join(place, "fifo")
        os.mkfifo(path)
        os.chmod(path, 0o666)
        yield path


def wait_with(process, what, condition):
    """The same as wait_for(); ipmiassert must be there for so long."""
    def unless_it_ends():
        if process.poll() is not None:
            raise RuntimeError(f"exit status {process.returncode}: "
                               f"{process.stderr.read()}")
        return condition()

    wait_for(what, unless_it_ends)


def opened(path, process):
    """A FIFO to write to, as soon as somebody reads it."""
    found = []

    def try_to_open():
        with contextlib.suppress(OSError):
            found.append(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        return found

    wait_with(process, "a reader", try_to_open)
    os.set_blocking(found[0], True)
    return open(found[0], "wb")     # pylint: disable=consider-using-with


def wait_for(what, condition):
    """Looks again and again whether a condition holds."""
    end = time.monotonic() + tool.TIMEOUT
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.05)


def packets(path):
    """How many a capture that is being written has so far: enhanced packet blocks
    of pcapng."""
    count = 0
    if os.path.exists(path):
        with open(path, "rb") as file:
            while len(head := file.read(8)) == 8:
                kind, size = struct.unpack("=II", head)
                if len(file.read(size - 8)) == size - 8:
                    count += kind == 6
    return count


def has_ended(pid):
    """Whether a process has, also if nobody has asked for its status."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def passed(verdicts):
    """Which ones passed."""
    return [verdict.passed for verdict in verdicts]


class Test(unittest.TestCase):
    """A method is a case."""

    def test_goals(self):
        """It ends when all that was waited for has come, though the source goes
        on."""
        with fifo() as path, started(f"--live={path}", FAR, "linux-ipmi-si",
                                     "never ipmi_kcs") as process, \
                opened(path, process) as writer:
            writer.write(contents(BOOT))
            writer.flush()
            verdicts, err = finished(process)
        self.assertTrue(all(passed(verdicts)))
        self.assertEqual(err, "")

    def test_failing(self):
        """A rule that has failed does not keep the others from being judged."""
        with fifo() as path, started(f"--live={path}", FAR, "never ipmi_extern.control",
                                     "at least 1 frame.number == 3") as process, \
                opened(path, process) as writer:
            writer.write(contents(LINKS))
            writer.flush()
            verdicts, _ = finished(process)
        self.assertEqual(passed(verdicts), [False, True])
        self.assertIn("Frame 1: ", verdicts[0].details["decoded"])

    def test_end(self):
        """It ends with the source, and has it all."""
        with fifo() as path, started(f"--live={path}", FAR, "exactly 26 frame",
                                     "at least 27 frame") as process:
            with opened(path, process) as writer:
                writer.write(contents(LINKS))
            verdicts, _ = finished(process)
        self.assertEqual(passed(verdicts), [True, False])

    def test_standard_input(self):
        """- is the standard input."""
        with open(LINKS, "rb") as file, \
                started("--live=-", FAR, "exactly 26 frame", stdin=file) as process:
            verdicts, _ = finished(process)
        self.assertEqual(passed(verdicts), [True])

    def test_tcp(self):
        """A program that listens, as QEMU does with what it captures, is a
        source."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            source = f"TCP@127.0.0.1:{listener.getsockname()[1]}"
            with started(f"--live={source}", FAR, "exactly 26 frame") as process:
                wait_with(process, "a connection",
                          lambda: select.select([listener], [], [], 0)[0])
                connection, _ = listener.accept()
                with connection:
                    connection.sendall(contents(LINKS))
                verdicts, _ = finished(process)
        self.assertEqual(passed(verdicts), [True])

    def test_losses(self):
        """Packets that the capture has lost are told; a tshark that says so stands
        for a machine that is too slow."""
        result = judged_with(LINKS, "echo '3 packets dropped from lo' >&2; exit 0",
                             "exactly 26 frame")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("not complete: 3 packets dropped from lo", result.stderr)

    def test_too_late(self):
        """A request that is heard of when tshark has been told to end is left out, and
        nothing before it."""
        goal, request = "match 0 1 5.0", "match requests 10 5.0"
        # What is told at once is heard at once. Then there is always another one.
        overlapping = f"echo '{request}\nmatch 0 10 5.0'" + """
i=11
while sleep 0.1; do
    echo "match requests $i 5.0\nmatch responses $((i + 1)) 5.0 $((i - 1))"
    i=$((i + 1))
done"""
        with tool.directory() as place:
            capture = tool.write(os.path.join(place, "10.pcap"), tool.tshark.run(
                "-r", BOOT, "-Y", "frame.number <= 10", "-F", "pcap", "-w", "-"))
            for at_end, script, judged, answered in (
                    (f"echo '{request}'; exit", f"echo '{goal}'", 9, True),
                    ("exit", overlapping, 10, False)):
                with self.subTest(at_end, script=script):
                    result = judged_with(
                        capture, f"trap \"{at_end}\" INT; {script}\n"
                        "while sleep 0.1; do :; done",
                        "at least 1 frame.number in {1, 10}",
                        "never ipmi_extern.no_response")
                    self.assertEqual(passed(tool.verdicts_of(result)), [True, answered])
                    self.assertIn(f"# lo: {judged} packets\n", result.stdout)

            result = judged_with(capture, "trap 'echo tshark: worse >&2; exit 1' INT\n"
                                 f"echo '{goal}'; while sleep 0.1; do :; done",
                                 "at least 1 frame.number == 1")
            self.assertEqual((result.returncode, result.stdout), (3, ""))
            self.assertIn("tshark: worse", result.stderr)

    def test_deadline(self):
        """What has not come by then is a failure; what is not to come, is not. If
        tshark has not read it all by then, the next deadline is later."""
        for seconds in (3, 12, 48, 192):
            with fifo() as path, open(path, "r+b", buffering=0) as pipe:
                pipe.write(contents(LINKS))
                begin = time.monotonic()
                result = tool.run(f"--live={path}", f"--deadline={seconds}s",
                                  "at least 99 ipmi_extern", "never ipmi_kcs",
                                  "exactly 26 frame")
                self.assertGreaterEqual(time.monotonic() - begin, seconds)
            if result.returncode == 1 and tool.read_tap(result.stdout)[2].passed:
                break
        self.assertEqual(passed(tool.verdicts_of(result)), [False, True, True])

    def test_nobody(self):
        """A FIFO that nobody writes to is none to judge."""
        with fifo() as path:
            result = tool.run(f"--live={path}", "--deadline=1s", "answered")
        self.assertEqual((result.returncode, result.stdout), (3, ""))
        self.assertIn("no capture to be read from it before the deadline",
                      result.stderr)

    def test_signals(self):
        """SIGINT and SIGTERM end the capture; what there is is judged."""
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number), fifo() as path, tool.directory() as place:
                kept = os.path.join(place, "kept.pcapng")
                with started(f"--live={path}", f"--write={kept}", FAR,
                             "at least 99 ipmi_extern", "at least 15 frame") as process, \
                        opened(path, process) as writer:
                    writer.write(contents(LINKS))
                    writer.flush()
                    wait_for("the packets in the file", lambda: packets(kept) == 26)
                    process.send_signal(number)
                    verdicts, _ = finished(process)
                self.assertEqual(passed(verdicts), [False, True])

    def test_killed(self):
        """tshark does not outlive it."""
        with fifo() as path, tool.directory() as place, \
                started(f"--live={path}", FAR, "at least 99 ipmi_extern",
                        env=tool.environment(TMPDIR=place)) as process, \
                opened(path, process):
            children = f"/proc/{process.pid}/task/{process.pid}/children"
            with open(children, encoding="ascii") as file:
                child = int(file.read().split()[0])
            process.kill()
            wait_for("tshark's end", lambda: has_ended(child))

    def test_on_its_way(self):
        """A request that has no response yet when the capture could end, or is told
        to, gets the time for it. That is 5 s: a machine that takes longer for what
        is to be done meanwhile gets more chances."""
        frames = tool.tshark.run("-r", BOOT, "-Y", "frame.number <= 11", "-F",
                                 "pcap", "-w", "-")
        for interrupted in (False, True):
            for _ in range(10):
                begin = time.monotonic()
                waited, verdicts = self.answer_late(len(frames), interrupted)
                if all(waited + passed(verdicts)) or time.monotonic() - begin < 4:
                    break
            with self.subTest(interrupted):
                self.assertEqual(waited + passed(verdicts), [True] * 3)

    def answer_late(self, size, interrupted):
        """Whether it waits after so many bytes of BOOT, which end with a request,
        and the verdicts when it has the others."""
        with fifo() as path, tool.directory() as place:
            kept = os.path.join(place, "kept.pcapng")
            rule = "never ipmi_kcs" if interrupted else "at least 1 ipmi_extern.type == 0"
            with started(f"--live={path}", f"--write={kept}", FAR,
                         rule, "never ipmi_extern.no_response",
                         start_new_session=True) as process, \
                    opened(path, process) as writer:
                writer.write(contents(BOOT)[:size])
                writer.flush()
                wait_for("the request in the file", lambda: packets(kept) == 11)
                # There is nothing to see of its hearing that, nor of its waiting.
                time.sleep(0.7)
                if interrupted:
                    os.killpg(process.pid, signal.SIGINT)
                time.sleep(0.7)
                waited = process.poll() is None
                with contextlib.suppress(BrokenPipeError):
                    writer.write(contents(BOOT)[size:])
                    writer.flush()
                verdicts, _ = finished(process)
        return [waited], verdicts

    def test_kept(self):
        """--write keeps the capture, which is judged as before; without it
        nothing is left behind."""
        with fifo() as path, tool.directory() as place:
            kept = os.path.join(place, "kept.pcapng")
            temporary = os.path.join(place, "tmp")
            os.mkdir(temporary)
            os.chmod(temporary, 0o777)
            for more in ([f"--write={kept}"], []):
                with started(f"--live={path}", *more, FAR, "exactly 26 frame",
                             "never ipmi_extern.control",
                             env=tool.environment(TMPDIR=temporary)) as process:
                    with opened(path, process) as writer:
                        writer.write(contents(LINKS))
                    verdicts, _ = finished(process)
                again = tool.judge(kept, "exactly 26 frame",
                                   "never ipmi_extern.control")
                self.assertEqual(passed(verdicts), passed(again))
                self.assertEqual(verdicts[1].details["decoded"],
                                 again[1].details["decoded"])
            self.assertEqual([name for name in os.listdir(temporary)
                              if name.startswith("ipmiassert")], [])

    def test_refused(self):
        """A mistake in a rule is told before anything is waited for."""
        with fifo() as path, open(path, "r+b", buffering=0):
            for status, words, arguments in (
                    (2, "argument 2:1: .*nonsense", (FAR, "at least 1 frame",
                                                     "never nonsense.at.all")),
                    (2, "takes a --deadline", ("answered",)),
                    (2, "--deadline: '5' is not a time", ("--deadline=5", "answered")),
                    (2, "no rules", (FAR,))):
                result = tool.run(f"--live={path}", *arguments)
                self.assertEqual((result.returncode, result.stdout), (status, ""))
                self.assertRegex(result.stderr, words)
        result = tool.run("--live=/nowhere/fifo", FAR, "answered")
        self.assertEqual((result.returncode, result.stdout), (3, ""))
        self.assertIn("/nowhere/fifo: No such file", result.stderr)
        result = tool.run(f"--live={LINKS}", FAR, "answered")
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("leave out --live", result.stderr)
        result = tool.run("--live=no-such-interface", FAR, "answered")
        self.assertEqual((result.returncode, result.stdout), (3, ""))
        self.assertIn("no-such-interface", result.stderr)

    def test_interface(self):
        """Two programs on the loopback interface, with a capture filter, on a port
        that only the preference tells to be IPMI's."""
        self.judge_talk(0.1, "protocol-clean", 'at least 3 ipmi_extern.cmd.name == '
                        '"Get Device ID" && ipmi_extern.ccode == 0')

    def test_busy(self):
        """A host that asks with hardly a break: there is mostly a request on its way
        when tshark stops, which is not held against the BMC."""
        self.judge_talk(0.001, "answered", "at least 50 ipmi_extern.type == 1")

    def judge_talk(self, pause, *rules):
        """Two programs on the loopback interface, by rules that are right."""
        as_capturer = capturing_user()
        with talking(pause) as port, \
                started("--live=lo", f"--filter=tcp port {port}", FAR, "-o",
                        f"ipmi_extern.tcp.port:{port}",
                        f"never tcp && !(tcp.port == {port})", *rules,
                        command=as_capturer) as process:
            verdicts, _ = finished(process)
        self.assertEqual([verdict.details for verdict in verdicts
                          if not verdict.passed], [])


def judged_with(capture, script, *rules):
    """What becomes of a live capture from lo with another tshark: a script, after
    which, or when that is told to, tshark has captured this."""
    with tool.directory() as place:
        program = tool.write(os.path.join(place, "tshark"), f"""#!/bin/sh
[ "$1" = -i ] || exec {os.environ["TSHARK"]} "$@"
while [ "$1" != -w ]; do shift; done
cat {capture} > "$2"
{script}
""")
        os.chmod(program, 0o755)
        # What a shell is started to ignore, it cannot take note of.
        return tool.run("--live=lo", FAR, *rules, env=tool.environment(
            PATH=f"{place}:{os.environ['PATH']}"), preexec_fn=lambda: signal.signal(
                signal.SIGINT, signal.SIG_DFL))


def capturing_user():
    """How to run ipmiassert as a user who may capture, and for whom Wireshark
    loads the plugin of the build: not root, but with root's two capabilities for
    it."""
    user = ["env", "HOME=/nonexistent", "LC_ALL=C.UTF-8"]
    if os.getuid() == 0:
        capabilities = "+net_raw,+net_admin"
        user = ["setpriv", f"--inh-caps={capabilities}",
                f"--ambient-caps={capabilities}", "--reuid=65534",
                "--regid=65534", "--clear-groups", *user]
    probe = subprocess.run([*user, os.environ["TSHARK"], "-i", "lo", "-q", "-a",
                            "duration:1"], capture_output=True, text=True,
                           check=False, timeout=tool.TIMEOUT)
    if probe.returncode:
        print("SKIPPED: NOT tested on an interface: this user may not capture on "
              f"the loopback interface\n{probe.stderr}")
        sys.exit(77)
    return [*user, os.environ["IPMIASSERT"]]


def frame(message):
    """A message as a frame of the wire, none of its bytes in need of an escape."""
    return bytes(message) + bytes([-sum(message) & 0xff, 0xa0])


def answer(listener, stop):
    """The BMC: says Get Device ID's response to everything."""
    connection, _ = listener.accept()
    with connection:
        while not stop.is_set() and connection.recv(64):
            connection.sendall(frame([1, 0x1c, 1, 0, 0x20, 1, 1, 1, 2, 0x1f, 1, 2,
                                      3, 4, 5]))


def ask(port, stop, pause):
    """The host: asks who the BMC is, again and again, so that whenever the capture
    begins there is more to come."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        while not stop.wait(pause):
            connection.sendall(frame([1, 0x18, 1]))
            connection.recv(64)


@contextlib.contextmanager
def talking(pause):
    """A host and a BMC on the loopback interface, and how long the host waits
    before it asks again; the BMC's port."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        threads = [threading.Thread(target=answer, args=(listener, stop)),
                   threading.Thread(target=ask, args=(port, stop, pause))]
        for thread in threads:
            thread.start()
        try:
            yield port
        finally:
            stop.set()
            for thread in threads:
                thread.join()


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], f"Test.test_{sys.argv[1]}"])
