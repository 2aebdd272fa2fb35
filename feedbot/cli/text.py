"""Text for a terminal."""

from feedbot.core.inert import plain as plain  # noqa: PLC0414 - said here by every command


def count(number: int, thing: str, things: str | None = None) -> str:
    """A number with its noun, such as "1 feed" or "1,200 feeds"."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"
