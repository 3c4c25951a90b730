/* commands.c
 * The BMC's commands.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "../bt.h"
#include "channel.h"

/* All the interfaces of the board. */
#define MAX_CHANNELS    5
static struct channel *channels[MAX_CHANNELS];
static size_t channel_count;

static uint32_t echoes, wrong_echoes;

static void add(struct channel *channel, const uint8_t *bytes, size_t length)
{
    struct ipmi_message *response = &channel->response;
    size_t i;

    for (i = 0; i < length; i++) {
        response->bytes[response->length++] = bytes[i];
    }
}

static void add_number(struct channel *channel, uint32_t number)
{
    const uint8_t bytes[] = {
        (uint8_t) number, (uint8_t) (number >> 8),
        (uint8_t) (number >> 16), (uint8_t) (number >> 24)
    };

    add(channel, bytes, sizeof bytes);
}

/* Each handler gets the data of the request and returns a completion code; it
 * adds data to the response if that is OK. */
typedef uint8_t handler(struct channel *channel, const uint8_t *data, size_t length);

/* A fixed answer, from the completion code on. */
#define FIXED_ANSWER(channel, ...)                                          \
    do {                                                                    \
        static const uint8_t answer[] = { __VA_ARGS__ };                    \
        add(channel, answer + 1, sizeof answer - 1);                        \
        return answer[0];                                                   \
    } while (0)

static uint8_t get_device_id(struct channel *channel, const uint8_t *data,
                             size_t length)
{
    (void) data, (void) length;
    FIXED_ANSWER(channel, DEVICE_ID);
}

static uint8_t get_self_test_results(struct channel *channel, const uint8_t *data,
                                     size_t length)
{
    (void) data, (void) length;
    FIXED_ANSWER(channel, SELF_TEST_PASSED);
}

static uint8_t set_bmc_global_enables(struct channel *channel, const uint8_t *data,
                                      size_t length)
{
    (void) length;
    channel->global_enables = data[0];
    return CCODE_OK;
}

static uint8_t get_bmc_global_enables(struct channel *channel, const uint8_t *data,
                                      size_t length)
{
    (void) data, (void) length;
    add(channel, &channel->global_enables, 1);
    return CCODE_OK;
}

static uint8_t clear_message_flags(struct channel *channel, const uint8_t *data,
                                   size_t length)
{
    (void) length;
    channel->message_flags &= (uint8_t) ~data[0];
    if (channel->message_flags == 0) {
        channel->kind->set_attention(channel, false);
    }
    return CCODE_OK;
}

static uint8_t get_message_flags(struct channel *channel, const uint8_t *data,
                                 size_t length)
{
    (void) data, (void) length;
    add(channel, &channel->message_flags, 1);
    return CCODE_OK;
}

/* Of the channel the host asks through: Eh means that one, Fh is its number. */
static uint8_t get_channel_info(struct channel *channel, const uint8_t *data,
                                size_t length)
{
    static const uint8_t kcs[] = { CHANNEL_INFO(PROTOCOL_KCS) };
    static const uint8_t bt[] = { CHANNEL_INFO(PROTOCOL_BT) };

    (void) length;
    if ((data[0] & 0x0f) < 0x0e) {
        return CCODE_INVALID_FIELD;
    }
    if (channel->kind->protocol == PROTOCOL_BT) {
        add(channel, bt + 1, sizeof bt - 1);
    } else {
        add(channel, kcs + 1, sizeof kcs - 1);
    }
    return CCODE_OK;
}

static uint8_t oem_echo(struct channel *channel, const uint8_t *data, size_t length)
{
    echoes++;
    if (!echo_right(data, length)) {
        wrong_echoes++;
        return CCODE_INVALID_FIELD;
    }
    add(channel, data, length);
    return CCODE_OK;
}

static uint8_t oem_error(struct channel *channel, const uint8_t *data, size_t length)
{
    (void) channel, (void) length;
    return data[0];
}

/* Looks at the interfaces before what was put off is done. */
#define MOMENT  20000

static void put_off(struct channel *channel, bool *what)
{
    *what = true;
    channel->moment = MOMENT;
}

static uint8_t oem_attention(struct channel *channel, const uint8_t *data,
                             size_t length)
{
    (void) data, (void) length;
    put_off(channel, &channel->raise_attention);
    return CCODE_OK;
}

static void pull(enum oem_line line)
{
    board_set_line(line, true);
    board_set_line(line, false);
}

