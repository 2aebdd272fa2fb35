"""The tables of wording and marks in `signs/`, and how a page is held against them.

A sign's `pattern` is written in the words of the page: `(a|b)` stands for either, `(|a)` for what
may be missing. Its `kind` says where it is looked for:

- `title`: the whole title;
- `heading`: a part of the title that stands by itself (beside a site's name), or a whole h1;
- `text`: anywhere in the visible text, at word boundaries;
- `markup`: anywhere in the source, letter by letter;
- `header`: "name: part of the value", or "name:" for any value;
- `host`: a host, or what is under it; `path`: a part of a path; `query`: "name" or "name=value".

A page of more words than the table's `max_words` is not the substance of its marks, whatever it quotes.
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from feedbot.core.page_words import folded, folded_words, has_unspaced

Kind = Literal["title", "heading", "text", "markup", "header", "host", "path", "query"]

PAGE_SUBJECTS = ("challenge", "consent", "region", "maintenance", "parked", "login", "not_found")

_NO_LIMIT = 1_000_000_000
# A weak sign counts on a page of at most this many words.
_WEAK_WORDS = 300
_MAX_SAID = 80


class Sign(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"never": "not"}):
    """One entry of a table. `example` is real wording that it finds, `not` is wording that it must not."""

    kind: Kind
    pattern: str
    example: str
    never: tuple[str, ...] = ()
    name: str = ""
    """Whose mark it is, where it has an owner."""
    language: str = ""
    weak: bool = False
    """Of a heading: it counts on a page of few words only, and beside one more part of the title at most."""
    statuses: tuple[int, ...] = ()
    """Of a header: it counts at these status codes only."""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of signs, as written."""

    signs: tuple[Sign, ...]
    max_words: int = _NO_LIMIT
    fillers: tuple[str, ...] = ()
    """Words that a heading may have beside a pattern."""
    doubts: tuple[str, ...] = ()
    """Words that show, in another part of the title, that it speaks about such pages."""


@cache
def table(subject: str) -> Table:
    """The table in `signs/<subject>.toml`."""
    source = resources.files("feedbot.core").joinpath("signs", f"{subject}.toml").read_bytes()
    return msgspec.toml.decode(source, type=Table)


_CHOICE = re.compile(r"\(([^()]*)\)")


def alternatives(pattern: str) -> Iterator[str]:
    """Every wording that a pattern stands for."""
    parts = _CHOICE.split(pattern)
    choices = [part.split("|") if place % 2 else [part] for place, part in enumerate(parts)]
    for chosen in itertools.product(*choices):
        yield " ".join("".join(chosen).split())


@dataclass(frozen=True, slots=True)
class _Mark:
    subject: str
    sign: Sign
    max_words: int


@dataclass(slots=True)
class _Index:
    """All signs of pages by what finds them at once: no sign is searched for by itself where words can be."""

    titles: dict[str, list[_Mark]] = field(default_factory=dict)
    headings: dict[str, list[_Mark]] = field(default_factory=dict)
    phrases: dict[str, list[tuple[list[str], _Mark]]] = field(default_factory=dict)
    """By first word; a wording of unspaced script is in `runs` instead."""
    runs: list[tuple[str, _Mark]] = field(default_factory=list)
    markup: list[tuple[str, _Mark]] = field(default_factory=list)
    fillers: dict[str, frozenset[str]] = field(default_factory=dict)
    doubts: dict[str, frozenset[str]] = field(default_factory=dict)
    max_words: int = 0
    """On a longer page, neither text nor markup is a mark of anything."""


@cache
def _index() -> _Index:
    index = _Index()
    for subject in PAGE_SUBJECTS:
        known = table(subject)
        index.fillers[subject] = frozenset(word for filler in known.fillers for word in folded_words(filler))
        index.doubts[subject] = frozenset(word for doubt in known.doubts for word in folded_words(doubt))
        for sign in known.signs:
            _enter(index, _Mark(subject, sign, known.max_words))
            if sign.kind in ("text", "markup"):
                index.max_words = max(index.max_words, known.max_words)
    return index


def _enter(index: _Index, mark: _Mark) -> None:
    for wording in alternatives(mark.sign.pattern):
        words = folded_words(wording)
        match mark.sign.kind:
            case "title":
                index.titles.setdefault(" ".join(words), []).append(mark)
            case "heading":
                index.headings.setdefault(" ".join(words), []).append(mark)
            case "text" if has_unspaced(wording):
                index.runs.append((" ".join(words), mark))
            case "text":
                index.phrases.setdefault(words[0], []).append((words, mark))
            case "markup":
                index.markup.append((wording, mark))
            case _:
                raise ValueError(f"a page's table has no sign of kind {mark.sign.kind!r}")


