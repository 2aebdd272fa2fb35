"""The profile that every published RSS and Atom file holds to, checked from its bytes alone.

It knows the two standards and what feedbot promises beyond them, and nothing of the code that writes the files. A rule
is a function that yields a sentence for each fault; `faults` runs them all. What XML itself asks comes first: without
it there is nothing to look at.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from html import unescape
from itertools import pairwise
from pathlib import Path

from lxml import etree, html

ATOM = "http://www.w3.org/2005/Atom"
_PREFIXES = {
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://purl.org/atompub/tombstones/1.0": "at:",
    "http://purl.org/syndication/history/1.0": "fh:",
}
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

# The elements in their order: `!` once, `?` at most once, `*` any number.
_ORDER = {
    "channel": "title! link! description! language! lastBuildDate! ttl! image? generator! atom:link* fh:archive? item*",
    "item": (
        "title! link! guid! pubDate! atom:updated! dc:creator? source? category* description? content:encoded?"
        " enclosure? media:content* atom:link:related* atom:link:via*"
    ),
    "feed": "id! title! subtitle? updated! link* generator! fh:archive? at:deleted-entry* entry*",
    "entry": (
        "title! link! id! published! updated! author! category* summary? content?"
        " media:content* link:related* link:via*"
    ),
}
_OF_ARCHIVES = ("current", "prev-archive", "next-archive")
# The characters that XML 1.0 allows (fifth edition, section 2.2).
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ABSOLUTE = re.compile(r"https?://[^\s/?#<>\"]+[^\s<>\"]*")
_URI = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_GMT = re.compile(rf"({'|'.join(_DAYS)}), (\d\d) ({'|'.join(_MONTHS)}) (\d{{4}}) (\d\d):(\d\d):(\d\d) GMT")
_URL_ATTRIBUTES = ("href", "src", "cite", "poster", "srcset", "data", "action", "background")
# An element that runs, fetches or asks on its own.
_LIVE = {
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "form",
    "input",
    "video",
    "audio",
    "link",
    "meta",
    "base",
    "svg",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that a file breaks, and how, in a sentence."""

    rule: str
    what: str


@dataclass(frozen=True, slots=True)
class Document:
    """A feed that is XML at least: its head (channel or feed) and its entries (items)."""

    head: etree._Element
    entries: tuple[etree._Element, ...]
    is_rss: bool


Rule = Callable[[Document], Iterator[str]]


def faults(data: bytes, *, secret: str = "") -> list[Fault]:
    """What is wrong with an RSS or Atom file; `secret` is a text that must be nowhere in it."""
    found = [Fault(rule.__name__, what) for rule in RULES_OF_BYTES for what in rule(data)]
    found += [Fault("no_secret", what) for what in no_secret(data, secret)]
    if found:
        return found
    root = etree.fromstring(data)
    is_rss = root.tag == "rss"
    if is_rss and [child.tag for child in root] != ["channel"]:
        return [Fault("well_formed", "an rss element has one channel and nothing else")]
    if not is_rss and root.tag != f"{{{ATOM}}}feed":
        return [Fault("well_formed", f"the root is {root.tag}, neither rss nor an Atom feed")]
    head = root[0] if is_rss else root
    document = Document(head, tuple(head.iterchildren("item" if is_rss else f"{{{ATOM}}}entry")), is_rss)
    return [Fault(rule.__name__, what) for rule in RULES for what in rule(document)]


def legal_characters(data: bytes) -> Iterator[str]:
    """UTF-8, and no character that XML 1.0 forbids."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        yield f"not UTF-8: {error}"
        return
    for character in sorted(set(_ILLEGAL.findall(text))):
        yield f"U+{ord(character):04X} is no character of XML 1.0"


def well_formed(data: bytes) -> Iterator[str]:
    """XML, by a parser that mends nothing."""
    try:
        etree.fromstring(data)
    except etree.XMLSyntaxError as error:
        yield str(error)


def plain_xml(data: bytes) -> Iterator[str]:
    """No CDATA, no DOCTYPE, no style sheet: browsers warn of XSL, and escaping says the same as CDATA."""
    for mark in (b"<![CDATA[", b"<!DOCTYPE", b"<?xml-stylesheet"):
        if mark in data:
            yield f"{mark.decode()} is in the file"


def no_secret(data: bytes, secret: str) -> Iterator[str]:
    """The text of an article's `secured` field is not there, nor is it escaped, once or twice."""
    text = data.decode("utf-8", "replace")
    for disguise in (text, unescape(text), unescape(unescape(text))):
        if secret and secret in disguise:
            yield "the secret is in the file"


