"""One answer for all who ask within some seconds: what is dear to make is made once."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from feedbot.clock import Clock

_T = TypeVar("_T")


class Shared(Generic[_T]):
    """What `make` returned last; it is made anew, in a thread, once that is older than `seconds`."""

    def __init__(self, make: Callable[[], _T], clock: Clock, seconds: float) -> None:
        self._make = make
        self._clock = clock
        self._seconds = seconds
        self._made: tuple[float, _T] | None = None
        self._making = asyncio.Lock()

    async def get(self) -> _T:
        """The value; those who come while it is being made wait for that one. Raises what `make` raises."""
        async with self._making:
            if self._made is None or self._clock.monotonic() - self._made[0] >= self._seconds:
                value = await asyncio.to_thread(self._make)
                self._made = (self._clock.monotonic(), value)
            return self._made[1]
