"""Observations and verdicts made by hand, for the tests of what follows from them."""

from datetime import UTC, datetime, timedelta

from feedbot.core.observation import Answered, Exchange, Failed, Failure, FailureKind, Observation
from feedbot.core.verdict import Verdict, VerdictKind

START = datetime(2026, 1, 1, tzinfo=UTC)
URL = "https://example.org/page"


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def answered(*exchanges: Exchange) -> Observation:
    last = exchanges[-1]
    assert last.status is not None
    return Observation(URL, START, 5, exchanges, Answered(last.status, last.url))


def asked(
    status: int, method: str = "GET", hop: int = 0, url: str = URL, location: str | None = None, **more
) -> Exchange:
    return Exchange(hop=hop, method=method, url=url, status=status, location=location, **more)


def failed(kind: FailureKind, text: str = "in words") -> Observation:
    return Observation(URL, START, 5, (), Failed(Failure(kind, text), URL))


ALIVE = Verdict(VerdictKind.ALIVE, "200 on GET", by_get=True)
ALIVE_BY_HEAD = Verdict(VerdictKind.ALIVE, "200 on HEAD")
MISSING = Verdict(VerdictKind.MISSING, "404 on GET: not found", by_get=True)
GONE = Verdict(VerdictKind.GONE, "410 on GET: gone", by_get=True)
PARKED = Verdict(VerdictKind.PARKED, "for sale", by_get=True)
BLOCKED = Verdict(VerdictKind.BLOCKED, "403 on GET", by_get=True)
UNKNOWN = Verdict(VerdictKind.UNKNOWN, "our own network")
NXDOMAIN = Verdict(VerdictKind.UNREACHABLE, "no such host", failure=FailureKind.DNS_NXDOMAIN)
REFUSED_CONNECTION = Verdict(VerdictKind.UNREACHABLE, "connection refused", failure=FailureKind.CONNECT_REFUSED)
TIMEOUT = Verdict(VerdictKind.UNREACHABLE, "no answer in 30 s", failure=FailureKind.TIMEOUT)
