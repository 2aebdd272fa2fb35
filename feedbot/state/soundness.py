"""Whether state.db is what it should be: its pages, its references, what it holds packed, its schema."""

from feedbot.errors import StateError
from feedbot.state import linked, unreadable
from feedbot.state.database import State, schema_of_version
from feedbot.state.schema import VERSION

_MOST_TOLD = 20


def require_sound(state: State) -> None:
    """Look at every page of the database, not at whether indexes fit; raises StateError where one is damaged."""
    if found := damage(state):
        raise StateError(f"{state.path}: is damaged ({found[0]}); `feedbot db restore` brings back a copy from before")


def damage(state: State, *, whole: bool = False) -> list[str]:
    """What is broken in the pages of the database, the first twenty places; with `whole` in its indexes as well."""
    pragma = "integrity_check" if whole else "quick_check"
    try:
        rows = state.rows(f"PRAGMA {pragma}({_MOST_TOLD})")
    except StateError as error:
        return [str(error)]  # so damaged that not even the check can read it
    said = [" ".join(str(value).split()) for row in rows for value in row.values()]
    return [] if said == ["ok"] else said


def inconsistencies(state: State) -> list[str]:
    """References that lead nowhere, and what is other than in every database of this version, in sentences."""
    try:
        return [*_references(state), *_unreadable(state), *_links(state), *_schema(state)][:_MOST_TOLD]
    except StateError as error:
        return [str(error)]


def _references(state: State) -> list[str]:
    counted: dict[tuple[str, str], int] = {}
    for row in state.each("PRAGMA foreign_key_check"):
        place = (row["table"], row["parent"])
        counted[place] = counted.get(place, 0) + 1
    without_run = state.value("SELECT count(*) FROM observations WHERE run_id NOT IN (SELECT id FROM runs)")
    if without_run:
        counted["observations", "runs"] = without_run
    lost = state.value(
        "SELECT count(*) FROM observations AS look WHERE leans_on IS NOT NULL AND NOT EXISTS (SELECT 1"
        " FROM observations AS leant_on WHERE leant_on.id = look.leans_on AND leant_on.target_id = look.target_id)"
    )
    if lost:
        counted["observations", "observations that they lean on"] = lost
    unread = state.value(
        "SELECT count(*) FROM targets WHERE page_look IS NOT NULL AND NOT EXISTS (SELECT 1"
        " FROM observations WHERE observations.id = page_look AND observations.target_id = targets.id)"
    )
    if unread:
        counted["targets", "observations that read their pages"] = unread
    return [f"{number:,} rows of {table} belong to no row of {parent}" for (table, parent), number in counted.items()]


def _links(state: State) -> list[str]:
    if not (wrong := linked.number_wrong(state)):
        return []
    them = "1 link does" if wrong == 1 else f"{wrong:,} links do"
    return [f"{them} not say how articles link there, as if another program wrote here; the daily job counts that anew"]


def _unreadable(state: State) -> list[str]:
    return [f"{number:,} of the packed {what} cannot be read" for what, number in unreadable.counted(state).items()]


def _schema(state: State) -> list[str]:
    there = {row["name"]: row["sql"] for row in state.rows("SELECT name, sql FROM sqlite_master")}
    wanted = schema_of_version(VERSION)
    missing = [f"{name} is missing from the schema" for name in wanted if name not in there]
    others = [f"{name} is not as it should be" for name in wanted if there.get(name, wanted[name]) != wanted[name]]
    return missing + others
