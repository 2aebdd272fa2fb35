"""A page's markup read once: what stands in its title, headings, head, forms and text.

Lexbor parses as a browser that runs scripts does, so what is in <noscript> is not part of the page.
"""

import itertools
import re
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_TITLE = 300
_MAX_HEADINGS = 4
# Of one heading: enough for one whose letters move, each in an element of its own.
_MAX_NODES = 256
_MAX_EMBEDS = 64

# From where a parser's cost per tag grows with the tags before it. Browsers stop nesting at 512.
_MANY_TAGS = 3_000
_MAX_DEPTH = 512
_LONG_TAG = 8_192
_MAX_ATTRIBUTES = 500
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,19})")
_BETWEEN_ATTRIBUTES = re.compile(r"[\s/=]+")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
# Elements that never hold others, or that the next of their kind or their parent's end closes.
_NOT_NESTING = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
    + ["html", "head", "body", "p", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "optgroup"]
    + ["script", "style", "title", "path", "use"]
)

_ITEMS = {"li": "li", "dt": "dt", "dd": "dt"}
_LISTS = frozenset(["ul", "ol", "dl", "menu"])

# What of an element is not text that a visitor reads.
_NOT_SHOWN = frozenset(["script", "style", "noscript", "title", "iframe", "noembed", "noframes"])
_EMBEDS = frozenset(
    ["img", "picture", "svg", "video", "audio", "canvas", "object", "embed", "iframe", "frame", "applet"]
)
_NO_DOCUMENT_TITLE = frozenset(["svg", "symbol", "g", "defs", "a"])
_TYPED = frozenset(["text", "email", "tel", "number", "url"])


@dataclass(slots=True)
class Markup:
    """What the walk over a page's elements saw; URLs as written."""

    title: str = ""
    h1s: list[str] = field(default_factory=list)
    """The first that say anything."""
    h2: str = ""
    og_title: str = ""
    base: str = ""
    canonical: str = ""
    amphtml: str = ""
    refresh: str = ""
    is_amp: bool = False
    fields: int = 0
    """To fill in or to press; the kinds below are among them."""
    password_fields: int = 0
    text_fields: int = 0
    scripts: int = 0
    embeds: int = 0
    sources: list[str] = field(default_factory=list)
    """Where images, frames and media come from, the first of them."""
    texts: list[str] = field(default_factory=list)
    """The pieces of text that a visitor sees, in order, none of them blank."""


def read_markup(text: str) -> Markup:
    """What a page of this text says; a hostile text is to be `bounded` first."""
    root = LexborHTMLParser(text, scripting=True).root
    markup = Markup()
    if root is None:
        return markup
    skipped = False
    shown = markup.texts.append
    for node in root.traverse(include_text=True):
        tag = node.tag
        if tag == "-text":
            if skipped:
                skipped = False
                continue
            piece = node.text_content
            if piece and not piece.isspace():
                shown(piece)
        elif tag in _NOT_SHOWN:
            # Their content is one text node, which comes next.
            child = node.first_child
            skipped = child is not None and child.is_text_node
            if tag == "script":
                markup.scripts += 1
            elif tag == "title":
                _note_title(markup, node)
            elif tag == "iframe":
                _note_embed(markup, node)
        elif tag in _EMBEDS:
            _note_embed(markup, node)
        elif tag in _NOTED:
            _NOTED[tag](markup, node)
    return markup


def collapsed(text: str) -> str:
    """The text with white space collapsed, at most 300 characters of it."""
    return " ".join(text[: MAX_TITLE * 8].split())[:MAX_TITLE].rstrip()


def _note_title(markup: Markup, node: LexborNode) -> None:
    parent = node.parent
    if not markup.title and (parent is None or parent.tag not in _NO_DOCUMENT_TITLE):
        markup.title = collapsed(node.text())


def _note_h1(markup: Markup, node: LexborNode) -> None:
    if len(markup.h1s) < _MAX_HEADINGS:
        heading = _shown_text(node)
        if heading:
            markup.h1s.append(heading)


def _note_h2(markup: Markup, node: LexborNode) -> None:
    markup.h2 = markup.h2 or _shown_text(node)


