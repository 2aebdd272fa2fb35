"""Where entries lead: the links of articles whose source moved or cannot be read, and which articles are lost."""

from collections.abc import Iterable

import msgspec

from feedbot.core.article import LinkRole
from feedbot.core.healing import MOVED_LOOKS, Standing
from feedbot.core.snapshot import Snapshot
from feedbot.state.database import State, said_plainly
from feedbot.state.snapshots import snapshot_of
from feedbot.state.targets import COLUMNS, standing_of


class Sources(msgspec.Struct, frozen=True):
    """The links of one article file by which it can be read; `source` is that of the article itself.

    `snapshot` is the copy of the source that is known in an archive.
    """

    file_id: int
    path: str
    source: Standing
    amp: Standing | None = None
    cache: Standing | None = None
    snapshot: Snapshot | None = None


_WANTING = f"""
wanting (file_id) AS (
    SELECT links.file_id FROM temp.unlinkable AS lost
    CROSS JOIN article_links AS links ON links.target_id = lost.id WHERE links.role = 'source' AND links.ignored = 0
    UNION
    SELECT links.file_id FROM targets INDEXED BY targets_moved
    CROSS JOIN article_links AS links ON links.target_id = targets.id
    WHERE targets.status = 'moved' AND targets.moved_looks >= {MOVED_LOOKS}
        AND links.role = 'source' AND links.ignored = 0
)
"""  # noqa: S608 - no outside text

# The same of the few articles that link to one target.
_WANTING_BESIDE = f"""
wanting (file_id) AS (
    SELECT DISTINCT links.file_id FROM article_links AS mine
    CROSS JOIN article_links AS links ON links.file_id = mine.file_id AND links.role = 'source' AND links.ignored = 0
    CROSS JOIN targets ON targets.id = links.target_id
    WHERE mine.target_id = :beside AND (
        targets.id IN (SELECT id FROM temp.unlinkable)
        OR targets.status = 'moved' AND targets.moved_looks >= {MOVED_LOOKS}
    )
)
"""  # noqa: S608 - no outside text

_TO_MEND = f"""
SELECT links.file_id AS file_id, files.path AS path, links.role AS role, {COLUMNS}, 0 AS head_refused,
    targets.id IN (SELECT id FROM temp.unlinkable) AS is_lost, seen.http_status AS http_status,
    iif(seen.id IS NULL, NULL, coalesce(seen.final_url, targets.url)) AS final_url,
    snapshots.url AS copy_url, snapshots.taken_at AS copy_taken_at
FROM wanting
CROSS JOIN files ON files.id = wanting.file_id
CROSS JOIN article_links AS links ON links.file_id = files.id
CROSS JOIN targets ON targets.id = links.target_id
LEFT JOIN snapshots ON snapshots.target_id = targets.id
LEFT JOIN observations AS seen ON seen.id = (
    SELECT id FROM observations WHERE target_id = targets.id ORDER BY started_at DESC, id DESC LIMIT 1
)
WHERE links.item = 0 AND links.role IN ('source', 'amp', 'cdn_amp')
ORDER BY files.path
"""  # noqa: S608 - no outside text


def to_mend(state: State, *, beside: int | None = None) -> list[Sources]:
    """The articles whose source has moved for good or is not linkable, by path; after `targets.set_unlinkable`.

    `beside` is the number of a target: of those that link to it alone.
    """
    wanting = _WANTING if beside is None else _WANTING_BESIDE
    found: dict[int, dict[str, Standing]] = {}
    paths: dict[int, str] = {}
    snapshots: dict[int, Snapshot | None] = {}
    for row in state.each(f"WITH {wanting} {_TO_MEND}", {} if beside is None else {"beside": beside}):
        found.setdefault(row["file_id"], {})[row["role"]] = standing_of(row)
        paths[row["file_id"]] = row["path"]
        if row["role"] == LinkRole.SOURCE:
            snapshots[row["file_id"]] = snapshot_of(row["copy_url"], row["copy_taken_at"])
    return [
        Sources(
            file_id,
            paths[file_id],
            by_role[LinkRole.SOURCE],
            by_role.get(LinkRole.AMP),
            by_role.get(LinkRole.CDN_AMP),
            snapshots[file_id],
        )
        for file_id, by_role in found.items()
        if LinkRole.SOURCE in by_role
    ]


def set_lost(state: State, file_ids: Iterable[int]) -> None:
    """Tell the queries of this connection which articles lead nowhere any more."""
    with said_plainly(state.path):
        connection = state.db.conn
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS lost (file_id INTEGER PRIMARY KEY)")
        connection.execute("DELETE FROM temp.lost")
        connection.executemany("INSERT INTO temp.lost (file_id) VALUES (?)", [(one,) for one in sorted(file_ids)])
