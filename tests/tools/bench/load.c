/* load.c
 * Puts links under load from both of their ends: a host that always has the
 * same number of requests outstanding, and a BMC that answers at once, each in
 * a process of its own. What is between the two is to be measured; it must
 * deliver every byte, which both ends check.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TERMINATOR      0xa0

/* On the wire: Get Device ID, and a response of the usual length. */
#define REQUEST_SIZE    5
#define RESPONSE_SIZE   21
#define NETFN_APP       (0x06 << 2)
#define NETFN_APP_RSP   (0x07 << 2)
#define GET_DEVICE_ID   0x01

#define MOST_LINKS      1000
#define MOST_IN_FLIGHT  128

#define CONNECT_TRIES   3000
#define CONNECT_PAUSE   (10 * 1000 * 1000)      /* ns */

/* Messages of one length, over and over: as many as there are sequence numbers
 * with which nothing needs an escape. They are there twice, so that what is
 * received at once can be compared with one piece of them. */
struct messages {
    size_t  size;       /* of a message */
    size_t  count;      /* in a cycle */
    uint8_t bytes[2 * 256 * RESPONSE_SIZE];
};

static struct messages requests = { .size = REQUEST_SIZE };
static struct messages responses = { .size = RESPONSE_SIZE };

struct link {
    int      fd;
    uint64_t received;                      /* bytes */
    uint64_t sent;                          /* messages */
    uint64_t sent_at[MOST_IN_FLIGHT];       /* ns, of the host */
};

static struct link links[MOST_LINKS];
static unsigned link_count;
static struct timespec pause_before_next;       /* request, once answered */

static void __attribute__((noreturn, format(printf, 1, 2)))
fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static uint64_t
now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static bool
needs_escape(uint8_t byte)
{
    return byte == 0xa0 || byte == 0xa1 || byte == 0xaa;
}

/* Fills in the checksum and the terminator. Returns false if a byte would have
 * to be escaped. */
static bool
finish(uint8_t *message, size_t size)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < size - 2; i++) {
        sum += message[i];
        if (needs_escape(message[i])) {
            return false;
        }
    }
    message[size - 2] = (uint8_t)-sum;
    message[size - 1] = TERMINATOR;
    return !needs_escape(message[size - 2]);
}

static void
add_message(struct messages *messages, const uint8_t *message)
{
    memcpy(&messages->bytes[messages->count++ * messages->size], message,
           messages->size);
}

static void
make_messages(void)
{
    for (unsigned seq = 0; seq < 256; seq++) {
        uint8_t request[REQUEST_SIZE] = {
            (uint8_t)seq, NETFN_APP, GET_DEVICE_ID
        };
        uint8_t response[RESPONSE_SIZE] = {
            (uint8_t)seq, NETFN_APP_RSP, GET_DEVICE_ID, 0x00, 0x20, 0x01, 0x02,
            0x9f, 0x02, 0xbf, 0xd1, 0x00, 0x00, 0x34, 0x12, 0x01, 0x02, 0x03,
            0x04
        };

        if (finish(request, sizeof request)
                && finish(response, sizeof response)) {
            add_message(&requests, request);
            add_message(&responses, response);
        }
    }
    for (struct messages *all = &requests; all;
            all = all == &requests ? &responses : NULL) {
        memcpy(&all->bytes[all->count * all->size], all->bytes,
               all->count * all->size);
    }
}

/* The next message of a link. Each is sent by itself, as programs do that have
 * one to send. */
static void
send_message(struct link *link, const struct messages *messages)
{
    const uint8_t *bytes =
        &messages->bytes[link->sent++ % messages->count * messages->size];
    size_t len = messages->size;

    while (len > 0) {
        ssize_t sent = send(link->fd, bytes, len, MSG_NOSIGNAL);

        if (sent < 0) {
            fail("send: %s", strerror(errno));
        }
        bytes += sent;
        len -= (size_t)sent;
    }
}

/* Waits for bytes, which have to be those of the link's next messages. Returns
 * how many messages they complete; -1 at the end of the stream. */
