# samples_kcs.py
# The made captures of KCS registers.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""The packets that a capture is made for have a comment."""

from captures import sample
from commands import APP
from frames import OEM_NETFN
from messages import (ANSWER, ANSWER_SHORT, ASK, ASK_SHORT, BODIES, KCS1, PERIPHERAL, STORM,
                      request, response, unknown)
from registers import (ABORTED, BMC, CD, CMD, CTL, DI, DIC, DO, DOC, DOM, ENABLE, ERROR_STATE,
                       HICR0, HICR2, HICR4, HICR5, HICRB, HICRC, HOST, IBF, IBFIE, IC,
                       IDLE_STATE, IE, ILLEGAL_CONTROL, IRQ_ENABLE, LENGTH_ERROR, READ,
                       READ_NEXT, READ_STATE, SIRQCR0, ST, WRITE, WRITE_END, WRITE_START,
                       WRITE_STATE, Kcs, Places)


@sample("registers-kcs")
def kcs():
    """A right exchange at either side, with interrupts; and what happens
    beside transfers."""
    capture = Places()
    bmc = Kcs(capture, KCS1, BMC)
    host = Kcs(capture, PERIPHERAL, HOST)
    bmc.request(ASK_SHORT, "The last byte: the request is complete")
    bmc.response(ASK_SHORT[-1], ANSWER_SHORT,
                 "The byte after the last, which means nothing: the response is complete")
    host.line(IRQ_ENABLE, True, comment="The BMC lets the interface interrupt the host")
    host.request(ASK_SHORT, "The same at the host's side: the BMC is the emulator's")
    host.response(ASK_SHORT[-1], ANSWER_SHORT, after=0.0002)
    host.attention(True, comment="The BMC wants attention")
    host.irq(HOST, 5, True, comment="... and interrupts the host")
    host.host_reads(ST)
    host.irq(HOST, 5, False)
    host.exchange(request(APP, 0x31), response(APP, 0x31, b"\x01"))
    host.attention(False)
    host.reset(HOST, comment="The host is reset")
    bmc.exchange(ASK, ANSWER, comment="A longer response")
    for ask, answer, words in BODIES:
        bmc.exchange(ask, answer, comment=words)
    for operation, name in enumerate(("reset", "power off", "power on", "power cycle",
                                      "diagnostic interrupt", "graceful shutdown", "NMI"), 1):
        host.hardware(operation, comment=f"The BMC does this to the host: {name}")
    host.hardware(1, 0xD5, comment="... and is refused")
    host.line(IRQ_ENABLE, False)
    host.line(ENABLE, False, state=0xFF, comment="The BMC takes the interface away")
    host.host_reads(ST, lost=True, comment="Nothing there")
    host.line(ENABLE, True, state=0x00)
    return capture


@sample("registers-kcs-abort")
def kcs_abort():
    """GET_STATUS/ABORT in every phase, and the host's error exit."""
    capture = Places()
    channel = Kcs(capture, KCS1, BMC)
    channel.abort(0x00, comment="Get status while nothing is under way")
    channel.exchange(ASK_SHORT, ANSWER_SHORT)
    channel.begin()
    channel.write(*ASK[:-1])
    channel.abort(ABORTED, comment="Abort in the middle of a request")
    channel.begin()
    channel.write(*ASK[:-1])
    channel.end()
    channel.abort(ABORTED, comment="Abort before the last byte of a request")
    channel.request(ASK)
    channel.take(ASK[-1], READ_STATE)
    channel.abort(ABORTED, comment="Abort after the request, before the response", asked=0x00)
    channel.request(ASK)
    channel.give(ASK[-1], ANSWER[0])
    channel.host_writes(DI, READ_NEXT)
    channel.give(READ_NEXT, ANSWER[1])
    channel.abort(ABORTED, comment="Abort in the middle of a response")
    channel.request(ASK)
    channel.becomes(ERROR_STATE)
    channel.bmc_reads(DI, ASK[-1], comment="The BMC does not take the request")
    channel.bmc_writes(DO, 0x00)
    channel.host_reads(ST)
    channel.host_reads(DO, 0x00)
    channel.abort(LENGTH_ERROR, comment="The host asks why")
    channel.begin()
    channel.write(*ASK[:-1])
    channel.begin(comment="The host begins anew without an abort")
    channel.write(*ASK_SHORT[:-1])
    channel.end()
    channel.host_writes(DI, ASK_SHORT[-1])
    channel.response(ASK_SHORT[-1], ANSWER_SHORT)
    channel.begin()
    channel.write(*ASK[:-1])
    channel.reset(BMC, comment="The BMC is reset in the middle of a request")
    channel.exchange(ASK_SHORT, ANSWER_SHORT)
    channel.request(ASK)
    channel.reset(HOST, comment="A reset while a request waits for its response")
    channel.exchange(ASK_SHORT, ANSWER_SHORT)
    return capture