static uint8_t oem_pull_line(struct channel *channel, const uint8_t *data,
                             size_t length)
{
    (void) length;
    if (data[0] >= OEM_LINES || data[1] > 1) {
        return CCODE_INVALID_FIELD;
    }
    channel->line = data[0];
    if (data[1] == 1) {
        put_off(channel, &channel->pull_line);
    } else {
        pull(channel->line);
    }
    return CCODE_OK;
}

static uint8_t oem_counts(struct channel *channel, const uint8_t *data, size_t length)
{
    (void) data, (void) length;
    add_number(channel, echoes);
    add_number(channel, wrong_echoes);
    return CCODE_OK;
}

static uint8_t oem_fail(struct channel *channel, const uint8_t *data, size_t length)
{
    (void) length;
    if (data[0] >= OEM_FAILURES) {
        return CCODE_INVALID_FIELD;
    }
    channel->failure = data[0];
    return CCODE_OK;
}

#define MAX_ECHO_BT (BT_FRAME_SIZE - 1 - IPMI_RESPONSE_HEADER)
#define MAX_ECHO    (IPMI_MESSAGE_SIZE - IPMI_RESPONSE_HEADER)

static const struct {
    uint8_t netfn_lun, command;
    size_t  min, max;           /* length of the data; max for KCS */
    handler *handle;
} commands[] = {
    { APP, GET_DEVICE_ID, 0, 0, get_device_id },
    { APP, GET_SELF_TEST_RESULTS, 0, 0, get_self_test_results },
    { APP, SET_BMC_GLOBAL_ENABLES, 1, 1, set_bmc_global_enables },
    { APP, GET_BMC_GLOBAL_ENABLES, 0, 0, get_bmc_global_enables },
    { APP, CLEAR_MESSAGE_FLAGS, 1, 1, clear_message_flags },
    { APP, GET_MESSAGE_FLAGS, 0, 0, get_message_flags },
    { APP, GET_CHANNEL_INFO, 1, 1, get_channel_info },
    { OEM, OEM_ECHO, 0, MAX_ECHO, oem_echo },
    { OEM, OEM_ERROR, 1, 1, oem_error },
    { OEM, OEM_ATTENTION, 0, 0, oem_attention },
    { OEM, OEM_PULL_LINE, 2, 2, oem_pull_line },
    { OEM, OEM_COUNTS, 0, 0, oem_counts },
    { OEM, OEM_FAIL, 1, 1, oem_fail },
};

static uint8_t handle(struct channel *channel)
{
    const struct ipmi_message *request = &channel->request;
    const size_t length = request->length - IPMI_REQUEST_HEADER;
    size_t i;

    for (i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (request->bytes[0] == commands[i].netfn_lun &&
            request->bytes[1] == commands[i].command) {
            if (length < commands[i].min || length > commands[i].max ||
                (channel->kind->protocol == PROTOCOL_BT && length > MAX_ECHO_BT)) {
                return CCODE_LENGTH_INVALID;
            }
            return commands[i].handle(channel, request->bytes + IPMI_REQUEST_HEADER,
                                      length);
        }
    }
    return CCODE_INVALID_COMMAND;
}

void commands_answer(struct channel *channel)
{
    struct ipmi_message *response = &channel->response;

    channel->failure = FAILURE_NONE;
    response->length = IPMI_RESPONSE_HEADER;
    response->bytes[0] = channel->request.bytes[0] | RESPONSE;
    response->bytes[1] = channel->request.bytes[1];
    response->bytes[2] = handle(channel);
}

void commands_serve(struct channel *channel)
{
    channels[channel_count++] = channel;
    print("BMC: serving ");
    print(channel->name);
    print("\n");
}

/* What was put off comes a moment after the response, some ms, so that the host
 * is done with that: its interrupt is one of its own. The flag comes before the
 * signal that there is one. */
bool commands_finish(void)
{
    bool finished = true;
    size_t i;

    for (i = 0; i < channel_count; i++) {
        struct channel *channel = channels[i];

        if (!channel->raise_attention && !channel->pull_line) {
            continue;
        }
        if (!channel->kind->response_taken(channel) || channel->moment > 0) {
            channel->moment -= channel->moment > 0;
            finished = false;
            continue;
        }
        if (channel->raise_attention) {
            channel->message_flags |= FLAG_OEM_0;
            channel->kind->set_attention(channel, true);
        }
        if (channel->pull_line) {
            pull(channel->line);
        }
        channel->raise_attention = channel->pull_line = false;
    }
    return finished;
}
