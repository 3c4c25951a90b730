#!/usr/bin/python3
# heuristic.py
# Tests that the TCP heuristic takes nothing that is not its protocol.
#
# SPDX-License-Identifier: GPL-2.0-or-later

"""Streams that resemble the wire protocol by chance, each a connection of its
own, are dissected with the heuristic tried first. None may be taken; a real
one among them has to be, so that the test cannot pass because nothing was
tried. Where the heuristic is disabled, that one is not taken either."""

import random

import tshark
from captures import HOST_TO_BMC, Connection, Ethernet
from frames import END_OF_MESSAGE, escaped, get_device_id, summed
from generate import greet_tcp

SEED = 9002
FIRST_PORT = 20000
HOST_PORT = 40000


def text(rng):
    """UTF-8 text in a language whose letters end in a0, a1 and aa: one unit
    in 256 has the right checksum."""
    words = "perché città à più così ¡hola! êtes déjà là là-bas voilà ª š ġ ъ Р С".split()
    return " ".join(rng.choice(words) for _ in range(40)).encode()


def random_bytes(rng):
    """Random bytes, terminators and escapes as likely as all others together."""
    return bytes(rng.choice((0xA0, 0xA1, 0xAA, rng.randrange(256), rng.randrange(256),
                             rng.randrange(256))) for _ in range(rng.randrange(1, 60)))


def short_units(rng):
    """Units as short as control commands, which have no checksum."""
    return b"".join(bytes((rng.randrange(256),)) + rng.choice((b"\xa0", b"\xa1"))
                    for _ in range(rng.randrange(1, 20)))


def http(rng):
    """An HTTP exchange with a body of text."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + text(rng)


def tls(rng):
    """A TLS record."""
    length = rng.randrange(40, 200)
    return b"\x16\x03\x01" + length.to_bytes(2, "big") + rng.randbytes(length)


def telnet(rng):
    """Telnet options: ff is its escape, 01 an option."""
    return b"\xff\xfd\x01\xff\xfb\x01" + b"\xff\x01" + text(rng)


def almost_version(rng):
    """Begins like a greeting and is none."""
    return b"\xff\x01" + rng.choice((b"", b"\x01", b"\xa0", b"\xff\x01", b"\x08\x3f")) \
        + random_bytes(rng)


def modbus(rng):
    """Modbus/TCP: short binary messages with lengths."""
    return bytes((0, rng.randrange(256), 0, 0, 0, 6, 1, 3, 0, rng.randrange(256), 0, 0xA0))


def right_by_chance(rng):
    """A message whose checksum is right, of a command that nobody has."""
    start = rng.choice((b"", b"\xff\x01")) + bytes(rng.randrange(0x90) for _ in range(8))
    return escaped(summed(start)) + END_OF_MESSAGE


def one_command(rng):
    """What follows a single request by chance, which main() sends first."""
    return b"GET" + random_bytes(rng)


KINDS = (text, random_bytes, short_units, http, tls, telnet, almost_version, modbus,
         right_by_chance, one_command)
STREAMS_OF_A_KIND = 500


def ports_taken(path, *preferences):
    """The BMCs' ports of the connections that became IPMI extern."""
    lines = tshark.run("-r", path, *preferences, "-Y", "ipmi_extern",
                       "-T", "fields", "-e", "tcp.port").decode().splitlines()
    return {int(port) for line in lines for port in line.split(",")} - {HOST_PORT}


def passes_differ():
    """What is wrong with a connection that is only known for what it is by its
    second message: the first one is not ours, in no pass."""
    capture = Ethernet()
    # Ports that no dissector of Wireshark's has: since 4.4 one has HOST_PORT.
    connection = Connection(capture, port=9010, host_port=50123, handshake=False)
    for seq in range(2):
        request, response = get_device_id(seq)
        connection.host(request)
        connection.bmc(response)
    connection.close(HOST_TO_BMC)
    with tshark.capture_file(capture.contents()) as path:
        found = [tshark.run(*passes, "-r", path, "-Y", "ipmi_extern", "-T", "fields",
                            "-e", "frame.number", "-e", "ipmi_extern.no_response",
                            "-e", "ipmi_extern.cutoff").split()
                 for passes in ((), ("-2",))]
    if found != [[b"2", b"3", b"4"]] * 2:
        return [f"late start: one pass has packets {found[0]}, two passes {found[1]}"]
    return []


def main():
    """Counts what the heuristic takes."""
    rng = random.Random(SEED)
    capture = Ethernet()
    ports = {}
    port = FIRST_PORT
    for kind in KINDS:
        for _ in range(STREAMS_OF_A_KIND):
            port += 1
            ports[port] = kind.__name__
            connection = Connection(capture, port=port, host_port=HOST_PORT)
            if kind is one_command:
                connection.host(get_device_id(rng.randrange(128))[0])
            for send in (connection.host, connection.bmc, connection.host):
                send(kind(rng))
    real_port = port + 1
    real = Connection(capture, port=real_port, host_port=HOST_PORT)
    greet_tcp(real)
    request, response = get_device_id(1)
    real.host(request)
    real.bmc(response)

    with tshark.capture_file(capture.contents()) as path:
        taken = ports_taken(path, "-o", "tcp.try_heuristic_first:TRUE")
        disabled = ports_taken(path, "--disable-heuristic", "ipmi_extern_tcp")

    failures = [f"port {port}: a stream of kind {ports[port]} was taken for IPMI extern"
                for port in sorted(taken - {real_port})]
    if real_port not in taken:
        failures.append("the real connection was not taken: was the heuristic tried at all?")
    if disabled:
        failures.append(f"taken although the heuristic is disabled: ports {disabled}")
    failures += passes_differ()
    print(f"{len(ports)} streams of {len(KINDS)} kinds")
    tshark.finish(failures)


if __name__ == "__main__":
    main()
