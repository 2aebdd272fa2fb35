"""The built-in web server beside the daemon: `feedbot run --serve`."""

import asyncio
import ipaddress
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp, Receive, Scope, Send

from feedbot.clock import Clock
from feedbot.core.url import split_url
from feedbot.service.daemon import Companion, Daemon
from feedbot.service.listening import WebServer, address_of, listening_socket
from feedbot.service.web import create_app

log = logging.getLogger("feedbot")


def web_server(clock: Clock) -> Companion:
    """A companion of the daemon that serves by the config that holds; `serve.host` and `port` hold from the start.

    Raises ServeError where it cannot listen. It takes no more requests as soon as the daemon is told to stop.
    """

    @asynccontextmanager
    async def serving(daemon: Daemon) -> AsyncIterator[None]:
        serve = daemon.config.serve
        listening = listening_socket(serve.host, serve.port)
        path = split_url(daemon.config.feeds.url).path
        log.info("serving %s at http://%s%s", daemon.config.feeds_path, address_of(listening), path)
        if not ipaddress.ip_address(listening.getsockname()[0]).is_loopback:
            log.warning("others than this machine can ask, for /readyz and /metrics too; see `serve.host`")
        server = WebServer(_Current(daemon, clock), listening)

        async def stop_in_time() -> None:
            await daemon.told_to_stop.wait()
            server.stop()

        running = asyncio.create_task(server.run())
        stopping = asyncio.create_task(stop_in_time())
        try:
            yield
        finally:
            server.stop()
            stopping.cancel()
            await asyncio.gather(running, stopping, return_exceptions=True)

    return serving


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
