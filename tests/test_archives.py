"""Archive documents (RFC 5005) over whole builds: with the feed, they are everything ever published."""

import gzip
from datetime import UTC, datetime

import feedparser
import pytest
from lxml import etree

from feedbot.core.history import is_document_file
from feedbot.forgetting import Named, forget
from feedbot.previewing import preview
from feedbot.state import identities
from tests.publication import Publication
from tests.publish.profile import faults

FEEDS = "https://example.org/feeds/"


@pytest.fixture
def old_news(news: Publication) -> Publication:
    """A publication of 24 articles in four months, whose feeds hold three."""
    news.configure_feeds("history: [all], max_entries: 3")
    for month in (7, 8, 10):
        for day in range(1, 9):
            news.article(f"n{month:02}{day:02}", date=f"2026-{month:02}-{day:02}", topics="AI" if day % 2 else "Cars")
    return news


def documents(news: Publication) -> list[str]:
    return [name for name in news.feeds() if is_document_file(name) and not name.endswith(".gz")]


def read_back(news: Publication, name: str) -> dict[str, str]:
    """What a client has that follows prev-archive from a feed to the end (RFC 5005, 4.2): id -> title."""
    seen: dict[str, str] = {}
    files, visited = news.feeds(), set()
    while name:
        assert name not in visited
        visited.add(name)
        document = feedparser.parse(files[name])
        assert not document.bozo
        for entry in document.entries:
            seen.setdefault(entry.id, entry.title)
        name = next((link.href.removeprefix(FEEDS) for link in document.feed.links if link.rel == "prev-archive"), "")
    return seen


def links(news: Publication, name: str) -> dict[str, str]:
    """The links of a document's head but the page's, by rel, as names of files."""
    root = etree.fromstring(news.feeds()[name])
    found = (root[0] if root.tag == "rss" else root).iterfind("{*}link[@rel]")
    return {link.get("rel"): link.get("href").removeprefix(FEEDS) for link in found if link.get("rel") != "alternate"}


def titles_in(news: Publication, name: str) -> list[str]:
    return [entry.title.removeprefix("About ") for entry in feedparser.parse(news.feeds()[name]).entries]


@pytest.mark.parametrize("suffix", ["atom", "rss"])
def test_who_follows_prev_archive_reads_every_article_once(old_news, suffix):
    _, publishing = old_news.build()
    assert publishing.added == 3
    everything = read_back(old_news, f"all.{suffix}")
    assert sorted(everything.values()) == sorted(f"About {path.stem}" for path in old_news.folder.glob("articles/*"))
    assert len(everything) == 24


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 24, 50])
def test_no_article_is_in_neither_however_many_the_feed_holds(old_news, size):
    text = old_news.config_file.read_text(encoding="utf-8")
    old_news.config_file.write_text(text.replace("max_entries: 3", f"max_entries: {size}"), encoding="utf-8")
    old_news.build()
    assert len(read_back(old_news, "all.atom")) == 24


def test_at_every_moment_of_a_growing_publication_feed_and_archives_are_everything(news):
    news.configure_feeds("history: [all, ai], max_entries: 2")
    on_ai = 0
    for number in range(12):
        news.clock.step(days=9)
        on_ai += number % 3 != 0
        date = news.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        news.article(f"n{number}", date=date, topics="AI" if number % 3 else "Cars")
        news.build()
        assert len(read_back(news, "all.rss")) == number + 1
        if on_ai:
            assert len(read_back(news, "ai.atom")) == on_ai