def schema(document: Document) -> Iterator[str]:
    """Atom by the grammar of RFC 4287, appendix B; RSS has none, and says its version."""
    if document.is_rss:
        root = document.head.getparent()
        if root is None or root.get("version") != "2.0":
            yield "rss has no version 2.0"
        return
    grammar = _grammar()
    if not grammar.validate(document.head):
        yield str(grammar.error_log)


def order(document: Document) -> Iterator[str]:
    """Only elements of the profile, in its order."""
    for parent in (document.head, *document.entries):
        names = [_name(child) for child in parent]
        allowed = [part[:-1] for part in _ORDER[_name(parent)].split()]
        for name in names:
            if name not in allowed:
                yield f"{name} does not belong in {_name(parent)}"
        known = [allowed.index(name) for name in names if name in allowed]
        if known != sorted(known):
            yield f"{_name(parent)} has its elements in the order {' '.join(names)}"


def number(document: Document) -> Iterator[str]:
    """Everything that must be there is, with text; nothing is there twice that may be there once."""
    for parent in (document.head, *document.entries):
        children = list(parent)
        for part in _ORDER[_name(parent)].split():
            name, times = part[:-1], part[-1]
            those = [child for child in children if _name(child) == name]
            if times == "!" and not those and name != "link":
                yield f"{_name(parent)} has no {name}"
            # Links are counted by their rel, below.
            if times != "*" and len(those) > 1 and name != "link":
                yield f"{_name(parent)} has {name} {len(those)} times"
            yield from (
                f"{name} in {_name(parent)} is empty"
                for child in those
                if name != "fh:archive" and not (child.text or "").strip() and not len(child) and not child.attrib
            )


def one_alternate(document: Document) -> Iterator[str]:
    """Exactly one page that an entry or a feed stands for (RFC 4287, 4.1.1 and 4.1.2; RSS: `link`)."""
    for parent in (document.head, *document.entries):
        links = parent.findall("link") if document.is_rss else _links(parent, "alternate")
        if len(links) != 1:
            yield f"{_name(parent)} has {len(links)} alternate links"
        for link in links:
            if not document.is_rss and link.get("type") != "text/html":
                yield f"the alternate link of {_name(parent)} is no text/html"
        if document.is_rss and _links(parent, "alternate"):
            yield f"{_name(parent)} has an atom:link rel=alternate beside its link"


def own_address(document: Document) -> Iterator[str]:
    """One link rel=self with the type of the format."""
    types = [link.get("type") for link in _links(document.head, "self")]
    if types != ["application/rss+xml" if document.is_rss else "application/atom+xml"]:
        yield f"the links rel=self are of the types {types}"


def hubs(document: Document) -> Iterator[str]:
    """Hubs (WebSub) come right after the feed's own address, which is what is subscribed to there; each once."""
    links = list(document.head.iterchildren(f"{{{ATOM}}}link"))
    those = [link for link in links if link.get("rel") == "hub"]
    if links[1 : 1 + len(those)] != those or (those and links[0].get("rel") != "self"):
        yield f"the links of the head are in the order {[link.get('rel') for link in links]}"
    if len({link.get("href") for link in those}) < len(those):
        yield "a hub is there twice"
    yield from (f"a hub has {sorted(map(str, link.attrib))}" for link in those if set(link.attrib) != {"rel", "href"})


def known_links(document: Document) -> Iterator[str]:
    """Links to elsewhere are named and typed, and of a kind that no reader takes for the entry's own."""
    of_head = {"self", "hub", "prev-archive", "next-archive", "current", "alternate"}
    for parent in (document.head, *document.entries):
        allowed = of_head if parent is document.head else {"related", "via", "alternate"}
        for link in parent.iterchildren(f"{{{ATOM}}}link"):
            rel = link.get("rel")
            if rel not in allowed:
                yield f"a link of {_name(parent)} has rel={rel}"
            if rel == "related" and not (link.get("title", "").strip() and link.get("type") == "text/html"):
                yield "a related link has no title or no type"


def archive(document: Document) -> Iterator[str]:
    """Where it stands in its archive (RFC 5005, 4): a document of it names its feed, and the feed nothing later."""
    to = {rel: [link.get("href") for link in _links(document.head, rel)] for rel in _OF_ARCHIVES}
    is_archived = any(_name(child) == "fh:archive" for child in document.head)
    yield from (f"{len(addresses)} links have rel={rel}" for rel, addresses in to.items() if len(addresses) > 1)
    if is_archived and not to["current"]:
        yield "an archive document does not name its feed"
    if not is_archived and (to["current"] or to["next-archive"]):
        yield "a feed has links of an archive document"
    own = [link.get("href") for link in _links(document.head, "self")]
    if any(address in own for addresses in to.values() for address in addresses):
        yield "a document leads to itself"


