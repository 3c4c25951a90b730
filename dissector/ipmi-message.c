/* ipmi-message.c
 * IPMI messages in the tree: the fields and expert infos that a message has
 * whatever it came by.
 *
 * Fields belong to one protocol each, so all of them are made for each protocol
 * from the same list.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <epan/expert.h>
#include <epan/packet.h>
#include <wsutil/str_util.h>
#if __has_include(<wsutil/array.h>)
#include <wsutil/array.h>
#endif

#include "ipmi-body.h"
#include "ipmi-message.h"
#include "ipmi-names.h"

enum {
    HF_TYPE,
    HF_SEQ,
    HF_NETFN,
    HF_NETFN_NAME,
    HF_LUN,
    HF_CMD,
    HF_CMD_NAME,
    HF_CCODE,
    HF_CCODE_NAME,
    HF_GROUP,
    HF_OEM,
    HF_DATA,
    HF_RESPONSE_IN,
    HF_RESPONSE_TO,
    HF_TIME,
    HF_RETRANSMISSION_OF,
    HF_DUPLICATE_OF,
    HF_CUTOFF_BY,
    HF_COUNT
};

enum {
    EI_CCODE_ERROR,
    EI_DATA_LENGTH,
    EI_RETRANSMISSION,
    EI_DUPLICATE,
    EI_NO_RESPONSE,
    EI_UNSOLICITED,
    EI_LATE,
    EI_CUTOFF,
    EI_SEQ_REUSED,
    EI_COUNT
};

struct ipmi_message_fields {
    int          proto;
    const char  *prefix;
    ws_bool      with_seq;
    ws_bool      registers;
    int          hf[HF_COUNT];
    expert_field ei[EI_COUNT];

    /* Wireshark goes on using what it was given. */
    hf_register_info hf_info[HF_COUNT];
    ei_register_info ei_info[EI_COUNT];
};

static const value_string type_vals[] = {
    { 0, "Request" },
    { 1, "Response" },
    { 0, NULL }
};

static const value_string cutoff_vals[] = {
    { CUTOFF_RESET, "the host was reset" },
    { CUTOFF_POWEROFF, "the host was powered off" },
    { CUTOFF_RECONNECT, "the link was connected anew" },
    { CUTOFF_DISCONNECT, "the connection was closed" },
    { CUTOFF_REGISTERS, "the registers were reset" },
    { CUTOFF_ABORT, "the host gave it up" },
    { CUTOFF_DROPPED, "the capture has lost what came next" },
    { 0, NULL }
};

/* Taken from ipmi-names.c when the first fields are registered. */
static value_string netfn_vals[64 + 1];
static value_string group_vals[256 + 1];

