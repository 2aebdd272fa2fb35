"""Very many links or files are the work of a process of its own, whose memory goes with it.

A hundred thousand records leave Python's memory in pieces, each with a little in it that still lives: the daemon would
hold hundreds of megabytes for years of which it uses a tenth. The process takes its work by standard input and says
by standard output, a line a record, how it gets on (apart_process.py).
"""

import asyncio
import logging
import pickle
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from enum import StrEnum

import msgspec

from feedbot import errors
from feedbot.config import Config
from feedbot.core.progress import Standing
from feedbot.errors import FeedbotError

log = logging.getLogger("feedbot")

LINKS_WORTH_A_PROCESS = 5000
"""So many links due pay for a process; fewer take some ten megabytes, which the next check uses again."""

_GRACE_S = 7.0
"""How long it may take to end once it is told to; it ends worker processes of its own, and writes down what is done."""
_MOST_A_LINE = 1 << 20
_PIECE = 1 << 16

# This very feedbot and what it needs, as for worker processes (wire/workers.py).
_START = "import sys; sys.path[:] = sys.argv[1:]; from feedbot.service.apart_process import main; main()"


class Task(StrEnum):
    """What such a process does."""

    READ = "reads articles"
    CHECK = "checks links"


class Moved(msgspec.Struct, frozen=True, tag=True):
    """It gets on."""


class Stands(msgspec.Struct, frozen=True, tag=True):
    """How far a check is; None before it has begun, and when all is done."""

    standing: Standing | None


class Said(msgspec.Struct, frozen=True, tag=True):
    """A line for the log."""

    level: int
    text: str


class Checked(msgspec.Struct, frozen=True, tag=True):
    """A check that has ended, without its results: those are in state.db."""

    finished_at: datetime
    online: bool | None
    is_good: bool
    summary: dict[str, int]


class HasRead(msgspec.Struct, frozen=True, tag=True):
    """A reading that has ended; what it came to is in state.db and in the log."""


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The last word where an error ended it; `kind` is a class of errors.py, empty for an error of feedbot's own."""

    kind: str
    text: str


Word = Moved | Stands | Said | Checked | HasRead | Failed
_words: msgspec.json.Decoder[Word] = msgspec.json.Decoder(Word)


class Apart:
    """How far a check in another process is, by its last word of that."""

    def __init__(self) -> None:
        self.standing: Standing | None = None

    def at(self, now: float) -> Standing | None:
        """Where the check stands; None before it has begun, and when all is done."""
        return self.standing


async def check_apart(config: Config, apart: Apart, moved: Callable[[], None]) -> Checked:
    """Have another process ask what is due; `apart` shows how far it is, and `moved` is called for each of its words.

    Raises what `check_due` raises, FeedbotError where the process is ended from outside, OSError where it cannot be
    started. Where this is cancelled, it ends, and what is finished is kept.
    """

    def hear(word: Word) -> None:
        moved()
        if isinstance(word, Stands):
            apart.standing = word.standing

    done = await _have_done(Task.CHECK, config, hear)
    assert isinstance(done, Checked)
    return done


async def read_apart(config: Config, moved: Callable[[], None]) -> None:
    """Have another process read the article files that changed; the rest as for `check_apart`, with `read`."""
    await _have_done(Task.READ, config, lambda _: moved())


async def _have_done(task: Task, config: Config, hear: Callable[[Word], None]) -> Checked | HasRead:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _START,
        *sys.path,
        stdin=PIPE,
        stdout=PIPE,
        limit=_MOST_A_LINE,
        # Signals for all of a terminal's programs are the daemon's to answer.
        start_new_session=True,
    )
    try:
        assert process.stdin is not None
        with suppress(ConnectionError):
            process.stdin.write(pickle.dumps((task, config)))
            await process.stdin.drain()
        return await _last_word(process, task, hear)
    finally:
        await _end(process)


async def _last_word(process: Process, task: Task, hear: Callable[[Word], None]) -> Checked | HasRead:
    """What the process comes to, once it has said all; raises the error that ends it."""
    assert process.stdout is not None
    while line := await process.stdout.readline():
        word = _words.decode(line)
        hear(word)
        match word:
            case Said(level, text):
                log.log(level, "%s", text)
            case Failed(kind, text):
                raise _error(kind, text)
            case Checked() | HasRead():
                return word
    code = await process.wait()
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended early with exit code {code}"
    raise FeedbotError(f"the process that {task} {how}; what it had done by then is kept, and the next slot goes on")


def _error(kind: str, text: str) -> Exception:
    error: Exception = getattr(errors, kind or "", RuntimeError)(text)
    return error


async def _end(process: Process) -> None:
    """Close its input, which ends it; kill it where that does not."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(_GRACE_S):
            await _gone(process)
    except (TimeoutError, asyncio.CancelledError) as why:
        with suppress(ProcessLookupError):
            process.kill()
        await _gone(process)
        if isinstance(why, asyncio.CancelledError):
            raise


async def _gone(process: Process) -> None:
    assert process.stdout is not None
    # Its pipe is emptied, so that it does not wait for somebody to listen.
    while await process.stdout.read(_PIECE):
        pass
    await process.wait()
