"""A page held against the tables of signs: what its title, headings, text and source are marks of."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

import msgspec

from feedbot.core.page_signs import Sign, Table, alternatives, table
from feedbot.core.page_words import folded, folded_words, has_unspaced, title_parts

PAGE_SUBJECTS = ("challenge", "consent", "region", "maintenance", "parked", "login", "not_found", "default_page")

# A weak sign counts on a page of at most this many words.
_WEAK_WORDS = 300
# A title of more parts, or of a part with more words, is no name of a site beside a sign.
_MAX_PARTS = 4
_MAX_OTHER_WORDS = 8
# Before a colon: "Example News: page not found".
_MAX_PREFIX_WORDS = 4
_MAX_SAID = 80


class _Mark(msgspec.Struct, frozen=True):
    subject: str
    sign: Sign
    max_words: int


class _Fillers:
    """What of a heading is not its substance, by the words of one table; and the substances that are strong."""

    def __init__(self, known: Table) -> None:
        self.fillers = _words_of(known.fillers)
        self.asides = self.fillers | _words_of(known.asides)
        self.doubts = _words_of(known.doubts)
        self._fillers_within = _within(self.fillers)
        self._asides_within = _within(self.asides)
        self.strong: dict[str, list[_Mark]] = {}

    def without_fillers(self, words: list[str]) -> str:
        """The words without codes, words for errors and regrets: "404" where nothing else was said."""
        return " ".join(_less(words, self.fillers, self._fillers_within)) or ("404" if "404" in words else "")

    def is_code(self, part: str) -> bool:
        """True of "Error 404" and the like."""
        return self.without_fillers(folded_words(part)) == "404"

    def is_error(self, heading: str) -> bool:
        """True of a code, of "Oops!" and the like."""
        return self.without_fillers(folded_words(heading)) in ("", "404")

    def without_asides(self, words: list[str]) -> str:
        return " ".join(_less(words, self.asides, self._asides_within))


def _words_of(wordings: Iterable[str]) -> frozenset[str]:
    return frozenset(word for wording in wordings for word in folded_words(wording))


def _within(words: frozenset[str]) -> re.Pattern[str]:
    unspaced = sorted((word for word in words if has_unspaced(word)), key=len, reverse=True)
    return re.compile("|".join(unspaced))


def _less(words: list[str], fewer: frozenset[str], within: re.Pattern[str]) -> list[str]:
    less = []
    for word in words:
        rest = "" if word in fewer else word if word.isascii() else within.sub("", word)
        if rest:
            less.append(rest)
    return less


class _Phrases:
    """Wordings of several words, found at a place of a text by its first two."""

    def __init__(self) -> None:
        self._marks: dict[str, list[_Mark]] = {}
        self._lengths: dict[str, set[int]] = {}
        self._seconds: dict[str, set[str]] = {}

    def enter(self, words: list[str], mark: _Mark) -> None:
        self._marks.setdefault(" ".join(words), []).append(mark)
        self._lengths.setdefault(words[0], set()).add(len(words))
        self._seconds.setdefault(words[0], set()).update(words[1:2])

    def starts(self, spoken: list[str]) -> list[int]:
        """The few places of a text at which a wording of two words or more may begin."""
        seconds = self._seconds
        firsts = [place for place, word in enumerate(spoken[:-1]) if word in seconds]
        return [place for place in firsts if spoken[place + 1] in seconds[spoken[place]]]

    def at(self, place: int, spoken: list[str]) -> Iterator[tuple[str, _Mark]]:
        """The wordings that begin at this place, each with its mark."""
        for length in self._lengths.get(spoken[place], ()):
            phrase = " ".join(spoken[place : place + length])
            for mark in self._marks.get(phrase, ()):
                yield phrase, mark


@dataclass(slots=True)
class _Index:
    """All signs of pages by what finds them at once: no sign is searched for by itself where words can be."""

    titles: dict[str, list[_Mark]] = field(default_factory=dict)
    headings: dict[str, list[_Mark]] = field(default_factory=dict)
    openings: _Phrases = field(default_factory=_Phrases)
    phrases: _Phrases = field(default_factory=_Phrases)
    """Of the text; a wording of unspaced script is in `runs` instead."""
    runs: list[tuple[str, _Mark]] = field(default_factory=list)
    markup: list[tuple[str, _Mark]] = field(default_factory=list)
    fillers: dict[str, _Fillers] = field(default_factory=dict)
    """By subject, of those tables that have any."""
    heading_words: set[str] = field(default_factory=set)
    """Every word of a heading's wordings and of what may stand in or beside them."""
    max_words: int = 0
    """On a longer page, neither text nor markup is a mark of anything."""


@cache
def _index() -> _Index:
    index = _Index()
    for subject in PAGE_SUBJECTS:
        known = table(subject)
        if known.fillers:
            index.fillers[subject] = _Fillers(known)
            index.heading_words |= index.fillers[subject].asides
        for sign in known.signs:
            _enter(index, _Mark(subject, sign, known.max_words if sign.max_words is None else sign.max_words))
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
                index.heading_words.update(words)
                fillers = index.fillers.get(mark.subject)
                if fillers is not None and not mark.sign.weak:
                    fillers.strong.setdefault(fillers.without_asides(words), []).append(mark)
            case "opening":
                index.openings.enter(words, mark)
            case "text" if has_unspaced(wording):
                index.runs.append((" ".join(words), mark))
            case "text":
                index.phrases.enter(words, mark)
            case "markup":
                index.markup.append((wording, mark))
            case _:
                raise ValueError(f"a page's table has no sign of kind {mark.sign.kind!r}")


