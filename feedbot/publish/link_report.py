"""links.html, for the operator: where every link stands that is not plainly alive.

Inert as the pages of publish/pages.py are. A small script of its own adds a search field and sorting; the page's policy
runs no other, and without it everything is there, worst first, with a choice by status.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from feedbot.core.status import StatusKind
from feedbot.publish.html import is_web_url
from feedbot.publish.pages import content_policy, page_part, render_page
from feedbot.publish.xml_text import xml_line

REPORT_NAME = "links.html"

HISTORY_DAYS = 30

_CHART_HEIGHT = 40
_DAY_WIDTH = 8
# An address or a reason that is longer is cut where it is shown; a server can make them as long as it likes.
_SHOWN = 300


@dataclass(frozen=True, slots=True)
class ReadersGet:
    """What readers get where a link stands, in words, and the address of it where that is another one."""

    words: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One link that is not plainly alive; `places` are the first of `places_count`, as path:line."""

    url: str
    host: str
    status: StatusKind
    verdict: str
    since_at: datetime | None
    reason: str
    strikes: int
    due_at: datetime
    places: tuple[str, ...]
    places_count: int
    topics: tuple[str, ...]
    readers_get: tuple[ReadersGet, ...]
    remarks: tuple[str, ...] = ()
    """What else is to be known: a person's word, never seen alive, hidden for 30 days."""


@dataclass(frozen=True, slots=True)
class StatusCount:
    """How many links have a status, and by their latest verdict."""

    status: StatusKind
    links: int
    verdicts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Looks:
    """How often a host was looked at on one day, by what was seen."""

    good: int = 0
    hidden: int = 0
    failing: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.good + self.hidden + self.failing


@dataclass(frozen=True, slots=True)
class HostRow:
    """One host: its links, those of them in trouble, and the looks of the last days, the latest last."""

    host: str
    links: int
    troubled: int
    history: tuple[Looks, ...]


@dataclass(frozen=True, slots=True)
class LinkReport:
    """The state of the links; `rows`, `hosts` and `topics` are the worst, `..._count` says how many there are."""

    title: str
    language: str
    counts: tuple[StatusCount, ...]
    rows: tuple[LinkRow, ...]
    rows_count: int
    hosts: tuple[HostRow, ...] = ()
    hosts_count: int = 0
    topics: tuple[tuple[str, int], ...] = ()
    topics_count: int = 0
    until: datetime | None = None
    """When the latest look was made."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a day in the chart of a host, in the chart's own units."""

    kind: str
    x: int
    y: float
    height: float


def render_report(report: LinkReport) -> bytes:
    """The page; the same report gives the same bytes."""
    shown = dict.fromkeys(row.status for row in report.rows)
    return render_page(
        "links.html",
        report=report,
        title=xml_line(report.title),
        shown=[(kind, sum(row.status is kind for row in report.rows)) for kind in shown],
        charts={host.host: bars(host.history) for host in report.hosts},
        chart_width=HISTORY_DAYS * _DAY_WIDTH,
        chart_height=_CHART_HEIGHT,
        style=_style(),
        script=_script(),
        policy=report_policy(),
        cut=_cut,
        is_web_url=is_web_url,
    )


def report_policy() -> str:
    """The page's Content-Security-Policy: its own style and its own script, and no other."""
    return content_policy(_style(), _script())


def _style() -> str:
    return page_part("style.css", "links.css")


def _script() -> str:
    return page_part("links.js")


def bars(history: Sequence[Looks]) -> list[Bar]:
    """The days of a host as stacked bars, failing looks at the bottom; the busiest day is as high as the chart."""
    most = max((day.total for day in history), default=0)
    found = []
    for number, day in enumerate(history):
        below = 0
        for kind, looks in (("failing", day.failing), ("hidden", day.hidden), ("good", day.good)):
            if looks:
                height = _CHART_HEIGHT * looks / most
                y = _CHART_HEIGHT * (1 - (below + looks) / most)
                found.append(Bar(kind, number * _DAY_WIDTH, round(y, 1), round(height, 1)))
            below += looks
    return found


def _cut(text: str) -> str:
    line = xml_line(text)
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
