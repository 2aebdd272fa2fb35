"""Text that XML 1.0 can carry: one stray control character would otherwise lose the whole feed."""

import re

# The complement of Char in XML 1.0 (fifth edition), section 2.2.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """The text without the characters that XML 1.0 forbids, lone surrogates among them."""
    # A printable text has none of them: a fast yes for nearly every one.
    return text if text.isprintable() else _ILLEGAL.sub("", text)


def xml_line(text: str) -> str:
    """The text on one line: white space collapsed, forbidden characters gone."""
    if text.isprintable() and "  " not in text:  # a printable text has no white space but U+0020
        return text.strip()
    return " ".join(xml_text(text).split())