@sample("registers-kcs-faults-host")
def kcs_faults_host():
    """What a host does wrong."""
    capture = Places()
    channel = Kcs(capture, KCS1, BMC)

    channel.host_writes(CMD, WRITE_START)
    channel.host_writes(DI, ASK[0], comment="Written while IBF is set: lost")
    channel.take(WRITE_START)
    channel.write(*ASK[:-1])
    channel.end()
    channel.host_writes(DI, ASK[-1])
    channel.response(ASK[-1], ANSWER)

    channel.host_reads(DO, 0x00, comment="DO read while OBF is clear")

    channel.host_writes(CMD, 0x63, comment="No such control code")
    channel.becomes(ERROR_STATE)
    channel.bmc_writes(DO, 0x00)
    channel.bmc_reads(DI, 0x63)
    channel.host_reads(DO, 0x00)
    channel.abort(ILLEGAL_CONTROL)

    channel.host_writes(CMD, WRITE_END, comment="WRITE_END without WRITE_START")
    channel.becomes(ERROR_STATE)
    channel.bmc_writes(DO, 0x00)
    channel.bmc_reads(DI, WRITE_END)
    channel.host_reads(DO, 0x00)
    channel.abort(ILLEGAL_CONTROL)

    channel.host_writes(DI, 0x18, comment="Data while nothing is under way")
    channel.becomes(ERROR_STATE)
    channel.bmc_writes(DO, 0x00)
    channel.bmc_reads(DI, 0x18)
    channel.host_reads(DO, 0x00)
    channel.abort(0xFF)

    channel.begin()
    channel.write(*ASK)
    channel.end()
    channel.begin(comment="The byte after WRITE_END is missing")
    channel.write(*ASK_SHORT[:-1])
    channel.end()
    channel.host_writes(DI, ASK_SHORT[-1])
    channel.response(ASK_SHORT[-1], ANSWER_SHORT)

    channel.begin()
    channel.end()
    channel.host_writes(DI, ASK[0], comment="A request of one byte: too short")
    channel.becomes(ERROR_STATE)
    channel.bmc_reads(DI, ASK[0])
    channel.bmc_writes(DO, 0x00)
    channel.host_reads(DO, 0x00)
    channel.abort(LENGTH_ERROR)

    channel.request(ASK)
    channel.give(ASK[-1], ANSWER[0])
    channel.host_writes(DI, 0x69, comment="Not READ")
    channel.becomes(ERROR_STATE)
    channel.bmc_reads(DI, 0x69)
    channel.bmc_writes(DO, 0x00)
    channel.host_reads(DO, 0x00)
    channel.abort(ILLEGAL_CONTROL)

    wrong = response(APP, 0x2F)
    channel.request(wrong, comment="A response from the host")
    channel.response(wrong[-1], ANSWER_SHORT)

    channel.host_writes(CMD, 0x6F, comment="No such control code")
    channel.becomes(ERROR_STATE)
    channel.bmc_writes(DO, 0x00)
    channel.bmc_reads(DI, 0x6F)
    channel.host_reads(DO, 0x00)
    channel.begin(comment="The host does not ask what the error is")
    channel.write(*ASK_SHORT[:-1])
    channel.end()
    channel.host_writes(DI, ASK_SHORT[-1])
    channel.response(ASK_SHORT[-1], ANSWER_SHORT)

    channel.request(ASK)
    channel.give(ASK[-1], ANSWER[0])
    channel.begin(comment="A request in the middle of a response, without an abort")
    channel.write(*ASK_SHORT[:-1])
    channel.end()
    channel.host_writes(DI, ASK_SHORT[-1])
    channel.response(ASK_SHORT[-1], ANSWER_SHORT)
    return capture


