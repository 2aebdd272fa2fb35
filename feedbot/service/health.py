"""Whether an installation does its work: the reasons why not, each a sentence."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.progress import span
from feedbot.errors import FeedbotError
from feedbot.state import copies, figures
from feedbot.state.database import open_for_reading


@dataclass(frozen=True, slots=True)
class Readiness:
    """What was found; it is well where there are no reasons."""

    reasons: tuple[str, ...]
    last_good_run_at: datetime | None

    @property
    def is_ready(self) -> bool:
        """True where nothing is wrong."""
        return not self.reasons


def readiness(config: Config, clock: Clock) -> Readiness:
    """Look at the database, the last run and the disks; never raises FeedbotError."""
    reasons = []
    last_good_at = None
    try:
        with open_for_reading(config.state_path, who="feedbot serve") as state:
            last_good_at = figures.last_good_end(state)
    except FeedbotError as error:
        reasons.append(str(error))
    else:
        late = why_late(last_good_at, clock.now(), run_within_s(config))
        reasons += [late] if late is not None else []
    reasons += [reason for folder in folders(config) if (reason := why_full(folder, config.disk.low)) is not None]
    return Readiness(tuple(reasons), last_good_at)


def run_within_s(config: Config) -> float:
    """How old the last good run may be: twice its interval, or twice the longest run where that takes longer."""
    return 2 * max(config.schedule.check, config.checker.max_run_s)


def why_late(last_good_at: datetime | None, now: datetime, within_s: float) -> str | None:
    """Why the last good run is too old; None where it is not."""
    if last_good_at is None:
        return "there was no good run yet; `feedbot run --once` makes one"
    age_s = (now - last_good_at).total_seconds()
    if age_s <= within_s:
        return None
    at = last_good_at.astimezone(UTC)
    return (
        f"the last good run ended at {at:%Y-%m-%dT%H:%M:%SZ}, {span(age_s)} ago, more than the {span(within_s)} allowed"
    )


def folders(config: Config) -> dict[Path, None]:
    """Where there must be room on the disk: beside state.db, and among the feeds."""
    return dict.fromkeys((config.state_path.parent, config.feeds_path))


def why_full(folder: Path, low: int) -> str | None:
    """Why a folder's disk has too little room, or cannot be asked; None where there is enough."""
    try:
        free = copies.free_bytes(folder)
    except FeedbotError as error:
        return str(error)
    if free >= low:
        return None
    return copies.why_full(folder, free, low)
