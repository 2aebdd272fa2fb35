"""The first step of a run: article files that changed are read, and every new article gets its identity."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import TypeVar

from feedbot.articles.find import FileStamp, FoundFile, compare_files, find_named
from feedbot.articles.leave_out import leave_out
from feedbot.articles.read import KnownFile, ReadFile, read_changed
from feedbot.articles.rules import ReadRules, read_rules
from feedbot.articles.settled import SETTLING_NS, path_settles_in_ns
from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.article import Article, Rejected, Remark
from feedbot.core.forgotten import Forgotten
from feedbot.core.guard import is_renaming
from feedbot.core.identity import Candidate, Identified, Identity, identify, mintable_ids, own_id_uri
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
_FEW = 100

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


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look at the article files found: those that changed, by path, those that are gone, and what is odd.

    `taken_down` are those that are there all the same.
    """

    changed: tuple[FoundFile, ...]
    vanished: frozenset[str] = frozenset()
    rejected: tuple[Rejected, ...] = ()
    taken_down: tuple[str, ...] = ()
    is_empty: bool = False


def read(
    config: Config,
    state: State,
    clock: Clock,
    is_stopped: Callable[[], bool] = lambda: False,
    *,
    accept_new: bool = False,
    many: int | None = None,
    named: Collection[str] | None = None,
    settle: Callable[[float], None] | None = None,
) -> Reading:
    """Read the article files that changed, and give every new article its identity.

    Where many articles that subscribers have would get other ids, they keep theirs, unless `accept_new`. With `named`,
    absolute paths, only these files are looked at, as far as that tells of them. `settle` is called with the seconds
    until the files that changed are written to their end, and all are looked at again: a command that is run once does
    not come back to them.

    Raises ArticlesError where a folder is missing, or where every file of one went away at once: that
    is an accident of the operator's, not the withdrawal of a whole publication. Where `is_stopped`
    comes true it raises FeedbotError; what was read by then is kept, and the next reading goes on. Raises ManyFiles
    where `many` files or more changed, for whom that is too much.
    """
    with one_at_a_time(state):
        rules, taken_down = read_rules(config), forgotten.known(state)
        look = None if named is None else _look_at(config, state, rules.fingerprint, taken_down, named)
        if look is None:
            look = _look_at_all(config, state, rules.fingerprint, taken_down)
        if settle is not None and (seconds := settling_s(look.changed, clock)):
            settle(seconds)
            look = _look_at_all(config, state, rules.fingerprint, taken_down)
        return _read(config, state, rules, look, taken_down, clock.now(), is_stopped, accept_new=accept_new, many=many)


def settling_s(files: Iterable[FoundFile], clock: Clock) -> float:
    """Seconds until none of these files may still be being written; 0 where none is."""
    now_ns = int(clock.now().timestamp() * 1e9)
    young = (file.full_path for file in files if 0 <= now_ns - file.stamp.mtime_ns < SETTLING_NS)
    return max((path_settles_in_ns(path, now_ns) or 0 for path in young), default=0) / 1e9


def _look_at_all(config: Config, state: State, rules: str, taken_down: Forgotten) -> _Look:
    """Which files are not as they were when they were last read, held against all that were there then."""
    stamps = files.stamps(state, rules)
    if taken_down:
        stamps |= {path: None for path in stamps if path in taken_down}
    found = compare_files(config.root, config.articles.paths, config.articles.exclude, stamps)
    log.debug("article files: %d, by %s", found.count, ", ".join(config.articles.paths))
    _require_no_empty_folder(found.empty, stamps)
    return _Look(
        changed=tuple(file for file in found.changed if file.path not in taken_down),
        vanished=frozenset(stamps),
        rejected=found.rejected,
        taken_down=tuple(file.path for file in found.changed if file.path in taken_down),
        is_empty=found.count == 0,
    )


def _look_at(config: Config, state: State, rules: str, taken_down: Forgotten, named: Collection[str]) -> _Look | None:
    """The same of some files alone; None where only a look at all can tell what became of them."""
    found = find_named(config.root, config.articles.paths, config.articles.exclude, named)
    if found is None or any(file.path in taken_down for file in found):
        return None
    known = _known(state, rules, found)
    return _Look(tuple(file for file in found if file.path not in known or known[file.path].stamp != file.stamp))


def _known(state: State, rules: str, found: Iterable[FoundFile]) -> dict[str, KnownFile]:
    return {
        path: KnownFile(FileStamp(one.mtime_ns, one.size, one.inode), one.sha256)
        for path, one in files.known(state, rules, [file.path for file in found]).items()
    }


def _read(
    config: Config,
    state: State,
    rules: ReadRules,
    look: _Look,
    taken_down: Forgotten,
    now: datetime,
    is_stopped: Callable[[], bool],
    *,
    accept_new: bool,
    many: int | None,
) -> Reading:
    _adopt_ledger(config, state, taken_down, is_empty=look.is_empty)
    known = _known(state, rules.fingerprint, look.changed)
    parsed = 0
    left_out = {path: path for path in look.taken_down}
    changed = read_changed(look.changed, known, rules, int(now.timestamp() * 1e9), many=many)
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
    files.mark_vanished(state, look.vanished, now)
    _give_identities(config, state, now, accept_new=accept_new)
    if not care.was_done(state, Deed.READING):
        care.note(state, Deed.READING, now)
    return Reading(
        parsed=parsed,
        vanished=tuple(sorted(look.vanished)),
        counts=files.counts(state, now),
        rejected=(*files.rejected(state), *look.rejected),
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


def _require_no_empty_folder(emptied: Mapping[str, str], gone: Collection[str]) -> None:
    """Raise ArticlesError for a pattern that matches nothing, where files that are gone were below its base."""
    for pattern, base in emptied.items():
        before = sum(path.startswith(base) for path in gone)
        if before:
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


def _identify(config: Config, state: State, candidates: Sequence[Candidate], now: datetime) -> Identified:
    if len(candidates) <= _FEW:
        # A change of one article is no reason to load what is known of a hundred thousand.
        ledger = identities.about(
            state,
            paths=[one.path for one in candidates],
            sources=[one.source for one in candidates],
            ids=_askable_ids(config, state, candidates),
        )
        present = identities.sources_of(state, [one.path for one in ledger])
    else:
        ledger, present = identities.ledger(state), identities.present_sources(state)
    return identify(
        candidates,
        ledger,
        present=present,
        now=now,
        authority=config.id_authority,
        year=config.feeds.id_year,
    )


def _askable_ids(config: Config, state: State, candidates: Iterable[Candidate]) -> set[str]:
    """The ids that these articles name or could get, up to the first that is free."""
    authority, year = config.id_authority, config.feeds.id_year
    ids = {uri for one in candidates if (uri := own_id_uri(one.own_id, authority, year))}
    for one in candidates:
        for new_id in mintable_ids(one.source, authority, year):
            is_free = new_id not in ids and not identities.is_given(state, new_id)
            ids.add(new_id)
            if is_free:
                break
    return ids


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