@sample("registers-kcs-too-long")
def kcs_too_long():
    """A request of more bytes than the emulator takes."""
    capture = Places()
    channel = Kcs(capture, PERIPHERAL, HOST)
    channel.begin()
    message = request(OEM_NETFN, 0x01, bytes(i & 0xFF for i in range(299)))
    for i, value in enumerate(message[:-1], 1):
        channel.host_writes(DI, value, comment="Byte 300" if i == 300 else None)
        channel.bmc_reads(DI, value)
    channel.end()
    channel.host_writes(DI, message[-1], comment="... of 301")
    channel.response(message[-1], response(OEM_NETFN, 0x01, ccode=0xC6))
    return capture


@sample("registers-kcs-faults-bmc")
def kcs_faults_bmc():
    """What a BMC's firmware, or its hardware, does wrong."""
    capture = Places()
    channel = Kcs(capture, KCS1, BMC)

    channel.begin()
    channel.bmc_reads(DI, WRITE_START, comment="DI read while IBF is clear")
    channel.write(*ASK[:-1])
    channel.end()
    channel.host_writes(DI, ASK[-1])
    channel.response(ASK[-1], ANSWER)

    channel.host_writes(CMD, WRITE_START, state=IBF,
                        comment="A command, and C/D is clear")
    channel.take(WRITE_START)
    channel.host_writes(DI, ASK[0], state=WRITE_STATE | IBF | CD,
                        comment="Data, and C/D is set")
    channel.take(ASK[0])
    channel.write(*ASK[1:-1])
    channel.end()
    channel.host_writes(DI, ASK[-1])
    channel.response(ASK[-1], ANSWER)

    channel.begin()
    channel.write(ASK[0])
    channel.bmc_writes(ST, READ_STATE, comment="READ in the middle of a request")
    channel.bmc_writes(ST, WRITE_STATE)
    channel.write(*ASK[1:-1])
    channel.end()
    channel.host_writes(DI, ASK[-1])
    channel.response(ASK[-1], ANSWER)

    channel.bmc_writes(ST, READ_STATE, comment="READ while nothing is under way")
    for i, value in enumerate(ANSWER_SHORT):
        channel.bmc_writes(DO, value)
        channel.host_reads(DO, value,
                           comment="A response that nobody asked for" if i == 0 else None)
        channel.host_writes(DI, READ_NEXT)
        channel.becomes(READ_STATE if i < len(ANSWER_SHORT) - 1 else IDLE_STATE)
        channel.bmc_reads(DI, READ_NEXT)
    channel.bmc_writes(DO, 0x00)
    channel.host_reads(DO, 0x00)

    channel.request(ASK)
    channel.give(ASK[-1], ANSWER[0])
    channel.host_writes(DI, READ_NEXT)
    channel.give(READ_NEXT, ANSWER[1])
    channel.host_writes(DI, READ_NEXT)
    channel.give(READ_NEXT, 0x00, IDLE_STATE,
                 comment="A response without completion code: too short")

    channel.request(ASK)
    channel.give(ASK[-1], ANSWER[0])
    channel.bmc_writes(DO, 0xEE)
    channel.bmc_writes(DO, 0xEF, comment="DO written while OBF is set: the first is gone")
    channel.host_reads(DO, 0xEF)
    channel.host_writes(DI, READ_NEXT)
    channel.give(READ_NEXT, 0x00, IDLE_STATE)

    channel.exchange(ASK, response(APP, 0x2F, b"\x0b"), comment="The response to another command")

    channel.begin()
    channel.write(*ASK[:-1])
    channel.end()
    channel.host_writes(DI, ASK[-1])
    channel.bmc_reads(DI, ASK[-1], comment="DI read before the state is READ")
    channel.response(ASK[-1], ANSWER, taken=True)

    channel.exchange(ASK, ASK_SHORT + b"\x01", comment="A request from the BMC")

    channel.host_writes(CMD, WRITE_END)
    channel.becomes(ERROR_STATE)
    channel.bmc_writes(DO, 0x00)
    channel.bmc_reads(DI, WRITE_END)
    channel.host_reads(DO, 0x00)
    channel.bmc_writes(ST, IDLE_STATE, comment="The BMC does not wait for GET_STATUS")
    return capture