def find_signs(title: str, headings: Iterable[str], text: str, source: str, words: int) -> dict[str, str]:
    """What a page shows of each subject, in words such as "title says 'Not found'"; absent where nothing.

    `text` is the visible text, which has this many words; `source` is the markup. Of several signs
    of one subject the first of title, h1, source and text is told.
    """
    index = _index()
    found: dict[str, str] = {}
    if title:
        for mark in index.titles.get(folded(title), ()):
            _tell(found, mark, words, "title says", title)
        _find_headings(index, found, title, words, "title says")
    for heading in headings:
        _find_headings(index, found, heading, words, "h1 says")
    if words <= index.max_words:
        for needle, mark in index.markup:
            if needle in source:
                _tell(found, mark, words, "source has", needle)
        _find_text(index, found, text, words)
    return found


def _tell(found: dict[str, str], mark: _Mark, words: int, where: str, said: str) -> None:
    if words <= mark.max_words and mark.subject not in found:
        said = said if len(said) <= _MAX_SAID else f"{said[: _MAX_SAID - 1]}…"
        owner = f"{mark.sign.name}: " if mark.sign.name else ""
        found[mark.subject] = f"{owner}{where} '{said}'"


def _find_text(index: _Index, found: dict[str, str], text: str, words: int) -> None:
    spoken = folded_words(text)
    phrases = index.phrases
    for place, word in enumerate(spoken):
        for phrase, mark in phrases.get(word, ()):
            if spoken[place : place + len(phrase)] == phrase:
                _tell(found, mark, words, "text says", " ".join(phrase))
    if not text.isascii():
        joined = " ".join(spoken)
        for run, mark in index.runs:
            if run in joined:
                _tell(found, mark, words, "text says", run)


# What stands between the parts of a title: a bar or a dash with spaces; without them where letters have none.
_BETWEEN = re.compile(
    r"\s+[-:*~>/\\]+\s+|\s*[|\u00a6\uff5c\u2502\u00b7\u2022\u00bb\u00ab\u203a\u2039\u2013\u2014\u2012\u2015]+\s*"
    r"|(?<=[\u0e00-\u0eff\u3040-\uffef])[-_\u2010\uff0d]+|[-_\u2010\uff0d]+(?=[\u0e00-\u0eff\u3040-\uffef])"
)
_MAX_PARTS = 4
_MAX_OTHER_WORDS = 8
_MAX_PREFIX_WORDS = 4


def _find_headings(index: _Index, found: dict[str, str], heading: str, words: int, where: str) -> None:
    parts = [part for part in _BETWEEN.split(heading) if part and not part.isspace()]
    if not 1 <= len(parts) <= _MAX_PARTS:
        return
    for place, part in enumerate(parts):
        for wording, is_whole in _wordings(part):
            for mark in _heading_marks(index, wording):
                others = [folded_words(other) for other in parts[:place] + parts[place + 1 :]]
                if mark.sign.weak and not (is_whole and len(parts) <= 2 and words <= _WEAK_WORDS):
                    continue
                if _name_only(others, index.fillers[mark.subject], index.doubts[mark.subject]):
                    _tell(found, mark, words, where, part.strip())


def _wordings(part: str) -> Iterator[tuple[list[str], bool]]:
    """The words of a part of a title, and of what a colon parts off from a name or a path."""
    yield folded_words(part), True
    before, colon, after = part.rpartition(": ")
    if colon and len(before.split()) <= _MAX_PREFIX_WORDS:
        yield folded_words(after), False
    before, colon, after = part.partition(":")
    if colon and after.lstrip().startswith(("/", "http")):
        yield folded_words(before), False


def _heading_marks(index: _Index, words: list[str]) -> Iterator[_Mark]:
    whole = " ".join(words)
    yield from index.headings.get(whole, ())
    for subject, fillers in index.fillers.items():
        rest = " ".join(word for word in words if word not in fillers) if fillers else whole
        if rest != whole:
            yield from (mark for mark in index.headings.get(rest, ()) if mark.subject == subject)


def _name_only(others: list[list[str]], fillers: frozenset[str], doubts: frozenset[str]) -> bool:
    """True where no other part of a title says more than a name would."""
    for words in others:
        if len(words) > _MAX_OTHER_WORDS:
            return False
        if not doubts.isdisjoint(words) and not fillers.issuperset(words):
            return False
    return True
