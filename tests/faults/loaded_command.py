"""The `feedbot` command, loaded once and forked for each use: a use then takes a tenth of a second, not a whole one.

Run as a program it takes orders from standard input, one JSON object a line, and answers each with the number of a
process that waits before its first step, so that a tracer can come; on the line "go" it is let go, and the answer is
how it ended. `Loaded` is the other end of that.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedbot.cli.main import entry_point

_FAKETIME = Path("/usr/lib") / f"{os.uname().machine}-linux-gnu" / "faketime" / "libfaketime.so.1"
_TOP = Path(__file__).parents[2]
# Python's own sleep fails under libfaketime.
_WITHOUT_NANOSLEEP = _TOP / "tests" / "service" / "without_nanosleep"


@dataclass(frozen=True)
class Ended:
    """How a use of the command ended: its exit code, negative where a signal ended it, and what it said."""

    code: int
    out: str
    err: str


class Waiting:
    """A command that waits before its first step."""

    def __init__(self, loaded: "Loaded", pid: int, folder: Path) -> None:
        self._loaded, self._folder = loaded, folder
        self.pid = pid

    def go(self) -> None:
        self._loaded.tell("go")

    def kill(self) -> None:
        """Kill it, where it has not ended meanwhile."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def ended(self) -> Ended:
        code = os.waitstatus_to_exitcode(self._loaded.heard()["status"])
        out, err = (_said(self._folder, name) for name in ("out", "err"))
        return Ended(code, out, err)


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

    def waiting(self, folder: Path, *words: str, learns: bool = False) -> Waiting:
        """The command of these words, in a process of its own that waits; what it says lies beside the folder."""
        self.tell(json.dumps({"folder": str(folder), "words": words, "breaks": self._breaks, "learns": learns}))
        return Waiting(self, self.heard()["pid"], folder)

    def run(self, folder: Path, *words: str, learns: bool = False) -> Ended:
        """The command from its start to its end; with `learns`, what it imported is loaded for those after it."""
        waiting = self.waiting(folder, *words, learns=learns)
        waiting.go()
        return waiting.ended()


@contextmanager
def loaded(at: str, breaks: str = "") -> Iterator[Loaded]:
    """The loaded command; for it, time stands at a moment such as "2026-11-01 12:00:00", UTC.

    `breaks` is what each process does to the product before its first step, for the controls of the tests.
    """
    clock = {"LD_PRELOAD": str(_FAKETIME), "FAKETIME": at, "TZ": "UTC", "NO_FAKE_STAT": "1"}
    clock |= {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_FORCE_MONOTONIC_FIX": "0"}
    python = {"PYTHONPATH": os.pathsep.join([str(_WITHOUT_NANOSLEEP), str(_TOP)]), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.faults.loaded_command"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **clock, **python},
    ) as process:
        try:
            yield Loaded(process, breaks)
        finally:
            process.kill()


def _said(folder: Path, name: str) -> str:
    return folder.with_name(f"{folder.name}.{name}").read_text(encoding="utf-8", errors="replace")


def _serve() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        gate, opener = os.pipe()
        ready, tells_ready = os.pipe()
        learnt = Path(f"{order['folder']}.learnt")
        pid = os.fork()
        if pid == 0:
            os.close(opener)
            os.close(ready)
            _become(order, gate, tells_ready, learnt)
        os.close(gate)
        os.close(tells_ready)
        os.read(ready, 1)
        os.close(ready)
        _answer({"pid": pid})
        sys.stdin.readline()  # "go"
        os.close(opener)
        _answer({"status": os.waitpid(pid, 0)[1]})
        if order["learns"]:
            for name in json.loads(learnt.read_text(encoding="utf-8")):
                _load(name)


def _answer(said: dict[str, int]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def _become(order: dict[str, Any], gate: int, tells_ready: int, learnt: Path) -> None:
    """Be the command; does not return."""
    os.chdir(order["folder"])
    for number, name in ((1, "out"), (2, "err")):
        file = os.open(f"{order['folder']}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, number)
        os.close(file)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    exec(order["breaks"], {})
    sys.argv = ["feedbot", *order["words"]]
    os.close(tells_ready)
    os.read(gate, 1)
    os.close(gate)
    try:
        entry_point()
    finally:
        if order["learns"]:
            learnt.write_text(json.dumps(list(sys.modules)), encoding="utf-8")


def _load(name: str) -> None:
    with suppress(ImportError):  # a name that a module has given itself
        __import__(name)


if __name__ == "__main__":
    _serve()
