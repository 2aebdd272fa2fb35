"""The headers of the built-in server's answers: what docs/serving.md asks of any server, and what browsers guard by."""

from collections.abc import Mapping

from feedbot.config import PUBLIC_REPORTS, Config
from feedbot.core.history import is_document_file
from feedbot.publish.link_report import REPORT_NAME, report_policy
from feedbot.publish.pages import page_policy

Headers = list[tuple[bytes, bytes]]

_HTML = "text/html; charset=utf-8"
TYPES = {
    ".rss": "application/rss+xml; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".json": "application/feed+json",
    ".opml": "text/x-opml; charset=utf-8",
    ".html": _HTML,
}
"""The media type of each kind of file that feedbot writes for readers; nothing else is sent."""

_OF_FEEDS = (".rss", ".atom", ".json")

# In an Atom file that a browser shows, an XHTML script of an article would run otherwise.
_NOTHING = "default-src 'none'"
# Not by a `meta` of the page: CSP level 3 heeds it in a header alone.
_NOT_IN_A_FRAME = "; frame-ancestors 'none'"

GUARDS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
]
"""What every answer carries, with a content-security-policy."""

_READABLE_FROM_EVERYWHERE: Headers = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-headers", b"If-None-Match, If-Modified-Since"),
    (b"access-control-expose-headers", b"ETag"),
    (b"cross-origin-resource-policy", b"cross-origin"),
]
_PREFLIGHT: Headers = [
    (b"access-control-allow-methods", b"GET, HEAD"),
    (b"access-control-max-age", b"86400"),
]


def plain_headers(content_type: str = "text/plain; charset=utf-8") -> Headers:
    """The headers of an answer that is no file: nothing in it is active, and nobody keeps it."""
    policy = (_NOTHING + _NOT_IN_A_FRAME).encode()
    return [(b"content-type", content_type.encode()), (b"content-security-policy", policy), *GUARDS]


class FileHeaders:
    """The headers of each file, the same in every answer with it."""

    def __init__(self, config: Config) -> None:
        # An alias such as feed.xml has the type of its feed.
        self._types: Mapping[str, str] = {
            alias: TYPES[f".{feed.rpartition('.')[2]}"] for alias, feed in config.feeds.aliases.items()
        }
        self._common: Headers = [
            (b"cache-control", f"max-age={config.feeds.ttl:.0f}".encode()),
            (b"vary", b"Accept-Encoding"),
            *_READABLE_FROM_EVERYWHERE,
            *GUARDS,
            *([(b"x-robots-tag", b"noindex")] if config.is_staging else []),
        ]
        self._page_policy, self._report_policy = page_policy(), report_policy()
        self._base, self._aliases = config.feeds.url, config.feeds.aliases
        self._hubs = [f'<{hub}>; rel="hub"' for hub in config.feeds.hub]

    def type_of(self, path: str) -> str | None:
        """The media type of a file by its path in the folder; None where it is no file for readers."""
        name = path.rpartition("/")[2]
        dot = name.rfind(".")
        return self._types.get(path) or TYPES.get(name[dot:] if dot > 0 else "")

    def of(self, path: str, content_type: str) -> Headers:
        """The headers of a file, in an answer with it and in a 304."""
        policy = _NOTHING
        if content_type == _HTML:
            policy = self._report_policy if path == f"{PUBLIC_REPORTS}/{REPORT_NAME}" else self._page_policy
        return [
            (b"content-type", content_type.encode()),
            (b"content-security-policy", (policy + _NOT_IN_A_FRAME).encode()),
            *self._common,
            *self._links(path),
        ]

    def _links(self, path: str) -> Headers:
        """The hubs of a feed and its own address (WebSub, 4): subscribers look here first, and some hubs here alone."""
        feed = self._aliases.get(path, path)
        is_feed = "/" not in feed and feed.endswith(_OF_FEEDS)
        # No hub tells of an archive document, which does not change.
        if not self._hubs or not is_feed or is_document_file(feed):
            return []
        links = [*self._hubs, f'<{self._base}{feed}>; rel="self"']
        return [(b"link", ", ".join(links).encode("ascii"))]

    def of_preflight(self) -> Headers:
        """The headers of the answer to OPTIONS (Fetch, CORS-preflight request)."""
        return [*_PREFLIGHT, *self._common]
