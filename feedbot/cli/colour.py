"""Verdicts in colour, for a terminal; `click.echo` leaves the colours out for everything else."""

import re

import click

from feedbot.core.status import StatusKind
from feedbot.core.verdict import VerdictKind

COLOURS = {
    VerdictKind.GONE: "red",
    VerdictKind.MISSING: "red",
    VerdictKind.SOFT_DEAD: "red",
    VerdictKind.PARKED: "red",
    VerdictKind.SUSPECT: "yellow",
    VerdictKind.UNREACHABLE: "yellow",
    VerdictKind.REFUSED: "yellow",
    VerdictKind.BLOCKED: "yellow",
    VerdictKind.ALIVE: "green",
}
"""The others are news that nobody need do anything about."""

STANDING = {
    StatusKind.DEAD: "red",
    StatusKind.FAILING: "yellow",
    StatusKind.BLOCKED: "yellow",
    StatusKind.REFUSED: "yellow",
    StatusKind.ALIVE: "green",
    StatusKind.MOVED: "green",
}

_WORDS = {"rejected": "red", "held": "yellow"}
_WORDS |= {kind.value: colour for kind, colour in (*STANDING.items(), *COLOURS.items()) if kind.value != "moved"}
_AT_THE_BEGINNING = re.compile(rf"^  ({'|'.join(_WORDS)})(?= )", re.MULTILINE)


def painted(text: str) -> str:
    """A report as text, with the verdict or status at the beginning of a line in colour."""
    return _AT_THE_BEGINNING.sub(lambda found: f"  {click.style(found[1], fg=_WORDS[found[1]])}", text)
