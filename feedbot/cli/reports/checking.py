"""What asking the links brought, as text for people."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from operator import itemgetter

from feedbot.cli.reports.reading import rejected_lines
from feedbot.cli.text import count, plain
from feedbot.core.article import Rejected
from feedbot.core.status import StatusKind, is_unverifiable
from feedbot.core.urgency import BY_URGENCY, level_of_link, rank
from feedbot.core.verdict import VerdictKind
from feedbot.steps.checking import Checking
from feedbot.steps.results import Result

NOTHING_DUE = "nothing is due"
_QUIET = {VerdictKind.ALIVE, VerdictKind.UNKNOWN}
_PLACES_SHOWN = 3
_REASONS_SHOWN = 5


def checking_lines(
    checking: Checking, *, rejected: Iterable[Rejected], every: bool, nothing: str = NOTHING_DUE
) -> Iterator[str]:
    """Links by verdict, and each that is not plainly alive with its reason; with `every`, those too.

    `nothing` is what is said where there was nothing to ask.
    """
    yield from rejected_lines(rejected)
    if checking.online is None:
        yield f"Links      {plain(nothing)}"
        return
    if not checking.online:
        yield from _offline_lines(checking)
        return
    if checking.frozen:
        yield (
            "Links      so many links failed at once that our own network is the likelier cause:"
            " none of those failures counts"
        )
    seconds = (checking.finished_at - checking.started_at).total_seconds()
    verdicts = checking.summary
    said = ", ".join(f"{verdicts[kind]:,} {kind}" for kind in reversed(BY_URGENCY) if kind in verdicts)
    yield f"Links      {said_of_number(checking)} checked in {seconds:.0f} s: {said}"
    told = checking.results if every else filter(_is_news, checking.results.to_tell())
    # As text at once: of very many, it takes a fraction of what they take themselves.
    news = [(_rank(one, checking.finished_at), "\n".join(_result_lines(one, checking.finished_at))) for one in told]
    for _, text in sorted(news, key=itemgetter(0)):
        yield from text.split("\n")
    if not every:
        yield from _unknown_lines(checking)


def _is_news(result: Result) -> bool:
    return result.verdict.kind not in _QUIET or bool(result.verdict.warnings)


def _rank(result: Result, now: datetime) -> tuple[int, int]:
    level = level_of_link(result.verdict, result.after.status, result.mark, now)
    return rank(level, result.verdict.kind)


def said_of_number(checking: Checking) -> str:
    """How many links were asked, and of how many where that is not all."""
    asked = checking.results.asked
    of_all = "" if asked == len(checking.results) else f"{asked:,} of "
    return f"{of_all}{count(len(checking.results), 'link')}"


def said_of_history(result: Result, now: datetime) -> list[str]:
    """What is to be said of a link besides its verdict: where it stands, and what a person has said."""
    status = result.after.status
    said = []
    if status.kind is StatusKind.DEAD:
        said.append("dead")
    elif status.strikes:
        said.append(f"strike {status.strikes}{', never seen alive' if status.never_alive else ''}")
    elif result.mark is None and is_unverifiable(status, now):
        said.append("blocked for 30 days and more: look yourself, and `feedbot mark` it")
    if result.mark is not None:
        said.append(result.mark.words)
    return said


def _offline_lines(checking: Checking) -> Iterator[str]:
    judged = len(checking.results) - checking.summary.get(VerdictKind.UNKNOWN, 0)
    if not judged:
        yield "Links      OFFLINE: this machine seems to be cut off from the network, so nothing is said of any link"
    else:
        yield (
            "Links      OFFLINE: this machine lost its network during the run;"
            f" {count(judged, 'link')} had been judged before"
        )
    left = len(checking.results) - judged
    yield f"           {count(left, 'link')} {'stays as it was' if left == 1 else 'stay as they were'}, and due"


def _unknown_lines(checking: Checking) -> Iterator[str]:
    """Why nothing is known of some links, each reason once."""
    told = checking.results.to_tell()
    reasons = Counter(one.verdict.reason for one in told if one.verdict.kind is VerdictKind.UNKNOWN)
    if checking.results.left:
        reasons[checking.results.why_left] += checking.results.left
    shown = reasons.most_common(_REASONS_SHOWN)
    for reason, number in shown:
        yield f"  {VerdictKind.UNKNOWN:<11}  {count(number, 'link')}  {plain(reason)}"
    rest = reasons.total() - sum(number for _, number in shown)
    if rest:
        yield f"               and {rest:,} more"


def _result_lines(result: Result, now: datetime) -> Iterator[str]:
    history = "".join(f"  [{plain(words)}]" for words in said_of_history(result, now))
    yield f"  {result.verdict.kind:<11}  {plain(result.after.url)}"
    yield f"               {plain(result.verdict.reason)}{history}"
    for warning in result.verdict.warnings:
        yield f"               warning: {plain(warning)}"
    for place in result.places[:_PLACES_SHOWN]:
        yield f"               in {plain(place.article)}:{place.line} ({place.role})"
    if len(result.places) > _PLACES_SHOWN:
        yield f"               and in {count(len(result.places) - _PLACES_SHOWN, 'more place')}"
