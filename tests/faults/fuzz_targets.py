"""What is fed with bytes that nobody would write, by name; each ends well for all bytes, or raises.

`fuzzing.py` looks for more of them, and `corpus.py` keeps those that reached something new.
"""

import json
from collections.abc import Callable
from ipaddress import ip_address

import ada_url
from lxml import etree, html

from feedbot.articles.body import render_body
from feedbot.articles.understand import understand
from feedbot.core.address import why_not_public
from feedbot.core.article import Article, Rejected
from feedbot.core.domain import registrable_domain
from feedbot.core.page import read_page
from feedbot.core.url import InvalidUrl, has_userinfo, host_of, path_of, resolve_url, split_url, why_never_asked
from feedbot.publish.render import RENDERERS
from tests.articles.written import RULES
from tests.publish.feed_samples import feed_with

_KINDS = ("text/html", "text/html; charset=utf-16", "application/xhtml+xml", "text/plain", "application/pdf")
_ACTIVE = etree.XPath(
    "//script|//style|//iframe|//object|//embed|//form|//@*[starts-with(name(), 'on')]"
    "|//@href[starts-with(translate(., 'JAVSCRIPT', 'javscript'), 'javascript:')]"
)


def front_matter(data: bytes) -> None:
    """What follows the first fence of an article file."""
    outcome, _ = understand("articles/story.md", b"---\n" + data, RULES)
    assert isinstance(outcome, (Article, Rejected))


def url(data: bytes) -> None:
    """An address as it is written in an article, by itself and as part of a page's."""
    text = data.decode("utf-8", errors="surrogateescape")
    for base in (None, "https://example.org/a/b?c"):
        try:
            resolved = resolve_url(text, base)
        except InvalidUrl:
            continue
        assert resolve_url(resolved) == resolved == ada_url.normalize_url(resolved)
        assert not has_userinfo(resolved)
        canonical = resolved.partition("#")[0]
        parts = split_url(canonical)
        if parts.scheme in {"http", "https"}:
            assert host_of(canonical) == parts.host
            assert path_of(canonical) == parts.path.partition("?")[0]
            _asked(parts.host)
        else:
            assert why_never_asked(parts)


def _asked(host: str) -> None:
    """The policy for the host of a web address."""
    assert host.rstrip(".").endswith(registrable_domain(host))
    try:
        address = ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return
    is_own = address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified
    assert why_not_public(address) or not is_own


def page(data: bytes) -> None:
    """A page; its first byte says of what kind, and whether its server says that it is there."""
    first, body = (data[0], data[1:]) if data else (0, b"")
    kind = _KINDS[first % len(_KINDS)]
    read_page("https://example.org/a", 404 if first & 128 else 200, {"content-type": kind}, body)


def feed(data: bytes) -> None:
    """A feed of one entry; the first two bytes are how much of the text is its title and its excerpt, then its body."""
    in_title, in_excerpt = (data[0], data[1]) if len(data) > 1 else (0, 0)
    # What is no UTF-8 becomes lone surrogates, which no XML may hold.
    text = data[2:].decode("utf-8", errors="surrogateescape")
    title, excerpt, body = text[:in_title], text[in_title : in_title + in_excerpt], text[in_title + in_excerpt :]
    # A body comes from a file, which is UTF-8 or rejected.
    rendered = render_body(body.encode(errors="replace").decode(), "https://example.org/").html
    if rendered.strip():
        assert not _ACTIVE(html.fragment_fromstring(rendered, create_parent=True))
    for body_html in (rendered, body):
        one = feed_with(title=title or "x", excerpt=excerpt, body_html=body_html)
        for _, render in RENDERERS.values():
            written = render(one, "both")
            if written.lstrip().startswith(b"<"):
                etree.fromstring(written)
            else:
                json.loads(written)


TARGETS: dict[str, Callable[[bytes], None]] = {"front-matter": front_matter, "url": url, "page": page, "feed": feed}
