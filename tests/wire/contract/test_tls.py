"""TLS: who is believed, and in which words the rest is told."""

import asyncio
import datetime
import ssl

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from feedbot.clock import SystemClock
from feedbot.core.observation import Failure, FailureKind
from feedbot.wire.wire import Response
from tests.wire.contract.kits import get
from tests.wire.contract.raw import raw_server
from tests.wire.scripted import ScriptedResolver
from tests.wire.servers import reply, serve

DAY = datetime.timedelta(days=1)
NOW = SystemClock().now()


async def ask(kit, authority, context, name="good.test", **options):
    async with serve(lambda asked: reply(200, body=b"hello"), ssl=context) as server:
        return await kit.ask(server.url(name, scheme="https"), ca_bundle=authority.bundle, **options)


async def test_a_good_certificate_is_believed_and_its_end_told(kit, authority):
    ends = datetime.datetime(2031, 5, 9, 12, 30, 5, tzinfo=datetime.UTC)
    context = authority.server("good.test", not_after=ends)
    async with serve(lambda asked: reply(200, body=b"hello"), ssl=context) as server:
        async with kit.wire(ca_bundle=authority.bundle) as wire:
            first, second = [await wire.exchange(get(server.url("good.test", scheme="https"))) for _ in range(2)]
    assert (first.status, first.body, first.peer) == (200, b"hello", "127.0.0.1")
    assert first.certificate_expires_at == "2031-05-09T12:30:05+00:00"
    assert first.phases.tls >= 0
    # A connection that an earlier exchange opened.
    assert second.certificate_expires_at is None
    assert [asked.connection for asked in server.asked] == [1, 1]


async def test_each_new_connection_shows_the_certificate(kit, authority):
    context = authority.server("good.test")
    async with serve(lambda asked: reply(200, {"Connection": "close"}), ssl=context) as server:
        async with kit.wire(ca_bundle=authority.bundle) as wire:
            answers = [await wire.exchange(get(server.url("good.test", scheme="https"))) for _ in range(3)]
    assert all(answer.certificate_expires_at for answer in answers)
    assert server.connections == 3


@pytest.mark.parametrize("name", ["good.test", "good.test.", "GOOD.test", "sub.wild.test", "xn--i-7iq.wild.test"])
async def test_the_name_is_verified_though_an_address_is_connected(kit, authority, name):
    asked_for = []
    context = authority.server("good.test", "*.wild.test")
    context.sni_callback = lambda connection, name, context: asked_for.append(name)
    answer = await ask(kit, authority, context, name)
    assert isinstance(answer, Response), answer
    assert asked_for == [name.rstrip(".").lower()]


@pytest.mark.parametrize("name", ["other.test", "a.good.test", "good.test.evil.test", "xn--i-7iq.other.test"])
async def test_a_certificate_for_another_name(kit, authority, name):
    answer = await ask(kit, authority, authority.server("good.test", "*.wild.test"), name)
    assert answer.kind == FailureKind.TLS
    assert answer.text.startswith("127.0.0.1: certificate is for another name")


async def test_addresses_have_certificates_too(kit, authority):
    assert (await ask(kit, authority, authority.server("127.0.0.1"), "127.0.0.1")).status == 200
    answer = await ask(kit, authority, authority.server("127.0.0.2"), "127.0.0.1")
    assert answer.kind == FailureKind.TLS
    assert "certificate is for another" in answer.text


async def test_expired(kit, authority):
    context = authority.server("good.test", not_before=NOW - 9 * DAY, not_after=NOW - DAY)
    answer = await ask(kit, authority, context)
    assert answer.kind == FailureKind.TLS
    assert "certificate has expired" in answer.text


async def test_not_yet_valid(kit, authority):
    context = authority.server("good.test", not_before=NOW + DAY, not_after=NOW + 9 * DAY)
    answer = await ask(kit, authority, context)
    assert answer.kind == FailureKind.TLS
    assert "certificate is not valid yet" in answer.text


