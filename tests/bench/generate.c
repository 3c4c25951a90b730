/* generate.c
 * Writes a pcapng capture of IPMI messages in the OpenIPMI VM wire format,
 * as long as one likes, to the standard output.
 *
 * The commands, their sizes and how often each of them comes are near to what
 * 35 calls of ipmitool in a Linux guest sent, see samples/README.md.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Wire format */
#define END_OF_MESSAGE  0xa0
#define END_OF_CONTROL  0xa1
#define ESCAPE          0xaa
#define ESCAPED_BIT     0x10

#define DATA_MAX        40      /* longest body of the table below */

/* pcapng, "PCAP Next Generation Capture File Format", section 4 */
#define BLOCK_SECTION       0x0a0d0d0aU
#define BLOCK_INTERFACE     1U
#define BLOCK_PACKET        6U
#define BYTE_ORDER_MAGIC    0x1a2b3c4dU
#define OPT_END             0
#define OPT_IF_NAME         2
#define OPT_IF_TSRESOL      9
#define OPT_EPB_FLAGS       2
#define INBOUND             1U      /* BMC to host */
#define OUTBOUND            2U      /* host to BMC */

#define LINKTYPE_WIRESHARK_UPPER_PDU    252
#define EXP_PDU_TAG_END                 0
#define EXP_PDU_TAG_DISSECTOR_NAME      12

#define NS_PER_S            1000000000U
#define FIRST_SECOND        1700000000U
#define REQUEST_INTERVAL_NS 1000000U
#define ANSWER_TIME_NS      200000U

#define BODY(bytes)     { sizeof bytes - 1, bytes }

struct body {
    uint8_t len;
    char    bytes[DATA_MAX];
};

struct exchange {
    unsigned    weight;
    uint8_t     netfn_lun;
    uint8_t     cmd;
    struct body request;
    struct body response;   /* completion code first */
};

static const struct exchange exchanges[] = {
    /* Get Device ID */
    { 44, 0x18, 0x01, BODY(""),
      BODY("\x00\x20\x01\x02\x15\x02\xbf\x57\x01\x00\xa2\x10") },
    /* Get System GUID */
    { 2, 0x18, 0x37, BODY(""),
      BODY("\x00\x5e\xaa\x10\x32\x54\x76\x98\xba\xdc\xfe\xa1\x23\x45\x67\x89"
           "\xab") },
    /* Get Device GUID, which this BMC does not have */
    { 2, 0x18, 0x08, BODY(""), BODY("\xc1") },
    /* Set BMC Global Enables, Get BMC Global Enables */
    { 3, 0x18, 0x2e, BODY("\x0b"), BODY("\x00") },
    { 11, 0x18, 0x2f, BODY(""), BODY("\x00\x0b") },
    /* Clear Message Flags, Get Message Flags */
    { 1, 0x18, 0x30, BODY("\xa0"), BODY("\x00") },
    { 2, 0x18, 0x31, BODY(""), BODY("\x00\x01") },
    /* Send Message: Get Device ID for address 22h; Get Message, its answer */
    { 5, 0x18, 0x34, BODY("\x40\x22\x18\xc6\x20\x04\x01\xdb"), BODY("\x00") },
    { 5, 0x18, 0x33, BODY(""),
      BODY("\x00\x00\x1c\xc4\x22\x04\x01\x00\x22\x01\x02\x15\x02\xbf\x57\x01"
           "\x00\xa2\x10\xd4") },
    /* Get Channel Info */
    { 12, 0x18, 0x42, BODY("\x02"), BODY("\xcb") },
    { 10, 0x18, 0x42, BODY("\x01"),
      BODY("\x00\x01\x04\x01\x82\xf2\x1b\x00\x00\x00") },
    /* Get User Access, Get User Name */
    { 63, 0x18, 0x44, BODY("\x01\x02"), BODY("\x00\x3f\x02\x01\x14") },
    { 63, 0x18, 0x46, BODY("\x02"),
      BODY("\x00operator\0\0\0\0\0\0\0\0") },
    /* Get Channel Cipher Suites */
    { 4, 0x18, 0x54, BODY("\x01\x00\x80"),
      BODY("\x00\x01\xc0\x03\x01\x41\x81\xc0\x11\x03\x44\x84") },
    /* Get Chassis Status */
    { 3, 0x00, 0x01, BODY(""), BODY("\x00\x01\x00\x40\x00") },
    /* Get Sensor Thresholds, Get Sensor Reading */
    { 5, 0x10, 0x27, BODY("\x2a"),
      BODY("\x00\x38\x00\x05\x0a\x50\xa0\xaa") },
    { 15, 0x10, 0x2d, BODY("\x2a"), BODY("\x00\xa1\xc0\xc0\x80") },
    /* Get SDR Repository Info, Reserve SDR Repository, Get SDR */
    { 4, 0x28, 0x20, BODY(""),
      BODY("\x00\x51\x09\x00\xf0\x1f\x10\x9e\x5c\x66\xaa\x9e\x5c\x66\x0a") },
    { 4, 0x28, 0x22, BODY(""), BODY("\x00\x17\x00") },
    { 25, 0x28, 0x23, BODY("\x17\x00\x03\x00\x00\x05"),
      BODY("\x00\x04\x00\x03\x00\x51\x01\x2b") },
    { 12, 0x28, 0x23, BODY("\x17\x00\x03\x00\x05\x1b"),
      BODY("\x00\x04\x00\x20\x00\x2a\x03\x01\x7f\x68\x01\x01\x85\x0a\x85\x0a"
           "\x3f\x3f\x80\x01\x00\x00\x01\x00\x00\x00\x00\x00") },
    /* Get FRU Inventory Area Info, Read FRU Data */
    { 1, 0x28, 0x10, BODY("\x00"), BODY("\x00\x00\x01\x00") },
    { 8, 0x28, 0x11, BODY("\x00\x08\x00\x20"),
      BODY("\x00\x20\x01\x06\x19\xaa\xb0\xa0\xc8""Acme Inc\xca""Board Mk 2"
           "\x00") },
    /* Get SEL Info, Get SEL Entry */
    { 3, 0x28, 0x40, BODY(""),
      BODY("\x00\x51\x2a\x00\xa0\x0c\x9e\x5c\x66\x1f\x9e\x5c\x66\x0a\x02") },
    { 9, 0x28, 0x43, BODY("\x00\x00\x01\x00\x00\xff"),
      BODY("\x00\x02\x00\x01\x00\x02\x1f\x9e\x5c\x66\x20\x00\x04\x01\x2a\x01"
           "\x59\xaa\x50") },
    /* Get LAN Configuration Parameters: MAC address, IP address */
    { 11, 0x30, 0x02, BODY("\x01\x05\x00\x00"),
      BODY("\x00\x11\x00\x00\x00\x00\x00\x00") },
    { 10, 0x30, 0x02, BODY("\x01\x03\x00\x00"),
      BODY("\x00\x11\xc0\x00\x02\xa0") },
    /* An OEM network function */
    { 3, 0xc0, 0xaa, BODY("\x01\xa0\xa1\xaa"), BODY("\xc1") },
};

