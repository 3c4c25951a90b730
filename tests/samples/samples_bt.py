# samples_bt.py
# The made captures of BT registers.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""The packets that a capture is made for have a comment."""

from captures import sample
from frames import OEM_NETFN
from messages import (ANSWER, ANSWER_SHORT, ASK, ASK_SHORT, BODIES, IBT, PERIPHERAL, STORM,
                      bt_ask, request, response, unknown)
from registers import (B2H, BMC, BT_ATN, B_BUSY, CLR_RD, CLR_WR, CR0, CR1, CR2, CR3, ENABLE,
                       FIFO, H2B, HOST, HWRST, H_BUSY, INTMASK, IRQ_EN, IRQ_PENDING, OEM0,
                       READ, WRITE, Bt, Places, bt_frame)


@sample("registers-bt")
def bt():
    """A right exchange at either side, with interrupts; and what happens
    beside transfers."""
    capture = Places()
    bmc = Bt(capture, IBT, BMC)
    host = Bt(capture, PERIPHERAL, HOST)
    ask, answer = bt_ask(0x11)
    host.host_sends(ask, "H2B_ATN: the request is complete")
    host.bmc_sends(answer, after=0.0002)
    host.host_takes(answer, "The last byte: the response is complete")
    bmc.host_sends(ask)
    bmc.bmc_takes(ask, "At the BMC's side it is the BMC that reads the request",
                  after=0.00002)
    bmc.bmc_sends(answer, "... and writes the response", after=0.0002)
    bmc.host_takes(answer)

    host.interrupt_mask(IRQ_EN | IRQ_PENDING, comment="The host wants interrupts")
    ask, answer = bt_ask(0x12)
    host.host_sends(ask)
    host.bmc_sends(answer, after=0.0002)
    host.irq(HOST, 5, True)
    host.interrupt_mask(IRQ_EN | IRQ_PENDING, comment="It has seen the interrupt")
    host.irq(HOST, 5, False)
    host.host_takes(answer)

    host.control(BMC, BT_ATN, comment="The BMC wants attention")
    host.irq(HOST, 5, True)
    host.look(HOST)
    host.control(HOST, BT_ATN, comment="... and gets it")
    host.interrupt_mask(IRQ_EN | IRQ_PENDING)
    host.irq(HOST, 5, False)
    host.control(HOST, OEM0, comment="The host sets OEM0")
    host.control(BMC, OEM0, comment="... and the BMC clears it")
    host.interrupt_mask(IRQ_EN | HWRST, comment="The host resets the BMC")
    host.reset(HOST)
    for seq, (ask, answer, words) in enumerate(BODIES):
        bmc.exchange(bt_frame(seq, ask), bt_frame(seq, answer))
        host.exchange(bt_frame(seq, ask), bt_frame(seq, answer), comment=words)
    bmc.hardware(4, comment="The BMC does this to the host: power cycle")
    bmc.line(ENABLE, False, comment="The BMC takes the interface away")
    bmc.line(ENABLE, True)
    return capture


@sample("registers-bt-255-bytes")
def bt_255_bytes():
    """The longest frames."""
    capture = Places()
    data = bytes(range(252))
    ask = bt_frame(0x01, request(OEM_NETFN, 0x01, data))
    answer = bt_frame(0x01, response(OEM_NETFN, 0x01, data[:251]))
    host = Bt(capture, PERIPHERAL, HOST)
    host.exchange(ask, answer, comment="255 bytes and their length, there and back")
    return capture


@sample("registers-bt-outstanding")
def bt_outstanding():
    """Several requests at once, answered in another order."""
    capture = Places()
    channel = Bt(capture, IBT, BMC)
    for seq in (1, 2, 3):
        channel.host_sends(bt_ask(seq)[0])
        channel.bmc_takes(bt_ask(seq)[0], f"Request {seq:02x}")
    for seq in (2, 3, 1):
        channel.bmc_sends(bt_ask(seq)[1], f"Response {seq:02x}", after=0.0002)
        channel.host_takes(bt_ask(seq)[1])
    channel.host_sends(bt_ask(4)[0])
    channel.bmc_takes(bt_ask(4)[0], "Request 04, never answered")
    channel.exchange(*bt_ask(5))
    channel.host_sends(bt_ask(6)[0])
    channel.bmc_takes(bt_ask(6)[0])
    channel.host_sends(bt_ask(6)[0])
    channel.bmc_takes(bt_ask(6)[0], "Request 06 again, before its response")
    channel.bmc_sends(bt_ask(6)[1])
    channel.host_takes(bt_ask(6)[1])
    channel.bmc_sends(bt_ask(6)[1], "Its response again")
    channel.host_takes(bt_ask(6)[1])
    channel.bmc_sends(bt_ask(7)[1], "Response 07: nobody asked for it")
    channel.host_takes(bt_ask(7)[1])
    channel.host_sends(bt_ask(8)[0])
    channel.bmc_takes(bt_ask(8)[0])
    channel.host_sends(bt_frame(8, ASK))
    channel.bmc_takes(bt_frame(8, ASK), "Another request with the number of one that waits")
    channel.bmc_sends(bt_frame(8, ANSWER), after=5)
    channel.host_takes(bt_frame(8, ANSWER))
    channel.host_sends(bt_ask(9)[0])
    channel.bmc_takes(bt_ask(9)[0])
    channel.reset(BMC, comment="A reset while request 09 waits")
    channel.exchange(*bt_ask(9))
    return capture


