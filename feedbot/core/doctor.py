"""What `feedbot doctor` finds: each a level, a sentence, and the line to change."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec


class Level(StrEnum):
    """How bad a finding is, the worst first: readers lose something, they may, all is well."""

    PROBLEM = "problem"
    WARNING = "warning"
    OK = "ok"


class Part(StrEnum):
    """What of an installation a finding is about, in the order in which they are shown."""

    FEEDS = "Feeds"
    SITE = "Site"
    NETWORK = "Network"
    FILES = "Files"
    STATE = "state.db"
    CONFIG = "Config"
    VERSIONS = "Versions"


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at.

    `about` names it within its part and stays the same from day to day, while numbers in the sentence move.
    `mend` is what to change, empty where nothing is to be: one line or several.
    """

    part: Part
    about: str
    level: Level
    sentence: str
    mend: str = ""

    @property
    def key(self) -> str:
        """What it is known by from one look to the next."""
        return f"{self.part}: {self.about}"


_ORDER = list(Level)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Part by part, and in each the worst first; otherwise in the order in which they were found."""
    parts = list(Part)
    return sorted(findings, key=lambda one: (parts.index(one.part), _ORDER.index(one.level)))


def worst(findings: Iterable[Finding]) -> Level:
    """The level of the worst; OK where there is none."""
    return min((one.level for one in findings), key=_ORDER.index, default=Level.OK)


def standing(findings: Iterable[Finding]) -> dict[str, str]:
    """What is not well, by key with its level: what the next look is compared with."""
    return {one.key: one.level.value for one in findings if one.level is not Level.OK}


def changed(before: Mapping[str, str], findings: Sequence[Finding]) -> tuple[list[Finding], list[str]]:
    """What is new or of another level since the last look, and the keys of what is well again.

    What was not looked at this time, because its part could not be, counts as well again: a finding says why it
    could not.
    """
    new = [one for one in findings if one.level is not Level.OK and before.get(one.key) != one.level]
    now = standing(findings)
    return new, [key for key in before if key not in now]
