"""What became of links is kept with the status that changed, and told in order."""

from datetime import timedelta

import pytest

from feedbot.core.status import StatusKind
from feedbot.core.transition import TransitionKind
from feedbot.state import planning, targets, transitions
from tests.publication import START, Publication


def check_on(news: Publication, *days: float) -> None:
    """Look at every link on each of these days."""
    for day in days:
        news.clock.at = START + timedelta(days=day)
        with news.state() as state, state.write() as connection:
            connection.execute("UPDATE targets SET next_check_at = 0")
        news.check()


def kept(news: Publication, limit: int = 100) -> list[transitions.Transition]:
    with news.state() as state:
        return transitions.newest(state, limit)


@pytest.fixture
def story(news: Publication) -> Publication:
    news.article("story")
    news.build()
    return news


def test_a_death_and_a_recovery_are_kept_newest_first(story: Publication) -> None:
    story.site.answers["/story"] = 404
    check_on(story, 0, 3, 6)
    story.site.answers["/story"] = 200
    check_on(story, 7, 7.5)
    recovered, died = kept(story)
    assert (died.kind, died.before, died.after) == (TransitionKind.DIED, StatusKind.FAILING, StatusKind.DEAD)
    assert (died.verdict, died.at) == ("missing", START + timedelta(days=6))
    assert "404" in died.reason
    assert (recovered.kind, recovered.before, recovered.after) == ("recovered", StatusKind.DEAD, StatusKind.ALIVE)
    assert recovered.url == story.site.link("/story")
    assert kept(story, limit=1) == [recovered]


def test_a_new_address_is_kept_with_what_it_is(story: Publication) -> None:
    story.site.answers["/story"] = (301, "/new")
    check_on(story, 0, 4, 8, 12)
    [moved] = kept(story)
    assert (moved.kind, moved.moved_to) == (TransitionKind.MOVED, story.site.link("/new"))


def test_a_network_failure_that_counts_at_the_end_of_a_run_is_kept_as_well(story: Publication) -> None:
    # Of another host, so that this one is known to answer.
    story.article("other")
    story.build()
    story.site.answers["/story"] = 500
    check_on(story, *range(0, 61, 15))
    assert [one.kind for one in kept(story)] == [TransitionKind.DIED]


def test_a_second_one_of_a_kind_on_one_day_is_not_kept(story: Publication) -> None:
    with story.state() as state:
        [target] = planning.due(state, story.clock.now())
    alive = _standing(target, StatusKind.ALIVE)
    dead = _standing(target, StatusKind.DEAD)
    with story.state() as state:
        for day in (1, 1.25, 2):
            at = START + timedelta(days=day)
            with state.write() as connection:
                transitions.note(connection, [(_at(alive, at), _at(dead, at))])
    assert [one.at for one in kept(story)] == [START + timedelta(days=2), START + timedelta(days=1)]


def _standing(target, kind):
    return targets.Target(target.id, target.url, target.host, targets.Status(kind))


def _at(target, at):
    status = targets.Status(target.status.kind, checked_at=at)
    return targets.Target(target.id, target.url, target.host, status)
