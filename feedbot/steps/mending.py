"""Where readers are led, by what was seen of links and what people say: asked by who publishes and who reports."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from feedbot.config import Config
from feedbot.core.healing import Link, Way, entry_link
from feedbot.core.mark import Mark, MarkKind, is_excused, is_linkable, mark_on
from feedbot.core.own_page import OwnPage, is_up
from feedbot.core.snapshot import unless_called_dead
from feedbot.state import entry_links, marks, own_pages, targets
from feedbot.state.database import State


@dataclass(frozen=True, slots=True)
class Mended:
    """By article path, where entries lead `instead` of to their source; and the `lost` files, that lead nowhere.

    `missing` are the articles' own pages that no reader may be sent to yet, or any more, where the config wants that.
    """

    instead: Mapping[str, Link]
    lost: Mapping[str, int]
    missing: tuple[OwnPage, ...] = ()


def mend(config: Config, state: State, now: datetime, *, beside: int | None = None) -> Mended:
    """Tell the queries of this connection to which targets no reader may be sent, and find where instead.

    `beside` is the number of a target: all of it for the articles that link to it alone, as who asks of one link needs.
    """
    said = marks.holding(state, now)
    targets.set_unlinkable(state, _unlinkable(config, state, said, now, beside))
    instead: dict[str, Link] = {}
    lost: dict[str, int] = {}
    for one in entry_links.to_mend(state, beside=beside):
        snapshot = unless_called_dead(one.snapshot, said) if config.archive.enabled else None
        link = entry_link(one.source, one.amp, one.cache, config.feeds.dead_source, snapshot=snapshot)
        if link == "lost":
            lost[one.path] = one.file_id
        elif link is not None:
            instead[one.path] = link
    if config.feeds.link == "source":
        return Mended(instead, lost)
    missing = []
    exclusions = config.links.exclusions()
    for page in own_pages.known(state, now, beside=beside):
        if not (is_up(page) or is_up(page, is_excused=is_excused(mark_on(page.url, said, exclusions, now)))):
            missing.append(page)
        elif not page.is_source:
            instead[page.path] = Link(page.url, Way.PAGE)
            lost.pop(page.path, None)
    return Mended(instead, lost, tuple(missing))


def _unlinkable(config: Config, state: State, said: Mapping[str, Mark], now: datetime, beside: int | None) -> set[int]:
    """The targets that no reader may be sent to: by what was seen of them, and by what people have said."""
    exclusions = config.links.exclusions()
    seem_dead = [
        number
        for number, url in targets.seem_unlinkable(state, beside=beside)
        if not is_linkable(mark_on(url, said, exclusions, now), seems_dead=True)
    ]
    marked_dead = targets.numbers(state, [url for url, mark in said.items() if mark.kind is MarkKind.DEAD])
    return {*seem_dead, *marked_dead}
