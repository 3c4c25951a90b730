/* test-frames.c
 * Tests how streams are split into frames and messages made into them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../check.h"
#include "frames.h"

unsigned checks;
unsigned failures;

#define MAX_FRAMES 16

/* What a splitter has said. */
struct seen {
    size_t  count;
    size_t  len[MAX_FRAMES];
    size_t  original_len[MAX_FRAMES];
    uint8_t bytes[MAX_FRAMES][64];      /* the first ones */
    size_t  total;
};

static void
note(const uint8_t *wire, size_t len, size_t original_len, void *data)
{
    struct seen *seen = data;

    if (seen->count < MAX_FRAMES) {
        seen->len[seen->count] = len;
        seen->original_len[seen->count] = original_len;
        memcpy(seen->bytes[seen->count], wire, len < 64 ? len : 64);
    }
    seen->count++;
    seen->total += original_len;
}

/* The recorded beginning of a connection: VERSION, CAPABILITIES, Get Device ID
 * and its response with an escape in it, an empty frame, and an unfinished
 * one. */
static const uint8_t stream[] = {
    0xff, 0x01, 0xa1,
    0x08, 0x3f, 0xa1,
    0x00, 0x18, 0x01, 0xe7, 0xa0,
    0x00, 0x1c, 0x01, 0x00, 0x20, 0xaa, 0xb0, 0x23, 0xa0,
    0xa0,
    0x01, 0x18, 0xaa,
};
static const size_t frame_lens[] = { 3, 3, 5, 9, 1, 3 };

static void
check_stream(const struct seen *seen, const char *how, size_t cut)
{
    size_t offset = 0;

    CHECK(seen->count == 6, "%s %zu: %zu frames", how, cut, seen->count);
    for (size_t i = 0; i < 6 && i < seen->count; i++) {
        CHECK(seen->len[i] == frame_lens[i], "%s %zu: frame %zu has %zu bytes",
              how, cut, i, seen->len[i]);
        CHECK(seen->original_len[i] == frame_lens[i], "%s %zu: frame %zu",
              how, cut, i);
        CHECK(memcmp(seen->bytes[i], stream + offset, frame_lens[i]) == 0,
              "%s %zu: frame %zu has other bytes", how, cut, i);
        offset += frame_lens[i];
    }
}

static void
test_cut_in_two(void)
{
    for (size_t cut = 0; cut <= sizeof stream; cut++) {
        struct frame_splitter splitter = { 0 };
        struct seen seen = { 0 };

        frame_splitter_feed(&splitter, stream, cut, note, &seen);
        frame_splitter_feed(&splitter, stream + cut, sizeof stream - cut, note,
                            &seen);
        CHECK(seen.count == 5, "cut at %zu: the last one has no end", cut);
        frame_splitter_end(&splitter, note, &seen);
        check_stream(&seen, "cut at", cut);
        frame_splitter_end(&splitter, note, &seen);
        CHECK(seen.count == 6, "cut at %zu: the end came twice", cut);
    }
}

static void
test_in_pieces(void)
{
    for (size_t piece = 1; piece <= sizeof stream; piece++) {
        struct frame_splitter splitter = { 0 };
        struct seen seen = { 0 };

        for (size_t at = 0; at < sizeof stream; at += piece) {
            size_t left = sizeof stream - at;

            frame_splitter_feed(&splitter, stream + at,
                                left < piece ? left : piece, note, &seen);
        }
        frame_splitter_end(&splitter, note, &seen);
        check_stream(&seen, "pieces of", piece);
    }
}

/* A frame of len bytes, its terminator included, fed in pieces. */
static void
feed_long(size_t len, size_t piece, struct seen *seen)
{
    struct frame_splitter splitter = { 0 };
    uint8_t *wire = malloc(len);

    memset(wire, 0x55, len);
    wire[len - 1] = IPMI_EXTERN_MSG_END;
    for (size_t at = 0; at < len; at += piece) {
        frame_splitter_feed(&splitter, wire + at,
                            len - at < piece ? len - at : piece, note, seen);
    }
    CHECK(splitter.len == 0, "%zu bytes are left", splitter.len);
    free(wire);
}