async def test_an_unknown_authority(kit, authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("good.test").configure_cert(context)
    answer = await ask(kit, authority, context)
    assert answer.kind == FailureKind.TLS
    assert "certificate is signed by an unknown authority" in answer.text


def self_signed(folder, *names):
    """What a server shows that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    nobody = x509.Name([])
    builder = x509.CertificateBuilder(nobody, nobody, key.public_key(), 1, NOW - DAY, NOW + 9 * DAY)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), True)
    certificate = builder.sign(key, hashes.SHA256())
    pem = folder / "self.pem"
    pem.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


async def test_self_signed(kit, authority, tmp_path):
    answer = await ask(kit, authority, self_signed(tmp_path, "good.test"))
    assert answer.kind == FailureKind.TLS
    assert "certificate is self-signed" in answer.text


async def test_of_two_problems_one_is_told(kit, authority, tmp_path):
    for context in (self_signed(tmp_path), self_signed(tmp_path, "other.test")):
        answer = await ask(kit, authority, context)
        assert answer.kind == FailureKind.TLS
        assert "certificate is self-signed" in answer.text or "certificate is for another name" in answer.text


async def test_the_authorities_of_the_world_are_not_those_of_a_test(kit, authority):
    async with serve(lambda asked: reply(200), ssl=authority.server("good.test")) as server:
        answer = await kit.ask(server.url("good.test", scheme="https"))
    assert answer.kind == FailureKind.TLS
    assert "unknown authority" in answer.text


async def test_a_bundle_that_is_not_there_is_our_own_fault(kit, authority, tmp_path):
    async with serve(lambda asked: reply(200), ssl=authority.server("good.test")) as server:
        try:
            answer = await kit.ask(server.url("good.test", scheme="https"), ca_bundle=tmp_path / "none.pem")
        except OSError:
            return  # told where the wire is made
    assert answer.kind == FailureKind.OURSELVES


# Handshakes that come to nothing


async def test_https_asked_of_a_server_without_tls(kit):
    async def plain(reader, writer):
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        await reader.read()

    async with raw_server(plain) as port:
        answer = await kit.ask(f"https://a.test:{port}/")
    assert answer.kind == FailureKind.TLS
    assert answer.text.startswith("127.0.0.1: TLS handshake failed")


async def test_http_asked_of_a_server_with_tls(kit, authority):
    async with serve(lambda asked: reply(200), ssl=authority.server("good.test")) as server:
        answer = await kit.ask(server.url("good.test"))
    assert isinstance(answer, Failure)
    assert answer.kind in {FailureKind.PROTOCOL, FailureKind.RESET}  # an alert in TLS, or a mere end


# A server's hello: a record of 90 bytes is announced.
HELLO = bytes.fromhex("160303005a02000056030300") + b"\x00" * 20


@pytest.mark.parametrize("said", [b"", HELLO[:3], HELLO], ids=["before a byte", "in a record's head", "in a record"])
async def test_a_handshake_that_breaks_off(kit, said):
    async def breaks_off(reader, writer):
        await reader.read(5)
        writer.write(said)
        await writer.drain()
        writer.write_eof()
        await reader.read()

    async with raw_server(breaks_off) as port:
        answer = await asyncio.wait_for(kit.ask(f"https://a.test:{port}/"), 60)
    assert answer.kind == FailureKind.TLS, answer
    assert "127.0.0.1: TLS" in answer.text


async def test_a_handshake_that_is_reset(kit):
    async def resets(reader, writer):
        # What is not read makes a reset of the closing.
        await asyncio.sleep(0.05)

    async with raw_server(resets) as port:
        answer = await kit.ask(f"https://a.test:{port}/")
    assert answer.kind in {FailureKind.RESET, FailureKind.TLS}, answer


async def test_a_version_of_tls_that_is_too_old(kit, authority):
    context = authority.server("good.test")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    answer = await ask(kit, authority, context)
    assert answer.kind == FailureKind.TLS


async def test_a_body_that_ends_without_the_end_of_tls_is_whole_where_its_length_says_so(kit, authority):
    async with serve(lambda asked: reply(200, body=b"hello"), ssl=authority.server("good.test")) as server:
        async with kit.wire(ca_bundle=authority.bundle) as wire:
            assert (await wire.exchange(get(server.url("good.test", scheme="https")))).body == b"hello"
            for task in list(server.tasks):
                task.cancel()  # the server goes, without a word of TLS
            await asyncio.gather(*server.tasks, return_exceptions=True)
            assert (await wire.exchange(get(server.url("good.test", scheme="https")))).body == b"hello"
    assert [asked.connection for asked in server.asked] == [1, 2]


async def test_a_wire_that_met_bad_certificates_goes_on(kit, authority):
    resolver = ScriptedResolver()
    async with serve(lambda asked: reply(200), ssl=authority.server("good.test")) as server:
        async with kit.wire(resolver, ca_bundle=authority.bundle) as wire:
            for name in ("good.test", "bad.test", "good.test", "bad.test", "good.test"):
                answer = await wire.exchange(get(server.url(name, scheme="https")))
                assert isinstance(answer, Response) == (name == "good.test"), answer
    assert [asked.headers["host"] for asked in server.asked] == [f"good.test:{server.port}"] * 3
