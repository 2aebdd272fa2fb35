"""By what `feedbot fix` judges the links in article files: where they lead now, and how often that was seen."""

from feedbot.core.context import AMP_ROLES
from feedbot.core.fixing import Look
from feedbot.core.observation import NETWORK_KINDS
from feedbot.core.verdict import VerdictKind
from feedbot.state.database import State, at_second
from feedbot.state.targets import COLUMNS, Target, target_of

_LINKED = "EXISTS (SELECT 1 FROM article_links AS links WHERE links.target_id = targets.id AND links.ignored = 0)"


def moved(state: State) -> list[Target]:
    """The linked targets that were found to have moved, however often that was seen, by URL.

    Of an address that was taken down (state/forgotten.py) it is not remembered that anything leads there.
    """
    rows = state.rows(
        f"SELECT {COLUMNS}, 0 AS head_refused FROM targets INDEXED BY targets_moved"  # noqa: S608 - no outside text
        f" WHERE status = 'moved' AND moved_to IS NOT NULL AND {_LINKED} ORDER BY url"
    )
    return [target_of(row) for row in rows]


def withdrawn(state: State) -> list[Target]:
    """The linked AMP pages that were withdrawn at the latest look, by URL."""
    roles = ", ".join(f"'{role}'" for role in sorted(AMP_ROLES))
    rows = state.rows(
        f"SELECT {COLUMNS}, 0 AS head_refused FROM targets WHERE verdict = 'amp_withdrawn'"  # noqa: S608 - as above
        " AND EXISTS (SELECT 1 FROM article_links AS links"
        f" WHERE links.target_id = targets.id AND links.ignored = 0 AND links.role IN ({roles}))"
        " ORDER BY url"
    )
    return [target_of(row) for row in rows]


def looks(state: State, target_id: int) -> list[Look]:
    """The looks at a target that are still kept, newest first."""
    rows = state.rows(
        "SELECT seen.started_at, seen.verdict, seen.failure, runs.online = 1 AND runs.frozen = 0 AS was_online"
        " FROM observations AS seen JOIN runs ON runs.id = seen.run_id WHERE seen.target_id = ?"
        " ORDER BY seen.started_at DESC, seen.id DESC",
        [target_id],
    )
    return [
        Look(
            at=at_second(row["started_at"]),
            verdict=VerdictKind(row["verdict"]),
            counted=bool(row["was_online"]) or row["failure"] not in NETWORK_KINDS,
        )
        for row in rows
    ]
