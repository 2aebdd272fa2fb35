"""Exchanges through respx, where what counts is what httpx itself may raise and no socket adds anything.

respx patches httpx's client, which the wire does without; so its router is the wire's transport.
"""

import httpx
import pytest
import respx

from feedbot.core.observation import FailureKind
from feedbot.wire.httpx_wire import HttpxWire
from feedbot.wire.wire import Request
from tests.wire.scripted import PUBLIC, ScriptedResolver

URL = "https://example.org/page"


@pytest.fixture
def router():
    return respx.MockRouter()


async def exchanged(router):
    wire = HttpxWire(ScriptedResolver(default=PUBLIC), transport=httpx.MockTransport(router.async_handler))
    answer = await wire.exchange(Request("GET", URL))
    await wire.aclose()
    return answer


async def test_an_answer_passes_with_its_headers(router):
    router.get(URL).respond(418, headers={"ETag": '"tea"'})
    answer = await exchanged(router)
    assert (answer.status, answer.headers["etag"]) == (418, '"tea"')


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ReadTimeout, FailureKind.TIMEOUT),
        (httpx.ConnectTimeout, FailureKind.CONNECT_TIMEOUT),
        (httpx.RemoteProtocolError, FailureKind.PROTOCOL),
        (httpx.ReadError, FailureKind.RESET),
        (httpx.PoolTimeout, FailureKind.OURSELVES),
    ],
)
async def test_what_httpx_raises_becomes_a_failure(router, error, kind):
    router.get(URL).mock(side_effect=error("in its own words"))
    assert (await exchanged(router)).kind is kind
