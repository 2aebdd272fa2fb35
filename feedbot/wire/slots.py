"""How many requests are under way at once over all hosts, and what happens to those that take long."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

OVERDUE_S = 1.0
"""A request without its answer after this long steps aside; nearly every server that answers is faster."""

_LOOKS_A_WAIT = 4


class Step:
    """Something under way, with room of its own or without."""

    __slots__ = ("has_room",)

    def __init__(self, *, has_room: bool) -> None:
        self.has_room = has_room


class Slots:
    """Room for `most` requests at once, handed out in the order of asking.

    Who takes long holds nobody up. A request that is overdue steps aside: it goes on, and its room is
    another's. At most `aside` requests do so; the next ones keep their room. `idle` counts those who
    wait for something else than room (their host's turn, a retry, a name server, an answer aside):
    in their place somebody else may begin, and `on_idle` is called when there are more of them.

    To be used from one event loop, whose own clock it goes by.
    """

    def __init__(self, most: int | None = None, aside: int = 0, overdue_s: float = OVERDUE_S) -> None:
        self._room = None if most is None else asyncio.Semaphore(most)
        self._aside_left = aside
        self._overdue_s = overdue_s
        # In the order of their starts.
        self._young: dict[Step, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self.idle = 0
        self.on_idle: Callable[[], None] = do_nothing

    async def take(self) -> Step:
        """Room for a request, until `give`."""
        if self._room is not None:
            await self._room.acquire()
        return self._begin(Step(has_room=True))

    def give(self, step: Step) -> None:
        """The request is over; its room, unless it had stepped aside, is the next one's."""
        if self._young.pop(step, None) is not None:
            self._release()
        else:
            self._aside_left += 1
            self.idle -= 1

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Something that needs no room and may take long: whoever waits for it is idle once it does."""
        step = self._begin(Step(has_room=False))
        try:
            yield
        finally:
            if self._young.pop(step, None) is None:
                self.idle -= 1

    @contextmanager
    def pausing(self) -> Iterator[None]:
        """A wait for something else than room."""
        self.idle += 1
        self.on_idle()
        try:
            yield
        finally:
            self.idle -= 1

    def _begin(self, step: Step) -> Step:
        loop = asyncio.get_running_loop()
        self._young[step] = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self._overdue_s / _LOOKS_A_WAIT, self._look_round, loop)
        return step

    def _look_round(self, loop: asyncio.AbstractEventLoop) -> None:
        late = loop.time() - self._overdue_s
        overdue = []
        for step, since in self._young.items():
            if since > late:
                break
            if step.has_room:
                if not self._aside_left:
                    continue
                self._aside_left -= 1
                self._release()
            overdue.append(step)
        for step in overdue:
            del self._young[step]
        self._timer = None
        if self._young:
            self._timer = loop.call_later(self._overdue_s / _LOOKS_A_WAIT, self._look_round, loop)
        if overdue:
            self.idle += len(overdue)
            self.on_idle()

    def _release(self) -> None:
        if self._room is not None:
            self._room.release()


def do_nothing() -> None:
    """Nobody is waiting to begin."""
