/* ipmi-registers-channel.c
 * Channels: interfaces of register traffic at one capture point each. What the
 * first pass keeps of them from one packet to the next, the messages that grow
 * from their accesses, and what it stores with each packet.
 *
 * A host that polls leaves thousands of records for one message, so those that
 * follow each other and say the same share one event.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <epan/packet.h>

#include "ipmi-registers-channel.h"

#define NS_PER_MS   1000000

/* Room for the bytes of a new message; doubled when it is full. */
#define FIRST_ROOM  16

/* Records that make a message: no interface takes more for a byte of it. */
#define MAX_STEPS   (8 * IPMI_MESSAGE_MAX)

/* A condition that holds. */
typedef struct {
    ipmi_event *event;      /* of the packet that began it */
    guint32     frame;      /* the same packet */
    gint64      since;      /* ns */
} held_condition;

struct ipmi_channel {
    const ipmi_channels *set;
    const ipmi_point *point;
    void   *machine;

    gint64  phase_since;    /* ns */
    ws_bool phase_timed;    /* its beginning was seen */
    ws_bool lost;           /* records, and the phase is not known since */

    ipmi_transfer *under_way[2];    /* a request, a response */
    ws_bool latest;                 /* which had an event last */
    ipmi_transfer *latest_request;  /* complete, or NULL */

    /* Packets since the message before was complete, other than polls. */
    guint32 *steps;
    guint   steps_len, steps_room;

    guint32 conditions;
    held_condition held[IPMI_MAX_CONDITIONS];

    const ipmi_event *latest_event;     /* to be shared, or NULL */

    ipmi_matcher matcher;
};

/* A packet that began a condition, or ended one. */
typedef struct {
    guint64       key;      /* packet and condition */
    ipmi_exceeded exceeded;
} exceeded_entry;

static wmem_map_t *exceeded_entries;
static ipmi_channels *sets;
static gint64 latest_time;      /* ns, of the file's latest record */

static gint64
ns_of(const nstime_t *time)
{
    return (gint64)((guint64)time->secs * 1000000000 + (guint64)time->nsecs);
}

static guint64
exceeded_key(guint32 frame, guint condition)
{
    return (guint64)frame << 8 | condition;
}

static void
exceeded_insert(guint32 frame, guint condition, const ipmi_exceeded *exceeded)
{
    exceeded_entry *entry = wmem_new(wmem_file_scope(), exceeded_entry);

    entry->key = exceeded_key(frame, condition);
    entry->exceeded = *exceeded;
    wmem_map_insert(exceeded_entries, &entry->key, entry);
}

/* The packet that ends a condition, if any does, is the caller's to mark. */
static ws_bool
check_limit(const ipmi_channel *channel, guint condition, guint32 end_frame,
            gint64 now)
{
    const held_condition *held = &channel->held[condition];
    const ipmi_exceeded exceeded = {
        held->frame, end_frame, now - held->since
    };

    if (exceeded.time <=
        (gint64)channel->set->limit_ms[condition] * NS_PER_MS) {
        return 0;
    }
    held->event->conditions |= 1u << condition;
    exceeded_insert(held->frame, condition, &exceeded);
    if (end_frame) {
        exceeded_insert(end_frame, condition, &exceeded);
    }
    return 1;
}

/* What still holds will not end in this capture. */
static void
end_first_pass(void)
{
    for (const ipmi_channels *set = sets; set; set = set->next) {
        for (guint32 i = 0; i < set->size; i++) {
            ipmi_channel *channel = set->by_point[i];

            while (channel && channel->conditions) {
                check_limit(channel, ipmi_take_bit(&channel->conditions), 0,
                            latest_time);
            }
        }
    }
}

static void
forget_file(void)
{
    for (ipmi_channels *set = sets; set; set = set->next) {
        set->by_point = NULL;
        set->size = 0;
    }
    latest_time = 0;
}

void
ipmi_channels_init(ipmi_channels *channels)
{
    if (!sets) {
        exceeded_entries = wmem_map_new_autoreset(
            wmem_epan_scope(), wmem_file_scope(), g_int64_hash, g_int64_equal);
        register_postseq_cleanup_routine(end_first_pass);
        register_cleanup_routine(forget_file);
    }
    channels->next = sets;
    sets = channels;
}

