"""The Wire over libcurl: one multi handle on the event loop, our own names and our own door to the socket."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple

import certifi
import pycurl

from feedbot.core.address import Network, why_not_public
from feedbot.core.observation import Failure, FailureKind, Phases
from feedbot.core.url import UrlParts, split_url
from feedbot.wire.curl_failures import TIMED_OUT, failure_of_curl, shortened
from feedbot.wire.failures import failure_of
from feedbot.wire.headers import plain_headers
from feedbot.wire.resolver import Addresses, Resolver, literal_address
from feedbot.wire.vetting import vetted
from feedbot.wire.wire import Request, Response, WireLimits

# Connections that wait for their host's next link. Too few, and hosts that take turns lose theirs
# between two links; each costs some 40 kB where it speaks TLS.
KEPT_CONNECTIONS = 256
_KEEPALIVE_S = 10

OpenSocket = Callable[[str, int, int, int], socket.socket]
"""A socket for an address that was vetted, by family, type and protocol; OSError where there is none."""

_VERSIONS = {
    pycurl.CURL_HTTP_VERSION_1_0: "HTTP/1.0",
    pycurl.CURL_HTTP_VERSION_1_1: "HTTP/1.1",
    pycurl.CURL_HTTP_VERSION_2_0: "HTTP/2",
}


class CurlWire:
    """Exchanges over HTTP/1.1, as many at once as are asked for; kept connections serve their own name only.

    libcurl is given vetted addresses and looks up no name, follows nothing, reads no environment and
    decodes nothing. Limits hold as follows:

    - the deadline starts when the name is resolved, and covers all else;
    - a header block over `max_header_bytes`, interim answers included, is PROTOCOL;
    - a body is cut at `max_body_bytes`, which is no failure;
    - a body that breaks off, is garbage or outlasts the deadline is a failure (RESET, PROTOCOL,
      TIMEOUT) of a 2xx; any other status has said what it had to say and counts as answered;
    - a kept connection that the server closed meanwhile is replaced once (libcurl does so itself).

    To be used from one event loop.
    """

    def __init__(
        self,
        resolver: Resolver,
        limits: WireLimits | None = None,
        allowed: Sequence[Network] = (),
        ca_bundle: Path | str | None = None,
        connections: int = KEPT_CONNECTIONS,
        open_socket: OpenSocket | None = None,
    ) -> None:
        self._resolver = resolver
        self.limits = limits or WireLimits()
        self.allowed = tuple(allowed)
        self.open_socket = open_socket or _open_socket
        self._ca_bundle = str(ca_bundle or certifi.where())
        self._vetted: dict[Addresses, tuple[str, ...] | Failure] = {}
        self._idle: list[_Transfer] = []
        self._running = 0
        self._timer: asyncio.TimerHandle | asyncio.Handle | None = None
        self._watched: dict[int, int] = {}
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
            parts = split_url(request.url)
            found = await self._resolver.resolve(parts.host)
            if isinstance(found, Failure):
                return found
            addresses = self._vetted.get(found)
            if addresses is None:
                addresses = self._vetted[found] = vetted(found, self.allowed)
            if isinstance(addresses, Failure):
                return addresses
            return await self._carry_out(request, parts, addresses)
        except Exception as error:  # noqa: BLE001 - the edge of the room: every exception becomes a value
            return failure_of(error)

    async def aclose(self) -> None:
        """Close every connection."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for transfer in self._idle:
            transfer.curl.close()
        self._idle.clear()
        self._multi.close()
        for fd in tuple(self._watched):
            self._unwatch(fd)

    async def _carry_out(self, request: Request, parts: UrlParts, addresses: tuple[str, ...]) -> Response | Failure:
        loop = self._loop = asyncio.get_running_loop()
        transfer = self._idle.pop() if self._idle else _Transfer(self, self._ca_bundle)
        transfer.prepare(request, parts, addresses, loop.create_future())
        self._running += 1
        self._multi.add_handle(transfer.curl)
        try:
            end = await transfer.done
        except asyncio.CancelledError:
            if not transfer.done.done() or transfer.done.cancelled():
                self._running -= 1
                self._multi.remove_handle(transfer.curl)
            self._idle.append(transfer)
            raise
        answer = transfer.answer(end)
        self._idle.append(transfer)
        return answer

    # Between libcurl and the event loop. None of its functions may be called from inside its callbacks.

    def _watch(self, event: int, fd: int, _multi: Any, _data: Any) -> None:
        assert self._loop is not None
        if event == pycurl.POLL_REMOVE:
            self._unwatch(fd)
            return
        before = self._watched.get(fd, 0)
        wanted = (event & pycurl.POLL_IN and 1) | (event & pycurl.POLL_OUT and 2)
        if wanted & ~before & 1:
            self._loop.add_reader(fd, self._ready, fd, pycurl.CSELECT_IN)
        if wanted & ~before & 2:
            self._loop.add_writer(fd, self._ready, fd, pycurl.CSELECT_OUT)
        if before & ~wanted & 1:
            self._loop.remove_reader(fd)
        if before & ~wanted & 2:
            self._loop.remove_writer(fd)
        self._watched[fd] = wanted

    def _unwatch(self, fd: int) -> None:
        watched = self._watched.pop(fd, 0)
        if self._loop is None or self._loop.is_closed():
            return
        if watched & 1:
            self._loop.remove_reader(fd)
        if watched & 2:
            self._loop.remove_writer(fd)

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
        self._act(pycurl.SOCKET_TIMEOUT, 0)

    def _ready(self, fd: int, bits: int) -> None:
        self._act(fd, bits)

    def _act(self, fd: int, bits: int) -> None:
        _, running = self._multi.socket_action(fd, bits)
        if running == self._running:
            return
        more = 1
        while more:
            more, finished, failed = self._multi.info_read()
            for curl in finished:
                self._finish(curl, _OK)
            for curl, code, text in failed:
                self._finish(curl, _End(code, text))

    def _finish(self, curl: Any, end: "_End") -> None:
        self._running -= 1
        self._multi.remove_handle(curl)
        done = curl.transfer.done
        if not done.done():
            done.set_result(end)


