"""What one look at a copy in an archive is worth: it must be the page, read well, and not a notice that it is gone."""

import msgspec

from feedbot.core import soft_death
from feedbot.core.article import LinkRole
from feedbot.core.context import Context
from feedbot.core.observation import Answered, Observation
from feedbot.core.snapshot import Snapshot, snapshot_at
from feedbot.core.url import host_of
from feedbot.core.verdict import VerdictKind, carries_any, judge

_GOOD = frozenset({VerdictKind.ALIVE, VerdictKind.MOVED})
_NOT_THERE = frozenset({404, 410})


class SnapshotLook(msgspec.Struct, frozen=True):
    """A copy that readers can be led to, or why it is none; `is_sure` is False where another look may find one."""

    snapshot: Snapshot | None
    why: str = ""
    is_sure: bool = True


def judge_snapshot(observation: Observation, replay_url: str, url: str, title: str) -> SnapshotLook:
    """What a look at a copy of a canonical URL says; `title` is that of the article it should be, "" where unknown.

    Stricter than the judgement of a link: one sign of a missing page is enough, for there is no second look.
    """
    outcome = observation.outcome
    if not isinstance(outcome, Answered):
        return _unsure(outcome.failure.text)
    if outcome.status in _NOT_THERE:
        return SnapshotLook(None, f"{outcome.status}: the archive does not show it")
    if outcome.status != 200:
        return _unsure(f"{outcome.status} instead of a copy")
    archive = host_of(replay_url)
    snapshot = snapshot_at(outcome.final_url, replay_url, url)
    if snapshot is None or any(host_of(one.url) != archive for one in observation.exchanges):
        return SnapshotLook(None, f"leads to {outcome.final_url}, which is no copy of the page")
    context = Context(roles=(LinkRole.SOURCE,), titles=(title,) if title else ())
    verdict = judge(observation, context)
    if verdict.kind not in _GOOD:
        return SnapshotLook(None, f"a copy of no page: {verdict.reason}")
    final = observation.exchanges[-1]
    signs = soft_death.signs(observation, final, context)
    if signs and not (final.signals is not None and carries_any(final.signals, context.titles)):
        return SnapshotLook(None, f"a copy of no page: {' and '.join(sign.text for sign in signs)}")
    return SnapshotLook(snapshot)


def _unsure(why: str) -> SnapshotLook:
    return SnapshotLook(None, why, is_sure=False)
