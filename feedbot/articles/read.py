"""Which files have changed, and what those say now."""

import errno
import gc
import hashlib
import multiprocessing
import os
import signal
import stat
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice

import msgspec

from feedbot.articles.find import FileStamp, FoundFile, stamp_of, why_not_read
from feedbot.articles.frontmatter import MAX_FILE_BYTES, WHOLE_FILE, Position
from feedbot.articles.rules import ReadRules
from feedbot.articles.settled import settles_in_ns
from feedbot.articles.understand import inspect
from feedbot.core.article import Article, Rejected, Remark
from feedbot.core.identity import content_digest
from feedbot.core.problems import Code
from feedbot.errors import ArticlesError

PARALLEL_FROM = 1000
"""So many changed files pay for the start of further processes, half a second each."""

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_FILES_A_TASK = 50
_TASKS_AHEAD = 10

UNREAD = FileStamp(-1, -1, -1)
"""The stamp of a file that could not be read: no file has it, so that it is looked at again every time."""


class ManyFiles(Exception):
    """More files have changed than whoever asked wants to read."""


class KnownFile(msgspec.Struct, frozen=True, gc=False):
    """A file as it was last read; `sha256` in 64 hex digits."""

    stamp: FileStamp
    sha256: str


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A changed file: what it says now, or None where only its stamp changed.

    `digest` is of the words of an Article (core/identity.py). A file that could not be read is
    Rejected, with the stamp UNREAD and an empty sha256. `faults` are all reasons why a file is rejected,
    `source_at` and `id_at` where its source and its id are.
    """

    path: str
    stamp: FileStamp
    sha256: str
    outcome: Article | Rejected | None
    remarks: tuple[Remark, ...] = ()
    digest: str = ""
    faults: tuple[Rejected, ...] = ()
    source_at: Position = WHOLE_FILE
    id_at: Position = WHOLE_FILE


_Changed = tuple[FoundFile, KnownFile | None]


def read_changed(
    found: Sequence[FoundFile],
    known: Mapping[str, KnownFile],
    rules: ReadRules,
    now_ns: int,
    *,
    many: int | None = None,
) -> Iterator[ReadFile]:
    """Each file whose stamp is not the known one, read and understood; `now_ns` is nanoseconds since 1970.

    Nothing is said of a file that vanished, that changes while it is read, or that is known and
    may still be being written (settled.py): its last good version stands until the next time. From
    1,000 changed files on, every core reads; the order is the same. Raises ArticlesError where
    one of those processes is ended from outside, ManyFiles where `many` files or more changed.
    """
    changed = [
        (file, before) for file in found if (before := known.get(file.path)) is None or before.stamp != file.stamp
    ]
    if many is not None and len(changed) >= many:
        raise ManyFiles
    if len(changed) < PARALLEL_FROM:
        yield from _read_all(changed, rules, now_ns)
    else:
        yield from _read_on_every_core(changed, rules, now_ns)


def _read_all(changed: Iterable[_Changed], rules: ReadRules, now_ns: int) -> Iterator[ReadFile]:
    for file, before in changed:
        read = _read_one(file, before, rules, now_ns)
        if read is not None:
            yield read


def _read_one(file: FoundFile, before: KnownFile | None, rules: ReadRules, now_ns: int) -> ReadFile | None:
    try:
        content = _read_settled(file.full_path, now_ns if before is not None else None)
    except FileNotFoundError:
        return None
    except OSError as error:
        why = why_not_read(error)
        rejected = Rejected(file.path, 0, f"the file cannot be read: {why}", code=Code.FILE_UNREADABLE.value)
        return ReadFile(file.path, UNREAD, "", rejected, faults=(rejected,))
    if content is None:
        return None
    raw, stamp = content
    sha256 = hashlib.sha256(raw).hexdigest()
    if before is not None and before.sha256 == sha256:
        return ReadFile(file.path, stamp, sha256, None)
    found = inspect(file.path, raw, rules)
    digest = content_digest(found.outcome) if isinstance(found.outcome, Article) else ""
    return ReadFile(
        path=file.path,
        stamp=stamp,
        sha256=sha256,
        outcome=found.outcome,
        remarks=found.remarks,
        digest=digest,
        faults=found.faults,
        source_at=found.source_at,
        id_at=found.id_at,
    )


def _read_on_every_core(changed: Sequence[_Changed], rules: ReadRules, now_ns: int) -> Iterator[ReadFile]:
    # "spawn", because forking a process that has threads (the daemon's) can leave locks held for ever.
    context = multiprocessing.get_context("spawn")
    cores = os.cpu_count() or 1
    left = iter(changed)
    tasks: deque[Future[bytes]] = deque()
    with ProcessPoolExecutor(cores, context, initializer=_live_with_the_parent) as pool:
        try:
            while True:
                # A few tasks ahead only: whoever records the files may be slower than they are read.
                while len(tasks) < cores * _TASKS_AHEAD and (task := list(islice(left, _FILES_A_TASK))):
                    tasks.append(pool.submit(_read_task, task, rules, now_ns))
                if not tasks:
                    return
                yield from _unpacked(tasks.popleft().result())
        except BrokenProcessPool:
            raise ArticlesError("a process that read article files was ended from outside; run again") from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


# What crosses between processes: as MessagePack it costs a third of what it does pickled.
_Packed = tuple[
    str,
    FileStamp,
    str,
    Article | None,
    Rejected | None,
    tuple[Remark, ...],
    str,
    tuple[Rejected, ...],
    Position,
    Position,
]
_decode = msgspec.msgpack.Decoder(list[_Packed]).decode


def _read_task(changed: Sequence[_Changed], rules: ReadRules, now_ns: int) -> bytes:
    packed: list[_Packed] = []
    for one in _read_all(changed, rules, now_ns):
        article = one.outcome if isinstance(one.outcome, Article) else None
        rejected = one.outcome if isinstance(one.outcome, Rejected) else None
        places = one.source_at, one.id_at
        packed.append(
            (one.path, one.stamp, one.sha256, article, rejected, one.remarks, one.digest, one.faults, *places)
        )
    return msgspec.msgpack.encode(packed)


def _unpacked(packed: bytes) -> Iterator[ReadFile]:
    for path, stamp, sha256, article, rejected, remarks, digest, faults, source_at, id_at in _decode(packed):
        yield ReadFile(path, stamp, sha256, article or rejected, remarks, digest, faults, source_at, id_at)


def _live_with_the_parent() -> None:
    """Leave ctrl-C to the parent, and end when it ends, however that happens: nobody else would end us."""
    gc.set_threshold(100_000)  # as the command itself does
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _read_settled(full_path: str, now_ns: int | None) -> tuple[bytes, FileStamp] | None:
    """At most one byte more than the bound, and the stamp; None where the file changes meanwhile.

    With `now_ns`, also None for a file that may still be being written.
    """
    # Not blocking, so that a pipe put in the file's place cannot hold the run.
    descriptor = os.open(full_path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "is not a regular file")
        stamp = stamp_of(status)
        if now_ns is not None and settles_in_ns(descriptor, stamp, now_ns):
            return None
        chunks = []
        left = MAX_FILE_BYTES + 1
        while left > 0 and (chunk := os.read(descriptor, left)):
            chunks.append(chunk)
            left -= len(chunk)
        if stamp_of(os.fstat(descriptor)) != stamp:
            return None
        return b"".join(chunks), stamp
    finally:
        os.close(descriptor)
