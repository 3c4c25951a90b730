/* output.h
 * The standard output, in large pieces: text is appended to a buffer, a line at
 * a time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef OUTPUT_H
#define OUTPUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Longest line. What is longest in one is the hexadecimal digits of a frame. */
#define OUTPUT_MAX_LINE     65536
#define OUTPUT_BUFFER       (4 * OUTPUT_MAX_LINE)

/* To be zeroed. */
struct output {
    size_t len;
    char   buffer[OUTPUT_BUFFER];
};

/* Writes what is there. Ends the program if that fails. */
void output_flush(struct output *output);

/* Before each line: makes room for all of it. */
static inline void
output_begin(struct output *output)
{
    if (output->len > OUTPUT_BUFFER - OUTPUT_MAX_LINE) {
        output_flush(output);
    }
}

static inline void
output_bytes(struct output *output, const char *bytes, size_t len)
{
    memcpy(output->buffer + output->len, bytes, len);
    output->len += len;
}

static inline void
output_text(struct output *output, const char *text)
{
    output_bytes(output, text, strlen(text));
}

static inline void
output_char(struct output *output, char c)
{
    output->buffer[output->len++] = c;
}

/* Decimal, with zeros before it up to digits, at least 1. */
static inline void
output_number(struct output *output, uint64_t value, unsigned digits)
{
    char text[20];
    unsigned at = sizeof text;

    while (value > 0 || at > sizeof text - digits) {
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    }
    output_bytes(output, text + at, sizeof text - at);
}

/* Two digits for each byte. */
static inline void
output_hex(struct output *output, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        output_char(output, digits[bytes[i] >> 4]);
        output_char(output, digits[bytes[i] & 0xf]);
    }
}

/* The seconds of a time as text, which do not change with every message. */
struct output_clock {
    uint64_t second;
    size_t   len;
    char     text[32];
};

/* Appends the seconds of time, in ns since 1970-01-01 UTC, as strftime() does
 * with format: of the local time, or of UTC. */
void output_seconds(struct output *output, struct output_clock *clock,
                    uint64_t time, const char *format, int utc);

#endif /* OUTPUT_H */