static ssize_t
receive_messages(struct link *link, const struct messages *messages,
                 const char *who)
{
    uint8_t bytes[MOST_IN_FLIGHT * RESPONSE_SIZE];
    size_t room = messages->count * messages->size;
    uint64_t before = link->received / messages->size;
    ssize_t len;

    if (room > sizeof bytes) {
        room = sizeof bytes;
    }
    len = recv(link->fd, bytes, room, 0);
    if (len < 0) {
        fail("recv: %s", strerror(errno));
    }
    if (len == 0) {
        return -1;
    }
    if (memcmp(bytes, &messages->bytes[link->received
                                       % (messages->count * messages->size)],
               (size_t)len) != 0) {
        fail("the %s got other bytes than were sent, after %" PRIu64, who,
             link->received);
    }
    link->received += (size_t)len;
    return (ssize_t)(link->received / messages->size - before);
}

/* A link of which something can be received. There is no need to ask if there
 * is but one. */
static struct link *
next_link(int epoll)
{
    struct epoll_event event;

    if (link_count == 1) {
        return &links[0];
    }
    /* Who has been stopped for a while is interrupted, too. */
    while (epoll_wait(epoll, &event, 1, -1) != 1) {
        if (errno != EINTR) {
            fail("epoll_wait: %s", strerror(errno));
        }
    }
    return event.data.ptr;
}

static int
watch_links(void)
{
    int epoll = epoll_create1(0);

    for (unsigned i = 0; i < link_count; i++) {
        struct epoll_event event = {
            .events = EPOLLIN, .data.ptr = &links[i]
        };

        if (epoll_ctl(epoll, EPOLL_CTL_ADD, links[i].fd, &event) < 0) {
            fail("epoll: %s", strerror(errno));
        }
    }
    return epoll;
}

static struct sockaddr_un
path_of(const char *prefix, unsigned number)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    if ((size_t)snprintf(address.sun_path, sizeof address.sun_path, "%s%u",
                         prefix, number) >= sizeof address.sun_path) {
        fail("%s is too long for the path of a socket", prefix);
    }
    return address;
}

static int
make_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (fd < 0) {
        fail("socket: %s", strerror(errno));
    }
    return fd;
}

/* Answers until the host has closed all links. */
static void __attribute__((noreturn))
be_bmc(const int *listeners)
{
    unsigned open = link_count;
    int epoll;

    for (unsigned i = 0; i < link_count; i++) {
        links[i].fd = accept(listeners[i], NULL, NULL);
        if (links[i].fd < 0) {
            fail("accept: %s", strerror(errno));
        }
        close(listeners[i]);
    }
    epoll = watch_links();
    while (open > 0) {
        struct link *link = next_link(epoll);
        ssize_t n = receive_messages(link, &requests, "BMC");

        if (n < 0) {
            close(link->fd);
            open--;
        }
        for (; n > 0; n--) {
            send_message(link, &responses);
        }
    }
    exit(0);
}

/* What is between the two may have been started only just now. */
static int
connect_patiently(const struct sockaddr_un *address)
{
    static const struct timespec pause = { .tv_nsec = CONNECT_PAUSE };
    int fd = make_socket();

    for (unsigned tries = 0; tries < CONNECT_TRIES; tries++) {
        if (connect(fd, (const struct sockaddr *)address,
                    sizeof *address) == 0) {
            return fd;
        }
        if (errno != ENOENT && errno != ECONNREFUSED) {
            break;
        }
        nanosleep(&pause, NULL);
    }
    fail("%s: %s", address->sun_path, strerror(errno));
}

static void
send_request(struct link *link)
{
    link->sent_at[link->sent % MOST_IN_FLIGHT] = now();
    send_message(link, &requests);
}

/* One exchange, so that everything is there and has run once. */
static void
exchange_once(struct link *link)
{
    ssize_t n = 0;

    send_request(link);
    while (n == 0) {
        n = receive_messages(link, &responses, "host");
    }
    if (n != 1) {
        fail("a link was closed before its first response");
    }
}

