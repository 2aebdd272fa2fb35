"""A Markdown body with one link rewritten: each place where it may be written, and each way to write it there.

What looks like a link may stand in a code block or a comment. Whether it is one is for whoever renders the body with
the edit made, and looks whether readers get that link and nothing else anew (`is_only_link_changed`).
"""

import html
import re
from collections.abc import Iterator

from feedbot.articles.address import read_url
from feedbot.articles.rewrite_front import in_place_of, with_fragment
from feedbot.articles.rules import ReadRules
from feedbot.articles.spots import Part
from feedbot.core.article import Link
from feedbot.core.patch import Edit
from feedbot.core.url import InvalidUrl, canonical_url

_BARE = r"[^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*"
_PLACES = (
    # [text](address), ![picture](address); <address> in it may hold spaces and brackets.
    re.compile(rf"\]\([ \t]*(?:\r?\n[ \t]*)?(?P<url><[^<>\r\n]*>|{_BARE})"),
    # [label]: address
    re.compile(rf"^[> \t]*\[[^\]\r\n]+\]:[ \t]*(?:\r?\n[ \t]*)?(?P<url><[^<>\r\n]*>|{_BARE})", re.MULTILINE),
)
_AUTOLINK = re.compile(r"<(?P<url>[A-Za-z][A-Za-z0-9+.-]{1,31}:[^<>\s]*)>")
_ATTRIBUTE = re.compile(r"""\b(?:href|src|cite)\s*=\s*(?P<url>"[^"]*"|'[^']*'|[^\s"'=<>`]+)""", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
# As nh3 writes them.
_SHOWN_URL = re.compile(r'( (?:href|src|cite)=")([^"]*)(")')


def rewritten(part: Part, link: Link, address: str, rules: ReadRules) -> Iterator[Edit]:
    """The edits that may give a link in the body another address, from the top; its fragment stays if that has none."""
    text = part.text
    for pattern in _PLACES:
        for found in pattern.finditer(text):
            written, around = found["url"], ""
            if written.startswith("<"):
                written, around = written[1:-1], "<>"
            if not _leads_to(_ESCAPED.sub(r"\1", html.unescape(written)), link.url, rules):
                continue
            new = in_place_of(written, address, rules)
            bracketed = [f"<{new}>", f"<{html.escape(new, quote=False)}>"]
            ways = bracketed if around else [new, new.replace("&", "&amp;"), *bracketed]
            yield from _edits(part, found, ways)
    for found in _AUTOLINK.finditer(text):
        if _leads_to(found["url"], link.url, rules):
            yield from _edits(part, found, [with_fragment(address, found["url"])])
    for found in _ATTRIBUTE.finditer(text):
        written, quote = found["url"], ""
        if written[0] in "\"'":
            written, quote = written[1:-1], written[0]
        if not _leads_to(html.unescape(written), link.url, rules):
            continue
        new = in_place_of(written, address, rules)
        escaped = new.replace("&", "&amp;")
        ways = [escaped, new] if "&amp;" in written or "&" not in written else [new, escaped]
        yield from _edits(part, found, [f"{quote}{way}{quote}" for way in ways if not quote or quote not in way])


def is_only_link_changed(before: str, after: str, url: str, address: str) -> bool:
    """True where a body's sanitised HTML differs in links to a canonical URL alone, which now lead to the address.

    A link that shows its own address shows the new one.
    """
    urls_before, urls_after = _SHOWN_URL.findall(before), _SHOWN_URL.findall(after)
    changed = False
    if len(urls_before) != len(urls_after):
        return False
    for (_, old, _), (_, new, _) in zip(urls_before, urls_after, strict=True):
        if old != new:
            changed = True
            shown = html.unescape(old)
            if shown.partition("#")[0] != url or html.unescape(new) != with_fragment(address, shown):
                return False
    return changed and _is_same_but_for_own_address(before, after, url, address)


def _is_same_but_for_own_address(before: str, after: str, url: str, address: str) -> bool:
    old = _SHOWN_URL.sub(r"\1\3", before).split("</a>")
    new = _SHOWN_URL.sub(r"\1\3", after).split("</a>")
    if len(old) != len(new):
        return False
    for one, other in zip(old, new, strict=True):
        if one == other:
            continue
        (start, _, shown), (new_start, _, new_shown) = one.rpartition(">"), other.rpartition(">")
        is_own = html.unescape(shown).partition("#")[0] == url
        if start != new_start or not is_own or html.unescape(new_shown) != with_fragment(address, html.unescape(shown)):
            return False
    return True


def _edits(part: Part, found: re.Match[str], ways: list[str]) -> Iterator[Edit]:
    start, end = part.byte_at(found.start("url")), part.byte_at(found.end("url"))
    for way in dict.fromkeys(ways):
        yield Edit(start, end, way.encode())


def _leads_to(written: str, url: str, rules: ReadRules) -> bool:
    try:
        return canonical_url(read_url(written, rules.site_url, loose=True)[0]) == url
    except InvalidUrl:
        return False
