"""What lies in the reports folder, and what it was made from: what would be the same again is not made again."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from feedbot.state import changes
from feedbot.state.database import State, stamp
from feedbot.state.published import FileOnDisk, on_disk


def made_from(state: State, now: datetime) -> list[Any]:
    """Everything in the database that reports depend on, but what people have said of links.

    Where links stand changes by runs, which are numbered and note when they end, and when all is judged again, which
    calls `forget`. An archive is asked when a run's reports are written already.
    """
    latest = state.rows(
        "SELECT (SELECT max(id) FROM observations) AS observation, (SELECT max(id) FROM transitions) AS transition,"
        " (SELECT max(id) FROM runs) AS run, (SELECT finished_at FROM runs ORDER BY id DESC LIMIT 1) AS finished_at,"
        " (SELECT max(asked_at) FROM snapshots) AS archive_asked_at"
    )
    # Of the same articles it tells which are of the future: what is not public is not in public reports.
    newest = state.value("SELECT max(published_at) FROM members WHERE topic = '' AND published_at <= ?", [stamp(now)])
    waiting = [row["entry_id"] for row in state.rows("SELECT entry_id FROM waiting ORDER BY entry_id")]
    return [list(latest[0].values()), changes.of_files(state), newest, waiting]


def is_as_noted(state: State, paths: list[Path], inputs: str) -> bool:
    """True where these files lie there as they were written, and would be written so again."""
    noted = {
        row["path"]: FileOnDisk(row["inputs"], row["mtime_ns"], row["size"], row["inode"])
        for row in state.rows("SELECT * FROM written_reports")
    }
    return all(str(path) in noted and noted[str(path)] == on_disk(path, inputs) for path in paths)


def note(state: State, paths: list[Path], inputs: str) -> None:
    """Note what lies there now, in the place of what was noted before."""
    there: Mapping[str, FileOnDisk | None] = {str(path): on_disk(path, inputs) for path in paths}
    with state.write() as connection:
        forget(connection)
        connection.executemany(
            "INSERT INTO written_reports (path, inputs, mtime_ns, size, inode) VALUES (?, ?, ?, ?, ?)",
            [(path, one.inputs, one.mtime_ns, one.size, one.inode) for path, one in there.items() if one is not None],
        )


def forget(connection: Any) -> None:
    """Have the reports written anew the next time: links stand elsewhere without a run; inside a write phase."""
    connection.execute("DELETE FROM written_reports")
