# simulator.py
# OpenIPMI's ipmi_sim, as the BMC of a test.
#
# SPDX-License-Identifier: GPL-2.0-or-later

import os
import socket
import subprocess
import time

from machines import PATIENCE, ROOT, Failure, Wire

GUEST_BMC = os.path.join(ROOT, "tests", "guests", "bmc")

# Its response to Set Watchdog Timer goes on with bytes of memory that it never set:
# ipmiplay is not to compare those of one ipmi_sim with those of another.
UNSET_BYTES = "--mask=07/24=2-"

# /proc/net/tcp
LISTEN = "0A"


class Simulator:
    """An ipmi_sim that listens on a TCP port. It cannot be given a socket: who takes
    the port before it does makes it end, and it tries another one."""

    def __init__(self, folder):
        self.state = f"{folder}/ipmi_sim-{os.urandom(4).hex()}"
        os.makedirs(f"{self.state}/ipmi_sim/bmc")
        subprocess.run(["sdrcomp", "-o", f"{self.state}/ipmi_sim/bmc/sdr.20.main",
                        f"{GUEST_BMC}/bmc.sdrs"], check=True)
        deadline = time.monotonic() + PATIENCE
        self.start()
        while not self.listens():
            if self.process.poll() is not None:
                self.start()
            if time.monotonic() > deadline:
                self.kill()
                raise Failure("ipmi_sim does not listen")
            time.sleep(0.02)

    def start(self):
        """On a port that is free now."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = server.getsockname()[1]
        with open(f"{GUEST_BMC}/lan.conf.in", encoding="ascii") as template, \
                open(f"{self.state}/lan.conf", "w", encoding="ascii") as file:
            file.write(template.read().replace("@PORT@", str(self.port)))
        self.process = subprocess.Popen(
            ["ipmi_sim", "-c", f"{self.state}/lan.conf", "-f", f"{GUEST_BMC}/bmc.emu",
             "-s", self.state, "-n"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def listens(self):
        """Whether it does, and not another program."""
        with open("/proc/net/tcp", encoding="ascii") as table:
            sockets = [line.split() for line in table]
        ours = {f"socket:[{fields[9]}]" for fields in sockets
                if fields[1].endswith(f":{self.port:04X}") and fields[3] == LISTEN}
        folder = f"/proc/{self.process.pid}/fd"
        try:
            return any(os.readlink(f"{folder}/{name}") in ours for name in os.listdir(folder))
        except OSError:
            return False        # it has ended, or closed one meanwhile

    @property
    def address(self):
        """As the tools name it."""
        return f"tcp:127.0.0.1:{self.port}"

    def wire(self):
        """A wire to a server that is there already."""
        wire = Wire.__new__(Wire)
        wire.server = "bmc"
        wire.listening = None
        wire.address = f"host=127.0.0.1,port={self.port},nodelay=on"
        return wire

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