@sample("registers-kcs-slow")
def kcs_slow():
    """What goes on for too long: each phase, attention, an interrupt."""
    capture = Places()
    channel = Kcs(capture, KCS1, BMC)
    host = Kcs(capture, PERIPHERAL, HOST)

    channel.host_writes(CMD, WRITE_START)
    channel.take(WRITE_START)
    channel.host_writes(DI, ASK[0], after=2, comment="2 s after WRITE_START")
    channel.becomes(WRITE_STATE)
    channel.bmc_reads(DI, ASK[0], after=6, comment="IBF was set for 6 s")
    channel.bmc_writes(DO, 0)
    channel.host_reads(DO, 0)
    channel.write(*ASK[1:-1])
    channel.end()
    channel.host_writes(DI, ASK[-1])
    channel.response(ASK[-1], ANSWER, after=6, comment="The response took 6 s")

    channel.request(ASK)
    channel.becomes(READ_STATE)
    channel.bmc_reads(DI, ASK[-1])
    channel.bmc_writes(DO, ANSWER[0])
    channel.host_reads(DO, ANSWER[0], after=6, comment="OBF was set for 6 s")
    channel.host_writes(DI, READ_NEXT)
    channel.response(READ_NEXT, ANSWER[1:])

    host.attention(True, comment="Attention that nobody gives for 70 s")
    for _ in range(3):
        host.host_reads(ST, after=20)
    host.exchange(request(APP, 0x31), response(APP, 0x31, b"\x01"), after=10)
    host.attention(False)

    host.line(IRQ_ENABLE, True, comment="The interrupt is enabled")
    host.begin()
    host.host_writes(DI, ASK_SHORT[0])
    host.bmc_writes(DO, 0x00, comment="... and does not come for 2 s")
    host.bmc_reads(DI, ASK_SHORT[0])
    host.host_reads(ST, after=2)
    host.host_reads(DO, 0x00)
    host.end()
    host.host_writes(DI, ASK_SHORT[-1])
    host.response(ASK_SHORT[-1], ANSWER_SHORT)
    channel.access(BMC, WRITE, CTL, IBFIE, comment="The BMC enables its own interrupt")
    channel.host_writes(CMD, WRITE_START, comment="... which does not come for 2 s")
    channel.bmc_reads(ST, after=2)
    channel.take(WRITE_START)
    channel.write(*ASK[:-1])
    channel.end()
    channel.host_writes(DI, ASK[-1])
    channel.response(ASK[-1], ANSWER)
    channel.access(BMC, WRITE, CTL, 0x00)
    for i in range(STORM):
        host.irq(HOST, 5, i % 2 == 0, comment="The interrupt comes, and nobody looks"
                 if i == 0 else None)

    channel.request(ASK, "A request that is never answered")
    channel.bmc_reads(ST, after=30, comment="The capture ends 30 s later")
    return capture


@sample("registers-kcs-of-the-bmc")
def kcs_of_the_bmc():
    """The registers that a BMC's own processor has besides, bit by bit; parts of
    registers; and what this version does not know."""
    capture = Places()
    npcm = Kcs(capture, KCS1, BMC)
    aspeed = Kcs(capture, "/machine/soc/lpc/kcs3", BMC)
    for what, name in ((CTL, "CTL"), (IC, "IC"), (IE, "IE")):
        for bit in range(8):
            npcm.access(BMC, WRITE, what, 1 << bit, comment=f"{name}, bit {bit}")
        npcm.access(BMC, READ, what, 0x00)
    npcm.host_writes(DI, 0x01)
    npcm.access(BMC, READ, DIC, 0x01, state=npcm.state & ~IBF,
                comment="DIC: DI, and the interrupt is cleared")
    for what, name in ((DOC, "DOC"), (DOM, "DOM")):
        npcm.bmc_writes(what, 0x00, comment=f"{name}: DO with an interrupt")
        npcm.host_reads(DO, 0x00)
    for what, name in ((HICR0, "HICR0"), (HICR2, "HICR2"), (HICR4, "HICR4"), (HICR5, "HICR5"),
                       (HICRB, "HICRB"), (HICRC, "HICRC"), (SIRQCR0, "SIRQCR0")):
        for bit in range(32):
            aspeed.access(BMC, WRITE, what, 1 << bit, width=4,
                          comment=f"{name}, every bit in turn" if bit == 0 else None)
    aspeed.access(BMC, READ, HICR0, 0xE0, lane=1, comment="Byte 1 of HICR0")
    aspeed.access(BMC, READ, HICR0, 0x1234, width=2, lane=2, comment="Bytes 2 and 3 of HICR0")
    unknown(npcm)
    return capture