@sample("registers-bt-faults-host")
def bt_faults_host():
    """What a host does wrong."""
    capture = Places()
    host = Bt(capture, PERIPHERAL, HOST)
    ask, answer = bt_ask(1)
    host.exchange(ask, answer)

    host.writes(HOST, *ask, comment="CLR_WR_PTR was not written before the request")
    host.control(HOST, H2B)
    host.control(BMC, B_BUSY | H2B)
    host.bmc_sends(answer, after=0.0002)
    host.host_takes(answer)

    host.host_sends(ask)
    host.bmc_sends(answer, after=0.0002)
    host.look(HOST)
    host.control(HOST, H_BUSY)
    host.control(HOST, B2H)
    host.reads(HOST, *answer, comment="CLR_RD_PTR was not written before the response")
    host.control(HOST, H_BUSY)

    host.host_sends(ask)
    host.bmc_sends(answer, after=0.0002)
    host.look(HOST)
    host.control(HOST, H_BUSY)
    host.control(HOST, CLR_RD)
    host.reads(HOST, *answer)
    host.control(HOST, H_BUSY, comment="The response was read, and B2H_ATN was not cleared")
    host.control(HOST, B2H)

    host.host_sends(ask)
    host.look(HOST)
    host.control(HOST, CLR_WR)
    host.writes(HOST, *bt_ask(2)[0], comment="Another request while B_BUSY is set")
    host.control(HOST, H2B)
    host.bmc_sends(answer, after=0.0002)
    host.host_takes(answer)
    host.control(BMC, B_BUSY | H2B)
    host.bmc_sends(bt_ask(2)[1], after=0.0002)
    host.host_takes(bt_ask(2)[1])

    for frame, words in ((b"\x02\x18\x05", "A frame of 3 bytes: too short"),
                         (b"\x09" + ask[1:], "A length of more bytes than there are"),
                         (b"\x03" + ask[1:] + b"\0\0", "A length of fewer bytes than there are"),
                         (b"\x00", "A length of 0"),
                         (b"", "No frame at all")):
        host.look(HOST)
        host.control(HOST, CLR_WR)
        host.writes(HOST, *frame)
        host.control(HOST, H2B, comment=words)
        host.control(BMC, B_BUSY | H2B)
        host.control(BMC, B_BUSY)

    host.look(HOST)
    host.control(HOST, CLR_WR)
    host.writes(HOST, *ask[:3])
    host.control(HOST, CLR_WR, comment="The host begins anew")
    host.writes(HOST, *ask)
    host.control(HOST, H2B)
    host.control(BMC, B_BUSY | H2B)
    host.bmc_sends(answer, after=0.0002)
    host.look(HOST)
    host.control(HOST, H_BUSY)
    host.control(HOST, B2H)
    host.control(HOST, CLR_RD)
    host.reads(HOST, *answer[:3])
    host.control(HOST, H_BUSY, comment="Only the beginning of the response was read")

    host.exchange(ask, answer)
    host.reads(HOST, 0x00, comment="A byte more than the response has")
    host.control(HOST, CLR_RD)
    host.reads(HOST, 0x00, comment="... and from the beginning, though there is no new one")
    wrong = bt_frame(9, ANSWER_SHORT)
    host.exchange(wrong, bt_frame(9, ASK_SHORT + b"\x01"),
                  comment="A response from the host, and a request from the BMC")
    host.host_sends(ask)
    host.bmc_sends(answer, after=0.0002)
    host.look(HOST)
    host.control(HOST, B2H)
    host.control(HOST, CLR_RD)
    host.reads(HOST, *answer, comment="H_BUSY was not set to read the response")
    host.control(HOST, CLR_WR)
    host.writes(HOST, *ask)
    host.control(HOST, H2B)
    host.control(HOST, H2B, comment="H2B_ATN again")
    host.control(BMC, B_BUSY | H2B)
    host.bmc_sends(answer, after=0.0002)
    host.host_takes(answer)
    host.access(HOST, WRITE, FIFO, 0x55, lost=True, comment="Lost: the interface is not enabled")
    return capture


