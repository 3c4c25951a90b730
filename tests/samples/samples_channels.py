# samples_channels.py
# The made captures of registers where KCS and BT do not matter.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Captures that begin late, lack something or have several channels. The packets
that a capture is made for have a comment."""

from captures import sample
from commands import APP, CHASSIS
from frames import get_device_id
from messages import (ANSWER, ANSWER_SHORT, ASK, ASK_SHORT, IBT, KCS1, KCS2, PERIPHERAL,
                      bt_ask, request, response)
from registers import (ABORTED, B2H, BMC, B_BUSY, CLR_RD, CLR_WR, CMD, DI, ERROR_STATE, H2B,
                       HOST, H_BUSY, IBF, IDLE_STATE, OBF, READ_NEXT, READ_STATE, ST,
                       WRITE_START, WRITE_STATE, Bt, Kcs, Places, Wire, bt_frame)


@sample("registers-short-records")
def short_records():
    """Records that end too early, and packets that the capture has the
    beginning of."""
    capture = Places()
    channels = (Kcs(capture, KCS1, BMC), Bt(capture, IBT, BMC))
    for channel in channels:
        channel.exchange(*((ASK_SHORT, ANSWER_SHORT) if isinstance(channel, Kcs) else
                           (bt_frame(1, ASK_SHORT), bt_frame(1, ANSWER_SHORT))))
        for size in (0, 1, 4, 11):
            channel.cut(size, comment=f"{size} bytes of 12")
        channel.cut(4, missing=8, comment="The capture has 4 of its 12 bytes")
        channel.exchange(*((ASK_SHORT, ANSWER_SHORT) if isinstance(channel, Kcs) else
                           (bt_frame(1, ASK_SHORT), bt_frame(1, ANSWER_SHORT))))
    return capture


@sample("registers-in-the-middle")
def in_the_middle():
    """Captures that begin when a message is under way."""
    capture = Places()
    channels = []

    def begin(kind, name, side, state):
        channel = kind(capture, name, side)
        channel.state = state
        channels.append(channel)
        return channel

    channel = begin(Kcs, "/kcs/in-a-request", BMC, WRITE_STATE)
    channel.write(ASK_SHORT[0], comment="The capture begins in the middle of a request")
    channel.end()
    channel.host_writes(DI, ASK_SHORT[-1])
    channel.response(ASK_SHORT[-1], ANSWER_SHORT)
    channel = begin(Kcs, "/kcs/last-byte", HOST, WRITE_STATE)
    channel.host_writes(DI, ASK_SHORT[-1], comment="... with the last byte of a request")
    channel.response(ASK_SHORT[-1], ANSWER_SHORT)
    channel = begin(Kcs, "/kcs/in-a-response", BMC, READ_STATE)
    channel.host_writes(DI, READ_NEXT, comment="... in the middle of a response")
    channel.response(READ_NEXT, ANSWER_SHORT[2:])
    channel = begin(Kcs, "/kcs/in-an-abort", BMC, ERROR_STATE)
    channel.abort(ABORTED, comment="... with an abort")
    channel = begin(Kcs, "/kcs/waits", BMC, READ_STATE)
    channel.host_reads(ST, comment="... while the host waits")

    ask, answer = bt_ask(1)
    channel = begin(Bt, "/bt/in-a-request", HOST, 0)
    channel.writes(HOST, *ask[2:])
    channel.control(HOST, H2B, comment="The capture begins in the middle of a request")
    channel.control(BMC, B_BUSY | H2B)
    channel.bmc_sends(answer)
    channel.host_takes(answer)
    channel = begin(Bt, "/bt/in-a-response", HOST, H_BUSY)
    channel.reads(HOST, *answer[2:])
    channel.control(HOST, H_BUSY, comment="... in the middle of a response")
    channel = begin(Bt, "/bt/in-a-request-bmc", BMC, B_BUSY)
    channel.reads(BMC, *ask[1:])
    channel.control(BMC, B_BUSY, comment="... in the middle of a request, at the BMC")
    channel = begin(Bt, "/bt/in-a-response-bmc", BMC, 0)
    channel.writes(BMC, *answer[3:])
    channel.control(BMC, B2H, comment="... in the middle of a response, at the BMC")
    channel.host_takes(answer)

    for channel in channels:
        channel.state &= ~(IBF | OBF) if isinstance(channel, Kcs) else 0
        if isinstance(channel, Kcs):
            channel.state = IDLE_STATE
            channel.exchange(ASK_SHORT, ANSWER_SHORT, comment="From here on all is known")
        else:
            channel.exchange(*bt_ask(2), comment="From here on all is known")
    return capture


@sample("registers-dropped")
def dropped():
    """Records that the writer could not keep: the next one says how many."""
    capture = Places()
    kcs1 = Kcs(capture, KCS1, BMC)
    kcs1.exchange(ASK_SHORT, ANSWER_SHORT)
    kcs1.begin()
    kcs1.write(ASK[0])
    kcs1.state = READ_STATE | IBF
    kcs1.host_reads(ST, dropped=7, comment="The end of a request was lost")
    kcs1.response(ASK[-1], ANSWER)
    kcs1.request(ASK)
    kcs1.give(ASK[-1], ANSWER[0])
    kcs1.state = IDLE_STATE
    kcs1.host_writes(CMD, WRITE_START, dropped=60, comment="The rest of a response was lost")
    kcs1.take(WRITE_START)
    kcs1.write(*ASK_SHORT[:-1])
    kcs1.end()
    kcs1.host_writes(DI, ASK_SHORT[-1])
    kcs1.response(ASK_SHORT[-1], ANSWER_SHORT)
    kcs1.host_reads(ST, dropped=1, comment="One was lost between two exchanges")
    kcs1.exchange(ASK_SHORT, ANSWER_SHORT)

    kcs1.state = READ_STATE | IBF
    kcs1.host_reads(ST, dropped=20, comment="A request that was answered before, lost this time")
    kcs1.response(ASK_SHORT[-1], ANSWER_SHORT, "Not a second response to that one")
    kcs1.exchange(ASK_SHORT, ANSWER_SHORT)

    ibt = Bt(capture, IBT, BMC)
    ask, answer = bt_frame(1, request(APP, 0x34, b"\x40\x82\x18\x66")), bt_ask(1)[1]
    ibt.host_sends(ask)
    ibt.control(BMC, B_BUSY)
    ibt.control(BMC, H2B)
    ibt.control(BMC, CLR_RD)
    ibt.reads(BMC, *ask[:3])
    ibt.reads(BMC, ask[5], dropped=2, comment="Two bytes of a request were lost")
    ibt.reads(BMC, *ask[6:])
    ibt.control(BMC, B_BUSY)
    ibt.bmc_sends(answer)
    ibt.host_takes(answer)
    ibt.exchange(*bt_ask(2))
    wire = Wire(capture, PERIPHERAL)
    ask, answer = get_device_id(0)
    wire.host(ask)
    wire.bmc(answer, dropped=3, comment="Frames can be lost, too")
    return capture


@sample("registers-after-migration")
def after_migration():
    """A virtual machine that goes on elsewhere: the registers are other ones,
    without an event that says so."""
    capture = Places()
    kcs1 = Kcs(capture, KCS1, BMC)
    kcs1.exchange(ASK_SHORT, ANSWER_SHORT)
    kcs1.begin()
    kcs1.write(ASK[0])
    kcs1.state = IDLE_STATE
    kcs1.host_reads(ST, comment="It was WRITE before")
    kcs1.exchange(ASK_SHORT, ANSWER_SHORT)
    kcs1.state = WRITE_STATE
    kcs1.write(ASK_SHORT[0], comment="It was IDLE before")
    kcs1.end()
    kcs1.host_writes(DI, ASK_SHORT[-1])
    kcs1.response(ASK_SHORT[-1], ANSWER_SHORT)
    ibt = Bt(capture, IBT, BMC)
    ask, answer = bt_ask(1)
    ibt.exchange(ask, answer)
    ibt.host_sends(ask)
    ibt.bmc_takes(ask)
    ibt.state = B2H
    ibt.look(BMC, comment="A response waits that nobody has written here")
    ibt.host_takes(answer)
    ibt.exchange(*bt_ask(2))
    return capture


@sample("registers-interleaved")
def interleaved():
    """Four channels at once: two of one BMC, and two BMCs whose channels have
    the same name. The machine's name tells those apart."""
    capture = Places()
    channels = (Kcs(capture, KCS1, BMC, "bmc-a"), Kcs(capture, KCS2, BMC, "bmc-a"),
                Kcs(capture, KCS1, BMC, "bmc-b"), Bt(capture, IBT, BMC, "bmc-b"))
    for channel in channels[:3]:
        channel.begin(comment="All at once")
    ask, answer = bt_ask(1)
    ibt = channels[3]
    ibt.host_sends(ask)
    ibt.look(BMC)
    ibt.control(BMC, B_BUSY)
    ibt.control(BMC, H2B)
    ibt.control(BMC, CLR_RD)
    messages = (ASK, ASK_SHORT, request(CHASSIS, 0x01))
    answers = (ANSWER, ANSWER_SHORT, response(CHASSIS, 0x01, b"\x21\x00\x40"))
    for channel, message in zip(channels, messages):
        channel.write(*message[:-1])
        ibt.reads(BMC, *ask[:2])
        ask = ask[2:]
    ibt.control(BMC, B_BUSY)
    for channel in channels[:3]:
        channel.end()
    ibt.control(BMC, CLR_WR)
    for channel, message in zip(channels, messages):
        channel.host_writes(DI, message[-1])
    asked = [message[-1] for message in messages]
    for i in range(max(map(len, answers)) + 1):
        for number, (channel, message) in enumerate(zip(channels, answers)):
            if i < len(message):
                channel.give(asked[number], message[i])
                channel.host_writes(DI, READ_NEXT)
                asked[number] = READ_NEXT
            elif i == len(message):
                channel.give(READ_NEXT, 0x00, IDLE_STATE)
        if i < len(answer):
            ibt.writes(BMC, answer[i])
    ibt.control(BMC, B2H)
    ibt.host_takes(answer)
    return capture
