"""What was seen before, judged again by the rules of today."""

from collections.abc import Sequence

import msgspec

from feedbot.core.context import Context
from feedbot.core.observation import Observation
from feedbot.core.status import DEFAULT_STRIKES, Status, StrikePolicy, advance
from feedbot.core.verdict import Verdict, judge

_NEW = Status()


class Seen(msgspec.Struct, frozen=True):
    """An observation with what was known then; `counted` is False where it was put down to our own network."""

    observation: Observation
    context: Context
    counted: bool = True


def judge_again(history: Sequence[Seen]) -> list[Verdict]:
    """The verdict of each observation by the rules of today."""
    return [judge(seen.observation, seen.context) for seen in history]


def replay(
    history: Sequence[Seen], *, host_answers: bool, policy: StrikePolicy = DEFAULT_STRIKES, start: Status = _NEW
) -> Status:
    """The status to which a target's observations lead, oldest first, by the rules of today.

    `start` is where it stood before the first of them.
    """
    status = start
    for seen in history:
        if seen.counted:
            verdict = judge(seen.observation, seen.context)
            status = advance(status, verdict, seen.observation.started_at, host_answers=host_answers, policy=policy)
    return status