@sample("registers-bt-faults-bmc")
def bt_faults_bmc():
    """What a BMC's firmware does wrong."""
    capture = Places()
    channel = Bt(capture, IBT, BMC)
    ask, answer = bt_ask(1)
    channel.exchange(ask, answer)

    channel.host_sends(ask)
    channel.control(BMC, B_BUSY)
    channel.control(BMC, H2B)
    channel.reads(BMC, *ask, comment="CLR_RD_PTR was not written before the request")
    channel.control(BMC, B_BUSY)
    channel.bmc_sends(answer, after=0.0002)
    channel.host_takes(answer)

    channel.host_sends(ask)
    channel.bmc_takes(ask)
    channel.writes(BMC, *answer, comment="CLR_WR_PTR was not written before the response")
    channel.control(BMC, B2H)
    channel.host_takes(answer)

    channel.host_sends(ask)
    channel.control(BMC, B_BUSY)
    channel.control(BMC, CLR_RD)
    channel.reads(BMC, *ask)
    channel.control(BMC, B_BUSY, comment="The request was read, and H2B_ATN was not cleared")
    channel.control(BMC, H2B)
    channel.bmc_sends(answer, after=0.0002)
    channel.host_takes(answer)

    channel.host_sends(ask)
    channel.bmc_takes(ask)
    channel.bmc_sends(answer, after=0.0002)
    channel.control(HOST, H_BUSY)
    channel.control(BMC, CLR_WR)
    channel.writes(BMC, *bt_ask(2)[1], comment="Another response while H_BUSY is set")
    channel.control(BMC, B2H)
    channel.control(HOST, B2H)
    channel.control(HOST, H_BUSY)

    for frame, words in ((b"\x03\x1c\x05\x2f", "A response without completion code: too short"),
                         (b"\x09" + answer[1:], "A length of more bytes than there are"),
                         (b"", "No frame at all")):
        channel.host_sends(ask)
        channel.bmc_takes(ask)
        channel.control(BMC, CLR_WR)
        channel.writes(BMC, *frame)
        channel.control(BMC, B2H, comment=words)
        channel.host_takes(frame)

    channel.host_sends(ask)
    channel.control(BMC, H2B)
    channel.control(BMC, CLR_RD)
    channel.reads(BMC, *ask, comment="B_BUSY was not set to read the request")
    channel.control(BMC, CLR_WR)
    channel.writes(BMC, *answer)
    channel.control(BMC, B2H)
    channel.control(BMC, B2H, comment="B2H_ATN again")
    channel.host_takes(answer)
    channel.exchange(ask, bt_frame(1, ANSWER), comment="The response to another command")
    return capture


@sample("registers-bt-slow")
def bt_slow():
    """What goes on for too long."""
    capture = Places()
    channel = Bt(capture, IBT, BMC)
    host = Bt(capture, PERIPHERAL, HOST)
    ask, answer = bt_ask(1)

    channel.host_sends(ask)
    channel.look(BMC, after=6, comment="H2B_ATN was set for 6 s")
    channel.bmc_takes(ask)
    channel.bmc_sends(answer, after=6, comment="The response took 6 s")
    channel.host_takes(answer, after=6)

    ask, answer = bt_ask(2)
    channel.host_sends(ask)
    channel.look(BMC)
    channel.control(BMC, B_BUSY)
    channel.control(BMC, H2B)
    channel.control(BMC, CLR_RD)
    channel.reads(BMC, *ask)
    channel.control(BMC, B_BUSY, after=12, comment="B_BUSY was set for 12 s")
    channel.bmc_sends(answer)
    channel.control(HOST, H_BUSY)
    channel.control(HOST, B2H)
    channel.control(HOST, H_BUSY, after=12, comment="H_BUSY was set for 12 s")

    host.interrupt_mask(IRQ_EN | IRQ_PENDING)
    host.irq(HOST, 5, True)
    host.irq(HOST, 5, False)
    ask, answer = bt_ask(3)
    host.host_sends(ask)
    host.bmc_sends(answer, comment="There should be an interrupt, and there is none for 2 s")
    host.look(HOST, after=2)
    host.interrupt_mask(IRQ_EN | IRQ_PENDING)
    host.host_takes(answer)
    host.control(BMC, BT_ATN, comment="Attention that nobody gives for 70 s")
    host.look(HOST, after=70)
    host.control(HOST, BT_ATN)
    for i in range(STORM):
        host.irq(HOST, 5, i % 2 == 0, comment="The interrupt comes, and nobody looks"
                 if i == 0 else None)
    host.host_sends(bt_ask(6)[0], comment="B_BUSY is set from here to the end")
    channel.look(BMC, after=30, comment="The capture ends 30 s later")
    return capture


@sample("registers-bt-of-the-bmc")
def bt_of_the_bmc():
    """The registers that a BMC's own processor has besides, bit by bit; and what
    this version does not know."""
    capture = Places()
    aspeed = Bt(capture, IBT, BMC)
    for what, name in ((CR0, "CR0"), (CR1, "CR1"), (CR2, "CR2"), (CR3, "CR3")):
        for bit in range(32):
            aspeed.access(BMC, WRITE, what, 1 << bit, width=4,
                          comment=f"{name}, every bit in turn" if bit == 0 else None)
    aspeed.access(BMC, READ, CR0, 0x0E, lane=3, comment="Byte 3 of CR0")
    aspeed.access(BMC, READ, INTMASK, 0x01, width=4)
    aspeed.access(HOST, READ, INTMASK, 0x01)
    unknown(aspeed)
    return capture