static ipmi_channel *
channel_new(const ipmi_channels *channels, const ipmi_point *point)
{
    ipmi_channel *channel = wmem_new0(wmem_file_scope(), ipmi_channel);

    channel->set = channels;
    channel->machine = wmem_alloc0(wmem_file_scope(),
                                   channels->interface->machine_size);
    channels->interface->start(channel->machine, point);
    channel->point = point;
    channel->matcher.station = ipmi_station_new(
        point, 1, channels->interface->layout.seq >= 0);
    return channel;
}

ipmi_channel *
ipmi_channel_get(ipmi_channels *channels, const ipmi_point *point)
{
    if (point->number >= channels->size) {
        guint32 size = MAX(2 * channels->size, point->number + 1);

        channels->by_point = (ipmi_channel **)wmem_realloc(
            wmem_file_scope(), channels->by_point,
            size * sizeof *channels->by_point);
        memset(channels->by_point + channels->size, 0,
               (size - channels->size) * sizeof *channels->by_point);
        channels->size = size;
    }
    if (!channels->by_point[point->number]) {
        channels->by_point[point->number] = channel_new(channels, point);
    }
    return channels->by_point[point->number];
}

static void
abort_transfer(ipmi_channel *channel, packet_info *pinfo, ws_bool from_bmc)
{
    ipmi_transfer *transfer = channel->under_way[from_bmc];

    if (transfer) {
        transfer->last_frame = pinfo->num;
        transfer->last_time = pinfo->abs_ts;
        channel->under_way[from_bmc] = NULL;
    }
}

static void
abort_transfers(ipmi_channel *channel, packet_info *pinfo)
{
    abort_transfer(channel, pinfo, 0);
    abort_transfer(channel, pinfo, 1);
}

static void
begin_transfer(ipmi_channel *channel, packet_info *pinfo, ws_bool from_bmc)
{
    ipmi_transfer *transfer = wmem_new0(wmem_file_scope(), ipmi_transfer);

    if (channel->set->interface->half_duplex) {
        abort_transfer(channel, pinfo, !from_bmc);
        if (!from_bmc) {
            ipmi_match_cut_off(&channel->matcher, pinfo, CUTOFF_ABORT);
        }
    }
    abort_transfer(channel, pinfo, from_bmc);

    transfer->from_bmc = from_bmc;
    transfer->first_frame = pinfo->num;
    transfer->first_time = pinfo->abs_ts;
    channel->under_way[from_bmc] = transfer;
}

static void
add_byte(ipmi_transfer *transfer, packet_info *pinfo, guint8 byte)
{
    guint32 len = transfer->len++;

    if (len >= IPMI_MESSAGE_MAX) {
        return;
    }
    if (len % FIRST_ROOM == 0 && (len & (len - 1)) == 0) {
        guint32 room = MAX(2 * len, FIRST_ROOM);

        transfer->bytes = (guint8 *)wmem_realloc(
            wmem_file_scope(), transfer->bytes, room);
        transfer->frames = (guint32 *)wmem_realloc(
            wmem_file_scope(), transfer->frames,
            room * sizeof *transfer->frames);
    }
    transfer->bytes[len] = byte;
    transfer->frames[len] = pinfo->num;
}

ipmi_transfer_content
ipmi_transfer_examine(const ipmi_interface *interface,
                      const ipmi_transfer *transfer)
{
    const guint8 *bytes = transfer->bytes;
    const guint cmd = (guint)interface->layout.cmd;
    const int length = interface->layout.length;
    guint said = length >= 0 && (guint)length < transfer->len
                     ? (guint)length + 1 + bytes[length] : transfer->len;
    ipmi_transfer_content content = { 0 };
    ws_bool is_response;

    content.end = MIN(said, ipmi_transfer_kept(transfer));
    content.truncated = content.end < said;
    if (content.end <= cmd) {
        return content;
    }
    is_response = bytes[interface->layout.netfn] >> 2 & 1;
    content.is_message = content.end > cmd + is_response;
    content.direction_wrong = is_response != transfer->from_bmc;
    content.good = content.is_message && !content.truncated &&
                   !content.direction_wrong;
    return content;
}

static void
match_transfer(ipmi_channel *channel, packet_info *pinfo,
               ipmi_transfer *transfer)
{
    const ipmi_interface *interface = channel->set->interface;
    const ipmi_layout *layout = &interface->layout;
    const ipmi_transfer_content content = ipmi_transfer_examine(interface,
                                                                transfer);
    guint8 message[IPMI_MESSAGE_MAX];
    int seq = -1;

    if (!content.good) {
        return;
    }
    message[0] = transfer->bytes[layout->netfn];
    memcpy(message + 1, transfer->bytes + layout->cmd,
           content.end - layout->cmd);
    if (layout->seq >= 0) {
        seq = transfer->bytes[layout->seq];
    }
    ipmi_match_message(&channel->matcher, pinfo, &transfer->match, seq,
                       message, 1 + content.end - layout->cmd,
                       &transfer->first_time);
}

