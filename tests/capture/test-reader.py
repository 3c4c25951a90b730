#!/usr/bin/env python3
# test-reader.py
# reader.py takes what docs/capture-format.md allows, and nothing else.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Each case is a small file with one thing wrong, and words that the reader has
to say of it, and of nothing else. In both byte orders."""

import struct
import unittest

import models
import reader

NOW = 1_800_000_000 * 10**9
KCS1 = "/machine/soc/kcs/kcs1"


class Writer:
    """Makes files, right or wrong as its caller wants."""

    def __init__(self, order="<"):
        self.order = order
        self.contents = b""

    def option(self, code, value, length=None, padding=b"\0"):
        length = len(value) if length is None else length
        return struct.pack(self.order + "HH", code, length) + value + padding * (-len(value) % 4)

    def block(self, kind, body, *options, end=True, trailer=None):
        body += b"".join(options) + (self.option(0, b"") if options and end else b"")
        length = 12 + len(body)
        self.contents += struct.pack(self.order + "II", kind, length) + body
        self.contents += struct.pack(self.order + "I", trailer or length)
        return self

    def section(self, *options, magic=0x1A2B3C4D, version=(1, 0), length=-1, **how):
        return self.block(0x0A0D0D0A, struct.pack(self.order + "IHHq", magic, *version, length),
                          *(options or [self.option(4, b"QEMU")]), **how)

    def interface(self, *options, name=KCS1, linktype=252, limit=0, reserved=0,
                  description="npcm7xx-ipmi-kcs: KCS registers, BMC's side",
                  resolution=b"\x09", **how):
        return self.block(1, struct.pack(self.order + "HHI", linktype, reserved, limit),
                          self.option(2, name.encode()), self.option(3, description.encode()),
                          self.option(9, resolution), *options, **how)

    def packet(self, data, direction=0, *options, at=NOW, interface=0, original=None,
               dropped=None, comment=None, epb_flags=None, **how):
        options = [*options, self.option(2, struct.pack(self.order + "I", epb_flags or direction))]
        if dropped is not None:
            options.append(self.option(4, struct.pack(self.order + "Q", dropped)))
        if comment is not None:
            options.append(self.option(1, comment.encode()))
        body = struct.pack(self.order + "5I", interface, at >> 32, at & 0xFFFFFFFF, len(data),
                           len(data) if original is None else original)
        return self.block(6, body + data + bytes(-len(data) % 4), *options, **how)

    def statistics(self, received, dropped, interface=0, at=NOW):
        return self.block(5, struct.pack(self.order + "III", interface, at >> 32, at & 0xFFFFFFFF),
                          self.option(4, struct.pack(self.order + "Q", received)),
                          self.option(5, struct.pack(self.order + "Q", dropped)))

    def record(self, direction, side, operation, what, width=0, flags=0, state=0, mask=0,
               value=0, dissector="ipmi_kcs", rest=b"", epb_flags=None, **how):
        """What record() takes."""
        data = record(side, operation, what, width, flags, state, mask, value)
        return self.packet(tags(dissector) + data + rest, direction, epb_flags=epb_flags, **how)

    def frame(self, direction, text, **how):
        return self.packet(tags("ipmi_extern") + bytes.fromhex(text), direction, **how)


def tags(name, length=None, more=b"", last=struct.pack(">HH", 0, 0)):
    """Those of a packet."""
    name = name.encode()
    length = length or len(name) + -len(name) % 4
    return more + struct.pack(">HH", 12, length) + name.ljust(length, b"\0") + last


def record(side, operation, what, width=0, flags=0, state=0, mask=0, value=0, version=1):
    return struct.pack(">8BI", version, side, operation, what, width, flags, state, mask, value)


def begin(order="<"):
    return Writer(order).section().interface()


# The host writes CMD 61: IBF and C/D.
WRITE_START = 2, 1, 2, 3, 1, 0, 0x0A, 0, 0x61


def good(order):
    """Something of everything."""
    file = begin(order).record(*WRITE_START)
    file.interface(name="/machine/peripheral/bmc", description="ipmi-bmc-extern: messages, "
                   "host's side")
    file.packet(tags("ipmi_extern"), 0, interface=1, comment="connected")
    file.frame(2, "00 18 01 e7 a0", interface=1)
    file.frame(1, "00 1c 01", interface=1)          # a rest
    file.frame(1, "00 1c 01", interface=1, original=100)
    file.packet(tags("ipmi_extern"), 0, interface=1, comment="disconnected")
    file.interface(name="/machine/bt", description="isa-ipmi-bt: BT registers, host's side")
    file.record(2, 1, 2, 1, 1, 0, 0x04, 1, 0x04, dissector="ipmi_bt", interface=2)
    file.record(1, 2, 6, 4, interface=2, dissector="ipmi_bt")
    file.record(0, 1, 4, 0, interface=2, dissector="ipmi_bt")
    file.record(1, 1, 3, 5, value=1, interface=2, dissector="ipmi_bt", dropped=3)
    file.record(1, 2, 5, 1, state=0x10, value=1, interface=2, dissector="ipmi_bt")
    file.record(1, 2, 2, 0x24, 2, 4, value=0xABCD)
    file.record(2, 1, 2, 1, 1, 1, 0x0A, 0, 0x12)    # lost
    file.statistics(3, 0).statistics(5, 0, interface=1).statistics(10, 5, interface=2)
    return file


class Reads(unittest.TestCase):
    """What is right."""

    def test_good(self):
        for order in "<", ">":
            capture = reader.read(good(order).contents)
            self.assertEqual((capture.faults, capture.remarks), ([], []))
            self.assertTrue(capture.complete())
            self.assertEqual([packet.words() for packet in capture.packets], [
                "KCS host W CMD 61 -> 0a (IDLE C/D IBF)",
                "connected",
                "to BMC: 00 18 01 e7 a0",
                "to host: 00 1c 01",
                "to host: 00 1c 01 and 77 more",
                "disconnected",
                "BT host W CTRL 04 -> 04 01 (H2B_ATN, interrupt enabled)",
                "BT hardware operation power cycle, completion code 00 -> 00 00 (-)",
                "BT host reset -> 00 00 (-)",
                "BT host interrupt 5 on -> 00 00 (-)",
                "BT BMC line SMS_ATN on -> 10 00 (SMS_ATN)",
                "KCS BMC W HICR4 abcd at byte 2 -> 00 (IDLE)",
                "KCS host W DI 12, lost -> 0a (IDLE C/D IBF)"])
            self.assertEqual([point.dropped for point in capture.points], [0, 0, 3])

    def test_cut_off(self):
        """A file may end anywhere after its section header."""
        whole = good("<").contents
        count, complete = 0, 0
        for end in range(len(whole)):
            try:
                capture = reader.read(whole[:end])
            except reader.NotACapture:
                self.assertLess(end, struct.unpack("<I", whole[4:8])[0])
                continue
            self.assertEqual(capture.faults, [])
            self.assertGreaterEqual(len(capture.packets), count)
            count = len(capture.packets)
            complete += capture.complete()
        self.assertEqual(count, 13)
        # The one without any point.
        self.assertEqual(complete, 1)

    def test_remarks(self):
        """What a later version may bring, what is seldom done."""
        for file, words in (
                (begin().block(0xBAD, b""), "unknown type 0xbad"),
                (begin().record(*WRITE_START, rest=b"\0\0"), "2 bytes after the value"),
                (begin().packet(tags("ipmi_kcs") + record(*WRITE_START[1:], version=2), 2),
                 "version 2"),
                (begin().record(2, 1, 9, 9), "operation 9"),
                (begin().record(2, 1, 1, 0x7F, 1), "R register 7f"),
                (begin().record(2, 1, 2, 3, 1, 0x80, 0x0A, 0, 0x61), "flags 80"),
                (begin().record(1, 2, 5, 9), "line 09"),
                (begin().record(1, 2, 6, 9), "hardware operation 09"),
                (begin().packet(tags("ipmi_smic")), "unknown dissector 'ipmi_smic'"),
                (begin().packet(tags("ipmi_kcs", 12) + record(*WRITE_START[1:]), 2,
                                Writer().option(77, b"x")), "unknown option 77"),
                (begin().record(2, 1, 1, 3, 1), "KCS host R CMD 00 -> 00 (IDLE): no such access"),
                (begin().interface(description="the same in another machine"),
                 f"a second {KCS1}, of another machine"),
                (begin().record(*WRITE_START).record(*WRITE_START, at=NOW - 5),
                 "the clock was set back by 5 ns")):
            with self.subTest(words):
                capture = reader.read(file.contents)
                self.assertEqual(capture.faults, [])
                self.assertEqual(len(capture.remarks), 1, capture.remarks)
                self.assertIn(words, capture.remarks[0])


FAULTS = [
    (lambda: Writer().section(version=(2, 0)), "pcapng version 2.0"),
    (lambda: Writer().section(length=100), "section length 100"),
    (lambda: Writer().section(Writer().option(4, b"")), "shb_userappl ''"),
    (lambda: Writer().section(end=False), "the options have no end"),
    (lambda: Writer().section(Writer().option(4, b"x", padding=b"x")), "not padded with zeros"),
    (lambda: Writer().section(Writer().option(4, b"QEMU", length=400)), "option 4 has 400 bytes"),
    (lambda: Writer().section(trailer=99), "two different lengths"),
    (lambda: begin().section(), "a second section"),
    (lambda: Writer().section().interface(linktype=1), "link type 1"),
    (lambda: Writer().section().interface(limit=64), "SnapLen 64"),
    (lambda: Writer().section().interface(reserved=1), "reserved field 1"),
    (lambda: Writer().section().interface(resolution=b"\x06"), "if_tsresol"),
    (lambda: Writer().section().interface(resolution=b"\x09\0"), "if_tsresol has 2 bytes"),
    (lambda: Writer().section().interface(name=""), "if_name ''"),
    (lambda: Writer().section().interface(description=""), "if_description ''"),
    (lambda: Writer().section().interface(Writer().option(2, b"x")), "if_name twice"),
    (lambda: begin().interface(), f"a second {KCS1}"),
    (lambda: begin().record(*WRITE_START, interface=1), "interface 1 is not described yet"),
    (lambda: begin().block(6, bytes(16)), "packet too short"),
    (lambda: begin().block(6, struct.pack("<5I", 0, 0, 0, 64, 64)), "more than the block has"),
    (lambda: begin().packet(tags("ipmi_extern") + b"\xa0", 2, original=3), "less than 21 capt"),
    (lambda: begin().record(*WRITE_START, at=10**18), "time 1000000000000000000 ns"),
    (lambda: begin().record(*WRITE_START, epb_flags=6), "epb_flags 0x6"),
    (lambda: begin().record(0, *WRITE_START[1:], epb_flags=3), "epb_flags 0x3"),
    (lambda: begin().record(*WRITE_START, dropped=0), "epb_dropcount of 0"),
    (lambda: begin().record(*WRITE_START).statistics(2, 0), "2 received, 0 of them dropped"),
    (lambda: begin().record(*WRITE_START, dropped=2).statistics(2, 1), "packets say 2"),
    (lambda: begin().statistics(0, 0).statistics(0, 0), "twice"),
    (lambda: begin().statistics(1, 0).record(*WRITE_START), "after the statistics"),
    (lambda: Writer().section().block(1, struct.pack("<HHI", 252, 0, 0),
                                      Writer().option(9, b"\x09")), "no if_name"),
    (lambda: begin().block(5, struct.pack("<III", 0, NOW >> 32, NOW & 0xFFFFFFFF),
                           Writer().option(4, bytes(8))), "no isb_ifdrop"),
    (lambda: begin().packet(b"", 0), "the tags have no end"),
    (lambda: begin().packet(tags("ipmi_kcs", last=b""), 0), "the tags have no end"),
    (lambda: begin().packet(struct.pack(">HH", 12, 8) + b"ipmi"), "tag 12 has 8 bytes"),
    (lambda: begin().packet(struct.pack(">HH", 0, 0)), "no name of a dissector"),
    (lambda: begin().packet(tags("ipmi_extern", 16) + b"\xa0", 2), "dissector has 16 bytes"),
    (lambda: begin().packet(tags("ipmi_kcs", more=tags("ipmi_kcs", last=b""))
                            + record(*WRITE_START[1:]), 2), "two names"),
    (lambda: begin().frame(2, "a0 a0"), "more than one frame"),
    (lambda: begin().frame(0, "a0"), "without direction"),
    (lambda: begin().frame(1, "00 a0", original=100), "and yet with its end"),
    (lambda: begin().packet(tags("ipmi_extern")), "comment None"),
    (lambda: begin().packet(tags("ipmi_extern"), comment="gone"), "comment 'gone'"),
    (lambda: begin().packet(tags("ipmi_extern"), 1, comment="connected"), "with direction"),
    (lambda: begin().packet(tags("ipmi_extern"), comment="connected")
     .packet(tags("ipmi_extern"), comment="connected"), "connected already"),
    (lambda: begin().packet(tags("ipmi_kcs") + bytes(11)), "a record of 11 bytes"),
    (lambda: begin().packet(tags("ipmi_kcs") + record(*WRITE_START[1:]), 2, original=99),
     "a record that is cut off"),
    (lambda: begin().packet(tags("ipmi_kcs") + record(*WRITE_START[1:], version=0), 2),
     "version 0"),
    (lambda: begin().record(0, 1, 4, 0, flags=6), "flags"),
    (lambda: begin().record(1, 2, 1, 0x20, 3), "width 3"),
    (lambda: begin().record(1, 2, 1, 0x20, 2, 6), "2 bytes from byte 3 on"),
    (lambda: begin().record(1, 2, 1, 0x20, 1, value=0x100), "value 0x100 in 1"),
    (lambda: begin().record(1, 1, *WRITE_START[2:]), "direction 1 instead of 2"),
    (lambda: begin().record(2, 1, 2, 3, 1, 0, 0x08, 0, 0x61), "IBF is clear"),
    (lambda: begin().record(1, 2, 1, 1, 1, 0, 0x02), "IBF is set after"),
    (lambda: begin().record(1, 2, 2, 2, 1), "OBF is clear after"),
    (lambda: begin().record(2, 1, 1, 2, 1, 0, 0x01), "OBF is set after"),
    (lambda: begin().record(2, 1, 1, 4, 1, 0, 0x01), "read of ST is not the state"),
    (lambda: begin().record(2, 1, 1, 4, 1, 0, 0, 1), "01 at offset 7 of KCS"),
    (lambda: begin().record(1, 1, 3, 5, value=2), "value 0x2"),
    (lambda: begin().record(0, 1, 4, 0, value=1), "value 0x1"),
    (lambda: begin().record(0, 1, 4, 1), "01 at offset 3 of a reset"),
    (lambda: begin().record(1, 2, 5, 2, 1), "width 1 of no access"),
    (lambda: begin().record(1, 2, 5, 1, value=1), "SMS_ATN is not in the state"),
    (lambda: begin().record(1, 1, 6, 1), "a hardware operation of the host"),
    (lambda: begin().record(2, 1, 6, 1, 0), "direction 2 instead of 1"),
    *[(lambda fields=fields: begin().record(*fields, dissector="ipmi_bt"), words)
      for fields, words in (
          ((2, 1, 2, 1, 1, 0, 0x01), "CLR_WR_PTR or"),
          ((2, 1, 2, 1, 1, 0, 0x00, 0, 0x04), "H2B_ATN was not set"),
          ((2, 1, 2, 1, 1, 0, 0x08, 0, 0x08), "B2H_ATN was not cleared"),
          ((2, 1, 2, 1, 1, 0, 0x10, 0, 0x10), "SMS_ATN was not cleared"),
          ((1, 2, 2, 1, 1, 0, 0x00, 0, 0x08), "B2H_ATN was not set"),
          ((1, 2, 2, 1, 1, 0, 0x00, 0, 0x10), "SMS_ATN was not set"),
          ((1, 2, 2, 1, 1, 0, 0x04, 0, 0x04), "H2B_ATN was not cleared"),
          ((2, 1, 1, 1, 1, 0, 0x04, 0, 0x00), "of CTRL is not the state"),
          ((2, 1, 1, 3, 1, 0, 0x00, 1, 0x00), "of INTMASK is not"),
          ((2, 1, 2, 3, 1, 0, 0x00, 0, 0x01), "B2H_IRQ_EN is not"),
          ((2, 1, 2, 3, 1, 0, 0x00, 2, 0x02), "B2H_IRQ was not cleared"))],
]


class Faults(unittest.TestCase):
    """What is wrong."""

    def test_faults(self):
        for make, words in FAULTS:
            with self.subTest(words):
                faults = reader.read(make().contents).faults
                self.assertTrue(any(words in fault for fault in faults), faults)

    def test_no_capture(self):
        for data in (b"", b"\xd4\xc3\xb2\xa1" + bytes(20), begin().contents[:20],
                     Writer().section(magic=5).contents):
            self.assertRaises(reader.NotACapture, reader.read, data)


KCS_EXCHANGE = [
    # What happens, and the status after it.
    ("h W CMD 61", 0x0A), ("b R ST 0a", 0x0A), ("b W ST 80", 0x8A), ("b W DO 00", 0x8B),
    ("b R DI 61", 0x89), ("h R ST 89", 0x89), ("h R DO 00", 0x88),
    ("h W DI 18", 0x82), ("b R DI 18", 0x80),
    ("h W CMD 62", 0x8A), ("b R DI 62", 0x88),
    ("h W DI 01", 0x82), ("b W ST 40", 0x42), ("b R DI 01", 0x40),
    ("b W DO 1c", 0x41), ("h R DO 1c", 0x40), ("h W DI 68", 0x42), ("b R DI 68", 0x40),
    ("b W DO 01", 0x41), ("h R DO 01", 0x40), ("h W DI 68", 0x42), ("b R DI 68", 0x40),
    ("b W DO 00", 0x41), ("h R DO 00", 0x40), ("h W DI 68", 0x42), ("b W ST 00", 0x02),
    ("b R DI 68", 0x00), ("b W DO 00", 0x01), ("h R DO 00", 0x00),
]

BT_EXCHANGE = [
    ("h W CTRL 01", 0x00), ("h W FIFO 03", 0x00), ("h W FIFO 18", 0x00), ("h W FIFO 07", 0x00),
    ("h W FIFO 01", 0x00), ("h W CTRL 04", 0x04), ("b W CTRL 84", 0x80), ("b W CTRL 80", 0x00),
    ("b W CTRL 08", 0x08), ("h W CTRL 40", 0x48), ("h W CTRL 08", 0x40), ("h W CTRL 02", 0x40),
    ("h R FIFO 04", 0x40), ("h R FIFO 1c", 0x40), ("h R FIFO 07", 0x40), ("h R FIFO 01", 0x40),
    ("h R FIFO 00", 0x40), ("h W CTRL 40", 0x00), ("h R CTRL 00", 0x00),
]


class Models(unittest.TestCase):
    """The models see what is missing or does not follow."""

    NUMBERS = {"DI": 1, "DO": 2, "CMD": 3, "ST": 4, "CTRL": 1, "FIFO": 2}

    def replay(self, model, events):
        file = begin()
        for words, state in events:
            side, operation, register, value = words.split()
            file.record(2 if side == "h" else 1, 1 if side == "h" else 2,
                        1 if operation == "R" else 2, self.NUMBERS[register], 1, 0, state, 0,
                        int(value, 16), dissector=model.dissector)
        capture = reader.read(file.contents)
        self.assertEqual(capture.faults, [])
        return model.feed(capture.packets)

    def test_models(self):
        for make, events in (lambda: models.Kcs(2), KCS_EXCHANGE), (lambda: models.Bt(1), BT_EXCHANGE):
            whole = self.replay(make(), events)
            self.assertEqual(whole.faults, [])
            self.assertEqual([(exchange.request, exchange.response)
                              for exchange in whole.exchanges], [(b"\x18\1", b"\x1c\1\0")])
            for i, (words, state) in enumerate(events):
                if "R ST" in words or "R CTRL" in words:
                    continue                    # nothing depends on it
                with self.subTest(f"without {words}"):
                    part = self.replay(make(), events[:i] + events[i + 1:])
                    self.assertTrue(part.faults or
                                    [exchange[:2] for exchange in part.exchanges] !=
                                    [exchange[:2] for exchange in whole.exchanges])

    def test_edges(self):
        """An interrupt is asserted once."""
        capture = reader.read(begin().record(1, 1, 3, 5, value=1).record(1, 1, 3, 5, value=1)
                              .record(1, 1, 3, 5).contents)
        self.assertEqual(len(models.Kcs(2).feed(capture.packets).faults), 1)

    def test_frames(self):
        """A message that is escaped, one with a wrong checksum, one unasked for."""
        capture = reader.read(
            begin().frame(2, "00 18 01 e7 a0").frame(1, "00 1c 01 00 aa b0 43 a0")
            .frame(2, "01 18 01 e7 a0").frame(1, "05 1c 01 00 de a0").frame(1, "01 a1").contents)
        self.assertEqual(capture.faults, [])
        exchanges, faults = models.frames(capture.packets)
        self.assertEqual([exchange[:2] for exchange in exchanges],
                         [(b"\x18\1", b"\x1c\1\0\xa0")])
        self.assertEqual([fault[:8] for fault in faults], ["packet 3", "packet 4"])


if __name__ == "__main__":
    unittest.main()
