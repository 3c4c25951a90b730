#!/usr/bin/python3
# fuzz.py
# Damages captures, and has the capture reader of the tools read them.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Bytes of samples are changed, left out and put twice, with a seed for each
round. Whatever comes of it, read-traffic must end by itself, and say what is
wrong if that is all it can do. With -DCMAKE_C_FLAGS=-fsanitize=address,undefined
it must not do anything that is not defined either."""

import argparse
import os
import random
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLES = os.path.join(HERE, "..", "..", "..", "samples")
TIMEOUT = 120


def damaged(rng, contents):
    """The contents with a few faults."""
    contents = bytearray(contents)
    for _ in range(rng.choice((1, 1, 2, 5, 50))):
        at = rng.randrange(len(contents))
        length = rng.choice((1, 2, 4, 8, 40))
        kind = rng.randrange(6)
        if kind == 0:
            contents[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            contents[at:at + length] = rng.randbytes(length)
        elif kind == 2:
            contents[at:at + length] = bytes((rng.choice((0, 0xFF, 0xA0, 0xA1, 0xAA)),)) * length
        elif kind == 3:
            del contents[at:at + length]
        elif kind == 4:
            contents[at:at] = contents[at:at + length]
        else:
            other = rng.randrange(len(contents))
            contents[at:at + length] = contents[other:other + length]
        if not contents:
            break
    return bytes(contents)


def main():
    """Some rounds of all samples."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="read-traffic")
    parser.add_argument("--first", type=int, default=0, help="seed of the first round")
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    names = sorted(name for name in os.listdir(SAMPLES) if name.endswith((".pcap", ".pcapng")))
    failures = errors = 0
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "capture")
        for seed in range(arguments.first, arguments.first + arguments.rounds):
            for name in names:
                with open(os.path.join(SAMPLES, name), "rb") as file:
                    contents = damaged(random.Random(f"{seed} {name}"), file.read())
                with open(path, "wb") as file:
                    file.write(contents)
                result = subprocess.run([arguments.program, path], capture_output=True,
                                        timeout=TIMEOUT, check=False)
                errors += result.returncode == 3
                expected = b"read-traffic: cannot read " if result.returncode == 3 else b""
                if result.returncode not in (0, 3) or (
                        not result.stderr.startswith(expected)
                        or result.stderr.count(b"\n") > 1
                        or (result.returncode == 0 and result.stderr)):
                    failures += 1
                    print(f"{name}, seed {seed}: exit status {result.returncode}",
                          result.stderr.decode(errors="replace")[:2000], sep="\n")
    print(f"{arguments.rounds} rounds of {len(names)} captures, {errors} found to be damaged")
    if not errors:
        failures += 1
        print("nothing was damaged")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
