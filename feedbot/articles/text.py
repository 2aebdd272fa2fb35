"""Text from a file made safe to publish: no character that XML forbids, no hidden reordering."""

import re
import unicodedata

# Everything outside the Char production of XML 1.0; one such character loses a whole feed.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Embeddings, overrides and isolates: unbalanced, they reorder whatever a reader shows next to them.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


def clean_text(text: str) -> str:
    """The text without characters that XML 1.0 forbids and without lone surrogates; lines are kept."""
    return text if text.isprintable() else _ILLEGAL.sub("", text)


def clean_line(text: str) -> str:
    """The text as one line: as `clean_text`, without bidi controls, white space collapsed and trimmed."""
    if not text.isprintable():
        text = _BIDI.sub("", _ILLEGAL.sub("", text))
    elif "  " not in text:  # a printable text has no white space but U+0020
        return text.strip()
    return " ".join(text.split())


def has_hidden_characters(text: str) -> bool:
    """True where `clean_line` leaves out a character that is not white space."""
    return not text.isprintable() and bool(_ILLEGAL.search(text) or _BIDI.search(text))


def fold_name(name: str) -> str:
    """The form in which two topic names are the same topic: NFC, case-folded, white space collapsed."""
    # Case folding can undo NFC, so it is made NFC twice.
    folded = unicodedata.normalize("NFC", name).casefold()
    return " ".join(unicodedata.normalize("NFC", folded).split())
