#!/usr/bin/env python3
"""Plays against programs of others: OpenIPMI's ipmi_sim as the BMC, QEMU of the
distribution as the host, and firmware in an emulated BMC.

Cases:
  script       a script tests ipmi_sim
  host         what a host in QEMU asked ipmi_sim is asked again
  samples      so is what a host with Linux asked another one
  bmc          and answered to such a host, in place of ipmi_sim
  sample       a sample of the patched QEMU answers QEMU of the distribution
  stub         a script answers QEMU of the distribution
  npcm750-evb  the scripts of tests/host-sim give the same results over a
               connection to the emulated BMC, and so does what was captured

SPDX-License-Identifier: GPL-2.0-or-later
"""

import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "vm-to-vm"))

import machines  # noqa: E402
from machines import PATIENCE, check  # noqa: E402
from simulator import Simulator, UNSET_BYTES  # noqa: E402

SAMPLES = os.path.join(ROOT, "samples")

# What the host of tests/guests sends with plan=commands.
COMMANDS = 23

SMOKE = """
wait ready within 60s
send 18 01                              # Get Device ID
expect 1c 01 00 20 ?? ?? ?? ?2 ... within 30s
send 18 70                              # no such command
expect 1c 70 c1 within 30s
wait noattn within 30s
send 18 34 00 30 18 b8 20 02 01 dd      # Send Message: Get Device ID to 30h
expect 1c 34 00 within 30s
wait attn within 30s
send 18 31                              # Get Message Flags
expect 1c 31 00 ?1 within 30s
send 18 33                              # Get Message
expect 1c 33 00 ... within 30s
wait noattn within 30s
repeat 300
    send 28 40                          # Get SEL Info
    expect 2c 40 00 51 00 00 ... within 30s
end
"""

# A system event record, from system software
ADD_SEL_ENTRY = "send 28 44 00 00 02 00 00 00 00 41 00 04 12 83 6f 01 02 03\nexpect 2c 44 00 ...\n"