class Shown(msgspec.Struct, frozen=True):
    """What of a page is held against the tables."""

    title: str = ""
    h1s: Sequence[str] = ()
    h2: str = ""
    """The first: it is a heading where no h1 is, or where that says only that there is an error."""
    text: str = ""
    """All that a visitor sees."""
    words: int = 0
    """In the text."""
    source: str = ""
    is_whole: bool = True
    """False where more may follow: then neither text, source nor a weak heading is a sign."""


def find_signs(shown: Shown) -> dict[str, str]:
    """What a page shows of each subject, in words such as "title says 'Not found'"; absent where nothing.

    Of several signs of one subject the first of title, headings, source and text is told.
    """
    index = _index()
    found: dict[str, str] = {}
    if shown.title:
        for mark in index.titles.get(folded(shown.title), ()):
            _tell(found, mark, shown.words, "title says", shown.title)
        _find_headings(index, found, shown, "title says", shown.title)
    for h1 in shown.h1s:
        _find_headings(index, found, shown, "h1 says", h1)
    if shown.h2 and all(map(index.fillers["not_found"].is_error, shown.h1s)):
        _find_headings(index, found, shown, "h2 says", shown.h2)
    if shown.is_whole and shown.words <= index.max_words:
        for needle, mark in index.markup:
            if needle in shown.source:
                _tell(found, mark, shown.words, "source has", needle)
        _find_text(index, found, shown.text, shown.words)
    return found


def _tell(found: dict[str, str], mark: _Mark, words: int, where: str, said: str) -> None:
    if words <= mark.max_words and mark.subject not in found:
        said = said if len(said) <= _MAX_SAID else f"{said[: _MAX_SAID - 1]}…"
        owner = f"{mark.sign.name}: " if mark.sign.name else ""
        found[mark.subject] = f"{owner}{where} '{said}'"


def _find_text(index: _Index, found: dict[str, str], text: str, words: int) -> None:
    spoken = folded_words(text)
    for place in index.phrases.starts(spoken):
        for phrase, mark in index.phrases.at(place, spoken):
            _tell(found, mark, words, "text says", phrase)
    if not text.isascii():
        joined = " ".join(spoken)
        for run, mark in index.runs:
            if run in joined:
                _tell(found, mark, words, "text says", run)


def _find_headings(index: _Index, found: dict[str, str], shown: Shown, where: str, heading: str) -> None:
    spoken = folded_words(heading)
    if spoken:
        for _, mark in index.openings.at(0, spoken):
            _tell(found, mark, shown.words, where, heading)
    parts = title_parts(heading)
    if not 1 <= len(parts) <= _MAX_PARTS:
        return
    for place, part in enumerate(parts):
        others = parts[:place] + parts[place + 1 :]
        for wording, is_all in _wordings(part):
            for mark, is_weak in _heading_marks(index, wording, others):
                if is_weak and not (is_all and len(parts) <= 2 and shown.is_whole and shown.words <= _WEAK_WORDS):
                    continue
                if _are_names(others, index.fillers.get(mark.subject)):
                    _tell(found, mark, shown.words, where, part.strip())


def _wordings(part: str) -> Iterator[tuple[list[str], bool]]:
    """The words of a part of a title, and of what a colon parts off from a name or a path."""
    yield folded_words(part), True
    before, colon, after = part.rpartition(": ")
    if colon and len(before.split()) <= _MAX_PREFIX_WORDS:
        yield folded_words(after), False
    before, colon, after = part.partition(":")
    if colon and after.lstrip().startswith(("/", "http")):
        yield folded_words(before), False


def _heading_marks(index: _Index, words: list[str], others: list[str]) -> Iterator[tuple[_Mark, bool]]:
    """The marks of a part of a title; each with whether it is a weak one. With the code beside it none is."""
    # Most titles say something else: one word is enough to know. (Of another script, it may hold several.)
    if any(word not in index.heading_words and word.isascii() for word in words):
        return
    whole = " ".join(words)
    for mark in index.headings.get(whole, ()):
        fillers = index.fillers.get(mark.subject)
        yield mark, mark.sign.weak and not (fillers and "404" not in words and any(map(fillers.is_code, others)))
    for subject, fillers in index.fillers.items():
        bare = fillers.without_fillers(words)
        if bare != whole:
            has_code = bare != "404" and ("404" in words or any(map(fillers.is_code, others)))
            for mark in index.headings.get(bare, ()):
                if mark.subject == subject:
                    yield mark, mark.sign.weak and not has_code
        for mark in fillers.strong.get(fillers.without_asides(words), ()):
            yield mark, False


def _are_names(others: list[str], fillers: _Fillers | None) -> bool:
    """True where no other part of a title says more than a name would."""
    for other in others:
        words = folded_words(other)
        if len(words) > _MAX_OTHER_WORDS:
            return False
        if fillers is not None and not fillers.doubts.isdisjoint(words) and not fillers.fillers.issuperset(words):
            return False
    return True
