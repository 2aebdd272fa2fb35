"""A web archive on loopback: a CDX server as the Wayback Machine's, and replays beside it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from tests.loopback import Quiet, loopback
from tests.publication import Publication

COLUMNS = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
GOOD = b"<title>About one</title><h1>About one</h1><p>The words of the article, as they were."
NOT_FOUND = b"<title>Page not found</title><h1>Page not found</h1><p>Sorry, there is nothing here."

Answer = tuple[int, dict[str, str], bytes]


def answer(status: int, body: bytes = b"", **headers: str) -> Answer:
    return status, {name.replace("_", "-").title(): value for name, value in headers.items()}, body


def table(url: str, stamps: list[str], status: str = "200") -> bytes:
    rows = [["key", stamp, url, "text/html", status, "ABC", "1000"] for stamp in stamps]
    return json.dumps([COLUMNS, *rows] if rows else []).encode()


class Archive:
    """Knows `copies` by page and by when they were taken; `instead` answers its place where it is set."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.copies: dict[str, dict[str, bytes | Answer]] = {}
        self.instead: Callable[[str], Answer | None] = lambda path: None
        self.queries: list[dict[str, str]] = []
        self.shown: list[str] = []
        self.agents: set[str] = set()
        self.may_answer = threading.Event()
        self.may_answer.set()

    @property
    def cdx_url(self) -> str:
        return f"{self.url}/cdx"

    @property
    def replay_url(self) -> str:
        return f"{self.url}/web/"

    def copy(self, url: str, stamp: str) -> str:
        """Where it shows a copy."""
        return f"{self.replay_url}{stamp}/{url}"

    def config(self, **more: object) -> str:
        """The section of a config that asks it."""
        told = {"enabled": True, "cdx_url": self.cdx_url, "replay_url": self.replay_url, "delay_s": 0, **more}
        return f"archive: {json.dumps(told)}\n"

    def answer(self, path: str) -> Answer:
        is_query = path.startswith("/cdx?")
        if is_query:
            self.queries.append({name: values[0] for name, values in parse_qs(urlsplit(path).query).items()})
        else:
            self.shown.append(path)
        self.may_answer.wait(20)
        if (instead := self.instead(path)) is not None:
            return instead
        if is_query:
            url = self.queries[-1]["url"]
            return answer(200, table(url, sorted(self.copies.get(url, {}))), content_type="application/json")
        stamp, _, url = path.removeprefix("/web/").partition("/")
        shown = self.copies.get(url, {}).get(stamp, answer(404))
        return answer(200, shown, content_type="text/html") if isinstance(shown, bytes) else shown


@contextmanager
def loopback_archive() -> Iterator[Archive]:
    class Handler(Quiet, BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 64 * 1024

        def do_GET(self) -> None:
            archive.agents.add(self.headers["User-Agent"])
            status, headers, body = archive.answer(self.path)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    with loopback(Handler) as host:
        archive = Archive(f"http://{host}")
        try:
            yield archive
        finally:
            archive.may_answer.set()


def configure(news: Publication, section: str) -> None:
    """Add a section to a publication's config, in the place of an earlier one of its name."""
    name = section.partition(":")[0]
    lines = news.config_file.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(f"{name}:")]
    news.config_file.write_text("".join(kept) + section, encoding="utf-8")
