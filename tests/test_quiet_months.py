"""Months of which nothing has changed are passed over, and every build gives what one from nothing would give."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from feedbot.config import load_config
from feedbot.core.history import is_document_file
from feedbot.core.mark import Mark, MarkKind
from feedbot.errors import PublishError
from feedbot.forgetting import Named, forget
from feedbot.state import archived, changes, files, marks
from feedbot.state.database import open_state
from feedbot.steps.publishing import publish
from feedbot.steps.reading import read
from tests.publication import Publication

Change = Callable[[Publication], None]

_MONTHS = (3, 4, 6, 7, 9)


@pytest.fixture
def old_news(news: Publication) -> Publication:
    """Twenty articles in five months of 2026, of which the feeds hold two; archives of all of them and of one topic."""
    news.configure_feeds("history: [all, ai], max_entries: 2")
    for month in _MONTHS:
        for day in range(1, 5):
            related = f"related: [{{title: Near, sourceUrl: {news.site.link(f'/near{month:02}{day:02}')}}}]\n"
            related += f"images: [{{url: {news.site.link('/one.jpg')}}}]\n"
            news.article(f"n{month:02}{day:02}", date=f"2026-{month:02}-{day:02}", topics=topic(day), more=related)
    news.build()
    return news


def topic(day: int) -> str:
    return "AI" if day % 2 else "Cars"


def built_anew(news: Publication) -> dict[str, bytes]:
    """The feeds folder that a build makes from nothing, of the same articles and the same state."""
    other = news.folder.parent / "anew"
    shutil.rmtree(other, ignore_errors=True)
    shutil.copytree(news.folder, other, ignore=shutil.ignore_patterns("feeds", "*.lock"))
    config = load_config(other / "config.yaml")
    with open_state(config.state_path, who="a test") as state:
        with state.write() as connection:
            for table in ("published_files", "archived_months"):
                connection.execute(f"DELETE FROM {table}")
        publish(config, state, news.clock)
    return {path.name: path.read_bytes() for path in sorted((other / "feeds").iterdir())}


def assert_as_from_nothing(news: Publication) -> None:
    there, anew = news.feeds(), built_anew(news)
    assert {name: there.get(name) for name in anew} == anew
    # Feeds of a format, or of a topic, that is there no more stay for those who have their addresses.
    assert not [name for name in there.keys() - anew.keys() if is_document_file(name) or name.endswith(".gz")]


def looked_at(news: Publication) -> set[str]:
    """The months whose entries the next build asks for, by what it tells of those that it need not ask."""
    queries: list[str] = []
    with news.state() as state:
        state.db.conn.set_trace_callback(queries.append)
        publish(news.config, state, news.clock)
    asked = [one for one in queries if "substr(published_at, 1, 7) IN (SELECT value FROM json_each(" in one]
    return {month for one in asked for month in one.rpartition("json_each('[")[2].partition("]")[0].split('"')[1::2]}


def edit(news: Publication, name: str, old: str, new: str) -> None:
    path = news.folder / "articles" / f"{name}.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    news.age(path)


def configure(news: Publication, old: str, new: str) -> None:
    text = news.config_file.read_text(encoding="utf-8")
    assert old in text
    news.config_file.write_text(text.replace(old, new), encoding="utf-8")


def mark(news: Publication, path: str, kind: MarkKind, until: date | None = None) -> None:
    with news.state() as state:
        marks.put(state, news.site.link(path), Mark(kind, until=until), news.clock.now())


def die(news: Publication, path: str) -> None:
    news.site.answers[path] = 410
    news.check()
    news.clock.step(days=2)
    news.check()


def take_down(news: Publication) -> None:
    with news.state() as state:
        forget(news.config, state, news.clock, Named(path="articles/n0602.md"))


def combine_otherwise(news: Publication) -> None:
    news.configure_feeds("topics: {AI: {combine: {any: [Cars]}}}")
    news.build()
    configure(news, "any: [Cars]", "any: [Boats]")


def remove(news: Publication, name: str) -> None:
    (news.folder / "articles" / f"{name}.md").unlink()


def spoil(news: Publication, name: str) -> None:
    (news.folder / "feeds" / name).write_bytes(b"something else")


def come_back(news: Publication) -> None:
    """Another machine's ledger, with a later version of one entry."""
    ledger = news.folder / "feeds" / "ids.json"
    text = ledger.read_text(encoding="utf-8").replace('"updated": "2026-04-01', '"updated": "2026-05-01')
    ledger.write_text(text, encoding="utf-8")


