"""An article file taken apart: YAML front matter, within bounds, and the body below it.

The mapping is built in one pass from PyYAML's parser events. Its composer is not used: the C one
overflows the stack and kills the process at about 25,000 levels of nesting, which fit in 50 kB.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

import msgspec
import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from feedbot.core.problems import Code

MAX_FILE_BYTES = 1024 * 1024
MAX_FRONT_MATTER_BYTES = 256 * 1024
MAX_EVENTS = 20_000
MAX_DEPTH = 20

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

SECRET_KEY = "secured"  # noqa: S105 - the name of the field, not its content
# Ciphertext behind its key wherever it stands: in a text by wrong indentation, below a fence that
# came too early, in YAML too broken to have keys. (The look-behind comes late to keep the search fast.)
SECRET = re.compile(
    r"""(secured(?<![\w/-]secured)["']?[ \t]*:\s*(?:[>|][-+0-9]*\s+)?["']?)[A-Za-z0-9+/]{16}[A-Za-z0-9+/=;]*"""
)

_FENCE = re.compile(rb"\n(?:---|\.\.\.)[ \t]*(?=\n|\Z)")
_OPENING = re.compile(rb"---[ \t]*(?:\n|\Z)")
# What no YAML and no XML may hold, so that one stray control character does not cost the article.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
# Bytes that only a text with one of these or an odd line break has: a fast no for nearly every file.
_CONTROL_BYTES = bytes(set(range(32)) - {9, 10}) + b"\x7f"
# One expression for each first byte: so each of them is a plain search for that byte.
_RARE_BYTES = tuple(
    re.compile(rare) for rare in (rb"\xc2[\x80-\x9f]", rb"\xe2\x80[\xa8\xa9]", rb"\xef(?:\xbb\xbf|\xbf[\xbe\xbf])")
)
# YAML 1.1 counts these as line breaks, editors do not.
_ODD_BREAKS = "\x85\u2028\u2029"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})

# The words of libyaml, which never quote the file; the pure-Python parser's do, so others are not used.
_SENTENCES = {
    "mapping values are not allowed in this context": "a colon in unquoted text; put the text in quotes",
    "did not find expected key": "expected a field such as `title: ...`; look for a stray quote or wrong indentation",
    "could not find expected ':'": "expected a colon after a field's name",
    "did not find expected node content": "a [list] or {mapping} is not closed",
    "did not find expected ',' or ']'": "a [list] is not closed",
    "did not find expected ',' or '}'": "a {mapping} is not closed",
    "did not find expected '-' indicator": "expected a list item that begins with `- `",
    "found unexpected end of stream": "a quoted text is not closed",
    "found character that cannot start any token": "a tab in the indentation, or text beginning with @, ` or %",
    "found unknown escape character": "a backslash in double quotes; use single quotes or double the backslash",
    "block sequence entries are not allowed in this context": "a list item where none may be",
}


class Where(Protocol):
    """A place in a file: line and column from 1, in code points; 0 is the file as a whole, and no known column."""

    @property
    def line(self) -> int: ...  # noqa: D102

    @property
    def column(self) -> int: ...  # noqa: D102


class Position(NamedTuple):
    """A place and nothing else."""

    line: int
    column: int = 0


WHOLE_FILE = Position(0)


class Unusable(Exception):
    """The article cannot be used: where, what kind of problem it is, a sentence why, and of which field.

    It does not leave this room: `understand` turns it into a Rejected.
    """

    def __init__(self, where: Where, code: Code, text: str, field: str = "") -> None:
        self.reason = f"{field}: {text}" if field else text
        super().__init__(self.reason)
        self.line = where.line
        self.column = where.column
        self.code = code
        self.text = text
        self.field = field


class Node(msgspec.Struct, frozen=True):
    """A value in the front matter and where it begins. Scalars are text or None, nothing else."""

    value: "Value"
    line: int
    column: int = 0


Value: TypeAlias = "str | list[Node] | dict[str, Node] | None"


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something remarkable at a place in the file, in a sentence."""

    line: int
    column: int
    code: Code
    text: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """A file taken apart; `front` begins at line 2 of the file and the body at `body_line`."""

    front: str
    body: str
    body_line: int
    oddities: tuple[Oddity, ...] = ()


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The fields by name, without any named `secured` at whatever depth."""

    fields: dict[str, Node]
    oddities: tuple[Oddity, ...] = ()


