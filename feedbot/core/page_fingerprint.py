"""The fingerprint of a page: two answers of one site are held against each other by it.

The first four hex digits stand for the title; the other twelve are a sketch of the visible text by
minimum hashing (Broder 1997; one permutation, with the empty bins filled from their neighbours:
Li, Owen, Zhang 2012, Shrivastava, Li 2014): of two pages as many digits are equal, in expectation, as they
share of their pieces of text. Words with a digit in them are left out (dates, counters, tokens),
and so is the requested path where a page echoes it.
"""

import re
from urllib.parse import unquote
from zlib import crc32

_DIGIT = re.compile(r"\d").search
_LETTER = re.compile(r"[^\W\d_]").search
_TITLE_DIGITS = 4
_BINS = 12
_HEX = "0123456789abcdef"
_ALIKE_BINS = 9

# Enough to tell pages apart; the rest of a long page would cost more than it says.
_MAX_TEXT = 12_288
_PIECE = 48
# What is between two pieces of text; a parser leaves none in them.
_BETWEEN = "\0"
_MIN_ECHO = 3


def fingerprint(url: str, title: str, texts: list[str], sources: list[str]) -> str:
    """The fingerprint of the page at `url`: of its title, its visible texts and where its images come from."""
    echoes = _echoes(url)
    said = crc32(" ".join(_telling(_without(title.casefold(), echoes))).encode("utf-8", "replace"))
    pieces = {crc32(piece.encode("utf-8", "replace")) for piece in _pieces(texts, echoes)}
    pieces.update(crc32(source.partition("?")[0].encode("utf-8", "replace")) for source in sources)
    return f"{said & 0xFFFF:0{_TITLE_DIGITS}x}{_sketch(pieces)}"


def same_page(one: str, other: str) -> bool:
    """True where two fingerprints are those of one page, but for what an answer says of its own request."""
    if one[:_TITLE_DIGITS] != other[:_TITLE_DIGITS]:
        return False
    pairs = zip(one[_TITLE_DIGITS:], other[_TITLE_DIGITS:], strict=True)
    return sum(a == b for a, b in pairs) >= _ALIKE_BINS


def _echoes(url: str) -> list[str]:
    """How a page may repeat the address that it was asked for, the longest form first."""
    path = url.partition("://")[2].partition("/")[2]
    bare = path.partition("?")[0]
    forms = [url, path, bare, bare.rstrip("/").rpartition("/")[2]]
    if "%" in url:
        forms += [unquote(form) for form in forms]
    return [form.casefold() for form in forms if len(form) >= _MIN_ECHO]


def _without(text: str, echoes: list[str]) -> str:
    for echo in echoes:
        text = text.replace(echo, " ")
    return text


def _telling(text: str) -> list[str]:
    words = text.split()
    if _DIGIT(text) is None:
        return [word for word in words if word[0].isalpha() or _LETTER(word)]
    return [word for word in words if word.isalpha() or (_LETTER(word) and not _DIGIT(word))]


def _pieces(texts: list[str], echoes: list[str]) -> list[str]:
    pieces = []
    read = _without(_BETWEEN.join(texts)[:_MAX_TEXT].casefold(), echoes)
    for text in read.split(_BETWEEN):
        telling = " ".join(_telling(text))
        pieces += [telling[start : start + _PIECE] for start in range(0, len(telling), _PIECE)]
    return pieces


def _sketch(hashes: set[int]) -> str:
    lowest: list[int | None] = [None] * _BINS
    for value in hashes:
        rank, place = divmod(value, _BINS)
        known = lowest[place]
        if known is None or rank < known:
            lowest[place] = rank
    if not hashes:
        return "0" * _BINS
    # An empty bin takes what the next one has, around the end.
    digits = [""] * _BINS
    rank = next(known for known in lowest if known is not None)
    for place in reversed(range(_BINS)):
        known = lowest[place]
        rank = rank if known is None else known
        digits[place] = _HEX[rank & 0xF]
    return "".join(digits)
