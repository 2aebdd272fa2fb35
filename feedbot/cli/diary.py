"""The diary of the demo: what became of links, day by day, in words."""

import textwrap
from collections.abc import Iterator

from feedbot.cli.text import count, plain
from feedbot.core.healing import MOVED_LOOKS, MOVED_OVER, moved_for_good
from feedbot.core.status import Status, StatusKind
from feedbot.core.verdict import VerdictKind
from feedbot.demo.month import Moment
from feedbot.steps.results import Result

_WIDTH = 79
"""The narrowest terminals have 80 columns."""

_INDENT = " " * 22
_GOOD = frozenset({VerdictKind.ALIVE, VerdictKind.MOVED})


class Diary:
    """Turns moments into lines; a day without news has none, and an outage is told once."""

    def __init__(self) -> None:
        self._told_day = 0
        self._was_offline = False

    def lines(self, moment: Moment) -> Iterator[str]:
        """The lines of one run."""
        for word, subject, text in self._news(moment):
            day = "" if moment.day == self._told_day else f"day {moment.day:>2}"
            self._told_day = moment.day
            yield f"{day:<8}{word:<14}{subject}"
            yield from textwrap.wrap(
                text,
                _WIDTH,
                initial_indent=_INDENT,
                subsequent_indent=_INDENT,
                break_long_words=False,
                break_on_hyphens=False,
            )

    def _news(self, moment: Moment) -> Iterator[tuple[str, str, str]]:
        """What there is to tell of a run: a word, what of, and a sentence."""
        checking = moment.run.checking
        if moment.articles:
            new = sum(one.before.status.kind is StatusKind.UNCHECKED for one in checking.results)
            links = count(new, "link")
            yield "new", f"{count(moment.articles, 'article')}, with {links} that nobody has looked at yet", ""
        if checking.online is False and not self._was_offline:
            due = count(len(checking.results), "link")
            yield "offline", "our own network is down", f"{due} cannot be asked: they stay as they were, and due"
        if checking.results:
            self._was_offline = checking.online is False
        for result in checking.results:
            if word := _word(result):
                readers = " or ".join(one.words for one in moment.readers_get[result.after.url])
                yield word, plain(result.after.url), f"{_seen(result)}{_led(result, readers)}"


def _word(result: Result) -> str:
    """What the line of a link begins with; empty where there is nothing to tell."""
    before, after, verdict = result.before.status, result.after.status, result.verdict.kind
    if verdict is VerdictKind.UNKNOWN or (before.kind is StatusKind.UNCHECKED and verdict in _GOOD):
        return ""
    if after.kind is StatusKind.DEAD and verdict in _GOOD:
        return "answers again"
    if after.kind is not before.kind or _moved_to(result, after) != _moved_to(result, before):
        return after.kind
    if after.kind in {StatusKind.ALIVE, StatusKind.MOVED} and verdict is not before.verdict:
        return verdict.replace("_", " ")
    return ""


def _moved_to(result: Result, status: Status) -> str | None:
    return moved_for_good(status, result.after.url)


def _seen(result: Result) -> str:
    """What was seen, and how it counts."""
    status, reason = result.after.status, plain(result.verdict.reason)
    if status.kind is StatusKind.FAILING and status.rule is not None:
        never = ", never seen alive" if status.never_alive else ""
        return f"{reason} (strike {status.strikes} of {status.rule.strikes}{never})"
    if status.kind is StatusKind.DEAD and result.verdict.kind in _GOOD:
        return f"{reason} (it must do so once more)"
    if status.kind is StatusKind.DEAD and status.first_strike_at and status.checked_at:
        days = (status.checked_at - status.first_strike_at).days
        return f"{reason} ({status.strikes} times over {count(days, 'day')})"
    if status.kind is StatusKind.MOVED and status.moved_first_at and status.checked_at:
        days = (status.checked_at - status.moved_first_at).days
        seen = f"seen {status.moved_looks} times over {count(days, 'day')}"
        believed = _moved_to(result, status) is not None
        return (
            f"{reason} ({seen if believed else f'believed when seen {MOVED_LOOKS} times over {MOVED_OVER.days} days'})"
        )
    return reason


def _led(result: Result, readers: str) -> str:
    """What readers get from now on, where that is not what they got before."""
    before, after = result.before.status, result.after.status
    if after.is_unlinkable != before.is_unlinkable or _moved_to(result, after) != _moved_to(result, before):
        again = " again" if before.is_unlinkable and not after.is_unlinkable else ""
        return f"; readers now get {readers}{again}"
    return ""
