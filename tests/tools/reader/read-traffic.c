/* read-traffic.c
 * Prints what the capture reader and the traffic follower find in a capture, a
 * line for each thing, for tests to compare: kind, where, direction, number of
 * the packet, time, point, lost, request's number or 0, bytes, fault.
 *
 * The last line is "end", "whole" or "cut off", how many requests are unanswered,
 * and how many events were lost after the last packets.
 *
 * Usage: read-traffic FILE
 *        read-traffic -i INTERFACE FILTER
 * Exit status: 0; 3 with a message if the capture is damaged, and what was good
 * of it has been printed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "capture-reader.h"
#include "traffic.h"

static void
print(const struct traffic *traffic, void *data)
{
    static const char *const directions[] = { "-", "host", "bmc" };
    struct capture_reader *reader = data;
    char line[200];

    printf("%s\t%s\t%s\t%" PRIu64 "\t%" PRIu64 "\t%s\t%" PRIu64 "\t%" PRIu64
           "\t",
           traffic_kind_name(traffic->kind), traffic_place_name(traffic->where),
           directions[traffic->direction], traffic->number, traffic->time,
           capture_reader_point(reader, traffic->point)->name, traffic->lost,
           traffic->matched ? traffic->request_number : 0);
    for (size_t i = 0; i < traffic->len; i++) {
        printf("%02x", traffic->bytes[i]);
    }
    traffic_describe(traffic, line, sizeof line);
    printf("\t%s\t%s\n", traffic->fault ? traffic->fault : "", line);
}

int
main(int argc, char **argv)
{
    struct traffic_follower *follower;
    struct capture_packet packet;
    struct capture_reader *reader = NULL;
    enum capture_read result;
    unsigned points = 0;
    GError *error = NULL;

    if (argc == 2) {
        reader = capture_reader_open(argv[1], &error);
    } else if (argc == 4 && strcmp(argv[1], "-i") == 0) {
        reader = capture_reader_open_interface(argv[2], argv[3], &error);
    }
    if (!reader) {
        fprintf(stderr, "read-traffic: %s\n",
                error ? error->message : "give it a capture");
        return 2;
    }
    follower = traffic_follower_new();
    do {
        struct pollfd pollfd = {
            .fd = capture_reader_fd(reader), .events = POLLIN
        };

        result = capture_reader_next(reader, &packet, &error);
        for (; points < capture_reader_points(reader); points++) {
            traffic_follower_point(follower, points,
                                   capture_reader_point(reader, points));
        }
        if (result == CAPTURE_READ_PACKET) {
            traffic_follower_packet(follower, &packet, print, reader);
        } else if (result == CAPTURE_READ_AGAIN) {
            fflush(stdout);
            poll(&pollfd, 1, -1);
        }
    } while (result == CAPTURE_READ_PACKET || result == CAPTURE_READ_AGAIN);

    printf("end\t%s\t%" PRIu64 "\t%" PRIu64 "\n",
           capture_reader_cut_off(reader) ? "cut off" : "whole",
           traffic_follower_unanswered(follower),
           capture_reader_lost_at_end(reader));
    if (result == CAPTURE_READ_ERROR) {
        fprintf(stderr, "read-traffic: %s\n", error->message);
        g_error_free(error);
    }
    capture_reader_close(reader);
    traffic_follower_free(follower);
    return result == CAPTURE_READ_ERROR ? 3 : 0;
}
