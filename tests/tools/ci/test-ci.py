#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs docs/ci.md: all of its commands, one after another in an empty folder,
and sees that they come to what the document says.

What is not as on a CI machine: the installation goes to a folder of its own,
packages are there already, ports are free ones, nobody need be prompt, since this
machine may be busy, and Elasticsearch is a server here that takes what Elasticsearch
would take.
"""

import argparse
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
DOCUMENT = os.path.join(ROOT, "docs", "ci.md")
sys.path.insert(0, os.path.join(HERE, os.pardir, "elastic"))

from index import Index  # noqa: E402

SKIPPED = 77

# For all commands of a section; the first one compiles ipmiscope.
PATIENCE = 1800

NEEDED = ("cmake", "ninja", "qemu-system-x86_64", "ipmi_sim",
          "arm-none-eabi-gcc", "curl")

# What stays as it is in YAML though no block of commands has it.
OF_CI_ALONE = {"apt-get update && apt-get install -y git", "sh ipmi-test"}


def check(condition, *explanation):
    if not condition:
        sys.exit("FAILED: " + " ".join(map(str, explanation)))


def blocks(text, language):
    """{heading: contents of its blocks}"""
    found = {}
    for section in re.split(r"^## ", text, flags=re.M)[1:]:
        heading, _, rest = section.partition("\n")
        found[heading] = re.findall(rf"^```{language}\n(.*?)^```$", rest,
                                    re.M | re.S)
    return found


def reserved_port():
    """A bound socket that does not listen: who asks for that port, as everybody here
    with SO_REUSEADDR, gets it, and who asks for any does not."""
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    return reserved


class Elasticsearch(http.server.BaseHTTPRequestHandler):
    """Takes a template, and documents that fit it."""

    template = None
    documents = []
    wrong = []

    def reply(self, answer):
        body = json.dumps(answer, separators=(",", ":")).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers["Content-Length"])).decode()

    def do_PUT(self):
        self.check(self.path == "/_index_template/packets", self.path)
        type(self).template = Index(json.loads(self.body()))
        self.reply({"acknowledged": True})

    def do_POST(self):
        self.check(self.path == "/_bulk", self.path)
        self.check(self.headers["Content-Type"] == "application/x-ndjson",
                   self.headers["Content-Type"])
        before = len(self.wrong)
        lines = self.body().split("\n")
        self.check(lines.pop() == "" and len(lines) % 2 == 0,
                   "the last line of a bulk has no end, or no document")
        for action, document in zip(lines[::2], lines[1::2]):
            action = json.loads(action)
            self.check(list(action) == ["index"]
                       and list(action["index"]) == ["_index"]
                       and action["index"]["_index"].startswith("packets-"),
                       action)
            document = json.loads(document)
            self.wrong.extend(self.template.add((), document))
            self.documents.append(document)
        self.reply({"errors": len(self.wrong) > before, "items": []})

    def check(self, condition, explanation):
        if not condition:
            self.wrong.append(str(explanation))

    def log_message(self, *_):
        pass


def fields_of(document, path=""):
    if not isinstance(document, dict):
        return {path[1:]}
    return {each for name, below in document.items()
            for each in fields_of(below, f"{path}.{name}")}


def check_yaml(commands, snippets):
    """The commands in it are those of the document, and it is laid out as
    YAML: no tabs, two columns for a level, a key or an item a line."""
    lines = {line for each in commands.values() for block in each
             for line in block.splitlines()} | OF_CI_ALONE
    for heading in "GitHub", "GitLab":
        (snippet,) = snippets[heading]
        ran = []
        inside = None
        for line in snippet.splitlines():
            indent = len(line) - len(line.lstrip(" "))
            check("\t" not in line and indent % 2 == 0, heading, repr(line))
            words = line.strip()
            if inside is not None and indent > inside:
                ran.append(words.removeprefix("- "))
                continue
            inside = None
            check(re.match(r"(- )?[\w-]+:( |$)|- ", words), heading, repr(line))
            command = re.match(r"- run: (.+)", words)
            if words in ("- run: |", "script:"):
                inside = indent
            elif command:
                ran.append(command[1])
        check(ran[-1] == "sh ipmi-test" or heading == "GitHub", heading, ran)
        check("sh ipmi-test" in ran and len(ran) >= 5, heading, ran)
        check(set(ran) <= lines, heading, set(ran) - lines)


class Machine:
    """Where the commands run."""

    def __init__(self, folder, elasticsearch, qemu):
        self.folder = folder
        self.destination = os.path.join(folder, "installed")
        os.symlink(ROOT, os.path.join(folder, "ipmiscope"))
        programs = os.path.join(folder, "programs")
        os.mkdir(programs)
        # Installed, the plugin would be where tshark looks for it. For root it
        # is not here: what runs tshark becomes another user.
        for program in (shutil.which("tshark"),
                        f"{self.destination}/usr/bin/ipmiassert"):
            path = os.path.join(programs, os.path.basename(program))
            with open(path, "w", encoding="ascii") as file:
                file.write(f"#!/bin/sh\nWIRESHARK_PLUGIN_DIR=$(echo "
                           f"{self.destination}/usr/lib/*/wireshark/plugins) "
                           f"TSHARK={program} "
                           f"exec {ROOT}/tests/run-tshark \"$@\"\n")
            os.chmod(path, 0o755)
        self.reserved = [reserved_port() for _ in range(2)]
        bmc, tap = (each.getsockname()[1] for each in self.reserved)
        self.instead = {
            "ipmiscope/tools/setup\n": "",
            "cmake --install": f"DESTDIR={self.destination} cmake --install",
            "http://localhost:9200": elasticsearch,
            "9002": str(tap), "9003": str(bmc),
            " prompt ": " ",
        }
        if qemu:
            self.instead["$(ipmiscope/qemu-patches/build)"] = qemu
        self.environment = dict(
            os.environ, PATH=f"{programs}:{self.destination}/usr/bin:"
            f"{os.environ['PATH']}")

    def run(self, commands, status=0):
        """All of the blocks of a section in one shell; returns what it said."""
        script = re.sub("|".join(map(re.escape, self.instead)),
                        lambda match: self.instead[match[0]],
                        "set -e; umask 0\n" + "\n".join(commands))
        result = subprocess.run(
            ["bash", "-c", script], cwd=self.folder, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
            timeout=PATIENCE, check=False)
        check(result.returncode == status, "exit status", result.returncode,
              f"of\n{script}\n{result.stdout[-6000:]}")
        return result.stdout

    def junit(self, name):
        """{test: whether it passed}"""
        path = os.path.join(self.folder, "results", name)
        return {case.get("name"): case.find("failure") is None for case in
                xml.etree.ElementTree.parse(path).getroot().iter("testcase")}


def run_sections(machine, commands, server):
    def section(heading):
        print(heading, flush=True)
        return machine.run(commands[heading])

    section("Install")
    section("Two virtual machines")
    passed = machine.junit("ipmi.xml")
    check(len(passed) > 20 and all(passed.values()), passed)
    check(passed.get("the BMC refuses nothing"), passed)

    section("A simulated BMC")
    passed = machine.junit("simulated.xml")
    check(len(passed) > 20 and all(passed.values()), passed)

    said = section("One side alone")
    check(re.search(r"smoke\.ipmi: 2 sent, 2 passed, 0 failed", said), said)
    check(len(re.findall(r"BMC +0\d Get Device ID$", said, re.M)) == 1, said)

    section("As it happens")
    check(machine.junit("live.xml") == {"the BMC answers": True},
          machine.junit("live.xml"))

    said = section("When it fails")
    check(said.count("Get Device ID") >= 400, said[-3000:])

    section("Fleets")
    check(not server.wrong, server.wrong[:10])
    channels = [document["layers"].get("ipmi_extern", {}).get(
        "ipmi_extern_ipmi_extern_channel") for document in server.documents]
    for node in "node1", "node2":
        check(channels.count(node) >= 4, node, channels)
    indexed = set().union(*map(fields_of, server.documents))
    return indexed


def check_failure(machine):
    """A rule that does not hold is what the exit status and the file say."""
    print("a rule that does not hold", flush=True)
    with open(os.path.join(machine.folder, "ipmi.rules"), "a",
              encoding="ascii") as rules:
        rules.write('"nobody is asked":\n    never ipmi_extern.cmd\n')
    said = machine.run(["sh ipmi-test"], status=1)
    check("not ok" in said and "Get Device ID" in said, said)
    failed = [name for name, good in machine.junit("ipmi.xml").items()
              if not good]
    check(failed == ["nobody is asked"], failed)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qemu", help="the emulator's folder; the default is "
                        "what qemu-patches/build builds")
    arguments = parser.parse_args()
    missing = [each for each in NEEDED if not shutil.which(each)]
    if missing:
        print(f"SKIPPED: NOT tested: there is no {', '.join(missing)}; "
              "tools/setup installs it")
        sys.exit(SKIPPED)

    with open(DOCUMENT, encoding="utf-8") as file:
        text = file.read()
    commands = blocks(text, "sh")
    check_yaml(commands, blocks(text, "yaml"))

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elasticsearch)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        machine = Machine(folder, f"http://127.0.0.1:{server.server_port}",
                          arguments.qemu)
        indexed = run_sections(machine, commands, Elasticsearch)
        (query,) = blocks(text, "json")["Fleets"]
        asked = set(re.findall(r'"(layers\.[\w.]+)"', query))
        json.loads(query)
        check(asked and asked <= indexed, asked - indexed)
        check_failure(machine)
    server.shutdown()


if __name__ == "__main__":
    main()
