"""The formats a feed is written in: one file and one line here each."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from feedbot.core.feed import Feed
from feedbot.publish import atom, json_feed, rss
from feedbot.publish.fragments import Fragments


class Render(Protocol):
    """A feed -> bytes; `images` is feeds.images, `fragments` those of this format in this build."""

    def __call__(self, feed: Feed, images: str, fragments: Fragments | None = None) -> bytes:
        """The same Feed gives the same bytes, with fragments or without."""


# By the name in feeds.formats: the file's suffix, and what makes the file.
RENDERERS: Mapping[str, tuple[str, Render]] = MappingProxyType(
    {
        "rss": (rss.SUFFIX, rss.render_rss),
        "atom": (atom.SUFFIX, atom.render_atom),
        "json": (json_feed.SUFFIX, json_feed.render_json_feed),
    }
)

# The formats that archive documents (RFC 5005) exist in.
ARCHIVED = frozenset({"rss", "atom"})
