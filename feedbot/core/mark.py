"""The human has the last word: what a person has said of a link, against what was seen of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from fnmatch import translate
from typing import assert_never

from feedbot.core.url import host_of

LOOK_AGAIN = timedelta(days=1)
"""When it is looked again whether a link is still to be left alone."""


class MarkKind(StrEnum):
    """What a person says of a link. Values are stored and never change their meaning."""

    ALIVE = "alive"
    """Readers may be sent there, whatever is seen; it is asked as ever."""
    DEAD = "dead"
    """No reader is sent there, whatever is seen; it is asked as ever."""
    IGNORE = "ignore"
    """It is left alone: not asked, not reported, and kept where it stands."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A person's word on one link; it holds through the day `until` (UTC), or for good where that is None."""

    kind: MarkKind
    note: str = ""
    until: date | None = None
    made_at: datetime | None = None

    @property
    def words(self) -> str:
        """The mark as a report shows it, such as "marked alive (the wall is theirs)"."""
        note = f" ({self.note})" if self.note else ""
        until = f" until {self.until}" if self.until else ""
        return f"marked {self.kind}{note}{until}"

    def holds(self, now: datetime) -> bool:
        """True as long as the mark's time is not over."""
        return self.until is None or now.date() <= self.until


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Links that the config leaves alone: by a host with its subdomains, by a glob or by a regex on the whole URL."""

    host: str | None = None
    glob: str | None = None
    regex: str | None = None
    reason: str = ""
    until: date | None = None

    @property
    def pattern(self) -> str:
        """The rule as it is written, for a person."""
        return self.host or self.glob or self.regex or ""


class Exclusions:
    """The rules of `links.exclude`, ready to be asked."""

    def __init__(self, rules: Sequence[Exclusion]) -> None:
        self._rules = [(rule, _matcher(rule)) for rule in rules]

    def of(self, url: str, now: datetime) -> Exclusion | None:
        """The first rule that leaves a canonical URL alone at this moment; None where there is none."""
        for rule, matcher in self._rules:
            if (rule.until is None or now.date() <= rule.until) and _fits(rule, matcher, url):
                return rule
        return None


def _matcher(rule: Exclusion) -> re.Pattern[str]:
    if rule.regex is not None:
        return re.compile(rule.regex)
    return re.compile(translate(rule.glob or ""))


def _fits(rule: Exclusion, matcher: re.Pattern[str], url: str) -> bool:
    if rule.host is not None:
        host, name = host_of(url).rstrip("."), rule.host.rstrip(".").lower()
        return host == name or host.endswith(f".{name}")
    if rule.regex is not None:
        return matcher.search(url) is not None
    return matcher.match(url) is not None


def mark_on(url: str, marks: Mapping[str, Mark], exclusions: Exclusions, now: datetime) -> Mark | None:
    """A person's word on a link, or else what a rule of the config says of it; None where neither says anything."""
    mark = marks.get(url)
    if mark is not None and mark.holds(now):
        return mark
    rule = exclusions.of(url, now)
    if rule is None:
        return None
    why = f" ({rule.reason})" if rule.reason else ""
    return Mark(MarkKind.IGNORE, f"links.exclude: {rule.pattern}{why}", rule.until)


def is_excused(mark: Mark | None) -> bool:
    """True where a person has said that the link is well, or to leave it alone: nothing is an error then."""
    return mark is not None and mark.kind in {MarkKind.ALIVE, MarkKind.IGNORE}


def is_linkable(mark: Mark | None, *, seems_dead: bool) -> bool:
    """True where readers may be sent to a link: what a person says of it comes before what was seen."""
    if mark is None:
        return not seems_dead
    match mark.kind:
        case MarkKind.ALIVE | MarkKind.IGNORE:
            return True
        case MarkKind.DEAD:
            return False
        case _ as never:
            assert_never(never)
