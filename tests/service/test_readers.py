"""Those who read over the built-in server: fifty at once during rewrites, and programs that people use."""

import gzip
import http.client
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import feedparser
import pytest

from feedbot.clock import SystemClock
from tests.publication import Publication
from tests.publish.clients import subscribed
from tests.service import rewriting
from tests.service.served import Later, config_of, serving
from tests.service.test_monitoring import Figures, told
from tests.serving.servers import Server

READERS = 50
REQUESTS = 12_000


class Reader(threading.Thread):
    """A reader that asks for each file in turn, in either form, and takes a 304 where it may."""

    def __init__(self, port: int, number: int, requests: int, seen: "Seen") -> None:
        super().__init__()
        self._port, self._number, self._requests, self._seen = port, number, requests, seen
        self.error: BaseException | None = None

    def run(self) -> None:
        # Closed also where the answer ended early.
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)) as connection:
                self._read(connection)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.error = error

    def _read(self, connection: http.client.HTTPConnection) -> None:
        known: dict[tuple[str, str], str] = {}
        for number in range(self._requests):
            # Every file in either form twice: as if it were new here, so that bodies are sent, and then on condition.
            place = self._number + number // 2
            name, form = rewriting.NAMES[place % 3], ("identity", "gzip")[place // 3 % 2]
            headers = {"Accept-Encoding": form}
            if number % 2:
                headers["If-None-Match"] = known[name, form]
            connection.request("GET", f"/feeds/{name}", headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            tag = answer.headers["ETag"]
            known[name, form] = tag
            self._seen.take(answer, body, tag, headers.get("If-None-Match"))


class Seen:
    """What all readers saw."""

    def __init__(self) -> None:
        self.codes: Counter[int] = Counter()
        self.packed = 0
        self.versions: set[bytes] = set()
        self.faults: list[str] = []
        self._bytes_of: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def take(self, answer: http.client.HTTPResponse, body: bytes, tag: str, asked: str | None) -> None:
        with self._lock:
            self.codes[answer.status] += 1
            if answer.status == 304:
                if asked != tag or body:
                    self.faults.append(f"304 with {tag} to {asked}")
                return
            if answer.status != 200:
                self.faults.append(f"{answer.status}: {body[:100]!r}")
                return
            if asked == tag:
                self.faults.append(f"200 with the tag {tag} that was asked for")
            # One tag stands for one sequence of bytes, for good.
            if self._bytes_of.setdefault(tag, body) != body:
                self.faults.append(f"{tag} of two versions")
        is_packed = answer.headers["Content-Encoding"] == "gzip"
        data = gzip.decompress(body) if is_packed else body
        line, _, _ = data.partition(b"\n")
        is_whole = data == rewriting.version_of(int(line[len("<p>version ") : -len("</p>")]))
        with self._lock:
            self.packed += is_packed
            self.versions.add(line)
            if not is_whole or len(body) != int(answer.headers["Content-Length"]):
                self.faults.append(f"torn: {data[:50]!r} ... {data[-50:]!r}")


def contest(folder: Path, requests: int, *how: str) -> tuple[Seen, list[BaseException], int]:
    """What fifty readers saw while the feeds were rewritten, what ended some of them, and how often it was done."""
    rewriting.rewrite(folder / "feeds", 0)
    seen = Seen()
    rewriter = subprocess.Popen(
        [sys.executable, "-m", "tests.service.rewriting", folder / "feeds", *how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        # By the real clock: where that is ahead, a file that is replaced again within a tick passes for settled.
        with serving(config_of(folder), SystemClock()) as server:
            readers = [Reader(server.port, number, requests // READERS, seen) for number in range(READERS)]
            for one in readers:
                one.start()
            for one in readers:
                one.join()
    finally:
        written = int(rewriter.communicate("stop\n", timeout=60)[0])
    return seen, [one.error for one in readers if one.error is not None], written


def test_fifty_readers_see_whole_versions_while_the_feeds_are_rewritten(tmp_path: Path) -> None:
    seen, errors, written = contest(tmp_path, REQUESTS)
    assert errors == []
    assert seen.faults == []
    assert sum(seen.codes.values()) == REQUESTS
    # It was a contest: many versions came and went, and all three kinds of answers were given.
    assert written > 20
    assert len(seen.versions) > 20
    assert seen.codes[304] > 0
    assert 0 < seen.packed < seen.codes[200]


def test_readers_would_notice_files_that_are_written_in_their_place(tmp_path: Path) -> None:
    seen, errors, _ = contest(tmp_path, REQUESTS // 4, "in-place")
    assert seen.faults or errors


@pytest.fixture
def published(news: Publication) -> Publication:
    for name in ("kürbis", "tomate"):
        news.article(name)
    news.build()
    return news


@pytest.fixture
def clock() -> Later:
    return Later()


@pytest.fixture
def server(published: Publication, clock: Later) -> Iterator[Server]:
    with serving(published.config, clock) as server:
        yield server


def answers(server: Server, clock: Later, name: str) -> dict[int, int]:
    """How often each code was answered for a file, as /metrics says."""
    clock.step(60)
    found: Figures = told(server.ask("/metrics").body)
    counts = {key: value for (metric, key), value in found.items() if metric == "feedbot_http_answers_total"}
    return {int(dict(key)["code"]): int(value) for key, value in counts.items() if dict(key)["file"] == name}


@pytest.mark.parametrize("name", ["all.rss", "all.atom"])
def test_feedparser_gets_304_the_second_time_by_either_validator(server: Server, clock: Later, name: str) -> None:
    url = f"http://127.0.0.1:{server.port}/feeds/{name}"
    first = feedparser.parse(url)
    assert (first.status, first.bozo, len(first.entries)) == (200, False, 2)
    assert feedparser.parse(url, etag=first.etag).status == 304
    assert feedparser.parse(url, modified=first.modified).status == 304
    assert answers(server, clock, name) == {200: 1, 304: 2}


@pytest.mark.parametrize("name", ["all.rss", "all.atom"])
@pytest.mark.parametrize("program", ["reader", pytest.param("newsboat", marks=pytest.mark.debian("newsboat"))])
def test_a_reader_that_polls_again_gets_304_until_something_is_new(
    published: Publication, server: Server, clock: Later, tmp_path: Path, program: str, name: str
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    url = f"http://127.0.0.1:{server.port}/feeds/{name}"
    with subscribed(program, home) as subscriber:
        first = subscriber.poll(url)
        assert {item.title for item, _ in first} == {"About kürbis", "About tomate"}
        # Three more: newsboat 2.21 stores the validators of a feed that is new to it at its second poll only.
        for _ in range(3):
            assert len(subscriber.poll(url)) == 2
        before = answers(server, clock, name)
        assert before[304] >= 2
        published.article("zucchini")
        published.build()
        # The server's clock is ahead, and it has said what the time of the file was: the next is of another second.
        feed = published.folder / "feeds" / name
        os.utime(feed, (feed.stat().st_atime, feed.stat().st_mtime + 5))
        assert len(subscriber.poll(url)) == 3
    assert answers(server, clock, name) == {200: before[200] + 1, 304: before[304]}
