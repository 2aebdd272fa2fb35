"""Locks between feedbot processes: flock(2) on small files beside state.db.

The kernel lets go of them when their process ends, however it ends, so none is ever stale.
`state.db.lock` is held for each short write phase, `state.db.check.lock` by a checking run,
`state.db.daemon.lock` by the daemon for life; all who have the database open to write share
`state.db.open.lock`. They carry the name of the database, so that two publications in one folder do not
wait for each other.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from feedbot.errors import LockHeld, StateError

_POLL_S = 0.02
_MOST_BYTES = 4096
_HELD = Path("/proc/locks")


@contextmanager
def hold(path: Path, *, who: str, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the lock file for the block; `who` is what another process is told of the holder.

    Raises LockHeld, naming the holder, where it is not free within `wait_s` seconds; StateError
    where the lock file cannot be opened.
    """
    descriptor = _open(path)
    try:
        _acquire(descriptor, path, wait_s, fcntl.LOCK_EX)
        # On a full disk there is no room for the name; the lock holds all the same.
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, _named(who), 0)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def share(path: Path, *, who: str, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the lock file for the block together with all others who share it, against those who `hold` it.

    Raises what `hold` raises.
    """
    descriptor = _open(path)
    try:
        _acquire(descriptor, path, wait_s, fcntl.LOCK_SH)
        # A line for each, where the disk has room; whoever is the last clears them away.
        with suppress(OSError):
            os.pwrite(descriptor, b"\n" + _named(who), os.fstat(descriptor).st_size)
        yield
    finally:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
        os.close(descriptor)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        is_denied = isinstance(error, PermissionError)
        mend = "; its folder must be writable for the user who runs feedbot" if is_denied else ""
        raise StateError(f"{path}: cannot be opened: {error.strerror}{mend}") from error


def _named(who: str) -> bytes:
    return f"{who}, process {os.getpid()}".encode()


def _acquire(descriptor: int, path: Path, wait_s: float, kind: int) -> None:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise LockHeld(f"{path}: held by {_holder(descriptor)}; wait until that has ended, or end it") from None
            time.sleep(_POLL_S)
        except OSError as error:
            raise StateError(f"{path}: cannot be locked: {error.strerror}") from error
        else:
            return


def _holder(descriptor: int) -> str:
    try:
        text = os.pread(descriptor, _MOST_BYTES, 0).decode(errors="replace")
    except OSError:
        text = ""
    # Of those who shared it, some may have ended; of one who holds it alone there is no other line.
    there = [line for line in text.splitlines() if line and (line == text or _is_there(line))]
    return there[-1] if there else "another process"


def _is_there(line: str) -> bool:
    number = line.rpartition(" ")[2]
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError, OverflowError):
        pass  # another user's, or no number
    return True


def read_held() -> str:
    """The locks of all processes that this one may see; empty where the system does not tell."""
    try:
        return _HELD.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def holder_of(path: Path, held: str) -> str | None:
    """Who holds a lock file, by its own words; None where nobody does, or the system does not tell.

    `held` is the text of /proc/locks (proc_locks(5)). Nothing is locked to find out: another process that came
    just then would be turned away.
    """
    try:
        inode = path.stat().st_ino
        said = path.read_text(encoding="utf-8", errors="replace")[:200]
    except OSError:
        return None
    for line in held.splitlines():
        fields = line.split()
        # The device is not compared: some file systems (btrfs) tell another one here.
        if "FLOCK" in fields and "->" not in fields and any(one.endswith(f":{inode}") for one in fields):
            return said or "another process"
    return None
