"""A reader that people use, on the feeds as they are written."""

import http.server
import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from feedbot.publish.files import publish_file
from feedbot.publish.render import RENDERERS
from tests.publish.feed_samples import ENTRY, FEED, feed_of

pytestmark = [
    pytest.mark.debian("newsboat"),
    pytest.mark.skipif(shutil.which("newsboat") is None, reason="needs newsboat (Debian package newsboat)"),
]

ENTRIES = tuple(
    replace(ENTRY, id=f"urn:{n}", title=title, link=f"https://x.org/{n}?a=1&b=2", published_at=ENTRY.published_at - age)
    for n, (title, age) in enumerate(
        [("Tom & Jerry", timedelta()), ("Überraschung 😀", timedelta(hours=1)), ("שלום", timedelta(days=40))]
    )
)


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address on which it is served."""
    folder = tmp_path / "feeds"
    folder.mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_QuietHandler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def items_in_newsboat(home: Path, url: str) -> list[tuple[str, str, str, int, int]]:
    """Title, link, id, date and whether it is unread, as newsboat stores them, newest first."""
    (home / "urls").write_text(f"{url}\n")
    (home / "config").touch()
    cache = home / "cache.db"
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"}
    command = ["newsboat", "-u", str(home / "urls"), "-c", str(cache), "-C", str(home / "config"), "-x", "reload"]
    subprocess.run(command, env=environment, capture_output=True, check=True, timeout=30)
    with closing(sqlite3.connect(cache)) as database:
        return database.execute(
            "SELECT title, url, guid, pubDate, unread FROM rss_item ORDER BY pubDate DESC"
        ).fetchall()


@pytest.mark.parametrize("name", ["atom", "rss"])
def test_newsboat_reads_a_feed_and_keeps_what_was_read(tmp_path: Path, served: tuple[Path, str], name: str) -> None:
    folder, address = served
    suffix, render = RENDERERS[name]
    publish_file(folder, f"ai{suffix}", render(feed_of(*ENTRIES), "content"))
    items = items_in_newsboat(tmp_path, f"{address}/ai{suffix}")
    # newsboat shows the time of Atom's `updated` or of RSS's `pubDate`.
    assert {item[:3] for item in items} == {(entry.title, entry.link, entry.id) for entry in ENTRIES}
    dates = {entry.id: {int(entry.published_at.timestamp()), int(entry.updated_at.timestamp())} for entry in ENTRIES}
    assert all(date in dates[guid] for _, _, guid, date, _ in items)

    with closing(sqlite3.connect(tmp_path / "cache.db")) as database, database:
        database.execute("UPDATE rss_item SET unread = 0")
    # A mended link, a new title and a later change make nothing unread: the id is the same.
    edited = tuple(replace(e, title=f"{e.title}!", link="https://mended.org/") for e in ENTRIES)
    publish_file(folder, f"ai{suffix}", render(feed_of(*edited), "content"))
    again = items_in_newsboat(tmp_path, f"{address}/ai{suffix}")
    assert [item[4] for item in again] == [0, 0, 0]
    assert {item[2] for item in again} == {entry.id for entry in ENTRIES}


def test_newsboat_reads_an_empty_feed(tmp_path: Path, served: tuple[Path, str]) -> None:
    folder, address = served
    publish_file(folder, "ai.rss", RENDERERS["rss"][1](replace(FEED, entries=()), "content"))
    assert items_in_newsboat(tmp_path, f"{address}/ai.rss") == []
