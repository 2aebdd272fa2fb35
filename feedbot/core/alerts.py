"""What the operator is told at once: each trouble when it begins, and when it is over.

What is wrong is known as a whole at any time, and so is what somebody was told. What is to be told is the difference:
so nothing is told twice, and of what came and went untold nothing is.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

FAILURES_IN_A_ROW = 3
"""A job that failed so often is told; what fails once is most often well the next time."""

MOST_LINES = 20
"""Of each section of a message; chats cut off what is longer, and nobody reads it."""

BY_HAND = "run --once"
"""The job that cron or a person does; the daemon's have names of their own."""

TELLING = "alerts"
"""The daemon's job that tells."""

_ENOUGH_AGAIN = 1.1
_APART_S = 60.0


class Kind(StrEnum):
    """What a message is about. A command is told it; the values never change their meaning."""

    TROUBLE = "trouble"
    OVER = "over"
    DIGEST = "digest"
    TEST = "test"


class Message(msgspec.Struct, frozen=True):
    """What one who is told gets: the subject is one line, the text ends with a line feed."""

    kind: Kind
    subject: str
    text: str


class Trouble(msgspec.Struct, frozen=True):
    """What is wrong, since when: `key` names it for good, `title` in a few words, `sentence` with what to do."""

    key: str
    title: str
    sentence: str
    since_at: datetime


class Found(msgspec.Struct, frozen=True):
    """What somebody who looked has found wrong."""

    title: str
    sentence: str


class Job(msgspec.Struct, frozen=True):
    """How a job ended last, and since when it has failed, in times without a success in between."""

    name: str
    finished_at: datetime
    succeeded_at: datetime | None
    failures: int
    problem: str


def standing(before: Mapping[str, Trouble], found: Mapping[str, Found | None], now: datetime) -> dict[str, Trouble]:
    """What is wrong after a look, by key; None is what was found well, and what is not named was not looked at.

    What goes on keeps the words with which it began.
    """
    after = dict(before)
    for key, one in found.items():
        if one is None:
            after.pop(key, None)
        elif key not in after:
            after[key] = Trouble(key, one.title, one.sentence, now)
    return after


def all_of(prefix: str, found: Mapping[str, Found], before: Iterable[str]) -> dict[str, Found | None]:
    """What was found of the troubles whose keys begin so; those that stood `before` and were not found are over."""
    return {key: found.get(key) for key in {*found, *(one for one in before if one.startswith(prefix))}}


def failing(jobs: Iterable[Job]) -> dict[str, Found]:
    """The jobs that have failed three times in a row, by name.

    A run by hand or by cron does the work of all of the daemon's, and its check that of such a run: what succeeded
    later than a failure has mended it. Of the job that tells nothing is told: as soon as it can be, that works again,
    and what kept it from telling (state.db) is told by itself.
    """
    known = {job.name: job for job in jobs}
    found = {}
    for name, job in known.items():
        if name == TELLING:
            continue
        other = known.get("check" if name == BY_HAND else BY_HAND)
        is_mended = other is not None and other.succeeded_at is not None and other.succeeded_at > job.finished_at
        if job.failures >= FAILURES_IN_A_ROW and not is_mended:
            # What is wrong may go on for more than a line, one a problem.
            why = "; ".join(job.problem.splitlines())
            sentence = f"{name} has failed {job.failures} times in a row: {why}"
            found[name] = Found(f"{name} keeps failing", sentence)
    return found


def is_disk_low(free: int, low: int, *, was_low: bool) -> bool:
    """True with less than `low` bytes free; one that was low needs a tenth more, lest it be told every other minute."""
    return free < (low * _ENOUGH_AGAIN if was_low else low)


def is_waiting(until: datetime | None, now: datetime, longest_s: float) -> bool:
    """True before a time that is to be waited for; one further off than any wait is of a clock that was ahead.

    Another process may have read its clock a while after this one did, which then waited for a lock.
    """
    return until is not None and 0 < (until - now).total_seconds() <= longest_s + _APART_S


def news(now_standing: Mapping[str, Trouble], told: Mapping[str, Trouble]) -> tuple[list[Trouble], list[Trouble]]:
    """What has begun and what is over, for one who was told of `told`; each in the order in which it began."""
    begun = [one for key, one in now_standing.items() if key not in told or told[key].since_at != one.since_at]
    over = [one for key, one in told.items() if key not in now_standing]
    return _by_age(begun), _by_age(over)


def _by_age(troubles: Iterable[Trouble]) -> list[Trouble]:
    return sorted(troubles, key=lambda one: (one.since_at, one.key))


def operator_message(site: str, begun: Sequence[Trouble], over: Sequence[Trouble]) -> Message:
    """All that is news to an operator in one message; there is some."""
    words = [*(one.title for one in begun), *(f"over: {one.title}" for one in over)]
    rest = len(words) - 1
    subject = f"{site}: {words[0]}" + (f", and {rest:,} more" if rest else "")
    lines = [
        *_some([one.sentence for one in begun]),
        *_some([f"over: {one.title} (since {_said(one.since_at)})" for one in over]),
    ]
    return Message(Kind.TROUBLE if begun else Kind.OVER, subject, "\n".join([*lines, ""]))


def _some(lines: Sequence[str]) -> list[str]:
    rest = len(lines) - MOST_LINES
    return [*lines[:MOST_LINES], *([f"and {rest:,} more: see feedbot status"] if rest > 0 else [])]


def _said(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def message_of_a_test(site: str, audience: str) -> Message:
    """What is sent to see whether it arrives."""
    text = f"This is a test: what feedbot has to tell the {audience} of {site} comes here.\n"
    return Message(Kind.TEST, f"{site}: a test of feedbot's alerts", text)
