"""How many targets there are, and how many of them are due, in entries that are in a feed and elsewhere."""

from datetime import datetime

import msgspec

from feedbot.state.database import State, said_plainly, seconds, stamp
from feedbot.state.linked import Linked
from feedbot.state.planning import ASKED, FEED_SIZE, NEXT_IN_FEEDS, note_due

_IN_FEEDS = f"""in_feeds (file_id) AS MATERIALIZED (
    SELECT id FROM files WHERE entry_id IN (SELECT entry_id FROM published_entries)
    UNION {NEXT_IN_FEEDS}
)"""  # noqa: S608 - no outside text

_IS_ASKED = f"""
EXISTS (
    SELECT 1 FROM article_links AS links CROSS JOIN files ON files.id = links.file_id
    WHERE links.target_id = {{id}} AND {ASKED}
)
"""  # noqa: S608 - no outside text


class Backlog(msgspec.Struct, frozen=True):
    """Linked targets, and those of them that are due: in entries that are in a feed, and all others."""

    in_feeds: int
    in_feeds_due: int
    others: int
    others_due: int

    @property
    def due(self) -> int:
        """All that are due."""
        return self.in_feeds_due + self.others_due


# What an article file to come links to as its own page.
_TO_COME = """to_come (target_id) AS MATERIALIZED (
    SELECT page.target_id FROM files
    CROSS JOIN article_links AS page ON page.file_id = files.id AND page.role = 'page'
    WHERE files.draft OR files.published_at > :now
)"""

# All are counted by indexes; then those are taken away to which nothing leads but what is not asked, which are few.
_ASKED_COUNTS = f"""
WITH {_TO_COME},
not_asked (id) AS MATERIALIZED (
    SELECT DISTINCT targets.id FROM to_come CROSS JOIN targets ON targets.id = to_come.target_id
    WHERE targets.linked < {Linked.IGNORED} AND NOT {_IS_ASKED.format(id="targets.id")}
)
SELECT (SELECT count(*) FROM targets)
        - (SELECT count(*) FROM targets INDEXED BY targets_linked WHERE linked <> 0 AND linked >= {Linked.IGNORED})
        - (SELECT count(*) FROM not_asked) AS every,
    (SELECT count(*) FROM targets INDEXED BY targets_due WHERE next_check_at <= :now_s)
        - (SELECT count(*) FROM targets INDEXED BY targets_linked
            WHERE linked <> 0 AND linked >= {Linked.IGNORED} AND next_check_at <= :now_s)
        - (SELECT count(*) FROM not_asked JOIN targets USING (id) WHERE next_check_at <= :now_s) AS every_due
"""  # noqa: S608 - no outside text

_NOTE_IN_FEEDS = f"WITH {_IN_FEEDS} INSERT INTO temp.in_feeds SELECT file_id FROM in_feeds"  # noqa: S608 - as above

_IN_FEEDS_AND_ASKED = f"""
FROM temp.in_feeds CROSS JOIN files ON files.id = in_feeds.file_id
CROSS JOIN article_links AS links ON links.file_id = files.id WHERE {ASKED}
"""

# Those of the targets that others link to as well, of which each is one all the same.
_AGAIN_IN_FEEDS = f"""
SELECT count(*) - count(DISTINCT links.target_id) AS again FROM targets INDEXED BY targets_linked
CROSS JOIN article_links AS links ON links.target_id = targets.id
CROSS JOIN temp.in_feeds USING (file_id) CROSS JOIN files ON files.id = links.file_id
WHERE targets.linked <> 0 AND {ASKED}
"""  # noqa: S608 - no outside text

# In the order of their numbers, in which their links lie.
_DUE_IN_FEEDS = f"""
SELECT count(*) AS due FROM temp.due WHERE EXISTS (
    SELECT 1 FROM article_links AS links CROSS JOIN temp.in_feeds USING (file_id)
    CROSS JOIN files ON files.id = links.file_id WHERE links.target_id = due.target_id AND {ASKED}
)
"""  # noqa: S608 - no outside text


def backlog_of(state: State, now: datetime, *, feed_size: int = FEED_SIZE) -> Backlog:
    """How many linked targets there are and how many of them are due."""
    arguments = {"now": stamp(now), "now_s": seconds(now), "feed_size": feed_size}
    note_due(state, now)
    with said_plainly(state.path):
        connection = state.db.conn
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS in_feeds (file_id INTEGER PRIMARY KEY)")
        connection.execute("DELETE FROM temp.in_feeds")
        connection.execute(_NOTE_IN_FEEDS, arguments)
    row = state.rows(_ASKED_COUNTS, arguments)[0]
    in_feeds = state.value(f"SELECT count(*) {_IN_FEEDS_AND_ASKED}", arguments)
    in_feeds -= state.value(_AGAIN_IN_FEEDS, arguments)
    in_feeds_due = state.value(_DUE_IN_FEEDS, arguments)
    return Backlog(in_feeds, in_feeds_due, row["every"] - in_feeds, row["every_due"] - in_feeds_due)
