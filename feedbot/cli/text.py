"""Text from articles and servers, made inert for a terminal."""

import unicodedata


def plain(text: str) -> str:
    """The text without control and format characters, which could move the cursor or hide words."""
    if text.isprintable():  # the most of it; says no to more characters than are replaced
        return text
    return "".join(character if _is_inert(character) else "\N{REPLACEMENT CHARACTER}" for character in text)


def _is_inert(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs"}


def count(number: int, thing: str, things: str | None = None) -> str:
    """A number with its noun, such as "1 feed" or "1,200 feeds"."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"
