"""The installation that the doctor looks at."""

from dataclasses import dataclass

from feedbot.clock import Clock
from feedbot.config import Config


@dataclass(frozen=True, slots=True)
class Case:
    """What every check is given; those that ask the network are given an Asker besides."""

    config: Config
    clock: Clock
