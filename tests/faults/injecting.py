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


def faults(counted: Counter[str]) -> list[Fault]:
    """Every fault that a run with so many calls can have."""
    return [Fault(kind, call, number) for kind in KINDS for call in CALLS for number in range(1, counted[call] + 1)]


def calls_of(loaded: Loaded, folder: Path, *words: str) -> tuple[Counter[str], Ended]:
    """How many of each call a command makes that nothing befalls, and how it ended."""
    told, ended = _traced(loaded, folder, words, f"trace={','.join(CALLS)}")
    return Counter(re.findall(r"^\d+ +(\w+)\(", told, flags=re.MULTILINE)), ended


def befallen(loaded: Loaded, folder: Path, fault: Fault, *words: str) -> Ended | None:
    """How a command ended that had this fault; None where it did not come to that call."""
    what = "signal=KILL" if fault.kind == "KILL" else f"error={fault.kind}"
    inject = f"inject={fault.call}:{what}:when={fault.number}"
    told, ended = _traced(loaded, folder, words, f"trace={fault.call}", inject)
    if fault.kind == "KILL":
        return ended if ended.code == -9 else None
    return ended if "(INJECTED)" in told else None


def _traced(loaded: Loaded, folder: Path, words: Sequence[str], *expressions: str) -> tuple[str, Ended]:
    told = folder.with_name(f"{folder.name}.trace")
    waiting = loaded.waiting(folder, words)
    asked = [word for one in expressions for word in ("-e", one)]
    with subprocess.Popen(
        ["strace", "-f", "-o", str(told), *asked, "-p", str(waiting.pids[0])], stderr=subprocess.PIPE, text=True
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
