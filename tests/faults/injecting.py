"""Faults at system calls: the kernel kills a command at its n-th call of a kind, or that call fails."""

import re
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import MAY_BE_SKIPPED
from tests.faults.loaded_command import Ended, Loaded

# What makes names and takes them away, what writes, what makes bytes durable, and what waits for a lock.
CALLS = (
    "openat",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "flock",
)
KINDS = ("KILL", "ENOSPC", "EIO", "EROFS")


@dataclass(frozen=True)
class Fault:
    """What happens at which call of which name; the first is number 1."""

    kind: str
    call: str
    number: int


@dataclass(frozen=True)
class Befallen:
    """How a command ended that had a fault, and the call as strace tells it, with its files; none of one killed."""

    ended: Ended
    call: str


def faults(calls: Sequence[str]) -> list[Fault]:
    """Every fault that a run with these calls can have."""
    counted = Counter(_name_of(call) for call in calls)
    return [Fault(kind, call, number) for kind in KINDS for call in CALLS for number in range(1, counted[call] + 1)]


def calls_of(loaded: Loaded, folder: Path, *words: str) -> tuple[list[str], Ended]:
    """The calls of a command that nothing befalls, in order, as strace tells them, and how it ended."""
    told, ended = _traced(loaded, folder, words, f"trace={','.join(CALLS)}")
    return re.findall(r"^\d+ +(\w+\(.*)", told, flags=re.MULTILINE), ended


def fault_at(kind: str, pattern: str, calls: Sequence[str]) -> Fault:
    """The fault at the first of the calls that matches a pattern."""
    names = [_name_of(call) for call in calls]
    place = next(place for place, call in enumerate(calls) if re.match(pattern, call))
    return Fault(kind, names[place], names[: place + 1].count(names[place]))


def befallen(loaded: Loaded, folder: Path, fault: Fault, *words: str) -> Befallen | None:
    """What became of a command that had this fault; None where it did not come to that call."""
    what = "signal=KILL" if fault.kind == "KILL" else f"error={fault.kind}"
    inject = f"inject={fault.call}:{what}:when={fault.number}"
    told, ended = _traced(loaded, folder, words, f"trace={fault.call}", inject)
    if fault.kind == "KILL":
        return Befallen(ended, "") if ended.code == -9 else None
    for line in told.splitlines():
        if line.endswith("(INJECTED)"):
            return Befallen(ended, line)
    return None


def _traced(loaded: Loaded, folder: Path, words: Sequence[str], *expressions: str) -> tuple[str, Ended]:
    told = folder.with_name(f"{folder.name}.trace")
    waiting = loaded.waiting(folder, words)
    asked = [word for one in expressions for word in ("-e", one)]
    with subprocess.Popen(
        ["strace", "-f", "--decode-fds=path", "-o", str(told), *asked, "-p", str(waiting.pids[0])],
        stderr=subprocess.PIPE,
        text=True,
    ) as strace:
        assert strace.stderr is not None
        said = strace.stderr.readline()
        if "attached" not in said:
            waiting.kill()
            waiting.go()
            waiting.ended()
            assert "not permitted" in said, said
            pytest.skip(f"{MAY_BE_SKIPPED}nothing may be traced here")
        waiting.go()
        ended = waiting.ended()[0]
        strace.communicate(timeout=60)
    return told.read_text(encoding="utf-8", errors="replace"), ended


def _name_of(call: str) -> str:
    return call.partition("(")[0]
