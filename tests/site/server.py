"""A web of our own on loopback: many names, one http and one TLS port, each URL answered as its case says.

Names are told by the Host header and by SNI, so that URLs can have ordinary hosts and ports; the wire
that asks maps the URLs' ports to the real ones (tests/site/dialling.py). Nothing here depends on what
asks: the answers are bytes on real sockets.
"""

import asyncio
import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import trustme

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came; `path` has its query, `nth` counts the requests for this URL from 1."""

    method: str
    url: str
    path: str
    headers: Mapping[str, str]
    nth: int


@dataclass(frozen=True, slots=True)
class Reply:
    """An ordinary answer; its Content-Length is added, and the body is left out for HEAD."""

    status: int = 200
    body: bytes = b""
    content_type: str | None = HTML
    headers: tuple[tuple[str, str], ...] = ()
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes as they are, piece by piece, and then the end of the connection, or nothing more."""

    pieces: tuple[bytes, ...] = ()
    end: Literal["close", "cut", "reset", "silence", "stay"] = "close"
    pause_s: float = 0.0


Answer = Reply | Raw | Callable[[Asked], Reply | Raw]


@dataclass(frozen=True, slots=True)
class Turns:
    """Answers in turn, the last for ever; `head` is the answer to HEAD where that is another."""

    answers: tuple[Answer, ...]
    head: Answer | None = None


def turns(*answers: Answer, head: Answer | None = None) -> Turns:
    """The answers to the first request, to the second, ...; the last one stays."""
    return Turns(answers, head)


Script = Answer | Turns
Fault = Literal["expired", "other name", "self-signed", "unknown authority", "refuses"]

# How long connections have to end once the web is taken down, and how long TLS has for its goodbye.
_GOODBYE_S = 10.0
_MOMENT_S = 0.1

# What a URL's port stands for; the other ports of the table are special.
HTTP_PORTS = (80, 8080, 8443)
TLS_PORTS = (443,)
CLOSED_PORT = 8081
FULL_PORT = 8082

# The first byte of a connection that speaks TLS (RFC 8446, 5.1), and what a server says that does not.
_TLS_HANDSHAKE = b"\x16"
_NOT_HTTP = Reply(400, b"<title>400 Bad Request</title>")

_NOT_FOUND = Reply(404, b"<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>")


