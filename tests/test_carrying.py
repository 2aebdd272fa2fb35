"""Another machine goes on where the last run stopped, with the articles and the exported state alone."""

import pytest

from feedbot.errors import StateError
from feedbot.state import runs, targets
from feedbot.steps.publishing import publish
from tests.carrying import exported, imported, moved
from tests.e2e.test_command import feedbot
from tests.publication import Publication


@pytest.fixture
def ran(news: Publication):
    """A publication after three runs: of its links one lives, one died, one fails and one has moved."""
    for name in ("alive", "gone", "failing", "moved"):
        news.article(name, topics="AI, Robots")
    news.article("draft", more="isPublished: false\n")
    news.site.answers |= {"/gone": 410, "/moved": (301, "/new")}
    news.run()
    news.site.answers["/failing"] = 404
    news.clock.step(days=1.2)
    news.run()
    news.clock.step(days=4)
    news.run()
    return news


def statuses(news: Publication):
    with news.state() as state:
        rows = state.rows("SELECT url, status, strikes, next_check_at FROM targets ORDER BY url")
        return [tuple(row.values()) for row in rows]


def test_its_feeds_are_the_same_bytes(ran, tmp_path):
    assert {status for _, status, *_ in statuses(ran)} >= {"alive", "dead", "failing", "moved"}
    other = moved(ran, tmp_path / "other")
    other.build()
    assert other.feeds() == ran.feeds()


def test_it_asks_for_nothing_that_is_not_due(ran, tmp_path):
    other = moved(ran, tmp_path / "other")
    ran.site.asked.clear()
    run = other.run()
    assert run.checking.summary == {}
    assert ran.site.asked == []
    assert run.reading.parsed == 5
    assert other.feeds() == ran.feeds()


def test_a_build_there_leaves_the_state_as_it_was(ran, tmp_path):
    other = moved(ran, tmp_path / "other")
    other.build()
    assert exported(other.config.state_path) == exported(ran.config.state_path)


def test_what_is_due_later_is_asked_there_as_here_and_comes_to_the_same(ran, tmp_path):
    other = moved(ran, tmp_path / "other")
    for _ in range(4):
        for one in (ran, other):
            one.clock.step(days=2)
            one.run()
    assert statuses(other) == statuses(ran)
    assert "dead" in {status for url, status, *_ in statuses(other) if url.endswith("/failing")}
    assert other.feeds() == ran.feeds()


def test_why_and_status_tell_the_same(ran, tmp_path):
    other = moved(ran, tmp_path / "other")
    other.build()
    for words in (["why", ran.site.link("/gone"), "--all"], ["why", ran.site.link("/failing")], ["status"]):
        here, there = (feedbot(one.folder, *words) for one in (ran, other))
        assert (there.returncode, there.stdout) == (here.returncode, here.stdout)
        assert here.returncode == 0
    with ran.state() as here, other.state() as there:
        assert targets.by_status(there) == targets.by_status(here)
        assert runs.trail(there, ran.site.link("/gone")) == runs.trail(here, ran.site.link("/gone"))


def test_between_two_runs_only_lines_of_what_changed_are_others(ran):
    before = exported(ran.config.state_path).splitlines()
    ran.clock.step(hours=1)
    ran.run()
    after = exported(ran.config.state_path).splitlines()
    kinds = {line.split(b'"')[3] for line in {*after} - {*before}}
    assert kinds == {b"clock", b"run", b"end"}
    assert len({*before} - {*after}) == 2


def test_an_article_that_was_changed_meanwhile_has_the_date_of_its_change(ran, tmp_path):
    other = moved(ran, tmp_path / "other")
    file = other.folder / "articles" / "alive.md"
    file.write_text(file.read_text(encoding="utf-8").replace("About alive", "All about it"), encoding="utf-8")
    other.age(file)
    other.clock.step(hours=1)
    other.build()
    assert "All about it" in other.titles()
    stamped = f"<updated>{other.clock.now():%Y-%m-%dT%H:%M:%SZ}</updated>"
    assert other.feeds()["all.atom"].decode().count(stamped) == 2, "of the entry, and so of the feed"


def test_an_article_that_is_rejected_keeps_its_last_good_version(ran, tmp_path):
    file = ran.folder / "articles" / "alive.md"
    file.write_text("---\ntitle: [\n---\n", encoding="utf-8")
    ran.age(file)
    ran.build()
    assert "About alive" in ran.titles()
    other = moved(ran, tmp_path / "other")
    reading, _ = other.build()
    assert [one.path for one in reading.rejected] == ["articles/alive.md"]
    assert other.feeds() == ran.feeds()


def test_what_was_imported_and_not_read_yet_is_carried_on_whole(ran, tmp_path):
    file = ran.folder / "articles" / "gone.md"
    file.write_text("---\ntitle: [\n---\n", encoding="utf-8")
    ran.age(file)
    ran.build()
    assert "About gone" not in ran.titles(), "its link died: only its file and the state know of it"
    data = exported(ran.config.state_path)
    assert b"About gone" in data
    assert exported(moved(ran, tmp_path / "other").config.state_path) == data


def test_what_vanished_in_bulk_between_the_two_is_held_there_as_here(news, tmp_path):
    for number in range(12):
        news.article(f"a{number}")
    news.run()
    other = moved(news, tmp_path / "other")
    for one in (news, other):
        for number in range(10):
            (one.folder / "articles" / f"a{number}.md").unlink()
        _, publishing = one.build()
        assert publishing.is_held_anew
        assert len(one.titles()) == 12
    assert other.feeds() == news.feeds()
    # What is held stays held on a third one.
    third = moved(other, tmp_path / "third")
    _, publishing = third.build()
    assert not publishing.is_held_anew
    assert third.feeds() == news.feeds()


def test_before_articles_were_read_nothing_is_published(ran, tmp_path):
    other = moved(ran, tmp_path / "other")
    with other.state() as state:
        with pytest.raises(StateError, match="has not read its articles yet: nothing was published; `feedbot build`"):
            publish(other.config, state, other.clock)
    assert not (other.folder / "feeds").exists()
    other.build()
    assert other.feeds() == ran.feeds()


def test_a_takedown_that_only_the_replaced_state_knows_of_holds_on(ran, tmp_path):
    data = exported(ran.config.state_path)
    assert feedbot(ran.folder, "forget", "articles/alive.md", "--yes").returncode == 0
    (tmp_path / "state.ndjson").write_bytes(data)
    done = feedbot(ran.folder, "import", "--replace", str(tmp_path / "state.ndjson"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "are carried out now" in done.stdout
    left = exported(ran.config.state_path)
    assert b"alive.md" not in left
    assert ran.site.link("/alive").encode() not in left
    assert "About alive" not in ran.titles()


def test_without_anything_in_it_a_state_is_carried_as_well(news, tmp_path):
    with news.state():
        pass
    assert imported(tmp_path / "state.db", exported(news.config.state_path)).records == {"clock": 1}
