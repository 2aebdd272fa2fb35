"""The daemon of the config file argv[1], whose links and articles never rest; it prints what it has in memory and open.

It looks at the `LOOKS` ends of `read` up to `SETTLED`, and again `SLOTS` ends later, and ends then. Of the looks of a
time the least is printed: a check may be under way at any of them, with sockets and state.db open. With a second
argument, `leaking`, it forgets nothing and closes nothing.
"""

import gc
import os
import signal
import sys
import tracemalloc
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from feedbot.clock import SystemClock
from feedbot.config import load_config
from feedbot.service.daemon import serve_until_signalled
from feedbot.state.database import stamp

SETTLED, SLOTS = 20, 60
LOOKS = 8
RELOAD_EVERY = 10


class Measuring:
    """Told of each end of a job: changes an article, has the config read again now and then, looks twice."""

    def __init__(self, folder, *, is_leaking):
        self._article = folder / "articles" / "one.md"
        self._text = self._article.read_text(encoding="utf-8")
        self._kept = [] if is_leaking else None
        self._reads = 0
        self._looks = []

    async def __call__(self, record):
        if self._kept is not None:
            self._kept.append((bytes(4096), self._article.open("rb")))
        if record.name != "read":
            return
        self._reads += 1
        self._article.write_text(self._text.replace("About one", f"About {self._reads % 7}"), encoding="utf-8")
        os.utime(self._article, (1_767_225_600 + self._reads,) * 2)
        if self._reads % RELOAD_EVERY == 0:
            os.kill(os.getpid(), signal.SIGHUP)
        if 0 <= SETTLED - self._reads < LOOKS or 0 <= SETTLED + SLOTS - self._reads < LOOKS:
            self._look()
        if self._reads in {SETTLED, SETTLED + SLOTS}:
            self._print()
        if self._reads == SETTLED + SLOTS:
            os.kill(os.getpid(), signal.SIGTERM)

    def _look(self):
        gc.collect()
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        kib = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
        descriptors = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
        self._looks.append((tracemalloc.get_traced_memory()[0], kib, descriptors))

    def _print(self):
        sys.stdout.write(" ".join(str(min(numbers)) for numbers in zip(*self._looks, strict=True)) + "\n")
        self._looks.clear()


if __name__ == "__main__":
    path = Path(sys.argv[1])
    tracemalloc.start()
    # A cache of moments that is full by itself after a quarter of an hour.
    for second in range(stamp.cache_info().maxsize):
        stamp(datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=second))
    measuring = Measuring(path.parent, is_leaking="leaking" in sys.argv)
    serve_until_signalled(load_config(path), SystemClock(), partial(load_config, path), listeners=[measuring])
