"""A group of processes that together may use so much memory, page cache included: a control group of Linux, 2 or 1.

It must be allowed to make one, which root is. Linux kills a process of the group that cannot be kept within it.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_NAME = "feedbot-benchmark"


class NoGroup(Exception):
    """No such group can be made here, and why."""


@dataclass(frozen=True)
class Group:
    """A group that is there; `kind` is what it is called."""

    path: Path
    kind: str

    def inside(self, command: Sequence[str]) -> list[str]:
        """The command, begun within the group, with all of its processes."""
        return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self.path / "cgroup.procs"), *command]

    @property
    def kills(self) -> int:
        """How many of its processes were killed for want of memory."""
        name = "memory.events" if self.kind == "cgroup v2" else "memory.oom_control"
        said = dict(line.split() for line in (self.path / name).read_text().splitlines())
        return int(said["oom_kill"])


@contextmanager
def limited_to(most_mb: int) -> Iterator[Group]:
    """A group that may use so many MB (of 1,000,000 bytes), without swap; raises NoGroup."""
    most = str(most_mb * 1_000_000)
    is_v2 = (_ROOT / "cgroup.controllers").exists()
    path = (_ROOT if is_v2 else _ROOT / "memory") / _NAME
    limits = ["memory.max"] if is_v2 else ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"]
    try:
        path.mkdir()
    except OSError as error:
        raise NoGroup(f"{path}: {error.strerror}") from None
    try:
        for name in limits:
            if not (path / name).exists() and "memsw" not in name:
                raise NoGroup(f"{path}: has no {name}; memory is not among the group's controllers")
            if (path / name).exists():
                (path / name).write_text(most)
        if is_v2 and (path / "memory.swap.max").exists():
            (path / "memory.swap.max").write_text("0")
        yield Group(path, "cgroup v2" if is_v2 else "cgroup v1")
    finally:
        # Of a process that was killed, those that it has begun end by themselves.
        while (path / "cgroup.procs").read_text():
            time.sleep(0.1)
        path.rmdir()
