"""The first step of a run: article files that changed are read, and every new article gets its identity."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import TypeVar

from feedbot.articles.find import FileStamp, base_of, find_files
from feedbot.articles.leave_out import leave_out
from feedbot.articles.read import SETTLING_NS, KnownFile, ReadFile, read_changed
from feedbot.articles.rules import read_rules
from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.article import Article, Rejected, Remark
from feedbot.core.forgotten import Forgotten
from feedbot.core.guard import is_renaming
from feedbot.core.identity import Candidate, Identified, Identity, identify
from feedbot.core.url import canonical_url
from feedbot.errors import ArticlesError, FeedbotError
from feedbot.publish.ledger import LEDGER_NAME, LedgerBroken, read_ledger
from feedbot.state import care, files, forgotten, identities, published
from feedbot.state.care import Deed
from feedbot.state.database import State, one_at_a_time
from feedbot.state.files import Counts, FileReading, StoredFile
from feedbot.state.identities import Topic

log = logging.getLogger("feedbot")

_FILES_A_WRITE = 1000

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading the article files brought."""

    parsed: int
    vanished: tuple[str, ...]
    counts: Counts
    rejected: tuple[Rejected, ...]
    remarks: tuple[Remark, ...]
    duplicates: tuple[tuple[str, str], ...]
    forgotten: tuple[tuple[str, str], ...] = ()
    """The files that are there and were taken down, and what to name to let each come back."""


def read(
    config: Config,
    state: State,
    clock: Clock,
    is_stopped: Callable[[], bool] = lambda: False,
    *,
    accept_new: bool = False,
    many: int | None = None,
) -> Reading:
    """Read the article files that changed, and give every new article its identity.

    Where many articles that subscribers have would get other ids, they keep theirs, unless `accept_new`.

    Raises ArticlesError where a folder is missing, or where every file of one went away at once: that
    is an accident of the operator's, not the withdrawal of a whole publication. Where `is_stopped`
    comes true it raises FeedbotError; what was read by then is kept, and the next reading goes on. Raises ManyFiles
    where `many` files or more changed, for whom that is too much.
    """
    with one_at_a_time(state):
        return _read(config, state, clock.now(), is_stopped, accept_new=accept_new, many=many)


def settling_s(config: Config, clock: Clock) -> float:
    """Seconds until no article file is so young that it might still be being written; 0 where none is.

    A command that is run once waits for that long before it reads, because it does not look again.
    """
    now_ns = int(clock.now().timestamp() * 1e9)
    found = find_files(config.root, config.articles.paths, config.articles.exclude)
    ages = [now_ns - file.stamp.mtime_ns for file in found.files]
    return max((SETTLING_NS - age for age in ages if 0 <= age < SETTLING_NS), default=0) / 1e9


def _read(
    config: Config,
    state: State,
    now: datetime,
    is_stopped: Callable[[], bool],
    *,
    accept_new: bool,
    many: int | None,
) -> Reading:
    rules = read_rules(config)
    found = find_files(config.root, config.articles.paths, config.articles.exclude)
    log.debug("article files: %d, by %s", len(found.files), ", ".join(config.articles.paths))
    present = files.present(state)
    vanished = present - {file.path for file in found.files}
    _require_no_empty_folder(config, present, [file.path for file in found.files])
    taken_down = forgotten.known(state)
    _adopt_ledger(config, state, taken_down, is_empty=not found.files)
    known = {
        path: KnownFile(FileStamp(one.mtime_ns, one.size, one.inode), one.sha256)
        for path, one in files.known(state, rules.fingerprint).items()
    }
    parsed = 0
    left_out = {file.path: file.path for file in found.files if file.path in taken_down}
    wanted = [file for file in found.files if file.path not in left_out]
    changed = read_changed(wanted, known, rules, int(now.timestamp() * 1e9), many=many)
    for batch in _batches(changed, _FILES_A_WRITE):
        by_source = {file.path: source for file in batch if (source := _forgotten_source(file, taken_down))}
        if by_source:
            files.drop(state, by_source)
            left_out |= by_source
        readings = [_reading(file, taken_down) for file in batch if file.path not in by_source]
        files.record(state, readings, rules.fingerprint, now)
        parsed += sum(reading.outcome is not None for reading in readings)
        if is_stopped():
            raise FeedbotError("stopped while reading articles; the next run goes on where this one was")
    files.mark_vanished(state, vanished, now)
    _give_identities(config, state, now, accept_new=accept_new)
    if not care.was_done(state, Deed.READING):
        care.note(state, Deed.READING, now)
    return Reading(
        parsed=parsed,
        vanished=tuple(sorted(vanished)),
        counts=files.counts(state, now),
        rejected=(*files.rejected(state), *found.rejected),
        remarks=tuple(files.remarks(state)),
        duplicates=tuple(identities.duplicates(state)),
        forgotten=tuple(sorted(left_out.items())),
    )


