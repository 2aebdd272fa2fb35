"""The `feedbot` command, done: each time in a process of its own, most often without the imports that begin a start.

Those are the larger part of a short command, and tests run it by the hundred. So one process imports feedbot and does
nothing else (forks.py), and each command is a fork of it, which has its own folder, environment, words and streams and
ends as any Python does. What a fork cannot show, because all is imported already, other tests do: that each command
imports what it needs (e2e/test_command.py asks each for its help) and how little that is (test_project.py), what the
documents' lines do (e2e/test_documents_run.py), and whatever is done in terminals, to daemons and from workflows.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

FEEDBOT = Path(sys.executable).with_name("feedbot")
WITHIN_S = 60
# Read as Python starts, so that a fork would not notice them.
_READ_AT_START = ("PYTHON", "LC_", "LANG", "LD_", "TZ", "MALLOC_", "OPENSSL_", "SSL_")


def feedbot(
    folder: Path, *words: str | Path, named: str = "", env: Mapping[str, str] | None = None, **more: Any
) -> subprocess.CompletedProcess[str]:
    """The command, done; `named` is its standard input. With `more` for subprocess it is started anew."""
    environment = dict(os.environ if env is None else env)
    if more or not _forks().suit(environment):
        return started_anew(folder, *words, named=named, env=environment, **more)
    return _forks().run([os.fspath(word) for word in (FEEDBOT, *words)], folder, environment, named)


def started_anew(folder: Path, *words: str | Path, named: str = "", **more: Any) -> subprocess.CompletedProcess[str]:
    """The same as a shell does it, with all that a start takes."""
    return subprocess.run(
        [FEEDBOT, *words],
        check=False,
        cwd=folder,
        input=named,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        **more,
    )


@cache
def _forks() -> "_Forks":
    return _Forks()


class _Forks:
    """The process that has imported feedbot, and what it is told."""

    def __init__(self) -> None:
        self._environment = _read_at_start(os.environ)
        self._orders, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", Path(__file__).with_name("forks.py"), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

        atexit.register(self._end)

    def _end(self) -> None:
        self._orders.close()
        self._process.wait(WITHIN_S)

    def suit(self, environment: Mapping[str, str]) -> bool:
        """False where what is read as Python starts has changed."""
        return _read_at_start(environment) == self._environment

    def run(
        self, line: list[str], folder: Path, environment: dict[str, str], named: str
    ) -> subprocess.CompletedProcess[str]:
        order = json.dumps({"line": line, "folder": str(folder), "environment": environment})
        answers, theirs = socket.socketpair()
        with answers, TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as error:
            given.write(named.encode())
            given.seek(0)
            with theirs:
                streams = [file.fileno() for file in (given, out, error)]
                socket.send_fds(self._orders, [b"!"], [theirs.fileno(), *streams])
            answers.settimeout(WITHIN_S)
            with answers.makefile("rw", encoding="ascii") as talk:
                talk.write(f"{order}\n")
                talk.flush()
                number = int(talk.readline())
                try:
                    code = int(talk.readline())
                except TimeoutError:
                    os.kill(number, signal.SIGKILL)
                    raise subprocess.TimeoutExpired(line, WITHIN_S, _text(out), _text(error)) from None
            return subprocess.CompletedProcess(line, code, _text(out), _text(error))


def _read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_READ_AT_START)}


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode().replace("\r\n", "\n")
