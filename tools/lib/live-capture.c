/* live-capture.c
 * Captures on a network interface, by libpcap.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "live-capture.h"

#include <gio/gio.h>
#include <pcap/pcap.h>

#include "tool.h"

/* Whole packets: loopback's are longer than those of a wire. */
#define SNAPLEN     (256 * 1024)

/* What the kernel keeps until it is read, in bytes: blocks of SNAPLEN. */
#define BUFFER_SIZE (16 * 1024 * 1024)

/* How long it fills a block. In libpcap's immediate mode a packet would come at
 * once, but take a place of SNAPLEN bytes however short it is. */
#define DELAY_MS    50

/* libpcap's number of a link type is not the one in files, of this one
 * (pcap-linktype(7)). */
#define LINKTYPE_RAW    101

struct live_capture {
    pcap_t *pcap;
    bool    in_nanoseconds;
    uint64_t packets;
    uint64_t until;             /* ns since 1970-01-01 UTC; 0: no end */
    struct capture_interface interface;
};

static void
set_error(GError **error, const char *interface, const char *what,
          const char *remedy)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                "cannot capture on %s: %s%s", interface, what, remedy);
}

static bool
set_filter(pcap_t *pcap, const char *interface, const char *filter,
           GError **error)
{
    struct bpf_program program;
    int result;

    if (pcap_compile(pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "'%s' is no capture filter: %s; pcap-filter(7) says how "
                    "to write one", filter, pcap_geterr(pcap));
        return false;
    }
    result = pcap_setfilter(pcap, &program);
    pcap_freecode(&program);
    if (result != 0) {
        set_error(error, interface, pcap_geterr(pcap), "");
    }
    return result == 0;
}

/* Where there are no nanoseconds, microseconds have to do. */
static bool
activate(pcap_t *pcap, const char *interface, bool *in_nanoseconds,
         GError **error)
{
    int result;

    *in_nanoseconds = pcap_set_tstamp_precision(
                          pcap, PCAP_TSTAMP_PRECISION_NANO) == 0;
    if ((result = pcap_set_snaplen(pcap, SNAPLEN)) == 0
            && (result = pcap_set_buffer_size(pcap, BUFFER_SIZE)) == 0
            && (result = pcap_set_timeout(pcap, DELAY_MS)) == 0) {
        result = pcap_activate(pcap);
    }
    if (result >= 0) {
        return true;
    }
    if (result == PCAP_ERROR_PERM_DENIED) {
        set_error(error, interface, "it is not permitted",
                  "; be root, or have the capability CAP_NET_RAW");
    } else if (result == PCAP_ERROR_NO_SUCH_DEVICE) {
        set_error(error, interface, "there is no such interface",
                  "; 'ip link' lists them, and 'any' is all of them");
    } else {
        set_error(error, interface, pcap_statustostr(result), "");
    }
    return false;
}

struct live_capture *
live_capture_open(const char *interface, const char *filter, GError **error)
{
    char why[PCAP_ERRBUF_SIZE];
    struct live_capture *capture;
    pcap_t *pcap = pcap_create(interface, why);
    bool in_nanoseconds;
    int linktype;

    if (!pcap) {
        set_error(error, interface, why, "");
        return NULL;
    }
    if (!activate(pcap, interface, &in_nanoseconds, error)
            || (filter && !set_filter(pcap, interface, filter, error))) {
        pcap_close(pcap);
        return NULL;
    }
    if (pcap_setnonblock(pcap, 1, why) != 0) {
        set_error(error, interface, why, "");
        pcap_close(pcap);
        return NULL;
    }
    capture = g_new0(struct live_capture, 1);
    capture->pcap = pcap;
    capture->in_nanoseconds = in_nanoseconds;
    linktype = pcap_datalink(pcap);
    capture->interface.linktype = linktype == DLT_RAW ? LINKTYPE_RAW
                                                      : (uint16_t)linktype;
    capture->interface.name = g_strdup(interface);
    return capture;
}

enum capture_read
live_capture_next(struct live_capture *capture, struct capture_raw *raw,
                  GError **error)
{
    struct pcap_pkthdr *header;
    const u_char *bytes;
    int result = pcap_next_ex(capture->pcap, &header, &bytes);

    if (result == 0) {
        return capture->until ? CAPTURE_READ_END : CAPTURE_READ_AGAIN;
    }
    if (result < 0) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                            pcap_geterr(capture->pcap));
        return CAPTURE_READ_ERROR;
    }
    *raw = (struct capture_raw){
        .time = (uint64_t)header->ts.tv_sec * 1000000000
                + (uint64_t)header->ts.tv_usec
                  * (capture->in_nanoseconds ? 1 : 1000),
        .number = ++capture->packets,
        .bytes = bytes,
        .len = header->caplen,
        .original_len = header->len,
    };
    return capture->until && raw->time > capture->until ? CAPTURE_READ_END
                                                        : CAPTURE_READ_PACKET;
}

void
live_capture_stop(struct live_capture *capture)
{
    if (!capture->until) {
        capture->until = tool_clock(CLOCK_REALTIME);
        g_usleep(2 * DELAY_MS * 1000);
    }
}

uint64_t
live_capture_dropped(const struct live_capture *capture)
{
    struct pcap_stat statistics;

    return pcap_stats(capture->pcap, &statistics) == 0 ? statistics.ps_drop
                                                       : 0;
}

const struct capture_interface *
live_capture_interface(const struct live_capture *capture)
{
    return &capture->interface;
}

int
live_capture_fd(const struct live_capture *capture)
{
    return pcap_get_selectable_fd(capture->pcap);
}

void
live_capture_close(struct live_capture *capture)
{
    if (!capture) {
        return;
    }
    pcap_close(capture->pcap);
    g_free(capture->interface.name);
    g_free(capture);
}