/* A message that is saved without its polls can be read again; without the
 * other accesses a machine would not see how the state came about. */
static void
note_step(ipmi_channel *channel, packet_info *pinfo)
{
    if (channel->steps_len >= MAX_STEPS) {
        channel->steps_len = 0;
    }
    if (channel->steps_len == channel->steps_room) {
        channel->steps_room = MAX(2 * channel->steps_room, FIRST_ROOM);
        channel->steps = (guint32 *)wmem_realloc(
            wmem_file_scope(), channel->steps,
            channel->steps_room * sizeof *channel->steps);
    }
    channel->steps[channel->steps_len++] = pinfo->num;
}

static void
depend_on_steps(ipmi_channel *channel, packet_info *pinfo)
{
    for (guint i = 0; i < channel->steps_len; i++) {
        if (channel->steps[i] == pinfo->num) {
            continue;
        }
#if WS_VERSION_AT_LEAST(4, 2)
        mark_frame_as_depended_upon(pinfo->fd, channel->steps[i]);
#else
        mark_frame_as_depended_upon(pinfo, channel->steps[i]);
#endif
    }
    if (!channel->under_way[0] && !channel->under_way[1]) {
        channel->steps_len = 0;
    }
}

static void
end_transfer(ipmi_channel *channel, packet_info *pinfo, ws_bool from_bmc)
{
    ipmi_transfer *transfer = channel->under_way[from_bmc];

    transfer->complete = 1;
    transfer->last_frame = pinfo->num;
    transfer->last_time = pinfo->abs_ts;
    channel->under_way[from_bmc] = NULL;
    match_transfer(channel, pinfo, transfer);
    if (!from_bmc) {
        channel->latest_request = transfer;
    }
    depend_on_steps(channel, pinfo);
}

/* The request whose response nothing has been seen of yet, or NULL. */
static ipmi_transfer *
waiting_request(const ipmi_channel *channel)
{
    ipmi_transfer *request = channel->latest_request;
    const ipmi_transaction *transaction =
        request ? request->match.transaction : NULL;

    return transaction && !transaction->response_frame &&
                   !transaction->cutoff ? request : NULL;
}

/* The message that a packet is about. */
static ipmi_transfer *
transfer_of(ipmi_channel *channel, const struct ipmi_step *step)
{
    if (step->begins || step->event != IPMI_TRANSFER_NONE) {
        channel->latest = step->from_bmc;
        return channel->under_way[step->from_bmc];
    }
    return channel->under_way[channel->latest]
               ? channel->under_way[channel->latest]
               : channel->under_way[!channel->latest];
}

static void
follow_transfer(ipmi_channel *channel, packet_info *pinfo,
                const struct ipmi_record *record,
                const struct ipmi_step *step, ipmi_event *event)
{
    ipmi_transfer *transfer;

    if (step->begins) {
        begin_transfer(channel, pinfo, step->from_bmc);
    }
    if (step->event == IPMI_TRANSFER_ABORT &&
        channel->set->interface->half_duplex) {
        ipmi_match_cut_off(&channel->matcher, pinfo, CUTOFF_ABORT);
    }
    transfer = transfer_of(channel, step);
    if (!transfer) {
        event->transfer = waiting_request(channel);
        return;
    }

    event->transfer = transfer;
    event->event = step->event;
    if (ipmi_record_is_access(record)) {
        ws_bool by_bmc = record->side == IPMI_SIDE_BMC;

        transfer->accesses[by_bmc]++;
        transfer->polls[by_bmc] += step->poll;
    }
    transfer->interrupts += step->raised;

    if (step->event == IPMI_TRANSFER_BYTE ||
        step->event == IPMI_TRANSFER_LAST) {
        event->offset = (guint16)MIN(transfer->len, IPMI_MESSAGE_MAX);
        add_byte(transfer, pinfo, step->byte);
    }
    if (step->event == IPMI_TRANSFER_END ||
        step->event == IPMI_TRANSFER_LAST) {
        end_transfer(channel, pinfo, step->from_bmc);
    } else if (step->event == IPMI_TRANSFER_ABORT) {
        abort_transfer(channel, pinfo, step->from_bmc);
    }
}

