"""One exchange on an easy handle of libcurl: its options, what its callbacks gather, what it comes to."""

import asyncio
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

import pycurl

from feedbot.core.address import Network, why_not_public
from feedbot.core.observation import Failure, FailureKind, Phases
from feedbot.core.proxy import Proxy
from feedbot.core.url import UrlParts
from feedbot.wire.certificate import certificate_date
from feedbot.wire.curl_failures import TIMED_OUT, failure_of_curl
from feedbot.wire.failures import failure_of, shortened
from feedbot.wire.headers import plain_headers
from feedbot.wire.peers import WANTS_CREDENTIALS, proxy_failure, proxy_refusal
from feedbot.wire.resolver import Addresses
from feedbot.wire.wire import Request, Response, WireLimits

End = Failure | tuple[int, str]
"""libcurl's exit code of a transfer and its text; a Failure where it was ended before."""

OpenSocket = Callable[[str, int, int, int], socket.socket]
"""A socket for an address that was vetted, by family, type and protocol; OSError where there is none."""

_VERSIONS = {
    pycurl.CURL_HTTP_VERSION_1_0: "HTTP/1.0",
    pycurl.CURL_HTTP_VERSION_1_1: "HTTP/1.1",
    pycurl.CURL_HTTP_VERSION_2_0: "HTTP/2",
}

# What a kept connection may bring through no fault of this exchange: bytes that the answer before it
# had too many of, which now stand where a status line should. (One that was closed libcurl replaces.)
_LEFT_OVER = frozenset({FailureKind.RESET, FailureKind.PROTOCOL})


# libcurl reads more than these, each in its way (RFC 9112, 4: three digits).
_STATUS_LINE = re.compile(rb"HTTP/1\.[0-9] ([1-9][0-9][0-9])(?![0-9])")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")


