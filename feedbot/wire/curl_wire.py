"""The Wire over libcurl: one multi handle on the event loop, our own names and our own door to the socket."""

import asyncio
import socket
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import certifi
import pycurl

from feedbot.core.address import Network
from feedbot.core.observation import Failure
from feedbot.core.proxy import Proxy
from feedbot.core.url import UrlParts
from feedbot.wire.curl_transfer import End, OpenSocket, Transfer
from feedbot.wire.failures import failure_of
from feedbot.wire.peers import peers_of
from feedbot.wire.resolver import Addresses, Resolver
from feedbot.wire.wire import CLOSED, Request, Response, WireLimits

# Connections that wait for their host's next link, or are in use. Too few, and hosts that take turns
# lose theirs between two links; each costs some 40 kB where it speaks TLS.
KEPT_CONNECTIONS = 256

_READ, _WRITE = 1, 2
_WANTED = {
    pycurl.POLL_NONE: 0,
    pycurl.POLL_IN: _READ,
    pycurl.POLL_OUT: _WRITE,
    pycurl.POLL_INOUT: _READ | _WRITE,
    pycurl.POLL_REMOVE: 0,
}


class CurlWire:
    """Exchanges over HTTP/1.1, as many at once as are asked for; kept connections serve their own name only.

    libcurl is given vetted addresses and looks up no name, follows nothing, reads no environment and
    decodes nothing. Limits hold as wire.Wire says. To be used from one event loop.
    """

    def __init__(
        self,
        resolver: Resolver,
        limits: WireLimits | None = None,
        allowed: Sequence[Network] = (),
        ca_bundle: Path | str | None = None,
        proxy: Proxy | None = None,
        connections: int = KEPT_CONNECTIONS,
        open_socket: OpenSocket | None = None,
    ) -> None:
        self._resolver = resolver
        self._allowed = tuple(allowed)
        self._proxy = proxy
        self._new_transfer = partial(
            Transfer,
            limits or WireLimits(),
            self._allowed,
            str(ca_bundle or certifi.where()),
            open_socket or _open_socket,
            proxy,
        )
        self._idle: list[Transfer] = []
        self._under_way: set[Transfer] = set()
        self._is_closed = False
        self._timer: asyncio.TimerHandle | asyncio.Handle | None = None
        self._watched: dict[int, int] = {}
        self._trouble: Exception | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._multi.setopt(pycurl.M_MAXCONNECTS, connections)
        self._multi.setopt(pycurl.M_PIPELINING, 0)

    @property
    def most_at_once(self) -> int | None:
        """Exchanges beyond this many wait for a connection; None where none ever does."""
        return None

    async def exchange(self, request: Request) -> Response | Failure:
        """The answer, or why there is none; raises nothing but cancellation."""
        try:
            parts = request.parts()
            asked = time.monotonic()
            peers = await peers_of(parts, self._resolver, self._allowed, self._proxy)
            if isinstance(peers, Failure):
                return peers
            return await self._carry_out(request, parts, peers, time.monotonic() - asked)
        except Exception as error:  # noqa: BLE001 - the edge of the room: every exception becomes a value
            return failure_of(error)

    async def aclose(self) -> None:
        """Close every connection; an exchange under way ends in OURSELVES."""
        self._is_closed = True
        self._end_all(CLOSED)
        for transfer in self._idle:
            transfer.curl.close()
        self._idle.clear()
        self._multi.close()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for fd in tuple(self._watched):
            self._watch_for(fd, 0)

    async def _carry_out(
        self, request: Request, parts: UrlParts, peers: Addresses, resolve_s: float
    ) -> Response | Failure:
        if self._is_closed:
            return CLOSED
        transfer = self._idle.pop() if self._idle else self._new_transfer()
        try:
            transfer.prepare(request, parts, peers)
            answer = transfer.answer(await self._end_of(transfer), resolve_s)
            if transfer.met_left_over(answer):
                transfer.prepare_again()
                answer = transfer.answer(await self._end_of(transfer), resolve_s)
            return answer
        finally:
            self._put_back(transfer)

    async def _end_of(self, transfer: Transfer) -> End:
        self._loop = asyncio.get_running_loop()
        transfer.done = self._loop.create_future()
        self._under_way.add(transfer)
        try:
            self._multi.add_handle(transfer.curl)
            return await transfer.done
        finally:
            self._take_out(transfer)

    def _put_back(self, transfer: Transfer) -> None:
        if self._is_closed:
            transfer.curl.close()
        else:
            self._idle.append(transfer)

    def _take_out(self, transfer: Transfer) -> None:
        """Let libcurl forget a transfer; where it was not done, its connection is closed."""
        if transfer in self._under_way:
            self._under_way.remove(transfer)
            self._multi.remove_handle(transfer.curl)

    def _end_all(self, failure: Failure) -> None:
        for transfer in tuple(self._under_way):
            self._finish(transfer, failure)

    def _finish(self, transfer: Transfer, end: End) -> None:
        self._take_out(transfer)
        # It may have been cancelled, and its task not have run since.
        if not transfer.done.done():
            transfer.done.set_result(end)

    # Between libcurl and the event loop. None of its functions may be called from inside its callbacks.

    def _watch(self, event: int, fd: int, _multi: Any, _data: Any) -> int:
        try:
            self._watch_for(fd, _WANTED[event])
        except Exception as error:  # noqa: BLE001 - raised in here it would be printed and lost
            self._trouble = error
            return -1
        return 0

    def _watch_for(self, fd: int, wanted: int) -> None:
        assert self._loop is not None
        before = self._watched.pop(fd, 0)
        if before & ~wanted & _READ:
            self._loop.remove_reader(fd)
        if before & ~wanted & _WRITE:
            self._loop.remove_writer(fd)
        if wanted & ~before & _READ:
            self._loop.add_reader(fd, self._ready, fd, pycurl.CSELECT_IN)
        if wanted & ~before & _WRITE:
            self._loop.add_writer(fd, self._ready, fd, pycurl.CSELECT_OUT)
        if wanted:
            self._watched[fd] = wanted

    def _set_timer(self, timeout_ms: int) -> None:
        assert self._loop is not None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if timeout_ms == 0:
            self._timer = self._loop.call_soon(self._timed_out)
        elif timeout_ms > 0:
            self._timer = self._loop.call_later(timeout_ms / 1000, self._timed_out)

    def _timed_out(self) -> None:
        self._timer = None
        self._ready(pycurl.SOCKET_TIMEOUT, 0)

    def _ready(self, fd: int, bits: int) -> None:
        try:
            _, running = self._multi.socket_action(fd, bits)
        except pycurl.error as error:
            # libcurl gives up all that is under way where a callback fails; after that it starts anew.
            trouble, self._trouble = self._trouble or error, None
            self._end_all(failure_of(trouble))
            return
        if running == len(self._under_way):
            return
        more = 1
        while more:
            more, finished, failed = self._multi.info_read()
            for curl in finished:
                self._finish(curl.transfer, (0, ""))
            for curl, code, text in failed:
                self._finish(curl.transfer, (code, text))


def _open_socket(_address: str, family: int, kind: int, protocol: int) -> socket.socket:
    return socket.socket(family, kind, protocol)
