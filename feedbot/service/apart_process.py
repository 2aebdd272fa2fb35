"""The process that does what is done apart: its work in by standard input, its words out by standard output."""

import asyncio
import logging
import os
import pickle
import select
import signal
import sys
import traceback
from contextlib import suppress
from typing import BinaryIO

import msgspec

from feedbot.clock import Clock, SystemClock
from feedbot.config import Config
from feedbot.core.progress import Progress
from feedbot.errors import FeedbotError
from feedbot.service.apart import Checked, Failed, HasRead, Moved, Said, Stands, Task, Word
from feedbot.service.telling import tell_reading
from feedbot.service.work import WHO, WRITE_WAIT_S
from feedbot.state.database import checking_run, open_state
from feedbot.steps.checking import Checking, check_due
from feedbot.steps.reading import read
from feedbot.wire.loop import run

_STANDS_EVERY_S = 1.0
_MOST_WORDS = 300


def main() -> None:
    """Do the work on standard input; end early where that is closed, as when feedbot was killed."""
    # systemd's SIGTERM to all of a service, or somebody's ctrl-C: the daemon decides.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # What prints by mistake must not end up between two words.
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_WRONLY) if sys.stderr is None else 2, 1)
    try:
        task, config = pickle.load(sys.stdin.buffer)  # noqa: S301 - the daemon, whose process this is, has written it
    except EOFError:
        return  # it ended before it had said anything
    logger = logging.getLogger("feedbot")
    logger.setLevel(logging.INFO)
    logger.addHandler(_Telling(out))
    try:
        last = run(_check_or_end(config, out)) if task is Task.CHECK else _read(config, out)
    except FeedbotError as error:
        last = Failed(type(error).__name__, str(error))
    except Exception as error:  # noqa: BLE001 - the last place that can tell it to the daemon
        last = Failed("", _words_of(error))
    if last is not None:
        _tell(out, last)


def _tell(out: BinaryIO, word: Word) -> None:
    # Where the daemon was killed, standard input is closed too, which ends what is under way.
    with suppress(BrokenPipeError):
        out.write(msgspec.json.encode(word) + b"\n")


class _Telling(logging.Handler):
    """Passes lines of the log on to the daemon's."""

    def __init__(self, out: BinaryIO) -> None:
        super().__init__()
        self._out = out

    def emit(self, record: logging.LogRecord) -> None:
        _tell(self._out, Said(record.levelno, self.format(record)))


def _read(config: Config, out: BinaryIO) -> HasRead:
    def is_stopped() -> bool:
        _tell(out, Moved())
        # Nothing is written to it any more, so that it can be read only where it is closed.
        return bool(select.select([sys.stdin], [], [], 0)[0])

    with open_state(config.state_path, who=WHO, write_wait_s=WRITE_WAIT_S) as state:
        tell_reading(read(config, state, SystemClock(), is_stopped))
    return HasRead()


async def _check_or_end(config: Config, out: BinaryIO) -> Word | None:
    """What came of the check; None where the daemon closed standard input before it was done."""
    loop, told_from = asyncio.get_running_loop(), sys.stdin.fileno()
    checking = asyncio.ensure_future(_check(config, out))

    def end() -> None:
        # Once: a closed input stays readable, and a second time would cut the tidying up short.
        loop.remove_reader(told_from)
        checking.cancel()

    loop.add_reader(told_from, end)
    try:
        done = await checking
    except asyncio.CancelledError:
        return None
    finally:
        loop.remove_reader(told_from)
    return Checked(done.finished_at, done.online, done.is_good, done.summary)


async def _check(config: Config, out: BinaryIO) -> Checking:
    clock, progress = SystemClock(), Progress()
    telling = asyncio.create_task(_tell_how_far(progress, clock, out))
    try:
        with open_state(config.state_path, who=WHO) as state, checking_run(state):
            return await check_due(config, state, clock, progress)
    finally:
        telling.cancel()


async def _tell_how_far(progress: Progress, clock: Clock, out: BinaryIO) -> None:
    while True:
        await clock.sleep(_STANDS_EVERY_S)
        _tell(out, Stands(progress.at(clock.monotonic())))


def _words_of(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    words = " ".join(str(error).split())[:_MOST_WORDS]
    return f"{type(error).__name__}: {words} ({os.path.basename(place.filename)}:{place.lineno})"  # noqa: PTH119