CHANGES: dict[str, Change] = {
    "nothing": lambda news: None,
    "a title": lambda news: edit(news, "n0402", "About n0402", "Anew"),
    "a picture": lambda news: edit(news, "n0402", "/one.jpg", "/other.jpg"),
    "a topic": lambda news: edit(news, "n0402", "topics: [Cars]", "topics: [AI]"),
    "a draft": lambda news: edit(news, "n0402", "topics:", "draft: true\ntopics:"),
    "another month": lambda news: edit(news, "n0402", "2026-04-02", "2026-07-02"),
    "a month of its own": lambda news: edit(news, "n0402", "2026-04-02", "2026-05-02"),
    "the future": lambda news: edit(news, "n0402", "2026-04-02", "2026-12-02"),
    "another source": lambda news: edit(news, "n0402", "/n0402", "/other"),
    "the newest is an old one": lambda news: edit(news, "n0904", "2026-09-04", "2026-03-02"),
    "a late one": lambda news: news.article("late", date="2026-04-02T09:00:00Z") and None,
    "the first of all": lambda news: news.article("first", date="2025-04-02") and None,
    "a new one": lambda news: news.article("new", date="2026-10-30") and None,
    "one that comes later": lambda news: news.article("later", date="2026-11-02") and None,
    "one that went": lambda news: remove(news, "n0402"),
    "a whole month that went": lambda news: [remove(news, f"n040{day}") for day in (1, 2, 3, 4)] and None,
    "a moved file": lambda news: (
        (news.folder / "articles" / "n0402.md").rename(news.folder / "articles" / "moved.md") and None
    ),
    "a broken file": lambda news: edit(news, "n0402", "title:", "titel:"),
    "a takedown": take_down,
    "another ledger": come_back,
    "a document of other bytes": lambda news: spoil(news, "all.2026-04.atom"),
    "a document that is lost": lambda news: (news.folder / "feeds" / "all.2026-04.rss").unlink(),
    "a .gz that is lost": lambda news: (news.folder / "feeds" / "all.2026-04-2.rss.gz").unlink(),
    "all documents lost": lambda news: [one.unlink() for one in (news.folder / "feeds").glob("*.2026-*")] and None,
    "a title of the site": lambda news: configure(news, "Test News", "Other News"),
    "a size": lambda news: configure(news, "max_entries: 2", "max_entries: 3"),
    "no .gz": lambda news: news.configure_feeds("gzip: false"),
    "a format": lambda news: news.configure_feeds("formats: [atom, json]"),
    "pictures": lambda news: news.configure_feeds("images: media"),
    "another archive": lambda news: configure(news, "history: [all, ai]", "history: [all, cars]"),
    "no archive": lambda news: configure(news, "history: [all, ai]", "history: []"),
    "a topic's new name": lambda news: news.configure_feeds("topics: {Machines: {was: [AI]}}"),
    "a combined topic": lambda news: news.configure_feeds("topics: {AI: {combine: {any: [Cars]}}}"),
    "a combined topic of other parts": combine_otherwise,
    "a topic's title": lambda news: news.configure_feeds("topics: {AI: {title: Of machines}}"),
    "a source called dead": lambda news: mark(news, "/n0402", MarkKind.DEAD),
    "a source called dead for a day": lambda news: mark(news, "/n0402", MarkKind.DEAD, until=date(2026, 11, 1)),
    "a link called dead": lambda news: mark(news, "/near0403", MarkKind.DEAD),
    "a link that died": lambda news: die(news, "/near0403"),
    "a source that died": lambda news: die(news, "/n0403"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_build_after_any_change_and_at_any_time_after_it_is_one_from_nothing(
    old_news: Publication, change: str
) -> None:
    CHANGES[change](old_news)
    for days in (0, 1.1, 61, -150):
        old_news.clock.step(days=days)
        old_news.build()
        assert_as_from_nothing(old_news)
    _, publishing = old_news.build()
    assert publishing.written == ()


def test_a_mark_that_ends_and_one_that_is_taken_back_are_noticed(old_news: Publication) -> None:
    with_all = old_news.feeds()
    mark(old_news, "/n0402", MarkKind.DEAD, until=date(2026, 11, 1))
    old_news.build()
    assert old_news.feeds() != with_all
    old_news.clock.step(days=1)
    old_news.build()
    assert old_news.feeds() == with_all
    mark(old_news, "/near0402", MarkKind.DEAD)
    old_news.build()
    assert old_news.feeds() != with_all
    with old_news.state() as state:
        marks.remove(state, old_news.site.link("/near0402"), old_news.clock.now())
    old_news.build()
    assert old_news.feeds() == with_all


def test_no_month_that_is_not_over_is_taken_to_be_as_it_was(old_news: Publication) -> None:
    with old_news.state() as state:
        with state.write() as connection:
            connection.execute("DELETE FROM members")  # as where all its articles are drafts: ids alone cut a month
        assert archived.restless(state, old_news.clock.now(), []) == set()
        assert archived.restless(state, datetime(2026, 7, 3, tzinfo=UTC), []) == {"2026-07", "2026-09"}


def test_a_file_dated_anew_whose_entry_is_not_comes_by_the_date_of_the_file(old_news: Publication) -> None:
    """As a reading leaves it that ends before it has given identities."""
    with old_news.state() as state:
        with state.write() as connection:
            which = "(SELECT id FROM files WHERE path = 'articles/n0402.md')"
            connection.execute(f"UPDATE files SET published_at = '2026-12-02T00:00:00Z' WHERE id = {which}")
            connection.execute(f"UPDATE members SET published_at = '2026-12-02T00:00:00Z' WHERE file_id = {which}")
        publish(old_news.config, state, old_news.clock)
    assert_as_from_nothing(old_news)
    assert b"About n0402" not in old_news.feeds()["all.2026-04.atom"]
    old_news.clock.step(days=40)
    with old_news.state() as state:
        publish(old_news.config, state, old_news.clock)
    assert_as_from_nothing(old_news)
    assert b"About n0402" in old_news.feeds()["all.2026-04.atom"]


def test_nothing_is_asked_of_months_that_are_as_they_were(old_news: Publication) -> None:
    assert looked_at(old_news) == set()


@pytest.mark.parametrize(
    ("change", "months"),
    [
        ("a title", {"2026-04"}),
        # Another document is the last of July, and the first of what September leads to.
        ("another month", {"2026-04", "2026-06", "2026-07", "2026-09"}),
        ("a new one", {"2026-09", "2026-10"}),
        ("one that went", {"2026-04"}),
        ("a document that is lost", {"2026-04"}),
        ("a link called dead", {"2026-04"}),
        ("a title of the site", {f"2026-0{month}" for month in _MONTHS}),
    ],
)
def test_only_months_that_changed_are_asked_for_their_entries(
    old_news: Publication, change: str, months: set[str]
) -> None:
    CHANGES[change](old_news)
    with old_news.state() as state:
        read(old_news.config, state, old_news.clock)
    assert looked_at(old_news) == months


def test_a_build_that_was_ended_on_its_way_leaves_no_month_behind(old_news: Publication) -> None:
    """The documents are of the change, the notes are not: what comes next must look at them."""
    before = old_news.feeds()
    edit(old_news, "n0403", "About n0403", "Anew")
    (old_news.folder / "feeds" / ".ai.2026-04-2.rss.feedbot-tmp").mkdir()
    with pytest.raises(PublishError, match="cannot be written"):
        old_news.build()
    (old_news.folder / "feeds" / ".ai.2026-04-2.rss.feedbot-tmp").rmdir()
    assert old_news.feeds() != before
    edit(old_news, "n0403", "Anew", "About n0403")
    old_news.build()
    assert_as_from_nothing(old_news)


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO files (path, mtime_ns, size, inode, sha256, rules) VALUES ('x', 1, 1, 1, 'x', 'x')",
        "DELETE FROM files WHERE path = 'articles/n0402.md'",
        *(
            f"UPDATE files SET {column} = {value} WHERE path = 'articles/n0402.md'"
            for column, value in {
                "path": "'x'",
                "sha256": "'x'",
                "rules": "'x'",
                "fingerprint": "'x'",
                "source": "'http://x.example/'",
                "published_at": "'2026-04-05T00:00:00Z'",
                "draft": "1",
                "category": "'x'",
                "provider_name": "'x'",
                "provider_domain": "'x'",
                "quality": "1.5",
                "heat": "1.5",
                "entry_id": "NULL",
                "vanished_at": "'2026-04-05T00:00:00Z'",
            }.items()
        ),
    ],
)
def test_every_change_of_a_file_is_counted(old_news: Publication, change: str) -> None:
    with old_news.state() as state:
        before, of_april = changes.of_files(state), changes.by_month(state)["2026-04"]
        with state.write() as connection:
            connection.execute(change)
        assert changes.of_files(state) > before
        assert "n0402" not in change or changes.by_month(state)["2026-04"] > of_april


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM identities WHERE path = 'articles/n0402.md'",
        *(
            f"UPDATE identities SET {column} = {value} WHERE path = 'articles/n0402.md'"
            for column, value in {
                "id": "'x'",
                "path": "'x'",
                "source": "'x'",
                "published_at": "'2026-07-05T00:00:00Z'",
                "updated_at": "'2026-07-05T00:00:00Z'",
                "digest": "'x'",
                "own_id": "1",
                "public": "0",
            }.items()
        ),
    ],
)
def test_every_change_of_an_identity_is_counted_where_it_was_and_where_it_is(
    old_news: Publication, change: str
) -> None:
    with old_news.state() as state:
        before, of_ids = changes.by_month(state), dict(changes.of_seen_ids(state))
        with state.write() as connection:
            connection.execute(change)
        months = {"2026-04", "2026-07"} if "published_at" in change else {"2026-04"}
        assert {month for month, number in changes.by_month(state).items() if number != before[month]} == months
        assert {month for month, number in changes.of_seen_ids(state) if number != of_ids[month]} == months


def test_what_is_the_same_again_is_no_change(old_news: Publication) -> None:
    with old_news.state() as state:
        before = changes.of_files(state)
        with state.write() as connection:
            connection.execute("UPDATE files SET mtime_ns = 7, path = path, vanished_at = NULL")
            connection.execute("UPDATE identities SET digest = digest")
        assert changes.of_files(state) == before


def test_a_preview_of_drafts_looks_at_every_month(old_news: Publication) -> None:
    with old_news.state() as state:
        assert archived.noted(state)
        files.show_withheld(state, old_news.clock.now() + timedelta(days=1))
        assert not archived.noted(state)


def test_a_publication_without_an_archive_notes_no_months(old_news: Publication) -> None:
    configure(old_news, "history: [all, ai]", "history: []")
    old_news.build()
    assert not [name for name in old_news.feeds() if is_document_file(name)]
    with old_news.state() as state:
        assert archived.noted(state) == {}
