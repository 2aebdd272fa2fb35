"""What clients read is what was published; and what they have read once stays read."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest

from feedbot.core.feed import Category, Tombstone
from feedbot.publish.render import RENDERERS
from tests.publication import Publication, Site
from tests.publish.clients import PARSERS, SILENT_ON, Item, Subscriber, subscribed
from tests.publish.feed_samples import ENTRY, feed_of
from tests.publish.feed_server import FeedServer, served
from tests.publish.profile import faults

FORMATS = ("atom", "rss")
ARTICLES = {
    "first": """title: "Tom & Jerry: <b>bold</b> & \\u201cquoted\\u201d"
date: 2026-10-03T08:00:00+02:00
updated: 2026-10-04T09:10:11Z
sourceUrl: https://news.example/first?a=1&b=2
excerpt: "Fish & <chips>, said Ana\\u0308is"
provider: {name: "The News & Co", domain: news.example}
topics: [AI, "R&D", Computer Vision]
images: [{url: "https://news.example/a.jpg", width: 10, height: 5, title: "A \\"picture\\""}, {url: "https://news.example/b.png"}]
related: [{title: Elsewhere & more, sourceUrl: "https://other.example/?a=1&b=2"}]
""",
    "second": """title: "\\u05e9\\u05dc\\u05d5\\u05dd \\U0001F600 \\u6a5f\\u68b0\\u5b66\\u7fd2"
date: 2026-10-02T12:34:56Z
sourceUrl: https://news.example/second
excerpt: "\\u05e9\\u05dc\\u05d5\\u05dd"
provider: {name: "Zeitung f\\u00fcr \\u00c4rger"}
topics: [AI, "\\u6a5f\\u68b0\\u5b66\\u7fd2"]
""",
    "third": """title: Nothing else
date: 1999-12-31T23:59:59Z
sourceUrl: https://news.example/third
topics: [AI]
""",
}
# What was written, as a person reads it. The ids are what feedbot mints; a test of their own says how.
WRITTEN = (
    Item(
        "tag:example.org,2026:article:556bd5cac6ede396",
        "Tom & Jerry: <b>bold</b> & “quoted”",
        "https://news.example/first?a=1&b=2",
        datetime(2026, 10, 3, 6, 0, tzinfo=UTC),
        datetime(2026, 10, 4, 9, 10, 11, tzinfo=UTC),
        "The News & Co",
        ("AI", "R&D", "Computer Vision"),
    ),
    Item(
        "tag:example.org,2026:article:34e91ac0637aa19d",
        "שלום 😀 機械学習",
        "https://news.example/second",
        datetime(2026, 10, 2, 12, 34, 56, tzinfo=UTC),
        datetime(2026, 10, 2, 12, 34, 56, tzinfo=UTC),
        "Zeitung für Ärger",
        ("AI", "機械学習"),
    ),
    Item(
        "tag:example.org,2026:article:0388c257ff4707d2",
        "Nothing else",
        "https://news.example/third",
        datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC),
        None,
        ("AI",),
    ),
)
PARSER = [
    pytest.param(name, marks=pytest.mark.debian("ruby")) if name == "ruby" else pytest.param(name) for name in PARSERS
]
SUBSCRIBER = [pytest.param("reader"), pytest.param("newsboat", marks=pytest.mark.debian("newsboat"))]


@contextmanager
def an_hour_later(paper: Publication) -> Iterator[None]:
    """The files written in the block have the time of the publication's clock, which goes on by an hour.

    Last-Modified counts seconds, and newsboat takes a file of the same second for the one that it has.
    """
    paper.clock.step(hours=1)
    folder = paper.folder / "feeds"
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("*")}
    yield
    for path in folder.iterdir():
        if path.stat().st_mtime_ns != before.get(path.name):
            os.utime(path, (paper.clock.now().timestamp(),) * 2)


def build(paper: Publication) -> None:
    with an_hour_later(paper):
        reading, _ = paper.build()
    assert reading.rejected == ()


@pytest.fixture
def paper(tmp_path: Path) -> Publication:
    """A publication of three articles, built once."""
    paper = Publication(tmp_path / "news", Site("https://news.example"))
    for name in ARTICLES:
        write(paper, name)
    build(paper)
    return paper


@pytest.fixture
def web(paper: Publication, monkeypatch: pytest.MonkeyPatch) -> Iterator[FeedServer]:
    """Its feeds, served."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with served(paper.folder / "feeds") as web:
        yield web


@pytest.fixture
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subscriber]:
    """The subscriber that the test names."""
    home = tmp_path / "home"
    home.mkdir()
    with subscribed(request.param, home) as client:
        yield client


def write(paper: Publication, name: str, change: Callable[[str], str] = str, place: str = "") -> None:
    """Write an article, changed, and perhaps elsewhere."""
    path = paper.folder / "articles" / f"{place or name}.md"
    path.write_text(f"---\n{change(ARTICLES[name])}---\nWords.\n", encoding="utf-8")
    paper.age(path)


