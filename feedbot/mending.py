"""Where readers are led, by what was seen of links and what people say: asked by who publishes and who reports."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from feedbot.config import Config
from feedbot.core.healing import Link, entry_link
from feedbot.core.mark import Mark, MarkKind, is_linkable, mark_on
from feedbot.core.snapshot import unless_called_dead
from feedbot.state import entry_links, marks, targets
from feedbot.state.database import State


@dataclass(frozen=True, slots=True)
class Mended:
    """By article path, where entries lead `instead` of to their source; and the `lost` files, that lead nowhere."""

    instead: Mapping[str, Link]
    lost: Mapping[str, int]


def mend(config: Config, state: State, now: datetime) -> Mended:
    """Tell the queries of this connection to which targets no reader may be sent, and find where instead."""
    said = marks.holding(state, now)
    targets.set_unlinkable(state, _unlinkable(config, state, said, now))
    instead, lost = {}, {}
    for one in entry_links.to_mend(state):
        snapshot = unless_called_dead(one.snapshot, said) if config.archive.enabled else None
        link = entry_link(one.source, one.amp, one.cache, config.feeds.dead_source, snapshot=snapshot)
        if link == "lost":
            lost[one.path] = one.file_id
        elif link is not None:
            instead[one.path] = link
    return Mended(instead, lost)


def _unlinkable(config: Config, state: State, said: Mapping[str, Mark], now: datetime) -> set[int]:
    """The targets that no reader may be sent to: by what was seen of them, and by what people have said."""
    exclusions = config.links.exclusions()
    seem_dead = [
        number
        for number, url in targets.seem_unlinkable(state)
        if not is_linkable(mark_on(url, said, exclusions, now), seems_dead=True)
    ]
    marked_dead = targets.numbers(state, [url for url, mark in said.items() if mark.kind is MarkKind.DEAD])
    return {*seem_dead, *marked_dead}
