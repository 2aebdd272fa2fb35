"""Feed readers that people use, each telling what it has read in the same few words.

Two kinds: a parser is given the bytes of a file; a subscriber polls an address over HTTP, and knows on the next poll
what it has seen before and what was read.
"""

import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import atoma
import fastfeedparser
import feedparser
import reader


@dataclass(frozen=True, slots=True)
class Item:
    """An entry in the eyes of a client; None is what it does not tell."""

    id: str
    title: str
    link: str
    published_at: datetime | None
    updated_at: datetime | None
    author: str | None
    categories: tuple[str, ...] | None


class Subscriber(Protocol):
    """A reader with a memory."""

    name: str

    def poll(self, url: str) -> list[tuple[Item, bool]]:
        """Every item of the feed that it shows now, each with whether it is unread."""
        ...

    def read_everything(self) -> None:
        """What the person does who has read it all."""
        ...


def in_feedparser(data: bytes) -> list[Item]:
    feed = feedparser.parse(data)
    assert not feed.bozo, feed.get("bozo_exception")
    assert not any(entry.get("guidislink") for entry in feed.entries)
    return [
        Item(
            entry.id,
            entry.title,
            entry.link,
            datetime(*entry.published_parsed[:6], tzinfo=UTC),
            datetime(*entry.updated_parsed[:6], tzinfo=UTC),
            entry.get("author"),
            tuple(tag.term for tag in entry.get("tags", ())),
        )
        for entry in feed.entries
    ]


def in_fastfeedparser(data: bytes) -> list[Item]:
    return [
        Item(
            entry.id,
            entry.title,
            entry.link,
            datetime.fromisoformat(entry.published),
            datetime.fromisoformat(entry.updated),
            entry.get("author"),
            tuple(tag["term"] for tag in entry.get("tags") or ()),
        )
        for entry in fastfeedparser.parse(data).entries
    ]


def in_atoma(data: bytes) -> list[Item]:
    if b"<rss " in data[:200]:
        # It knows of an author only where there is an e-mail address.
        return [
            Item(item.guid, item.title, item.link, item.pub_date, None, None, tuple(item.categories))
            for item in atoma.parse_rss_bytes(data).items
        ]
    items = []
    for entry in atoma.parse_atom_bytes(data).entries:
        (link,) = (link.href for link in entry.links if link.rel == "alternate")
        (author,) = entry.authors
        categories = tuple(category.term for category in entry.categories)
        items.append(Item(entry.id_, entry.title.value, link, entry.published, entry.updated, author.name, categories))
    return items


# Strict: with validation, which raises where an element is missing, doubled or not of its form.
_RUBY = """
require "rss"
require "json"
feed = RSS::Parser.parse($stdin.read, true)
items = feed.items.map do |i|
  if feed.feed_type == "rss"
    [i.guid.content, i.title, i.link, i.pubDate.utc.iso8601, nil, i.dc_creator, i.categories.map(&:content),
     i.guid.isPermaLink, i.content_encoded]
  else
    [i.id.content, i.title.content, i.links.select { |l| l.rel == "alternate" }.map(&:href).join(" "),
     i.published.content.utc.iso8601, i.updated.content.utc.iso8601, i.author.name.content,
     i.categories.map(&:term), false, i.content.content]
  end
end
puts JSON.generate(items)
"""


def in_ruby(data: bytes) -> list[Item]:
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["ruby", "-e", _RUBY], input=data, capture_output=True, env=environment, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    items = []
    for entry_id, title, link, published, updated, author, categories, is_permalink, html in json.loads(done.stdout):
        assert not is_permalink
        assert html.startswith("<")  # the entry's own content, and not a media:content
        updated_at = None if updated is None else datetime.fromisoformat(updated)
        items.append(
            Item(entry_id, title, link, datetime.fromisoformat(published), updated_at, author, tuple(categories))
        )
    return items


class InReader:
    """reader, the library behind several people's own readers."""

    name = "reader"

    def __init__(self, library: reader.Reader) -> None:
        self._library = library

    def poll(self, url: str) -> list[tuple[Item, bool]]:
        self._library.add_feed(url, exist_ok=True)
        self._library.update_feed(url)
        return [
            (
                Item(
                    entry.id,
                    entry.title or "",
                    entry.link or "",
                    entry.published,
                    entry.updated,
                    ", ".join(author.name or "" for author in entry.authors) or None,
                    None,
                ),
                not entry.read,
            )
            for entry in self._library.get_entries(feed=url)
        ]

    def read_everything(self) -> None:
        for entry in self._library.get_entries(read=False):
            self._library.mark_entry_as_read(entry)


class InNewsboat:
    """newsboat, a reader in a terminal; it is asked through the database that it keeps."""

    name = "newsboat"

    def __init__(self, home: Path) -> None:
        self._home = home
        (home / "config").touch()

    def poll(self, url: str) -> list[tuple[Item, bool]]:
        (self._home / "urls").write_text(f"{url}\n", encoding="utf-8")
        environment = {"PATH": os.environ["PATH"], "HOME": str(self._home), "LC_ALL": "C.UTF-8"}
        files = ["-u", self._home / "urls", "-c", self._cache, "-C", self._home / "config"]
        subprocess.run(
            ["newsboat", *files, "-x", "reload"], env=environment, capture_output=True, check=True, timeout=60
        )
        with closing(sqlite3.connect(self._cache)) as cache:
            rows = cache.execute("SELECT guid, title, url, pubDate, author, unread FROM rss_item WHERE deleted = 0")
            return [
                (Item(guid, title, link, datetime.fromtimestamp(date, UTC), None, author or None, None), bool(unread))
                for guid, title, link, date, author, unread in rows.fetchall()
            ]

    def read_everything(self) -> None:
        with closing(sqlite3.connect(self._cache)) as cache, cache:
            cache.execute("UPDATE rss_item SET unread = 0")

    @property
    def _cache(self) -> Path:
        return self._home / "cache.db"


@contextmanager
def subscribed(name: str, home: Path) -> Iterator[Subscriber]:
    """A subscriber by its name, with an empty memory; `home` is an empty folder of its own."""
    if name == "newsboat":
        yield InNewsboat(home)
        return
    with closing(reader.make_reader(":memory:", feed_root=None)) as library:
        yield InReader(library)


PARSERS = {
    "feedparser": in_feedparser,
    "fastfeedparser": in_fastfeedparser,
    "atoma": in_atoma,
    "ruby": in_ruby,
}
# What a client does not tell, in one format or in both.
SILENT_ON = {
    ("atoma", "rss"): {"author", "updated_at"},
    ("ruby", "rss"): {"updated_at"},
    ("reader", "rss"): {"categories"},
    ("reader", "atom"): {"categories"},
    ("newsboat", "rss"): {"categories", "updated_at"},
    ("newsboat", "atom"): {"categories", "updated_at"},
}
