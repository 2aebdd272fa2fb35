"""A small publication beside a loopback site, for tests of whole runs."""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lxml import etree

from feedbot.config import Config, load_config
from feedbot.cycle import Run, run_once
from feedbot.state import planning
from feedbot.state.database import State, open_state
from feedbot.steps.checking import Checking, check
from feedbot.steps.publishing import Publishing, publish
from feedbot.steps.reading import Reading, read
from feedbot.wire.resolver import Resolver

START = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


class SteppedClock:
    """The wall clock stands until a test moves it; inside a run time is real and waits are none."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)

    def step(self, **by: float) -> None:
        self.at += timedelta(**by)


class _Listening(ThreadingHTTPServer):
    # Five, the default, are soon there at once, and the sixth asks again a second later.
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that was killed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Site:
    """A loopback web site: `answers` maps a path to a status, or to a status and a Location."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: dict[str, int | tuple[int, str]] = {}
        self.pages: dict[str, bytes] = {}
        self.asked: list[tuple[str, str]] = []
        self.delay_s = 0.0
        self.meanwhile: Callable[[], None] | None = None
        """Done once, while the next request waits for its answer."""
        self._open = threading.Event()
        self._held = ""
        self.go_on()

    def hold(self, path: str = "") -> None:
        """Leave requests without an answer until `go_on`: all of them, or those of one path."""
        self._held = path
        self._open.clear()

    def go_on(self) -> None:
        self._open.set()

    def answer(self, command: str, path: str) -> tuple[int, str | None]:
        """Status and Location of the answer, when it is time for it."""
        self.asked.append((command, path))
        answer = self.answers.get(path, 200)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        if path.startswith(self._held):
            self._open.wait(120)
        time.sleep(self.delay_s)
        return answer if isinstance(answer, tuple) else (answer, None)

    def link(self, path: str) -> str:
        return self.url + path


@contextmanager
def loopback_site(address: str = "127.0.0.1") -> Iterator[Site]:
    """A site where every page answers 200 unless told otherwise."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one packet: the second of two would wait 40 ms for the first to be acknowledged.
        wbufsize = 64 * 1024

        def do_GET(self) -> None:
            status, location = site.answer(self.command, self.path)
            is_picture = self.path.endswith(".jpg")
            page = site.pages.get(self.path, b"<title>A page</title><p>Words that somebody may read.")
            body = b"" if status in {204, 304} else b"\xff\xd8\xff" if is_picture else page
            self.send_response(status)
            if location is not None:
                self.send_header("Location", location)
            self.send_header("Content-Type", "image/jpeg" if is_picture else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 - the name that http.server asks for

        def log_message(self, *args: object) -> None:
            pass

    server = _Listening((address, 0), Handler)
    server.daemon_threads = True
    site = Site(f"http://{address}:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.go_on()
        server.shutdown()
        server.server_close()
        thread.join()


class Publication:
    """A folder with a config and articles whose links lead to a loopback site."""

    def __init__(self, folder: Path, site: Site, *, canaries: str = "[]", more: str = "") -> None:
        self.folder = folder
        self.site = site
        self.clock = SteppedClock()
        self._written = 0
        (folder / "articles").mkdir(parents=True)
        self.config_file = folder / "config.yaml"
        self.config_file.write_text(
            f"""site: {{title: Test News, url: https://example.org/}}
articles: {{paths: ["articles/*.md"]}}
feeds: {{url: https://example.org/feeds/}}
doctor: {{daily: false}}
checker:
  allow_addresses: [127.0.0.0/8]
  canaries: {canaries}
  per_host: {{concurrency: 8, delay_s: 0}}
  connect_timeout_s: 20
  exchange_timeout_s: 90
  probe_timeout_s: 180
  robots: never
{more}""",
            encoding="utf-8",
        )

    @property
    def config(self) -> Config:
        return load_config(self.config_file)

    def article(self, name: str, *, topics: str = "AI", date: str = "2026-10-01T08:00:00Z", more: str = "") -> Path:
        """Write an article that is older than the two seconds within which a file may still change."""
        path = self.folder / "articles" / f"{name}.md"
        path.write_text(
            f"""---
title: About {name}
publishedDateTime: {date}
sourceUrl: {self.site.link("/" + name)}
topics: [{topics}]
{more}---
""",
            encoding="utf-8",
        )
        self.age(path)
        return path

    def age(self, path: Path) -> None:
        """Give a file a modification time of a minute ago by the scripted clock, new at each call."""
        self._written += 1
        at_ns = int(self.clock.at.timestamp() - 60) * 10**9 + self._written
        os.utime(path, ns=(at_ns, at_ns))

    @contextmanager
    def state(self) -> Iterator[State]:
        with open_state(self.config.state_path, who="a test") as state:
            yield state

    def run(self) -> Run:
        with self.state() as state:
            return asyncio.run(run_once(self.config, state, self.clock))

    def pass_days(self, days: float, step: float = 1.2) -> None:
        """Run after each of so many steps, each two minutes shorter than the one before.

        A link that has been steady for some steps is due after as long again, and up to a tenth more, by its URL: at
        the end of as many steps it is never due, whatever port its site got, and always at the end of the next.
        """
        for number in range(int(days / step)):
            self.clock.step(days=step, minutes=-2 * number)
            self.run()

    def configure_feeds(self, setting: str) -> None:
        """Add a setting, such as `max_entries: 2`, to the config's section `feeds`."""
        text = self.config_file.read_text(encoding="utf-8")
        self.config_file.write_text(text.replace("feeds: {", f"feeds: {{{setting}, "), encoding="utf-8")

    def check(self, resolver: Resolver | None = None) -> Checking:
        with self.state() as state:
            due = planning.planned(state, self.clock.now())
            return asyncio.run(check(self.config, state, self.clock, due, resolver=resolver))

    def build(self, *accept: str) -> tuple[Reading, Publishing]:
        with self.state() as state:
            reading = read(self.config, state, self.clock)
            return reading, publish(self.config, state, self.clock, accept)

    def feeds(self) -> dict[str, bytes]:
        """Every file in the feeds folder."""
        return {path.name: path.read_bytes() for path in sorted((self.folder / "feeds").iterdir())}

    def feeds_now(self) -> dict[str, bytes] | None:
        """The same while a daemon may be writing them; None where a file went as it was being read."""
        try:
            return self.feeds()
        except FileNotFoundError:
            return None

    def titles(self, feed: str = "all") -> list[str]:
        """The titles in an Atom feed, in order."""
        root = etree.fromstring((self.folder / "feeds" / f"{feed}.atom").read_bytes())
        return [str(title) for title in root.xpath("//*[local-name()='entry']/*[local-name()='title']/text()")]