class Transfer:
    """An easy handle, used for one exchange after another."""

    def __init__(
        self,
        limits: WireLimits,
        allowed: tuple[Network, ...],
        ca_bundle: str,
        open_socket: OpenSocket,
        proxy: Proxy | None = None,
    ) -> None:
        self.done: asyncio.Future[End]
        self._limits = limits
        self._allowed = allowed
        self._socket_for = open_socket
        self._proxy = proxy
        self._peers: Addresses = ()
        # What the handle is set to.
        self._is_https = False
        self._is_fresh = False
        self._deadline_s = 0.0
        self._timeout_s = -1.0
        self._method = ""
        self._headers: tuple[tuple[str, str], ...] | None = None
        self._forget()
        curl = self.curl = pycurl.Curl()
        curl.transfer = self
        for option, value in (
            (pycurl.NOSIGNAL, 1),
            (pycurl.PROXY, proxy.url if proxy else ""),  # not None: an empty one keeps the environment's away
            (pycurl.NOPROXY, ""),
            (pycurl.NETRC, pycurl.NETRC_IGNORED),
            (pycurl.FOLLOWLOCATION, 0),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.HTTP09_ALLOWED, 0),
            (pycurl.TCP_NODELAY, 1),
            (pycurl.MAXAGE_CONN, limits.keepalive_s),
            (pycurl.CONNECTTIMEOUT_MS, _milliseconds(limits.connect_timeout_s)),
            (pycurl.CAINFO, ca_bundle),
            (pycurl.CAPATH, None),  # Debian's libcurl would trust a folder as well
            (pycurl.SSL_VERIFYPEER, 1),
            (pycurl.SSL_VERIFYHOST, 2),
            (pycurl.SSL_SESSIONID_CACHE, 0),  # a session that is taken up again shows no certificate
            (pycurl.OPT_CERTINFO, 1),
            (pycurl.OPENSOCKETFUNCTION, self._open_socket),
            (pycurl.RESOLVER_START_FUNCTION, self._look_up),
            (pycurl.HEADERFUNCTION, self._take_header),
            (pycurl.WRITEFUNCTION, self._take_body),
        ):
            curl.setopt(option, value)
        # A hybrid share (ML-KEM) would cost a sixth of a request, for what is public anyway. libcurl over another
        # library than OpenSSL may not know how to choose.
        with suppress(pycurl.error):
            curl.setopt(pycurl.SSL_EC_CURVES, "X25519:P-256:P-384:P-521")
        if proxy is not None:
            # What libcurl would tell a proxy of itself.
            curl.setopt(pycurl.PROXYHEADER, ["User-Agent:", "Proxy-Connection:"])
            curl.setopt(pycurl.HEADEROPT, pycurl.HEADER_SEPARATE)
            curl.setopt(pycurl.PREREQFUNCTION, self._about_to_ask)
            if proxy.credentials is not None:
                curl.setopt(pycurl.PROXYUSERNAME, proxy.credentials[0])
                curl.setopt(pycurl.PROXYPASSWORD, proxy.credentials[1])

    def _forget(self) -> None:
        """Nothing is known of the exchange yet."""
        self._is_asked = self._proxy is None
        self._tried: str | None = None
        self._refused: str | None = None
        self._no_socket: OSError | None = None
        self._looked_up = False
        self._not_http: str | None = None
        self._is_cut = False
        self._head_bytes = 0
        self._in_head = False
        self._is_interim = False
        self._has_head = False
        self._lines: list[bytes] = []
        self._body = bytearray()

    def prepare(self, request: Request, parts: UrlParts, peers: Addresses) -> None:
        """Make ready for one exchange; a socket may be opened to `peers` only."""
        curl = self.curl
        self._forget()
        self._peers = peers
        self._is_https = parts.scheme == "https"
        self._deadline_s = self._limits.deadline_s(request)
        self._set_timeout(self._deadline_s)
        if self._is_fresh:
            self._is_fresh = False
            curl.setopt(pycurl.FRESH_CONNECT, 0)
        if request.method != self._method:
            curl.setopt(pycurl.NOBODY, 1 if request.method == "HEAD" else 0)
            if request.method == "GET":
                curl.setopt(pycurl.HTTPGET, 1)
            self._method = request.method
        if request.method == "POST":
            # Also makes it a POST; pycurl keeps the bytes.
            curl.setopt(pycurl.POSTFIELDS, request.body)
        if request.headers is not self._headers:
            curl.setopt(pycurl.HTTPHEADER, _header_lines(request.headers))
            self._headers = request.headers
        # No more of the URL than ada's reading, lest libcurl's parser finds another host.
        curl.setopt(pycurl.URL, f"{parts.scheme}://{parts.host}:{parts.port}/")
        told = ",".join(f"[{address}]" if ":" in address else address for address in peers)
        if self._proxy is None:
            curl.setopt(pycurl.REQUEST_TARGET, parts.path)
            host, port = parts.host, parts.port
        else:
            # RFC 9112, 3.2.2: a proxy is told the whole URL. To the proxy, connections of two names are
            # alike to libcurl; not so here.
            target = parts.path if self._is_https else f"http://{parts.authority}{parts.path}"
            curl.setopt(pycurl.REQUEST_TARGET, target)
            curl.setopt(pycurl.FORBID_REUSE, 0 if self._is_https else 1)
            host, port = self._proxy.host, self._proxy.port
        # The plus lets libcurl forget it in a minute, and lets a name begin with a hyphen.
        curl.setopt(pycurl.RESOLVE, [f"+{name}:{port}:{told}" for name in _spellings(host)])

    def prepare_again(self) -> None:
        """Make ready for the same exchange on a connection of its own, in the time that is left."""
        self._forget()
        self._set_timeout(self._deadline_s - self.curl.getinfo(pycurl.TOTAL_TIME))
        self._is_fresh = True
        self.curl.setopt(pycurl.FRESH_CONNECT, 1)

    def _set_timeout(self, seconds: float) -> None:
        if seconds != self._timeout_s:
            self.curl.setopt(pycurl.TIMEOUT_MS, _milliseconds(seconds))
            self._timeout_s = seconds

    def met_left_over(self, answer: Response | Failure) -> bool:
        """True where a kept connection brought no answer: what came may be of an earlier exchange."""
        return isinstance(answer, Failure) and answer.kind in _LEFT_OVER and not self._has_head and self._tried is None

    def answer(self, end: End, resolve_s: float) -> Response | Failure:
        """What the exchange came to, once libcurl is done with it."""
        if isinstance(end, Failure):
            return end
        curl = self.curl
        code, text = end
        status = curl.getinfo(pycurl.RESPONSE_CODE) if self._has_head else 0
        if (code or not status) and not self._is_cut:
            failure = self._failure(code, text)
            # What broke off after a code that is no success takes nothing from what the code has said.
            if not status or 200 <= status < 300:
                return failure
        if self._proxy is not None and not self._is_https and status == WANTS_CREDENTIALS:
            return proxy_refusal(status)
        headers = plain_headers(_split(line) for line in self._lines)
        if isinstance(headers, Failure):
            return self._named(headers)
        body, self._body = bytes(self._body), bytearray()
        return Response(
            status=status,
            headers=headers,
            body=body,
            peer=curl.getinfo(pycurl.PRIMARY_IP) or None,
            http_version=_VERSIONS.get(curl.getinfo(pycurl.INFO_HTTP_VERSION), "HTTP"),
            elapsed_ms=curl.getinfo(pycurl.TOTAL_TIME_T) // 1000,
            phases=self._phases(resolve_s),
            certificate_expires_at=self._certificate_expires_at(),
        )

    def _failure(self, code: int, text: str) -> Failure:
        curl = self.curl
        if self._refused is not None:
            return Failure(FailureKind.POLICY_ADDRESS, self._refused)
        if self._looked_up:
            return Failure(FailureKind.OURSELVES, "libcurl was about to look a name up by itself")
        if self._not_http is not None:
            failure = Failure(FailureKind.PROTOCOL, f"not HTTP: {self._not_http}")
        elif code == TIMED_OUT:
            failure = self._late()
        elif not code:
            # To libcurl, what came before the end of the headers is the answer.
            failure = Failure(FailureKind.RESET, "closed the connection before the end of the headers")
        else:
            failure = failure_of_curl(
                code,
                text,
                os_errno=curl.getinfo(pycurl.OS_ERRNO),
                verify_result=curl.getinfo(pycurl.SSL_VERIFYRESULT) if self._is_https else 0,
            )
        if self._no_socket is not None and failure.kind is FailureKind.CONNECT_UNREACHABLE:
            failure = failure_of(self._no_socket)
        if not self._is_asked:
            status = curl.getinfo(pycurl.HTTP_CONNECTCODE)
            if status and not 200 <= status < 300:
                return proxy_refusal(status)
            if not status:
                return proxy_failure(self._named(failure))
        return self._named(failure)

    def _named(self, failure: Failure) -> Failure:
        """The failure with the address asked, where there was one."""
        peer = self.curl.getinfo(pycurl.PRIMARY_IP) or self._tried
        return Failure(failure.kind, shortened(f"{peer}: {failure.text}")) if peer else failure

    def _late(self) -> Failure:
        # By the number of connections and not by their time, which older libcurl has at the end of the handshake only.
        stood = self.curl.getinfo(pycurl.NUM_CONNECTS) > 0
        is_tunnelled = self._is_asked or self.curl.getinfo(pycurl.HTTP_CONNECTCODE) > 0
        if self._tried is not None and not (stood and is_tunnelled):
            return Failure(FailureKind.CONNECT_TIMEOUT, "connection timed out")
        if self._tried is not None and self._is_https and not self.curl.getinfo(pycurl.APPCONNECT_TIME_T):
            return Failure(FailureKind.CONNECT_TIMEOUT, "TLS handshake timed out")
        return Failure(FailureKind.TIMEOUT, f"no full answer in {self._deadline_s:g} s")

    def _phases(self, resolve_s: float) -> Phases:
        """From libcurl's running times, which count microseconds from the start."""
        get = self.curl.getinfo
        connected, secured = get(pycurl.CONNECT_TIME_T), get(pycurl.APPCONNECT_TIME_T)
        ready = max(connected, secured)
        return Phases(
            resolve=round(resolve_s * 1000),
            connect=connected // 1000,
            tls=max(0, secured - connected) // 1000,
            first_byte=max(0, get(pycurl.STARTTRANSFER_TIME_T) - ready) // 1000,
        )

    def _certificate_expires_at(self) -> str | None:
        if not self._is_https or not self.curl.getinfo(pycurl.NUM_CONNECTS):
            return None
        chain = self.curl.getinfo(pycurl.INFO_CERTINFO)
        dates = (value for name, value in (chain[0] if chain else ()) if name == "Expire date")
        return certificate_date(next(dates, ""))

    # Called by libcurl. An exception in here would be printed and lost; none of this raises.

    def _open_socket(self, _purpose: int, address: Any) -> int:
        """The last check: a socket for this address, or none, whatever led here."""
        host = str(address.addr[0])
        why = self._why_not(host)
        if why is not None:
            self._refused = why
            return int(pycurl.SOCKET_BAD)
        self._tried = host
        try:
            return self._socket_for(host, address.family, address.socktype, address.protocol).detach()
        except OSError as error:
            self._no_socket = error
            return int(pycurl.SOCKET_BAD)

    def _why_not(self, address: str) -> str | None:
        if self._proxy is None:
            return why_not_public(address, self._allowed)
        is_told = ip_address(address) in map(ip_address, self._peers)
        return None if is_told else f"{address} is not the proxy's"

    def _about_to_ask(self, *_: object) -> int:
        self._is_asked = True
        return int(pycurl.PREREQFUNC_OK)

    def _look_up(self) -> int:
        """Any value but 0 ends the transfer: what is not told by RESOLVE is not to be asked."""
        self._looked_up = True
        return 1

    def _take_header(self, line: bytes) -> int | None:
        self._head_bytes += len(line)
        if self._head_bytes > self._limits.max_header_bytes:
            self._not_http = f"more than {self._limits.max_header_bytes:,} bytes of headers"
            return -1
        if not self._is_asked:
            return None  # what a proxy answers to CONNECT
        if self._has_head:
            return None  # trailers of a chunked body: nobody asks for them
        if not self._in_head:
            # A status line; of an interim answer (1xx) another one follows, and only the last counts.
            status = _STATUS_LINE.match(line)
            if status is None or status[1] == b"101":  # nobody asked for another protocol
                self._not_http = repr(line[:40])
                return -1
            self._in_head = True
            self._is_interim = status[1].startswith(b"1")
            self._lines = []
        elif line in (b"\r\n", b"\n"):
            self._in_head = False
            self._has_head = not self._is_interim
        else:
            self._lines.append(line)
        return None

    def _take_body(self, chunk: bytes) -> int | None:
        limit = self._limits.max_body_bytes
        self._body += chunk[: limit - len(self._body)]
        if len(self._body) >= limit:
            self._is_cut = True
            return -1
        return None


def _spellings(host: str) -> set[str]:
    """How libcurl may write a host: an IPv6 address also in the system's form, where that is no longer."""
    if not host.startswith("["):
        return {host}
    return {host, f"[{socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, host[1:-1]))}]"}


def _milliseconds(seconds: float) -> int:
    """For libcurl, to which 0 would mean no limit at all."""
    return max(1, round(seconds * 1000))


def _header_lines(headers: tuple[tuple[str, str], ...]) -> list[str]:
    """As libcurl takes them; raises ValueError for one that would end before its end (RFC 9110, 5.5 and 5.6.2)."""
    for name, value in headers:
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ValueError(f"header {name!r} cannot be sent")
    # A name with a semicolon has an empty value; with a colon, libcurl leaves out a header of its own.
    lines = [f"{name}: {value}" if value else f"{name};" for name, value in headers]
    given = {name.lower() for name, _ in headers}
    unasked = ("User-Agent", "Accept", "Proxy-Connection", "Content-Type", "Expect")
    return lines + [f"{name}:" for name in unasked if name.lower() not in given]


def _split(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode("latin-1").partition(":")
    return name.strip().lower(), value.strip()
