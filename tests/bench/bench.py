#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measure what the dissectors cost, in time and in memory.

Everything runs in turn, round after round, so that a neighbour on the same
machine slows all of it alike; README.md says how to read the tables.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import registers
import wire
from runs import Bench, fail, has_lua

EXIT_SKIPPED = 77

PARTS = {"wire": wire, "registers": registers}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=Path, help="the build directory")
    parser.add_argument("part", nargs="*", metavar="PART",
                        help="wire or registers; both if not given")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--check", action="store_true",
                        help="only see whether what is measured does its work")
    arguments = parser.parse_args()
    for part in arguments.part:
        if part not in PARTS:
            parser.error(f"no such part: {part}")
    parts = arguments.part or list(PARTS)
    if not (arguments.build / "tests/bench/generate").exists():
        parser.error(f"{arguments.build} is no build of this: "
                     "cmake --build BUILD --target bench makes one and runs this")

    lua = has_lua()
    if "wire" in parts and not lua:
        print("bench: SKIPPED: this tshark has no Lua, so nothing is compared "
              "with it", file=sys.stderr)

    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    cache = cache / "ipmiscope" / "bench"
    cache.mkdir(parents=True, exist_ok=True)
    for part in parts:
        need = PARTS[part].DISK
        if not arguments.check and shutil.disk_usage(cache).free < need:
            fail(f"the captures need {need >> 20} MiB below {cache}: free "
                 "some room, or set XDG_CACHE_HOME")
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            bench = Bench(arguments.build.resolve(), Path(folder))
            PARTS[part].check(bench)
            if not arguments.check:
                PARTS[part].measure(bench, arguments.rounds)
    if arguments.check and "wire" in parts and not lua:
        sys.exit(EXIT_SKIPPED)


if __name__ == "__main__":
    main()