class Lab(machines.Lab):
    """With ipmi_sim, and the tools."""

    def write(self, name, text):
        """The path of a new file."""
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)
        return self.path(name)

    def start(self, tool, *arguments):
        """A tool under way."""
        process = subprocess.Popen(
            [os.path.join(self.programs.build, "tools", tool, tool), *arguments],
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        self.stack.callback(end, process)
        return process

    def simulator(self):
        """Where an ipmi_sim listens."""
        if not shutil.which("ipmi_sim"):
            raise machines.Skipped("there is no ipmi_sim")
        return self.keep(Simulator(self.folder)).address

    def connecting_host(self, path, options):
        """What a host says that connects to a Unix socket, once it is there, and has
        done what its options say."""
        machines.wait_for_listener(path)
        bmc = ["-chardev", f"socket,id=wire,path={path},reconnect=1",
               "-device", "ipmi-bmc-extern,id=bmc,chardev=wire"]
        return self.host("isa-ipmi-kcs", options, None, bmc=bmc).succeed()

    def record(self):
        """A capture of the host's commands to ipmi_sim, and what it said."""
        capture, near = self.path("link.pcapng"), self.path("tap.sock")
        tap = self.start("ipmitap", "--listen", f"unix:{near}", "--connect", self.simulator(),
                         "-w", capture)
        story = self.connecting_host(near, "plan=commands")
        tap.terminate()
        _, errors = tap.communicate(timeout=PATIENCE)
        check(tap.returncode == 0, "ipmitap ended with", tap.returncode, errors)
        return capture, story


def end(process):
    """Ends a program that still runs."""
    if process.poll() is None:
        process.kill()
    process.communicate()


def finish(process, status, last):
    """What a program said but for the last line, which must be like this, once it
    has ended with status."""
    output, errors = process.communicate(timeout=4 * PATIENCE)
    lines = output.splitlines()
    check(process.returncode == status and lines and re.search(last, lines[-1]),
          "exit status", process.returncode, output, errors)
    print(lines[-1])
    return lines[:-1]


def answers(story):
    """What the host says of its commands, without what a clock is in."""
    lines = re.findall(r"^ *(.*: (?:[0-9a-f]{2} ?)+-> .*)$", story, re.MULTILINE)
    check(len(lines) == COMMANDS, len(lines), "commands:", story)
    return [line for line in lines if not re.match("Get SEL (Info|Entry)|Get Watchdog Timer", line)]


def script(lab, _):
    """ipmi_sim passes what is so, and fails what is not."""
    lab.write("smoke.ipmi", SMOKE)
    where = lab.simulator()
    told = finish(lab.start("ipmiplay", "host", "smoke.ipmi", "--connect", where), 0,
                  r"^smoke\.ipmi: 305 sent, 309 passed, 0 failed in ")
    check(not told, told)
    lab.write("wrong.ipmi", "send 18 01\nexpect 1c 01 00 21 ... within 30s\n")
    told = finish(lab.start("ipmiplay", "host", "wrong.ipmi", "--connect", where), 1,
                  r"^wrong\.ipmi: 1 sent, 0 passed, 1 failed in ")
    check(len(told) == 1 and told[0].startswith("wrong.ipmi:2: expected 1c 01 00 21 ..., got "
                                                "1c 01 00 20 "), told)


def host(lab, _):
    """Another ipmi_sim answers as the first; with another SEL, it does not."""
    capture, _ = lab.record()
    for timing in "fast", "original":
        told = finish(lab.start("ipmiplay", "host", capture, "--connect", lab.simulator(),
                               f"--timing={timing}", UNSET_BYTES), 0,
                      " 0 different, 0 missing, 0 unexpected")
        check(not told, told)

    where = lab.simulator()
    lab.write("add.ipmi", "wait ready within 60s\n" + ADD_SEL_ENTRY)
    finish(lab.start("ipmiplay", "host", "add.ipmi", "--connect", where), 0, " 0 failed in ")
    told = finish(lab.start("ipmiplay", "host", capture, "--connect", where, "--timing=fast"), 1,
                  " [1-9] different, 0 missing, 0 unexpected")
    check(any("another response (0b/40=3" in line for line in told) and
          any(line.startswith("+ Get SEL Info: 51 01 00 ") for line in told), *told)


def samples(lab, _):
    """What Linux and ipmitool asked an ipmi_sim with other contents: all of it is
    answered, and told where that is otherwise."""
    for name in "kcs-35-ipmitool-commands.pcap", "bt-35-ipmitool-commands.pcap":
        told = finish(lab.start("ipmiplay", "host", os.path.join(SAMPLES, name), "--connect",
                                lab.simulator(), "--timing=fast"), 1,
                      r" \d{3} sent, .* 0 missing, 0 unexpected")
        check(any("another response (07/01=" in line for line in told) and
              not any("another control command" in line for line in told), *told)


def bmc(lab, _):
    """The host gets the same answers from ipmiplay as from ipmi_sim."""
    capture, story = lab.record()
    for timing in "original", "fast":
        path = lab.path(f"{timing}.sock")
        player = lab.start("ipmiplay", "bmc", capture, "--listen", f"unix:{path}", f"--timing={timing}")
        again = lab.connecting_host(path, "plan=commands")
        told = finish(player, 0, " 0 different, 0 missing, 0 unexpected")
        check(not told, told)
        check(answers(again) == answers(story), again, story)


def sample(lab, _):
    """What the patched QEMU captured answers a host, captured on a connection or
    at registers."""
    # The connection at the BMC's end and at the host's, and the host's registers
    for point in 0, 2, 1:
        path = lab.path("sample.sock")
        player = lab.start("ipmiplay", "bmc", os.path.join(SAMPLES, "inside-kcs.pcapng"),
                           "--timing=fast", "--mask=CAPABILITIES", f"--point={point}",
                           "--listen", f"unix:{path}")
        lab.connecting_host(path, "plan=time irq=1 count=1")
        told = finish(player, 0, " 0 different, 0 missing, 0 unexpected")
        check(not told, told)


def stub(lab, _):
    """A script is the BMC of a host, which asks as often as it likes."""
    path = lab.path("stub.sock")
    lab.write("stub.ipmi", "repeat forever\n    send 18 01\n"
              "    expect 1c 01 00 20 01 01 00 02 01 aa a1 00 a0 00\nend\n")
    player = lab.start("ipmiplay", "bmc", "stub.ipmi", "--listen", f"unix:{path}")
    for count in 100, 1:
        lab.connecting_host(path, f"plan=time irq=0 count={count}")
    player.terminate()
    told = finish(player, 0, r"^stub\.ipmi: stopped at line \d: (\d+) answered, \1 passed, 0 failed")
    check(not told, told)


def npcm750_evb(lab, _):
    """The firmware finds no difference between a host-sim and ipmiplay."""
    folder = os.path.join(ROOT, "tests", "host-sim")
    capture = lab.path("bmc.pcapng")
    wire = lab.wire()
    path = wire.address.partition("=")[2]
    lab.bmc("npcm750-evb", {"kcs1": wire}, extra=["-object", f"ipmi-pcap,id=capture,file={capture}"])
    told = finish(lab.start("ipmiplay", "host", os.path.join(folder, "firmware.ipmi"), "--connect",
                           f"unix:{path}"), 0, " 1030 sent, 1034 passed, 0 failed in ")
    check(not told, told)
    told = finish(lab.start("ipmiplay", "host", os.path.join(folder, "wrong.ipmi"), "--connect",
                           f"unix:{path}"), 1, " 3 sent, 1 passed, 4 failed in ")
    device_id = "1c 01 00 20 01 01 00 02 01 aa a1 00 a0"
    check([line.partition("wrong.ipmi:")[2] for line in told] == [
        f"8: expected {device_id}, got {device_id} 00",
        f"10: expected 1c 01 c1, got {device_id} 00",
        "12: expected no response, got 1c 04 00 55 00",
        "13: SMS_ATN was not set within 50 ms"], *told)

    # What the emulator captured so far, to the same firmware
    shutil.copy(capture, lab.path("so-far.pcapng"))
    told = finish(lab.start("ipmiplay", "host", "so-far.pcapng", "--connect", f"unix:{path}",
                            "--timing=fast", "--point=/machine/peripheral-anon/device[0]"), 0,
                  " 0 different, 0 missing, 0 unexpected")
    check(not told, told)


CASES = {case.__name__.replace("_", "-"): case
         for case in (script, host, samples, bmc, sample, stub, npcm750_evb)}


if __name__ == "__main__":
    machines.run_case(machines.argument_parser(__doc__), CASES, Lab)