static uint32_t random_state = 0x2545f491;

/* xorshift32, so that every run writes the same file on every system. */
static uint32_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

static const struct exchange *next_exchange(void)
{
    static uint8_t  by_weight[1024];
    static uint32_t total;

    if (total == 0) {
        for (size_t i = 0; i < sizeof exchanges / sizeof exchanges[0]; i++) {
            memset(by_weight + total, (int)i, exchanges[i].weight);
            total += exchanges[i].weight;
        }
    }
    return &exchanges[by_weight[next_random() % total]];
}

static size_t put_escaped(uint8_t *out, uint8_t byte)
{
    if (byte == END_OF_MESSAGE || byte == END_OF_CONTROL || byte == ESCAPE) {
        out[0] = ESCAPE;
        out[1] = byte | ESCAPED_BIT;
        return 2;
    }
    out[0] = byte;
    return 1;
}

static size_t put_message(uint8_t *out, uint8_t seq, uint8_t netfn_lun,
                          uint8_t cmd, const struct body *body)
{
    const uint8_t header[] = { seq, netfn_lun, cmd };
    uint8_t sum = 0;
    size_t len = 0;

    for (size_t i = 0; i < sizeof header; i++) {
        sum += header[i];
        len += put_escaped(out + len, header[i]);
    }
    for (size_t i = 0; i < body->len; i++) {
        sum += (uint8_t)body->bytes[i];
        len += put_escaped(out + len, (uint8_t)body->bytes[i]);
    }
    len += put_escaped(out + len, (uint8_t)-sum);
    out[len++] = END_OF_MESSAGE;
    return len;
}

static size_t put16(uint8_t *out, uint16_t value)
{
    memcpy(out, &value, sizeof value);
    return sizeof value;
}

static size_t put32(uint8_t *out, uint32_t value)
{
    memcpy(out, &value, sizeof value);
    return sizeof value;
}

static size_t put16_be(uint8_t *out, uint16_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
    return 2;
}

/* Puts bytes, and zeros up to the next multiple of four. */
static size_t put_padded(uint8_t *out, const void *bytes, size_t len)
{
    memcpy(out, bytes, len);
    while (len % 4 != 0) {
        out[len++] = 0;
    }
    return len;
}

static size_t put_option(uint8_t *out, uint16_t code, const void *value,
                         size_t value_len)
{
    size_t len = 0;

    len += put16(out + len, code);
    len += put16(out + len, (uint16_t)value_len);
    len += put_padded(out + len, value, value_len);
    return len;
}

