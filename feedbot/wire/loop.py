"""What everything runs on: the event loop, and how memory is kept while it runs; the one place that chooses."""

import asyncio
import ctypes
import gc
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")

# From malloc.h of glibc.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_MB = 1 << 20


def run(main: Coroutine[Any, Any, _T]) -> _T:
    """What the coroutine returns; it runs on uvloop where that is installed, else on asyncio's own loop."""
    # Thousands of records that live to the end of a run are looked at by each full collection, in vain.
    gc.set_threshold(50_000, 20, 100)
    gc.freeze()
    _keep_freed_memory()
    with asyncio.Runner(loop_factory=new_loop()) as runner:
        return runner.run(main)


def _keep_freed_memory() -> None:
    """Have the C library keep a little of what is freed, where it is glibc.

    The parser of pages takes and frees more for each than glibc keeps by itself, so that every page would be
    read into memory that the system hands out anew: a quarter of its time.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, 1 * _MB)
        mallopt(_M_TRIM_THRESHOLD, 2 * _MB)


def give_back_memory() -> None:
    """Have the C library give what is free back to the system, where it is glibc (malloc_trim(3)).

    By itself it gives back only what is free at the end, not what lies between things in use. It takes some
    milliseconds.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def new_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes an event loop: uvloop where that is installed; None for asyncio's own."""
    try:
        import uvloop  # noqa: PLC0415
    except ImportError:  # it comes with feedbot[fast], and not for every system
        return None
    return uvloop.new_event_loop
