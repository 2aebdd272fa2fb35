"""The daemon in a process of its own, a stand-in for systemd, and a wall clock that tests set."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils.utils import sqlite3

FEEDBOT = [sys.executable, "-m", "feedbot"]
_FAKETIME = Path("/usr/lib") / f"{os.uname().machine}-linux-gnu" / "faketime" / "libfaketime.so.1"

_WITHOUT_NANOSLEEP = Path(__file__).with_name("without_nanosleep")


def until(condition, seconds=60.0):
    """Wait for something that must happen, as long as the busiest machine may take; gives what the condition gave."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.02)
    return found


class Systemd:
    """The socket of NOTIFY_SOCKET: what it was told, in order."""

    def __init__(self, address):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address.replace("@", "\0", 1))
        self.address = address
        self._told, self._questions, self._answers = [], 0, 0
        self._is_open = True
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        while (message := self._socket.recv(8192).decode()) != "the end":
            if message == "what else?":
                self._answers += 1
            else:
                self._told.append(message)

    def _send(self, message):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(message, self.address.replace("@", "\0", 1))

    @property
    def told(self):
        """All that was sent before this question: what is on its way is waited for."""
        if self._is_open:
            self._questions += 1
            self._send(b"what else?")
            until(lambda: self._answers == self._questions)
        return list(self._told)

    def count(self, message):
        return self.told.count(message)

    def statuses(self):
        return [one.removeprefix("STATUS=") for one in self.told if one.startswith("STATUS=")]

    def close(self):
        self._send(b"the end")
        self._thread.join()
        self._is_open = False
        self._socket.close()


@contextmanager
def systemd(address):
    one = Systemd(address)
    try:
        yield one
    finally:
        one.close()


class WallClock:
    """The wall clock of processes that are started with its environment; their monotonic clock is the machine's."""

    def __init__(self, folder):
        self._file = folder / "faketime"
        self.set(0)
        self.environment = {
            "LD_PRELOAD": str(_FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # By itself it has the waits of threads for each other end at once, and a process spends its time on those.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            "PYTHONPATH": os.pathsep.join([str(_WITHOUT_NANOSLEEP), str(Path(__file__).parents[2])]),
        }

    def set(self, seconds):
        """Have it go so many seconds before the machine's; processes see it at once."""
        self.ahead_s = seconds
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n", encoding="ascii")
        new.replace(self._file)


class Daemon:
    """`feedbot run` under way; its standard error is in `log`."""

    def __init__(self, folder, *words, command=(*FEEDBOT, "run"), **environment):
        self.log = folder / "log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *words],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stderr=log,
                env={**os.environ, **environment},
                preexec_fn=_hears_interrupts,  # noqa: PLW1509 - one call that is safe between fork and exec
            )

    @property
    def said(self):
        return self.log.read_text(encoding="utf-8")

    def until_said(self, words, times=1):
        until(lambda: self.said.count(words) >= times or self.process.poll() is not None)
        assert self.said.count(words) >= times, self.said

    def hear(self, number):
        self.process.send_signal(number)

    @contextmanager
    def standing_still(self):
        """Have all its threads stopped meanwhile: it sees what is done to its files done, and nothing half done."""
        self.hear(signal.SIGSTOP)
        tasks = Path(f"/proc/{self.process.pid}/task")
        until(lambda: all("T (stopped)" in (task / "status").read_text(encoding="ascii") for task in tasks.iterdir()))
        yield
        self.hear(signal.SIGCONT)

    def end(self):
        """Stop it as systemd does; gives its exit code."""
        self.hear(signal.SIGTERM)
        return self.process.wait(60)


def _hears_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def daemon(news, *words, **more):
    one = Daemon(news.folder, *words, **more)
    try:
        yield one
    finally:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait()


def schedule(news, read="1h", check="1h", watch="false"):
    """Give the config a schedule, in place of the one that it has."""
    text = news.config_file.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith(("schedule:", "articles:"))]
    lines.append(f'articles: {{paths: ["articles/*.md"], watch: {watch}}}')
    lines.append(f"schedule: {{read: {read}, check: {check}}}")
    news.config_file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def job(news, name):
    """What state.db says of a job, as a row; None before its first end."""
    path = news.folder / "state.db"
    if not path.exists():
        return None
    with sqlite3.connect(path) as connection:
        connection.row_factory = sqlite3.Row
        try:
            row = connection.execute("SELECT * FROM jobs WHERE name = ?", [name]).fetchone()
        except sqlite3.OperationalError:  # it is being made
            row = None
    connection.close()
    return row
