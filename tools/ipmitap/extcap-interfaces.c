/* extcap-interfaces.c
 * The entries in Wireshark's list of interfaces. Braces end the parts of a
 * sentence, so texts and patterns have none.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "extcap-interfaces.h"

#include <stddef.h>
#include <stdio.h>

#include "capture.h"
#include "extcap-attach.h"
#include "extcap-control.h"
#include "extcap-tap.h"

#define ADDRESS     "(unix:[^,]+|tcp:[^ ,]*:[0-9]+)"
#define END         "((listen|connect):)?(unix:.+|tcp:[^ ]*:[0-9]+)"

/* One field of a dialog. */
struct field {
    const char *call;           /* the option that gives its value */
    const char *display;
    const char *parts;          /* the others of its sentence */
    size_t value;               /* offset in extcap_values of what must not be
                                 * missing, or OPTIONAL */
};

#define OPTIONAL    SIZE_MAX

struct extcap_interface {
    const char *name;
    const char *display;
    const struct extcap_source *source;
    struct field fields[5];     /* ends where display is NULL */
};

static const struct extcap_interface interfaces[] = {
    {
        .name = "ipmi-tap",
        .display = "IPMI VM link, tapped",
        .source = &extcap_tap_source,
        .fields = {
            {
                "--listen", "Listen for one end at",
                "{type=string}{required=true}"
                "{placeholder=unix:/run/bmc-tap.sock}"
                "{validation=^" END "$}"
                "{tooltip=unix:PATH or tcp:HOST:PORT. If this end listens as "
                "well, connect: before its address}",
                offsetof(struct extcap_values, listen),
            },
            {
                "--connect", "Connect to the other end at",
                "{type=string}{required=true}"
                "{placeholder=tcp:127.0.0.1:9002}"
                "{validation=^" END "$}"
                "{tooltip=unix:PATH or tcp:HOST:PORT. If this end connects as "
                "well, listen: before an address}",
                offsetof(struct extcap_values, connect),
            },
            {
                "--name", "Name of the link",
                "{type=string}{placeholder=link}{validation=^[^=,]*$}"
                "{tooltip=What the link is called in the capture}",
                OPTIONAL,
            },
            {
                "--keep", "Keep the first end while the other is away",
                "{type=boolflag}{default=false}"
                "{tooltip=What it sends then waits. Otherwise it is "
                "disconnected, as it would be without a tap}",
                OPTIONAL,
            },
        },
    },
    {
        .name = "ipmi-attach",
        .display = "IPMI VM link, captured by QEMU",
        .source = &extcap_attach_source,
        .fields = {
            {
                "--attach", "Address of QEMU's ipmi-pcap",
                "{type=string}{required=true}"
                "{placeholder=tcp:127.0.0.1:19000}"
                "{validation=^ *" ADDRESS "( *, *" ADDRESS ")* *$}"
                "{tooltip=unix:PATH or tcp:HOST:PORT of its chardev; of the "
                "host's and the BMC's QEMU, with a comma between them}",
                offsetof(struct extcap_values, attach),
            },
        },
    },
    {
        .name = "ipmi-fifo",
        .display = "IPMI VM link, from a FIFO",
        .source = &extcap_fifo_source,
        .fields = {
            {
                "--read", "FIFO",
                "{type=fileselect}{mustexist=true}{required=true}"
                "{tooltip=Where QEMU's ipmi-pcap or ipmitap writes, one after "
                "the other. Made before, by mkfifo}",
                offsetof(struct extcap_values, read),
            },
        },
    },
};

const struct extcap_interface *
extcap_interface_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(interfaces); i++) {
        if (g_str_equal(name, interfaces[i].name)) {
            return &interfaces[i];
        }
    }
    return NULL;
}

void
extcap_interfaces_print(const char *version)
{
    printf("extcap {version=%s}{display=IPMI VM link}\n", version);
    for (size_t i = 0; i < G_N_ELEMENTS(interfaces); i++) {
        printf("interface {value=%s}{display=%s}\n", interfaces[i].name,
               interfaces[i].display);
    }
    fputs(extcap_control_sentences, stdout);
}

/* Of all of them: docs/capture-format.md. */
void
extcap_interface_print_dlts(const struct extcap_interface *interface)
{
    printf("dlt {number=%d}{name=%s}{display=IPMI frames and register "
           "accesses}\n", CAPTURE_LINKTYPE_UPPER_PDU, interface->name);
}

void
extcap_interface_print_config(const struct extcap_interface *interface)
{
    const struct field *fields = interface->fields;

    for (unsigned i = 0; fields[i].display; i++) {
        printf("arg {number=%u}{call=%s}{display=%s}%s\n", i, fields[i].call,
               fields[i].display, fields[i].parts);
    }
}

bool
extcap_interface_check(const struct extcap_interface *interface,
                       const struct extcap_values *values, GError **error)
{
    for (const struct field *field = interface->fields; field->display;
         field++) {
        char *const *value;

        if (field->value == OPTIONAL) {
            continue;
        }
        value = (char *const *)((const char *)values + field->value);
        if (!*value || **value == '\0') {
            g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                        "%s captures with %s, which is missing: fill in \"%s\" "
                        "in the options of the interface", interface->name,
                        field->call, field->display);
            return false;
        }
    }
    return true;
}

const struct extcap_source *
extcap_interface_source(const struct extcap_interface *interface)
{
    return interface->source;
}
