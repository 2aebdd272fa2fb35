"""Which event loop everything runs on; the one place that chooses."""

import asyncio
import gc
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


def run(main: Coroutine[Any, Any, _T]) -> _T:
    """What the coroutine returns; it runs on uvloop where that is installed, else on asyncio's own loop."""
    # Thousands of records that live to the end of a run are looked at by each full collection, in vain.
    gc.set_threshold(50_000, 20, 100)
    gc.freeze()
    with asyncio.Runner(loop_factory=_uvloop()) as runner:
        return runner.run(main)


def _uvloop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415
    except ImportError:  # it comes with feedbot[fast], and not for every system
        return None
    return uvloop.new_event_loop
