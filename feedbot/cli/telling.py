"""What commands do for alerts, where the config names somebody to tell; nothing of it is loaded where it does not."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from feedbot.cli.text import plain
from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.alerts import BY_HAND, Found
from feedbot.errors import FeedbotError, Stopped
from feedbot.state import jobs
from feedbot.state.database import State
from feedbot.state.jobs import JobRecord
from feedbot.wire.loop import run

if TYPE_CHECKING:
    from feedbot.steps.alerting import Alerting


@contextmanager
def counted(config: Config, state: State, clock: Clock) -> Iterator[None]:
    """Remember how a whole run in the block ends; that it fails for the third time in a row is told at once.

    One that a signal stops has not failed.
    """
    if not config.alerts.tells:
        yield
        return
    try:
        yield
    except Stopped:
        raise
    except Exception as error:
        own = "" if isinstance(error, FeedbotError) else f"an error of feedbot's own: {type(error).__name__}: "
        try:
            _note(state, clock, f"{own}{error}")
            say_problems(tell_of_troubles(config, state, clock))
        except FeedbotError as another:
            # What failed first is what is to be mended; often it is the same.
            click.echo(f"feedbot: alerts: {plain(str(another))}", err=True)
        raise
    _note(state, clock, None)


def _note(state: State, clock: Clock, problem: str | None) -> None:
    now, before = clock.now(), jobs.all_jobs(state).get(BY_HAND)
    failures = 0 if before is None else before.failures
    if problem is None:
        jobs.note(state, JobRecord(BY_HAND, now, succeeded_at=now))
    else:
        jobs.note(state, JobRecord(BY_HAND, now, None, failures + 1, problem))


def tell_of_troubles(
    config: Config, state: State, clock: Clock, found: Mapping[str, Found | None] | None = None
) -> "Alerting | None":
    """Tell those whom the config names what is wrong or over, at the end of a command; None where it names nobody."""
    if not config.alerts.tells:
        return None
    from feedbot.steps.alerting import alert  # noqa: PLC0415 - off by default

    return run(alert(config, state, clock, found))


def say_problems(alerting: "Alerting | None") -> None:
    """Tell on standard error who could not be told."""
    for problem in [] if alerting is None else alerting.problems:
        click.echo(f"feedbot: alerts: {plain(problem)}", err=True)


def beat_once(config: Config) -> None:
    """Ask the heartbeat's address, where the config has one; what is wrong with it is said, and changes nothing."""
    if not config.alerts.has_heartbeat:
        return
    from feedbot.steps.alerting import heartbeat  # noqa: PLC0415 - off by default

    if why := run(heartbeat(config)):
        click.echo(f"feedbot: heartbeat: {plain(why)}", err=True)
