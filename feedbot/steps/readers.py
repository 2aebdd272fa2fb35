"""What readers of the feeds get in each place where a link stands: told in the reports, and to editors."""

from collections.abc import Mapping

from feedbot.core.article import LinkRole
from feedbot.core.healing import Link, Way
from feedbot.publish.link_report import ReadersGet
from feedbot.state import own_pages
from feedbot.state.database import State
from feedbot.state.troubles import Place
from feedbot.steps.mending import Mended

_LEAD_TO = {
    Way.PAGE: "the article's own page",
    Way.MOVED: "its new address",
    Way.AMP: "the AMP page",
    Way.CACHE: "the copy",
    Way.ARCHIVE: "the archive's copy",
}
_THE_LINK = ReadersGet("this link")
_NOT_THE_LINK = ReadersGet("nothing: it is left out")
_NO_ENTRY = ReadersGet("nothing: the entry is left out")
_NO_ENTRY_YET = ReadersGet("nothing yet: the entry waits until its page answers")
_THE_SOURCE = ReadersGet("the source, until the page answers")


def words(place: Place) -> str:
    """Where a link stands, for a person."""
    return f"{place.path}:{place.line} ({place.role})"


def readers_get(place: Place, mended: Mended, missing: Mapping[str, ReadersGet], *, is_unlinkable: bool) -> ReadersGet:
    """What readers get in one place of a link; `missing` is what they get instead of pages (`instead_of_pages`)."""
    if place.role not in {LinkRole.SOURCE, LinkRole.PAGE}:
        return _NOT_THE_LINK if is_unlinkable else _THE_LINK
    if place.path in mended.lost:
        return _NO_ENTRY
    link = mended.instead.get(place.path)
    if (instead := missing.get(place.path)) is not None and (place.role is LinkRole.PAGE or instead is _NO_ENTRY_YET):
        return instead
    if place.role is LinkRole.PAGE:
        return _THE_LINK
    return _THE_LINK if link is None else _instead(link)


def instead_of_pages(state: State, mended: Mended) -> dict[str, ReadersGet]:
    """By article path, what readers get where its own page is not there."""
    waiting = own_pages.waiting(state)
    return {
        page.path: _NO_ENTRY_YET if page.entry_id in waiting else _THE_LINK if page.is_source else _THE_SOURCE
        for page in mended.missing
    }


def _instead(link: Link) -> ReadersGet:
    match link.way:
        case Way.KEPT:
            return ReadersGet("this link all the same")
        case Way.MARKED:
            return ReadersGet("this link, and a word that it cannot be read")
        case _:
            return ReadersGet(_LEAD_TO[link.way], link.url)
