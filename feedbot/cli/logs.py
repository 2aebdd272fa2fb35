"""What is logged, a line an event, all of it inert: by `feedbot run` plain, for systemd's journal or as JSON.

Other commands say their warnings as sentences, and with --verbose what they do as well.
"""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum

import click

from feedbot.cli.everywhere import Told
from feedbot.cli.progress import clear
from feedbot.cli.text import plain
from feedbot.clock import Laps, SystemClock

# The priorities of syslog(3), which the journal reads at the start of a line (sd-daemon(3)).
_PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


class LogFormat(StrEnum):
    """How log lines look; `auto` is `journal` where standard error leads there, else `plain`."""

    AUTO = "auto"
    PLAIN = "plain"
    JOURNAL = "journal"
    JSON = "json"


class _Plain(logging.Formatter):
    """Lines of a time, a level and what happened; a traceback keeps its lines."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        return plain(super().formatMessage(record))

    def formatException(self, ei: object) -> str:  # noqa: N802 - the library's name
        return "\n".join(map(plain, super().formatException(ei).splitlines()))  # type: ignore[arg-type]


class _Journal(_Plain):
    """Each line with its priority; the journal knows the time."""

    def format(self, record: logging.LogRecord) -> str:
        priority = _PRIORITIES.get(record.levelno, 6)
        return "\n".join(f"<{priority}>{line}" for line in super().format(record).splitlines())

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        return plain(record.message)


class _Json(logging.Formatter):
    """One object a line: at (UTC), level, logger, message, and traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "at": f"{datetime.fromtimestamp(record.created, UTC).isoformat(timespec='milliseconds')[:-6]}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        # As ASCII it holds no character that could do anything to a terminal.
        return json.dumps(told)


class _Sentences(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        # Lines that move may stand there.
        clear()
        click.echo(f"feedbot: {plain(record.getMessage())}", err=True)


@contextmanager
def warnings_said() -> Iterator[None]:
    """Inside the block, what is logged is said as sentences on standard error."""
    logger = logging.getLogger("feedbot")
    if any(isinstance(one, _Sentences) for one in logger.handlers):
        # With --verbose it is said anyway.
        yield
        return
    sentences = _Sentences()
    logger.addHandler(sentences)
    try:
        yield
    finally:
        logger.removeHandler(sentences)


def tell_more() -> Callable[[], None]:
    """Say from now on what is done; returns what says at the end how long it took."""
    logger = logging.getLogger("feedbot")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(_Sentences())
    laps = Laps(SystemClock())
    return lambda: laps.end("all of it")


def start_logging(told: Told, wanted: LogFormat = LogFormat.AUTO) -> None:
    """Log to standard error; what files and servers said is made inert."""
    handler = logging.StreamHandler()
    handler.setFormatter(_formatter(wanted, os.environ))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logger = logging.getLogger("feedbot")
    logger.handlers.clear()
    logger.setLevel(logging.DEBUG if told.verbose else logging.WARNING if told.quiet else logging.INFO)
    # That a slot is skipped while the run before it goes on is as it should be.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def _formatter(wanted: LogFormat, environment: Mapping[str, str]) -> logging.Formatter:
    match wanted:
        case LogFormat.JSON:
            return _Json()
        case LogFormat.JOURNAL:
            return _Journal()
        case LogFormat.AUTO if _leads_to_journal(environment.get("JOURNAL_STREAM", "")):
            return _Journal()
        case _:
            return _Plain()


def _leads_to_journal(stream: str) -> bool:
    """True where standard error is the stream that systemd connected to the journal: its device and inode."""
    try:
        status = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError, AttributeError):
        return False
    return stream == f"{status.st_dev}:{status.st_ino}"
