"""Dask's own scheduler and workers, started by their commands."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DASK = Path(sys.executable).with_name("dask")


class Dask:
    """A scheduler, and workers that come and go; each keeps its files in the folder."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", before: list[str] | None = None, **settings: str) -> None:
        self._folder = folder
        self._settings = settings
        self.workers: list[subprocess.Popen[bytes]] = []
        self._begun = 0
        told = folder / "scheduler.json"
        self.scheduler = self._start(
            [*(before or []), DASK, "scheduler", "--host", host, "--port", "0", "--scheduler-file", told], "scheduler"
        )
        until(lambda: told.exists() and told.read_bytes().endswith(b"}"))
        self.address = told.read_text().split('"address": "')[1].split('"')[0]

    def add(self, *options: str, before: list[str] | None = None, **settings: str) -> subprocess.Popen[bytes]:
        """A worker of one process and one thread, whose process is what is returned."""
        self._begun += 1
        name = f"worker-{self._begun}"
        words = [DASK, "worker", self.address, "--no-nanny", "--nthreads", "1", "--name", name]
        words += ["--local-directory", self._folder / name, *options]
        self.workers.append(self._start([*(before or []), *words], name, **settings))
        return self.workers[-1]

    def wait(self) -> None:
        """Wait until the scheduler knows all workers."""
        log = self._folder / "scheduler.log"
        until(lambda: log.read_text().count("Register worker") >= self._begun)

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """End a worker at once, as a machine does whose power fails."""
        self.workers.remove(worker)
        worker.kill()
        worker.wait()

    def said(self) -> str:
        """What all of them have written."""
        return "\n".join(path.read_text() for path in sorted(self._folder.glob("*.log")))

    def end(self) -> None:
        """Kill all."""
        for process in [*self.workers, self.scheduler]:
            process.kill()
            process.wait()

    def _start(self, words: list[object], name: str, **settings: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                [*map(str, words), "--no-dashboard"],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | self._settings | settings,
            )


@contextmanager
def dask(folder: Path, **options: str) -> Iterator[Dask]:
    """A scheduler without workers, until the end."""
    folder.mkdir(parents=True, exist_ok=True)
    cluster = Dask(folder, **options)
    try:
        yield cluster
    finally:
        cluster.end()


def until(condition, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.02)
