"""The formats a feed is written in: one file and one line here each."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from feedbot.core.feed import Feed
from feedbot.publish import atom, json_feed, rss

Render = Callable[[Feed, str], bytes]

# By the name in feeds.formats: the file's suffix, and (feed, feeds.images) -> bytes.
RENDERERS: Mapping[str, tuple[str, Render]] = MappingProxyType(
    {
        "rss": (rss.SUFFIX, rss.render_rss),
        "atom": (atom.SUFFIX, atom.render_atom),
        "json": (json_feed.SUFFIX, json_feed.render_json_feed),
    }
)
