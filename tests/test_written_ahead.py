"""Feeds with entries that readers know are written before the ledger and the archives; others after them."""

from pathlib import Path

import pytest

from feedbot.errors import PublishError
from tests.publication import Publication

LEDGER_TEMP = ".ids.json.feedbot-tmp"


@pytest.fixture
def months(news: Publication) -> Publication:
    """A publication of some months, with archive documents; its feeds hold two entries."""
    news.configure_feeds("max_entries: 2, history: [all, ai]")
    for number, date in enumerate(("2026-06-01", "2026-06-02", "2026-07-01", "2026-09-01", "2026-09-02", "2026-09-03")):
        news.article(f"n{number}", date=date, topics="AI" if number % 2 else "Cars")
    news.build()
    return news


def edit(news: Publication, name: str, old: str, new: str) -> None:
    path = news.folder / "articles" / f"{name}.md"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    news.age(path)


def rss_of(news: Publication) -> dict[str, bytes]:
    """The feeds in one format, without archive documents."""
    return {path.name: path.read_bytes() for path in news.config.feeds_path.glob("*.rss") if path.name.count(".") == 1}


@pytest.fixture
def unwritable_ledger(months: Publication) -> Path:
    """What keeps ids.json from being replaced."""
    folder = months.config.feeds_path / LEDGER_TEMP
    folder.mkdir()
    return folder


def test_an_edit_is_in_the_feeds_before_the_ledger_is_written(months: Publication, unwritable_ledger: Path) -> None:
    before = rss_of(months)
    edit(months, "n5", "About n5", "Anew")
    with pytest.raises(PublishError, match="cannot be written"):
        months.build()
    after = rss_of(months)
    assert {name for name in before if before[name] != after[name]} == {"all.rss", "ai.rss"}
    unwritable_ledger.rmdir()
    _, publishing = months.build()
    assert "ids.json" in publishing.written
    assert not {"all.rss", "ai.rss"} & set(publishing.written)


def test_an_edit_writes_each_file_once(months: Publication) -> None:
    edit(months, "n5", "About n5", "Anew")
    months.build()
    _, publishing = months.build()
    assert publishing.written == ()


@pytest.mark.parametrize("change", ["new entry", "new topic", "another's ledger", "lost document"])
def test_feeds_wait_for_what_they_rely_on(months: Publication, unwritable_ledger: Path, change: str) -> None:
    edit(months, "n5", "About n5", "Anew")
    match change:
        case "new entry":
            months.article("n6", date="2026-09-04")
        case "new topic":
            edit(months, "n5", "topics: [AI]", "topics: [AI, Boats]")
        case "another's ledger":
            months.age(months.config.feeds_path / "ids.json")
        case "lost document":
            for document in months.config.feeds_path.glob("all.2026-*"):
                document.unlink()
    before = rss_of(months)
    with pytest.raises(PublishError, match="cannot be written"):
        months.build()
    assert rss_of(months) == before


@pytest.mark.parametrize("topics", ["AI", "AI, Boats"])
def test_a_new_entry_is_in_the_ledger_and_the_feeds_before_archives_and_pages(months: Publication, topics: str) -> None:
    edit(months, "n0", "About n0", "Anew")
    months.article("n6", date="2026-09-04", topics=topics)
    obstacle = months.config.feeds_path / ".all.2026-06.rss.feedbot-tmp"
    before = months.feeds()
    obstacle.mkdir()
    with pytest.raises(PublishError, match="cannot be written"):
        months.build()
    obstacle.rmdir()
    after = months.feeds()
    assert b"n6.md" in after["ids.json"]
    assert all(b"About n6" in after[f"{name}.rss"] for name in ("all", *topics.lower().split(", ")))
    assert after["all.html"] == before["all.html"]
    assert b"Anew" not in after["all.2026-06.rss"]
    _, publishing = months.build()
    assert b"About n6" in months.feeds()["all.html"]
    assert b"Anew" in months.feeds()["all.2026-06.rss"]
    assert not {"ids.json", "all.rss", "ai.rss"} & set(publishing.written)
    assert publishing.added == 0


def test_a_new_entry_that_ends_a_period_waits_for_its_document(months: Publication) -> None:
    for number in (6, 7):
        months.article(f"n{number}", date=f"2026-09-0{number}")
    obstacle = months.config.feeds_path / ".all.2026-09-2.rss.feedbot-tmp"
    obstacle.mkdir()
    before = rss_of(months)
    with pytest.raises(PublishError, match="cannot be written"):
        months.build()
    assert rss_of(months) == before
