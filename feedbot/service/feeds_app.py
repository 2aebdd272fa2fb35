"""The feeds folder as an ASGI application: what any path is answered with.

There is no listing, nothing is served that feedbot does not write for readers, and no answer repeats anything of the
request: redirects lead to places that the config names.
"""

import asyncio
import logging
import re
from email.utils import format_datetime
from urllib.parse import unquote

from starlette.types import Receive, Scope, Send

from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.content_coding import prefers_gzip
from feedbot.core.preconditions import has_it_already
from feedbot.core.url import split_url
from feedbot.publish.ledger import LEDGER_NAME
from feedbot.publish.pages import INDEX_NAME
from feedbot.service.feed_files import FeedFiles, Opened
from feedbot.service.headers import FileHeaders, Headers, plain_headers
from feedbot.service.requests import OTHER, Requests

log = logging.getLogger("feedbot")

SEND_WITHIN_S = 30.0
"""How long a reader may take for the piece before, of 64 KiB: below 2 kB/s nobody is waited for."""

# No dot in front, no separator of any system, no percent sign that somebody could decode once more.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
_MOST_PARTS = 2
_METHODS = ("GET", "HEAD", "OPTIONS")


class FeedsApp:
    """Answers GET, HEAD and OPTIONS for the files of the feeds folder below the path of feeds.url."""

    def __init__(
        self, config: Config, clock: Clock, requests: Requests, *, send_within_s: float = SEND_WITHIN_S
    ) -> None:
        self._files = FeedFiles(config.feeds_path, clock)
        self._headers = FileHeaders(config)
        self._requests = requests
        self._send_within_s = send_within_s
        self._base = split_url(config.feeds.url).path
        self._prefix = unquote(self._base)
        self._leads_to = {old: self._base + feed for old, feed in config.serve.redirects.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        name = path_below(self._prefix, scope["path"])
        answer = _Answer(scope["method"], send, self._send_within_s)
        try:
            if scope["method"] not in _METHODS:
                allowed = ", ".join(_METHODS)
                await answer.whole(405, f"this can be asked with {allowed}\n", [(b"allow", allowed.encode())])
            elif name is None or scope["path"] in self._leads_to:
                await self._elsewhere(scope["path"], answer)
            else:
                await self._file(name, scope, answer)
        except TimeoutError:
            # The rest is never sent: the server closes a connection whose answer ends early.
            log.info("an answer was cut off: nobody took it for %.0f s", self._send_within_s)
        finally:
            self._requests.add(name if name is not None and answer.is_of_file else OTHER, answer.code)

    async def _elsewhere(self, path: str, answer: "_Answer") -> None:
        """What is not below the path of the feeds."""
        if path in self._leads_to:
            await answer.redirect(301, self._leads_to[path])
        elif f"{path}/" == self._prefix:
            await answer.redirect(301, self._base)
        elif path == "/":
            # Not for good: some day there may be something else.
            await answer.redirect(302, self._base)
        else:
            await answer.whole(404, "there is no such file\n")

    async def _file(self, name: str, scope: Scope, answer: "_Answer") -> None:
        content_type = self._headers.type_of(name)
        asked = _asked_headers(scope)
        opened = None
        if content_type is not None:
            wants_gzip = prefers_gzip(asked.get(b"accept-encoding"))
            opened = self._files.open(tuple(name.split("/")), gzip=wants_gzip)
        if opened is None or content_type is None:
            await answer.whole(404, "there is no such file\n")
            return
        answer.is_of_file = True
        try:
            if scope["method"] == "OPTIONS":
                await answer.bare(204, self._headers.of_preflight())
            else:
                headers = [*self._headers.of(name, content_type), *_validators(opened)]
                if has_it_already(
                    opened.etag,
                    opened.modified_at,
                    if_none_match=asked.get(b"if-none-match"),
                    if_modified_since=asked.get(b"if-modified-since"),
                ):
                    await answer.bare(304, headers)
                else:
                    await answer.file(headers, opened)
        finally:
            opened.close()


def path_below(prefix: str, path: str) -> str | None:
    """The path of a file in the folder that is served under `prefix`; None for what can be none.

    `path` is decoded once already. A name begins with an ASCII letter or digit and goes on with those, dots, hyphens
    and underscores, so `..`, hidden files and whatever another layer could still decode or cut are none.
    """
    if not path.startswith(prefix):
        return None
    below = path[len(prefix) :] or INDEX_NAME
    parts = below.split("/")
    if len(parts) > _MOST_PARTS or not all(_NAME.fullmatch(part) for part in parts):
        return None
    # Nothing in the ledger is secret, but no reader has a use for it, and its name looks like that of a feed.
    return None if below.lower() == LEDGER_NAME else below


def _asked_headers(scope: Scope) -> dict[bytes, str]:
    """The headers of the request by name, in lower case; those of one name are one list (RFC 9110, 5.3)."""
    found: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        text = value.decode("latin-1")
        found[name] = f"{found[name]}, {text}" if name in found else text
    return found


def _validators(opened: Opened) -> Headers:
    found = [(b"etag", opened.etag.encode())]
    if opened.modified_at is not None:
        found.append((b"last-modified", format_datetime(opened.modified_at, usegmt=True).encode()))
    if opened.is_gzip:
        found.append((b"content-encoding", b"gzip"))
    return found


class _Answer:
    """The answer to one request, and what is counted of it."""

    def __init__(self, method: str, send: Send, send_within_s: float) -> None:
        self._method = method
        self._send = send
        self._send_within_s = send_within_s
        self.code = 500
        self.is_of_file = False

    async def whole(self, code: int, text: str, more: Headers | None = None) -> None:
        """An answer of a few words."""
        body = text.encode()
        await self._start(code, [*plain_headers(), *(more or []), _length(len(body))])
        await self._body(body)

    async def redirect(self, code: int, path: str) -> None:
        """The way to another path here, without scheme and host: right behind a proxy that speaks TLS too."""
        await self.whole(code, "", [(b"location", path.encode())])

    async def bare(self, code: int, headers: Headers) -> None:
        """An answer that can have no body (RFC 9110, 15.3.5 and 15.4.5)."""
        await self._start(code, headers)
        await self._body(b"")

    async def file(self, headers: Headers, opened: Opened) -> None:
        """The file, piece by piece, so that one reader takes no more memory than a piece."""
        await self._start(200, [*headers, _length(opened.size)])
        if self._method == "HEAD" or opened.size == 0:
            await self._body(b"")
            return
        offset = 0
        # Where somebody cuts the file short in its place, the answer ends early and the connection with it.
        while offset < opened.size and (data := opened.read(offset)):
            offset += len(data)
            await self._body(data, is_last=offset >= opened.size)

    async def _start(self, code: int, headers: Headers) -> None:
        self.code = code
        await self._send({"type": "http.response.start", "status": code, "headers": headers})

    async def _body(self, data: bytes, *, is_last: bool = True) -> None:
        # It returns when what was sent before has been taken.
        async with asyncio.timeout(self._send_within_s):
            await self._send({"type": "http.response.body", "body": data, "more_body": not is_last})


def _length(size: int) -> tuple[bytes, bytes]:
    return (b"content-length", str(size).encode())
