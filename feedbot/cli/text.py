"""Text for a terminal."""

from collections.abc import Mapping

from feedbot.core.inert import plain as plain  # noqa: PLC0414 - said here by every command


def count(number: int, thing: str, things: str | None = None) -> str:
    """A number with its noun, such as "1 feed" or "1,200 feeds"."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def wants_colour(environment: Mapping[str, str]) -> bool | None:
    """Whether the user wants colours, by NO_COLOR (https://no-color.org) and FORCE_COLOR; None where that is open.

    A variable that is empty says nothing, and a terminal that is called dumb has no colours.
    """
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return False if environment.get("TERM") == "dumb" else None
