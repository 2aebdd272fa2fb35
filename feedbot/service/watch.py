"""Article files that change are read at once; where the system cannot tell of changes, the schedule has to do.

One watch a folder is needed, however many files are in it. A change is told on when it has settled: reading leaves
files alone that may still be being written (articles/settled.py).
"""

import asyncio
import errno
import logging
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection

from feedbot.articles.find import Watched
from feedbot.articles.settled import SETTLING_NS, path_settles_in_ns
from feedbot.clock import Clock

log = logging.getLogger("feedbot")

Looking = Callable[[Watched], AsyncGenerator[Collection[str], None]]
"""What changes in folders: the absolute paths as they come, and none of them now and then. Raises OSError."""

_SETTLED_S = SETTLING_NS / 1e9 + 0.1
_ASK_AGAIN_S = 0.05
_FEW = 5
"""More files than this within two seconds are a change in bulk.

What a person did not mean comes in bulk, and is told by that (core/guard.py): so it is read as a whole, and not a few
files at a time as they are written.
"""
_AGAIN_S = 600.0
"""A watch that cannot be had is asked for again after this."""
_QUIET_MS = 1000
_GROUP_MS = 400
_STEP_MS = 50


async def watch(
    watched: Watched,
    read: Callable[[Collection[str] | None], Awaitable[None]],
    clock: Clock,
    looking: Looking | None = None,
) -> None:
    """Call `read` after each change that has settled, until cancelled, and once when the watch begins.

    It gets the absolute paths that changed, or None where all files are to be looked at. `looking` is the system's way
    (inotify on Linux) unless given. Where there is none, one line says so.
    """
    look = _system_look if looking is None else looking
    is_told = False
    while True:
        try:
            before = _identities(watched)
            lately = _Lately(clock)
            is_new = True
            async for changes in look(watched):
                if is_new:
                    log.info("article files are watched: what changes is published at once")
                if is_new or changes:
                    lately.add(changes)
                    named = None if is_new or lately.are_many else changes
                    is_new = is_told = False
                    await (clock.sleep(_SETTLED_S) if lately.are_many else _settle(changes, clock))
                    await read(named)
                if _identities(watched) != before:
                    break  # the folder is another one by now, which the system does not watch
        except OSError as error:
            if not is_told:
                log.warning("article files are not watched (%s); the schedule reads them", _why(error))
            is_told = True
            await clock.sleep(_AGAIN_S)
        else:
            await asyncio.sleep(0)


class _Lately:
    """The paths that changed within the last two seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._groups: list[tuple[float, Collection[str]]] = []

    def add(self, paths: Collection[str]) -> None:
        """These have changed now."""
        now = self._clock.monotonic()
        self._groups = [(at, group) for at, group in self._groups if now - at < _SETTLED_S]
        self._groups.append((now, paths))

    @property
    def are_many(self) -> bool:
        """True where they are a change in bulk."""
        return len({path for _, group in self._groups for path in group}) > _FEW


async def _settle(paths: Collection[str], clock: Clock) -> None:
    """Wait until these files are written to their end, two seconds at most.

    What is gone is waited for so long: some programs write a file by removing it first.
    """
    left = set(paths)
    over = clock.monotonic() + _SETTLED_S
    while left and (seconds := over - clock.monotonic()) > 0:
        now_ns = int(clock.now().timestamp() * 1e9)
        left = {path for path in left if path_settles_in_ns(path, now_ns) != 0}
        if left:
            await clock.sleep(min(_ASK_AGAIN_S, seconds))


async def _system_look(watched: Watched) -> AsyncGenerator[Collection[str], None]:
    from watchfiles import awatch  # noqa: PLC0415 - who does not watch need not load it

    looking = awatch(
        *watched.folders,
        watch_filter=lambda _, path: watched.touches(path),
        debounce=_GROUP_MS,
        step=_STEP_MS,
        rust_timeout=_QUIET_MS,
        yield_on_timeout=True,
        recursive=watched.is_deep,
        ignore_permission_denied=True,
    )
    async for changes in looking:
        yield {path for _, path in changes}


def _identities(watched: Watched) -> list[tuple[int, int]]:
    """Which folders these are; raises OSError where one is not there."""
    return [(status.st_dev, status.st_ino) for status in map(os.stat, watched.folders)]


def _why(error: OSError) -> str:
    text = error.strerror or str(error)
    # The library has words of its own for ENOSPC, and no number.
    if error.errno in {errno.ENOSPC, errno.EMFILE} or "limit" in text:
        return f"{text}; fs.inotify.max_user_watches and max_user_instances (sysctl) bound this"
    if isinstance(error, FileNotFoundError):
        return "a folder is not there"
    return text