/* Names less the prefix. */
static const header_field_info field_infos[HF_COUNT] = {
    [HF_TYPE] =
        { "Type", "type",
          FT_UINT8, BASE_DEC, VALS(type_vals), 0x0,
          NULL, HFILL },
    [HF_SEQ] =
        { "Sequence number", "seq",
          FT_UINT8, BASE_HEX, NULL, 0x0,
          "Chosen by the host, repeated in the response", HFILL },
    [HF_NETFN] =
        { "Network function", "netfn",
          FT_UINT8, BASE_HEX, VALS(netfn_vals), 0xfc,
          NULL, HFILL },
    [HF_NETFN_NAME] =
        { "Network function name", "netfn.name",
          FT_STRING, BASE_NONE, NULL, 0x0,
          NULL, HFILL },
    [HF_LUN] =
        { "LUN", "lun",
          FT_UINT8, BASE_DEC, NULL, 0x03,
          "Logical unit number of the responder", HFILL },
    [HF_CMD] =
        { "Command", "cmd",
          FT_UINT8, BASE_HEX, NULL, 0x0,
          NULL, HFILL },
    [HF_CMD_NAME] =
        { "Command name", "cmd.name",
          FT_STRING, BASE_NONE, NULL, 0x0,
          NULL, HFILL },
    [HF_CCODE] =
        { "Completion code", "ccode",
          FT_UINT8, BASE_HEX, NULL, 0x0,
          NULL, HFILL },
    [HF_CCODE_NAME] =
        { "Completion code name", "ccode.name",
          FT_STRING, BASE_NONE, NULL, 0x0,
          NULL, HFILL },
    [HF_GROUP] =
        { "Defining body", "group",
          FT_UINT8, BASE_HEX, VALS(group_vals), 0x0,
          "Of a group extension command", HFILL },
    [HF_OEM] =
        { "OEM", "oem",
          FT_UINT24, BASE_DEC, NULL, 0x0,
          "IANA enterprise number of who defined the command", HFILL },
    [HF_DATA] =
        { "Data", "data",
          FT_BYTES, BASE_NONE, NULL, 0x0,
          "What follows the command or the completion code", HFILL },
    [HF_RESPONSE_IN] =
        { "Response in", "response_in",
          FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0x0,
          NULL, HFILL },
    [HF_RESPONSE_TO] =
        { "Response to", "response_to",
          FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0x0,
          NULL, HFILL },
    [HF_TIME] =
        { "Time", "time",
          FT_RELATIVE_TIME, BASE_NONE, NULL, 0x0,
          "From the request to this response", HFILL },
    [HF_RETRANSMISSION_OF] =
        { "Retransmission of", "retransmission_of",
          FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RETRANS_PREV), 0x0,
          "The request that this one repeats", HFILL },
    [HF_DUPLICATE_OF] =
        { "Duplicate of", "duplicate_of",
          FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_NONE), 0x0,
          "The response that this one repeats", HFILL },
    [HF_CUTOFF_BY] =
        { "Cut off by", "cutoff_by",
          FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_NONE), 0x0,
          "What was sent, or happened to the connection or the capture, after which no response came",
          HFILL },
};

static const expert_field_info expert_infos[EI_COUNT] = {
    [EI_CCODE_ERROR] =
        { "ccode.error", PI_RESPONSE_CODE, PI_NOTE,
          "Completion code is not 00h", EXPFILL },
    [EI_DATA_LENGTH] =
        { "data.length", PI_PROTOCOL, PI_WARN,
          "Body of a size that the specification does not give the command",
          EXPFILL },
    [EI_RETRANSMISSION] =
        { "retransmission", PI_SEQUENCE, PI_NOTE,
          "Request retransmitted before its response came", EXPFILL },
    [EI_DUPLICATE] =
        { "duplicate", PI_SEQUENCE, PI_WARN,
          "Another response to a request that was answered", EXPFILL },
    [EI_NO_RESPONSE] =
        { "no_response", PI_SEQUENCE, PI_WARN,
          "Request never answered", EXPFILL },
    [EI_UNSOLICITED] =
        { "unsolicited", PI_SEQUENCE, PI_WARN,
          "Response that no request asked for", EXPFILL },
    [EI_LATE] =
        { "late", PI_SEQUENCE, PI_WARN,
          "Response after more than 4 s: QEMU has answered the host itself by then",
          EXPFILL },
    [EI_CUTOFF] =
        { "cutoff", PI_SEQUENCE, PI_WARN,
          "Request cut off by a reset, power off, reconnect or disconnect, or lost frames",
          EXPFILL },
    [EI_SEQ_REUSED] =
        { "seq_reused", PI_SEQUENCE, PI_WARN,
          "Sequence number of a request that waits for its response",
          EXPFILL },
};

/* Other words where there is no wire. */
static const char registers_cutoff_by[] =
    "What happened at the registers after which no response came";
static const char *const registers_experts[EI_COUNT] = {
    [EI_LATE] =
        "Response after more than 4 s: by then QEMU answers the host itself",
    [EI_CUTOFF] =
        "Request cut off: the host gave it up, a reset came, or records are missing",
};

/* What no message without a sequence number is found to be, as it is the only
 * one under way. */
static ws_bool
is_for_seq(guint hf)
{
    return hf == HF_SEQ || hf == HF_RETRANSMISSION_OF ||
           hf == HF_DUPLICATE_OF;
}

