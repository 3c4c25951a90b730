#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the index template of tools/elastic-mapping against what tshark writes
of every sample, field by field: each value has to be one that Elasticsearch
takes for the type that it would give the field."""

import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(ROOT, "tests", "samples"))

import tshark  # noqa: E402

from index import Index  # noqa: E402

MAPPING = os.path.join(ROOT, "tools", "elastic-mapping")

# What people ask for, by type; each has to be in some sample.
EXPECTED = {
    "ipmi_extern_ipmi_extern_time": "double",
    "ipmi_extern_ipmi_extern_response_in": "long",
    "ipmi_extern_ipmi_extern_cmd_name": "keyword",
    "ipmi_extern_ipmi_extern_cmd": "keyword",
    "ipmi_extern_ipmi_extern_ccode_name": "keyword",
    "ipmi_extern_ipmi_extern_channel": "keyword",
    "ipmi_extern_ipmi_extern_capabilities_attn": "boolean",
    "ipmi_kcs_ipmi_kcs_phase_time": "double",
    "ipmi_kcs_ipmi_kcs_status_ibf": "boolean",
    "ipmi_bt_ipmi_bt_transfer_time": "double",
    "ipmi_trans_ipmi_trans_id": "long",
    "ipmi_trans_ipmi_trans_time_firmware": "double",
    "ipmi_ipmi_app25_initial_countdown": "long",
    "ipmi_ipmi_lan03_ip": "ip",
    "frame_frame_number": "long",
    "frame_frame_time": "date_nanos",
    "frame_frame_time_relative": "double",
    "_ws_expert__ws_expert_message": "keyword",
    "_ws_expert__ws_expert_severity": "long",
    "tcp_tcp_srcport": "long",
    "timestamp": "date",
}


def main():
    printed = subprocess.run(
        [MAPPING, "--tshark", tshark.RUN_TSHARK], stdout=subprocess.PIPE, check=True).stdout
    index = Index(json.loads(printed))
    failures = []
    with open("/dev/full", "wb") as full:
        result = subprocess.run(
            [MAPPING, "--tshark", tshark.RUN_TSHARK], stdout=full,
            stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode != 3 or result.stderr.count("\n") != 1:
        failures.append(f"what nobody takes: {result}")
    documents = 0
    for name in tshark.samples():
        wrong = set()
        lines = tshark.run_on(name, "-2", "-T", "ek").splitlines()
        for action, document in zip(lines[::2], lines[1::2], strict=True):
            into = json.loads(action)["index"]["_index"]
            if not into.startswith("packets-"):
                wrong.add(f"into {into}, which the template is not for")
            wrong.update(index.add((), json.loads(document)))
            documents += 1
        failures += [f"{name}: {each}" for each in sorted(wrong)]

    found = {}
    for path, mapped in index.types.items():
        found.setdefault(path[-1], set()).add(mapped["type"])
    for name, kind in EXPECTED.items():
        if found.get(name) != {kind}:
            failures.append(f"{name}: {found.get(name)}, it should be {kind}")
    if len(index.types) * 2 > index.limit:
        failures.append(f"{len(index.types)} fields, and room for no more than "
                        f"{index.limit}")
    print(f"{documents} documents, {len(index.types)} fields")
    tshark.finish(failures)


if __name__ == "__main__":
    main()
