"""The web server beside the daemon: one that ends by itself is told and counted, and another one takes its place."""

import asyncio
import http.client
from dataclasses import dataclass, field

import pytest

from feedbot.clock import SystemClock
from feedbot.config import Config
from feedbot.service.listening import WebServer
from feedbot.service.serving import web_server
from feedbot.service.tally import Tally
from tests.service.served import config_of


class Hurried(SystemClock):
    """A minute is over at once, and then the next thing has its turn."""

    async def sleep(self, seconds):
        await asyncio.sleep(0.2)


@dataclass
class Daemon:
    """What a companion sees of the daemon."""

    config: Config
    clock: SystemClock
    told_to_stop: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self):
        self.noted = []
        self.tally = Tally(self.clock, {}, [self.note])

    async def note(self, record):
        self.noted.append((record.name, record.failures))


def status(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.fixture
def made():
    return []


@pytest.fixture
def companion_of(tmp_path, made):
    def make(app, listening):
        made.append((WebServer(app, listening), listening.getsockname()[1]))
        return made[-1][0]

    def companion(clock):
        config = config_of(tmp_path, "serve: {port: 0}\n")
        daemon = Daemon(config, clock)
        return daemon, web_server(clock, make, again_s=0)(daemon)

    return companion


async def eventually(condition):
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


async def has_made(made, number):
    await eventually(lambda: len(made) == number)
    return made


async def test_one_that_ends_by_itself_is_told_and_counted_and_another_one_serves(companion_of, made, caplog):
    daemon, companion = companion_of(SystemClock())
    async with companion:
        [(first, port)] = await has_made(made, 1)
        assert await asyncio.to_thread(status, port) == 200
        first.stop()
        [_, (_, again)] = await has_made(made, 2)
        assert again == port
        assert await asyncio.to_thread(status, port) == 200
        assert daemon.noted == [("serve", 1)]
        assert caplog.messages == ["serve: the web server has ended by itself; another one is started"]
        daemon.told_to_stop.set()
    assert len(made) == 2
    with pytest.raises(OSError):
        status(port)


async def test_the_error_that_ended_it_is_named(tmp_path, caplog):
    class Falling:
        async def run(self):
            raise ValueError("what nobody thought of")

        def stop(self):
            pass

    def make(app, listening):
        listening.close()
        return Falling()

    daemon = Daemon(config_of(tmp_path, "serve: {port: 0}\n"), SystemClock())
    async with web_server(SystemClock(), make, again_s=60)(daemon):
        await eventually(lambda: daemon.noted)
        daemon.told_to_stop.set()
    why = "the web server has ended by itself (ValueError: what nobody thought of); another one is started"
    assert caplog.messages == [f"serve: {why}"]


async def test_three_that_end_soon_are_a_job_that_keeps_failing(companion_of, made):
    daemon, companion = companion_of(SystemClock())
    async with companion:
        for number in (1, 2, 3):
            [*_, (server, _)] = await has_made(made, number)
            server.stop()
        await eventually(lambda: len(daemon.noted) == 3)
        daemon.told_to_stop.set()
    assert daemon.noted == [("serve", 1), ("serve", 2), ("serve", 3)]


async def test_one_that_lasts_counts_as_well_again(companion_of, made):
    daemon, companion = companion_of(Hurried())
    async with companion:
        await eventually(lambda: made)
        made[0][0].stop()
        await eventually(lambda: len(daemon.noted) == 2)
        daemon.told_to_stop.set()
    assert daemon.noted == [("serve", 1), ("serve", 0)]
