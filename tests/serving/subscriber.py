"""A WebSub subscriber on loopback: it confirms what it asked for, and keeps what it is sent."""

import hashlib
import hmac
import queue
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.loopback import Quiet, loopback

_SECRET = "between the hub and me"
_PATIENCE_S = 60.0


class Subscriber:
    """What it is sent is told apart by the path of its callback, which is the file's name."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.confirmed: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.sent: queue.SimpleQueue[tuple[str, str, bytes]] = queue.SimpleQueue()

    def subscribe(self, hub: str, topic: str) -> None:
        """Ask the hub for a topic, and wait until it has asked back (WebSub, 5.1 and 5.3)."""
        name = topic.rpartition("/")[2]
        form = {
            "hub.mode": "subscribe",
            "hub.topic": topic,
            "hub.callback": f"{self.url}/{name}",
            "hub.secret": _SECRET,
        }
        with urllib.request.urlopen(hub, urlencode(form).encode(), timeout=_PATIENCE_S) as answer:
            assert answer.status == 202
        assert self.confirmed.get(timeout=_PATIENCE_S) == topic

    def next_sent(self, number: int) -> dict[str, bytes]:
        """So many deliveries by the file's name; each is signed (WebSub, 7.1)."""
        found = {}
        for _ in range(number):
            name, signature, body = self.sent.get(timeout=_PATIENCE_S)
            assert signature == "sha512=" + hmac.new(_SECRET.encode(), body, hashlib.sha512).hexdigest()
            assert name not in found
            found[name] = body
        return found


@contextmanager
def loopback_subscriber() -> Iterator[Subscriber]:
    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            self.answer(200, asked["hub.challenge"][0].encode())
            subscriber.confirmed.put(asked["hub.topic"][0])

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(204, b"")
            subscriber.sent.put((self.path.removeprefix("/"), self.headers["X-Hub-Signature"], body))

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

    with loopback(Handler) as host:
        subscriber = Subscriber(f"http://{host}")
        yield subscriber
