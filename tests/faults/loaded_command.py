"""The `feedbot` command, loaded once and forked for each use: a use then takes a tenth of a second, not a whole one.

Run as a program it takes orders from standard input, one JSON object a line, and answers each with the numbers of
processes that wait before their first steps, so that a tracer can come; on the line "go" they are let go, all at once,
and the answer is how they ended. `Loaded` is the other end of that.
"""

import atexit
import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedbot.cli.main import entry_point
from tests.forks import load_all

_FAKETIME = Path("/usr/lib") / f"{os.uname().machine}-linux-gnu" / "faketime" / "libfaketime.so.1"
_TOP = Path(__file__).parents[2]
# Python's own sleep fails under libfaketime.
_WITHOUT_NANOSLEEP = _TOP / "tests" / "service" / "without_nanosleep"
_started: dict[str, subprocess.Popen[str]] = {}
"""What has loaded the command, by the moment at which time stands for it."""


@dataclass(frozen=True)
class Ended:
    """How a use of the command ended: its exit code, negative where a signal ended it, and what it said."""

    code: int
    out: str
    err: str


class Waiting:
    """Commands that wait before their first steps."""

    def __init__(self, loaded: "Loaded", pids: list[int], folder: Path) -> None:
        self._loaded, self._folder = loaded, folder
        self.pids = pids

    def go(self) -> None:
        self._loaded.tell("go")

    def kill(self) -> None:
        """Kill what has not ended meanwhile."""
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def is_under_way(self) -> bool:
        """True unless all have ended, of those that were let go."""
        return any(Path(f"/proc/{pid}").exists() for pid in self.pids)

    def ended(self) -> list[Ended]:
        codes = [os.waitstatus_to_exitcode(status) for status in self._loaded.heard()]
        return [Ended(code, *(_said(self._folder, n, name) for name in ("out", "err"))) for n, code in enumerate(codes)]


class Loaded:
    """The process that has loaded the command."""

    def __init__(self, process: subprocess.Popen[str], breaks: str) -> None:
        self._process, self._breaks = process, breaks

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def heard(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def waiting(self, folder: Path, *uses: Sequence[str], learns: bool = False, inside: int = 0) -> Waiting:
        """The command of the words of each use, in a process of its own that waits; what they say lies beside."""
        order = {"folder": str(folder), "uses": uses, "breaks": self._breaks, "learns": learns, "inside": inside}
        self.tell(json.dumps(order))
        return Waiting(self, self.heard(), folder)

    def run(self, folder: Path, *words: str, learns: bool = False, inside: int = 0) -> Ended:
        """The command from its start to its end; with `learns`, what it imported is loaded for those after it.

        `inside` is the number of a process: the command has the users and the mounts that this one has.
        """
        waiting = self.waiting(folder, words, learns=learns, inside=inside)
        waiting.go()
        return waiting.ended()[0]

    def at_once(self, folder: Path, uses: Iterable[Sequence[str]]) -> list[Ended]:
        """Several commands, let go at the same moment."""
        waiting = self.waiting(folder, *uses)
        waiting.go()
        return waiting.ended()


@contextmanager
def loaded(at: str, breaks: str = "") -> Iterator[Loaded]:
    """The loaded command; for it, time stands at a moment such as "2026-11-01 12:00:00", UTC.

    `breaks` is what each process does to the product before its first step, for the controls of the tests. What has
    loaded the command serves later tests as well, unless one fails in between.
    """
    if at not in _started:
        _started[at] = _start(at)
    try:
        yield Loaded(_started[at], breaks)
    except BaseException:
        _end(_started.pop(at))
        raise


def _start(at: str) -> subprocess.Popen[str]:
    clock = {"LD_PRELOAD": str(_FAKETIME), "FAKETIME": at, "TZ": "UTC", "NO_FAKE_STAT": "1"}
    clock |= {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_FORCE_MONOTONIC_FIX": "0"}
    python = {"PYTHONPATH": os.pathsep.join([str(_WITHOUT_NANOSLEEP), str(_TOP)]), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.faults.loaded_command"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **clock, **python},
    )


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


@atexit.register
def _end_all() -> None:
    for process in _started.values():
        _end(process)


def _file_of(folder: str | Path, number: int, name: str) -> Path:
    return Path(f"{folder}.{number}.{name}")


def _said(folder: Path, number: int, name: str) -> str:
    return _file_of(folder, number, name).read_text(encoding="utf-8", errors="replace")


def _serve() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        gate, opener = os.pipe()
        ready, tells_ready = os.pipe()
        pids = []
        for number in range(len(order["uses"])):
            pid = os.fork()
            if pid == 0:
                os.close(opener)
                os.close(ready)
                _become(order, number, gate, tells_ready)
            pids.append(pid)
        os.close(gate)
        os.close(tells_ready)
        os.read(ready, 1)  # ends when all have closed their end
        os.close(ready)
        _answer(pids)
        sys.stdin.readline()  # "go"
        os.close(opener)
        _answer([os.waitpid(pid, 0)[1] for pid in pids])
        if order["learns"]:
            for name in json.loads(_file_of(order["folder"], 0, "learnt").read_text(encoding="utf-8")):
                _load(name)


def _answer(said: list[int]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def _become(order: dict[str, Any], number: int, gate: int, tells_ready: int) -> None:
    """Be the command of a use; does not return."""
    for descriptor, name in ((1, "out"), (2, "err")):
        file = os.open(_file_of(order["folder"], number, name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, descriptor)
        os.close(file)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    if order["inside"]:
        _enter(order["inside"])
    os.chdir(order["folder"])
    exec(order["breaks"], {})
    sys.argv = ["feedbot", *order["uses"][number]]
    os.close(tells_ready)
    os.read(gate, 1)
    os.close(gate)
    try:
        entry_point()
    finally:
        if order["learns"]:
            learnt = _file_of(order["folder"], number, "learnt")
            learnt.write_text(json.dumps(list(sys.modules)), encoding="utf-8")


def _enter(pid: int) -> None:
    """Have the users and the mounts of another process (setns(2), which Python has from 3.12 on)."""
    libc = ctypes.CDLL(None, use_errno=True)
    for name in ("user", "mnt"):
        namespace = os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY)
        if libc.setns(namespace, 0) != 0:
            raise OSError(ctypes.get_errno(), f"the namespace {name} cannot be entered")
        os.close(namespace)


def _load(name: str) -> None:
    with suppress(ImportError):  # a name that a module has given itself
        __import__(name)


if __name__ == "__main__":
    load_all()
    _serve()
