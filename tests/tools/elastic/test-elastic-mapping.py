#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the index template of tools/elastic-mapping against what tshark writes
of every sample, field by field: each value has to be one that Elasticsearch
takes for the type that it would give the field."""

import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(ROOT, "tests", "samples"))

import tshark  # noqa: E402

# What may be in a field of a type, and how long a term may be.
VALUES = {
    "long": r"[+-]?\d{1,18}",
    "double": r"[+-]?\d+(\.\d+)?",
    "date": r"\d{1,13}",
    "date_nanos": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z",
    "ip": r"\d{1,3}(\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:.]*",
}
LONGEST_TERM = 32766

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


class Index:
    """What the template makes of documents."""

    def __init__(self, template):
        mappings = template["template"]["mappings"]
        self.limit = template["template"]["settings"][
            "index.mapping.total_fields.limit"]
        self.properties = mappings["properties"]
        self.templates = [rules for (rules,) in
                          map(dict.values, mappings["dynamic_templates"])]
        self.by_name = {rules["match"]: rules for rules in self.templates
                        if "match" in rules}
        self.others = [rules for rules in self.templates
                       if "match" not in rules]
        self.types = {}         # path: type

    def type_of(self, path, value):
        """The type of a field, that its first value decides on."""
        name = path[-1]
        if path == ("timestamp",):
            return self.properties[name]
        if isinstance(value, bool):
            return {"type": "boolean"}
        rules = [self.by_name.get(name), *self.others]
        return next(rule["mapping"] for rule in rules
                    if rule and rule["match_mapping_type"] == "string")

    def add(self, path, value):
        """What is wrong with a value, if anything."""
        if isinstance(value, dict):
            for name, below in value.items():
                yield from self.add((*path, name), below)
        elif isinstance(value, list):
            for each in value:
                yield from self.add(path, each)
        elif value is not None:
            mapped = self.types.setdefault(path, self.type_of(path, value))
            if not self.takes(mapped, value):
                yield f"{'.'.join(path)}: {mapped['type']}: {value!r}"

    @staticmethod
    def takes(mapped, value):
        if mapped["type"] == "boolean" or isinstance(value, bool):
            return mapped["type"] == "boolean" and isinstance(value, bool)
        if not isinstance(value, str):
            return False
        if mapped["type"] == "keyword":
            return (len(value) <= mapped["ignore_above"]
                    and mapped["ignore_above"] * 4 <= LONGEST_TERM)
        return re.fullmatch(VALUES[mapped["type"]], value) is not None


def main():
    printed = subprocess.run(
        [os.path.join(ROOT, "tools", "elastic-mapping"), "--tshark",
         tshark.RUN_TSHARK], stdout=subprocess.PIPE, check=True).stdout
    index = Index(json.loads(printed))
    failures = []
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
