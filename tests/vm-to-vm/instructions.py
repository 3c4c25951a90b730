#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Count what the patches cost a virtual machine that does not use them.

Runs Get Device ID through isa-ipmi-kcs with ipmi-bmc-sim by qtest, under
valgrind's callgrind, in several emulators, and prints how many instructions
the device takes for a port access in each: those of N+M commands less those of
N, over the accesses.
"""

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile

# Ports of isa-ipmi-kcs, and the commands counted: some to warm up, then more.
DATA, STATUS = 0xca2, 0xca3
WARM_UP, COUNTED = 20, 200
GET_DEVICE_ID = 0x18, 0x01

# What is counted, with all that it calls: QEMU's way from a guest's access to
# there is the same for every device.
FUNCTIONS = "ipmi_kcs_ioport_read", "ipmi_kcs_ioport_write"

PATIENCE = 120


class Qtest:
    """A QEMU that does only what the test says."""

    def __init__(self, emulator, folder):
        self.accesses = 0
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f"{folder}/qtest")
            server.listen()
            server.settimeout(PATIENCE)
            self.process = subprocess.Popen(
                ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                 *(f"--toggle-collect={function}" for function in FUNCTIONS),
                 emulator, "-machine", "pc", "-accel", "qtest", "-display", "none",
                 "-qtest", f"unix:{folder}/qtest", "-qtest-log", "none",
                 "-device", "ipmi-bmc-sim,id=bmc", "-device", "isa-ipmi-kcs,bmc=bmc"],
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

    def read(self, port):
        return int(self.ask(f"inb {port:#x}")[1], 16)

    def write(self, port, value):
        self.ask(f"outb {port:#x} {value:#x}")

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
    for port, value in ((STATUS, 0x61), (DATA, GET_DEVICE_ID[0]),
                        (STATUS, 0x62), (DATA, GET_DEVICE_ID[1])):
        qtest.write(port, value)
        status = qtest.read(STATUS)
        if value != GET_DEVICE_ID[1]:
            qtest.read(DATA)
    response = []
    while status >> 6 == 1:                     # READ
        response.append(qtest.read(DATA))
        qtest.write(DATA, 0x68)
        status = qtest.read(STATUS)
    qtest.read(DATA)
    if response[:3] != [GET_DEVICE_ID[0] | 4, GET_DEVICE_ID[1], 0]:
        sys.exit(f"unexpected response: {response}")


def run(emulator, folder, commands):
    qtest = Qtest(emulator, folder)
    for _ in range(commands):
        get_device_id(qtest)
    return qtest.end(), qtest.accesses


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("emulator", nargs="+",
                        help="qemu-system-x86_64 of builds with and without the patches")
    arguments = parser.parse_args()
    if not shutil.which("valgrind"):
        sys.exit("there is no valgrind; install it")
    with tempfile.TemporaryDirectory() as folder:
        for emulator in arguments.emulator:
            few, few_accesses = run(emulator, folder, WARM_UP)
            many, many_accesses = run(emulator, folder, WARM_UP + COUNTED)
            accesses = many_accesses - few_accesses
            print(f"{(many - few) / accesses:9.1f} instructions an access, of "
                  f"{accesses} accesses: {emulator}", flush=True)


if __name__ == "__main__":
    main()
