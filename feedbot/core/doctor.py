"""What `feedbot doctor` finds: each a level, a sentence, and the line to change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
    UNIT = "systemd"
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


CANARIES = "canaries"
"""What the finding is about that says whether the network of this machine is up."""

BY_THE_NETWORK = frozenset({Part.FEEDS, Part.SITE, Part.NETWORK})
"""The parts that are looked at from outside."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A look beside the one before: what is `new` or of another level, the keys of what is `well` again.

    `standing` is what is not well now, by key with its level: what the next look is compared with.
    """

    new: list[Finding]
    well: list[str]
    standing: dict[str, str]


def compared(before: Mapping[str, str], findings: Sequence[Finding]) -> Compared:
    """What has changed since `before`, the standing of the last look.

    While our own network is down, what was asked through it says nothing, and all that was known of it stays.
    """
    kept: dict[str, str] = {}
    if any(one.about == CANARIES and one.level is Level.PROBLEM for one in findings):
        findings = [one for one in findings if one.part not in BY_THE_NETWORK or one.about == CANARIES]
        kept = {key: level for key, level in before.items() if key.partition(": ")[0] in BY_THE_NETWORK}
    wrong = [one for one in findings if one.level is not Level.OK]
    now = kept | {one.key: one.level.value for one in wrong}
    return Compared(
        new=[one for one in wrong if before.get(one.key) != one.level],
        well=[key for key in before if key not in now],
        standing=now,
    )
