"""A reading that is told which files changed looks at no others, unless it has to."""

import os

import pytest

from feedbot.forgetting import Named, forget
from feedbot.steps.reading import read
from tests.publication import Publication


@pytest.fixture
def publication(news: Publication) -> Publication:
    for name in ("one", "two", "three"):
        news.article(name)
    news.build()
    return news


def change(publication: Publication, name: str) -> str:
    """Give an article another title; its absolute path."""
    path = publication.folder / "articles" / f"{name}.md"
    path.write_text(path.read_text(encoding="utf-8").replace("About", "More on"), encoding="utf-8")
    publication.age(path)
    return str(path)


def read_named(publication: Publication, *named: str) -> int:
    """How many files were parsed."""
    with publication.state() as state:
        return read(publication.config, state, publication.clock, named=named).parsed


def test_of_two_files_that_changed_the_named_one_is_read(publication: Publication) -> None:
    named, _ = change(publication, "one"), change(publication, "two")
    assert read_named(publication, named) == 1
    assert read_named(publication, named) == 0
    with publication.state() as state:
        assert read(publication.config, state, publication.clock).parsed == 1


def test_a_named_file_that_is_new_gets_its_entry(publication: Publication) -> None:
    assert read_named(publication, str(publication.article("four"))) == 1
    publication.build()
    assert "About four" in publication.titles()


def test_where_a_named_file_is_gone_all_are_looked_at(publication: Publication) -> None:
    gone = publication.folder / "articles" / "one.md"
    gone.rename(gone.with_name("elsewhere.md"))
    with publication.state() as state:
        reading = read(publication.config, state, publication.clock, named=[str(gone)])
    assert (reading.parsed, reading.vanished) == (1, ("articles/one.md",))


def test_where_a_folder_is_named_all_are_looked_at(publication: Publication) -> None:
    change(publication, "one")
    change(publication, "two")
    assert read_named(publication, str(publication.folder / "articles")) == 2


def test_where_a_symbolic_link_is_named_all_are_looked_at(publication: Publication) -> None:
    change(publication, "one")
    link = publication.folder / "articles" / "link.md"
    link.symlink_to("two.md")
    assert read_named(publication, str(link)) == 2


def test_a_file_that_the_patterns_leave_out_is_not_read_though_it_is_named(publication: Publication) -> None:
    hidden = publication.article("README")
    assert read_named(publication, str(hidden)) == 0


def test_a_named_file_that_was_taken_down_stays_away(publication: Publication) -> None:
    path = publication.folder / "articles" / "one.md"
    with publication.state() as state:
        forget(publication.config, state, publication.clock, Named(path="articles/one.md"))
    os.utime(path)
    assert read_named(publication, str(path)) == 0
