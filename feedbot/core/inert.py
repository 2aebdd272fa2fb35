"""Text from articles and servers, made inert for whoever reads it."""

import unicodedata


def plain(text: str) -> str:
    """The text without control and format characters, which could move the cursor or hide words."""
    if text.isprintable():  # the most of it; says no to more characters than are replaced
        return text
    return "".join(character if _is_inert(character) else "\N{REPLACEMENT CHARACTER}" for character in text)


def _is_inert(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs"}


def unmentioning(text: str) -> str:
    """The text with each @ so wide that no chat takes what follows for the name of somebody to call."""
    return text.replace("@", "\N{FULLWIDTH COMMERCIAL AT}")