def tombstones(document: Document) -> Iterator[str]:
    """A deleted entry is none of the feed's, by its id, each once, with the time of its end (RFC 6721)."""
    there = {element.text for entry in document.entries for element in entry.iterchildren(f"{{{ATOM}}}id")}
    for element in document.head.iterchildren():
        if _name(element) == "at:deleted-entry":
            ref = element.get("ref", "")
            if ref in there or not _URI.fullmatch(ref):
                yield f"{ref!r} is an entry here, told to be deleted twice, or no URI"
            there.add(ref)
            if _from_rfc3339(element.get("when", "")) is None:
                yield f"{ref} has no time at which it was deleted"


def absolute_urls(document: Document) -> Iterator[str]:
    """Every URL is whole, http or https; in HTML a mailto is one as well."""
    for element in document.head.iter():
        name = _name(element)
        urls = [value for key, value in element.attrib.items() if key in {"href", "url", "src", "scheme", "domain"}]
        if name in {"uri", "icon", "logo"} or (name == "link" and document.is_rss):
            urls.append(element.text or "")
        yield from (f"{name}: {url!r} is not absolute" for url in urls if not _ABSOLUTE.fullmatch(url))
    for markup in _html(document):
        for element in markup.iter(etree.Element):
            for key in _URL_ATTRIBUTES:
                url = element.get(key)
                if url is not None and not _ABSOLUTE.fullmatch(url) and not url.startswith("mailto:"):
                    yield f"{element.tag} {key}={url!r} in the HTML is not absolute"


def inert_html(document: Document) -> Iterator[str]:
    """HTML that runs nothing, fetches nothing but pictures and asks nothing."""
    for markup in _html(document):
        for element in markup.iter(etree.Element):
            if element.tag in _LIVE:
                yield f"the HTML holds <{element.tag}>"
            yield from (f"the HTML holds {key}=" for key in element.attrib if str(key).startswith(("on", "style")))


def text_is_text(document: Document) -> Iterator[str]:
    """Titles are one line; an RSS description, which is HTML, holds text and no element; Atom's texts are text."""
    for parent in (document.head, *document.entries):
        for child in parent:
            name, text = _name(child), child.text or ""
            if name in {"title", "dc:creator", "source", "category", "subtitle"} and text != " ".join(text.split()):
                yield f"{name} is not one line: {text[:80]!r}"
            if name in {"title", "subtitle", "summary"} and child.get("type", "text") != "text":
                yield f"{name} is of type {child.get('type')}"
            if name == "description" and parent is not document.head:
                live = [element.tag for element in html.fragment_fromstring(text, "div").iter(etree.Element)][1:]
                if live:
                    yield f"the description holds markup: {live}"
            if name == "content" and child.get("type") != "html":
                yield f"content is of type {child.get('type')}"


def ids(document: Document) -> Iterator[str]:
    """Every entry has an id of its own, a URI, that is no address to follow."""
    seen: set[str] = set()
    for entry in document.entries:
        for element in entry.iterchildren("guid" if document.is_rss else f"{{{ATOM}}}id"):
            value = element.text or ""
            if value in seen:
                yield f"{value} is there twice"
            seen.add(value)
            if not _URI.fullmatch(value):
                yield f"{value!r} is no URI"
            if document.is_rss and element.get("isPermaLink") != "false":
                yield f"{value} has no isPermaLink=false"


def dates(document: Document) -> Iterator[str]:
    """RSS's own dates as RFC 822 with four digits of the year, in GMT; the others as RFC 3339 in UTC with `Z`."""
    for element in document.head.iter():
        name, text = _name(element), element.text or ""
        if name in {"pubDate", "lastBuildDate"}:
            if _from_rfc822(text) is None:
                yield f"{name} {text!r} is no date in GMT"
        elif name in {"updated", "published", "atom:updated"} and _from_rfc3339(text) is None:
            yield f"{name} {text!r} is no date with Z"


def time_of_the_feed(document: Document) -> Iterator[str]:
    """A feed is as new as its newest entry: never now, and not older."""
    if document.is_rss:
        own = _from_rfc822(document.head.findtext("lastBuildDate", ""))
    else:
        own = _from_rfc3339(document.head.findtext(f"{{{ATOM}}}updated", ""))
    times = [_from_rfc3339(entry.findtext(f"{{{ATOM}}}updated", "")) for entry in document.entries]
    newest = max((time for time in times if time is not None), default=own)
    if own != newest:
        yield f"the feed says {own}, its newest entry {newest}"


