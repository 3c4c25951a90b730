/* sink.c
 * What all ways to print a capture have in common.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sink.h"

#include "ipmi-record.h"

bool
sink_shows(const struct traffic *traffic, bool registers)
{
    struct ipmi_record record;

    if (traffic->kind != TRAFFIC_ACCESS || registers || traffic->fault
            || traffic->lost) {
        return true;
    }
    /* What the BMC has done to the host is no less than a message. */
    ipmi_record_decode(traffic->bytes, &record);
    return record.op == IPMI_OP_HARDWARE;
}
