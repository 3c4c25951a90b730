/* extcap-control.c
 * The toolbar of a capture, and the messages about it. A message is the letter
 * T, a length of 3 bytes, big-endian, of what follows, the number of a control,
 * a command, and bytes whose meaning the command gives.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "extcap-control.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <glib-unix.h>

#define HEADER_SIZE     6
#define MAX_PAYLOAD     65535

enum control {
    CONTROL_STATE,
    CONTROL_PAUSE,
    CONTROL_LOG
};

enum command {
    COMMAND_SET = 1,
    COMMAND_ADD = 2,
    COMMAND_DISABLE = 5,
    COMMAND_STATUS_BAR = 6
};

const char extcap_control_sentences[] =
    "control {number=0}{type=string}{display=State}"
    "{tooltip=What the capture is doing}\n"
    "control {number=1}{type=boolean}{display=Pause}"
    "{tooltip=Captures nothing; what is captured next says how much that was. "
    "The link goes on}{default=false}\n"
    "control {number=2}{type=button}{role=logger}{display=Log}"
    "{tooltip=What happened to the capture, and when}\n";

struct extcap_control {
    int in, out;                /* -1: not there */
    guint watch;                /* 0: no more will come */
    bool met;                   /* something has come, or the end */
    GByteArray *received;       /* the beginning of a message */
    char *state;
    extcap_pause_func func;
    void *data;
};

/* Neither open waits for Wireshark, which opens its ends some time later, and
 * in an order of its own. A FIFO that is opened for writing alone could not be
 * opened before its reader. */
static int
open_fifo(const char *path, int flags, GError **error)
{
    int fd = open(path, flags | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
                    "Wireshark's control FIFO %s: %s", path,
                    g_strerror(errno));
    }
    return fd;
}

/* What Wireshark is too slow to read is lost: none of it is worth waiting. A
 * FIFO takes messages of this size as a whole, or not at all. */
static void
put(struct extcap_control *control, enum control number, enum command command,
    const char *text)
{
    uint8_t message[PIPE_BUF];
    size_t len = MIN(strlen(text), sizeof message - HEADER_SIZE);

    if (control->out < 0) {
        return;
    }
    message[0] = 'T';
    message[1] = 0;
    message[2] = (uint8_t)((len + 2) >> 8);
    message[3] = (uint8_t)(len + 2);
    message[4] = number;
    message[5] = command;
    memcpy(message + HEADER_SIZE, text, len);
    if (write(control->out, message, HEADER_SIZE + len) < 0
            && errno != EAGAIN) {
        close(control->out);
        control->out = -1;
    }
}

bool
extcap_control_is_met(const struct extcap_control *control)
{
    return control->met || control->in < 0;
}

void
extcap_control_state(struct extcap_control *control, const char *text)
{
    if (g_strcmp0(text, control->state) != 0) {
        g_free(control->state);
        control->state = g_strdup(text);
        put(control, CONTROL_STATE, COMMAND_SET, text);
    }
}

void
extcap_control_log(struct extcap_control *control, const char *text)
{
    GDateTime *now = g_date_time_new_now_local();
    char *time = g_date_time_format(now, "%H:%M:%S");
    char *line = g_strdup_printf("%s %s\n", time, text);

    put(control, CONTROL_LOG, COMMAND_ADD, line);
    put(control, CONTROL_LOG, COMMAND_STATUS_BAR, text);
    g_free(line);
    g_free(time);
    g_date_time_unref(now);
}

static void
take_message(struct extcap_control *control, const uint8_t *message,
             size_t payload_len)
{
    if (message[4] == CONTROL_PAUSE && message[5] == COMMAND_SET
            && payload_len == 1) {
        control->func(message[HEADER_SIZE] != 0, control->data);
    }
}

/* Takes the messages that are there as a whole. Returns false if it is none. */
static bool
take_messages(struct extcap_control *control)
{
    while (control->received->len >= HEADER_SIZE) {
        const uint8_t *message = control->received->data;
        size_t len = (size_t)message[1] << 16 | (size_t)message[2] << 8
                     | message[3];

        if (message[0] != 'T' || len < 2 || len - 2 > MAX_PAYLOAD) {
            return false;
        }
        if (control->received->len < 4 + len) {
            return true;
        }
        take_message(control, message, len - 2);
        g_byte_array_remove_range(control->received, 0, (guint)(4 + len));
    }
    return true;
}

static gboolean
receive(int fd, GIOCondition condition, gpointer data)
{
    struct extcap_control *control = data;
    uint8_t bytes[4096];
    ssize_t len = read(fd, bytes, sizeof bytes);

    (void)condition;
    if (len < 0 && (errno == EAGAIN || errno == EINTR)) {
        return G_SOURCE_CONTINUE;
    }
    control->met = true;
    if (len > 0) {
        g_byte_array_append(control->received, bytes, (guint)len);
        if (take_messages(control)) {
            return G_SOURCE_CONTINUE;
        }
    }
    control->watch = 0;
    return G_SOURCE_REMOVE;
}

struct extcap_control *
extcap_control_new(const char *in, const char *out, extcap_pause_func func,
                   void *data, GError **error)
{
    struct extcap_control *control = g_new0(struct extcap_control, 1);

    control->in = control->out = -1;
    control->received = g_byte_array_new();
    control->func = func;
    control->data = data;
    if ((in && (control->in = open_fifo(in, O_RDONLY, error)) < 0)
            || (out && (control->out = open_fifo(out, O_RDWR, error)) < 0)) {
        extcap_control_free(control);
        return NULL;
    }
    if (control->in >= 0) {
        control->watch = g_unix_fd_add(control->in, G_IO_IN, receive, control);
    }
    put(control, CONTROL_STATE, COMMAND_DISABLE, "");
    return control;
}

void
extcap_control_free(struct extcap_control *control)
{
    if (control->watch != 0) {
        g_source_remove(control->watch);
    }
    if (control->in >= 0) {
        close(control->in);
    }
    if (control->out >= 0) {
        close(control->out);
    }
    g_byte_array_free(control->received, TRUE);
    g_free(control->state);
    g_free(control);
}
