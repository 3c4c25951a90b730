#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Count what the patches cost a virtual machine that does not use them.

Accesses the registers of a host (Get Device ID through isa-ipmi-kcs with
ipmi-bmc-sim) and of BMCs (what firmware does for a byte) by qtest, under
valgrind's callgrind, in several builds of the emulator, and prints how many
instructions the device takes for an access in each: those of N+M rounds less
those of N, over the accesses.
"""

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile

# Rounds that are counted: some to warm up, then more.
WARM_UP, COUNTED = 20, 200

PATIENCE = 120


class Qtest:
    """A QEMU that does only what the test says."""

    def __init__(self, folder, emulator, functions, arguments):
        self.accesses = 0
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f"{folder}/qtest")
            server.listen()
            server.settimeout(PATIENCE)
            self.process = subprocess.Popen(
                ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                 *(f"--toggle-collect={function}" for function in functions),
                 emulator, "-accel", "qtest", "-display", "none",
                 "-qtest", f"unix:{folder}/qtest", "-qtest-log", "none", *arguments],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE, text=True)
            self.socket = server.accept()[0]
        os.unlink(f"{folder}/qtest")
        self.socket.settimeout(PATIENCE)
        self.file = self.socket.makefile("rw")

    def ask(self, line):
        self.accesses += 1
        self.file.write(line + "\n")
        self.file.flush()
        return self.file.readline().split()

    def read(self, command, address):
        return int(self.ask(f"{command} {address:#x}")[1], 16)

    def write(self, command, address, value):
        self.ask(f"{command} {address:#x} {value:#x}")

    def end(self):
        """Returns the number of instructions."""
        self.file.close()
        self.socket.close()
        self.process.terminate()
        errors = self.process.communicate(timeout=PATIENCE)[1]
        return int(re.search(r"Collected\s*:\s*(\d+)", errors).group(1))


def get_device_id(qtest):
    """A transfer as in IPMI 2.0, figures 9-6 and 9-7, without waiting: this
    BMC is never busy."""
    data, status = 0xca2, 0xca3
    request = 0x18, 0x01
    for port, value in ((status, 0x61), (data, request[0]),
                        (status, 0x62), (data, request[1])):
        qtest.write("outb", port, value)
        state = qtest.read("inb", status)
        if value != request[1]:
            qtest.read("inb", data)
    response = []
    while state >> 6 == 1:                      # READ
        response.append(qtest.read("inb", data))
        qtest.write("outb", data, 0x68)
        state = qtest.read("inb", status)
    qtest.read("inb", data)
    if response[:3] != [request[0] | 4, request[1], 0]:
        sys.exit(f"unexpected response: {response}")


def npcm_byte(qtest):
    """Channel 1: status, data in, data out, status."""
    base = 0xf0007000 + 0x0c
    qtest.read("readb", base)
    qtest.read("readb", base + 0x04)
    qtest.write("writeb", base + 0x02, 0x5a)
    qtest.write("writeb", base, 0x40)


def aspeed_byte(qtest):
    """Channel 3, enabled by HICR0 and HICR4: the same."""
    base = 0x1e789000
    qtest.write("writel", base, 0x80)
    qtest.write("writel", base + 0x10, 0x04)
    qtest.read("readl", base + 0x44)
    qtest.read("readl", base + 0x2c)
    qtest.write("writel", base + 0x38, 0x5a)
    qtest.write("writel", base + 0x44, 0x40)


def ibt_bytes(qtest):
    """Control register, and the FIFO."""
    base = 0x1e789140
    qtest.read("readl", base + 0x10)
    qtest.write("writel", base + 0x10, 0x01)    # CLR_WR_PTR
    for byte in range(8):
        qtest.write("writel", base + 0x14, byte)
    qtest.read("readl", base + 0x14)


# What is accessed: a round, the program, its arguments, and the functions that
# are counted, with all that they call. QEMU's way from a guest's access to there
# is the same for every device.
DEVICES = {
    "isa-ipmi-kcs": (get_device_id, "qemu-system-x86_64",
                     ["-machine", "pc", "-device", "ipmi-bmc-sim,id=bmc",
                      "-device", "isa-ipmi-kcs,bmc=bmc"],
                     ["ipmi_kcs_ioport_read", "ipmi_kcs_ioport_write"]),
    "npcm750-evb kcs1": (npcm_byte, "qemu-system-arm", ["-machine", "npcm750-evb"],
                         ["npcm7xx_ipmi_kcs_read", "npcm7xx_ipmi_kcs_write"]),
    "ast2600-evb kcs3": (aspeed_byte, "qemu-system-arm", ["-machine", "ast2600-evb"],
                         ["aspeed_lpc_read", "aspeed_lpc_write"]),
    "ast2600-evb ibt": (ibt_bytes, "qemu-system-arm", ["-machine", "ast2600-evb"],
                        ["ibt_read", "ibt_write"]),
}


def run(folder, build, device, rounds):
    one_round, program, arguments, functions = DEVICES[device]
    qtest = Qtest(folder, f"{build}/{program}", functions, arguments)
    for _ in range(rounds):
        one_round(qtest)
    return qtest.end(), qtest.accesses


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=DEVICES, action="append",
                        help="only this one; the default is all")
    parser.add_argument("build", nargs="+",
                        help="folders with qemu-system-x86_64 and qemu-system-arm, built "
                        "with and without the patches")
    arguments = parser.parse_args()
    if not shutil.which("valgrind"):
        sys.exit("there is no valgrind; install it")
    with tempfile.TemporaryDirectory() as folder:
        for device in arguments.device or DEVICES:
            for build in arguments.build:
                few, few_accesses = run(folder, build, device, WARM_UP)
                many, many_accesses = run(folder, build, device, WARM_UP + COUNTED)
                accesses = many_accesses - few_accesses
                print(f"{(many - few) / accesses:9.1f} instructions an access, of "
                      f"{accesses:5} accesses: {device:16}  {build}", flush=True)


if __name__ == "__main__":
    main()