def test_what_is_archived_stays_as_it_is_but_for_the_link_to_what_came_next(news):
    news.configure_feeds("history: [all], max_entries: 2")
    entries = {}
    for number in range(10):
        news.clock.step(days=9)
        news.article(f"n{number}", date=news.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"))
        _, publishing = news.build()
        for name, titles in entries.items():
            assert titles_in(news, name) == titles
        rewritten = entries.keys() & set(publishing.written)
        assert all("next-archive" in links(news, name) for name in rewritten)
        assert len([name for name in rewritten if name.endswith(".atom")]) <= 1
        entries = {name: titles_in(news, name) for name in documents(news)}
    assert len(entries) == 2 * 5


def test_documents_are_chained_and_know_their_feed(old_news):
    old_news.build()
    assert [name for name in documents(old_news) if name.endswith(".atom")] == [
        "all.2026-07-2.atom",
        "all.2026-07-3.atom",
        "all.2026-07.atom",
        "all.2026-08-2.atom",
        "all.2026-08-3.atom",
        "all.2026-08.atom",
        "all.2026-10-2.atom",
        "all.2026-10.atom",
    ]
    assert links(old_news, "all.atom") == {"self": "all.atom", "prev-archive": "all.2026-10-2.atom"}
    assert links(old_news, "all.2026-07.atom") == {
        "self": "all.2026-07.atom",
        "current": "all.atom",
        "next-archive": "all.2026-07-2.atom",
    }
    assert links(old_news, "all.2026-08.atom") == {
        "self": "all.2026-08.atom",
        "current": "all.atom",
        "prev-archive": "all.2026-07-3.atom",
        "next-archive": "all.2026-08-2.atom",
    }
    assert "next-archive" not in links(old_news, "all.2026-10-2.atom")
    assert titles_in(old_news, "all.2026-10-2.atom") == ["n1006", "n1005", "n1004"]


def test_documents_are_there_before_what_leads_to_them(old_news):
    written = old_news.build()[1].written
    assert max(written.index(name) for name in documents(old_news)) < written.index("all.rss")
    assert written[0] == "ids.json"


def test_documents_hold_to_the_profile_and_have_the_feeds_id_and_a_gz(old_news):
    old_news.build()
    files = old_news.feeds()
    ids = set()
    for name in (*documents(old_news), "all.atom", "all.rss"):
        assert (name, faults(files[name])) == (name, [])
        assert gzip.decompress(files[f"{name}.gz"]) == files[name]
        assert (b"<fh:archive/>" in files[name]) == is_document_file(name)
        if name.endswith(".atom"):
            ids.add(etree.fromstring(files[name]).findtext("{*}id"))
    assert ids == {"tag:example.org,2026:topic:all"}


def test_neither_lists_nor_other_feeds_nor_aliases_have_an_archive(old_news):
    old_news.configure_feeds("aliases: {feed.xml: all.atom}")
    old_news.build()
    files = old_news.feeds()
    assert b"2026-07" not in files["feeds.opml"] + files["index.html"]
    assert b"prev-archive" not in files["ai.atom"] + files["ai.rss"]
    assert files["feed.xml"] == files["all.atom"]
    assert not [name for name in files if name.startswith("feed.2026")]


def test_off_there_is_none_and_switched_off_every_document_goes(old_news):
    old_news.build()
    assert documents(old_news)
    text = old_news.config_file.read_text(encoding="utf-8")
    old_news.config_file.write_text(text.replace("history: [all]", "history: []"), encoding="utf-8")
    old_news.build()
    assert not [name for name in old_news.feeds() if is_document_file(name)]
    assert b"archive" not in old_news.feeds()["all.atom"] + old_news.feeds()["all.rss"]


def test_a_topic_that_is_called_like_an_archive_document_has_files_of_its_own(old_news):
    old_news.article("odd", date="2026-07-05T01:00:00Z", topics='"All 2026-08", all.2026-08')
    old_news.build()
    assert titles_in(old_news, "all-2026-08.atom") == ["odd"]
    assert titles_in(old_news, "all.2026-08.atom") == ["n0803", "n0802", "n0801"]


def test_drafts_and_future_articles_are_in_no_document(old_news):
    old_news.article("draft", date="2026-07-02", more="draft: true\n")
    old_news.article("future", date="2026-12-02")
    old_news.build()
    assert len(read_back(old_news, "all.atom")) == 24
    assert not {"About draft", "About future"} & set(read_back(old_news, "all.rss").values())
    assert not any(b"/draft" in data or b"/future" in data for data in old_news.feeds().values())


def test_an_unchanged_build_writes_nothing_and_two_builds_are_the_same_bytes(old_news):
    old_news.build()
    before = old_news.feeds()
    old_news.clock.step(days=40)
    assert old_news.build()[1].written == ()
    for file in old_news.folder.glob("feeds/*"):
        file.unlink()
    old_news.build()
    assert old_news.feeds() == before


def test_with_the_state_lost_and_the_ledger_kept_every_byte_of_the_archives_stays(old_news):
    path = old_news.article("gone", date="2026-07-03T09:00:00Z")
    old_news.build()
    path.unlink()
    old_news.build()
    old_news.clock.step(days=1)
    old_news.build()
    before = old_news.feeds()
    assert "About gone" not in read_back(old_news, "all.atom").values()
    for file in old_news.folder.glob("state.db*"):
        file.unlink()
    old_news.build()
    assert old_news.feeds() == before


def test_an_edit_writes_the_document_of_its_entry_and_no_other(old_news):
    old_news.build()
    path = old_news.folder / "articles" / "n0705.md"
    path.write_text(path.read_text(encoding="utf-8").replace("About", "Now about"), encoding="utf-8")
    old_news.age(path)
    _, publishing = old_news.build()
    written = {name for name in publishing.written if not name.endswith(".gz")}
    assert written == {"ids.json", "all.2026-07-2.atom", "all.2026-07-2.rss"}


def test_a_death_leaves_its_document_and_moves_no_entry_to_another_one(old_news, site):
    old_news.run()
    before = {name: titles_in(old_news, name) for name in documents(old_news)}
    site.answers["/n0704"] = 410
    old_news.pass_days(6)
    after = {name: titles_in(old_news, name) for name in documents(old_news)}
    assert after == {name: [one for one in there if one != "n0704"] for name, there in before.items()}
    assert after != before
    site.answers.clear()
    old_news.pass_days(6)
    assert {name: titles_in(old_news, name) for name in documents(old_news)} == before


def test_a_document_without_an_entry_goes_and_its_neighbours_are_linked(old_news, site):
    old_news.run()
    for day in (4, 5, 6):
        site.answers[f"/n070{day}"] = 410
    old_news.pass_days(6)
    assert "all.2026-07-2.atom" not in old_news.feeds()
    assert "all.2026-07-2.rss.gz" not in old_news.feeds()
    assert links(old_news, "all.2026-07.atom")["next-archive"] == "all.2026-07-3.atom"
    assert links(old_news, "all.2026-07-3.atom")["prev-archive"] == "all.2026-07.atom"
    assert len(read_back(old_news, "all.atom")) == 21


def test_a_vanished_file_leaves_the_archives_a_day_later_and_none_that_came_back_does(old_news):
    old_news.build()
    before = old_news.feeds()
    gone = {path: path.read_bytes() for path in sorted(old_news.folder.glob("articles/n07*"))}
    for path in gone:
        path.unlink()
    for _ in range(3):
        old_news.build()
        old_news.clock.step(hours=6)
    assert old_news.feeds() == before
    back = next(iter(gone))
    back.write_bytes(gone[back])
    old_news.age(back)
    old_news.build()
    old_news.clock.step(hours=6)
    old_news.build()
    assert sorted(set(read_back(old_news, "all.atom").values()) & {f"About {path.stem}" for path in gone}) == [
        "About n0701"
    ]
    with old_news.state() as state:
        assert state.value("SELECT count(*) FROM files") == 17


@pytest.mark.parametrize("place", ["a0705", "z0705"])
def test_a_file_that_was_moved_and_edited_is_archived_once_as_it_is_now(old_news, place):
    old_news.build()
    path = old_news.folder / "articles" / "n0705.md"
    moved = path.rename(path.with_name(f"{place}.md"))
    moved.write_text(moved.read_text(encoding="utf-8").replace("About", "Now about"), encoding="utf-8")
    old_news.age(moved)
    old_news.build()
    assert len(read_back(old_news, "all.atom")) == 24
    assert titles_in(old_news, "all.2026-07-2.atom") == ["n0706", "Now about n0705", "n0704"]


def test_what_the_guard_holds_in_the_feed_is_held_in_its_archive(news, site):
    news.configure_feeds("history: [all], max_entries: 12")
    for number in range(14):
        news.article(f"n{number:02}", date=f"2026-{9 + number // 7:02}-{number % 7 + 1:02}")
    news.run()
    site.answers = {f"/n{number:02}": 410 for number in range(2, 10)}
    news.pass_days(6)
    assert len(titles_in(news, "all.atom")) == 12  # eight of them are held
    assert len(titles_in(news, "all.2026-09.atom")) == 7
    news.build("all")
    assert titles_in(news, "all.2026-09.atom") == ["n01", "n00"]


def test_a_takedown_is_out_of_the_archives_at_once(old_news):
    old_news.build()
    with old_news.state() as state:
        done = forget(old_news.config, state, old_news.clock, Named(path="articles/n0705.md"))
    assert done.still_in == ()
    assert not any(b"n0705" in data for data in old_news.feeds().values())
    assert len(read_back(old_news, "all.rss")) == 23
    assert titles_in(old_news, "all.2026-07-2.atom") == ["n0707", "n0706", "n0704"]


def test_a_preview_tells_of_feeds_and_of_no_document(old_news):
    assert {change.feed for change in preview(old_news.config, old_news.clock).changes} == {"all", "ai", "cars"}


def test_what_no_reader_has_seen_and_what_comes_later_ends_no_period(news):
    news.configure_feeds("history: [all], max_entries: 1")
    news.article("seen", date="2026-09-01")
    news.article("to-come", date="2026-12-01")
    news.article("draft", date="2026-10-01", more="draft: true\n")
    news.build()
    with news.state() as state:
        months = ["2026-09", "2026-10", "2026-12"]
        assert [one.path for one in identities.came(state, news.clock.now(), months)] == ["articles/seen.md"]
        assert identities.came(state, news.clock.now(), months[1:]) == []
        assert identities.came(state, datetime(2026, 8, 31, tzinfo=UTC), months) == []
        assert identities.newest_came(state, news.clock.now()) == datetime(2026, 9, 1, tzinfo=UTC)
        assert identities.newest_came(state, datetime(2026, 8, 31, tzinfo=UTC)) is None
    assert not list(news.config.feeds_path.glob("all.2026-*"))