class _End(NamedTuple):
    """libcurl's exit code of a transfer and its text."""

    code: int
    text: str


_OK = _End(0, "")


class _Transfer:
    """An easy handle and what its callbacks have gathered for the exchange under way; used again and again."""

    def __init__(self, wire: CurlWire, ca_bundle: str) -> None:
        self.wire = wire
        self.limits = wire.limits
        self.done: asyncio.Future[_End]
        self.is_https = False
        self.is_literal = False
        self.deadline_s = 0.0
        self.method = ""
        self.headers: tuple[tuple[str, str], ...] | None = None
        self.refused: str | None = None
        self.looked_up = False
        self.too_long = False
        self.is_cut = False
        self.head_bytes = 0
        self.head_done = False
        self.lines: list[bytes] = []
        self.body = bytearray()
        curl = self.curl = pycurl.Curl()
        curl.transfer = self
        for option, value in (
            (pycurl.NOSIGNAL, 1),
            (pycurl.PROXY, ""),  # not None: an empty one keeps the environment's away
            (pycurl.NOPROXY, "*"),
            (pycurl.NETRC, pycurl.NETRC_IGNORED),
            (pycurl.FOLLOWLOCATION, 0),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.HTTP09_ALLOWED, 0),
            (pycurl.HTTP_CONTENT_DECODING, 0),
            (pycurl.PATH_AS_IS, 1),
            (pycurl.TCP_NODELAY, 1),
            (pycurl.MAXAGE_CONN, _KEEPALIVE_S),
            (pycurl.CONNECTTIMEOUT_MS, round(self.limits.connect_timeout_s * 1000)),
            (pycurl.CAINFO, ca_bundle),
            (pycurl.SSL_VERIFYPEER, 1),
            (pycurl.SSL_VERIFYHOST, 2),
            (pycurl.SSL_SESSIONID_CACHE, 0),
            (pycurl.OPT_CERTINFO, 1),
            (pycurl.OPENSOCKETFUNCTION, self._open_socket),
            (pycurl.RESOLVER_START_FUNCTION, self._look_up),
            (pycurl.HEADERFUNCTION, self._take_header),
            (pycurl.WRITEFUNCTION, self._take_body),
        ):
            curl.setopt(option, value)

    def prepare(
        self, request: Request, parts: UrlParts, addresses: tuple[str, ...], done: "asyncio.Future[_End]"
    ) -> None:
        """Make ready for one exchange."""
        curl, limits = self.curl, self.limits
        self.done = done
        self.refused = None
        self.looked_up = self.too_long = self.is_cut = self.head_done = False
        self.head_bytes = 0
        self.lines = []
        self.body = bytearray()
        self.is_https = parts.scheme == "https"
        asked_s = request.timeout_s
        deadline_s = limits.exchange_timeout_s if asked_s is None else min(asked_s, limits.exchange_timeout_s)
        if deadline_s != self.deadline_s:
            self.deadline_s = deadline_s
            # 0 would be no limit at all.
            curl.setopt(pycurl.TIMEOUT_MS, max(1, round(deadline_s * 1000)))
        if request.method != self.method:
            self.method = request.method
            curl.setopt(pycurl.NOBODY, 1 if request.method == "HEAD" else 0)
            if request.method == "GET":
                curl.setopt(pycurl.HTTPGET, 1)
        if request.headers is not self.headers:
            self.headers = request.headers
            curl.setopt(pycurl.HTTPHEADER, _header_lines(request.headers))
        curl.setopt(pycurl.URL, request.url)
        # The target as ada wrote it, not as libcurl's own parser would.
        curl.setopt(pycurl.REQUEST_TARGET, parts.path)
        self.is_literal = literal_address(parts.host) is not None
        if not self.is_literal:
            told = ",".join(f"[{address}]" if ":" in address else address for address in addresses)
            # The sign keeps a name's own from being read as one: -a.example would take a.example away.
            curl.setopt(pycurl.RESOLVE, [f"+{parts.host}:{parts.port}:{told}"])

    def answer(self, end: _End) -> Response | Failure:
        """What the exchange came to, once libcurl is done with it."""
        curl = self.curl
        status = curl.getinfo(pycurl.RESPONSE_CODE) if self.head_done else 0
        if end.code and not self.is_cut:
            failure = self._failure(end)
            # What broke off after a code that is no success takes nothing from what the code has said; an
            # interim answer (1xx) has said nothing yet.
            if status < 300:
                return failure
        return Response(
            status=status,
            headers=plain_headers(_split(line) for line in self.lines),
            body=bytes(self.body),
            peer=curl.getinfo(pycurl.PRIMARY_IP) or None,
            http_version=_VERSIONS.get(curl.getinfo(pycurl.INFO_HTTP_VERSION), "HTTP"),
            elapsed_ms=curl.getinfo(pycurl.TOTAL_TIME_T) // 1000,
            phases=self._phases(),
            certificate_expires_at=self._certificate_expires_at(),
        )

    def _failure(self, end: _End) -> Failure:
        curl = self.curl
        if self.refused is not None:
            return Failure(FailureKind.POLICY_ADDRESS, self.refused)
        if self.looked_up:
            return Failure(FailureKind.OURSELVES, "libcurl was about to look a name up by itself")
        if self.too_long:
            return Failure(
                FailureKind.PROTOCOL, f"not HTTP: more than {self.limits.max_header_bytes:,} bytes of headers"
            )
        connected = curl.getinfo(pycurl.APPCONNECT_TIME_T if self.is_https else pycurl.CONNECT_TIME_T) > 0
        if end.code == TIMED_OUT and connected:
            failure = Failure(FailureKind.TIMEOUT, f"no full answer in {self.deadline_s:g} s")
        else:
            failure = failure_of_curl(
                end.code,
                end.text,
                os_errno=curl.getinfo(pycurl.OS_ERRNO),
                verify_result=curl.getinfo(pycurl.SSL_VERIFYRESULT) if self.is_https else 0,
                connected=connected or curl.getinfo(pycurl.CONNECT_TIME_T) > 0,
            )
        peer = curl.getinfo(pycurl.PRIMARY_IP)
        return Failure(failure.kind, shortened(f"{peer}: {failure.text}")) if peer else failure

    def _phases(self) -> Phases:
        """From libcurl's running times, which count microseconds from the start."""
        get = self.curl.getinfo
        connected, secured = get(pycurl.CONNECT_TIME_T), get(pycurl.APPCONNECT_TIME_T)
        ready = max(connected, secured)
        return Phases(
            connect=connected // 1000,
            tls=max(0, secured - connected) // 1000,
            first_byte=max(0, get(pycurl.STARTTRANSFER_TIME_T) - ready) // 1000,
        )

    def _certificate_expires_at(self) -> str | None:
        curl = self.curl
        if not self.is_https or not curl.getinfo(pycurl.NUM_CONNECTS):
            return None
        try:
            server = dict(curl.getinfo(pycurl.INFO_CERTINFO)[0])
            return parsedate_to_datetime(server["Expire date"]).astimezone(UTC).isoformat()
        except (LookupError, ValueError, TypeError):
            return None

    # Called by libcurl. An exception in here would be printed and lost; none of this raises.

    def _open_socket(self, _purpose: int, address: Any) -> Any:
        """The last check: a socket for this address, or none, whatever led here."""
        host = str(address.addr[0])
        why = why_not_public(host, self.wire.allowed)
        if why is not None:
            self.refused = why
            return pycurl.SOCKET_BAD
        try:
            return self.wire.open_socket(host, address.family, address.socktype, address.protocol)
        except OSError:
            return pycurl.SOCKET_BAD

    def _look_up(self, *_: Any) -> int:
        # An address is its own answer; that it is public was looked at before and is looked at again.
        self.looked_up = not self.is_literal
        return int(self.looked_up)

    def _take_header(self, line: bytes) -> int | None:
        self.head_bytes += len(line)
        if self.head_bytes > self.limits.max_header_bytes:
            self.too_long = True
            return -1
        if line.startswith(b"HTTP/"):
            # Of an interim answer (1xx), or of the final one: what came before it does not count.
            self.lines = []
            self.head_done = False
        elif line in (b"\r\n", b"\n"):
            self.head_done = True
        else:
            self.lines.append(line)
        return None

    def _take_body(self, chunk: bytes) -> int | None:
        room = self.limits.max_body_bytes - len(self.body)
        if len(chunk) > room:
            self.body += chunk[:room]
            self.is_cut = True
            return -1
        self.body += chunk
        return None


class _LentSocket(socket.socket):
    """A socket whose descriptor libcurl copies; ours is closed as soon as it is let go."""

    def __del__(self) -> None:
        self.close()


def _open_socket(_address: str, family: int, kind: int, protocol: int) -> socket.socket:
    return _LentSocket(family, kind, protocol)


def _header_lines(headers: tuple[tuple[str, str], ...]) -> list[str]:
    lines = [f"{name}: {value}" for name, value in headers]
    given = {name.lower() for name, _ in headers}
    # A name without a value keeps libcurl from sending its own.
    return lines + [f"{name}:" for name in ("User-Agent", "Accept") if name.lower() not in given]


def _split(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode("latin-1").partition(":")
    return name.strip().lower(), value.strip()
