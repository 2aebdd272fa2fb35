"""What publishing brought, as text for people."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from feedbot.cli.text import count, plain
from feedbot.config import Config
from feedbot.core.article import LinkRole
from feedbot.core.healing import Way, moved_for_good
from feedbot.steps.results import Result

if TYPE_CHECKING:  # what publishes takes a while to load
    from feedbot.steps.gate import Gate
    from feedbot.steps.publishing import Publishing

_LEADS_ELSEWHERE = {
    Way.MOVED: "its new address",
    Way.AMP: "the AMP page",
    Way.CACHE: "the copy",
    Way.ARCHIVE: "the archive's copy",
}
_WAITING_SHOWN = 5
_PAGE_SUFFIX = ".html"


def publishing_lines(config: Config, publishing: "Publishing", checked: Iterable[Result] = ()) -> Iterator[str]:
    """Feeds and pages written and unchanged, entries that came and went and why, and what the guard holds."""
    written = count(publishing.feeds_written, "feed file")
    line = f"Feeds      {written} written, {publishing.feeds_unchanged:,} unchanged"
    if publishing.added or publishing.removed:
        line += f"; {count(publishing.added, 'entry', 'entries')} came, {publishing.removed:,} went"
    yield line
    if pages := sum(name.endswith(_PAGE_SUFFIX) for name in publishing.written):
        yield f"           {count(pages, 'page')} for people written; the first is {config.feeds.directory}/index.html"
    if publishing.site_data is not None:
        yield f"           links of the site's own pages: {publishing.site_data} written; build the site anew"
    if publishing.feeds_written:
        # A format's name is the suffix of its files (publish/render.py).
        suffix = "atom" if "atom" in config.feeds.formats else config.feeds.formats[0]
        yield f"           subscribe to {config.feeds.url}all.{suffix} once {config.feeds.directory}/ is served there"
    for sentence in publishing.named_in_vain:
        yield f"  note       {plain(sentence)}"
    yield from _mended_lines(publishing, checked)
    for hold in publishing.holds:
        yield f"  held       {plain(hold.sentence)}"
        yield f"             check the cause; to let them go: feedbot build --accept {hold.feed}"
    yield from gate_lines(publishing.held.gate)
    if publishing.held.flood is not None:
        yield f"  held       {publishing.held.flood.sentence}"
        yield "             to let them come: feedbot build --accept-new (see them first: --preview --accept-new)"
    if publishing.held.renaming is not None:
        yield f"  held       {publishing.held.renaming.sentence}"
        yield "             to keep them, take the ids out of the files; else: feedbot build --accept-new"


def gate_lines(gate: "Gate") -> Iterator[str]:
    """The new entries that wait for their own page, and those that were published without it."""
    for one in gate.waiting[:_WAITING_SHOWN]:
        until = f"until {one.until:%H:%M} UTC at most"
        yield f"  waits      {plain(one.page.path)}: for its page {plain(one.page.url)} ({plain(one.why)}), {until}"
    if len(gate.waiting) > _WAITING_SHOWN:
        yield f"             and {len(gate.waiting) - _WAITING_SHOWN:,} more wait for their pages"
    for one in gate.given_up[:_WAITING_SHOWN]:
        where = f"its page {plain(one.page.url)} does not answer ({plain(one.why)})"
        yield f"  no page    {plain(one.page.path)}: {where}; its entry leads to its source until that does"
    if len(gate.given_up) > _WAITING_SHOWN:
        yield f"             and {len(gate.given_up) - _WAITING_SHOWN:,} more lead to their sources"


def _mended_lines(publishing: "Publishing", checked: Iterable[Result]) -> Iterator[str]:
    """The articles whose source readers are no longer sent to, since this run: where else, or that they went."""
    for result in checked:
        before, after = result.before.status, result.after.status
        is_lost = after.is_unlinkable and not before.is_unlinkable
        url = result.after.url
        has_moved = moved_for_good(after, url) != moved_for_good(before, url)
        for place in result.places:
            if place.role == LinkRole.PAGE and is_lost and place.article not in publishing.instead:
                yield f"  mended     {plain(place.article)}: its page is {after.kind}; its entry leads to its source"
            if place.role != LinkRole.SOURCE or not (is_lost or has_moved):
                continue
            why = f"{plain(place.article)}: its source {'has moved' if has_moved else f'is {after.kind}'}"
            link = publishing.instead.get(place.article)
            if link is not None and link.way in _LEADS_ELSEWHERE:
                yield f"  mended     {why}; its entry leads to {_LEADS_ELSEWHERE[link.way]} {plain(link.url)}"
            elif is_lost:
                yield f"  {'withdrawn' if link is None else 'kept     '}  {why} ({plain(after.reason)})"
