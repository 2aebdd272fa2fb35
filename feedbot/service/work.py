"""What the daemon has under way, and whether it still gets on."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

WHO = "feedbot run"
"""What other processes are told of who holds a lock."""
WRITE_WAIT_S = 5.0
"""How long a slot waits for another process before it leaves the work to the next; SIGTERM waits for it too."""


@dataclass(slots=True)
class _Task:
    what: str
    bound_s: float
    moved_at: float


class UnderWay:
    """The tasks under way; each says how long it may take from one sign of progress to the next.

    `monotonic` gives seconds that never step. Threads may use it.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._tasks: dict[int, _Task] = {}
        self._numbers = 0
        self._lock = threading.Lock()

    @contextmanager
    def doing(self, what: str, bound_s: float) -> Iterator[Callable[[], None]]:
        """Something is done in the block; calling what it gives tells that it gets on."""
        task = _Task(what, bound_s, self._monotonic())
        with self._lock:
            self._numbers += 1
            number = self._numbers
            self._tasks[number] = task

        def moved() -> None:
            task.moved_at = self._monotonic()

        try:
            yield moved
        finally:
            with self._lock:
                del self._tasks[number]

    def stuck(self) -> str | None:
        """What has shown no progress within its bound, in words such as "reading articles: 700 s"; None without."""
        now = self._monotonic()
        with self._lock:
            over = [(now - task.moved_at, task) for task in self._tasks.values()]
        late = [(seconds, task) for seconds, task in over if seconds > task.bound_s]
        if not late:
            return None
        seconds, task = max(late, key=lambda one: one[0])
        return f"{task.what}: {seconds:,.0f} s"