def told_by(client: str, file_format: str) -> set[Item]:
    """What was written, in the words that the client has."""
    silent = dict.fromkeys(SILENT_ON.get((client, file_format), ()))
    # Atom must have an author, and the publication is it where no provider is named.
    publisher = {"author": "Test News"} if file_format == "atom" else {}
    return {replace(item, **({} if item.author else publisher) | silent) for item in WRITTEN}


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("name", PARSER)
def test_a_parser_reads_what_was_written(paper: Publication, name: str, file_format: str) -> None:
    items = PARSERS[name](paper.feeds()[f"all.{file_format}"])
    assert set(items) == told_by(name, file_format)
    assert [item.published_at for item in items] == sorted((item.published_at for item in items), reverse=True)


# What a title may hold, beside what a reader is to show of it.
NASTY = {
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    "Tom &amp; Jerry &lt;3 &#0; &bogus; AT&T R&D;": "Tom &amp; Jerry &lt;3 &#0; &bogus; AT&T R&D;",
    "]]><![CDATA[ <!-- <?xml?>": "]]><![CDATA[ <!-- <?xml?>",
    "A < B > C": "A < B > C",
    "\u202eevil\u202c 👩‍👩‍👧 שלום e\u0301": "\u202eevil\u202c 👩‍👩‍👧 שלום e\u0301",
    "a\x00b\x08c\ud800 \uffff\n\t d": "abc d",
    "x" * 10_000: "x" * 10_000,
    "<b>" * 2_000: "<b>" * 2_000,
    "": "https://x.org/",
}


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("name", PARSER)
def test_a_parser_shows_text_as_text_whatever_it_looks_like(name: str, file_format: str) -> None:
    entries = [
        replace(
            ENTRY,
            id=f"urn:x:{number}",
            link="https://x.org/",
            title=text,
            excerpt=text,
            provider_name=f"by {text}",
            categories=(Category(f"on {text}", "https://example.org/feeds/"),),
        )
        for number, text in enumerate(NASTY)
    ]
    items = PARSERS[name](RENDERERS[file_format][1](feed_of(*entries), "both"))
    assert [item.id for item in items] == [entry.id for entry in entries]
    assert {item.link for item in items} == {"https://x.org/"}
    assert [item.title for item in items] == list(NASTY.values())
    *most, _ = NASTY.values()
    assert [item.categories for item in items] == [*((f"on {text}",) for text in most), ("on",)]
    if "author" not in SILENT_ON.get((name, file_format), ()):
        assert [item.author for item in items] == [*(f"by {text}" for text in most), "by"]


IN_EVERY_READER = [
    pytest.mark.parametrize("client", SUBSCRIBER, indirect=True),
    pytest.mark.parametrize("file_format", FORMATS),
]


