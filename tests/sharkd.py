# sharkd.py
# Wireshark without its window, for tests: a capture is read once, and then its
# packets are dissected as they are asked for, in any order.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Runs sharkd with the plugin that WIRESHARK_PLUGIN_DIR names, and talks
JSON-RPC with it. SHARKD names another one than that of the path."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

RUN_TSHARK = Path(__file__).resolve().parent / "run-tshark"


class Sharkd:
    """One sharkd, to be used in a with statement. Files in pass_fds can be
    loaded as /dev/fd/NUMBER, where the user nobody would not find them."""

    def __init__(self, pass_fds=()):
        self.calls = 0
        # It says things there that are no errors.
        self.messages = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [RUN_TSHARK, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.messages, pass_fds=pass_fds,
            env={**os.environ, "TSHARK": os.environ.get("SHARKD", "sharkd")})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.messages.close()

    def call(self, method, **parameters):
        """Calls a method; the line that answers it."""
        self.calls += 1
        call = {"jsonrpc": "2.0", "id": self.calls, "method": method,
                "params": parameters}
        self.process.stdin.write(json.dumps(call).encode() + b"\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def result(self, method, **parameters):
        """What a method returns. Raises when it fails."""
        answer = self.call(method, **parameters)
        try:
            return json.loads(answer)["result"]
        except (ValueError, KeyError):
            self.messages.seek(0)
            raise RuntimeError(
                f"sharkd, {method} {parameters}: {answer.decode()}\n"
                f"{self.messages.read().decode()}") from None

    def frame(self, number):
        """The line that has all of a packet: tree, columns and bytes."""
        return self.call("frame", frame=number, proto=True, columns=True,
                         bytes=True)
