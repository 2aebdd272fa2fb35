"""When readers may be sent to an article's own page, and for how long a new entry waits for it."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from feedbot.core.article import LinkRole
from feedbot.core.own_page import PATIENCE, OwnPage, is_asked_in_every_run, is_up, waits_for
from feedbot.core.status import Status, StatusKind

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
NEW = OwnPage("tag:x", "a.md", "https://example.org/a/", is_unseen=True)


def test_a_page_is_shown_once_it_has_answered_and_as_long_as_it_is_not_dead() -> None:
    assert not is_up(NEW)
    assert is_up(replace(NEW, was_alive=True))
    assert not is_up(replace(NEW, was_alive=True, is_linkable=False))


def test_a_page_that_is_not_asked_or_that_a_person_calls_well_is_shown() -> None:
    assert is_up(replace(NEW, by_request=True))
    assert is_up(replace(NEW, is_ignored=True))
    assert is_up(NEW, is_excused=True)


def test_a_new_entry_waits_for_less_than_two_hours() -> None:
    assert waits_for(NEW, NOW - PATIENCE + timedelta(seconds=1), NOW)
    assert not waits_for(NEW, NOW - PATIENCE, NOW)


def test_what_readers_have_and_what_will_not_come_is_not_waited_for() -> None:
    assert not waits_for(replace(NEW, is_unseen=False), NOW, NOW)
    assert not waits_for(replace(NEW, is_linkable=False), NOW, NOW)


@pytest.mark.parametrize("kind", [StatusKind.FAILING, StatusKind.BLOCKED])
def test_a_page_that_never_answered_is_asked_in_every_run_for_two_hours(kind: StatusKind) -> None:
    roles = [LinkRole.RELATED_SOURCE, LinkRole.PAGE]
    failing = Status(kind, since_at=NOW - PATIENCE + timedelta(seconds=1))
    assert is_asked_in_every_run(roles, failing, NOW)
    assert not is_asked_in_every_run(roles, failing, NOW + timedelta(seconds=1))
    assert not is_asked_in_every_run([LinkRole.SOURCE], failing, NOW)
    assert not is_asked_in_every_run(roles, replace(failing, first_alive_at=NOW), NOW)
    assert not is_asked_in_every_run(roles, replace(failing, kind=StatusKind.DEAD), NOW)
