"""A server on loopback that takes what apprise's json:// and a heartbeat send, and remembers it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.loopback import Quiet, loopback


@dataclass
class Inbox:
    """`host` is where it listens; it answers with `status`."""

    host: str = ""
    status: int = 200
    asked: list[str] = field(default_factory=list)
    messages: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def loopback_inbox() -> Iterator[Inbox]:
    """An inbox that takes everything unless told otherwise."""

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            inbox.asked.append(self.path)
            self._answer()

        def do_POST(self) -> None:
            inbox.messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer()

        def _answer(self) -> None:
            self.send_response(inbox.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with loopback(Handler) as host:
        inbox = Inbox(host)
        yield inbox
