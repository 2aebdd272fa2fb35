"""What only HttpxWire has to be told; all else is in the contract."""

import time

import httpcore
import pytest

from feedbot.wire.attempt import AttemptStream
from feedbot.wire.wire import Request
from tests.wire.scripted import PUBLIC, TLS, RecordingBackend, ScriptedResolver, loopback_wire


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://a.test/", "a.test"),
        ("https://a.test/", "a.test"),
        ("http://a.test:443/", "a.test:443"),
        ("https://a.test:80/", "a.test:80"),
        ("http://a.test./", "a.test."),
        ("http://xn--i-7iq.ws/", "xn--i-7iq.ws"),
        ("http://[2606:4700::1]:8080/", "[2606:4700::1]:8080"),
    ],
)
async def test_the_host_header_names_the_port_where_it_is_not_the_schemes_own(url, host):
    requests = []

    def script(address, request):
        requests.append(request)
        return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    wire = loopback_wire(ScriptedResolver(default=PUBLIC), backend=RecordingBackend(script))
    assert (await wire.exchange(Request("GET", url, (("User-Agent", "me"),)))).status == 200
    await wire.aclose()
    assert requests == [f"GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: me\r\n\r\n".encode()]


async def test_tls_has_only_what_the_connecting_left_of_the_time():
    class Inner(RecordingBackend, httpcore.AsyncNetworkStream):
        async def start_tls(self, ssl_context, server_hostname=None, timeout=None):
            self.timeout = timeout
            return self

    inner = Inner()
    await AttemptStream(inner, time.monotonic() + 5).start_tls(TLS, "a.test", 100.0)
    assert 0 < inner.timeout <= 5
    await AttemptStream(inner, time.monotonic() - 5).start_tls(TLS, "a.test", 100.0)
    assert inner.timeout == 0
