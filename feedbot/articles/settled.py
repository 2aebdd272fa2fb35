"""Whether a file is written to its end: one that may still be being written is left alone until it is."""

import fcntl
import os
import signal
import sys

from feedbot.articles.find import FileStamp, stamp_of

SETTLING_NS = 2_000_000_000
"""A file changed less than two seconds ago may still be half written, where the system cannot tell."""

_TICK_NS = 50_000_000
_SECOND_NS = 1_000_000_000
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


def settles_in_ns(descriptor: int, stamp: FileStamp, now_ns: int) -> int:
    """Nanoseconds until an open file may be taken for finished; 0 where it is. `now_ns` counts from 1970.

    Where the system says that nobody has it open for writing, that is a tick of the system's clock after its change:
    another change in the same tick would leave the same stamp. Where it does not say so, it is two seconds.
    """
    age = now_ns - stamp.mtime_ns
    if not 0 <= age < SETTLING_NS:
        return 0
    # A stamp in whole seconds is of a file system that has no finer ones.
    if stamp.mtime_ns % _SECOND_NS == 0 or not _nobody_writes(descriptor):
        return SETTLING_NS - age
    return max(0, _TICK_NS - age)


def path_settles_in_ns(full_path: str, now_ns: int) -> int | None:
    """The same for the file at a path; None where there is none, or it cannot be opened."""
    try:
        descriptor = os.open(full_path, _FLAGS)
    except OSError:
        return None
    try:
        return settles_in_ns(descriptor, stamp_of(os.fstat(descriptor)), now_ns)
    finally:
        os.close(descriptor)


def _nobody_writes(descriptor: int) -> bool:
    """True where Linux grants a lease for reading, which it does while nobody has the file open for writing.

    It grants one to the file's owner and to root, on its own file systems; anybody else waits the two seconds.
    """
    if sys.platform != "linux":
        return False
    try:
        # Whoever opens the file for writing meanwhile waits for the lease to end, which is given up at once. The word
        # of that is a signal, and this one is ignored where nobody has asked for it; SIGIO would end the process.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError:
        return False
    return True
