"""Links that were checked, made by hand: every kind of news, and texts that hostile pages would send."""

from datetime import timedelta

from feedbot.cli.reports.check import CheckReport
from feedbot.core.article import LinkRole, Rejected
from feedbot.core.mark import Mark, MarkKind
from feedbot.core.observation import FailureKind
from feedbot.core.status import Status, StatusKind
from feedbot.core.verdict import Verdict, VerdictKind
from feedbot.state.targets import LinkPlace, Target
from feedbot.steps.checking import Checking
from feedbot.steps.look import Seen
from feedbot.steps.results import Result, Results
from tests.core.histories import START

HOSTILE = "a|b `c` @everyone #1 GH-2 [x](https://evil.example/) <b>&\x1b[31m\u202e ::error::no %0A ##[x] *_~ {0}"


def place(article: str = "articles/one.md", line: int = 4, role: LinkRole = LinkRole.SOURCE) -> LinkPlace:
    return LinkPlace(article, line, role)


def result(url: str, verdict: Verdict, status: Status, *places: LinkPlace, mark: Mark | None = None) -> Result:
    target = Target(1, url, "news.example", status)
    code = {VerdictKind.MISSING: 404, VerdictKind.GONE: 410, VerdictKind.ALIVE: 200}.get(verdict.kind)
    seen = None if verdict.kind is VerdictKind.UNKNOWN else Seen(START, 412, 2, code, url)
    return Result(target, target, seen, verdict, places, mark)


def checking(*results: Result, online: bool | None = True) -> Checking:
    return Checking(7, START, START + timedelta(seconds=9), online, Results.of(results))


ALIVE = result(
    "https://news.example/alive",
    Verdict(VerdictKind.ALIVE, "200 on GET"),
    Status(StatusKind.ALIVE, checked_at=START, first_alive_at=START),
    place(),
)
WARNED = result(
    "https://news.example/warned",
    Verdict(VerdictKind.ALIVE, "200 on GET", warnings=("its certificate expires on 2026-01-05",)),
    Status(StatusKind.ALIVE, checked_at=START, first_alive_at=START),
    place(line=7, role=LinkRole.IMAGE),
)
TYPO = result(
    "https://news.example/tpyo?a=1,2",
    Verdict(VerdictKind.MISSING, "404 on GET: not found"),
    Status(StatusKind.FAILING, verdict=VerdictKind.MISSING, checked_at=START, strikes=1),
    place(),
    place("articles/two: 100%, more.md", 12, LinkRole.BODY),
    place("articles/three.md", 5, LinkRole.RELATED_SOURCE),
    place("articles/four.md", 5, LinkRole.AMP),
)
DEAD = result(
    "https://news.example/gone",
    Verdict(VerdictKind.GONE, "410 on GET: gone, says the server"),
    Status(StatusKind.DEAD, verdict=VerdictKind.GONE, checked_at=START, strikes=2, first_alive_at=START),
    place("articles/two: 100%, more.md", 4),
)
SUSPECT = result(
    "https://news.example/lapsed?q=|`@x",
    Verdict(VerdictKind.SUSPECT, f"leads to another domain, to a page titled '{HOSTILE}' that is not the article"),
    Status(StatusKind.ALIVE, checked_at=START, first_alive_at=START),
    place("articles/three.md", 4),
)
FAILING = result(
    "https://silent.example/",
    Verdict(VerdictKind.UNREACHABLE, "no answer within 30 s", FailureKind.TIMEOUT),
    Status(StatusKind.FAILING, verdict=VerdictKind.UNREACHABLE, checked_at=START, strikes=2, first_alive_at=START),
    place("articles/four.md", 9, LinkRole.RELATED_IMAGE),
)
MOVED = result(
    "https://news.example/old",
    Verdict(
        VerdictKind.MOVED,
        "moved permanently to https://news.example/new",
        moved_to="https://news.example/new",
    ),
    Status(StatusKind.MOVED, checked_at=START, first_alive_at=START, moved_to="https://news.example/new"),
    place("articles/four.md", 4),
)
BLOCKED = result(
    "https://wall.example/",
    Verdict(VerdictKind.BLOCKED, "403 on GET: turns bots away; the page may well be alive"),
    Status(StatusKind.BLOCKED, since_at=START, checked_at=START),
)
EXCUSED = result(
    "https://news.example/forgiven",
    Verdict(VerdictKind.MISSING, "404 on GET: not found"),
    Status(StatusKind.FAILING, verdict=VerdictKind.MISSING, checked_at=START, strikes=1),
    place("articles/four.md", 6, LinkRole.IMAGE),
    mark=Mark(MarkKind.ALIVE, "they answer people"),
)
UNKNOWN = result(
    "https://late.example/",
    Verdict(VerdictKind.UNKNOWN, "not asked: the run ended before its turn"),
    Status(),
    place("articles/four.md", 7, LinkRole.CDN_AMP),
)

EVERY = (ALIVE, WARNED, TYPO, DEAD, SUSPECT, FAILING, MOVED, BLOCKED, EXCUSED, UNKNOWN)

REPORT = CheckReport(checking(*EVERY), rejected=(Rejected("articles/bad.md", 2, "title: is missing"),), prefix="site/")
EMPTY = CheckReport(checking(online=None))
OFFLINE = CheckReport(checking(UNKNOWN, online=False))
FINE = CheckReport(checking(ALIVE))
