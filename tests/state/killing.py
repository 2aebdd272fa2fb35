"""A process that the kernel kills at one of its system calls, for the tests of what is left then."""

import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

# What makes a name, takes one away, or makes bytes durable: between two of these nothing else can be seen after.
CALLS = ("fsync", "fdatasync", "ftruncate", "rename", "link", "unlink")


def killed_folders(
    script: str, folder: Path, prepare: Callable[[Path], Sequence[object]], calls: Sequence[str] = CALLS
) -> Iterator[Path]:
    """For each such call, and n = 1, 2, ..., a folder in which a Python script was killed at its n-th.

    `prepare` fills each folder and gives the script's arguments. The last ones of each call were not killed.
    """
    killed = 0
    for call in calls:
        for number in itertools.count(1):
            one = folder / f"{call}-{number}"
            one.mkdir()
            was_killed = _run(script, call, number, prepare(one))
            yield one
            if not was_killed:
                break
            killed += 1
    assert killed > 5, "it makes more of these calls"


def _run(script: str, call: str, number: int, words: Sequence[object]) -> bool:
    inject = f"inject={call}:signal=KILL:when={number}"
    strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", inject]
    done = subprocess.run(
        [*strace, sys.executable, "-c", script, *map(str, words)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    if "ptrace" in done.stderr and "not permitted" in done.stderr:
        pytest.skip("may be skipped: nothing may be traced here")
    assert done.returncode in {0, -9, 137}, done.stderr
    return done.returncode != 0
