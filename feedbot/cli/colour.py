"""Verdicts in colour, for a terminal; `click.echo` leaves the colours out for everything else."""

import re

import click

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

_AT_THE_BEGINNING = re.compile(rf"^  ({'|'.join(COLOURS)})(?= )", re.MULTILINE)


def painted(text: str) -> str:
    """A report as text, with the verdicts at the beginning of its lines in colour."""
    return _AT_THE_BEGINNING.sub(lambda found: f"  {click.style(found[1], fg=COLOURS[VerdictKind(found[1])])}", text)
