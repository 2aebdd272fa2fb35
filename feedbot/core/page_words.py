"""Words as they are compared: without case, accents, punctuation and the width of letters."""

import re
import unicodedata

# Of ASCII, what a letter or a digit becomes, and whatever else is between two words; an apostrophe is nothing.
_ASCII = str.maketrans({chr(n): chr(n).lower() if chr(n).isalnum() else " " for n in range(128)} | {"'": "", "`": ""})
# "404エラー" is two words, as is whatever else changes between ASCII and another script.
_WORD_OF_ONE_SCRIPT = re.compile(r"[0-9a-z]+|[^\W_0-9a-z]+")
_APOSTROPHES = re.compile("['’ʼ‘`´]")
# Letters that lose nothing that matters, and that decomposition does not reach.
_PLAIN = str.maketrans({"ı": "i", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe"})

# What stands between the parts of a title: a bar, a long dash, or a short one with spaces, which scripts
# without spaces leave out.
_BETWEEN_PARTS = re.compile(
    r"\s+[-:*~>/\\]+\s+|\s*[|\u00a6\uff5c\u2502\u00b7\u2022\u00bb\u00ab\u203a\u2039\u2013\u2014\u2012\u2015]+\s*"
    r"|(?<=[\u0e00-\u0eff\u3040-\uffef])[-_\u2010\uff0d]+|[-_\u2010\uff0d]+(?=[\u0e00-\u0eff\u3040-\uffef])"
)

# Scripts that put no space between words: Kana, Han, Thai, Lao, Khmer, Burmese.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
_UNSPACED_RUN = re.compile(f"[{UNSPACED}\U00020000-\U0002ffff]+")
_LETTERS_A_WORD = 2


def folded_words(text: str) -> list[str]:
    """The words of a text as they are compared; what has no spaces between words is one.

    Compatibility forms are unified and accents dropped (NFKD without marks), after case folding.
    An apostrophe joins: "doesn't" is "doesnt".
    """
    if text.isascii():
        return text.translate(_ASCII).split()
    text = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text).casefold())
    text = "".join(letter for letter in text if not unicodedata.combining(letter)).translate(_PLAIN)
    return _WORD_OF_ONE_SCRIPT.findall(unicodedata.normalize("NFC", text))


def folded(text: str) -> str:
    """The words of a text as they are compared, joined by single spaces."""
    return " ".join(folded_words(text))


def count_words(text: str) -> int:
    """How many words a text has; where words are not spaced, every two letters count as one."""
    words = len(text.split())
    if text.isascii():
        return words
    return words + sum(max(0, len(run) // _LETTERS_A_WORD - 1) for run in _UNSPACED_RUN.findall(text))


def has_unspaced(text: str) -> bool:
    """True where a part of the text is in a script that puts no spaces between words."""
    return _UNSPACED_RUN.search(text) is not None


def title_parts(title: str) -> list[str]:
    """The parts of a title that a site joined: the heading, a section, its own name."""
    return [part for part in _BETWEEN_PARTS.split(title) if part and not part.isspace()]
