"""How articles link to each target, kept at the target (`targets.linked`): to count it anew takes seconds of a million.

It is what `article_links` and `files.vanished_at` say, and nothing else. Who changes these does it inside of `kept`.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

import msgspec

from feedbot.state.database import State


class Linked(IntEnum):
    """How articles link to a target. Values are stored, and in the order in which queries ask for them."""

    ONCE = 0
    """By one link, which is not to be left alone, of an article file that is there: so most are, and a new one is."""
    OFTEN = 1
    """By several links, at least one of which is such."""
    BY_GONE = 2
    """By links that are not to be left alone, all of article files that are gone and remembered."""
    IGNORED = 3
    """By links that are all to be left alone."""
    NOT = 4
    """By none."""


IS_REPORTED = f"targets.linked <= {Linked.OFTEN}"
"""True for the targets that an article which is there links to, and does not want left alone."""

TOLD = "(status <> 'alive' OR verdict IS NOT 'alive' OR linked <> 0)"
"""True for the targets that `targets_told` has: those that are not plainly alive, or not linked to once."""


WORST = "(status = 'dead' OR status = 'failing' OR status = 'blocked')"
"""True for the targets that `targets_worst` has."""

BROKEN = "status IN ('dead', 'failing')"
"""True for the targets that `targets_broken` has."""


class Tally(msgspec.Struct, frozen=True):
    """How many targets stand so, and are linked to so."""

    status: str
    verdict: str | None
    linked: Linked
    number: int

    @property
    def is_reported(self) -> bool:
        """True where an article that is there links to them, and does not want them left alone."""
        return self.linked <= Linked.OFTEN


_FOUND = f"""CASE
    WHEN EXISTS (
        SELECT 1 FROM article_links AS links CROSS JOIN files ON files.id = links.file_id
        WHERE links.target_id = targets.id AND links.ignored = 0 AND files.vanished_at IS NULL
    ) THEN (
        SELECT iif(count(*) > 1, {Linked.OFTEN}, {Linked.ONCE})
        FROM (SELECT 1 FROM article_links WHERE target_id = targets.id LIMIT 2)
    )
    WHEN EXISTS (SELECT 1 FROM article_links AS links WHERE links.target_id = targets.id AND links.ignored = 0)
        THEN {Linked.BY_GONE}
    WHEN EXISTS (SELECT 1 FROM article_links WHERE target_id = targets.id) THEN {Linked.IGNORED}
    ELSE {Linked.NOT}
END"""  # noqa: S608 - no outside text

_COUNT_ANEW = f"UPDATE targets SET linked = {_FOUND} WHERE linked <> {_FOUND}"  # noqa: S608 - no outside text
_COUNT_RELINKED = f"{_COUNT_ANEW} AND id IN (SELECT target_id FROM temp.relinked)"  # noqa: S608 - as above


@contextmanager
def kept(connection: Any, which: str, arguments: Sequence[Any]) -> Iterator[Callable[[Iterable[int]], None]]:
    """The links of some article files may come and go inside; then their targets say so; inside a write phase.

    `which` is a condition on `files`, and is asked before. Gives what takes the numbers of the targets that others
    link to besides: such as those to which a link comes.
    """
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS relinked (target_id INTEGER PRIMARY KEY)")
    connection.execute("DELETE FROM temp.relinked")
    connection.execute(
        "INSERT OR IGNORE INTO temp.relinked SELECT links.target_id FROM files"  # noqa: S608 - no outside text
        f" CROSS JOIN article_links AS links ON links.file_id = files.id WHERE {which}",
        arguments,
    )

    def relinked(target_ids: Iterable[int]) -> None:
        connection.execute(
            "INSERT OR IGNORE INTO temp.relinked SELECT value FROM json_each(?)", [json.dumps(list(target_ids))]
        )

    yield relinked
    connection.execute(f"{_COUNT_ANEW} AND id IN (SELECT target_id FROM temp.relinked)")  # noqa: S608 - no outside text


def count_anew(connection: Any) -> int:
    """Have every target say how articles link to it; returns how many said something else; inside a write phase."""
    return int(connection.execute(_COUNT_ANEW).rowcount)


def number_wrong(state: State) -> int:
    """How many targets do not say how articles link to them: 0, unless somebody else wrote the database."""
    return int(state.value(f"SELECT count(*) FROM targets WHERE linked <> {_FOUND}"))  # noqa: S608 - no outside text


def tallies(state: State) -> list[Tally]:
    """All targets by how they stand and how they are linked to, a few lines; most of them are not gone through."""
    rows = state.rows(
        "SELECT status, verdict, linked, count(*) AS n FROM targets INDEXED BY targets_told"  # noqa: S608
        f" WHERE {TOLD} GROUP BY status, verdict, linked"
    )
    found = [Tally(row["status"], row["verdict"], Linked(row["linked"]), row["n"]) for row in rows]
    plain = state.value("SELECT count(*) FROM targets") - sum(one.number for one in found)
    return [*found, Tally("alive", "alive", Linked.ONCE, plain)] if plain else found
