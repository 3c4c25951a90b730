/* test-ipmi-kcs-lines.c
 * Records of KCS, and what its state machine has to say of each: transfers, the
 * error exit, every fault and every condition.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stddef.h>

#include "test-ipmi-kcs.h"

/* Does what an emulator's own BMC does: it writes DO before it reads DI, it
 * keeps the last byte of the request until it answers, and C/D stays clear. */
const struct line host_transfer[] = {
    { "H R ST 00 00", "idle" },
    { "H W CMD 61 02", "write begin request ?ibf" },
    { "B W DO 00 83", "write ?ibf" },
    { "H IRQ 1 83", "write raised ?ibf" },
    { "B R DI 61 81", "write" },
    { "H R ST 81 81", "write" },
    { "H R DO 00 80", "write" },
    { "H IRQ 0 80", "write" },
    { "H W DI 18 82", "write byte 18 request ?ibf" },
    { "B W DO 00 83", "write ?ibf" },
    { "B R DI 18 81", "write" },
    { "H R DO 00 80", "write" },
    { "H W CMD 62 82", "write-end ?ibf" },
    { "B W DO 00 83", "write-end ?ibf" },
    { "B R DI 62 81", "write-end" },
    { "H R DO 00 80", "write-end" },
    { "H W DI 01 82", "wait last 01 request" },
    { "H R ST 82 82", "wait poll" },
    { "B W DO 1c 43", "read begin response ?ibf ?obf" },
    { "B R DI 01 41", "read ?obf" },
    { "H R ST 41 41", "read ?obf" },
    { "H R DO 1c 40", "read byte 1c response" },
    { "H R ST 40 40", "read" },
    { "H W DI 68 42", "read ?ibf" },
    { "H R ST 42 42", "read poll ?ibf" },
    { "B W DO 01 43", "read ?ibf ?obf" },
    { "B R DI 68 41", "read ?obf" },
    { "H R DO 01 40", "read byte 01 response" },
    { "H W DI 68 42", "read ?ibf" },
    { "B W DO 00 43", "read ?ibf ?obf" },
    { "B R DI 68 41", "read ?obf" },
    { "H R DO 00 40", "read byte 00 response" },
    { "H W DI 68 42", "read ?ibf" },
    { "B W DO 00 03", "read-end ?ibf ?obf" },
    { "B R DI 68 01", "read-end ?obf" },
    { "H R ST 01 01", "read-end ?obf" },
    { "H R DO 00 00", "idle end response" },
    { NULL, NULL }
};

/* Firmware, and a host that is played. */
const struct line bmc_transfer[] = {
    { "B R ST 00 00", "idle poll" },
    { "H W CMD 61 0a", "write begin request ?ibf" },
    { "B IRQ 1 0a", "write ?ibf" },
    { "B R ST 0a 0a", "write ?ibf" },
    { "B W ST 8a 8a", "write ?ibf" },
    { "B W DO 00 8b", "write ?ibf" },
    { "B R DI 61 89", "write" },
    { "B IRQ 0 89", "write" },
    { "H R DO 00 88", "write" },
    { "H W DI 18 82", "write byte 18 request ?ibf" },
    { "B W ST 82 82", "write ?ibf" },
    { "B W DO 00 83", "write ?ibf" },
    { "B R DI 18 81", "write" },
    { "H R DO 00 80", "write" },
    { "H W CMD 62 8a", "write-end ?ibf" },
    { "B W ST 8a 8a", "write-end ?ibf" },
    { "B W DO 00 8b", "write-end ?ibf" },
    { "B R DI 62 89", "write-end" },
    { "H R DO 00 88", "write-end" },
    { "H W DI 01 82", "wait last 01 request ?ibf" },
    { "B W ST 42 42", "wait ?ibf" },
    { "B R DI 01 40", "wait" },
    { "B R ST 40 40", "wait poll" },
    { "B W DO 1c 41", "read begin response ?obf" },
    { "H R DO 1c 40", "read byte 1c response" },
    { "H W DI 68 42", "read ?ibf" },
    { "B R DI 68 40", "read" },
    { "B W DO 01 41", "read ?obf" },
    { "H R DO 01 40", "read byte 01 response" },
    { "H W DI 68 42", "read ?ibf" },
    { "B R DI 68 40", "read" },
    { "B W DO 00 41", "read ?obf" },
    { "H R DO 00 40", "read byte 00 response" },
    { "H W DI 68 42", "read ?ibf" },
    { "B W ST 02 02", "read-end ?ibf" },
    { "B R DI 68 00", "read-end" },
    { "B W DO 00 01", "read-end ?obf" },
    { "H R DO 00 00", "idle end response" },
    { NULL, NULL }
};

#define HOST    IPMI_POINT_HOST
#define BMC     IPMI_POINT_BMC
#define UNKNOWN IPMI_POINT_UNKNOWN

/* As far as the phase in which a test happens, at the BMC's point. */
#define AT_REST                                                     \
    { "B R ST 00 00", "idle poll" }
#define START                                                       \
    AT_REST,                                                        \
    { "H W CMD 61 0a", "write begin request ?ibf" },                \
    { "B W ST 8a 8a", "write ?ibf" },                               \
    { "B R DI 61 88", "write" }
#define FIRST_BYTE                                                  \
    START,                                                          \
    { "H W DI 18 82", "write byte 18 request ?ibf" },               \
    { "B R DI 18 80", "write" }
#define END                                                         \
    FIRST_BYTE,                                                     \
    { "H W CMD 62 8a", "write-end ?ibf" },                          \
    { "B R DI 62 88", "write-end" }