static void
follow_phase(ipmi_channel *channel, const struct ipmi_step *step, gint64 now,
             ipmi_event *event)
{
    event->before = step->before;
    event->after = step->after;
    event->phase_time = -1;
    if (step->before != step->after) {
        if (channel->phase_timed && step->before != 0) {
            event->phase_time = now - channel->phase_since;
        }
        channel->phase_since = now;
        channel->phase_timed = 1;
    }
    event->resync = step->resync;
    if (channel->lost && step->after != 0) {
        event->resync = 1;
        channel->lost = 0;
    }
}

static void
follow_conditions(ipmi_channel *channel, packet_info *pinfo,
                  guint32 conditions, gint64 now, ipmi_event *event)
{
    guint32 changed = conditions ^ channel->conditions;

    channel->conditions = conditions;
    while (changed) {
        guint condition = ipmi_take_bit(&changed);
        guint32 bit = 1u << condition;

        if (conditions & bit) {
            channel->held[condition].event = event;
            channel->held[condition].frame = pinfo->num;
            channel->held[condition].since = now;
        } else if (check_limit(channel, condition, pinfo->num, now)) {
            event->conditions |= bit;
        }
    }
}

void
ipmi_channel_lose(ipmi_channel *channel, packet_info *pinfo)
{
    const ipmi_interface *interface = channel->set->interface;

    abort_transfers(channel, pinfo);
    ipmi_match_lose(&channel->matcher, pinfo);
    channel->conditions = 0;
    channel->phase_timed = 0;
    channel->lost = 1;
    interface->start(channel->machine, channel->point);
}

/* The interface provides for what the record says. */
static ws_bool
is_known(const ipmi_channel *channel, const struct ipmi_record *record)
{
    if (record->version == 0 ||
        (record->side != IPMI_SIDE_HOST && record->side != IPMI_SIDE_BMC)) {
        return 0;
    }
    switch (record->op) {
    case IPMI_OP_READ:
    case IPMI_OP_WRITE:
        return channel->set->register_known[record->what];
    case IPMI_OP_LINE:
        return ipmi_record_line_name(record->what) != NULL;
    case IPMI_OP_HARDWARE:
        return ipmi_record_hardware_name(record->what) != NULL;
    default:
        return ipmi_record_op_name(record->op) != NULL;
    }
}

const ipmi_event *
ipmi_channel_feed(ipmi_channel *channel, packet_info *pinfo,
                  const struct ipmi_record *record, guint64 dropped)
{
    gint64 now = ns_of(&pinfo->abs_ts);
    struct ipmi_step step = { 0 };
    ipmi_event found, *event;

    latest_time = now;
    channel->matcher.last_time = pinfo->abs_ts;
    if (dropped) {
        ipmi_channel_lose(channel, pinfo);
    }
    channel->set->interface->feed(channel->machine, record, &step);

    memset(&found, 0, sizeof found);
    found.unknown = !is_known(channel, record);
    found.poll = step.poll;
    found.faults = step.faults;
    follow_phase(channel, &step, now, &found);
    if (record->op == IPMI_OP_RESET) {
        ipmi_match_restart(&channel->matcher, pinfo, CUTOFF_REGISTERS);
    }
    if (step.resync) {
        ipmi_match_lose(&channel->matcher, pinfo);
        if (step.event != IPMI_TRANSFER_ABORT) {
            abort_transfers(channel, pinfo);
        }
    }
    if (!step.poll) {
        note_step(channel, pinfo);
    }
    follow_transfer(channel, pinfo, record, &step, &found);
    if (record->op == IPMI_OP_RESET) {
        abort_transfers(channel, pinfo);
    }

    if (step.conditions == channel->conditions && channel->latest_event &&
        memcmp(&found, channel->latest_event, sizeof found) == 0) {
        return channel->latest_event;
    }
    event = (ipmi_event *)wmem_memdup(wmem_file_scope(), &found, sizeof found);
    channel->latest_event = event;
    if (step.conditions != channel->conditions) {
        follow_conditions(channel, pinfo, step.conditions, now, event);
        channel->latest_event = NULL;
    }
    return event;
}

const ipmi_exceeded *
ipmi_channel_exceeded(packet_info *pinfo, guint condition)
{
    guint64 key = exceeded_key(pinfo->num, condition);
    const exceeded_entry *entry =
        (const exceeded_entry *)wmem_map_lookup(exceeded_entries, &key);

    return &entry->exceeded;
}

const ipmi_matcher *
ipmi_channel_matcher(const ipmi_channel *channel)
{
    return &channel->matcher;
}
