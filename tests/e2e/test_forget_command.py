"""`feedbot forget` as a person types it."""

import shutil

import pytest

from tests.e2e.test_command import feedbot


@pytest.fixture
def published(news, site):
    news.article("slander", topics="AI, Courts")
    news.article("other", more=f"related: [{{title: More, sourceUrl: '{site.link('/slander')}'}}]\n")
    assert feedbot(news.folder, "run", "--once").returncode == 0
    return news


def answered(folder, answer, *words):
    return feedbot(folder, "forget", *words, named=answer)


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_it_says_what_would_go_and_without_a_yes_nothing_goes(published, site, answer):
    shutil.copy(published.folder / "state.db", published.folder / "state.db.bak")
    feeds = published.feeds()
    done = answered(published.folder, answer, "articles/slander.md")
    assert done.returncode == 1
    for words in (
        "article    articles/slander.md",
        "1 entry, in 3 feeds: ai, all, courts",
        f"link       {site.link('/slander')}",
        "of 1 other article: articles/other.md",
        "history    1 observation\n",
        "beside it lies state.db.bak\n",
        "readers    those who have fetched",
        "articles/slander.md stays where it is",
    ):
        assert words in done.stdout
    assert "state.db.lock" not in done.stdout
    assert done.stderr == "feedbot: stopped\n"
    assert published.feeds() == feeds
    assert feedbot(published.folder, "why", site.link("/slander")).returncode == 0


@pytest.mark.parametrize(("answer", "words"), [("y\n", ()), ("", ("--yes",))])
def test_with_a_yes_it_is_gone_at_once(published, site, answer, words):
    done = answered(published.folder, answer, "articles/slander.md", *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert "to let it come back: feedbot forget --undo articles/slander.md" in done.stdout
    assert published.titles() == ["About other"]
    assert "is not known" in feedbot(published.folder, "why", site.link("/slander")).stderr
    built = feedbot(published.folder, "build")
    assert "0 feed files written" in built.stdout
    assert "forgotten  articles/slander.md  left out; to let it come back: feedbot forget --undo" in built.stdout
    asked = len(site.asked)
    checked = feedbot(published.folder, "check", site.link("/slander"))
    assert (checked.returncode, len(site.asked)) == (2, asked)
    assert "was forgotten and is not asked" in checked.stderr


def test_undone_it_is_in_the_feeds_at_once(published):
    feeds = published.feeds()
    assert feedbot(published.folder, "forget", "--yes", "articles/slander.md").returncode == 0
    done = feedbot(published.folder, "forget", "--undo", "articles/slander.md")
    assert (done.returncode, done.stderr) == (0, "")
    assert published.feeds() == feeds
    again = feedbot(published.folder, "forget", "--undo", "articles/slander.md")
    assert (again.returncode, "was not forgotten" in again.stderr) == (2, True)


@pytest.mark.parametrize("what", ["https://nowhere.example/", "articles/none.md", "articles", "http://[/"])
def test_what_is_not_known_is_refused(published, what):
    feeds = published.feeds()
    done = feedbot(published.folder, "forget", "--yes", what)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("feedbot: ")
    assert published.feeds() == feeds


def test_an_article_can_be_named_from_where_one_stands(published):
    done = feedbot(published.folder / "articles", "--config", "../config.yaml", "forget", "--yes", "slander.md")
    assert done.returncode == 0, done.stderr
    assert published.titles() == ["About other"]