static ws_bool
is_expert_for_seq(guint ei)
{
    return ei == EI_RETRANSMISSION || ei == EI_DUPLICATE ||
           ei == EI_SEQ_REUSED;
}

const char *
ipmi_time_to_str(wmem_allocator_t *scope, const nstime_t *time)
{
    double ms = nstime_to_msec(time);

    /* Inside an emulator a response may take less than a microsecond. */
    if (ms < 0.01) {
        return wmem_strdup_printf(scope, "%.3g \u00b5s", ms * 1000);
    }
    return ms < 1000 ? wmem_strdup_printf(scope, "%.3g ms", ms)
                     : wmem_strdup_printf(scope, "%.1f s", ms / 1000);
}

static proto_item *
add_frame(proto_tree *tree, int hf, const ipmi_message *message, guint32 frame)
{
    proto_item *ti = proto_tree_add_uint(tree, hf, message->tvb, 0, 0, frame);

    proto_item_set_generated(ti);
    return ti;
}

/* Network function, name and LUN. */
static void
add_netfn(proto_tree *tree, ipmi_message_fields *fields,
          const ipmi_message *message, guint8 netfn)
{
    proto_item *ti;

    proto_tree_add_item(tree, fields->hf[HF_NETFN], message->tvb,
                        message->netfn, 1, ENC_NA);
    ti = proto_tree_add_string(tree, fields->hf[HF_NETFN_NAME], message->tvb,
                               message->netfn, 1, ipmi_netfn_name(netfn));
    proto_item_set_generated(ti);
    proto_tree_add_item(tree, fields->hf[HF_LUN], message->tvb, message->netfn,
                        1, ENC_NA);
}

static void
add_seq(proto_tree *tree, ipmi_message_fields *fields,
        const ipmi_message *message)
{
    proto_tree_add_item(tree, fields->hf[HF_SEQ], message->tvb, message->seq,
                        1, ENC_NA);
}

void
ipmi_message_add_data(proto_tree *tree, ipmi_message_fields *fields,
                      tvbuff_t *tvb, int offset, int len)
{
    proto_tree_add_item(tree, fields->hf[HF_DATA], tvb, offset, len, ENC_NA);
}

/* The fields in the order of the bytes. */
static void
add_parts(proto_tree *tree, ipmi_message_fields *fields,
          ipmi_message *message, guint8 netfn, guint32 body)
{
    const ws_bool is_response = ipmi_message_is_response(message);
    const int data = ipmi_message_data(message);
    tvbuff_t *tvb = message->tvb;
    proto_item *ti;

    if (fields->registers) {
        ti = proto_tree_add_uint(tree, fields->hf[HF_TYPE], tvb, 0, 0,
                                 is_response);
        proto_item_set_generated(ti);
    }
    if (message->seq >= 0 && message->seq < message->netfn) {
        add_seq(tree, fields, message);
        add_netfn(tree, fields, message, netfn);
    } else {
        add_netfn(tree, fields, message, netfn);
        if (message->seq >= 0) {
            add_seq(tree, fields, message);
        }
    }
    ti = proto_tree_add_item(tree, fields->hf[HF_CMD], tvb, message->cmd, 1,
                             ENC_NA);
    proto_item_append_text(ti, " (%s)", message->name);
    ti = proto_tree_add_string(tree, fields->hf[HF_CMD_NAME], tvb,
                               message->cmd, 1, message->name);
    proto_item_set_generated(ti);
    if (is_response) {
        ti = proto_tree_add_item(tree, fields->hf[HF_CCODE], tvb, data - 1, 1,
                                 ENC_NA);
        proto_item_append_text(ti, " (%s)", message->ccode_name);
        message->ccode_item = ti;
        ti = proto_tree_add_string(tree, fields->hf[HF_CCODE_NAME], tvb,
                                   data - 1, 1, message->ccode_name);
        proto_item_set_generated(ti);
    }
    if (body != IPMI_BODY_NONE && (netfn & ~1) == IPMI_NETFN_GROUP) {
        proto_tree_add_item(tree, fields->hf[HF_GROUP], tvb, data, 1, ENC_NA);
    } else if (body != IPMI_BODY_NONE) {
        proto_tree_add_item(tree, fields->hf[HF_OEM], tvb, data, 3,
                            ENC_LITTLE_ENDIAN);
    }
    if (message->end > data) {
        message->data_item = proto_tree_add_item(
            tree, fields->hf[HF_DATA], tvb, data, message->end - data, ENC_NA);
    }
}

