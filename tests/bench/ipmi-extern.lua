-- ipmi-extern.lua
-- The same protocol as dissector/, the way one writes a dissector in an
-- afternoon: what the plugin is compared with.
--
-- SPDX-License-Identifier: GPL-2.0-or-later

local END_OF_MESSAGE = 0xa0
local END_OF_CONTROL = 0xa1
local ESCAPE = 0xaa
local ESCAPED_BIT = 0x10

local types = { [0] = "Request", [1] = "Response", [2] = "Control" }

local ipmi_extern = Proto("ipmi_extern", "IPMI extern")

ipmi_extern.prefs.decode_body =
    Pref.bool("Decode the body", true, "Call the dissector kcs")

local f = {
    type = ProtoField.uint8("ipmi_extern.type", "Type", base.DEC, types),
    seq = ProtoField.uint8("ipmi_extern.seq", "Sequence number", base.HEX),
    netfn = ProtoField.uint8("ipmi_extern.netfn", "Network function",
                             base.HEX, nil, 0xfc),
    lun = ProtoField.uint8("ipmi_extern.lun", "LUN", base.HEX, nil, 0x03),
    cmd = ProtoField.uint8("ipmi_extern.cmd", "Command", base.HEX),
    ccode = ProtoField.uint8("ipmi_extern.ccode", "Completion code", base.HEX),
    data = ProtoField.bytes("ipmi_extern.data", "Data"),
    checksum = ProtoField.uint8("ipmi_extern.checksum", "Checksum", base.HEX),
    control = ProtoField.uint8("ipmi_extern.control", "Control command",
                               base.HEX),
    response_in = ProtoField.framenum("ipmi_extern.response_in", "Response in",
                                      base.NONE, frametype.RESPONSE),
    response_to = ProtoField.framenum("ipmi_extern.response_to", "Response to",
                                      base.NONE, frametype.REQUEST),
    time = ProtoField.double("ipmi_extern.time", "Time"),
}

ipmi_extern.fields = {
    f.type, f.seq, f.netfn, f.lun, f.cmd, f.ccode, f.data, f.checksum,
    f.control, f.response_in, f.response_to, f.time,
}

local bad_checksum = ProtoExpert.new("ipmi_extern.checksum.bad",
                                     "Bad checksum", expert.group.CHECKSUM,
                                     expert.severity.ERROR)

ipmi_extern.experts = { bad_checksum }

local kcs = Dissector.get("kcs")

-- Of the latest request without a response, by sequence number.
local pending_frame, pending_time
-- By frame number.
local response_in, response_to, response_time

function ipmi_extern.init()
    pending_frame, pending_time = {}, {}
    response_in, response_to, response_time = {}, {}, {}
end

local function match(pinfo, seq, is_response)
    local request = pending_frame[seq]

    if pinfo.visited then
        return
    end
    if not is_response then
        pending_frame[seq] = pinfo.number
        pending_time[seq] = pinfo.abs_ts
    elseif request then
        response_in[request] = pinfo.number
        response_to[pinfo.number] = request
        response_time[pinfo.number] = pinfo.abs_ts - pending_time[seq]
        pending_frame[seq] = nil
    end
end

local function dissect_message(bytes, sum, pinfo, tree)
    local tvb = bytes:tvb("Message")
    local len = bytes:len()
    local subtree = tree:add(ipmi_extern, tvb())
    local seq = bytes:get_index(0)
    local is_response = bytes:get_index(1) % 8 >= 4

    subtree:add(f.type, tvb(1, 1), is_response and 1 or 0)
    subtree:add(f.seq, tvb(0, 1))
    subtree:add(f.netfn, tvb(1, 1))
    subtree:add(f.lun, tvb(1, 1))
    subtree:add(f.cmd, tvb(2, 1))

    local offset = 3
    if is_response then
        subtree:add(f.ccode, tvb(3, 1))
        offset = 4
    end
    if len - 1 > offset then
        subtree:add(f.data, tvb(offset, len - 1 - offset))
    end
    local item = subtree:add(f.checksum, tvb(len - 1, 1))
    if sum % 256 ~= 0 then
        item:add_proto_expert_info(bad_checksum)
    end

    match(pinfo, seq, is_response)
    local number = pinfo.number
    if response_to[number] then
        subtree:add(f.response_to, response_to[number]):set_generated()
        subtree:add(f.time, response_time[number]):set_generated()
    elseif response_in[number] then
        subtree:add(f.response_in, response_in[number]):set_generated()
    end

    pinfo.cols.info = string.format("%s seq 0x%02x cmd 0x%02x",
                                    is_response and "Rsp" or "Req", seq,
                                    bytes:get_index(2))

    if ipmi_extern.prefs.decode_body then
        kcs:call(tvb(1, len - 2):tvb(), pinfo, tree)
    end
end

function ipmi_extern.dissector(tvb, pinfo, tree)
    local wire = tvb:bytes()
    local wire_len = wire:len()
    local bytes = ByteArray.new()
    local len = 0
    local sum = 0
    local escaped = false

    pinfo.cols.protocol = "IPMI-EXT"
    bytes:set_size(wire_len)
    for i = 0, wire_len - 1 do
        local byte = wire:get_index(i)
        if byte == ESCAPE then
            escaped = true
        elseif byte == END_OF_MESSAGE then
            if len >= 4 then
                dissect_message(bytes:subset(0, len), sum, pinfo, tree)
            end
            len, sum, escaped = 0, 0, false
        elseif byte == END_OF_CONTROL then
            local subtree = tree:add(ipmi_extern, tvb(i - len, len + 1))
            subtree:add(f.type, tvb(i - len, 1), 2)
            subtree:add(f.control, tvb(i - len, 1))
            len, sum, escaped = 0, 0, false
        else
            if escaped and byte % (2 * ESCAPED_BIT) >= ESCAPED_BIT then
                byte = byte - ESCAPED_BIT
            end
            escaped = false
            bytes:set_index(len, byte)
            len = len + 1
            sum = sum + byte
        end
    end
    return tvb:len()
end
