"""Which links a change adds."""

from collections.abc import Collection, Iterable
from itertools import chain

from feedbot.core.article import LinkRole


def added(now: Iterable[Collection[str]], before: Iterable[Collection[str]]) -> frozenset[str]:
    """The URLs in the articles of now that no article held before, wherever it stood; each item is one article's."""
    return frozenset(chain.from_iterable(now)).difference(*before)


def is_of_the_change(role: LinkRole, url: str, site_url: str) -> bool:
    """True for an article's own page: it goes online with the change that adds it, and is not there before.

    So is a source on the publication's own site, `site_url` (canonical, with a slash at its end).
    """
    return role is LinkRole.PAGE or (role is LinkRole.SOURCE and url.startswith(site_url))
