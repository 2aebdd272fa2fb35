"""What a command costs: wall time, CPU time, and the peak memory of all of its processes together."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Looking takes some milliseconds of a core for each process: oftener, it would slow down what it measures.
_SAMPLE_S = 0.2


@dataclass(frozen=True)
class Usage:
    """Seconds and MB; `code` is the exit code, negative where the command was ended at its time limit.

    `largest_mb` is the peak of the largest process: of a short command, nobody has looked at the right moment.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    code: int
    largest_mb: float = 0.0


def run(command: Sequence[str], folder: Path, out: Path, env: Mapping[str, str], timeout_s: float) -> Usage:
    """Run a command to its end, or to its time limit; what it prints goes into a file.

    Peak memory is the greatest sum seen of the processes' proportional set sizes (smaps_rollup), by
    which a page that several share counts once. CPU time includes every child that was waited for.
    """
    with out.open("wb") as printed:
        started = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdout=printed, stderr=subprocess.STDOUT, start_new_session=True
        )
    over = threading.Timer(timeout_s, os.killpg, (process.pid, signal.SIGKILL))
    over.start()
    peak = _Peak(process.pid)
    peak.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    finally:
        over.cancel()
        peak.stop()
    process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.monotonic() - started
    cpu_s = usage.ru_utime + usage.ru_stime
    return Usage(wall_s, cpu_s, peak.kb / 1024, process.returncode, usage.ru_maxrss / 1024)


class _Peak(threading.Thread):
    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._over = threading.Event()
        self.kb = 0

    def run(self) -> None:
        while not self._over.wait(_SAMPLE_S):
            self.kb = max(self.kb, sum(_pss_kb(pid) for pid in _tree(self._pid)))

    def stop(self) -> None:
        self._over.set()
        self.join()


def memory_mb(pid: int) -> float:
    """What a process and all that come from it take now, a page that several share counted once."""
    return sum(_pss_kb(one) for one in _tree(pid)) / 1024


def _tree(pid: int) -> list[int]:
    """A process and all that come from its main thread, which starts those of feedbot."""
    found = [pid]
    for one in found:
        try:
            found += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
        except OSError:
            continue  # it ended meanwhile
    return found


def _pss_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
