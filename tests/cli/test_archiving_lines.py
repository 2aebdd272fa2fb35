"""What a person is told of the copies in an archive."""

import gc
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from feedbot.cli.main import main
from tests.archive import GOOD, Archive, answer, configure, loopback_archive
from tests.publication import Publication, Site

NEAR = "20261002080000"


@pytest.fixture(autouse=True)
def collected_as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.fixture
def archive(news: Publication) -> Iterator[Archive]:
    with loopback_archive() as archive:
        configure(news, archive.config())
        yield archive


def feedbot(news: Publication, *words: str) -> str:
    return CliRunner().invoke(main, ["--config", str(news.config_file), *words], catch_exceptions=False).stdout


def test_a_run_says_how_many_copies_were_found(news: Publication, site: Site, archive: Archive) -> None:
    for name in ("one", "two", "three"):
        news.article(name)
    configure(news, archive.config(per_run=2))
    archive.copies[site.link("/one")] = {NEAR: GOOD}
    assert "Archive    1 copy found, 1 not there; 1 page left for later runs\n" in feedbot(news, "run", "--once")
    assert "Archive    0 copies found, 1 not there\n" in feedbot(news, "run", "--once")
    assert "Archive" not in feedbot(news, "run", "--once")


def test_a_run_says_why_the_archive_gave_no_answer(news: Publication, archive: Archive) -> None:
    news.article("one")
    archive.instead = lambda path: answer(429, retry_after="600")
    said = feedbot(news, "run", "--once")
    assert "Archive    0 copies found, 0 not there\n  no answer  from the archive for 1 page: answered 429\n" in said


def test_why_tells_what_is_known_of_a_sources_copies(news: Publication, site: Site, archive: Archive) -> None:
    for name in ("one", "two"):
        news.article(name)
    archive.copies[site.link("/one")] = {NEAR: GOOD}
    feedbot(news, "run", "--once")
    copy = archive.copy(site.link("/one"), NEAR)
    assert f"  archive    a copy of 2026-10-02: {copy}\n" in feedbot(news, "why", site.link("/one"))
    told = feedbot(news, "why", site.link("/two"))
    assert "  archive    no copy on 20" in told
    assert "the archive knows none that answered 200; asked again: 20" in told


def test_why_tells_of_a_look_up_without_an_answer(news: Publication, site: Site, archive: Archive) -> None:
    news.article("one")
    archive.instead = lambda path: answer(500)
    feedbot(news, "run", "--once")
    told = feedbot(news, "why", site.link("/one"))
    assert "  archive    not answered on 20" in told
    assert ": answered 500; asked again: 20" in told
