"""What libcurl offers a TLS server for the key exchange: read from the first message, as the server has it."""

import asyncio
import struct

import pytest

pytest.importorskip("pycurl", reason="libcurl's wire is an extra: feedbot[fast]")

from feedbot.core.observation import FailureKind
from feedbot.wire.curl_wire import CurlWire
from feedbot.wire.wire import Request
from tests.wire.scripted import LOOPBACK, ScriptedResolver

# IANA's registry "TLS Supported Groups": x25519, secp256r1, secp384r1, secp521r1.
CLASSICAL = {0x001D, 0x0017, 0x0018, 0x0019}
SUPPORTED_GROUPS = 10


def extensions(hello: bytes) -> dict[int, bytes]:
    """The extensions of a ClientHello (RFC 8446, 4.1.2), by type."""
    at = 5 + 4 + 2 + 32  # record and handshake headers, version, random
    at += 1 + hello[at]
    at += 2 + struct.unpack_from("!H", hello, at)[0]
    at += 1 + hello[at]
    end = at + 2 + struct.unpack_from("!H", hello, at)[0]
    at += 2
    found = {}
    while at < end:
        kind, length = struct.unpack_from("!HH", hello, at)
        found[kind] = hello[at + 4 : at + 4 + length]
        at += 4 + length
    return found


async def test_only_classical_groups_are_offered_in_a_message_of_one_packet():
    hellos = []

    async def listen(reader, writer):
        hellos.append(await reader.read(65_536))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        wire = CurlWire(ScriptedResolver(), allowed=LOOPBACK)
        answer = await wire.exchange(Request("GET", f"https://a.test:{port}/"))
        await wire.aclose()
    assert answer.kind in {FailureKind.RESET, FailureKind.TLS, FailureKind.PROTOCOL}
    groups = extensions(hellos[0])[SUPPORTED_GROUPS][2:]
    assert set(struct.unpack(f"!{len(groups) // 2}H", groups)) == CLASSICAL
    assert len(hellos[0]) < 1400