def _reading(file: ReadFile, taken_down: Forgotten) -> FileReading:
    stored = StoredFile(file.stamp.mtime_ns, file.stamp.size, file.stamp.inode, file.sha256)
    outcome = leave_out(file.outcome, taken_down) if isinstance(file.outcome, Article) else file.outcome
    return FileReading(file.path, stored, outcome, file.remarks, file.digest)


def _forgotten_source(file: ReadFile, taken_down: Forgotten) -> str | None:
    """The source of an article that was taken down: by it, a file that moved stays away too."""
    if not taken_down or not isinstance(file.outcome, Article):
        return None
    source = canonical_url(file.outcome.source_url)
    return source if source in taken_down else None


def _require_no_empty_folder(config: Config, present: set[str], found: Sequence[str]) -> None:
    for pattern in config.articles.paths:
        base = base_of(config.root, pattern)
        before = sum(path.startswith(base) for path in present)
        if before and not any(path.startswith(base) for path in found):
            raise ArticlesError(
                f"articles.paths: {pattern!r} matches no file any more, though {before:,} did before; nothing was"
                " withdrawn (to withdraw them all, keep the files with `published: false`)"
            )


def _adopt_ledger(config: Config, state: State, taken_down: Forgotten, *, is_empty: bool) -> None:
    """Go on with the ids in ids.json where the database does not know them.

    That is so for an empty database (a fresh checkout, a lost disk), and where somebody else wrote
    the file since: a merge, another machine, this one before the database was restored.
    """
    if published.is_as_noted(state, config.feeds_path, LEDGER_NAME):
        return
    try:
        ledger = read_ledger(config.feeds_path / LEDGER_NAME)
    except LedgerBroken as error:
        if identities.is_empty(state):
            raise
        # It is not written over: a merge that went wrong may hold ids of another machine.
        raise LedgerBroken(f"{error}; or remove it, and it is written anew from {config.state}") from None
    if is_empty and ledger.identities and identities.is_empty(state):
        raise ArticlesError(
            f"articles.paths: no article file matches, though {config.feeds_path / LEDGER_NAME} knows of"
            f" {len(ledger.identities):,} articles; nothing was withdrawn; put them back, or mend the pattern"
        )
    kept: list[Identity] = [
        one for one in ledger.identities if one.path not in taken_down and one.source not in taken_down
    ]
    identities.adopt(state, kept, (Topic(one.key, one.name, one.slug) for one in ledger.topics))


def _give_identities(config: Config, state: State, now: datetime, *, accept_new: bool) -> None:
    candidates = identities.unidentified(state)
    if not candidates:
        return
    identified = _identify(config, state, candidates, now)
    held = frozenset() if accept_new else _renamed_in_bulk(state, identified)
    if held:
        # Without the id that it now names, an article goes by its source and its path: it keeps the id that it had.
        unnamed = [replace(one, own_id=None) if one.path in held else one for one in candidates]
        identified = _identify(config, state, unnamed, now)
    identities.save(state, [candidate.path for candidate in candidates], identified, held)


def _identify(config: Config, state: State, candidates: Iterable[Candidate], now: datetime) -> Identified:
    return identify(
        candidates,
        identities.ledger(state),
        present=identities.present_sources(state),
        now=now,
        authority=config.id_authority,
        year=config.feeds.id_year,
    )


def _renamed_in_bulk(state: State, identified: Identified) -> frozenset[str]:
    """The paths of articles that would get other ids, where too many of them are in a feed."""
    # A database that has published nothing yet goes on with a ledger that says what readers have.
    shown = None if published.is_empty(state) else published.entry_ids(state)
    lost = [one for one in identified.renamed.values() if shown is None or one in shown]
    return frozenset(identified.renamed) if is_renaming(len(lost)) else frozenset()


def _batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Lists of up to `size` items (itertools.batched comes with Python 3.12)."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
