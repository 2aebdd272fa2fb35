"""The contract that every wire keeps: each test runs over both, on each event loop that feedbot runs on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from feedbot.wire.choice import curl_is_here
from tests.conftest import MAY_BE_SKIPPED
from tests.ports import closed_port
from tests.wire.contract.kits import Kit, eventually, open_sockets

try:
    import uvloop
except ImportError:  # it comes with feedbot[fast]
    uvloop = None

_WITHOUT_CURL = pytest.mark.skipif(not curl_is_here(), reason=f"{MAY_BE_SKIPPED}there is no pycurl")


def pytest_asyncio_loop_factories(config: Any, item: Any) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    factories: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
    if uvloop is not None:
        factories["uvloop"] = uvloop.new_event_loop
    return factories


@pytest.fixture(params=[pytest.param("curl", marks=_WITHOUT_CURL), "httpx"])
def kit(request: pytest.FixtureRequest) -> Kit:
    """A wire to be made."""
    return Kit(request.param)


@pytest.fixture(autouse=True)
async def _no_socket_is_left() -> AsyncIterator[None]:
    closed_port()  # it holds a socket from the first time on
    before = open_sockets()
    yield
    assert await eventually(lambda: open_sockets() <= before), "sockets are left open"
