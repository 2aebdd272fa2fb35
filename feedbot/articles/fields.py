"""The fields of an article or of a related item, by feedbot's names and with their types."""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal

from feedbot.articles.address import has_template_marks, read_domain, read_url
from feedbot.articles.dates import parse_date
from feedbot.articles.frontmatter import WHOLE_FILE, Node, Position, Unusable, Value, Where
from feedbot.articles.notes import Ignored, Notes, quoted
from feedbot.articles.rules import ReadRules
from feedbot.articles.text import clean_line, clean_text, fold_name, has_hidden_characters
from feedbot.core.article import Image, LinkRole, Provider
from feedbot.core.problems import Code
from feedbot.core.url import InvalidUrl, canonical_url, is_normalised

MAX_TOPIC_CHARACTERS = 200
MAX_ID_CHARACTERS = 1_000

TEMPLATE_MARKS = "holds template marks such as {{ }}, which feedbot does not fill in"
TOO_LONG = "expected a URL of at most 8,192 characters when encoded"

_TRUE = frozenset({"true", "yes", "on"})
_FALSE = frozenset({"false", "no", "off"})
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_PIXELS = re.compile(r"([0-9]{1,6})(?:px)?")


class Fields:
    """Reads one mapping of the front matter; what is off is noted and left out.

    `label` stands before the names in messages, such as `related[2].`. A field that is absent, empty
    or null is None, also where only its first names are and a later one has a value.
    """

    def __init__(self, mapping: Mapping[str, Node], rules: ReadRules, notes: Notes, label: str = "") -> None:
        self._mapping = mapping
        self._rules = rules
        self._notes = notes
        self._label = label
        self._zone = rules.zone

    def find(self, field: str) -> tuple[str, Node] | None:
        """The name by which the file gives a field, as messages show it, and its value; never a null one."""
        for name in self._rules.fields[field]:
            node = self._mapping.get(name)
            if node is not None and node.value is not None and node.value != "":
                return self._label + name, node
        return None

    def name_of(self, field: str) -> str:
        """The first name of a field, for a message that it is missing."""
        names = self._rules.fields[field]
        return self._label + (names[0] if names else field)

    def place_of(self, field: str) -> Position:
        """Where the value of a field begins; the whole file where it has none."""
        found = self.find(field)
        return WHOLE_FILE if found is None else Position(found[1].line, found[1].column)

    def raw_text(self, field: str, expected: str = "text", *, required: bool = False) -> tuple[str, str, Node] | None:
        """Name, text and node of a scalar. Raises Unusable for another type where it is required."""
        found = self.find(field)
        if found is None:
            return None
        name, node = found
        if isinstance(node.value, str):
            return name, node.value, node
        words = f"expected {expected}, not {kind_of(node.value)}"
        if required:
            raise Unusable(node, Code.WRONG_TYPE, words, name)
        self._notes.remark(node, Code.WRONG_TYPE, f"{words}; left out", name)
        return None

    def line_of_text(self, field: str, *, required: bool = False) -> str:
        """A field's text on one line; empty where there is none. Raises Unusable as `raw_text` does."""
        found = self.raw_text(field, required=required)
        return self._clean(*found) if found else ""

    def _clean(self, name: str, text: str, where: Where) -> str:
        if has_hidden_characters(text):
            words = "characters that reorder text or are not allowed in XML are left out"
            self._notes.remark(where, Code.HIDDEN_CHARACTERS, words, name)
        return clean_line(text)

    def date(self, field: str, *, required: bool = False) -> datetime | None:
        """A moment. Raises Unusable where it is required and there is something else."""
        found = self.raw_text(field, "a date such as 2020-01-24T14:57:00Z", required=required)
        if found is None:
            return None
        name, text, node = found
        try:
            return parse_date(text, self._zone)
        except ValueError as error:
            words = f"{error}, not {quoted(text)}"
        if required:
            raise Unusable(node, Code.DATE_INVALID, words, name)
        self._notes.remark(node, Code.DATE_INVALID, f"{words}; left out", name)
        return None

    def url(self, field: str, role: LinkRole, *, required: bool = False) -> str | None:
        """An absolute URL, noted as a link. Raises Unusable where it is required and there is none of use."""
        found = self.raw_text(field, "a URL", required=required)
        if found is None:
            return None
        try:
            url = self._url(*found, role, loose=False)
        except Unusable as error:
            if required:
                raise
            self._notes.remark(error, error.code, f"{error.text}; left out", error.field)
            return None
        # Of the article's own source more is to be said (articles/understand.py).
        if role is not LinkRole.SOURCE and not url.startswith(("http://", "https://")):
            name, _, where = found
            self._notes.remark(where, Code.URL_NOT_HTTP, "is not http or https, so no feed leads there", name)
        return url

    def _url(self, name: str, text: str, where: Where, role: LinkRole, *, loose: bool) -> str:
        """The absolute URL in a text, noted as a link; raises Unusable where there is none."""
        if is_normalised(text):
            self._notes.link(role, text, where.line)
            return text
        if has_template_marks(text):
            raise Unusable(where, Code.TEMPLATE_MARKS, TEMPLATE_MARKS, name)
        text = clean_text(text)
        try:
            url, had_userinfo = read_url(text, self._rules.site_url, loose=loose)
        except InvalidUrl as error:
            raise Unusable(where, Code.URL_INVALID, f"{error}, not {quoted(text)}", name) from None
        if had_userinfo:
            words = "the user name and password in the URL are left out"
            self._notes.remark(where, Code.URL_CREDENTIALS, words, name)
        if not self._notes.link(role, url, where.line):
            raise Unusable(where, Code.URL_TOO_LONG, TOO_LONG, name)
        return url

    def number(self, field: str) -> float | None:
        """A finite number."""
        found = self.raw_text(field, "a number")
        if found is None:
            return None
        name, text, node = found
        number = float(text) if _NUMBER.fullmatch(text.strip()) else math.nan
        if math.isfinite(number):
            return number
        self._notes.remark(node, Code.NUMBER_INVALID, f"expected a number, not {quoted(text)}; left out", name)
        return None

    def is_draft(self) -> bool:
        """True for `draft: true` and `published: false`, and, to be safe, where one of them is neither."""
        return self._flag("draft", default=False, unclear=True) or not self._flag(
            "published", default=True, unclear=False
        )

    def _flag(self, field: str, *, default: bool, unclear: bool) -> bool:
        found = self.find(field)
        if found is None:
            return default
        name, node = found
        word = node.value.strip().lower() if isinstance(node.value, str) else ""
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        shown = quoted(node.value) if isinstance(node.value, str) else kind_of(node.value)
        self._notes.remark(node, Code.FLAG_UNCLEAR, f"expected true or false, not {shown}; taken as a draft", name)
        return unclear

    def own_id(self) -> str | None:
        """The article's own id, of at most 1,000 characters."""
        found = self.raw_text("id")
        if found is None:
            return None
        name, text, node = found
        own_id = self._clean(name, text, node)
        if len(own_id) <= MAX_ID_CHARACTERS:
            return own_id or None
        words = f"expected at most {MAX_ID_CHARACTERS:,} characters; left out"
        self._notes.remark(node, Code.TEXT_TOO_LONG, words, name)
        return None

    def names(self, field: str, separator: Literal[",", " "] = ",") -> tuple[str, ...]:
        """Display names, in a list or in a text between commas; the first of those that are the same name."""
        names: dict[str, str] = {}
        for label, text, node in self._listed_texts(field, separator):
            name = self._clean(label, text, node)
            if len(name) > MAX_TOPIC_CHARACTERS:
                words = f"expected at most {MAX_TOPIC_CHARACTERS} characters; left out"
                self._notes.remark(node, Code.TEXT_TOO_LONG, words, label)
            elif name:
                names.setdefault(fold_name(name), name)
        return tuple(names.values())

    def _listed_texts(self, field: str, separator: str) -> Iterator[tuple[str, str, Node]]:
        found = self.find(field)
        if found is None:
            return
        name, node = found
        if isinstance(node.value, str):
            for text in node.value.split(separator):
                yield name, text, node
        elif isinstance(node.value, list):
            for number, item in enumerate(node.value, 1):
                if isinstance(item.value, str):
                    yield f"{name}[{number}]", item.value, item
                elif item.value is not None:
                    words = f"expected text, not {kind_of(item.value)}; left out"
                    self._notes.remark(item, Code.WRONG_TYPE, words, f"{name}[{number}]")
        else:
            words = f"expected a list of names, not {kind_of(node.value)}; left out"
            self._notes.remark(node, Code.WRONG_TYPE, words, name)

    def ignored(self) -> Ignored:
        """The canonical URLs of the links that feedbot is asked to leave alone; None for `true`, which is all."""
        found = self.find("ignore")
        if found is None:
            return frozenset()
        value = found[1].value
        word = value.strip().lower() if isinstance(value, str) else ""
        if word in _TRUE or word in _FALSE:
            return None if word in _TRUE else frozenset()
        urls = set()
        for label, text, node in self._listed_texts("ignore", " "):
            try:
                urls.add(canonical_url(read_url(text, self._rules.site_url)[0]))
            except InvalidUrl as error:
                self._notes.remark(node, Code.URL_INVALID, f"{error}, or true for all links; left out", label)
        return frozenset(urls)

    def images(self, role: LinkRole) -> tuple[Image, ...]:
        """Pictures, given as a URL, as a mapping with `url`, or as a list of these; each URL once."""
        found = self.find("images")
        if found is None:
            return ()
        name, node = found
        listed = node.value if isinstance(node.value, list) else [node]
        images: dict[str, Image] = {}
        for number, item in enumerate(listed, 1):
            image = self._image(f"{name}[{number}]" if listed is node.value else name, item, role)
            if image is not None:
                images.setdefault(image.url, image)
        return tuple(images.values())

    def _image(self, name: str, node: Node, role: LinkRole) -> Image | None:
        if node.value is None or node.value == "":
            return None
        if isinstance(node.value, list):
            words = "expected a URL or a mapping with url, not a list; left out"
            self._notes.remark(node, Code.WRONG_TYPE, words, name)
            return None
        mapping = node.value if isinstance(node.value, dict) else {"url": node}
        address = _first(mapping, "url", "src", "path")
        if address is None or not isinstance(address.value, str):
            self._notes.remark(node, Code.URL_MISSING, "expected a URL; left out", name)
            return None
        try:
            url = self._url(name, address.value, address, role, loose=True)
        except Unusable as error:
            self._notes.remark(error, error.code, f"{error.text}; left out", error.field)
            return None
        if not url.startswith(("http://", "https://")):
            # It stays a link, to be reported as refused, but nobody is ever shown it.
            self._notes.remark(address, Code.URL_NOT_HTTP, "expected an http or https URL; left out", name)
            return None
        title = _first(mapping, "title", "alt")
        text = title.value if title is not None else None
        return Image(
            url=url,
            width=self._pixels(f"{name}.width", mapping.get("width")),
            height=self._pixels(f"{name}.height", mapping.get("height")),
            title=self._clean(f"{name}.title", text, node) if isinstance(text, str) else "",
        )

    def _pixels(self, name: str, node: Node | None) -> int | None:
        if node is None or node.value is None or node.value == "":
            return None
        found = _PIXELS.fullmatch(node.value.strip()) if isinstance(node.value, str) else None
        if found is not None and int(found[1]) > 0:
            return int(found[1])
        shown = quoted(node.value) if isinstance(node.value, str) else kind_of(node.value)
        self._notes.remark(node, Code.NUMBER_INVALID, f"expected a number of pixels, not {shown}; left out", name)
        return None

    def provider(self) -> Provider:
        """Who published the source, given as a name or as a mapping; its images are noted as links."""
        found = self.find("provider")
        if found is None:
            return Provider()
        name, node = found
        if isinstance(node.value, str):
            return Provider(name=self._clean(name, node.value, node))
        if not isinstance(node.value, dict):
            words = f"expected a name or a mapping with name and domain, not {kind_of(node.value)}; left out"
            self._notes.remark(node, Code.WRONG_TYPE, words, name)
            return Provider()
        inner = Fields(node.value, self._rules, self._notes, f"{name}.")
        inner.images(LinkRole.PROVIDER_IMAGE)
        domain, where = inner.own_text("domain")
        if domain:
            try:
                domain = read_domain(domain)
            except InvalidUrl as error:
                words = f"{error}, not {quoted(domain)}; left out"
                self._notes.remark(where, Code.DOMAIN_INVALID, words, f"{name}.domain")
                domain = ""
        return Provider(name=inner.own_text("name")[0], domain=domain)

    def own_text(self, key: str) -> tuple[str, Where]:
        """The text on one line of a key that has no other names, and where it is; empty where there is none."""
        node = self._mapping.get(key)
        if node is None or node.value is None:
            return "", WHOLE_FILE
        if isinstance(node.value, str):
            return self._clean(self._label + key, node.value, node), node
        words = f"expected text, not {kind_of(node.value)}; left out"
        self._notes.remark(node, Code.WRONG_TYPE, words, self._label + key)
        return "", node


def kind_of(value: Value) -> str:
    """What a value is, for messages that must not quote it."""
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "text"


def _first(mapping: Mapping[str, Node], *names: str) -> Node | None:
    """The first of the named values that is not null or empty."""
    for name in names:
        node = mapping.get(name)
        if node is not None and node.value is not None and node.value != "":
            return node
    return None
