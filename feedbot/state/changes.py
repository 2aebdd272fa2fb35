"""How often what is said of entries has changed, by month: what the triggers of `files` and `identities` count.

A number that is as it was proves that nothing has changed, whoever wrote; how often something changed means nothing.
"""

from feedbot.state.database import State


def by_month(state: State) -> dict[str, int]:
    """Changes of what feeds say of the entries of each month, such as `2026-11`: every month that ever had some."""
    return dict(state.plain("SELECT month, entries FROM changes WHERE month <> '' ORDER BY month"))


def of_files(state: State) -> int:
    """Changes of what article files say and of who is who, over all months; those without an entry are counted too."""
    return int(state.value("SELECT coalesce(sum(entries), 0) FROM changes"))


def of_seen_ids(state: State) -> list[tuple[str, int]]:
    """By month, changes of what the database says of identities that readers have seen: of what ids.json tells."""
    return list(state.plain("SELECT month, ids FROM changes WHERE ids > 0 ORDER BY month"))