def newest_first(document: Document) -> Iterator[str]:
    """Entries by the date of their publication."""
    if document.is_rss:
        times = [_from_rfc822(entry.findtext("pubDate", "")) for entry in document.entries]
    else:
        times = [_from_rfc3339(entry.findtext(f"{{{ATOM}}}published", "")) for entry in document.entries]
    for before, after in pairwise(time for time in times if time is not None):
        if before < after:
            yield f"{after} comes after {before}"


def names_of_people_and_topics(document: Document) -> Iterator[str]:
    """An author has a name, a category a term that people read, a source its address."""
    for entry in document.entries:
        for author in entry.iterchildren(f"{{{ATOM}}}author"):
            if not (author.findtext(f"{{{ATOM}}}name") or "").strip():
                yield "an author has no name"
        for category in entry.iterchildren("category", f"{{{ATOM}}}category"):
            if not ((category.text if document.is_rss else category.get("term")) or "").strip():
                yield "a category has no term"
        for source in entry.iterchildren("source"):
            if not source.get("url"):
                yield "a source has no url"


def media(document: Document) -> Iterator[str]:
    """Pictures say that they are some, their size in whole pixels; an enclosure says its length."""
    for entry in document.entries:
        for child in entry:
            if _name(child) == "media:content":
                size = [child.get("width", "1"), child.get("height", "1")]
                if child.get("medium") != "image" or not child.get("type", "image/").startswith("image/"):
                    yield "media:content is no picture"
                if not all(value.isdecimal() and int(value) > 0 for value in size) or not child.get("url"):
                    yield f"media:content has no url or an impossible size {size}"
            if _name(child) == "enclosure" and not (child.get("length", "").isdecimal() and child.get("type")):
                yield "enclosure has no length or no type"


def language(document: Document) -> Iterator[str]:
    """The feed's language as BCP 47 writes it."""
    told = document.head.findtext("language", "") if document.is_rss else document.head.get(_LANG, "")
    if not _LANGUAGE.fullmatch(told):
        yield f"the language is {told!r}"


def generator(document: Document) -> Iterator[str]:
    """The generator's name and neither version nor time: an upgrade or a rebuild changes no byte."""
    for element in document.head.iterchildren("generator", f"{{{ATOM}}}generator"):
        if element.text != "feedbot" or element.attrib:
            yield f"the generator is {element.text!r} {dict(element.attrib)}"


RULES_OF_BYTES = (legal_characters, well_formed, plain_xml)
RULES: tuple[Rule, ...] = (
    schema,
    order,
    number,
    one_alternate,
    own_address,
    hubs,
    known_links,
    archive,
    tombstones,
    absolute_urls,
    inert_html,
    text_is_text,
    ids,
    dates,
    time_of_the_feed,
    newest_first,
    names_of_people_and_topics,
    media,
    language,
    generator,
)


def _name(element: etree._Element) -> str:
    """The tag as the profile writes it; an entry's link to elsewhere with its rel: `link:related`."""
    name = etree.QName(element)
    if name.namespace != ATOM:
        return (_PREFIXES.get(name.namespace, f"{{{name.namespace}}}") if name.namespace else "") + name.localname
    tag = f"atom:{name.localname}" if element.getroottree().getroot().tag == "rss" else name.localname
    parent, rel = element.getparent(), element.get("rel", "alternate")
    is_of_entry = parent is not None and parent.tag in {"item", f"{{{ATOM}}}entry"}
    return f"{tag}:{rel}" if name.localname == "link" and is_of_entry and rel != "alternate" else tag


def _links(parent: etree._Element, rel: str) -> list[etree._Element]:
    return [link for link in parent.iterchildren(f"{{{ATOM}}}link") if link.get("rel", "alternate") == rel]


def _html(document: Document) -> Iterator[etree._Element]:
    for entry in document.entries:
        for child in entry:
            if _name(child) in {"content:encoded", "content"} and child.text:
                yield html.fragment_fromstring(child.text, "div")


def _from_rfc822(text: str) -> datetime | None:
    match = _GMT.fullmatch(text)
    if match is None:
        return None
    day, month, year, *clock = match.group(2, 3, 4, 5, 6, 7)
    try:
        time = datetime(int(year), _MONTHS.index(month) + 1, int(day), *map(int, clock), tzinfo=UTC)
    except ValueError:
        return None
    return time if _DAYS[time.weekday()] == match[1] else None


def _from_rfc3339(text: str) -> datetime | None:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


@cache
def _grammar() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(Path(__file__).with_name("atom.rng")))
