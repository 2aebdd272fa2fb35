"""Which entries feeds tell readers to forget (feeds.tombstones; RFC 6721)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from feedbot.config import Config
from feedbot.state import published, withdrawn
from feedbot.state.database import State
from feedbot.steps.selection import Selection

_TOLD_FOR = timedelta(days=30)


def tell_withdrawn(
    config: Config, state: State, selections: Sequence[Selection], now: datetime, as_of: datetime
) -> tuple[Selection, ...]:
    """The feeds with a tombstone for each entry that was in them and is published no more, for 30 days.

    So not for one that newer entries pushed out, nor for one that is still in another feed: some readers would delete
    it there as well. An entry that comes back has none. The time is that of the build that found it gone. `as_of` is
    the moment that entries are chosen by.
    """
    if not config.feeds.tombstones:
        withdrawn.forget(state, (), now)
        return tuple(selections)
    gone = {one.feed.slug: set(one.previous) - set(one.ids) for one in selections}
    withdrawn.note(state, gone, now)
    # Among them are those that newer entries pushed out.
    there = {one.feed.slug: frozenset(one.ids) for one in selections}
    back = [
        (feed, one.entry_id)
        for feed, noted in withdrawn.by_feed(state).items()
        for one in noted
        if one.entry_id in there.get(feed, ()) or published.is_published(state, one.entry_id, as_of)
    ]
    withdrawn.forget(state, back, now - _TOLD_FOR)
    told = withdrawn.by_feed(state)
    return tuple(replace(one, feed=replace(one.feed, tombstones=told.get(one.feed.slug, ()))) for one in selections)
