"""What the fixture web says of each of its links: how it is served, and what feedbot must make of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from feedbot.core.observation import Failure, FailureKind
from feedbot.core.verdict import VerdictKind
from tests.site.server import Fault, Script

Role = Literal["source", "amp", "cdn_amp", "image"]


@dataclass(frozen=True, slots=True)
class Case:
    """One link of an article, the web behind it and the verdict that is right.

    `answers` maps URLs to what is served there; `https://name/*` stands for everything else of a host,
    which is where a random sibling path leads. `titles` are those of the articles that have the link.
    `living` tells that a reader who follows the link finds what it promises. `source` and `amp` are the
    other links of the same article, where the link is its AMP page, the copy of that in the cache, or an
    image. `failure` and `moved_to` are the verdict's own, where they matter.
    """

    url: str
    expect: VerdictKind
    why: str
    answers: Mapping[str, Script]
    titles: tuple[str, ...] = ("A story that somebody linked to",)
    living: bool = False
    role: Role = "source"
    source: str | None = None
    amp: str | None = None
    failure: FailureKind | None = None
    moved_to: str | None = None
    names: Mapping[str, str | Failure] = field(default_factory=dict)
    """What the name server says of a host; those that are served have the site's address."""
    faults: Mapping[str, Fault] = field(default_factory=dict)
    """What is wrong with a host's TLS."""
    family: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """Cases of one kind."""

    name: str
    about: str
    cases: tuple[Case, ...]


def family(name: str, about: str, cases: Iterable[Case]) -> Family:
    """A family whose cases carry its name."""
    return Family(name, about, tuple(replace(case, family=name) for case in cases))
