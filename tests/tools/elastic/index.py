# index.py
# What Elasticsearch makes of documents, by an index template.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""No more of Elasticsearch than the templates of tools/elastic-mapping use."""

import re

# What may be in a field of a type, and how long a term may be.
VALUES = {
    "long": r"[+-]?\d{1,18}",
    "double": r"[+-]?\d+(\.\d+)?",
    "date": r"\d{1,13}",
    "date_nanos": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z",
    "ip": r"\d{1,3}(\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:.]*",
}
LONGEST_TERM = 32766


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
