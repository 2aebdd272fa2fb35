"""uvicorn, as feedbot runs it: bounded in connections, headers and patience, with no logs and no signals of its own."""

import asyncio
import logging
import os
import socket
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import Config as UvicornConfig
from uvicorn.protocols.http.h11_impl import H11Protocol

from feedbot.errors import ServeError

MOST_CONNECTIONS = 400
"""More than these are closed as they come, so that descriptors are left for all else (1024 is a usual limit)."""

MOST_HEADER_BYTES = 16 * 1024
PATIENCE_S = 15.0
"""How long a connection may go without a whole request, or without its last bytes being taken; at most twice that."""

_KEEP_ALIVE_S = 5
_END_WITHIN_S = 5
_BACKLOG = 512


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 is any that is free. Raises ServeError, saying what to change."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        # create_server() says the address once more, as Python writes it; names' errors have numbers of their own.
        number = None if isinstance(error, socket.gaierror) else error.errno
        why = os.strerror(number) if number else error.strerror or str(error)
        raise ServeError(
            f"cannot listen at {host} port {port}: {why}; see `serve:` in the config, or --host and --port of"
            " `feedbot serve`"
        ) from error


def address_of(listening: socket.socket) -> str:
    """What stands in a URL for where a socket listens, such as 127.0.0.1:8080."""
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class WebServer:
    """One server in the running event loop; `run` returns some moments after `stop`."""

    def __init__(
        self,
        app: ASGIApp,
        listening: socket.socket,
        *,
        patience_s: float = PATIENCE_S,
        most_connections: int = MOST_CONNECTIONS,
    ) -> None:
        # Its errors are told by the application itself; what else it says is of clients.
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
        self._listening = listening
        self._server = _Quiet(
            UvicornConfig(
                app,
                http=_bounded_by(patience_s, most_connections),
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                access_log=False,
                # What a client says of itself in X-Forwarded-For is nothing to go by.
                proxy_headers=False,
                server_header=False,
                h11_max_incomplete_event_size=MOST_HEADER_BYTES,
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=_END_WITHIN_S,
            )
        )

    async def run(self) -> None:
        """Answer until `stop`; answers under way then have five seconds to end. The socket is closed."""
        try:
            await self._server.serve([self._listening])
        finally:
            self._listening.close()

    def stop(self) -> None:
        """Take no more connections, and let `run` return."""
        self._server.should_exit = True


class _Quiet(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to whoever runs the loop."""
        yield


class _Patient(H11Protocol):
    """A connection that is cut where its client is too slow.

    uvicorn by itself waits for ever for the end of a request that has begun, or for a first one; and for a client to
    take the last bytes of an answer.
    """

    patience_s = PATIENCE_S
    most_connections = MOST_CONNECTIONS
    _seen: tuple[object, bool] = (None, False)
    _tick: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start to wait for a request."""
        super().connection_made(transport)  # type: ignore[arg-type]  # uvloop's is no subclass of asyncio's
        if len(self.connections) > self.most_connections:
            self.transport.abort()
            return
        self._tick = self.loop.call_later(self.patience_s, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        if self._tick is not None:
            self._tick.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        is_closing = self.transport.is_closing()
        is_answering = self.cycle is not None and not self.cycle.response_complete
        now = (self.cycle, is_closing)
        if now == self._seen and (is_closing or not is_answering):
            self.transport.abort()
            return
        self._seen = now
        self._tick = self.loop.call_later(self.patience_s, self._look)


def _bounded_by(patience_s: float, most_connections: int) -> type[H11Protocol]:
    return type("Bounded", (_Patient,), {"patience_s": patience_s, "most_connections": most_connections})
