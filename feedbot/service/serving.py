"""The built-in web server beside the daemon: `feedbot run --serve`."""

import asyncio
import ipaddress
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

from starlette.types import ASGIApp, Receive, Scope, Send

from feedbot.clock import Clock
from feedbot.core.url import split_url
from feedbot.errors import ServeError
from feedbot.service.daemon import Companion, Daemon
from feedbot.service.listening import WebServer, address_of, listening_socket
from feedbot.service.web import create_app

log = logging.getLogger("feedbot")

_JOB = "serve"
_AGAIN_S = 5.0
_LASTS_S = 60.0
"""Whoever serves for so long is well: three that end sooner, one after the other, are a job that keeps failing."""


def web_server(
    clock: Clock, make: Callable[[ASGIApp, socket.socket], WebServer] = WebServer, *, again_s: float = _AGAIN_S
) -> Companion:
    """A companion of the daemon that serves by the config that holds; `serve.host` and `port` hold from the start.

    Raises ServeError where it cannot listen. It takes no more requests as soon as the daemon is told to stop. A server
    that ends by itself is a failure of the job `serve`, and another one is started `again_s` seconds later.
    """

    @asynccontextmanager
    async def serving(daemon: Daemon) -> AsyncIterator[None]:
        serve = daemon.config.serve
        listening = listening_socket(serve.host, serve.port)
        # With port 0 it is the one that was free.
        host, port = listening.getsockname()[:2]
        path = split_url(daemon.config.feeds.url).path
        log.info("serving %s at http://%s%s", daemon.config.feeds_path, address_of(listening), path)
        if not ipaddress.ip_address(host).is_loopback:
            log.warning("others than this machine can ask, for /readyz and /metrics too; see `serve.host`")
        app = _Current(daemon, clock)

        async def keep_serving() -> None:
            start: Callable[[], WebServer] = partial(make, app, listening)
            while (why := await _serve(daemon, clock, start)) is not None:
                await daemon.tally.run(_JOB, partial(_fail, why))
                with suppress(TimeoutError):
                    async with asyncio.timeout(again_s):
                        await daemon.told_to_stop.wait()
                start = start_again

        def start_again() -> WebServer:
            return make(app, listening_socket(host, port))

        keeping = asyncio.create_task(keep_serving())
        try:
            yield
        finally:
            if not daemon.told_to_stop.is_set():
                keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    return serving


async def _serve(daemon: Daemon, clock: Clock, start: Callable[[], WebServer]) -> str | None:
    """Serve until the daemon is told to stop; why it did not get so far, None where it did."""
    if daemon.told_to_stop.is_set():
        return None
    try:
        server = start()
    except ServeError as error:
        return str(error)
    running = asyncio.create_task(server.run())
    stopping = asyncio.create_task(daemon.told_to_stop.wait())
    settling = asyncio.create_task(_note_that_it_lasts(daemon, clock))
    try:
        await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
    finally:
        server.stop()
        stopping.cancel()
        settling.cancel()
        [ended, *_] = await asyncio.gather(running, stopping, settling, return_exceptions=True)
    if daemon.told_to_stop.is_set():
        return None
    how = f" ({type(ended).__name__}: {ended})" if isinstance(ended, BaseException) else ""
    return f"the web server has ended by itself{how}; another one is started"


async def _note_that_it_lasts(daemon: Daemon, clock: Clock) -> None:
    """Let a server that follows one that ended count as well, once it has served for a while."""
    await clock.sleep(_LASTS_S)
    record = daemon.tally.record(_JOB)
    if record is not None and record.failures:
        await daemon.tally.run(_JOB, _do_nothing)


async def _fail(why: str) -> None:
    raise ServeError(why)


async def _do_nothing() -> None:
    pass


class _Current:
    """The application for the config that holds; one that was read again holds from the next request on."""

    def __init__(self, daemon: Daemon, clock: Clock) -> None:
        self._daemon = daemon
        self._clock = clock
        self._config = daemon.config
        self._app: ASGIApp = create_app(self._config, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if self._daemon.config is not self._config:
            self._config = self._daemon.config
            self._app = create_app(self._config, self._clock)
        await self._app(scope, receive, send)