void
ipmi_message_add(proto_tree *tree, ipmi_message_fields *fields,
                 ipmi_message *message)
{
    const ipmi_transaction *transaction = message->match->transaction;
    const guint8 *bytes = message->bytes;
    guint8 netfn = bytes[message->netfn] >> 2;
    int data = ipmi_message_data(message);
    guint32 body = ipmi_body(netfn, bytes + data, message->end - data);

    /* Many an error response leaves the identifier out. */
    message->ccode = 0;
    message->ccode_name = NULL;
    message->ccode_item = NULL;
    message->data_item = NULL;
    message->body = transaction ? transaction->body : body;
    message->command = ipmi_command_find(netfn, message->body,
                                         bytes[message->cmd]);
    message->name = ipmi_command_name(message->command, netfn);
    if (netfn & 1) {
        message->ccode = bytes[data - 1];
        message->ccode_name = ipmi_ccode_name(message->command, message->ccode);
    }
    if (tree) {
        add_parts(tree, fields, message, netfn, body);
    }
}

/* What the specification says of a body's size. */
static void
check_data_length(packet_info *pinfo, proto_item *item,
                  ipmi_message_fields *fields,
                  const ipmi_message *message)
{
    const struct ipmi_command *command = message->command;
    ws_bool is_response = ipmi_message_is_response(message);
    guint len = message->end - ipmi_message_data(message);
    guint min = is_response ? command->rsp_min : command->req_min;
    guint max = is_response ? command->rsp_max : command->req_max;

    if (!ipmi_command_size_ok(command, is_response, len)) {
        expert_add_info_format(pinfo, item,
            &fields->ei[EI_DATA_LENGTH],
            "%s %s has %u byte%s of data, the specification gives it %s %u",
            command->name, is_response ? "response" : "request", len,
            plurality(len, "", "s"),
            min == max ? "exactly" : len < min ? "at least" : "at most",
            len < min ? min : max);
    }
}

static void
check_request(packet_info *pinfo, proto_tree *tree, proto_item *item,
              ipmi_message_fields *fields, const ipmi_message *message)
{
    const ipmi_match *match = message->match;
    const ipmi_transaction *transaction = match->transaction;
    guint cutoff;

    if (match->repeats) {
        expert_add_info(pinfo,
            add_frame(tree, fields->hf[HF_RETRANSMISSION_OF], message,
                      match->original_frame),
            &fields->ei[EI_RETRANSMISSION]);
    }
    if (transaction->response_frame) {
        add_frame(tree, fields->hf[HF_RESPONSE_IN], message,
                  transaction->response_frame);
        return;
    }
    if (!PINFO_FD_VISITED(pinfo) ||
        !ipmi_match_is_lost(message->matcher, transaction)) {
        return;
    }
    if (transaction->cutoff_frame) {
        add_frame(tree, fields->hf[HF_CUTOFF_BY], message,
                  transaction->cutoff_frame);
    }
    cutoff = transaction->cutoff ? transaction->cutoff : message->cutoff;
    if (cutoff) {
        expert_add_info_format(pinfo, item, &fields->ei[EI_CUTOFF],
            "Request never answered: %s",
            val_to_str_const(cutoff, cutoff_vals, ""));
    } else {
        expert_add_info(pinfo, item, &fields->ei[EI_NO_RESPONSE]);
    }
}