static int
compare_times(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

/* Every link has so many requests outstanding until all are sent. Prints
 * seconds, and microseconds from a request to its response: the median and that
 * of 99 %. */
static void
be_host(uint64_t count, unsigned in_flight)
{
    uint32_t *times = calloc(count, sizeof *times);
    uint64_t sent = 0;
    uint64_t answered = 0;
    uint64_t begin;
    int epoll = watch_links();

    if (!times) {
        fail("no memory for %" PRIu64 " times", count);
    }
    begin = now();
    for (unsigned i = 0; i < link_count; i++) {
        for (unsigned k = 0; k < in_flight; k++) {
            send_request(&links[i]);
        }
        sent += in_flight;
    }
    while (answered < count) {
        struct link *link = next_link(epoll);
        uint64_t first = link->received / responses.size;
        ssize_t n = receive_messages(link, &responses, "host");
        uint64_t time = now();

        if (n < 0) {
            fail("a link was closed with requests outstanding");
        }
        for (ssize_t i = 0; i < n; i++) {
            times[answered++] = (uint32_t)
                (time - link->sent_at[(first + (uint64_t)i) % MOST_IN_FLIGHT]);
        }
        if (pause_before_next.tv_nsec > 0) {
            nanosleep(&pause_before_next, NULL);
        }
        for (; n > 0 && sent < count; n--, sent++) {
            send_request(link);
        }
    }
    begin = now() - begin;
    qsort(times, count, sizeof *times, compare_times);
    printf("%.6f %.2f %.2f\n", (double)begin / 1e9, times[count / 2] / 1e3,
           times[count - 1 - count / 100] / 1e3);
    free(times);
}

static unsigned long
number(const char *text, unsigned long least, unsigned long most)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (end == text || *end || value < least || value > most) {
        fail("%s is not a number from %lu to %lu", text, least, most);
    }
    return value;
}

int
main(int argc, char **argv)
{
    static int listeners[MOST_LINKS];
    unsigned in_flight;
    uint64_t count;
    pid_t bmc;
    int status;

    if (argc != 7) {
        fputs("usage: load HOST BMC LINKS IN-FLIGHT COUNT PAUSE\n"
              "\n"
              "Listens at the Unix sockets BMC0, BMC1 ... and connects to HOST0, "
              "HOST1 ...,\n"
              "the same ones for links with nothing in between. COUNT is the "
              "number of all\n"
              "requests, IN-FLIGHT that of one link, PAUSE the microseconds "
              "from a response to\n"
              "the next request. Prints: seconds, then microseconds from "
              "request to response,\n"
              "the median and the greatest but for 1 %.\n",
              stderr);
        return 2;
    }
    link_count = (unsigned)number(argv[3], 1, MOST_LINKS);
    in_flight = (unsigned)number(argv[4], 1, MOST_IN_FLIGHT);
    count = number(argv[5], link_count * in_flight, 100000000);
    pause_before_next.tv_nsec = 1000 * (long)number(argv[6], 0, 999999);
    make_messages();

    for (unsigned i = 0; i < link_count; i++) {
        struct sockaddr_un address = path_of(argv[2], i);

        listeners[i] = make_socket();
        if (bind(listeners[i], (const struct sockaddr *)&address,
                 sizeof address) < 0 || listen(listeners[i], 1) < 0) {
            fail("%s: %s", address.sun_path, strerror(errno));
        }
    }
    bmc = fork();
    if (bmc < 0) {
        fail("fork: %s", strerror(errno));
    }
    if (bmc == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        be_bmc(listeners);
    }
    for (unsigned i = 0; i < link_count; i++) {
        struct sockaddr_un address = path_of(argv[1], i);

        close(listeners[i]);
        links[i].fd = connect_patiently(&address);
    }
    for (unsigned i = 0; i < link_count; i++) {
        exchange_once(&links[i]);
    }
    be_host(count, in_flight);
    for (unsigned i = 0; i < link_count; i++) {
        close(links[i].fd);
    }
    if (waitpid(bmc, &status, 0) < 0 || status != 0) {
        fail("the BMC has not seen the end of all links");
    }
    return 0;
}