static void
test_long_frames(void)
{
    static const size_t lens[] = {
        IPMI_EXTERN_MAX_WIRE - 1, IPMI_EXTERN_MAX_WIRE,
        IPMI_EXTERN_MAX_WIRE + 1, IPMI_EXTERN_MAX_WIRE + 2, 1000003,
    };
    static const size_t pieces[] = { 1, 4096, IPMI_EXTERN_MAX_WIRE, 2000000 };

    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        for (size_t j = 0; j < sizeof pieces / sizeof pieces[0]; j++) {
            size_t kept = lens[i] < IPMI_EXTERN_MAX_WIRE
                              ? lens[i] : IPMI_EXTERN_MAX_WIRE;
            struct seen seen = { 0 };

            feed_long(lens[i], pieces[j], &seen);
            CHECK(seen.count == 1, "%zu in pieces of %zu: %zu frames",
                  lens[i], pieces[j], seen.count);
            CHECK(seen.len[0] == kept, "%zu in pieces of %zu: %zu kept",
                  lens[i], pieces[j], seen.len[0]);
            CHECK(seen.original_len[0] == lens[i],
                  "%zu in pieces of %zu: %zu originally", lens[i], pieces[j],
                  seen.original_len[0]);
        }
    }
}

/* Every byte is in exactly one frame, whatever the bytes are. */
static void
test_noise(void)
{
    struct frame_splitter splitter = { 0 };
    struct seen seen = { 0 };
    uint8_t noise[997];
    size_t fed = 0, ends = 0;

    srand(1);
    for (unsigned round = 0; round < 500; round++) {
        size_t len = (size_t)rand() % sizeof noise;

        for (size_t i = 0; i < len; i++) {
            noise[i] = (uint8_t)rand();
            ends += noise[i] == IPMI_EXTERN_MSG_END
                    || noise[i] == IPMI_EXTERN_CMD_END;
        }
        frame_splitter_feed(&splitter, noise, len, note, &seen);
        fed += len;
    }
    CHECK(seen.count == ends, "%zu frames, %zu terminators", seen.count, ends);
    frame_splitter_end(&splitter, note, &seen);
    CHECK(seen.total == fed, "%zu of %zu bytes", seen.total, fed);
}

static void
test_example(void)
{
    /* From docs/ipmi-extern.md. */
    static const uint8_t request[] = { 0x00, 0x18, 0x01 };
    static const uint8_t wire[] = { 0x00, 0x18, 0x01, 0xe7, 0xa0 };
    static const uint8_t version[] = { 0xff, 0x01 };
    static const uint8_t odd[] = { 0x08, 0xa1 };
    static const uint8_t odd_wire[] = { 0x08, 0xaa, 0xb1, 0xa1 };
    uint8_t frame[FRAME_SIZE(4)];

    CHECK(frame_of_message(request, 3, frame) == 5, "Get Device ID");
    CHECK(memcmp(frame, wire, 5) == 0, "Get Device ID");
    CHECK(frame_of_control(version, 2, frame) == 3, "VERSION");
    CHECK(memcmp(frame, stream, 3) == 0, "VERSION");
    CHECK(frame_of_control(odd, 2, frame) == 4, "an operand to be escaped");
    CHECK(memcmp(frame, odd_wire, 4) == 0, "an operand to be escaped");
}

/* What is made into a frame comes out of it again, for all values of all of a
 * message's first bytes and of its checksum. */
static void
test_round_trip(void)
{
    for (unsigned len = 3; len < 260; len++) {
        for (unsigned value = 0; value < 256; value++) {
            uint8_t message[260], frame[FRAME_SIZE(261)], back[FRAME_SIZE(261)];
            struct ipmi_extern_frame decoded;
            size_t wire_len;

            for (unsigned i = 0; i < len; i++) {
                message[i] = (uint8_t)(value + i * (len % 3));
            }
            wire_len = frame_of_message(message, len, frame);
            CHECK(wire_len <= FRAME_SIZE(len + 1), "%zu bytes", wire_len);
            CHECK(ipmi_extern_frame_length(frame, wire_len) == wire_len,
                  "%u bytes of %02x", len, value);
            ipmi_extern_frame_decode(frame, wire_len, back, &decoded);
            CHECK(decoded.terminator == IPMI_EXTERN_MSG_END
                  && decoded.sum == 0 && decoded.len == len + 1
                  && decoded.escape_fault == IPMI_EXTERN_ESCAPE_GOOD
                  && memcmp(back, message, len) == 0,
                  "%u bytes of %02x", len, value);
        }
    }
}

static void
test_longest(void)
{
    uint8_t message[127], frame[FRAME_SIZE(128)];

    /* The checksum of so many is another one. */
    memset(message, IPMI_EXTERN_ESCAPE, sizeof message);
    CHECK(frame_of_message(message, 127, frame) == FRAME_SIZE(128), "127 aah");
    memset(message, 0xa0, 8);
    CHECK(frame_of_control(message, 8, frame) == FRAME_SIZE(8), "8 a0h");
}

int
main(void)
{
    test_cut_in_two();
    test_in_pieces();
    test_long_frames();
    test_noise();
    test_example();
    test_round_trip();
    test_longest();
    printf("%u checks, %u failures\n", checks, failures);
    return failures > 0;
}
