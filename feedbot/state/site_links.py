"""The links of published articles that have moved or that no reader may be sent to, with their copies elsewhere."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from feedbot.core.article import LinkRole
from feedbot.core.healing import MOVED_LOOKS, Standing
from feedbot.core.site_links import Copies
from feedbot.core.snapshot import Snapshot
from feedbot.state.database import State, stamp
from feedbot.state.snapshots import snapshot_of
from feedbot.state.targets import COLUMNS, standing_of


class Linked(msgspec.Struct, frozen=True):
    """A target, and the copies of each article that it is the page of, by path and place in the file.

    `snapshot` is the copy of it that is known in an archive.
    """

    target: Standing
    copies: tuple[Copies, ...]
    snapshot: Snapshot | None = None


_STANDING = f"""{COLUMNS}, 0 AS head_refused, targets.id IN (SELECT id FROM temp.unlinkable) AS is_lost,
    seen.http_status AS http_status, iif(seen.id IS NULL, NULL, coalesce(seen.final_url, targets.url)) AS final_url"""  # noqa: S608 - no outside text

_SEEN = """LEFT JOIN observations AS seen ON seen.id = (
    SELECT id FROM observations WHERE target_id = targets.id ORDER BY started_at DESC, id DESC LIMIT 1
)"""

# Links of drafts and of articles to come are told to nobody; those of vanished files as long as feeds hold these.
_PUBLISHED = "files.draft = 0 AND files.published_at <= :now"

_WANTING = f"""
WITH wanting (id) AS (
    SELECT id FROM temp.unlinkable
    UNION
    SELECT id FROM targets INDEXED BY targets_moved WHERE status = 'moved' AND moved_looks >= {MOVED_LOOKS}
)
SELECT {_STANDING}, snapshots.url AS copy_url, snapshots.taken_at AS copy_taken_at
FROM wanting CROSS JOIN targets ON targets.id = wanting.id
LEFT JOIN snapshots ON snapshots.target_id = targets.id {_SEEN}
WHERE EXISTS (
    SELECT 1 FROM article_links AS links CROSS JOIN files ON files.id = links.file_id
    WHERE links.target_id = targets.id AND links.ignored = 0 AND {_PUBLISHED}
)
ORDER BY targets.url
"""  # noqa: S608 - no outside text

_COPIES = f"""
SELECT page.target_id AS page_id, page.file_id AS file_id, page.item AS item, links.role AS role, {_STANDING}
FROM temp.unlinkable AS lost
CROSS JOIN article_links AS page ON page.target_id = lost.id
CROSS JOIN files ON files.id = page.file_id
CROSS JOIN article_links AS links ON links.file_id = page.file_id AND links.item = page.item
CROSS JOIN targets ON targets.id = links.target_id {_SEEN}
WHERE page.role IN ('source', 'related.source') AND page.ignored = 0 AND {_PUBLISHED}
    AND links.role IN ('amp', 'cdn_amp', 'related.amp', 'related.cdn_amp')
ORDER BY files.path, page.item
"""  # noqa: S608 - no outside text

_AMP = {LinkRole.AMP, LinkRole.RELATED_AMP}


def to_tell(state: State, now: datetime) -> Iterator[Linked]:
    """What of published articles' links may have to be told, by URL; after `targets.set_unlinkable`."""
    found: dict[int, dict[tuple[int, int], Copies]] = {}
    for row in state.each(_COPIES, {"now": stamp(now)}):
        by_item = found.setdefault(row["page_id"], {})
        place = row["file_id"], row["item"]
        which = "amp" if row["role"] in _AMP else "cache"
        by_item[place] = msgspec.structs.replace(by_item.get(place, Copies()), **{which: standing_of(row)})
    for row in state.rows(_WANTING, {"now": stamp(now)}):
        snapshot = snapshot_of(row["copy_url"], row["copy_taken_at"])
        yield Linked(standing_of(row), tuple(found.get(row["id"], {}).values()), snapshot)
