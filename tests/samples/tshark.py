# tshark.py
# Runs tshark with the plugin, for the tests of this directory.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""CMake says through the environment which tshark and which plugin."""

import contextlib
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLES = os.path.normpath(os.path.join(HERE, "..", "..", "samples"))
RUN_TSHARK = os.path.join(HERE, "..", "run-tshark")

# A dissector's mistake is to end tshark, not to become a line of its output.
os.environ.setdefault("WIRESHARK_ABORT_ON_DISSECTOR_BUG", "1")

# What Wireshark does not do by default and the sample needs; samples/README.md
# tells the user the same.
PREFERENCES = {"tcp-reordered": ("-o", "tcp.reassemble_out_of_order:TRUE")}


def samples():
    """Names of all captures of samples/, without directory, in order."""
    return sorted(name for name in os.listdir(SAMPLES)
                  if name.endswith((".pcap", ".pcapng")))


def stem(name):
    """What a sample is called in PREFERENCES and in the names of tests."""
    return name.rsplit(".", 1)[0]


@contextlib.contextmanager
def capture_file(contents):
    """Path of a temporary file that the user nobody can read."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        path = os.path.join(directory, "capture.pcapng")
        with open(path, "wb") as file:
            file.write(contents)
        os.chmod(path, 0o644)
        yield path


def run(*arguments, timeout=900):
    """tshark's standard output. Raises when it fails or complains."""
    result = subprocess.run([RUN_TSHARK, *arguments], timeout=timeout,
                            stdin=subprocess.DEVNULL, capture_output=True, check=False)
    errors = result.stderr.decode(errors="replace")
    if result.returncode or errors:
        raise RuntimeError(f"tshark {' '.join(arguments)}: exit status "
                           f"{result.returncode}\n{errors}")
    return result.stdout


def preferences(path):
    """Arguments to see all of a sample; none for another file."""
    return PREFERENCES.get(stem(os.path.basename(path)), ())


def run_on(name, *arguments):
    """tshark's standard output for one sample, as text."""
    path = os.path.join(SAMPLES, name)
    return run("-r", path, *preferences(path), *arguments).decode(errors="replace")


def finish(failures):
    """Ends a test: prints what failed, if anything."""
    failures = list(failures)
    for failure in failures:
        print(failure)
    sys.exit(1 if failures else 0)