class Site:
    """The web while it is served; `asked` and `asked_by_head` count requests by URL."""

    def __init__(self, scripts: Mapping[str, Script], faults: Mapping[str, Fault], address: str) -> None:
        self.scripts = scripts
        self.address = address
        self.ports: dict[int, int] = {}
        """The real port of each port that URLs have."""
        self.authority = trustme.CA()
        self.asked: Counter[str] = Counter()
        self.asked_by_head: Counter[str] = Counter()
        self.errors: list[str] = []
        """What went wrong in here, which no test expects."""
        self._nth: Counter[str] = Counter()
        self._tls = self._tls_context(faults)

    @property
    def hosts(self) -> frozenset[str]:
        """The names that are served."""
        return frozenset(_host_of(url) for url in self.scripts)

    def ask_anew(self) -> None:
        """Start every script from its first answer again."""
        self._nth.clear()

    # TLS

    def _tls_context(self, faults: Mapping[str, Fault]) -> ssl.SSLContext:
        secure = sorted({_host_of(url) for url in self.scripts if url.startswith("https:")})
        usual = _serving(self.authority.issue_cert(*(name for name in secure if name not in faults), "tls.test"))
        faulty = {name: self._faulty(name, fault) for name, fault in faults.items() if fault != "refuses"}

        def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
            if name is not None and faults.get(name) == "refuses":
                return int(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
            if name in faulty:
                connection.context = faulty[name]
            return None

        usual.sni_callback = choose
        return usual

    def _faulty(self, name: str, fault: Fault) -> ssl.SSLContext:
        match fault:
            case "expired":
                return _serving(self.authority.issue_cert(name, not_after=datetime(2025, 1, 1, tzinfo=UTC)))
            case "other name":
                return _serving(self.authority.issue_cert("shared-hosting.test"))
            case "unknown authority":
                return _serving(trustme.CA().issue_cert(name))
            case _:
                own = trustme.CA()
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                with own.cert_pem.tempfile() as certificate, own.private_key_pem.tempfile() as key:
                    context.load_cert_chain(certificate, key)
                return context

    # Answering

    async def connected(self, scheme: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            with suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ssl.SSLError):
                going_on = True
                while going_on:
                    first = await reader.readexactly(1)
                    if first == _TLS_HANDSHAKE:
                        writer.write(_encoded(_NOT_HTTP, "GET"))
                        await writer.drain()
                        break
                    going_on = await self._answer(scheme, first + await reader.readuntil(b"\r\n\r\n"), reader, writer)
        except asyncio.CancelledError:
            pass
        except Exception as error:  # noqa: BLE001 - told by the test
            self.errors.append(repr(error))
        finally:
            writer.transport.abort()

    async def _answer(
        self, scheme: str, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        asked = self._asked(scheme, head)
        answer = self._script(asked)
        if callable(answer):
            answer = answer(asked)
        if isinstance(answer, Raw):
            return await _say(answer, reader, writer)
        await asyncio.sleep(answer.after_s)
        writer.write(_encoded(answer, asked.method))
        await writer.drain()
        return True

    def _asked(self, scheme: str, head: bytes) -> Asked:
        first, *rest = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
        url = f"{scheme}://{headers.get('host', '')}{path}"
        self.asked[url] += 1
        self.asked_by_head[url] += method == "HEAD"
        self._nth[url] += 1
        return Asked(method, url, path, headers, self._nth[url])

    def _script(self, asked: Asked) -> Answer:
        origin = asked.url.removesuffix(asked.path)
        script = self.scripts.get(asked.url) or self.scripts.get(f"{origin}/*") or _NOT_FOUND
        if not isinstance(script, Turns):
            return script
        if asked.method == "HEAD" and script.head is not None:
            return script.head
        return script.answers[min(asked.nth, len(script.answers)) - 1]

    async def serve(self, open_to: Mapping[int, socket.socket], ready: Callable[[], None], end: asyncio.Event) -> None:
        """Serve these listening sockets, by the ports that URLs have, until the end is told."""
        servers = []
        for port, listening in open_to.items():
            scheme = "https" if port in TLS_PORTS else "http"

            async def connected(
                reader: asyncio.StreamReader, writer: asyncio.StreamWriter, scheme: str = scheme
            ) -> None:
                await self.connected(scheme, reader, writer)

            tls = self._tls if scheme == "https" else None
            goodbye_s = _MOMENT_S if tls is not None else None
            server = await asyncio.start_server(connected, sock=listening, ssl=tls, ssl_shutdown_timeout=goodbye_s)
            servers.append(server)
        ready()
        await end.wait()
        for server in servers:
            server.close()
        # Whoever asked is gone, so that every connection ends by itself, one that is still shaking hands as well.
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if left:
            _, left = await asyncio.wait(left, timeout=_GOODBYE_S)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await asyncio.sleep(_MOMENT_S)


@contextmanager
def serving(
    scripts: Mapping[str, Script],
    faults: Mapping[str, Fault],
    address: str = "127.0.0.1",
    *,
    own_ports: bool = False,
) -> Iterator[Site]:
    """The web served by a thread of its own; with `own_ports` its real ports are those that URLs have.

    Raises OSError where such a port may not be bound.
    """
    site = Site(scripts, faults, address)
    with ExitStack() as stack:
        listening = {port: stack.enter_context(_bound(address, port if own_ports else 0)) for port in HTTP_PORTS}
        listening |= {port: stack.enter_context(_bound(address, port if own_ports else 0)) for port in TLS_PORTS}
        closed = stack.enter_context(_bound(address, CLOSED_PORT if own_ports else 0))
        full = stack.enter_context(_bound(address, FULL_PORT if own_ports else 0))
        # With its queue full, the system lets further connections wait without a word.
        full.listen(0)
        for _ in range(2):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        everything = {**listening, CLOSED_PORT: closed, FULL_PORT: full}
        site.ports = {port: bound.getsockname()[1] for port, bound in everything.items()}
        stack.enter_context(_running(site, listening))
        yield site


def _bound(address: str, port: int) -> socket.socket:
    bound = socket.socket()
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((address, port))
    except OSError:
        bound.close()
        raise
    return bound


@contextmanager
def _running(site: Site, listening: Mapping[int, socket.socket]) -> Iterator[None]:
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    end = asyncio.Event()
    thread = threading.Thread(
        target=loop.run_until_complete, args=(site.serve(listening, ready.set, end),), name="the web", daemon=True
    )
    thread.start()
    assert ready.wait(60)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _serving(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def _encoded(reply: Reply, method: str) -> bytes:
    body = reply.body
    lines = [f"HTTP/1.1 {reply.status} Answer", "Server: nginx", f"Content-Length: {len(body)}"]
    if reply.status in {204, 304}:
        body = b""
        del lines[-1]
    if reply.content_type is not None:
        lines.append(f"Content-Type: {reply.content_type}")
    lines += [f"{name}: {value}" for name, value in reply.headers]
    # Header values are bytes; those of this site are UTF-8 where they are not ASCII.
    return "\r\n".join([*lines, "", ""]).encode() + (b"" if method == "HEAD" else body)


async def _say(answer: Raw, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    for number, piece in enumerate(answer.pieces):
        if number:
            await asyncio.sleep(answer.pause_s)
        writer.write(piece)
        await writer.drain()
    match answer.end:
        case "stay":
            return True
        case "reset":
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        case "silence":
            await reader.read()
        case "cut":
            pass  # no goodbye: TLS is not told, TCP is
        case "close":
            if writer.can_write_eof():
                with suppress(OSError):  # whoever asked is gone already
                    writer.write_eof()
            else:
                writer.close()
            # The other side reads to the end before the connection is gone.
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(), 0.2)
    return False


def _host_of(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].partition(":")[0]


def chunked(*chunks: bytes) -> bytes:
    """A body in the chunked coding (RFC 9112, 7.1)."""
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def head(status_line: str, headers: Iterable[tuple[str, str]] = (("Content-Type", HTML),)) -> bytes:
    """The bytes of a status line and headers, as they are."""
    return "\r\n".join([status_line, *(f"{name}: {value}" for name, value in headers), "", ""]).encode()
