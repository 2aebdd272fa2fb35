"""Entries as one format writes them: one that many feeds carry is rendered once, and its bytes are put into each."""

from collections.abc import Callable, Hashable
from dataclasses import replace

from feedbot.core.feed import Entry, Feed
from feedbot.publish.html import is_web_url

MOST_FRAGMENTS = 5000
"""Some 20 MB for each format; beyond that the oldest is forgotten, and rendered again where another feed carries it."""


class Fragments:
    """The fragments of one format, for as long as one build goes on.

    A fragment is known by its Entry itself and not by its id alone, so that it is never one of another version, and by
    whatever else its bytes depend on.
    """

    def __init__(self, most: int = MOST_FRAGMENTS) -> None:
        self._most = most
        self._known: dict[tuple[str, Hashable], tuple[Entry, bytes]] = {}

    def find(self, entry: Entry, depends_on: Hashable) -> bytes | None:
        """The bytes of this very entry; None where it is to be rendered."""
        known, fragment = self._known.get((entry.id, depends_on), (None, None))
        return fragment if known is entry else None

    def keep(self, entry: Entry, depends_on: Hashable, fragment: bytes) -> None:
        """Remember the bytes of an entry."""
        if len(self._known) >= self._most:
            del self._known[next(iter(self._known))]
        self._known[entry.id, depends_on] = (entry, fragment)


def render_with(
    fragments: Fragments,
    feed: Feed,
    render: Callable[[Feed], bytes],
    *,
    depends_on: Callable[[Entry], Hashable],
    opening: bytes,
    closing: bytes,
) -> bytes:
    """The bytes of `render(feed)`, which is called for the feed with those entries only that are not known yet.

    In its documents every entry begins with `opening`, a line of its own, and after the last one comes `closing`. Both
    are markup, which no text of an article can be: lxml escapes every `<` in it.
    """
    entries = [entry for entry in feed.entries if is_web_url(entry.link)]  # the others are left out of every feed
    known = [fragments.find(entry, depends_on(entry)) for entry in entries]
    new = [entry for entry, fragment in zip(entries, known, strict=True) if fragment is None]
    document = render(replace(feed, entries=tuple(new)))
    assert document.endswith(closing)
    head, *rest = document.removesuffix(closing).split(opening)
    rendered = [opening + one for one in rest]
    for entry, fragment in zip(new, rendered, strict=True):
        fragments.keep(entry, depends_on(entry), fragment)
    following = iter(rendered)
    return b"".join([head, *(fragment or next(following) for fragment in known), closing])
