"""The page of an article on the publication's own site: may readers be sent there, and does a new entry wait for it?

It is made by the same change that adds the article's file, and is often there some minutes later.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from feedbot.core.article import LinkRole
from feedbot.core.status import Status, StatusKind

PATIENCE = timedelta(hours=2)
"""So long a new entry waits for its page at most, and so long a page that is not there is asked in every run."""


class OwnPage(msgspec.Struct, frozen=True):
    """An article's page and what is known of it.

    `is_linkable` by what was seen and what people say; `is_unseen`: the article's time has come, and no reader has
    seen its entry yet; `is_source`: the article names no other source.
    """

    entry_id: str
    path: str
    url: str
    reason: str = ""
    was_alive: bool = False
    by_request: bool = False
    """Its host asks not to be checked."""
    is_ignored: bool = False
    """The article asks that feedbot leave the link alone."""
    is_linkable: bool = True
    is_unseen: bool = False
    is_source: bool = False


def is_up(page: OwnPage, *, is_excused: bool = False) -> bool:
    """True where readers may be sent to it: it has answered once, and is not dead since.

    A page that nobody may ask, or that a person calls well (`is_excused`), counts as one that has answered.
    """
    return page.is_linkable and (page.was_alive or page.by_request or page.is_ignored or is_excused)


def waits_for(page: OwnPage, since_at: datetime, now: datetime) -> bool:
    """True where a new entry is still to wait for a page that is not up; it has waited since `since_at`."""
    return page.is_unseen and page.is_linkable and now - since_at < PATIENCE


def is_asked_in_every_run(roles: Iterable[LinkRole], status: Status, now: datetime) -> bool:
    """True for the page of a new entry that does not answer yet, in the first two hours; `status` is its latest."""
    if LinkRole.PAGE not in roles or status.first_alive_at is not None or status.since_at is None:
        return False
    return status.kind in {StatusKind.FAILING, StatusKind.BLOCKED} and now - status.since_at < PATIENCE
