# samples_hpm2.py
# The made capture of an HPM.2 trace.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""A trace has the messages of channels, each in the format of the channel's
protocol: of BT, whole frames. The packets that it is made for have a comment."""

import struct

from captures import BMC_TO_HOST, HOST_TO_BMC, START_NS, STEP, Capture, sample
from messages import ANSWER, ANSWER_SHORT, ASK, ASK_SHORT
from registers import bt_frame

LINKTYPE_IPMI_HPM_2 = 260

# IPMI 2.0, table 6-2. Frames are the same in both versions of BT.
KCS, BT_10, BT_15 = 0x05, 0x07, 0x08

SYSTEM_INTERFACE = 0x0F         # a channel
TO_BMC = 0x80


class Trace(Capture):
    """What one BMC has traced."""

    def __init__(self):
        super().__init__(LINKTYPE_IPMI_HPM_2)
        self.interface()

    def message(self, protocol, direction, data, comment=None, channel=SYSTEM_INTERFACE):
        """Appends a block of trace data: channel, seconds, milliseconds,
        protocol, what is peculiar to it, length, data."""
        seconds, rest = divmod(self.now + round(STEP * 10**9) - START_NS, 10**9)
        flags = TO_BMC if direction == HOST_TO_BMC else 0
        self.packet(struct.pack("<BIHBHB", channel, seconds, rest // 10**6, protocol, flags,
                                len(data)) + data, comment=comment)


@sample("hpm2-bt")
def hpm2_bt():
    """Requests and responses, and what is no good frame."""
    trace = Trace()
    trace.message(BT_15, HOST_TO_BMC, bt_frame(1, ASK), "BT of IPMI 1.5 and later: a request")
    trace.message(BT_15, BMC_TO_HOST, bt_frame(1, ANSWER), "... and its response")
    trace.message(BT_10, HOST_TO_BMC, bt_frame(2, ASK_SHORT), "BT of IPMI 1.0")
    trace.message(BT_15, HOST_TO_BMC, bt_frame(2, ASK), "The same number on another channel",
                  channel=1)
    trace.message(BT_10, BMC_TO_HOST, bt_frame(2, ANSWER_SHORT))
    trace.message(BT_15, BMC_TO_HOST, bt_frame(2, ANSWER), channel=1)
    trace.message(BT_15, BMC_TO_HOST, bt_frame(9, ANSWER_SHORT), "A response to nobody")
    trace.message(BT_15, HOST_TO_BMC, b"\x09" + bt_frame(3, ASK_SHORT)[1:],
                  "A length of more bytes than there are")
    trace.message(BT_15, HOST_TO_BMC, bt_frame(3, ASK_SHORT) + b"\x55",
                  "A length of fewer bytes than there are")
    trace.message(BT_15, BMC_TO_HOST, bt_frame(3, ANSWER_SHORT))
    trace.message(BT_15, HOST_TO_BMC, b"\x01\x18", "Too short for a request")
    trace.message(BT_15, BMC_TO_HOST, bt_frame(3, ANSWER_SHORT[:2]),
                  "A response without completion code")
    trace.message(BT_15, HOST_TO_BMC, b"\x03", "A length and nothing more")
    trace.message(BT_15, HOST_TO_BMC, bt_frame(4, ANSWER_SHORT), "A response from the host")
    trace.message(KCS, HOST_TO_BMC, ASK, "KCS, which Wireshark has itself")
    return trace