/* Writes the block whose type and body are in block[], which has room for
 * the length after it; body begins at block + 8. */
static void write_block(uint8_t *block, uint32_t type, size_t body_len)
{
    size_t len = 8 + body_len + 4;

    put32(block, type);
    put32(block + 4, (uint32_t)len);
    put32(block + 8 + body_len, (uint32_t)len);
    if (fwrite(block, 1, len, stdout) != len) {
        perror("generate: standard output");
        exit(1);
    }
}

static void write_file_header(void)
{
    static const uint8_t nanoseconds = 9;
    uint8_t block[128];
    uint8_t *body = block + 8;
    size_t len = 0;

    len += put32(body + len, BYTE_ORDER_MAGIC);
    len += put16(body + len, 1);            /* version 1.0 */
    len += put16(body + len, 0);
    memset(body + len, 0xff, 8);            /* section of unknown length */
    len += 8;
    write_block(block, BLOCK_SECTION, len);

    len = 0;
    len += put16(body + len, LINKTYPE_WIRESHARK_UPPER_PDU);
    len += put16(body + len, 0);
    len += put32(body + len, 0);            /* no limit of the length */
    len += put_option(body + len, OPT_IF_NAME, "bench", 5);
    len += put_option(body + len, OPT_IF_TSRESOL, &nanoseconds, 1);
    len += put_option(body + len, OPT_END, "", 0);
    write_block(block, BLOCK_INTERFACE, len);
}

static void write_packet(const char *dissector, uint64_t time, uint32_t flags,
                         const uint8_t *message, size_t message_len)
{
    size_t name_len = strlen(dissector);
    size_t name_padded = (name_len + 3) & ~(size_t)3;
    size_t packet_len = 4 + name_padded + 4 + message_len;
    uint8_t block[512];
    uint8_t *body = block + 8;
    size_t len = 0;

    len += put32(body + len, 0);            /* interface */
    len += put32(body + len, (uint32_t)(time >> 32));
    len += put32(body + len, (uint32_t)time);
    len += put32(body + len, (uint32_t)packet_len);
    len += put32(body + len, (uint32_t)packet_len);
    len += put16_be(body + len, EXP_PDU_TAG_DISSECTOR_NAME);
    len += put16_be(body + len, (uint16_t)name_padded);
    len += put_padded(body + len, dissector, name_len);
    len += put16_be(body + len, EXP_PDU_TAG_END);
    len += put16_be(body + len, 0);
    len += put_padded(body + len, message, message_len);
    len += put_option(body + len, OPT_EPB_FLAGS, &flags, sizeof flags);
    len += put_option(body + len, OPT_END, "", 0);
    write_block(block, BLOCK_PACKET, len);
}

static void write_messages(const char *dissector, uint64_t count,
                           bool unanswered)
{
    uint64_t time = (uint64_t)FIRST_SECOND * NS_PER_S;
    uint64_t written = 0;

    for (uint64_t requests = 0; written < count; requests++) {
        const struct exchange *exchange = next_exchange();
        uint8_t message[2 * (DATA_MAX + 4) + 1];
        uint8_t seq = (uint8_t)requests;
        size_t len;

        len = put_message(message, seq, exchange->netfn_lun, exchange->cmd,
                          &exchange->request);
        write_packet(dissector, time, OUTBOUND, message, len);
        written++;

        if (written < count && !(unanswered && requests % 3 == 2)) {
            /* The netFn of a response is the request's, plus one. */
            len = put_message(message, seq, exchange->netfn_lun | 1 << 2,
                              exchange->cmd, &exchange->response);
            write_packet(dissector, unanswered ? time : time + ANSWER_TIME_NS,
                         INBOUND, message, len);
            written++;
        }
        if (!unanswered) {
            time += REQUEST_INTERVAL_NS;
        }
    }
}

static void usage(void)
{
    fputs("usage: generate {pairs|unanswered} DISSECTOR MESSAGES > FILE\n"
          "\n"
          "pairs       every request is answered after 0.2 ms\n"
          "unanswered  every third request is not, and all times are equal\n"
          "DISSECTOR   of Wireshark, for the messages: ipmi_extern, data\n",
          stderr);
    exit(2);
}

int main(int argc, char **argv)
{
    bool unanswered;
    uint64_t count;
    char *end;

    if (argc != 4) {
        usage();
    }
    unanswered = strcmp(argv[1], "unanswered") == 0;
    if (!unanswered && strcmp(argv[1], "pairs") != 0) {
        usage();
    }
    count = strtoull(argv[3], &end, 10);
    if (strlen(argv[2]) > 64 || end == argv[3] || *end != '\0') {
        usage();
    }

    write_file_header();
    write_messages(argv[2], count, unanswered);
    if (fflush(stdout) != 0) {
        perror("generate: standard output");
        return 1;
    }
    return 0;
}
