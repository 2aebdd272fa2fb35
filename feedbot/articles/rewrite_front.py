"""Front matter with one link rewritten or taken out: each way to write that, most like what was there first.

Every proposal has been parsed again: but for that one link, the parser says the same as before.
"""

import re
from collections.abc import Iterator

import yaml

from feedbot.articles.address import read_url
from feedbot.articles.rules import ReadRules
from feedbot.articles.spots import Happening, Pair, Part, Spot, layout
from feedbot.articles.text import clean_text
from feedbot.core.article import Link, LinkRole
from feedbot.core.patch import Edit
from feedbot.core.url import InvalidUrl, canonical_url

FIELDS = {
    LinkRole.SOURCE: "source_url",
    LinkRole.RELATED_SOURCE: "source_url",
    LinkRole.AMP: "amp_url",
    LinkRole.RELATED_AMP: "amp_url",
    LinkRole.CDN_AMP: "cdn_amp_url",
    LinkRole.RELATED_CDN_AMP: "cdn_amp_url",
    LinkRole.IMAGE: "images",
    LinkRole.PROVIDER_IMAGE: "images",
    LinkRole.RELATED_IMAGE: "images",
}
"""The field of each link in the front matter, by feedbot's name."""

# As articles/fields.py looks for the address of a picture.
_ADDRESSES = ("url", "src", "path")
_INDENTATION = re.compile(r"[ \t]*")


def rewritten(part: Part, link: Link, address: str, rules: ReadRules) -> Iterator[Edit]:
    """The edits that give a link another address, an absolute URL; its fragment stays where that has none.

    `link` is one of those that reading the file finds in this front matter.
    """
    before = layout(part.text)
    for spot in before.spots:
        if (
            spot.line != _line_in(part, link)
            or spot.name not in _names(link.role, rules)
            or not _leads_to(spot.value, link.url, rules)
        ):
            continue
        old = spot.value.strip()
        value = spot.value.replace(old, in_place_of(old, address, rules), 1)
        wanted = list(before.happenings)
        kind, _, _, tag = wanted[spot.happening]
        for text in _ways_to_write(part.text[spot.start : spot.end], spot, value):
            found = _happenings(part.text[: spot.start] + text + part.text[spot.end :])
            if found is None or len(found) != len(wanted):
                continue
            # Its quotes may be others: an address may need some that had none.
            wanted[spot.happening] = (kind, value, found[spot.happening][2], tag)
            if found == tuple(wanted):
                yield _edit(part, spot.start, spot.end, text)


def removed(part: Part, link: Link, rules: ReadRules) -> Iterator[Edit]:
    """The edits that take the field of a link out: its line, or its entry in a {mapping}; `link` as for `rewritten`.

    None where a comment would go with it, but for one at the end of the field's own line.
    """
    before = layout(part.text)
    for pair in before.pairs:
        spot = pair.value
        if spot is None or spot.line != _line_in(part, link) or spot.name not in _names(link.role, rules):
            continue
        if not _leads_to(spot.value, link.url, rules):
            continue
        wanted = before.happenings[: pair.key.happening] + before.happenings[pair.last_happening + 1 :]
        for start, end in _extents(part.text, pair):
            if _happenings(part.text[:start] + part.text[end:]) == wanted:
                yield _edit(part, start, end, "")


def _line_in(part: Part, link: Link) -> int:
    """The line of a link in its part, from 1."""
    return link.line - part.line + 1


def in_place_of(written: str, address: str, rules: ReadRules) -> str:
    """An address as it stands in the place of a URL as written: with its fragment, and from the site's root like it."""
    origin = "/".join(rules.site_url.split("/", 3)[:3])
    if written.startswith("/") and not written.startswith("//") and address.startswith(f"{origin}/"):
        address = address.removeprefix(origin)
    return with_fragment(address, written)


def with_fragment(address: str, written: str) -> str:
    """An address with the fragment of a URL as written, where it has none of its own."""
    _, sign, fragment = written.partition("#")
    return address if "#" in address else f"{address}{sign}{fragment}"


def _names(role: LinkRole, rules: ReadRules) -> tuple[str, ...]:
    """The keys by which a file gives a link of this role."""
    if role not in FIELDS:
        return ()
    names = rules.fields[FIELDS[role]]
    return (*names, *_ADDRESSES) if FIELDS[role] == "images" else tuple(names)


def _leads_to(written: str, url: str, rules: ReadRules) -> bool:
    try:
        return canonical_url(read_url(clean_text(written), rules.site_url, loose=True)[0]) == url
    except InvalidUrl:
        return False


def _ways_to_write(source: str, spot: Spot, value: str) -> Iterator[str]:
    """The value in the place of a text: with the same characters around it, else in its quotes, else in others."""
    old = spot.value.strip()
    if source.count(old) == 1:
        new = value.strip()
        yield source.replace(old, new.replace("'", "''") if spot.style == "'" else new)
    if spot.style in {"|", ">"}:
        return
    if spot.style == '"':
        yield _in_double_quotes(value)
    yield "'" + value.replace("'", "''") + "'"
    yield _in_double_quotes(value)


def _in_double_quotes(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _extents(text: str, pair: Pair) -> Iterator[tuple[int, int]]:
    """From where to where a pair may be cut out."""
    start, end = pair.key.start, pair.end
    if pair.is_in_flow:
        if pair.after is not None and "#" not in text[end : pair.after]:
            yield start, pair.after
        elif pair.after is None and pair.before is not None and "#" not in text[pair.before : start]:
            yield pair.before, end
        return
    line_start = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    if _INDENTATION.fullmatch(text, line_start, start):
        yield line_start, _line_end(text, end)
    elif pair.after is not None and "#" not in text[end : pair.after]:
        # The first field of a list item: the next one follows its dash.
        yield start, pair.after


def _line_end(text: str, position: int) -> int:
    """Where the line after the one with this position begins; the position itself where a line begins there."""
    if position > 0 and text[position - 1] in "\r\n":
        return position
    while position < len(text) and text[position] not in "\r\n":
        position += 1
    return position + (2 if text.startswith("\r\n", position) else 1 if position < len(text) else 0)


def _happenings(text: str) -> tuple[Happening, ...] | None:
    try:
        return layout(text).happenings
    except (yaml.YAMLError, ValueError):
        return None


def _edit(part: Part, start: int, end: int, text: str) -> Edit:
    """The edit of no more characters than differ."""
    old = part.text[start:end]
    head = _same_at_start(old, text)
    tail = _same_at_start(old[head:][::-1], text[head:][::-1])
    new = text[head : len(text) - tail]
    return Edit(part.byte_at(start + head), part.byte_at(end - tail), new.encode())


def _same_at_start(one: str, other: str) -> int:
    """How many characters are the same from the start."""
    length = min(len(one), len(other))
    return next((at for at in range(length) if one[at] != other[at]), length)