def split_front_matter(raw: bytes) -> Parts:
    """The front matter and body of a file of at most 1 MiB; line ends become line feeds.

    A BOM is dropped, and so are control characters, with a remark. What stands behind `secured:`
    and looks like base64 is dropped from both parts. Raises Unusable where there is no front
    matter, where it is not closed or larger than 256 KiB, and where the file is not UTF-8 text.
    """
    if len(raw) > MAX_FILE_BYTES:
        raise Unusable(WHOLE_FILE, Code.FILE_TOO_LARGE, f"the file is larger than {MAX_FILE_BYTES:,} bytes")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unusable(Position(1), Code.NOT_UTF8, "the file is UTF-16; save it as UTF-8")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\0" in raw:
        raise Unusable(
            Position(_line_at(raw, raw.index(b"\0"))), Code.NOT_TEXT, "the file holds a NUL byte, so it is not text"
        )
    opening = _OPENING.match(raw)
    if opening is None:
        raise Unusable(Position(1), *_why_no_opening(raw))
    start = opening.end()
    closing = _FENCE.search(raw, start - 1)
    if closing is None or closing.start() + 1 - start > MAX_FRONT_MATTER_BYTES:
        if len(raw) - start > MAX_FRONT_MATTER_BYTES:
            raise Unusable(
                Position(1),
                Code.FRONT_MATTER_TOO_LARGE,
                f"the front matter is larger than {MAX_FRONT_MATTER_BYTES:,} bytes or is not closed by ---",
            )
        raise Unusable(
            Position(1), Code.FRONT_MATTER_UNCLOSED, "the front matter is not closed: expected a line --- below it"
        )
    body_line = _line_at(raw, closing.end()) + 1
    try:
        front = raw[start : closing.start() + 1].decode()
        body = raw[closing.end() + 1 :].decode()
    except UnicodeDecodeError:
        raise Unusable(Position(_first_bad_line(raw)), Code.NOT_UTF8, "the file is not UTF-8 text") from None
    oddities: list[Oddity] = []
    if raw.translate(None, _CONTROL_BYTES) != raw or any(rare.search(raw) for rare in _RARE_BYTES):
        front = _printable(front, 2, oddities)
        body = _printable(body, body_line, oddities)
        front = odd_breaks_as_spaces(front)
    return Parts(SECRET.sub(r"\1", front), SECRET.sub(r"\1", body), body_line, tuple(oddities))


def span_of_front_matter(raw: bytes) -> tuple[int, int, int]:
    """Where the front matter begins and ends in the bytes of a file that `split_front_matter` can read, and the body.

    Raises Unusable where there is none.
    """
    # The same fences, found without moving anything.
    even = raw.replace(b"\r\n", b" \n").replace(b"\r", b"\n")
    opening = _OPENING.match(even, 3 if raw.startswith(b"\xef\xbb\xbf") else 0)
    closing = None if opening is None else _FENCE.search(even, opening.end() - 1)
    if opening is None or closing is None:
        raise Unusable(Position(1), Code.FRONT_MATTER_MISSING, "there is no front matter between lines ---")
    return opening.end(), closing.start() + 1, min(closing.end() + 1, len(raw))


def odd_breaks_as_spaces(front: str) -> str:
    """Front matter in which what only YAML takes for line breaks is a space; as long as it was."""
    for odd in _ODD_BREAKS:
        front = front.replace(odd, " ")
    return front


def parse_front_matter(text: str, first_line: int = 2) -> FrontMatter:
    """The fields of YAML front matter, every scalar as text; the last of two equal keys wins.

    Null, `~` and an empty plain scalar are None. Raises Unusable beyond 256 KiB, 20,000 events or a
    nesting of 20, for anchors, aliases, keys that are not text, and for what is no YAML mapping.
    """
    if 4 * len(text) > MAX_FRONT_MATTER_BYTES and len(text.encode(errors="replace")) > MAX_FRONT_MATTER_BYTES:
        words = f"the front matter is larger than {MAX_FRONT_MATTER_BYTES:,} bytes"
        raise Unusable(Position(first_line), Code.FRONT_MATTER_TOO_LARGE, words)
    try:
        return _build(text, first_line)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Position(first_line) if mark is None else Position(first_line + mark.line, mark.column + 1)
        sentence = _SENTENCES.get(error.problem or "")
        words = f"the front matter is not YAML{f': {sentence}' if sentence else ''}"
        raise Unusable(where, Code.YAML_SYNTAX, words) from None
    except (yaml.YAMLError, ValueError):
        raise Unusable(Position(first_line), Code.YAML_SYNTAX, "the front matter is not YAML") from None