def in_every_reader(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test with each subscriber and each format."""
    for mark in IN_EVERY_READER:
        test = mark(test)
    return test


@in_every_reader
def test_a_reader_shows_what_was_written_and_all_of_it_is_unread(
    client: Subscriber, web: FeedServer, file_format: str
) -> None:
    shown = client.poll(f"{web.url}/all.{file_format}")
    assert {item for item, _ in shown} == told_by(client.name, file_format)
    assert [is_unread for _, is_unread in shown] == [True] * 3


def lose_the_state(paper: Publication) -> None:
    """What a fresh checkout has: the articles, the config and the ledger, and no feeds."""
    for path in paper.folder.iterdir():
        if path.name.startswith("state.db"):
            path.unlink()
    for path in (paper.folder / "feeds").iterdir():
        if path.name != "ids.json":
            path.unlink()


def move(paper: Publication) -> None:
    (paper.folder / "articles" / "first.md").unlink()
    write(paper, "first", place="elsewhere")


CHANGES: dict[str, Callable[[Publication], None]] = {
    "a new title": lambda paper: write(paper, "first", lambda text: text.replace("Tom &", "Tim &")),
    "another link": lambda paper: write(paper, "first", lambda text: text.replace(".example/first", ".example/moved")),
    "an edited excerpt": lambda paper: write(paper, "first", lambda text: text.replace("Fish", "Meat")),
    "a later change": lambda paper: write(paper, "first", lambda text: text.replace("10-04T09", "10-05T09")),
    "a moved file": move,
    "a lost state": lose_the_state,
    "archives": lambda paper: paper.configure_feeds("history: [all]"),
}


@in_every_reader
def test_nothing_that_was_read_is_shown_twice_or_unread_again(
    paper: Publication, client: Subscriber, web: FeedServer, file_format: str
) -> None:
    url = f"{web.url}/all.{file_format}"
    client.poll(url)
    client.read_everything()
    for what, change in CHANGES.items():
        change(paper)
        build(paper)
        shown = client.poll(url)
        assert (what, sorted(item.id for item, _ in shown)) == (what, sorted(item.id for item in WRITTEN))
        assert (what, [item for item, is_unread in shown if is_unread]) == (what, [])


@in_every_reader
def test_an_entry_that_leads_elsewhere_since_its_source_died_stays_read(
    news: Publication, site: Site, client: Subscriber, file_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    news.article("one", more=f"ampUrl: {site.link('/one.amp')}\n")
    news.article("two")
    with an_hour_later(news):
        news.run()
    with served(news.folder / "feeds") as web:
        url = f"{web.url}/all.{file_format}"
        before = client.poll(url)
        client.read_everything()
        links = []
        for status in (410, 410, 410, 200, 200):
            site.answers["/one"] = status
            news.clock.step(days=1.2 if status == 410 else 8)
            with an_hour_later(news):
                news.run()
            assert faults(news.feeds()[f"all.{file_format}"]) == []
            shown = client.poll(url)
            assert sorted(item.id for item, _ in shown) == sorted(item.id for item, _ in before)
            assert [item for item, is_unread in shown if is_unread] == []
            links += [item.link for item, _ in shown if item.title == "About one"]
    # It was mended, and came back: the two moments in which a reader could take it for another.
    assert site.link("/one.amp") in links
    assert links[-1] == site.link("/one")


@in_every_reader
def test_a_reader_follows_a_new_title_and_another_link(
    paper: Publication, client: Subscriber, web: FeedServer, file_format: str
) -> None:
    url = f"{web.url}/all.{file_format}"
    client.poll(url)
    CHANGES["a new title"](paper)
    build(paper)
    assert "Tim & Jerry: <b>bold</b> & “quoted”" in {item.title for item, _ in client.poll(url)}
    CHANGES["another link"](paper)
    build(paper)
    assert "https://news.example/moved?a=1&b=2" in {item.link for item, _ in client.poll(url)}


@in_every_reader
def test_a_new_id_would_be_unread_and_so_is_a_new_article(
    paper: Publication, client: Subscriber, web: FeedServer, file_format: str
) -> None:
    # The negative control of the two tests above: these readers go by the id.
    url = f"{web.url}/all.{file_format}"
    client.poll(url)
    client.read_everything()
    write(paper, "third", lambda text: text.replace("third", "fourth"), place="fourth")
    build(paper)
    assert [item.link for item, is_unread in client.poll(url) if is_unread] == ["https://news.example/fourth"]
    client.read_everything()
    path = paper.folder / "feeds" / f"all.{file_format}"
    path.write_bytes(path.read_bytes().replace(b"article:34e91ac0637aa19d", b"article:0000000000000000"))
    os.utime(path, (paper.clock.now().timestamp() + 60,) * 2)
    assert [item.link for item, is_unread in client.poll(url) if is_unread] == ["https://news.example/second"]


@in_every_reader
def test_an_archive_document_is_read_like_a_feed(
    paper: Publication, client: Subscriber, web: FeedServer, file_format: str
) -> None:
    paper.configure_feeds("history: [all]")
    build(paper)
    shown = client.poll(f"{web.url}/all.1999-12.{file_format}")
    assert [item.id for item, _ in shown] == [WRITTEN[2].id]
    assert {item for item, _ in shown} < told_by(client.name, file_format)


@in_every_reader
def test_a_feed_that_tells_what_was_withdrawn_is_read(
    paper: Publication, client: Subscriber, web: FeedServer, file_format: str
) -> None:
    _, render = RENDERERS[file_format]
    feed = replace(feed_of(ENTRY), tombstones=(Tombstone("tag:example.org,2026:article:1", ENTRY.published_at),))
    (paper.folder / "feeds" / "telling").write_bytes(render(feed, "content"))
    assert [item.id for item, _ in client.poll(f"{web.url}/telling")] == [ENTRY.id]


@in_every_reader
def test_a_feed_without_entries_is_read(
    paper: Publication, client: Subscriber, web: FeedServer, file_format: str
) -> None:
    _, render = RENDERERS[file_format]
    (paper.folder / "feeds" / "empty").write_bytes(render(feed_of(), "content"))
    assert client.poll(f"{web.url}/empty") == []
    assert web.answers == [200]


@in_every_reader
def test_an_unchanged_feed_is_not_sent_again(
    paper: Publication, client: Subscriber, web: FeedServer, file_format: str
) -> None:
    url = f"{web.url}/all.{file_format}"
    client.poll(url)
    client.poll(url)  # newsboat keeps an ETag from its second visit on
    build(paper)
    client.poll(url)
    assert web.answers[0] == 200
    assert web.answers[-1] == 304
    CHANGES["a new title"](paper)
    build(paper)
    client.poll(url)
    assert web.answers[-1] == 200


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_second_poll_of_feedparser_is_answered_with_304(
    paper: Publication, web: FeedServer, file_format: str
) -> None:
    url = f"{web.url}/all.{file_format}"
    first = feedparser.parse(url)
    build(paper)
    second = feedparser.parse(url, etag=first.etag, modified=first.modified)
    assert (first.status, len(first.entries), second.status) == (200, 3, 304)
    # By the time alone, for readers that know no ETag.
    assert feedparser.parse(url, modified=first.modified).status == 304
