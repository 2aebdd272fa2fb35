"""How each job of the daemon went of late: what a person, an alert or a monitor asks about."""

from dataclasses import dataclass
from datetime import datetime

from feedbot.state.database import State, moment, stamp


@dataclass(frozen=True, slots=True)
class JobRecord:
    """The latest end of a job; `failures` counts those in a row up to then, and `problem` is the last one's sentence.

    `succeeded_at` is None where it never has.
    """

    name: str
    finished_at: datetime
    succeeded_at: datetime | None
    failures: int = 0
    problem: str | None = None


def note(state: State, record: JobRecord) -> None:
    """Keep how a job ended, in place of what was known of it; a success that is known already stays known."""
    with state.write() as connection:
        connection.execute(
            "INSERT INTO jobs (name, finished_at, succeeded_at, failures, problem) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET finished_at = excluded.finished_at,"
            " succeeded_at = coalesce(excluded.succeeded_at, succeeded_at),"
            " failures = excluded.failures, problem = excluded.problem",
            [
                record.name,
                stamp(record.finished_at),
                None if record.succeeded_at is None else stamp(record.succeeded_at),
                record.failures,
                record.problem,
            ],
        )


def all_jobs(state: State) -> dict[str, JobRecord]:
    """Every job that has ended once, by name: `read`, `check`, `publish`, `maintain`."""
    return {
        row["name"]: JobRecord(
            name=row["name"],
            finished_at=moment(row["finished_at"]),
            succeeded_at=None if row["succeeded_at"] is None else moment(row["succeeded_at"]),
            failures=row["failures"],
            problem=row["problem"],
        )
        for row in state.rows("SELECT * FROM jobs ORDER BY name")
    }
