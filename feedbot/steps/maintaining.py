"""Looking after state.db, once a day: is it sound, is there a copy, and what is too old to be kept."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.alerts import Found
from feedbot.core.context import ASK_SIBLING_EVERY
from feedbot.errors import FeedbotError, LockHeld, UsageError
from feedbot.state import backups, care, copies, linked, retention, soundness
from feedbot.state.backups import Backup
from feedbot.state.care import Deed
from feedbot.state.database import State, copies_before, maintenance

EVERY = timedelta(hours=23)
"""It is done once a day, also where a run comes a little earlier than yesterday."""

_WHOLE_CHECK_EVERY = timedelta(days=7)

_MUCH_FREE = 64 * 1024 * 1024


@dataclass(slots=True)
class Maintenance:
    """What was done: how much is no longer kept, the backup that was made, and what an operator should know.

    Each of `problems` is a sentence that says what to do, each of `notes` one that may wait.
    """

    was_whole_check: bool = False
    is_damaged: bool = False
    backup: Backup | None = None
    looks: int = 0
    transitions: int = 0
    runs: int = 0
    siblings: int = 0
    unlinked: int = 0
    damage: str | None = None
    """What is wrong with the database, in sentences; empty where it is sound, None where nobody looked."""
    no_backup: str | None = None
    """Why there is no backup of today, likewise; empty where there is one, or is to be none."""
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def found(self) -> dict[str, Found | None]:
        """What an operator is told of it at once, as `alerting.alert` takes it."""
        looked = [
            ("damage", "state.db is damaged", self.damage),
            ("backup", "there is no new backup", self.no_backup),
        ]
        return {
            key: Found(title, sentence) if sentence else None for key, title, sentence in looked if sentence is not None
        }


def maintain_when_due(config: Config, state: State, clock: Clock) -> Maintenance:
    """The same as `maintain` where it was last done 23 hours ago, and nothing where it is not yet time.

    Nothing as well where another process does it just now.
    """
    if care.is_due(state, Deed.MAINTENANCE, EVERY, clock.now()):
        with suppress(LockHeld):
            return maintain(config, state, clock)
    return Maintenance()


def maintain(config: Config, state: State, clock: Clock) -> Maintenance:
    """Check the database, back it up, and roll up or delete what is too old, in small write phases.

    A step that fails is a problem that is told, and the next one is done; but of a database that is damaged no
    backup is made, lest it take the place of a good one. Raises LockHeld where another process does it just now.
    """
    done = Maintenance()
    with maintenance(state):
        now = clock.now()
        with _told(done):
            _check(state, done, now)
        if done.is_damaged:
            done.problems += ["no backup is made of it, lest it take the place of a good one", *way_back(config)]
        done.damage = "; ".join(done.problems)
        if not done.is_damaged:
            before = len(done.problems)
            with _told(done):
                if config.backups_path is not None:
                    done.backup = _back_up(config, state, config.backups_path, now)
                    done.problems += _too_large(config, done.backup)
            done.no_backup = "; ".join(done.problems[before:]) if config.backups_path and done.backup is None else ""
            with _told(done):
                _tidy(config, state, done, now)
        with _told(done):
            care.note(state, Deed.MAINTENANCE, now)
    return done


def back_up_now(config: Config, state: State, clock: Clock) -> Backup:
    """The backup of this day, made now; raises UsageError where the config says that there are none.

    Raises StateError where the database is damaged, or there is no room for it; LockHeld where another process looks
    after the database just now.
    """
    if config.backups_path is None:
        raise UsageError("backup.directory is null in the config: there is no place for a backup")
    with maintenance(state):
        soundness.require_sound(state)
        return _back_up(config, state, config.backups_path, clock.now())


def way_back(config: Config, *, only_looks: bool = False) -> list[str]:
    """How a damaged database is mended, in sentences; `only_looks`: all but some looks can be read."""
    if only_looks:
        return [
            "where links stand is whole, and runs go on without these looks: only `feedbot export` and"
            " `feedbot db rejudge` need them all",
            "a copy from before the damage has them still: `feedbot db restore` shows which copies there are",
            "to part with them, and keep where links stand: feedbot db mend",
        ]
    there = [] if config.backups_path is None else backups.kept(config.backups_path, config.state_path)
    if there:
        return [f"to bring back the newest backup, of {there[-1].day}: feedbot db restore {there[-1].path}"]
    if before := copies_before(config.state_path):
        return [f"there is no backup; to bring back what it was before an upgrade: feedbot db restore {before[0]}"]
    return [
        f"there is no backup; move {config.state_path} away, with what is named after it, and `feedbot run --once`"
        " starts anew with the ids kept in ids.json"
    ]


@contextmanager
def _told(done: Maintenance) -> Iterator[None]:
    try:
        yield
    except FeedbotError as error:
        done.problems.append(str(error))


def _check(state: State, done: Maintenance, now: datetime) -> None:
    """Every page each time; once a week, which takes longer, indexes, references and what is packed as well."""
    done.was_whole_check = care.is_due(state, Deed.WHOLE_CHECK, _WHOLE_CHECK_EVERY, now)
    found = soundness.damage(state, whole=done.was_whole_check)
    done.is_damaged = bool(found)
    if done.was_whole_check:
        found += soundness.inconsistencies(state)
        if not done.is_damaged and linked.number_wrong(state):
            with state.write() as connection:
                linked.count_anew(connection)
    done.problems += [f"{state.path}: {one}" for one in found]
    if done.was_whole_check and not found:
        care.note(state, Deed.WHOLE_CHECK, now)


def _back_up(config: Config, state: State, folder: Path, now: datetime) -> Backup:
    told = config.backup
    return backups.back_up(state, folder, now, keep=told.keep, max_bytes=told.max_bytes, leave_free=config.disk.low)


def _too_large(config: Config, backup: Backup) -> Iterator[str]:
    if backup.size > config.backup.max_bytes:
        yield (
            f"{backup.path}: has {copies.megabytes(backup.size)}, more than backup.max_bytes"
            f" ({copies.megabytes(config.backup.max_bytes)}), so that it is the only one that is kept"
        )


def _tidy(config: Config, state: State, done: Maintenance, now: datetime) -> None:
    oldest = now - timedelta(seconds=config.retention.history)
    done.looks = retention.roll_up(state, oldest, now, strikes=config.verdicts.policy())
    done.transitions = retention.delete_transitions(state, now - timedelta(seconds=config.retention.transitions))
    done.unlinked = retention.delete_unlinked(state, oldest)
    done.siblings = retention.delete_siblings(state, now - ASK_SIBLING_EVERY)
    done.runs = retention.delete_runs(state, oldest)
    for copy in copies_before(state.path):
        with suppress(OSError):
            if copy.stat().st_mtime < oldest.timestamp():
                copy.unlink()
    used, free = retention.room(state)
    if free > max(used, _MUCH_FREE):
        done.notes.append(
            f"{state.path}: more than half of it is free ({copies.megabytes(free)}); `feedbot db vacuum` gives it back"
        )
