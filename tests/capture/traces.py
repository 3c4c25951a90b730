# traces.py
# What QEMU's trace says of the events that it captures.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Lines as the patches' trace-events have them, from packets of reader.py."""

import re

import reader

TRACED = re.compile(r"(?:\d+@[\d.]+:)?(ipmi_(?:access|irq|reset|line|hw_op|frame|link)) (.*)")

TRACE_NAMES = {"interrupt enable": "IRQ enable"}


def traced(path):
    """The lines of a trace's events."""
    with open(path, encoding="utf-8", errors="replace") as file:
        return [match.group(1) + " " + match.group(2).rstrip()
                for match in map(TRACED.match, file) if match]


def as_trace(packet):
    """The line that the trace has for it."""
    path = packet.point.name
    if isinstance(packet, reader.Frame):
        sender = "host" if packet.direction == reader.TO_BMC else "BMC"
        length = len(packet.content) + packet.missing
        return f"ipmi_frame {path}: {sender} sends {length} bytes: {packet.content.hex(' ')}"
    if isinstance(packet, reader.Connection):
        return f"ipmi_link {path}: {packet.comment}"
    begin = f"{path}: {packet.dissector.removeprefix('ipmi_').upper()}"
    side, name = reader.SIDES[packet.side], TRACE_NAMES.get(packet.name(), packet.name())
    state = f"state 0x{packet.mask << 8 | packet.state:04x}"
    if packet.operation in (reader.READ, reader.WRITE):
        operation = reader.OPERATIONS[packet.operation]
        return (f"ipmi_access {begin} {side} {operation} {name} width {packet.width} "
                f"lane {packet.lane} value {packet.value:#x}{' lost' * packet.lost}, {state}")
    if packet.operation == reader.IRQ:
        return f"ipmi_irq {begin} {side} IRQ {packet.what} level {packet.value}, {state}"
    if packet.operation == reader.LINE:
        return f"ipmi_line {begin} {side} line {name} level {packet.value}, {state}"
    if packet.operation == reader.HW_OP:
        return f"ipmi_hw_op {begin} hardware operation {name} ccode 0x{packet.value:02x}, {state}"
    return f"ipmi_reset {begin} {side} reset, {state}"
