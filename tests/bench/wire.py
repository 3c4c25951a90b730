# wire.py
# What the dissector of messages on a wire costs.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""The ipmi_extern dissector, against Wireshark's data and against the same
protocol in Lua."""

import collections

from runs import Case, fail, has_lua
from tables import Targets, print_costs, print_growth, ratios

MESSAGES = 1_000_000
SIZES = (100_000, 300_000, 1_000_000, 3_000_000)
BYTES_PER_MESSAGE = 90              # of a capture file, generously
DISK = (2 * SIZES[-1] + MESSAGES) * BYTES_PER_MESSAGE
CHECKED_MESSAGES = 5_000

FRAMING_LIMIT = 1.2                 # times data
BODY_LIMIT = 1.9                    # times data
LUA_LIMIT = 8                       # times faster than Lua
GROWTH_LIMIT = 1.3                  # per message, most messages / fewest

FRAMING_ONLY = ("-o", "ipmi_extern.decode_body:FALSE")
FULL_BODY = ()
# Wireshark decodes IPMI only if a preference is set. The plugin does without.
FULL_BODY_LUA = ("-o", "ipmi.dissect_bus_commands:TRUE")

REQUEST, RESPONSE = 0, 1            # ipmi_extern.type


def value_of(name, text):
    """Of a field, whether it is shown as decimal or as hexadecimal."""
    if name == "ipmi_extern.data" or not text:
        return text
    return int(text, 0)


def check(bench):
    """Sees to it that what is measured does its work: the plugin and the Lua
    dissector must find the same in the captures, and decode the body or
    not as they are told."""
    lua = has_lua()
    names = [f"ipmi_extern.{name}" for name in (
        "type", "seq", "netfn", "lun", "cmd", "ccode", "data", "checksum",
        "response_to")]
    for kind in ("pairs", "unanswered"):
        bench.generate(f"check-{kind}", kind, CHECKED_MESSAGES)
        found = {}
        for who, options in (("plugin", FRAMING_ONLY), ("plugin", FULL_BODY),
                             ("Lua", FRAMING_ONLY), ("Lua", FULL_BODY_LUA)):
            if who == "Lua" and not lua:
                continue
            case = Case("check", f"check-{kind}", who == "Lua", options)
            rows = bench.fields(case, ["frame.protocols", *names])
            bodies = sum("kcs" in row[0].split(":") for row in rows)
            if options is FRAMING_ONLY and bodies > 0:
                fail(f"{kind}, {who}: decodes the body though told not to")
            if options is not FRAMING_ONLY and bodies < len(rows) // 4:
                fail(f"{kind}, {who}: decodes {bodies} bodies only, of "
                     f"{len(rows)}")
            found[who] = [{name: value_of(name, text)
                           for name, text in zip(names, row[1:])}
                          for row in rows]
        types = collections.Counter(
            row["ipmi_extern.type"] for row in found["plugin"])
        if types[REQUEST] + types[RESPONSE] != CHECKED_MESSAGES:
            fail(f"{kind}: the plugin finds {types[REQUEST]} requests and "
                 f"{types[RESPONSE]} responses in {CHECKED_MESSAGES} messages")
        for number, (plugin, script) in enumerate(
                zip(found["plugin"], found.get("Lua", found["plugin"]),
                    strict=True), 1):
            if plugin != script:
                fail(f"{kind}, packet {number}: the plugin finds\n"
                     f"{plugin}, the Lua dissector\n{script}")
        print(f"check: {kind}, {CHECKED_MESSAGES} messages "
              f"{'read alike by plugin and Lua' if lua else 'read'}")


def measure(bench, rounds):
    """Prints the tables."""
    bench.generate("nothing", "pairs", 0)
    bench.generate("data", "pairs", MESSAGES, as_data=True)
    for kind in ("pairs", "unanswered"):
        bench.generate(kind, kind, SIZES[-1])

    nothing = Case("nothing", "nothing")
    cases = {
        "data": Case("data", "data", limit=MESSAGES),
        "framing": Case("plugin, framing and fields", "pairs",
                        options=FRAMING_ONLY, limit=MESSAGES),
        "body": Case("plugin, full body", "pairs", options=FULL_BODY,
                     limit=MESSAGES),
    }
    filtered = [cases["data"]._replace(filter="data.len > 999"),
                cases["framing"]._replace(filter="ipmi_extern.time > 999"),
                cases["body"]._replace(filter="ipmi.response_time > 999")]
    growth = {kind: [cases["body"]._replace(capture=kind, limit=size)
                     for size in SIZES] for kind in ("pairs", "unanswered")}
    if has_lua():
        cases["lua-framing"] = Case("Lua, framing and fields", "pairs", True,
                                    FRAMING_ONLY, MESSAGES)
        cases["lua-body"] = Case("Lua, full body", "pairs", True,
                                 FULL_BODY_LUA, MESSAGES)

    runs = bench.take_turns([nothing, *cases.values(), *filtered,
                             *growth["pairs"], *growth["unanswered"]], rounds)

    print(f"\n{MESSAGES:,} messages in pairs, {rounds} rounds: "
          "median (least-greatest)")
    print_costs(runs, [list(cases.values())], MESSAGES, "message")
    print("The same with a display filter, which has a field's value looked at")
    print_costs(runs, [filtered], MESSAGES, "message")
    ends = print_growth(runs, growth, nothing, "message")

    targets = Targets()
    for words, name, limit in (("framing and fields", "framing",
                                FRAMING_LIMIT),
                               ("full body", "body", BODY_LIMIT)):
        targets.at_most(f"{words} <= {{limit}} x data", limit,
                        ratios(runs, cases[name], cases["data"]))
        if f"lua-{name}" in cases:
            targets.at_least(f"{words} >= {{limit}} x as fast as Lua",
                             LUA_LIMIT,
                             ratios(runs, cases[f"lua-{name}"], cases[name]))
    targets.growth(ends, SIZES, GROWTH_LIMIT, "message")
    targets.print()
