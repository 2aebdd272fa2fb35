"""Copies of pages in an archive: which are known, and for which pages the archive is to be asked."""

from datetime import datetime
from typing import Any

import msgspec

from feedbot.core.snapshot import Snapshot
from feedbot.state.database import State, moment, stamp


class Wanted(msgspec.Struct, frozen=True):
    """A page that the archive is to be asked for: the source of an article, with the article's title and date.

    Of several articles with one source the earliest. `failures` counts the latest look-ups without an answer.
    """

    target_id: int
    url: str
    title: str
    published_at: datetime
    failures: int


class LookedUp(msgspec.Struct, frozen=True):
    """What is known of a page's copies: what the latest look-up said, and the copy that is known, by it or an earlier.

    `failures` is 0 where the archive gave an answer.
    """

    asked_at: datetime
    again_at: datetime
    reason: str
    failures: int
    snapshot: Snapshot | None


# While the page lives: one that is known and then dies is kept as it is. Of one that died before there was an answer,
# the archive is asked all the same. Those that are about to die come first, and then what is news.
_WANTED = """
SELECT targets.id AS target_id, targets.url AS url, coalesce(items.title, '') AS title,
    min(files.published_at) AS published_at, coalesce(snapshots.failures, 0) AS failures
FROM files
CROSS JOIN article_links AS links ON links.file_id = files.id AND links.role = 'source'
CROSS JOIN targets ON targets.id = links.target_id
LEFT JOIN items ON items.file_id = files.id AND items.item = 0
LEFT JOIN snapshots ON snapshots.target_id = targets.id
WHERE files.draft = 0 AND files.published_at <= :now AND files.vanished_at IS NULL
    AND links.item = 0 AND links.ignored = 0 AND targets.status IN ('alive', 'moved', 'blocked', 'failing', 'dead')
    AND (snapshots.target_id IS NULL OR (
        (snapshots.again_at <= :now OR snapshots.asked_at > :now)
        AND (snapshots.url IS NULL OR targets.status NOT IN ('failing', 'dead'))
    ))
GROUP BY targets.id
ORDER BY targets.status = 'failing' DESC, targets.status = 'dead' DESC, published_at DESC, targets.url
"""


def wanted(state: State, now: datetime) -> list[Wanted]:
    """The pages that the archive is to be asked for now, in the order to do it."""
    return [
        Wanted(row["target_id"], row["url"], row["title"], moment(row["published_at"]), row["failures"])
        for row in state.each(_WANTED, {"now": stamp(now)})
    ]


def is_held(state: State, now: datetime) -> bool:
    """True where the archive has asked to be left alone until later than now."""
    asked = "SELECT 1 FROM snapshots WHERE held_until > ? AND asked_at <= ? LIMIT 1"
    return state.value(asked, [stamp(now), stamp(now)]) is not None


def note(state: State, target_id: int, looked_up: LookedUp, held_until: datetime | None = None) -> None:
    """Keep what a look-up brought; one without an answer (`failures`) leaves the copy that is known.

    `held_until` is set where the archive asked to be left alone.
    """
    copy = looked_up.snapshot
    with state.write() as connection:
        connection.execute(
            "INSERT INTO snapshots (target_id, asked_at, again_at, reason, failures, url, taken_at, held_until)"
            " SELECT id, :asked_at, :again_at, :reason, :failures, :url, :taken_at, :held_until FROM targets"
            " WHERE id = :target_id"
            " ON CONFLICT (target_id) DO UPDATE SET asked_at = excluded.asked_at, again_at = excluded.again_at,"
            " reason = excluded.reason, failures = excluded.failures, held_until = excluded.held_until,"
            " url = CASE WHEN excluded.failures > 0 THEN url ELSE excluded.url END,"
            " taken_at = CASE WHEN excluded.failures > 0 THEN taken_at ELSE excluded.taken_at END",
            {
                "target_id": target_id,
                "asked_at": stamp(looked_up.asked_at),
                "again_at": stamp(looked_up.again_at),
                "reason": looked_up.reason,
                "failures": looked_up.failures,
                "url": None if copy is None else copy.url,
                "taken_at": None if copy is None else stamp(copy.taken_at),
                "held_until": None if held_until is None else stamp(held_until),
            },
        )


def of(state: State, target_id: int) -> LookedUp | None:
    """What is known of a page's copies; None where the archive was never asked."""
    rows = state.rows("SELECT * FROM snapshots WHERE target_id = ?", [target_id])
    if not rows:
        return None
    row = rows[0]
    return LookedUp(
        asked_at=moment(row["asked_at"]),
        again_at=moment(row["again_at"]),
        reason=row["reason"],
        failures=row["failures"],
        snapshot=snapshot_of(row["url"], row["taken_at"]),
    )


def snapshot_of(url: Any, taken_at: Any) -> Snapshot | None:
    """The copy in two columns of a row."""
    return None if url is None else Snapshot(url, moment(taken_at))
