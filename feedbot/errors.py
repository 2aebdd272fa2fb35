"""What only the operator can mend; everything else is a value that is reported and stepped over.

FeedbotError            1   the base: a sentence that names the file, key or URL
├── UsageError          2   the command line is off
├── ConfigError         3   config.yaml is off; carries every problem at once
├── ArticlesError       1   an article folder is missing, empty or unreadable
├── StateError          1   state.db cannot be used
│   └── LockHeld        75  another run holds the lock (75 is EX_TEMPFAIL of sysexits.h)
├── PublishError        1   the feeds folder cannot be written
├── ClusterError        1   the Dask cluster cannot be used
├── ServeError          1   the built-in web server cannot listen
└── Stopped             1   a signal ended what was under way
"""


def why_unreadable(error: OSError) -> str:
    """Why a file cannot be read, in words, and what to do where it belongs to somebody else."""
    why = error.strerror or str(error)
    if isinstance(error, PermissionError):
        return f"{why}; it must be readable for the user who runs feedbot"
    return why


class FeedbotError(Exception):
    """A fault that the operator must mend, said in one sentence; `exit_code` is the process's."""

    exit_code = 1


class UsageError(FeedbotError):
    """The command line asks for something that cannot be."""

    exit_code = 2


class ConfigError(FeedbotError):
    """The configuration cannot be used; the message lists every problem, one a line."""

    exit_code = 3


class ArticlesError(FeedbotError):
    """An article folder is missing, became empty or cannot be read."""


class StateError(FeedbotError):
    """The state database cannot be opened, read or written."""


class LockHeld(StateError):
    """Another feedbot process holds the lock that this one needs."""

    exit_code = 75


class PublishError(FeedbotError):
    """The feeds folder cannot be written."""


class ClusterError(FeedbotError):
    """The Dask cluster that should ask cannot be used."""


class ServeError(FeedbotError):
    """The built-in web server cannot listen where it is told to."""


class Stopped(FeedbotError):
    """A signal ended what was under way; what was recorded is kept."""
