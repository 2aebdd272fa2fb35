"""What a publication's own pages are told of a link: that it has moved or is dead, and where to lead instead."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from feedbot.core.healing import Link, Standing, entry_link
from feedbot.core.mark import Mark, MarkKind
from feedbot.core.snapshot import Snapshot
from feedbot.core.status import StatusKind

MAX_LINK_LENGTH = 1000
"""A longer URL is not told: in YAML, as which Jekyll reads its data files, a key has at most 1,024 characters."""


class SiteLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A link that pages should not show as it is; `link` leads to the same page, None where nothing does."""

    status: Literal["dead", "moved"]
    link: str | None
    since: datetime


class Copies(msgspec.Struct, frozen=True):
    """Where else the page of one article can be read."""

    amp: Standing | None = None
    cache: Standing | None = None


def site_link(
    target: Standing, copies: Iterable[Copies], mark: Mark | None = None, *, snapshot: Snapshot | None = None
) -> SiteLink | None:
    """What is told of a target, by the rules of feeds (`entry_link`); None for one that pages may show as it is.

    `copies` are those of each article that the target is the page of; the first that can be read counts,
    and an archive's copy (`snapshot`) where none can. What is refused by its scheme, port or address is not called
    dead: `mark`, a person's word, may call it so.
    """
    links = [*(entry_link(target, one.amp, one.cache) for one in copies)]
    links.append(entry_link(target, None, None, snapshot=snapshot))
    url = next((link.url for link in links if isinstance(link, Link)), None)
    if target.is_linkable:
        since = target.status.moved_first_at
        return None if url is None or since is None else SiteLink("moved", url, since)
    if target.status.kind is StatusKind.DEAD:
        since = target.status.since_at
    else:
        since = mark.made_at if mark is not None and mark.kind is MarkKind.DEAD else None
    return None if since is None else SiteLink("dead", url, since)
