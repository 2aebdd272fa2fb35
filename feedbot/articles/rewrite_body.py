"""A Markdown body with links rewritten: each place where one may be written, and each way to write it there.

What looks like a link may stand in a code block or a comment. Whether it is one is for whoever renders the body with
the edit made, and looks whether readers get that link and nothing else anew (`changed_links`).
"""

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from feedbot.articles.address import read_url
from feedbot.articles.rewrite_front import in_place_of, with_fragment
from feedbot.articles.rules import ReadRules
from feedbot.articles.spots import Part
from feedbot.core.article import Link
from feedbot.core.patch import Edit
from feedbot.core.url import InvalidUrl, canonical_url

_BARE = r"[^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*"
# [text](address), ![picture](address); <address> in it may hold spaces and brackets.
_INLINE = re.compile(rf"\]\([ \t]*(?:\r?\n[ \t]*)?(?P<url><[^<>\r\n]*>|{_BARE})")
# [label]: address
_DEFINITION = re.compile(rf"^[> \t]*\[[^\]\r\n]+\]:[ \t]*(?:\r?\n[ \t]*)?(?P<url><[^<>\r\n]*>|{_BARE})", re.MULTILINE)
_AUTOLINK = re.compile(r"<(?P<url>[A-Za-z][A-Za-z0-9+.-]{1,31}:[^<>\s]*)>")
_ATTRIBUTE = re.compile(r"""\b(?:href|src|cite)\s*=\s*(?P<url>"[^"]*"|'[^']*'|[^\s"'=<>`]+)""", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
# As nh3 writes them; in texts it leaves quotes as they are.
_TAG = re.compile(r'<[a-z][a-z0-9]*(?: [^\s=>"]+="[^"]*")*>')
_SHOWN_URL = re.compile(r'( (?:href|src|cite)=")([^"]*)(")')


@dataclass(frozen=True, slots=True)
class Place:
    """Where a link to a canonical URL seems to be written, and the edits that may change it, the likeliest first."""

    url: str
    edits: tuple[Edit, ...]
    is_definition: bool = False
    """One such address is that of any number of links; elsewhere, of one."""


def rewritten(part: Part, link: Link, address: str, rules: ReadRules) -> Iterator[Edit]:
    """The edits that may give a link in the body another address, from the top; its fragment stays if that has none."""
    for place in _places(part, {link.url: address}, rules):
        yield from place.edits


def places(part: Part, addresses: Mapping[str, str], rules: ReadRules) -> list[Place]:
    """The places of links to canonical URLs that get these addresses, in order, none over another."""
    apart: list[Place] = []
    for place in sorted(_places(part, addresses, rules), key=lambda one: one.edits[0].start):
        if not apart or place.edits[0].start >= apart[-1].edits[0].end:
            apart.append(place)
    return apart


def _places(part: Part, addresses: Mapping[str, str], rules: ReadRules) -> Iterator[Place]:
    text = part.text
    for pattern in (_INLINE, _DEFINITION):
        for found in pattern.finditer(text):
            written, around = found["url"], ""
            if written.startswith("<"):
                written, around = written[1:-1], "<>"
            url = _target(_ESCAPED.sub(r"\1", html.unescape(written)), rules)
            if url not in addresses:
                continue
            new = in_place_of(written, addresses[url], rules)
            bracketed = [f"<{new}>", f"<{html.escape(new, quote=False)}>"]
            ways = bracketed if around else [new, new.replace("&", "&amp;"), *bracketed]
            yield Place(url, _edits(part, found, ways), is_definition=pattern is _DEFINITION)
    for found in _AUTOLINK.finditer(text):
        url = _target(found["url"], rules)
        if url in addresses:
            yield Place(url, _edits(part, found, [with_fragment(addresses[url], found["url"])]))
    for found in _ATTRIBUTE.finditer(text):
        written, quote = found["url"], ""
        if written[0] in "\"'":
            written, quote = written[1:-1], written[0]
        url = _target(html.unescape(written), rules)
        if url not in addresses:
            continue
        new = in_place_of(written, addresses[url], rules)
        escaped = new.replace("&", "&amp;")
        ways = [escaped, new] if "&amp;" in written or "&" not in written else [new, escaped]
        ways = [f"{quote}{way}{quote}" for way in ways if not quote or quote not in way]
        if ways:
            yield Place(url, _edits(part, found, ways))


def changed_links(before: str, after: str, addresses: Mapping[str, str]) -> Counter[str] | None:
    """How many links to each canonical URL lead to its new address now, of a body's sanitised HTML before and after.

    None where anything else differs. A link that shows its own address shows the new one.
    """
    urls_before, urls_after = list(_urls_in(before)), list(_urls_in(after))
    changed: Counter[str] = Counter()
    if len(urls_before) != len(urls_after):
        return None
    for old, new in zip(urls_before, urls_after, strict=True):
        if old != new:
            shown = html.unescape(old)
            url = shown.partition("#")[0]
            if url not in addresses or html.unescape(new) != with_fragment(addresses[url], shown):
                return None
            changed[url] += 1
    return changed if _is_same_but_for_own_address(before, after, addresses) else None


def _is_same_but_for_own_address(before: str, after: str, addresses: Mapping[str, str]) -> bool:
    old, new = _without_urls(before).split("</a>"), _without_urls(after).split("</a>")
    if len(old) != len(new):
        return False
    for one, other in zip(old, new, strict=True):
        if one == other:
            continue
        (start, _, shown), (new_start, _, new_shown) = one.rpartition(">"), other.rpartition(">")
        shown = html.unescape(shown)
        address = addresses.get(shown.partition("#")[0])
        if start != new_start or address is None or html.unescape(new_shown) != with_fragment(address, shown):
            return False
    return True


def _urls_in(shown: str) -> Iterator[str]:
    for tag in _TAG.findall(shown):
        for _, url, _ in _SHOWN_URL.findall(tag):
            yield url


def _without_urls(shown: str) -> str:
    return _TAG.sub(lambda tag: _SHOWN_URL.sub(r"\1\3", tag[0]), shown)


def _edits(part: Part, found: re.Match[str], ways: list[str]) -> tuple[Edit, ...]:
    start, end = part.byte_at(found.start("url")), part.byte_at(found.end("url"))
    return tuple(Edit(start, end, way.encode()) for way in dict.fromkeys(ways))


def _target(written: str, rules: ReadRules) -> str:
    """The canonical URL that it leads to; empty where it is none."""
    try:
        return canonical_url(read_url(written, rules.site_url, loose=True)[0])
    except InvalidUrl:
        return ""
