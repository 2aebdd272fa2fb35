"""Whether state.db is what it should be: its pages, its references, its schema."""

from feedbot.errors import StateError
from feedbot.state.database import State, said_plainly, schema_of_version
from feedbot.state.schema import VERSION

_MOST_TOLD = 20


def require_sound(state: State) -> None:
    """Look over every page of the database but not at its indexes: a second for each 500 MB, about.

    Raises StateError where one is damaged.
    """
    problems = _pages(state, "quick_check")
    if problems:
        raise StateError(
            f"{state.path}: is damaged ({problems[0]}); `feedbot db restore` brings back a copy from before"
        )


def unsound(state: State) -> list[str]:
    """What is wrong with the database, the first twenty in sentences: its pages and indexes, references and schema."""
    return [*_pages(state, "integrity_check"), *_references(state), *_schema(state)][:_MOST_TOLD]


def _pages(state: State, pragma: str) -> list[str]:
    try:
        rows = state.rows(f"PRAGMA {pragma}({_MOST_TOLD})")
    except StateError as error:
        return [str(error)]  # so damaged that not even the check can read it
    said = [" ".join(str(value).split()) for row in rows for value in row.values()]
    return [] if said == ["ok"] else said


def _references(state: State) -> list[str]:
    try:
        with said_plainly(state.path):
            rows = state.rows("PRAGMA foreign_key_check")
    except StateError as error:
        return [str(error)]
    counted: dict[tuple[str, str], int] = {}
    for row in rows:
        place = (row["table"], row["parent"])
        counted[place] = counted.get(place, 0) + 1
    return [f"{number:,} rows of {table} belong to no row of {parent}" for (table, parent), number in counted.items()]


def _schema(state: State) -> list[str]:
    """Tables, indexes and triggers that are not as every database of this version has them."""
    try:
        there = {
            row["name"]: row["sql"]
            for row in state.rows("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
        }
    except StateError as error:
        return [str(error)]
    wanted = schema_of_version(VERSION)
    missing = [f"{name} is missing from the schema" for name in wanted if name not in there]
    others = [f"{name} is not as it should be" for name in wanted if name in there and there[name] != wanted[name]]
    return missing + others
