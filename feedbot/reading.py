"""The first step of a run: article files that changed are read, and every new article gets its identity."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from feedbot.articles.find import FileStamp, find_files
from feedbot.articles.read import KnownFile, ReadFile, read_changed
from feedbot.articles.rules import read_rules
from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.article import Rejected, Remark
from feedbot.core.identity import identify
from feedbot.errors import ArticlesError
from feedbot.publish.ledger import LEDGER_NAME, read_ledger
from feedbot.state import files, identities
from feedbot.state.database import State, one_at_a_time
from feedbot.state.files import Counts, FileReading, StoredFile
from feedbot.state.identities import Topic

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


def read(config: Config, state: State, clock: Clock) -> Reading:
    """Read the article files that changed, and give every new article its identity.

    Raises ArticlesError where a folder is missing, or where every file went away at once: that is
    an accident of the operator's, not the withdrawal of a whole publication.
    """
    with one_at_a_time(state):
        return _read(config, state, clock.now())


def _read(config: Config, state: State, now: datetime) -> Reading:
    rules = read_rules(config)
    found = find_files(config.root, config.articles.paths, config.articles.exclude)
    present = files.present(state)
    vanished = present - {file.path for file in found.files}
    if present and not found.files:
        raise ArticlesError(
            f"articles.paths: no article file matches any more, though {len(present):,} did before; "
            "nothing was withdrawn"
        )
    known = {
        path: KnownFile(FileStamp(one.mtime_ns, one.size, one.inode), one.sha256)
        for path, one in files.known(state, rules.fingerprint).items()
    }
    parsed = 0
    changed = read_changed(found.files, known, rules, int(now.timestamp() * 1e9))
    for batch in _batches(changed, _FILES_A_WRITE):
        files.record(state, [_reading(file) for file in batch], rules.fingerprint, now)
        parsed += sum(file.outcome is not None for file in batch)
    files.mark_vanished(state, vanished, now)
    _give_identities(config, state, now)
    return Reading(
        parsed=parsed,
        vanished=tuple(sorted(vanished)),
        counts=files.counts(state, now),
        rejected=(*files.rejected(state), *found.rejected),
        remarks=tuple(files.remarks(state)),
        duplicates=tuple(identities.duplicates(state)),
    )


def _reading(file: ReadFile) -> FileReading:
    stored = StoredFile(file.stamp.mtime_ns, file.stamp.size, file.stamp.inode, file.sha256)
    return FileReading(file.path, stored, file.outcome, file.remarks, file.digest)


def _give_identities(config: Config, state: State, now: datetime) -> None:
    if identities.is_empty(state):
        # An empty database beside a ledger (a fresh checkout, a lost disk) goes on with its ids.
        ledger = read_ledger(config.feeds_path / LEDGER_NAME)
        identities.adopt(
            state, ledger.identities, (Topic(topic.key, topic.name, topic.slug) for topic in ledger.topics)
        )
    candidates = identities.unidentified(state)
    if not candidates:
        return
    identified = identify(
        candidates,
        identities.ledger(state),
        present=identities.present_sources(state),
        now=now,
        authority=config.id_authority,
        year=config.feeds.id_year,
    )
    identities.save(state, [candidate.path for candidate in candidates], identified)


def _batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Lists of up to `size` items (itertools.batched comes with Python 3.12)."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