static void
check_response(packet_info *pinfo, proto_tree *tree,
               ipmi_message_fields *fields, const ipmi_message *message)
{
    const ipmi_match *match = message->match;
    const ipmi_transaction *transaction = match->transaction;
    proto_item *ti = NULL;
    nstime_t time;

    if (tree) {
        add_frame(tree, fields->hf[HF_RESPONSE_TO], message,
                  transaction->request_frame);
    }
    if (match->repeats) {
        expert_add_info(pinfo,
            add_frame(tree, fields->hf[HF_DUPLICATE_OF], message,
                      match->original_frame),
            &fields->ei[EI_DUPLICATE]);
        return;
    }
    nstime_delta(&time, &pinfo->abs_ts, &transaction->request_time);
    if (tree) {
        ti = proto_tree_add_time(tree, fields->hf[HF_TIME], message->tvb, 0, 0,
                                 &time);
        proto_item_set_generated(ti);
    }
    if (nstime_to_msec(&time) > IPMI_TIMEOUT_MS) {
        expert_add_info(pinfo, ti, &fields->ei[EI_LATE]);
    }
}

void
ipmi_message_check(packet_info *pinfo, proto_tree *tree, proto_item *item,
                   ipmi_message_fields *fields, const ipmi_message *message)
{
    const ipmi_match *match = message->match;
    ws_bool is_response = ipmi_message_is_response(message);

    if (is_response && message->ccode != 0) {
        expert_add_info_format(pinfo, message->ccode_item,
            &fields->ei[EI_CCODE_ERROR], "Completion code %02Xh: %s",
            message->ccode, message->ccode_name);
    } else if (message->command && !message->truncated) {
        check_data_length(pinfo,
                          message->data_item ? message->data_item : item,
                          fields, message);
    }
    if (match->seq_reused) {
        expert_add_info_format(pinfo, item, &fields->ei[EI_SEQ_REUSED],
            "Sequence number of the request in frame %u, which waits for its "
            "response", match->original_frame);
    }
    if (match->unsolicited) {
        expert_add_info(pinfo, item, &fields->ei[EI_UNSOLICITED]);
    }
    if (match->transaction && is_response) {
        check_response(pinfo, tree, fields, message);
    } else if (match->transaction) {
        check_request(pinfo, tree, item, fields, message);
    }
}

/* The message without a gap: BT has the sequence number between network
 * function and command (IPMI 2.0, section 11.5). */
static tvbuff_t *
body_tvb(packet_info *pinfo, const ipmi_message *message)
{
    guint len = 1 + message->end - message->cmd;
    tvbuff_t *tvb;
    guint8 *bytes;

    if (message->cmd == message->netfn + 1) {
        return tvb_new_subset_length(message->tvb, message->netfn, len);
    }
    bytes = (guint8 *)wmem_alloc(pinfo->pool, len);
    bytes[0] = message->bytes[message->netfn];
    memcpy(bytes + 1, message->bytes + message->cmd, len - 1);
    tvb = tvb_new_child_real_data(message->tvb, bytes, len, len);
    add_new_data_source(pinfo, tvb, "IPMI message");
    return tvb;
}

void
ipmi_message_add_body(packet_info *pinfo, proto_tree *tree,
                      const ipmi_message *message)
{
    const ipmi_match *match = message->match;
    guint8 netfn = message->bytes[message->netfn] >> 2;

    if (ipmi_body_is_decoded(netfn, message->body,
                             message->bytes[message->cmd]) &&
        !ipmi_body_dissect(body_tvb(pinfo, message), pinfo, tree,
                           match->body_key, match->body_channel)) {
        /* No expert info: whether the end is reached at all depends on who
         * looks at the body. */
        proto_item_append_text(message->data_item,
                               " (Wireshark's IPMI dissectors expect more)");
    }
}

