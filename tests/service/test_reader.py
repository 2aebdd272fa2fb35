"""The reader that the soak believes: each of these must not escape it."""

import pytest

from tests.service.reader import Reader


@pytest.fixture
def feeds(news):
    for name in ("one", "two", "three"):
        news.article(name)
    news.build()
    return news.folder / "feeds"


def test_what_is_well_is_well(feeds):
    reader = Reader(feeds)
    for _ in range(2):
        reader.look()
    assert reader.wrong == []


@pytest.mark.parametrize("name", ["all.atom", "ai.rss", "all.json", "all.atom.gz"])
def test_a_file_that_is_written_in_place_is_torn(feeds, name):
    path = feeds / name
    path.write_bytes(path.read_bytes()[:-20])
    reader = Reader(feeds)
    reader.look()
    assert reader.wrong[0].startswith(f"{name}: ")


def test_a_feed_that_was_there_may_not_go_away(feeds):
    reader = Reader(feeds)
    reader.look()
    (feeds / "ai.rss").unlink()
    reader.look()
    assert reader.wrong == ["ai.rss is gone"]


def test_an_entry_may_not_be_there_twice(feeds):
    path = feeds / "all.atom"
    text = path.read_text(encoding="utf-8")
    entry = text[text.index("<entry>") : text.index("</entry>") + len("</entry>")]
    path.write_text(text.replace("</feed>", f"{entry}</feed>"), encoding="utf-8")
    reader = Reader(feeds)
    reader.look()
    assert any("id" in one for one in reader.wrong)


def test_an_entry_may_not_become_another(feeds):
    reader = Reader(feeds)
    reader.look()
    path = feeds / "all.atom"
    text = path.read_text(encoding="utf-8")
    first = text[text.index("<entry>") :].partition("<id>")[2].partition("</id>")[0]
    path.write_text(text.replace(first, f"{first}-anew"), encoding="utf-8")
    reader.look()
    assert [one.partition("'")[0] for one in reader.wrong] == ["all.atom: "]