def _shown_text(node: LexborNode) -> str:
    """What a visitor reads of an element, which may hold the rest of a hostile page."""
    texts = []
    for inside in itertools.islice(node.traverse(include_text=True), _MAX_NODES):
        parent = inside.parent
        if inside.tag == "-text" and parent is not None and parent.tag not in _NOT_SHOWN:
            texts.append(inside.text_content or "")
    return collapsed(" ".join(texts))


def _note_embed(markup: Markup, node: LexborNode) -> None:
    markup.embeds += 1
    if markup.embeds <= _MAX_EMBEDS:
        attributes = node.attributes
        source = attributes.get("src") or attributes.get("data-src") or attributes.get("data")
        if source:
            markup.sources.append(source)


def _note_meta(markup: Markup, node: LexborNode) -> None:
    attributes = node.attributes
    content = attributes.get("content")
    if not content:
        return
    if (attributes.get("property") or attributes.get("name") or "").lower() == "og:title":
        markup.og_title = markup.og_title or collapsed(content)
    elif (attributes.get("http-equiv") or "").lower() == "refresh":
        markup.refresh = markup.refresh or content


def _note_link(markup: Markup, node: LexborNode) -> None:
    attributes = node.attributes
    relation, href = attributes.get("rel"), attributes.get("href")
    if relation and href:
        relations = relation.lower().split()
        if "canonical" in relations:
            markup.canonical = markup.canonical or href
        elif "amphtml" in relations:
            markup.amphtml = markup.amphtml or href


def _note_base(markup: Markup, node: LexborNode) -> None:
    markup.base = markup.base or node.attributes.get("href") or ""


def _note_html(markup: Markup, node: LexborNode) -> None:
    attributes = node.attributes
    markup.is_amp = "amp" in attributes or "\u26a1" in attributes or "\u26a1\ufe0f" in attributes


def _note_input(markup: Markup, node: LexborNode) -> None:
    kind = (node.attributes.get("type") or "text").lower()
    markup.fields += kind != "hidden"
    if kind == "password":
        markup.password_fields += 1
    elif kind in _TYPED:
        markup.text_fields += 1


_NOTED = {
    "h1": _note_h1,
    "h2": _note_h2,
    "meta": _note_meta,
    "link": _note_link,
    "base": _note_base,
    "html": _note_html,
    "input": _note_input,
}


def bounded(text: str) -> str:
    """The text up to where its tags nest deeper, or carry more attributes, than those of any real page.

    A parser's work on such input grows with its square: it looks up the stack of open elements at
    every tag, and through an element's attributes at every further one.
    """
    pieces = text.split("<")
    if len(max(pieces, key=len)) > _LONG_TAG:
        text = _up_to_giant_tag(pieces)
    if len(pieces) > _MANY_TAGS:
        text = _up_to_depth(text)
    return text


def _up_to_giant_tag(pieces: list[str]) -> str:
    for place, piece in enumerate(pieces):
        if len(piece) > _LONG_TAG and piece[:1].isalpha():
            tag = _QUOTED.sub(" ", piece).partition(">")[0]
            if len(_BETWEEN_ATTRIBUTES.split(tag, _MAX_ATTRIBUTES)) > _MAX_ATTRIBUTES:
                return "<".join(pieces[:place])
    return "<".join(pieces)


def _up_to_depth(text: str) -> str:
    open_by_name: dict[str, int] = {}
    depth = 0
    last_item = ""
    for tag in _TAG.finditer(text):
        name = tag[2].lower()
        if name in _ITEMS:
            # One closes its like, but nests in the other kind where no list is between them.
            if tag[1] or _ITEMS[name] == last_item:
                continue
            depth += last_item != ""
            last_item = _ITEMS[name]
        elif name in _NOT_NESTING:
            continue
        elif not tag[1]:
            open_by_name[name] = open_by_name.get(name, 0) + 1
            depth += 1
        elif open_by_name.get(name, 0):
            open_by_name[name] -= 1
            depth -= 1
        if name in _LISTS:
            last_item = ""
        if depth > _MAX_DEPTH:
            return text[: tag.start()]
    return text
