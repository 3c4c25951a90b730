# documents.py
# Rules in docs/assert-rules.md and in ipmiassert's manual are rules: read, and
# their filters known to tshark.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Has ipmiassert judge a sample by them."""

import os
import re

import tool


def texts():
    """What is rules, in either."""
    with open(os.path.join(tool.ROOT, "docs", "assert-rules.md"),
              encoding="utf-8") as file:
        yield from re.findall(r"^```\n(.*?)^```$", file.read(), re.M | re.S)
    with open(os.path.join(tool.ROOT, "tools", "ipmiassert", "ipmiassert.1"),
              encoding="utf-8") as file:
        yield from re.findall(r"^\$ cat [a-z]*\.rules\n(.*?)^\$ ", file.read(),
                              re.M | re.S)


def failures():
    """What is refused."""
    count = 0
    with tool.directory() as place:
        for text in texts():
            path = tool.write(os.path.join(place, "document.rules"), text)
            result = tool.run(tool.sample("two-links.pcapng"), path)
            if result.returncode not in (0, 1):
                yield f"{text}\n{result.stderr}"
            else:
                count += len(tool.read_tap(result.stdout))
    if count < 10:
        yield f"only {count} rules were found"


tool.tshark.finish(failures())