#define REQUEST                                                     \
    END,                                                            \
    { "H W DI 01 82", "wait last 01 request ?ibf" },                \
    { "B W ST 42 42", "wait ?ibf" },                                \
    { "B R DI 01 40", "wait" }
#define RESPONDED                                                   \
    REQUEST,                                                        \
    { "B W DO 1c 41", "read begin response ?obf" },                 \
    { "H R DO 1c 40", "read byte 1c response" }
#define ERROR_STATE                                                 \
    FIRST_BYTE,                                                     \
    { "B W ST c0 c0", "error abort request" },                      \
    { "B W DO 00 c1", "error" }

const struct line request_begun[] = { START, { NULL, NULL } };
const struct line request_complete[] = { REQUEST, { NULL, NULL } };

const struct test tests[] = {
    /* The error exit, figure 9-8. */
    { "error exit", BMC, 0, {
        ERROR_STATE,
        { "H R DO 00 c0", "error" },
        { "H W CMD 60 ca", "abort ?ibf" },
        { "B W ST 8a 8a", "abort ?ibf" },
        { "B W DO 00 8b", "abort ?ibf" },
        { "B R DI 60 89", "abort" },
        { "H R DO 00 88", "abort" },
        { "H W DI 00 82", "status ?ibf" },
        { "B W ST 42 42", "status ?ibf" },
        { "B R DI 00 40", "status" },
        { "B W DO 06 41", "status ?obf" },
        { "H R DO 06 40", "status" },
        { "H W DI 68 42", "abort-end ?ibf" },
        { "B W ST 02 02", "abort-end ?ibf" },
        { "B R DI 68 00", "abort-end" },
        { "B W DO 00 01", "abort-end ?obf" },
        { "H R DO 00 00", "idle" } } },
    { "error exit of the built-in BMC", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "H W CMD 63 02", "idle !control ?ibf" },
        { "B R DI 63 c0", "error" },
        { "H W CMD 60 c2", "abort ?ibf" },
        { "B R DI 60 c0", "abort" },
        { "H W DI 00 c2", "status ?ibf" },
        { "B W DO 02 43", "status ?ibf ?obf" },
        { "B R DI 00 41", "status ?obf" },
        { "H R ST 41 41", "status ?obf" },
        { "H R DO 02 40", "status" },
        { "H R ST 40 40", "status" },
        { "H W DI 68 42", "abort-end ?ibf" },
        { "H R ST 42 42", "abort-end poll ?ibf" },
        { "B W DO 02 03", "abort-end ?ibf ?obf" },
        { "B R DI 68 01", "abort-end ?obf" },
        { "H R DO 02 00", "idle" } } },
    { "abort of the built-in BMC", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "H W CMD 61 02", "write begin request ?ibf" },
        { "B W DO 00 83", "write ?ibf" },
        { "B R DI 61 81", "write" },
        { "H W CMD 60 83", "abort abort request !abort ?ibf" },
        { "B W DO 00 c3", "abort ?ibf" },
        { "B R DI 60 c1", "abort" },
        { "H R ST c1 c1", "abort" },
        { "H R DO 00 c0", "abort" },
        { "H W DI 00 c2", "status ?ibf" },
        { "H R ST c2 c2", "status poll ?ibf" },
        { "B W DO 01 43", "status ?ibf ?obf" },
        { "B R DI 00 41", "status ?obf" },
        { "H R DO 01 40", "status" },
        { "H W DI 68 42", "abort-end ?ibf" },
        { "B W DO 01 03", "abort-end ?ibf ?obf" },
        { "B R DI 68 01", "abort-end ?obf" },
        { "H R DO 01 00", "idle" } } },
    { "get status while idle", BMC, 0, {
        AT_REST,
        { "H W CMD 60 0a", "abort ?ibf" },
        { "B R DI 60 08", "abort" },
        { "H W DI 00 02", "status ?ibf" },
        { "B W ST 42 42", "status ?ibf" },
        { "B R DI 00 40", "status" } } },
    { "abort while the BMC has the request", BMC, 0, {
        REQUEST,
        { "H W CMD 60 4a", "abort abort response !abort ?ibf" } } },
    { "abort in the response", BMC, 0, {
        RESPONDED,
        { "H W CMD 60 4a", "abort abort response !abort ?ibf" } } },
    { "abort for the byte that means nothing", BMC, 0, {
        RESPONDED,
        { "H W DI 68 42", "read ?ibf" },
        { "B W ST 02 02", "read-end ?ibf" },
        { "B R DI 68 00", "read-end" },
        { "H W CMD 60 0a", "abort end response !short ?ibf" } } },
    { "error exit fails, and is begun again", BMC, 0, {
        ERROR_STATE,
        { "H W CMD 60 cb", "abort ?ibf" },
        { "B R DI 60 c9", "abort" },
        { "H W DI 00 c3", "status ?ibf" },
        { "B R DI 00 c1", "status !state-late" },
        { "H W CMD 60 cb", "abort ?ibf" },
        { "B R DI 60 c9", "abort" },
        { "H W DI 00 c3", "status ?ibf" },
        { "B W ST 43 43", "status ?ibf" },
        { "B W ST c3 c3", "error ?ibf" } } },

    /* A host that does not fetch the byte that means nothing has had the
     * response nevertheless. */
    { "next request without the last byte", BMC, 0, {
        RESPONDED,
        { "H W DI 68 42", "read ?ibf" },
        { "B R DI 68 40", "read" },
        { "B W DO 01 41", "read ?obf" },
        { "H R DO 01 40", "read byte 01 response" },
        { "H W DI 68 42", "read ?ibf" },
        { "B R DI 68 40", "read" },
        { "B W DO 00 41", "read ?obf" },
        { "H R DO 00 40", "read byte 00 response" },
        { "H W DI 68 42", "read ?ibf" },
        { "B W ST 02 02", "read-end ?ibf" },
        { "B R DI 68 00", "read-end" },
        { "B W DO 00 01", "read-end ?obf" },
        { "H W CMD 61 0b", "write end response ?ibf" },
        { "B W ST 8b 8b", "write ?ibf" },
        { "B R DI 61 89", "write" },
        { "H W DI 18 83", "write begin byte 18 request ?ibf" },
        { "B R DI 18 81", "write" } } },

    /* IBF and OBF. */
    { "write while IBF is set", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "H W CMD 61 02", "write begin request ?ibf" },
        { "H W DI 18 02 lost", "write !write-ibf ?ibf" },
        { "H W CMD 62 02 lost", "write !write-ibf ?ibf" },
        { "B W DO 00 83", "write ?ibf" },
        { "B R DI 61 81", "write" } } },
    { "write over a byte", BMC, 0, {
        START,
        { "H W DI 18 82", "write byte 18 request ?ibf" },
        { "H W DI 2e 82", "write byte 2e request !write-ibf ?ibf" },
        { "H W CMD 62 8a", "write-end !write-ibf ?ibf" } } },
    { "access to what is switched off", BMC, 0, {
        AT_REST,
        { "H W CMD 61 00 lost", "idle" },
        { "H W DI 18 00 lost", "idle" },
        { "B W DI 18 00 lost", "idle" } } },
    { "lost accesses of the BMC", BMC, 0, {
        START,
        { "H W DI 18 82", "write byte 18 request ?ibf" },
        { "B R DI 18 82 lost", "write ?ibf" },
        { "B W DI 18 82 lost", "write ?ibf" },
        { "B W DO 18 82 lost", "write ?ibf" } } },
    { "read while OBF is clear", BMC, 0, {
        RESPONDED,
        { "H R DO 1c 40", "read !read-obf" },
        { "H W DI 68 42", "read ?ibf" },
        { "H R DO 1c 42", "read !read-obf ?ibf" } } },
    { "end without OBF", BMC, 0, {
        RESPONDED,
        { "H W DI 68 42", "read ?ibf" },
        { "B W ST 02 02", "read-end ?ibf" },
        { "B R DI 68 00", "read-end" },
        { "H R DO 00 00", "read-end !read-obf" } } },
    { "response overrun", BMC, 0, {
        REQUEST,
        { "B W DO 1c 41", "read begin response ?obf" },
        { "B W DO 01 41", "read !overrun ?obf" } } },
    { "error code overrun", BMC, 0, {
        AT_REST,
        { "H W CMD 60 0a", "abort ?ibf" },
        { "B R DI 60 08", "abort" },
        { "H W DI 00 02", "status ?ibf" },
        { "B W ST 42 42", "status ?ibf" },
        { "B R DI 00 40", "status" },
        { "B W DO 06 41", "status ?obf" },
        { "B W DO 00 41", "status !overrun ?obf" } } },
    { "nothing is lost with bytes that mean nothing", BMC, 0, {
        START,
        { "B W DO 00 89", "write" },
        { "B W DO 00 89", "write" },
        { "H W DI 18 83", "write byte 18 request ?ibf" },
        { "B W DO 00 83", "write ?ibf" } } },
    { "DI read twice", BMC, 0, {
        START,
        { "H W DI 18 82", "write byte 18 request ?ibf" },
        { "B R DI 18 80", "write" },
        { "B R DI 18 80", "write !read-ibf" },
        { "B R DIC 18 80", "write !read-ibf" } } },

    /* C/D */
    { "C/D clear for a command", BMC, 0, {
        AT_REST,
        { "H W CMD 61 02", "write begin request !c/d ?ibf" } } },
    { "C/D set for data", BMC, 0, {
        START,
        { "H W DI 18 8a", "write byte 18 request !c/d ?ibf" } } },
    { "C/D that is not there", UNKNOWN, 0, {
        { "H R ST 00 00", "idle" },
        { "H W CMD 61 02", "write begin request ?ibf" },
        { "B W DO 00 83", "write ?ibf" },
        { "B R DI 61 81", "write" },
        { "H W DI 18 83", "write byte 18 request ?ibf" } } },
    { "C/D that is there", UNKNOWN, 0, {
        { "H R ST 00 00", "idle" },
        { "H W CMD 61 0a", "write begin request ?ibf" },
        { "B W ST 8a 8a", "write ?ibf" },
        { "B R DI 61 88", "write" },
        { "H W DI 18 8a", "write byte 18 request !c/d ?ibf" } } },
    { "C/D at the host", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "H W CMD 61 0a", "write begin request ?ibf" },
        { "B W DO 00 8b", "write ?ibf" },
        { "B R DI 61 89", "write" },
        { "H W DI 18 8b", "write byte 18 request ?ibf" } } },

    /* Control codes, table 9-3. */
    { "control code 63h", BMC, 0, {
        FIRST_BYTE,
        { "H W CMD 63 8a", "write !control ?ibf" },
        { "B W DO 00 8b", "write ?ibf" },
        { "B R DI 63 89", "write" },
        { "B W ST c9 c9", "error abort request" } } },
    { "READ to the command register", BMC, 0, {
        RESPONDED,
        { "H W CMD 68 4a", "read !control ?ibf" } } },
    { "a driver shows WRITE before it knows the code", BMC, 0, {
        AT_REST,
        { "H W CMD 6f 0a", "idle !control ?ibf" },
        { "B W ST 8a 8a", "idle ?ibf" },
        { "B R DI 6f 88", "idle" },
        { "B W ST c8 c8", "error" } } },
    { "WRITE_END while idle", BMC, 0, {
        AT_REST,
        { "H W CMD 62 0a", "idle !write-end ?ibf" },
        { "B W ST 8a 8a", "idle ?ibf" },
        { "B R DI 62 88", "idle" },
        { "B W ST c8 c8", "error" },
        { "B W ST 88 88", "unknown !error-left" } } },
    { "IDLE after data in the error state", BMC, 0, {
        ERROR_STATE,
        { "H W DI 00 c3", "error !data ?ibf" },
        { "B W ST 03 03", "idle !error-left ?ibf" } } },
    { "WRITE_END twice", BMC, 0, {
        END,
        { "H W CMD 62 8a", "write-end !no-last-byte ?ibf" } } },
    { "WRITE_START instead of the last byte", BMC, 0, {
        END,
        { "H W CMD 61 8a", "write begin request !no-last-byte ?ibf" } } },
    { "WRITE_START instead of WRITE_END", BMC, 0, {
        FIRST_BYTE,
        { "H W CMD 61 8a", "write begin request !no-write-end ?ibf" },
        { "B R DI 61 88", "write" },
        { "H W DI 20 82", "write byte 20 request ?ibf" } } },
    { "request before the response", BMC, 0, {
        REQUEST,
        { "H W CMD 61 4a", "write begin request !restart ?ibf" },
        { "B W ST 8a 8a", "write ?ibf" },
        { "B R DI 61 88", "write" } } },
    { "request in the response", BMC, 0, {
        RESPONDED,
        { "H W CMD 61 4a", "write begin request !restart ?ibf" } } },
    { "error exit left out", BMC, 0, {
        ERROR_STATE,
        { "H W CMD 61 cb", "write begin request !error-left ?ibf" },
        { "B W ST 8b 8b", "write ?ibf" } } },
    { "error exit left early", BMC, 0, {
        ERROR_STATE,
        { "H W CMD 60 cb", "abort ?ibf" },
        { "B R DI 60 c9", "abort" },
        { "H W CMD 61 cb", "write begin request !error-left ?ibf" } } },
    { "error exit without the error code", BMC, 0, {
        AT_REST,
        { "H W CMD 60 0a", "abort ?ibf" },
        { "B R DI 60 08", "abort" },
        { "H W DI 00 02", "status ?ibf" },
        { "H W CMD 61 0a", "write begin request !write-ibf !error-left ?ibf" }
    } },
    { "error exit without the byte that means nothing", BMC, 0, {
        AT_REST,
        { "H W CMD 60 0a", "abort ?ibf" },
        { "B R DI 60 08", "abort" },
        { "H W DI 00 02", "status ?ibf" },
        { "B W ST 42 42", "status ?ibf" },
        { "B R DI 00 40", "status" },
        { "B W DO 06 41", "status ?obf" },
        { "H R DO 06 40", "status" },
        { "H W DI 68 42", "abort-end ?ibf" },
        { "B W ST 02 02", "abort-end ?ibf" },
        { "B R DI 68 00", "abort-end" },
        { "H W CMD 61 0a", "write begin request ?ibf" } } },

    /* Data. */
    { "data while idle", BMC, 0, {
        AT_REST,
        { "H W DI 18 02", "idle !data ?ibf" },
        { "B R DI 18 00", "idle" },
        { "B W ST c0 c0", "error" } } },
    { "data while the BMC has the request", BMC, 0, {
        REQUEST,
        { "H W DI 68 42", "wait !data ?ibf" } } },
    { "data in the error state", BMC, 0, {
        ERROR_STATE,
        { "H W DI 00 c3", "error !data ?ibf" },
        { "B W ST 83 83", "error ?ibf" },
        { "B R DI 00 81", "error" },
        { "B W ST c1 c1", "error" } } },
    { "READ twice", BMC, 0, {
        RESPONDED,
        { "H W DI 68 42", "read ?ibf" },
        { "B R DI 68 40", "read" },
        { "H W DI 68 42", "read !data ?ibf" } } },
    { "data instead of READ", BMC, 0, {
        RESPONDED,
        { "H W DI 69 42", "read !read-byte ?ibf" },
        { "B R DI 69 40", "read" },
        { "B W ST c0 c0", "error abort response" } } },
    { "data instead of READ at the end", BMC, 0, {
        RESPONDED,
        { "H W DI 00 42", "read !read-byte ?ibf" },
        { "B W ST 02 02", "read-end ?ibf" },
        { "B R DI 00 00", "read-end" },
        { "B W ST c0 c0", "error abort response" } } },
    { "error code not fetched", BMC, 0, {
        AT_REST,
        { "H W CMD 60 0a", "abort ?ibf" },
        { "B R DI 60 08", "abort" },
        { "H W DI 00 02", "status ?ibf" },
        { "B W ST 42 42", "status ?ibf" },
        { "B R DI 00 40", "status" },
        { "H W DI 68 42", "abort-end !data ?ibf" } } },
    { "data instead of READ after the error code", BMC, 0, {
        AT_REST,
        { "H W CMD 60 0a", "abort ?ibf" },
        { "B R DI 60 08", "abort" },
        { "H W DI 00 02", "status ?ibf" },
        { "B W ST 42 42", "status ?ibf" },
        { "B R DI 00 40", "status" },
        { "B W DO 06 41", "status ?obf" },
        { "H R DO 06 40", "status" },
        { "H W DI 60 42", "abort-end !read-byte ?ibf" } } },
    { "data after the response", BMC, 0, {
        RESPONDED,
        { "H W DI 68 42", "read ?ibf" },
        { "B W ST 02 02", "read-end ?ibf" },
        { "B R DI 68 00", "read-end" },
        { "H W DI 68 02", "read-end !data ?ibf" } } },

    /* States. */
    { "READ while idle", BMC, 0, {
        AT_REST,
        { "B W ST 40 40", "idle !state" },
        { "B W DO 1c 41", "read begin response !response ?obf" } } },
    { "READ in the request", BMC, 0, {
        FIRST_BYTE,
        { "B W ST 40 40", "write !state" } } },
    { "READ before the last byte", BMC, 0, {
        END,
        { "B W ST 48 48", "write-end !state" } } },
    { "WRITE while idle", BMC, 0, {
        AT_REST,
        { "B W ST 80 80", "idle !state" } } },
    { "WRITE in the response", BMC, 0, {
        RESPONDED,
        { "B W ST 80 80", "read !state" } } },
    { "IDLE in the request", BMC, 0, {
        FIRST_BYTE,
        { "B W ST 00 00", "idle abort request !state" } } },
    { "IDLE before the last byte", BMC, 0, {
        END,
        { "B W ST 08 08", "idle abort request !state" } } },
    { "IDLE instead of a response", BMC, 0, {
        REQUEST,
        { "B W ST 00 00", "idle abort response !state" } } },
    { "IDLE before the last byte of the response is read", BMC, 0, {
        REQUEST,
        { "B W DO 1c 41", "read begin response ?obf" },
        { "B W ST 01 01", "read-end !state ?obf" },
        { "H R DO 1c 00", "idle end response !short" } } },
    { "IDLE instead of the error code", BMC, 0, {
        AT_REST,
        { "H W CMD 60 0a", "abort ?ibf" },
        { "B W ST 8a 8a", "abort ?ibf" },
        { "B R DI 60 88", "abort" },
        { "H W DI 00 82", "status ?ibf" },
        { "B W ST 02 02", "idle !state ?ibf" } } },
    { "IDLE in the error state", BMC, 0, {
        ERROR_STATE,
        { "B W ST 01 01", "idle !error-left" } } },
    { "WRITE in the error state", BMC, 0, {
        ERROR_STATE,
        { "B W ST 81 81", "unknown !error-left" } } },
    { "ERROR while idle", BMC, 0, {
        AT_REST,
        { "B W ST c0 c0", "error" } } },
    { "ERROR instead of a response", BMC, 0, {
        REQUEST,
        { "B W ST c0 c0", "error abort response" } } },
    { "WRITE too late", BMC, 0, {
        AT_REST,
        { "H W CMD 61 0a", "write begin request ?ibf" },
        { "B R DI 61 08", "write !state-late" },
        { "B W ST 88 88", "write" },
        { "H W DI 18 82", "write byte 18 request ?ibf" },
        { "B W ST 02 02", "idle abort request !state ?ibf" } } },
    { "WRITE too late twice", BMC, 0, {
        AT_REST,
        { "H W CMD 61 0a", "write begin request ?ibf" },
        { "B R DI 61 08", "write !state-late" },
        { "H W DI 18 02", "write byte 18 request ?ibf" },
        { "B R DI 18 00", "write !state-late" } } },
    { "one fault is told once", BMC, 0, {
        FIRST_BYTE,
        { "H W DI 2e 82", "write byte 2e request ?ibf" },
        { "B W ST 42 42", "write !state ?ibf" },
        { "B R DI 2e 40", "write" },
        { "B W ST 80 80", "write" },
        { "B W ST 40 40", "write" } } },
    { "what follows from a late state is told once", BMC, 0, {
        AT_REST,
        { "H W CMD 61 0a", "write begin request ?ibf" },
        { "B R DI 61 08", "write !state-late" },
        { "B W ST 48 48", "write" } } },
    { "READ too late", BMC, 0, {
        END,
        { "H W DI 01 82", "wait last 01 request ?ibf" },
        { "B R DI 01 80", "wait !state-late" },
        { "B W ST 40 40", "wait" } } },
    { "IDLE too late after an abort", BMC, 0, {
        AT_REST,
        { "H W CMD 60 0a", "abort ?ibf" },
        { "B R DI 60 08", "abort" },
        { "H W DI 00 02", "status ?ibf" },
        { "B W ST 42 42", "status ?ibf" },
        { "B R DI 00 40", "status" },
        { "B W DO 06 41", "status ?obf" },
        { "H R DO 06 40", "status" },
        { "H W DI 68 42", "abort-end ?ibf" },
        { "B R DI 68 40", "abort-end !state-late" },
        { "B W DO 00 41", "abort-end ?obf" },
        { "H R ST 41 41", "abort-end ?obf" },
        { "H R DO 00 40", "abort-end" },
        { "B W ST 00 00", "abort-end" },
        { "B W DO 00 01", "abort-end ?obf" },
        { "H R DO 00 00", "idle" } } },
    { "status read while either is not ready", UNKNOWN, 0, {
        REQUEST,
        { "H R ST 40 40", "wait poll" },
        { "B W DO 1c 41", "read begin response ?obf" },
        { "H R DO 1c 40", "read byte 1c response" },
        { "H W DI 68 42", "read ?ibf" },
        { "B W DO 01 43", "read ?ibf ?obf" },
        { "H R ST 43 43", "read poll ?ibf ?obf" },
        { "B R DI 68 41", "read ?obf" },
        { "H R ST 41 41", "read ?obf" } } },

    /* Messages. */
    { "request of one byte", BMC, 0, {
        START,
        { "H W CMD 62 8a", "write-end ?ibf" },
        { "B R DI 62 88", "write-end" },
        { "H W DI 18 82", "wait last 18 request !short ?ibf" } } },
    { "response of two bytes", UNKNOWN, 0, {
        REQUEST,
        { "B W DO 1c 41", "read begin response ?obf" },
        { "H R DO 1c 40", "read byte 1c response" },
        { "H W DI 68 42", "read ?ibf" },
        { "B W DO 01 43", "read ?ibf ?obf" },
        { "B R DI 68 41", "read ?obf" },
        { "H R DO 01 40", "read byte 01 response" },
        { "H W DI 68 42", "read ?ibf" },
        { "B W DO 00 03", "read-end ?ibf ?obf" },
        { "B R DI 68 01", "read-end ?obf" },
        { "H R DO 00 00", "idle end response !short" } } },
    { "response nobody asked for", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "B W DO 1c 41", "read begin response !state !response ?obf" },
        { "H R DO 1c 40", "read byte 1c response" },
        { "H W DI 68 42", "read ?ibf" },
        { "B W DO 01 43", "read ?ibf ?obf" },
        { "B R DI 68 41", "read ?obf" } } },
    { "response nobody asked for, and nobody takes", BMC, 0, {
        AT_REST,
        { "B W ST 40 40", "idle !state" },
        { "B W DO 1c 41", "read begin response !response ?obf" },
        { "H R DO 1c 40", "read byte 1c response" },
        { "H W CMD 61 4a", "write begin request ?ibf" },
        { "B W ST 8a 8a", "write ?ibf" },
        { "B R DI 61 88", "write" },
        { "H W CMD 62 8a", "write-end ?ibf" },
        { "B R DI 62 88", "write-end" },
        { "H W DI 18 82", "wait last 18 request !short ?ibf" },
        { "H W CMD 61 8a",
          "write begin request !write-ibf !restart ?ibf" } } },
    { "byte nobody asked for", BMC, 0, {
        RESPONDED,
        { "B W DO 01 41", "read !response ?obf" },
        { "H R DO 01 40", "read byte 01 response" } } },
    { "a byte that means nothing while idle", BMC, 0, {
        AT_REST,
        { "B W DO 00 01", "idle" },
        { "H R DO 00 00", "idle" } } },
    { "what the host takes for the response", BMC, 0, {
        END,
        { "B W DO 00 89", "write-end" },
        { "H W DI 01 83", "wait last 01 request ?ibf" },
        { "B W ST 43 43", "wait ?ibf" },
        { "B R DI 01 41", "wait" },
        { "H R DO 00 40", "read begin byte 00 response" } } },
    { "a byte that means nothing read late", BMC, 0, {
        END,
        { "B W DO 00 89", "write-end" },
        { "H W DI 01 83", "wait last 01 request ?ibf" },
        { "H R DO 00 82", "wait ?ibf" } } },
    { "DOC, DOM and DIC", BMC, 0, {
        AT_REST,
        { "H W CMD 61 0a", "write begin request ?ibf" },
        { "B W ST 8a 8a", "write ?ibf" },
        { "B R DIC 61 88", "write" },
        { "H W DI 18 82", "write byte 18 request ?ibf" },
        { "B R DIC 18 80", "write" },
        { "H W CMD 62 8a", "write-end ?ibf" },
        { "B R DIC 62 88", "write-end" },
        { "H W DI 01 82", "wait last 01 request ?ibf" },
        { "B W ST 42 42", "wait ?ibf" },
        { "B R DIC 01 40", "wait" },
        { "B W DOC 1c 41", "read begin response ?obf" },
        { "B W DOM 1c 41", "read !overrun ?obf" } } },

    /* Attention. */
    { "attention", BMC, 0, {
        AT_REST,
        { "B W ST 04 04", "idle ?attention" },
        { "H W CMD 61 0e", "write begin request ?ibf ?attention" },
        { "B W ST 8e 8e", "write ?ibf ?attention" },
        { "B R DI 61 8c", "write ?attention" },
        { "H W DI 18 86", "write byte 18 request ?ibf ?attention" },
        { "B R DI 18 84", "write ?attention" },
        { "H W CMD 62 8e", "write-end ?ibf ?attention" },
        { "B R DI 62 8c", "write-end ?attention" },
        { "H W DI 31 86", "wait last 31 request ?ibf" },
        { "B W ST 42 42", "wait ?ibf" },
        { "B W ST 46 46", "wait ?ibf ?attention" } } },
    { "attention, and the host asks for something else", BMC, 0, {
        AT_REST,
        { "B W ST 04 04", "idle ?attention" },
        { "H W CMD 61 0e", "write begin request ?ibf ?attention" },
        { "B W ST 8e 8e", "write ?ibf ?attention" },
        { "B R DI 61 8c", "write ?attention" },
        { "H W DI 14 86", "write byte 14 request ?ibf ?attention" },
        { "B R DI 14 84", "write ?attention" },
        { "H W CMD 62 8e", "write-end ?ibf ?attention" },
        { "B R DI 62 8c", "write-end ?attention" },
        { "H W DI 31 86", "wait last 31 request ?ibf ?attention" },
        { "B W ST 42 42", "wait ?ibf" } } },
    { "attention at the host", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "B ATN 1 04", "idle ?attention" },
        { "H IRQ 1 04", "idle raised ?attention" },
        { "H R ST 04 04", "idle ?attention" },
        { "H IRQ 0 04", "idle ?attention" },
        { "B ATN 0 00", "idle" } } },

    /* Interrupts. */
    { "host's interrupt", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "B IRQ_ENABLE 1 00", "idle" },
        { "H W CMD 61 02", "write begin request ?ibf" },
        { "B W DO 00 83", "write ?ibf ?host-irq" },
        { "H IRQ 1 83", "write raised ?ibf" },
        { "B R DI 61 81", "write" },
        { "H R DO 00 80", "write" },
        { "H IRQ 0 80", "write" },
        { "H W DI 18 82", "write byte 18 request ?ibf" },
        { "B W DO 00 83", "write ?ibf ?host-irq" },
        { "B IRQ_ENABLE 0 83", "write ?ibf" },
        { "B IRQ_ENABLE 1 83", "write ?ibf ?host-irq" },
        { "H R DO 00 82", "write ?ibf" } } },
    { "host's interrupt, asserted for attention", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "B IRQ_ENABLE 1 00", "idle" },
        { "B ATN 1 04", "idle ?attention" },
        { "H IRQ 1 04", "idle raised ?attention" },
        { "H W CMD 61 06", "write begin request ?ibf ?attention" },
        { "B W DO 00 87", "write ?ibf ?attention" } } },
    { "host's interrupt, not known", HOST, 0, {
        { "H R ST 05 05", "unknown ?attention" },
        { "B IRQ_ENABLE 1 05", "unknown ?attention" },
        { "B W DO 00 05", "unknown ?attention" } } },
    { "the host's reset leaves its interrupt enabled", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "B IRQ_ENABLE 1 00", "idle" },
        { "H RESET 0 00", "idle" },
        { "B W DO 00 01", "idle ?host-irq" },
        { "B RESET 0 00", "idle" },
        { "B W DO 00 01", "idle" } } },
    { "host's interrupt of an NPCM", BMC, 1, {
        AT_REST,
        { "B W IE 09 00", "idle" },
        { "B W DO 00 01", "idle" },
        { "H IRQ 1 01", "idle raised" },
        { "H R DO 00 00", "idle" },
        { "H IRQ 0 00", "idle" },
        { "B W DO 00 01", "idle ?host-irq" },
        { "B W IE 01 01", "idle" },
        { "B R IE 09 01", "idle ?host-irq" } } },
    { "host's interrupt of an Aspeed, channel 3", BMC, 3, {
        AT_REST,
        { "H IRQ 0 00", "idle" },
        { "B W HICR5 1000 00 wide", "idle" },
        { "B W DO 00 01", "idle" },
        { "B W HICR5 4000 01 wide", "idle ?host-irq" },
        { "B W HICR5 00 01", "idle ?host-irq" },
        { "B W HICR5 00 01 lane1", "idle" },
        { "B W HICR5 40 01 lane1", "idle ?host-irq" } } },
    { "host's interrupt of an Aspeed, channel 2", BMC, 2, {
        AT_REST,
        { "H IRQ 0 00", "idle" },
        { "B W DO 00 01", "idle" },
        { "B W HICR5 4000 01 wide", "idle" },
        { "B W HICR5 1000 01 wide", "idle ?host-irq" } } },
    { "host's interrupt of an Aspeed, channel 4", BMC, 4, {
        AT_REST,
        { "H IRQ 0 00", "idle" },
        { "B W DO 00 01", "idle" },
        { "B W HICRC 2 01 wide", "idle" },
        { "B W HICRC 1 01 wide", "idle ?host-irq" } } },
    { "host's interrupt of an Aspeed, channel 1", BMC, 1, {
        AT_REST,
        { "H IRQ 0 00", "idle" },
        { "B W DO 00 01", "idle" },
        { "B W SIRQCR0 2 01 wide", "idle ?host-irq" },
        { "B W SIRQCR0 0 01 wide", "idle" },
        { "B W SIRQCR0 1 01 wide", "idle ?host-irq" } } },
    { "BMC's interrupt of an NPCM", BMC, 1, {
        AT_REST,
        { "B W CTL 01 00", "idle" },
        { "H W CMD 61 0a", "write begin request ?ibf ?bmc-irq" },
        { "B IRQ 1 0a", "write ?ibf" },
        { "B W ST 8a 8a", "write ?ibf" },
        { "B R DI 61 88", "write" },
        { "B IRQ 0 88", "write" },
        { "H W DI 18 82", "write byte 18 request ?ibf ?bmc-irq" },
        { "B W CTL 00 82", "write ?ibf" } } },
    { "BMC's interrupt of an Aspeed, channel 3", BMC, 3, {
        AT_REST,
        { "B W HICR2 4 00 wide", "idle" },
        { "H W CMD 61 0a", "write begin request ?ibf" },
        { "B W HICR2 8 0a wide", "write ?ibf ?bmc-irq" },
        { "B W HICR0 60 0a wide", "write ?ibf" },
        { "B W HICR0 80 0a wide", "write ?ibf ?bmc-irq" },
        { "B W HICR4 80 0a wide", "write ?ibf" },
        { "B W HICR4 04 0a wide", "write ?ibf ?bmc-irq" } } },
    { "BMC's interrupt of an Aspeed, channel 4", BMC, 4, {
        AT_REST,
        { "B W HICRB 3 00 wide", "idle" },
        { "H W CMD 61 0a", "write begin request ?ibf ?bmc-irq" },
        { "B W HICRB 2 0a wide", "write ?ibf" },
        { "B W HICRB 1 0a wide", "write ?ibf" } } },
    { "an Aspeed's channel without a number", BMC, 0, {
        AT_REST,
        { "B W HICR2 f 00 wide", "idle" },
        { "H W CMD 61 0a", "write begin request ?ibf" } } },

    /* What ends a transfer. */
    { "reset in the request", BMC, 0, {
        FIRST_BYTE,
        { "B RESET 0 00", "idle abort request" } } },
    { "reset while the BMC has the request", UNKNOWN, 0, {
        REQUEST,
        { "H RESET 0 04", "idle abort response ?attention" } } },
    { "reset at rest", BMC, 0, {
        AT_REST,
        { "B RESET 0 00", "idle" } } },
    { "interface taken away", UNKNOWN, 0, {
        REQUEST,
        { "B ENABLE 0 40", "wait" },
        { "B RESET 0 00", "idle abort response" } } },
    { "interface switched off", BMC, 1, {
        REQUEST,
        { "B W HICR0 0 00 wide", "idle abort response" } } },
    { "hardware operations leave a transfer alone", BMC, 0, {
        REQUEST,
        { "B HARDWARE 0 40", "wait" } } },
    { "nobody knows what", BMC, 0, {
        REQUEST,
        { "B STRANGE 0 40", "wait" },
        { "B STRANGE 0 00", "idle abort response" } } },

    /* Something is missing, uncounted. */
    { "state jumps to rest", UNKNOWN, 0, {
        REQUEST,
        { "H R ST 00 00", "idle abort response resync" } } },
    { "state jumps from rest", BMC, 0, {
        AT_REST,
        { "B R ST 42 42", "unknown resync ?ibf" },
        { "B W DO 00 43", "unknown ?ibf" },
        { "B R DI 68 41", "unknown" },
        { "H R DO 00 40", "unknown" },
        { "H W DI 68 42", "unknown ?ibf" },
        { "B W ST 02 02", "unknown ?ibf" },
        { "B R DI 68 00", "idle" } } },
    { "state changes with what is no write to ST", BMC, 0, {
        REQUEST,
        { "B W DO 1c 81", "unknown abort response resync" } } },
    { "state changes with a read of DI", BMC, 0, {
        END,
        { "H W DI 01 82", "wait last 01 request ?ibf" },
        { "B R DI 01 40", "unknown abort response resync" } } },
    { "OBF jumps", BMC, 0, {
        AT_REST,
        { "B IRQ 1 01", "unknown resync" },
        { "H R DO 00 00", "idle" } } },
    { "IBF jumps, and the host writes", BMC, 0, {
        AT_REST,
        { "H W CMD 61 4a", "write begin request resync ?ibf" } } },
    { "IBF jumps at the host's", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "H W CMD 61 02", "write begin request ?ibf" },
        { "B W DO 00 83", "write ?ibf" },
        { "B R DI 61 81", "write" },
        { "H W DI 18 83", "write byte 18 request ?ibf" },
        { "H W DI 01 83", "unknown abort request resync ?ibf" } } },
    { "IBF jumps at the host's, and a request begins", HOST, 0, {
        { "H R ST 00 00", "idle" },
        { "H W CMD 61 02", "write begin request ?ibf" },
        { "H W CMD 61 02", "write begin request resync ?ibf" } } },
    { "state changes with a read of the host's", UNKNOWN, 0, {
        REQUEST,
        { "H R DO 00 00", "idle abort response resync" } } },

    /* The first record that was captured. */
    { "begins in the middle of a request", BMC, 0, {
        { "H W DI 2e 82", "unknown ?ibf" },
        { "B R DI 2e 80", "unknown" },
        { "H W CMD 62 8a", "write-end ?ibf" },
        { "B R DI 62 88", "write-end" },
        { "H W DI 01 82", "wait ?ibf" },
        { "B W ST 42 42", "wait ?ibf" },
        { "B R DI 01 40", "wait" },
        { "B W DO 1c 41", "read begin response ?obf" },
        { "H R DO 1c 40", "read byte 1c response" } } },
    { "begins in the middle of a response", BMC, 0, {
        { "B R DI 68 40", "unknown" },
        { "B W DO 01 41", "unknown" },
        { "H R DO 01 40", "unknown" },
        { "H W DI 68 42", "unknown ?ibf" },
        { "B W ST 02 02", "unknown ?ibf" },
        { "B R DI 68 00", "idle" },
        { "B W DO 00 01", "idle" },
        { "H R DO 00 00", "idle" } } },
    { "begins in the error exit", HOST, 0, {
        { "B R DI 60 c0", "error" },
        { "H W DI 00 c2", "status ?ibf" },
        { "B W DO 02 43", "status ?ibf ?obf" } } },
    { "begins in the error state", BMC, 0, {
        { "H R ST c0 c0", "error" },
        { "H W CMD 60 ca", "abort ?ibf" } } },
    { "begins in the error state, which ends", BMC, 0, {
        { "H R ST c0 c0", "error" },
        { "B W ST 00 00", "idle" } } },
    { "begins in the error state, and the host begins anew", BMC, 0, {
        { "H R ST c0 c0", "error" },
        { "H W CMD 61 ca", "write begin request ?ibf" } } },
    { "begins with a write while IBF is set", HOST, 0, {
        { "H W DI 01 82 lost", "unknown !write-ibf ?ibf" } } },
    { "begins with a full output buffer read", HOST, 0, {
        { "H R DO 01 00", "idle" } } },
};

const size_t n_tests = sizeof tests / sizeof tests[0];