const char *
ipmi_message_summary(packet_info *pinfo, const ipmi_message *message)
{
    const ipmi_match *match = message->match;
    const ws_bool is_response = ipmi_message_is_response(message);
    wmem_strbuf_t *text = wmem_strbuf_new(pinfo->pool, "");
    nstime_t time;

    if (match->repeats) {
        wmem_strbuf_append(text, is_response ? "Duplicate: "
                                             : "Retransmission: ");
    } else if (match->unsolicited) {
        wmem_strbuf_append(text, "Unsolicited: ");
    }
    wmem_strbuf_append(text, is_response ? "Rsp " : "Req ");
    if (message->seq >= 0) {
        wmem_strbuf_append_printf(text, "seq 0x%02x ",
                                  message->bytes[message->seq]);
    }
    wmem_strbuf_append(text, message->name);
    if (!is_response) {
        return wmem_strbuf_finalize(text);
    }

    if (message->ccode == 0) {
        wmem_strbuf_append(text, " OK");
    } else {
        wmem_strbuf_append_printf(text, ": %s (%02Xh)", message->ccode_name,
                                  message->ccode);
    }
    if (match->transaction && !match->repeats) {
        nstime_delta(&time, &pinfo->abs_ts, &match->transaction->request_time);
        wmem_strbuf_append_printf(text, ", %s",
                                  ipmi_time_to_str(pinfo->pool, &time));
    }
    return wmem_strbuf_finalize(text);
}

static void
fill_value_strings(void)
{
    guint groups = 0;

    if (netfn_vals[0].strptr) {
        return;
    }
    for (guint netfn = 0; netfn < 64; netfn++) {
        netfn_vals[netfn].value = netfn;
        netfn_vals[netfn].strptr = wmem_strdup_printf(
            wmem_epan_scope(), "%s%s", ipmi_netfn_name((guint8)netfn),
            netfn & 1 ? " response" : "");
    }
    for (guint code = 0; code < 256; code++) {
        const char *group = ipmi_group_name((guint8)code);

        if (group) {
            group_vals[groups].value = code;
            group_vals[groups].strptr = group;
            groups++;
        }
    }
}

static const char *
prefixed(const ipmi_message_fields *fields, const char *name)
{
    return wmem_strdup_printf(wmem_epan_scope(), "%s.%s", fields->prefix,
                              name);
}

static void
register_fields(ipmi_message_fields *fields, guint first, guint last)
{
    for (guint i = first; i <= last; i++) {
        fields->hf[i] = -1;
        fields->hf_info[i].p_id = &fields->hf[i];
        fields->hf_info[i].hfinfo = field_infos[i];
        fields->hf_info[i].hfinfo.abbrev =
            prefixed(fields, field_infos[i].abbrev);
        if (i == HF_CUTOFF_BY && fields->registers) {
            fields->hf_info[i].hfinfo.blurb = registers_cutoff_by;
        }
        if ((i != HF_TYPE || fields->registers) &&
            (fields->with_seq || !is_for_seq(i))) {
            proto_register_field_array(fields->proto, &fields->hf_info[i], 1);
        }
    }
}

ipmi_message_fields *
ipmi_message_register(int proto, const char *prefix, ws_bool with_seq,
                      ws_bool registers)
{
    ipmi_message_fields *fields = wmem_new0(wmem_epan_scope(),
                                            ipmi_message_fields);

    fill_value_strings();
    fields->proto = proto;
    fields->prefix = prefix;
    fields->with_seq = with_seq;
    fields->registers = registers;
    register_fields(fields, HF_TYPE, HF_DATA);
    return fields;
}

void
ipmi_message_register_matching(ipmi_message_fields *fields,
                               expert_module_t *expert)
{
    static const expert_field unregistered = EI_INIT;

    register_fields(fields, HF_RESPONSE_IN, HF_CUTOFF_BY);
    for (guint i = 0; i < EI_COUNT; i++) {
        fields->ei[i] = unregistered;
        fields->ei_info[i].ids = &fields->ei[i];
        fields->ei_info[i].eiinfo = expert_infos[i];
        fields->ei_info[i].eiinfo.name =
            prefixed(fields, expert_infos[i].name);
        if (fields->registers && registers_experts[i]) {
            fields->ei_info[i].eiinfo.summary = registers_experts[i];
        }
        if (fields->with_seq || !is_expert_for_seq(i)) {
            expert_register_field_array(expert, &fields->ei_info[i], 1);
        }
    }
}
