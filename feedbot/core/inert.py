"""Text from articles and servers, made inert for whoever reads it."""

import unicodedata

_OF_A_LOG = "##["


def plain(text: str) -> str:
    """The text without control and format characters, which could move the cursor or hide words.

    Nor is it a command to GitHub Actions, which takes `##[command]` anywhere in a log for one: such a text could hide
    words of the log or keep other commands from being heard.
    """
    if _OF_A_LOG in text:
        text = text.replace(_OF_A_LOG, "##\N{FULLWIDTH LEFT SQUARE BRACKET}")
    if text.isprintable():  # the most of it; says no to more characters than are replaced
        return text
    return "".join(character if _is_inert(character) else "\N{REPLACEMENT CHARACTER}" for character in text)


def _is_inert(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs"}


def unmentioning(text: str) -> str:
    """The text with each @ so wide that no chat takes what follows for the name of somebody to call."""
    return text.replace("@", "\N{FULLWIDTH COMMERCIAL AT}")
