/* libpcap-reads.c
 * Reads a capture with libpcap and prints time, bytes captured and bytes on the
 * wire of each packet:
 *
 *   libpcap-reads FILE
 *
 * Says "cut off" in the end if the file is.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    char error[PCAP_ERRBUF_SIZE];
    struct pcap_pkthdr *header;
    const u_char *data;
    pcap_t *capture;
    int result;

    if (argc != 2) {
        fprintf(stderr, "usage: libpcap-reads FILE\n");
        return 2;
    }
    capture = pcap_open_offline_with_tstamp_precision(
        argv[1], PCAP_TSTAMP_PRECISION_NANO, error);
    if (capture == NULL) {
        fprintf(stderr, "libpcap-reads: %s: %s\n", argv[1], error);
        return 1;
    }
    if (pcap_datalink(capture) != DLT_WIRESHARK_UPPER_PDU) {
        fprintf(stderr, "libpcap-reads: %s: link type %d\n", argv[1],
                pcap_datalink(capture));
        return 1;
    }
    while ((result = pcap_next_ex(capture, &header, &data)) == 1) {
        /* With this precision tv_usec has nanoseconds. */
        printf("%lld.%09ld %u %u\n", (long long) header->ts.tv_sec,
               (long) header->ts.tv_usec, header->caplen, header->len);
    }
    if (result == PCAP_ERROR) {
        if (strstr(pcap_geterr(capture), "truncated") == NULL) {
            fprintf(stderr, "libpcap-reads: %s: %s\n", argv[1], pcap_geterr(capture));
            return 1;
        }
        puts("cut off");
    }
    pcap_close(capture);
    return EXIT_SUCCESS;
}
