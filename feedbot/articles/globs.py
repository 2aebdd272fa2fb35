"""Glob patterns as regular expressions over whole relative paths."""

import re
from collections.abc import Sequence

from feedbot.errors import ArticlesError


def any_of(key: str, patterns: Sequence[str], regexes: Sequence[str]) -> re.Pattern[str]:
    """A regular expression that matches what one of these does; without any, nothing."""
    try:
        return re.compile("|".join(f"(?:{regex})" for regex in regexes) or r"(?!)", re.DOTALL)
    except re.error as error:
        raise ArticlesError(f"{key}: {', '.join(map(repr, patterns))} is no glob pattern ({error.msg})") from None


def regex_of(parts: Sequence[str], *, dots: bool) -> str:
    """A regular expression for the segments of a glob pattern; without `dots`, wildcards find no hidden names."""
    hidden = "" if dots else r"(?!\.)"
    made = []
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part == "**":
            made.append(f"(?:{hidden}[^/]+/)*{hidden}[^/]+" if last else f"(?:{hidden}[^/]+/)*")
        else:
            made.append(_segment(part, hidden) + ("" if last else "/"))
    return "".join(made)


def _segment(part: str, hidden: str) -> str:
    made = hidden if part[:1] in {"*", "?", "["} else ""
    position = 0
    while position < len(part):
        character = part[position]
        position += 1
        if character == "*":
            made += "[^/]*"
        elif character == "?":
            made += "[^/]"
        elif character == "[" and (end := part.find("]", position + 1)) > 0:
            inside = re.sub(r"([\\\[&~|])", r"\\\1", part[position:end])
            made += f"(?!/)[^{inside[1:]}]" if inside[0] in "!^" and len(inside) > 1 else f"[{inside}]"
            position = end + 1
        else:
            made += re.escape(character)
    return made
