"""What each verdict is in a sentence, and what to do about it; docs/verdicts.md has all of it."""

from feedbot.cli.reports.report import Rule
from feedbot.core.urgency import Level
from feedbot.core.verdict import VerdictKind

_REPLACE = "Replace or drop the link."

RULES = {
    kind: Rule(kind.value, title, advice, level)
    for kind, level, title, advice in (
        (VerdictKind.GONE, Level.ERROR, "The server says that the page is gone for good (410).", _REPLACE),
        (VerdictKind.MISSING, Level.ERROR, "The page is not found (404).", _REPLACE),
        (VerdictKind.SOFT_DEAD, Level.ERROR, "The answer is one of success, and the page is not there.", _REPLACE),
        (VerdictKind.PARKED, Level.ERROR, "The domain is for sale.", _REPLACE),
        (
            VerdictKind.SUSPECT,
            Level.WARNING,
            "The link leads to another domain, to a page that is not the article.",
            "Look at it, and say with `feedbot mark` what it is worth.",
        ),
        (
            VerdictKind.UNREACHABLE,
            Level.WARNING,
            "The server did not answer, or not with a page.",
            "Wait: it is asked again, and dead when it has failed for long enough.",
        ),
        (
            VerdictKind.REFUSED,
            Level.NOTE,
            "The link was not asked: its address, scheme or port is not for pages, or its host wants to be left alone.",
            "Correct an address that is not public; nothing is to be done where the host wants to be left alone.",
        ),
        (
            VerdictKind.BLOCKED,
            Level.NOTE,
            "A wall hides the page: for bots, a login, a paywall, consent, a region, maintenance.",
            "Nothing; where it stays so for 30 days, look at it in a browser and `feedbot mark` it.",
        ),
        (
            VerdictKind.AMP_WITHDRAWN,
            Level.NOTE,
            "An AMP page is no longer offered while its article lives.",
            "Nothing: the source serves.",
        ),
        (
            VerdictKind.MOVED,
            Level.NOTE,
            "The page has moved for good, and its new address is alive.",
            "Change the address when it suits you.",
        ),
        (VerdictKind.UNKNOWN, Level.UNKNOWN, "Nobody could tell.", "Nothing: it stays due."),
        (VerdictKind.ALIVE, Level.FINE, "The page is alive.", "Nothing, unless a warning stands beside it."),
    )
}
"""By verdict, those that need a person first."""