def _build(text: str, first_line: int) -> FrontMatter:
    """One pass over the events; `open_nodes` are the collections around the current one, outermost first."""
    top: Node | None = None
    open_nodes: list[Node] = []
    inside: Value = None  # the value of the innermost open node
    key: str | None = None  # in a mapping: the key that waits for its value
    secret_depth = 0  # how many nodes were open where the value of a `secured` key began; 0 = outside of one
    oddities: list[Oddity] = []
    documents = 0
    # As yaml.parse does, without its second call for each event.
    loader = _LOADER(text)
    count = 0
    while (event := loader.get_event()) is not None:
        count += 1
        kind = type(event)
        if count > MAX_EVENTS:
            words = f"the front matter holds more than {MAX_EVENTS:,} YAML events"
            raise Unusable(_position(event.start_mark, first_line), Code.FRONT_MATTER_TOO_LARGE, words)
        if kind is ScalarEvent:
            value: Value = event.value
            if key is None and type(inside) is dict and event.anchor is None:
                assert isinstance(value, str)
                key = value
                if value in _NULLS and event.implicit[0]:
                    raise Unusable(
                        _position(event.start_mark, first_line), Code.KEY_NOT_TEXT, "a field's name must be text"
                    )
                if key in inside and not secret_depth:
                    words = "is given twice; the last one counts"
                    oddities.append(
                        Oddity(*_position(event.start_mark, first_line), Code.DUPLICATE_KEY, words, name_of(key))
                    )
                continue
            if value in _NULLS and event.implicit[0]:
                value = None
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            open_nodes.pop()
            inside = open_nodes[-1].value if open_nodes else None
            if len(open_nodes) < secret_depth:
                secret_depth = 0
            continue
        elif kind is MappingStartEvent:
            value = {}
        elif kind is SequenceStartEvent:
            value = []
        elif kind is AliasEvent:
            words = "the front matter holds an alias (*name); put text that begins with * in quotes"
            raise Unusable(_position(event.start_mark, first_line), Code.YAML_ALIAS, words)
        else:
            documents += kind is DocumentStartEvent
            if documents > 1:
                words = "the front matter holds more than one YAML document"
                raise Unusable(_position(event.start_mark, first_line), Code.YAML_DOCUMENTS, words)
            continue
        mark = event.start_mark
        node = Node(value, mark.line + first_line, mark.column + 1)
        if event.anchor is not None:
            words = "the front matter holds an anchor (&name); put text that begins with & in quotes"
            raise Unusable(node, Code.YAML_ALIAS, words)
        if type(inside) is dict:
            if key is None:
                raise Unusable(node, Code.KEY_NOT_TEXT, "a field's name must be text")
            if key.casefold() != SECRET_KEY:
                inside[key] = node
            elif kind is not ScalarEvent and not secret_depth:
                secret_depth = len(open_nodes) + 1
            key = None
        elif type(inside) is list:
            inside.append(node)
        else:
            top = node
        if kind is not ScalarEvent:
            open_nodes.append(node)
            inside = value
            if len(open_nodes) > MAX_DEPTH:
                words = f"the front matter is nested more than {MAX_DEPTH} levels deep"
                raise Unusable(node, Code.FRONT_MATTER_TOO_DEEP, words)
    if top is None or top.value is None:
        return FrontMatter({}, tuple(oddities))
    if not isinstance(top.value, dict):
        words = "the front matter is no list of fields such as `title: ...`"
        raise Unusable(top, Code.FRONT_MATTER_NO_FIELDS, words)
    return FrontMatter(top.value, tuple(oddities))


def _position(mark: yaml.Mark, first_line: int) -> Position:
    return Position(mark.line + first_line, mark.column + 1)


def name_of(key: str) -> str:
    """A field's name as reports show it: printable and of at most 60 characters."""
    shown = key if key.isprintable() else ascii(key)[1:-1]
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _printable(text: str, first_line: int, oddities: list[Oddity]) -> str:
    found = _UNPRINTABLE.search(text)
    if found is None:
        return text
    line = first_line + text.count("\n", 0, found.start())
    column = found.start() - text.rfind("\n", 0, found.start())
    oddities.append(Oddity(line, column, Code.CONTROL_CHARACTERS, "control characters are left out here"))
    return _UNPRINTABLE.sub("", text)


def _why_no_opening(raw: bytes) -> tuple[Code, str]:
    if raw.startswith(b"+++"):
        return Code.FRONT_MATTER_TOML, "the front matter is TOML (+++); feedbot reads YAML between lines ---"
    if not raw.strip():
        return Code.FILE_EMPTY, "the file is empty"
    return Code.FRONT_MATTER_MISSING, "there is no front matter: expected --- as the first line"


def _line_at(raw: bytes, position: int) -> int:
    return raw.count(b"\n", 0, position) + 1


def _first_bad_line(raw: bytes) -> int:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return _line_at(raw, error.start)
    # Only the cut at a fence could have torn a character, and fences are ASCII.
    return 0
