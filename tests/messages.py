"""A server on loopback that takes what apprise's json:// and a heartbeat send, and remembers it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


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

    class Handler(BaseHTTPRequestHandler):
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

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    inbox = Inbox(f"127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield inbox
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
